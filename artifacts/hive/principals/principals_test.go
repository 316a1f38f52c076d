package principals

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/hive"
	"hivetriage/artifacts/hive/hivetest"
	"hivetriage/artifacts/hive/text"
	"hivetriage/artifacts/hive/text/texttest"
)

const (
	machineSID = "S-1-5-21-1000-2000-3000"
	domainSID  = "S-1-5-21-7-8-9"
)

var day = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

// accounts have each inference in both directions.
var accounts = []hivetest.Account{
	{RID: 500, Name: "Administrator", Comment: "Built-in account", Control: hivetest.Normal | hivetest.NeverExpires,
		LM: hivetest.NoHashAES, NT: hivetest.HashAES, Histories: [2]hivetest.Hash{{Revision: 2, Length: 24}, {Revision: 2, Length: 24}},
		LastLogon: day, PasswordSet: day.AddDate(-1, 0, 0), LastBad: day.Add(time.Hour), Logons: 7, BadCount: 2, Supplemental: 1168},
	{RID: 501, Name: "Guest", Control: hivetest.Normal | hivetest.Disabled | hivetest.NoPassword, LM: hivetest.NoHashAES, NT: hivetest.NoHashAES, Supplemental: 64},
	{RID: 504, Name: "WDAGUtilityAccount", Control: hivetest.Normal | hivetest.Disabled, LM: hivetest.NoHashAES, NT: hivetest.HashAES},
	{RID: 1001, Name: "m.vandijk", FullName: "Mila van Dijk", Home: `\\srv\home`, Script: "logon.cmd", Control: hivetest.Normal | hivetest.Locked,
		LM: hivetest.HashRC4, NT: hivetest.HashRC4, Histories: [2]hivetest.Hash{{Revision: 1, Length: 4 + 3*16}, {Revision: 1, Length: 4}},
		ResetData: 458, Hint: 20, InternetName: "mila@example.org"},
	{RID: 1002, Name: "kiosk", Control: hivetest.Normal | hivetest.NoPassword, LM: hivetest.NoHashRC4, NT: hivetest.NoHashRC4},
	{RID: 1003, StoredRID: 500, Name: "svc-hidden", Control: hivetest.Normal, NT: hivetest.HashAES,
		Histories: [2]hivetest.Hash{{Revision: 2, Length: 24 + 5*16, Plain: 64}, {Revision: 2, Length: 24 + 32}}},
	{RID: 1004, Name: "odd", Control: hivetest.Normal, LM: hivetest.Hash{Revision: 3, Length: 40}, NT: hivetest.Hash{Revision: 2, Length: 40, Plain: 16},
		Histories: [2]hivetest.Hash{{Revision: 1, Length: 7}, {}}},
}

var (
	builtinGroups = []hivetest.Group{
		{RID: 544, Name: "Administrators", Members: []string{machineSID + "-500", machineSID + "-1001", domainSID + "-512"}},
		{RID: 551, Name: "Backup Operators", Members: []string{machineSID + "-1002"}},
		{RID: 555, Name: "Remote Desktop Users", Members: []string{"S-1-5-11", domainSID + "-1105"}},
	}
	localGroups = []hivetest.Group{{RID: 1010, Name: "Packers", Members: []string{machineSID + "-1001"}}}
)

func samKey() *hivetest.Key {
	return hivetest.AccountsKey(machineSID, accounts, builtinGroups, localGroups)
}

// rooted is the root of a hive.
func rooted(t testing.TB, root *hivetest.Key, p hivetest.Profile) hive.Node {
	t.Helper()
	data := hivetest.Write(root, hivetest.Options{Profile: p, File: "x", Saved: day})
	h, err := hive.Read(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	return h.Root()
}

// readHive reads a hive that need not be sound.
func readHive(t testing.TB, data []byte) *hive.Hive {
	t.Helper()
	h, err := hive.Read(bytes.NewReader(data), int64(len(data)))
	if h == nil {
		t.Fatal(err)
	}
	return h
}

// reg is the root of the same tree as .reg text.
func reg(t testing.TB, root *hivetest.Key, mount string) hive.Node {
	t.Helper()
	b := texttest.Write(texttest.UTF16, mount, root)
	e, err := text.Read(bytes.NewReader(b), int64(len(b)))
	if err != nil || len(e.Hives) != 1 {
		t.Fatalf("%d hives, %v", len(e.Hives), err)
	}
	return e.Hives[0].Root
}

func holding(name string, keys ...*hivetest.Key) *hivetest.Key {
	return &hivetest.Key{Name: name, Time: day, Keys: keys}
}

// forms are the ways in which a SAM may come.
func samForms(t testing.TB) map[string][]hive.Node {
	sam := samKey()
	domains := sam.Keys[0]
	account, builtin := domains.Keys[0], domains.Keys[1]
	return map[string][]hive.Node{
		"live":               {rooted(t, holding("ROOT", sam), hivetest.Live)},
		"reg save":           {rooted(t, holding("ROOT", sam), hivetest.RegSave)},
		"RegSaveKey of SAM":  {rooted(t, sam, hivetest.RegSaveKey)},
		"Domains":            {rooted(t, domains, hivetest.RegSaveKey)},
		"two trees":          {rooted(t, account, hivetest.RegSaveKey), rooted(t, builtin, hivetest.RegSaveKey)},
		".reg":               {reg(t, holding("", sam), `HKEY_LOCAL_MACHINE\SAM`)},
		".reg, loaded":       {reg(t, holding("", sam), `HKEY_LOCAL_MACHINE\offline`)},
		".reg of what it is": {reg(t, sam, `HKEY_LOCAL_MACHINE\SAM\SAM`)},
	}
}

func TestSAM(t *testing.T) {
	for form, tops := range samForms(t) {
		t.Run(form, func(t *testing.T) {
			s, err := ReadSAM(tops, nil)
			if err != nil {
				t.Fatal(err)
			}
			if s.MachineSID.Value != machineSID || s.MachineSID.Certainty != hive.Certain || s.MachineSID.Offset == 0 {
				t.Errorf("machine SID %+v", s.MachineSID)
			}
			if len(s.Accounts) != len(accounts) || len(s.Aliases) != len(builtinGroups)+len(localGroups) {
				t.Fatalf("%d accounts and %d aliases", len(s.Accounts), len(s.Aliases))
			}
			for i, a := range s.Accounts {
				checkAccount(t, a, accounts[i])
				if timed := !strings.HasPrefix(form, ".reg"); a.Created.Known() != timed || timed && !a.Created.Value.Equal(day) && a.Created.Value.IsZero() {
					t.Errorf("%s: created %+v", a.Name.Value, a.Created)
				}
			}
			checkInferences(t, s)
			checkAliases(t, s)
			if told := fmt.Sprintf("%+v %v", s, s); strings.Contains(told, hivetest.Filler) || strings.Contains(told, fmt.Sprint([]byte(hivetest.Filler))) {
				t.Error("a secret came out")
			}
		})
	}
}

// checkAccount compares what is read with what was written.
func checkAccount(t *testing.T, a Account, want hivetest.Account) {
	t.Helper()
	type pair struct {
		what      string
		got, want any
	}
	for _, p := range []pair{
		{"RID", a.RID, want.RID}, {"name", a.Name.Value, want.Name}, {"name key", a.NameKey.Value, want.Name},
		{"SID", a.SID.Value, fmt.Sprintf("%s-%d", machineSID, want.RID)}, {"full name", a.FullName.Value, want.FullName},
		{"comment", a.Comment.Value, want.Comment}, {"home", a.Home.Value, want.Home}, {"script", a.Script.Value, want.Script},
		{"enabled", a.Enabled.Value, want.Control&hivetest.Disabled == 0}, {"locked", a.Locked.Value, want.Control&hivetest.Locked != 0},
		{"no password", a.PasswordNotRequired.Value, want.Control&hivetest.NoPassword != 0},
		{"never expires", a.NeverExpires.Value, want.Control&hivetest.NeverExpires != 0},
		{"last logon", a.LastLogon.Value, want.LastLogon}, {"password set", a.PasswordSet.Value, want.PasswordSet},
		{"last bad", a.LastBad.Value, want.LastBad}, {"logons", a.Logons.Value, want.Logons}, {"bad count", a.BadCount.Value, want.BadCount},
		{"supplemental", a.Supplemental.Value, want.Supplemental > 64}, {"reset data", a.ResetData.Value, want.ResetData > 0},
		{"hint", a.Hint.Value, want.Hint > 0}, {"e-mail", a.InternetName.Value, want.InternetName},
		{"hijacked", a.Hijacked.Value, want.StoredRID != 0}, {"deleted", a.Deleted, false},
	} {
		if p.got != p.want {
			t.Errorf("%s: %s is %v, want %v", want.Name, p.what, p.got, p.want)
		}
	}
	for _, certain := range []string{a.SID.Certainty, a.Name.Certainty, a.Enabled.Certainty, a.LastLogon.Certainty, a.Hijacked.Certainty} {
		if certain != hive.Certain {
			t.Errorf("%s: a fact is %q", want.Name, certain)
		}
	}
	if a.Enabled.Offset == 0 || a.Name.Offset == 0 || a.Enabled.Offset == a.Name.Offset || a.Offset == 0 {
		t.Errorf("%s: at %#x, F at %#x, V at %#x", want.Name, a.Offset, a.Enabled.Offset, a.Name.Offset)
	}
}

// checkInferences looks at what follows from lengths.
func checkInferences(t *testing.T, s SAM) {
	t.Helper()
	known, unknown := 0, 0
	for i, want := range []struct {
		lm, nt  string // "present", "absent", "unknown"
		history [2]int // -1: unknown
		blank   string
		admin   bool
		managed bool
	}{
		{"absent", "present", [2]int{0, 0}, "no", true, false},
		{"absent", "absent", [2]int{0, 0}, "no", false, false}, // disabled
		{"absent", "present", [2]int{0, 0}, "no", false, true},
		{"present", "present", [2]int{3, 0}, "no", true, false},
		{"absent", "absent", [2]int{0, 0}, "yes", false, false},
		{"absent", "present", [2]int{4, 0}, "no", false, false},
		{"unknown", "unknown", [2]int{-1, 0}, "unknown", false, false},
	} {
		a := s.Accounts[i]
		for _, c := range []struct {
			what, want string
			got        hive.Fact[bool]
		}{{"LM", want.lm, a.LM.Present}, {"NT", want.nt, a.NT.Present}} {
			got := map[bool]string{true: "present", false: "absent"}[c.got.Value]
			if !c.got.Known() {
				got = "unknown"
				unknown++
			} else {
				known++
			}
			if got != c.want {
				t.Errorf("%s: %s is %s, want %s", a.Name.Value, c.what, got, c.want)
			}
		}
		for j, h := range a.Histories {
			if n := want.history[j]; n < 0 && h.Present.Known() || n >= 0 && (h.Hashes.Value != n || h.Present.Value != (n > 0) || h.Present.Certainty != hive.Likely) {
				t.Errorf("%s: history %d is %+v, want %d", a.Name.Value, j, h, n)
			}
		}
		blank := map[bool]string{true: "yes", false: "no"}[a.BlankPassword().Value]
		if !a.BlankPassword().Known() {
			blank = "unknown"
		}
		if blank != want.blank || a.Administrator.Value != want.admin || !a.Administrator.Known() || a.SystemManaged() != want.managed {
			t.Errorf("%s: blank %s, administrator %+v, managed %v", a.Name.Value, blank, a.Administrator, a.SystemManaged())
		}
	}
	if known != 12 || unknown != 2 {
		t.Errorf("%d credentials known, %d unknown", known, unknown)
	}
}

func checkAliases(t *testing.T, s SAM) {
	t.Helper()
	told := ""
	for _, a := range s.Aliases {
		told += fmt.Sprintf("%s %d %s:", a.Domain, a.RID, a.Name)
		for _, m := range a.Members {
			told += fmt.Sprintf(" %s %v %s,", m.SID, m.Local, m.Role)
		}
		told += "\n"
	}
	want := "Builtin 544 Administrators: " + machineSID + "-500 true , " + machineSID + "-1001 true , " + domainSID + "-512 false Domain Admins,\n" +
		"Builtin 551 Backup Operators: " + machineSID + "-1002 true ,\n" +
		"Builtin 555 Remote Desktop Users: S-1-5-11 false , " + domainSID + "-1105 false ,\n" +
		"Account 1010 Packers: " + machineSID + "-1001 true ,\n"
	if told != want {
		t.Errorf("aliases:\n%s", told)
	}
	if in := s.Accounts[3].Aliases; len(in) != 2 || in[0].RID != Administrators || in[1].Name != "Packers" || in[1].Domain != "Account" || in[0].Value != machineSID+"-1001" {
		t.Errorf("%s is in %+v", s.Accounts[3].Name.Value, in)
	}
	if in := s.Accounts[1].Aliases; len(in) != 0 {
		t.Errorf("Guest is in %+v", in)
	}
}

// TestSAMParts reads what single keys tell.
func TestSAMParts(t *testing.T) {
	account := samKey().Keys[0].Keys[0]
	users := account.Keys[2]
	names := users.Keys[len(users.Keys)-1]
	for _, c := range []struct {
		what          string
		tops, deleted []hive.Node
		live, gone    int
		sid, admin    string // certainties for the first account
	}{
		{"Users alone", []hive.Node{rooted(t, users, hivetest.RegSaveKey)}, nil, len(accounts), 0, "", ""},
		{"one user", []hive.Node{rooted(t, users.Keys[3], hivetest.RegSaveKey)}, nil, 1, 0, "", ""},
		{"Account alone", []hive.Node{rooted(t, account, hivetest.RegSaveKey)}, nil, len(accounts), 0, hive.Certain, ""},
		{"a deleted user and name", []hive.Node{rooted(t, account, hivetest.RegSaveKey)},
			[]hive.Node{rooted(t, users.Keys[3], hivetest.RegSaveKey), rooted(t, names.Keys[3], hivetest.RegSaveKey), rooted(t, holding("Other"), hivetest.RegSaveKey)},
			len(accounts), 1, hive.Certain, ""},
		{"a deleted name", nil, []hive.Node{rooted(t, names.Keys[4], hivetest.RegSaveKey)}, 0, 1, "", ""},
		{"aliases alone", []hive.Node{rooted(t, samKey().Keys[0].Keys[1], hivetest.RegSaveKey), rooted(t, users, hivetest.RegSaveKey)}, nil, len(accounts), 0, "", hive.Likely},
		{"no trees", []hive.Node{}, nil, 0, 0, "", ""},
		{"another hive", []hive.Node{rooted(t, holding("ROOT", holding("Policy")), hivetest.RegSaveKey)}, nil, 0, 0, "", ""},
	} {
		t.Run(c.what, func(t *testing.T) {
			s, err := ReadSAM(c.tops, c.deleted)
			if err != nil {
				t.Fatal(err)
			}
			live, gone := 0, 0
			for _, a := range s.Accounts {
				if a.Deleted {
					gone++
					if a.Name.Certainty != hive.Likely || a.Name.Value == "" || a.Administrator.Known() {
						t.Errorf("deleted: %+v", a)
					}
				} else {
					live++
				}
			}
			if live != c.live || gone != c.gone {
				t.Fatalf("%d accounts and %d deleted", live, gone)
			}
			if live > 0 && (s.Accounts[0].SID.Certainty != c.sid || s.Accounts[0].Administrator.Certainty != c.admin) {
				t.Errorf("SID %+v, administrator %+v", s.Accounts[0].SID, s.Accounts[0].Administrator)
			}
		})
	}
}

// TestDamagedSAM cuts values short.
func TestDamagedSAM(t *testing.T) {
	ok, bad := 0, 0
	for _, c := range []struct {
		what  string
		spoil func(users, administrators *hivetest.Key)
		want  int // problems
	}{
		{"nothing", func(_, _ *hivetest.Key) {}, 0},
		{"short F", func(u, _ *hivetest.Key) { u.Keys[0].Values[0].Data = make([]byte, 60) }, 1},
		{"short V", func(u, _ *hivetest.Key) { u.Keys[0].Values[1].Data = make([]byte, 100) }, 1},
		{"a name outside V", func(u, _ *hivetest.Key) { u.Keys[0].Values[1].Data[15] = 0x7F }, 1},
		{"short C", func(_, a *hivetest.Key) { a.Values[0].Data = make([]byte, 51) }, 1},
		{"members outside C", func(_, a *hivetest.Key) { a.Values[0].Data[43] = 0x7F }, 1},
		{"a member that is no SID", func(_, a *hivetest.Key) { a.Values[0].Data[len(a.Values[0].Data)-28] = 9 }, 1},
	} {
		sam := samKey()
		users := sam.Keys[0].Keys[0].Keys[2]
		c.spoil(users, sam.Keys[0].Keys[1].Keys[0].Keys[2])
		s, err := ReadSAM([]hive.Node{rooted(t, sam, hivetest.RegSaveKey)}, nil)
		if len(s.Problems) != c.want || (err == nil) != (c.want == 0) || len(s.Accounts) != len(accounts) {
			t.Errorf("%s: %d problems, %v, %d accounts", c.what, len(s.Problems), err, len(s.Accounts))
		}
		if cut := strings.Contains(c.what, "member"); s.Accounts[1].Administrator.Known() == (cut || c.what == "short C") {
			t.Errorf("%s: Guest is said to be %+v", c.what, s.Accounts[1].Administrator)
		}
		if err == nil {
			ok++
			continue
		}
		bad++
		if p := s.Problems[0]; p.Kind != artifacts.Malformed || p.Offset == 0 {
			t.Errorf("%s: %v", c.what, p)
		}
	}
	if ok != 1 || bad != 6 {
		t.Errorf("%d read, %d with a problem", ok, bad)
	}
}

// TestDeletedAccount deletes an account from a hive, as Windows does.
func TestDeletedAccount(t *testing.T) {
	data := hivetest.Write(holding("ROOT", samKey()), hivetest.Options{})
	for _, path := range []string{`SAM\Domains\Account\Users\000003E9`, `SAM\Domains\Account\Users\Names\m.vandijk`} {
		data = hivetest.Delete(data, path, false)
	}
	h := readHive(t, data)
	deleted, _ := h.Deleted()
	s, err := ReadSAM(h.Tops(), deleted)
	if err != nil || len(s.Accounts) != len(accounts) {
		t.Fatalf("%v, %d accounts", err, len(s.Accounts))
	}
	gone := s.Accounts[len(accounts)-1]
	if !gone.Deleted || gone.RID != 1001 || gone.Name.Value != "m.vandijk" || gone.NameKey.Value != "m.vandijk" || !gone.NT.Present.Value ||
		gone.NT.Present.Certainty != hive.Likely || !gone.Locked.Value || gone.SID.Value != machineSID+"-1001" {
		t.Errorf("%+v", gone)
	}
	if told := fmt.Sprintf("%+v", s); strings.Contains(told, hivetest.Filler) {
		t.Error("a secret came out")
	}
}

// TestTruncatedSAM cuts a SAM: accounts that are whole are told the same.
func TestTruncatedSAM(t *testing.T) {
	big, _ := bigHives(400)
	data := hivetest.Write(big, hivetest.Options{Profile: hivetest.RegSaveKey, Saved: day})
	whole, err := ReadSAM(readHive(t, data).Tops(), nil)
	if err != nil {
		t.Fatal(err)
	}
	h := readHive(t, data[:len(data)*6/10])
	cut, _ := ReadSAM(h.Tops(), nil)
	if len(h.Problems) == 0 || len(cut.Accounts) < 200 || len(cut.Accounts) >= 400 {
		t.Fatalf("%d problems, %d accounts", len(h.Problems), len(cut.Accounts))
	}
	lost := 0
	byRID := map[uint32]Account{}
	for _, a := range whole.Accounts {
		byRID[a.RID] = a
	}
	for _, a := range cut.Accounts {
		if w := byRID[a.RID]; a.Enabled.Known() && a.Enabled != w.Enabled || a.FullName.Known() && a.Name.Value != w.Name.Value || a.NT.Present.Known() && a.NT != w.NT {
			t.Errorf("%+v, whole %+v", a, w)
		}
	}
	for _, a := range cut.Accounts {
		if !a.Enabled.Known() || !a.NT.Present.Known() {
			lost++
			if a.Supplemental.Known() && !a.Supplemental.Value || a.Hint.Known() {
				t.Errorf("RID %d lost values, and others are said to be absent", a.RID)
			}
		}
	}
	if lost != 1 {
		t.Errorf("%d accounts lost values at the cut", lost)
	}
	if told := fmt.Sprintf("%+v", cut); strings.Contains(told, hivetest.Filler) {
		t.Error("a secret came out")
	}
}
