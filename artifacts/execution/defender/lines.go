package defender

import (
	"bufio"
	"bytes"
	"errors"
	"io"

	"hivetriage/artifacts"
	"hivetriage/artifacts/internal/windows"
)

// maxLine bounds a line, in bytes of the file; what is longer is cut. A command
// line, the longest that a line holds, has at most 64 KiB.
const maxLine = 256 << 10

// A lineReader cuts a log into lines. Logs are UTF-16 with a byte order mark;
// those without one, and of UTF-8, are read too.
type lineReader struct {
	b    *bufio.Reader
	size int64
	wide bool // two bytes a character

	at     int64 // offset in the file of what is read next
	raw    []byte
	text   []byte
	offset int64 // of the last line
	number int   // of the last line, from 1
	cut    bool  // the last line was longer than maxLine
}

func newLineReader(r io.ReaderAt, size int64) *lineReader {
	l := &lineReader{b: bufio.NewReaderSize(io.NewSectionReader(r, 0, size), 64<<10), size: size}
	head, _ := l.b.Peek(3) // next tells of an error
	mark := 0
	switch {
	case bytes.HasPrefix(head, []byte{0xFF, 0xFE}):
		l.wide, mark = true, 2
	case bytes.Equal(head, []byte{0xEF, 0xBB, 0xBF}):
		mark = 3
	default:
		l.wide = len(head) >= 2 && head[0] != 0 && head[1] == 0
	}
	n, _ := l.b.Discard(mark)
	l.at = int64(n)
	return l
}

// next reads a line and returns it in UTF-8, without its end; it is valid until
// the next call. Behind the last line it returns io.EOF, or what ended the
// reading early.
func (l *lineReader) next() ([]byte, error) {
	l.raw, l.offset, l.cut = l.raw[:0], l.at, false
	for {
		part, err := l.b.ReadSlice('\n')
		l.keep(part)
		if err == nil && l.wide {
			// The byte 0x0A ends the line if it is the low half of U+000A.
			low := (l.at-l.offset)%2 == 1
			if !low {
				continue
			}
			var high byte
			if high, err = l.b.ReadByte(); err == nil {
				if l.keep([]byte{high}); high != 0 {
					continue
				}
			}
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err != nil && l.at == l.offset {
			if errors.Is(err, io.EOF) && l.at < l.size {
				return nil, artifacts.NewProblem(artifacts.Truncated, l.at, "the log ends %d bytes early", l.size-l.at)
			}
			return nil, err
		}
		break
	}
	l.number++
	if l.wide {
		l.text = windows.AppendUTF8(l.text[:0], l.raw)
	} else {
		l.text = append(l.text[:0], bytes.ToValidUTF8(l.raw, []byte("\uFFFD"))...)
	}
	return bytes.TrimRight(l.text, "\r\n"), nil
}

// keep counts what was read, and adds it to the line as long as that is not
// too long.
func (l *lineReader) keep(part []byte) {
	l.at += int64(len(part))
	if room := maxLine - len(l.raw); len(part) > room {
		part, l.cut = part[:room], true
	}
	l.raw = append(l.raw, part...)
}
