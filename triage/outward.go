package triage

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"hivetriage/artifacts"
	"hivetriage/artifacts/eventlog"
	"hivetriage/triage/attest"
	"hivetriage/triage/command"
	"hivetriage/triage/correlate"
)

// maxTools bounds the starts of programs that matter around a copy which are
// kept of one log: the newest ones.
const maxTools = 2_000

// earlierLogons counts logons before the window around the acts. Several logs
// are read at once.
type earlierLogons struct {
	mu    sync.Mutex
	tally correlate.LogonTally
}

func (l *earlierLogons) add(e *artifacts.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tally.Add(e)
}

// before reports whether an event is a logon before the window around the
// acts, which is counted only.
func (w *wanted) before(e *artifacts.Event) bool {
	return e.Logon != nil && e.Code == 4624 && e.Time.Before(w.from) && !w.sessions[e.Target.LogonID]
}

// askingOutward makes selectors of the records of processes. Of connections,
// which are many, it asks which programs they are of and where they lead.
func askingOutward(kinds []attest.Kind) []eventlog.Selector {
	images := map[string]bool{}
	rest := slices.DeleteFunc(selectors(kinds), func(s eventlog.Selector) bool {
		connection := s.Provider == sysmon && s.ID == 3
		if connection {
			images[s.Holds] = true
		}
		return connection
	})
	return append(rest, eventlog.Selector{Provider: sysmon, ID: 3, Data: true, Ask: func(v eventlog.Values) bool {
		return images[command.Base(string(v("Image")))] ||
			attest.RemotePort(string(v("DestinationPort"))) && strings.EqualFold(string(v("Initiated")), "true")
	}})
}

// keepTool keeps the start of a program that matters around a copy.
func (l *logFile) keepTool(e *artifacts.Event) {
	n, ok := attest.Started(e)
	if !ok {
		return
	}
	if l.tools = append(l.tools, n); len(l.tools) == 2*maxTools {
		correlate.SortNotices(l.tools)
		l.tools = slices.Clone(l.tools[maxTools:])
	}
}

// toolNotices are the starts of programs that matter around a copy, in the
// window around the acts: each once, whatever logs tell of it, and none that
// is a record of an act.
func (r *run) toolNotices(w *wanted) (notices []correlate.Notice) {
	var all []correlate.Notice
	for _, l := range r.logs {
		all = append(all, l.tools...)
	}
	type place struct {
		source, volume, path string
		record               uint64
	}
	at := func(f *correlate.From) place { return place{f.Source, f.Volume, f.Path, f.RecordID} }
	acts := map[place]bool{}
	for i := range r.records {
		acts[at(&r.records[i].From)] = true
	}
	slices.SortStableFunc(all, func(a, b correlate.Notice) int {
		return cmp.Or(strings.Compare(shortHost(a.Host), shortHost(b.Host)), strings.Compare(a.What, b.What), a.Time.Compare(b.Time), strings.Compare(a.From.Channel, b.From.Channel))
	})
	for _, n := range all {
		if !w.in(n.Time) || acts[at(&n.From)] || len(notices) == maxNotices {
			continue
		}
		if last := len(notices) - 1; last >= 0 && shortHost(notices[last].Host) == shortHost(n.Host) && notices[last].What == n.What && n.Time.Sub(notices[last].Last) <= oneStart {
			continue // Security and Sysmon tell of it
		}
		notices = append(notices, n)
	}
	return notices
}
