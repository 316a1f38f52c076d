package fleet

import (
	"cmp"
	"slices"
	"strings"

	"hivetriage/triage"
)

// leastMoments is how many moments of each host are told at least, however
// many hosts have acts.
const leastMoments = 20

// kinds of moments are in the order in which they are kept.
var kinds = []string{"command", "export", "file", "logon", "logoff", "log cleared", "process", "artefact", "notice"}

// momentsOfEach is how many moments of each host with acts are told.
func (r *rollUp) momentsOfEach() int {
	with := 0
	for _, h := range r.hosts {
		if h.row.Acts > 0 {
			with++
		}
	}
	return max(MaxMoments/max(with, 1), leastMoments)
}

// takeMoments takes the timeline of a host with acts.
func (r *rollUp) takeMoments(h *host, c *triage.Case, most int) {
	all := slices.Clone(c.Timeline)
	rank := func(m triage.Moment) int {
		if i := slices.Index(kinds, m.Kind); i >= 0 {
			return i
		}
		return len(kinds)
	}
	slices.SortStableFunc(all, func(a, b triage.Moment) int { return cmp.Or(rank(a)-rank(b), a.Time.Compare(b.Time)) })
	if more := len(all) - most; more > 0 {
		all, r.c.Omitted.Moments = all[:most], r.c.Omitted.Moments+more
	}
	for _, m := range all {
		r.c.Timeline = append(r.c.Timeline, Moment{Time: m.Time, Folder: h.row.Folder, Host: h.row.Name, Kind: m.Kind, What: m.What, Ref: m.Ref})
	}
}

func (r *rollUp) finishTimeline() {
	r.c.Timeline = list(r.c.Timeline)
	slices.SortStableFunc(r.c.Timeline, func(a, b Moment) int {
		return cmp.Or(a.Time.Compare(b.Time), strings.Compare(a.Folder, b.Folder), strings.Compare(a.Kind, b.Kind), strings.Compare(a.What, b.What), strings.Compare(a.Ref, b.Ref))
	})
	if more := len(r.c.Timeline) - MaxMoments; more > 0 {
		r.c.Timeline, r.c.Omitted.Moments = r.c.Timeline[:MaxMoments], r.c.Omitted.Moments+more
	}
}
