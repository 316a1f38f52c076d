// Package bounded reads evidence of a known size: what lies beyond it is a
// problem with its offset, never other bytes.
package bounded

import (
	"errors"
	"io"
	"sync/atomic"

	"hivetriage/artifacts"
)

// A Disk is a volume's bytes; it counts what is read. Copies share the count.
type Disk struct {
	Size int64
	r    io.ReaderAt
	read *atomic.Int64
}

// New returns the first size bytes of r as a Disk.
func New(r io.ReaderAt, size int64) Disk {
	return Disk{Size: size, r: r, read: new(atomic.Int64)}
}

// Read returns how many bytes were read so far.
func (d Disk) Read() int64 { return d.read.Load() }

// ReadFull fills p from offset or says why it could not, in a
// *artifacts.Problem.
func (d Disk) ReadFull(p []byte, offset int64) error {
	if offset < 0 || offset > d.Size-int64(len(p)) {
		return artifacts.NewProblem(artifacts.Truncated, offset, "%d bytes lie beyond the end of the evidence (%d bytes)", len(p), d.Size)
	}
	n, err := d.ReadAt(p, offset)
	if n == len(p) {
		return nil
	}
	if err == nil || err == io.EOF {
		return artifacts.NewProblem(artifacts.Truncated, offset+int64(n), "the evidence ends %d bytes early", len(p)-n)
	}
	var known *artifacts.Problem
	if errors.As(err, &known) {
		return known
	}
	return &artifacts.Problem{Offset: offset + int64(n), Kind: artifacts.IO, Err: err}
}

// ReadAt implements io.ReaderAt.
func (d Disk) ReadAt(p []byte, offset int64) (int, error) {
	n, err := d.r.ReadAt(p, offset)
	d.read.Add(int64(n))
	return n, err
}
