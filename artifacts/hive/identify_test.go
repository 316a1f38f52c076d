package hive

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/hive/hivetest"
)

var workstation = hivetest.Host{
	Name: "WS-0417", SID: "S-1-5-21-1004336348-1177238915-682003330",
	Domain: "CONTOSO", DomainSID: "S-1-5-21-2127521184-1604012920-1887927527",
	TimeZone: "W. Europe Standard Time", Bias: -120, OS: "Windows 10 Pro", Build: "19045",
	Time: time.Date(2024, 5, 14, 9, 30, 0, 0, time.UTC),
	Users: []hivetest.User{
		{Name: "Administrator", RID: 500, Disabled: true}, {Name: "jörg", RID: 1001},
	},
}

var profiles = []hivetest.Profile{hivetest.Live, hivetest.RegSave, hivetest.RegSaveKey, hivetest.Offreg}

func TestHeads(t *testing.T) {
	base := hivetest.Empty(workstation, hivetest.Live)[:512]
	with := func(at int, v byte) []byte {
		b := bytes.Clone(base)
		b[at] = v
		return b
	}
	for _, c := range []struct {
		name      string
		head      []byte
		base, log bool
	}{
		{"hive", base, true, false},
		{"shortest", base[:32], true, false},
		{"too short", base[:31], false, false},
		{"nothing", nil, false, false},
		{"version 1.2", with(24, 2), true, false},
		{"version 1.6", with(24, 6), true, false},
		{"version 1.1", with(24, 1), false, false},
		{"version 1.7", with(24, 7), false, false},
		{"version 2.5", with(20, 2), false, false},
		{"wrong checksum", with(508, 0xA5), true, false},
		{"old log", with(28, 1), false, true},
		{"older log", with(28, 2), false, true},
		{"log", with(28, 6), false, true},
		{"type 3", with(28, 3), false, false},
		{"no signature", with(0, 'R'), false, false},
	} {
		if got := IsBaseBlock(c.head); got != c.base {
			t.Errorf("%s: IsBaseBlock = %v", c.name, got)
		}
		if got := IsLog(c.head); got != c.log {
			t.Errorf("%s: IsLog = %v", c.name, got)
		}
	}
}

func TestIdentify(t *testing.T) {
	type build = func(hivetest.Host, hivetest.Profile) []byte
	for _, c := range []struct {
		name      string
		build     build
		kind      Kind
		certainty string
	}{
		{"SAM", hivetest.SAM, SAM, Certain},
		{"SECURITY", hivetest.SECURITY, Security, Certain},
		{"SYSTEM", hivetest.SYSTEM, System, Certain},
		{"SOFTWARE", hivetest.SOFTWARE, Software, Certain},
		{"Empty", hivetest.Empty, Other, Certain},
		{"NTUSER", hivetest.NTUSER, NTUser, Certain},
		{"UsrClass", hivetest.UsrClass, UsrClass, Likely},
		{"TemplateSAM", hivetest.TemplateSAM, Other, Certain},
		{"Amcache", hivetest.Amcache, Amcache, Certain},
		{"BCD", hivetest.BCD, Other, Certain},
	} {
		for _, p := range profiles {
			data := append(c.build(workstation, p), "appended"...)
			id, err := Identify(bytes.NewReader(data), int64(len(data)))
			if err != nil || id.Kind != c.kind || id.Certainty != c.certainty || id.Partial || len(id.Because) == 0 {
				t.Errorf("%s, profile %d: %+v, %v", c.name, p, id, err)
			}
		}
	}
}

// TestSubkeySaves has the roots that saving a subkey alone gives.
func TestSubkeySaves(t *testing.T) {
	sam, policy, control := hivetest.SAMKey(workstation), hivetest.PolicyKey(workstation), hivetest.ControlKey(workstation)
	domains := child(sam, "Domains")
	account := child(domains, "Account")
	for _, c := range []struct {
		root      *hivetest.Key
		kind      Kind
		subkey    string
		certainty string
	}{
		{sam, SAM, `SAM`, Certain},
		{domains, SAM, `SAM\Domains`, Certain},
		{account, SAM, `SAM\Domains\Account`, Likely},
		{child(account, "Users"), SAM, `SAM\Domains\Account\Users`, Likely},
		{policy, Security, `Policy`, Certain},
		{child(policy, "Secrets"), Security, `Policy\Secrets`, Certain},
		{&hivetest.Key{Name: "ControlSet001", Keys: []*hivetest.Key{control, {Name: "Services"}}}, System, `ControlSet00n`, Certain},
		{control, System, `ControlSet00n\Control`, Certain},
		{child(control, "Lsa"), System, `ControlSet00n\Control\Lsa`, Certain},
		{child(control, "TimeZoneInformation"), Other, "", Certain},
		{child(policy, "Accounts"), Other, "", Certain},
	} {
		data := hivetest.Write(c.root, hivetest.Options{Profile: hivetest.RegSaveKey})
		id, err := Identify(bytes.NewReader(data), int64(len(data)))
		if err != nil || id.Kind != c.kind || id.Subkey != c.subkey || id.Partial != (c.subkey != "") || id.Certainty != c.certainty {
			t.Errorf("%s: %+v, %v", c.root.Name, id, err)
		}
		// A deceptive root name changes nothing.
		renamed := *c.root
		renamed.Name = "SYSTEM"
		data = hivetest.Write(&renamed, hivetest.Options{Profile: hivetest.RegSaveKey, File: "SAM"})
		if id, err := Identify(bytes.NewReader(data), int64(len(data))); err != nil || id.Kind != c.kind {
			t.Errorf("%s named SYSTEM: %s, %v", c.root.Name, id.Kind, err)
		}
	}
}

func child(k *hivetest.Key, name string) *hivetest.Key {
	i := slices.IndexFunc(k.Keys, func(c *hivetest.Key) bool { return c.Name == name })
	return k.Keys[i]
}

// TestIdentifyForms finds the deciding keys in every form of list, among many
// others, and with names in UTF-16 and hints that lie in short lists.
func TestIdentifyForms(t *testing.T) {
	for _, form := range []hivetest.List{hivetest.LH, hivetest.LF, hivetest.LI, hivetest.RI} {
		root := &hivetest.Key{Name: "ROOT", List: form, Keys: []*hivetest.Key{{Name: "ControlSet002", List: form,
			Keys: []*hivetest.Key{{Name: "control", Wide: true, List: form, Keys: []*hivetest.Key{{Name: "LSA"}}}}}}}
		for _, name := range strings.Fields(strings.Repeat("Filler ", 700)) {
			root.Keys = append(root.Keys, &hivetest.Key{Name: name + string(rune('a'+len(root.Keys)%26)) + string(rune('a'+len(root.Keys)/26))})
		}
		root.Keys = append(root.Keys, &hivetest.Key{Name: "Select"})
		data := hivetest.Write(root, hivetest.Options{})
		counted := &countingReader{r: bytes.NewReader(data)}
		id, err := Identify(counted, int64(len(data)))
		if err != nil || id.Kind != System || id.Certainty != Certain {
			t.Errorf("%s: %s, %v", form, id.Kind, err)
		}
		if counted.bytes > 300<<10 {
			t.Errorf("%s: %d bytes read", form, counted.bytes)
		}
	}
	data := hivetest.SAM(workstation, hivetest.RegSave)
	for i := 4096; i+12 < len(data); i += 4 {
		if string(data[i:i+2]) == "lh" && data[i+3] == 0 {
			data[i+8] ^= 0xFF // the first element's hash
		}
	}
	if id, err := Identify(bytes.NewReader(data), int64(len(data))); err != nil || id.Kind != SAM {
		t.Errorf("wrong hashes: %s, %v", id.Kind, err)
	}
}

type countingReader struct {
	r     io.ReaderAt
	bytes int
}

func (c *countingReader) ReadAt(p []byte, off int64) (int, error) {
	n, err := c.r.ReadAt(p, off)
	c.bytes += n
	return n, err
}

func TestIdentifyReads(t *testing.T) {
	h := workstation
	h.Filler = 1 << 20
	data := hivetest.SYSTEM(h, hivetest.Live)
	c := &countingReader{r: bytes.NewReader(data)}
	if id, err := Identify(c, int64(len(data))); err != nil || id.Kind != System {
		t.Fatal(id, err)
	}
	if c.bytes > 16<<10 {
		t.Errorf("%d bytes read to identify a SYSTEM", c.bytes)
	}
}

func TestIdentifyDamaged(t *testing.T) {
	whole := hivetest.SAM(workstation, hivetest.RegSave)
	edit := func(at int, v ...byte) []byte {
		b := bytes.Clone(whole)
		copy(b[at:], v)
		return b
	}
	ok, bad := 0, 0
	for _, c := range []struct {
		name   string
		data   []byte
		kind   Kind
		err    artifacts.Kind
		offset int64
	}{
		{"whole", whole, SAM, 0, 0},
		{"wrong checksum", edit(508, 1, 2, 3, 4), SAM, artifacts.Checksum, 508},
		{"no hive", []byte("MZ, nothing that is a hive, but long enough for a look"), Unknown, artifacts.Malformed, 0},
		{"empty", nil, Unknown, artifacts.Malformed, 0},
		{"cut in the base block", whole[:300], Unknown, artifacts.Truncated, 300},
		{"cut before the root", whole[:4096], Unknown, artifacts.Truncated, 4096 + 32},
		{"root outside", edit(36, 0, 0, 0, 0x40), Unknown, artifacts.Truncated, 4096 + 0x40000000},
		{"root between cells", edit(36, 0x21), Unknown, artifacts.Malformed, 4096 + 0x21},
		{"no root", edit(36, 0xFF, 0xFF, 0xFF, 0xFF), Unknown, artifacts.Malformed, 4096 + noCell},
		{"root free", edit(4096+32+3, 0x7F), Unknown, artifacts.Malformed, 4096 + 32},
		{"root is no key", edit(4096+32+4, 'x'), Unknown, artifacts.Malformed, 4096 + 36},
	} {
		id, err := Identify(bytes.NewReader(c.data), int64(len(c.data)))
		if id.Kind != c.kind || !hasKind(err, c.err) {
			t.Errorf("%s: %s, %v", c.name, id.Kind, err)
		}
		if err == nil {
			ok++
			continue
		}
		bad++
		if p := artifacts.Located(artifacts.Locator{}, err); p.Offset != c.offset {
			t.Errorf("%s: %v, want offset %d", c.name, err, c.offset)
		}
	}
	if ok != 1 || bad != 10 {
		t.Errorf("%d without and %d with a problem, want 1 and 10", ok, bad)
	}
}

// TestIdentifySteps has an "ri" list that refers to one long list many times:
// a thousand million subkeys in a quarter of a megabyte.
func TestIdentifySteps(t *testing.T) {
	const n = 30000
	blob := hivetest.Value{Type: hivetest.Binary, Data: make([]byte, listHeader+4*n)}
	root := &hivetest.Key{Name: "ROOT", Values: []hivetest.Value{blob, blob}, Keys: []*hivetest.Key{{Name: "only"}}}
	data := hivetest.Write(root, hivetest.Options{Profile: hivetest.RegSaveKey}) // version 1.3 has no "db" cells
	top, only := nth(t, data, "nk", 0), nth(t, data, "nk", 1)
	ri := int(le.Uint32(data[nth(t, data, "vk", 0)+8:])) + baseSize + 4
	li := int(le.Uint32(data[nth(t, data, "vk", 1)+8:])) + baseSize + 4
	for list, target := range map[int]int{ri: li, li: only} {
		copy(data[list:], "li")
		le.PutUint16(data[list+2:], n)
		for i := range n {
			le.PutUint32(data[list+listHeader+4*i:], uint32(target-4-baseSize))
		}
	}
	copy(data[ri:], "ri")
	le.PutUint32(data[top+28:], uint32(ri-4-baseSize))
	if id, err := Identify(bytes.NewReader(data), int64(len(data))); id.Kind != Unknown || !hasKind(err, artifacts.Limit) {
		t.Errorf("Identify: %s, %v", id.Kind, err)
	}
	if _, err := Peek(bytes.NewReader(data), int64(len(data)), SAM); !hasKind(err, artifacts.Limit) {
		t.Errorf("Peek: %v", err)
	}
	if h, err := Read(bytes.NewReader(data), int64(len(data))); h == nil || h.Keys != 2 || !hasKind(err, artifacts.Malformed) {
		t.Errorf("Read: %v, %v", h, err)
	}
}

func TestIdentifyNeverLies(t *testing.T) {
	// The reader fails behind the first bin: nothing decides, and the kind is
	// unknown rather than other.
	data := hivetest.SYSTEM(workstation, hivetest.RegSave)
	id, err := Identify(io.NewSectionReader(bytes.NewReader(data), 0, 8192), int64(len(data)))
	if id.Kind != Unknown || !hasKind(err, artifacts.IO) {
		t.Errorf("%s, %v", id.Kind, err)
	}
}
