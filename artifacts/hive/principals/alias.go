package principals

import (
	"slices"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/artifacts/hive"
	"hivetriage/artifacts/internal/windows"
)

// Administrators is the RID of that alias in Builtin. Others are told by their
// RIDs, too: 551 Backup Operators, 555 Remote Desktop Users.
const Administrators = 544

// An Alias is a local group.
type Alias struct {
	Domain  string // "Builtin", "Account"; "" if the tree does not tell
	RID     uint32
	Offset  int64 // of its value C
	Name    string
	Members []Member // in the order of the value

	cut bool // not all members could be read
}

// A Member of an alias.
type Member struct {
	SID   string
	Local bool   // an account or group of this machine
	Role  string // "Domain Admins" of S-1-5-21-…-512 of another domain; "" if its RID is none of Windows's own
}

// domainRoles are the principals that every domain has.
var domainRoles = map[uint32]string{
	500: "Administrator", 501: "Guest", 512: "Domain Admins", 513: "Domain Users", 514: "Domain Guests", 515: "Domain Computers",
	516: "Domain Controllers", 518: "Schema Admins", 519: "Enterprise Admins", 520: "Group Policy Creator Owners",
	525: "Protected Users", 526: "Key Admins", 527: "Enterprise Key Admins",
}

// Value C of an alias begins with 13 u32, of which these are read; texts and
// members follow.
const (
	aliasHeader  = 52
	aliasName    = 16 // offset and length
	aliasMembers = 40 // offset, length and count
)

func (r *samReader) aliases(n hive.Node, domain string) {
	for sub := range n.Children() {
		rid, ok := hexRID(sub.Name())
		if !ok {
			continue
		}
		if d, ok := hive.FindValue(sub, "C"); ok && len(r.sam.Aliases) < maxAccounts {
			r.alias(d, domain, rid)
		}
	}
}

func (r *samReader) alias(d hive.Datum, domain string, rid uint32) {
	b := r.sam.public(d, maxC)
	part := func(at int) ([]byte, bool) {
		off, n := uint64(le.Uint32(b[at:])), uint64(le.Uint32(b[at+4:]))
		if aliasHeader+off+n > uint64(len(b)) {
			return nil, false
		}
		return b[aliasHeader+off : aliasHeader+off+n], true
	}
	if len(b) < aliasHeader {
		r.sam.problem(artifacts.Malformed, d.Offset(), "SAM: C of alias %d has %d bytes", rid, len(b))
		return
	}
	a := Alias{Domain: domain, RID: rid, Offset: d.Offset()}
	name, ok := part(aliasName)
	a.Name = windows.UTF16(name[:min(len(name), maxName)])
	members, fits := part(aliasMembers)
	if !ok || !fits {
		a.cut = true
		r.sam.problem(artifacts.Malformed, d.Offset(), "SAM: a part of C of alias %d leaves the value", rid)
	}
	for len(members) > 0 {
		sid, n := windows.SID(members)
		if sid == "" || len(a.Members) == maxMembers {
			a.cut = true
			r.sam.problem(artifacts.Malformed, d.Offset(), "SAM: alias %d: a member after the first %d is not read", rid, len(a.Members))
			break
		}
		a.Members = append(a.Members, Member{SID: sid})
		members = members[n:]
	}
	r.sam.Aliases = append(r.sam.Aliases, a)
}

// members tells the accounts what they are members of, and the aliases which
// members are this machine's.
func (r *samReader) members() {
	slices.SortStableFunc(r.sam.Aliases, func(a, b Alias) int {
		if c := strings.Compare(b.Domain, a.Domain); c != 0 {
			return c
		}
		return order(a.RID, b.RID, a.Offset, b.Offset)
	})
	machine := r.sam.MachineSID
	memberOf := map[uint32][]Membership{}
	var administrators *Alias
	for i := range r.sam.Aliases {
		a := &r.sam.Aliases[i]
		if a.RID == Administrators && a.Domain != account {
			administrators = a
		}
		for j := range a.Members {
			m := &a.Members[j]
			domain, rid, ok := splitSID(m.SID)
			switch {
			case !ok || !strings.HasPrefix(domain, "S-1-5-21-"):
				continue
			case machine.Known() && domain != machine.Value:
				m.Role = domainRoles[rid]
				continue
			}
			certainty := hive.Likely // without a machine SID it may be another domain's
			if machine.Known() {
				m.Local, certainty = true, hive.Certain
			}
			memberOf[rid] = append(memberOf[rid], Membership{a.Domain, a.RID, a.Name, fact(certainty, m.SID, a.Offset)})
		}
	}
	for i := range r.sam.Accounts {
		a := &r.sam.Accounts[i]
		a.Aliases = memberOf[a.RID]
		if machine.Known() {
			a.SID = fact(hive.Certain, joinSID(machine.Value, a.RID), machine.Offset)
		}
		if administrators == nil || a.Deleted {
			continue
		}
		if !administrators.cut {
			a.Administrator = hive.Sure(false, administrators.Offset)
		}
		for _, m := range a.Aliases {
			if m.Offset == administrators.Offset {
				a.Administrator = fact(m.Certainty, true, m.Offset)
			}
		}
	}
}
