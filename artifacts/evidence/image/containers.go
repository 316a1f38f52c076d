package image

import (
	"errors"
	"io"
	"io/fs"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/image/qcow2"
	"hivetriage/artifacts/evidence/image/vhd"
	"hivetriage/artifacts/evidence/image/vhdx"
	"hivetriage/artifacts/evidence/image/vmdk"
)

// A container is a format of virtual disk.
type container struct {
	kind   string                       // as in Image.Kind and Image.Layer
	detect func(head, tail []byte) bool // the first and the last headSize bytes, fewer in a small file
	open   func(name string, r io.ReaderAt, size int64, sibling siblingFunc) (disk, error)
}

// containers in the order they are asked.
var containers = []container{
	{"vhdx", vhdx.Detect, opener(vhdx.Open)},
	{"vhd", vhd.Detect, opener(vhd.Open)},
	{"vmdk", vmdk.Detect, opener(vmdk.Open)},
	{"qcow2", qcow2.Detect, opener(qcow2.Open)},
}

// A disk is the media of a container. The errors of ReadAt are
// *artifacts.Problem with the offset in the media; they name the file and the
// offset in it.
type disk interface {
	io.ReaderAt
	Size() int64
	Problems() []*artifacts.Problem // known by now, apart from the errors of reads
}

// A siblingFunc opens a file that a container names, such as its parent, by
// the last component of that name. It stays open as long as the image. Its
// error is a *artifacts.Problem that says what to do, and fs.ErrNotExist where
// the file is not there.
type siblingFunc = func(name string) (io.ReaderAt, int64, error)

// opener turns the constructor of a format into that of any disk.
func opener[D disk](open func(string, io.ReaderAt, int64, siblingFunc) (D, error)) func(string, io.ReaderAt, int64, siblingFunc) (disk, error) {
	return func(name string, r io.ReaderAt, size int64, sibling siblingFunc) (disk, error) {
		d, err := open(name, r, size, sibling)
		if err != nil {
			return nil, err
		}
		return d, nil
	}
}

// openContainer opens f if it is a container. It reports whether it is one.
func (m *Image) openContainer(f segment, head []byte) (bool, error) {
	tail := make([]byte, min(headSize, f.size))
	if _, err := readFull(f.r, tail, f.size-int64(len(tail))); err != nil {
		tail = nil // a failing disk: the beginning decides alone
	}
	for _, c := range containers {
		if !c.detect(head, tail) {
			continue
		}
		m.kind = c.kind
		d, err := c.open(f.name, f.r, f.size, m.openSibling)
		if err != nil {
			return true, err
		}
		m.media, m.size = loggedDisk{d, m.log}, d.Size()
		return true, nil
	}
	return false, nil
}

// openSibling opens the file in the image's folder that has the last component
// of name, which is a path of any system. What a container says of other
// folders is not followed: evidence does not choose which files are read.
func (m *Image) openSibling(name string) (io.ReaderAt, int64, error) {
	base := name[strings.LastIndexAny(name, `/\`)+1:]
	if base == "" || base == "." || base == ".." || strings.ContainsAny(base, ":\x00") {
		return nil, 0, artifacts.NewProblem(artifacts.Malformed, -1, "%q is not the name of a file", name)
	}
	f, err := m.openFile(base)
	if errors.Is(err, fs.ErrNotExist) {
		var folded string
		if folded, err = m.foldedName(base); err == nil {
			f, err = m.openFile(folded)
		}
	}
	var known *artifacts.Problem
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, 0, artifacts.NewProblem(artifacts.Truncated, -1, "%w: put %q, without which the disk is not whole, into the folder of this image", fs.ErrNotExist, base)
	case errors.As(err, &known):
		return nil, 0, known
	case err != nil:
		return nil, 0, artifacts.NewProblem(artifacts.IO, -1, "%w", err)
	}
	m.segments = append(m.segments, f.name)
	return f.r, f.size, nil
}

// foldedName finds a file whose name differs in case alone.
func (m *Image) foldedName(base string) (string, error) {
	names, err := m.folder.Names()
	if err != nil {
		return "", err
	}
	for _, name := range names {
		if strings.EqualFold(name, base) {
			return name, nil
		}
	}
	return "", fs.ErrNotExist
}

// A loggedDisk notes the damage that reads meet.
type loggedDisk struct {
	disk
	log *problemLog
}

func (d loggedDisk) ReadAt(p []byte, off int64) (int, error) {
	n, err := d.disk.ReadAt(p, off)
	if err != nil && err != io.EOF {
		err = d.log.add(artifacts.Located(artifacts.Locator{}, err))
	}
	return n, err
}
