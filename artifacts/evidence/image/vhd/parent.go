package vhd

import (
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"slices"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/image/blocks"
	"hivetriage/artifacts/internal/windows"
)

const (
	// maxParents bounds a chain of differencing disks.
	maxParents = 64
	// maxLocator bounds the bytes of one parent locator.
	maxLocator = 4096
)

// openParent opens the disk that this one records the differences to.
func (d *Disk) openParent(sibling func(name string) (io.ReaderAt, int64, error), children []string) error {
	name := d.media.File.Name
	children = append(children, d.footer.id)
	if slices.Contains(children, d.header.parent) {
		return artifacts.NewProblem(artifacts.Malformed, -1, "%s: its parent %s is a disk that depends on this one", name, d.header.parent)
	}
	if len(children) > maxParents {
		return artifacts.NewProblem(artifacts.Limit, -1, "%s: a chain of more than %d differencing disks", name, maxParents)
	}
	names := d.parentNames()
	if len(names) == 0 {
		return artifacts.NewProblem(artifacts.Malformed, -1, "%s: a differencing disk that does not name its parent %s", name, d.header.parent)
	}
	var failed error
	for _, parent := range names {
		found, err := d.tryParent(parent, sibling, children)
		if found {
			return err
		}
		if failed == nil || errors.Is(failed, fs.ErrNotExist) && !errors.Is(err, fs.ErrNotExist) {
			failed = err
		}
	}
	return failed
}

// tryParent opens the file of a name and takes it if it is the parent. It
// reports whether it is: then no other name needs to be tried.
func (d *Disk) tryParent(name string, sibling func(name string) (io.ReaderAt, int64, error), children []string) (found bool, err error) {
	r, size, err := sibling(name)
	if err != nil {
		p := artifacts.Located(artifacts.Locator{}, err)
		return false, artifacts.NewProblem(p.Kind, -1, "%s: its parent disk: %w", d.media.File.Name, p.Err)
	}
	file := blocks.File{Name: name, R: r, Size: size}
	probe := &Disk{}
	probe.media.File = file
	if err := probe.readFooter(); err != nil {
		return false, err
	}
	if probe.footer.id != d.header.parent {
		return false, artifacts.NewProblem(artifacts.Malformed, -1, "%s: its parent is the disk %s, but %q is the disk %s: put the right one into the folder",
			d.media.File.Name, d.header.parent, file.Name, probe.footer.id)
	}
	parent, err := open(file, sibling, children)
	if err != nil {
		return true, err
	}
	d.media.Parent = &parent.media
	d.problems = append(d.problems, parent.problems...)
	return true, nil
}

// parentNames are the names of files that may be the parent, without folders,
// that of the relative path first.
func (d *Disk) parentNames() []string {
	var names []string
	add := func(name string) {
		name, _, _ = strings.Cut(name, "\x00")
		name = name[strings.LastIndexAny(name, `/\`)+1:]
		if name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, platform := range []string{"W2ru", "W2ku", "Wi2r", "Wi2k", "MacX"} {
		for at := 0; at+24 <= len(d.header.locators); at += 24 {
			if l := d.header.locators[at : at+24]; string(l[:4]) == platform {
				add(d.locator(platform, l))
			}
		}
	}
	little := make([]byte, len(d.header.name))
	for i := 0; i+1 < len(little); i += 2 {
		little[i], little[i+1] = d.header.name[i+1], d.header.name[i]
	}
	add(windows.UTF16(little))
	return names
}

// locator reads the path that a parent locator points at; "" where it cannot
// be read, which leaves the other locators.
func (d *Disk) locator(platform string, l []byte) string {
	length := binary.BigEndian.Uint32(l[8:])
	if length > maxLocator {
		return ""
	}
	b := make([]byte, length)
	if _, err := d.media.File.ReadFull(b, int64(binary.BigEndian.Uint64(l[16:]))); err != nil {
		return ""
	}
	if strings.HasSuffix(platform, "u") {
		return windows.UTF16(b)
	}
	return string(b)
}
