package fleet_test

import (
	"strings"
	"testing"
	"time"

	"hivetriage/triage/fleet"
	"hivetriage/triage/fleet/fleettest"
	"hivetriage/triage/footprint"
)

// TestTwoEndsOfOne: a command on one host and what another recorded of it are
// told as one act, everywhere where acts are counted; a call that is no command
// of an act is no end of it.
func TestTwoEndsOfOne(t *testing.T) {
	tests := []struct {
		name   string
		change func(o *footprint.Outgoing)
		at     time.Duration // of the act on the target, after the command
		ends   int
	}{
		{"the command of the act", func(*footprint.Outgoing) {}, 2 * time.Second, 1},
		{"the clocks are a little apart", func(*footprint.Outgoing) {}, -3 * time.Minute, 1},
		{"the last of several calls", func(o *footprint.Outgoing) {
			o.LastFrom, o.Last, o.Count = o.FirstFrom, o.First, 3
			o.FirstFrom.RecordID, o.First = 5, day.Add(-time.Minute)
		}, 0, 1},
		{"another command", func(o *footprint.Outgoing) { o.FirstFrom.RecordID, o.LastFrom.RecordID = 7, 7 }, 0, 0},
		{"a connection", func(o *footprint.Outgoing) { o.How = footprint.ByConnection }, 0, 0},
		{"much later", func(*footprint.Outgoing) {}, 20 * time.Minute, 0},
		{"a command to another host", func(o *footprint.Outgoing) { o.To = "ws-003" }, 0, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			source, target := fleettest.Quiet(1), fleettest.Quiet(2)
			source.Act(fleettest.Act{At: day, Person: admin, Tool: regExe})
			target.Act(fleettest.Act{At: day.Add(test.at), Person: admin, Share: fleettest.Address(1)})
			source.Call("ws-002", "", admin, `reg save \\ws-002\HKLM\SAM x`, day)
			o := &source.Footprint.Outgoing[0]
			o.FirstFrom = source.Case.Records[0].From
			o.LastFrom = o.FirstFrom
			test.change(o)
			c := rollUp(t, fleettest.Batch{source, target, fleettest.Quiet(3)})
			if c.Counts.Acts != 2 || c.Counts.OtherEnds != test.ends {
				t.Errorf("%d acts, %d other ends", c.Counts.Acts, c.Counts.OtherEnds)
			}
			for i, a := range c.Acts {
				if len(a.OtherEnds) != test.ends || test.ends == 1 && a.OtherEnds[0].Folder != c.Acts[1-i].Folder {
					t.Errorf("%s: other ends %+v", a.Host, a.OtherEnds)
				}
			}
			const told = "(2 of them are the two ends of one)"
			if len(c.Groups) != 1 {
				t.Fatalf("groups %+v", c.Groups)
			}
			for _, text := range []string{c.Summary[0], c.Groups[0].Text} {
				if strings.Contains(text, told) != (test.ends == 1) {
					t.Errorf("%q", text)
				}
			}
		})
	}
}

// TestEnds counts acts that are ends of one.
func TestEnds(t *testing.T) {
	ref := func(id string) fleet.Ref { return fleet.Ref{Folder: "f", ID: id} }
	act := func(id string, ends ...string) fleet.Act {
		a := fleet.Act{Folder: "f", ID: id}
		for _, e := range ends {
			a.OtherEnds = append(a.OtherEnds, ref(e))
		}
		return a
	}
	again := act("b")
	again.SameAs = []fleet.Ref{ref("b2")}
	for _, test := range []struct {
		name string
		acts []fleet.Act
		text string
	}{
		{"none", []fleet.Act{act("a"), act("b")}, ""},
		{"two of one", []fleet.Act{act("a", "b"), act("b", "a"), act("c")}, " (2 of them are the two ends of one)"},
		{"a command to two hosts", []fleet.Act{act("a", "b", "c"), act("b", "a"), act("c", "a")}, " (3 of them are the ends of one)"},
		{"two times two", []fleet.Act{act("a", "b"), act("b", "a"), act("c", "d"), act("d", "c")}, " (4 of them are the ends of 2)"},
		{"the other is not among them", []fleet.Act{act("a", "z"), act("b")}, ""},
		{"told by another input of the other", []fleet.Act{act("a", "b2"), again}, " (2 of them are the two ends of one)"},
	} {
		if got := fleet.EndsText(test.acts); got != test.text {
			t.Errorf("%s: %q, want %q", test.name, got, test.text)
		}
	}
}
