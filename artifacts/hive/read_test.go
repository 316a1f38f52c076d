package hive

import (
	"bytes"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/hive/hivetest"
)

// small is a hive with every kind of cell.
func small() *hivetest.Key {
	return &hivetest.Key{Name: "ROOT", Class: "class", List: hivetest.RI, Keys: []*hivetest.Key{
		{Name: "Alpha", Values: []hivetest.Value{hivetest.Text("Text", "some text"), hivetest.Number("Number", 7)}},
		{Name: "Beta", List: hivetest.LF, Security: make([]byte, 48), Keys: []*hivetest.Key{{Name: "Under"}}},
		{Name: "Gamma", Wide: true, Values: []hivetest.Value{{Name: "Big", Type: hivetest.Binary, Data: bigData()}}},
		{Name: "Größe", List: hivetest.LI, Keys: []*hivetest.Key{{Name: "Ω"}}},
	}}
}

func bigData() []byte {
	b := make([]byte, 40000)
	for i := range b {
		b[i] = byte(i * i >> 3)
	}
	return b
}

// nth returns the file offset of the payload of the nth cell in use that
// begins with the signature.
func nth(t testing.TB, data []byte, signature string, n int) int {
	t.Helper()
	for bin := baseSize; bin < len(data); bin += int(le.Uint32(data[bin+8:])) {
		for at := bin + binHeader; at < bin+int(le.Uint32(data[bin+8:])); {
			size, used := cellSize(le.Uint32(data[at:]))
			if used && string(data[at+4:at+4+len(signature)]) == signature {
				if n == 0 {
					return at + 4
				}
				n--
			}
			at += int(size)
		}
	}
	t.Fatalf("no such %q cell", signature)
	return 0
}

func TestRead(t *testing.T) {
	for _, p := range profiles {
		data := hivetest.Write(small(), hivetest.Options{Profile: p})
		h, err := Read(bytes.NewReader(data), int64(len(data)))
		if err != nil || !h.Sound() || h.Keys != 7 || h.Values != 3 || h.Missing != 0 {
			t.Fatalf("profile %d: %+v, %v", p, h, err)
		}
		var paths []string
		h.Walk(func(k Key) bool {
			paths = append(paths, k.Path())
			return true
		})
		want := []string{"", "Alpha", "Beta", "Gamma", "Größe", `Beta\Under`, `Größe\Ω`}
		if !slices.Equal(paths, want) {
			t.Errorf("profile %d: keys %q", p, paths)
		}
		if (h.Trailing > 0) != (p == hivetest.Live) || h.Padding != (p == hivetest.Live) {
			t.Errorf("profile %d: %d bytes follow, padding %v", p, h.Trailing, h.Padding)
		}
		n := 0
		h.Walk(func(Key) bool { n++; return n < 3 })
		if n != 3 {
			t.Errorf("Walk went on to key %d", n)
		}
	}
}

func TestTrailing(t *testing.T) {
	data := hivetest.Write(small(), hivetest.Options{Profile: hivetest.RegSave})
	exact := len(data)
	for _, c := range []struct {
		more    []byte
		padding bool
	}{{nil, false}, {make([]byte, 70000), true}, {append(make([]byte, 70000), 1), false}, {[]byte("appended"), false}} {
		b := append(slices.Clone(data), c.more...)
		h, err := Read(bytes.NewReader(b), int64(len(b)))
		if err != nil || h.Trailing != int64(len(c.more)) || h.Padding != c.padding || h.Keys != 7 {
			t.Errorf("%d bytes behind %d: %d counted, padding %v, %v", len(c.more), exact, h.Trailing, h.Padding, err)
		}
	}
}

// damages are edits of the small hive and what must be told of them.
func damages(t testing.TB, whole []byte) []damage {
	at := func(signature string, n int) int { return nth(t, whole, signature, n) }
	put := func(at int, v uint32) func([]byte) []byte {
		return func(b []byte) []byte {
			le.PutUint32(b[at:], v)
			return b
		}
	}
	put16 := func(at int, v uint16) func([]byte) []byte {
		return func(b []byte) []byte {
			le.PutUint16(b[at:], v)
			return b
		}
	}
	cell := func(payload int) uint32 { return uint32(payload - 4 - baseSize) }
	root, alpha, beta := at("nk", 0), at("nk", 1), at("nk", 2)
	ri, lf := at("ri", 0), at("lf", 0)
	text, big := at("vk", 0), at("vk", 2)
	db := at("db", 0)
	list := int(le.Uint32(whole[alpha+40:])) + baseSize + 4
	return []damage{
		{"list that refers to itself", put(ri+4, cell(ri)), artifacts.Malformed, ri + 4, 4},
		{"list of another key", put(beta+28, cell(ri)), artifacts.Malformed, beta + 28, 6},
		{"key below itself", put(lf+4, cell(beta)), artifacts.Malformed, lf + 4, 6},
		{"root below a key", put(lf+4, cell(root)), artifacts.Malformed, lf + 4, 6},
		{"subkey outside", put(lf+4, 0x7FFFFFF8), artifacts.Malformed, lf + 4, 6},
		{"subkey between cells", put(lf+4, cell(alpha)+4), artifacts.Malformed, lf + 4, 6},
		{"subkey is a value", put(lf+4, cell(text)), artifacts.Malformed, lf + 4, 6},
		{"subkey is a list", put(lf+4, cell(db)), artifacts.Malformed, db, 6},
		{"list is a key", put(beta+28, cell(at("nk", 3))), artifacts.Malformed, at("nk", 3), 6},
		{"list counts too many", put16(lf+2, 9), artifacts.Malformed, lf + 2, 7},
		{"key counts too many", put(beta+20, 2), artifacts.Malformed, beta + 20, 7},
		{"key counts millions", put(root+20, 0xFFFFFFFF), artifacts.Malformed, root + 20, 7},
		{"name leaves its cell", put16(alpha+72, 0xFFFF), artifacts.Malformed, alpha, 7},
		{"class name leaves its cell", put16(root+74, 0xFFFF), artifacts.Malformed, root + 48, 7},
		{"no security descriptor", put(alpha+44, cell(alpha)+8), artifacts.Malformed, alpha + 44, 7},
		{"value list outside", put(alpha+40, 0x7FFFFFF8), artifacts.Malformed, alpha + 40, 7},
		{"more values than room", put(alpha+36, 0xFFFFFFFF), artifacts.Malformed, alpha + 36, 7},
		{"value is a key", put(list, cell(alpha)), artifacts.Malformed, list, 7},
		{"the same value twice", put(list+4, cell(text)), artifacts.Malformed, list + 4, 7},
		{"value name leaves its cell", put16(text+2, 0xFFFF), artifacts.Malformed, text, 7},
		{"data leaves its cell", put(text+4, 4000), artifacts.Malformed, text + 8, 7},
		{"data outside", put(text+8, 0x7FFFFFF8), artifacts.Malformed, text + 8, 7},
		{"inline data of 100 bytes", put(at("vk", 1)+4, 100|1<<31), artifacts.Malformed, at("vk", 1) + 4, 7},
		{"big data longer than its segments", put(big+4, 1<<30), artifacts.Malformed, db, 7},
		{"big data without segments", put16(db+2, 0), artifacts.Malformed, db, 7},
		{"root is no key", put(root, 0), artifacts.Malformed, root, 0},
		{"cell of no bytes", put(beta-4, 0), artifacts.Malformed, beta - 4, -1},
		{"cell beyond its bin", put(beta-4, 0x80000010), artifacts.Malformed, beta - 4, -1},
		{"bin without signature", put(baseSize, 0), artifacts.Malformed, baseSize, 0},
		{"bin of no bytes", put(baseSize+8, 0), artifacts.Malformed, baseSize + 8, -1},
		{"bin beyond the file", put(baseSize+8, 0xFFFFF000), artifacts.Malformed, baseSize + 8, -1},
		{"bin out of place", put(baseSize+4, 0x1000), artifacts.Malformed, baseSize + 4, 7},
		{"header counts more", put(40, 0xFFFFF000), artifacts.Checksum, 508, 7},
		{"cut", func(b []byte) []byte { return b[:len(b)-baseSize] }, artifacts.Truncated, len(whole) - baseSize, -1},
	}
}

type damage struct {
	name   string
	edit   func([]byte) []byte
	kind   artifacts.Kind
	offset int // of the first problem
	keys   int // reachable; -1: not told
}

func TestReadDamaged(t *testing.T) {
	whole := hivetest.Write(small(), hivetest.Options{Profile: hivetest.Offreg})
	bad := 0
	for _, c := range damages(t, whole) {
		data := c.edit(bytes.Clone(whole))
		h, err := Read(bytes.NewReader(data), int64(len(data)))
		if h == nil {
			t.Errorf("%s: nothing was kept: %v", c.name, err)
			continue
		}
		var p *artifacts.Problem
		if !errors.As(err, &p) || p.Kind != c.kind || p.Offset != int64(c.offset) {
			t.Errorf("%s: %v, want %s at %d", c.name, err, c.kind, c.offset)
			continue
		}
		bad++
		if c.keys >= 0 && h.Keys != c.keys {
			t.Errorf("%s: %d keys, want %d", c.name, h.Keys, c.keys)
		}
		if h.Sound() || h.lib.registry != nil {
			t.Errorf("%s: regparser would see it", c.name)
		}
		visit(h)
	}
	if want := len(damages(t, whole)); bad != want {
		t.Errorf("%d of %d damages were told as expected", bad, want)
	}
}

// visit reads whatever can be reached, through every way in.
func visit(h *Hive) (keys, values int) {
	h.Walk(func(k Key) bool {
		keys++
		_, _ = k.Name(), k.LastWritten()
		for range k.Subkeys() {
		}
		for v := range k.Values() {
			values++
			_ = v.Name()
			_, _ = v.Data(1 << 16)
		}
		return true
	})
	for _, kind := range []Kind{SAM, Security, System, Software} {
		Facts(h, kind)
	}
	h.Key(`ControlSet001\Control`)
	return keys, values
}

func TestReadRefused(t *testing.T) {
	whole := hivetest.Write(small(), hivetest.Options{})
	log := bytes.Clone(whole)
	log[28] = 6
	for _, c := range []struct {
		name string
		data []byte
		kind artifacts.Kind
	}{
		{"empty", nil, artifacts.Malformed},
		{"no hive", bytes.Repeat([]byte("MZ"), 4000), artifacts.Malformed},
		{"log", log, artifacts.Malformed},
		{"base block cut", whole[:4000], artifacts.Truncated},
	} {
		if h, err := Read(bytes.NewReader(c.data), int64(len(c.data))); h != nil || !hasKind(err, c.kind) {
			t.Errorf("%s: %v, %v", c.name, h, err)
		}
	}
	if h, err := Read(bytes.NewReader(whole[:8192]), int64(len(whole))); h != nil || !hasKind(err, artifacts.IO) {
		t.Errorf("a reader that ends early: %v, %v", h, err)
	}
}

// TestProblemsAreBounded has a hive with thousands of wrong references.
func TestProblemsAreBounded(t *testing.T) {
	root := &hivetest.Key{Name: "ROOT"}
	for i := range 400 {
		root.Keys = append(root.Keys, &hivetest.Key{Name: fmt.Sprintf("k%03d", i)})
	}
	data := hivetest.Write(root, hivetest.Options{})
	lh := nth(t, data, "lh", 0)
	for i := range 400 {
		le.PutUint32(data[lh+4+8*i:], 0x7FFFFFF8)
	}
	h, err := Read(bytes.NewReader(data), int64(len(data)))
	if err == nil || len(h.Problems) != maxProblems || h.Lost != 401-maxProblems || h.Keys != 1 {
		t.Errorf("%d problems kept, %d counted, %d keys", len(h.Problems), h.Lost, h.Keys)
	}
}

// TestMemory keeps what Read allocates below four times the hive.
func TestMemory(t *testing.T) {
	host := workstation
	host.Filler = 4 << 20
	data := hivetest.SYSTEM(host, hivetest.RegSave)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	h, err := Read(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	Facts(h, System)
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 4*uint64(len(data)) {
		t.Errorf("%d bytes allocated for a hive of %d", n, len(data))
	}
}

func TestNewest(t *testing.T) {
	day := func(d int) time.Time { return time.Date(2024, 5, d, 1, 2, 3, 4500, time.UTC) }
	root := &hivetest.Key{Name: "ROOT", Time: day(1), Keys: []*hivetest.Key{
		{Name: "A", Time: day(3)}, {Name: "B", Time: day(2), Keys: []*hivetest.Key{{Name: "C", Time: day(9)}}}}}
	data := hivetest.Write(root, hivetest.Options{})
	h, err := Read(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		notAfter time.Time
		path     string
		later    int
	}{{time.Time{}, `B\C`, 0}, {day(9), `B\C`, 0}, {day(8), `A`, 1}, {day(2), `B`, 2}} {
		k, later, ok := h.Newest(c.notAfter)
		if !ok || k.Path() != c.path || later != c.later {
			t.Errorf("not after %v: %s, %d later, %v", c.notAfter, k.Path(), later, ok)
		}
	}
	if _, later, ok := h.Newest(day(1).Add(-time.Hour)); ok || later != 4 {
		t.Errorf("nothing is old enough, got %d later, %v", later, ok)
	}
}

func TestKeyLookup(t *testing.T) {
	data := hivetest.Write(small(), hivetest.Options{})
	h, err := Read(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path string
		ok   bool
	}{
		{"", true}, {"alpha", true}, {`BETA\under`, true}, {"gamma", true}, {"GRÖSSE", false}, {"größe", true},
		{`Größe\ω`, true}, {`Beta\Over`, false}, {`Alpha\Under`, false}, {`\Alpha`, false}, {`/`, false}, {`Alpha\`, false},
	} {
		k, ok := h.Key(c.path)
		if ok != c.ok {
			t.Errorf("Key(%q): %v", c.path, ok)
		}
		if ok && !strings.EqualFold(k.Path(), c.path) {
			t.Errorf("Key(%q) is %q", c.path, k.Path())
		}
	}
}
