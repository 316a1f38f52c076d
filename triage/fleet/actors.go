package fleet

import (
	"cmp"
	"slices"
	"strings"

	"hivetriage/artifacts"
)

// machineOfSID is the part of an account's SID that is its computer's or its
// domain's, "" of a SID that is the same everywhere.
func machineOfSID(sid string) string {
	if !strings.HasPrefix(sid, "S-1-5-21-") {
		return ""
	}
	return sid[:strings.LastIndexByte(sid, '-')]
}

// cloudSID is how SIDs of accounts of Entra ID (Azure AD) begin: the rest is
// the account's object id, which no other account of any tenant has.
const cloudSID = "S-1-12-1-"

// local reports whether an account is known on its computer only.
func (m *machine) local(u artifacts.User) bool {
	if part := machineOfSID(u.SID); part != "" && m.hasSID(part) {
		return !slices.ContainsFunc(m.computers, func(c *computer) bool { return c.domainSID == part })
	}
	return u.Domain == "." || u.Domain != "" && m.is(u.Domain) && !slices.ContainsFunc(m.computers, func(c *computer) bool { return strings.EqualFold(c.domain, u.Domain) })
}

// everywhere are domains of accounts that every computer has.
func everywhere(domain string) bool {
	switch strings.ToUpper(domain) {
	case "NT AUTHORITY", "NT SERVICE", "BUILTIN", "WINDOW MANAGER", "FONT DRIVER HOST", "IIS APPPOOL", "NT VIRTUAL MACHINE":
		return true
	}
	return false
}

// cloud reports whether an account is written as one of Entra ID or as a
// Microsoft account. Neither word is a domain: all tenants, and all Microsoft
// accounts, have the one.
func cloud(domain string) bool {
	return strings.EqualFold(domain, "AzureAD") || strings.EqualFold(domain, "MicrosoftAccount")
}

// learnDomains notes the names of the domains that hosts are members of, each
// with the one that accounts are written with. A workgroup has no SID, and a
// name that two domains bear tells neither.
func (x *index) learnDomains() {
	x.members, x.workgroups = map[string]string{}, map[string]bool{"workgroup": true}
	sids := map[string]string{}
	for _, m := range x.machines {
		for _, c := range m.computers {
			domain, dns := strings.ToLower(c.domain), strings.ToLower(c.dns)
			if c.domainSID == "" && dns == "" {
				x.workgroups[domain] = domain != ""
				continue
			}
			for _, name := range []string{domain, dns} {
				if old, ok := x.members[name]; ok && (sids[name] != "" && c.domainSID != "" && sids[name] != c.domainSID || old == "") {
					x.members[name] = ""
				} else if name != "" {
					x.members[name] = cmp.Or(domain, old, dns)
				}
				sids[name] = cmp.Or(sids[name], c.domainSID)
			}
		}
	}
}

// Why accounts are taken for one another.
const (
	namesOnly    = "accounts of the same name did them that are, or may be, each its own computer's: whether one person or one password is behind them is not known"
	sameName     = "the same domain and name; the records tell no SID"
	sameNameOnly = "the same domain and name; that it is a domain is not known of any host, so it may be what each computer calls its workgroup, and the accounts two"
	sameCloud    = "the same name of a cloud account; it is one that people choose for showing, so two accounts may bear it"
	sameAddress  = "the same cloud account, by the address that it is signed in with"
)

// actorTraits tell whose acts they are. A name counts where its domain is
// known to be one, and no two SIDs bear it; an account of the cloud by its SID
// or its address, wherever it signed in. Names of local accounts are hints.
func (r *rollUp) actorTraits(t *traits, a *act) {
	u := a.row.Person
	hint := func() {
		if u.Name != "" {
			t.add(SameLocal, strings.ToLower(u.Name), u.Name, namesOnly, false, a)
		}
	}
	switch part := machineOfSID(u.SID); {
	case u == (artifacts.User{}) || everywhere(u.Domain) || u.SID != "" && part == "" && !strings.HasPrefix(u.SID, cloudSID):
	case cloud(u.Domain) && !strings.HasPrefix(u.SID, cloudSID):
		r.cloudTraits(t, a)
	case a.machine.local(u):
		hint()
	case strings.HasPrefix(u.SID, cloudSID) || r.domainSID(part):
		t.add(SameActor, u.SID, person(u), "the same account, by its SID "+u.SID, true, a)
	case len(r.known.bySID[part]) > 0: // of another computer, or of clones
	case r.known.workgroups[strings.ToLower(u.Domain)] || u.SID == "" && len(r.known.byName[short(u.Domain)]) > 0 && r.known.members[strings.ToLower(u.Domain)] == "":
		hint()
	case part != "":
		t.add(SameActor, u.SID, person(u), "the same account, by its SID "+u.SID, true, a)
	case u.SID == "" && u.Name != "" && u.Domain != "":
		r.nameTraits(t, a)
	}
}

// nameTraits tell whose act it is by a domain and a name.
func (r *rollUp) nameTraits(t *traits, a *act) {
	u := a.row.Person
	key := r.accountKey(u)
	sids, known := r.sids[key], r.known.members[strings.ToLower(u.Domain)] != ""
	switch {
	case len(sids) > 1:
	case len(sids) == 1 && (known || r.domainSID(machineOfSID(sids[0]))):
		t.add(SameActor, sids[0], person(u), "the same account, by its SID "+sids[0]+", or where that is not recorded by domain and name", true, a)
	case known:
		t.add(SameActor, key, person(u), sameName, true, a)
	default:
		t.add(SameActor, "unknown\x00"+key, person(u), sameNameOnly, false, a)
	}
}

// cloudTraits tell whose act it is by the name of a cloud account. A Microsoft
// account has a local SID, another on each computer, and an account of Entra ID
// one that not all records have.
func (r *rollUp) cloudTraits(t *traits, a *act) {
	u := a.row.Person
	key := r.accountKey(u)
	sids := slices.DeleteFunc(slices.Clone(r.sids[key]), func(sid string) bool { return !strings.HasPrefix(sid, cloudSID) })
	switch {
	case u.Name == "" || len(sids) > 1:
	case strings.Contains(u.Name, "@") && len(sids) == 1:
		t.add(SameActor, sids[0], person(u), "the same account, by its SID "+sids[0]+", or where that is not recorded by its address", true, a)
	case strings.Contains(u.Name, "@"):
		t.add(SameActor, key, person(u), sameAddress, true, a)
	default:
		t.add(SameActor, "unknown\x00"+key, person(u), sameCloud, false, a)
	}
}

// accountKey writes an account's domain and name in lower case, with the one
// name of a domain of the batch that has two.
func (r *rollUp) accountKey(u artifacts.User) string {
	domain := strings.ToLower(u.Domain)
	return cmp.Or(r.known.members[domain], domain) + `\` + strings.ToLower(u.Name)
}

// domainSID reports whether a SID is that of a host's domain.
func (r *rollUp) domainSID(sid string) bool {
	_, ok := r.known.domains[sid]
	return ok && sid != ""
}

// learnSIDs notes which SIDs acts' accounts of a domain and name have.
func (r *rollUp) learnSIDs() {
	r.sids = map[string][]string{}
	for _, a := range r.acts {
		if p := a.row.Person; p.SID != "" && p.Domain != "" && p.Name != "" {
			key := r.accountKey(p)
			if !slices.Contains(r.sids[key], p.SID) {
				r.sids[key] = append(r.sids[key], p.SID)
			}
		}
	}
}
