package batch

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"hivetriage/artifacts/evidence"
)

func TestStem(t *testing.T) {
	for name, want := range map[string]string{
		"WS01.zip": "WS01", "WS01.tar.gz": "WS01", "WS01.E01": "WS01", "WS01.dd.001": "WS01", "WS01.7z.001": "WS01", "WS01.example.com.zip": "WS01.example.com", "10.0.0.12.zip": "10.0.0.12",
		"Security.evtx": "Security", "SAM": "SAM", ".zip": ".zip", "a.part1.rar": "a", "notes.old": "notes.old", "": "", "x.ZIP": "x",
	} {
		if got := stem(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

func TestNames(t *testing.T) {
	long := strings.Repeat("é", 100)
	for _, c := range []struct{ bases, want []string }{
		{[]string{"WS01", "ws01", "WS01", "WS01-2"}, []string{"WS01", "ws01-2", "WS01-3", "WS01-2-2"}},
		{[]string{"CON", "aux.backup", "com1", "COM²", "console", "nul.", "lpt9"}, []string{"input-CON", "input-aux.backup", "input-com1", "input-COM²", "console", "input-nul", "input-lpt9"}},
		{[]string{"", ".", "..", "???", "-rf", ".hidden", "dot.", "space ", "a/b\\c:d*e"}, []string{"input", "input-2", "input-3", "input-4", "rf", "hidden", "dot", "space", "a_b_c_d_e"}},
		{[]string{"line\nbreak\x1b[31m", "bad\xff\xfebytes", "Büro 7 (neu)", "Bu\u0308ro 7 (neu)", "主机"}, []string{"line_break_31m", "bad_bytes", "Büro_7_neu", "Büro_7_neu-2", "主机"}},
		{[]string{long, long}, []string{strings.Repeat("é", 40), strings.Repeat("é", 39) + "-2"}},
		{[]string{"straße", "STRASSE", "ﬁle", "file"}, []string{"straße", "STRASSE", "ﬁle", "file-2"}},
	} {
		var items []*evidenceItem
		for _, b := range c.bases {
			items = append(items, &evidenceItem{base: b})
		}
		nameItems(items)
		for i, item := range items {
			if item.Name != c.want[i] {
				t.Errorf("%q of %q: %q, want %q", c.bases[i], c.bases, item.Name, c.want[i])
			}
		}
	}
}

func TestNatural(t *testing.T) {
	want := []string{"", "1", "01", "2", "10", "a", "A1", "a2", "a10", "a10b", "a10c", "b", "WS-2/x", "WS-10/x"}
	for range 20 {
		got := slices.Clone(want)
		rand.Shuffle(len(got), func(i, j int) { got[i], got[j] = got[j], got[i] })
		slices.SortFunc(got, natural)
		// "1" and "01" differ by their zeros alone: the bytes decide
		if i, j := slices.Index(got, "1"), slices.Index(got, "01"); i > j {
			got[i], got[j] = got[j], got[i]
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%q, want %q", got, want)
		}
	}
}

// TestCopies triages identical files once, and tells of what only may be.
func TestCopies(t *testing.T) {
	big := func(end string) string { return "=" + aZip + strings.Repeat("x", headSize+100) + end }
	c := findCase{"copies", map[string]string{
		"a.zip": "=" + aZip, "b/a-copy.zip": "=" + aZip, "c.zip": big("1"), "d.zip": big("1"), "e.zip": big("2"),
		"i.E01": "=" + anE01, "i.E02": "=" + anE01 + "2", "j.E01": "=" + anE01, "j.E02": "=" + anE01 + "2", "k.E01": "=" + anE01,
		"WS1/Windows/System32/config/SAM": "=" + aHive, "WS2/Windows/System32/config/SAM": "=" + aHive,
	}, []string{"a archive: a.zip > a.zip", "c archive: c.zip > c.zip", "e archive: e.zip > e.zip", "i disk image: i.E01 i.E02 > i.E01", "k disk image: k.E01 > k.E01", "WS1 folder: WS1 > WS1", "WS2 folder: WS2 > WS2"},
		[]string{"b/a-copy.zip: the same bytes as a.zip: triaged once", "d.zip: the same bytes as c.zip", "j.E01: the same bytes as i.E01", "WS2: perhaps a copy of WS1: the same files with the same sizes and times; both"}}
	c.check(t)
}

// TestIdentity is the same wherever the folder lies, and another when anything
// of the item changed.
func TestIdentity(t *testing.T) {
	files := map[string]string{"WS.E01": anE01, "WS.E02": anE01, "H/C/Windows/System32/config/SAM": aHive, "H/C/x.txt": "text"}
	dir := build(t, files)
	first, second := find(t, Options{}, dir), find(t, Options{}, build(t, files))
	if len(first.Items) != 2 || first.Digest() != second.Digest() {
		t.Fatalf("%d items; digests %s and %s", len(first.Items), first.Digest(), second.Digest())
	}
	before := map[string]string{}
	for _, item := range first.Items {
		before[item.Name] = item.Identity()
	}
	later := time.Date(2026, 3, 15, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		what, of string
		change   func() error
	}{
		{"a segment's time", "WS", func() error { return os.Chtimes(filepath.Join(dir, "WS.E02"), later, later) }},
		{"a segment's name", "WS", func() error { return os.Rename(filepath.Join(dir, "WS.E02"), filepath.Join(dir, "WS.E03")) }},
		{"a file's time", "H", func() error { return os.Chtimes(filepath.Join(dir, "H/C/x.txt"), later, later) }},
		{"a file's size", "H", func() error { return os.Truncate(filepath.Join(dir, "H/C/x.txt"), 1) }},
		{"a file's name", "H", func() error { return os.Rename(filepath.Join(dir, "H/C/x.txt"), filepath.Join(dir, "H/C/y.txt")) }},
		{"a new file", "H", func() error { return os.WriteFile(filepath.Join(dir, "H/z.txt"), nil, 0o600) }},
	} {
		if err := c.change(); err != nil {
			t.Fatal(err)
		}
		p := find(t, Options{}, dir)
		for _, item := range p.Items {
			if changed := item.Identity() != before[item.Name]; changed != (item.Name == c.of) {
				t.Errorf("%s: identity of %s changed: %v", c.what, item.Name, changed)
			}
			before[item.Name] = item.Identity()
		}
		if p.Digest() == first.Digest() {
			t.Errorf("%s: the digest did not change", c.what)
		}
	}
}

// TestOrder plans the same from files in any order.
func TestOrder(t *testing.T) {
	dir := build(t, map[string]string{"WS-disk0.E01": anE01, "WS-disk0.E02": anE01, "WS-disk1.E01": anE01, "WS-disk2.dd": aDisk(), "a.001": aDisk(), "a.002": "x", "b.zip": aZip, "B.zip": aZip, "c.vmdk": "KDMV", "c_1.vmdk": "KDMV", "x.evtx": aLog, "y.evtx": aLog})
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var roots []string
	for _, e := range entries {
		roots = append(roots, filepath.Join(dir, e.Name()))
	}
	want := strings.Join(itemRows(find(t, Options{}, roots...), dir), "\n")
	if n := strings.Count(want, "\n") + 1; n != 6 {
		t.Errorf("%d items:\n%s", n, want)
	}
	for range 30 {
		rand.Shuffle(len(roots), func(i, j int) { roots[i], roots[j] = roots[j], roots[i] })
		if got := strings.Join(itemRows(find(t, Options{}, roots...), dir), "\n"); got != want {
			t.Fatalf("from %q\n%s\nwant\n%s", roots, got, want)
		}
	}
}

// FuzzGroup groups files of any names and kinds: each is in one place, and the
// items' names can be files' on every system.
func FuzzGroup(f *testing.F) {
	for _, names := range []string{"a.E01\na.E02\na.EAA", "a.001\na.002", "WS-disk0.E01\nWS-disk1.E01", "sda.dd\nsdb.dd", "x.vmdk\nx_1.vmdk\nx-flat.vmdk", "a.z01\na.zip\na.ZIP", "WS_C.vhdx\nWS_D.vhdx", "İ.vmdk\ni̇_1.vmdk", "CON.zip\ncon.7z\n.zip", "a.part1.rar\na.part01.rar", "a.2023\na.2024\na.00"} {
		for kinds := range byte(4) {
			f.Add(names, kinds, true)
		}
	}
	f.Fuzz(func(t *testing.T, text string, kinds byte, inHost bool) {
		seen := map[string]bool{}
		var files []*file
		for i, name := range strings.Split(text, "\n") {
			if name == "" || seen[name] || strings.ContainsAny(name, "/\x00") || len(files) == 64 {
				continue
			}
			seen[name] = true
			x := &file{name: name, path: filepath.Join("no such folder", name), class: evidence.Class((int(kinds) + i*int(kinds)) % 4)}
			if x.class == evidence.Disk {
				x.format = []string{"raw", "ewf", "vmdk"}[(int(kinds)+i)%3]
			}
			files = append(files, x)
		}
		g := (&finder{}).group(slices.Clone(files), "folder", inHost)
		count := map[*file]int{}
		var items []*evidenceItem
		for _, s := range g.items {
			for _, x := range s.files {
				count[x]++
			}
			if len(s.open) == 0 || slices.ContainsFunc(s.open, func(x *file) bool { return !slices.Contains(s.files, x) }) {
				t.Fatalf("%q: a set that opens what it has not", text)
			}
			items = append(items, &evidenceItem{base: stem(s.base)})
		}
		for _, x := range slices.Concat(g.loose, g.others) {
			count[x]++
		}
		for _, x := range files {
			if count[x] != 1 {
				t.Fatalf("%q: %q is in %d places", text, x.name, count[x])
			}
			g.owner(x.name)
		}
		nameItems(items)
		checkNames(t, items)
	})
}

// checkNames expects names that every system takes, each its own.
func checkNames(t *testing.T, items []*evidenceItem) {
	t.Helper()
	taken := map[string]bool{}
	for _, item := range items {
		n := item.Name
		switch key := strings.ToLower(n); {
		case n == "" || len(n) > maxName || !utf8.ValidString(n) || !safeOnWindows(n):
			t.Fatalf("%q is named %q", item.base, n)
		case taken[key]:
			t.Fatalf("%q is the name of two", n)
		default:
			taken[key] = true
		}
	}
}

// safeOnWindows is what Windows asks of a name.
func safeOnWindows(n string) bool {
	first, _, _ := strings.Cut(n, ".")
	devices := []string{"CON", "PRN", "AUX", "NUL", "COM1", "COM9", "LPT1"}
	return !strings.ContainsAny(n, "<>:\"/\\|?*") && strings.IndexFunc(n, func(r rune) bool { return r < ' ' || r == 0x7f }) < 0 &&
		!strings.HasSuffix(n, ".") && !strings.HasSuffix(n, " ") && !strings.HasPrefix(n, ".") && !strings.HasPrefix(n, "-") &&
		!slices.Contains(devices, strings.ToUpper(first))
}

func FuzzNames(f *testing.F) {
	f.Add("WS01\x00ws01\x00WS01-2\x00CON\x00aux.x\x00\xff")
	f.Add(strings.Repeat("é", 100) + "\x00" + strings.Repeat("é", 100))
	f.Fuzz(func(t *testing.T, text string) {
		var items []*evidenceItem
		for _, base := range strings.Split(text, "\x00") {
			items = append(items, &evidenceItem{base: stem(base)})
		}
		nameItems(items)
		checkNames(t, items)
	})
}

func FuzzList(f *testing.F) {
	f.Add([]byte("a\r\nb\n"))
	f.Add([]byte("a\x00b\nc\x00"))
	f.Fuzz(func(t *testing.T, text []byte) {
		paths, err := readList(bytes.NewReader(text))
		if (err == nil) != (len(paths) > 0) || slices.Contains(paths, "") {
			t.Errorf("%q: %q, %v", text, paths, err)
		}
	})
}

// BenchmarkFind plans 300 archives beside folders with 20,000 files.
func BenchmarkFind(b *testing.B) {
	files := map[string]string{}
	for i := range 300 {
		files[fmt.Sprintf("WS-%03d.zip", i)] = aZip
	}
	for i := range 20_000 {
		files[fmt.Sprintf("host-%d/C/Windows/System32/config/%d/%d.dat", i%10, i%200, i)] = "x"
	}
	dir := build(b, files)
	b.ResetTimer()
	for b.Loop() {
		if p := find(b, Options{}, dir); len(p.Items) != 310 {
			b.Fatalf("%d items", len(p.Items))
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/20_300, "ns/file")
}
