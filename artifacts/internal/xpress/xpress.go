// Package xpress decodes the LZ77+Huffman form of Microsoft's XPRESS
// compression ([MS-XCA] 2.2), which wraps Prefetch files since Windows 10.
package xpress

import (
	"encoding/binary"
	"fmt"
)

// A block decodes to BlockSize bytes, the last one to no more than that, and
// begins with the lengths of its own code. Matches reach back into blocks
// before.
const (
	BlockSize = 65536
	tableSize = 256 // bytes: two code lengths in each
	symbols   = 2 * tableSize
	maxLength = 15 // bits of a code
	endSymbol = 256
)

// A FormatError says that bytes are no LZ77+Huffman.
type FormatError struct {
	Offset int64 // in the compressed bytes, near what is wrong
	What   string
}

func (e *FormatError) Error() string { return "XPRESS Huffman: " + e.What }

// Huffman decodes src into size bytes and returns them, fewer with an error.
// What it holds grows with what was decoded, a block at a time, and is never
// more than size. Bytes of src behind what is needed are ignored.
func Huffman(src []byte, size int) ([]byte, error) {
	d := decoder{src: src, limit: size}
	for len(d.out) < size {
		if err := d.block(); err != nil {
			return d.out, err
		}
		if d.ended && len(d.out) < size {
			return d.out, d.wrong("the stream ends after %d bytes of %d", len(d.out), size)
		}
	}
	return d.out, nil
}

// A decoder reads the bit stream: 16-bit words, the first bit on top, between
// which the bytes of long matches stand.
type decoder struct {
	src   []byte
	at    int
	out   []byte
	limit int
	ended bool

	bits  uint32 // the next bits, from the top
	spare int    // how many of bits are valid beyond 16
	past  int    // words that were wanted behind the end of src

	table [1 << maxLength]uint16 // symbol<<4 | length, by the next 15 bits
}

func (d *decoder) wrong(format string, args ...any) error {
	return &FormatError{int64(min(d.at, len(d.src))), fmt.Sprintf(format, args...)}
}

// word reads the next 16 bits; behind the end of src they are zeros, which a
// decoder may look at but not use up.
func (d *decoder) word() uint32 {
	if d.at+2 > len(d.src) {
		d.at, d.past = len(d.src), d.past+1
		return 0
	}
	w := binary.LittleEndian.Uint16(d.src[d.at:])
	d.at += 2
	return uint32(w)
}

// take drops n bits, n < 16, of those at the top.
func (d *decoder) take(n int) {
	d.bits <<= n
	if d.spare -= n; d.spare < 0 {
		d.bits |= d.word() << -d.spare
		d.spare += 16
	}
}

// codes fills the table from the code lengths of a block. Codes are given out
// in order of length, then of symbol; they must use every bit pattern up.
func (d *decoder) codes(lengths []byte) error {
	next := 0
	for length := 1; length <= maxLength; length++ {
		for symbol := range symbols {
			if int(lengths[symbol/2]>>(4*(symbol&1))&15) != length {
				continue
			}
			end := next + 1<<(maxLength-length)
			if end > len(d.table) {
				return d.wrong("the code lengths of a block exceed what bits can tell apart")
			}
			entry := uint16(symbol<<4 | length)
			for ; next < end; next++ {
				d.table[next] = entry
			}
		}
	}
	if next != len(d.table) {
		return d.wrong("the code lengths of a block leave bit patterns without a meaning")
	}
	return nil
}

// block decodes one block, or up to the limit.
func (d *decoder) block() error {
	if d.at+tableSize > len(d.src) {
		return d.wrong("a block's code lengths are cut off")
	}
	d.at += tableSize
	if err := d.codes(d.src[d.at-tableSize : d.at]); err != nil {
		return err
	}
	d.bits, d.past = d.word()<<16, 0
	d.bits |= d.word()
	d.spare = 16
	end := min(len(d.out)+BlockSize, d.limit)
	for len(d.out) < end {
		entry := d.table[d.bits>>(32-maxLength)]
		d.take(int(entry & 15))
		if d.past > 2 {
			return d.wrong("the stream is cut off")
		}
		symbol := int(entry >> 4)
		if symbol < 256 {
			d.out = append(d.out, byte(symbol))
			continue
		}
		if symbol == endSymbol && d.at >= len(d.src) {
			d.ended = true
			return nil
		}
		if err := d.match(symbol - 256); err != nil {
			return err
		}
	}
	return nil
}

// match copies what a match stands for: the low four bits of the symbol are
// its length less 3, 15 meaning that bytes tell; the high four how many bits
// its distance has behind the first.
func (d *decoder) match(symbol int) error {
	length, err := d.length(symbol & 15)
	if err != nil {
		return err
	}
	width := symbol >> 4
	distance := 1 << width
	if width > 0 {
		distance |= int(d.bits >> (32 - width))
		d.take(width)
	}
	if distance > len(d.out) {
		return d.wrong("a match points %d bytes back, %d were written", distance, len(d.out))
	}
	if length > d.limit-len(d.out) {
		return d.wrong("a match of %d bytes, room for %d", length, d.limit-len(d.out))
	}
	for from := len(d.out) - distance; length > 0; {
		n := min(length, len(d.out)-from)
		d.out = append(d.out, d.out[from:from+n]...)
		length -= n
	}
	return nil
}

// length returns a match's length, of which low is what the symbol tells.
func (d *decoder) length(low int) (int, error) {
	if low < 15 {
		return low + 3, nil
	}
	tail := d.src[min(d.at, len(d.src)):]
	if len(tail) < 1 {
		return 0, d.wrong("a match's length is cut off")
	}
	n, used := int(tail[0])+15, 1
	if tail[0] == 255 {
		if used = 3; len(tail) < used {
			return 0, d.wrong("a match's length is cut off")
		}
		if n = int(binary.LittleEndian.Uint16(tail[1:])); n == 0 {
			if used = 7; len(tail) < used {
				return 0, d.wrong("a match's length is cut off")
			}
			n = int(binary.LittleEndian.Uint32(tail[3:]))
		}
		if n < 15 {
			return 0, d.wrong("a long match of %d bytes", n)
		}
	}
	d.at += used
	return n + 3, nil
}
