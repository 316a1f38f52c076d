package ese

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// The ways a value may be compressed: the upper five bits of its first byte.
const (
	sevenBit     = 1 // bytes of 7 bits
	sevenBitWide = 2 // units of 16 bits of which 7 are kept
	xpress       = 3 // Plain LZ77 of [MS-XCA], behind its size of 2 bytes
	scrubbed     = 4 // overwritten on purpose
	xpress9      = 5 // and two more that Windows' own databases are not known to have
	xpress10     = 6
	lz4          = 7
)

var (
	errCompressed = errors.New("compressed data are damaged")
	errScrubbed   = errors.New("the value was erased")
	errScheme     = errors.New("a compression that is not read")
)

// expand returns what a compressed value stands for. It is never larger than
// 64 KiB, or 16/7 of the input.
func expand(b []byte) ([]byte, error) {
	if len(b) == 0 {
		return nil, errCompressed
	}
	switch scheme := b[0] >> 3; scheme {
	case sevenBit, sevenBitWide:
		return expandSevenBit(b, scheme == sevenBitWide)
	case xpress:
		if len(b) < 3 {
			return nil, errCompressed
		}
		return expandLZ77(b[3:], int(binary.LittleEndian.Uint16(b[1:])))
	case scrubbed:
		return nil, errScrubbed
	case xpress9, xpress10, lz4:
		return nil, fmt.Errorf("%w: %d", errScheme, scheme)
	default:
		return nil, errCompressed
	}
}

// expandSevenBit undoes the packing to 7 bits, the lowest first. The lower
// three bits of the first byte are one less than the bits used of the last.
func expandSevenBit(b []byte, wide bool) ([]byte, error) {
	if len(b) < 2 {
		return nil, errCompressed
	}
	units := ((len(b)-2)*8 + int(b[0]&7) + 1) / 7
	step := 1
	if wide {
		step = 2
	}
	out := make([]byte, units*step)
	var held uint32
	var bits uint
	b = b[1:]
	for i := range units {
		if bits < 7 {
			held |= uint32(b[0]) << bits
			b, bits = b[1:], bits+8
		}
		out[i*step] = byte(held & 0x7F)
		held, bits = held>>7, bits-7
	}
	return out, nil
}

// expandLZ77 undoes Plain LZ77 ([MS-XCA] 2.4) into exactly size bytes.
func expandLZ77(b []byte, size int) ([]byte, error) {
	out := make([]byte, 0, size)
	var flags uint32
	var left int // flags that are still to be used
	half := -1   // place of the byte whose upper half holds the next length
	at := 0
	for len(out) < size {
		if left == 0 {
			if at+4 > len(b) {
				return out, errCompressed
			}
			flags, left, at = binary.LittleEndian.Uint32(b[at:]), 32, at+4
		}
		left--
		if flags>>left&1 == 0 {
			if at >= len(b) {
				return out, errCompressed
			}
			out, at = append(out, b[at]), at+1
			continue
		}
		if at+2 > len(b) {
			return out, errCompressed
		}
		pair := int(binary.LittleEndian.Uint16(b[at:]))
		at += 2
		length, distance := pair&7, pair>>3+1
		if length == 7 {
			var ok bool
			if length, at, half, ok = longMatch(b, at, half); !ok {
				return out, errCompressed
			}
		}
		length += 3
		if distance > len(out) || length > size-len(out) {
			return out, errCompressed
		}
		for range length {
			out = append(out, out[len(out)-distance])
		}
	}
	return out, nil
}

// longMatch reads the length of a match that does not fit into three bits.
func longMatch(b []byte, at, half int) (length, next, nextHalf int, ok bool) {
	if half >= 0 {
		length, half = int(b[half]>>4), -1
	} else {
		if at >= len(b) {
			return 0, at, half, false
		}
		length, half, at = int(b[at]&15), at, at+1
	}
	if length < 15 {
		return length + 7, at, half, true
	}
	if at >= len(b) {
		return 0, at, half, false
	}
	length, at = int(b[at]), at+1
	if length < 255 {
		return length + 15 + 7, at, half, true
	}
	if at+2 > len(b) {
		return 0, at, half, false
	}
	length, at = int(binary.LittleEndian.Uint16(b[at:])), at+2
	if length == 0 {
		if at+4 > len(b) {
			return 0, at, half, false
		}
		length, at = int(binary.LittleEndian.Uint32(b[at:])), at+4
	}
	return length, at, half, length >= 15+7
}
