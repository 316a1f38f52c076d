package hive

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"www.velocidex.com/golang/regparser"

	"hivetriage/artifacts"
	"hivetriage/artifacts/hive/hivetest"
)

// pair reads a hive with this package and with regparser.
func pair(t *testing.T, root *hivetest.Key) (*Hive, *regparser.Registry) {
	t.Helper()
	data := hivetest.Write(root, hivetest.Options{})
	h, err := Read(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	if h.lib.registry == nil {
		t.Fatal("a sound hive was not given to regparser")
	}
	return h, h.lib.registry
}

// TestValueTraps pins what regparser gets wrong in values, and that this
// package reads them right. If it fails for regparser, regparser was mended.
func TestValueTraps(t *testing.T) {
	db := append([]byte("db"), bytes.Repeat([]byte{7}, 38)...)
	values := []hivetest.Value{
		{Name: "none", Type: hivetest.Binary},
		{Name: "one byte", Type: hivetest.Binary, Data: []byte{9}},
		{Name: "three bytes", Type: hivetest.Binary, Data: []byte{1, 2, 3}},
		{Name: "begins like big data", Type: hivetest.Binary, Data: db},
		{Name: "big", Type: hivetest.Binary, Data: bigData()[:16364]},
		{Name: "bigger", Type: hivetest.Binary, Data: bigData()},
	}
	wrong := map[string]int{"one byte": 4, "three bytes": 4, "begins like big data": 0, "none": 4}
	h, registry := pair(t, &hivetest.Key{Name: "ROOT", Values: values})
	k, _ := h.Key("")
	theirs := map[string][]byte{}
	for _, v := range registry.OpenKey("").Values() {
		theirs[v.ValueName()] = v.ValueData().Data
	}
	for _, want := range values {
		v, ok := k.Value(want.Name)
		if !ok || v.Length() != len(want.Data) || v.Type() != want.Type {
			t.Errorf("%s: %v, %d bytes", want.Name, ok, v.Length())
			continue
		}
		for _, limit := range []int{-1, 0, 2, len(want.Data), 1 << 20} {
			n := max(0, min(limit, len(want.Data)))
			if b, err := v.Data(limit); err != nil || !bytes.Equal(b, want.Data[:n]) {
				t.Errorf("%s: Data(%d) gives %d bytes, %v", want.Name, limit, len(b), err)
			}
		}
		if n, ok := wrong[want.Name]; ok && len(theirs[want.Name]) != n {
			t.Errorf("%s: regparser gives %d bytes, the trap was %d", want.Name, len(theirs[want.Name]), n)
		}
	}
	if bytes.Equal(theirs["big"], bigData()[:16364]) {
		t.Error("regparser reads the last segment of big data right")
	}
}

// TestNameTraps: regparser compares and returns names as they are stored, and
// takes "/" for a separator and "\" for no root.
func TestNameTraps(t *testing.T) {
	h, registry := pair(t, &hivetest.Key{Name: "ROOT", Time: time.Date(2024, 5, 1, 2, 3, 4, 567800, time.UTC), Keys: []*hivetest.Key{
		{Name: "Größe"}, {Name: "Wide", Wide: true}, {Name: "text/html"}, {Name: `"quoted"`},
		{Name: "Ω", Values: []hivetest.Value{{Name: "Länge", Type: hivetest.SZ}}}}})
	for _, name := range []string{"Größe", "Wide", "text/html", `"quoted"`, "Ω"} {
		k, ok := h.Key(name)
		if !ok || k.Name() != name {
			t.Errorf("Key(%q) is %q, %v", name, k.Name(), ok)
		}
		if registry.OpenKey(name) != nil {
			t.Errorf("regparser finds %q", name)
		}
	}
	k, _ := h.Key("Ω")
	if _, ok := k.Value("länge"); !ok {
		t.Error("the value Länge was not found")
	}
	if registry.OpenKey("/") != nil || registry.OpenKey("") == nil {
		t.Error(`regparser has its root elsewhere than under ""`)
	}
	if root, _ := h.Key(""); root.LastWritten().Nanosecond() != 567800 {
		t.Errorf("the time's fraction is %d ns", root.LastWritten().Nanosecond())
	}
}

// TestStaleList: regparser follows the list of a key that counts no subkeys;
// with such a key anything may come, so it does not get the hive.
func TestStaleList(t *testing.T) {
	data := hivetest.Write(small(), hivetest.Options{})
	alpha, lf := nth(t, data, "nk", 1), nth(t, data, "lf", 0)
	le.PutUint32(data[alpha+28:], uint32(lf-4-baseSize))
	h, err := Read(bytes.NewReader(data), int64(len(data)))
	if err != nil || h.Sound() || h.lib.registry != nil {
		t.Errorf("sound: %v, %v", h.Sound(), err)
	}
	if _, ok := h.Key(`Alpha\Under`); ok {
		t.Error("the stale list was followed")
	}
	if k, ok := h.Key(`Beta\Under`); !ok || k.Path() != `Beta\Under` {
		t.Error("the hive cannot be searched any more")
	}
}

// TestLibraryPanic: a failure of regparser becomes a problem, and the key is
// found all the same.
func TestLibraryPanic(t *testing.T) {
	h, _ := pair(t, small())
	h.lib = library{&regparser.Registry{}}
	if k, ok := h.Key(`Beta\Under`); !ok || k.Name() != "Under" {
		t.Error("the key was not found")
	}
	if len(h.Problems) != 1 || h.Problems[0].Kind != artifacts.Bug {
		t.Errorf("problems: %v", h.Problems)
	}
}

// TestSameKeys looks every key of a hive up with and without regparser.
func TestSameKeys(t *testing.T) {
	for _, build := range []func(hivetest.Host, hivetest.Profile) []byte{hivetest.SAM, hivetest.SECURITY, hivetest.SYSTEM} {
		data := build(workstation, hivetest.Live)
		h, err := Read(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		lib, keys := h.lib, 0
		h.Walk(func(want Key) bool {
			if want.isRoot() || want.Name() == "jörg" {
				return true
			}
			keys++
			off, ok, bug := lib.find(want.Path())
			if !ok || bug != nil || fileOffset(off) != want.Offset() {
				t.Errorf("regparser finds %s at %#x, want %#x, %v", want.Path(), fileOffset(off), want.Offset(), bug)
			}
			if k, ok := (Key{hive: h}).descend(strings.Split(want.Path(), `\`)); !ok || k != want {
				t.Errorf("%s is not found by its names", want.Path())
			}
			return true
		})
		if keys < 15 {
			t.Errorf("only %d keys", keys)
		}
	}
}
