package triage

import (
	"slices"

	"hivetriage/artifacts"
	"hivetriage/triage/attest"
	"hivetriage/triage/correlate"
)

// tieRenamed makes records of the starts of programs that copy hives and were
// renamed, which only their version resource tells, where a copy came to be
// then.
func (r *run) tieRenamed(p *wantedPrograms) {
	known := map[string]bool{}
	for _, rec := range r.records {
		known[rec.ID] = true
	}
	late := []correlate.Record{}
	for _, e := range p.all {
		if e.At == nil || e.Unreliable != "" || !e.Renamed() {
			continue
		}
		built := artifacts.Datum{Name: "OriginalFileName", Value: e.Original}
		told := artifacts.Trace{From: *e.At, Offset: -1, Artefact: attest.RenamedProgram, Deed: artifacts.Ran, Program: e.Path, Host: e.Host}
		for _, t := range e.starts {
			told.Times = append(told.Times, artifacts.Stamp{Time: t, Means: "ran"})
		}
		for _, t := range append([]artifacts.Trace{told}, e.runs...) {
			t.Details = append(slices.Clone(t.Details), built)
			if !attest.Runs(&t) {
				continue
			}
			for _, rec := range attest.Ran(&t, r.exports) {
				if !known[rec.ID] && r.inRange(&rec) {
					known[rec.ID] = true
					r.nameUser(&rec)
					late = append(late, rec)
				}
			}
		}
	}
	if len(late) > 0 {
		r.records = append(r.records, late...)
		correlate.SortRecords(r.records)
		r.rejoin()
	}
}

// rejoin joins the acts again after records were added late, and keeps what
// was found out of each.
func (r *run) rejoin() {
	was := map[string]*correlate.Act{} // by the ids of what they hold
	for i := range r.acts {
		for _, id := range slices.Concat(r.acts[i].Exports, r.acts[i].Records) {
			was[id] = &r.acts[i]
		}
	}
	acts := correlate.Join(r.exports, r.records, r.machines())
	renamed := map[string]string{}
	for i := range acts {
		for _, id := range slices.Concat(acts[i].Exports, acts[i].Records) {
			old := was[id]
			if old == nil {
				continue
			}
			renamed[old.ID] = acts[i].ID
			if len(acts[i].Chain) == 0 {
				acts[i].Chain = old.Chain
			}
			if acts[i].Sessions == nil {
				acts[i].Enter(old.Sessions)
			}
		}
	}
	r.acts = acts
	for i := range r.executables {
		e := &r.executables[i]
		for j, act := range e.Acts {
			if id := renamed[act]; id != "" {
				e.Acts[j] = id
			}
		}
		slices.Sort(e.Acts)
		e.Acts = slices.Compact(e.Acts)
	}
}
