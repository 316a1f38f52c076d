package fat

import (
	"io"
	"sort"

	"hivetriage/artifacts"
)

// A stream is a file's content in its clusters. It implements
// artifacts.Content and is never changed once made.
type stream struct {
	v       *Volume
	extents []extent
	starts  []int64 // byte of the stream at which each extent begins
	size    int64
	valid   int64 // bytes that were ever written; the rest reads as zeros
	broken  error // why the clusters do not cover the valid bytes, nil if they do
}

func (v *Volume) newStream(extents []extent, size, valid int64, broken error) *stream {
	s := &stream{v: v, extents: extents, starts: make([]int64, len(extents)), size: size, valid: min(valid, size), broken: broken}
	covered := int64(0)
	for i, x := range extents {
		s.starts[i] = covered
		covered += int64(x.count) * v.clusterSize
	}
	if covered < s.valid && s.broken == nil {
		s.broken = artifacts.NewProblem(artifacts.Malformed, -1, "its clusters hold %d of %d bytes", covered, s.valid)
	}
	return s
}

// Size returns the bytes that the directory states.
func (s *stream) Size() int64 { return s.size }

// Close does nothing.
func (s *stream) Close() error { return nil }

// ReadAt implements io.ReaderAt. A byte that cannot be had is an error, never
// a zero.
func (s *stream) ReadAt(p []byte, offset int64) (n int, err error) {
	if offset < 0 {
		return 0, artifacts.NewProblem(artifacts.Malformed, -1, "offset %d before the beginning", offset)
	}
	if offset >= s.size {
		return 0, io.EOF
	}
	end := error(nil)
	if int64(len(p)) > s.size-offset {
		p, end = p[:s.size-offset], io.EOF
	}
	for n < len(p) {
		got, err := s.readPiece(p[n:], offset+int64(n))
		n += got
		if err != nil {
			return n, err
		}
	}
	return n, end
}

// readPiece reads from one extent, or the zeros behind the valid bytes.
func (s *stream) readPiece(p []byte, at int64) (int, error) {
	if at >= s.valid {
		clear(p)
		return len(p), nil
	}
	p = p[:min(int64(len(p)), s.valid-at)]
	i := sort.Search(len(s.starts), func(i int) bool { return s.starts[i] > at }) - 1
	if i < 0 {
		return 0, s.broken
	}
	inside := at - s.starts[i]
	left := int64(s.extents[i].count)*s.v.clusterSize - inside
	if left <= 0 {
		return 0, s.broken
	}
	p = p[:min(int64(len(p)), left)]
	if err := s.v.disk.ReadFull(p, s.v.place(s.extents[i].first)+inside); err != nil {
		return 0, err
	}
	return len(p), nil
}
