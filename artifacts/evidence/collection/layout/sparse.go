package layout

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"sort"
	"strconv"

	"hivetriage/artifacts"
)

const (
	maxExpanded = 16 << 30 // bytes of a sparse file with its holes; the change journal may have more
	maxJournal  = 1 << 46
	maxRanges   = 1 << 20
)

// A Range is a part of a sparse file that was collected; between the ranges
// there are zeros.
type Range struct {
	Offset int64 // in the original file
	Stored int64 // in the member
	Length int64
}

// A Sparse says how a member becomes the file that it was.
type Sparse struct {
	Ranges []Range // ascending, without overlap
	Size   int64   // of the file with its holes
	Stored int64   // bytes of the member that the ranges need
}

// number is an integer that some writers put between quotes.
type number int64

func (n *number) UnmarshalJSON(b []byte) error {
	v, err := strconv.ParseInt(string(bytes.Trim(b, `"`)), 10, 64)
	if err != nil {
		return errors.New("not a whole number")
	}
	*n = number(v)
	return nil
}

// A span is a range as the index has it, in any of the spellings: FileOffset,
// fileOffset and file_offset. What is left out is what follows from the spans
// before.
type span struct {
	FileOffset      *number
	OriginalOffset  *number
	FileLength      *number
	Length          *number
	FileOffset2     *number `json:"file_offset"`
	OriginalOffset2 *number `json:"original_offset"`
	FileLength2     *number `json:"file_length"`
}

func pick(a, b *number, otherwise int64) int64 {
	switch {
	case a != nil:
		return int64(*a)
	case b != nil:
		return int64(*b)
	}
	return otherwise
}

// ParseIndex reads the index of a sparse file that Velociraptor keeps as
// NAME.idx: {"Ranges": [...]} (actions/proto/transport.proto), or a range on
// each line. A range without stored bytes is a hole.
func ParseIndex(b []byte) (*Sparse, error) {
	var whole struct{ Ranges []span }
	spans := []span(nil)
	if err := json.Unmarshal(b, &whole); err == nil && len(whole.Ranges) > 0 {
		spans = whole.Ranges
	} else {
		for line := range bytes.Lines(b) {
			if line = bytes.TrimSpace(line); len(line) == 0 {
				continue
			}
			var s span
			if err := json.Unmarshal(line, &s); err != nil {
				return nil, artifacts.NewProblem(artifacts.Malformed, -1, "neither ranges nor a range on each line: %w", err)
			}
			spans = append(spans, s)
		}
	}
	if len(spans) == 0 || len(spans) > maxRanges {
		return nil, artifacts.NewProblem(artifacts.Malformed, -1, "%d ranges", len(spans))
	}
	s := &Sparse{}
	for i, span := range spans {
		if err := s.append(span); err != nil {
			err.Err = errors.New("range " + strconv.Itoa(i) + ": " + err.Err.Error())
			return nil, err
		}
	}
	return s, nil
}

func (s *Sparse) append(span span) *artifacts.Problem {
	offset := pick(span.OriginalOffset, span.OriginalOffset2, s.Size)
	stored := pick(span.FileOffset, span.FileOffset2, s.Stored)
	length := pick(span.Length, nil, -1)
	kept := pick(span.FileLength, span.FileLength2, 0)
	switch {
	case length < 0 || offset < 0 || stored < 0 || kept < 0:
		return artifacts.NewProblem(artifacts.Malformed, -1, "no length, or a negative number")
	case offset < s.Size:
		return artifacts.NewProblem(artifacts.Malformed, -1, "it begins at %d, before the end of the last at %d", offset, s.Size)
	case kept > length:
		return artifacts.NewProblem(artifacts.Malformed, -1, "%d bytes are stored for %d", kept, length)
	case offset > maxJournal || length > maxJournal-offset || stored > maxJournal:
		return artifacts.NewProblem(artifacts.Limit, -1, "a file of more than %d bytes", int64(maxJournal))
	}
	if kept > 0 {
		s.Ranges = append(s.Ranges, Range{Offset: offset, Stored: stored, Length: kept})
		s.Stored = max(s.Stored, stored+kept)
	}
	s.Size = offset + length
	return nil
}

// Reader reads the file out of its member. Bytes that the member lacks are an
// error, never zeros.
func (s *Sparse) Reader(member io.ReaderAt) io.ReaderAt { return &expanded{s, member} }

type expanded struct {
	*Sparse
	member io.ReaderAt
}

// Stored implements artifacts.Holed for the file.
func (e *expanded) Stored(off int64) (from, to int64) {
	i := sort.Search(len(e.Ranges), func(i int) bool { return e.Ranges[i].Offset+e.Ranges[i].Length > off })
	if i == len(e.Ranges) {
		return max(off, e.Size), e.Size
	}
	return max(off, e.Ranges[i].Offset), e.Ranges[i].Offset + e.Ranges[i].Length
}

func (e *expanded) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, artifacts.NewProblem(artifacts.Malformed, off, "a negative offset")
	}
	if off >= e.Size {
		return 0, io.EOF
	}
	want := int(min(int64(len(p)), e.Size-off))
	next := sort.Search(len(e.Ranges), func(i int) bool { return e.Ranges[i].Offset+e.Ranges[i].Length > off })
	done := 0
	for ; done < want; next++ {
		at := off + int64(done)
		if next == len(e.Ranges) || e.Ranges[next].Offset >= off+int64(want) {
			clear(p[done:want])
			done = want
			break
		}
		r := e.Ranges[next]
		if r.Offset > at {
			hole := int(r.Offset - at)
			clear(p[done : done+hole])
			done += hole
			at = r.Offset
		}
		part := p[done:min(want, done+int(min(r.Offset+r.Length-at, int64(want))))]
		n, err := e.member.ReadAt(part, r.Stored+at-r.Offset)
		done += n
		if n < len(part) {
			if err == nil || errors.Is(err, io.EOF) {
				err = artifacts.NewProblem(artifacts.Truncated, at+int64(n), "the collected part of a sparse file ends before its index says")
			}
			return done, err
		}
	}
	if done < len(p) {
		return done, io.EOF
	}
	return done, nil
}

// Expand returns the content of a sparse file with its holes: c is what the
// collector stored of it.
func (s *Sparse) Expand(c artifacts.Content) artifacts.Content {
	return &wholeFile{c, s.Reader(c), s.Size}
}

// wholeFile is a sparse file with its holes.
type wholeFile struct {
	artifacts.Content
	r    io.ReaderAt
	size int64
}

func (e *wholeFile) ReadAt(p []byte, off int64) (int, error) { return e.r.ReadAt(p, off) }
func (e *wholeFile) Size() int64                             { return e.size }

// Stored implements artifacts.Holed.
func (e *wholeFile) Stored(off int64) (from, to int64) {
	if h, ok := e.r.(artifacts.Holed); ok {
		return h.Stored(off)
	}
	return off, e.size
}
