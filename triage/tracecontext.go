package triage

import (
	"context"
	"slices"
	"strings"
	"time"

	"hivetriage/artifacts"
	"hivetriage/triage/attest"
	"hivetriage/triage/command"
	"hivetriage/triage/correlate"
)

// maxTraceNotices bounds the notices of one artefact.
const maxTraceNotices = 1000

// readTraceContext reads the artefacts again for what bears on the time around
// the acts.
func (r *run) readTraceContext(ctx context.Context, w *wanted) []correlate.Notice {
	found := make([][]correlate.Notice, len(r.traces))
	copied := r.copiedTo()
	abreast(r.cfg.Workers, len(r.traces), func(i int) {
		f := r.traces[i]
		if ctx.Err() != nil || f.failed || !f.from.IsZero() && !w.overlaps(f.from, f.to) {
			return
		}
		f.each(ctx, r, func(t *artifacts.Trace) {
			if len(found[i]) < maxTraceNotices {
				found[i] = append(found[i], attest.Around(t, func(s artifacts.Stamp) bool { return w.in(s.Time) }, copied)...)
			}
		})
	})
	var all []correlate.Notice
	for _, notices := range found {
		all = append(all, notices...)
	}
	return all
}

// overlaps reports whether a span of time meets the window around an act.
func (w *wanted) overlaps(from, to time.Time) bool {
	return slices.ContainsFunc(w.spans, func(s span) bool { return !to.Before(s.from) && !from.After(s.to) })
}

// copiedTo returns the question whether a copy lies, or lay, at a place below
// a drive's root.
func (r *run) copiedTo() func(relative string) bool {
	places := map[string]bool{}
	for _, e := range r.exports {
		for _, p := range append([]string{e.At.Path}, e.Links...) {
			for _, below := range belowDrive(p) {
				places[below] = true
			}
		}
		for _, h := range e.History {
			if h.Path != "" {
				for _, below := range belowDrive(h.Path) {
					places[below] = true
				}
			}
		}
	}
	return func(relative string) bool { return places[command.Normal(strings.ReplaceAll(relative, "/", `\`))] }
}
