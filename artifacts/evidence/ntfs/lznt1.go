package ntfs

import (
	"encoding/binary"
	"math/bits"

	"hivetriage/artifacts"
)

// chunkSize is what an LZNT1 chunk decompresses to; only the last may be
// shorter.
const chunkSize = 4096

// decompress decodes LZNT1 chunks ([MS-XCA] 2.5) from src into dst until dst
// is full or src ends, by its end or by a zero chunk header. Every chunk begins at a multiple of
// 4096 in dst. Bytes that no chunk covers are zeroed. It returns the bytes of
// dst that chunks covered.
func decompress(dst, src []byte) (int, error) {
	at, covered := 0, 0
	for in := 0; at < len(dst) && in+2 <= len(src); {
		head := binary.LittleEndian.Uint16(src[in:])
		if head == 0 {
			break
		}
		size := int(head&0x0FFF) + 1
		if in+2+size > len(src) {
			clear(dst[at:])
			return covered, artifacts.NewProblem(artifacts.Malformed, int64(in), "LZNT1: chunk of %d bytes, %d left", size, len(src)-in-2)
		}
		chunk := src[in+2 : in+2+size]
		out := dst[at:min(at+chunkSize, len(dst))]
		n := 0
		if head&0x8000 == 0 {
			n = copy(out, chunk)
		} else if n = decompressChunk(out, chunk); n < 0 {
			clear(dst[at:])
			return covered, artifacts.NewProblem(artifacts.Malformed, int64(in), "LZNT1: chunk points before its beginning")
		}
		clear(out[n:])
		covered = at + n
		at += len(out)
		in += 2 + size
	}
	clear(dst[at:])
	return covered, nil
}

// decompressChunk decodes one compressed chunk: groups of a flag byte and
// eight items, each a literal byte or a 16-bit pair of distance and length
// whose split depends on how much was written. It returns the bytes written,
// -1 if a pair points before the chunk. A full dst ends the chunk.
func decompressChunk(dst, src []byte) int {
	n := 0
	for len(src) > 0 {
		flags := src[0]
		src = src[1:]
		if flags == 0 && len(src) >= 8 && n+8 <= len(dst) {
			copy(dst[n:n+8], src[:8])
			n, src = n+8, src[8:]
			continue
		}
		for bit := 0; bit < 8 && len(src) > 0; bit, flags = bit+1, flags>>1 {
			if n == len(dst) {
				return n
			}
			if flags&1 == 0 {
				dst[n] = src[0]
				n, src = n+1, src[1:]
				continue
			}
			if len(src) < 2 || n == 0 {
				return -1
			}
			pair := int(binary.LittleEndian.Uint16(src))
			src = src[2:]
			shift := 12
			if n > 16 {
				shift = 16 - bits.Len(uint(n-1))
			}
			distance, length := pair>>shift+1, pair&(1<<shift-1)+3
			if distance > n {
				return -1
			}
			length = min(length, len(dst)-n)
			if distance >= length {
				copy(dst[n:n+length], dst[n-distance:])
				n += length
				continue
			}
			for end := n + length; n < end; n++ {
				dst[n] = dst[n-distance]
			}
		}
	}
	return n
}
