// Package image turns the container a disk image is kept in into the bytes of
// the disk: raw files, raw files split into segments, block devices, EWF-E01,
// and the virtual disks of the list in containers.go. Other containers are
// recognised and refused by name.
package image

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"hivetriage/artifacts"
)

// The kinds of container, as artifacts.Input names them.
const (
	kindRaw    = "raw"
	kindSplit  = "split raw"
	kindEWF    = "ewf"
	kindDevice = "device"
)

// An Image is the media inside a container. It is safe for concurrent use.
type Image struct {
	media    io.ReaderAt
	size     int64
	kind     string
	segments []string
	stored   map[string]string
	log      *problemLog
	folder   Folder
	open     []io.Closer
}

// A segment is one file of a container. A missing one has no reader.
type segment struct {
	name string
	r    io.ReaderAt
	size int64
}

// Open opens a raw image, any segment of a split raw image or of an EWF-E01
// image, a virtual disk, or a block device. Its errors are *artifacts.Problem: IO where the
// system cannot read path, Unsupported for a container that is not read,
// Encrypted for one that needs a key.
func Open(path string) (*Image, error) {
	at := artifacts.Locator{Source: path}
	m := &Image{log: newProblemLog(at)}
	if err := m.openPath(path); err != nil {
		m.Close() // opened read-only: there is nothing to lose
		return nil, artifacts.Located(at, err)
	}
	return m, nil
}

// OpenIn opens an image that lies in a folder of the evidence. Its problems are
// told at the given place. The folder's owner closes the files.
func OpenIn(folder Folder, name string, at artifacts.Locator) (*Image, error) {
	m := &Image{log: newProblemLog(at), folder: folder}
	if err := m.openName(name); err != nil {
		return nil, artifacts.Located(at, err)
	}
	return m, nil
}

func (m *Image) openPath(path string) error {
	if strings.HasPrefix(path, `\\.\`) {
		return m.openDevice(path)
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	switch mode := info.Mode(); {
	case mode&os.ModeDevice != 0:
		return m.openDevice(path)
	case mode.IsDir():
		return artifacts.NewProblem(artifacts.Unsupported, -1, "a directory, not an image: give it with --path")
	case !mode.IsRegular():
		return artifacts.NewProblem(artifacts.Unsupported, -1, "neither a file nor a block device (%s)", mode.Type())
	}
	m.folder = &systemFolder{dir: filepath.Dir(path), image: m}
	return m.openName(filepath.Base(path))
}

// openName opens the image of that name in the folder.
func (m *Image) openName(name string) error {
	f, err := m.openFile(name)
	if err != nil {
		return err
	}
	if f.size == 0 {
		return artifacts.NewProblem(artifacts.Truncated, -1, "the file is empty: copy the image again")
	}
	head := make([]byte, headSize)
	n, err := f.r.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return err
	}
	if isEWF(head[:n]) {
		return m.openEWF(f)
	}
	if set := m.splitRawSet(name); set != nil {
		return m.openSplit(name, set)
	}
	m.segments = []string{f.name}
	if found, err := m.openContainer(f, head[:n]); found || err != nil {
		return err
	}
	if err := refuse(f.r, f.size, head[:n]); err != nil {
		return err
	}
	m.media, m.size, m.kind = f.r, f.size, kindRaw
	return nil
}

func (m *Image) openDevice(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	device := &rawFile{File: f}
	m.open = append(m.open, device)
	size, err := deviceSize(f)
	if err != nil {
		return err
	}
	if size <= 0 {
		return artifacts.NewProblem(artifacts.IO, -1, "this device is empty, or the system does not tell its size: copy it into a file first, e.g. with dd")
	}
	m.media, m.size, m.kind = alignedReader{r: device, size: size}, size, kindDevice
	m.segments = []string{path}
	return nil
}

// ReadAt reads media bytes. Where the container is damaged it returns the
// bytes before the damage and a *artifacts.Problem whose offset is in the
// media and whose text names the file and the offset in it.
func (m *Image) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, fmt.Errorf("image: negative offset %d", off)
	}
	return m.media.ReadAt(p, off)
}

// Close closes every segment.
func (m *Image) Close() error {
	var all error
	for _, c := range m.open {
		all = errors.Join(all, c.Close())
	}
	m.open = nil
	return all
}

// Size returns the size of the media in bytes.
func (m *Image) Size() int64 { return m.size }

// Kind is "raw", "split raw", "device", "ewf", or the kind of a virtual disk:
// "vhd", "vhdx", "vmdk", "qcow2".
func (m *Image) Kind() string { return m.kind }

// Layer is the container's name in a chain of layers; "" where the media are
// the bytes of files.
func (m *Image) Layer() string {
	switch m.kind {
	case kindRaw, kindSplit, kindDevice:
		return ""
	}
	return m.kind
}

// Segments returns the file names of the container in order. A missing
// segment is not among them.
func (m *Image) Segments() []string { return slices.Clone(m.segments) }

// Stored returns the digests of the media that the container carries, in
// lower-case hex under "MD5" and "SHA1".
func (m *Image) Stored() map[string]string { return m.stored }

// Problems returns the damage met so far, at opening and by reads, each once,
// sorted by offset in the media; -1 is damage that has no place there.
func (m *Image) Problems() []*artifacts.Problem {
	if d, ok := m.media.(loggedDisk); ok {
		for _, p := range d.Problems() {
			m.log.add(p)
		}
	}
	return m.log.all()
}
