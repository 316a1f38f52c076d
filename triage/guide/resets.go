package guide

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/triage/expose"
)

// maxResets bounds how many accounts get a line of their own in the response.
const maxResets = 40

// Disable is what is asked for of the accounts of those who did the acts; the
// others are of what opens other machines.
const (
	Disable       = "Disable the account until its owner is heard, then reset its password and end its sessions"
	ResetDomain   = "Treat the domain as compromised: reset every account, krbtgt twice"
	ResetComputer = "Reset the computer account's password twice"
)

// ResetTurn orders actions of step 3 that have the same priority.
func ResetTurn(action string, priority int) int {
	switch {
	case action == Disable:
		return 0
	case action == ResetDomain, action == ResetComputer && priority == 1: // of a domain controller
		return 1
	}
	return 2
}

// First orders actions as they are to be begun: by priority, and of those alike
// the incident, the host and the domain come before what single computers and
// accounts need.
func First(actions []Action) []Action {
	turn := func(a *Action) int {
		switch {
		case a.Step == "1":
			return 0
		case a.Action == Isolate:
			return 1
		case a.Action == ResetDomain:
			return 2
		}
		return 3
	}
	actions = slices.Clone(actions)
	slices.SortStableFunc(actions, func(a, b Action) int { return cmp.Or(a.Priority-b.Priority, turn(&a)-turn(&b)) })
	return actions
}

// An exposedAccount is what is exposed of one account or secret: its most
// urgent row, and all acts that took it.
type exposedAccount struct {
	expose.Row
	acts []string
	also []string // as what else it is exposed, and why
}

// exposedAccounts lists what somebody can use of what the acts took, each
// account once, the most urgent first.
func (f *Facts) exposedAccounts() (all []*exposedAccount) {
	acts := map[string]bool{}
	for i := range f.Acts {
		acts[f.Acts[i].ID] = true
	}
	rows := slices.DeleteFunc(slices.Clone(f.Exposure), func(r expose.Row) bool {
		return r.Act != "" && !acts[r.Act] || r.Recoverable == "no" || r.Kind == expose.BootKey || r.Kind == expose.DomainGroup || r.SystemManaged()
	})
	slices.SortStableFunc(rows, func(a, b expose.Row) int { return cmp.Or(urgency(a)-urgency(b), worst(a)-worst(b)) })
	byKey := map[string]*exposedAccount{}
	for _, r := range rows {
		keys := accountKeys(&r)
		at := slices.IndexFunc(keys, func(key string) bool {
			x := byKey[key]
			return x != nil && (x.SID == "" || r.SID == "" || x.SID == r.SID)
		})
		var x *exposedAccount
		if at >= 0 {
			x = byKey[keys[at]]
		} else {
			x = &exposedAccount{Row: r}
			all = append(all, x)
		}
		x.take(&r)
		for _, key := range keys {
			if byKey[key] == nil {
				byKey[key] = x
			}
		}
	}
	return all
}

// localName is the name of an account that is one of its host alone.
func localName(r *expose.Row) (name string, local bool) {
	name, _, _ = strings.Cut(r.Name, " (service ")
	before, account, cut := strings.Cut(name, `\`)
	if r.Kind == expose.LocalAccount || cut && (before == "." || sameHost(before, r.Host)) {
		return cmp.Or(account, name), true
	}
	return name, false
}

// accountKeys are what a row is the same account by.
func accountKeys(r *expose.Row) (keys []string) {
	name, local := localName(r)
	switch {
	case r.Crowd():
		return []string{string(r.Kind) + "\x00" + strings.ToLower(r.Host+"\x00"+r.Name)}
	case local:
		keys = append(keys, "local\x00"+strings.ToLower(r.Host+"\x00"+name))
	case strings.ContainsAny(name, `\@`):
		keys = append(keys, "name\x00"+strings.ToLower(name))
	case r.SID == "":
		keys = append(keys, string(r.Kind)+"\x00"+strings.ToLower(r.Host+"\x00"+name))
	}
	if r.SID != "" && (r.Kind != expose.MachineAccount || len(keys) == 0) { // a computer's account is known by its computer
		keys = append([]string{"sid\x00" + r.SID}, keys...)
	}
	return keys
}

// take adds a row of the same account.
func (x *exposedAccount) take(r *expose.Row) {
	x.acts = appendOnce(x.acts, r.Act)
	if r.Kind != x.Kind || r.Host != x.Host {
		where := ""
		if r.Host != x.Host && r.Host != "" {
			where = " of " + r.Host
		}
		x.also = appendOnce(x.also, fmt.Sprintf("it is exposed as %s%s as well: %s", r.Kind, where, r.Because))
	}
}

// isOf reports whether a row is a user's, by its SID or by its whole name.
func isOf(r *expose.Row, u artifacts.User) bool {
	if r.Crowd() {
		return false
	}
	if r.SID != "" && u.SID != "" {
		return r.SID == u.SID
	}
	name, local := localName(r)
	if local {
		return sameHost(u.Domain, r.Host) && strings.EqualFold(u.Name, name)
	}
	return strings.EqualFold(Account(u), name)
}

// target names an account so that it is not taken for one of another host.
func (f *Facts) target(r *expose.Row) string {
	name, local := localName(r)
	own := r.Host == "" || len(f.Hosts) == 1 && sameHost(f.Hosts[0], r.Host)
	switch {
	case own:
		return r.Name
	case local:
		return r.Host + `\` + name
	case r.Crowd():
		return r.Name + " of " + r.Host
	}
	return r.Name
}

// reset orders the accounts to be reset, who first and why: those of whoever
// did the acts, then what they exposed.
func (f *Facts) reset(add adder) {
	accounts := f.exposedAccounts()
	users, because := f.people()
	for i, u := range users {
		why, acts := because[i]+f.actsOf(u), f.idsOf(u)
		accounts = slices.DeleteFunc(accounts, func(x *exposedAccount) bool {
			if !isOf(&x.Row, u) {
				return false
			}
			why += "; its own credential is among what was taken, " + f.turn(x)
			for _, id := range x.acts {
				acts = appendOnce(acts, id)
			}
			return true
		})
		add(3, 1, Disable, Name(u), why, acts)
	}
	for i, x := range accounts {
		if i == maxResets {
			add(3, 3, fmt.Sprintf("Reset the %d further accounts and secrets that the case document lists as exposed", len(accounts)-i), f.host(), fmt.Sprintf("they are in the copies as well: %d of %d are listed above", i, len(accounts)), f.actIDs())
			break
		}
		acts := x.acts
		if len(acts) == 0 {
			acts = f.actIDs()
		}
		add(3, max(urgency(x.Row), 1), resetAction(x.Row), f.target(&x.Row), f.turn(x), acts)
	}
	hives := map[string]bool{}
	for _, a := range f.Acts {
		for _, h := range a.Hives {
			hives[h] = true
		}
	}
	if hives["SYSTEM"] && len(hives) == 1 {
		add(3, 3, "Treat any copy of SAM or SECURITY of this host, old or new, as readable", f.host(), "SYSTEM holds the boot key that opens them, and was taken in "+strings.Join(f.actIDs(), ", "), f.actIDs())
	}
}

// actsOf tells the acts of a person: what was taken, and when.
func (f *Facts) actsOf(u artifacts.User) string {
	var acts []string
	for i := range f.Acts {
		if a := &f.Acts[i]; sameUser(Person(a), u) {
			acts = append(acts, fmt.Sprintf("%s, %s %s", a.ID, strings.Join(a.Hives, ", "), span(a.Start, a.End)))
		}
	}
	return " (" + strings.Join(firstFew(acts), "; ") + ")"
}

// idsOf are the ids of a person's acts.
func (f *Facts) idsOf(u artifacts.User) (ids []string) {
	for i := range f.Acts {
		if a := &f.Acts[i]; sameUser(Person(a), u) {
			ids = append(ids, a.ID)
		}
	}
	return ids
}

// turn says when an exposed account has its turn, and why then.
func (f *Facts) turn(x *exposedAccount) string {
	text := map[int]string{
		0: "before all others: with it other machines are opened",
		1: "among the first: an administrator's or a service's credential, and nothing says that it is out of use",
		2: "next: nothing says that it is out of use",
		4: "later: it is disabled, or no password of somebody's",
		5: "last: what was taken is out of date",
	}[urgency(x.Row)]
	if x.Host != "" {
		text += ", of " + x.Host
	}
	if len(x.acts) > 0 {
		text += ", taken in " + strings.Join(firstFew(x.acts), ", ")
	}
	for i := range f.Logons {
		if g := &f.Logons[i]; !x.Crowd() && isAccount(x.Row, g.User) && f.isFirstUse(g) {
			text += fmt.Sprintf("; since the act it was used from %s for the first time, at %s", sourceOf(g), stamp(g.First))
			break
		}
	}
	return strings.Join(firstFew(append([]string{text, x.Because}, x.also...)), "; ")
}
