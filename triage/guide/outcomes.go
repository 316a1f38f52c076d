package guide

import (
	"fmt"
	"slices"
	"strings"

	"hivetriage/triage/rule"
)

// outcomes counts on how many of the attesting records the rules match: the
// seed rule in its two leading versions, every related rule that matches or
// that a record leaves open, and by name those that match none and those that
// were not evaluated.
func (f *Facts) outcomes() []string {
	type tally struct {
		match                rule.Match
		records, hits, opens int
	}
	var tallies []*tally
	for _, r := range f.dumping() {
		for _, m := range r.Rules {
			if m.ID == rule.SeedID && !m.Leads() {
				continue
			}
			i := slices.IndexFunc(tallies, func(t *tally) bool { return t.match.ID == m.ID && t.match.Version == m.Version })
			if i < 0 {
				tallies, i = append(tallies, &tally{match: m}), len(tallies)
			}
			t := tallies[i]
			t.records++
			switch {
			case m.Matched:
				t.hits++
			case len(m.NotRecorded) > 0:
				t.opens++
			}
		}
	}
	var lines, without []string
	for _, t := range tallies {
		if !t.match.Leads() && t.hits+t.opens == 0 {
			without = append(without, fmt.Sprintf("%s (%s)", t.match.Name, counted(t.records, "record", "records")))
			continue
		}
		line := fmt.Sprintf("%s, %s: matches %d of %d attesting records", t.match.Name, t.match.Version, t.hits, t.records)
		if t.opens > 0 {
			line += fmt.Sprintf(", cannot be evaluated on %d, whose source does not record what it asks for", t.opens)
		}
		lines = append(lines, line+"; each record says which condition held and which did not.")
	}
	if len(without) > 0 {
		lines = append(lines, "Related rules that were evaluated and match none: "+strings.Join(without, "; ")+".")
	}
	var idle []string
	for _, s := range f.Rules {
		switch {
		case slices.ContainsFunc(tallies, func(t *tally) bool { return t.match.ID == s.ID }):
		case s.Not != "":
			lines = append(lines, fmt.Sprintf("%s was not evaluated: %s.", s.Name, s.Not))
		default:
			idle = append(idle, s.Name)
		}
	}
	if len(idle) > 0 {
		lines = append(lines, "Related rules for whose kind of record there is none among those that attest to the acts: "+strings.Join(idle, "; ")+".")
	}
	return lines
}

// counted counts in words.
func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
