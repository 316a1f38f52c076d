package ntfs

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/artifacts/internal/windows"
)

const (
	unreliableWOF = "compressed by WOF, not decoded: the unnamed stream reads as zeros, the content is packed in the stream WofCompressedData"
	wofStream     = "WofCompressedData"
)

// An entry is a wanted stream. It keeps only where its first attribute
// stands; everything else is read again when asked for.
type entry struct {
	v      *Volume
	record uint32
	offset uint16
	size   int64
	head   string // "" where it was not kept
}

// Head returns what a sweep kept.
func (e *entry) Head() []byte {
	if e.head == "" {
		return nil
	}
	return []byte(e.head)
}

// Size returns the bytes of the stream as its attribute states them.
func (e *entry) Size() int64 { return e.size }

// Locator resolves the path through the parent directories. A path that does
// not lead to the root is below /$OrphanFiles.
func (e *entry) Locator() artifacts.Locator {
	at := e.v.at
	f, i, err := e.v.loadStream(e.record, e.offset)
	if err != nil {
		at.Path = fmt.Sprintf("%s/OrphanFile-%d", orphans, e.record)
		return at
	}
	at.Path = e.v.path(f)
	at.Stream = windows.UTF16(f.data[i].name)
	return at
}

// hidden reports whether d is the unnamed stream of a file whose content is
// kept by the Windows Overlay Filter.
func (d *data) hidden(f *file) bool {
	return f.reparse == reparseWOF && len(d.name) == 0 && d.length() > 0
}

// Meta reads what the file table says of the stream.
func (e *entry) Meta() artifacts.Meta {
	f, i, err := e.v.loadStream(e.record, e.offset)
	if err != nil {
		return artifacts.Meta{Unreliable: err.Error()}
	}
	d := &f.data[i]
	m := artifacts.Meta{Owner: e.v.owner(f), NTFS: &artifacts.NTFS{
		Record:     uint64(f.number),
		Sequence:   f.header.sequence,
		Links:      e.v.links(f),
		Short:      e.v.shortPath(f),
		Resident:   !d.nonResident,
		Compressed: d.flags&flagCompressed != 0,
		Sparse:     d.flags&flagSparse != 0,
		EFS:        d.flags&flagEncrypted != 0,
	}}
	if len(f.standard) >= 32 {
		m.NTFS.SI = parseTimes(f.standard)
		m.Times = m.NTFS.SI
	}
	if n := f.best(); n != nil {
		m.NTFS.FN = parseTimes(n.times)
	}
	if len(f.standard) >= 72 {
		m.NTFS.USN = binary.LittleEndian.Uint64(f.standard[64:])
	}
	reasons := e.v.allocation(f, i, &m)
	if f.torn {
		reasons = append(reasons, "the MFT record is damaged")
	}
	if d.hidden(f) {
		reasons = append(reasons, unreliableWOF)
	}
	m.Unreliable = strings.Join(reasons, "; ")
	return m
}

// parseTimes reads four FILETIMEs: created, modified, changed, accessed.
func parseTimes(b []byte) artifacts.Times {
	at := func(i int) uint64 { return binary.LittleEndian.Uint64(b[8*i:]) }
	return artifacts.Times{
		Created: windows.Filetime(at(0)), Modified: windows.Filetime(at(1)),
		Changed: windows.Filetime(at(2)), Accessed: windows.Filetime(at(3)),
	}
}

// allocation sets m.Allocation and the cluster counts, and returns why the
// content may differ from the file's.
func (v *Volume) allocation(f *file, i int, m *artifacts.Meta) (reasons []string) {
	d := &f.data[i]
	m.Allocation = artifacts.Deleted
	if f.inUse() {
		m.Allocation = artifacts.Allocated
	}
	if !d.nonResident || v.bare {
		return nil
	}
	s, err := v.joinRuns(&d.attribute, f.continuations(i))
	if err != nil {
		reasons = append(reasons, err.Error())
	}
	if s.valid < s.size {
		reasons = append(reasons, fmt.Sprintf("only the first %d of %d bytes were ever written, the rest reads as zeros", s.valid, s.size))
	}
	for _, x := range s.extents {
		if x.lcn == hole {
			continue
		}
		m.NTFS.Clusters += uint64(x.count)
		if f.inUse() {
			continue
		}
		n, err := v.used(x.lcn, x.count)
		if err != nil {
			m.Allocation = artifacts.Unknown
			return append(reasons, "$Bitmap cannot be read: "+err.Error())
		}
		m.NTFS.Reused += uint64(n)
	}
	switch {
	case f.inUse():
	case m.NTFS.Reused > 0:
		m.Allocation = artifacts.Overwritten
		reasons = append(reasons, fmt.Sprintf("deleted; %d of %d clusters are in use by something else", m.NTFS.Reused, m.NTFS.Clusters))
	case err != nil:
		m.Allocation = artifacts.Unknown
	}
	return reasons
}

// owner returns the SID of f's owner.
func (v *Volume) owner(f *file) string {
	if f.security != nil {
		b, err := v.ownDescriptor(f)
		if err != nil {
			return ""
		}
		return ownerSID(b)
	}
	if len(f.standard) < 56 {
		return ""
	}
	return v.owners.lookup(v, binary.LittleEndian.Uint32(f.standard[52:]))
}

// links returns the paths of f besides the one of its best name.
func (v *Volume) links(f *file) []string {
	best := f.best()
	var all []string
	for i := range f.names {
		if n := &f.names[i]; n != best && n.space != spaceDOS {
			all = append(all, v.pathOf(n))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// A content is an opened stream.
type content struct {
	io.ReaderAt
	size int64
}

func (c *content) Size() int64  { return c.size }
func (c *content) Close() error { return nil }

// Stored implements artifacts.Holed.
func (c *content) Stored(off int64) (from, to int64) {
	if s, ok := c.ReaderAt.(*runs); ok {
		return s.stored(off)
	}
	return off, c.size
}

// Open opens the stream. Reading a byte that cannot be had is an error, never
// a zero.
func (e *entry) Open(ctx context.Context) (artifacts.Content, error) {
	if err := ctx.Err(); err != nil {
		return nil, artifacts.Located(e.v.at, err)
	}
	f, i, err := e.v.loadStream(e.record, e.offset)
	if err != nil {
		return nil, artifacts.Located(e.v.at, err)
	}
	r, err := e.v.reader(f, i)
	if r == nil {
		return nil, artifacts.Located(e.Locator(), err)
	}
	if s, ok := r.(*runs); ok && err == nil && s.plain() && f.inUse() && f.list == nil && !f.torn {
		r = e.v.library.open(e.v, s, &f.data[i], f.number)
	}
	return &content{r, f.data[i].length()}, nil
}

// reader returns the reader of the stream f.data[i]. If it is not nil, the
// error is about a part of the stream, and reading there fails.
func (v *Volume) reader(f *file, i int) (io.ReaderAt, error) {
	d := &f.data[i]
	if d.flags&flagEncrypted != 0 {
		return nil, artifacts.NewProblem(artifacts.Encrypted, -1, "encrypted by EFS")
	}
	if !d.nonResident {
		return bytes.NewReader(bytes.Clone(d.value)), nil
	}
	if v.bare {
		return nil, errNotInTable
	}
	if err := v.checkUnit(&d.attribute); err != nil {
		return nil, err
	}
	s, err := v.joinRuns(&d.attribute, f.continuations(i))
	if err != nil && len(s.extents) == 0 {
		return nil, err
	}
	if s.unit > 0 {
		return newCompressed(s), err
	}
	return s, err
}
