package registry_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"hivetriage/artifacts"
	"hivetriage/artifacts/execution/registry"
	"hivetriage/artifacts/execution/registry/registrytest"
	"hivetriage/artifacts/hive/hivetest"
)

// TestShimCache: every layout gives its entries in order with what it has of
// times, sizes and flags.
func TestShimCache(t *testing.T) {
	entries := []registrytest.Cached{
		{Path: `\??\C:\Windows\System32\reg.exe`, Modified: old, Size: 77824, Updated: day, Ran: true, Package: "Contoso.App"},
		{Path: `\??\C:\Users\Jörg\b.exe`, Modified: day, Size: 5, Updated: old},
	}
	const notTrusted = ": unreliable since Windows 10"
	for _, c := range []struct {
		layout                   registrytest.Layout
		format, deed, flag, size string
		updated                  bool
	}{
		{registrytest.XP, "Windows XP", "existed", "", "77824", true},
		{registrytest.Server2003, "Windows 2003, 32-bit", "existed", "", "77824", false},
		{registrytest.Server2003x64, "Windows 2003, 64-bit", "existed", "", "77824", false},
		{registrytest.Vista, "Windows Vista or 2008, 32-bit", "ran", "set: a process was started from the file", "", false},
		{registrytest.Vistax64, "Windows Vista or 2008, 64-bit", "ran", "set: a process was started from the file", "", false},
		{registrytest.Seven, "Windows 7 or 2008 R2, 32-bit", "ran", "set: a process was started from the file", "", false},
		{registrytest.Sevenx64, "Windows 7 or 2008 R2, 64-bit", "ran", "set: a process was started from the file", "", false},
		{registrytest.Eight, "Windows 8.0", "ran", "set: a process was started from the file", "", false},
		{registrytest.EightOne, "Windows 8.1", "ran", "set: a process was started from the file", "", false},
		{registrytest.Ten, "Windows 10", "existed", "last data word 1" + notTrusted, "", false},
		{registrytest.TenCreator, "Windows 10 or 11", "existed", "last data word 1" + notTrusted, "", false},
	} {
		t.Run(c.format, func(t *testing.T) {
			all, errs := collect(t, registry.ShimCache(root(t, registrytest.ShimCache(c.layout, entries...))))
			if len(all) != 2 || len(errs) != 0 {
				t.Fatalf("%d traces, %v", len(all), errs)
			}
			key := "AppCompatCache"
			if c.layout == registrytest.XP {
				key = "AppCompatibility"
			}
			first := "file modified 2024-03-02T08:15:30.1234567"
			if c.updated {
				first += "; cache entry updated 2026-03-02T08:15:30.1234567"
			}
			packaged := ""
			if c.layout == registrytest.EightOne {
				packaged = "Contoso.App"
			}
			check(t, all[0], map[string]string{"deed": c.deed, "artefact": "ShimCache", "program": entries[0].Path, "Format": c.format,
				"ExecutionFlag": c.flag, "Size": c.size, "times": first, "Package": packaged,
				"entry": `ControlSet001\Control\Session Manager\` + key + `\AppCompatCache, entry 0`})
			check(t, all[1], map[string]string{"deed": "existed", "program": entries[1].Path,
				"entry": `ControlSet001\Control\Session Manager\` + key + `\AppCompatCache, entry 1`})
		})
	}
}

// set is a control set with a cache.
func set(number int, cache []byte) *hivetest.Key {
	return registrytest.At(fmt.Sprintf(`ControlSet%03d\Control\Session Manager`, number),
		&hivetest.Key{Name: "AppCompatCache", Values: []hivetest.Value{registrytest.Binary("AppCompatCache", cache)}})
}

// TestControlSets: the current set comes first, others where they differ.
func TestControlSets(t *testing.T) {
	a := registrytest.Cache(registrytest.Ten, registrytest.Cached{Path: "a", Modified: day})
	b := registrytest.Cache(registrytest.Ten, registrytest.Cached{Path: "b", Modified: day})
	for _, c := range []struct {
		name    string
		current uint32
		second  []byte
		want    string
	}{
		{"the second is current", 2, b, "ControlSet002 b, ControlSet001 a"},
		{"the first is current", 1, b, "ControlSet001 a, ControlSet002 b"},
		{"they do not differ", 2, a, "ControlSet002 a"},
		{"no Select", 0, b, "ControlSet001 a, ControlSet002 b"},
	} {
		keys := set(1, a).Merge(set(2, c.second))
		if c.current != 0 {
			keys.Keys = append(keys.Keys, registrytest.Select(c.current))
		}
		all, errs := collect(t, registry.ShimCache(root(t, keys)))
		var got []string
		for _, trace := range all {
			name, _, _ := strings.Cut(trace.Entry, `\`)
			got = append(got, name+" "+trace.Program)
		}
		if s := strings.Join(got, ", "); s != c.want || len(errs) != 0 {
			t.Errorf("%s: %s, %v", c.name, s, errs)
		}
	}
}

// many are entries whose cache is stored in segments.
func many(n int) []registrytest.Cached {
	var entries []registrytest.Cached
	for i := range n {
		entries = append(entries, registrytest.Cached{Path: fmt.Sprintf(`C:\Program Files\Vendor\Product %d\bin\program.exe`, i), Modified: day})
	}
	return entries
}

func TestShimCacheLarge(t *testing.T) {
	all, errs := collect(t, registry.ShimCache(root(t, registrytest.ShimCache(registrytest.TenCreator, many(1024)...))))
	if len(all) != 1024 || len(errs) != 0 || all[1023].Program != `C:\Program Files\Vendor\Product 1023\bin\program.exe` {
		t.Errorf("%d traces, %v", len(all), errs)
	}
}

// TestShimCacheDamaged: what is left of a damaged cache is told, with one
// error for what is not.
func TestShimCacheDamaged(t *testing.T) {
	entries := []registrytest.Cached{{Path: "a.exe", Modified: day}, {Path: "b.exe", Modified: day}, {Path: "c.exe", Modified: day}}
	cache := func(l registrytest.Layout) []byte { return registrytest.Cache(l, entries...) }
	edit := func(b []byte, change func([]byte)) []byte {
		change(b)
		return b
	}
	le := binary.LittleEndian
	second := 0x34 + 12 + 2 + 10 + 8 + 4 + 32 // of TenCreator: head, path length, path, time, data
	for _, c := range []struct {
		name      string
		data      []byte
		ok, wrong int
	}{
		{"cut in the last entry", bytes.Clone(cache(registrytest.TenCreator)[:3*68+0x34-1]), 2, 1},
		{"an entry's path leaves it", edit(cache(registrytest.TenCreator), func(b []byte) { le.PutUint16(b[second+12:], 2000) }), 2, 1},
		{"an entry states too much", edit(cache(registrytest.TenCreator), func(b []byte) { le.PutUint32(b[second+8:], 1<<31) }), 1, 1},
		{"a signature is gone", edit(cache(registrytest.TenCreator), func(b []byte) { b[second] = 0 }), 1, 1},
		{"a path is outside", edit(cache(registrytest.Sevenx64), func(b []byte) { le.PutUint64(b[128+8:], 1<<63) }), 2, 1},
		{"more are counted", edit(cache(registrytest.Seven), func(b []byte) { le.PutUint32(b[4:], 4000) }), 3, 2}, // the paths take the room of one
		{"paths lie upon each other", edit(cache(registrytest.Sevenx64), func(b []byte) {
			for i := range 3 {
				le.PutUint16(b[128+48*i:], 200)
				le.PutUint64(b[128+48*i+8:], 0)
			}
		}), 1, 1},
		{"an unknown layout", []byte("something else"), 0, 1},
		{"two bytes", []byte{1, 2}, 0, 1},
		{"none of Windows 8", make([]byte, 128), 0, 0},
		{"none of Vista", cache(registrytest.Vista)[:8:8], 0, 1},
		{"no bytes", nil, 0, 0},
	} {
		keys := set(1, c.data)
		ok, wrong := 0, 0
		for trace, err := range registry.ShimCache(root(t, keys)) {
			switch {
			case err != nil:
				wrong++
			case trace.Deed == artifacts.Existed:
				ok++
			}
		}
		if ok != c.ok || wrong != c.wrong {
			t.Errorf("%s: %d traces and %d errors, want %d and %d", c.name, ok, wrong, c.ok, c.wrong)
		}
	}
}
