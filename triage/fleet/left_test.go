package fleet_test

import (
	"strings"
	"testing"

	"hivetriage/triage"
	"hivetriage/triage/coverage"
	"hivetriage/triage/fleet"
	"hivetriage/triage/fleet/fleettest"
)

// TestUnreadEntries: what could not be looked at may be a host's evidence, so
// that the answer is not complete; what is known to be none changes nothing.
func TestUnreadEntries(t *testing.T) {
	note := fleet.Left{Path: "in/notes.txt", Why: "text"}
	closed := fleet.Left{Path: "in/closed", Why: "this folder cannot be listed: permission denied", Unread: true}
	tests := []struct {
		name     string
		left     []fleet.Left
		hosts    fleettest.Batch
		complete bool
		says     string
	}{
		{"a note", []fleet.Left{note}, fleettest.Batch{fleettest.Quiet(1)}, true, "All inputs were triaged, and all that was met in them was read, without a gap that a copy could hide behind; what a host's evidence could not have told, its own report says."},
		{"a folder that cannot be listed", []fleet.Left{note, closed}, fleettest.Batch{fleettest.Quiet(1)}, false,
			"All inputs were triaged; evidence may be missing behind 1 entry that could not be looked at or is empty: closed."},
		{"and an input that failed", []fleet.Left{closed}, fleettest.Batch{fleettest.Quiet(1), fleettest.Gone("b", fleet.Failed, "why", 2)}, false,
			"1 input was not triaged: b.E01; evidence may be missing behind 1 entry that could not be looked at or is empty: closed."},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c, err := fleet.RollUp(t.Context(), test.hosts, fleet.Options{Tool: triage.Tool{Name: "hivetriage"}, Left: test.left})
			if err != nil {
				t.Fatal(err)
			}
			if last := c.Summary[len(c.Summary)-1]; c.Complete != test.complete || last != test.says {
				t.Errorf("complete %v: %s", c.Complete, last)
			}
			if want := strings.Count(test.says, "closed"); c.Counts.Unread != want {
				t.Errorf("%d entries, want %d", c.Counts.Unread, want)
			}
		})
	}
}

// TestLimitsAreFirst: what was not read for a limit stands before what is
// missing because of it.
func TestLimitsAreFirst(t *testing.T) {
	m := fleettest.Quiet(1)
	m.Case.Complete = false
	m.Case.Coverage.Sources = []coverage.Row{
		{What: "Windows installation", State: coverage.Absent, Why: "no live hive is in the evidence", Gap: true},
		{What: "Security log", State: coverage.Absent, Why: "no Security log is in the evidence", Gap: true},
		{What: "stream", State: coverage.Partial, Why: "limit at offset 67108864: it unpacks to more than 1000 times its size", Gap: true},
	}
	gaps := rollUp(t, fleettest.Batch{m}).Hosts[0].Gaps
	if len(gaps) != 3 || !strings.HasPrefix(gaps[0], "stream: limit") || !strings.HasPrefix(gaps[1], "Security log") {
		t.Errorf("gaps %q", gaps)
	}
}
