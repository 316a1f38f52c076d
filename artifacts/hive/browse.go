package hive

import (
	"io"
	"iter"
	"time"

	"hivetriage/artifacts"
)

// A Browser reads the keys of a hive that is not loaded, as they are asked
// for: of a SOFTWARE of a hundred megabytes some hundred KiB. It checks what
// it follows and no more. Its nodes are for one goroutine at a time.
type Browser struct {
	b    *blocks
	root topKey
}

// Browse opens a hive for browsing. A wrong checksum of the base block is no
// error here.
func Browse(r io.ReaderAt, size int64) (*Browser, error) {
	b, err := newBlocks(r, size)
	if err != nil {
		return nil, err
	}
	b.lasts = true
	_, root, err := b.open()
	if err != nil {
		return nil, err
	}
	return &Browser{b, root}, nil
}

// Root returns the root key.
func (b *Browser) Root() Node { return browsedKey{b.b, b.root} }

// Err returns the first *artifacts.Problem met so far, nil if there is none.
func (b *Browser) Err() error {
	if b.b.first == nil {
		return nil
	}
	return b.b.first
}

// browsedKey is a key that a Browser has come to.
type browsedKey struct {
	b *blocks
	k topKey
}

func (n browsedKey) Name() string           { return n.k.record.name() }
func (n browsedKey) Offset() int64          { return fileOffset(n.k.off) }
func (n browsedKey) LastWritten() time.Time { return n.k.record.written() }

func (n browsedKey) ClassLength() int {
	if n.k.record.class() == noCell {
		return 0
	}
	return n.k.record.classLength()
}

func (n browsedKey) Children() iter.Seq[Node] {
	return func(yield func(Node) bool) {
		if n.k.record.subkeys() == 0 {
			return
		}
		l, ok := n.b.list(n.k.record.subkeyList())
		if !ok {
			return
		}
		if !l.index {
			n.keys(l, yield)
			return
		}
		for i := range l.count {
			part, ok := n.b.list(l.at(i))
			if ok && part.index {
				n.b.problem(artifacts.Malformed, fileOffset(l.at(i)), `hive: an "ri" list refers to an "ri" list`)
				continue
			}
			if ok && !n.keys(part, yield) {
				return
			}
		}
	}
}

// keys yields the keys of one list; false ends the walk.
func (n browsedKey) keys(l list, yield func(Node) bool) bool {
	for i := range l.count {
		if !n.b.spend(keySteps) {
			return false
		}
		if k, ok := n.b.key(l.at(i)); ok && !yield(browsedKey{n.b, k}) {
			return false
		}
	}
	return true
}

func (n browsedKey) Data() iter.Seq[Datum] {
	return func(yield func(Datum) bool) {
		if n.k.record.values() == 0 {
			return
		}
		list := n.b.cell(n.k.record.valueList(), 4*int(min(n.k.record.values(), maxTopElements)))
		for i := range len(list) / 4 {
			if !n.b.spend(keySteps) {
				return
			}
			off := le.Uint32(list[4*i:])
			v := valueRecord(n.b.cell(off, valueHeader+512))
			if isValue(v) && !yield(browsedValue{n.b, n.Name(), off, v}) {
				return
			}
		}
	}
}

// browsedValue is a value of a browsedKey.
type browsedValue struct {
	b      *blocks
	key    string
	off    uint32
	record valueRecord
}

func (v browsedValue) Name() string  { return v.record.name() }
func (v browsedValue) Type() uint32  { return v.record.kind() }
func (v browsedValue) Length() int   { return v.record.length() }
func (v browsedValue) Offset() int64 { return fileOffset(v.off) }

func (v browsedValue) Data(limit int) ([]byte, error) {
	n := max(0, min(v.Length(), limit))
	if Secret(v.key, v.Name(), n) {
		return nil, ErrSecret
	}
	// Many values can refer to the same data.
	if !v.b.spend(n / blockSize * keySteps) {
		return nil, v.b.first
	}
	return v.b.data(v.record, v.off, n)
}

// Public gives nothing of values that are secret in part: those stand in
// hives that are loaded.
func (v browsedValue) Public(limit int) ([]byte, error) { return v.Data(limit) }
