package owner

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"hivetriage/triage/locate"
)

// foreign is what hives of other machines mean.
const foreign = "a place where another machine's hives are gathered: they were taken on that machine, which is an incident of its own"

// relate says what a machine is to the hosts of the evidence, those of the
// disk that its copy lies on before the others.
func (m *machine) relate(hosts []Host, disk string) (relation, detail, because string) {
	hosts = slices.Clone(hosts)
	slices.SortStableFunc(hosts, func(a, b Host) int { return cmp.Compare(rank(a, disk), rank(b, disk)) })
	for _, h := range hosts {
		if relation, detail, because, ok := m.same(h); ok {
			if h.Disk != disk {
				return locate.AnotherHost, detail, because + elsewhere(h)
			}
			return relation, detail, because
		}
	}
	for _, h := range hosts {
		if because, detail := m.sameDomain(h); because != "" {
			return locate.SameDomain, detail, because
		}
	}
	switch {
	case len(hosts) == 0:
		return locate.UnknownHost, "", "the evidence holds no live hives to compare with"
	case m.sid != "" && !slices.ContainsFunc(hosts, func(h Host) bool { return h.MachineSID != "" }):
		return locate.UnknownHost, "", "no live SAM or SECURITY hive could be read to compare its machine SID with"
	}
	return locate.AnotherHost, m.namesake(hosts), "its identity is that of no live hive in the evidence"
}

func rank(h Host, disk string) int {
	if h.Disk == disk {
		return 0
	}
	return 1
}

// elsewhere says which disk a host is on.
func elsewhere(h Host) string {
	if h.Disk == "" {
		return ", on whose disk the image with this copy lies"
	}
	return ", a machine on the disk image at " + strings.TrimSuffix(h.Disk, "!")
}

// same reports whether a machine is a host, by its SID, or by its name where
// only that is known.
func (m *machine) same(h Host) (relation, detail, because string, ok bool) {
	switch {
	case m.sid != "" && m.sid == h.MachineSID:
		because = "its machine SID is that of the live SAM of " + h.Name
		if m.name != "" && h.Name != "" && !sameName(m.name, h.Name) {
			detail = fmt.Sprintf("renamed since, or a clone: the copy is of a machine named %s. Machines that were cloned without sysprep share their SID", m.name)
		}
		return locate.ThisHost, detail, because, true
	case m.sid == "" && m.doubt == "" && sameName(m.name, h.Name) && !otherDomain(m.dnsDomain, h.DNSDomain),
		m.sid == "" && sameName(m.name, h.Name) && h.DNSDomain != "" && strings.EqualFold(m.dnsDomain, h.DNSDomain):
		return locate.ThisHost, "", "its computer name is that of the live SYSTEM hive", true
	}
	return "", "", "", false
}

// sameDomain says why a machine is of the domain of a host; "" if it is not
// known to be.
func (m *machine) sameDomain(h Host) (because, detail string) {
	switch {
	case m.sid != "" && m.sid == h.DomainSID:
		return "its account domain is the domain of " + h.Name, "a domain controller: its hives concern the whole domain"
	case m.domainSID != "" && m.domainSID == h.MachineSID:
		return "it is a member of the domain whose controller is " + h.Name, foreign
	case m.domainSID != "" && m.domainSID == h.DomainSID:
		return fmt.Sprintf("another machine's identity and the same domain %s (its SID is equal)", m.domain), foreign
	case m.domainGUID != "" && m.domainGUID == h.DomainGUID:
		return fmt.Sprintf("another machine's identity and the same domain %s (its GUID is equal)", m.domain), foreign
	case m.dnsDomain != "" && strings.EqualFold(m.dnsDomain, h.DNSDomain):
		return "another machine's identity and the same DNS domain " + m.dnsDomain, foreign
	}
	return "", ""
}

// namesake adds to foreign that a host bears the machine's name.
func (m *machine) namesake(hosts []Host) string {
	for _, h := range hosts {
		if sameName(m.name, h.Name) {
			return fmt.Sprintf("it bears the name of %s and is not that installation: a namesake, or the same computer before or after Windows was installed anew", h.Name)
		}
	}
	return foreign
}
