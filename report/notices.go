package report

import (
	"fmt"

	"hivetriage/triage"
)

// maxNotices is how many notices the terminal report lists.
const maxNotices = 15

// notices lists what else the logs tell of the time around the acts.
func (t *terminal) notices(c *triage.Case) {
	if len(c.Notices) == 0 {
		return
	}
	t.heading("Around the acts")
	var table fields
	for _, n := range c.Notices[:min(len(c.Notices), maxNotices)] {
		often := ""
		if n.Count > 1 {
			often = fmt.Sprintf(" (%d records, the last at %s)", n.Count, stamp(n.Last))
		}
		table.add(visible(n.Kind), stamp(n.Time)+" "+visible(n.What)+often)
	}
	t.table(nil, []int{labelWidth}, table.cut(t.width-labelWidth-frame(2)))
	t.more(len(c.Notices), maxNotices, "records")
}
