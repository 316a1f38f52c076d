package correlate

import (
	"strings"
	"testing"
)

// TestLikeness: an act that looks like something harmless and is not keeps its
// verdict, and a confidence that this verdict has.
func TestLikeness(t *testing.T) {
	for _, c := range []struct {
		verdict       string
		before, after int
	}{{"suspicious", 20, 25}, {"suspicious", 36, 39}, {"probable", 45, 50}, {"probable", 69, 69}, {"confirmed", 90, 95}, {"confirmed", 99, 99}} {
		a := weighed(c.verdict, c.before)
		a.Explain([]Explanation{{Name: "the agent", Against: []string{"a user ran it"}}})
		if a.Verdict != c.verdict || a.Confidence != c.after {
			t.Errorf("%+v: %s %d", c, a.Verdict, a.Confidence)
		}
	}
}

func TestExplain(t *testing.T) {
	complete := Explanation{Row: "r", Name: "the agent", Complete: true}
	misfit := Explanation{Row: "r", Name: "the agent", Against: []string{"a user ran it"}}
	partly := Explanation{Row: "s", Name: "a backup"}
	for name, c := range map[string]struct {
		with       []Explanation
		before     int
		verdict    string
		confidence int
		says       string
	}{
		"nothing":         {nil, 75, "confirmed", 75, ""},
		"complete":        {[]Explanation{complete, misfit}, 75, "explained", 15, "explained: the agent"},
		"certain":         {[]Explanation{complete}, 99, "explained", 25, "explained: the agent"},
		"faint":           {[]Explanation{complete}, 30, "explained", 1, "explained: the agent"},
		"a fake":          {[]Explanation{misfit}, 75, "confirmed", 80, "but does not fit: a user ran it (+5)"},
		"a certain fake":  {[]Explanation{misfit}, 98, "confirmed", 99, "does not fit"},
		"in part":         {[]Explanation{partly}, 75, "confirmed", 75, "a backup in part"},
		"in part, a fake": {[]Explanation{partly, misfit, misfit}, 75, "confirmed", 80, "does not fit"},
	} {
		a := weighed("confirmed", c.before)
		a.Explain(c.with)
		told := strings.Join(append(a.For, a.Against...), "\n")
		if a.Verdict != c.verdict || a.Confidence != c.confidence || !strings.Contains(told, c.says) || len(a.Explanations) != len(c.with) {
			t.Errorf("%s: %s %d %q", name, a.Verdict, a.Confidence, told)
		}
	}
}

// weighed is an act whose one reason gives it the confidence.
func weighed(verdict string, confidence int) Act {
	a := Act{Verdict: verdict, Limit: mostConfidence}
	a.because(For, confidence, nil, "something was seen")
	a.settle()
	return a
}
