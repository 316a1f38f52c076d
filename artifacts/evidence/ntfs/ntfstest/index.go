package ntfstest

import "fmt"

// indexBlock is the size of an INDX block, with every cluster size.
const indexBlock = 4096

// Where entries start in a block, and the bytes a block has for them besides
// the end entry with its child.
const (
	indexEntries = 0x40
	indexRoom    = indexBlock - indexEntries - 0x18
)

// Flags of an index entry.
const (
	entryHasChild = 1
	entryIsLast   = 2
)

// item is an index entry and the block with what sorts before it, -1 without.
type item struct {
	raw   []byte
	child int64
}

func (it item) size() int {
	if it.child < 0 {
		return len(it.raw)
	}
	return len(it.raw) + 8
}

// nameEntry makes the entry of a directory.
func nameEntry(ref uint64, key []byte) []byte {
	b := make([]byte, align(16+int64(len(key)), 8))
	le.PutUint64(b, ref)
	le.PutUint16(b[8:], uint16(len(b)))
	le.PutUint16(b[10:], uint16(len(key)))
	copy(b[16:], key)
	return b
}

// entryName is the name in the entry of a directory.
func entryName(raw []byte) []uint16 {
	n := int(raw[16+64])
	name := make([]uint16, n)
	for i := range name {
		name[i] = le.Uint16(raw[16+66+2*i:])
	}
	return name
}

// viewEntry makes the entry of an index that carries data beside its key.
func viewEntry(key, data []byte, size int, tail string) []byte {
	b := make([]byte, size)
	at := 16 + len(key)
	le.PutUint16(b, uint16(at))
	le.PutUint16(b[2:], uint16(len(data)))
	le.PutUint16(b[8:], uint16(size))
	le.PutUint16(b[10:], uint16(len(key)))
	copy(b[16:], key)
	copy(b[at:], data)
	copy(b[at+len(data):], tail)
	return b
}

// appendItems writes entries and the end entry.
func appendItems(dst []byte, items []item, last int64) []byte {
	for _, it := range items {
		at := len(dst)
		dst = append(dst, it.raw...)
		if it.child >= 0 {
			dst = le.AppendUint64(dst, uint64(it.child))
			le.PutUint16(dst[at+8:], uint16(it.size()))
			dst[at+12] |= entryHasChild
		}
	}
	end := make([]byte, 16)
	end[8], end[12] = 16, entryIsLast
	if last >= 0 {
		end[8], end[12] = 24, entryIsLast|entryHasChild
		end = le.AppendUint64(end, uint64(last))
	}
	return append(dst, end...)
}

// indexEntryEnd is the length of an end entry.
const indexEntryEnd = 16

// leftBehind makes what stays of names in a folder.
func (v *volume) leftBehind(n *node) ([]byte, error) {
	if n.file == nil || len(n.file.Left) == 0 {
		return nil, nil
	}
	var b []byte
	if !n.file.Left[0].Headless {
		b = make([]byte, indexEntryEnd)
	}
	for i, l := range n.file.Left {
		if l.Headless && i > 0 {
			return nil, fmt.Errorf("ntfstest: %s is not the first name that was left", l.Name)
		}
		f := facts{times: orTime(l.Times, v.times), attributes: fileArchive, size: l.Size, alloc: align(l.Size, v.cluster)}
		b = append(b, nameEntry(l.Record|uint64(l.Sequence)<<48, fileName(n.ref(), f, nameWin32, units(l.Name)))...)
	}
	if len(b) > indexRoom/2 {
		return nil, fmt.Errorf("ntfstest: %d bytes of names that were left", len(b))
	}
	return b, nil
}

// tree is an index being built: the blocks so far.
type tree struct {
	step   int64 // VCNs per block
	blocks []byte
	left   []byte // what the first block has behind its entries, from the end entry on
}

// block adds a block and returns its VCN.
func (t *tree) block(items []item, last int64) int64 {
	n := int64(len(t.blocks) / indexBlock)
	b := appendItems(make([]byte, indexEntries, indexBlock), items, last)
	used := len(b)
	b = b[:indexBlock]
	if n == 0 && len(t.left) > indexEntryEnd {
		copy(b[used:], t.left[indexEntryEnd:]) // the end entry lies upon its beginning
	}
	copy(b, "INDX")
	le.PutUint16(b[4:], 0x28)
	le.PutUint16(b[6:], indexBlock/512+1)
	le.PutUint64(b[16:], uint64(n*t.step))
	le.PutUint32(b[24:], indexEntries-0x18)
	le.PutUint32(b[28:], uint32(used-0x18))
	le.PutUint32(b[32:], indexBlock-0x18)
	if last >= 0 {
		b[36] = 1
	}
	fixUp(b, uint16(n%0xFFFE)+1)
	t.blocks = append(t.blocks, b...)
	return n * t.step
}

// level packs sorted items into blocks and returns the items that separate
// them, which make the level above.
func (t *tree) level(items []item, last int64) ([]item, int64) {
	var up, cur []item
	size := 0
	for i, it := range items {
		if size+it.size() <= indexRoom {
			cur, size = append(cur, it), size+it.size()
			continue
		}
		if i == len(items)-1 && len(cur) > 1 { // no block may stay empty
			p := cur[len(cur)-1]
			up = append(up, item{p.raw, t.block(cur[:len(cur)-1], p.child)})
			cur, size = []item{it}, it.size()
			continue
		}
		up = append(up, item{it.raw, t.block(cur, it.child)})
		cur, size = nil, 0
	}
	return up, t.block(cur, last)
}

// buildIndex makes the attributes of an index from sorted entries, with what
// was left behind those of the first block; the $INDEX_ROOT and what goes with
// it take at most room bytes.
func (v *volume) buildIndex(name string, typ, collation uint32, entries [][]byte, room int, left []byte) ([]attr, error) {
	items := make([]item, len(entries))
	for i, raw := range entries {
		items[i] = item{raw, -1}
	}
	overhead := 0x18 + int(align(2*int64(len(name)), 8)) + 0x20 + 0x18
	t := tree{step: max(indexBlock/v.cluster, 1), left: left}
	if v.cluster > indexBlock {
		t.step = indexBlock / 512 // VCNs count sectors then
	}
	last := int64(-1)
	if len(left) > 0 {
		items, last = t.level(items, last)
	}
	for limit := max(room-overhead, 0x100); sizeOf(items) > limit; limit = max(room-overhead-0x100, 0x100) {
		items, last = t.level(items, last)
	}
	root := make([]byte, 0x20)
	le.PutUint32(root, typ)
	le.PutUint32(root[4:], collation)
	le.PutUint32(root[8:], indexBlock)
	root[12] = byte(t.step)
	root = appendItems(root, items, last)
	le.PutUint32(root[16:], 0x10)
	le.PutUint32(root[20:], uint32(len(root)-0x10))
	le.PutUint32(root[24:], uint32(len(root)-0x10))
	attrs := []attr{{typ: typeIndexRoot, name: units(name), content: root}}
	if last < 0 {
		return attrs, nil
	}
	root[28] = 1
	blocks, err := v.store(typeIndexAlloc, units(name), stream{data: t.blocks, layout: Layout{NonResident: true}})
	if err != nil {
		return nil, err
	}
	n := len(t.blocks) / indexBlock
	used := make([]byte, align(int64(n+7)/8, 8))
	for i := range n {
		used[i/8] |= 1 << (i % 8)
	}
	bitmap, err := v.store(typeBitmap, units(name), stream{data: used, layout: Layout{NonResident: len(used) > 64}})
	return append(attrs, blocks, bitmap), err
}

func sizeOf(items []item) int {
	n := 0
	for _, it := range items {
		n += it.size()
	}
	return n
}
