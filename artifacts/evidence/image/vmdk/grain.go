package vmdk

import (
	"encoding/binary"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/image/blocks"
)

// Entries of a grain table that are no sector.
const (
	notWritten = 0 // the parent's grain, or zeros without one
	zeroed     = 1 // zeros, whatever the parent has
	// outside stands for an entry that points outside the file.
	outside = ^uint32(0)
	// disputed stands for one that differs from its copy, both being possible.
	disputed = ^uint32(0) - 1
)

// table returns the entries of a grain table, nil where nothing of it was
// written. Where there is a redundant table, each entry is held against it.
func (s *sparse) table(index int64) ([]uint32, *artifacts.Problem) {
	if t, ok := s.shared.tables.Get(s.key(index)); ok {
		return t, nil
	}
	t, bad := s.loadTable(s.directory[index])
	if s.redundant != nil {
		t, bad = s.settle(index, t, bad)
	}
	if bad != nil {
		return nil, bad
	}
	s.shared.tables.Put(s.key(index), t, 4*len(t)+64)
	return t, nil
}

// settle makes one table of two. The copy is used where the first cannot be
// right; where an entry was written in one of them only, that one is newer.
func (s *sparse) settle(index int64, t []uint32, bad *artifacts.Problem) ([]uint32, *artifacts.Problem) {
	copied, badCopy := s.loadTable(s.redundant[index])
	var why string
	switch {
	case bad != nil && badCopy != nil:
		return nil, bad
	case bad != nil:
		t, why = copied, bad.Err.Error()
	case badCopy != nil:
		why = badCopy.Err.Error()
	default:
		t, why = merge(t, copied)
	}
	if why != "" {
		s.repair.Do(func() {
			s.note(artifacts.NewProblem(artifacts.Malformed, index*s.perTable*s.grain,
				"%s: grain tables differ from their copies (%s); each entry is read from the one that can be right", s.name, why))
		})
	}
	return t, nil
}

// merge joins a table with its copy and says what the first difference is.
func merge(a, b []uint32) (merged []uint32, why string) {
	switch {
	case a == nil && b == nil:
		return nil, ""
	case a == nil:
		return b, "no table, but a copy of it"
	case b == nil:
		return a, "a table without its copy"
	}
	for i := range a {
		if a[i] == b[i] {
			continue
		}
		why = "different entries"
		switch {
		case a[i] == outside || a[i] == notWritten:
			a[i] = b[i]
		case b[i] == outside || b[i] == notWritten:
		default:
			a[i] = disputed
		}
	}
	return a, why
}

// loadTable reads one table at a sector.
func (s *sparse) loadTable(sector uint32) ([]uint32, *artifacts.Problem) {
	if sector == 0 {
		return nil, nil
	}
	off := int64(sector) * sectorSize
	if off+4*s.perTable > s.size {
		return nil, artifacts.NewProblem(artifacts.Truncated, -1, "%s: a grain table at offset %d lies outside the file of %d bytes", s.name, off, s.size)
	}
	raw := make([]byte, 4*s.perTable)
	n, err := s.r.ReadAt(raw, off)
	if bad := blocks.Short(s.name, off, n, len(raw), err); bad != nil {
		return nil, bad
	}
	t := words(raw)
	for i, sector := range t {
		if int64(sector)*sectorSize >= s.size {
			t[i] = outside
		}
	}
	return t, nil
}

// entry returns the place of a grain.
func (s *sparse) entry(grain int64) (uint32, *artifacts.Problem) {
	t, bad := s.table(grain / s.perTable)
	if bad != nil || t == nil {
		return notWritten, bad
	}
	return t[grain%s.perTable], nil
}

// read implements extent: one compressed grain, or grains that lie one behind
// the other.
func (s *sparse) read(p []byte, off int64) (int, bool, *artifacts.Problem) {
	grain, inside := off/s.grain, off%s.grain
	first, bad := s.entry(grain)
	if bad != nil {
		return 0, false, bad
	}
	switch {
	case first == outside:
		return 0, false, artifacts.NewProblem(artifacts.Truncated, -1, "%s: grain %d lies outside the file of %d bytes: it is damaged or cut off", s.name, grain, s.size)
	case first == disputed:
		return 0, false, artifacts.NewProblem(artifacts.Malformed, -1, "%s: the place of grain %d differs between the grain table and its copy", s.name, grain)
	case s.compressed && first > zeroed:
		data, bad := s.inflated(grain, first)
		if bad != nil {
			return 0, false, bad
		}
		return copy(p, data[inside:]), false, nil
	}
	n := s.run(grain, first, inside, int64(len(p)))
	switch first {
	case notWritten:
		return int(n), true, nil
	case zeroed:
		clear(p[:n])
		return int(n), false, nil
	}
	from := int64(first)*sectorSize + inside
	got, err := s.r.ReadAt(p[:n], from)
	return got, false, blocks.Short(s.name, from, got, int(n), err)
}

// run returns how many bytes, up to limit, follow each other: in the file, or
// as grains without one.
func (s *sparse) run(grain int64, first uint32, inside, limit int64) int64 {
	n := s.grain - inside
	next := first
	for n < limit {
		grain++
		if first > zeroed {
			next += uint32(s.grain / sectorSize)
		}
		if e, bad := s.entry(grain); bad != nil || e != next {
			break
		}
		n += s.grain
	}
	return min(n, limit)
}

// An inflater is what one decompression needs.
type inflater struct {
	buf  []byte
	zlib blocks.Zlib
}

// markerSize is the sector number and the length before compressed data.
const markerSize = 12

// inflated returns a compressed grain, shorter only at the end of the extent.
// Its marker must name this grain, and its Adler-32 must fit.
func (s *sparse) inflated(grain int64, sector uint32) ([]byte, *artifacts.Problem) {
	if data, ok := s.shared.grains.Get(s.key(grain)); ok {
		return data, nil
	}
	f := s.inflate.Get().(*inflater)
	defer s.inflate.Put(f)
	off := int64(sector) * sectorSize
	if bad := s.packed(f, grain, off); bad != nil {
		return nil, bad
	}
	data := make([]byte, s.grain)
	n, _, err := f.zlib.Inflate(data, f.buf)
	if err != nil {
		return nil, artifacts.NewProblem(artifacts.Checksum, -1, "%s: the compressed grain at offset %d is damaged: %w", s.name, off, err)
	}
	if int64(n) < min(s.grain, s.capacity-grain*s.grain) {
		return nil, artifacts.NewProblem(artifacts.Malformed, -1, "%s: the compressed grain at offset %d holds %d bytes of %d", s.name, off, n, s.grain)
	}
	s.shared.grains.Put(s.key(grain), data[:n], n)
	return data[:n], nil
}

// packed reads the compressed bytes of a grain and checks its marker.
func (s *sparse) packed(f *inflater, grain, off int64) *artifacts.Problem {
	var marker [markerSize]byte
	n, err := s.r.ReadAt(marker[:], off)
	if bad := blocks.Short(s.name, off, n, len(marker), err); bad != nil {
		return bad
	}
	lba, length := binary.LittleEndian.Uint64(marker[:]), int64(binary.LittleEndian.Uint32(marker[8:]))
	if want := uint64(grain * s.grain / sectorSize); lba != want {
		return artifacts.NewProblem(artifacts.Malformed, -1, "%s: the grain at offset %d says that it is sector %d, the grain table that it is %d", s.name, off, lba, want)
	}
	// Deflate never makes data longer than this.
	if length == 0 || length > s.grain+s.grain/1000+64 {
		return artifacts.NewProblem(artifacts.Malformed, -1, "%s: the grain at offset %d has %d compressed bytes", s.name, off, length)
	}
	if int64(cap(f.buf)) < length {
		f.buf = make([]byte, s.grain+s.grain/1000+64)
	}
	f.buf = f.buf[:length]
	n, err = s.r.ReadAt(f.buf, off+markerSize)
	return blocks.Short(s.name, off+markerSize, n, len(f.buf), err)
}
