package fleet

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/triage/footprint"
)

// hearAccounts takes the local accounts of a host that bear the names of
// exposed ones.
func (r *rollUp) hearAccounts(h *host, f *footprint.Footprint) {
	for i := range f.Hosts {
		m := h.machine
		for _, c := range h.computers {
			if short(c.name) == short(f.Hosts[i].Name) {
				m = c.machine
			}
		}
		for _, a := range f.Hosts[i].Accounts {
			e := r.exposed.local[strings.ToLower(a.Name)]
			if e == nil || m == nil || e.cells[m] != nil || e.namesakes[m] {
				continue
			}
			e.namesakes[m] = true
			e.row.Same = append(e.row.Same, Namesake{Folder: h.row.Folder, Host: m.name, RID: a.RID, Enabled: a.Enabled, Administrator: a.Administrator,
				From: Ref{Folder: h.row.Folder, Path: a.Path, Entry: fmt.Sprintf("account with RID %d at %#x", a.RID, a.Offset)}})
		}
	}
}

// lead is what to ask of a local account whose name several computers have.
func lead(a *Account) string {
	if a.Scope != LocalScope || a.Hosts+len(a.Same) < 2 {
		return ""
	}
	rids := map[uint32]int{}
	for _, c := range a.Cells {
		if c.RID != 0 {
			rids[c.RID]++
		}
	}
	with := ""
	for _, rid := range slices.Sorted(maps.Keys(rids)) {
		switch n := rids[rid]; {
		case n == a.Hosts && n > 1:
			with = fmt.Sprintf(", on all of them with the RID %d", rid)
		case n > 1:
			with += fmt.Sprintf(", on %d of them with the RID %d", n, rid)
		}
	}
	others := ""
	if len(a.Same) > 0 {
		enabled := 0
		for _, s := range a.Same {
			if s.Enabled != nil && *s.Enabled {
				enabled++
			}
		}
		others = fmt.Sprintf("; %s of the batch has one as well, enabled on %d", plural(len(a.Same), "other host", "other hosts"), enabled)
		if len(a.Same) > 1 {
			others = strings.Replace(others, " has one", " have one", 1)
		}
	}
	return fmt.Sprintf("A local account of this name is exposed on %s%s%s. Whether the passwords are equal is not known: ask whether one was set on all (an image, a script) or each has its own (LAPS).", plural(a.Hosts, "computer", "computers"), with, others)
}

// of finds the exposed account that a logon is of. Lead says that only the name
// of a local account of another computer is the same.
func (x *exposure) of(u artifacts.User, on *machine, onName string) (e *exposed, because string, lead bool) {
	domain := strings.ToLower(u.Domain + `\` + u.Name)
	switch {
	case u.SID != "" && x.bySID[u.SID] != nil:
		return x.bySID[u.SID], "the SID is that of the exposed account", false
	case u.Domain != "" && u.Name != "" && x.byName[domain] != nil:
		if e := x.byName[domain]; u.SID == "" || e.row.SID == "" {
			return e, "domain and name are those of the exposed account", false
		}
	case on != nil && u.Name != "" && on.local(u):
		if e := x.local[strings.ToLower(u.Name)]; e != nil {
			if e.cells[on] != nil {
				return e, "it is the exposed local account of " + onName, false
			}
			return e, "a local account of the same name is exposed on another computer; whether the passwords are equal is not known", true
		}
	}
	return nil, "", false
}
