package triage

import (
	"fmt"
	"slices"
	"strings"

	"hivetriage/triage/benign"
	"hivetriage/triage/correlate"
	"hivetriage/triage/locate"
)

// explain looks for what legitimately makes copies like those of the acts.
func (r *run) explain(members [][]*correlate.Record) {
	exports := map[string]*locate.Export{}
	for i := range r.exports {
		exports[r.exports[i].ID] = &r.exports[i]
	}
	for i := range r.acts {
		facts := benign.Facts{Act: &r.acts[i], Records: members[i], All: r.records}
		for _, id := range r.acts[i].Exports {
			facts.Exports = append(facts.Exports, exports[id])
		}
		r.acts[i].Explain(benign.Explain(facts))
	}
}

// explanation is one sentence on a case whose acts are all explained.
func explanation(acts []correlate.Act) string {
	var names []string
	for _, a := range acts {
		if len(a.Explanations) > 0 {
			names = append(names, a.Explanations[0].Name)
		}
	}
	slices.Sort(names)
	return fmt.Sprintf("The records explain it by %s; the response says what would confirm that, and until then the copies are exposed.", strings.Join(slices.Compact(names), ", "))
}
