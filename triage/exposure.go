package triage

import (
	"fmt"
	"slices"
	"strings"

	"hivetriage/triage/correlate"
	"hivetriage/triage/expose"
	"hivetriage/triage/guide"
	"hivetriage/triage/locate"
	"hivetriage/triage/technique"
)

// exposure lists what each act exposes, from the copies' content where they
// are in the evidence, else from the host's own hives.
func (r *run) exposure(acts []correlate.Act) []expose.Row {
	rows := []expose.Row{}
	for i := range acts {
		rows = append(rows, expose.Rows(r.theft(&acts[i]))...)
	}
	return rows
}

// theft gathers what is known of what an act took.
func (r *run) theft(a *correlate.Act) expose.Theft {
	t := expose.Theft{Act: a.ID, Ended: a.End, Hives: a.Hives, Names: expose.Names{}}
	var taken []*locate.Export
	for i := range r.exports {
		if slices.Contains(a.Exports, r.exports[i].ID) {
			taken = append(taken, &r.exports[i])
		}
	}
	for _, e := range taken {
		t.Copies.Take(r.copies[copyOf(e)], e.ID, e.At.Path)
	}
	if !slices.Contains(a.Hives, "SYSTEM") {
		t.BootKey = r.bootKeyElsewhere(taken)
	}
	for i := range r.records {
		rec := &r.records[i]
		if slices.Contains(a.Records, rec.ID) {
			for _, c := range rec.Commands {
				t.Directory = t.Directory || c.Copies() && c.Technique == technique.IFM
			}
		}
	}
	r.nameAccounts(&t)
	return t
}

// bootKeyElsewhere looks for a copy of the same machine's SYSTEM among the
// exports of other acts; the boot key stays the same for the life of an
// installation.
func (r *run) bootKeyElsewhere(taken []*locate.Export) string {
	for i := range r.exports {
		system := &r.exports[i]
		if system.Hive != "SYSTEM" || system.State == locate.StateReported {
			continue
		}
		for _, e := range taken {
			if sameMachine(e, system) {
				return fmt.Sprintf("a copy of the same machine's SYSTEM, which holds the boot key, is in the evidence as well: %s", system.ID)
			}
		}
	}
	return ""
}

// sameMachine reports whether two copies are of one machine, as far as both
// say: a SYSTEM knows its computer's name only.
func sameMachine(a, b *locate.Export) bool {
	if a.BelongsTo.MachineSID != "" && a.BelongsTo.MachineSID == b.BelongsTo.MachineSID {
		return true
	}
	if a.BelongsTo.Relation == "this host" && b.BelongsTo.Relation == "this host" {
		return a.At.Source == b.At.Source
	}
	return a.BelongsTo.Host != "" && strings.EqualFold(a.BelongsTo.Host, b.BelongsTo.Host)
}

// nameAccounts gives the SIDs of a theft names: from the copied and the live
// SAM, the list of profiles, and the logons in the logs.
func (r *run) nameAccounts(t *expose.Theft) {
	name := func(sid, name, because string) {
		if _, known := t.Names[sid]; sid != "" && name != "" && !known {
			t.Names[sid] = expose.Name{Name: name, Because: because}
		}
	}
	for _, h := range []expose.Hives{t.Copies, t.Live} {
		if h.SAM != nil {
			for _, a := range h.SAM.Facts.Accounts {
				name(a.SID.Value, a.Name.Value, "SAM, "+h.SAM.Path)
			}
		}
	}
	for _, rec := range r.records {
		name(rec.User.SID, guide.Account(rec.User), "record "+rec.ID)
	}
	for _, g := range r.logons {
		name(g.User.SID, guide.Account(g.User), fmt.Sprintf("logon in record %d of %s", g.From.RecordID, g.From.Path))
	}
	for _, h := range []expose.Hives{t.Copies, t.Live} {
		if h.Software == nil {
			continue
		}
		for _, p := range h.Software.Facts.Profiles {
			folder := p.Path.Value[strings.LastIndexByte(p.Path.Value, '\\')+1:]
			name(p.SID, folder, "the folder of its profile, "+p.Path.Value)
		}
	}
}
