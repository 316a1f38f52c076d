package correlate

import "slices"

// An Explanation is a harmless reading of an act: something known that copies
// hives, what of it the act shows, and what does not fit.
type Explanation struct {
	Row      string   `json:"row"`  // id in the table of the benign
	Name     string   `json:"name"` // what it is, in a few words
	Complete bool     `json:"complete"`
	For      []string `json:"for"`     // what fits
	Against  []string `json:"against"` // what does not
	Open     []string `json:"open"`    // what could not be checked
	Settles  string   `json:"settles"` // what would settle it
}

// The points of an explanation.
const (
	explainedPoints = -60 // place and process fit, and nothing speaks against it
	imitatedPoints  = 5   // something looks like what is known, but does not fit
	explainedUpTo   = 25  // the confidence that an explained act has left at most
)

// most is the highest confidence that a verdict has.
func most(verdict string) int {
	switch verdict {
	case "suspicious":
		return probableFrom - 1
	case "probable":
		return confirmedFrom - 1
	}
	return mostConfidence
}

// Explain takes what harmless readings an act has, the best first. One that is
// complete makes the act explained; one that does not fit speaks against it.
func (a *Act) Explain(explanations []Explanation) {
	a.Explanations = explanations
	if len(explanations) == 0 {
		return
	}
	members := slices.Concat(a.Exports, a.Records)
	best := explanations[0]
	if best.Complete {
		a.Verdict = "explained"
		a.because(Against, explainedPoints, members, "explained: %s; its place and its process fit, and nothing speaks against it", best.Name)
		a.limit(explainedUpTo, "it is explained")
		a.settle()
		return
	}
	for _, e := range explanations {
		if len(e.Against) == 0 {
			a.because(Against, 0, members, "looks like %s in part, which the records do not complete", e.Name)
			continue
		}
		a.because(For, imitatedPoints, members, "looks like %s, but does not fit: %s", e.Name, e.Against[0])
		if most := most(a.Verdict); a.Points() > most {
			a.limit(most, "what it looks like makes no other verdict")
		}
		a.settle()
		break
	}
}
