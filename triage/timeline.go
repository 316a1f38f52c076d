package triage

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"hivetriage/artifacts"
	"hivetriage/triage/correlate"
)

// timeline lists what happened around the acts, oldest first.
func (r *run) timeline() []Moment {
	moments := []Moment{}
	add := func(t time.Time, kind, ref, format string, args ...any) {
		if !t.IsZero() {
			moments = append(moments, Moment{Time: t, Kind: kind, Ref: ref, What: fmt.Sprintf(format, args...)})
		}
	}
	told := map[processKey]bool{}
	for _, rec := range r.records {
		switch {
		case rec.Assessment == "benign":
		case rec.Kind == "file":
			what := "created"
			if rec.From.EventCode == "23" || rec.From.EventCode == "26" {
				what = "deleted"
			}
			add(rec.Time, "file", rec.ID, "file %s by %s: %s", what, imageName(rec.Process.Executable), rec.File)
		case rec.Kind == "share":
			add(rec.Time, "file", rec.ID, "%s asked for over a share from %s: %s", userName(rec.User), cmp.Or(rec.Address, "an address that was not recorded"), rec.File)
		case rec.Kind == "hive-load", rec.Kind == "object":
			add(rec.Time, "file", rec.ID, "%s: %s", rec.Kind, rec.File)
		case rec.Kind != "process":
			add(rec.Time, "command", rec.ID, "%s of %s: %s", rec.Kind, userName(rec.User), rec.Line)
		case !told[processKey{rec.Host, rec.Process.PID, rec.Process.CommandLine, rec.Time.Truncate(2 * time.Second)}]:
			// Security and Sysmon tell of the same start within milliseconds
			for _, t := range []time.Duration{-2, 0, 2} {
				told[processKey{rec.Host, rec.Process.PID, rec.Process.CommandLine, rec.Time.Add(t * time.Second).Truncate(2 * time.Second)}] = true
			}
			add(rec.Time, "command", rec.ID, "%s ran: %s", userName(rec.User), rec.Process.CommandLine)
		}
	}
	for _, e := range r.exports {
		where := e.At.Place()
		add(e.Taken.Exact, "export", e.ID, "%s saved (stamp in the hive's header): %s", e.Hive, where)
		if e.At.Stream != "" {
			add(e.Times.SI.Modified, "export", e.ID, "file of the stream last written: %s (%s, %s)", where, e.Hive, e.State)
			continue
		}
		clock := ""
		if e.Clock != "" {
			clock = " (" + e.Clock + ")"
		}
		add(e.Times.SI.Created, "export", e.ID, "file created%s: %s (%s, %s)", clock, where, e.Hive, e.State)
	}
	for _, e := range r.exports {
		for _, h := range e.History {
			add(h.Time, "file", e.ID, "%s (%s, %s)", h.What, e.Hive, e.State)
		}
	}
	for _, a := range r.acts {
		for _, n := range a.Chain {
			if n.Relation != "command" && n.From != nil {
				add(n.Time, "process", a.ID, "%s process: %s", n.Relation, cmp.Or(n.Process.CommandLine, n.Process.Executable))
			}
		}
		if s := a.Session; s != nil {
			add(s.Start, "logon", a.ID, "%s logged on, %s, session %s", userName(s.User), logonText(s.Logon), s.LogonID)
			add(s.End, "logoff", a.ID, "%s logged off, session %s", userName(s.User), s.LogonID)
		}
	}
	for _, n := range r.notices {
		add(n.Time, "notice", "", "%s: %s%s", n.Kind, n.What, times(n.Count))
	}
	for _, c := range r.clears {
		add(c.Time, "log cleared", "", "%s cleared the log %s on %s", userName(c.User), c.Channel, c.Host)
	}
	slices.SortStableFunc(moments, func(a, b Moment) int {
		return cmp.Or(a.Time.Compare(b.Time), strings.Compare(a.Kind, b.Kind), strings.Compare(a.What, b.What), strings.Compare(a.Ref, b.Ref))
	})
	return slices.Compact(moments)
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
