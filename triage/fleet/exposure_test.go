package fleet_test

import (
	"slices"
	"strings"
	"testing"

	"hivetriage/triage/expose"
	"hivetriage/triage/fleet"
	"hivetriage/triage/fleet/fleettest"
	"hivetriage/triage/footprint"
	"hivetriage/triage/locate"
)

// TestMatrix asks which rows of two hosts are one account.
func TestMatrix(t *testing.T) {
	domain := func(rid string) string { return fleettest.DomainSID + "-" + rid }
	row := func(kind expose.Kind, name, sid string) expose.Row {
		return expose.Row{Kind: kind, Name: name, SID: sid, Recoverable: "yes", Standing: "unknown"}
	}
	tests := []struct {
		name  string
		a, b  expose.Row
		names []string // of the accounts
		scope string   // of the first
		lead  bool
	}{
		{"a domain's account by SID", row(expose.CachedLogon, `NORDWIND\eve`, domain("1200")), row(expose.CachedLogon, "eve", domain("1200")), []string{`NORDWIND\eve`}, fleet.DomainScope, false},
		{"a name that is told second", row(expose.CachedLogon, "eve", domain("1200")), row(expose.CachedLogon, `NORDWIND\eve`, domain("1200")), []string{`NORDWIND\eve`}, fleet.DomainScope, false},
		{"a service's account and a cached logon", row(expose.ServiceAccount, `NORDWIND\svc (service Scan)`, ""), row(expose.CachedLogon, `NORDWIND\svc`, domain("1201")), []string{`NORDWIND\svc`}, fleet.DomainScope, false},
		{"one service's account on two hosts", row(expose.ServiceAccount, `NORDWIND\svc (service Scan)`, ""), row(expose.ServiceAccount, `nordwind\SVC (service Other)`, ""), []string{`NORDWIND\svc`}, fleet.DomainScope, false},
		{"the same name in two domains", row(expose.ServiceAccount, `NORD\svc (service Scan)`, ""), row(expose.ServiceAccount, `SUED\svc (service Scan)`, ""), []string{`NORD\svc`, `SUED\svc`}, fleet.DomainScope, false},
		{"two SIDs of one name", row(expose.CachedLogon, `NORDWIND\eve`, domain("1200")), row(expose.CachedLogon, `NORDWIND\eve`, "S-1-5-21-7-8-9-1200"), []string{`NORDWIND\eve`, `NORDWIND\eve`}, fleet.DomainScope, false},
		{"local accounts of one name", row(expose.LocalAccount, "backup", fleettest.SID(1)+"-1001"), row(expose.LocalAccount, "Backup", fleettest.SID(2)+"-1001"), []string{"backup"}, fleet.LocalScope, true},
		{"a service that runs as a local account", row(expose.ServiceAccount, `.\backup (service B)`, ""), row(expose.LocalAccount, "backup", fleettest.SID(2)+"-1001"), []string{"backup"}, fleet.LocalScope, true},
		{"a service that runs as a local account, by the host's name", row(expose.ServiceAccount, `WS-001\backup (service B)`, ""), row(expose.LocalAccount, "backup", fleettest.SID(2)+"-1001"), []string{"backup"}, fleet.LocalScope, true},
		{"secrets", row(expose.Secret, "DPAPI_SYSTEM", ""), row(expose.Secret, "DPAPI_SYSTEM", ""), []string{"DPAPI_SYSTEM"}, fleet.OtherScope, false},
		{"an account without a credential", expose.Row{Kind: expose.LocalAccount, Name: "Guest", Recoverable: "no"}, row(expose.LocalAccount, "x", ""), []string{"x"}, fleet.LocalScope, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			one, two := fleettest.Quiet(1), fleettest.Quiet(2)
			test.a.Act, test.b.Act = one.Act(fleettest.Act{At: day}), two.Act(fleettest.Act{At: day})
			one.Case.Exposure, two.Case.Exposure = []expose.Row{test.a}, []expose.Row{test.b}
			c := rollUp(t, fleettest.Batch{one, two})
			var names []string
			for _, a := range c.Accounts {
				names = append(names, a.Name)
				if a.Hosts != len(a.Cells) || !a.Usable {
					t.Errorf("account %+v", a)
				}
			}
			if !slices.Equal(names, test.names) {
				t.Fatalf("accounts %q, want %q", names, test.names)
			}
			if a := c.Accounts[0]; a.Scope != test.scope || (a.Lead != "") != test.lead || test.lead && !strings.Contains(a.Lead, "not known") {
				t.Errorf("account %+v", a)
			}
		})
	}
}

// TestMatrixOfStagedCopies: what copies on a server expose is of the hosts that
// they were taken from.
func TestMatrixOfStagedCopies(t *testing.T) {
	server := fleettest.Quiet(9)
	act := server.Act(fleettest.Act{At: day, Of: locate.BelongsTo{Host: "WS-001", MachineSID: fleettest.SID(1), Relation: locate.AnotherHost}})
	server.Case.Exposure = []expose.Row{
		{Act: act, Host: "WS-001", Kind: expose.LocalAccount, Name: "backup", RID: 1001, SID: fleettest.SID(1) + "-1001", Recoverable: "yes"},
		{Act: act, Host: "WS-777", Kind: expose.LocalAccount, Name: "backup", RID: 1002, Recoverable: "yes"},
	}
	c := rollUp(t, fleettest.Batch{server, fleettest.Quiet(1)})
	cells := c.Accounts[0].Cells
	if len(cells) != 2 || cells[0].Host != "WS-777" || cells[0].Folder != "" || cells[1].Host != "WS-001" || cells[1].Folder != "collection-ws-001" {
		t.Fatalf("cells %+v", cells)
	}
	if cells[1].Acts[0] != (fleet.Ref{Folder: "collection-ws-009", ID: act}) {
		t.Errorf("acts %+v", cells[1].Acts)
	}
}

// TestNamesakes: hosts on which nothing was copied have accounts of the exposed
// one's name, which is a lead.
func TestNamesakes(t *testing.T) {
	one, two, three, twin := fleettest.Quiet(1), fleettest.Quiet(2), fleettest.Quiet(3), again(2, "z")
	one.Expose(one.Act(fleettest.Act{At: day}), 1)
	three.Footprint.Hosts[0].Accounts = []footprint.Account{{Name: "admin.jansen", RID: 1001}} // a domain's account has that name
	c := rollUp(t, fleettest.Batch{one, two, three, twin})
	a := c.Accounts[slices.IndexFunc(c.Accounts, func(a fleet.Account) bool { return a.Scope == fleet.LocalScope })]
	if a.Name != "Administrator" || len(a.Same) != 1 || a.Same[0].Host != "WS-002" || a.Same[0].RID != 500 || !*a.Same[0].Enabled || a.Same[0].From.Path == "" {
		t.Errorf("account %+v", a)
	}
	if want := "A local account of this name is exposed on 1 computer; 1 other host of the batch has one as well, enabled on 1. Whether the passwords are equal is not known: ask whether one was set on all (an image, a script) or each has its own (LAPS)."; a.Lead != want {
		t.Errorf("lead %q", a.Lead)
	}
	if others := c.Accounts[0]; others.Scope != fleet.DomainScope || len(others.Same) != 0 {
		t.Errorf("account %+v", others)
	}
}

// TestExplainedExposure: what only a backup took is in the matrix and is not
// counted as exposed.
func TestExplainedExposure(t *testing.T) {
	m := fleettest.Quiet(1)
	m.Expose(m.Act(fleettest.Act{At: day, Verdict: "explained"}), 1)
	c := rollUp(t, fleettest.Batch{m})
	if c.Counts.Exposed != 0 || len(c.Accounts) != 2 || c.Accounts[0].Usable || !c.Accounts[0].Cells[0].Explained || c.Counts.Hit != 0 || c.Verdict != "explained" {
		t.Errorf("counts %+v, accounts %+v", c.Counts, c.Accounts)
	}
}

// TestForeign ties copies to the hosts that they were taken from.
func TestForeign(t *testing.T) {
	clone := func(b fleettest.Batch) fleettest.Batch {
		m := fleettest.Quiet(2)
		m.Case.Hosts[0].MachineSID, m.Footprint.Hosts[0].MachineSID = fleettest.SID(1), fleettest.SID(1)
		return append(b, m)
	}
	same := func(b fleettest.Batch) fleettest.Batch { return b }
	tests := []struct {
		name      string
		of        locate.BelongsTo
		batch     func(fleettest.Batch) fleettest.Batch
		where     string
		folder    string
		certainty string
	}{
		{"by SID and name", locate.BelongsTo{Host: "WS-001", MachineSID: fleettest.SID(1), Relation: locate.AnotherHost}, same, fleet.InBatch, "collection-ws-001", "certain"},
		{"by SID alone", locate.BelongsTo{MachineSID: fleettest.SID(1), Relation: locate.AnotherHost}, same, fleet.InBatch, "collection-ws-001", "certain"},
		{"by SID, under another name", locate.BelongsTo{Host: "OLD", MachineSID: fleettest.SID(1), Relation: locate.AnotherHost}, same, fleet.InBatch, "collection-ws-001", "likely"},
		{"by name alone", locate.BelongsTo{Host: "WS-001", Relation: locate.SameDomain}, same, fleet.InBatch, "collection-ws-001", "likely"},
		{"by name, of another domain", locate.BelongsTo{Host: "WS-001", DNSDomain: "other.example", Relation: locate.AnotherHost}, same, fleet.NotInBatch, "", "likely"},
		{"the same name with another SID", locate.BelongsTo{Host: "WS-001", MachineSID: "S-1-5-21-7-8-9", Relation: locate.AnotherHost}, same, fleet.NotInBatch, "", "certain"},
		{"of one of two clones, by name", locate.BelongsTo{Host: "WS-002", MachineSID: fleettest.SID(1), Relation: locate.AnotherHost}, clone, fleet.InBatch, "collection-ws-002", "certain"},
		{"of one of two clones, without a name", locate.BelongsTo{MachineSID: fleettest.SID(1), Relation: locate.AnotherHost}, clone, fleet.NotKnown, "", "unknown"},
		{"of nobody in the batch", locate.BelongsTo{Host: "DC-01", MachineSID: "S-1-5-21-7-8-9", Relation: locate.SameDomain}, same, fleet.NotInBatch, "", "certain"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			server := fleettest.Quiet(9)
			server.Act(fleettest.Act{At: day, Of: test.of, Copy: strings.Repeat("01", 32)})
			c := rollUp(t, test.batch(fleettest.Batch{server, fleettest.Quiet(1)}))
			if len(c.Foreign) != 1 {
				t.Fatalf("foreign %+v", c.Foreign)
			}
			if f := c.Foreign[0]; f.Where != test.where || f.OfFolder != test.folder || f.Certainty != test.certainty || f.Because == "" || f.Host != "WS-009" {
				t.Errorf("got %+v", f)
			}
		})
	}
	own := fleettest.Quiet(1)
	own.Act(fleettest.Act{At: day, Copy: strings.Repeat("01", 32)})
	if c := rollUp(t, fleettest.Batch{own, fleettest.Quiet(2)}); len(c.Foreign) != 0 {
		t.Errorf("a host's own copy is foreign: %+v", c.Foreign)
	}
}

// TestSameBytes ties a copy that does not tell whose it is to the host on which
// the same bytes lie.
func TestSameBytes(t *testing.T) {
	server, one := fleettest.Quiet(9), fleettest.Quiet(1)
	server.Act(fleettest.Act{At: day, Of: locate.BelongsTo{Relation: locate.UnknownHost}, Copy: strings.Repeat("01", 32)})
	one.Act(fleettest.Act{At: day, Copy: strings.Repeat("01", 32)})
	c := rollUp(t, fleettest.Batch{server, one})
	if len(c.Foreign) != 1 || c.Foreign[0].Host != "WS-009" || c.Foreign[0].OfFolder != "collection-ws-001" || c.Foreign[0].Certainty != "certain" || len(c.Foreign[0].Same) != 1 || len(c.Foreign[0].Acts) != 1 {
		t.Errorf("foreign %+v", c.Foreign)
	}
}
