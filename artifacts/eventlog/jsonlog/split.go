package jsonlog

import (
	"bytes"
	"errors"
	"io"

	"hivetriage/artifacts"
)

// maxDocument bounds a document, bytes. An EVTX record has at most 64 KiB of
// UTF-16; what exporters add to one (message, rendered XML) stays far below.
const maxDocument = 1 << 20

// windowSize is what a splitter holds of the file at a time.
const windowSize = 2 * maxDocument

// A document is one JSON object and where it begins in the file. Its bytes are
// valid until the next one is asked for.
type document struct {
	text []byte
	at   int64
}

// A splitter finds the documents of a file. It is lenient about what stands
// between them, so that damage costs the documents that it touches.
type splitter struct {
	r       io.ReaderAt
	size    int64
	window  []byte
	lo, hi  int   // what of the window is not taken yet
	base    int64 // offset of window[0]
	end     bool  // nothing more can be read
	failed  error // why
	inside  bool  // in an array or in the answer to a search, where other members may follow
	wrapped bool  // in such an answer: a line's last brace may be its own
	noLine  int64 // no line ends before this offset and after what is taken
}

func newSplitter(r io.ReaderAt, size int64) *splitter {
	return &splitter{r: r, size: size, window: make([]byte, min(windowSize, max(size, 1)))}
}

func (s *splitter) offset() int64 { return s.base + int64(s.lo) }

// fill reads more and reports whether there was more.
func (s *splitter) fill() bool {
	if s.end {
		return false
	}
	if s.lo > 0 {
		copy(s.window, s.window[s.lo:s.hi])
		s.base += int64(s.lo)
		s.hi -= s.lo
		s.lo = 0
	}
	at := s.base + int64(s.hi)
	want := min(int64(len(s.window)-s.hi), s.size-at)
	if want <= 0 {
		s.end = at >= s.size
		return false
	}
	n, err := s.r.ReadAt(s.window[s.hi:s.hi+int(want)], at)
	s.hi += n
	if err != nil && int64(n) < want {
		s.end = true
		s.failed = err
	}
	return n > 0
}

// next returns the next document, or a problem in place of one; ok is false at
// the end.
func (s *splitter) next() (doc document, p *artifacts.Problem, ok bool) {
	if p := s.between(); p != nil {
		return document{}, p, true
	}
	if s.lo == s.hi {
		if s.failed == nil {
			return document{}, nil, false
		}
		p, s.failed = readProblem(s.base+int64(s.hi), s.failed), nil
		return document{}, p, true
	}
	if s.wraps() && s.enter() {
		return s.next()
	}
	n, whole := s.line()
	if !whole {
		n, p = s.balanced()
		if p != nil {
			return document{}, p, true
		}
	}
	doc = document{s.window[s.lo : s.lo+n], s.offset()}
	s.lo += n
	return doc, nil, true
}

func readProblem(at int64, err error) *artifacts.Problem {
	kind := artifacts.IO
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		kind = artifacts.Truncated
	}
	return artifacts.NewProblem(kind, at, "reading the log: %w", err)
}

// recordLine is what evtx_dump writes before each record.
var recordLine = []byte("Record ")

// between goes to the beginning of the next object. What stands between
// objects is passed over; a line that is not JSON is a problem.
func (s *splitter) between() *artifacts.Problem {
	for {
		for s.lo < s.hi {
			switch c := s.window[s.lo]; c {
			case '{':
				return nil
			case '[':
				s.inside = true
				s.lo++
			case ' ', '\t', '\r', '\n', ',', ']', '}':
				s.lo++
			default:
				if p := s.junk(); p != nil {
					return p
				}
			}
		}
		if !s.fill() {
			return nil
		}
	}
}

// junk passes over text that is no object, up to the next one in the line or
// the end of the line. What a syslog server writes before an object, the rest
// of a search's answer, and evtx_dump's record lines are no problem.
func (s *splitter) junk() *artifacts.Problem {
	at := s.offset()
	if at == 0 && bytes.HasPrefix(s.window[s.lo:s.hi], byteOrderMark) {
		s.lo += len(byteOrderMark)
		return nil
	}
	fine, binary := s.inside || bytes.HasPrefix(s.window[s.lo:s.hi], recordLine), false
	for {
		text := s.window[s.lo:s.hi]
		n := len(text)
		if i := bytes.IndexByte(text, '\n'); i >= 0 {
			n = i
		}
		object := bytes.IndexByte(text[:n], '{')
		if object >= 0 {
			n = object
		}
		binary = binary || bytes.IndexByte(text[:n], 0) >= 0
		more := n == len(text)
		s.lo += n
		if more && s.fill() {
			continue
		}
		if binary || object < 0 && !fine {
			return artifacts.NewProblem(artifacts.Malformed, at, "%d bytes that are no JSON document", s.offset()-at)
		}
		return nil
	}
}

// line reports whether the line at hand is a document by itself, and its
// length: it ends with the object's end, and no other object follows in it.
func (s *splitter) line() (int, bool) {
	if s.wrapped {
		return 0, false
	}
	end := s.lineEnd()
	for end < 0 && s.hi-s.lo <= maxDocument && s.fill() {
		end = s.lineEnd()
	}
	if end < 0 {
		if !s.end || s.hi-s.lo > maxDocument {
			return 0, false
		}
		end = s.hi - s.lo
	}
	line := bytes.TrimRight(s.window[s.lo:s.lo+end], " \t\r,")
	if len(line) < 2 || len(line) > maxDocument || line[len(line)-1] != '}' {
		return 0, false
	}
	if bytes.Contains(line, []byte("},{")) || bytes.Contains(line, []byte("}{")) {
		return 0, false
	}
	return len(line), true
}

// lineEnd finds the end of the line at hand in the window. A line of many
// documents is searched once.
func (s *splitter) lineEnd() int {
	from := s.lo
	if known := s.noLine - s.base; known > int64(from) {
		from = int(min(known, int64(s.hi)))
	}
	if i := bytes.IndexByte(s.window[from:s.hi], '\n'); i >= 0 {
		return from + i - s.lo
	}
	s.noLine = s.base + int64(s.hi)
	return -1
}

// balanced finds the end of the object at hand by its braces.
func (s *splitter) balanced() (int, *artifacts.Problem) {
	at := s.offset()
	var b braces
	n, dropped := 0, int64(0)
	for {
		m, state := b.feed(s.window[s.lo+n : s.hi])
		n += m
		switch {
		case state == closed && dropped == 0 && n <= maxDocument:
			return n, nil
		case state == closed:
			s.lo += n
			return 0, artifacts.NewProblem(artifacts.Limit, at, "a document of %d bytes is larger than %d and was not read", dropped+int64(n), maxDocument)
		case state == broken:
			s.lo += n
			return 0, artifacts.NewProblem(artifacts.Malformed, at, "a document that ends after %d bytes, before its objects do", dropped+int64(n))
		}
		if n > maxDocument {
			s.lo += n
			dropped += int64(n)
			n = 0
		}
		if !s.fill() {
			s.lo = s.hi
			return 0, artifacts.NewProblem(artifacts.Truncated, at, "the file ends inside a document, after %d bytes of it", dropped+int64(n))
		}
	}
}

// braces follows the nesting of objects and arrays through a text that comes
// in parts.
type braces struct {
	depth   int
	quoted  bool // in a string
	escaped bool // after a backslash in a string
	first   bool // at the beginning of a line
}

type nesting uint8

const (
	open   nesting = iota
	closed         // the outermost object ended with the last byte
	broken         // a line or an object begins where none can
)

// feed goes on through text and returns how much of it belongs to the object.
// Strings hold no line ends, and nobody begins a nested object at the
// beginning of a line: what does so is the document after a damaged one.
func (b *braces) feed(text []byte) (int, nesting) {
	for i := 0; i < len(text); i++ {
		c := text[i]
		if b.quoted {
			switch {
			case c == '\n':
				return i, broken
			case b.escaped:
				b.escaped = false
			case c == '\\':
				b.escaped = true
			case c == '"':
				b.quoted = false
			}
			continue
		}
		switch c {
		case '"':
			b.quoted = true
		case '{', '[':
			if c == '{' && b.first && b.depth > 0 {
				return i, broken
			}
			b.depth++
		case '}', ']':
			if b.depth--; b.depth <= 0 {
				return i + 1, closed
			}
		case '\n':
			b.first = true
			continue
		}
		b.first = false
	}
	return len(text), open
}
