package triage_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/ntfs/ntfstest"
	"hivetriage/artifacts/journal/logfile/logfiletest"
	"hivetriage/artifacts/journal/usn/usntest"
	"hivetriage/testdata/corpora"
	"hivetriage/triage"
	"hivetriage/triage/coverage"
	"hivetriage/triage/locate"
)

const (
	create, extend, gone, oldName, newName, closed = 0x100, 0x2, 0x200, 0x1000, 0x2000, 0x80000000

	folderRecord = 90001 // of folders that no file table has
)

var act = time.Date(2026, 3, 14, 14, 7, 2, 0, time.UTC)

// told is one file's life as a journal tells it.
func told(b *usntest.Builder, record uint64, at time.Time, names ...string) {
	c := usntest.Change{Record: record, Sequence: 2, Parent: 5, ParentSequence: 5, Time: at, Reason: create, Name: names[0]}
	b.Add(c)
	c.Reason |= extend | closed
	b.Add(c)
	for _, name := range names[1:] {
		c.Time = c.Time.Add(time.Second)
		if name == "" {
			c.Reason = gone | closed
			b.Add(c)
			return
		}
		c.Reason = oldName
		b.Add(c)
		c.Name, c.Reason = name, newName
		b.Add(c)
		c.Reason |= closed
		b.Add(c)
	}
}

func exportsOf(c *triage.Case) []string {
	var all []string
	for _, e := range c.Exports {
		line := e.Hive + " " + e.At.Path
		if e.Deleted {
			line += " deleted"
		}
		for _, h := range e.History {
			line += " " + h.Kind
		}
		all = append(all, line)
	}
	slices.Sort(all)
	return all
}

func rows(c *triage.Case, what string) (found []coverage.Row) {
	for _, r := range c.Coverage.Sources {
		if r.What == what {
			found = append(found, r)
		}
	}
	return found
}

// TestJournalNames finds names of copies in a journal without anything else,
// and leaves others alone.
func TestJournalNames(t *testing.T) {
	b := usntest.New(1 << 30)
	told(b, 100, act, "sam.save", "")
	told(b, 101, act.Add(time.Minute), "x.bin", "security.bak")
	told(b, 102, act.Add(2*time.Minute), "invoice.csv", "sample.txt", "")
	told(b, 103, act.Add(3*time.Minute), "system.dat")
	told(b, 104, act.Add(4*time.Minute), "SECURITY", "nothing.txt", "")
	b.Add(usntest.Change{Record: 105, Parent: 5, ParentSequence: 5, Time: act, Reason: create, Attributes: 0x10, Name: "SAM"}) // a folder
	b.Add(usntest.Change{Record: 106, Sequence: 2, Parent: folderRecord, Time: act, Reason: create | closed, Name: "sam.hiv"})
	b.Raw(slices.Repeat([]byte{0xA5}, 64))
	told(b, 107, act.Add(5*time.Minute), "SYSTEM.save", "")
	for _, name := range []string{filepath.Join("C", "$Extend", "$J"), "$UsnJrnl_$J", "$J"} {
		dir := t.TempDir()
		write(t, filepath.Join(dir, name), b.Bytes())
		c := run(t, dir)
		want := []string{
			"SAM $unknown/sam.hiv created",
			"SAM /sam.save deleted created written deleted",
			"SECURITY /nothing.txt deleted created written renamed deleted",
			"SECURITY /security.bak created written renamed",
			"SYSTEM /SYSTEM.save deleted created written deleted",
		}
		got := exportsOf(c)
		for i := range got {
			got[i] = strings.ReplaceAll(strings.Replace(got[i], "/$OrphanFiles/unknown parent record 90001-1", "$unknown", 1), " /C/", " /")
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
		if c.Verdict != "suspicious" {
			t.Errorf("%s: %s", name, c.Verdict)
		}
		journals, weak := rows(c, "change journal"), rows(c, "names in the journals")
		if len(journals) != 2 || !slices.ContainsFunc(journals, func(r coverage.Row) bool {
			return r.State == coverage.Partial && r.Records == 27 && r.From.Equal(act) && strings.Contains(r.Why, "64 bytes at 1 place hold no records")
		}) {
			t.Errorf("%s: %+v", name, journals)
		}
		if len(weak) != 1 || weak[0].Records != 1 || !strings.Contains(weak[0].Why, "/system.dat (") {
			t.Errorf("%s: %+v", name, weak)
		}
	}
}

// journaledTable is a collection with a file table and a journal that tells
// of its files.
func journaledTable(t *testing.T, dir string) {
	t.Helper()
	day := artifacts.Times{Created: act, Modified: act, Changed: act, Accessed: act}
	files := []ntfstest.File{
		{Path: "/Users", Dir: true},
		{Path: "/Users/sam.save", Data: make([]byte, 48<<10), SI: day, Sequence: 2},
		{Path: "/Users/quiet.bin", Data: make([]byte, 48<<10), SI: day, Sequence: 2},
		{Path: "/Users/small.bin", Data: make([]byte, 100), SI: day, Sequence: 2},
		{Path: "/Users/other.txt", Data: make([]byte, 100), SI: day, Sequence: 3},
	}
	b := ntfstest.New(ntfstest.Options{})
	for _, f := range files {
		b.Add(f)
	}
	if _, err := b.Bytes(); err != nil {
		t.Fatal(err)
	}
	record := func(path string) uint64 {
		p, ok := b.Lookup(path)
		if !ok {
			t.Fatal(path)
		}
		return p.Record
	}
	j := usntest.New(1 << 30)
	add := func(path string, names ...string) {
		for i, name := range names {
			c := usntest.Change{Record: record(path), Sequence: 2, Parent: record("/Users"), Time: act.Add(time.Duration(i) * time.Second), Name: name}
			switch {
			case i == 0:
				c.Reason = create | closed
				j.Add(c)
			case name == "":
				c.Name, c.Reason = names[i-1], gone|closed
				j.Add(c)
			default:
				c.Name, c.Reason = names[i-1], oldName
				j.Add(c)
				c.Name, c.Reason = name, newName|closed
				j.Add(c)
			}
		}
	}
	add("/Users/sam.save", "a.tmp", "sam.save")
	add("/Users/quiet.bin", "security.save", "quiet.bin")
	add("/Users/small.bin", "system.save", "small.bin")
	add("/Users/other.txt", "SECURITY.SAVE", "gone.bin", "")
	write(t, filepath.Join(dir, "C", "$MFT"), tableOf(t, files...))
	write(t, filepath.Join(dir, "C", "$Extend", "$UsnJrnl_$J"), j.Bytes())
}

// What the file table tells of as well is one export: by record and sequence
// number. A name that a file had before, the table does not tell.
func TestJournalAndTable(t *testing.T) {
	dir := t.TempDir()
	journaledTable(t, dir)
	c := run(t, dir)
	want := []string{
		"SAM /Users/sam.save created renamed",
		"SECURITY /Users/gone.bin deleted created renamed deleted",
		"SECURITY /Users/quiet.bin created renamed",
	}
	got := exportsOf(c)
	for i := range got {
		got[i] = strings.ReplaceAll(got[i], " /C/", " /")
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	for _, e := range c.Exports {
		known := !strings.HasSuffix(e.At.Path, "gone.bin")
		if (e.MFTRecord != 0) != known || (e.Size == 48<<10) != known || e.State != locate.StateReported {
			t.Errorf("%+v", e)
		}
	}
	if weak := rows(c, "names in the journals"); len(weak) != 0 { // 100 bytes are no hive
		t.Errorf("%+v", weak)
	}
}

// The transaction log alone tells a name, its times and its size.
func TestTransactionLog(t *testing.T) {
	name := logfiletest.FileName{Record: 200, Sequence: 3, Parent: 5, ParentSequence: 5, Time: act, Size: 49152, Name: "sam.save"}
	folder := name
	folder.Name, folder.Attributes, folder.Record = "SYSTEM", 0x10000000, 201
	b := logfiletest.New(logfiletest.Options{Major: 1, Minor: 1})
	for _, data := range [][]byte{logfiletest.Added(name), logfiletest.Created(name), logfiletest.Added(folder), logfiletest.Removed(name)} {
		b.Add(data)
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "$LogFile"), b.Bytes())
	c := run(t, dir)
	if got := exportsOf(c); !slices.Equal(got, []string{"SAM /sam.save deleted named created named"}) {
		t.Errorf("%q", got)
	}
	if e := c.Exports[0]; e.Size != 49152 || !e.Times.FN.Created.Equal(act) || e.MFTRecord != 0 || e.History[0].LSN == 0 || e.History[0].Offset == 0 {
		t.Errorf("%+v", e)
	}
	if r := rows(c, "transaction log"); len(r) != 1 || r[0].State != coverage.Read || r[0].Records != 4 || !strings.Contains(r[0].Why, "version 1.1") {
		t.Errorf("%+v", r)
	}
}

// A file that has a journal's name and is none is told, as is one that is
// empty.
func TestNoJournal(t *testing.T) {
	for name, state := range map[string]coverage.State{"$LogFile": coverage.Failed, "$J": coverage.Partial} {
		dir := t.TempDir()
		write(t, filepath.Join(dir, name), []byte(strings.Repeat("not a journal...", 2000)))
		c := run(t, dir)
		what := map[string]string{"$LogFile": "transaction log", "$J": "change journal"}[name]
		if r := rows(c, what); len(c.Exports) != 0 || !slices.ContainsFunc(r, func(r coverage.Row) bool { return r.State == state && r.Why != "" }) {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

// Journals that Windows wrote: two transaction logs, of either version, and
// the beginning of a change journal that Velociraptor collected.
func TestRealJournals(t *testing.T) {
	for _, tt := range []struct {
		path, what string
		state      coverage.State
		records    int64
		why        string
	}{
		{filepath.Join("images", "test.ntfs.dd.E01"), "transaction log", coverage.Read, 1054, "34 names in 97 pages of version 2.0"},
		{filepath.Join("images", "vsstest.qcow2"), "transaction log", coverage.Read, 3418, "64 names in 112 pages of version 1.1"},
		{filepath.Join("collections", "Collection-WIN-E5K9RC5GU23-2021-11-21T18_05_56-08_00.zip"), "change journal", coverage.Partial, 50, "it reaches back to 2024-08-14"},
	} {
		c := run(t, corpora.Path(t, tt.path))
		if r := rows(c, tt.what); !slices.ContainsFunc(r, func(r coverage.Row) bool {
			return r.State == tt.state && r.Records == tt.records && strings.Contains(r.Why, tt.why)
		}) {
			t.Errorf("%s: %+v", tt.path, r)
		}
		if len(c.Exports) != 0 {
			t.Errorf("%s: %q", tt.path, exportsOf(c))
		}
	}
}
