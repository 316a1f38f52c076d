package collection

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"

	"hivetriage/artifacts"
)

// content reads a stream that can only be read forward as if it could be read
// anywhere. It inflates no further than it is asked to. Small content stays in
// memory until Close; of larger content a window behind the reading position
// is kept, and reading before it starts the stream again.
type content struct {
	size   int64
	reopen func() (io.ReadCloser, error)
	// compare holds the whole content against what a collector noted of it. It
	// is asked where all of it is in memory at its end; nil where nothing was
	// noted.
	compare func(io.Reader) error
	front   []byte // the first bytes, where they are known already

	mu     sync.Mutex
	whole  bool  // nothing is dropped from buf
	held   int64 // reserved with takeMemory
	r      io.ReadCloser
	start  int64 // offset of buf in the stream
	buf    []byte
	err    error // why the stream ends after buf; io.EOF where it should
	closed bool
}

func newContent(size int64, reopen func() (io.ReadCloser, error)) *content {
	c := &content{size: size, reopen: reopen}
	if size <= maxBuffered && takeMemory(size) {
		c.whole, c.held = true, size
	}
	return c
}

func (c *content) Size() int64 { return c.size }

// Inflated says that reading far in costs more.
func (c *content) Inflated() bool { return true }

// ReadAt returns the bytes before any damage, and then the damage. A checksum
// that does not fit is told to whoever reads the last byte.
func (c *content) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, fmt.Errorf("negative offset %d", off)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if end := off + int64(len(p)); end <= int64(len(c.front)) && end < c.size && !c.closed {
		return copy(p, c.front[off:]), nil
	}
	n := 0
	for n < len(p) {
		at := off + int64(n)
		if at >= c.size {
			return n, c.ending()
		}
		if err := c.reach(at, int64(len(p)-n)); err != nil {
			return n, err
		}
		n += copy(p[n:], c.buf[at-c.start:])
	}
	if off+int64(n) == c.size {
		if err := c.ending(); err != io.EOF {
			return n, err
		}
	}
	return n, nil
}

// ending is what a read that meets the end is told.
func (c *content) ending() error {
	if c.start+int64(len(c.buf)) == c.size && c.err != nil {
		return c.err
	}
	return io.EOF
}

// reach makes sure that buf holds the byte at the given offset and, within
// bounds, some of the want bytes from there on.
func (c *content) reach(at, want int64) error {
	if c.closed {
		return errors.New("read after Close")
	}
	if at < c.start {
		c.stop()
		c.start, c.buf, c.err = 0, c.buf[:0], nil
	}
	const step = 256 << 10
	for c.start+int64(len(c.buf)) <= at {
		if c.err != nil {
			if c.err == io.EOF {
				return io.ErrUnexpectedEOF
			}
			return c.err
		}
		goal := min(at+min(want, step), c.size)
		c.fill(min(goal-c.start-int64(len(c.buf)), step))
	}
	return nil
}

// fill reads up to n more bytes into buf, and past the last one to the end.
func (c *content) fill(n int64) {
	if c.r == nil {
		if c.r, c.err = c.reopen(); c.err != nil {
			return
		}
	}
	if !c.whole && len(c.buf) > 2*window {
		drop := len(c.buf) - window
		c.buf = c.buf[:copy(c.buf, c.buf[drop:])]
		c.start += int64(drop)
	}
	old := len(c.buf)
	if room := old + int(n); c.whole && room > cap(c.buf) {
		want := int64(2 * room)
		if want > c.size/4 { // it is likely to be read to its end
			want = c.size
		}
		larger := takeBuffer(want)
		larger = append(larger, c.buf...)
		giveBuffer(c.buf)
		c.buf = larger
	}
	c.buf = slices.Grow(c.buf, int(n))
	got, err := io.ReadFull(c.r, c.buf[old:old+int(n)])
	c.buf = c.buf[:old+got]
	if err == nil && c.start+int64(len(c.buf)) == c.size {
		err = c.verify()
	}
	if err != nil {
		c.stop()
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			err = io.EOF
			if at := c.start + int64(len(c.buf)); at < c.size {
				err = artifacts.NewProblem(artifacts.Truncated, at, "the content ends after %d of %d bytes", at, c.size)
			}
		}
		c.err = err
	}
}

// verify reads the end of the stream, where its checksum is compared.
func (c *content) verify() error {
	n, err := io.ReadFull(c.r, make([]byte, 1))
	if n > 0 {
		return artifacts.NewProblem(artifacts.Malformed, c.size, "the content is longer than the archive says")
	}
	if err == io.EOF && c.compare != nil && c.whole {
		if differs := c.compare(bytes.NewReader(c.buf)); differs != nil {
			return differs
		}
	}
	return err
}

func (c *content) stop() {
	if c.r != nil {
		c.r.Close() // opened read-only: there is nothing to lose
		c.r = nil
	}
}

// Close gives the memory back.
func (c *content) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil
	}
	c.closed = true
	c.stop()
	giveBuffer(c.buf)
	c.buf = nil
	memory.Add(-c.held)
	return nil
}
