package fleet

import (
	"fmt"
	"slices"
	"time"

	"hivetriage/triage"
)

// ClockTolerance is how far the clocks of two hosts may be apart without that
// being told: in a domain Kerberos lets them differ by no more, as Windows sets it
// unless a policy does. What lies nearer to one another is in no certain order.
const ClockTolerance = 5 * time.Minute

// clockReach is how near to an act a clock must have been set to put its times
// in doubt.
const clockReach = 24 * time.Hour

// learnClock takes the changes of a host's clock that matter between hosts.
func (h *host) learnClock(c *triage.Clock) {
	if c == nil {
		return
	}
	for _, change := range c.Changes {
		if by := change.By(); by >= ClockTolerance || by <= -ClockTolerance {
			h.clocks = append(h.clocks, change)
		}
	}
}

// changesNear are the changes of the host's clock around a span of time.
func (h *host) changesNear(start, end time.Time) (all []triage.ClockChange) {
	near := func(t time.Time) bool { return !t.Before(start.Add(-clockReach)) && !t.After(end.Add(clockReach)) }
	for _, c := range h.clocks {
		if near(c.Before) || near(c.After) {
			all = append(all, c)
		}
	}
	return all
}

// hosts are the inputs that a computer's evidence is in.
func (m *machine) hosts() (all []*host) {
	for _, c := range m.computers {
		if !slices.Contains(all, c.host) {
			all = append(all, c.host)
		}
	}
	return all
}

// slack is how far the times of an act and those that a computer recorded may
// be apart: of two clocks, what Kerberos lets them differ by, and if one of
// them was set about then by more, that.
func (d *act) slack(m *machine) (most time.Duration) {
	if d.machine != m {
		most = ClockTolerance
	}
	for _, of := range []*machine{d.machine, m} {
		if of == nil {
			continue
		}
		for _, h := range of.hosts() {
			for _, c := range h.changesNear(d.row.Start, d.row.End) {
				most = max(most, c.By(), -c.By())
			}
		}
	}
	return min(most, clockReach)
}

// order says why times near to an act do not tell what came first.
func (d *act) order(m *machine, slack time.Duration) string {
	why := "two clocks"
	if d.machine == m {
		why = "a clock that was set about then"
	} else if slack > ClockTolerance {
		why = "two clocks of which one was set about then"
	}
	return fmt.Sprintf("whether logons within %s of the act on %s at %s came after it is not told: the times are by %s", slack, d.row.Host, second(d.row.Start), why)
}

// tellOrder says of which computers the first acts are too near to one another
// for their clocks to tell which was first.
func (r *rollUp) tellOrder() {
	for i := 1; i < len(r.c.Spread); i++ {
		a, b := &r.c.Spread[i-1], &r.c.Spread[i]
		if a.Time.IsZero() || b.Time.IsZero() || b.Time.Sub(a.Time) > ClockTolerance {
			continue
		}
		apart := b.Time.Sub(a.Time).Round(time.Second)
		a.doubt(fmt.Sprintf("%s follows %s later by another clock: which was first is not told", b.Host, apart))
		b.doubt(fmt.Sprintf("it follows %s %s later by another clock: which was first is not told", a.Host, apart))
	}
}

func (a *Arrival) doubt(why string) { a.Doubt = joinWords(a.Doubt, why) }

// clockDoubts say how the host's clock was set around a span of time.
func (h *host) clockDoubts(start, end time.Time) (doubts []string) {
	if start.IsZero() {
		return nil
	}
	for _, c := range h.changesNear(start, end) {
		doubts = append(doubts, fmt.Sprintf("the clock of %s was set from %s to %s (%s)", h.row.Name, second(c.Before), second(c.After), c.From.Cite()))
	}
	return doubts
}
