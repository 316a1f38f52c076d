package triage

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/eventlog"
	"hivetriage/triage/attest"
	"hivetriage/triage/correlate"
)

// A Clock is what a host's logs tell of its clock. How far it was off true time
// no log tells.
type Clock struct {
	Logs    []string      `json:"logs"`              // that tell of changes and were read: "Security" (4616), "System" (Kernel-General 1)
	Changes []ClockChange `json:"changes,omitempty"` // of a second or more, in order of time; the largest, where there are many
	Omitted int           `json:"omitted,omitempty"` // more changes of a second or more
	Small   int           `json:"small,omitempty"`   // records of adjustments of less than a second, as time services make them
	Unread  int           `json:"unread,omitempty"`  // records of changes or starts whose times could not be read
	Started time.Time     `json:"started,omitzero"`  // the last start of Windows that its log tells of (Kernel-General 12)
	Newest  time.Time     `json:"newest,omitzero"`   // of the newest record in the logs that are this host's alone

	StartedFrom *correlate.From `json:"started_from,omitempty"`
}

// A ClockChange is one time at which the clock was set.
type ClockChange struct {
	Before  time.Time      `json:"before"` // what the clock showed
	After   time.Time      `json:"after"`  // what it was set to
	User    artifacts.User `json:"user,omitzero"`
	Program string         `json:"program,omitempty"` // that set it, as recorded
	From    correlate.From `json:"from"`
}

// By is how far the clock was set forward; less than none is back.
func (c *ClockChange) By() time.Duration { return c.After.Sub(c.Before) }

const (
	maxChanges  = 32          // of a clock that are told
	maxClocks   = 1_000       // hosts whose clocks are told
	leastChange = time.Second // what a clock is set by
)

// clockRecords tell of clocks: 4616 and Kernel-General 1 of changes, with the
// times as FILETIME in their data, Kernel-General 12 of a start of Windows.
var clockRecords = []eventlog.Selector{
	{Provider: securityAuditing, ID: 4616, Data: true},
	{Provider: attest.KernelGeneral, ID: 1, Data: true},
	{Provider: attest.KernelGeneral, ID: 12, Data: true},
}

// tellsOfClock reports whether a record is one of clockRecords.
func tellsOfClock(e *artifacts.Event) bool {
	return slices.ContainsFunc(clockRecords, func(s eventlog.Selector) bool { return s.ID == e.Code && strings.EqualFold(s.Provider, e.Provider) })
}

// shortName is how a host is known in the records of its logs, which may carry
// its domain, and in its hives.
func shortName(host string) string {
	name, _, _ := strings.Cut(strings.ToLower(host), ".")
	return name
}

// clockOf is the clock of a host; nil where there are too many.
func (r *run) clockOf(host string) *Clock {
	name := shortName(host)
	if r.clocks[name] == nil && name != "" && len(r.clocks) < maxClocks {
		r.clocks[name] = &Clock{Logs: []string{}}
	}
	return r.clocks[name]
}

// keepClock takes what a record tells of its host's clock.
func (r *run) keepClock(e *artifacts.Event) {
	c := r.clockOf(e.Host)
	if c == nil {
		return
	}
	if e.Code == 12 {
		at, err := time.Parse(time.RFC3339Nano, e.Value("StartTime"))
		if err != nil {
			c.Unread++
		} else if at.After(c.Started) {
			from := correlate.FromEvent(e)
			c.Started, c.StartedFrom = at.UTC(), &from
		}
		return
	}
	before, err := time.Parse(time.RFC3339Nano, cmp.Or(e.Value("PreviousTime"), e.Value("OldTime")))
	after, err2 := time.Parse(time.RFC3339Nano, e.Value("NewTime"))
	if err != nil || err2 != nil {
		c.Unread++
		return
	}
	change := ClockChange{Before: before.UTC(), After: after.UTC(), User: e.User, Program: e.Value("ProcessName"), From: correlate.FromEvent(e)}
	if change.By().Abs() < leastChange {
		c.Small++
		return
	}
	c.add(change)
}

// add keeps a change. The two logs tell of the same one, and Security tells by
// whom.
func (c *Clock) add(change ClockChange) {
	same := func(a, b time.Time) bool { return a.Sub(b).Abs() < leastChange }
	for i := range c.Changes {
		if known := &c.Changes[i]; same(known.Before, change.Before) && same(known.After, change.After) {
			if known.User == (artifacts.User{}) {
				*known = change
			}
			return
		}
	}
	c.Changes = append(c.Changes, change)
	if len(c.Changes) > maxChanges {
		c.Omitted++
		least := 0
		for i := range c.Changes {
			if c.Changes[i].By().Abs() < c.Changes[least].By().Abs() {
				least = i
			}
		}
		c.Changes = slices.Delete(c.Changes, least, least+1)
	}
}

// tellClocks gives the hosts what their logs tell of their clocks.
func (r *run) tellClocks() {
	for _, l := range r.logs {
		if !l.open || len(l.hosts) != 1 {
			continue // a log of many hosts does not tell what it holds of each
		}
		c := r.clockOf(l.host())
		if c == nil {
			continue
		}
		if l.stats.Newest.After(c.Newest) {
			c.Newest = l.stats.Newest
		}
		for _, log := range []string{"Security", "System"} {
			if l.is(log, strings.ToLower(log)+".evtx") && !slices.Contains(c.Logs, log) {
				c.Logs = append(c.Logs, log)
			}
		}
	}
	for i := range r.hosts {
		c := r.clocks[shortName(r.hosts[i].Name)]
		if c == nil {
			continue
		}
		slices.Sort(c.Logs)
		slices.SortStableFunc(c.Changes, func(a, b ClockChange) int { return a.Before.Compare(b.Before) })
		r.hosts[i].Clock = c
	}
}
