package report

import (
	"strings"
	"testing"

	"hivetriage/triage/correlate"
)

// TestSumText: how the confidence follows from the reasons is told for every
// way in which it does.
func TestSumText(t *testing.T) {
	reasons := func(points ...int) (all []correlate.Reason) {
		for _, p := range points {
			all = append(all, correlate.Reason{Points: p})
		}
		return all
	}
	for _, tt := range []struct {
		act  correlate.Act
		want string
	}{
		{correlate.Act{Verdict: "confirmed", Confidence: 97, Limit: 99, Reasons: reasons(50, 47)}, "The points add up to 97: confidence 97 of 100, confirmed (from 70 on)."},
		{correlate.Act{Verdict: "confirmed", Confidence: 99, Limit: 99, Reasons: reasons(150, -10)}, "The points add up to 140; the most is 99, for only what a person saw happen is certain: confidence 99 of 100, confirmed (from 70 on)."},
		{correlate.Act{Verdict: "suspicious", Confidence: 39, Limit: 39, LimitWhy: "names alone do not prove a copy", Reasons: reasons(60)},
			"The points add up to 60; the most is 39 here: names alone do not prove a copy: confidence 39 of 100, suspicious (less than 40)."},
		{correlate.Act{Verdict: "probable", Confidence: 45, Limit: 99, Reasons: reasons(45)}, "The points add up to 45: confidence 45 of 100, probable (40 to 69)."},
		{correlate.Act{Verdict: "explained", Confidence: 1, Limit: 25, Reasons: reasons(20, -60)},
			"The points add up to -40; the least is 1: confidence 1 of 100, explained: something harmless that fits it whole is known of the host."},
	} {
		if got := sumText(&tt.act); got != tt.want {
			t.Errorf("%d of %d: %s\nwant %s", tt.act.Confidence, tt.act.Points(), got, tt.want)
		}
	}
}

// TestIDsText: what a reason rests on is counted beyond the first.
func TestIDsText(t *testing.T) {
	for want, r := range map[string]correlate.Reason{
		"": {}, "a": {Evidence: []string{"a"}}, "a, b and 1 more": {Evidence: []string{"a", "b", "c"}}, "a, b and 70 more": {Evidence: strings.Split("a b c d e f", " "), Omitted: 66},
	} {
		if got := idsText(&r); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
