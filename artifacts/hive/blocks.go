package hive

import (
	"errors"
	"io"
	"strings"

	"hivetriage/artifacts"
)

const (
	firstRead      = 8192 // bytes read at once: the base block and the first bin
	blockSize      = 1024 // bytes of a later read
	maxBlocks      = 256  // later reads that are kept; an identification makes no more
	maxUnhinted    = 64   // subkeys of a list whose names are all read, since hints can be wrong
	maxLasting     = 8192 // reads that are kept of a hive that is browsed
	maxTopElements = 65536
	maxSteps       = 1 << 20 // elements of lists that are looked at, since lists can be referred to many times
	maxBrowsed     = 1 << 26 // and of a hive that is browsed, which has as many steps as bytes if these are more than maxSteps
	keySteps       = 8       // a key or value that is read counts as so many
)

// blocks reads cells of a hive that is not in memory, little by little.
type blocks struct {
	r      io.ReaderAt
	size   int64
	head   []byte
	blocks map[int64][]byte
	found  map[string]topKey
	steps  int
	lasts  bool               // reads go on beyond maxBlocks, which are then forgotten
	first  *artifacts.Problem // the first one met on the way
}

// A topKey is a key that blocks has found.
type topKey struct {
	off    uint32
	record keyRecord
}

func newBlocks(r io.ReaderAt, size int64) (*blocks, error) {
	b := &blocks{r: r, size: size, blocks: map[int64][]byte{}, found: map[string]topKey{}}
	b.head = make([]byte, max(0, min(size, firstRead)))
	n, err := r.ReadAt(b.head, 0)
	b.head = b.head[:n]
	if err != nil && !errors.Is(err, io.EOF) {
		return b, artifacts.NewProblem(artifacts.IO, int64(n), "hive: %w", err)
	}
	return b, nil
}

// open decodes the base block and finds the root key. A wrong checksum is not
// an error here.
func (b *blocks) open() (BaseBlock, topKey, error) {
	if !IsBaseBlock(b.head) {
		return BaseBlock{}, topKey{}, artifacts.NewProblem(artifacts.Malformed, 0, "hive: no base block of a primary hive file")
	}
	base, problem := parseBase(b.head)
	if problem != nil && problem.Kind != artifacts.Checksum {
		return base, topKey{}, problem
	}
	root, ok := b.key(base.Root)
	if !ok {
		return base, topKey{}, b.first
	}
	return base, root, nil
}

// problem keeps the first problem.
func (b *blocks) problem(kind artifacts.Kind, at int64, format string, args ...any) {
	if b.first == nil {
		b.first = artifacts.NewProblem(kind, at, format, args...)
	}
}

// spend counts steps and reports whether there are any left.
func (b *blocks) spend(n int) bool {
	most := int64(maxSteps)
	if b.lasts {
		most = max(most, min(b.size, maxBrowsed))
	}
	b.steps += n
	if int64(b.steps) > most {
		b.problem(artifacts.Limit, -1, "hive: more than %d steps to find its keys", most)
		return false
	}
	return true
}

// read returns n bytes at off, nil if they cannot be had.
func (b *blocks) read(off int64, n int) []byte {
	if off+int64(n) <= int64(len(b.head)) {
		return b.head[off : off+int64(n)]
	}
	if off+int64(n) > b.size {
		b.problem(artifacts.Truncated, off, "hive: %d bytes at %#x, the file ends at %#x", n, off, b.size)
		return nil
	}
	out := make([]byte, 0, n)
	for len(out) < n {
		at := off + int64(len(out))
		block := b.block(at / blockSize * blockSize)
		part := int(at % blockSize)
		if part >= len(block) {
			return nil
		}
		out = append(out, block[part:min(len(block), part+n-len(out))]...)
	}
	return out
}

func (b *blocks) block(at int64) []byte {
	if block, ok := b.blocks[at]; ok {
		return block
	}
	if len(b.blocks) >= maxBlocks && !b.lasts {
		b.problem(artifacts.Limit, at, "hive: more than %d reads to identify it", maxBlocks)
		return nil
	}
	if len(b.blocks) >= maxLasting {
		clear(b.blocks)
	}
	block := make([]byte, min(blockSize, b.size-at))
	n, err := b.r.ReadAt(block, at)
	block = block[:n]
	if n < cap(block) {
		if err == nil || errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		b.problem(artifacts.IO, at+int64(n), "hive: %w", err)
	}
	b.blocks[at] = block
	return block
}

// cell returns at most most bytes of the payload of the cell at off.
func (b *blocks) cell(off uint32, most int) []byte {
	at := baseSize + int64(off)
	if off == noCell || off%8 != 0 {
		b.problem(artifacts.Malformed, at, "hive: reference to offset %#x, which is no cell", off)
		return nil
	}
	field := b.read(at, 4)
	if field == nil {
		return nil
	}
	size, used := cellSize(le.Uint32(field))
	if !used || size < 8 {
		b.problem(artifacts.Malformed, at, "hive: reference to a cell that is not in use")
		return nil
	}
	return b.read(at+4, min(int(size-4), most, int(max(0, b.size-at-4))))
}

// key reads the key at off with its name.
func (b *blocks) key(off uint32) (topKey, bool) {
	record := keyRecord(b.cell(off, keyHeader+512))
	if !isKey(record) {
		b.problem(artifacts.Malformed, fileOffset(off), "hive: there is no key where one is referred to")
		return topKey{}, false
	}
	return topKey{off, record}, true
}

// child finds a subkey by its ASCII name.
func (b *blocks) child(k topKey, name string) (topKey, bool) {
	if k.record.subkeys() == 0 {
		return topKey{}, false
	}
	l, ok := b.list(k.record.subkeyList())
	if !ok {
		return topKey{}, false
	}
	if !l.index {
		return b.search(l, name)
	}
	for i := range l.count {
		if !b.spend(1) {
			break
		}
		part, ok := b.list(l.at(i))
		if ok && part.index {
			b.problem(artifacts.Malformed, fileOffset(l.at(i)), `hive: an "ri" list refers to an "ri" list`)
			continue
		}
		if found, ok := b.search(part, name); ok {
			return found, true
		}
	}
	return topKey{}, false
}

func (b *blocks) search(l list, name string) (topKey, bool) {
	upper := strings.ToUpper(name)
	hash := nameHash(upper)
	for i := range l.count {
		if l.count > maxUnhinted && !l.mayBe(i, upper, hash) {
			continue
		}
		if !b.spend(keySteps) {
			break
		}
		if k, ok := b.key(l.at(i)); ok && strings.EqualFold(k.record.name(), name) {
			return k, true
		}
	}
	return topKey{}, false
}

func (b *blocks) list(off uint32) (list, bool) {
	l, ok := parseList(b.cell(off, listHeader+8*maxTopElements))
	if !ok {
		b.problem(artifacts.Malformed, fileOffset(off), "hive: there is no subkey list where one is referred to")
	}
	return l, ok && b.spend(l.count)
}

// find looks a path below the root up, once.
func (b *blocks) find(root topKey, path string) (topKey, bool) {
	if path == "" {
		return root, true
	}
	if k, ok := b.found[path]; ok {
		return k, k.record != nil
	}
	parent, name, ok := root, path, true
	if i := strings.LastIndexByte(path, '\\'); i >= 0 {
		parent, ok = b.find(root, path[:i])
		name = path[i+1:]
	}
	var k topKey
	if ok {
		k, ok = b.child(parent, name)
	}
	b.found[path] = k
	return k, ok
}

// topKeys are the keys below root as a source of facts.
type topKeys struct {
	*blocks
	root topKey
}

func (t topKeys) hasKey(path string) bool {
	_, ok := t.find(t.root, path)
	return ok
}

func (t topKeys) fact(path, name string, most int) (fact, error) {
	k, ok := t.find(t.root, path)
	if !ok || k.record.values() == 0 {
		return fact{}, nil
	}
	list := t.cell(k.record.valueList(), 4*int(min(k.record.values(), maxTopElements)))
	for i := range len(list) / 4 {
		if !t.spend(keySteps) {
			break
		}
		off := le.Uint32(list[4*i:])
		v := valueRecord(t.cell(off, valueHeader+512))
		if !isValue(v) || !strings.EqualFold(v.name(), name) {
			continue
		}
		n := max(0, min(v.length(), most))
		if Secret(k.record.name(), v.name(), n) {
			return fact{}, ErrSecret
		}
		data, err := t.data(v, off, n)
		if err != nil {
			return fact{}, err
		}
		return fact{fileOffset(off), v.kind(), data}, nil
	}
	return fact{}, nil
}

// data returns n bytes of the value v, whose cell is at off.
func (b *blocks) data(v valueRecord, off uint32, n int) ([]byte, error) {
	if n == 0 || v.inline() {
		return v[8 : 8+min(n, maxInlineData)], nil
	}
	var data []byte
	if head := b.bigHead(v); head != nil {
		data = b.segments(head, n)
	} else {
		data = b.cell(v.data(), n)
	}
	if len(data) < n {
		return data, artifacts.NewProblem(artifacts.Malformed, fileOffset(off), "hive: %d bytes of data, %d can be read", n, len(data))
	}
	return data, nil
}

// bigHead returns the payload of the "db" cell that a value is stored with,
// nil if its data is in one cell.
func (b *blocks) bigHead(v valueRecord) []byte {
	if v.length() <= bigSegment {
		return nil
	}
	head := b.cell(v.data(), bigHeader)
	if !isBig(head) {
		return nil
	}
	field := b.read(baseSize+int64(v.data()), 4)
	if field == nil {
		return nil
	}
	if size, _ := cellSize(le.Uint32(field)); size-4 >= int64(v.length()) {
		return nil
	}
	return head
}

// segments returns the first n bytes of big data, less if a part cannot be
// read.
func (b *blocks) segments(big []byte, n int) []byte {
	count := int(le.Uint16(big[2:]))
	list := b.cell(le.Uint32(big[4:]), 4*count)
	var data []byte
	for i := range min(count, len(list)/4) {
		if len(data) == n || !b.spend(keySteps) {
			break
		}
		want := min(bigSegment, n-len(data))
		segment := b.cell(le.Uint32(list[4*i:]), want)
		data = append(data, segment...)
		if len(segment) < want {
			break
		}
	}
	return data
}
