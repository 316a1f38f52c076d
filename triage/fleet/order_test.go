package fleet_test

import (
	"strings"
	"testing"
	"time"

	"hivetriage/triage"
	"hivetriage/triage/fleet"
	"hivetriage/triage/fleet/fleettest"
)

// TestOrderOfTwoClocks: what lies nearer to an act than two clocks may be apart
// is neither left out nor said to have come after it.
func TestOrderOfTwoClocks(t *testing.T) {
	set := &triage.Clock{Changes: []triage.ClockChange{{Before: day, After: day.Add(2 * time.Hour)}}}
	tests := []struct {
		name      string
		on        int // host that records the logons; the act is on 1
		at        []time.Duration
		clock     *triage.Clock // of the host that records
		edges     int
		count     int
		unordered bool
		told      string // of the clocks
		source    string
	}{
		{"after by more than the tolerance", 2, []time.Duration{6 * time.Minute}, nil, 1, 1, false, "", fleet.NewSource},
		{"after within it", 2, []time.Duration{4 * time.Minute}, nil, 1, 1, true, "within 5m0s of the act on WS-001", fleet.NewSource},
		{"before within it", 2, []time.Duration{-4 * time.Minute}, nil, 1, 1, true, "by two clocks", fleet.UnknownPast},
		{"before by more", 2, []time.Duration{-6 * time.Minute}, nil, 0, 0, false, "", ""},
		{"before within it, and later", 2, []time.Duration{-4 * time.Minute, time.Hour}, nil, 1, 2, false, "by two clocks", fleet.UnknownPast},
		{"before, on a host whose clock was set", 2, []time.Duration{-100 * time.Minute}, set, 1, 1, true, "within 2h0m0s of the act on WS-001 at 2026-03-14 14:00:00 UTC came after it is not told: the times are by two clocks of which one was set", fleet.UnknownPast},
		{"before, by the same clock", 1, []time.Duration{-4 * time.Minute}, nil, 0, 0, false, "", ""},
		{"after, by the same clock", 1, []time.Duration{time.Minute}, nil, 1, 1, false, "", fleet.NewSource},
		{"before, by the same clock that was set", 1, []time.Duration{-4 * time.Minute}, set, 1, 1, true, "a clock that was set about then", fleet.UnknownPast},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			hosts := fleettest.Batch{fleettest.Quiet(1), fleettest.Quiet(2), fleettest.Quiet(3)}
			hosts[0].Expose(hosts[0].Act(fleettest.Act{At: day, Person: admin}), 1)
			recorder := hosts[test.on-1]
			recorder.Case.Hosts[0].Clock = test.clock
			var at []time.Time
			for _, d := range test.at {
				at = append(at, day.Add(d))
			}
			recorder.Logon(admin, 3, fleettest.Address(3), "", at...)
			c := rollUp(t, hosts)
			if len(c.Logons.Edges) != test.edges {
				t.Fatalf("edges %+v", c.Logons.Edges)
			}
			if test.edges == 0 {
				return
			}
			e := c.Logons.Edges[0]
			if e.Count != test.count || e.Unordered != test.unordered || e.Source != test.source || !strings.Contains(e.Clock, test.told) || test.told == "" && e.Clock != "" || len(e.Exposed) != 1 {
				t.Errorf("edge %+v", e)
			}
			if told := strings.Contains(strings.Join(c.Summary, " "), "of 1 of them the clocks do not tell whether they came after"); told != test.unordered {
				t.Errorf("summary %q", c.Summary)
			}
		})
	}
}

// TestOrderOfHosts: two hosts whose first acts are nearer to one another than
// their clocks may be apart have no certain order.
func TestOrderOfHosts(t *testing.T) {
	for _, test := range []struct {
		apart   time.Duration
		doubted int
	}{{2 * time.Minute, 2}, {fleet.ClockTolerance, 2}, {6 * time.Minute, 0}} {
		one, two := fleettest.Quiet(1), fleettest.Quiet(2)
		one.Act(fleettest.Act{At: day})
		two.Act(fleettest.Act{At: day.Add(test.apart)})
		c := rollUp(t, fleettest.Batch{one, two})
		doubted := 0
		for _, s := range c.Spread {
			if strings.Contains(s.Doubt, "by another clock: which was first is not told") {
				doubted++
			}
		}
		if doubted != test.doubted || strings.Contains(c.Summary[1], "the place of 2 hosts in the order is in doubt") != (test.doubted > 0) {
			t.Errorf("%s apart: %+v, %q", test.apart, c.Spread, c.Summary)
		}
	}
}
