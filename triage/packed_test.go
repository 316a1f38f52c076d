package triage_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts/journal/usn/usntest"
	"hivetriage/triage"
	"hivetriage/triage/coverage"
)

// TestPacked tells of archives that were made beside a copy after the act, and
// of no others; and names a browser's history that is not read.
func TestPacked(t *testing.T) {
	b := usntest.New(1 << 30)
	told(b, 100, act, "sam.save")
	told(b, 101, act.Add(time.Minute), "out.7z")
	told(b, 102, act.Add(-time.Minute), "before.zip")
	told(b, 103, act.Add(2*time.Minute), "out.txt", "out.RAR", "")
	b.Add(usntest.Change{Record: 104, Sequence: 2, Parent: folderRecord, Time: act.Add(time.Minute), Reason: create | closed, Name: "elsewhere.zip"})
	told(b, 105, act.Add(1000*time.Hour), "late.cab")
	files := hostFiles(nil)
	files["C/$Extend/$J"] = b.Bytes()
	files["C/Users/eve/AppData/Local/Google/Chrome/User Data/Default/History"] = []byte("SQLite format 3\x00")
	files["C/Users/eve/AppData/Roaming/Mozilla/Firefox/Profiles/x.default/places.sqlite"] = []byte("SQLite format 3\x00")
	files["C/Users/eve/History"] = []byte("a diary")
	dir := t.TempDir()
	for name, data := range files {
		write(t, filepath.Join(dir, filepath.FromSlash(name)), data)
	}
	c, err := triage.Run(t.Context(), triage.Config{Inputs: []triage.Input{{Path: dir}}, Workers: 2, Window: 48 * time.Hour, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, n := range c.Notices {
		if n.Kind == "archive" {
			got = append(got, n.What)
		}
	}
	slices.Sort(got)
	if len(got) != 2 || !strings.HasSuffix(got[0], "/out.7z") || !strings.HasSuffix(got[1], "/out.RAR") {
		t.Errorf("%q", got)
	}
	if step := c.Guide[4]; !strings.Contains(step.Answer, "an archive was made in a folder where a copy lies or lay: ") || !strings.Contains(step.Answer, "sam.save: reported") {
		t.Errorf("%s", step.Answer)
	} else if next := strings.Join(step.Next, "\n"); !strings.Contains(next, "Default/History") || !strings.Contains(next, "places.sqlite") {
		t.Errorf("%q", step.Next)
	}
	if r := rows(c, "browser history"); len(r) != 2 || r[0].State != coverage.Unsupported || r[0].Gap {
		t.Errorf("%+v", r)
	}
}
