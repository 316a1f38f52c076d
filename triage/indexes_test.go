package triage_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/ntfs/ntfstest"
	"hivetriage/artifacts/hive/hivetest"
	"hivetriage/artifacts/journal/index/indextest"
	"hivetriage/artifacts/journal/usn/usntest"
	"hivetriage/triage"
	"hivetriage/triage/coverage"
	"hivetriage/triage/locate"
)

// at are the times of a file that was made at a moment and not changed.
func at(t time.Time) artifacts.Times {
	return artifacts.Times{Created: t, Modified: t, Changed: t, Accessed: t}
}

// A remembered is a name that is left in a folder's index.
type remembered struct {
	path     string
	of       string // the file whose record it names; "" is one that is another file's by now
	headless bool
	times    artifacts.Times
	size     int64
}

// indexed writes a volume with files and with names that are left, and returns
// where it is. It is built twice, first for the numbers of the records.
func indexed(t *testing.T, files []ntfstest.File, names ...remembered) string {
	t.Helper()
	const reused = "/reused.log"
	files = append(slices.Clone(files), ntfstest.File{Path: reused, Data: []byte("x"), Sequence: 9})
	records := map[string]ntfstest.Placed{}
	var image []byte
	for range 2 {
		b := ntfstest.New(ntfstest.Options{Time: act.Add(-time.Hour)})
		left := map[string][]ntfstest.Left{}
		var folders []string
		for _, n := range names {
			of := records[n.of]
			if n.of == "" {
				of = records[reused]
				of.Sequence--
			}
			folder, name := filepath.ToSlash(filepath.Dir(n.path)), filepath.Base(n.path)
			if left[folder] == nil {
				folders = append(folders, folder)
			}
			left[folder] = append(left[folder], ntfstest.Left{Name: name, Record: of.Record, Sequence: of.Sequence, Times: n.times, Size: n.size, Headless: n.headless})
		}
		for _, folder := range folders {
			b.Add(ntfstest.File{Path: folder, Dir: true, Left: left[folder]})
		}
		for _, f := range files {
			b.Add(f)
		}
		var err error
		if image, err = b.Bytes(); err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			placed, _ := b.Lookup(f.Path)
			if f.Deleted { // as while it lived
				placed.Sequence--
			}
			records[f.Path] = placed
		}
	}
	path := filepath.Join(t.TempDir(), "volume.raw")
	write(t, path, image)
	return path
}

// TestRememberedNames finds copies of which nothing is left but a name in the
// index of the folder where they lay, and ties names to what is there.
func TestRememberedNames(t *testing.T) {
	sam := hivetest.SAM(hivetest.Host{Name: "WS01", SID: "S-1-5-21-1-2-3", Time: act}, hivetest.RegSave)
	made := act.Add(1234567 * 100) // a fraction of a second
	for _, c := range []struct {
		name  string
		files []ntfstest.File
		left  []remembered
		want  []string
		told  string // among what identifies the first export
	}{
		{"record used again", nil, []remembered{{path: "/Users/Public/Libraries/sam.save", times: at(act), size: 49152}},
			[]string{"SAM /Users/Public/Libraries/sam.save deleted listed"}, "sequence 8, a record that belongs to another file by now"},
		{"reference lost", nil, []remembered{{path: "/Windows/Temp/SECURITY", headless: true, times: at(act), size: 40960}},
			[]string{"SECURITY /Windows/Temp/SECURITY listed"}, "or lives on under another name, is not known"},
		{"three of one dump", nil, []remembered{{path: "/PerfLogs/sam.hive", headless: true, times: at(act), size: 49152}, {path: "/PerfLogs/security.hive", times: at(act), size: 40960}},
			[]string{"SAM /PerfLogs/sam.hive listed", "SECURITY /PerfLogs/security.hive deleted listed"}, ""},
		{"two states of one file", nil, []remembered{{path: "/Temp/sam.save", headless: true, times: at(act)}, {path: "/Temp/sam.save", times: at(act), size: 49152}},
			[]string{"SAM /Temp/sam.save deleted listed"}, "49152 bytes"},
		{"an export was renamed", []ntfstest.File{{Path: "/ProgramData/Intel/gfx.bin", Data: sam, SI: at(made)}}, []remembered{{path: "/Users/Public/sam.hiv", of: "/ProgramData/Intel/gfx.bin", times: at(made), size: int64(len(sam))}},
			[]string{"SAM /ProgramData/Intel/gfx.bin listed"}, "the file system's folders tell of this file: stood in its folder's index as /Users/Public/sam.hiv"},
		{"the same, by its times", []ntfstest.File{{Path: "/ProgramData/Intel/gfx.bin", Data: sam, SI: at(made)}}, []remembered{{path: "/Users/Public/sam.hiv", headless: true, times: at(made), size: int64(len(sam))}},
			[]string{"SAM /ProgramData/Intel/gfx.bin listed"}, "/Users/Public/sam.hiv"},
		{"the export itself", []ntfstest.File{{Path: "/Temp/x.bin", Data: sam, SI: at(made), Deleted: true}}, []remembered{{path: "/Temp/x.bin", of: "/Temp/x.bin", times: at(made), size: int64(len(sam))}},
			[]string{"SAM /Temp/x.bin"}, ""},
		{"a file that is there and no hive", []ntfstest.File{{Path: "/Temp/notes.txt", Data: make([]byte, 49152), SI: at(made)}}, []remembered{{path: "/Temp/sam.save", of: "/Temp/notes.txt", times: at(made), size: 49152}}, nil, ""},
		{"still there, elsewhere in the index", []ntfstest.File{{Path: "/Temp/sam.save", Data: make([]byte, 49152), SI: at(made)}}, []remembered{{path: "/Temp/sam.save", headless: true, times: at(made), size: 100}}, nil, ""},
		{"too small", nil, []remembered{{path: "/Temp/sam.save", times: at(act), size: 4096}}, nil, ""},
		{"not a copy's name", nil, []remembered{{path: "/Temp/invoice.csv", times: at(act), size: 49152}}, nil, ""},
		{"not where one looks", nil, []remembered{{path: "/Games/Saves/sam.save", times: at(act), size: 49152}}, nil, ""},
		{"where another export lies", []ntfstest.File{{Path: "/Games/Saves/x.bin", Data: sam, SI: at(made)}}, []remembered{{path: "/Games/Saves/security.save", times: at(act), size: 40960}},
			[]string{"SAM /Games/Saves/x.bin", "SECURITY /Games/Saves/security.save deleted listed"}, ""},
		{"where a user keeps files", nil, []remembered{{path: "/Users/eve/Desktop/system.save", times: at(act), size: 12 << 20}},
			[]string{"SYSTEM /Users/eve/Desktop/system.save deleted listed"}, ""},
		{"where a command sent one", []ntfstest.File{{Path: "/Users/eve/AppData/Roaming/Microsoft/Windows/PowerShell/PSReadLine/ConsoleHost_history.txt", Data: []byte("reg save HKLM\\SAM C:\\odd\\place\\x.bin\n")}},
			[]remembered{{path: "/odd/place/x.bin", times: at(act), size: 49152}},
			[]string{"SAM /odd/place/x.bin deleted listed"}, "a recorded command copies SAM to this place"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := run(t, indexed(t, c.files, c.left...))
			if all := exportsOf(got); !slices.Equal(all, c.want) {
				t.Fatalf("%q, want %q", all, c.want)
			}
			if c.told != "" && !strings.Contains(strings.Join(got.Exports[0].IdentifiedBy, "\n"), c.told) {
				t.Errorf("%q is not told: %q", c.told, got.Exports[0].IdentifiedBy)
			}
			row := rows(got, "directory indexes")
			if len(row) != 1 || row[0].State != coverage.Read || row[0].Why == "" {
				t.Errorf("%+v", row)
			}
		})
	}
}

// A copy that only a folder remembers is a lead of low confidence, with the
// size and the times that the index kept.
func TestRememberedCopy(t *testing.T) {
	path := indexed(t, nil, remembered{path: "/Users/Public/sam.save", times: at(act), size: 49152}, remembered{path: "/Windows/Temp/QwErTyUi.tmp", headless: true, times: at(act), size: 45056})
	c := run(t, path)
	if len(c.Exports) != 1 || len(c.Acts) != 1 {
		t.Fatalf("%q in %d acts", exportsOf(c), len(c.Acts))
	}
	e, a := c.Exports[0], c.Acts[0]
	if e.State != locate.StateReported || e.Size != 49152 || !e.Times.SI.Created.Equal(act) || e.MFTRecord != 0 || !e.Taken.NotAfter.Equal(act) || e.Integrity.Complete {
		t.Errorf("%+v", e)
	}
	h := e.History[0]
	if h.Kind != locate.HappenedListed || !h.Time.IsZero() || h.From.Path != "/Users/Public" || h.From.Stream != "$I30" || h.Offset < 64 || h.Path != e.At.Path {
		t.Errorf("%+v", h)
	}
	if a.Verdict != "suspicious" || a.Confidence >= 40 || !a.Start.Equal(act) {
		t.Errorf("%+v", a)
	}
	if !slices.ContainsFunc(c.Timeline, func(m triage.Moment) bool {
		return m.Time.Equal(act) && strings.Contains(m.What, "file created: /Users/Public/sam.save (SAM, reported)")
	}) {
		t.Errorf("%+v", c.Timeline)
	}
	if weak := rows(c, "names in directory indexes"); len(weak) != 1 || weak[0].Records != 1 || !strings.Contains(weak[0].Why, "/Windows/Temp/QwErTyUi.tmp (stood in its folder's index") {
		t.Errorf("%+v", weak)
	}
	if row := rows(c, "directory indexes")[0]; row.Records != 2 || row.Bytes == 0 || !strings.Contains(row.Why, "2 names stand behind the names in use") {
		t.Errorf("%+v", row)
	}
}

// collectedIndex is an index as collectors copy it, with a name behind those
// in use.
func collectedIndex(name string, file uint64, size int64) []byte {
	const folder = 7<<48 | 1234
	entry := func(name string, file uint64, size int64) indextest.Entry {
		return indextest.Entry{Name: name, File: file, Parent: folder, Created: act, Modified: act, Size: size, Space: 1}
	}
	live := []indextest.Entry{entry("a", 1<<48|90, 100)}
	return indextest.Block(0, append(slices.Clone(live), entry("lost", 1<<48|91, 5), entry(name, file, size)), live)
}

// An index that was collected tells of names, and to a journal's story of a
// file it adds its size and times.
func TestCollectedIndex(t *testing.T) {
	const file = 2<<48 | 100
	j := usntest.New(1 << 30)
	told(j, 100, act, "sam.save", "")
	for _, c := range []struct {
		name  string
		files map[string][]byte
		want  []string
		size  int64
		state coverage.State
	}{
		{"alone", map[string][]byte{"C/Users/Public/$I30": collectedIndex("sam.save", file, 49152)}, []string{"SAM /C/Users/Public/sam.save listed"}, 49152, coverage.Read},
		{"named after its folder", map[string][]byte{"C/Users/Public_$I30": collectedIndex("sam.save", file, 49152)}, []string{"SAM /C/Users/Public/sam.save listed"}, 49152, coverage.Read},
		{"in use and not collected", map[string][]byte{"C/Users/Public/$I30": indextest.Block(0, nil, []indextest.Entry{{Name: "sam.save", File: file, Parent: 7<<48 | 1234, Created: act, Modified: act, Size: 49152, Space: 1}})},
			[]string{"SAM /C/Users/Public/sam.save listed"}, 49152, coverage.Read},
		{"with a journal", map[string][]byte{"C/$Extend/$J": j.Bytes(), "C/Users/Public/$I30": collectedIndex("sam.save", file, 49152)},
			[]string{"SAM /sam.save deleted created written deleted listed"}, 49152, coverage.Read},
		{"of another file", map[string][]byte{"C/$Extend/$J": j.Bytes(), "C/Users/Public/$I30": collectedIndex("security.save", 3<<48|100, 40960)},
			[]string{"SAM /sam.save deleted created written deleted", "SECURITY /Users/Public/security.save listed"}, 0, coverage.Read},
		{"no index", map[string][]byte{"C/Users/Public/$I30": []byte("something else")}, nil, 0, coverage.Failed},
		{"cut off", map[string][]byte{"C/Users/Public/$I30": collectedIndex("sam.save", file, 49152)[:4000]}, nil, 0, coverage.Partial},
		{"a hive under that name", map[string][]byte{"C/Users/Public/$I30": hivetest.SAM(hivetest.Host{Name: "WS01", SID: "S-1-5-21-1-2-3", Time: act}, hivetest.RegSave)}, []string{"SAM /C/Users/Public/$I30"}, 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := triaged(t, c.files)
			if all := exportsOf(got); !slices.Equal(all, c.want) {
				t.Fatalf("%q, want %q", all, c.want)
			}
			if c.size > 0 && got.Exports[0].Size != c.size {
				t.Errorf("%d bytes", got.Exports[0].Size)
			}
			row := rows(got, "directory index")
			if c.state == "" && len(row) != 0 || c.state != "" && !slices.ContainsFunc(row, func(r coverage.Row) bool { return r.State == c.state && r.Why != "" }) {
				t.Errorf("%+v", row)
			}
		})
	}
}
