package triage

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts/evidence"
	"hivetriage/artifacts/hive/hivetest"
	"hivetriage/triage/locate"
)

// twoHosts are machines whose hives lie mixed in one folder of the first one.
var (
	dayOne   = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	hostOne  = hivetest.Host{Name: "FIRST-ONE", SID: "S-1-5-21-11-12-13", Domain: "CORP", DomainSID: "S-1-5-21-91-92-93", Time: dayOne, Saved: dayOne.Add(time.Hour), Users: []hivetest.User{{Name: "anna", RID: 1001}}}
	hostTwo  = hivetest.Host{Name: "SECOND", SID: "S-1-5-21-21-22-23", Domain: "CORP", DomainSID: "S-1-5-21-91-92-93", Time: dayOne, Saved: dayOne.Add(time.Hour)}
	hostFar  = hivetest.Host{Name: "FAR", SID: "S-1-5-21-31-32-33", Domain: "WORKGROUP", Time: dayOne, Saved: dayOne.Add(time.Hour)}
	builders = map[string]func(hivetest.Host, hivetest.Profile) []byte{"SAM": hivetest.SAM, "SECURITY": hivetest.SECURITY, "SYSTEM": hivetest.SYSTEM}
)

// folder writes files and triages the folder they are in.
func folder(t *testing.T, files map[string][]byte) *Case {
	t.Helper()
	dir := t.TempDir()
	for name, data := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, dayOne.AddDate(0, 0, 20), dayOne.AddDate(0, 0, 20)); err != nil {
			t.Fatal(err)
		}
	}
	c, err := Run(context.Background(), Config{Inputs: []Input{{Path: dir, Mode: evidence.Path}}, Workers: 2, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// live are the hives of a host in their place.
func live(h hivetest.Host) map[string][]byte {
	files := map[string][]byte{}
	for name, build := range builders {
		files["Windows/System32/config/"+name] = build(h, hivetest.Live)
	}
	return files
}

// TestHostsMixed: the hives of three machines in one folder, under names that
// tell nothing, are assigned to theirs.
func TestHostsMixed(t *testing.T) {
	files := live(hostOne)
	want := map[string]string{}
	for i, h := range []hivetest.Host{hostOne, hostTwo, hostFar} {
		for name, build := range builders {
			path := "/Users/Public/" + string(rune('a'+i)) + strings.ToLower(name[:2]) + ".dat"
			files[path] = build(h, hivetest.RegSaveKey)
			relation := []string{locate.ThisHost, locate.SameDomain, locate.AnotherHost}[i]
			want[path] = name + " " + h.Name + " " + relation
		}
	}
	c := folder(t, files)
	for _, e := range c.Exports {
		if got := e.Hive + " " + e.BelongsTo.Host + " " + e.BelongsTo.Relation; got != want[e.At.Path] {
			t.Errorf("%s: %s, want %s (%s)", e.At.Path, got, want[e.At.Path], e.BelongsTo.Because)
		}
	}
	if len(c.Exports) != len(want) || len(c.Sets) != 3 {
		t.Fatalf("%d exports in %d sets", len(c.Exports), len(c.Sets))
	}
	for _, s := range c.Sets {
		if len(s.Exports) != 3 || s.Opens != locate.Opens {
			t.Errorf("%+v", s)
		}
	}
}

// TestTwin: what changed in the live hive bounds when an export was taken.
func TestTwin(t *testing.T) {
	later := hostOne
	later.Time = dayOne.AddDate(0, 0, 2)
	more := hostOne
	more.Users = append([]hivetest.User{{Name: "new", RID: 1002}}, more.Users...)
	const path = "/Users/Public/a.dat"
	for _, c := range []struct {
		name     string
		export   []byte
		live     hivetest.Host
		notAfter time.Time
		bounds   int // from the live hive
		conflict string
		because  string
	}{
		{"changed since", hivetest.SAM(hostOne, hivetest.RegSaveKey), later, later.Time, 1, "", "the first change in the live hive since: key (root)"},
		{"changed since, encoded in no way by reg save", hivetest.SYSTEM(hostOne, hivetest.RegSave), later, later.Time, 1, "", "not ahead of the live hive's 137/137"},
		{"a key added since", hivetest.SAM(hostOne, hivetest.RegSaveKey), more, dayOne, 1, "", "the first key that only the live hive has"},
		{"unchanged", hivetest.SAM(hostOne, hivetest.RegSaveKey), hostOne, dayOne.AddDate(0, 0, 20), 0, "", "are unchanged"},
		{"later in the copy", hivetest.SAM(later, hivetest.RegSaveKey), hostOne, dayOne.AddDate(0, 0, 20), 0, locate.NewerThanTwin, "written later in the copy"},
		{"of another host", hivetest.SAM(hostTwo, hivetest.RegSaveKey), later, dayOne.AddDate(0, 0, 20), 0, "", "file's last write"},
	} {
		files := live(c.live)
		files[path] = c.export
		result := folder(t, files)
		if len(result.Exports) != 1 {
			t.Fatalf("%s: %d exports", c.name, len(result.Exports))
		}
		taken := result.Exports[0].Taken
		bounds, kinds := 0, ""
		for _, b := range taken.Bounds {
			if b.From == locate.FromTwin {
				bounds++
			}
		}
		for _, conflict := range taken.Conflicts {
			if conflict.Kind != locate.BoundsCross {
				kinds += conflict.Kind
			}
		}
		if c.name != "a key added since" && !taken.NotAfter.Equal(c.notAfter) || bounds != c.bounds || kinds != c.conflict || !strings.Contains(strings.Join(taken.Because, "\n"), c.because) {
			text, _ := json.MarshalIndent(taken, "", " ")
			t.Errorf("%s: %s", c.name, text)
		}
	}
}
