package hivetest

import (
	"encoding/binary"
	"slices"
	"strings"
	"time"

	"hivetriage/artifacts/internal/windows"
)

const (
	noCell     = 0xFFFFFFFF
	binHeader  = 32
	page       = 4096
	maxInList  = 500   // subkeys in one list before an "ri" cell splits them
	bigSegment = 16344 // bytes of a big value in one cell
	rootParent = 0x278 // what a live root's parent field holds: a leftover small offset
)

// Write returns the hive file of the tree below root. It panics on a tree
// that no hive can hold.
func Write(root *Key, o Options) []byte {
	w := &writer{minor: 5, scatter: o.Profile == Live || o.Profile == RegSave, security: map[string]uint32{}}
	parent := uint32(rootParent)
	if o.Profile == RegSaveKey {
		w.minor, parent = 3, noCell
	}
	if root.Time.IsZero() {
		root.Time = time.Date(2024, 5, 14, 9, 30, 0, 0, time.UTC)
	}
	off := w.key(root, parent, root.Time, 0x2C)
	w.linkSecurity()
	w.closeBin()
	if o.Profile == RegSave && (page+len(w.bins))%(32<<10) == 0 {
		// A length that could be a live hive's tells nothing; real exports
		// have it now and then, tests want the usual case.
		w.openBin(page)
		w.closeBin()
	}
	return file(w.bins, off, o)
}

// A writer lays out cells in bins. Offsets count from the first bin.
type writer struct {
	bins     []byte
	next     int // where the next cell begins
	end      int // of the current bin
	minor    uint32
	scatter  bool // leave free cells behind, as a hive in use has them
	keys     int
	security map[string]uint32 // descriptor to its "sk" cell
	skOrder  []uint32
}

func (w *writer) openBin(size int) {
	start := len(w.bins)
	w.bins = append(w.bins, make([]byte, size)...)
	copy(w.bins[start:], "hbin")
	binary.LittleEndian.PutUint32(w.bins[start+4:], uint32(start))
	binary.LittleEndian.PutUint32(w.bins[start+8:], uint32(size))
	w.next, w.end = start+binHeader, start+size
}

// closeBin makes the rest of the current bin a free cell.
func (w *writer) closeBin() {
	if rest := w.end - w.next; rest > 0 {
		binary.LittleEndian.PutUint32(w.bins[w.next:], uint32(rest))
	}
	w.next = w.end
}

// cell allocates a cell for payload bytes and returns its offset.
func (w *writer) cell(payload int) uint32 {
	size := (payload + 4 + 7) &^ 7
	if w.next+size > w.end {
		w.closeBin()
		w.openBin((binHeader + size + page - 1) &^ (page - 1))
	}
	off := w.next
	binary.LittleEndian.PutUint32(w.bins[off:], uint32(-size))
	w.next += size
	return uint32(off)
}

func (w *writer) data(b []byte) uint32 {
	off := w.cell(len(b))
	copy(w.bins[off+4:], b)
	return off
}

// u16 and u32 write into the payload of the cell at off.
func (w *writer) u16(off uint32, at int, v uint16) {
	binary.LittleEndian.PutUint16(w.bins[int(off)+4+at:], v)
}

func (w *writer) u32(off uint32, at int, v uint32) {
	binary.LittleEndian.PutUint32(w.bins[int(off)+4+at:], v)
}

// key writes k and everything below it.
func (w *writer) key(k *Key, parent uint32, inherited time.Time, flags uint16) uint32 {
	name, latin := encodeName(k.Name, k.Wide)
	if latin {
		flags |= 0x20
	}
	written := k.Time
	if written.IsZero() {
		written = inherited
	}
	off := w.cell(76 + len(name))
	copy(w.bins[off+4:], "nk")
	w.u16(off, 2, flags)
	binary.LittleEndian.PutUint64(w.bins[off+8:], windows.ToFiletime(written))
	w.u32(off, 16, parent)
	w.u16(off, 72, uint16(len(name)))
	copy(w.bins[off+4+76:], name)
	for _, at := range []int{28, 32, 40, 44, 48} {
		w.u32(off, at, noCell)
	}
	if k.Class != "" {
		class := windows.AppendUTF16(nil, k.Class)
		w.u32(off, 48, w.data(class))
		w.u16(off, 74, uint16(len(class)))
	}
	w.secure(off, k.Security)
	w.values(off, k.Values)
	w.keys++
	if w.scatter && w.keys%8 == 0 {
		w.freeCell(24 + 8*(w.keys/8%6))
	}
	w.subkeys(off, k, written)
	return off
}

// freeCell leaves an unallocated cell if the current bin has room for it.
func (w *writer) freeCell(size int) {
	if w.next+size < w.end {
		binary.LittleEndian.PutUint32(w.bins[w.next:], uint32(size))
		w.next += size
	}
}

func (w *writer) subkeys(off uint32, k *Key, written time.Time) {
	if len(k.Keys) == 0 {
		return
	}
	keys := slices.Clone(k.Keys)
	slices.SortFunc(keys, func(a, b *Key) int {
		return strings.Compare(strings.ToUpper(a.Name), strings.ToUpper(b.Name))
	})
	elements := make([]element, len(keys))
	longest := 0
	for i, sub := range keys {
		elements[i] = element{off: w.key(sub, off, written, 0), name: strings.ToUpper(sub.Name)}
		longest = max(longest, 2*len(sub.Name))
	}
	w.u32(off, 20, uint32(len(keys)))
	w.u32(off, 28, w.index(elements, k.List))
	w.u32(off, 52, uint32(longest))
}

type element struct {
	off  uint32
	name string
}

// index writes a subkey list, split under an "ri" cell if it is long.
func (w *writer) index(all []element, form List) uint32 {
	if form != RI && len(all) <= maxInList {
		return w.list(all, form)
	}
	size := maxInList
	if form == RI {
		form, size = LH, min(size, (len(all)+1)/2)
	}
	var parts []uint32
	for part := range slices.Chunk(all, size) {
		parts = append(parts, w.list(part, form))
	}
	off := w.cell(4 + 4*len(parts))
	copy(w.bins[off+4:], "ri")
	w.u16(off, 2, uint16(len(parts)))
	for i, part := range parts {
		w.u32(off, 4+4*i, part)
	}
	return off
}

func (w *writer) list(all []element, form List) uint32 {
	if form == "" {
		form = LH
	}
	width := 8
	if form == LI {
		width = 4
	}
	off := w.cell(4 + width*len(all))
	copy(w.bins[off+4:], string(form))
	w.u16(off, 2, uint16(len(all)))
	for i, e := range all {
		w.u32(off, 4+width*i, e.off)
		switch form {
		case LH:
			w.u32(off, 8+width*i, hash(e.name))
		case LF:
			copy(w.bins[int(off)+4+8+width*i:][:4], e.name)
		}
	}
	return off
}

// hash is the name hash of "lh" lists, of the upper-case name.
func hash(name string) uint32 {
	var h uint32
	for _, r := range name {
		h = 37*h + uint32(r)
	}
	return h
}

func (w *writer) values(off uint32, values []Value) {
	if len(values) == 0 {
		return
	}
	list := w.cell(4 * len(values))
	longestName, longestData := 0, 0
	for i, v := range values {
		w.u32(list, 4*i, w.value(v))
		longestName, longestData = max(longestName, 2*len(v.Name)), max(longestData, len(v.Data))
	}
	w.u32(off, 36, uint32(len(values)))
	w.u32(off, 40, list)
	w.u32(off, 60, uint32(longestName))
	w.u32(off, 64, uint32(longestData))
}

func (w *writer) value(v Value) uint32 {
	name, latin := encodeName(v.Name, v.Wide)
	off := w.cell(20 + len(name))
	copy(w.bins[off+4:], "vk")
	w.u16(off, 2, uint16(len(name)))
	w.u32(off, 12, v.Type)
	if latin && v.Name != "" {
		w.u16(off, 16, 1)
	}
	copy(w.bins[off+4+20:], name)
	switch n := len(v.Data); {
	case n <= 4:
		w.u32(off, 4, uint32(n)|1<<31)
		copy(w.bins[off+4+8:], v.Data)
	case n > bigSegment && w.minor >= 4:
		w.u32(off, 4, uint32(n))
		w.u32(off, 8, w.big(v.Data))
	default:
		w.u32(off, 4, uint32(n))
		w.u32(off, 8, w.data(v.Data))
	}
	return off
}

// big writes a "db" cell, its list and its segments.
func (w *writer) big(data []byte) uint32 {
	var segments []uint32
	for part := range slices.Chunk(data, bigSegment) {
		segments = append(segments, w.data(part))
	}
	list := w.cell(4 * len(segments))
	for i, s := range segments {
		w.u32(list, 4*i, s)
	}
	off := w.cell(8)
	copy(w.bins[off+4:], "db")
	w.u16(off, 2, uint16(len(segments)))
	w.u32(off, 4, list)
	return off
}

// encodeName returns the stored form of a name and whether it is Latin-1.
func encodeName(s string, wide bool) ([]byte, bool) {
	latin := make([]byte, 0, len(s))
	for _, r := range s {
		if r > 0xFF {
			wide = true
		}
		latin = append(latin, byte(r))
	}
	if wide {
		return windows.AppendUTF16(nil, s), false
	}
	return latin, true
}
