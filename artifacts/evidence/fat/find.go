package fat

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"sync"

	"hivetriage/artifacts"
)

const (
	mergeGap  = 64 << 10 // the widest gap between heads that is read over
	mergeSize = 1 << 20  // bytes of one read of heads, the last head apart
	// maxTries bounds the beginnings that are read to find deleted files of
	// which half of the first cluster's number is lost.
	maxTries = 1 << 16
)

// A scan is one run of Find.
type scan struct {
	walk
	ask   artifacts.Scan
	ctx   context.Context
	tally artifacts.Tally
	left  int64 // heads that were not read because ctx ended

	mu      sync.Mutex // guards what follows, and troubles and tally, while heads are read
	done    int64
	planned int64
}

// A head is the plan for the beginning of one file.
type head struct {
	file  int   // index
	need  int   // bytes
	at    int64 // byte of the volume
	alone bool  // not in one piece: its own reader gets it
}

// A group are heads that are read at once.
type group struct {
	heads      []head
	start, end int64
}

// Find yields first the problems it met, then the files that ask wants, in the
// order of their first clusters. When ctx ends early, what was found until then
// is yielded, and one problem says what was left out.
func (v *Volume) Find(ctx context.Context, ask artifacts.Scan) iter.Seq2[artifacts.Entry, error] {
	return func(yield func(artifacts.Entry, error) bool) {
		ask.Workers = max(ask.Workers, 1)
		s := &scan{walk: walk{v: v}, ask: ask, ctx: ctx}
		before := v.disk.Read()
		s.run(func() bool { return ctx.Err() != nil })
		s.sweep()
		s.readHeads(s.judgeFiles())
		s.tryHalves()
		s.tally.Bytes = v.disk.Read() - before
		v.mu.Lock()
		v.tally = s.tally
		v.mu.Unlock()
		if s.tell(yield) {
			s.yield(yield)
		}
	}
}

// judgeFiles asks for the names and plans the heads, in disk order.
func (s *scan) judgeFiles() []head {
	s.tally.Files, s.tally.Deleted = s.directory, s.erased
	var heads []head
	for i := range s.files {
		f := &s.files[i]
		if f.deleted {
			s.tally.Deleted++
		} else {
			s.tally.Files++
		}
		s.tally.Streams++
		f.wanted = s.ask.Name != nil && s.ask.Name([]byte(f.name), nil)
		if h, ok := s.plan(i); ok {
			heads = append(heads, h)
		}
	}
	slices.SortFunc(heads, func(a, b head) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.file, b.file)) })
	return heads
}

// plan says how a file's head is read, or settles that there is none to read.
func (s *scan) plan(i int) (head, bool) {
	f := &s.files[i]
	h := head{file: i, need: int(min(f.size, artifacts.MaxHead))}
	switch {
	case f.size == 0:
		s.tally.Empty++
		return h, false
	case s.ask.Head == nil:
		s.tally.Examined++
		return h, false
	case f.valid == 0:
		f.wanted = s.ask.Head(make([]byte, h.need)) || f.wanted
		s.tally.Examined++
		return h, false
	case s.ctx.Err() != nil:
		s.left++
		s.tally.Failed++
		return h, false
	}
	extents, _, err := s.v.clustersOf(f, int64(h.need))
	if len(extents) == 0 {
		s.settle(i, err)
		return h, false
	}
	h.at = s.v.place(extents[0].first)
	h.alone = err != nil || f.valid < int64(h.need) || int64(extents[0].count)*s.v.clusterSize < int64(h.need)
	return h, true
}

// settle counts the outcome of a head.
func (s *scan) settle(i int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := &s.files[i]
	switch {
	case err == nil:
		s.tally.Examined++
	case f.deleted && artifacts.Located(s.v.at, err).Kind == artifacts.Malformed:
		s.tally.Gone++
	default:
		s.tally.Failed++
		s.troubles.head(f, err)
	}
}

// groups cuts the sorted heads into groups.
func groups(heads []head) []group {
	var all []group
	for i, h := range heads {
		end := h.at + int64(h.need)
		if h.alone {
			end = h.at
		}
		if n := len(all); n > 0 && h.at <= all[n-1].end+mergeGap && end <= all[n-1].start+mergeSize {
			g := &all[n-1]
			g.heads, g.end = heads[i-len(g.heads):i+1], max(g.end, end)
			continue
		}
		all = append(all, group{heads[i : i+1], h.at, end})
	}
	return all
}

// readHeads reads and judges the heads.
func (s *scan) readHeads(heads []head) {
	all := groups(heads)
	for _, g := range all {
		s.planned += g.end - g.start
	}
	work := make(chan group)
	var wait sync.WaitGroup
	for range s.ask.Workers {
		wait.Go(func() {
			for g := range work {
				s.readGroup(g)
				s.progress(g.end - g.start)
			}
		})
	}
	for _, g := range all {
		if s.ctx.Err() != nil {
			s.left += int64(len(g.heads))
			s.mu.Lock()
			s.tally.Failed += int64(len(g.heads))
			s.mu.Unlock()
			continue
		}
		work <- g
	}
	close(work)
	wait.Wait()
}

func (s *scan) progress(n int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.done += n; s.ask.Progress != nil {
		s.ask.Progress(s.done, s.planned)
	}
}

// readGroup reads a group at once; if that fails, each head alone.
func (s *scan) readGroup(g group) {
	b := make([]byte, g.end-g.start)
	whole := s.v.disk.ReadFull(b, g.start) == nil
	for _, h := range g.heads {
		var head []byte
		if whole && !h.alone {
			head = b[h.at-g.start:][:h.need]
		}
		s.settle(h.file, s.judge(h, head))
	}
}

// judge asks about a head, which it reads if it is nil. A panic is an error.
func (s *scan) judge(h head, b []byte) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = artifacts.NewProblem(artifacts.Bug, -1, "panic: %v", r)
		}
	}()
	f := &s.files[h.file]
	if b == nil {
		b = make([]byte, h.need)
		if _, err := s.v.open(f).ReadAt(b, 0); err != nil && err != io.EOF {
			return err
		}
	}
	if s.ask.Head(b) {
		f.wanted = true
	}
	return nil
}

// tryHalves looks for the deleted files of FAT32 of which Windows cleared the
// upper half of the first cluster's number: the first free cluster with the
// same lower half whose content is wanted is taken for it.
func (s *scan) tryHalves() {
	if s.ask.Head == nil {
		return
	}
	tries, untried := 0, 0
	for i := range s.files {
		f := &s.files[i]
		if !f.halved || f.wanted || f.size == 0 {
			continue
		}
		for c := uint64(f.first) + 1<<16; s.v.holds(uint32(c)) && s.ctx.Err() == nil; c += 1 << 16 {
			if tries++; tries > maxTries {
				untried++
				break
			}
			if used, err := s.v.used(extent{uint32(c), 1}); err != nil || used > 0 {
				continue
			}
			g := *f
			g.first = uint32(c)
			b := make([]byte, min(f.size, artifacts.MaxHead))
			if _, err := s.v.open(&g).ReadAt(b, 0); err == nil && s.ask.Head(b) {
				f.first, f.guessed, f.wanted = uint32(c), true, true
				break
			}
		}
	}
	if untried > 0 {
		s.troubles.add(trouble{kind: artifacts.Limit, at: -1, text: fmt.Sprintf("%d deleted files whose first cluster is half lost were not looked for everywhere", untried)})
	}
}

// tell yields the problems.
func (s *scan) tell(yield func(artifacts.Entry, error) bool) bool {
	all := append(slices.Clone(s.v.damage), s.problems()...)
	if s.ctx.Err() != nil {
		all = append(all, artifacts.Located(s.v.at, artifacts.NewProblem(artifacts.Limit, -1, "the scan was ended early: %d directories and the beginnings of %d files were not read: %w",
			s.walk.left, s.left, context.Cause(s.ctx))))
	}
	for _, p := range all {
		if !yield(nil, p) {
			return false
		}
	}
	return true
}

// yield yields the wanted files.
func (s *scan) yield(yield func(artifacts.Entry, error) bool) {
	var wants []int
	for i := range s.files {
		if s.files[i].wanted {
			wants = append(wants, i)
		}
	}
	slices.SortFunc(wants, func(a, b int) int {
		return cmp.Or(cmp.Compare(s.files[a].first, s.files[b].first), cmp.Compare(s.files[a].at, s.files[b].at))
	})
	heirs := s.heirs(wants)
	for _, i := range wants {
		f := &s.files[i]
		e := &entry{v: s.v, file: *f, path: s.path(f.parent) + "/" + f.name}
		if heir, ok := heirs[f.first]; ok && f.deleted {
			e.heir = s.path(s.files[heir].parent) + "/" + s.files[heir].name
		}
		if !yield(e, nil) {
			return
		}
	}
}

// heirs are the files in use that begin in the same cluster as a wanted file
// that is deleted, by that cluster: renaming and moving leave such a pair.
func (s *scan) heirs(wants []int) map[uint32]int {
	all := map[uint32]int{}
	for _, i := range wants {
		if f := &s.files[i]; f.deleted && f.size > 0 {
			all[f.first] = -1
		}
	}
	for i := range s.files {
		f := &s.files[i]
		if heir, ok := all[f.first]; ok && heir < 0 && !f.deleted && f.size > 0 {
			all[f.first] = i
		}
	}
	maps.DeleteFunc(all, func(_ uint32, heir int) bool { return heir < 0 })
	return all
}
