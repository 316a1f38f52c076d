package ntfs

import (
	"context"
	"io"
	"iter"
	"sync"

	"hivetriage/artifacts"
)

const (
	// mergeGap is the widest gap that is read over rather than skipped: a
	// small seek is dearer than the bytes in between. Four times that is no
	// faster on a cold disk, and twice the bytes to copy or to decompress.
	mergeGap = 16 << 10
	// readsAhead is how many reads are under way for each worker: on anything
	// but a lone hard disk the wait for one is longer than its transfer.
	readsAhead    = 4
	maxReadsAhead = 32
	// mergeSize bounds one read.
	mergeSize = 1 << 20
	// keptHeads bounds the heads that one reader of a sweep keeps.
	keptHeads = 1 << 14
)

// A group is a part of the sorted refs whose heads are read at once, from
// byte start to byte end of the volume.
type group struct {
	refs       []ref
	start, end int64
}

func (r ref) bytes() int64 { return int64(r.need & needBytes) }

// groups cuts the sorted refs into groups.
func (v *Volume) groups(refs []ref) iter.Seq[group] {
	return func(yield func(group) bool) {
		var g group
		first := 0
		for i, r := range refs {
			if r.need&needElsewhere != 0 {
				continue
			}
			start := r.lcn * v.clusterSize
			end := start + r.bytes()
			if g.end > 0 && (start > g.end+mergeGap || end > g.start+mergeSize) {
				g.refs = refs[first:i]
				if !yield(g) {
					return
				}
				g, first = group{}, i
			}
			if g.end == 0 {
				g.start = start
			}
			g.end = max(g.end, end)
		}
		if first < len(refs) {
			g.refs = refs[first:]
			yield(g)
		}
	}
}

// A headReader reads and judges groups.
type headReader struct {
	findings
	v       *Volume
	ask     *artifacts.Scan
	b       []byte
	passing []ref // in the block that a sweep has read
	chunk   [chunkSize]byte
}

// readHeads reads all groups, in order, with the given readers. It returns
// the number of refs that were not read because ctx ended.
func (v *Volume) readHeads(ctx context.Context, readers []*headReader, refs []ref, progress func(int64)) (left int64) {
	work, done := make(chan group), make(chan int64, len(readers))
	var wait sync.WaitGroup
	for _, h := range readers {
		wait.Go(func() {
			for g := range work {
				h.read(g)
				done <- g.end - g.start
			}
		})
	}
	var told sync.WaitGroup
	told.Go(func() {
		for n := range done {
			progress(n)
		}
	})
	for g := range v.groups(refs) {
		if ctx.Err() != nil {
			left += int64(len(g.refs))
			continue
		}
		work <- g
	}
	close(work)
	wait.Wait()
	close(done)
	told.Wait()
	return left
}

// extent returns the bytes of all groups.
func (v *Volume) extent(refs []ref) (n int64) {
	for g := range v.groups(refs) {
		n += g.end - g.start
	}
	return n
}

// read judges the heads of one group. If they cannot be read at once, each is
// tried alone.
func (h *headReader) read(g group) {
	b := h.buffer(g.end - g.start)
	h.judgeAll(g, b, h.v.disk.ReadFull(b, g.start) == nil)
}

// judgeAll judges the heads of a group, which stand in b if that is whole. A
// panic costs the rest of the group and is told.
func (h *headReader) judgeAll(g group, b []byte, whole bool) {
	judged := 0
	defer func() {
		if r := recover(); r != nil {
			h.tally.Failed += int64(len(g.refs) - judged)
			x := g.refs[judged]
			h.troubles.stream(x.record, x.offset, artifacts.NewProblem(artifacts.Bug, -1,
				"panic: %v, this and the %d streams behind it on the disk were not judged", r, len(g.refs)-judged-1))
		}
	}()
	for _, r := range g.refs {
		var err error
		switch start := r.lcn*h.v.clusterSize - g.start; {
		case r.need&needElsewhere != 0:
			err = h.elsewhere(r)
		case whole:
			err = h.judge(r, b[start:start+r.bytes()])
		default:
			if err = h.v.disk.ReadFull(b[:r.bytes()], g.start+start); err == nil {
				err = h.judge(r, b[:r.bytes()])
			}
		}
		h.settle(r, err)
		judged++
	}
}

func (h *headReader) buffer(n int64) []byte {
	if int64(cap(h.b)) < n {
		h.b = make([]byte, max(n, mergeSize))
	}
	return h.b[:n]
}

// settle counts the outcome of r.
func (h *headReader) settle(r ref, err error) {
	switch {
	case err == nil:
		h.tally.Examined++
	case r.need&needDeleted != 0 && artifacts.Located(h.v.at, err).Kind == artifacts.Malformed:
		h.tally.Gone++
	default:
		h.tally.Failed++
		h.troubles.stream(r.record, r.offset, err)
	}
}

// judge asks about the head in b, which it decompresses first if r says so.
func (h *headReader) judge(r ref, b []byte) error {
	if r.need&needCompressed != 0 {
		if _, err := decompress(h.chunk[:], b); err != nil {
			return err
		}
		b = h.chunk[:]
	}
	if h.ask.Head(b) {
		w := want{lcn: r.lcn, record: r.record, offset: r.offset}
		if h.ask.Sweep != nil && len(h.wants) < keptHeads {
			w.head = string(b[:min(len(b), artifacts.KnownHead)])
		}
		h.wants = append(h.wants, w)
	}
	return nil
}

// elsewhere reads a head through the stream's own reader.
func (h *headReader) elsewhere(r ref) error {
	f, i, err := h.v.loadStream(r.record, r.offset)
	if err != nil {
		return err
	}
	s, err := h.v.reader(f, i)
	if s == nil {
		return err
	}
	b := h.chunk[:r.bytes()]
	if _, err := s.ReadAt(b, 0); err != nil && err != io.EOF {
		return err
	}
	r.need &^= needCompressed
	return h.judge(r, b)
}
