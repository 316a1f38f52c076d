package replay

import (
	"encoding/binary"
	"math/bits"
)

var le = binary.LittleEndian

// seed is that of both hashes of a log entry.
const seed = 0x82EF4D887A4E55C5

// marvin32 is the 64-bit hash that Windows stores in log entries: its low half
// comes first.
func marvin32(b []byte, seed uint64) uint64 {
	lo, hi := uint32(seed), uint32(seed>>32)
	for len(b) >= 4 {
		lo, hi = mix(lo+le.Uint32(b), hi)
		b = b[4:]
	}
	var last [4]byte
	copy(last[:], b)
	last[len(b)] = 0x80
	lo, hi = mix(lo+le.Uint32(last[:]), hi)
	lo, hi = mix(lo, hi)
	return uint64(hi)<<32 | uint64(lo)
}

func mix(lo, hi uint32) (uint32, uint32) {
	hi ^= lo
	lo = bits.RotateLeft32(lo, 20) + hi
	hi = bits.RotateLeft32(hi, 9) ^ lo
	lo = bits.RotateLeft32(lo, 27) + hi
	return lo, bits.RotateLeft32(hi, 19)
}
