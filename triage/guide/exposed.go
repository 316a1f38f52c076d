package guide

import (
	"fmt"
	"slices"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/triage/expose"
)

// maxResets bounds how many accounts get a line of their own in the response.
const maxResets = 40

// exposed lists the rows that somebody can use, each account once, the most
// urgent first.
func (f *Facts) exposed() []expose.Row {
	var rows []expose.Row
	for _, r := range f.Exposure {
		if r.Recoverable == "no" || r.Kind == expose.BootKey || r.Kind == expose.DomainGroup || r.SystemManaged() {
			continue
		}
		if slices.ContainsFunc(rows, func(x expose.Row) bool {
			return x.Kind == r.Kind && x.Host == r.Host && x.Name == r.Name && x.SID == r.SID && x.RID == r.RID
		}) {
			continue
		}
		rows = append(rows, r)
	}
	slices.SortStableFunc(rows, func(a, b expose.Row) int { return urgency(a) - urgency(b) })
	return rows
}

// urgency orders what is reset first: what opens other machines, then
// administrators, then what is in use; what was changed since comes last.
func urgency(r expose.Row) int {
	is := func(b *bool) bool { return b != nil && *b }
	switch {
	case r.Standing == "changed since", r.Standing == "gone since", r.Deleted:
		return 5
	case r.Kind == expose.DomainAccounts, r.Kind == expose.MachineAccount && strings.Contains(r.Because, "replicate"):
		return 0
	case r.Kind == expose.ServiceAccount, r.Kind == expose.AutoLogon && r.Recoverable != "unknown", is(r.Administrator) && r.Enabled == nil, is(r.Administrator) && is(r.Enabled):
		return 1
	case r.Kind == expose.CachedLogon, r.Kind == expose.MachineAccount, r.Kind == expose.LocalAccounts, r.Kind == expose.LSASecrets, r.Kind == expose.CachedLogons:
		return 2
	case is(r.Enabled):
		return 2
	}
	return 4
}

// reset orders the accounts to be reset, who first and why.
func (f *Facts) reset(add adder) {
	users, because := f.people()
	for i, u := range users {
		add(3, 1, "Disable the account until its owner is heard, then reset its password and end its sessions", Name(u), because[i]+f.actsOf(u), f.actIDs())
	}
	rows := f.exposed()
	for i, r := range rows {
		if i == maxResets {
			add(3, 3, fmt.Sprintf("Reset the %d further accounts and secrets that the case document lists as exposed", len(rows)-i), f.host(), fmt.Sprintf("they are in the copies as well: %d of %d are listed above", i, len(rows)), f.actIDs())
			break
		}
		add(3, max(urgency(r), 1), resetAction(r), r.Name, f.turn(r)+"; "+r.Because, []string{r.Act})
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

// turn says when an exposed account has its turn, and why then.
func (f *Facts) turn(r expose.Row) string {
	text := map[int]string{
		0: "before all others: with it other machines are opened",
		1: "among the first: an administrator's or a service's credential, and nothing says that it is out of use",
		2: "next: nothing says that it is out of use",
		4: "later: it is disabled, or no password of somebody's",
		5: "last: what was taken is out of date",
	}[urgency(r)]
	if r.Host != "" {
		text += ", of " + r.Host
	}
	if r.Act != "" {
		text += ", taken in " + r.Act
	}
	for i := range f.Logons {
		if g := &f.Logons[i]; !r.Crowd() && isAccount(r, g.User) && f.isFirstUse(g) {
			return text + fmt.Sprintf("; since the act it was used from %s for the first time, at %s", sourceOf(g), stamp(g.First))
		}
	}
	return text
}

// resetAction says what to do about what is exposed.
func resetAction(r expose.Row) string {
	switch {
	case r.Standing == "changed since":
		return "No reset needed for what was taken; make sure that the old password is used nowhere else"
	case r.Standing == "gone since", r.Deleted:
		return "The account is gone; make sure that its password is used nowhere else"
	}
	switch r.Kind {
	case expose.LocalAccount:
		return "Reset the local account's password, here and wherever the same one is used"
	case expose.CachedLogon:
		return "Reset the domain account's password"
	case expose.ServiceAccount:
		return "Reset the service account's password, and what runs with it"
	case expose.MachineAccount:
		return "Reset the computer account's password twice"
	case expose.AutoLogon:
		return "Reset the password of auto-logon and turn auto-logon off"
	case expose.DomainAccounts:
		return "Treat the domain as compromised: reset every account, krbtgt twice"
	case expose.LocalAccounts:
		return "Reset every local account's password, the built-in administrator's first, and wherever the same one is used"
	case expose.LSASecrets:
		return "Reset the passwords of all accounts that services on the host run as, of auto-logon and of the computer"
	case expose.CachedLogons:
		return "Reset the passwords of domain accounts that logged on interactively to the host, administrators first"
	}
	return "Replace what the secret protects"
}
