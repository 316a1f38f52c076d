package principals

import (
	"bytes"
	"fmt"
	"testing"

	"hivetriage/artifacts/hive"
	"hivetriage/testdata/corpora"
)

func realHive(t testing.TB, name string) *hive.Hive {
	t.Helper()
	data := corpora.Read(t, "hives", name)
	h, _ := hive.Read(bytes.NewReader(data), int64(len(data)))
	if h == nil {
		t.Fatalf("%s cannot be read", name)
	}
	return h
}

// TestRealSAMs compares each account with what is known of the hives: RID
// joins, entry lengths and memberships.
func TestRealSAMs(t *testing.T) {
	realHive(t, "EZ_SAM") // skips all of it where the real hives are absent
	known, unknown := 0, 0
	for _, c := range []struct {
		file, sid          string
		accounts, members  int // members of all aliases
		present            int // NT hashes
		lm, enabled, admin int
		revision           uint16
		foreign            string // role of a domain group among the administrators
	}{
		{"EZ_SAM", "S-1-5-21-3064465268-1549819264-574340205", 2, 5, 1, 0, 1, 1, 1, "Domain Admins"},
		{"EZ_SAM_badchecksum", "S-1-5-21-3064465268-1549819264-574340205", 2, 5, 1, 0, 1, 1, 1, "Domain Admins"},
		{"EZ_SAM_XP", "S-1-5-21-4271176276-4210259494-4108073714", 15, 30, 14, 6, 11, 4, 1, ""},
		{"velociraptor_SAM", "S-1-5-21-3442094626-3791537600-2028639842", 5, 7, 2, 0, 1, 2, 2, ""},
	} {
		t.Run(c.file, func(t *testing.T) {
			s, err := ReadSAM([]hive.Node{realHive(t, c.file).Root()}, nil)
			if err != nil || s.MachineSID.Value != c.sid || len(s.Accounts) != c.accounts {
				t.Fatalf("%v, SID %s, %d accounts", err, s.MachineSID.Value, len(s.Accounts))
			}
			present, lm, enabled, admin, members := 0, 0, 0, 0, 0
			for _, a := range s.Accounts {
				for _, p := range []hive.Fact[bool]{a.NT.Present, a.LM.Present, a.Histories[0].Present, a.Histories[1].Present, a.Enabled, a.Hijacked, a.Administrator} {
					if p.Known() {
						known++
					} else {
						unknown++
					}
				}
				count(&present, a.NT.Present.Value)
				count(&lm, a.LM.Present.Value)
				count(&enabled, a.Enabled.Value)
				count(&admin, a.Administrator.Value)
				if a.Name.Value == "" || a.Name.Value != a.NameKey.Value || a.Hijacked.Value || a.Created.Value.IsZero() ||
					a.SID.Value != fmt.Sprintf("%s-%d", c.sid, a.RID) || a.NT.Revision != c.revision || a.Hint.Value || a.Histories[0].Present.Value {
					t.Errorf("%+v", a)
				}
			}
			foreign := ""
			for _, a := range s.Aliases {
				members += len(a.Members)
				for _, m := range a.Members {
					if a.RID == Administrators && m.Role != "" {
						foreign = m.Role
					}
				}
			}
			if present != c.present || lm != c.lm || enabled != c.enabled || admin != c.admin || members != c.members || foreign != c.foreign {
				t.Errorf("%d NT, %d LM, %d enabled, %d administrators, %d members, %q", present, lm, enabled, admin, members, foreign)
			}
		})
	}
	if known != 24*7 || unknown != 0 {
		t.Errorf("%d facts known, %d unknown", known, unknown)
	}
}

func count(n *int, yes bool) {
	if yes {
		*n++
	}
}

func TestRealAccount(t *testing.T) {
	s, err := ReadSAM([]hive.Node{realHive(t, "velociraptor_SAM").Root()}, nil)
	if err != nil {
		t.Fatal(err)
	}
	a := s.Accounts[4]
	const layout = "2006-01-02T15:04:05.9999999"
	if a.RID != 1001 || a.Name.Value != "test" || !a.Administrator.Value || a.Logons.Value != 112 || !a.ResetData.Value || !a.Supplemental.Value ||
		a.LastLogon.Value.Format(layout) != "2021-12-01T12:40:21.8112981" || a.PasswordSet.Value.Format(layout) != "2021-10-07T08:07:32.8056445" ||
		a.LastBad.Value.Format(layout) != "2021-10-13T13:33:34.2194477" || a.NT.Length != 56 || a.LM.Length != 24 || !a.PasswordNotRequired.Value {
		t.Errorf("%+v", a)
	}
	guard := s.Accounts[3]
	if !guard.SystemManaged() || !guard.NT.Present.Value || guard.Enabled.Value || s.Accounts[4].SystemManaged() {
		t.Errorf("%+v", guard)
	}
}

func TestRealSecurity(t *testing.T) {
	h := realHive(t, "EZ_SECURITY_dirty")
	s, err := ReadSecurity([]hive.Node{h.Root()}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if s.ComputerName.Value != "2JQQWP1" || s.Domain.Value != "PRWUA" || s.DNSDomain.Value != "prwua.org" || s.Revision.Value != 0x1000C ||
		s.MachineSID.Value != "S-1-5-21-3064465268-1549819264-574340205" || s.DomainSID.Value != "S-1-5-21-727398572-3617256236-2003601904" ||
		s.MachineAccountSID.Known() || s.MachineAccountRID.Known() {
		t.Errorf("%+v", s)
	}
	told := ""
	for _, secret := range s.Secrets {
		told += fmt.Sprintf("%s|%s|%s|%d|%d|%s;", secret.Name, secret.Class, secret.Subject, secret.Length.Value, secret.OldLength.Value, secret.Updated.Value.Format("2006-01-02"))
	}
	if told != "$MACHINE.ACC|machine account||332|332|2014-10-02;DPAPI_SYSTEM|DPAPI||124|124|2014-07-03;DefaultPassword|auto-logon||92|108|2014-07-03;"+
		"NL$KM|cached logons' key||156|0|2014-07-03;_SC_SLAgentSvc|service account|SLAgentSvc|108|108|2014-08-19;" {
		t.Errorf("secrets: %s", told)
	}
	domain, backup := 0, 0
	for _, holder := range s.Holders {
		if d, _, _ := splitSID(holder.SID); d == s.DomainSID.Value {
			domain++
		}
		count(&backup, holder.Backup.Value)
	}
	if len(s.Holders) != 43 || domain != 28 || backup != 4 || s.Cache.Slots.Value != 1 || s.Cache.Empty != 1 || len(s.Cache.Logons) != 0 {
		t.Errorf("%d holders, %d of the domain, %d with backup rights; %+v", len(s.Holders), domain, backup, s.Cache)
	}
	empty, err := ReadSecurity([]hive.Node{realHive(t, "EZ_SECURITY_offreg").Root()}, nil)
	if err != nil || len(empty.Secrets) != 0 || empty.MachineSID.Known() {
		t.Errorf("a hive that is none: %+v, %v", empty, err)
	}
}
