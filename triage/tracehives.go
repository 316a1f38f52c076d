package triage

import (
	"context"
	"path"
	"slices"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/artifacts/execution/registry"
	"hivetriage/artifacts/hive"
	"hivetriage/triage/coverage"
)

// A hiveReader reads what one place in a registry hive tells.
type hiveReader struct {
	in   string // kind of hive
	read func(hive.Node) traceSeq
}

// addHiveTraces keeps the hives that tell of programs and of users: those of
// the system where they are live, and those of users wherever a profile is.
func (r *run) addHiveTraces(ctx context.Context) {
	findings := map[string]bool{}
	if r.frugal() {
		findings = r.findings()
	}
	left := r.hivesLeft
	for _, entry := range r.hives {
		at := entry.Locator()
		readers := r.hiveReaders(at)
		if readers == nil && r.lone[at.Source] {
			readers = readersOf[string(kindOf(ctx, entry))]
		}
		if readers == nil {
			continue
		}
		if r.frugal() && !findings[at.Source] {
			left++
			continue
		}
		r.traces = append(r.traces, &traceFile{entry: entry, at: at, hive: readers})
	}
	if left > 0 {
		r.ledger.Note(coverage.Row{What: "artefacts in hives", State: coverage.Skipped, Records: left,
			Why: "in a run over many inputs, ShimCache, BAM, services, tasks, Amcache and what users' hives keep are read where something else was found; give an input on its own to have them read"})
	}
}

// hiveReaders returns what is asked of the hive at a place; nil if nothing is.
func (r *run) hiveReaders(at artifacts.Locator) []hiveReader {
	if at.Member != "" || at.Stream != "" {
		return nil
	}
	switch {
	case strings.EqualFold(path.Base(at.Path), "amcache.hve"):
		return readersOf["Amcache"]
	case strings.EqualFold(path.Base(at.Path), "usrclass.dat") && profileFolder(at) != "":
		return readersOf["UsrClass"]
	case strings.EqualFold(path.Base(at.Path), "ntuser.dat") && profileFolder(at) != "":
		return readersOf["NTUSER"]
	case r.isLive(at, hive.System) && r.cfg.Footprint:
		return append(slices.Clone(readersOf["SYSTEM"]), hiveReader{"SYSTEM", registry.Interfaces})
	case r.isLive(at, hive.System):
		return readersOf["SYSTEM"]
	case r.isLive(at, hive.Software):
		return readersOf["SOFTWARE"]
	}
	return nil
}

// hiveTraces browses a hive, through its logs where it was not written whole.
func (r *run) hiveTraces(ctx context.Context, at artifacts.Locator, content artifacts.Content, readers []hiveReader) traceSeq {
	return func(yield func(artifacts.Trace, error) bool) {
		content, _ = r.throughLogs(ctx, at, content) // told when it was read first
		browser, err := hive.Browse(content, content.Size())
		if err != nil {
			yield(artifacts.Trace{}, err)
			return
		}
		for _, reader := range readers {
			for t, err := range reader.read(browser.Root()) {
				if !yield(t, err) {
					return
				}
			}
		}
		if err := browser.Err(); err != nil {
			yield(artifacts.Trace{}, err)
		}
	}
}
