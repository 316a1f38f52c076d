// Package vmdk reads VMware virtual disks: descriptor files with flat, zero
// and sparse extents, monolithic and split sparse disks, stream-optimized
// disks, ESXi COWD extents, and delta disks with their parents.
//
// Facts about the format are from VMware's "Virtual Disk Format 5.0" and, for
// COWD, from the libvmdk project's "VMware Virtual Disk Format (VMDK)". All
// numbers are little-endian; a sector has 512 bytes.
package vmdk

import (
	"bytes"
	"cmp"
	"io"
	"slices"
	"strings"
	"sync"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/image/blocks"
)

const (
	sectorSize = 512

	// maxChain bounds the disks from a delta disk to the first parent.
	maxChain = 64
	// maxSectors bounds the media, to one exabyte.
	maxSectors = 1 << 51
)

const (
	sparseMagic     = "KDMV"
	cowdMagic       = "COWD"
	descriptorMagic = "# Disk DescriptorFile"
	seSparseMagic   = "\xbe\xba\xfe\xca\x00\x00\x00\x00"
)

// Detect tells a VMDK by its first bytes. The extents of a flat disk have no
// signature: they are raw.
func Detect(head, _ []byte) bool {
	return bytes.HasPrefix(head, []byte(sparseMagic)) || bytes.HasPrefix(head, []byte(cowdMagic)) ||
		bytes.HasPrefix(head, []byte(seSparseMagic)) || isDescriptor(head)
}

func isDescriptor(head []byte) bool {
	n := len(descriptorMagic)
	return len(head) >= n && strings.EqualFold(string(head[:n]), descriptorMagic)
}

// A siblingFunc opens a file beside the disk by the last component of its name.
type siblingFunc = func(name string) (io.ReaderAt, int64, error)

// A Disk is the media of one VMDK and its parents. It is safe for concurrent
// use.
type Disk struct {
	name    string
	cid     string
	size    int64
	extents []placed
	parent  *Disk // nil where there is none

	mu       sync.Mutex
	problems []*artifacts.Problem
}

// A placed extent begins at a media offset.
type placed struct {
	begin, size int64
	extent
}

// An extent is a stretch of the media. Read fills the beginning of p, at least
// one byte of it, from an offset in the extent; p ends inside the extent. A
// hole says that the n bytes are those of the parent, or zeros without one. Its errors carry
// no media offset, but name the file and the offset in it.
type extent interface {
	read(p []byte, off int64) (n int, hole bool, err *artifacts.Problem)
}

// Open reads the descriptor and the headers of a disk. Name is r's own name.
// Sibling opens the extents and the parent that the descriptor names, always
// beside r. A missing extent is a problem and an error where it is read; a
// missing parent, or one that was changed since, is an error.
func Open(name string, r io.ReaderAt, size int64, sibling siblingFunc) (*Disk, error) {
	o := opener{sibling: sibling, shared: newShared()}
	return o.open(name, r, size)
}

// An opener opens a disk and its parents.
type opener struct {
	sibling siblingFunc
	shared  *shared
	chain   []string // the disks from the given one on
}

func (o *opener) open(name string, r io.ReaderAt, size int64) (*Disk, error) {
	if slices.ContainsFunc(o.chain, func(n string) bool { return strings.EqualFold(n, name) }) {
		return nil, artifacts.NewProblem(artifacts.Malformed, -1, "%s is named as its own parent", name)
	}
	if len(o.chain) == maxChain {
		return nil, artifacts.NewProblem(artifacts.Limit, -1, "more than %d disks from this one to its first parent", maxChain)
	}
	o.chain = append(o.chain, name)
	head := make([]byte, min(size, sectorSize))
	if err := blocks.ReadAt(r, head, 0); err != nil {
		return nil, blocks.Located(name, err)
	}
	d := &Disk{name: name}
	var err error
	switch {
	case bytes.HasPrefix(head, []byte(sparseMagic)):
		err = o.openSingle(d, r, size)
	case isDescriptor(head):
		err = o.openDescriptor(d, r, size)
	case bytes.HasPrefix(head, []byte(seSparseMagic)), bytes.HasPrefix(head, []byte(cowdMagic)):
		return nil, artifacts.NewProblem(artifacts.Unsupported, -1,
			"%s is one extent of an ESXi disk: give the small .vmdk text file beside it, which names its extents and its parent", name)
	default:
		return nil, artifacts.NewProblem(artifacts.Malformed, 0, "%s is not a VMDK", name)
	}
	if err != nil {
		return nil, err
	}
	return d, nil
}

// openSingle opens a file that holds its descriptor and its only extent.
func (o *opener) openSingle(d *Disk, r io.ReaderAt, size int64) error {
	s, err := o.shared.openSparse(d.name, r, size, d.note)
	if err != nil {
		return blocks.Located(d.name, err)
	}
	if s.descriptorSize == 0 {
		return artifacts.NewProblem(artifacts.Unsupported, -1,
			"%s is one extent of a VMDK of several files: give the small .vmdk text file beside it, which names them", d.name)
	}
	desc, err := readDescriptor(r, s.descriptorAt, s.descriptorSize, size)
	if err != nil {
		return blocks.Located(d.name, err)
	}
	if desc.encrypted {
		return encrypted(d.name)
	}
	if len(desc.extents) != 1 || desc.extents[0].kind != "SPARSE" {
		return artifacts.NewProblem(artifacts.Malformed, s.descriptorAt, "%s: its descriptor names %d extents, not the file itself alone", d.name, len(desc.extents))
	}
	if listed := desc.extents[0].sectors * sectorSize; listed != s.capacity {
		d.note(artifacts.NewProblem(artifacts.Malformed, -1,
			"%s: its descriptor gives it %d bytes, its header %d; the header is followed", d.name, listed, s.capacity))
	}
	d.add(s, s.capacity)
	return o.adopt(d, desc)
}

// openDescriptor opens a text file that names its extents.
func (o *opener) openDescriptor(d *Disk, r io.ReaderAt, size int64) error {
	desc, err := readDescriptor(r, 0, size, size)
	if err != nil {
		return blocks.Located(d.name, err)
	}
	if desc.encrypted {
		return encrypted(d.name)
	}
	if len(desc.extents) == 0 {
		return artifacts.NewProblem(artifacts.Malformed, -1, "%s: a VMDK descriptor that names no extents", d.name)
	}
	readable := 0
	for i, line := range desc.extents {
		e, err := o.openExtent(d, line)
		if err != nil {
			from := d.size
			hole := artifacts.Located(artifacts.Locator{}, err)
			e = lost{artifacts.NewProblem(hole.Kind, -1, "extent %d of %s, media bytes %d to %d: %w", i+1, d.name, from, from+line.sectors*sectorSize-1, hole.Err)}
			d.note(blocks.At(e.(lost).why, from))
			if len(desc.extents) == 1 {
				return hole
			}
		} else {
			readable++
		}
		d.add(e, line.sectors*sectorSize)
	}
	if readable == 0 {
		return artifacts.NewProblem(artifacts.Truncated, -1, "%s: none of its %d extents can be read: put them beside it", d.name, len(desc.extents))
	}
	return o.adopt(d, desc)
}

func encrypted(name string) error {
	return artifacts.NewProblem(artifacts.Encrypted, -1, "%s belongs to an encrypted virtual machine: remove the encryption with its password in VMware first, on a copy", name)
}

// adopt opens the parent of a delta disk and holds it against the content
// identifier noted when the delta was begun.
func (o *opener) adopt(d *Disk, desc *descriptor) error {
	d.cid = desc.cid
	if desc.parentCID == "" || desc.parentCID == noParent {
		return nil
	}
	if desc.parent == "" {
		return artifacts.NewProblem(artifacts.Malformed, -1, "%s is a delta disk whose descriptor does not name its parent", d.name)
	}
	parent := baseName(desc.parent)
	r, size, err := o.sibling(parent)
	if err != nil {
		p := artifacts.Located(artifacts.Locator{}, err)
		return artifacts.NewProblem(p.Kind, -1, "%s is a delta disk, its parent is %q: %w", d.name, desc.parent, p.Err)
	}
	if d.parent, err = o.open(parent, r, size); err != nil {
		return err
	}
	if d.parent.cid != desc.parentCID {
		return artifacts.NewProblem(artifacts.Malformed, -1,
			"%s is a delta of %s as it was with CID %s, but that now has CID %s: the parent is another disk or was changed since", d.name, parent, desc.parentCID, d.parent.cid)
	}
	return nil
}

func (d *Disk) add(e extent, size int64) {
	d.extents = append(d.extents, placed{d.size, size, e})
	d.size += size
}

// note keeps a problem that did not stop the reading.
func (d *Disk) note(p *artifacts.Problem) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.problems = append(d.problems, p)
}

// Size returns the size of the media in bytes.
func (d *Disk) Size() int64 { return d.size }

// Problems returns what is wrong with this disk and its parents, as far as it
// is known by now, apart from the errors of reads.
func (d *Disk) Problems() []*artifacts.Problem {
	d.mu.Lock()
	all := slices.Clone(d.problems)
	d.mu.Unlock()
	if d.parent != nil {
		all = append(all, d.parent.Problems()...)
	}
	return all
}

// ReadAt reads media bytes. At damage it returns the bytes before it and a
// *artifacts.Problem.
func (d *Disk) ReadAt(p []byte, off int64) (int, error) {
	return blocks.Fill(p, off, d.size, d.readSome)
}

// readSome reads from one extent, or from the parent where that has a hole.
func (d *Disk) readSome(p []byte, off int64) (int, error) {
	i, found := slices.BinarySearchFunc(d.extents, off, func(e placed, off int64) int { return cmp.Compare(e.begin, off) })
	if !found {
		i--
	}
	for d.extents[i].begin+d.extents[i].size <= off { // extents without bytes share their beginning
		i++
	}
	e := d.extents[i]
	p = p[:min(int64(len(p)), e.begin+e.size-off)]
	n, hole, bad := e.read(p, off-e.begin)
	if bad != nil {
		return n, blocks.At(bad, off+int64(n))
	}
	if !hole {
		return n, nil
	}
	have := 0
	if d.parent != nil {
		var err error
		if have, err = d.parent.ReadAt(p[:n], off); err != nil && err != io.EOF {
			return have, err
		}
	}
	clear(p[have:n])
	return n, nil
}

// baseName is the last component of a path of any system.
func baseName(path string) string { return path[strings.LastIndexAny(path, `/\`)+1:] }
