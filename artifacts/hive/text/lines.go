package text

import (
	"bufio"
	"errors"
	"io"
	"unicode/utf8"

	"hivetriage/artifacts"
	"hivetriage/artifacts/internal/windows"
)

const (
	lineBuffer = 64 << 10 // bytes of a line that are kept
	maxSize    = 8 << 30  // bytes of a file that are read
)

// lines reads a file line by line. Of a longer line than lineBuffer the
// beginning is kept.
type lines struct {
	form   form
	r      *bufio.Reader
	offset int64 // of line
	end    int64 // of what was read
	line   []byte
	long   bool // line fills the buffer: more of it may be lost
	raw    []byte
	text   []byte // of a UTF-16 line
	utf8   bool   // something beside ASCII was read, and all of it is UTF-8
	ansi   bool
	size   int64
	err    error
}

func newLines(r io.ReaderAt, size int64) (*lines, error) {
	head := make([]byte, max(0, min(size, artifacts.MaxHead)))
	if n, err := r.ReadAt(head, 0); n < len(head) {
		return nil, broken(int64(n), err)
	}
	f, ok := detect(head)
	if !ok {
		return nil, artifacts.NewProblem(artifacts.Malformed, 0, "reg export: no header of a .reg file")
	}
	mark := int64(f.mark)
	return &lines{form: f, size: size, end: mark,
		r: bufio.NewReaderSize(io.NewSectionReader(r, mark, min(size, maxSize)-mark), lineBuffer)}, nil
}

func broken(at int64, err error) *artifacts.Problem {
	if err == nil || errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return artifacts.NewProblem(artifacts.IO, at, "reg export: %w", err)
}

// next reads a line, without its end, as UTF-8 or ANSI bytes.
func (l *lines) next() bool {
	l.raw, l.offset = l.raw[:0], l.end
	for l.err == nil {
		var part []byte
		part, l.err = l.r.ReadSlice('\n')
		if errors.Is(l.err, bufio.ErrBufferFull) {
			l.err = nil
		}
		l.end += int64(len(part))
		l.raw = append(l.raw, part[:min(len(part), lineBuffer-len(l.raw))]...)
		if l.err != nil || len(part) == 0 || part[len(part)-1] != '\n' {
			continue
		}
		if !l.form.wide {
			break
		}
		// In UTF-16 the byte may be half of another character.
		if (l.end-1-int64(l.form.mark))%2 != 0 {
			continue
		}
		high, err := l.r.ReadByte()
		if err != nil {
			l.err = err
			break
		}
		l.end++
		if high == 0 {
			break
		}
		if len(l.raw) < lineBuffer {
			l.raw = append(l.raw, high)
		}
	}
	if l.end == l.offset {
		return false
	}
	l.long = len(l.raw) >= lineBuffer
	l.decode()
	return true
}

func (l *lines) decode() {
	l.line = l.raw
	if l.form.wide {
		l.text = windows.AppendUTF8(l.text[:0], l.raw)
		l.line = l.text
	} else if !l.ansi && !ascii(l.raw) {
		l.utf8 = utf8.Valid(l.raw)
		l.ansi = !l.utf8
	}
	for n := len(l.line); n > 0 && (l.line[n-1] == '\n' || l.line[n-1] == '\r'); n-- {
		l.line = l.line[:n-1]
	}
}

func ascii(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// problem says why the lines ended, nil if the file did.
func (l *lines) problem() error {
	switch {
	case l.err != nil && !errors.Is(l.err, io.EOF):
		return broken(l.end, l.err)
	case l.size > maxSize:
		return artifacts.NewProblem(artifacts.Limit, maxSize, "reg export: %d bytes, of which the first %d were read", l.size, int64(maxSize))
	case l.end < l.size:
		return broken(l.end, io.ErrUnexpectedEOF)
	}
	return nil
}
