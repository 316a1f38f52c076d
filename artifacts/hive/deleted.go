package hive

import (
	"iter"
	"slices"
	"time"

	"hivetriage/artifacts"
)

const (
	maxDeleted       = 1 << 16 // deleted keys of one hive that are returned
	maxDeletedValues = 1 << 10 // values of one of them
)

// A Remnant is a key that was deleted and still stands in a free cell. Its
// cells could have been used again by other keys that were deleted as well:
// what it tells is likely at best.
type Remnant struct {
	// Place is the path from below the root as far as the keys that stand
	// where its parents did tell it; it begins with `?\` where they end before
	// the root.
	Place string

	remains *remains
	off     uint32 // of the cell
	record  keyRecord
}

// Deleted returns keys that stand in free cells, each a Remnant, by their
// place in the file: the first maxDeleted, of which more says there are
// others. Saving a key leaves none behind, as does compacting a hive.
func (h *Hive) Deleted() (keys []Node, more bool) {
	r := newRemains(h)
	for _, x := range r.free {
		for off := x.start; off+4+keyHeader <= x.end; off += 8 {
			b := r.payload(off, x)
			if !plausible(b) {
				continue
			}
			if len(keys) == maxDeleted {
				return keys, true
			}
			k := keyRecord(b)
			place, _ := h.placed(k, r.any)
			if place == "" { // a former root
				place = `?\` + k.name()
			}
			keys = append(keys, Remnant{place, r, off, k[:keyHeader+k.nameLength()]})
		}
	}
	return keys, false
}

// String names the key. Without it, printing a Remnant would print its bytes.
func (r Remnant) String() string { return "deleted key " + r.Place }

func (r Remnant) Name() string           { return r.record.name() }
func (r Remnant) Offset() int64          { return r.remains.hive.at(r.off) }
func (r Remnant) LastWritten() time.Time { return r.record.written() }

// ClassLength implements Node.
func (r Remnant) ClassLength() int {
	if r.record.class() == noCell {
		return 0
	}
	return min(r.record.classLength(), len(r.remains.cell(r.record.class())))
}

// Children yields nothing: the subkeys of a deleted key are deleted keys too.
func (r Remnant) Children() iter.Seq[Node] { return func(func(Node) bool) {} }

// Data yields the values that are intact: their cells are still free, and so
// are those of their data.
func (r Remnant) Data() iter.Seq[Datum] {
	return func(yield func(Datum) bool) {
		list := r.remains.cell(r.record.valueList())
		for i := range min(int(r.record.values()), len(list)/4, maxDeletedValues) {
			off := le.Uint32(list[4*i:])
			v := valueRecord(r.remains.cell(off))
			if !isValue(v) || valueHeader+v.nameLength() > len(v) {
				continue
			}
			d := remnantValue{r, off, v[:valueHeader+v.nameLength()]}
			if len(d.bytes()) == v.length() && !yield(d) {
				return
			}
		}
	}
}

// A remnantValue is a value of a deleted key.
type remnantValue struct {
	key    Remnant
	off    uint32
	record valueRecord
}

func (v remnantValue) String() string { return "value " + v.Name() + " of " + v.key.String() }

func (v remnantValue) Name() string  { return v.record.name() }
func (v remnantValue) Type() uint32  { return v.record.kind() }
func (v remnantValue) Length() int   { return v.record.length() }
func (v remnantValue) Offset() int64 { return v.key.remains.hive.at(v.off) }

// Data implements Datum.
func (v remnantValue) Data(limit int) ([]byte, error) {
	n := max(0, min(v.Length(), limit))
	if Secret(v.key.Name(), v.Name(), n) {
		return nil, ErrSecret
	}
	return slices.Clone(v.bytes()[:n]), nil
}

// Public implements Datum.
func (v remnantValue) Public(limit int) ([]byte, error) {
	return Public(v.key.Name(), v.Name(), v.bytes(), limit)
}

// bytes returns all of the value's data, less if some is lost. Big data is not
// put together.
func (v remnantValue) bytes() []byte {
	n := v.record.length()
	if v.record.inline() {
		return v.record[8:][:min(n, maxInlineData)]
	}
	if n == 0 || n > bigSegment {
		return nil
	}
	b := v.key.remains.cell(v.record.data())
	return b[:min(n, len(b))]
}

// remains are the free cells of a hive.
type remains struct {
	hive *Hive
	free []extent // ascending
}

// An extent is a free cell, from its size field on.
type extent struct{ start, end uint32 }

func newRemains(h *Hive) *remains {
	r := &remains{hive: h}
	told := func(artifacts.Kind, int64, string, ...any) {} // by Read
	for at, end := range h.eachBin(told) {
		for at += binHeader; end-at >= 8; {
			size, used := cellSize(le.Uint32(h.bins[at:]))
			if size < 8 || size%8 != 0 || size > int64(end-at) {
				break
			}
			if !used {
				r.free = append(r.free, extent{h.from + uint32(at), h.from + uint32(at) + uint32(size)})
			}
			at += int(size)
		}
	}
	return r
}

// cell returns the payload of what was a cell at off, nil if that is in use.
func (r *remains) cell(off uint32) []byte {
	i, found := slices.BinarySearchFunc(r.free, off, func(x extent, off uint32) int {
		switch {
		case x.end <= off:
			return -1
		case x.start > off:
			return 1
		}
		return 0
	})
	if !found || off%8 != 0 {
		return nil
	}
	return r.payload(off, r.free[i])
}

// payload returns the payload of a cell within a free one: cells keep their
// size fields when they become parts of a larger free cell.
func (r *remains) payload(off uint32, x extent) []byte {
	b := r.hive.bins[off-r.hive.from : x.end-r.hive.from]
	if size, _ := cellSize(le.Uint32(b)); size >= 8 && size <= int64(len(b)) {
		b = b[:size]
	}
	return b[4:]
}

// any returns the payload of a cell in use or of one that was.
func (r *remains) any(off uint32) []byte {
	if b := r.hive.cell(off); b != nil {
		return b
	}
	return r.cell(off)
}
