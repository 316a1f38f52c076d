package triage

import (
	"fmt"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/artifacts/journal/recyclebin"
	"hivetriage/triage/attest"
	"hivetriage/triage/correlate"
	"hivetriage/triage/locate"
)

// tieTraces ties what artefacts told to the copies, once all of them are
// known: the runs that fit their times, and where those in the Recycle Bin
// came from.
func (r *run) tieTraces() {
	known := map[string]bool{}
	for i := range r.runs {
		for _, rec := range attest.Ran(&r.runs[i], r.exports) {
			if !known[rec.ID] && r.inRange(&rec) {
				known[rec.ID] = true
				r.nameUser(&rec)
				rec.Because = append(rec.Because, r.doubts[r.runs[i].From]...)
				r.records = append(r.records, rec)
			}
		}
	}
	for i := range r.removed {
		r.tieRemoved(&r.removed[i])
	}
	r.runs, r.removed = nil, nil
	correlate.SortRecords(r.records)
}

// tieRemoved tells of a copy in the Recycle Bin where it lay.
func (r *run) tieRemoved(t *artifacts.Trace) {
	content := recyclebin.Content(t.From.Path)
	for i := range r.exports {
		e := &r.exports[i]
		if content == "" || e.At.Source != t.From.Source || e.At.Volume != t.From.Volume || len(t.Paths) == 0 ||
			!strings.EqualFold(e.At.Path, content) && !strings.HasPrefix(strings.ToLower(e.At.Path), strings.ToLower(content)+"/") {
			continue
		}
		h := locate.Happening{Kind: locate.HappenedRenamed, Time: t.When(), From: t.From, Offset: max(t.Offset, 0)}
		was := t.Paths[0] + strings.ReplaceAll(e.At.Path[len(content):], "/", `\`)
		h.Path = belowRoot(was)
		h.What = "moved to the Recycle Bin from " + was
		e.History = append(e.History, h)
		e.IdentifiedBy = append(e.IdentifiedBy, fmt.Sprintf("%s says that it lay at %s until %s", t.From.Place(), was, stamp(t.When())))
	}
}

// belowRoot writes a Windows path as one below its drive's root.
func belowRoot(path string) string {
	if _, below, ok := strings.Cut(path, ":"); ok {
		path = below
	}
	return strings.ReplaceAll(path, `\`, "/")
}
