package footprint

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"hivetriage/artifacts"
	"hivetriage/triage/correlate"
)

// A logonKey is what the records of one group share.
type logonKey struct {
	host, outcome, account, target, address, workstation, server string
	kind                                                         uint32
}

// A logon is a group with its days.
type logon struct {
	Logon
	days map[int64]*Day // by number since 1970
}

const aDay = 24 * time.Hour

// logonOf makes the group of one record of a logon.
func logonOf(e *artifacts.Event, outcome string, l artifacts.Logon) Logon {
	g := Logon{Host: cut(e.Host), Outcome: outcome, Account: account(e.Target), Type: l.Type, Address: address(l.SourceIP), Package: cut(l.Package)}
	if name := cut(l.Workstation); short(name) != short(e.Host) {
		g.Workstation = name
	}
	g.Local = g.Address == "" && g.Workstation == ""
	if e.Process != nil {
		g.Process = cut(e.Process.Executable)
	}
	return g
}

// failedLogon reads what a 4625 says of the logon.
func failedLogon(e *artifacts.Event) artifacts.Logon {
	kind, _ := strconv.ParseUint(e.Value("LogonType"), 0, 32) // 0 where it does not say
	return artifacts.Logon{Type: uint32(kind), SourceIP: e.Value("IpAddress"), Workstation: e.Value("WorkstationName"), Package: e.Value("AuthenticationPackageName")}
}

// addLogon counts a record in its group.
func (r *Reader) addLogon(e *artifacts.Event, g Logon) {
	from := correlate.FromEvent(e)
	g.Count, g.First, g.Last, g.FirstFrom, g.LastFrom = 1, e.Time, e.Time, from, from
	one := &logon{Logon: g}
	if at := e.Time.UTC(); !at.IsZero() {
		one.Hours[at.Hour()] = 1
		one.days = map[int64]*Day{at.Unix() / int64(aDay/time.Second): {Count: 1, First: e.Time, Last: e.Time, FirstRecord: e.RecordID, LastRecord: e.RecordID}}
	}
	r.mergeLogon(one)
}

func (g *Logon) key() logonKey {
	return logonKey{short(g.Host), g.Outcome, who(g.Account), who(g.Target), g.Address, strings.ToLower(g.Workstation), strings.ToLower(g.Server), g.Type}
}

// mergeLogon adds a group to that of the same key.
func (r *Reader) mergeLogon(o *logon) {
	key := o.key()
	g := r.logons[key]
	if g == nil {
		if r.perKind[o.Outcome] >= MaxLogons {
			r.omitted.Logons += int64(o.Count)
			return
		}
		if r.logons == nil {
			r.logons, r.perKind = map[logonKey]*logon{}, map[string]int{}
		}
		r.logons[key] = o
		r.perKind[o.Outcome]++
		return
	}
	g.Count += o.Count
	if before(o.First, o.FirstFrom, g.First, g.FirstFrom) {
		g.First, g.FirstFrom, g.Account, g.Process, g.Package, g.Host = o.First, o.FirstFrom, o.Account, o.Process, o.Package, o.Host
	}
	if before(g.Last, g.LastFrom, o.Last, o.LastFrom) {
		g.Last, g.LastFrom = o.Last, o.LastFrom
	}
	for h, n := range o.Hours {
		g.Hours[h] += n
	}
	for n, d := range o.days {
		g.addDay(n, d)
	}
	g.DaysOmitted += o.DaysOmitted
	g.keepNewest(2 * MaxDays)
}

func (g *logon) addDay(n int64, d *Day) {
	known := g.days[n]
	if known == nil {
		if g.days == nil {
			g.days = map[int64]*Day{}
		}
		g.days[n] = d
		return
	}
	known.Count += d.Count
	if d.First.Before(known.First) || d.First.Equal(known.First) && d.FirstRecord < known.FirstRecord {
		known.First, known.FirstRecord = d.First, d.FirstRecord
	}
	if d.Last.After(known.Last) || d.Last.Equal(known.Last) && d.LastRecord > known.LastRecord {
		known.Last, known.LastRecord = d.Last, d.LastRecord
	}
}

// keepNewest drops the oldest days down to MaxDays where there are more than a
// number of them.
func (g *logon) keepNewest(limit int) {
	if len(g.days) <= limit {
		return
	}
	numbers := ordered(g.days, cmp.Compare[int64])
	for _, n := range numbers[:len(numbers)-MaxDays] {
		delete(g.days, n)
		g.DaysOmitted++
	}
}

func (r *Reader) takeLogons(o *Reader) {
	for _, key := range ordered(o.logons, compareLogons) {
		r.mergeLogon(o.logons[key])
	}
}

func compareLogons(a, b logonKey) int {
	return cmp.Or(strings.Compare(a.host, b.host), strings.Compare(a.outcome, b.outcome), strings.Compare(a.account, b.account), strings.Compare(a.target, b.target), cmp.Compare(a.kind, b.kind),
		strings.Compare(a.address, b.address), strings.Compare(a.workstation, b.workstation), strings.Compare(a.server, b.server))
}

// finished are the groups with their days in order, sorted by their first
// record.
func (r *Reader) finished() []Logon {
	list := make([]Logon, 0, len(r.logons))
	for _, key := range ordered(r.logons, compareLogons) {
		g := r.logons[key]
		g.keepNewest(MaxDays)
		l := g.Logon
		l.Days = make([]Day, 0, len(g.days))
		for _, n := range ordered(g.days, cmp.Compare[int64]) {
			d := *g.days[n]
			d.Date = d.First.UTC().Format(time.DateOnly)
			l.Days = append(l.Days, d)
		}
		list = append(list, l)
	}
	slices.SortStableFunc(list, func(a, b Logon) int { return a.First.Compare(b.First) })
	return list
}
