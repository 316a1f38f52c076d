package fat

import (
	"context"
	"io"
	"slices"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/bounded"
)

// maxStreams bounds the files that are told of one byte: many deleted ones
// may have lain in one cluster.
const maxStreams = 8

// sweep shows every byte of the volume to s.ask.Sweep.
func (s *scan) sweep() {
	if s.ask.Sweep == nil {
		return
	}
	_, size := s.v.Raw()
	s.planned += size
	see := make([]func(b []byte, at int64), bounded.SweepReaders)
	for i := range see {
		see[i] = func(b []byte, at int64) {
			s.ask.Sweep.Block(b, at)
			s.progress(int64(len(b)))
		}
	}
	s.v.disk.Sweep(s.ctx, size, see, s.ask.Sweep.Lost)
}

// Raw returns the volume's bytes.
func (v *Volume) Raw() (io.ReaderAt, int64) { return v.disk, min(v.size, v.disk.Size) }

// Free returns the bytes of clusters that belong to nothing.
func (v *Volume) Free() (int64, error) {
	used, err := v.used(extent{firstCluster, v.clusters})
	if err != nil {
		return 0, artifacts.Located(v.at, err)
	}
	return int64(v.clusters-used) * v.clusterSize, nil
}

// Owners walks through the directories and tells which files' clusters hold
// the given bytes, in ascending order, of the volume. Those of a deleted file
// are the ones that its content is taken from.
func (v *Volume) Owners(ctx context.Context, offsets []int64) ([]artifacts.Ownership, error) {
	all := make([]artifacts.Ownership, len(offsets))
	var first error
	for i, offset := range offsets {
		if offset < v.heap || offset >= v.heap+int64(v.clusters)*v.clusterSize {
			continue
		}
		n, err := v.used(extent{uint32((offset-v.heap)/v.clusterSize) + firstCluster, 1})
		if err != nil && first == nil {
			first = artifacts.Located(v.at, err)
		}
		all[i].Free = err == nil && n == 0
	}
	if len(offsets) == 0 {
		return all, first
	}
	w := &walk{v: v}
	w.run(func() bool { return ctx.Err() != nil })
	for i := 0; i < len(w.files) && ctx.Err() == nil; i++ {
		w.owns(i, offsets, all)
	}
	if err := ctx.Err(); err != nil {
		return all, artifacts.Located(v.at, err)
	}
	return all, first
}

// owns enters a file where its clusters hold one of the offsets.
func (w *walk) owns(i int, offsets []int64, all []artifacts.Ownership) {
	f := &w.files[i]
	s := w.v.open(f)
	for k, x := range s.extents {
		start := w.v.place(x.first)
		end := start + int64(x.count)*w.v.clusterSize
		j, _ := slices.BinarySearch(offsets, start)
		for ; j < len(offsets) && offsets[j] < end; j++ {
			if len(all[j].Owners) < maxStreams {
				e := &entry{v: w.v, file: *f, path: w.path(f.parent) + "/" + f.name}
				all[j].Owners = append(all[j].Owners, artifacts.Owner{Entry: e, Offset: offsets[j] - start + s.starts[k], Live: !f.deleted})
			}
		}
	}
}

var _ artifacts.Swept = (*Volume)(nil)
