package triage

import (
	"context"
	"fmt"
	"strings"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/journal/recyclebin"
	"hivetriage/triage/attest"
)

// Bounds of what is kept of the artefacts that come in one stream, which
// cannot be opened again cheaply. Behind them only what attests to something
// is kept, within bounds of its own.
const (
	maxKeptTraces = 50_000    // of one file
	maxKeptBytes  = 128 << 20 // of all files
	maxTellBytes  = 64 << 20  // of what attests to something, of all files

	traceBytes    = 512  // that a trace has beside its texts, about
	maxKeptPaths  = 64   // files of a run or a removal
	maxKeptPhrase = 4096 // bytes of its command
)

// Files are read up to three times: for what attests to a copy, for what lies
// around the acts, and for their programs. Those with few entries are kept.
const (
	maxAgain    = 2 << 20  // bytes of the entries of one file
	maxAgainAll = 24 << 20 // and of all of them

	// maxBeside is up to which size files that are held in memory to be read
	// are read side by side, in bytes.
	maxBeside = 8 << 20
)

// A rereading keeps the entries of a file while they are read for the first
// time, so that it need not be opened again. What is kept does not change what
// is found.
type rereading struct {
	f    *traceFile
	r    *run
	kept []artifacts.Trace
	size int
	over bool
}

func (a *rereading) keep(t *artifacts.Trace) {
	if a.over {
		return
	}
	if a.size += bytesOf(t); a.size > maxAgain || a.r.again.Load()+int64(a.size) > maxAgainAll {
		a.over, a.kept = true, nil
		return
	}
	a.kept = append(a.kept, *t)
}

// done hands the entries over, if all of them were read.
func (a *rereading) done(ctx context.Context) {
	if a.over || ctx.Err() != nil || a.f.failed {
		return
	}
	if a.r.again.Add(int64(a.size)) > maxAgainAll {
		a.r.again.Add(-int64(a.size))
		return
	}
	a.f.kept, a.f.read = a.kept, true
}

// keepTrace keeps an artefact for later. What comes in one stream is read at
// once, while its content is at hand.
func (r *run) keepTrace(ctx context.Context, f *traceFile, streamed bool) {
	r.traces = append(r.traces, f)
	if !streamed {
		return
	}
	f.read = true
	left := 0
	for t, err := range f.all(ctx, r) {
		if err != nil {
			f.trouble(err)
			continue
		}
		size := bytesOf(&t)
		whole := len(f.kept) < maxKeptTraces && r.keptBytes+size <= maxKeptBytes
		if !whole && (!tells(&t) || len(f.kept) >= maxKeptTraces+maxTraceRecords || r.tellBytes+size > maxTellBytes) {
			left++
			continue
		}
		if whole {
			r.keptBytes += size
		} else {
			r.tellBytes += size
		}
		f.kept = append(f.kept, t)
	}
	if left > 0 {
		f.problem = append(f.problem, fmt.Sprintf("%s more than is kept of a file that comes in one stream: they are not compared with what else is found", plural(left, "entry is", "entries are")))
	}
}

// keepHive reads the artefacts in a hive that comes in one stream, and whose
// profile it lies in.
func (r *run) keepHive(ctx context.Context, entry artifacts.Entry) {
	at := entry.Locator()
	if len(r.streamedProfiles) < maxProfiles {
		r.streamedProfiles = append(r.streamedProfiles, profilesOf(entry)...)
	}
	switch readers := r.hiveReaders(at); {
	case readers == nil:
	case r.frugal():
		r.hivesLeft++
	default:
		r.keepTrace(ctx, &traceFile{entry: entry, at: at, hive: readers}, true)
	}
}

// tells reports whether an entry is worth keeping by itself.
func tells(t *artifacts.Trace) bool {
	if attest.Runs(t) || t.Artefact == recyclebin.RecycleBin || tellsPlace(t) {
		return true
	}
	_, ok := attest.Trace(t, time.Time{})
	return ok
}

// bytesOf is about what an entry takes in memory.
func bytesOf(t *artifacts.Trace) int {
	n := traceBytes + len(t.Program) + len(t.Command) + len(t.Entry)
	for _, p := range t.Paths {
		n += len(p) + 16
	}
	for _, d := range t.Details {
		n += len(d.Name) + len(d.Value) + 32
	}
	return n
}

// kept adds an entry to those that are tied to copies later, without more of
// its texts than that needs.
func kept(list []artifacts.Trace, t *artifacts.Trace) []artifacts.Trace {
	if len(list) >= maxRuns {
		return list
	}
	one := *t
	one.Paths = append([]string(nil), t.Paths[:min(len(t.Paths), maxKeptPaths)]...)
	if len(one.Command) > maxKeptPhrase {
		one.Command = strings.Clone(one.Command[:maxKeptPhrase])
	}
	return append(list, one)
}
