package triage_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts/evidence/ntfs/ntfstest"
	"hivetriage/artifacts/execution/prefetch/prefetchtest"
	"hivetriage/artifacts/hive/hivetest"
	"hivetriage/triage/coverage"
)

// TestPrefetchInDoubt tells what is to be known of Prefetch files that were
// renamed, or that are deleted and not whole any more: that is no damage of
// what is there.
func TestPrefetchInDoubt(t *testing.T) {
	spec := prefetchtest.Spec{Version: 30, Path: regPath, Ran: []time.Time{act.Add(-time.Second)}, Files: []prefetchtest.Loaded{{Path: regPath}},
		Volumes: []prefetchtest.Volume{{Device: `\VOLUME{01d8000000000000-1a2b3c4d}`, Created: act, Serial: 0x1a2b3c4d}}}
	for i := range 100 { // five clusters
		spec.Files = append(spec.Files, prefetchtest.Loaded{Path: fmt.Sprintf(`\VOLUME{01d8000000000000-1a2b3c4d}\WINDOWS\SYSTEM32\LIBRARY-%d.DLL`, i)})
	}
	name, data := prefetchtest.FileName(spec), prefetchtest.File(spec)
	sam := hivetest.SAM(hivetest.Host{Name: "WS01", SID: "S-1-5-21-1-2-3", Time: act.Add(-time.Hour)}, hivetest.RegSave)
	for _, c := range []struct {
		name  string
		file  ntfstest.File
		state coverage.State // of the row of all files
		why   string         // of that row
		row   coverage.State // of the row of the file, "" if there is none
		told  string         // of the file, in its row and with the record
	}{
		{"whole", ntfstest.File{Path: "/Windows/Prefetch/" + name, Data: data}, coverage.Read, "1 file", "", ""},
		{"renamed", ntfstest.File{Path: "/Windows/Prefetch/NOTEPAD.EXE-9FB27C0E.pf", Data: data}, coverage.Read, "1 file, 1 of them under a name that is another's",
			coverage.Read, `the file is called "NOTEPAD.EXE-9FB27C0E.pf" and holds what belongs in one called ` + name},
		{"deleted", ntfstest.File{Path: "/Windows/Prefetch/" + name, Data: data, Deleted: true}, coverage.Read, "1 file", "", "the file is deleted; its clusters are free"},
		{"deleted and cut off", ntfstest.File{Path: "/Windows/Prefetch/" + name, Data: data[:len(data)-200], Deleted: true}, coverage.Read, "1 file, 1 of them deleted and not whole any more",
			coverage.Partial, "the file is deleted; its clusters are free"},
		{"overwritten", ntfstest.File{Path: "/Windows/Prefetch/" + name, Data: data, Deleted: true, Overwrite: 3, OverwriteFrom: 2}, coverage.Read, "1 file, 1 of them deleted and not whole any more",
			coverage.Partial, "the file is deleted, and some of its clusters belong to other files by now"},
		{"damaged", ntfstest.File{Path: "/Windows/Prefetch/" + name, Data: data[:len(data)-200]}, coverage.Partial, "1 file, 1 of them not whole", coverage.Partial, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := ntfstest.New(ntfstest.Options{Time: act.Add(-time.Hour)})
			b.Add(c.file)
			b.Add(ntfstest.File{Path: "/Users/Public/a.bin", Data: sam, SI: at(act)})
			image, err := b.Bytes()
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(t.TempDir(), "volume.raw")
			write(t, path, image)
			got := run(t, path)
			for _, r := range rows(got, "Prefetch") {
				if r.At == nil && (r.State != c.state || r.Why != c.why) {
					t.Errorf("%+v", r)
				}
				if r.At != nil && (r.State != c.row || !strings.Contains(r.Why, c.told)) {
					t.Errorf("%+v", r)
				}
			}
			if n := len(rows(got, "Prefetch")); n != 1 && c.row == "" || n != 2 && c.row != "" {
				t.Errorf("%d rows", n)
			}
			told := false
			for _, rec := range got.Records {
				if strings.HasSuffix(rec.From.Path, ".pf") {
					told = slices.ContainsFunc(rec.Because, func(s string) bool {
						return strings.Contains(s, "Of /Windows/Prefetch/") && strings.Contains(s, c.told)
					})
				}
			}
			if told != (c.told != "") {
				t.Errorf("%+v", got.Records)
			}
		})
	}
}
