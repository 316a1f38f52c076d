package encoded

import (
	"encoding/base64"
	"errors"
	"io"

	"hivetriage/artifacts"
)

// A decoder turns characters into bytes. It may be fed in pieces.
type decoder struct {
	encoding Encoding
	limit    int
	out      []byte

	quad  [4]byte // base64 characters that are no byte yet
	quads int
	ended bool // by a sign of the encoding's own: padding, or the END line

	line  lineState
	digit int // high half of a byte of hex, -1 for none
	begun bool
	err   *artifacts.Problem
}

// lineState is where a line of hex stands.
type lineState struct {
	address, bytes int // digits of the address; bytes of this line
	value          int // of the address
	spaces         int // in a row
	past           bool
}

const readBlock = 256 << 10

// read decodes a stream from e.skip on.
func (d *decoder) read(r io.ReaderAt, size int64) error {
	buf := make([]byte, readBlock)
	var text []byte
	for at := int64(d.encoding.skip); at < size && !d.done(); {
		b := buf[:min(readBlock, size-at)]
		if n, err := r.ReadAt(b, at); n < len(b) {
			if err == nil || errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			d.flush()
			return artifacts.NewProblem(artifacts.IO, at+int64(n), "encoded hive: %w", err)
		}
		text = b
		if d.encoding.wide {
			text = narrow(b[:0], b)
		}
		n := d.text(text)
		if d.err != nil {
			d.err.Offset = at + int64((n-1)*d.encoding.width())
		}
		at += int64(len(b))
	}
	d.flush()
	if d.err != nil {
		return d.err
	}
	if len(d.out) >= d.limit {
		return artifacts.NewProblem(artifacts.Limit, -1, "encoded hive: more than %d bytes when decoded", d.limit)
	}
	return nil
}

func (d *decoder) done() bool { return d.ended || d.err != nil || len(d.out) >= d.limit }

// text takes characters and returns how many it used, the wrong one included.
func (d *decoder) text(text []byte) int {
	if !d.begun {
		d.begun, d.digit = true, -1
	}
	take := d.base64
	switch d.encoding.kind {
	case hexText:
		take = d.hex
	case hexLines:
		take = d.hexLine
	}
	for i, c := range text {
		if d.done() {
			return i
		}
		take(c)
	}
	return len(text)
}

func (d *decoder) malformed(c byte) {
	d.err = artifacts.NewProblem(artifacts.Malformed, -1, "encoded hive: %#02x is no character of this encoding", c)
}

// values of base64 characters, 0xFF for what is none.
var sextets = func() (t [256]byte) {
	for i := range t {
		t[i] = 0xFF
	}
	for i, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") {
		t[c] = byte(i)
	}
	return t
}()

func (d *decoder) base64(c byte) {
	switch {
	case sextets[c] != 0xFF:
		d.quad[d.quads] = c
		if d.quads++; d.quads == 4 {
			d.flush()
		}
	case c == '=':
		d.ended = true
	case c == '-' && d.encoding.armored:
		d.ended = true
	case !isSpace(c):
		d.malformed(c)
	}
}

// flush decodes the base64 characters that are waiting.
func (d *decoder) flush() {
	if d.quads > 1 {
		var b [3]byte
		n, err := base64.RawStdEncoding.Decode(b[:], d.quad[:d.quads])
		if err != nil && d.err == nil {
			d.err = artifacts.NewProblem(artifacts.Malformed, -1, "encoded hive: %w", err)
		}
		d.out = append(d.out, b[:n]...)
	}
	d.quads = 0
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

func nibble(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// hex takes digits with any space between bytes. Three spaces end the bytes
// of a line: characters follow.
func (d *decoder) hex(c byte) {
	l := &d.line
	switch n := nibble(c); {
	case c == '\n':
		*l = lineState{}
	case l.past || c == '\r':
	case isSpace(c):
		if l.spaces++; l.spaces == 3 && l.bytes > 0 {
			l.past = true
		}
	case n < 0:
		d.malformed(c)
	default:
		l.spaces = 0
		d.half(n)
	}
}

// half takes a digit.
func (d *decoder) half(n int) {
	if d.digit < 0 {
		d.digit = n
		return
	}
	d.out = append(d.out, byte(d.digit<<4|n))
	d.digit = -1
	d.line.bytes++
}

// hexLine takes lines that begin with the address of their first byte, which
// must be that of the next one.
func (d *decoder) hexLine(c byte) {
	const addressMax, perLine = 8, 16
	l := &d.line
	switch n := nibble(c); {
	case l.address >= 0 && n >= 0 && l.address < addressMax:
		l.address++
		l.value = l.value<<4 | n
	case l.address > 0 && (c == ' ' || c == '\t'):
		if l.address < 4 || l.value != len(d.out) {
			d.err = artifacts.NewProblem(artifacts.Malformed, -1, "encoded hive: a line says that it begins at %#x, where %#x is next", l.value, len(d.out))
			return
		}
		l.address = -1
	case l.address == 0 && isSpace(c):
	case l.address >= 0:
		d.malformed(c)
	case l.bytes == perLine && c != '\n':
	default:
		d.hex(c)
	}
}
