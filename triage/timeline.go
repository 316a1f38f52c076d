package triage

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"hivetriage/artifacts"
	"hivetriage/triage/correlate"
	"hivetriage/triage/locate"
)

// timeline lists what happened around the acts, oldest first.
func (r *run) timeline() []Moment {
	m := moments{}
	m.records(r.records)
	m.exports(r.exports)
	m.acts(r.acts)
	for _, n := range r.notices {
		m.add(n.Time, "notice", "", "%s: %s%s", n.Kind, n.What, times(n.Count))
	}
	for _, c := range r.clears {
		m.add(c.Time, "log cleared", "", "%s cleared the log %s on %s", userName(c.User), c.Channel, c.Host)
	}
	slices.SortStableFunc(m, func(a, b Moment) int {
		return cmp.Or(a.Time.Compare(b.Time), strings.Compare(a.Kind, b.Kind), strings.Compare(a.What, b.What), strings.Compare(a.Ref, b.Ref))
	})
	return slices.Compact([]Moment(m))
}

// moments are gathered in any order.
type moments []Moment

// add takes a moment whose time is known.
func (m *moments) add(t time.Time, kind, ref, format string, args ...any) {
	if !t.IsZero() {
		*m = append(*m, Moment{Time: t, Kind: kind, Ref: ref, What: fmt.Sprintf(format, args...)})
	}
}

func (m *moments) records(records []correlate.Record) {
	told := map[processKey]bool{}
	for _, rec := range records {
		switch {
		case rec.Assessment == "benign":
		case rec.Kind == "file":
			what := "created"
			if rec.From.EventCode == "23" || rec.From.EventCode == "26" {
				what = "deleted"
			}
			m.add(rec.Time, "file", rec.ID, "file %s by %s: %s", what, imageName(rec.Process.Executable), rec.File)
		case rec.Kind == "share":
			m.add(rec.Time, "file", rec.ID, "%s asked for over a share from %s: %s", userName(rec.User), cmp.Or(rec.Address, "an address that was not recorded"), rec.File)
		case rec.Kind == "hive-load", rec.Kind == "object":
			m.add(rec.Time, "file", rec.ID, "%s: %s", rec.Kind, rec.File)
		case rec.From.Artefact != "":
			m.add(rec.Time, "artefact", rec.ID, "%s", traced(&rec))
		case rec.Kind != "process":
			m.add(rec.Time, "command", rec.ID, "%s of %s: %s", rec.Kind, userName(rec.User), rec.Line)
		case !told[processKey{rec.Host, rec.Process.PID, rec.Process.CommandLine, rec.Time.Truncate(2 * time.Second)}]:
			// Security and Sysmon tell of the same start within milliseconds
			for _, t := range []time.Duration{-2, 0, 2} {
				told[processKey{rec.Host, rec.Process.PID, rec.Process.CommandLine, rec.Time.Add(t * time.Second).Truncate(2 * time.Second)}] = true
			}
			m.add(rec.Time, "command", rec.ID, "%s ran: %s", userName(rec.User), rec.Process.CommandLine)
		}
	}
}

// traced is whose artefact it is and what it names: a line, a file, a program.
func traced(rec *correlate.Record) string {
	who, what := rec.From.Artefact, rec.Told()
	if rec.User != (artifacts.User{}) {
		who += " of " + userName(rec.User)
	}
	if what == "" && rec.Process != nil {
		what = rec.Process.Executable
	}
	return who + ": " + what
}

func (m *moments) exports(exports []locate.Export) {
	for _, e := range exports {
		where := e.At.Place()
		m.add(e.Taken.Exact, "export", e.ID, "%s saved (stamp in the hive's header): %s", e.Hive, where)
		clock := ""
		if e.Clock != "" {
			clock = " (" + e.Clock + ")"
		}
		if e.At.Stream != "" {
			m.add(e.Times.SI.Modified, "export", e.ID, "file of the stream last written: %s (%s, %s)", where, e.Hive, e.State)
		} else {
			m.add(e.Times.SI.Created, "export", e.ID, "file created%s: %s (%s, %s)", clock, where, e.Hive, e.State)
		}
		for _, h := range e.History {
			m.add(h.Time, "file", e.ID, "%s (%s, %s)", h.What, e.Hive, e.State)
		}
	}
}

func (m *moments) acts(acts []correlate.Act) {
	for _, a := range acts {
		for _, n := range a.Chain {
			if n.Relation != "command" && n.From != nil {
				m.add(n.Time, "process", a.ID, "%s process: %s", n.Relation, cmp.Or(n.Process.CommandLine, n.Process.Executable))
			}
		}
		for _, s := range a.Sessions {
			m.add(s.Start, "logon", a.ID, "%s logged on, %s, session %s", userName(s.User), logonText(s.Logon), s.LogonID)
			m.add(s.End, "logoff", a.ID, "%s logged off, session %s", userName(s.User), s.LogonID)
		}
	}
}

// A processKey is one process start, whichever logs tell of it.
type processKey struct {
	host string
	pid  uint32
	line string
	near time.Time
}

// times says how often something was told.
func times(n int) string {
	if n < 2 {
		return ""
	}
	return fmt.Sprintf(" (%d times)", n)
}

func userName(u artifacts.User) string {
	switch {
	case u.Name != "" && u.Domain != "":
		return u.Domain + `\` + u.Name
	case u.Name != "":
		return u.Name
	case u.SID != "":
		return u.SID
	}
	return "an unknown account"
}

func logonText(l artifacts.Logon) string {
	return correlate.LogonText(l.Type, l.SourceIP, l.Workstation)
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }
