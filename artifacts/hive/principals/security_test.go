package principals

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/hive"
	"hivetriage/artifacts/hive/hivetest"
)

func policy(h hivetest.Host) hivetest.Policy {
	return hivetest.Policy{Host: h, DNSDomain: "nordwind.example", MachineAccount: 1107,
		Secrets: []hivetest.Secret{
			{Name: "$MACHINE.ACC", Updated: day, Before: day.AddDate(0, -1, 0), Length: 332, Old: 332},
			{Name: "DPAPI_SYSTEM", Updated: day, Before: day, Length: 124, Old: 124},
			{Name: "DefaultPassword", Updated: day, Length: 92},
			{Name: "L$_SQSA_" + machineSID + "-1001", Updated: day, Length: 500},
			{Name: "NL$KM", Updated: day, Before: day, Length: 156},
			{Name: "RasCredentials!" + machineSID + "-1001#0", Length: 100},
			{Name: "Unheard", Length: 12},
			{Name: "_SC_Backup", Updated: day.Add(time.Hour), Length: 108, Old: 108},
			{Name: "_SC_GMSA_DPAPI_{x}_web$", Length: 60},
		},
		Holders: map[string][]uint32{"S-1-5-32-544": {17, 18, 20}, "S-1-5-32-551": {17}, "S-1-5-11": nil, domainSID + "-1105": {3, 23}},
	}
}

var securityHost = hivetest.Host{Name: "WS-042", SID: machineSID, Domain: "NORDWIND", DomainSID: domainSID, Time: day}

var cached = []hivetest.CachedLogon{
	{RID: 1107, Written: day.Add(-time.Hour), Domain: "NORDWIND", DNS: "nordwind.example"},
	{RID: 500, Written: day, Domain: "NORDWIND", DNS: "nordwind.example"},
	{RID: 1200, Written: day.AddDate(0, 0, -9), Domain: "TRUSTED", DNS: "nordwind.example"},
	{RID: 1201, Written: day.AddDate(0, 0, -8), Domain: "SUDDWIND", DNS: "sud.example"},
}

func TestSecurity(t *testing.T) {
	tree := func() []*hivetest.Key {
		return []*hivetest.Key{hivetest.CacheKey(10, cached...), policy(securityHost).Key()}
	}
	for form, tops := range map[string][]hive.Node{
		"live":         {rooted(t, holding("ROOT", tree()...), hivetest.Live)},
		"reg save":     {rooted(t, holding("ROOT", tree()...), hivetest.RegSave)},
		"two keys":     {rooted(t, tree()[0], hivetest.RegSaveKey), rooted(t, tree()[1], hivetest.RegSaveKey)},
		".reg":         {reg(t, holding("", tree()...), `HKEY_LOCAL_MACHINE\SECURITY`)},
		".reg, loaded": {reg(t, holding("", tree()...), `HKEY_LOCAL_MACHINE\x`)},
	} {
		t.Run(form, func(t *testing.T) {
			s, err := ReadSecurity(tops, nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range []struct{ what, got, want string }{
				{"computer", s.ComputerName.Value, "WS-042"}, {"machine SID", s.MachineSID.Value, machineSID}, {"domain", s.Domain.Value, "NORDWIND"},
				{"DNS domain", s.DNSDomain.Value, "nordwind.example"}, {"domain SID", s.DomainSID.Value, domainSID},
				{"computer account", s.MachineAccountSID.Value, domainSID + "-1107"}, {"its RID", fmt.Sprint(s.MachineAccountRID.Value), "1107"},
				{"revision", fmt.Sprintf("%#x", s.Revision.Value), "0x10012"},
			} {
				if c.got != c.want {
					t.Errorf("%s: %q, want %q", c.what, c.got, c.want)
				}
			}
			checkSecrets(t, s.Secrets)
			checkCache(t, s.Cache)
			checkHolders(t, s.Holders)
			if told := fmt.Sprintf("%+v", s); strings.Contains(told, hivetest.Filler) || strings.Contains(told, fmt.Sprint([]byte(hivetest.Filler))) {
				t.Error("a secret came out")
			}
		})
	}
}

func checkSecrets(t *testing.T, all []Secret) {
	t.Helper()
	want := policy(securityHost).Secrets
	if len(all) != len(want) {
		t.Fatalf("%d secrets", len(all))
	}
	classes := []string{"machine account|", "DPAPI|", "auto-logon|", "security questions|" + machineSID + "-1001", "cached logons' key|",
		"remote access|" + machineSID + "-1001", "other|", "service account|Backup", "gMSA|{x}_web$"}
	for i, s := range all {
		if s.Name != want[i].Name || string(s.Class)+"|"+s.Subject != classes[i] || s.Deleted || s.Offset == 0 {
			t.Errorf("%+v, want %s", s, classes[i])
		}
		if s.Length.Value != want[i].Length || s.OldLength.Value != want[i].Old || !s.Length.Known() || !s.OldLength.Known() {
			t.Errorf("%s: lengths %+v, %+v", s.Name, s.Length, s.OldLength)
		}
		if !s.Updated.Value.Equal(want[i].Updated) || !s.Before.Value.Equal(want[i].Before) || !s.Updated.Known() {
			t.Errorf("%s: times %+v, %+v", s.Name, s.Updated, s.Before)
		}
	}
}

func checkCache(t *testing.T, c Cache) {
	t.Helper()
	if c.Slots.Value != 10 || c.Empty != 6 || len(c.Logons) != 4 {
		t.Fatalf("%+v", c)
	}
	told := ""
	for _, l := range c.Logons {
		told += fmt.Sprintf("%s %d %d %s %s %v;", l.Name, l.Slot, l.RID.Value, l.SID.Value, l.SID.Certainty, l.DomainAdministrator())
	}
	want := "NL$2 2 500 " + domainSID + "-500 likely true;NL$1 1 1107 " + domainSID + "-1107 likely false;NL$4 4 1201   false;NL$3 3 1200   false;"
	if told != want {
		t.Errorf("cached logons: %s", told)
	}
}

func checkHolders(t *testing.T, all []Holder) {
	t.Helper()
	told := ""
	for _, h := range all {
		told += fmt.Sprintf("%s %v %s;", h.SID, h.Backup.Value, h.Backup.Certainty)
	}
	if want := "S-1-5-11 false certain;" + domainSID + "-1105 false certain;S-1-5-32-544 true certain;S-1-5-32-551 true certain;"; told != want {
		t.Errorf("holders: %s", told)
	}
}

// TestSecurityParts reads what single keys tell, and a workgroup.
func TestSecurityParts(t *testing.T) {
	whole := policy(securityHost).Key()
	var secrets *hivetest.Key
	for _, k := range whole.Keys {
		if k.Name == "Secrets" {
			secrets = k
		}
	}
	workgroup := hivetest.Policy{Host: hivetest.Host{Name: "HOME", SID: machineSID, Domain: "WORKGROUP", Time: day}}
	for _, c := range []struct {
		what                   string
		tops, deleted          []hive.Node
		secrets, gone, logons  int
		domain, domainSID, sid string // sid: certainty of a cached logon's
	}{
		{"Secrets alone", []hive.Node{rooted(t, secrets, hivetest.RegSaveKey)}, nil, 9, 0, 0, "", "", ""},
		{"one secret", []hive.Node{rooted(t, secrets.Keys[7], hivetest.RegSaveKey)}, nil, 1, 0, 0, "", "", ""},
		{"Cache alone", []hive.Node{rooted(t, hivetest.CacheKey(10, cached...), hivetest.RegSaveKey)}, nil, 0, 0, 4, "", "", ""},
		{"a workgroup", []hive.Node{rooted(t, holding("ROOT", hivetest.CacheKey(10, cached[:1]...), workgroup.Key()), hivetest.Live)}, nil, 0, 0, 1, "WORKGROUP", "", ""},
		{"deleted secrets", nil, []hive.Node{rooted(t, secrets.Keys[7], hivetest.RegSaveKey), rooted(t, holding("_SC_Old"), hivetest.RegSaveKey), rooted(t, holding("Other"), hivetest.RegSaveKey)}, 0, 2, 0, "", "", ""},
		{"nothing", nil, nil, 0, 0, 0, "", "", ""},
	} {
		t.Run(c.what, func(t *testing.T) {
			s, err := ReadSecurity(c.tops, c.deleted)
			if err != nil {
				t.Fatal(err)
			}
			live, gone := 0, 0
			for _, secret := range s.Secrets {
				if secret.Deleted {
					gone++
				} else {
					live++
				}
			}
			if live != c.secrets || gone != c.gone || len(s.Cache.Logons) != c.logons || s.Domain.Value != c.domain || s.DomainSID.Value != c.domainSID {
				t.Errorf("%d secrets, %d deleted, %+v", live, gone, s)
			}
			if c.logons > 0 && s.Cache.Logons[0].SID.Certainty != c.sid {
				t.Errorf("%+v", s.Cache.Logons[0])
			}
		})
	}
}

func TestDamagedSecurity(t *testing.T) {
	spoil := func(name string, data []byte) func(*hivetest.Key) {
		return func(p *hivetest.Key) {
			for _, k := range p.Keys {
				if k.Name == name {
					k.Values[0].Data = data
				}
			}
		}
	}
	ok, bad := 0, 0
	for _, c := range []struct {
		what  string
		spoil func(*hivetest.Key)
		want  int
	}{
		{"nothing", func(*hivetest.Key) {}, 0},
		{"a short name", spoil("PolAcDmN", []byte{2, 0, 2, 0, 8}), 1},
		{"a name outside its value", spoil("PolAcDmN", []byte{2, 0, 2, 0, 8, 0, 0, 0}), 1},
		{"no SID", spoil("PolAcDmS", []byte{9, 9, 9}), 1},
		{"no name", spoil("PolAcDmN", []byte{0, 0, 2, 0, 8, 0, 0, 0}), 0},
		{"too many privileges", func(p *hivetest.Key) {
			p.Keys[0].Keys[2].Keys[1].Values[0].Data[2] = 1
		}, 0},
	} {
		p := policy(securityHost).Key()
		c.spoil(p)
		s, err := ReadSecurity([]hive.Node{rooted(t, holding("ROOT", p), hivetest.RegSaveKey)}, nil)
		if len(s.Problems) != c.want || (err == nil) != (c.want == 0) || len(s.Secrets) != 9 {
			t.Errorf("%s: %v, %d problems", c.what, err, len(s.Problems))
		}
		if err == nil {
			ok++
		} else if bad++; s.Problems[0].Kind != artifacts.Malformed || s.Problems[0].Offset == 0 {
			t.Errorf("%s: %v", c.what, err)
		}
	}
	if ok != 3 || bad != 3 {
		t.Errorf("%d read, %d with a problem", ok, bad)
	}
	short := hivetest.CacheKey(2, cached[0])
	short.Values[0].Data = short.Values[0].Data[:63]
	s, err := ReadSecurity([]hive.Node{rooted(t, short, hivetest.RegSaveKey)}, nil)
	if err == nil || s.Cache.Empty != 1 || len(s.Cache.Logons) != 0 {
		t.Errorf("a short slot: %v, %+v", err, s.Cache)
	}
}

// TestDeletedSecret deletes a service's secret from a hive.
func TestDeletedSecret(t *testing.T) {
	data := hivetest.Write(holding("ROOT", hivetest.CacheKey(10), policy(securityHost).Key()), hivetest.Options{})
	const path = `Policy\Secrets\_SC_Backup`
	for _, name := range []string{`\CurrVal`, `\OldVal`, `\CupdTime`, `\OupdTime`, `\SecDesc`, ""} {
		data = hivetest.Delete(data, path+name, false)
	}
	h := readHive(t, data)
	deleted, _ := h.Deleted()
	s, err := ReadSecurity(h.Tops(), deleted)
	if err != nil || len(s.Secrets) != 9 {
		t.Fatalf("%v, %+v", err, s.Secrets)
	}
	gone := s.Secrets[8]
	if !gone.Deleted || gone.Name != "_SC_Backup" || gone.Subject != "Backup" || gone.Length.Certainty != hive.Likely || gone.Length.Value != 108 ||
		gone.Updated.Certainty != hive.Likely || !gone.Updated.Value.Equal(day.Add(time.Hour)) {
		t.Errorf("%+v", gone)
	}
}
