package correlate

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"hivetriage/artifacts"
)

// A LogonGroup is the logons of one account, of one type and from one source.
type LogonGroup struct {
	Host        string
	User        artifacts.User
	Type        uint32
	SourceIP    string
	Workstation string
	Count       int
	First, Last time.Time
	From        From // of the first
}

// maxGroups bounds the kinds of logon that are told apart.
const maxGroups = 2000

// A LogonTally counts logons by host, account, type and source. The zero value
// is empty.
type LogonTally struct {
	groups map[string]*LogonGroup
	beyond int
	halves Halves
}

// Halves are logons of administrators whose other half was not met yet. One
// logon gives them two sessions, with all rights and without, each with a
// record that names the other: counted they are one. The zero value is empty.
type Halves map[string]bool

// maxHalves bounds the logons whose other half is waited for.
const maxHalves = 10_000

// Second reports whether a logon (4624) is the other half of one that was met.
func (h *Halves) Second(e *artifacts.Event) bool {
	if e.Logon == nil || e.Logon.LinkedID == "" || e.Target.LogonID == "" {
		return false
	}
	key := func(id string) string { return strings.ToLower(e.Host + "\x00" + e.Target.SID + "\x00" + id) }
	if other := key(e.Logon.LinkedID); (*h)[other] {
		delete(*h, other)
		return true
	}
	if len(*h) < maxHalves {
		if *h == nil {
			*h = Halves{}
		}
		(*h)[key(e.Target.LogonID)] = true
	}
	return false
}

// Add counts a logon (4624). Those of Windows' own accounts are not counted.
func (t *LogonTally) Add(e *artifacts.Event) {
	if e.Code != 4624 || serviceLogon(e) || t.halves.Second(e) {
		return
	}
	logon := elsewhere(e)
	g := LogonGroup{Host: e.Host, User: e.Target, Type: logon.Type, SourceIP: logon.SourceIP, Workstation: logon.Workstation,
		Count: 1, First: e.Time, Last: e.Time, From: FromEvent(e)}
	g.User.LogonID = ""
	t.add(g)
}

func (t *LogonTally) add(g LogonGroup) {
	key := strings.ToLower(strings.Join([]string{g.Host, account(g.User), g.User.SID, strconv.Itoa(int(g.Type)), g.SourceIP, g.Workstation}, "\x00"))
	known := t.groups[key]
	switch {
	case known != nil:
		known.Count += g.Count
		if g.First.Before(known.First) {
			known.First, known.From = g.First, g.From
		}
		if g.Last.After(known.Last) {
			known.Last = g.Last
		}
	case len(t.groups) == maxGroups:
		t.beyond += g.Count
	default:
		if t.groups == nil {
			t.groups = map[string]*LogonGroup{}
		}
		t.groups[key] = &g
	}
}

// Take adds what another tally counted.
func (t *LogonTally) Take(other *LogonTally) {
	for _, g := range other.Groups() {
		t.add(g)
	}
	t.beyond += other.beyond
}

// Beyond is how many logons were of more kinds than are told apart.
func (t *LogonTally) Beyond() int { return t.beyond }

// Groups are the logons that were counted, the oldest first.
func (t *LogonTally) Groups() []LogonGroup {
	sorted := make([]LogonGroup, 0, len(t.groups))
	for _, g := range t.groups {
		sorted = append(sorted, *g)
	}
	slices.SortFunc(sorted, func(a, b LogonGroup) int {
		return cmp.Or(a.First.Compare(b.First), strings.Compare(a.Host, b.Host), strings.Compare(account(a.User), account(b.User)), strings.Compare(a.User.SID, b.User.SID),
			cmp.Compare(a.Type, b.Type), strings.Compare(a.SourceIP, b.SourceIP), strings.Compare(a.Workstation, b.Workstation))
	})
	return sorted
}

// An Onset tells when the acts began on a host: on the host of an act, which
// its members tell, with the first act there, on others with the first of all.
type Onset struct {
	first, last time.Time
	on          map[string]time.Time
}

// OnsetOf is the onset of acts.
func OnsetOf(acts []Act, members [][]*Record) Onset {
	o := Onset{on: map[string]time.Time{}}
	for i, a := range acts {
		if i == 0 || a.Start.Before(o.first) {
			o.first = a.Start
		}
		if a.End.After(o.last) {
			o.last = a.End
		}
		for _, r := range members[i] {
			host := strings.ToLower(r.Host)
			if begun, known := o.on[host]; !known || a.Start.Before(begun) {
				o.on[host] = a.Start
			}
		}
	}
	return o
}

// At is when the acts began on a host.
func (o *Onset) At(host string) time.Time {
	if begun, known := o.on[strings.ToLower(host)]; known {
		return begun
	}
	return o.first
}

// GroupLogons counts logons by host, account, type and source: those since the
// acts began on their host, to the end of the window after the last, and those
// before, which are added to earlier.
func GroupLogons(events []artifacts.Event, acts []Act, members [][]*Record, window time.Duration, earlier *LogonTally) []LogonGroup {
	if len(acts) == 0 {
		return nil
	}
	onset, since := OnsetOf(acts, members), LogonTally{}
	for i := range events {
		e := &events[i]
		switch {
		case e.Time.Before(onset.At(e.Host)):
			earlier.Add(e)
		case !e.Time.After(onset.last.Add(window)):
			since.Add(e)
		}
	}
	return since.Groups()
}
