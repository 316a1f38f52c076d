package triage_test

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/ntfs"
	"hivetriage/artifacts/evidence/ntfs/ntfstest"
	"hivetriage/testdata/corpora"
	"hivetriage/triage"
	"hivetriage/triage/coverage"
	"hivetriage/triage/locate"
)

// tableOf returns the $MFT of a volume with the files.
func tableOf(t *testing.T, files ...ntfstest.File) []byte {
	t.Helper()
	return metadataOf(t, "/$MFT", "", files...)
}

// metadataOf returns a stream of a volume with the files.
func metadataOf(t *testing.T, path, stream string, files ...ntfstest.File) []byte {
	t.Helper()
	b := ntfstest.New(ntfstest.Options{})
	for _, f := range files {
		b.Add(f)
	}
	image, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	v, err := ntfs.Open(strings.NewReader(string(image)), int64(len(image)), artifacts.Locator{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	named := artifacts.Scan{Workers: 1, Name: func(n, s []byte) bool { return "/"+string(n) == path && string(s) == stream }}
	for e, err := range v.Find(t.Context(), named) {
		if err != nil {
			t.Fatal(err)
		}
		c, err := e.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		table, err := io.ReadAll(io.NewSectionReader(c, 0, c.Size()))
		if err != nil {
			t.Fatal(err)
		}
		return table
	}
	t.Fatal("no " + path)
	return nil
}

func write(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
}

func run(t *testing.T, path string) *triage.Case {
	t.Helper()
	c, err := triage.Run(t.Context(), triage.Config{Inputs: []triage.Input{{Path: path}}, Workers: 2, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const owner = "S-1-5-21-1-2-3-1001"

func planted() []ntfstest.File {
	day := time.Date(2026, 3, 14, 14, 7, 2, 0, time.UTC)
	times := artifacts.Times{Created: day, Modified: day, Changed: day, Accessed: day}
	file := func(path string, size int) ntfstest.File {
		return ntfstest.File{Path: path, Data: make([]byte, size), SI: times, FN: times}
	}
	deleted := file("/Windows/Temp/security.save", 40<<10)
	deleted.Deleted = true
	tmp := file("/Windows/Temp/QwErTyUi.tmp", 44<<10)
	tmp.Deleted = true
	owned := file("/ProgramData/SAM", 48<<10)
	owned.Owner = owner
	return []ntfstest.File{
		file("/Windows/System32/config/SAM", 64<<10), file("/Windows/System32/config/RegBack/SECURITY", 64<<10),
		owned, file("/Users/eve/SYSTEM", 2<<20), deleted, tmp,
		file("/Users/eve/security.txt", 40<<10), file("/Users/eve/sam.dat", 40<<10),
	}
}

// TestReportedExports finds copies by the file table in every place that one
// can be in, and not those that were collected.
func TestReportedExports(t *testing.T) {
	table := tableOf(t, planted()...)
	dir := t.TempDir()
	write(t, filepath.Join(dir, "alone", "mft.bin"), table)
	write(t, filepath.Join(dir, "drive", "$MFT"), table)
	write(t, filepath.Join(dir, "folders", "C", "$MFT"), table)
	write(t, filepath.Join(dir, "folders", "C", "Users", "eve", "sam.dat"), make([]byte, 40<<10)) // it was collected and is no hive
	write(t, filepath.Join(dir, "folders", "C", "$Secure_$SDS"), metadataOf(t, "/$Secure", "$SDS", planted()...))
	for _, tt := range []struct {
		input     string
		collected bool
	}{
		{filepath.Join("alone", "mft.bin"), false},
		{"drive", false},
		{"folders", true},
	} {
		c := run(t, filepath.Join(dir, tt.input))
		want := []string{"SAM /ProgramData/SAM in use", "SECURITY /Windows/Temp/security.save deleted", "SYSTEM /Users/eve/SYSTEM in use"}
		if !tt.collected {
			want = append(want, "SAM /Users/eve/sam.dat in use")
			slices.Sort(want)
		}
		var got []string
		for _, e := range c.Exports {
			state := "in use"
			if e.Deleted {
				state = "deleted"
			}
			if owned := tt.collected && e.At.Path == "/ProgramData/SAM"; owned != (e.OwnerSID == owner) {
				t.Errorf("%s: %s is owned by %q", tt.input, e.At.Path, e.OwnerSID)
			}
			got = append(got, e.Hive+" "+e.At.Path+" "+state)
			if e.State != locate.StateReported || e.SHA256 != "" || e.Integrity.Complete || e.MFTRecord == 0 || e.Times.SI.Created.IsZero() || e.Size < 40<<10 ||
				!strings.Contains(strings.Join(e.IdentifiedBy, " "), "the content is not in the evidence") {
				t.Errorf("%s: %+v", tt.input, e)
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", tt.input, got, want)
		}
		if c.Verdict != "suspicious" || c.Complete {
			t.Errorf("%s: verdict %s, complete %v", tt.input, c.Verdict, c.Complete)
		}
		tables, weak := 0, ""
		for _, row := range c.Coverage.Sources {
			switch row.What {
			case "file table":
				tables++
				if row.State != "read" || row.Records < 8 || !strings.Contains(row.Why, "2 deleted") {
					t.Errorf("%s: %+v", tt.input, row)
				}
			case "names in the file table":
				weak += row.Why
			}
		}
		if tables != 1 || !strings.Contains(weak, "/Windows/Temp/QwErTyUi.tmp (deleted: eight letters") || strings.Contains(weak, "security.txt") {
			t.Errorf("%s: %d tables, %q", tt.input, tables, weak)
		}
	}
}

// A file that only has a table's name is told, and nothing is found in it.
func TestNoFileTable(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "$MFT"), []byte("not a table"))
	c := run(t, dir)
	if len(c.Exports) != 0 || c.Coverage.Totals.Failed != 1 ||
		!slices.ContainsFunc(c.Coverage.Sources, func(r coverage.Row) bool {
			return r.What == "file table" && r.State == "failed" && r.Why != ""
		}) {
		t.Errorf("%+v", c.Coverage)
	}
}

// Damage of the table costs the records it hits.
func TestDamagedFileTable(t *testing.T) {
	table := tableOf(t, planted()...)
	copy(table[1024*6:], "JUNK")
	dir := t.TempDir()
	write(t, filepath.Join(dir, "$MFT"), table[:len(table)-1])
	c := run(t, dir)
	told := 0
	for _, r := range c.Coverage.Sources {
		if r.What == "file table" && strings.Contains(r.Why, "record") {
			told++
		}
	}
	if len(c.Exports) < 3 || told < 2 {
		t.Errorf("%d exports, %d problems: %+v", len(c.Exports), told, c.Coverage.Sources)
	}
}

// A real table of a clean volume opens, and holds nothing of interest.
func TestRealFileTable(t *testing.T) {
	c := run(t, corpora.Path(t, "machine", "$MFT"))
	if c.Inputs[0].Kind != "$MFT" || len(c.Exports) != 0 || c.Verdict != "none" || c.Complete {
		t.Errorf("%+v: %d exports, verdict %s, complete %v", c.Inputs, len(c.Exports), c.Verdict, c.Complete)
	}
	for _, r := range c.Coverage.Sources {
		if r.What == "file table" && r.State != "read" || r.What == "names in the file table" {
			t.Errorf("%+v", r)
		}
	}
}
