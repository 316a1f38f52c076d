package triage

import (
	"hivetriage/triage/locate"
	"hivetriage/triage/owner"
)

// assign says whose hive every copy is, and which exports are of one machine.
// What Windows keeps itself was not taken: it is in no set.
func (r *run) assign() {
	hosts := make([]owner.Host, len(r.hosts))
	for i, h := range r.hosts {
		hosts[i] = owner.Host{Name: h.Name, MachineSID: h.MachineSID, DomainSID: h.DomainSID,
			DomainGUID: h.DomainGUID, DNSDomain: h.DNSDomain, Disk: h.Disk}
	}
	r.sets = owner.Assign(ownedCopies(r.exports), hosts)
	owner.Assign(ownedCopies(r.known), hosts)
	for i := range r.known {
		r.known[i].BelongsTo.Set = ""
	}
}

func ownedCopies(list []locate.Export) []owner.Copy {
	out := make([]owner.Copy, len(list))
	for i := range list {
		out[i] = owner.Copy{Export: &list[i], Disk: list[i].At.Disk()}
	}
	return out
}
