package report

import (
	"cmp"
	"io"
	"slices"

	"hivetriage/triage/fleet"
)

// BatchTimesketch writes JSON lines for Timesketch: the moments of all hosts
// with acts, oldest first, each with its host and its id as "folder:id". What
// has no time is not in it.
func BatchTimesketch(w io.Writer, c *fleet.Case) error {
	var s sketch
	for i := range c.Timeline {
		m := &c.Timeline[i]
		r := sketchRow{Message: m.What, DataType: "hivetriage:moment", Short: "TRIAGE", Tag: []string{"timeline", m.Kind}, Host: m.Host, Evidence: m.Folder}
		if m.Ref != "" {
			r.Ref = m.Folder + ":" + m.Ref
		}
		s.add(m.Time, cmp.Or(momentDescs[m.Kind], m.Kind), r)
	}
	slices.SortStableFunc(s.rows, func(a, b *sketchRow) int {
		return cmp.Or(cmp.Compare(a.Timestamp, b.Timestamp), cmp.Compare(a.Evidence, b.Evidence), cmp.Compare(a.Ref, b.Ref))
	})
	return writeLines(w, slices.Values(s.rows))
}
