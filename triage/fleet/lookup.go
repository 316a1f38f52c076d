package fleet

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"hivetriage/triage/footprint"
)

// An index finds machines by what records and hives call them.
type index struct {
	members    map[string]string // names and DNS names of hosts' domains, lower case, and the name that accounts are written with; "" of a name of several
	workgroups map[string]bool   // lower case

	machines  []*machine
	bySID     map[string][]*machine
	byName    map[string][]*machine // short
	byFull    map[string][]*machine // DNS
	byAddress map[netip.Addr][]seenAt
	asked     map[string]found  // by names
	domains   map[string]string // NetBIOS names by SID; "" of a SID with several
}

// A seenAt is when a machine had an address.
type seenAt struct {
	machine *machine
	address footprint.Address
}

func (x *index) build() {
	x.bySID, x.byName, x.byFull, x.byAddress = map[string][]*machine{}, map[string][]*machine{}, map[string][]*machine{}, map[netip.Addr][]seenAt{}
	x.domains, x.asked = map[string]string{}, map[string]found{}
	add := func(to map[string][]*machine, key string, m *machine) {
		if of := to[key]; key != "" && (len(of) == 0 || of[len(of)-1] != m) {
			to[key] = append(to[key], m)
		}
	}
	for _, m := range x.machines {
		for _, c := range m.computers {
			add(x.bySID, c.sid, m)
			if name, ok := x.domains[c.domainSID]; ok && !strings.EqualFold(name, c.domain) {
				x.domains[c.domainSID] = ""
			} else if !ok && c.domainSID != "" {
				x.domains[c.domainSID] = c.domain
			}
			add(x.byName, short(c.name), m)
			for _, n := range c.names {
				if strings.Contains(n, ".") {
					add(x.byFull, n, m)
				}
			}
			for _, a := range c.addresses {
				at, ok := remoteAddress(a.Address)
				if of := x.byAddress[at]; ok && (len(of) < maxSpans || of[len(of)-maxSpans].machine != m) {
					x.byAddress[at] = append(x.byAddress[at], seenAt{m, a})
				}
			}
		}
	}
	x.learnDomains()
	for _, same := range x.bySID {
		for _, m := range same {
			m.clones = m.clones || len(same) > 1
		}
	}
}

// remoteAddress reads an address that can be another computer's: none that
// every computer has.
func remoteAddress(text string) (netip.Addr, bool) {
	a, err := netip.ParseAddr(strings.Trim(strings.TrimPrefix(text, `\\`), "[]"))
	if err != nil {
		return netip.Addr{}, false
	}
	a = a.Unmap().WithZone("")
	return a, !a.IsLoopback() && !a.IsUnspecified() && !a.IsLinkLocalUnicast() && !a.IsMulticast()
}

// A found is the machine that an address or a name stands for.
type found struct {
	machines []*machine // none: none of the batch; several: it is not certain which
	because  []string
	doubt    string
}

// one is the machine, nil if it is not certain.
func (f found) one() *machine {
	if len(f.machines) == 1 {
		return f.machines[0]
	}
	return nil
}

// addressSlack is how far from the times at which a host is known to have had
// an address it is still taken for having it; beyond, that is a doubt.
const addressSlack = 24 * time.Hour

// address finds the machine that had an address at a time.
func (x *index) address(text string, at time.Time) (f found) {
	a, ok := remoteAddress(text)
	if !ok {
		return f
	}
	var fits, others []seenAt
	for _, s := range x.byAddress[a] {
		near := s.address.First.IsZero() || at.IsZero() || !at.Before(s.address.First.Add(-addressSlack)) && !at.After(s.address.Last.Add(addressSlack))
		if near {
			fits = append(fits, s)
		} else {
			others = append(others, s)
		}
	}
	if len(fits) == 0 {
		fits = others
		if len(others) > 0 {
			f.doubt = "the address is known of that host at other times only, and may have been another's then"
		}
	}
	for _, s := range fits {
		if n := len(f.machines); n > 0 && f.machines[n-1] == s.machine {
			continue // the spans of a machine follow one another
		}
		f.machines = append(f.machines, s.machine)
		if len(f.machines) > maxDoubt {
			continue
		}
		f.because = append(f.because, fmt.Sprintf("%s had the address %s: %s (%s)", s.machine.name, a, s.address.Because, s.address.From.Cite()))
	}
	return f
}

// named finds the machine of a name, full or short.
func (x *index) named(name string) (f found) {
	name = strings.TrimSuffix(strings.ToLower(strings.TrimLeft(name, `\`)), ".")
	if name == "" || name == "-" || name == "localhost" {
		return f
	}
	if a, ok := remoteAddress(name); ok {
		return x.address(a.String(), time.Time{})
	}
	if f, ok := x.asked[name]; ok {
		return f
	}
	defer func() {
		f.because = slices.Clip(f.because)
		if len(x.asked) < maxNames {
			x.asked[name] = f
		}
	}()
	f.machines = x.byFull[name]
	if len(f.machines) == 0 {
		f.machines = x.byName[short(name)]
		if strings.Contains(name, ".") { // another domain's computer may have the same short name
			f.machines = slices.DeleteFunc(slices.Clone(f.machines), func(m *machine) bool {
				return slices.ContainsFunc(m.computers, func(c *computer) bool { return c.dns != "" || strings.Contains(c.name, ".") })
			})
		}
	}
	for _, m := range f.machines[:min(len(f.machines), maxDoubt)] {
		f.because = append(f.because, fmt.Sprintf("%s bears the name %s", m.name, name))
	}
	return f
}
