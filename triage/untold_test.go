package triage

import (
	"strings"
	"testing"

	"hivetriage/triage/correlate"
	"hivetriage/triage/coverage"
	"hivetriage/triage/settings"
)

// TestUntold: that all was read is not said to be all that there was.
func TestUntold(t *testing.T) {
	row := func(what string, state coverage.State) coverage.Row { return coverage.Row{What: what, State: state} }
	audit := func(share, registry string) []Host {
		return []Host{{Name: "WS1", Settings: []settings.Setting{{What: "detailed file share auditing", State: share}, {What: "registry auditing", State: registry}}}}
	}
	access := []correlate.Record{{Host: "ws1.corp.example", From: correlate.From{EventCode: "5145"}}}
	for _, test := range []struct {
		name  string
		c     Case
		full  string
		holds []string
		lacks []string
	}{
		{"all of it", Case{Hosts: audit("on", "on")}, "Everything that was met was read in full.", nil, []string{"What"}},
		{"no journal, free space left", Case{Hosts: audit("on", "off"), Coverage: coverage.Coverage{Sources: []coverage.Row{row(changeJournal, coverage.Absent), row("free space", coverage.Skipped)}}},
			"Everything that was met was read in full.", []string{"no change journal", "free space (not searched; --deep does that)."}, []string{"remote registry"}},
		{"nothing recorded", Case{Hosts: audit("off", "off")}, "Everything that was met was read in full.", []string{"remote registry, beyond a logon and what files are left (5145 and 4656 not recorded, as the hives stand)"}, []string{"journal", "free"}},
		{"recorded before", Case{Hosts: audit("off", "off"), Records: access}, "Everything that was met was read in full.", nil, []string{"What"}},
		{"one of two", Case{Hosts: append(audit("off", "on"), audit("on", "on")...)}, "Everything that was met was read in full.", []string{"(5145 not recorded, as the hives stand of WS1)"}, nil},
		{"settings not known", Case{}, "Everything that was met was read in full.", []string{"5145, was recorded is not known"}, nil},
		{"part of it", Case{Hosts: audit("on", "on"), Coverage: coverage.Coverage{Sources: []coverage.Row{row("usage of programs (SRUM)", coverage.Partial), row("collection", coverage.Skipped)}}},
			"Everything that was met was read in full, but for usage of programs (SRUM), which could hide no copy.", []string{"what was not collected"}, nil},
	} {
		if got := InFull(&test.c); got != test.full {
			t.Errorf("%s: %s", test.name, got)
		}
		got := Untold(&test.c)
		for _, want := range test.holds {
			if !strings.Contains(got, want) {
				t.Errorf("%s: %q is not in %q", test.name, want, got)
			}
		}
		for _, other := range test.lacks {
			if strings.Contains(got, other) {
				t.Errorf("%s: %q is in %q", test.name, other, got)
			}
		}
	}
}
