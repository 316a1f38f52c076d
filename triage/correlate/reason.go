package correlate

import (
	"fmt"

	"hivetriage/triage/locate"
)

// A Reason is one line of the table that decides an act's confidence.
type Reason struct {
	Side     string   `json:"side"`              // For or Against
	Points   int      `json:"points"`            // what it adds; those of Against are zero or less
	Text     string   `json:"text"`              // one sentence, without the points
	Evidence []string `json:"evidence"`          // ids of the records and exports that it rests on, sorted; empty if it rests on what is absent
	Omitted  int      `json:"omitted,omitempty"` // ids beyond the first 64 of Evidence
}

// The sides of a Reason.
const (
	For     = "for"
	Against = "against"
)

// maxEvidence is how many ids a reason points to; Reason.Omitted counts the rest.
const maxEvidence = 64

// The least confidence that an act has, and the most: only what a person saw
// happen is certain.
const (
	leastConfidence = 1
	mostConfidence  = 99
)

// because enters a reason, and the line that For or Against tell it with.
func (a *Act) because(side string, points int, evidence []string, format string, args ...any) {
	ids := unique(evidence)
	r := Reason{Side: side, Points: points, Text: fmt.Sprintf(format, args...), Evidence: ids}
	if len(ids) > maxEvidence {
		r.Evidence, r.Omitted = ids[:maxEvidence:maxEvidence], len(ids)-maxEvidence
	}
	a.Reasons = append(a.Reasons, r)
	line := fmt.Sprintf("%s (%+d)", r.Text, r.Points)
	if side == For {
		a.For = append(a.For, line)
	} else {
		a.Against = append(a.Against, line)
	}
}

// Points is the sum of the points of an act's reasons.
func (a *Act) Points() (sum int) {
	for _, r := range a.Reasons {
		sum += r.Points
	}
	return sum
}

// settle computes the confidence from the reasons: the sum of their points,
// at least leastConfidence and at most the act's limit.
func (a *Act) settle() { a.Confidence = min(max(a.Points(), leastConfidence), a.Limit) }

// limit lowers the most that the confidence can be.
func (a *Act) limit(most int, why string) {
	if a.Limit == 0 || most < a.Limit {
		a.Limit, a.LimitWhy = most, why
	}
}

// Thresholds are the confidence from which an act is confirmed, and the one
// from which it is probable.
func Thresholds() (confirmed, probable int) { return confirmedFrom, probableFrom }

// verdictOf is what a confidence of that height is called.
func verdictOf(confidence int) string {
	switch {
	case confidence >= confirmedFrom:
		return "confirmed"
	case confidence >= probableFrom:
		return "probable"
	}
	return "suspicious"
}

// exportIDs are the ids of exports.
func exportIDs(exports []*locate.Export) []string {
	ids := make([]string, len(exports))
	for i, e := range exports {
		ids[i] = e.ID
	}
	return ids
}
