package text

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/hive"
	"hivetriage/artifacts/hive/hivetest"
	"hivetriage/artifacts/hive/text/texttest"
)

var host = hivetest.Host{Name: "WS-042", SID: "S-1-5-21-1000-2000-3000", Domain: "NORDWIND", DomainSID: "S-1-5-21-7-8-9",
	TimeZone: "W. Europe Standard Time", Bias: -120, Time: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC),
	Users: []hivetest.User{{Name: "Administrator", RID: 500}, {Name: "m.vandijk", RID: 1001}}}

func root(keys ...*hivetest.Key) *hivetest.Key { return &hivetest.Key{Keys: keys} }

func samTree() *hivetest.Key { return root(hivetest.SAMKey(host)) }

func securityTree() *hivetest.Key {
	return root(&hivetest.Key{Name: "Cache", Values: []hivetest.Value{{Name: "NL$1", Type: hivetest.Binary, Data: make([]byte, 168)}}},
		hivetest.PolicyKey(host))
}

func systemTree(set string) *hivetest.Key {
	return root(&hivetest.Key{Name: set, Keys: []*hivetest.Key{hivetest.ControlKey(host)}},
		&hivetest.Key{Name: "Select", Values: []hivetest.Value{hivetest.Number("Current", 1)}})
}

func read(t *testing.T, b []byte) Export {
	t.Helper()
	if !IsExport(b[:min(len(b), artifacts.MaxHead)]) {
		t.Fatal("not recognised by its head")
	}
	e, err := Read(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestRead(t *testing.T) {
	for _, c := range []struct {
		name, mount string
		tree        *hivetest.Key
		kind        hive.Kind
		certainty   string
		accounts    int
		computer    string
		sid         string
	}{
		{"SAM", `HKEY_LOCAL_MACHINE\SAM`, samTree(), hive.SAM, hive.Certain, 2, "", host.SID},
		{"SAM below SAM", `HKEY_LOCAL_MACHINE\SAM\SAM`, hivetest.SAMKey(host), hive.SAM, hive.Certain, 2, "", host.SID},
		{"loaded SAM", `HKEY_LOCAL_MACHINE\offline-7`, samTree(), hive.SAM, hive.Certain, 2, "", host.SID},
		{"loaded in a user's hive", `HKEY_USERS\x`, samTree(), hive.SAM, hive.Certain, 2, "", host.SID},
		{"SECURITY", `HKEY_LOCAL_MACHINE\SECURITY`, securityTree(), hive.Security, hive.Certain, 3, "WS-042", host.SID},
		{"loaded SECURITY", `HKEY_LOCAL_MACHINE\tmp`, securityTree(), hive.Security, hive.Certain, 3, "WS-042", host.SID},
		{"SYSTEM", `HKEY_LOCAL_MACHINE\SYSTEM`, systemTree("ControlSet001"), hive.System, hive.Certain, 0, "WS-042", ""},
		{"current set", `HKEY_LOCAL_MACHINE\SYSTEM`, root(&hivetest.Key{Name: "CurrentControlSet", Keys: []*hivetest.Key{hivetest.ControlKey(host)}}), hive.System, hive.Certain, 0, "WS-042", ""},
		{"empty SAM", `HKEY_LOCAL_MACHINE\SAM`, root(&hivetest.Key{Name: "SAM"}), hive.SAM, hive.Likely, 0, "", ""},
		{"empty SECURITY", `HKEY_LOCAL_MACHINE\SECURITY`, root(), hive.Security, hive.Likely, 0, "", ""},
	} {
		for _, encoding := range []texttest.Encoding{texttest.UTF16, texttest.UTF16Bare, texttest.UTF8, texttest.UTF8Mark, texttest.ANSI} {
			t.Run(c.name+"/"+string(encoding), func(t *testing.T) {
				e := read(t, texttest.Write(encoding, c.mount, c.tree))
				if len(e.Hives) != 1 {
					t.Fatalf("%d hives: %+v", len(e.Hives), e)
				}
				h := e.Hives[0]
				if h.Kind != c.kind || h.Certainty != c.certainty || h.Accounts != c.accounts || len(h.Because) == 0 {
					t.Errorf("%+v", h)
				}
				if want := strings.TrimSuffix(c.mount, `\SAM`); c.name == "SAM below SAM" && h.Mount != want || c.name != "SAM below SAM" && h.Mount != c.mount {
					t.Errorf("mount %q", h.Mount)
				}
				if h.Facts.ComputerName != c.computer || h.Facts.MachineSID != c.sid {
					t.Errorf("facts %+v", h.Facts)
				}
				if c.kind == hive.System && (h.Facts.TimeZoneBias == nil || *h.Facts.TimeZoneBias != -120 || !strings.HasPrefix(h.Facts.TimeZone, "W. Europe")) {
					t.Errorf("time zone %q %v", h.Facts.TimeZone, h.Facts.TimeZoneBias)
				}
				if c.kind == hive.Security && h.Certainty == hive.Certain && (h.Facts.Domain != "NORDWIND" || h.Facts.DomainSID != host.DomainSID) {
					t.Errorf("domain %q %q", h.Facts.Domain, h.Facts.DomainSID)
				}
			})
		}
	}
}

func TestAllHivesOfAMachineInOneFile(t *testing.T) {
	machine := root(&hivetest.Key{Name: "SAM", Keys: samTree().Keys}, &hivetest.Key{Name: "SECURITY", Keys: securityTree().Keys},
		&hivetest.Key{Name: "SYSTEM", Keys: systemTree("ControlSet001").Keys})
	e := read(t, texttest.Write(texttest.UTF16, "HKEY_LOCAL_MACHINE", machine))
	if len(e.Hives) != 3 || e.Header != header5 || e.Encoding != "UTF-16LE" {
		t.Errorf("%+v", e)
	}
	for _, h := range e.Hives {
		if want := `HKEY_LOCAL_MACHINE\` + string(h.Kind); h.Mount != want || h.Certainty != hive.Certain {
			t.Errorf("%s: mount %q, %s", h.Kind, h.Mount, h.Certainty)
		}
	}
}

func TestOrdinaryFilesAreOfNoInterest(t *testing.T) {
	for _, body := range []string{
		"[HKEY_CURRENT_USER\\Software\\Nordwind]\r\n\"Year\"=\"2026\"\r\n",
		"[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Lsa]\r\n\"LimitBlankPasswordUse\"=dword:00000001\r\n",
		"[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters]\r\n\"Domain\"=\"x\"\r\n",
		"[-HKEY_LOCAL_MACHINE\\SAM\\SAM\\Domains\\Account\\Users]\r\n",
		"[HKEY_LOCAL_MACHINE\\SOFTWARE\\Foo\\Domains\\AccountUsers]\r\n",
		"[HKEY_LOCAL_MACHINE\\SAMSUNG]\r\n", "",
	} {
		e := read(t, texttest.Encode(texttest.UTF16, header5+"\r\n\r\n"+body))
		if len(e.Hives) != 0 {
			t.Errorf("%q: %+v", body, e.Hives)
		}
	}
	for _, head := range []string{"", "REGEDIT", "REGEDIT42", "Windows Registry", "\xFF\xFE", "[HKEY_LOCAL_MACHINE\\SAM]", "regf"} {
		if IsExport([]byte(head)) {
			t.Errorf("%q is taken for an export", head)
		}
		if _, err := Read(strings.NewReader(head), int64(len(head))); err == nil {
			t.Errorf("%q: no error", head)
		}
	}
}

// TestSecretsAreNotKept marks every secret with bytes of its own and looks
// for them in what the parser holds.
func TestSecretsAreNotKept(t *testing.T) {
	secret := bytes.Repeat([]byte{0xA5}, 80)
	tree := root(&hivetest.Key{Name: "SAM", Keys: []*hivetest.Key{{Name: "Domains", Keys: []*hivetest.Key{{Name: "Account",
		Values: []hivetest.Value{{Name: "F", Type: hivetest.Binary, Data: append(make([]byte, 0x68), secret...)}},
		Keys: []*hivetest.Key{{Name: "Users", Keys: []*hivetest.Key{{Name: "000001F4", Values: []hivetest.Value{
			{Name: "V", Type: hivetest.Binary, Data: secret}, {Name: "F", Type: hivetest.Binary, Data: append(make([]byte, 0x68), secret...)}}}}}}}}}}},
		&hivetest.Key{Name: "Policy", Keys: []*hivetest.Key{{Name: "PolEKList", Values: []hivetest.Value{{Type: hivetest.None, Data: secret}}},
			{Name: "Secrets", Keys: []*hivetest.Key{{Name: "DPAPI_SYSTEM", Keys: []*hivetest.Key{
				{Name: "CurrVal", Values: []hivetest.Value{{Type: hivetest.None, Data: secret}}}}}}}}})
	b := texttest.Write(texttest.UTF8, `HKEY_LOCAL_MACHINE\x`, tree)
	l, err := newLines(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	p := newParser(maxTree)
	for l.next() {
		p.line(l.line, l.offset)
	}
	if len(p.hives()) != 2 || p.hives()[0].Accounts != 1 || p.hives()[1].Accounts != 1 {
		t.Errorf("%+v", p.hives())
	}
	values := 0
	var look func(*node)
	look = func(n *node) {
		for _, d := range n.values {
			values++
			if bytes.IndexByte(d.public, 0xA5) >= 0 || d.length == 0 {
				t.Errorf("kept of %s, %q: % x of %d bytes", n.name, d.name, d.public, d.length)
			}
		}
		for _, k := range n.keys {
			look(k)
		}
	}
	look(&p.roots[sam])
	look(&p.roots[security])
	if values != 5 || bytes.IndexByte(p.data[:cap(p.data)], 0xA5) >= 0 {
		t.Errorf("%d values, and % x", values, p.data[:cap(p.data)])
	}
}

func TestLongLines(t *testing.T) {
	for _, encoding := range []texttest.Encoding{texttest.UTF16, texttest.UTF8} {
		body := "[HKEY_CURRENT_USER\\x]\r\n\"long\"=\"" + strings.Repeat("\u0a0aä", 50000) + "\"\r\n[HKEY_LOCAL_MACHINE\\q\\SAM\\Domains\\Account\\Users\\Names]\r\n"
		e := read(t, texttest.Encode(encoding, header5+"\r\n\r\n"+body))
		if len(e.Hives) != 1 || e.Keys != 2 {
			t.Errorf("%s: %+v", encoding, e)
		}
	}
}

func TestDamage(t *testing.T) {
	whole := texttest.Write(texttest.UTF16, `HKEY_LOCAL_MACHINE\SAM`, samTree())
	e, err := Read(bytes.NewReader(whole[:len(whole)/2]), int64(len(whole)))
	var p *artifacts.Problem
	if !errors.As(err, &p) || p.Kind != artifacts.IO {
		t.Errorf("a short read gave %v", err)
	}
	if len(e.Hives) != 1 {
		t.Errorf("what stood before the damage is lost: %+v", e)
	}
	if _, err := Read(iotestError{}, 100); !errors.As(err, &p) || p.Kind != artifacts.IO {
		t.Errorf("%v", err)
	}
}

type iotestError struct{}

func (iotestError) ReadAt([]byte, int64) (int, error) { return 0, io.ErrClosedPipe }

func FuzzRead(f *testing.F) {
	for _, encoding := range []texttest.Encoding{texttest.UTF16, texttest.UTF8, texttest.ANSI} {
		f.Add(texttest.Write(encoding, `HKEY_LOCAL_MACHINE\SAM`, samTree()))
		f.Add(texttest.Write(encoding, `HKEY_LOCAL_MACHINE\SECURITY`, securityTree()))
		f.Add(texttest.Write(encoding, `HKEY_LOCAL_MACHINE\SYSTEM`, systemTree("ControlSet001")))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := Read(bytes.NewReader(b), int64(len(b)))
		var cut *artifacts.Problem
		if errors.As(err, &cut) && cut.Kind == artifacts.Limit {
			err = nil
		}
		if IsExport(b[:min(len(b), artifacts.MaxHead)]) != (err == nil) {
			t.Errorf("%v", err)
		}
		for _, h := range e.Hives {
			if h.Kind == "" || h.Certainty == "" || len(h.Because) == 0 || h.Keys == 0 {
				t.Errorf("%+v", h)
			}
			all := map[string]string{}
			if flat(h.Root, "", all); len(all) > len(b) {
				t.Errorf("%d values of %d bytes", len(all), len(b))
			}
		}
	})
}

func BenchmarkRead(b *testing.B) {
	text := texttest.Encode(texttest.UTF16, header5+"\r\n\r\n"+strings.Repeat("[HKEY_LOCAL_MACHINE\\SOFTWARE\\Classes\\x]\r\n\"Value\"=hex:00,01,02,03\r\n@=\"text\"\r\n\r\n", 20000))
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, err := Read(bytes.NewReader(text), int64(len(text))); err != nil {
			b.Fatal(err)
		}
	}
}
