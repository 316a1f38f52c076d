package eventlog

import (
	"context"
	"errors"
	"hash/maphash"
	"io"
	"sync"

	"hivetriage/artifacts"
	"hivetriage/artifacts/internal/windows"
)

// batchChunks is how many chunks a worker reads and decodes at a time: 512
// KiB, which stays in a core's cache.
const batchChunks = 8

// An item is an event or a problem.
type item struct {
	event artifacts.Event
	err   error
	slack int // 1 + index in result.slack; 0: not from slack
}

// A result is what decoding one batch gave, in file order.
type result struct {
	items []item
	live  []uint64 // keys of the records of the log proper
	slack []uint64 // keys of the records found in slack; 0 once known for a copy
	tally tally
	end   bool // nothing can follow
}

// A tally is the part of Stats that a batch adds to.
type tally struct {
	Stats
	oldest, newest uint64 // FILETIME; newest 0: no records
	first, last    uint64 // record numbers; last 0: no records
}

func (t *tally) reset() {
	perID := t.PerID
	if perID == nil {
		perID = make(map[uint32]int64)
	}
	clear(perID)
	*t = tally{Stats: Stats{PerID: perID}}
}

// span widens the time span of records.
func (t *tally) span(oldest, newest uint64) {
	if t.newest == 0 || oldest < t.oldest {
		t.oldest = oldest
	}
	t.newest = max(t.newest, newest)
}

// sequence adds a run of record numbers. Numbers that go back are where a
// circular log starts over.
func (t *tally) sequence(first, last uint64) {
	if t.last == 0 {
		t.first = first
	} else if first > t.last+1 {
		t.Gaps++
		if t.FirstGap == 0 {
			t.FirstGap = t.last
		}
	}
	t.last = last
}

// add adds what the next batch counted.
func (t *tally) add(o *tally) {
	t.Records += o.Records
	t.LostInSlack += o.LostInSlack
	t.Chunks += o.Chunks
	t.BadChunks += o.BadChunks
	t.Bytes += o.Bytes
	t.Truncated = t.Truncated || o.Truncated
	for id, n := range o.PerID {
		t.PerID[id] += n
	}
	if o.newest != 0 {
		t.span(o.oldest, o.newest)
	}
	if o.last != 0 {
		t.sequence(o.first, o.last)
		t.last = o.last
		t.Gaps += o.Gaps
		if t.FirstGap == 0 {
			t.FirstGap = o.FirstGap
		}
	}
}

// stats returns the counts in their public form.
func (t *tally) stats() Stats {
	s := t.Stats
	s.Oldest, s.Newest = windows.Filetime(t.oldest), windows.Filetime(t.newest)
	return s
}

// recentKeys is how many records Events remembers at most, to tell copies, and
// recentPerBatch how many for each batch of a log that is small.
const (
	recentKeys     = 1 << 17
	recentPerBatch = 1 << 14
)

// recent remembers keys of records. Windows writes a chunk from a buffer that
// still holds the end of the chunk before, so that most of what lies in slack
// is a copy of a live record nearby. Old keys give way to new ones.
type recent []uint64

// newRecent is for a log of so many batches.
func newRecent(batches int64) recent {
	n := min(recentKeys, max(1, batches)*recentPerBatch)
	if r, ok := recents.Get().(*recent); ok && int64(cap(*r)) >= n {
		k := (*r)[:n]
		clear(k)
		return k
	}
	return make(recent, n)
}

// recents holds what logs that were read remembered, to be used again.
var recents sync.Pool

// settle tells which of a batch's slack records are copies and counts both.
func (k recent) settle(r *result, t *tally) {
	for _, key := range r.live {
		k[key>>16%uint64(len(k))] = key
	}
	for i, key := range r.slack {
		if at := &k[key>>16%uint64(len(k))]; *at == key {
			r.slack[i] = 0
			t.CopiesInSlack++
		} else {
			*at = key
			t.RecoveredFromSlack++
		}
	}
}

func newDecoder(l *Log, p *plan) *decoder {
	d := &decoder{log: l, plan: p, seed: maphash.MakeSeed()}
	d.asking = d.valueOf
	return d
}

// decodeBatch reads and decodes batch number n of the log into out.
func (d *decoder) decodeBatch(n int64, buf []byte, out *result) {
	d.out = out
	out.items, out.live, out.slack, out.end = out.items[:0], out.live[:0], out.slack[:0], false
	out.tally.reset()
	at := d.log.base + n*int64(len(buf))
	buf = buf[:min(int64(len(buf)), d.log.size-at)]
	for len(buf) > 0 && !out.end {
		got, err := d.log.r.ReadAt(buf, at)
		if got < len(buf) && err != nil {
			d.readProblem(at+int64(got), err)
		}
		out.tally.Bytes += int64(got)
		for i := 0; i < got; i += chunkSize {
			d.guard(buf[i:min(i+chunkSize, got)], at+int64(i))
		}
		// A sector that cannot be read costs its chunk, not the batch.
		done := min(len(buf), (got/chunkSize+1)*chunkSize)
		buf, at = buf[done:], at+int64(done)
	}
}

// readProblem reports bytes that could not be read.
func (d *decoder) readProblem(at int64, err error) {
	kind := artifacts.IO
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		kind, d.out.end, d.out.tally.Truncated = artifacts.Truncated, true, true
	}
	d.at = 0
	d.problem(kind, at, "reading the log: %w", err)
}

// guard decodes one chunk and turns a panic into a problem of kind Bug.
func (d *decoder) guard(chunk []byte, at int64) {
	defer func() {
		if r := recover(); r != nil {
			d.at = at
			d.problem(artifacts.Bug, 0, "decoding a chunk: %v", r)
		}
	}()
	d.decodeChunk(chunk, at)
}

// buffers holds batch buffers between logs.
var buffers = sync.Pool{New: func() any { b := make([]byte, batchChunks*chunkSize); return &b }}

// sequential decodes the batches one after the other.
func (l *Log) sequential(ctx context.Context, p *plan, emit func(*result) bool) {
	buf := buffers.Get().(*[]byte)
	defer buffers.Put(buf)
	d, out := newDecoder(l, p), new(result)
	for n := range l.batches() {
		if ctx.Err() != nil {
			return
		}
		d.decodeBatch(n, *buf, out)
		if !emit(out) || out.end {
			return
		}
	}
}

// parallel decodes the batches in workers goroutines and emits them in order.
// At most two results per worker wait for their turn.
func (l *Log) parallel(ctx context.Context, p *plan, workers int, emit func(*result) bool) {
	type job struct {
		n   int64
		out chan *result
	}
	ctx, cancel := context.WithCancel(ctx)
	var group sync.WaitGroup
	defer group.Wait()
	defer cancel()
	jobs := make(chan job)
	order := make(chan job, 2*workers)
	free := sync.Pool{New: func() any { return new(result) }}
	group.Go(func() {
		defer close(order)
		defer close(jobs)
		for n := range l.batches() {
			j := job{n, make(chan *result, 1)}
			for _, to := range []chan job{order, jobs} {
				select {
				case to <- j:
				case <-ctx.Done():
					return
				}
			}
		}
	})
	for range workers {
		group.Go(func() {
			buf := buffers.Get().(*[]byte)
			defer buffers.Put(buf)
			d := newDecoder(l, p)
			for j := range jobs {
				out := free.Get().(*result)
				d.decodeBatch(j.n, *buf, out)
				j.out <- out
			}
		})
	}
	for j := range order {
		select {
		case out := <-j.out:
			if !emit(out) || out.end {
				return
			}
			free.Put(out)
		case <-ctx.Done():
			return
		}
	}
}
