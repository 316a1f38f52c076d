package ntfstest

import (
	"bytes"
	"fmt"
)

// unitClusters is the size of a compression unit, and of what Windows makes a
// hole of in a sparse file.
const unitClusters = 16

// fillingSize is the period of Filling.
const fillingSize = 1 << 20

var filling = func() []byte {
	b := make([]byte, 2*fillingSize)
	x := uint32(2463534242)
	for i := range fillingSize {
		x ^= x << 13
		x ^= x >> 17
		x ^= x << 5
		b[i] = byte(x>>8) | 1
	}
	copy(b[fillingSize:], b[:fillingSize])
	return b
}()

// Filling puts into p what Options.Dense writes from offset off of a stream
// on, behind its Data: odd bytes without a pattern.
func Filling(p []byte, off int64) {
	for len(p) > 0 {
		n := copy(p, filling[off%fillingSize:])
		p, off = p[n:], off+int64(n)
	}
}

// stream is content to be stored.
type stream struct {
	data   []byte
	size   int64
	layout Layout
}

// piece is a part of a stream between unit boundaries: a hole or clusters.
type piece struct {
	clusters int64
	hole     bool
}

// store allocates and writes a stream and returns its attribute.
func (v *volume) store(typ uint32, name []uint16, s stream) (attr, error) {
	s.size = max(s.size, int64(len(s.data)))
	l := s.layout
	a := attr{typ: typ, name: name}
	if !l.NonResident && !l.Compressed && !l.Sparse && l.Fragments == 0 && l.Valid == 0 &&
		s.size == int64(len(s.data)) && len(s.data) <= v.residentMax() {
		a.content = s.data
		return a, nil
	}
	a.clusters, a.size, a.valid = true, s.size, s.size
	if l.Valid > 0 {
		a.valid = min(l.Valid, s.size)
	}
	if s.size == 0 {
		return a, nil
	}
	payload, pieces := s.data, []piece{{clusters: align(s.size, v.cluster) / v.cluster}}
	switch {
	case l.Compressed:
		if v.cluster > 4096 {
			return a, fmt.Errorf("ntfstest: compression needs clusters of 4096 bytes or less")
		}
		a.flags, a.unit = flagCompressed, 4
		payload, pieces = v.units(s, v.compressUnit)
	case l.Sparse:
		a.flags, a.unit = flagSparse, 4
		payload, pieces = v.units(s, rawUnit)
	}
	runs, err := v.place(pieces, l.Fragments)
	if err != nil {
		return a, err
	}
	a.runs, a.alloc = runs, clustersOf(runs)*v.cluster
	for _, r := range runs {
		if r.LCN >= 0 {
			a.onDisk += r.Length * v.cluster
		}
	}
	if a.flags != 0 {
		return a, v.writeRuns(runs, payload, int64(len(payload)))
	}
	return a, v.writeRuns(runs, payload[:min(a.valid, int64(len(payload)))], a.valid)
}

// residentMax is the longest stream kept in the record, so that the usual
// other attributes have room beside it.
func (v *volume) residentMax() int { return v.recordSize - 512 }

// units cuts the stream into units, drops those that are all zero and hands
// the others to pack, which returns what is stored of them.
func (v *volume) units(s stream, pack func([]byte) []byte) ([]byte, []piece) {
	unit := unitClusters * v.cluster
	var payload []byte
	var pieces []piece
	add := func(clusters int64, hole bool) {
		if clusters == 0 {
			return
		}
		if n := len(pieces); n > 0 && pieces[n-1].hole == hole {
			pieces[n-1].clusters += clusters
			return
		}
		pieces = append(pieces, piece{clusters, hole})
	}
	for off := int64(0); off < int64(len(s.data)); off += unit {
		b := s.data[off:min(off+unit, int64(len(s.data)))]
		if len(bytes.Trim(b, "\x00")) == 0 {
			add(unitClusters, true)
			continue
		}
		b = pack(append(make([]byte, 0, unit), b...)[:unit])
		n := align(int64(len(b)), v.cluster) / v.cluster
		payload = append(payload, b...)
		payload = append(payload, make([]byte, n*v.cluster-int64(len(b)))...)
		add(n, false)
		add(unitClusters-n, true)
	}
	done := align(int64(len(s.data)), unit)
	add(align(max(s.size-done, 0), unit)/v.cluster, true)
	return payload, pieces
}

// rawUnit stores a unit as it is.
func rawUnit(b []byte) []byte { return b }

// compressUnit stores a unit as LZNT1 if that saves a cluster at least.
func (v *volume) compressUnit(b []byte) []byte {
	packed := lznt1(b)
	if int64(len(packed)) > (unitClusters-1)*v.cluster {
		return b
	}
	return packed
}

// place allocates the clusters of pieces in fragments runs, or more where a
// hole lies inside of one.
func (v *volume) place(pieces []piece, fragments int) ([]Run, error) {
	var need int64
	for _, p := range pieces {
		if !p.hole {
			need += p.clusters
		}
	}
	var spots []Run
	if need > 0 {
		var err error
		if spots, err = v.space.scatter(need, fragments); err != nil {
			return nil, err
		}
	}
	var runs []Run
	for _, p := range pieces {
		if p.hole {
			runs = append(runs, Run{-1, p.clusters})
			continue
		}
		for left := p.clusters; left > 0; {
			n := min(left, spots[0].Length)
			runs = append(runs, Run{spots[0].LCN, n})
			spots[0].LCN += n
			spots[0].Length -= n
			if left -= n; spots[0].Length == 0 {
				spots = spots[1:]
			}
		}
	}
	return runs, nil
}

// writeRuns writes data into the allocated clusters of runs, one after the
// other, and filling from there to end if the volume is to be dense.
func (v *volume) writeRuns(runs []Run, data []byte, end int64) error {
	var off int64
	for _, r := range runs {
		if r.LCN < 0 {
			continue
		}
		at, n := r.LCN*v.cluster, r.Length*v.cluster
		if off < int64(len(data)) {
			if err := v.writeAt(data[off:min(off+n, int64(len(data)))], at); err != nil {
				return err
			}
		}
		if from, to := max(off, int64(len(data))), min(off+n, end); v.dense && from < to {
			if err := v.writeFilling(at+from-off, from, to); err != nil {
				return err
			}
		}
		off += n
	}
	return nil
}

// writeFilling writes the filling of stream offsets from to to at a place on
// the volume.
func (v *volume) writeFilling(at, from, to int64) error {
	for from < to {
		n := min(to-from, fillingSize)
		start := from % fillingSize
		if err := v.writeAt(filling[start:start+n], at); err != nil {
			return err
		}
		at, from = at+n, from+n
	}
	return nil
}

// writeAt writes to the volume.
func (v *volume) writeAt(b []byte, at int64) error {
	_, err := v.w.WriteAt(b, at)
	return err
}
