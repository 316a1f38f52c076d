// Package inflate decompresses the deflate streams of disk images, where both
// sides of a block are known in size: from memory to memory, without a window
// between them. On such blocks it is several times as fast as compress/flate,
// which reads from any io.Reader. It can stop where enough of a block is out,
// and go on later.
//
// Facts about the format are from RFC 1951. What is not a valid stream is the
// same here as there: for compress/flate.
package inflate

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

var (
	// ErrFull says that a stream goes on beyond the end of the output.
	ErrFull = errors.New("the stream decompresses to more than its size")

	le = binary.LittleEndian
)

// A Corrupt is an error of a stream that cannot be decompressed further: the
// offset in the stream, in bytes, where that was noticed.
type Corrupt int64

func (c Corrupt) Error() string {
	return fmt.Sprintf("deflate: corrupt input before offset %d", int64(c))
}

// What the next bits of a stream are.
type phase uint8

const (
	header phase = iota // of a block
	stored              // bytes of a block that is not compressed
	coded               // symbols of a block
	beyond              // there was no room for what came out
	ended               // the last block is out
)

// A Decoder decompresses one stream at a time. Its zero value is one after
// Reset(nil).
type Decoder struct {
	src   []byte
	pos   int    // in src, behind what is in bits
	bits  uint64 // the next bits of the stream, the first the lowest
	n     uint   // how many of them count
	out   int
	phase phase
	last  bool // the block is the last
	left  int  // of phase stored: bytes

	literals  [literalEntries]entry
	distances [distanceEntries]entry
}

// Reset begins the stream in src. What lies behind its end is not looked at.
func (d *Decoder) Reset(src []byte) {
	d.src, d.pos, d.bits, d.n, d.out, d.phase, d.last = src, 0, 0, 0, 0, header, false
}

// Out returns how many bytes of the output are there.
func (d *Decoder) Out() int { return d.out }

// Ended reports whether the stream came to its end.
func (d *Decoder) Ended() bool { return d.phase == ended }

// Used returns how many bytes of the stream were taken, counting one that was
// taken in part.
func (d *Decoder) Used() int { return d.pos - int(d.n/8) }

// Decode goes on until at least want bytes of the output are in dst or the
// stream ends. Calls for one stream must give the same dst, in which the bytes
// before Out are. An error is a Corrupt, io.ErrUnexpectedEOF where the stream
// is cut short, or, only if want is more than len(dst), ErrFull. The bytes
// before Out are good even then.
func (d *Decoder) Decode(dst []byte, want int) error {
	for d.out < want && d.phase != ended {
		var err error
		switch d.phase {
		case header:
			err = d.begin()
		case stored:
			err = d.copy(dst, want)
		case beyond:
			err = ErrFull
		default:
			if err = d.fast(dst, min(want, len(dst)-fastMargin)); err == nil && d.phase == coded && d.out < want {
				err = d.careful(dst, want)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// need makes sure that the next count bits, at most 48, are there.
func (d *Decoder) need(count uint) error {
	for d.n < count {
		if d.pos == len(d.src) {
			return io.ErrUnexpectedEOF
		}
		d.bits |= uint64(d.src[d.pos]) << d.n
		d.pos++
		d.n += 8
	}
	return nil
}

// take returns the next count bits, which must be there.
func (d *Decoder) take(count uint) uint32 {
	v := d.bits & (1<<count - 1)
	d.bits >>= count
	d.n -= count
	return uint32(v)
}

func (d *Decoder) corrupt() error { return Corrupt(d.Used()) }

// begin reads the header of a block (RFC 1951, 3.2.3).
func (d *Decoder) begin() error {
	if err := d.need(3); err != nil {
		return err
	}
	d.last = d.take(1) == 1
	switch d.take(2) {
	case 0:
		return d.beginStored()
	case 1:
		d.phase = coded
		return d.fixed()
	case 2:
		d.phase = coded
		return d.dynamic()
	}
	return d.corrupt()
}

// beginStored reads the length of bytes that follow as they are (3.2.4).
func (d *Decoder) beginStored() error {
	d.take(d.n % 8)
	d.pos -= int(d.n / 8)
	d.bits, d.n = 0, 0
	if len(d.src)-d.pos < 4 {
		return io.ErrUnexpectedEOF
	}
	length, inverse := le.Uint16(d.src[d.pos:]), le.Uint16(d.src[d.pos+2:])
	if length != ^inverse {
		return d.corrupt()
	}
	d.pos += 4
	d.left, d.phase = int(length), stored
	return nil
}

// copy takes what fits of the bytes of a stored block.
func (d *Decoder) copy(dst []byte, want int) error {
	n := min(d.left, len(dst)-d.out, len(d.src)-d.pos)
	copy(dst[d.out:], d.src[d.pos:d.pos+n])
	d.out, d.pos, d.left = d.out+n, d.pos+n, d.left-n
	switch {
	case d.left == 0:
		d.end()
	case d.out < len(dst):
		return io.ErrUnexpectedEOF
	case d.out < want:
		return ErrFull
	}
	return nil
}

// end ends a block.
func (d *Decoder) end() {
	d.phase = header
	if d.last {
		d.phase = ended
	}
}
