package image

import (
	"io"
	"os"
	"path/filepath"

	"hivetriage/artifacts"
)

// A Folder is where an image lies, with the files that belong to it: the other
// segments, its parents.
type Folder interface {
	// Names returns the names of the files, in any order.
	Names() ([]string, error)
	// Open opens a file; an error is fs.ErrNotExist where there is none of that
	// name. The reader must stay usable as long as the image is.
	Open(name string) (r io.ReaderAt, size int64, err error)
}

// A systemFolder is a folder of the operating system. What it opens is closed
// with the image.
type systemFolder struct {
	dir   string
	image *Image
}

func (d *systemFolder) Names() ([]string, error) {
	entries, err := os.ReadDir(d.dir)
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	return names, err
}

func (d *systemFolder) Open(name string) (io.ReaderAt, int64, error) {
	path := filepath.Join(d.dir, name)
	info, err := os.Stat(path)
	if err != nil {
		return nil, 0, err
	}
	if !info.Mode().IsRegular() { // a pipe would be waited for
		return nil, 0, artifacts.NewProblem(artifacts.Unsupported, -1, "%q is not a regular file (%s)", name, info.Mode().Type())
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	raw := &rawFile{File: f}
	d.image.open = append(d.image.open, raw)
	return raw, info.Size(), nil
}

// openFile opens a file of the image's folder.
func (m *Image) openFile(name string) (segment, error) {
	r, size, err := m.folder.Open(name)
	if err != nil {
		return segment{}, err
	}
	return segment{name: name, r: r, size: size}, nil
}
