package windows

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"iter"
	"strings"
	"unicode/utf8"
)

// An Encoding is how a text file of Windows is written.
type Encoding uint8

const (
	Bytes   Encoding = iota // UTF-8 where it is well-formed, else Windows-1252: the code page is not in the file
	UTF16LE                 // little-endian
	UTF16BE                 // big-endian
)

// TextEncoding tells the encoding of a text by its beginning, and the bytes
// that its byte order mark takes. UTF-16 without a mark is known by the zero
// half of its first two units.
func TextEncoding(head []byte) (Encoding, int) {
	switch {
	case bytes.HasPrefix(head, []byte{0xEF, 0xBB, 0xBF}):
		return Bytes, 3
	case bytes.HasPrefix(head, []byte{0xFF, 0xFE}):
		return UTF16LE, 2
	case bytes.HasPrefix(head, []byte{0xFE, 0xFF}):
		return UTF16BE, 2
	case len(head) >= 4 && head[0] != 0 && head[1] == 0 && head[2] != 0 && head[3] == 0:
		return UTF16LE, 0
	case len(head) >= 4 && head[0] == 0 && head[1] != 0 && head[2] == 0 && head[3] != 0:
		return UTF16BE, 0
	}
	return Bytes, 0
}

// Text decodes b, without a byte order mark, into valid UTF-8.
func (e Encoding) Text(b []byte) string {
	switch e {
	case UTF16LE:
		return UTF16(b)
	case UTF16BE:
		swapped := make([]byte, len(b)&^1)
		for i := 0; i < len(swapped); i += 2 {
			swapped[i], swapped[i+1] = b[i+1], b[i]
		}
		return UTF16(swapped)
	}
	return ANSI(b)
}

// A Line is one line of a text file.
type Line struct {
	Number int   // from 1
	Offset int64 // of its first byte in the file
	Text   string
	Cut    bool // it was longer than the limit, or could not be read further; Text has what comes before that
}

// Lines yields the lines of a text file in any Encoding, without their ends
// (LF or CR LF). A line longer than limit bytes is cut. An error of r, or of
// ctx, ends the sequence; its Line says where, and what was read of a line
// before it comes first.
func Lines(ctx context.Context, r io.ReaderAt, size int64, limit int) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		head := make([]byte, min(size, 4))
		if n, err := r.ReadAt(head, 0); n < len(head) {
			yield(Line{}, shortRead(err))
			return
		}
		encoding, mark := TextEncoding(head)
		section := bufio.NewReaderSize(io.NewSectionReader(r, int64(mark), size-int64(mark)), int(min(size, 64<<10)))
		offset := int64(mark)
		var raw []byte
		for number := 1; offset < size; number++ {
			if err := ctx.Err(); err != nil {
				yield(Line{Number: number, Offset: offset}, err)
				return
			}
			var taken int64
			var err error
			raw, taken, err = cutLine(section, encoding, limit, raw[:0])
			if err != nil && (offset+taken < size || !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF)) {
				begun := Line{Number: number, Offset: offset, Cut: true, Text: encoding.Text(raw)}
				if len(raw) == 0 || yield(begun, nil) {
					yield(Line{Number: number, Offset: offset + taken}, shortRead(err))
				}
				return
			}
			line := Line{Number: number, Offset: offset, Cut: int64(len(raw)) < taken}
			line.Text = strings.TrimSuffix(strings.TrimSuffix(encoding.Text(raw), "\n"), "\r")
			offset += taken
			if !yield(line, nil) {
				return
			}
		}
	}
}

func shortRead(err error) error {
	if err == nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// cutLine reads up to the end of a line and appends the first limit bytes of it
// to raw, which is empty; taken counts all.
func cutLine(r *bufio.Reader, e Encoding, limit int, raw []byte) (_ []byte, taken int64, err error) {
	if e == Bytes {
		for {
			part, err := r.ReadSlice('\n')
			taken += int64(len(part))
			raw = append(raw, part[:min(len(part), limit-len(raw))]...)
			if !errors.Is(err, bufio.ErrBufferFull) {
				return raw, taken, err
			}
		}
	}
	feed := [2]byte{'\n', 0}
	if e == UTF16BE {
		feed = [2]byte{0, '\n'}
	}
	for {
		var unit [2]byte
		n, err := io.ReadFull(r, unit[:])
		taken += int64(n)
		if len(raw)+n <= limit {
			raw = append(raw, unit[:n]...)
		}
		if err != nil || unit == feed {
			return raw, taken, err
		}
	}
}

// c1 has the characters of Windows-1252 for the bytes 0x80 to 0x9F; those that
// it leaves out stand for themselves.
const c1 = "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ"

var ansi = []rune(c1)

// ANSI decodes text of which only that is known that it is one of bytes: as
// UTF-8 where it is well-formed, else as Windows-1252.
func ANSI(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	var text strings.Builder
	for _, c := range b {
		if c >= 0x80 && c < 0xA0 {
			text.WriteRune(ansi[c-0x80])
		} else {
			text.WriteRune(rune(c))
		}
	}
	return text.String()
}

// FirstByte returns the byte of the first character of a text in any Encoding
// that is no blank, and 0 where there is none or it is no ASCII character. It
// is a cheap question to ask before a text is decoded.
func FirstByte(head []byte) byte {
	_, mark := TextEncoding(head)
	for _, c := range head[mark:] {
		switch c {
		case 0, ' ', '\t', '\n', '\v', '\f', '\r':
			continue
		}
		if c >= 0x80 {
			return 0
		}
		return c
	}
	return 0
}
