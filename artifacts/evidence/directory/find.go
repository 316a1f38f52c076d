package directory

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
	"sync"
	"sync/atomic"

	"hivetriage/artifacts"
)

// batch is how many heads are read before their verdicts are yielded.
const batch = 1024

// A volume is a tree, a drive in it, or one file.
type volume struct {
	source, name string
	info         artifacts.VolumeInfo
	files        []*entry
	folders      int64
	problems     []*artifacts.Problem // items of the walk that are not examined

	mu    sync.Mutex
	tally artifacts.Tally
}

func (v *volume) Name() string { return v.name }

func (v *volume) Info() artifacts.VolumeInfo { return v.info }

func (v *volume) Tally() artifacts.Tally {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.tally
}

// Find yields first what could not be walked, then the wanted files in the
// order of their paths, and among them those whose head could not be read as
// errors.
func (v *volume) Find(ctx context.Context, ask artifacts.Scan) iter.Seq2[artifacts.Entry, error] {
	return func(yield func(artifacts.Entry, error) bool) {
		s := &search{v: v, ctx: ctx, ask: ask}
		s.tally.Files, s.tally.Streams = v.folders+int64(len(v.files)), int64(len(v.files))
		for _, e := range v.files {
			s.planned += min(e.Size(), artifacts.MaxHead)
		}
		for _, p := range v.problems {
			if !yield(nil, p) {
				return
			}
		}
		if !s.heads(yield) {
			return
		}
		v.mu.Lock()
		v.tally = s.tally
		v.mu.Unlock()
	}
}

// A search is one run of Find.
type search struct {
	v       *volume
	ctx     context.Context
	ask     artifacts.Scan
	tally   artifacts.Tally
	planned int64 // bytes of heads
	done    int64
}

// A verdict is what became of one file's head.
type verdict struct {
	wanted bool
	read   int
	err    error
}

// heads judges all files in batches and yields in their order. It returns
// false if the caller has enough.
func (s *search) heads(yield func(artifacts.Entry, error) bool) bool {
	for rest := s.v.files; len(rest) > 0; {
		if err := s.ctx.Err(); err != nil {
			s.tally.Failed += int64(len(rest))
			return yield(nil, &artifacts.Problem{At: artifacts.Locator{Source: s.v.source, Volume: s.v.name}, Offset: -1, Kind: artifacts.Limit,
				Err: fmt.Errorf("%d files were not examined: %w", len(rest), err)})
		}
		now := rest[:min(batch, len(rest))]
		rest = rest[len(now):]
		for i, v := range s.judge(now) {
			s.count(now[i], v)
			switch {
			case v.err != nil:
				if !yield(nil, artifacts.Located(now[i].at, v.err)) {
					return false
				}
			case v.wanted:
				if !yield(now[i], nil) {
					return false
				}
			}
		}
	}
	return true
}

func (s *search) count(e *entry, v verdict) {
	s.tally.Bytes += int64(v.read)
	switch {
	case v.err != nil:
		s.tally.Failed++
	case e.Size() == 0:
		s.tally.Empty++
	default:
		s.tally.Examined++
	}
	s.done += min(e.Size(), artifacts.MaxHead)
	if s.ask.Progress != nil {
		s.ask.Progress(s.done, s.planned)
	}
}

// judge reads the heads of some files with all workers.
func (s *search) judge(files []*entry) []verdict {
	verdicts := make([]verdict, len(files))
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(max(s.ask.Workers, 1), len(files)) {
		wg.Go(func() {
			head := make([]byte, artifacts.MaxHead)
			for i := next.Add(1) - 1; i < int64(len(files)); i = next.Add(1) - 1 {
				verdicts[i] = s.examine(files[i], head)
			}
		})
	}
	wg.Wait()
	return verdicts
}

func (s *search) examine(e *entry, head []byte) (v verdict) {
	v.wanted = s.ask.Name != nil && s.ask.Name(e.name())
	if s.ask.Head == nil || e.Size() == 0 {
		return v
	}
	f, err := e.open()
	if err != nil {
		return verdict{err: err}
	}
	defer f.Close() // opened read-only: there is nothing to lose
	n, err := f.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return verdict{read: n, err: err}
	}
	v.read = n
	v.wanted = s.ask.Head(head[:n]) || v.wanted
	if v.wanted && e.head == nil {
		e.head = bytes.Clone(head[:min(n, artifacts.KnownHead)])
	}
	return v
}
