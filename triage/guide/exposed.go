package guide

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/triage/correlate"
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
			return x.Kind == r.Kind && x.Name == r.Name && x.SID == r.SID && x.RID == r.RID
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
		add(3, 1, "Disable the account until its owner is heard, then reset its password and end its sessions", Name(u), because[i], f.actIDs())
	}
	rows := f.exposed()
	for i, r := range rows {
		if i == maxResets {
			add(3, 3, fmt.Sprintf("Reset the %d further accounts and secrets that the case document lists as exposed", len(rows)-i), f.host(), "they are in the copies as well", f.actIDs())
			break
		}
		add(3, max(urgency(r), 1), resetAction(r), r.Name, r.Because, []string{r.Act})
	}
	hives := map[string]bool{}
	for _, a := range f.Acts {
		for _, h := range a.Hives {
			hives[h] = true
		}
	}
	if hives["SYSTEM"] && len(hives) == 1 {
		add(3, 3, "Treat any copy of SAM or SECURITY of this host, old or new, as readable", f.host(), "SYSTEM holds the boot key that opens them", f.actIDs())
	}
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

// compromised answers which accounts may be compromised: the exposed ones,
// and where they logged on since.
func (f *Facts) compromised() Answer {
	const question = "Which accounts may be compromised, and where did they log on since?"
	if len(f.Acts) == 0 {
		return f.nothing(question, "")
	}
	a := Answer{Question: question, Status: Partly, Evidence: f.actIDs()}
	rows := f.exposed()
	var lines []string
	if len(rows) == 0 {
		lines = append(lines, "Nothing that was taken opens an account by itself; see the exposure section.")
	} else {
		lines = append(lines, fmt.Sprintf("Exposed, the most urgent first (%d in all):", len(rows)))
		var names []string
		for _, r := range rows {
			names = append(names, exposedLine(r))
		}
		lines = append(lines, firstFew(names)...)
	}
	if len(f.Logons) == 0 {
		lines = append(lines, "No logon (4624) of a user since the act stands in the logs that were read.")
		from := "the domain controllers" // that of the host was read
		if row, bad := f.row("Security log"); bad {
			lines = append(lines, row.Why+".")
			from = f.host() + " and of " + from
		}
		a.Next = append(a.Next, "Collect Security.evtx of "+from+".")
	} else {
		lines = append(lines, f.logonLines(rows)...)
	}
	lines = append(lines, f.credentialUse(rows)...)
	a.Answer = strings.Join(lines, "\n")
	a.Next = append(a.Next, "Search all hosts and the domain controllers for logons of these accounts since "+stamp(f.Acts[0].Start)+".")
	return a
}

func exposedLine(r expose.Row) string {
	text := fmt.Sprintf("%s: %s", r.Kind, r.Name)
	if r.SID != "" && r.SID != r.Name {
		text += " (" + r.SID + ")"
	}
	if r.Administrator != nil && *r.Administrator {
		text += ", administrator"
	}
	if r.Enabled != nil && !*r.Enabled {
		text += ", disabled"
	}
	text += "; recoverable: " + r.Recoverable
	if r.Standing != "unknown" {
		text += "; " + r.Standing
	}
	return text
}

// logonLines tells the logons since the act, those of exposed accounts first.
func (f *Facts) logonLines(rows []expose.Row) []string {
	groups := slices.Clone(f.Logons)
	of := func(g correlate.LogonGroup) int {
		if slices.ContainsFunc(rows, func(r expose.Row) bool { return isAccount(r, g.User) }) {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(groups, func(a, b correlate.LogonGroup) int { return cmp.Compare(of(a), of(b)) })
	title, several := "Logons to the host since the act, by account, type and source:", slices.ContainsFunc(groups, func(g correlate.LogonGroup) bool { return g.Host != groups[0].Host })
	if several {
		title = "Logons since the act, by host, account, type and source:"
	}
	lines := []string{title}
	var texts []string
	for _, g := range groups {
		mark := ""
		if of(g) == 0 {
			mark = " (exposed)"
		}
		if several {
			mark += " on " + g.Host
		}
		texts = append(texts, fmt.Sprintf("%s%s, %s: %d, first %s, last %s (record %d)", Name(g.User), mark,
			correlate.LogonText(g.Type, g.SourceIP, g.Workstation), g.Count, stamp(g.First), stamp(g.Last), g.From.RecordID))
	}
	return append(lines, firstFew(texts)...)
}

// isAccount reports whether a logon is of the exposed account: by SID, else
// by name.
func isAccount(r expose.Row, u artifacts.User) bool {
	if r.SID != "" && u.SID != "" {
		return r.SID == u.SID
	}
	name := r.Name[strings.LastIndexByte(r.Name, '\\')+1:]
	return u.Name != "" && strings.EqualFold(name, u.Name)
}

// credentialUse tells what else was recorded since the acts of the exposed
// accounts' credentials: failed logons, logons with explicit credentials,
// administrative sessions, checks by NTLM.
func (f *Facts) credentialUse(rows []expose.Row) []string {
	first := f.Acts[0].Start
	for _, a := range f.Acts {
		if a.Start.Before(first) {
			first = a.Start
		}
	}
	var texts []string
	for _, n := range f.Notices {
		if n.Account == (artifacts.User{}) || n.Last.Before(first) || !slices.ContainsFunc(rows, func(r expose.Row) bool { return isAccount(r, n.Account) }) {
			continue
		}
		often := ""
		if n.Count > 1 {
			often = fmt.Sprintf(" (%d times, last at %s)", n.Count, stamp(n.Last))
		}
		texts = append(texts, fmt.Sprintf("%s: %s on %s%s (event %s, record %d)", stamp(n.Time), n.What, n.Host, often, n.From.EventCode, n.From.RecordID))
	}
	if len(texts) == 0 {
		return nil
	}
	return append([]string{"Further use of exposed accounts' credentials around the act:"}, firstFew(texts)...)
}
