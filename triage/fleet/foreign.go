package fleet

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"hivetriage/triage/locate"
)

// A copied is a copy of a hive on a host.
type copied struct {
	host    *host
	belongs locate.BelongsTo
	row     Foreign
	of      *machine // that it was taken from, nil if that is not known, or not in the batch
	same    []*copied
}

// foreign ties copies to the computers that they were taken from, and to copies
// with the same bytes on other computers.
func (r *rollUp) foreign() {
	bytes := map[string][]*copied{}
	for _, h := range r.hosts {
		for _, c := range h.copies {
			if c.row.SHA256 != "" {
				bytes[c.row.SHA256] = append(bytes[c.row.SHA256], c)
			}
		}
	}
	r.c.Foreign = []Foreign{}
	for _, h := range r.hosts {
		for _, c := range h.copies {
			for _, other := range bytes[c.row.SHA256] {
				if len(c.same) > maxSame {
					break
				}
				if other.host.machine != h.machine {
					c.same = append(c.same, other)
					c.row.Same = append(c.row.Same, other.host.ref(other.row.Export))
				}
			}
			clones := r.ofClone(h, &c.belongs)
			own := !clones && (c.belongs.Relation == locate.ThisHost || c.belongs.Relation == "" || c.belongs.Relation == locate.UnknownHost && c.belongs.Host == "" && c.belongs.MachineSID == "")
			if own && len(c.same) == 0 {
				continue
			}
			c.row.Host = h.machine.name
			c.row.Same = refs(c.row.Same)
			r.copies = append(r.copies, c)
			if c.belongs.Relation == locate.ThisHost && !clones {
				c.of = h.machine
				continue
			}
			if r.tie(c); c.of == h.machine {
				continue // the batch knows it for the host's own, such as on its data disk
			}
			c.actsOfOwner(r.actsOf[c.of])
			r.c.Foreign = append(r.c.Foreign, c.row)
		}
	}
	if more := len(r.c.Foreign) - MaxForeign; more > 0 {
		r.c.Foreign, r.c.Omitted.Foreign = r.c.Foreign[:MaxForeign], more
	}
}

// ofClone reports whether a copy that has the machine SID of the host it lies on
// names another computer of the batch that has it, too.
func (r *rollUp) ofClone(h *host, b *locate.BelongsTo) bool {
	return b.Relation == locate.ThisHost && b.Host != "" && !h.machine.is(b.Host) &&
		slices.ContainsFunc(r.known.bySID[b.MachineSID], func(m *machine) bool { return m != h.machine && m.is(b.Host) })
}

// tie finds the computer in the batch that a copy was taken from.
func (r *rollUp) tie(c *copied) {
	b := c.belongs
	c.row.Of, c.row.MachineSID, c.row.Domain = b.Host, b.MachineSID, b.Domain
	owners := r.known.bySID[b.MachineSID]
	var named []*machine
	for _, m := range owners {
		if m.is(b.Host) {
			named = append(named, m)
		}
	}
	byName := r.known.byName[short(b.Host)]
	if b.DNSDomain != "" && b.Host != "" && len(r.known.byFull[strings.ToLower(b.Host+"."+b.DNSDomain)]) > 0 {
		byName = r.known.byFull[strings.ToLower(b.Host+"."+b.DNSDomain)]
	}
	switch {
	case b.MachineSID != "" && len(named) == 1:
		c.owned(named[0], "certain", "its machine SID and its host's name are those of "+named[0].name)
	case b.MachineSID != "" && len(owners) == 1 && b.Host == "":
		c.owned(owners[0], "certain", "its machine SID is that of "+owners[0].name+", and of no other host of the batch")
	case b.MachineSID != "" && len(owners) == 1:
		c.owned(owners[0], "likely", fmt.Sprintf("its machine SID is that of %s, and it names its host %s: renamed since, or a clone", owners[0].name, b.Host))
	case b.MachineSID != "" && len(owners) > 1:
		c.row.Where, c.row.Certainty = NotKnown, "unknown"
		c.row.Because = fmt.Sprintf("%d hosts of the batch have its machine SID, and its host's name is that of none or of several of them", len(owners))
	case b.MachineSID == "" && c.sameOwner() != nil && (b.Host == "" || c.sameOwner().is(b.Host)):
		c.owned(c.sameOwner(), "certain", "it has the same bytes as a copy of "+c.sameOwner().name+"'s own hive on that host")
		c.row.Of = c.sameOwner().name
	case b.MachineSID == "" && b.Host != "" && len(byName) == 1 && byName[0].fitsDomain(b):
		c.owned(byName[0], "likely", "its host's name is that of "+byName[0].name+"; it tells no machine SID")
	case b.MachineSID != "" && len(byName) == 1 && !byName[0].knowsSID() && byName[0].fitsDomain(b):
		c.owned(byName[0], "likely", "its host's name is that of "+byName[0].name+", whose own machine SID is not known")
	case b.Host == "" && b.MachineSID == "":
		c.row.Where, c.row.Certainty, c.row.Because = NotKnown, "unknown", cmp.Or(b.Because, "it does not tell whose it is")
	default:
		c.row.Where, c.row.Certainty, c.row.Because = NotInBatch, "certain", "no host of the batch has its machine SID"
		if b.MachineSID == "" {
			c.row.Certainty, c.row.Because = "likely", "no one host of the batch bears its host's name"
		}
		if n := r.unknown(); n > 0 {
			c.row.Certainty = "likely"
			c.row.Because += fmt.Sprintf("; it may be among %s whose it is", plural(n, "input that does not tell", "inputs that do not tell"))
		}
	}
}

// unknown is how many inputs do not tell whose they are: they were not triaged,
// or have no machine SID.
func (r *rollUp) unknown() int {
	n := len(r.c.NotTriaged)
	for _, h := range r.hosts {
		if len(h.row.DataOf) == 0 && (len(h.computers) == 0 || slices.ContainsFunc(h.computers, func(c *computer) bool { return !c.machine.knowsSID() })) {
			n++
		}
	}
	return n
}

// knowsSID reports whether an input tells the machine's SID.
func (m *machine) knowsSID() bool {
	return slices.ContainsFunc(m.computers, func(c *computer) bool { return c.sid != "" })
}

// fitsDomain reports whether nothing that a copy tells of its domain speaks
// against its being of the machine.
func (m *machine) fitsDomain(b locate.BelongsTo) bool {
	return !slices.ContainsFunc(m.computers, func(c *computer) bool {
		return b.DNSDomain != "" && c.dns != "" && !strings.EqualFold(b.DNSDomain, c.dns) || b.DomainSID != "" && c.domainSID != "" && b.DomainSID != c.domainSID
	})
}

func (c *copied) owned(m *machine, certainty, because string) {
	c.of = m
	c.row.Where, c.row.OfFolder, c.row.Certainty, c.row.Because = InBatch, m.folder(), certainty, because
}

// sameOwner is the computer on which the same bytes lie as its own hive, nil if
// there is none or if there are several, such as clones.
func (c *copied) sameOwner() (owner *machine) {
	for _, other := range c.same {
		if other.belongs.Relation != locate.ThisHost || other.host.machine == owner {
			continue
		}
		if owner != nil {
			return nil
		}
		owner = other.host.machine
	}
	return owner
}

// actsOfOwner names the acts on the computer of origin that took this hive.
func (c *copied) actsOfOwner(acts []*act) {
	for _, a := range acts {
		if len(c.row.Acts) == MaxRefs {
			break
		}
		if slices.Contains(a.row.Hives, c.row.Hive) && !slices.Contains(a.exports, c.row.Export) {
			c.row.Acts = append(c.row.Acts, a.ref())
		}
	}
}

// copyTraits tell which acts have the same copies, or copies of one another's
// computers.
func (r *rollUp) copyTraits(t *traits) {
	of := map[Ref][]*act{}
	for _, a := range r.acts {
		for _, id := range a.exports {
			ref := a.host.ref(id)
			if acts := of[ref]; len(acts) == 0 || acts[len(acts)-1] != a {
				of[ref] = append(acts, a)
			}
		}
	}
	hives := map[string][]string{} // with the same bytes, by the computers that have them
	for _, c := range r.copies {
		if key := c.where(); len(c.same) > 0 && !slices.Contains(hives[key], c.row.Hive) {
			hives[key] = append(hives[key], c.row.Hive)
			slices.Sort(hives[key])
		}
	}
	tied := map[*act]map[string]bool{}
	for _, c := range r.copies {
		for _, a := range of[c.host.ref(c.row.Export)] {
			if len(c.same) > 0 {
				t.add(SameBytes, c.where(), strings.Join(hives[c.where()], ", "), "copies on the hosts have the same bytes", true, a)
			}
			if c.of == nil || c.of == a.machine || c.row.Certainty != "certain" {
				continue
			}
			pair := c.of.folder() + "\x00" + c.of.name + "\x00" + c.row.Hive
			if tied[a] == nil {
				tied[a] = map[string]bool{}
			}
			if tied[a][pair] {
				continue // another copy of the hive tells the same
			}
			tied[a][pair] = true
			for _, b := range r.actsOf[c.of] {
				if slices.Contains(b.row.Hives, c.row.Hive) {
					key, because := c.of.folder()+"\x00"+c.of.name, "copies of hives of "+c.of.name+" lie on another host, and the same hives were copied on "+c.of.name
					t.add(CopiesOf, key, c.of.name, because, true, a)
					t.add(CopiesOf, key, c.of.name, because, true, b)
				}
			}
		}
	}
}

// where names the computers that have copies with the same bytes; of very many
// the digest stands for them.
func (c *copied) where() string {
	if len(c.same) > maxSame {
		return c.row.SHA256
	}
	names := []string{c.row.Folder}
	for _, other := range c.same {
		names = append(names, other.row.Folder)
	}
	slices.Sort(names)
	return strings.Join(slices.Compact(names), "\x00")
}
