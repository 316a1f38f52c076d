package esetest

import "encoding/binary"

// compress packs a value as the engine does: to 7 bits what has no more of
// them and is short, else with Plain LZ77 of [MS-XCA].
func compress(b []byte) []byte {
	if len(b) < 1024 {
		if out, ok := sevenBit(b); ok {
			return out
		}
	}
	return append(binary.LittleEndian.AppendUint16([]byte{3 << 3}, uint16(len(b))), LZ77(b)...)
}

// sevenBit packs bytes, or units of 16 bits, that have 7 bits only.
func sevenBit(b []byte) ([]byte, bool) {
	step, scheme := 2, byte(2)
	for i := 1; i < len(b); i += 2 {
		if b[i] != 0 {
			step, scheme = 1, 1
		}
	}
	if len(b)%2 != 0 {
		step, scheme = 1, 1
	}
	out := []byte{0}
	var held, bits uint
	used := uint(0) // bits of the last byte
	for i := 0; i < len(b); i += step {
		if b[i] > 0x7F {
			return nil, false
		}
		held, bits = held|uint(b[i])<<bits, bits+7
		for bits >= 8 {
			out, held, bits, used = append(out, byte(held)), held>>8, bits-8, 8
		}
	}
	if bits > 0 {
		out, used = append(out, byte(held)), bits
	}
	if used == 0 {
		return nil, false
	}
	out[0] = scheme<<3 | byte(used-1)
	return out, true
}

// LZ77 compresses with Plain LZ77 of [MS-XCA] 2.3: groups of 32 flags, literal
// bytes, and matches of 3 bytes and more at up to 8 KiB of distance.
func LZ77(b []byte) []byte {
	le := binary.LittleEndian
	var out []byte
	var flags uint32
	count, place, half := 0, 0, -1
	flag := func(match bool) {
		if count == 0 {
			place = len(out)
			out = append(out, 0, 0, 0, 0)
		}
		flags <<= 1
		if match {
			flags |= 1
		}
		if count++; count == 32 {
			le.PutUint32(out[place:], flags)
			flags, count = 0, 0
		}
	}
	last := map[[3]byte]int{}
	for i := 0; i < len(b); {
		length, distance := 0, 0
		if i+3 <= len(b) {
			if at, ok := last[[3]byte(b[i:])]; ok && i-at <= 8192 {
				distance = i - at
				for i+length < len(b) && b[at+length] == b[i+length] {
					length++
				}
			}
		}
		end := i + max(length, 1)
		flag(length > 0)
		if length == 0 {
			out = append(out, b[i])
		} else {
			out, half = match(out, length-3, distance, half)
		}
		for ; i < end; i++ {
			if i+3 <= len(b) {
				last[[3]byte(b[i:])] = i
			}
		}
	}
	if count > 0 { // the flags that are not used are set
		le.PutUint32(out[place:], flags<<(32-count)|(1<<(32-count)-1))
	}
	return out
}

// match writes a match whose length is 3 more. Lengths from 7 on share a byte
// of two halves, those from 22 on take more bytes.
func match(out []byte, length, distance, half int) ([]byte, int) {
	le := binary.LittleEndian
	out = le.AppendUint16(out, uint16((distance-1)<<3|min(length, 7)))
	if length < 7 {
		return out, half
	}
	nibble := byte(min(length-7, 15))
	if half >= 0 {
		out[half] |= nibble << 4
		half = -1
	} else {
		half = len(out)
		out = append(out, nibble)
	}
	switch rest := length - 7 - 15; {
	case rest < 0:
	case rest < 255:
		out = append(out, byte(rest))
	default:
		out = le.AppendUint16(append(out, 255), uint16(length))
	}
	return out, half
}
