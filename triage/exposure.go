package triage

import (
	"cmp"
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
		for _, t := range r.withDirectory(r.thefts(&acts[i]), acts[i].ID) {
			rows = append(rows, expose.Rows(t)...)
		}
	}
	return rows
}

// thefts gathers what is known of what an act took, by machine: hives of two
// machines open nothing together.
func (r *run) thefts(a *correlate.Act) []expose.Theft {
	var sets []string // ids, in the order of the exports
	bySet := map[string][]*locate.Export{}
	for i := range r.exports {
		e := &r.exports[i]
		if !slices.Contains(a.Exports, e.ID) {
			continue
		}
		set := e.BelongsTo.Set
		if !slices.Contains(sets, set) {
			sets = append(sets, set)
		}
		bySet[set] = append(bySet[set], e)
	}
	ran := r.ran(a)
	var thefts []expose.Theft
	told := false // what the commands took
	for _, set := range sets {
		t := r.theft(a, bySet[set])
		if r.onHost(bySet[set], ran.host) {
			t.Hives = union(t.Hives, ran.hives)
			t.Directory, told = ran.directory, true
			t.BootKey = ran.bootKey
		}
		t.BootKey = cmp.Or(r.bootKeyElsewhere(set, t.Hives), t.BootKey)
		thefts = append(thefts, t)
	}
	if !told && len(ran.hives) > 0 {
		t := expose.Theft{Act: a.ID, Host: r.hostCalled(ran.host), Ended: a.End, Hives: ran.hives, Directory: ran.directory, Live: r.liveOf("", ran.host), Names: expose.Names{}, BootKey: ran.bootKey}
		r.nameAccounts(&t)
		thefts = append(thefts, t)
	}
	return thefts
}

// withDirectory adds the directory database that an act took to what it took
// of the machine whose SYSTEM opens it.
func (r *run) withDirectory(thefts []expose.Theft, act string) []expose.Theft {
	at := r.directoryOf(act)
	if at == "" || len(thefts) == 0 {
		return thefts
	}
	i := max(0, slices.IndexFunc(thefts, func(t expose.Theft) bool { return slices.Contains(t.Hives, "SYSTEM") }))
	thefts[i].Directory, thefts[i].DirectoryAt = true, at
	return thefts
}

// theft is what the exports of one machine tell.
func (r *run) theft(a *correlate.Act, taken []*locate.Export) expose.Theft {
	t := expose.Theft{Act: a.ID, Ended: a.End, Names: expose.Names{}}
	b := &taken[0].BelongsTo
	for _, e := range taken {
		t.Hives = union(t.Hives, []string{e.Hive})
		t.Copies.Take(r.copies[copyOf(e)], e.ID, e.At.Path)
		if b.MachineSID == "" && e.BelongsTo.MachineSID != "" {
			b = &e.BelongsTo
		}
	}
	t.Host = r.hostCalled(b.Host)
	if t.Host == "" && b.Relation == locate.ThisHost {
		t.Host = r.hostOf(taken[0].At)
	}
	t.Live = r.liveOf(b.MachineSID, b.Host)
	r.nameAccounts(&t)
	return t
}

// hostCalled is a computer's name as the case lists it, else as it was given.
func (r *run) hostCalled(name string) string {
	for _, h := range r.hosts {
		if name != "" && shortHost(h.Name) == shortHost(name) {
			return h.Name
		}
	}
	return name
}

// What an act's commands took of the host that they ran on.
type commandsTook struct {
	host      string
	hives     []string
	directory bool   // ntds.dit
	bootKey   string // how else than by a copy of SYSTEM the boot key was had
}

func (r *run) ran(a *correlate.Act) (c commandsTook) {
	for i := range r.records {
		rec := &r.records[i]
		if !slices.Contains(a.Records, rec.ID) {
			continue
		}
		c.host = cmp.Or(c.host, rec.Host)
		if rec.Kind == "share" && rec.Assessment == "export" && rec.Row == technique.Secretsdump {
			c.hives = union(c.hives, rec.Hives)
			c.bootKey = "the remote registry was opened in the same session: secretsdump reads the boot key there, without a file"
		}
		for _, command := range rec.Commands {
			if command.Copies() && command.Remote == "" {
				c.hives = union(c.hives, command.Hives)
				c.directory = c.directory || command.Technique == technique.IFM
			}
		}
	}
	return c
}

// onHost reports whether copies are of the host that an act's commands ran on,
// as far as it is known.
func (r *run) onHost(copies []*locate.Export, host string) bool {
	short, _, _ := strings.Cut(host, ".")
	for _, e := range copies {
		b := e.BelongsTo
		if b.Relation == locate.ThisHost && (b.Host == "" || host == "" || strings.EqualFold(b.Host, short)) || b.Host != "" && strings.EqualFold(b.Host, short) {
			return true
		}
	}
	return len(copies) > 0 && copies[0].BelongsTo.Relation == "unknown"
}

// bootKeyElsewhere looks for a copy of the same machine's SYSTEM that another
// act took; the boot key stays the same for the life of an installation.
func (r *run) bootKeyElsewhere(set string, taken []string) string {
	i := slices.IndexFunc(r.sets, func(s locate.Set) bool { return s.ID == set })
	if i < 0 || slices.Contains(taken, "SYSTEM") || !slices.Contains(r.sets[i].Hives, "SYSTEM") {
		return ""
	}
	return fmt.Sprintf("a copy of the same machine's SYSTEM, which holds the boot key, is in the evidence as well (%s)", set)
}

func union(a, b []string) []string {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
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
	for _, p := range r.profileNames() {
		name(p.sid, p.folder, p.because)
	}
}
