package triage

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/eventlog"
	"hivetriage/triage/attest"
	"hivetriage/triage/command"
	"hivetriage/triage/correlate"
	"hivetriage/triage/coverage"
)

// surrounding are the records of the second pass.
var surrounding = []eventlog.Selector{
	{Provider: securityAuditing, ID: 4688}, {Provider: sysmon, ID: 1}, {Provider: sysmon, ID: 11},
	{Provider: securityAuditing, ID: 4624}, {Provider: securityAuditing, ID: 4634},
}

// around are the records of the second pass with all that they say.
var around = append(append(selectors(attest.NoticeKinds()), surrounding...),
	eventlog.Selector{Provider: securityAuditing, ID: 5145, Data: true}, eventlog.Selector{Provider: attest.KernelGeneral, ID: 16, Data: true})

// A place in a log.
type spot struct {
	log    uint32
	offset int64
}

// wanted is what the acts ask the logs for in the second pass.
type wanted struct {
	spots    map[spot]bool // records of processes around the acts
	entities map[string]bool
	pids     map[uint32][]time.Time
	paths    map[string]bool   // files whose creation matters, as command.Normal writes them
	copies   map[string]string // the hives at the exports' places, which are in the same form
	spans    []span
	sessions map[string]bool // logon ids
	from, to time.Time       // the window around the acts

	earlier   *earlierLogons
	people    *people
	kin       kin // the processes of the acts, and who started them
	selectors []eventlog.Selector
}

// A span is the window around one act.
type span struct{ from, to time.Time }

// judge joins the facts into acts and reads again what they ask for.
func (r *run) judge(ctx context.Context) {
	r.tieFiles(r.files)
	r.acts = correlate.Join(r.exports, r.records, r.machines())
	if len(r.acts) == 0 {
		r.matchSigma(ctx, nil)
		return
	}
	members := r.members()
	trees := make([]correlate.Tree, len(r.acts))
	for i := range r.acts {
		trees[i] = r.starts.Around(members[i])
	}
	w := r.asked(trees)
	r.people = r.peopleOf(members)
	w.people, w.selectors = r.people, slices.Concat(w.selectors, knowing)
	events, files := r.readContext(ctx, w)
	r.tieFiles(files)
	r.records = append(r.records, events.touches...)
	correlate.SortRecords(r.records)
	r.notices = slices.Concat(events.notices, r.witnessed, r.toolNotices(&w))
	correlate.SortNotices(r.notices)
	r.matchSigma(ctx, &w)
	r.acts = correlate.Join(r.exports, r.records, r.machines())
	members = r.members()
	for i := range r.acts {
		tree := r.starts.Around(members[i])
		r.acts[i].Chain = tree.Chain(func(s correlate.Start) *artifacts.Event { return events.processes[spot{s.Log, s.Offset}] })
		r.acts[i].Enter(correlate.FindSessions(members[i], events.logons))
	}
	r.readExecutables(ctx, &w)
	correlate.Corroborate(r.acts, r.records, r.notices)
	correlate.Survey(r.acts, r.exports, r.records, r.surveyor())
	r.explain(r.members())
	r.logons = correlate.GroupLogons(events.logons, r.acts, r.members(), r.cfg.Window, &events.earlier)
	r.formerLogons = events.earlier.Groups()
}

// members returns the records of every act.
func (r *run) members() [][]*correlate.Record {
	byID := map[string]*correlate.Record{}
	for i := range r.records {
		byID[r.records[i].ID] = &r.records[i]
	}
	members := make([][]*correlate.Record, len(r.acts))
	for i, a := range r.acts {
		for _, id := range a.Records {
			members[i] = append(members[i], byID[id])
		}
	}
	return members
}

func (r *run) asked(trees []correlate.Tree) wanted {
	w := wanted{spots: map[spot]bool{}, entities: map[string]bool{}, pids: map[uint32][]time.Time{},
		paths: map[string]bool{}, sessions: map[string]bool{}, copies: map[string]string{}}
	for _, t := range trees {
		for _, n := range t.Nodes {
			w.spots[spot{n.Start.Log, n.Start.Offset}] = true
		}
	}
	for _, rec := range r.records {
		if rec.Assessment == "benign" {
			continue
		}
		if id := rec.User.LogonID; id != "" {
			w.sessions[id] = true
		}
		if rec.Kind != "process" && rec.Kind != "file" || rec.Process == nil {
			continue
		}
		if rec.Process.EntityID != "" {
			w.entities[rec.Process.EntityID] = true
		}
		w.pids[rec.Process.PID] = append(w.pids[rec.Process.PID], rec.Time)
		for _, c := range rec.Commands {
			for _, candidate := range command.Resolve(c.Destination, rec.Process.WorkingDirectory, rec.Process.Executable, rec.User.Name) {
				w.paths[command.Normal(candidate.Path)] = true
			}
		}
	}
	for _, e := range r.exports {
		for _, path := range belowDrive(e.At.Path) {
			w.paths[path], w.copies[path] = true, e.Hive
		}
	}
	for i, a := range r.acts {
		w.spans = append(w.spans, span{a.Start.Add(-r.cfg.Window), a.End.Add(r.cfg.Window)})
		if i == 0 || a.Start.Before(w.from) {
			w.from = a.Start
		}
		if a.End.After(w.to) {
			w.to = a.End
		}
	}
	w.from, w.to = w.from.Add(-r.cfg.Window), w.to.Add(r.cfg.Window)
	w.kin = kinOf(r.records)
	w.selectors = slices.Concat(around, askingOutward(attest.ProcessKinds(w.kin.images)))
	return w
}

// surroundings are the decoded records of the second pass.
type surroundings struct {
	processes map[spot]*artifacts.Event
	logons    []artifacts.Event    // 4624 and 4634, sorted by time
	earlier   correlate.LogonTally // logons before the window
	touches   []correlate.Record   // of the exports
	notices   []correlate.Notice
	noticed   map[noticeKey]int // index in notices
	beyond    int               // notices that are not kept
}

// readContext makes the second pass over the logs.
func (r *run) readContext(ctx context.Context, w wanted) (surroundings, []correlate.Record) {
	found := surroundings{processes: map[spot]*artifacts.Event{}, noticed: map[noticeKey]int{}}
	var files []correlate.Record
	again := r.newSightings()
	w.earlier = &earlierLogons{}
	report := r.progress("context", "")
	for rest := r.logs; len(rest) > 0; {
		n := r.together(rest)
		events := make([][]artifacts.Event, n)
		workers := r.cfg.Workers
		if n > 1 {
			workers = 1
		}
		abreast(r.cfg.Workers, n, func(i int) { events[i] = r.askAgain(ctx, rest[i], w, again, workers) })
		for i, l := range rest[:n] {
			for j := range events[i] {
				found.add(&events[i][j], l, &w, &files)
			}
			w.people.take(l.people)
			l.people = nil
		}
		rest = rest[n:]
		report(int64(len(r.logs)-len(rest)), int64(len(r.logs)))
	}
	found.earlier = w.earlier.tally
	for _, n := range r.readTraceContext(ctx, &w) {
		found.note(n)
	}
	r.readUsage(ctx, &w, found.note)
	for _, n := range r.readPacked(ctx) {
		found.note(n)
	}
	slices.SortStableFunc(found.logons, func(a, b artifacts.Event) int { return a.Time.Compare(b.Time) })
	if len(found.logons) == maxRecords {
		r.ledger.Note(coverage.Row{What: "logons", State: coverage.Skipped,
			Why: fmt.Sprintf("more than %d logon records lie around the acts; the rest are not counted", maxRecords)})
	}
	if found.beyond > 0 {
		r.ledger.Note(coverage.Row{What: "notices", State: coverage.Skipped, Records: int64(found.beyond),
			Why: fmt.Sprintf("more than %d different records lie around the acts that attest to no copy; the rest are not listed", maxNotices)})
	}
	correlate.SortNotices(found.notices)
	found.touches = numbered(found.touches)
	return found, numbered(files)
}

// add takes an event of the second pass.
func (s *surroundings) add(event *artifacts.Event, l *logFile, w *wanted, files *[]correlate.Record) {
	switch {
	case s.take(event, w):
	case event.Logon != nil:
		if len(s.logons) < maxRecords {
			s.logons = append(s.logons, *event)
		}
	case event.File != nil:
		*files = append(*files, fileRecord(event))
	default:
		s.processes[spot{uint32(l.index), event.Offset}] = event
	}
}

// askAgain makes the second pass over one log.
func (r *run) askAgain(ctx context.Context, l *logFile, w wanted, again *sightings, workers int) (events []artifacts.Event) {
	if !l.open || !l.holds(surrounding) && !w.meets(l.stats) || ctx.Err() != nil {
		return nil
	}
	content, err := l.entry.Open(ctx)
	if err != nil {
		r.ledger.Problem("second pass", artifacts.Located(l.at, err), false)
		return nil
	}
	defer content.Close()
	log, _ := l.read(content) // its problem is in the ledger since the first pass
	query := eventlog.Query{Select: w.selectors, Workers: workers,
		Pick: func(id uint32, offset int64) bool {
			return id != 4688 && id != 1 || w.spots[spot{uint32(l.index), offset}]
		},
		Match: func(e *artifacts.Event) bool { return w.asks(e, uint32(l.index)) || w.people.wants(e) }}
	logons := 0
	for event, err := range log.Events(ctx, query) {
		if err != nil || r.repeated(again, &event, l) { // an error was told by the first pass
			continue
		}
		if w.people.wants(&event) {
			l.people = append(l.people, event)
			if !w.asks(&event, uint32(l.index)) {
				continue
			}
		}
		if w.before(&event) {
			w.earlier.add(&event)
			continue
		}
		if event.Logon != nil {
			if logons++; logons > maxRecords {
				continue
			}
		}
		events = append(events, event)
	}
	return events
}

// holds reports whether the first pass met records that the second one wants,
// or could not tell because it did not count them.
func (l *logFile) holds(selectors []eventlog.Selector) bool {
	if l.json || l.is("Security", "security.evtx") {
		return true
	}
	for _, s := range selectors {
		if l.stats.PerID[s.ID] > 0 {
			return true
		}
	}
	return false
}

// asks is the second pass's question to every decoded event.
func (w *wanted) asks(e *artifacts.Event, log uint32) bool {
	if len(e.Data) > 0 {
		return w.touched(e) != "" || w.noticed(e)
	}
	switch {
	case e.Logon != nil:
		id := e.Target.LogonID
		if w.sessions[id] || w.before(e) {
			return true
		}
		if e.Code != 4624 && (strings.HasSuffix(e.Target.Name, "$") || e.Target.SID == "S-1-5-18") { // the ends of computers' sessions are not asked for
			return false
		}
		return !e.Time.Before(w.from) && !e.Time.After(w.to)
	case e.File != nil:
		if e.Process != nil && (w.entities[e.Process.EntityID] || w.nearPID(e.Process.PID, e.Time)) {
			return true
		}
		path := command.Normal(e.File.Path)
		if _, below, ok := strings.Cut(path, ":"); ok && w.paths[below] {
			return true
		}
		return w.paths[path]
	case e.Process != nil:
		return w.spots[spot{log, e.Offset}]
	}
	return false
}

func (w *wanted) nearPID(pid uint32, at time.Time) bool {
	return pid != 0 && slices.ContainsFunc(w.pids[pid], func(t time.Time) bool { return at.Sub(t).Abs() < time.Minute })
}

// tieFiles turns file creations into records of the acts: those by a process
// that copies hives, at an export's place, or under a hive's name.
func (r *run) tieFiles(files []correlate.Record) {
	known := map[string]bool{}
	for _, rec := range r.records {
		known[rec.ID] = true
	}
	for _, f := range files {
		if known[f.ID] {
			continue
		}
		tied := correlate.TieFile(&f, r.records, r.exports)
		if tied {
			f.Technique = attackOf(f.Hives, nil)
			if !strings.Contains("23 26", f.From.EventCode) { // deletions
				r.ruleFound(&f)
			}
		}
		if tied || len(f.Hives) > 0 {
			r.records = append(r.records, f)
		}
	}
	correlate.SortRecords(r.records)
}
