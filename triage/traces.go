package triage

import (
	"context"
	"iter"
	"path"
	"slices"
	"strings"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/execution/registry"
	"hivetriage/artifacts/journal/recyclebin"
	"hivetriage/triage/attest"
	"hivetriage/triage/correlate"
	"hivetriage/triage/coverage"
	"hivetriage/triage/footprint"
)

// Bounds of what traces may fill.
const (
	maxTraceRecords = 20_000 // that attest to something by themselves
	maxRuns         = 20_000 // runs of programs that copy hives
	maxTraceTold    = 20     // files of a kind whose damage is listed
)

// A traceFile is an artefact that is no event log, and what its first reading
// gave.
type traceFile struct {
	entry artifacts.Entry
	at    artifacts.Locator
	kind  *traceKind
	hive  []hiveReader      // of a registry hive
	kept  []artifacts.Trace // where the file came in a stream: all that it holds
	read  bool              // in kept

	found   []correlate.Record
	runs    []artifacts.Trace // of programs that copy hives
	removed []artifacts.Trace // of files that are in the Recycle Bin
	places  []artifacts.Trace // of what places are: shared, synchronised, removable
	feet    footprint.Reader  // where one is asked for
	entries int64
	from    time.Time // the oldest and the newest time in it
	to      time.Time
	bytes   int64
	problem []string
	failed  bool
	beyond  int // records that are not in found

	allocation artifacts.Allocation // what became of the file
	misnamed   string               // how its name contradicts it
}

type traceSeq = iter.Seq2[artifacts.Trace, error]

// takeTrace keeps an entry whose name and place are those of an artefact. It
// returns true as well for an entry that was wanted for such a name only and
// lies elsewhere.
func (r *run) takeTrace(ctx context.Context, entry artifacts.Entry, streamed bool) bool {
	at := entry.Locator()
	name := path.Base(at.Path)
	if !isTraceName([]byte(name), []byte(at.Stream)) {
		return false
	}
	kind := traceNamed(at)
	if kind == nil && r.lone[at.Source] {
		kind = traceCalled(at.Path)
	}
	if kind != nil {
		r.ledger.Want()
		r.keepTrace(ctx, &traceFile{entry: entry, at: at, kind: kind}, streamed)
		return true
	}
	head, err := readHead(ctx, entry)
	return err == nil && !wants(head) && traceHeaded(head) == nil && !isImageName(at.Path)
}

// trouble keeps the first problems of a file.
func (f *traceFile) trouble(err error) {
	if interrupted(err) {
		return
	}
	switch n := len(f.problem); {
	case n < 3:
		f.problem = append(f.problem, why(f.at, err))
	case n == 3:
		f.problem = append(f.problem, "and more")
	}
}

// all reads the file's entries. A panic costs this file only.
func (f *traceFile) all(ctx context.Context, r *run) traceSeq {
	return func(yield func(artifacts.Trace, error) bool) {
		going := true
		defer func() {
			if p := recover(); p != nil && going {
				yield(artifacts.Trace{}, artifacts.NewProblem(artifacts.Bug, -1, "%v", p))
			}
		}()
		content, err := f.entry.Open(ctx)
		if err != nil {
			f.failed = true
			yield(artifacts.Trace{}, err)
			return
		}
		defer content.Close()
		f.bytes = content.Size()
		if i, ok := content.(artifacts.Inflated); ok && i.Inflated() && f.bytes > maxBeside {
			r.unpacking.Lock()
			defer r.unpacking.Unlock()
		}
		for t, err := range f.entriesOf(ctx, r, content) {
			t.From = f.at
			if going = yield(t, err); !going || ctx.Err() != nil {
				return
			}
		}
	}
}

// entriesOf reads the content as what it is.
func (f *traceFile) entriesOf(ctx context.Context, r *run, content artifacts.Content) traceSeq {
	if f.hive != nil {
		return r.hiveTraces(ctx, f.at, content, f.hive)
	}
	if f.kind.choose != nil {
		return f.kind.choose(f.at.Path)(ctx, content, content.Size())
	}
	return f.kind.read(ctx, content, content.Size())
}

// each gives every entry of the file with its host and user.
func (f *traceFile) each(ctx context.Context, r *run, do func(*artifacts.Trace)) {
	host, user := r.hostOf(f.at), userOf(f.at)
	take := func(t artifacts.Trace) {
		if t.Host == "" || strings.EqualFold(t.Host, host) {
			t.Host = host
		}
		if t.User == (artifacts.User{}) {
			t.User = user
		}
		do(&t)
	}
	if f.read {
		for _, t := range f.kept {
			take(t)
		}
		return
	}
	for t, err := range f.all(ctx, r) {
		if err != nil {
			f.trouble(err)
			continue
		}
		take(t)
	}
}

// hostOf names the computer whose volume an artefact lies on; "" where that is
// not known.
func (r *run) hostOf(at artifacts.Locator) string {
	volume := at.Volume
	if info := r.snapshots[keyOf(at)]; info != nil {
		volume = info.Of
	}
	name, n := "", 0
	for _, h := range r.hosts {
		if h.key.source == at.Source && h.key.volume == volume {
			return h.Name
		}
		if h.Disk == at.Disk() {
			name, n = h.Name, n+1
		}
	}
	if n == 1 {
		return name
	}
	return ""
}

// userOf tells whose file an artefact is by its folder: the profile's, or the
// SID's in the Recycle Bin.
func userOf(at artifacts.Locator) (u artifacts.User) {
	if sid := recyclebin.SID(at.Path); sid != "" {
		return artifacts.User{SID: sid}
	}
	parts := strings.Split(at.Path, "/")
	for i := 1; i+2 < len(parts); i++ {
		if strings.EqualFold(parts[i], "users") || strings.EqualFold(parts[i], "documents and settings") {
			return artifacts.User{Name: parts[i+1]}
		}
	}
	return u
}

// readTraces reads every artefact once for what attests to a copy by itself,
// and for the runs of programs that make copies.
func (r *run) readTraces(ctx context.Context) {
	r.addHiveTraces(ctx)
	slices.SortStableFunc(r.traces, func(a, b *traceFile) int { return a.at.Compare(b.at) })
	report := r.progress("artefacts", "")
	abreast(r.cfg.Workers, len(r.traces), func(i int) {
		if ctx.Err() == nil {
			r.traces[i].judge(ctx, r)
		}
		report(int64(i+1), int64(len(r.traces)))
	})
	r.takeTraces()
	correlate.SortRecords(r.records)
	r.noteTraces(ctx)
}

// takeTraces gathers what the files gave, in their order.
func (r *run) takeTraces() {
	known := map[string]bool{}
	r.doubts = map[artifacts.Locator][]string{}
	beyond := 0
	for _, f := range r.traces {
		beyond += f.beyond
		for _, rec := range f.found {
			switch {
			case known[rec.ID]: // a shadow copy's, and the same
			case len(known) == maxTraceRecords:
				beyond++
			default:
				known[rec.ID] = true
				r.nameUser(&rec)
				rec.Because = append(rec.Because, f.doubts()...)
				r.records = append(r.records, rec)
			}
		}
		if doubts := f.doubts(); len(f.runs) > 0 && len(doubts) > 0 {
			r.doubts[f.at] = doubts
		}
		for _, t := range f.runs {
			if len(r.runs) < maxRuns {
				r.runs = append(r.runs, t)
			} else {
				beyond++
			}
		}
		r.feet.reader.Take(&f.feet)
		f.feet = footprint.Reader{}
		r.removed = append(r.removed, f.removed...)
		r.places = append(r.places, f.places...)
		f.found, f.runs, f.removed, f.places = nil, nil, nil, nil
	}
	if beyond > 0 {
		r.ledger.Note(coverage.Row{What: "artefacts", State: coverage.Skipped, Gap: true, Records: int64(beyond),
			Why: plural(beyond, "entry that may tell of copies lies", "entries that may tell of copies lie") + " beyond the bounds of what is kept"})
	}
}

// nameUser adds the SID that a profile's folder belongs to.
func (r *run) nameUser(rec *correlate.Record) {
	if rec.User.Name == "" || rec.User.SID != "" {
		return
	}
	for _, p := range r.profileNames() {
		if strings.EqualFold(p.folder, rec.User.Name) {
			rec.User.SID = p.sid
			rec.Because = append(rec.Because, "The account is told by "+p.because+".")
			return
		}
	}
}

// judge reads a file for the first time.
func (f *traceFile) judge(ctx context.Context, r *run) {
	meta := f.entry.Meta()
	f.allocation = meta.Allocation
	written := meta.Times.Modified
	if meta.LocalTimes {
		written = time.Time{}
	}
	var regedit []time.Time
	again := rereading{f: f, r: r, over: f.read}
	f.each(ctx, r, func(t *artifacts.Trace) {
		if r.cfg.Footprint && f.feet.AddTrace(t) {
			return
		}
		again.keep(t)
		f.entries++
		if f.misnamed == "" {
			f.misnamed = misnamed(f.at, t)
		}
		if tellsPlace(t) {
			f.places = keptPlace(f.places, t)
		}
		if at := attest.RegeditChose(t); !at.IsZero() && len(regedit) < maxRuns {
			regedit = append(regedit, at)
		}
		for _, s := range t.Times {
			if f.from.IsZero() || s.Time.Before(f.from) {
				f.from = s.Time
			}
			if s.Time.After(f.to) {
				f.to = s.Time
			}
		}
		if t.Artefact == registry.InShare || t.Artefact == registry.InMountedDevices {
			return // what they name are folders and drives
		}
		if rec, ok := attest.Trace(t, written); ok && r.inRange(&rec) {
			if len(f.found) < maxTraceRecords {
				f.found = append(f.found, rec)
			} else {
				f.beyond++
			}
		}
		if attest.Runs(t) {
			f.runs = kept(f.runs, t)
		}
		if t.Artefact == recyclebin.RecycleBin {
			f.removed = kept(f.removed, t)
		}
	})
	again.done(ctx)
	attest.Regedit(f.found, regedit)
}

// inRange reports whether a record's time is within what the user asked for.
func (r *run) inRange(rec *correlate.Record) bool {
	return rec.Time.IsZero() || (r.cfg.Since.IsZero() || !rec.Time.Before(r.cfg.Since)) && (r.cfg.Until.IsZero() || !rec.Time.After(r.cfg.Until))
}

func (f *traceFile) what() string {
	if f.kind != nil {
		return f.kind.what
	}
	return "artefacts in " + f.hive[0].in
}
