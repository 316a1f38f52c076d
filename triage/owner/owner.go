// Package owner says whose hive is in a copy, which copies are of one machine,
// and what whoever took them can open with them.
package owner

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"hivetriage/triage/locate"
)

// netBIOS is the length to which Windows cuts a computer's name.
const netBIOS = 15

// A Host is a machine whose own hives are in the evidence.
type Host struct {
	Name       string
	MachineSID string
	DomainSID  string // "" for a workgroup
	DomainGUID string
	DNSDomain  string
	Disk       string // the disk image in the evidence that it is on; "" for the evidence itself
}

// A Copy is a copy of a hive and the disk that it lies on, as Host.Disk.
type Copy struct {
	*locate.Export
	Disk string
}

// Assign sets BelongsTo of every copy, from what it says of its host itself,
// what the other copies of that machine say, and the hosts of the evidence. It
// returns the sets of copies that are of one machine, in the order of their
// first copies. A copy that does not tell its machine is in no set.
func Assign(copies []Copy, hosts []Host) []locate.Set {
	machines := pair(copies, hosts)
	var sets []locate.Set
	for _, m := range machines {
		set := m.set()
		for _, c := range m.copies {
			b := &c.BelongsTo
			b.Set = set.ID
			b.Relation, b.Detail, b.Because = m.relate(hosts, c.Disk)
			if m.sid != "" && b.MachineSID == "" {
				b.Because = "of the machine of " + m.others() + ", by its name: " + b.Because
			}
			if m.doubt != "" {
				b.Because += "; " + m.doubt
			}
			m.fill(b, hosts)
		}
		set.Relation = m.copies[0].BelongsTo.Relation
		set.Host, set.MachineSID, set.Domain = cmp.Or(m.name, m.copies[0].BelongsTo.Host), m.sid, m.domain
		sets = append(sets, set)
	}
	for _, c := range copies {
		if c.BelongsTo.Set == "" {
			c.BelongsTo.Relation, c.BelongsTo.Because = locate.UnknownHost, "the hive names neither a computer nor a machine SID"
		}
	}
	return sets
}

// A machine is what copies say of the one that they are of.
type machine struct {
	sid, name                                string
	domain, domainSID, domainGUID, dnsDomain string
	copies                                   []Copy
	doubt                                    string // why a SYSTEM was paired with nothing
}

// learn takes what a copy says. The name in SYSTEM is the longer one.
func (m *machine) learn(c Copy) {
	m.copies = append(m.copies, c)
	b := c.BelongsTo
	if c.Hive == "SYSTEM" && b.Host != "" {
		m.name = b.Host
	}
	m.name = cmp.Or(m.name, b.Host)
	m.domain = cmp.Or(m.domain, b.Domain)
	m.domainSID = cmp.Or(m.domainSID, b.DomainSID)
	m.domainGUID = cmp.Or(m.domainGUID, b.DomainGUID)
	m.dnsDomain = cmp.Or(m.dnsDomain, b.DNSDomain)
}

// others names the hives that tell the machine's SID.
func (m *machine) others() string {
	var hives []string
	for _, x := range m.copies {
		if x.BelongsTo.MachineSID != "" && !slices.Contains(hives, x.Hive) {
			hives = append(hives, x.Hive)
		}
	}
	slices.Sort(hives)
	return "the copied " + strings.Join(hives, " and ")
}

// fill gives a copy that does not say it the name of its machine.
func (m *machine) fill(b *locate.BelongsTo, hosts []Host) {
	switch {
	case b.Host != "":
	case m.name != "":
		b.Host = m.name
		if b.Relation != locate.ThisHost {
			b.Because += "; the name is that in another copy with this machine SID"
		}
	default:
		for _, h := range hosts {
			if h.MachineSID == m.sid {
				b.Host = cmp.Or(b.Host, h.Name)
			}
		}
	}
}

// pair finds which copies are of one machine: SAM and SECURITY by the machine
// SID, and SYSTEM by the computer's name, which SECURITY has cut and in upper
// case. A name that two machine SIDs bear pairs nothing.
func pair(copies []Copy, hosts []Host) []*machine {
	var machines []*machine
	at := func(key func(*machine) bool) *machine {
		i := slices.IndexFunc(machines, key)
		if i < 0 {
			machines = append(machines, &machine{})
			i = len(machines) - 1
		}
		return machines[i]
	}
	for _, c := range copies {
		if sid := c.BelongsTo.MachineSID; sid != "" {
			m := at(func(m *machine) bool { return m.sid == sid })
			m.sid = sid
			m.learn(c)
		}
	}
	bySID := slices.Clone(machines)
	for _, c := range copies {
		b := c.BelongsTo
		if b.MachineSID != "" || b.Host == "" {
			continue
		}
		m, doubt := named(c, bySID, hosts)
		if m == nil {
			m = at(func(m *machine) bool {
				return m.sid == "" && sameName(m.name, b.Host) && !otherDomain(m.dnsDomain, b.DNSDomain)
			})
			m.doubt = doubt
		}
		m.learn(c)
	}
	return machines
}

// named finds the machine that a copy without a machine SID is of.
func named(c Copy, machines []*machine, hosts []Host) (found *machine, doubt string) {
	b := c.BelongsTo
	sids := map[string]bool{} // that bear the name
	for _, m := range machines {
		own := slices.ContainsFunc(m.copies, func(x Copy) bool { return x.BelongsTo.Host != "" && sameName(x.BelongsTo.Host, b.Host) })
		if !own && !slices.ContainsFunc(hosts, func(h Host) bool { return h.MachineSID == m.sid && sameName(h.Name, b.Host) }) {
			continue
		}
		if otherDomain(m.dnsDomain, b.DNSDomain) {
			doubt = fmt.Sprintf("it is paired with no SAM or SECURITY: those of a machine named %s are of another domain, %s", b.Host, m.dnsDomain)
			continue
		}
		found = m
		sids[m.sid] = true
	}
	for _, h := range hosts {
		if found != nil && h.MachineSID != "" && sameName(h.Name, b.Host) && !otherDomain(h.DNSDomain, b.DNSDomain) {
			sids[h.MachineSID] = true
		}
	}
	switch {
	case len(sids) > 1:
		return nil, fmt.Sprintf("it is paired with no SAM or SECURITY: %d machine SIDs bear the name %s", len(sids), b.Host)
	case found == nil && doubt == "" && len(machines) > 0:
		doubt = "it is paired with no SAM or SECURITY: none of those copies is known to be of a machine of that name"
	}
	return found, doubt
}

// sameName compares computer names as SECURITY stores them.
func sameName(a, b string) bool {
	cut := func(s string) string {
		runes := []rune(strings.ToUpper(s))
		return string(runes[:min(len(runes), netBIOS)])
	}
	return a != "" && cut(a) == cut(b)
}

// otherDomain reports whether two DNS names of domains are known and differ.
func otherDomain(a, b string) bool { return a != "" && b != "" && !strings.EqualFold(a, b) }
