package guide

import (
	"strings"

	"hivetriage/triage/expose"
)

// worst orders rows by how surely what they hold can be had.
func worst(r expose.Row) int {
	switch r.Recoverable {
	case "yes":
		return 0
	case "needs boot key":
		return 1
	}
	return 2
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
		return ResetComputer
	case expose.AutoLogon:
		return "Reset the password of auto-logon and turn auto-logon off"
	case expose.DomainAccounts:
		return ResetDomain
	case expose.LocalAccounts:
		return "Reset every local account's password, the built-in administrator's first, and wherever the same one is used"
	case expose.LSASecrets:
		return "Reset the passwords of all accounts that services on the host run as, of auto-logon and of the computer"
	case expose.CachedLogons:
		return "Reset the passwords of domain accounts that logged on interactively to the host, administrators first"
	}
	return "Replace what the secret protects"
}
