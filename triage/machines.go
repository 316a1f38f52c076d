package triage

import (
	"cmp"
	"slices"
	"strings"

	"hivetriage/artifacts/execution/registry"
	"hivetriage/triage/correlate"
)

// machines gathers what the evidence tells of the machines, for joining.
func (r *run) machines() correlate.Known {
	var k correlate.Known
	for _, h := range r.hosts {
		if h.key == (hostKey{}) {
			continue // known by name only
		}
		m := correlate.Machine{Name: h.Name, Source: h.key.source, Disk: h.Disk}
		for i := range r.places {
			t := &r.places[i]
			if t.Artefact != registry.InShare || t.From.Source != m.Source || t.From.Disk() != m.Disk || len(t.Paths) == 0 {
				continue
			}
			told := t.From.Path
			if t.Entry != "" {
				told += ", " + t.Entry
			}
			m.Shares = append(m.Shares, correlate.Share{Name: t.Program, Folder: t.Paths[0], Told: told})
		}
		k.Machines = append(k.Machines, m)
	}
	for host, c := range r.clocks {
		if i := slices.IndexFunc(r.hosts, func(h Host) bool { return shortName(h.Name) == host }); i >= 0 {
			host = r.hosts[i].Name
		}
		for _, change := range c.Changes {
			k.Clocks = append(k.Clocks, correlate.ClockChange{Host: host, Before: change.Before, After: change.After, User: change.User, From: change.From})
		}
	}
	slices.SortFunc(k.Clocks, func(a, b correlate.ClockChange) int {
		return cmp.Or(strings.Compare(a.Host, b.Host), a.Before.Compare(b.Before), a.After.Compare(b.After))
	})
	return k
}
