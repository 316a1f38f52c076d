package text

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"hivetriage/artifacts"
	"hivetriage/artifacts/hive"
	"hivetriage/artifacts/hive/hivetest"
	"hivetriage/artifacts/hive/text/texttest"
)

// flat lists the keys and values below a node.
func flat(n hive.Node, path string, all map[string]string) {
	for d := range n.Data() {
		b, err := d.Public(1 << 20)
		text := fmt.Sprintf("type %d, %d bytes: %x", d.Type(), d.Length(), b)
		if err != nil {
			text = fmt.Sprintf("type %d, %d bytes: %v", d.Type(), d.Length(), err)
		}
		all[strings.ToLower(path+"|"+d.Name())] = text
	}
	for sub := range n.Children() {
		flat(sub, path+`\`+sub.Name(), all)
	}
}

// TestTreeIsThatOfTheHive compares the tree of .reg text with that of the hive
// it was exported from: every value that is kept is the same.
func TestTreeIsThatOfTheHive(t *testing.T) {
	const sid = "S-1-5-21-1000-2000-3000"
	sam := root(hivetest.AccountsKey(sid, []hivetest.Account{{RID: 1001, Name: "Ünïcode \"q\" \\ name", LM: hivetest.NoHashAES, NT: hivetest.HashAES, Supplemental: 1168}},
		[]hivetest.Group{{RID: 544, Name: "Administrators", Members: []string{sid + "-1001"}}}, nil))
	security := root(hivetest.CacheKey(3, hivetest.CachedLogon{RID: 1107, Domain: "D", DNS: "d.example"}),
		hivetest.Policy{Host: host, DNSDomain: "d.example", MachineAccount: 1107, Holders: map[string][]uint32{"S-1-5-32-551": {17}},
			Secrets: []hivetest.Secret{{Name: "_SC_x", Length: 300, Old: 12}}, Audit: hivetest.AuditPolicy([]uint16{1, 1}, nil)}.Key())
	system := systemTree("ControlSet001")
	for _, c := range []struct {
		mount        string
		tree         *hivetest.Key
		kept, absent int // values of the hive
	}{
		{`HKEY_LOCAL_MACHINE\SAM`, sam, 8, 0}, {`HKEY_LOCAL_MACHINE\SECURITY`, security, 21, 0}, {`HKEY_LOCAL_MACHINE\SYSTEM`, system, 14, 0},
	} {
		data := hivetest.Write(c.tree, hivetest.Options{})
		h, err := hive.Read(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		want, got := map[string]string{}, map[string]string{}
		flat(h.Root(), "", want)
		flat(read(t, texttest.Write(texttest.UTF16, c.mount, c.tree)).Hives[0].Root, "", got)
		kept, absent := 0, 0
		for path, value := range want {
			switch {
			case got[path] == value:
				kept++
			case got[path] == "":
				absent++
				t.Logf("not kept: %s", path)
			case !strings.Contains(path, "timezonekeyname"): // text ends at its NUL, in the hive more follows
				t.Errorf("%s: %s, in the hive %s", path, got[path], value)
			default:
				kept++
			}
		}
		if kept != c.kept || absent != c.absent || len(got) != kept {
			t.Errorf("%s: %d kept, %d not, %d in all", c.mount, kept, absent, len(got))
		}
		if told := fmt.Sprint(got); strings.Contains(told, fmt.Sprintf("%x", hivetest.Filler)) {
			t.Errorf("%s: a secret came out", c.mount)
		}
	}
}

// TestDataOfTheTree asks as Data is asked: what hive.Secret names is refused.
func TestDataOfTheTree(t *testing.T) {
	e := read(t, texttest.Write(texttest.UTF16, `HKEY_LOCAL_MACHINE\SAM`, samTree()))
	users, ok := hive.Find(e.Hives[0].Root, `SAM\Domains\Account\Users\000003E9`)
	if !ok || users.ClassLength() != 0 || !users.LastWritten().IsZero() || users.Offset() == 0 {
		t.Fatal("no user")
	}
	v, _ := hive.FindValue(users, "V")
	if b, err := v.Data(10); !errors.Is(err, hive.ErrSecret) || b != nil {
		t.Errorf("V: %d bytes, %v", len(b), err)
	}
	f, _ := hive.FindValue(users, "F")
	if b, err := f.Data(1000); err != nil || len(b) != 80 {
		t.Errorf("F: %d bytes, %v", len(b), err)
	}
	if b, err := f.Data(4); err != nil || len(b) != 4 {
		t.Errorf("F: %d bytes, %v", len(b), err)
	}
}

func TestOnlyKeysOfInterestAreKept(t *testing.T) {
	const body = "[HKEY_LOCAL_MACHINE\\SYSTEM]\r\n\r\n[HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Control\\Lsa\\JD]\r\n\"Lookup\"=hex:01,02\r\n\r\n" +
		"[HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Control\\Class\\x]\r\n\"a\"=dword:00000001\r\n\r\n" +
		"[HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Services\\svc]\r\n\"Start\"=dword:00000003\r\n\"bad\"=dword:x\r\n\"odd\"=what:1\r\n\"open\"=hex:01,\\\r\n  02,zz,03\r\n\r\n" +
		"[HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Services\\svc\\Security]\r\n\"Security\"=hex:01\r\n\r\n" +
		"[HKEY_LOCAL_MACHINE\\SYSTEM\\MountedDevices]\r\n\"\\\\DosDevices\\\\C:\"=hex:01,02,03,04,05,06,07,08,09,0a,0b,0c\r\n"
	e := read(t, texttest.Encode(texttest.UTF16, header5+"\r\n\r\n"+body))
	all := map[string]string{}
	flat(e.Hives[0].Root, "", all)
	want := map[string]string{
		`\controlset001\control\lsa\jd|lookup`: "type 3, 2 bytes: " + hive.ErrSecret.Error(),
		`\controlset001\services\svc|start`:    "type 4, 4 bytes: 03000000",
		`\controlset001\services\svc|open`:     "type 3, 2 bytes: 0102",
		`\mounteddevices|` + `\dosdevices\c:`:  "type 3, 12 bytes: 0102030405060708090a0b0c",
	}
	if fmt.Sprint(all) != fmt.Sprint(want) {
		t.Errorf("%v", all)
	}
}

func TestTreeIsBounded(t *testing.T) {
	var accounts []hivetest.Account
	for i := range 200 {
		accounts = append(accounts, hivetest.Account{RID: uint32(1000 + i), Name: fmt.Sprint("user", i), NT: hivetest.HashAES})
	}
	b := texttest.Write(texttest.UTF16, `HKEY_LOCAL_MACHINE\SAM`, root(hivetest.AccountsKey("S-1-5-21-1-2-3", accounts, nil, nil)))
	users := func(room int) (int, error) {
		l, err := newLines(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			t.Fatal(err)
		}
		p := newParser(room)
		for l.next() {
			p.line(l.line, l.offset)
		}
		if p.found[sam].accounts != 200 {
			t.Errorf("%d accounts counted", p.found[sam].accounts)
		}
		n := 0
		if users, ok := hive.Find(p.hives()[0].Root, `sam\domains\account\users`); ok {
			for range users.Children() {
				n++
			}
		}
		if p.cut == nil {
			return n, nil
		}
		return n, p.cut
	}
	n, err := users(maxTree)
	if n != 201 || err != nil {
		t.Errorf("%d users, %v", n, err)
	}
	var p *artifacts.Problem
	if n, err = users(20000); n == 0 || n > 60 || !errors.As(err, &p) || p.Kind != artifacts.Limit || p.Offset == 0 {
		t.Errorf("%d users, %v", n, err)
	}
	for _, c := range []struct{ name, data string }{
		{"one long line", strings.Repeat("01,", keptOfData+10) + "02"},
		{"many lines", strings.Repeat(strings.Repeat("01,", 1000)+"\\\r\n  ", 70) + "02"},
	} {
		checkCut(t, c.name, c.data)
	}
}

// checkCut reads a value of which not all is kept.
func checkCut(t *testing.T, name, data string) {
	t.Helper()
	var p *artifacts.Problem
	long := header5 + "\r\n\r\n[HKEY_LOCAL_MACHINE\\SAM\\SAM\\Domains\\Builtin\\Aliases\\00000220]\r\n\"C\"=hex:" + data + "\r\n" +
		"[HKEY_LOCAL_MACHINE\\SAM\\SAM\\Domains\\Account\\Users" + strings.Repeat(`\x`, 100) + "]\r\n"
	e := read(t, texttest.Encode(texttest.UTF8, long))
	c, ok := hive.Find(e.Hives[0].Root, `SAM\Domains\Builtin\Aliases\00000220`)
	if !ok {
		t.Fatal("the key is not kept")
	}
	d, _ := hive.FindValue(c, "C")
	if got, err := d.Public(1 << 20); !errors.As(err, &p) || p.Kind != artifacts.Limit || len(got) == 0 || len(got) > keptOfData {
		t.Errorf(name+": %d of %d bytes, %v", len(got), d.Length(), err)
	}
	if got, err := d.Public(100); len(got) != 100 || err != nil {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}
