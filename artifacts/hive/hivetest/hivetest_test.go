package hivetest_test

import (
	"bytes"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts/hive/hivetest"
)

var host = hivetest.Host{
	Name: "WS-0417", SID: "S-1-5-21-1004336348-1177238915-682003330",
	Domain: "CONTOSO", DomainSID: "S-1-5-21-2127521184-1604012920-1887927527",
	TimeZone: "W. Europe Standard Time", Bias: -120, OS: "Windows 10 Pro", Build: "19045",
	Time: time.Date(2024, 5, 14, 9, 30, 0, 0, time.UTC),
	Users: []hivetest.User{
		{Name: "Administrator", RID: 500, Disabled: true}, {Name: "jörg", RID: 1001},
	},
}

var profiles = map[string]hivetest.Profile{
	"live": hivetest.Live, "reg save": hivetest.RegSave, "RegSaveKey": hivetest.RegSaveKey, "offreg": hivetest.Offreg,
}

var trees = map[string]func(hivetest.Host, hivetest.Profile) []byte{
	"SAM": hivetest.SAM, "SECURITY": hivetest.SECURITY, "SYSTEM": hivetest.SYSTEM, "SOFTWARE": hivetest.SOFTWARE,
	"Empty": hivetest.Empty, "NTUSER": hivetest.NTUSER, "UsrClass": hivetest.UsrClass,
	"TemplateSAM": hivetest.TemplateSAM, "Amcache": hivetest.Amcache, "BCD": hivetest.BCD,
}

// TestOracles has independent programs read every tree in every profile.
func TestOracles(t *testing.T) {
	for _, tool := range []string{"reglookup", "hivexml"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not installed: the hives were not checked by an independent program", tool)
		}
	}
	for profile, p := range profiles {
		for name, build := range trees {
			t.Run(profile+"/"+name, func(t *testing.T) {
				path := filepath.Join(t.TempDir(), "hive")
				data := build(host, p)
				if !bytes.Equal(data, build(host, p)) {
					t.Error("two builds differ")
				}
				if err := os.WriteFile(path, data, 0o600); err != nil {
					t.Fatal(err)
				}
				list, err := exec.Command("reglookup", path).CombinedOutput()
				if err != nil || bytes.Contains(list, []byte("WARN")) || bytes.Contains(list, []byte("ERROR")) {
					t.Errorf("reglookup: %v\n%s", err, list)
				}
				xml, err := exec.Command("hivexml", path).CombinedOutput()
				if err != nil {
					t.Errorf("hivexml: %v\n%s", err, xml)
				}
				a, b := strings.Count(string(list), ",KEY,"), strings.Count(string(xml), "<node ")
				if a != b || a == 0 {
					t.Errorf("reglookup lists %d keys, hivexml %d", a, b)
				}
			})
		}
	}
}

func TestForms(t *testing.T) {
	if _, err := exec.LookPath("hivexml"); err != nil {
		t.Skip("hivexml is not installed: list forms and big values were not checked by an independent program")
	}
	big := bytes.Repeat([]byte("0123456789abcdef"), 3000)
	for _, form := range []hivetest.List{"", hivetest.LH, hivetest.LF, hivetest.LI, hivetest.RI} {
		root := &hivetest.Key{Name: "top", List: form, Values: []hivetest.Value{
			{Name: "big", Type: hivetest.Binary, Data: big}, {Name: "breit", Wide: true, Type: hivetest.SZ}, hivetest.Text("Ω", "omega"),
		}}
		for i := range 3 {
			root.Keys = append(root.Keys, &hivetest.Key{Name: strings.Repeat("k", i+1), Wide: i == 1})
		}
		path := filepath.Join(t.TempDir(), "hive")
		if err := os.WriteFile(path, hivetest.Write(root, hivetest.Options{}), 0o600); err != nil {
			t.Fatal(err)
		}
		xml, err := exec.Command("hivexml", path).CombinedOutput()
		if err != nil || strings.Count(string(xml), "<node ") != 4 {
			t.Errorf("%q: hivexml: %v\n%s", form, err, xml)
		}
		for _, name := range []string{`key="breit"`, `key="Ω"`, `name="kk"`, `key="big"`} {
			if !strings.Contains(string(xml), name) {
				t.Errorf("%q: hivexml does not see %s", form, name)
			}
		}
	}
}

func TestProfiles(t *testing.T) {
	for _, c := range []struct {
		profile      hivetest.Profile
		seq, minor   uint32
		exact, named bool
	}{
		{hivetest.Live, 137, 5, false, true},
		{hivetest.RegSave, 137, 5, true, true},
		{hivetest.RegSaveKey, 1, 3, true, false},
		{hivetest.Offreg, 137, 5, true, true},
	} {
		b := hivetest.SAM(host, c.profile)
		u32 := func(at int) uint32 { return binary.LittleEndian.Uint32(b[at:]) }
		if u32(4) != c.seq || u32(8) != c.seq || u32(24) != c.minor {
			t.Errorf("%d: counters %d/%d, version 1.%d", c.profile, u32(4), u32(8), u32(24))
		}
		if exact := int(u32(40))+4096 == len(b); exact != c.exact {
			t.Errorf("%d: exact length is %v", c.profile, exact)
		}
		if named := u32(48) != 0; named != c.named {
			t.Errorf("%d: embedded name is %v", c.profile, named)
		}
		if u32(508) != hivetest.Checksum(b) {
			t.Errorf("%d: wrong checksum", c.profile)
		}
	}
	if n := len(hivetest.SYSTEM(hivetest.Host{Name: "X", SID: host.SID, Filler: 2 << 20}, hivetest.RegSave)); n < 3<<19 || n > 5<<19 {
		t.Errorf("a SYSTEM with 2 MiB of filler has %d bytes", n)
	}
}

// TestMerge: keys that a host has besides are in its hives with all that the
// hives have without them, and merging leaves what was merged as it was.
func TestMerge(t *testing.T) {
	more := &hivetest.Key{Keys: []*hivetest.Key{{Name: "controlset001", Keys: []*hivetest.Key{
		{Name: "Control", Values: []hivetest.Value{hivetest.Number("Added", 1)}},
		{Name: "Extra", Keys: []*hivetest.Key{{Name: "Below"}}},
	}}}}
	root := (&hivetest.Key{Name: "ROOT", Keys: []*hivetest.Key{{Name: "ControlSet001", Keys: []*hivetest.Key{hivetest.ControlKey(hivetest.Host{Name: "WS1"})}}}})
	own := len(root.Keys[0].Keys[0].Keys)
	for range 2 {
		root.Merge(more)
	}
	set := root.Keys[0]
	if len(root.Keys) != 1 || len(set.Keys) != 2 || len(set.Keys[0].Keys) != own || len(set.Keys[0].Values) != 2 || len(set.Keys[1].Keys) != 1 {
		t.Errorf("merged twice: %+v", set)
	}
	if len(more.Keys[0].Keys) != 2 || len(more.Keys[0].Keys[1].Keys) != 1 || root.Merge(nil) != root {
		t.Errorf("what was merged changed: %+v", more)
	}
	h := hivetest.Host{Name: "WS1", SID: "S-1-5-21-1-2-3"}
	plain := len(hivetest.SYSTEM(h, hivetest.RegSave))
	h.More = map[string]*hivetest.Key{"SYSTEM": {Keys: []*hivetest.Key{{Name: "Big", Values: []hivetest.Value{{Name: "v", Type: hivetest.Binary, Data: make([]byte, 1<<16)}}}}}}
	if got := len(hivetest.SYSTEM(h, hivetest.RegSave)); got < plain+1<<16 {
		t.Errorf("SYSTEM has %d bytes, %d without the key", got, plain)
	}
}
