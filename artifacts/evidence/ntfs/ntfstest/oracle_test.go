package ntfstest

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts"
)

// oracle runs an independent program and returns what it prints; the test is
// skipped where the program is not installed.
func oracle(t *testing.T, name string, args ...string) []byte {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("SKIPPED: %s is not installed, so nothing but this package has judged the volume", name)
	}
	var stdout, stderr bytes.Buffer
	cmd := exec.Command(path, args...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Errorf("%s %s: %v\n%s%s", name, strings.Join(args, " "), err, stdout.Bytes(), stderr.Bytes())
	}
	return stdout.Bytes()
}

// pattern is n bytes that do not compress and differ by seed.
func pattern(n int, seed byte) []byte {
	b := make([]byte, n)
	x := uint32(seed) + 1
	for i := range b {
		x = x*1664525 + 1013904223
		b[i] = byte(x >> 24)
	}
	return b
}

// text is n bytes that compress well.
func text(n int, word string) []byte {
	return bytes.Repeat([]byte(word), n/len(word)+1)[:n]
}

// holey is a unit of text, a long hole, and more text.
func holey() []byte {
	b := append(text(4096, "regf text "), make([]byte, 1<<20-4096)...)
	b = append(b, text(100_000, "more of it ")...)
	return append(append(b, make([]byte, 70_000)...), pattern(70_000, 9)...)
}

// scene is a volume with one file of every kind.
func scene() []File {
	day := func(n int) time.Time { return time.Date(2026, 5, n, 10, 20, 30, 1234500, time.UTC) }
	deep := ""
	for i := range 64 {
		deep += fmt.Sprintf("/level%02d", i)
	}
	files := []File{
		{Path: "/Windows", Dir: true},
		{Path: "/Windows/Temp/sam.save", Data: pattern(40_000, 1), Owner: "S-1-5-21-1-2-3-1001", USN: 77,
			SI: artifacts.Times{Created: day(1), Modified: day(2), Changed: day(3), Accessed: day(4)}},
		{Path: "/Windows/Temp/small.txt", Data: []byte("resident")},
		{Path: "/Windows/Temp/empty"},
		{Path: "/Windows/Temp/frag.bin", Data: pattern(300_001, 2), Layout: Layout{Fragments: 17}},
		{Path: "/Windows/Temp/two.bin", Data: pattern(30_000, 3), Layout: Layout{Fragments: 2}},
		{Path: "/Windows/Temp/listed.bin", Data: pattern(200_000, 4), Layout: Layout{Fragments: 20}, AttributeList: true},
		{Path: "/Windows/Temp/shredded.bin", Data: pattern(2_000_000, 5), Layout: Layout{Fragments: 480}},
		{Path: "/Windows/Temp/sparse.bin", Data: append(make([]byte, 1<<20), pattern(5000, 6)...), Layout: Layout{Sparse: true}},
		{Path: "/Windows/Temp/valid.bin", Data: pattern(50_000, 7), Layout: Layout{Valid: 20_000}},
		{Path: "/Users/a/notes.txt", Data: []byte("note"), ShortName: "NOTES~1.TXT", Streams: []Stream{
			{Name: "hidden", Data: pattern(9000, 8)}, {Name: "Zone.Identifier", Data: []byte("[ZoneTransfer]")}}},
		{Path: "/Users/a/hard.txt", Data: pattern(5000, 11), Links: []string{"/Users/b/other name.txt"}},
		{Path: "/Users/a/gone.hiv", Data: pattern(33_000, 12), Deleted: true, Layout: Layout{Fragments: 3}},
		{Path: "/Users/a/over.hiv", Data: pattern(133_000, 13), Deleted: true, Overwrite: 1},
		{Path: "/Users/olddir", Dir: true, Deleted: true},
		{Path: "/Users/olddir/child.hiv", Data: pattern(12_000, 14)},
		{Path: deep + "/bottom.bin", Data: pattern(7000, 15)},
		{Path: "/odd/lone", RawName: []uint16{'x', 0xD83D, 'y'}, Data: []byte("surrogate")},
		{Path: "/$Extend/$UsnJrnl", Streams: []Stream{{Name: "$Max", Data: make([]byte, 32)},
			{Name: "$J", Data: append(make([]byte, 256<<10), pattern(4096, 16)...), Layout: Layout{Sparse: true}}}},
		{Path: "/Windows/System32/wof.exe", Data: pattern(20_000, 17), WOF: true},
	}
	for i := range 3000 {
		files = append(files, File{Path: fmt.Sprintf("/many/a file with a name %d.dat", (i*7919)%3000), Data: []byte{byte(i)}})
	}
	return files
}

// compressible are files for volumes whose clusters allow compression.
func compressible() []File {
	return []File{
		{Path: "/c/text.bin", Data: text(300_000, "compress me, please. "), Layout: Layout{Compressed: true}},
		{Path: "/c/raw.bin", Data: pattern(150_000, 20), Layout: Layout{Compressed: true}},
		{Path: "/c/holey.bin", Data: holey(), Layout: Layout{Compressed: true}},
		{Path: "/c/frag.bin", Data: holey(), Layout: Layout{Compressed: true, Fragments: 5}},
		{Path: "/c/gone.bin", Data: holey(), Layout: Layout{Compressed: true}, Deleted: true},
	}
}

// planted builds a volume of files in a temporary image.
func planted(t *testing.T, opt Options, files []File) (*Builder, string) {
	t.Helper()
	b := New(opt)
	for _, f := range files {
		b.Add(f)
	}
	img, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return b, temporary(t, img)
}

// temporary writes an image for programs to read.
func temporary(t *testing.T, img []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ntfs.raw")
	if err := os.WriteFile(path, img, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// wanted is what a reader must return for a file.
func wanted(f File) []byte {
	data := slices.Clone(f.Data)
	if f.Layout.Valid > 0 {
		clear(data[f.Layout.Valid:])
	}
	return data
}

var geometries = []Options{
	{},
	{ClusterSize: 512},
	{ClusterSize: 2048, MFTFragments: 5},
	{ClusterSize: 65536},
	{ClusterSize: 16384, RecordSize: 4096},
	{SectorSize: 4096},
	{SectorSize: 4096, ClusterSize: 8192},
	{Size: 64 << 20, Label: "DATA"},
}

func TestOracles(t *testing.T) {
	for _, opt := range geometries {
		t.Run(fmt.Sprintf("sector=%d,cluster=%d,record=%d", opt.SectorSize, opt.ClusterSize, opt.RecordSize), func(t *testing.T) {
			files := scene()
			if opt.ClusterSize <= 4096 {
				files = append(files, compressible()...)
			}
			b, img := planted(t, opt, files)
			checkListing(t, img, files)
			for _, f := range files {
				if f.Dir || strings.HasPrefix(f.Path, "/many/") {
					continue
				}
				p, ok := b.Lookup(f.Path)
				if !ok {
					t.Fatalf("%s was not placed", f.Path)
				}
				if !f.WOF && f.Overwrite == 0 {
					same(t, f.Path, oracle(t, "icat", "-r", img, fmt.Sprint(p.Record)), wanted(f))
				}
			}
		})
	}
}

// same compares contents without printing them.
func same(t *testing.T, name string, got, want []byte) {
	t.Helper()
	if bytes.Equal(got, want) {
		return
	}
	i := 0
	for i < min(len(got), len(want)) && got[i] == want[i] {
		i++
	}
	t.Errorf("%s: %d bytes, want %d, first difference at %d", name, len(got), len(want), i)
}

// checkListing compares fls with the live and deleted names.
func checkListing(t *testing.T, img string, files []File) {
	t.Helper()
	out := string(oracle(t, "fls", "-r", "-p", img))
	have := map[string]bool{}
	for line := range strings.SplitSeq(out, "\n") {
		kind, name, ok := strings.Cut(line, ":\t")
		if ok && !strings.Contains(kind, "realloc") {
			have[strings.TrimSpace(name)] = true
		}
	}
	missing := 0
	for _, f := range files {
		if name := f.Path[1:]; !have[name] && f.RawName == nil {
			if missing++; missing < 10 {
				t.Errorf("fls does not list %s", name)
			}
		}
	}
	if missing > 0 {
		t.Errorf("%d of %d missing; fls printed %d lines", missing, len(files), strings.Count(out, "\n"))
	}
}
