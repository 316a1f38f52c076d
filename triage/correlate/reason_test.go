package correlate

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"hivetriage/triage/locate"
)

// TestReasonsSum: the confidence is the sum of the points of the reasons, at
// least 1 and at most the limit; the lines for and against are the reasons, and
// each points to members of the act.
func TestReasonsSum(t *testing.T) {
	r := save("r1", "SAM", `C:\Users\Public\sam.save`, at(0), 1, 2)
	s := save("r2", "SYSTEM", `C:\Users\Public\sys.save`, at(time.Second), 3, 2)
	e := export("e1", "SAM", "/Users/Public/sam.save", at(time.Second))
	late := export("e1", "SAM", "/Users/Public/sam.save", at(-100*time.Hour))
	known := e
	known.Location.Class = locate.Check
	named := e
	named.State, named.Size = locate.StateReported, 65536
	var many []Record
	for i := range 200 {
		many = append(many, save(fmt.Sprintf("r%03d", i), "SAM", `C:\x`, at(time.Duration(i)*time.Second), uint32(i+1), 2))
	}
	for _, c := range []struct {
		name    string
		exports []locate.Export
		records []Record
		explain []Explanation
		limit   int
	}{
		{"all of it", []locate.Export{e}, []Record{r, s}, nil, 99},
		{"a doubt", []locate.Export{late}, []Record{r}, nil, 99},
		{"only SYSTEM", nil, []Record{s}, nil, 99},
		{"a known place", []locate.Export{known}, nil, nil, 99},
		{"a name", []locate.Export{named}, nil, nil, probableFrom - 1},
		{"explained", []locate.Export{e}, []Record{r, s}, []Explanation{{Name: "a backup", Complete: true}}, explainedUpTo},
		{"a likeness", nil, []Record{r}, []Explanation{{Name: "a backup", Against: []string{"no"}}}, 99},
		{"a flood", nil, many, nil, 99},
	} {
		acts := Join(c.exports, c.records, Known{})
		if len(acts) != 1 {
			t.Fatalf("%s: %v", c.name, ids(acts))
		}
		a := &acts[0]
		a.Explain(c.explain)
		if a.Limit != c.limit || (a.LimitWhy == "") != (c.limit == 99) || a.Confidence != min(max(a.Points(), 1), a.Limit) {
			t.Errorf("%s: confidence %d of points %d, limit %d %q", c.name, a.Confidence, a.Points(), a.Limit, a.LimitWhy)
		}
		members := slices.Concat(a.Exports, a.Records)
		lines := 0
		for _, reason := range a.Reasons {
			side := a.For
			if reason.Side == Against {
				side = a.Against
			}
			if slices.Contains(side, fmt.Sprintf("%s (%+d)", reason.Text, reason.Points)) {
				lines++
			}
			if reason.Side == Against && reason.Points > 0 || reason.Side == For && reason.Points < 0 || len(reason.Evidence) > maxEvidence {
				t.Errorf("%s: %+v", c.name, reason)
			}
			for _, id := range reason.Evidence {
				if !slices.Contains(members, id) {
					t.Errorf("%s: %q points to %s, which is not of the act", c.name, reason.Text, id)
				}
			}
		}
		if lines != len(a.For)+len(a.Against) || lines != len(a.Reasons) {
			t.Errorf("%s: %d reasons, %d lines, %d of them the reasons'", c.name, len(a.Reasons), len(a.For)+len(a.Against), lines)
		}
		if c.name == "a flood" && !slices.ContainsFunc(a.Reasons, func(r Reason) bool { return r.Omitted == 200-maxEvidence }) {
			t.Errorf("what is left out is not told: %+v", a.Reasons)
		}
	}
}
