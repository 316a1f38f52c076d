package expose

import (
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts/hive"
	"hivetriage/artifacts/hive/machine"
	"hivetriage/artifacts/hive/principals"
)

const machineSID = "S-1-5-21-1-2-3"

var act = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func sam(accounts ...principals.Account) *Read[principals.SAM] {
	return &Read[principals.SAM]{Facts: principals.SAM{MachineSID: hive.Sure(machineSID, 1), Accounts: accounts}, Export: "exp-sam", Path: "/t/sam", Complete: true}
}

func user(rid uint32, name string, change func(*principals.Account)) principals.Account {
	a := principals.Account{RID: rid, Offset: int64(rid), Name: hive.Sure(name, 2), SID: hive.Sure(machineSID+"-x", 2),
		Enabled: hive.Sure(true, 2), Administrator: hive.Sure(false, 2), PasswordSet: hive.Sure(act.Add(-time.Hour), 2),
		PasswordNotRequired: hive.Sure(false, 2), NT: principals.Credential{Present: hive.Sure(true, 3), Length: 56}}
	if change != nil {
		change(&a)
	}
	return a
}

func system(boot bool) *Read[machine.System] {
	return &Read[machine.System]{Facts: machine.System{BootKey: machine.BootKey{Present: hive.Sure(boot, 1)}}, Path: "/t/system"}
}

// one returns the only row whose name begins so.
func one(t *testing.T, rows []Row, name string) Row {
	t.Helper()
	var found []Row
	for _, r := range rows {
		if strings.HasPrefix(r.Name, name) {
			found = append(found, r)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d rows named %q, want 1 of %+v", len(found), name, rows)
	}
	return found[0]
}

// TestRecoverable: the matrix of what was taken and what that opens.
func TestRecoverable(t *testing.T) {
	for _, row := range []struct {
		name  string
		theft Theft
		want  string
	}{
		{"SAM alone", Theft{Hives: []string{"SAM"}}, "needs boot key"},
		{"SAM and SYSTEM", Theft{Hives: []string{"SAM", "SYSTEM"}, Copies: Hives{System: system(true)}}, "yes"},
		{"SYSTEM without class names", Theft{Hives: []string{"SAM", "SYSTEM"}, Copies: Hives{System: system(false)}}, "needs boot key"},
		{"SYSTEM by its command only", Theft{Hives: []string{"SAM", "SYSTEM"}}, "yes"},
		{"SYSTEM of another act", Theft{Hives: []string{"SAM"}, BootKey: "SYSTEM was taken before"}, "yes"},
	} {
		row.theft.Copies.SAM = sam(user(1001, "ann", nil))
		got := one(t, Rows(row.theft), "ann")
		if got.Recoverable != row.want || got.Certainty != "certain" || got.Kind != LocalAccount {
			t.Errorf("%s: %q, %s, want %q", row.name, got.Recoverable, got.Certainty, row.want)
		}
	}
}

// TestCredentials: an empty entry is nothing to take, an unreadable one is
// unknown.
func TestCredentials(t *testing.T) {
	rows := Rows(Theft{Hives: []string{"SAM", "SYSTEM"}, Copies: Hives{SAM: sam(
		user(500, "admin", func(a *principals.Account) { a.Administrator = hive.Sure(true, 1) }),
		user(501, "guest", func(a *principals.Account) {
			a.NT.Present, a.Enabled, a.PasswordNotRequired = hive.Sure(false, 1), hive.Sure(true, 1), hive.Sure(true, 1)
		}),
		user(504, "wdag", func(a *principals.Account) { a.Enabled = hive.Sure(false, 1) }),
		user(1001, "torn", func(a *principals.Account) { a.NT = principals.Credential{} }),
		user(1002, "gone", func(a *principals.Account) { a.Deleted = true }),
		user(1003, "twin", func(a *principals.Account) { a.Hijacked, a.StoredRID = hive.Sure(true, 1), hive.Sure(uint32(500), 1) }),
	)}})
	for _, want := range []struct{ name, recoverable, certainty, because string }{
		{"admin", "yes", "certain", "56 bytes"},
		{"guest", "no", "certain", "blank one"},
		{"wdag", "yes", "certain", "no user's credential"},
		{"torn", "unknown", "unknown", "could not be read"},
		{"gone", "yes", "likely", "was deleted"},
		{"twin", "yes", "certain", "RID hijack"},
	} {
		got := one(t, rows, want.name)
		if got.Recoverable != want.recoverable || got.Certainty != want.certainty || !strings.Contains(got.Because, want.because) {
			t.Errorf("%s: %q, %q, %q", want.name, got.Recoverable, got.Certainty, got.Because)
		}
	}
	if rows[0].Name != "admin" {
		t.Errorf("the first row is %q, want the administrator", rows[0].Name)
	}
	if got := one(t, rows, "torn"); got.CredentialPresent != nil {
		t.Error("an unknown credential is told as present or absent")
	}
}

// TestStanding: what the live SAM says since.
func TestStanding(t *testing.T) {
	live := sam(user(1001, "kept", nil), user(1002, "reset", func(a *principals.Account) { a.PasswordSet = hive.Sure(act.Add(time.Hour), 1) }))
	theft := Theft{Ended: act, Hives: []string{"SAM"}, Copies: Hives{SAM: sam(user(1001, "kept", nil), user(1002, "reset", nil), user(1003, "removed", nil))}, Live: Hives{SAM: live}}
	for name, want := range map[string]string{"kept": "unchanged", "reset": "changed since", "removed": "gone since"} {
		if got := one(t, Rows(theft), name); got.Standing != want {
			t.Errorf("%s is %q, want %q", name, got.Standing, want)
		}
	}
	live.Complete = false
	if got := one(t, Rows(theft), "removed"); got.Standing != "unknown" {
		t.Errorf("missing from a damaged live hive: %q", got.Standing)
	}
	theft.Live.SAM = nil
	if got := one(t, Rows(theft), "kept"); got.Standing != "unknown" {
		t.Errorf("without a live hive: %q", got.Standing)
	}
}

// TestFallback: without a readable copy the live hive lists the accounts, and
// without that the class is told.
func TestFallback(t *testing.T) {
	live := sam(user(1001, "ann", nil))
	live.Export = ""
	got := one(t, Rows(Theft{Hives: []string{"SAM"}, Live: Hives{SAM: live}}), "ann")
	if got.Certainty != "likely" || got.From.Export != "" || !strings.Contains(got.Because, "live SAM") {
		t.Errorf("from the live hive: %+v", got)
	}
	rows := Rows(Theft{Act: "act-1", Hives: []string{"SAM", "SECURITY"}})
	kinds := map[Kind]bool{}
	for _, r := range rows {
		kinds[r.Kind] = true
		if r.Act != "act-1" || r.From != nil {
			t.Errorf("%+v", r)
		}
	}
	if len(rows) != 3 || !kinds[LocalAccounts] || !kinds[LSASecrets] || !kinds[CachedLogons] {
		t.Errorf("the classes are %v", kinds)
	}
	if rows = Rows(Theft{Hives: []string{"SYSTEM"}}); len(rows) != 1 || rows[0].Kind != BootKey {
		t.Errorf("SYSTEM alone: %+v", rows)
	}
	if rows = Rows(Theft{Hives: []string{"SECURITY", "SYSTEM"}, Directory: true}); one(t, rows, "every account of the domain").Recoverable != "yes" {
		t.Error("ntds.dit with SYSTEM is not recoverable")
	}
}

func security(change func(*principals.Security)) *Read[principals.Security] {
	s := principals.Security{ComputerName: hive.Sure("WS1", 1), Domain: hive.Sure("CORP", 1), DomainSID: hive.Sure("S-1-5-21-7-8-9", 1)}
	change(&s)
	return &Read[principals.Security]{Facts: s, Export: "exp-sec", Path: "/t/sec", Complete: true}
}

func secret(name string, class principals.SecretClass, subject string) principals.Secret {
	return principals.Secret{Name: name, Class: class, Subject: subject, Updated: hive.Sure(act.Add(-time.Hour), 1), Length: hive.Sure(92, 1)}
}

// TestSecrets: each class is named, and by what.
func TestSecrets(t *testing.T) {
	s := security(func(s *principals.Security) {
		s.Secrets = []principals.Secret{
			secret("$MACHINE.ACC", principals.MachineAccount, ""), secret("_SC_sql", principals.ServiceAccount, "sql"),
			secret("_SC_old", principals.ServiceAccount, "old"), secret("DefaultPassword", principals.AutoLogon, ""),
			secret("L$_SQSA_S-1-5-21-1-2-3-1001", principals.SecurityQuestions, "S-1-5-21-1-2-3-1001"),
			secret("DPAPI_SYSTEM", principals.DPAPI, ""), secret("NL$KM", principals.CacheKey, ""), secret("odd", principals.OtherSecret, ""),
		}
	})
	sys := system(true)
	sys.Facts.Services = []machine.Service{{Name: "SQL", Account: hive.Sure(`CORP\svc_sql`, 1)}}
	theft := Theft{Ended: act, Hives: []string{"SECURITY", "SYSTEM"}, Copies: Hives{Security: s, System: sys}, Names: Names{"S-1-5-21-1-2-3-1001": {"ann", "SAM"}}}
	rows := Rows(theft)
	for name, want := range map[string]struct {
		kind        Kind
		recoverable string
		because     string
	}{
		`CORP\WS1$`:                   {MachineAccount, "yes", "computer's account"},
		`CORP\svc_sql`:                {ServiceAccount, "yes", "ObjectName"},
		"account of the service old":  {ServiceAccount, "yes", "no SYSTEM hive names"},
		"DefaultPassword":             {AutoLogon, "yes", "possible"},
		"L$_SQSA_S-1-5-21-1-2-3-1001": {Secret, "yes", "of ann"},
		"DPAPI_SYSTEM":                {Secret, "yes", "DPAPI"},
		"odd":                         {Secret, "yes", "does not tell"},
	} {
		got := one(t, rows, name)
		if got.Kind != want.kind || got.Recoverable != want.recoverable || !strings.Contains(got.Because, want.because) {
			t.Errorf("%s: %+v", name, got)
		}
	}
	for _, r := range rows {
		if r.Name == "NL$KM" {
			t.Error("NL$KM is listed as an account's secret")
		}
	}
	for _, row := range []struct {
		on          bool
		recoverable string
		name        string
	}{{true, "yes", `WS1\kiosk`}, {false, "unknown", "DefaultPassword"}} {
		theft.Live.Software = &Read[machine.Software]{Facts: machine.Software{Winlogon: machine.Winlogon{AutoLogon: hive.Sure(row.on, 1), User: hive.Sure("kiosk", 1), Domain: hive.Sure("WS1", 1)}}}
		if got := one(t, Rows(theft), row.name); got.Recoverable != row.recoverable || got.Kind != AutoLogon {
			t.Errorf("auto-logon %v: %+v", row.on, got)
		}
	}
}

// TestDomainController: its computer account and RID 500 mean other things.
func TestDomainController(t *testing.T) {
	s := security(func(s *principals.Security) {
		s.Secrets = []principals.Secret{secret("$MACHINE.ACC", principals.MachineAccount, "")}
	})
	for _, dc := range []bool{true, false} {
		sys := system(true)
		sys.Facts.DomainController = hive.Sure(dc, 1)
		rows := Rows(Theft{Hives: []string{"SAM", "SECURITY", "SYSTEM"}, Copies: Hives{Security: s, System: sys, SAM: sam(user(500, "Administrator", nil))}})
		if got := strings.Contains(one(t, rows, `CORP\WS1$`).Because, "replicate the domain"); got != dc {
			t.Errorf("domain controller %v: replication is %v", dc, got)
		}
		if got := strings.Contains(one(t, rows, "Administrator").Because, "Restore Mode"); got != dc {
			t.Errorf("domain controller %v: DSRM is %v", dc, got)
		}
	}
}

// TestCachedLogons: names come from elsewhere or not at all.
func TestCachedLogons(t *testing.T) {
	s := security(func(s *principals.Security) {
		s.Cache.Logons = []principals.CachedLogon{
			{Name: "NL$1", RID: hive.Sure(uint32(1104), 1), SID: hive.Probable("S-1-5-21-7-8-9-1104", 1)},
			{Name: "NL$2", RID: hive.Sure(uint32(500), 1), SID: hive.Probable("S-1-5-21-7-8-9-500", 1)},
			{Name: "NL$3", RID: hive.Sure(uint32(1200), 1)},
		}
	})
	rows := Rows(Theft{Hives: []string{"SECURITY"}, Copies: Hives{Security: s}, Names: Names{"S-1-5-21-7-8-9-1104": {`CORP\jdoe`, "profile"}}})
	if got := one(t, rows, `CORP\jdoe`); got.Recoverable != "needs boot key" || got.Certainty != "likely" || !strings.Contains(got.Because, "cracked") {
		t.Errorf("%+v", got)
	}
	if got := one(t, rows, "built-in administrator of CORP"); got.Administrator == nil || !*got.Administrator {
		t.Errorf("RID 500 is not told: %+v", got)
	}
	if got := one(t, rows, "RID 1200"); got.Certainty != "unknown" || got.SID != "" {
		t.Errorf("%+v", got)
	}
}

// TestDomainGroups: a domain's group in Administrators is told, and exposes
// nothing itself.
func TestDomainGroups(t *testing.T) {
	r := sam(user(500, "Administrator", nil))
	r.Facts.Aliases = []principals.Alias{{Domain: "Builtin", RID: principals.Administrators, Members: []principals.Member{
		{SID: machineSID + "-500", Local: true}, {SID: "S-1-5-21-7-8-9-512", Role: "Domain Admins"}}},
		{Domain: "Builtin", RID: 555, Members: []principals.Member{{SID: "S-1-5-21-7-8-9-513", Role: "Domain Users"}}}}
	rows := Rows(Theft{Hives: []string{"SAM", "SYSTEM"}, Copies: Hives{SAM: r}})
	if got := one(t, rows, "Domain Admins"); got.Kind != DomainGroup || got.Recoverable != "no" {
		t.Errorf("%+v", got)
	}
	for _, row := range rows {
		if row.Name == "Domain Users" {
			t.Error("members of another alias are told as administrators")
		}
	}
}

// TestDirectory: a copy that was found is certain, a command's likely.
func TestDirectory(t *testing.T) {
	for _, row := range []struct {
		theft                  Theft
		recoverable, certainty string
	}{
		{Theft{Hives: []string{"SYSTEM"}, Directory: true, Copies: Hives{System: system(true)}}, "yes", "likely"},
		{Theft{Hives: []string{"SYSTEM"}, Directory: true, DirectoryAt: "/t/ntds.dit", Copies: Hives{System: system(true)}}, "yes", "certain"},
		{Theft{Hives: []string{"SECURITY"}, Directory: true, DirectoryAt: "/t/ntds.dit"}, "needs boot key", "certain"},
	} {
		got := one(t, Rows(row.theft), "every account of the domain")
		if got.Recoverable != row.recoverable || got.Certainty != row.certainty || (got.From != nil) != (row.theft.DirectoryAt != "") {
			t.Errorf("%+v: %+v", row.theft, got)
		}
	}
}
