package triage

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/triage/attest"
	"hivetriage/triage/command"
	"hivetriage/triage/correlate"
	"hivetriage/triage/program"
)

// seenPrograms tells when other artefacts first knew of the programs: for each
// the earliest time of each kind of artefact.
func (r *run) seenPrograms(ctx context.Context, p *wantedPrograms) map[string][]program.Seen {
	byRelative := map[string]string{}
	for key := range p.byPath {
		if relative, _ := command.VolumePath(key); relative != "" {
			byRelative[relative] = key
		}
	}
	found := make([]map[string][]program.Seen, len(r.traces))
	abreast(r.cfg.Workers, len(r.traces), func(i int) {
		f := r.traces[i]
		if ctx.Err() != nil || f.failed {
			return
		}
		found[i] = map[string][]program.Seen{}
		f.each(ctx, r, func(t *artifacts.Trace) {
			relative, _ := command.VolumePath(t.Program)
			if key := byRelative[relative]; key != "" && relative != "" && len(t.Times) > 0 {
				found[i][key] = firstOfKind(found[i][key], program.Seen{Artefact: t.Artefact, Time: t.Times[0].Time, Means: t.Times[0].Means, Path: f.at.Place()})
			}
		})
	})
	all := map[string][]program.Seen{}
	for _, one := range found {
		for key, list := range one {
			for _, s := range list {
				all[key] = firstOfKind(all[key], s)
			}
		}
	}
	for _, list := range all {
		slices.SortFunc(list, func(a, b program.Seen) int {
			return cmp.Or(a.Time.Compare(b.Time), strings.Compare(a.Artefact, b.Artefact))
		})
	}
	return all
}

// firstOfKind keeps the first time of each kind of artefact.
func firstOfKind(list []program.Seen, s program.Seen) []program.Seen {
	for i := range list {
		if list[i].Artefact == s.Artefact {
			if s.Time.Before(list[i].Time) {
				list[i] = s
			}
			return list
		}
	}
	return append(list, s)
}

// tieRenamed makes records of the starts of programs that copy hives and were
// renamed, which only their version resource tells, where a copy came to be
// then.
func (r *run) tieRenamed() {
	before := len(r.records)
	for i := range r.executables {
		e := &r.executables[i]
		if e.At == nil || !e.Renamed() || e.First.IsZero() {
			continue
		}
		t := artifacts.Trace{From: *e.At, Offset: -1, Artefact: attest.RenamedProgram, Deed: artifacts.Ran, Program: e.Path, Host: r.hostOf(*e.At),
			Times:   []artifacts.Stamp{{Time: e.First, Means: "ran"}, {Time: e.Last, Means: "ran"}},
			Details: []artifacts.Datum{{Name: "OriginalFileName", Value: e.Original}}}
		if attest.Runs(&t) {
			r.records = append(r.records, attest.Ran(&t, r.exports)...)
		}
	}
	if len(r.records) > before {
		r.records = numbered(r.records)
		r.rejoin()
	}
}

// rejoin joins the acts again after records were added late, and keeps what
// was found out of each.
func (r *run) rejoin() {
	chains := map[string]*correlate.Act{}
	for i := range r.acts {
		for _, id := range slices.Concat(r.acts[i].Exports, r.acts[i].Records) {
			chains[id] = &r.acts[i]
		}
	}
	acts := correlate.Join(r.exports, r.records)
	for i := range acts {
		for _, id := range slices.Concat(acts[i].Exports, acts[i].Records) {
			if old := chains[id]; old != nil {
				acts[i].Chain, acts[i].Session = old.Chain, old.Session
				r.rename(old.ID, acts[i].ID)
				break
			}
		}
	}
	r.acts = acts
}

// rename gives the programs of an act its new id.
func (r *run) rename(old, id string) {
	for i := range r.executables {
		for j, act := range r.executables[i].Acts {
			if act == old {
				r.executables[i].Acts[j] = id
			}
		}
	}
}
