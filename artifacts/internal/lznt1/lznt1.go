// Package lznt1 decodes LZNT1, the compression of NTFS ([MS-XCA] 2.5).
package lznt1

import (
	"encoding/binary"
	"fmt"
	"math/bits"
)

// ChunkSize is what an LZNT1 chunk decompresses to; only the last may be
// shorter.
const ChunkSize = 4096

// A FormatError says that bytes are no LZNT1.
type FormatError struct {
	Offset int64 // of the chunk
	What   string
}

func (e *FormatError) Error() string { return "LZNT1: " + e.What }

// Decompress decodes chunks from src into dst until dst is full or src ends,
// by its end or by a zero chunk header. Every chunk begins at a multiple of
// 4096 in dst. Bytes that no chunk covers are zeroed. It returns the bytes of
// dst that chunks covered, and those of src that they took.
func Decompress(dst, src []byte) (covered, used int, err error) {
	at := 0
	for at < len(dst) && used+2 <= len(src) {
		head := binary.LittleEndian.Uint16(src[used:])
		if head == 0 {
			break
		}
		size := int(head&0x0FFF) + 1
		if used+2+size > len(src) {
			clear(dst[at:])
			return covered, used, &FormatError{int64(used), fmt.Sprintf("chunk of %d bytes, %d left", size, len(src)-used-2)}
		}
		chunk := src[used+2 : used+2+size]
		out := dst[at:min(at+ChunkSize, len(dst))]
		n := 0
		if head&0x8000 == 0 {
			n = copy(out, chunk)
		} else if n = decompressChunk(out, chunk); n < 0 {
			clear(dst[at:])
			return covered, used, &FormatError{int64(used), "chunk points before its beginning"}
		}
		clear(out[n:])
		covered = at + n
		at += len(out)
		used += 2 + size
	}
	clear(dst[at:])
	return covered, used, nil
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
