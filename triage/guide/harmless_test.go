package guide

import (
	"slices"
	"strings"
	"testing"
	"time"

	"hivetriage/triage/correlate"
)

// TestExplainedActs: acts that are explained ask to be confirmed, once for each
// reading; the incident is left to the others.
func TestExplainedActs(t *testing.T) {
	act := func(id, verdict string, confidence int) correlate.Act {
		a := correlate.Act{ID: id, Verdict: verdict, Confidence: confidence, Hives: []string{"SAM"}, Start: time.Date(2026, 3, 14, 9, 0, 0, 0, time.UTC)}
		a.Explanations = []correlate.Explanation{{Row: "r", Name: "the agent", Complete: verdict == "explained", For: []string{"its place"}, Against: []string{}, Open: []string{"the signature"}, Settles: "its log"}}
		return a
	}
	for name, c := range map[string]struct {
		acts         []correlate.Act
		want, absent string
		confirmed    int
	}{
		"explained alone": {[]correlate.Act{act("a", "explained", 15), act("b", "explained", 15)}, "Confirm that this was the agent: its log", "incident", 1},
		"one of two":      {[]correlate.Act{act("a", "explained", 15), act("b", "probable", 55)}, "Open an incident for credential theft", "nothing", 1},
		"none":            {[]correlate.Act{act("b", "probable", 55)}, "Open an incident for credential theft", "Confirm", 0},
	} {
		f := Facts{Acts: c.acts}
		var actions []string
		confirmed := 0
		for _, a := range Respond(f) {
			actions = append(actions, a.Action)
			if strings.HasPrefix(a.Action, "Confirm") {
				confirmed++
				if len(a.Evidence) == 0 || a.Priority != 3 {
					t.Errorf("%s: %+v", name, a)
				}
			}
			if strings.HasPrefix(a.Action, "Open an incident") && !strings.Contains(a.Because, "probable with confidence 55") {
				t.Errorf("%s: %s", name, a.Because)
			}
		}
		all := strings.Join(actions, "\n")
		if confirmed != c.confirmed || !strings.Contains(all, c.want) || strings.Contains(all, c.absent) {
			t.Errorf("%s: %s", name, all)
		}
		answers := Investigate(f)
		if last := answers[6]; !strings.Contains(last.Answer, "the agent") || !strings.Contains(last.Answer, "open: the signature.") ||
			!slices.ContainsFunc(last.Next, func(s string) bool { return strings.Contains(s, "would be settled by its log") }) {
			t.Errorf("%s: %+v", name, last)
		}
	}
}
