package hive

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"hivetriage/artifacts"
	"hivetriage/artifacts/hive/hivetest"
)

func facts(t *testing.T, data []byte, kind Kind) HostFacts {
	t.Helper()
	h, err := Read(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	f := Facts(h, kind)
	for _, b := range f.Because {
		if !strings.Contains(b, " at 0x") && !strings.Contains(b, "cannot be read") {
			t.Errorf("no place in %q", b)
		}
	}
	peeked, err := Peek(bytes.NewReader(data), int64(len(data)), kind)
	if err != nil || !reflect.DeepEqual(peeked, f) {
		t.Errorf("Peek: %+v, %v, not %+v", peeked, err, f)
	}
	f.Because = nil
	return f
}

// TestPeek reads little of a large hive, and tells what hinders it.
func TestPeek(t *testing.T) {
	w := workstation
	w.Filler = 1 << 20
	data := hivetest.SYSTEM(w, hivetest.Live)
	c := &countingReader{r: bytes.NewReader(data)}
	f, err := Peek(c, int64(len(data)), System)
	if err != nil || f.ComputerName != w.Name || c.bytes > 24<<10 {
		t.Errorf("%+v, %v, %d bytes read", f, err, c.bytes)
	}
	data[508] ^= 1
	if f, err := Peek(bytes.NewReader(data), int64(len(data)), System); f.ComputerName != w.Name || !hasKind(err, artifacts.Checksum) {
		t.Errorf("wrong checksum: %+v, %v", f, err)
	}
	if f, err := Peek(bytes.NewReader(data), 9000, System); !hasKind(err, artifacts.Truncated) {
		t.Errorf("cut: %+v, %v", f, err)
	}
	if _, err := Peek(bytes.NewReader(nil), 0, System); !hasKind(err, artifacts.Malformed) {
		t.Errorf("empty: %v", err)
	}
}

func TestFacts(t *testing.T) {
	bias := -120
	w := workstation
	sam := HostFacts{MachineSID: w.SID}
	security := HostFacts{ComputerName: w.Name, MachineSID: w.SID, Domain: w.Domain, DomainSID: w.DomainSID}
	system := HostFacts{ComputerName: w.Name, TimeZone: w.TimeZone, TimeZoneBias: &bias, ProductType: "WinNT"}
	software := HostFacts{OS: w.OS, Build: w.Build}
	workgroup := w
	workgroup.DomainSID = ""
	samKey, policy := hivetest.SAMKey(w), hivetest.PolicyKey(w)
	part := func(root *hivetest.Key) []byte {
		return hivetest.Write(root, hivetest.Options{Profile: hivetest.RegSaveKey})
	}
	system2 := &hivetest.Key{Name: "ROOT", Keys: []*hivetest.Key{
		{Name: "ControlSet001", Keys: []*hivetest.Key{hivetest.ControlKey(hivetest.Host{Name: "OLDNAME"})}},
		{Name: "ControlSet002", Keys: []*hivetest.Key{hivetest.ControlKey(w)}},
		{Name: "Select", Values: []hivetest.Value{hivetest.Number("Current", 2), hivetest.Number("Default", 1)}}}}
	lost := &hivetest.Key{Name: "ROOT", Keys: []*hivetest.Key{
		{Name: "ControlSet001", Keys: []*hivetest.Key{hivetest.ControlKey(w)}},
		{Name: "Select", Values: []hivetest.Value{hivetest.Number("Current", 3)}}}}
	for _, c := range []struct {
		name string
		data []byte
		kind Kind
		want HostFacts
	}{
		{"SAM", hivetest.SAM(w, hivetest.RegSave), SAM, sam},
		{"SAM, saved by key", hivetest.SAM(w, hivetest.RegSaveKey), SAM, sam},
		{"SAM\\SAM", part(samKey), SAM, sam},
		{"SAM\\SAM\\Domains", part(child(samKey, "Domains")), SAM, sam},
		{"SAM\\SAM\\Domains\\Account", part(child(child(samKey, "Domains"), "Account")), SAM, sam},
		{"SECURITY", hivetest.SECURITY(w, hivetest.Live), Security, security},
		{"SECURITY\\Policy", part(policy), Security, security},
		{"SECURITY\\Policy\\Secrets", part(child(policy, "Secrets")), Security, HostFacts{}},
		{"workgroup", hivetest.SECURITY(workgroup, hivetest.Live), Security,
			HostFacts{ComputerName: w.Name, MachineSID: w.SID, Domain: w.Domain}},
		{"SYSTEM", hivetest.SYSTEM(w, hivetest.Offreg), System, system},
		{"SYSTEM, second control set", part(system2), System, system},
		{"SYSTEM, current control set is absent", part(lost), System, HostFacts{}},
		{"ControlSet001", part(&hivetest.Key{Name: "ControlSet001", Keys: []*hivetest.Key{hivetest.ControlKey(w)}}), System, system},
		{"SOFTWARE", hivetest.SOFTWARE(w, hivetest.Live), Software, software},
		{"a SAM read as SYSTEM", hivetest.SAM(w, hivetest.Live), System, HostFacts{}},
		{"a user's hive", hivetest.NTUSER(w, hivetest.Live), NTUser, HostFacts{}},
		{"empty", hivetest.Empty(w, hivetest.Live), SAM, HostFacts{}},
	} {
		if got := facts(t, c.data, c.kind); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

// TestFactsDamaged has values that do not hold what their names promise.
func TestFactsDamaged(t *testing.T) {
	value := func(key, name string, typ uint32, data []byte) *hivetest.Key {
		return &hivetest.Key{Name: key, Values: []hivetest.Value{{Name: name, Type: typ, Data: data}}}
	}
	policy := func(keys ...*hivetest.Key) *hivetest.Key {
		return &hivetest.Key{Name: "ROOT", Keys: []*hivetest.Key{{Name: "Policy", Keys: append(keys, value("PolAcDmS", "", hivetest.None, []byte{1, 15}))}}}
	}
	long := make([]byte, 0x40)
	le.PutUint32(long[12:], 0xFFFFFFF0)
	builtin := append(make([]byte, 0x30), hivetest.SID("S-1-5-32")...)
	for name, c := range map[string]struct {
		root *hivetest.Key
		kind Kind
	}{
		"V too short":          {value("Account", "V", hivetest.Binary, make([]byte, 20)), SAM},
		"SID outside V":        {value("Account", "V", hivetest.Binary, long), SAM},
		"no machine SID":       {value("Account", "V", hivetest.Binary, builtin), SAM},
		"name beyond its data": {policy(value("PolAcDmN", "", hivetest.None, []byte{200, 0, 200, 0, 8, 0, 0, 0, 65, 0})), Security},
		"name far away":        {policy(value("PolAcDmN", "", hivetest.None, []byte{2, 0, 2, 0, 0xFF, 0xFF, 0xFF, 0xFF, 65, 0})), Security},
		"name without header":  {policy(value("PolAcDmN", "", hivetest.None, []byte{2, 0})), Security},
		"Select is text":       {value("Select", "Current", hivetest.SZ, []byte("1\x00")), System},
	} {
		data := hivetest.Write(&hivetest.Key{Name: "ROOT", Keys: []*hivetest.Key{c.root}}, hivetest.Options{})
		if c.kind == Security {
			data = hivetest.Write(c.root, hivetest.Options{})
		}
		if got := facts(t, data, c.kind); !reflect.DeepEqual(got, HostFacts{}) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
