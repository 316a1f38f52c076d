package image

import (
	"encoding/binary"
	"errors"
	"math"

	"hivetriage/artifacts"
)

// tableHeader is the length of what comes before the entries of a table: their
// number, 4 bytes of padding, the base offset, 4 bytes of padding, checksum.
const tableHeader = 24

// readTable begins a group. Its chunks lie in the sectors section before it,
// or, where there is none (SMART, EnCase 1), after the entries.
func (w *walker) readTable(s section) {
	g := group{part: w.index, count: -1, end: s.data + s.size}
	if w.sectors != nil {
		g.end = w.sectors.data + w.sectors.size
		g.footer = true
	}
	w.sectors = nil
	w.pending = &g
	w.addTable(s)
}

// readTable2 adds the copy of the table before it.
func (w *walker) readTable2(s section) {
	if w.pending != nil {
		w.addTable(s)
	}
}

func (w *walker) addTable(s section) {
	g := w.pending
	b, err := checked(w.part.r, s.data, tableHeader)
	if err != nil {
		p := artifacts.Located(artifacts.Locator{}, err)
		g.lost = w.problem(p.Kind, s.data, "section %q: %v", s.kind, p.Err)
		return
	}
	count, base := int64(binary.LittleEndian.Uint32(b)), binary.LittleEndian.Uint64(b[8:])
	if count == 0 || count > maxTable || base > math.MaxInt64/2 {
		g.lost = w.problem(artifacts.Malformed, s.data, "section %q: %d chunks from offset %d", s.kind, count, base)
		return
	}
	if g.count >= 0 && (g.count != count || g.base != int64(base)) {
		w.problem(artifacts.Malformed, s.data, "section %q: %d chunks from offset %d, its copy has %d from %d", s.kind, count, base, g.count, g.base)
		return
	}
	g.count, g.base = count, int64(base)
	g.tables = append(g.tables, s.data+tableHeader)
}

// close ends the group whose table was read.
func (w *walker) close() {
	if w.pending != nil {
		w.groups = append(w.groups, *w.pending)
		w.pending = nil
	}
}

// settle ends the group before a sectors section or the end of a segment. A sectors section without a
// table, as an aborted acquisition leaves it, is chunks that cannot be found.
func (w *walker) settle() {
	w.close()
	if w.sectors != nil {
		w.lose(w.damage(artifacts.Truncated, w.sectors.at, "no table follows this sectors section"))
		w.sectors = nil
	}
}

// A table is the decoded offsets of a group.
type table struct {
	entries []uint32
	// From this entry on the highest bit belongs to the offset and chunks are
	// not compressed: EnCase 6.7 wrote sectors sections beyond 2 GiB this way.
	overflow int
}

// loadTable reads the entries of a group, from table2 where table is damaged.
func (e *ewf) loadTable(index int) (*table, *artifacts.Problem) {
	if t, ok := e.tables.Get(int64(index)); ok {
		return t, nil
	}
	g := &e.groups[index]
	var failed *artifacts.Problem
	for _, at := range g.tables {
		raw, err := e.readEntries(g, at)
		if err != nil {
			p := artifacts.Located(artifacts.Locator{}, err)
			p = artifacts.NewProblem(p.Kind, g.first*e.chunkSize, "%s at offset %d: table of %d chunks: %w", e.parts[g.part].name, at, g.count, p.Err)
			failed = e.log.add(p)
			continue
		}
		t := newTable(raw)
		e.tables.Put(int64(index), t, 4*len(t.entries))
		return t, nil
	}
	return nil, failed
}

// readEntries returns the entries at an offset. Their checksum follows them,
// but for SMART and the first specification, which have none: there the chunks
// follow at once, and offsets that only grow cannot point to another's chunk.
func (e *ewf) readEntries(g *group, at int64) ([]byte, error) {
	part := e.parts[g.part]
	need := 4 * min(g.count, maxTable)
	if at+need+4 > part.size {
		return nil, artifacts.NewProblem(artifacts.Truncated, -1, "the file ends at offset %d", part.size)
	}
	b, err := checked(part.r, at, int(need)+4)
	if p := (*artifacts.Problem)(nil); g.footer || !errors.As(err, &p) || p.Kind != artifacts.Checksum {
		return b, err
	}
	b = make([]byte, need)
	if _, err := readFull(part.r, b, at); err != nil {
		return nil, err
	}
	if !growing(b, at+need-g.base) {
		return nil, artifacts.NewProblem(artifacts.Checksum, -1, "no checksum follows, and the offsets do not grow from the end of the table on")
	}
	return b, nil
}

// growing tells whether offsets begin at first and each is beyond the one
// before.
func growing(raw []byte, first int64) bool {
	last := first - 1
	for i := 0; i < len(raw); i += 4 {
		at := int64(binary.LittleEndian.Uint32(raw[i:]) & math.MaxInt32)
		if i == 0 && at != first || at <= last {
			return false
		}
		last = at
	}
	return true
}

func newTable(raw []byte) *table {
	t := &table{entries: make([]uint32, len(raw)/4)}
	t.overflow = len(t.entries)
	for i := range t.entries {
		t.entries[i] = binary.LittleEndian.Uint32(raw[4*i:])
	}
	for i := 1; i < len(t.entries); i++ {
		// The offset before is past half the range and this one, without its
		// highest bit, would lie before it: the count went over 2 GiB.
		before := t.entries[i-1] & math.MaxInt32
		if t.entries[i]&math.MaxInt32 < before && t.entries[i] >= 1<<31 && before >= 1<<30 {
			t.overflow = i
			break
		}
	}
	return t
}

// chunk returns the place of a chunk in its segment: the offset, the most
// bytes it can have, and whether it is compressed.
func (t *table) chunk(i int, g *group, bound int64) (at, most int64, compressed bool) {
	at, compressed = t.offset(i)
	most = bound
	if i+1 < len(t.entries) {
		next, _ := t.offset(i + 1)
		if next > at {
			most = min(most, next-at)
		}
	}
	at += g.base
	if g.end > at {
		most = min(most, g.end-at)
	}
	return at, most, compressed
}

func (t *table) offset(i int) (int64, bool) {
	v := t.entries[i]
	if i >= t.overflow {
		return int64(v), false
	}
	return int64(v & math.MaxInt32), v>>31 == 1
}
