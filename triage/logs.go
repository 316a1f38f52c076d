package triage

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"hivetriage/artifacts"
	"hivetriage/artifacts/eventlog"
	"hivetriage/triage/attest"
	"hivetriage/triage/command"
	"hivetriage/triage/correlate"
	"hivetriage/triage/coverage"
	"hivetriage/triage/footprint"
	"hivetriage/triage/rule"
)

// Providers of the records that are decoded.
const (
	securityAuditing = "Microsoft-Windows-Security-Auditing"
	sysmon           = "Microsoft-Windows-Sysmon"
	eventLog         = "Microsoft-Windows-Eventlog"
)

// attesting are the records of the first pass: those that can attest to a
// copy by themselves, and those that tell of cleared logs.
var attesting = append(append(selectors(attest.Kinds), clockRecords...),
	eventlog.Selector{Provider: securityAuditing, ID: 4688}, eventlog.Selector{Provider: sysmon, ID: 1},
	eventlog.Selector{Provider: eventLog, ID: 1102}, eventlog.Selector{Provider: eventLog, ID: 104})

// attestingAsked are the same, without most of those that are of no use.
var attestingAsked = askedOf(attesting)

func askedOf(all []eventlog.Selector) []eventlog.Selector {
	all = slices.Clone(all)
	for i, k := range attest.Kinds {
		if ask := k.Ask(); ask != nil {
			all[i].Ask = func(v eventlog.Values) bool { return ask(v) }
		}
	}
	return all
}

func selectors(kinds []attest.Kind) (all []eventlog.Selector) {
	for _, k := range kinds {
		all = append(all, eventlog.Selector{Provider: k.Provider, ID: k.ID, Data: k.Data, Holds: k.Holds})
	}
	return all
}

// maxRecords bounds the records of one kind that are kept from one log.
const maxRecords = 100_000

// A logFile is one event log and what its first pass met.
type logFile struct {
	entry artifacts.Entry
	at    artifacts.Locator
	index int // order of appearance, names the log in correlate.Start
	stats eventlog.Stats
	done  bool // the first pass is over
	open  bool // could be opened
	json  bool // is a JSON log

	people []artifacts.Event // of those who did the acts, in the second pass until they are taken

	// Of a run that is asked for a footprint.
	attesting   map[int64]bool    // offsets of records on their way that attest
	feet        *footprint.Reader // what the log tells, until it is taken
	logons      int64             // in the log
	metHosts    []string          // in its records
	metChannels []string

	mu          sync.Mutex
	hosts       map[string]bool
	channels    map[string]bool
	withCommand int64 // process starts of Security with a command line
	without     int64
	images      launches
	tools       []correlate.Notice // starts of programs that matter around a copy
}

// readLogs makes the first pass over every log that the scan left.
func (r *run) readLogs(ctx context.Context) {
	slices.SortFunc(r.logs, func(a, b *logFile) int { return a.at.Compare(b.at) })
	report := r.progress("logs", "")
	var total, done int64
	for _, l := range r.logs {
		total += l.entry.Size()
	}
	r.sightings, r.feet.sightings = r.newSightings(), r.newSightings()
	r.verifyLogs(ctx)
	for rest := r.logs; len(rest) > 0; {
		n := r.together(rest)
		r.readTogether(ctx, rest[:n])
		for _, l := range rest[:n] {
			done += l.entry.Size()
		}
		report(done, total)
		rest = rest[n:]
	}
	r.launched = launches{}
	for _, l := range r.logs {
		r.launched.take(l.images)
	}
	if r.sightings != nil {
		r.sightings.note(&r.ledger)
	}
	if r.starts.Seal() {
		r.ledger.Note(coverage.Row{What: "process starts", State: coverage.Skipped, Records: correlate.MaxStarts,
			Why: fmt.Sprintf("only the newest %d process starts are kept for process trees; older ancestors are missing from them", correlate.MaxStarts)})
	}
	r.takeTold()
	r.records = numbered(r.records)
	r.files = numbered(r.files)
	if len(r.hosts) == 0 {
		r.hosts = r.hostsFromLogs()
	}
	if len(r.hosts) == 0 {
		r.hosts = r.hostsFromCollectors()
	}
	r.logCoverage()
}

// verifyLogs has the logs compared with the digests that a collector noted,
// side by side and the largest first: each one is read alone, and would wait
// for that.
func (r *run) verifyLogs(ctx context.Context) {
	type verifier interface{ Verify(context.Context) error }
	logs := slices.Clone(r.logs)
	slices.SortStableFunc(logs, func(a, b *logFile) int { return cmp.Compare(b.entry.Size(), a.entry.Size()) })
	abreast(r.cfg.Workers, len(logs), func(i int) {
		if v, ok := logs[i].entry.(verifier); ok && !logs[i].done {
			_ = v.Verify(ctx) // its error comes again when the log is opened
		}
	})
}

// Logs of up to smallLog bytes are read several at a time, togetherLogs of
// them before what was found in them is kept in their order.
const (
	smallLog     = 4 << 20
	togetherLogs = 64
)

// together is how many of the first logs are read at once. Where records of
// shadow copies are to be known again, it matters which log comes first.
func (r *run) together(logs []*logFile) int {
	n := 0
	for n < min(len(logs), togetherLogs) && r.sightings == nil && logs[n].entry.Size() <= smallLog {
		n++
	}
	return max(n, 1)
}

// readTogether makes the first pass over some logs.
func (r *run) readTogether(ctx context.Context, logs []*logFile) {
	if len(logs) == 1 {
		if !logs[0].done {
			r.readLog(ctx, logs[0])
		}
		return
	}
	found := make([][]artifacts.Event, len(logs))
	abreast(r.cfg.Workers, len(logs), func(i int) {
		if !logs[i].done {
			r.passLog(ctx, logs[i], 1, func(e *artifacts.Event) { found[i] = append(found[i], *e) })
		}
	})
	for i, events := range found {
		for j := range events {
			r.keep(&events[j])
		}
		r.takeFeet(logs[i])
	}
}

// readLog makes the first pass over one log.
func (r *run) readLog(ctx context.Context, l *logFile) {
	r.passLog(ctx, l, r.cfg.Workers, r.keep)
	r.takeFeet(l)
}

// passLog makes the first pass over one log and gives what it finds to keep. A
// panic costs this log only.
func (r *run) passLog(ctx context.Context, l *logFile, workers int, keep func(*artifacts.Event)) {
	l.done = true
	row := coverage.Row{What: "event log", At: &l.at, State: coverage.Read}
	defer func() {
		if p := recover(); p != nil {
			row.State, row.Gap, row.Why = coverage.Failed, true, fmt.Sprintf("bug: %v", p)
		}
		r.ledger.Stream(row)
	}()
	if ctx.Err() != nil {
		row.State, row.Gap, row.Why = coverage.Skipped, true, "interrupted"
		return
	}
	content, err := l.entry.Open(ctx)
	if err != nil {
		row.State, row.Gap, row.Why = coverage.Failed, true, why(l.at, err)
		return
	}
	defer content.Close()
	log, err := l.read(content)
	if log == nil {
		row.State, row.Gap, row.Why = coverage.Failed, true, why(l.at, err)
		return
	}
	var problems problemList
	problems.add(l.at, err)
	l.hosts, l.channels, l.images = map[string]bool{}, map[string]bool{}, launches{}
	selected := attestingAsked
	if r.sightings != nil { // records are compared with those of other logs
		selected = attesting
	}
	query := eventlog.Query{Select: selected, Since: r.cfg.Since, Until: r.cfg.Until, Workers: workers,
		Match: func(e *artifacts.Event) bool { return r.meets(e, l) && r.attests(e, l) }}
	if r.cfg.Footprint {
		query, keep = r.footprinted(query, l, keep)
	}
	for event, err := range log.Events(ctx, query) {
		if err != nil {
			if !interrupted(err) {
				problems.add(l.at, err)
			}
			continue
		}
		keep(&event)
	}
	l.open, l.stats = true, log.Stats()
	r.forgetFeet(l)
	row.From, row.To = l.stats.Oldest, l.stats.Newest
	row.Records, row.Bytes = l.stats.Records, l.stats.Bytes
	if len(problems.texts) > 0 || ctx.Err() != nil {
		row.State, row.Gap = coverage.Partial, true
		row.Why = problems.String()
	}
}

// meets notes what a decoded event of the first pass tells of its log, and
// reports whether it was not met before in another one. It runs in the log's
// workers, as attests does.
func (r *run) meets(e *artifacts.Event, l *logFile) bool {
	l.mu.Lock()
	if len(l.hosts) < 64 {
		l.hosts[e.Host] = true
	}
	if len(l.channels) < 64 {
		l.channels[e.Channel] = true
	}
	if e.Code == 4688 && e.Process != nil {
		if e.Process.CommandLine != "" {
			l.withCommand++
		} else {
			l.without++
		}
	}
	l.mu.Unlock()
	return !r.repeated(r.sightings, e, l)
}

// attests is the first pass's question to every decoded event.
func (r *run) attests(e *artifacts.Event, l *logFile) bool {
	switch {
	case e.Cleared != "", tellsOfClock(e):
		return true
	case byReg(e):
		return true
	case attest.Reads(e):
		return attest.Wanted(e)
	case e.Process == nil || e.Code == 4624:
		return false
	}
	l.mu.Lock()
	l.images.count(e)
	l.keepTool(e)
	l.mu.Unlock()
	r.starts.Add(correlate.NewStart(e, l.index))
	return len(command.Analyze(*e.Process)) > 0 || ruleMatches(e)
}

// byReg reports whether reg.exe created a file.
func byReg(e *artifacts.Event) bool {
	return e.Code == 11 && e.File != nil && e.Process != nil && strings.EqualFold(imageName(e.Process.Executable), "reg.exe")
}

// ruleMatches reports whether the seed rule matches. It asks for an argument
// that names a hive plainly, so most lines are told apart without splitting.
func ruleMatches(e *artifacts.Event) bool {
	line := strings.ToLower(e.Process.CommandLine)
	if !strings.Contains(line, `hklm\s`) && !strings.Contains(line, `hkey_local_machine\s`) && len(e.Process.Args) == 0 {
		return false
	}
	return rule.MatchesSeed(e, arguments(e.Process))
}

func arguments(p *artifacts.Process) []string {
	if len(p.Args) > 0 {
		return p.Args
	}
	return command.Split(p.CommandLine)
}

// keep turns an event of the first pass into a fact.
func (r *run) keep(e *artifacts.Event) {
	switch {
	case e.Cleared != "":
		if len(r.clears) < maxRecords {
			r.clears = append(r.clears, correlate.Clear{Time: e.Time, Host: e.Host, Channel: e.Cleared, User: e.User, From: correlate.FromEvent(e)})
		}
	case tellsOfClock(e):
		r.keepClock(e)
	case byReg(e):
		if len(r.files) < maxRecords {
			r.files = append(r.files, fileRecord(e))
		}
	case attest.Reads(e):
		r.told.Add(e)
	case len(r.records) < maxRecords:
		r.records = append(r.records, processRecord(e))
	case len(r.records) == maxRecords:
		r.records = append(r.records, processRecord(e))
		at := e.From
		r.ledger.Note(coverage.Row{What: "event log", At: &at, State: coverage.Skipped, Gap: true,
			Why: fmt.Sprintf("more than %d records name a credential hive; the rest are not listed", maxRecords)})
	}
}

// takeTold takes what the records other than process starts say. Files are
// tied to commands and exports first.
func (r *run) takeTold() {
	records, beyond := r.told.Records()
	for _, rec := range records {
		if rec.Kind == "file" {
			r.files = append(r.files, rec)
		} else {
			r.records = append(r.records, rec)
		}
	}
	if beyond > 0 {
		r.ledger.Note(coverage.Row{What: "event logs", State: coverage.Skipped, Gap: true, Records: int64(beyond),
			Why: plural(beyond, "record of shares, scripts, services or files lies", "records of shares, scripts, services or files lie") + " beyond the bounds of what is kept"})
	}
}

// numbered sorts records and makes the ids of records that stand in several
// logs unique.
func numbered(records []correlate.Record) []correlate.Record {
	correlate.SortRecords(records)
	seen := map[string]int{}
	for i := range records {
		id := records[i].ID
		if seen[id]++; seen[id] > 1 {
			records[i].ID = fmt.Sprintf("%s-%d", id, seen[id])
		}
	}
	return records
}

// problemList keeps the first problems of a log and counts the rest.
type problemList struct {
	texts []string
	more  int
}

func (p *problemList) add(at artifacts.Locator, err error) {
	switch {
	case err == nil:
	case len(p.texts) < 5:
		p.texts = append(p.texts, why(at, err))
	default:
		p.more++
	}
}

func (p *problemList) String() string {
	s := strings.Join(p.texts, "; ")
	if p.more > 0 {
		s += fmt.Sprintf("; and %d more problems", p.more)
	}
	return s
}
