package report

import (
	"fmt"
	"strings"

	"hivetriage/triage/correlate"
)

// points are a reason's, with their sign.
func points(r *correlate.Reason) string { return fmt.Sprintf("%+d", r.Points) }

// sumText says how the confidence of an act follows from its reasons.
func sumText(a *correlate.Act) string {
	sum := a.Points()
	text := fmt.Sprintf("The points add up to %d", sum)
	switch {
	case sum > a.Confidence && a.LimitWhy != "":
		text += fmt.Sprintf("; the most is %d here: %s", a.Limit, a.LimitWhy)
	case sum > a.Confidence:
		text += fmt.Sprintf("; the most is %d, for only what a person saw happen is certain", a.Limit)
	case sum < a.Confidence:
		text += "; the least is 1"
	}
	return fmt.Sprintf("%s: confidence %d of 100, %s.", text, a.Confidence, meaning(a.Verdict))
}

// meaning is a verdict with the confidence that it stands for.
func meaning(verdict string) string {
	confirmed, probable := correlate.Thresholds()
	switch verdict {
	case "confirmed":
		return fmt.Sprintf("confirmed (from %d on)", confirmed)
	case "probable":
		return fmt.Sprintf("probable (%d to %d)", probable, confirmed-1)
	case "suspicious":
		return fmt.Sprintf("suspicious (less than %d)", probable)
	case "explained":
		return "explained: something harmless that fits it whole is known of the host"
	}
	return visible(verdict)
}

// idsText names the first records and exports that a reason rests on.
func idsText(r *correlate.Reason) string {
	shown := r.Evidence[:min(len(r.Evidence), maxIDs)]
	text := strings.Join(shown, ", ")
	if n := len(r.Evidence) - len(shown) + r.Omitted; n > 0 {
		text += fmt.Sprintf(" and %d more", n)
	}
	return text
}
