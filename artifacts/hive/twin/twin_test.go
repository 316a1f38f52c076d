package twin_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts/hive"
	"hivetriage/artifacts/hive/hivetest"
	"hivetriage/artifacts/hive/twin"
)

var noon = time.Date(2024, 5, 14, 12, 0, 0, 0, time.UTC)

func after(minutes int) time.Time { return noon.Add(time.Duration(minutes) * time.Minute) }

// tree builds keys from lines "path minutes", parents before children.
func tree(lines ...string) *hivetest.Key {
	root := &hivetest.Key{Name: "ROOT", Time: noon}
	for _, line := range lines {
		path, when, _ := strings.Cut(line, " ")
		var minutes int
		fmt.Sscan(when, &minutes)
		k := root
		names := strings.Split(path, `\`)
		for _, name := range names[:len(names)-1] {
			i := slices.IndexFunc(k.Keys, func(sub *hivetest.Key) bool { return sub.Name == name })
			k = k.Keys[i]
		}
		k.Keys = append(k.Keys, &hivetest.Key{Name: names[len(names)-1], Time: after(minutes)})
	}
	return root
}

func read(t testing.TB, root *hivetest.Key, p hivetest.Profile) *hive.Hive {
	t.Helper()
	return parse(t, hivetest.Write(root, hivetest.Options{Profile: p}))
}

func root(h *hive.Hive) hive.Key {
	k, _ := h.Key("")
	return k
}

func parse(t testing.TB, data []byte) *hive.Hive {
	t.Helper()
	h, err := hive.Read(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestCompare(t *testing.T) {
	base := []string{"a 1", `a\b 2`, `a\c 3`, "m 4", "z 5"}
	for _, c := range []struct {
		name                                   string
		live                                   []string
		same, changed, older, added, removed   int
		firstChange, firstAdded, lastOlder     string
		changeMinute, addedMinute, olderMinute int
	}{
		{"the same", base, 6, 0, 0, 0, 0, "", "", "", 0, 0, 0},
		{"other case", []string{"A 1", `A\B 2`, `A\C 3`, "M 4", "Z 5"}, 6, 0, 0, 0, 0, "", "", "", 0, 0, 0},
		{"two changed", []string{"a 1", `a\b 20`, `a\c 3`, "m 30", "z 5"}, 4, 2, 0, 0, 0, `a\b`, "", "", 20, 0, 0},
		{"the later path changed first", []string{"a 1", `a\b 30`, `a\c 3`, "m 20", "z 5"}, 4, 2, 0, 0, 0, "m", "", "", 20, 0, 0},
		{"added", []string{"a 1", `a\b 2`, `a\bb 40`, `a\c 3`, "k 41", "m 4", "z 5", "zz 42"}, 6, 0, 0, 3, 0, "", `a\bb`, "", 0, 40, 0},
		{"removed with what is below", []string{"m 4", "z 5"}, 3, 0, 0, 0, 1, "", "", "", 0, 0, 0},
		{"newer in the copy", []string{"a 1", `a\b 1`, `a\c 0`, "m 4", "z 5"}, 4, 0, 2, 0, 0, "", "", `a\c`, 0, 0, 3},
		{"everything at once", []string{"a 9", `a\b 1`, `a\d 8`, "m 4", "z 5"}, 3, 1, 1, 1, 1, "a", `a\d`, `a\b`, 9, 8, 2},
	} {
		exported, live := read(t, tree(base...), hivetest.RegSave), read(t, tree(c.live...), hivetest.Live)
		got := twin.Compare(root(exported), root(live))
		if got.Same != c.same || got.Changed != c.changed || got.Older != c.older || got.Added != c.added || got.Removed != c.removed || got.Untimed+got.TooDeep != 0 {
			t.Errorf("%s: %+v", c.name, got)
		}
		if got.Both() != c.same+c.changed+c.older {
			t.Errorf("%s: %d keys in both", c.name, got.Both())
		}
		for _, decided := range []struct {
			what   string
			got    *twin.Change
			path   string
			minute int
			time   func(*twin.Change) time.Time
		}{
			{"first change", got.FirstChange, c.firstChange, c.changeMinute, func(c *twin.Change) time.Time { return c.Live }},
			{"first added", got.FirstAdded, c.firstAdded, c.addedMinute, func(c *twin.Change) time.Time { return c.Live }},
			{"last older", got.LastOlder, c.lastOlder, c.olderMinute, func(c *twin.Change) time.Time { return c.Copy }},
		} {
			switch {
			case (decided.got == nil) != (decided.path == ""):
				t.Errorf("%s: %s: %+v", c.name, decided.what, decided.got)
			case decided.got == nil:
			case decided.got.Path != decided.path || !decided.time(decided.got).Equal(after(decided.minute)):
				t.Errorf("%s: %s: %+v", c.name, decided.what, decided.got)
			case decided.got.OnlyLive != (decided.got.CopyAt == 0) || decided.got.LiveAt == 0:
				t.Errorf("%s: %s: offsets %+v", c.name, decided.what, decided.got)
			}
		}
	}
}

// TestOffsets checks that the offsets of a change are those of the two records.
func TestOffsets(t *testing.T) {
	exported, live := read(t, tree("a 1", `a\b 2`), hivetest.RegSaveKey), read(t, tree("a 1", `a\a 1`, `a\b 7`), hivetest.Live)
	c := twin.Compare(root(exported), root(live)).FirstChange
	x, _ := exported.Key(`a\b`)
	l, _ := live.Key(`a\b`)
	if c == nil || c.CopyAt != x.Offset() || c.LiveAt != l.Offset() || !c.Copy.Equal(after(2)) || !c.Live.Equal(after(7)) {
		t.Errorf("%+v, want %#x and %#x", c, x.Offset(), l.Offset())
	}
}

// TestOrder compares hives whose names are not ASCII, and one whose lists
// stand in another order.
func TestOrder(t *testing.T) {
	names := []string{"Ärger 1", "ärmel 2", "a_b 3", "aZ 4", "Ω 5", "z 6"}
	data := hivetest.Write(tree(names...), hivetest.Options{})
	list := bytes.Index(data, []byte("lh\x06\x00")) + 4
	turned := bytes.Clone(data)
	for i := range 6 {
		copy(turned[list+8*i:list+8*i+8], data[list+8*(5-i):])
	}
	for _, live := range [][]byte{data, turned} {
		if got := twin.Compare(root(parse(t, data)), root(parse(t, live))); got.Same != 7 || got.Added+got.Removed != 0 {
			t.Errorf("%+v", got)
		}
	}
}

// TestDepth compares chains of keys that are deeper than the registry allows.
func TestDepth(t *testing.T) {
	top := &hivetest.Key{Name: "ROOT", Time: noon}
	for k, i := top, 0; i < 600; i++ {
		k.Keys = []*hivetest.Key{{Name: "k"}}
		k = k.Keys[0]
	}
	h := read(t, top, hivetest.Live)
	if got := twin.Compare(root(h), root(h)); got.TooDeep != 1 || got.Same != 514 {
		t.Errorf("%+v", got)
	}
}

var workstation = hivetest.Host{Name: "WS-0417", SID: "S-1-5-21-1004336348-1177238915-682003330", Domain: "CONTOSO",
	OS: "Windows 10 Pro", Build: "19045", Time: noon, Users: []hivetest.User{{Name: "anna", RID: 1001}}}

// TestSubtree compares saves of subkeys with the part of the live hive that
// they were.
func TestSubtree(t *testing.T) {
	live := workstation
	live.Users = append(slices.Clone(live.Users), hivetest.User{Name: "new", RID: 1002})
	sam, security, system := parse(t, hivetest.SAM(live, hivetest.Live)), parse(t, hivetest.SECURITY(live, hivetest.Live)), parse(t, hivetest.SYSTEM(live, hivetest.Live))
	samKey := hivetest.SAMKey(workstation)
	for _, c := range []struct {
		name  string
		root  *hivetest.Key
		live  *hive.Hive
		path  string
		added int
	}{
		{"SAM", samKey, sam, "SAM", 2},
		{"Domains", samKey.Keys[0], sam, `SAM\Domains`, 2},
		{"Policy", hivetest.PolicyKey(workstation), security, "Policy", 0},
		{"Control", hivetest.ControlKey(workstation), system, `ControlSet001\Control`, 0},
		{"Lsa", hivetest.LsaKey(), system, `ControlSet001\Control\Lsa`, 0},
	} {
		c.root.Time = noon
		data := hivetest.Write(c.root, hivetest.Options{Profile: hivetest.RegSaveKey, Saved: after(1)})
		id, err := hive.Identify(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		n, path, ok := twin.Subtree(c.live, id)
		if !ok || path != c.path {
			t.Errorf("%s: subtree %q, %v", c.name, path, ok)
			continue
		}
		exported := parse(t, data)
		if got := twin.Compare(root(exported), n); got.Same != exported.Keys || got.Added != c.added || got.Removed != 0 {
			t.Errorf("%s: %+v of %d keys", c.name, got, exported.Keys)
		}
	}
	if _, path, ok := twin.Subtree(sam, hive.Identity{Subkey: `ControlSet00n\Control`}); ok {
		t.Errorf("a SAM has a control set at %q", path)
	}
	if n, path, ok := twin.Subtree(sam, hive.Identity{}); !ok || path != "" || n.Name() != "ROOT" {
		t.Errorf("whole hive: %q, %v", path, ok)
	}
}

func TestCounters(t *testing.T) {
	at := func(n uint32) hive.BaseBlock { return hive.BaseBlock{Primary: n, Secondary: n} }
	for _, c := range []struct {
		method       string
		copied, live uint32
		want         twin.Counters
	}{
		{hive.ByRegSave, 7, 9, twin.Ordered}, {hive.ByRawCopy, 7, 7, twin.Ordered}, {hive.ByRawCopy, 9, 7, twin.Reverse},
		{hive.ByRegSaveKey, 1, 9, twin.Silent}, {hive.ByOffreg, 9, 7, twin.Silent}, {hive.ByUnknown, 9, 7, twin.Silent},
	} {
		if got := twin.CompareCounters(c.method, at(c.copied), at(c.live)); got != c.want {
			t.Errorf("%+v: %d", c, got)
		}
	}
}

// BenchmarkCompare compares a SYSTEM of 11 MB with its live twin, from bytes
// to the result, and the comparison alone.
func BenchmarkCompare(b *testing.B) {
	h := workstation
	h.Filler = 11_500_000
	copied := hivetest.SYSTEM(h, hivetest.RegSave)
	h.Time = after(60)
	live := hivetest.SYSTEM(h, hivetest.Live)
	b.Run("whole", func(b *testing.B) {
		b.SetBytes(int64(len(copied) + len(live)))
		b.ReportAllocs()
		for b.Loop() {
			x, l := parse(b, copied), parse(b, live)
			if c := twin.Compare(root(x), root(l)); c.Changed != x.Keys {
				b.Fatalf("%+v of %d keys", c, x.Keys)
			}
		}
	})
	b.Run("comparison", func(b *testing.B) {
		x, l := parse(b, copied), parse(b, live)
		b.ReportAllocs()
		for b.Loop() {
			twin.Compare(root(x), root(l))
		}
		b.ReportMetric(float64(x.Keys), "keys")
	})
}
