// Package vmdk reads virtual disks.
package vmdk

import (
	"io"

	"hivetriage/artifacts"
)

// Detect tells a file by its first and last bytes.
func Detect(head, tail []byte) bool { return false }

// A Disk is the media. It is safe for concurrent use.
type Disk struct{ size int64 }

// Open reads the structures of a disk. Sibling opens a file beside it by name.
func Open(name string, r io.ReaderAt, size int64, sibling func(name string) (io.ReaderAt, int64, error)) (*Disk, error) {
	return nil, artifacts.NewProblem(artifacts.Unsupported, -1, "not read by this version")
}

// Size returns the size of the media in bytes.
func (d *Disk) Size() int64 { return d.size }

// Problems returns the damage met at opening.
func (d *Disk) Problems() []*artifacts.Problem { return nil }

// ReadAt reads media bytes.
func (d *Disk) ReadAt(p []byte, off int64) (int, error) { return 0, io.EOF }
