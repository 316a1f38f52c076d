package triage

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/execution/srum"
	"hivetriage/triage/attest"
	"hivetriage/triage/correlate"
	"hivetriage/triage/coverage"
	"hivetriage/triage/technique"
)

const (
	usageDatabase = "usage of programs (SRUM)"

	// recordedAfter is how much later than a program's activity its row may be.
	recordedAfter = time.Hour

	maxSenders  = 10    // programs that sent most, of one host
	maxPrograms = 5_000 // with users, whose traffic is added up
)

// A sender is what one program of one user sent and received around the acts.
type sender struct {
	program  string
	user     artifacts.User
	host     string
	sent     int64
	received int64
	rows     int
	first    time.Time
	last     time.Time
	from     correlate.From
}

// takeUsage keeps the databases of the System Resource Usage Monitor, which
// are asked only about the time around acts.
func (r *run) takeUsage(entry artifacts.Entry) {
	if at := entry.Locator(); at.Stream == "" && at.Member == "" && srum.Named(at.Path) {
		r.usage = append(r.usage, entry)
	}
}

// readUsage tells which programs sent most around the acts, and when programs
// of interest were active.
func (r *run) readUsage(ctx context.Context, w *wanted, note func(correlate.Notice)) {
	r.usageAsked = true
	for _, entry := range r.usage {
		at := entry.Locator()
		if r.inSnapshot(at) && len(r.usage) > 1 {
			continue // the newer one has its rows
		}
		f := &traceFile{entry: entry, at: at}
		row := coverage.Row{What: usageDatabase, At: &at, State: coverage.Read}
		senders := map[string]*sender{}
		copied := func(string) bool { return false }
		query := srum.Query{From: w.from, Until: w.to.Add(recordedAfter)}
		f.kind = &traceKind{what: usageDatabase, read: query.Read}
		f.each(ctx, r, func(t *artifacts.Trace) {
			row.Records++
			if t.Deed == artifacts.Sent {
				addUp(senders, t, w)
				return
			}
			for _, n := range attest.Around(t, func(s artifacts.Stamp) bool { return w.in(s.Time) }, copied) {
				note(n)
			}
		})
		for _, s := range most(senders) {
			note(s.notice())
		}
		row.From, row.To = w.from, w.to
		row.Why = "read for the time around the acts"
		if len(f.problem) > 0 {
			row.State, row.Why = coverage.Partial, strings.Join(f.problem, "; ")
		}
		r.ledger.Note(row)
	}
}

// noteUnasked tells that the databases hold nothing to compare where there is
// no act, and of one that was given alone what it holds.
func (r *run) noteUnasked(ctx context.Context) {
	if r.usageAsked {
		return
	}
	for _, entry := range r.usage {
		f := &traceFile{entry: entry, at: entry.Locator(), kind: &traceKind{what: usageDatabase, read: srum.Read}}
		row := coverage.Row{What: usageDatabase, At: &f.at, State: coverage.Skipped, Why: "it is asked only about the time around acts, and there are none"}
		if r.lone[f.at.Source] {
			f.judge(ctx, r)
			row.Records, row.From, row.To, row.Bytes = f.entries, f.from, f.to, f.bytes
			row.State, row.Why = coverage.Read, row.Why+": give it together with the logs or artefacts that tell of them"
			if len(f.problem) > 0 {
				row.State, row.Why = coverage.Partial, strings.Join(append(f.problem, row.Why), "; ")
			}
		}
		r.ledger.Note(row)
	}
}

// addUp counts what a row of the network's usage tells.
func addUp(senders map[string]*sender, t *artifacts.Trace, w *wanted) {
	if len(t.Times) == 0 || !w.in(t.Times[0].Time) {
		return
	}
	at, key := t.Times[0].Time, t.User.SID+"|"+t.Program
	s := senders[key]
	if s == nil {
		if len(senders) == maxPrograms {
			return
		}
		s = &sender{program: t.Program, user: t.User, host: t.Host, first: at, from: attest.FromTrace(t)}
		senders[key] = s
	}
	for _, d := range t.Details {
		n, err := strconv.ParseInt(d.Value, 10, 64)
		switch {
		case err != nil || n < 0:
		case d.Name == "BytesSent":
			s.sent += n
		case d.Name == "BytesRecvd":
			s.received += n
		}
	}
	s.rows++
	if at.Before(s.first) {
		s.first = at
	}
	if at.After(s.last) {
		s.last = at
	}
}

// most returns the programs that sent most, and those of interest whatever
// they sent.
func most(senders map[string]*sender) []*sender {
	all := make([]*sender, 0, len(senders))
	for _, s := range senders {
		if s.sent > 0 {
			all = append(all, s)
		}
	}
	slices.SortFunc(all, func(a, b *sender) int {
		return cmp.Or(cmp.Compare(b.sent, a.sent), strings.Compare(a.program, b.program), strings.Compare(a.user.SID, b.user.SID))
	})
	n := 0
	return slices.DeleteFunc(all, func(s *sender) bool {
		n++
		return n > maxSenders && technique.Use(imageName(s.program)) == ""
	})
}

func (s *sender) notice() correlate.Notice {
	return correlate.Notice{Time: s.first, Last: s.last, Count: s.rows, Host: s.host, User: s.user, Kind: "transfer", From: s.from,
		What: fmt.Sprintf("%s sent %d bytes and received %d in the hours that SRUM recorded (user %s)", s.program, s.sent, s.received, cmp.Or(s.user.SID, s.user.Name, "not recorded"))}
}
