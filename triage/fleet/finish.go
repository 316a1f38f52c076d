package fleet

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// ask goes through a host for the second time: what it tells of the others, and
// its timeline if hives were copied there.
func (r *rollUp) ask(l Loader, h *host, moments int) {
	if h.row.Acts > 0 {
		c, err := l.Case(h.at)
		switch {
		case err != nil:
			h.row.Notes = append(h.row.Notes, "Its timeline could not be read again: "+err.Error()+".")
		case c != nil:
			r.takeMoments(h, c, moments)
		}
	}
	if h.row.Unread != "" {
		r.wanted.hear(h, nil)
		return
	}
	f, err := l.Footprint(h.at)
	if err != nil || f == nil {
		h.row.Unread = "its footprint could not be read again"
		if err != nil {
			h.row.Unread += ": " + err.Error()
		}
	}
	if f != nil && err == nil {
		cutFootprint(f) // told of already
	}
	r.wanted.hear(h, f)
	if f != nil && err == nil {
		r.hearSource(h, f)
		r.hearLogons(h, f)
		r.hearAccounts(h, f)
	}
}

// finish writes the document.
func (r *rollUp) finish() *Case {
	c := &r.c
	c.Schema, c.SchemaVersion, c.Tool, c.Run = Schema, SchemaVersion, r.options.Tool, r.options.Run
	c.Left = list(slices.Clone(r.options.Left))
	slices.SortFunc(c.Left, func(a, b Left) int { return cmp.Or(strings.Compare(a.Path, b.Path), strings.Compare(a.Why, b.Why)) })
	c.NotTriaged = list(c.NotTriaged)
	r.blind()
	r.finishRemote()
	r.finishLogons()
	r.finishExposure()
	r.wanted.finish(c)
	r.respond()
	r.finishTimeline()
	c.Acts = []Act{}
	for _, a := range r.acts {
		c.Acts = append(c.Acts, a.row)
	}
	r.sayGroups()
	r.finishHosts()
	c.Summary = r.summary()
	return c
}

// finishHosts writes the hosts, counts them, and takes the worst verdict.
func (r *rollUp) finishHosts() {
	c := &r.c
	c.Hosts, c.Verdict, c.Complete = []Host{}, "none", len(c.NotTriaged) == 0
	exposed := map[string]int{}
	for _, a := range c.Accounts {
		for _, cell := range a.Cells {
			if a.Usable && cell.Recoverable != "no" && !cell.Explained {
				exposed[cell.Folder]++
			}
		}
	}
	for _, l := range c.Left {
		if l.Unread {
			c.Complete = false
			c.Counts.Unread++
		}
	}
	machines, copies := map[*machine]string{}, map[string]bool{}
	for _, h := range r.hosts {
		h.row.Exposed = exposed[h.row.Folder]
		c.Hosts = append(c.Hosts, h.row)
		c.Verdict = worse(c.Verdict, h.row.Verdict)
		c.Complete = c.Complete && h.row.Complete
		for _, e := range h.copies {
			if key := fmt.Sprintf("%p %s", h.machine, e.row.Export); !copies[key] {
				copies[key] = true
				c.Counts.Copies++
			}
		}
		if !h.row.Complete {
			c.Counts.Incomplete++
		}
		if len(h.row.DataOf) == 0 || h.row.Acts > 0 {
			machines[h.machine] = worse(cmp.Or(machines[h.machine], "none"), h.row.Verdict)
		}
	}
	c.Counts.ByVerdict = map[string]int{}
	for _, verdict := range machines {
		c.Counts.ByVerdict[verdict]++
	}
	c.Counts.Triaged, c.Counts.NotTriaged, c.Counts.Left = len(r.hosts), len(c.NotTriaged), len(c.Left)
	c.Counts.Hosts, c.Counts.Hit, c.Counts.Acts, c.Counts.Blind = len(machines), len(c.Spread), len(c.Distinct()), len(c.Blind)
	ends, of := Ends(c.Distinct())
	c.Counts.OtherEnds = ends - of
	slices.SortStableFunc(c.Hosts, func(a, b Host) int {
		return cmp.Or(slices.Index(verdicts, a.Verdict)-slices.Index(verdicts, b.Verdict), strings.Compare(a.Folder, b.Folder))
	})
}
