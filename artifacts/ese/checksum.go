package ese

import (
	"encoding/binary"
	"math/bits"
)

const seed = 0x89ABCDEF // of the checksum that is an exclusive or alone

// headerSum is the checksum of a file header: the exclusive or of the words of
// its page behind the checksum itself, with a seed.
func headerSum(b []byte) uint32 {
	sum := uint32(seed)
	for i := 4; i+4 <= len(b); i += 4 {
		sum ^= binary.LittleEndian.Uint32(b[i:])
	}
	return sum
}

// blockSum is the checksum of a block of a page, 2 to 8 KiB of it, since
// format revision 0x0B. Its lower half is the exclusive or of the words and the
// page's number; its upper half corrects an error of one bit: in bits 0 to 15
// the exclusive or of the places of all bits that are set, in bits 16 to 31
// that of the places' complements. The checksum at the front of the first
// block is left out.
func blockSum(b []byte, page uint32, first bool) uint64 {
	from := 0
	if first {
		from = 8
	}
	var all uint64
	var places uint32
	for i := from; i+8 <= len(b); i += 8 {
		v := binary.LittleEndian.Uint64(b[i:])
		all ^= v
		places ^= uint32(i) << 3 & -uint32(bits.OnesCount64(v)&1)
	}
	for rest := all; rest != 0; rest &= rest - 1 {
		places ^= uint32(bits.TrailingZeros64(rest))
	}
	mask := uint32(len(b)*8 - 1)
	complements := places
	if bits.OnesCount64(all)&1 != 0 {
		complements ^= mask
	}
	ecc := places&mask | complements&mask<<16
	return uint64(ecc)<<32 | uint64(uint32(all)^uint32(all>>32)^page)
}

// holds reports whether the checksums of a page fit its bytes.
func (p *page) holds() bool {
	le := binary.LittleEndian
	if p.flags&newChecksum == 0 {
		return le.Uint32(p.b) == headerSum(p.b) && le.Uint32(p.b[4:]) == p.number
	}
	block := len(p.b)
	switch block {
	case 16384:
		block = 4096
	case 32768:
		block = 8192
	}
	if le.Uint64(p.b) != blockSum(p.b[:block], p.number, true) {
		return false
	}
	for i, at := 0, block; at+block <= len(p.b); i, at = i+1, at+block {
		if le.Uint64(p.b[smallHeader+8*i:]) != blockSum(p.b[at:at+block], p.number, false) {
			return false
		}
	}
	return true
}
