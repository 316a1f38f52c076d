package report

import (
	"fmt"
	"strings"

	"hivetriage/triage"
)

// maxNotices is how many notices the terminal report lists.
const maxNotices = 15

// noticesTitle is what the notices are: without an act there are only those of
// the user's own rules, from any time.
func noticesTitle(c *triage.Case) string {
	if len(c.Acts) == 0 {
		return "What the Sigma rules match"
	}
	return "Around the acts"
}

// notices lists what else the logs tell of the time around the acts.
func (t *terminal) notices(c *triage.Case) {
	if len(c.Notices) == 0 {
		return
	}
	t.heading(noticesTitle(c))
	var table fields
	for _, n := range c.Notices[:min(len(c.Notices), maxNotices)] {
		often := ""
		if n.Count > 1 {
			often = fmt.Sprintf(" (%d records, the last at %s)", n.Count, stamp(n.Last))
		}
		table.add(visible(n.Kind), strings.TrimSpace(stamp(n.Time)+" "+visible(n.What)+often))
	}
	t.table(nil, []int{labelWidth}, table.cut(t.width-labelWidth-frame(2)))
	t.more(len(c.Notices), maxNotices, "records")
}

// NoticesTitle is noticesTitle for the HTML report.
func (f *front) NoticesTitle() string { return noticesTitle(f.Case) }
