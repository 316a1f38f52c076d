package fleet

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"hivetriage/triage/footprint"
)

// A computer is one that an input's evidence is of.
type computer struct {
	host      *host
	name      string
	names     []string // lower case, short and DNS
	sid       string
	domain    string
	domainSID string
	dns       string
	os        string
	addresses []footprint.Address
	machine   *machine
}

// A machine is a computer of the batch, in however many inputs its evidence
// lies.
type machine struct {
	name      string
	host      *host // the first input that is of it above all; nil if it is in others' evidence only
	computers []*computer
	clones    bool            // others have its machine SID and another name
	called    map[string]bool // all names of the computers, lower case
	shorts    map[string]bool // the first parts of those that they go by
}

// folder is that of its first input, "" if it has none of its own.
func (m *machine) folder() string {
	if m == nil || m.host == nil {
		return ""
	}
	return m.host.row.Folder
}

// is reports whether a name is one of the machine's.
func (m *machine) is(name string) bool {
	name = strings.ToLower(strings.TrimLeft(name, `\`))
	return m.called[name] || !strings.Contains(name, ".") && name != "" && m.shorts[name]
}

// sids are its machine SIDs.
func (m *machine) hasSID(sid string) bool {
	return sid != "" && slices.ContainsFunc(m.computers, func(c *computer) bool { return c.sid == sid })
}

// addComputer takes a computer, joining it with the one of the same input that
// it is.
func (h *host) addComputer(n *computer) {
	for _, c := range h.computers {
		if short(c.name) != short(n.name) || c.sid != "" && n.sid != "" && c.sid != n.sid {
			continue
		}
		c.sid, c.domain, c.domainSID, c.dns = cmp.Or(c.sid, n.sid), cmp.Or(c.domain, n.domain), cmp.Or(c.domainSID, n.domainSID), cmp.Or(c.dns, n.dns)
		c.names = append(c.names, n.names...)
		c.addresses = append(c.addresses, n.addresses...)
		return
	}
	h.computers = append(h.computers, n)
}

// identify finds out which inputs are of one computer and which disks belong
// to which.
func (r *rollUp) identify() {
	for _, h := range r.hosts {
		for _, c := range h.computers {
			if c.dns != "" && !strings.Contains(c.name, ".") {
				c.names = append(c.names, strings.ToLower(c.name+"."+c.dns))
			}
			c.names = append(c.names, strings.ToLower(c.name))
			slices.Sort(c.names)
			c.names = slices.Compact(c.names)
		}
		r.name(h)
	}
	r.joinComputers()
	r.known.build()
	r.tellDoubles()
	r.attachDisks()
	for _, h := range r.hosts {
		if h.machine == nil {
			h.machine = &machine{name: h.row.Name, host: h}
			r.known.machines = append(r.known.machines, h.machine)
		}
		h.row.Machine = cmp.Or(h.machine.folder(), h.row.Folder)
	}
}

// name fills in who the input is of: the first computer above all.
func (r *rollUp) name(h *host) {
	h.row.Name = h.row.Folder
	if len(h.computers) == 0 {
		return
	}
	first := h.computers[0]
	h.row.Name, h.row.Named = first.name, true
	h.row.MachineSID, h.row.Domain, h.row.DNSDomain, h.row.OS = first.sid, first.domain, first.dns, first.os
	for _, a := range first.addresses {
		h.row.Addresses = append(h.row.Addresses, a.Address)
	}
	slices.Sort(h.row.Addresses)
	h.row.Addresses = slices.Compact(h.row.Addresses)
	for _, c := range h.computers[1:] {
		if short(c.name) != short(first.name) && !slices.Contains(h.row.Others, c.name) {
			h.row.Others = append(h.row.Others, c.name)
		}
	}
}

// joinComputers makes one machine of the computers that have the same machine
// SID and name, or the same full DNS name where at most one machine SID is
// known among them.
func (r *rollUp) joinComputers() {
	var all []*computer
	for _, h := range r.hosts {
		all = append(all, h.computers...)
	}
	sets := newSets(len(all))
	byKey := map[string][]int{}
	for i, c := range all {
		if c.sid != "" && c.name != "" {
			byKey["sid\x00"+c.sid+"\x00"+short(c.name)] = append(byKey["sid\x00"+c.sid+"\x00"+short(c.name)], i)
		}
		for _, n := range c.names {
			if strings.Contains(n, ".") {
				byKey["dns\x00"+n] = append(byKey["dns\x00"+n], i)
			}
		}
	}
	for key, members := range byKey {
		sids := map[string]bool{}
		for _, i := range members {
			if all[i].sid != "" {
				sids[all[i].sid] = true
			}
		}
		if strings.HasPrefix(key, "sid") || len(sids) < 2 {
			for _, i := range members[1:] {
				sets.join(members[0], i)
			}
		}
	}
	machines := map[int]*machine{}
	for i, c := range all { // in the order of folders
		root := sets.root(i)
		m := machines[root]
		if m == nil {
			m = &machine{name: c.name, called: map[string]bool{}, shorts: map[string]bool{}}
			machines[root] = m
			r.known.machines = append(r.known.machines, m)
		}
		c.machine = m
		m.computers = append(m.computers, c)
		m.shorts[short(c.name)] = true
		for _, name := range c.names {
			m.called[name] = true
		}
		if c == c.host.computers[0] {
			c.host.machine = m
			if m.host == nil {
				m.host, m.name = c.host, c.name
			}
		}
	}
}

// tellDoubles says which inputs are of one computer, and which only look it.
func (r *rollUp) tellDoubles() {
	of := map[*machine][]*host{}
	for _, h := range r.hosts {
		if h.machine != nil {
			of[h.machine] = append(of[h.machine], h)
		}
	}
	for _, h := range r.hosts {
		if h.machine == nil {
			continue
		}
		for _, other := range of[h.machine] {
			if other == h || len(h.row.SameAs) == MaxRefs {
				continue
			}
			because := "the machine SID " + h.row.MachineSID + " and the name are the same"
			if h.row.MachineSID == "" || other.row.MachineSID == "" {
				because = "the full name is the same, and not more than one of them tells a machine SID"
			}
			h.row.SameAs = append(h.row.SameAs, Same{other.row.Folder, other.row.Name, because})
		}
		c := h.computers[0]
		if others := r.namesOf(r.known.bySID[c.sid], h.machine); len(others) > 0 {
			why := "clones that were made without sysprep do, and so does one computer that was renamed"
			if c.sid == c.domainSID {
				why = "domain controllers of one domain do"
			}
			h.row.Notes = append(h.row.Notes, fmt.Sprintf("It shares its machine SID with %s: %s.", few(others), why))
		}
		if others := r.foldersOf(r.known.byName[short(c.name)], h.machine); len(others) > 0 {
			h.row.Notes = append(h.row.Notes, fmt.Sprintf("It bears the name of %s and could not be told to be the same computer.", few(others)))
		}
	}
}

func (r *rollUp) namesOf(machines []*machine, but *machine) (names []string) {
	for _, m := range machines {
		if m != but && short(m.name) != short(but.name) {
			names = append(names, m.name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func (r *rollUp) foldersOf(machines []*machine, but *machine) (folders []string) {
	for _, m := range machines {
		if m != but && m.host != nil {
			folders = append(folders, m.folder())
		}
	}
	slices.Sort(folders)
	return slices.Compact(folders)
}

// attachDisks finds the hosts that knew the disks of inputs that have no
// Windows of their own.
func (r *rollUp) attachDisks() {
	type knower struct {
		host  *host
		mount footprint.Mount
	}
	mounts := map[string][]knower{}
	for _, h := range r.hosts {
		for _, m := range h.mounts {
			key := partition(m.PartitionGUID, m.Signature, m.Offset)
			if of := mounts[key]; key != "" && (len(of) == 0 || of[len(of)-1].host != h) {
				mounts[key] = append(mounts[key], knower{h, m})
			}
		}
	}
	for _, h := range r.hosts {
		if len(h.computers) > 0 {
			continue
		}
		machines := map[*machine]bool{}
		for _, d := range h.disks {
			for _, k := range mounts[partition(d.PartitionGUID, d.Signature, d.Offset)] {
				if k.host == h || len(h.row.DataOf) == MaxRefs || slices.ContainsFunc(h.row.DataOf, func(s Same) bool { return s.Folder == k.host.row.Folder }) {
					continue
				}
				as := "as " + k.mount.Name
				if k.mount.Name == "" {
					as = "without a letter"
				}
				h.row.DataOf = append(h.row.DataOf, Same{k.host.row.Folder, k.host.row.Name,
					fmt.Sprintf("its MountedDevices (%s) names the partition %s, %s: it was attached there", k.mount.From.Path, partition(d.PartitionGUID, d.Signature, d.Offset), as)})
				machines[k.host.machine] = true
			}
		}
		if len(machines) == 1 {
			for m := range machines {
				h.machine = m
			}
		}
	}
}

// partition is what Windows knows a partition by, "" for one that nothing
// tells from others.
func partition(guid, signature string, offset int64) string {
	switch {
	case guid != "" && guid != "{00000000-0000-0000-0000-000000000000}":
		return guid
	case signature != "" && strings.Trim(signature, "0") != "":
		return fmt.Sprintf("of disk %s at %d", strings.ToUpper(signature), offset)
	}
	return ""
}
