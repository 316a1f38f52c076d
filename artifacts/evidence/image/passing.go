package image

import (
	"io"
	"os"
)

// A rawFile is a file or a device of the operating system.
type rawFile struct {
	*os.File
	passing passingFile
}

// Close closes the file.
func (f *rawFile) Close() error {
	f.passing.close()
	return f.File.Close()
}

// A passing reader can read what is read only once without keeping it in the
// system's cache: to fill that costs more than the reading.
type passing interface {
	ReadPassing(p []byte, off int64) (int, error)
}

// ReadPassing is ReadAt for what is read only once. It is of use for large
// parts of a container that stores the media as they are.
func (m *Image) ReadPassing(p []byte, off int64) (int, error) {
	if off < 0 {
		return m.ReadAt(p, off)
	}
	return readPassing(m.media, p, off)
}

func readPassing(r io.ReaderAt, p []byte, off int64) (int, error) {
	if r, ok := r.(passing); ok {
		return r.ReadPassing(p, off)
	}
	return r.ReadAt(p, off)
}

// ReadPassing implements passing; what is not aligned goes the usual way.
func (a alignedReader) ReadPassing(p []byte, off int64) (int, error) {
	if off%alignment == 0 && len(p)%alignment == 0 && int64(len(p)) <= a.size-off {
		return readPassing(a.r, p, off)
	}
	return a.ReadAt(p, off)
}
