package fleet

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"hivetriage/triage/footprint"
)

// maxBecause bounds how many reasons of one action are told.
const maxBecause = 5

// respond joins the hosts' responses into one: what is to be done to hosts
// themselves is one row for all of them, the rest one row for each target.
func (r *rollUp) respond() {
	rows := map[string]*Action{}
	for _, h := range r.hosts {
		for _, a := range h.response {
			target, itself := r.target(h, a.Target)
			key := a.Step + "\x00" + a.Action + "\x00" + strings.ToLower(target)
			if itself {
				key = a.Step + "\x00" + a.Action
			}
			row := rows[key]
			if row == nil {
				row = &Action{Step: a.Step, Action: a.Action, Priority: a.Priority, Targets: []string{}, Hosts: []string{}, Because: []string{}, Evidence: []Ref{}}
				rows[key] = row
			}
			row.Priority = min(row.Priority, a.Priority)
			if !slices.Contains(row.Targets, target) {
				row.Targets = append(row.Targets, target)
			}
			if !slices.Contains(row.Hosts, h.row.Folder) {
				row.Hosts = append(row.Hosts, h.row.Folder)
			}
			if len(row.Because) < maxBecause && !slices.Contains(row.Because, a.Because) {
				row.Because = append(row.Because, a.Because)
			}
			for _, id := range a.Evidence {
				if len(row.Evidence) < MaxRefs {
					row.Evidence = append(row.Evidence, h.ref(id))
				}
			}
		}
	}
	r.c.Response = []Action{}
	for _, row := range rows {
		row.Evidence = refs(row.Evidence)
		r.c.Response = append(r.c.Response, *row)
	}
	r.respondAcross()
	slices.SortFunc(r.c.Response, func(a, b Action) int {
		return cmp.Or(a.Priority-b.Priority, strings.Compare(a.Step, b.Step), len(b.Hosts)-len(a.Hosts), strings.Compare(a.Action, b.Action), slices.Compare(a.Targets, b.Targets))
	})
	if more := len(r.c.Response) - MaxActions; more > 0 {
		r.c.Response, r.c.Omitted.Actions = r.c.Response[:MaxActions], more
	}
	for i := range r.c.Response {
		r.c.Response[i].Order = i + 1
	}
}

// target is whom an action of a host is about, as the batch knows it, and
// whether that is the host itself.
func (r *rollUp) target(h *host, name string) (target string, itself bool) {
	if name == "the host" || h.machine.is(name) || strings.EqualFold(name, h.row.Name) {
		return h.machine.name, true
	}
	if e := h.accounts[strings.ToLower(name)]; e != nil && e.row.Scope != OtherScope {
		return e.row.Name, false
	}
	if m := r.computerCalled(name, h.row.First); m != nil {
		return m.name, false
	}
	return name, false
}

// computerCalled is the machine that all words of a text name, by name or
// address; nil if they name none, or it is not certain which.
func (r *rollUp) computerCalled(text string, at time.Time) (m *machine) {
	for _, word := range strings.Fields(text) {
		f := r.known.address(word, at)
		if len(f.machines) == 0 {
			f = r.known.named(word)
		}
		if f.one() == nil || f.doubt != "" || m != nil && f.one() != m {
			return nil
		}
		m = f.one()
	}
	return m
}

// respondAcross adds what only the batch shows: hosts that acts on others were
// done from, and hosts that exposed accounts came to from new sources.
func (r *rollUp) respondAcross() {
	from := Action{Step: "2", Priority: 1, Action: "Examine and isolate the hosts of the batch that acts on other hosts were done from", Because: []string{"their addresses or names are those that the acts' sessions and share records tell"}}
	for _, m := range r.remotes {
		if m.source != nil && m.source.host != nil {
			from.add(m.source, m.act.ref())
		}
	}
	to := Action{Step: "2", Priority: 2, Action: "Examine the hosts that exposed accounts logged on to from a new source", Because: []string{"the accounts were exposed before, and the hosts' logs know no earlier logon of theirs from there"}}
	machines := map[string]*machine{}
	for _, m := range r.known.machines {
		machines[m.folder()] = m
	}
	for _, e := range r.c.Logons.Edges {
		if m := machines[e.To]; m != nil && m.host != nil && e.Source == NewSource && !e.Lead && e.Outcome != footprint.Failed {
			to.add(m, e.Evidence...)
		}
	}
	for _, a := range []Action{from, to} {
		if len(a.Targets) > 0 {
			a.Evidence = refs(a.Evidence)
			r.c.Response = append(r.c.Response, a)
		}
	}
}

func (a *Action) add(m *machine, evidence ...Ref) {
	if !slices.Contains(a.Targets, m.name) {
		a.Targets = append(a.Targets, m.name)
	}
	if !slices.Contains(a.Hosts, m.folder()) {
		a.Hosts = append(a.Hosts, m.folder())
	}
	for _, e := range evidence {
		if len(a.Evidence) < MaxRefs {
			a.Evidence = append(a.Evidence, e)
		}
	}
}
