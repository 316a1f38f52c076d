package vhdx

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
	// maxPairs bounds the key-value pairs of a parent locator.
	maxPairs = 64

	locatorVHDX = "{B04AEFB7-D19E-4A81-B789-25B8E9445913}"
)

// openParent opens the disk that this one records the differences to.
func (d *Disk) openParent(sibling func(name string) (io.ReaderAt, int64, error), children []string) error {
	name := d.media.File.Name
	pairs, err := d.parentLocator()
	if err != nil {
		return err
	}
	want := []string{strings.ToUpper(pairs["parent_linkage"])}
	if other := pairs["parent_linkage2"]; other != "" {
		want = append(want, strings.ToUpper(other))
	}
	children = append(children, d.header.data)
	for _, id := range want {
		if slices.Contains(children, id) {
			return artifacts.NewProblem(artifacts.Malformed, -1, "%s: its parent %s is a disk that depends on this one", name, id)
		}
	}
	if len(children) > maxParents {
		return artifacts.NewProblem(artifacts.Limit, -1, "%s: a chain of more than %d differencing disks", name, maxParents)
	}
	var failed error
	for _, parent := range parentNames(pairs) {
		found, err := d.tryParent(parent, want, sibling, children)
		if found {
			return err
		}
		if failed == nil || errors.Is(failed, fs.ErrNotExist) && !errors.Is(err, fs.ErrNotExist) {
			failed = err
		}
	}
	if failed == nil {
		return artifacts.NewProblem(artifacts.Malformed, -1, "%s: a differencing disk that does not name its parent %s", name, want[0])
	}
	return failed
}

// tryParent opens the file of a name and takes it if it is the parent. It
// reports whether it is: then no other name needs to be tried.
func (d *Disk) tryParent(name string, want []string, sibling func(name string) (io.ReaderAt, int64, error), children []string) (found bool, err error) {
	r, size, err := sibling(name)
	if err != nil {
		p := artifacts.Located(artifacts.Locator{}, err)
		return false, artifacts.NewProblem(p.Kind, -1, "%s: its parent disk: %w", d.media.File.Name, p.Err)
	}
	file := blocks.File{Name: name, R: r, Size: size}
	probe := &Disk{}
	probe.media.File = file
	if err := probe.readHeaders(); err != nil {
		return false, err
	}
	if !slices.Contains(want, probe.header.data) {
		return false, artifacts.NewProblem(artifacts.Malformed, -1, "%s: its parent is the disk %s, but %q is the disk %s or was changed since: put the right one into the folder",
			d.media.File.Name, want[0], name, probe.header.data)
	}
	parent, err := open(file, sibling, children)
	if err != nil {
		return true, err
	}
	d.media.Parent = &parent.media
	d.problems = append(d.problems, parent.problems...)
	return true, nil
}

// parentLocator reads the key-value pairs that say what the parent is.
func (d *Disk) parentLocator() (map[string]string, error) {
	name, b := d.media.File.Name, d.metadata.locator
	if kind := windows.GUID(b); kind != locatorVHDX {
		return nil, artifacts.NewProblem(artifacts.Unsupported, -1, "%s: a parent of the kind %s is not read by this version; %s", name, kind, convert)
	}
	malformed := artifacts.NewProblem(artifacts.Malformed, -1, "%s: the parent locator is damaged", name)
	count := int(binary.LittleEndian.Uint16(b[18:]))
	if count > maxPairs || 20+12*count > len(b) {
		return nil, malformed
	}
	text := func(at uint32, length uint16) (string, bool) {
		if uint64(at)+uint64(length) > uint64(len(b)) {
			return "", false
		}
		return windows.UTF16(b[at : at+uint32(length)]), true
	}
	pairs := make(map[string]string)
	for i := range count {
		e := b[20+12*i:]
		key, ok := text(binary.LittleEndian.Uint32(e), binary.LittleEndian.Uint16(e[8:]))
		value, found := text(binary.LittleEndian.Uint32(e[4:]), binary.LittleEndian.Uint16(e[10:]))
		if !ok || !found {
			return nil, malformed
		}
		pairs[key] = value
	}
	return pairs, nil
}

// parentNames are the names of files that may be the parent, without folders,
// that of the relative path first.
func parentNames(pairs map[string]string) []string {
	var names []string
	for _, key := range []string{"relative_path", "absolute_win32_path", "volume_path"} {
		name := pairs[key]
		name = name[strings.LastIndexAny(name, `/\`)+1:]
		if name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}
