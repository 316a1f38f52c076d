package correlate

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"hivetriage/artifacts"
)

// A ClockChange is one time at which a host's clock was set, by a second or
// more.
type ClockChange struct {
	Host          string
	Before, After time.Time // what it showed, and what it was set to
	User          artifacts.User
	From          From
}

// A gap is how far one thing lies behind another.
type gap struct {
	time.Duration
	across *ClockChange // the clock was set in between, and the gap is without that
}

// tell adds to a sentence what a gap takes for granted.
func (g gap) tell() string {
	if g.across == nil {
		return ""
	}
	return ", " + g.across.tell() + " in between"
}

func (c *ClockChange) tell() string {
	return fmt.Sprintf("the clock of %s having been set from %s to %s%s (%s)", c.Host, stamp(c.Before), stamp(c.After), c.by(), c.From.Cite())
}

// by names who set it, where that was recorded.
func (c *ClockChange) by() string {
	if name := account(c.User); name != "" {
		return " by " + name
	}
	return ""
}

// gaps returns how far b may lie behind a, both times of one host's clock: as
// the times have it, and, where the clock was set between them, without that.
// Where a and b are records of the log that tells of the change, their numbers
// decide. From may be zero. The likeliest is first.
func (k *Known) gaps(host string, a, b time.Time, fromA, fromB From) []gap {
	all := []gap{{b.Sub(a), nil}}
	for i := range k.Clocks {
		c := &k.Clocks[i]
		if !sameHost(c.Host, host) {
			continue
		}
		sideA, sideB := side(fromA, c.From), side(fromB, c.From)
		switch {
		case sideA*sideB > 0: // both on one side of it
		case sideA*sideB < 0: // it lies between them: a is before it, or b
			if sideA < 0 {
				all[0] = gap{c.Before.Sub(a) + b.Sub(c.After), c}
			} else {
				all[0] = gap{-(c.Before.Sub(b) + a.Sub(c.After)), c}
			}
		default:
			all = append(all, across(c, a, b)...)
		}
	}
	return all
}

// across are the gaps that there can be if c lies between a and b, in either
// order: the earlier one is not younger than the clock was before, the later
// one not older than what it was set to.
func across(c *ClockChange, a, b time.Time) (all []gap) {
	for _, sign := range []time.Duration{1, -1} {
		first, second := a, b
		if sign < 0 {
			first, second = b, a
		}
		spared, since := c.Before.Sub(first), second.Sub(c.After)
		if spared >= -clockSlack && since >= -clockSlack {
			all = append(all, gap{sign * (spared + since), c})
		}
	}
	return all
}

// side tells on which side of another record of the same log one is: less than
// none before it, more behind it, none if that is not known.
func side(r, change From) int {
	switch {
	case r.RecordID == 0 || change.RecordID == 0 || r.Path != change.Path || r.Source != change.Source || r.Volume != change.Volume:
		return 0
	case r.RecordID < change.RecordID:
		return -1
	}
	return 1
}

// nearest is the shortest of the gaps.
func nearest(all []gap) gap {
	return slices.MinFunc(all, func(a, b gap) int { return cmp.Compare(a.Abs(), b.Abs()) })
}

// weighClocks tells which clocks were set around an act: times across such a
// change do not lie as far apart as they show.
func (g *group) weighClocks(add adder) {
	for i := range g.known.Clocks {
		c := &g.known.Clocks[i]
		var ids []string
		for _, r := range g.records {
			if sameHost(r.Host, c.Host) && !r.Time.IsZero() && (r.Time.Sub(c.Before).Abs() <= oneDump || r.Time.Sub(c.After).Abs() <= oneDump) {
				ids = append(ids, r.ID)
			}
		}
		if len(ids) > 0 {
			add(0, ids, "the clock of %s was set from %s to %s%s (%s): times on both sides of that are not as far apart as they show",
				c.Host, stamp(c.Before), stamp(c.After), c.by(), c.From.Cite())
		}
	}
}
