package collection

import (
	"archive/tar"
	"bufio"
	"compress/bzip2"
	"errors"
	"io"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/ulikunitz/xz"

	"hivetriage/artifacts"
)

// A packing undoes the compression of a whole file.
type packing func(io.Reader) (io.ReadCloser, error)

// packings by the kind that Detect tells.
var packings = map[string]packing{
	"gz":  func(r io.Reader) (io.ReadCloser, error) { return gzip.NewReader(bufio.NewReaderSize(r, 64<<10)) },
	"zst": unzstd,
	"bz2": func(r io.Reader) (io.ReadCloser, error) { return io.NopCloser(bzip2.NewReader(r)), nil },
	"xz": func(r io.Reader) (io.ReadCloser, error) {
		x, err := xz.NewReader(bufio.NewReaderSize(r, 64<<10))
		if err != nil {
			return nil, err
		}
		return io.NopCloser(x), nil
	},
}

// A stream is a tar or a single file, packed or not, that can be read from
// its start only.
type stream struct {
	r     io.ReaderAt
	size  int64
	meter *meter
	pack  packing // nil: not packed
	lone  bool    // one file without a tar around it

	members  []member
	index    []int // of each member among the entries of the tar
	heads    [][]byte
	problems []*artifacts.Problem

	mu   sync.Mutex
	idle *cursor // where the last reader stopped
}

// maxHeads bounds what is kept of members while a stream is listed, bytes.
const maxHeads = 16 << 20

// openStream lists the members, which takes a pass over all of it. Name is
// what a lone file is called.
func openStream(r io.ReaderAt, size int64, pack packing, lone bool, name string, m *meter) *stream {
	s := &stream{r: r, size: size, pack: pack, lone: lone, meter: m}
	if lone {
		clean, traits := cleanName(name)
		s.members, s.index = []member{{name: clean, traits: traits}}, []int{0}
	}
	s.survey()
	return s
}

// survey makes the pass that lists.
func (s *stream) survey() {
	c, err := s.start()
	if err != nil {
		s.damage(err)
		return
	}
	defer c.close()
	if s.lone {
		head, n, err := s.weigh(c.raw)
		s.members[0].size, s.heads = n, [][]byte{head}
		if err != nil {
			s.damage(err)
		}
		return
	}
	kept := 0
	for {
		err := c.next()
		if err == io.EOF {
			s.finish(c)
			return
		}
		if err == nil && len(s.members) >= maxMembers {
			err = artifacts.NewProblem(artifacts.Limit, -1, "members beyond the first %d are not examined", maxMembers)
		}
		if err != nil {
			s.damage(err)
			return
		}
		m := tarMember(c.header)
		s.members, s.index = append(s.members, m), append(s.index, c.at)
		var head []byte
		if m.sort == isFile && m.size > 0 && kept < maxHeads {
			head = make([]byte, min(m.size, artifacts.MaxHead))
			n, _ := io.ReadFull(c.tar, head) // an error is met again by whoever reads the member
			if int64(n) < min(m.size, artifacts.MaxHead) {
				head = nil
			}
			kept += len(head)
		}
		s.heads = append(s.heads, head)
	}
}

// finish reads what follows the end of a packed tar: the checksum of all that
// was unpacked comes last.
func (s *stream) finish(c *cursor) {
	if s.pack == nil {
		return
	}
	if _, err := io.Copy(io.Discard, c.raw); err != nil {
		s.damage(err)
	}
}

// weigh reads a lone file to its end for its size.
func (s *stream) weigh(r io.Reader) (head []byte, size int64, err error) {
	head = make([]byte, artifacts.MaxHead)
	n, err := io.ReadFull(r, head)
	if err != nil {
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			err = nil
		}
		return head[:n], int64(n), err
	}
	rest, err := io.Copy(io.Discard, r)
	return head, int64(n) + rest, err
}

// damage notes why the list ends.
func (s *stream) damage(err error) {
	var p *artifacts.Problem
	switch {
	case errors.As(err, &p):
	case errors.Is(err, io.ErrUnexpectedEOF):
		p = artifacts.NewProblem(artifacts.Truncated, -1, "the archive ends early after %d members", len(s.members))
	default:
		p = artifacts.NewProblem(artifacts.Malformed, -1, "after %d members: %w", len(s.members), err)
	}
	s.problems = append(s.problems, p)
}

func tarMember(h *tar.Header) member {
	m := member{size: max(h.Size, 0), times: artifacts.Times{Modified: h.ModTime.UTC(), Accessed: h.AccessTime.UTC(), Changed: h.ChangeTime.UTC()}}
	m.name, m.traits = cleanName(h.Name)
	switch h.Typeflag {
	case tar.TypeReg, '\x00', tar.TypeGNUSparse, tar.TypeCont: // NUL stands in old archives
	case tar.TypeDir:
		m.sort = isDir
	case tar.TypeSymlink, tar.TypeLink:
		m.sort = isLink
	default:
		m.sort = isOther
	}
	if m.sort == isFile && strings.HasSuffix(h.Name, "/") {
		m.sort = isDir
	}
	return m
}

func (s *stream) list() []member                { return s.members }
func (s *stream) forward() bool                 { return true }
func (s *stream) trouble() []*artifacts.Problem { return s.problems }

func (s *stream) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.idle != nil {
		s.idle.close()
		s.idle = nil
	}
	return nil
}

// head returns what the listing kept of a member's beginning, nil if nothing.
func (s *stream) head(i int) []byte { return s.heads[i] }

// A cursor is a place in a stream from which it can be read on.
type cursor struct {
	raw    *checked
	tar    *tar.Reader
	header *tar.Header
	at     int // index of header among the tar's entries; -1 before the first
}

func (s *stream) start() (*cursor, error) {
	packed := io.NewSectionReader(s.r, 0, s.size)
	c := &cursor{at: -1}
	if s.pack == nil {
		c.raw = check(io.NopCloser(packed), s.meter, -1, -1, 0, false)
		c.tar = tar.NewReader(seekable{c.raw, packed})
		return c, nil
	}
	r, err := s.pack(packed)
	if err != nil {
		return nil, err
	}
	c.raw = check(r, s.meter, -1, s.size, 0, false)
	c.tar = tar.NewReader(c.raw)
	return c, nil
}

// A seekable reader lets the tar reader step over content that is not packed.
type seekable struct {
	io.Reader
	io.Seeker
}

func (c *cursor) next() (err error) {
	c.header, err = c.tar.Next()
	c.at++
	return err
}

func (c *cursor) close() { c.raw.Close() } // opened read-only: there is nothing to lose

// open goes on from the last reader if that stands before the member.
func (s *stream) open(i int, _ bool) (io.ReadCloser, error) {
	s.mu.Lock()
	c := s.idle
	s.idle = nil
	s.mu.Unlock()
	if c != nil && (s.lone || c.at >= s.index[i]) {
		c.close()
		c = nil
	}
	if c == nil {
		var err error
		if c, err = s.start(); err != nil {
			return nil, artifacts.NewProblem(artifacts.Malformed, 0, "%w", err)
		}
	}
	if s.lone {
		return check(&turn{s, c, c.raw}, s.meter, s.members[i].size, s.size, 0, false), nil
	}
	for c.at < s.index[i] {
		if err := c.next(); err != nil {
			c.close()
			return nil, artifacts.NewProblem(artifacts.Truncated, 0, "the archive ends before this member: %w", err)
		}
	}
	return check(&turn{s, c, c.tar}, s.meter, s.members[i].size, -1, 0, false), nil
}

// A turn reads one member of a stream and leaves the cursor to the next reader.
type turn struct {
	s *stream
	c *cursor
	io.Reader
}

func (m *turn) Close() error {
	m.s.mu.Lock()
	defer m.s.mu.Unlock()
	if m.s.idle != nil {
		m.s.idle.close()
	}
	m.s.idle = m.c
	return nil
}
