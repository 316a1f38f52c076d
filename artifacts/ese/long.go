package ese

import (
	"bytes"
	"encoding/binary"
	"errors"

	"hivetriage/artifacts"
)

const maxLong = 16 << 20 // bytes of a long value that are read

var (
	errNoLong    = errors.New("its long value is missing")
	errLong      = errors.New("its long value is damaged")
	errEncrypted = errors.New("the value is encrypted")
)

// A long keeps the pages on the way to the last long value: the next one is
// often under the same.
type long struct {
	levels  [maxDepth]page
	damaged bool // a page of it has a checksum that does not fit
}

// longValue fetches the value of a number as it stands in a record, 4 or 8
// bytes. In the tree of long values the number is the key, the highest byte
// first: its node holds the size, and the nodes behind it, with the offset of
// 4 bytes appended to the key, the pieces, each of which may be compressed.
func (f *File) longValue(t *Table, number []byte) ([]byte, error) {
	if t.longRoot == 0 || len(number) != 4 && len(number) != 8 {
		return nil, errNoLong
	}
	key := make([]byte, len(number), len(number)+4)
	for i, b := range number {
		key[len(number)-1-i] = b
	}
	f.long.damaged = false
	p, i, err := f.seek(t, key)
	if err != nil {
		return nil, err
	}
	n, ok := p.node(i)
	if !ok || len(n.data) < 8 {
		return nil, errLong
	}
	size := binary.LittleEndian.Uint32(n.data[4:])
	if size > maxLong {
		return nil, artifacts.NewProblem(artifacts.Limit, p.offset()+int64(n.at), "long value of %d bytes, %d are read", size, maxLong)
	}
	return f.pieces(t, p, i+1, key, int(size))
}

// seek finds the node of a key in the tree of long values. In a branch, a node
// leads to the keys below its own; the last one has none.
func (f *File) seek(t *Table, key []byte) (*page, int, error) {
	number := t.longRoot
	for depth := range maxDepth {
		p := &f.long.levels[depth]
		if p.number != number {
			if err := f.load(p, number); err != nil {
				return nil, 0, err
			}
		}
		if p.object != t.longObject || p.flags&longPage == 0 {
			return nil, 0, errLong
		}
		f.long.damaged = f.long.damaged || !p.sound
		if p.flags&leafPage != 0 {
			for i := p.first; i < p.tags; i++ {
				if n, ok := p.node(i); ok && n.compare(key) == 0 && !n.deleted {
					return p, i, nil
				}
			}
			return nil, 0, errNoLong
		}
		child := uint32(0)
		for i := p.first; i < p.tags; i++ {
			n, ok := p.node(i)
			c, whole := n.child()
			if !ok || !whole {
				return nil, 0, errLong
			}
			child = c
			if i < p.tags-1 && n.compare(key) > 0 {
				break
			}
		}
		number = child
	}
	return nil, 0, errLong
}

// compare orders the node's key and another.
func (n *node) compare(key []byte) int {
	k := min(len(n.prefix), len(key))
	if c := bytes.Compare(n.prefix[:k], key[:k]); c != 0 || len(n.prefix) > len(key) {
		if c == 0 {
			c = 1
		}
		return c
	}
	return bytes.Compare(n.suffix, key[k:])
}

// pieces puts a long value together from the nodes from tag i of p on, over as
// many pages to the right as they take.
func (f *File) pieces(t *Table, p *page, i int, key []byte, size int) ([]byte, error) {
	a := assembly{out: make([]byte, 0, min(size, 1<<16)), size: size}
	for {
		before := a.count
		for ; i < p.tags; i++ {
			n, ok := p.node(i)
			if !ok {
				return a.out, errLong
			}
			if n.deleted {
				continue
			}
			k := append(append([]byte(nil), n.prefix...), n.suffix...)
			if len(k) != len(key)+4 || !bytes.HasPrefix(k, key) {
				return a.end()
			}
			if err := a.add(int(binary.BigEndian.Uint32(k[len(key):])), n.data); err != nil {
				return a.out, err
			}
		}
		// Every page but the first has a piece: this ends where pages lead in a circle.
		if p.next == 0 || a.count == before && before > 0 {
			return a.end()
		}
		next := p.next
		p = &f.long.levels[maxDepth-1]
		if err := f.load(p, next); err != nil {
			return a.out, err
		}
		if p.object != t.longObject || p.flags&leafPage == 0 {
			return a.out, errLong
		}
		f.long.damaged = f.long.damaged || !p.sound
		i = p.first
	}
}

// An assembly is a long value on the way. A piece is compressed if it is not
// as long as the room up to the next one.
type assembly struct {
	out   []byte
	size  int
	held  []byte // the last piece
	count int
}

// add takes a piece at an offset.
func (a *assembly) add(at int, b []byte) error {
	if a.count == 0 && at != 0 || a.count > 0 && at <= len(a.out) || at > a.size {
		return errLong
	}
	if err := a.place(at); err != nil {
		return err
	}
	a.held = append(a.held[:0], b...)
	a.count++
	return nil
}

// place appends the piece that is held; next is where the one behind it begins.
func (a *assembly) place(next int) error {
	b := a.held
	if a.count > 0 && len(b) != next-len(a.out) {
		var err error
		if b, err = expand(b); err != nil {
			return err
		}
		if len(b) != next-len(a.out) {
			return errLong
		}
	}
	a.out = append(a.out, b...)
	return nil
}

func (a *assembly) end() ([]byte, error) {
	if a.count == 0 && a.size > 0 {
		return nil, errLong
	}
	err := a.place(a.size)
	return a.out, err
}
