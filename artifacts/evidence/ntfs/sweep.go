package ntfs

import (
	"context"
	"io"
	"slices"
	"sort"
	"sync"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/bounded"
)

// maxStreams bounds the streams that are told of one byte: many deleted files
// may have lain in one cluster.
const maxStreams = 8

// A sweeper judges heads in passing while every byte of the volume is shown.
type sweeper struct {
	s      *scan
	size   int64
	refs   []ref  // all, sorted
	served []bool // by block: the heads in it were judged

	mu sync.Mutex // held for progress
}

// sweep shows every byte of the volume to s.ask.Sweep and judges the heads in
// passing. It returns those of the sorted refs that are left to be read.
func (s *scan) sweep(refs []ref) (left []ref) {
	_, size := s.v.Raw()
	s.planned += size
	w := &sweeper{s: s, size: size, refs: refs, served: make([]bool, (size+bounded.SweepBlock-1)/bounded.SweepBlock)}
	s.tally.Bytes = s.v.extent(refs)
	readers := make([]*headReader, bounded.SweepReaders)
	see := make([]func(b []byte, at int64), len(readers))
	for i := range readers {
		readers[i] = &headReader{v: s.v, ask: &s.ask}
		see[i] = func(b []byte, at int64) { w.block(readers[i], b, at) }
	}
	s.v.disk.Sweep(s.ctx, size, see, s.ask.Sweep.Lost)
	for _, h := range readers {
		s.merge(&h.findings)
	}
	left = slices.DeleteFunc(refs, func(r ref) bool { return w.whole(r) && w.served[r.lcn*s.v.clusterSize/bounded.SweepBlock] })
	s.tally.Bytes -= s.v.extent(left) // counted when they are read
	return left
}

// whole reports whether a head is in one piece that stands in one block.
func (w *sweeper) whole(r ref) bool {
	start := r.lcn * w.s.v.clusterSize
	end := start + r.bytes()
	return r.need&needElsewhere == 0 && end <= w.size && start/bounded.SweepBlock == (end-1)/bounded.SweepBlock
}

// block takes what a sweep hands out.
func (w *sweeper) block(h *headReader, b []byte, at int64) {
	w.s.ask.Sweep.Block(b, at)
	if bounded.IsBlock(b, at, w.size) {
		w.served[at/bounded.SweepBlock] = true
		h.passing = h.passing[:0]
		first := sort.Search(len(w.refs), func(i int) bool { return w.refs[i].lcn*w.s.v.clusterSize >= at })
		for _, r := range w.refs[first:] {
			if r.lcn*w.s.v.clusterSize >= at+int64(len(b)) {
				break
			}
			if w.whole(r) {
				h.passing = append(h.passing, r)
			}
		}
		h.judgeAll(group{refs: h.passing, start: at}, b, true)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.s.progress(int64(len(b)))
}

// Raw returns the volume's bytes.
func (v *Volume) Raw() (io.ReaderAt, int64) { return v.disk, min(v.size, v.disk.Size) }

// Free returns the bytes of clusters that $Bitmap does not call in use.
func (v *Volume) Free() (int64, error) {
	used, err := v.used(0, v.clusters)
	if err != nil {
		return 0, artifacts.Located(v.at, err)
	}
	return (v.clusters - used) * v.clusterSize, nil
}

// Owners goes through the file table and tells which $DATA attributes map the
// given bytes, in ascending order, of the volume.
func (v *Volume) Owners(ctx context.Context, offsets []int64) ([]artifacts.Ownership, error) {
	all := make([]artifacts.Ownership, len(offsets))
	var first error
	for i, offset := range offsets {
		n, err := v.used(offset/v.clusterSize, 1)
		if err != nil {
			first = cmpErr(first, artifacts.Located(v.at, err))
		}
		all[i].Free = err == nil && n == 0
	}
	if len(offsets) == 0 {
		return all, first
	}
	o := &ownerSearch{v: v, offsets: offsets, all: all}
	b := make([]byte, min(tableBlock, v.table.size))
	for done := int64(0); done < v.table.size; done += int64(len(b)) {
		if err := ctx.Err(); err != nil {
			return all, artifacts.Located(v.at, err)
		}
		b = b[:min(int64(len(b)), v.table.size-done)]
		lost := v.readBlock(b, done)
		o.search(b, uint32(done/int64(v.recordSize)), lost)
	}
	return all, first
}

// An ownerSearch looks for bytes in the extents of all streams.
type ownerSearch struct {
	v       *Volume
	offsets []int64
	all     []artifacts.Ownership
	file    file
}

// search goes through a block of the file table. Records that cannot be read
// own nothing; Find tells of them.
func (o *ownerSearch) search(b []byte, number uint32, lost []bool) {
	size := o.v.recordSize
	for i := range len(b) / size {
		record := b[i*size : (i+1)*size]
		if lost != nil && lost[i] {
			continue
		}
		if state := fix(record); state == recordWhole || state == recordTorn {
			h := parseHeader(record)
			o.file.reset(number+uint32(i), h)
			// What stands before the error is used.
			_ = o.file.add(record, o.file.number, h)
			for j := range o.file.data {
				o.stream(&o.file.data[j])
			}
		}
	}
}

// stream looks into the extents of one attribute.
func (o *ownerSearch) stream(d *data) {
	if !d.nonResident {
		return
	}
	size := o.v.clusterSize
	r := o.v.geometry.runs(&d.attribute)
	for x, ok, err := r.next(); ok && err == nil; x, ok, err = r.next() {
		if x.lcn == hole {
			continue
		}
		start, end := x.lcn*size, (x.lcn+x.count)*size
		i, _ := slices.BinarySearch(o.offsets, start)
		for ; i < len(o.offsets) && o.offsets[i] < end; i++ {
			if len(o.all[i].Owners) < maxStreams {
				o.found(i, d, o.offsets[i]-start+x.vcn*size)
			}
		}
	}
}

// found enters the stream that d is a part of.
func (o *ownerSearch) found(i int, d *data, offset int64) {
	record, at := d.holder, d.offset
	live := o.file.inUse()
	if base, _ := splitReference(o.file.header.base); o.file.header.base != 0 && base < maxRecords {
		if f, err := o.v.loadFile(uint32(base)); err == nil {
			live = f.inUse()
			for j := range f.data {
				if first := &f.data[j]; d.startVCN != 0 && first.startVCN == 0 && slices.Equal(first.name, d.name) {
					record, at = first.holder, first.offset
				}
			}
		}
	} else if d.startVCN != 0 {
		for j := range o.file.data {
			if first := &o.file.data[j]; first.startVCN == 0 && slices.Equal(first.name, d.name) {
				record, at = first.holder, first.offset
			}
		}
	}
	e := &entry{v: o.v, record: record, offset: at}
	if f, k, err := o.v.loadStream(record, at); err == nil {
		e.size = f.data[k].length()
	}
	o.all[i].Owners = append(o.all[i].Owners, artifacts.Owner{Entry: e, Offset: offset, Live: live})
}
