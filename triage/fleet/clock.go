package fleet

import (
	"fmt"
	"time"

	"hivetriage/triage"
)

// ClockTolerance is how far the clocks of two hosts may be apart without that
// being told.
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

// clockDoubts say how the host's clock was set around a span of time.
func (h *host) clockDoubts(start, end time.Time) (doubts []string) {
	if start.IsZero() {
		return nil
	}
	near := func(t time.Time) bool { return !t.Before(start.Add(-clockReach)) && !t.After(end.Add(clockReach)) }
	for _, c := range h.clocks {
		if near(c.Before) || near(c.After) {
			doubts = append(doubts, fmt.Sprintf("the clock of %s was set from %s to %s (%s)", h.row.Name, second(c.Before), second(c.After), c.From.Cite()))
		}
	}
	return doubts
}
