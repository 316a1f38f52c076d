package triage

import (
	"testing"

	"hivetriage/triage/expose"
)

func TestExposedSentence(t *testing.T) {
	yes := true
	row := func(kind expose.Kind, name, recoverable, standing string) expose.Row {
		return expose.Row{Kind: kind, Name: name, Recoverable: recoverable, Standing: standing}
	}
	admin := row(expose.LocalAccount, "admin", "yes", "unchanged")
	admin.Administrator = &yes
	for _, c := range []struct {
		rows []expose.Row
		want string
	}{
		{nil, ""},
		{[]expose.Row{row(expose.LocalAccount, "guest", "no", "unknown"), row(expose.DomainGroup, "Domain Admins", "no", "unknown")}, ""},
		{[]expose.Row{{Kind: expose.LocalAccount, RID: 504, Name: "WDAGUtilityAccount", Recoverable: "yes"}}, ""},
		{[]expose.Row{admin, row(expose.LocalAccount, "ann", "yes", "changed since"), row(expose.LocalAccount, "ann", "yes", "changed since")},
			"Exposed: 2 local accounts (1 administrator); 1 was changed since."},
		{[]expose.Row{row(expose.CachedLogon, "x", "needs boot key", "unknown"), row(expose.ServiceAccount, "s", "needs boot key", "unknown")},
			"Exposed: 1 service account, 1 cached domain logon; 2 of them need the boot key, of which no copy is in the evidence."},
		{[]expose.Row{row(expose.DomainAccounts, "every account of the domain", "yes", "unknown"), row(expose.MachineAccount, "DC$", "yes", "unknown")},
			"Exposed: every account of the domain, 1 computer account."},
	} {
		if got := exposedSentence(c.rows); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
