package fleet

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"hivetriage/triage/correlate"
	"hivetriage/triage/footprint"
)

// Around an act, this is how long before and after it the source's own records
// are taken to be of it.
const (
	callsBefore = time.Hour
	callsAfter  = 15 * time.Minute
)

// A remote is a source of an act, and the machine that it is.
type remote struct {
	row    Remote
	act    *act
	source *machine
}

// find says which machine a source is: by its address, and where that is none
// of the batch by its name.
func (r *rollUp) find(s source) found {
	f := r.known.address(s.address, s.at)
	if len(f.machines) == 1 || s.station == "" {
		return f
	}
	n := r.known.named(s.station)
	switch {
	case len(n.machines) == 0:
		return f
	case len(f.machines) == 0:
		if s.address != "" {
			n.doubt = "the address " + s.address + " is not known of it: names are what a computer calls itself"
		}
		return n
	}
	both := slices.DeleteFunc(slices.Clone(f.machines), func(m *machine) bool { return !slices.Contains(n.machines, m) })
	if len(both) == 1 {
		return found{machines: both, because: append(f.because, n.because...), doubt: f.doubt}
	}
	return f
}

// findSources says where acts over the network were done from.
func (r *rollUp) findSources() {
	for _, a := range r.acts {
		if a.explained() {
			continue
		}
		for _, s := range a.sources {
			f := r.find(s)
			m := &remote{act: a, source: f.one(), row: Remote{Act: a.ref(), Host: a.machine.name, Time: cmp.Or(a.row.Start, s.at), Address: s.address, Workstation: s.station, Target: refs(s.told), Because: list(f.because)}}
			switch {
			case m.source != nil:
				m.row.Joined, m.row.Folder, m.row.Source = OneEnd, m.source.folder(), m.source.name
				for _, b := range r.actsOf[m.source] {
					if len(m.row.SourceActs) == MaxRefs {
						break
					}
					if t := b.row.Start; !t.IsZero() && !t.Before(a.row.Start.Add(-callsBefore)) && !t.After(a.row.End.Add(callsAfter)) {
						m.row.SourceActs = append(m.row.SourceActs, b.ref())
					}
				}
			case len(f.machines) > 1:
				m.row.Joined = SourceAmbiguous
			default:
				m.row.Joined = SourceMissing
				m.row.Because = []string{"no host of the batch is known by " + strings.TrimSpace(s.station+" "+s.address)}
			}
			if f.doubt != "" {
				m.row.Because = append(m.row.Because, f.doubt)
			}
			r.remotes = append(r.remotes, m)
		}
	}
}

// hearSource takes what the source of an act tells of its calls.
func (r *rollUp) hearSource(h *host, f *footprint.Footprint) {
	for _, m := range r.remotes {
		if m.source == nil || !slices.ContainsFunc(h.computers, func(c *computer) bool { return c.machine == m.source }) {
			continue
		}
		for i := range f.Outgoing {
			o := &f.Outgoing[i]
			if r.calls(o, m) && (len(h.row.Others) == 0 || m.source.is(o.Host)) {
				m.take(h, o)
				r.tellEnds(h, o, m)
				if len(m.row.Calls) >= maxCalls {
					m.closest()
				}
			}
		}
	}
}

// calls reports whether a call is to the computer that the act is on.
func (r *rollUp) calls(o *footprint.Outgoing, m *remote) bool {
	if o.To != "" {
		if _, err := netip.ParseAddr(o.To); err != nil {
			return r.known.named(o.To).one() == m.act.machine
		}
	}
	return r.known.address(cmp.Or(o.Address, o.To), o.First).one() == m.act.machine
}

// take adds a call if it is of the time of the act.
func (m *remote) take(h *host, o *footprint.Outgoing) {
	start, end := m.act.row.Start, m.act.row.End
	if start.IsZero() {
		start, end = m.row.Time, m.row.Time
	}
	from, to := start.Add(-callsBefore), end.Add(callsAfter)
	if start.IsZero() || o.Last.Before(from) || o.First.After(to) {
		return
	}
	c := Call{What: callText(o), Account: person(o.Account)}
	switch within := func(t time.Time) bool { return !t.Before(from) && !t.After(to) }; {
	case within(o.First):
		c.Time, c.From = o.First, cite(h, o.FirstFrom)
	case within(o.Last):
		c.Time, c.From = o.Last, cite(h, o.LastFrom)
	default:
		c.Time, c.From = o.First, cite(h, o.FirstFrom)
		c.What += fmt.Sprintf("; of %d calls from %s to %s only the first and the last are known by their times, and neither is near the act", o.Count, second(o.First), second(o.Last))
		m.row.Calls = append(m.row.Calls, c)
		return
	}
	switch {
	case c.Time.Before(start):
		c.Apart = -int64(start.Sub(c.Time).Seconds())
	case c.Time.After(end):
		c.Apart = int64(c.Time.Sub(end).Seconds())
	}
	m.row.Calls = append(m.row.Calls, c)
	m.row.Joined = BothEnds
}

// closest orders the calls, and keeps those that are told.
func (m *remote) closest() {
	slices.SortFunc(m.row.Calls, func(a, b Call) int {
		return cmp.Or(cmp.Compare(max(a.Apart, -a.Apart), max(b.Apart, -b.Apart)), a.Time.Compare(b.Time), strings.Compare(a.What, b.What), compareRefs(a.From, b.From))
	})
	m.row.Calls = slices.CompactFunc(m.row.Calls, func(a, b Call) bool { return a.What == b.What && a.Time.Equal(b.Time) && a.From == b.From })
	m.row.Calls = m.row.Calls[:min(len(m.row.Calls), MaxCalls)]
}

// callText says what a call is.
func callText(o *footprint.Outgoing) string {
	to := cmp.Or(o.To, o.Address)
	switch o.How {
	case footprint.ByCredentials:
		return fmt.Sprintf("used the credentials of %s for %s (event 4648)", cmp.Or(person(o.Target), "an account that is not named"), to)
	case footprint.ByConnection:
		return fmt.Sprintf("%s connected to %s, port %d (Sysmon 3)", cmp.Or(o.Process, "a process"), to, o.Port)
	}
	return fmt.Sprintf("a command line names %s: %s", to, cmp.Or(o.CommandLine, o.Process))
}

// cite points to a record of a host.
func cite(h *host, f correlate.From) Ref {
	return Ref{Folder: h.row.Folder, Path: f.Path, RecordID: f.RecordID, Entry: f.Entry}
}

// finishRemote orders what the sources tell and says what of it is in doubt.
func (r *rollUp) finishRemote() {
	r.c.Remote = []Remote{}
	for _, m := range r.remotes {
		m.closest()
		m.row.Clock = m.clock()
		r.c.Remote = append(r.c.Remote, m.row)
	}
	slices.SortStableFunc(r.c.Remote, func(a, b Remote) int {
		return cmp.Or(compareTimes(a.Time, b.Time), compareRefs(a.Act, b.Act), strings.Compare(a.Address, b.Address), strings.Compare(a.Workstation, b.Workstation))
	})
	if more := len(r.c.Remote) - MaxRemote; more > 0 {
		r.c.Remote, r.c.Omitted.Remote = r.c.Remote[:MaxRemote], more
	}
}

// clock says why the times of the two hosts may not be comparable.
func (m *remote) clock() string {
	var doubts []string
	if len(m.act.row.Clock) > 0 {
		doubts = append(doubts, "the times of the act are in doubt themselves")
	}
	if m.source != nil && m.source.host != nil {
		doubts = append(doubts, m.source.host.clockDoubts(m.act.row.Start, m.act.row.End)...)
	}
	if m.row.Joined == BothEnds && len(m.row.Calls) > 0 {
		switch apart := time.Duration(m.row.Calls[0].Apart) * time.Second; {
		case apart > 0:
			doubts = append(doubts, fmt.Sprintf("the source tells of its call %s after the act's end: the two clocks differ, or the call is another", apart))
		case apart < -ClockTolerance:
			doubts = append(doubts, fmt.Sprintf("the source tells of its call %s before the act: that may be the time it took, another call, or two clocks that differ", -apart))
		}
	}
	if len(doubts) == 0 {
		return ""
	}
	return strings.Join(doubts, "; ")
}
