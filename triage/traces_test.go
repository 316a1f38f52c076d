package triage_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts/execution/prefetch/prefetchtest"
	"hivetriage/artifacts/execution/registry/registrytest"
	"hivetriage/artifacts/execution/tasks/taskstest"
	"hivetriage/artifacts/hive/hivetest"
	"hivetriage/artifacts/journal/recyclebin/recyclebintest"
	"hivetriage/artifacts/journal/usn/usntest"
	"hivetriage/testdata/corpora"
	"hivetriage/triage"
	"hivetriage/triage/coverage"
)

const regPath = `\VOLUME{01d8000000000000-1a2b3c4d}\WINDOWS\SYSTEM32\REG.EXE`

// prefetchOf is reg.exe's, started at times, with files besides its own.
func prefetchOf(files []string, ran ...time.Time) (name string, data []byte) {
	s := prefetchtest.Spec{Version: 30, Path: regPath, Ran: ran, Packing: prefetchtest.MAM}
	for _, f := range append([]string{regPath}, files...) {
		s.Files = append(s.Files, prefetchtest.Loaded{Path: f})
	}
	return prefetchtest.FileName(s), prefetchtest.File(s)
}

// host has live hives, so that the evidence is a machine's.
func hostFiles(more map[string]*hivetest.Key) map[string][]byte {
	h := hivetest.Host{Name: "WS01", SID: "S-1-5-21-1-2-3", Time: act.Add(-time.Hour), More: more}
	return map[string][]byte{
		"C/Windows/System32/config/SAM":      hivetest.SAM(h, hivetest.Live),
		"C/Windows/System32/config/SECURITY": hivetest.SECURITY(h, hivetest.Live),
		"C/Windows/System32/config/SYSTEM":   hivetest.SYSTEM(h, hivetest.Live),
		"C/Windows/System32/config/SOFTWARE": hivetest.SOFTWARE(h, hivetest.Live),
	}
}

func triaged(t *testing.T, files map[string][]byte) *triage.Case {
	t.Helper()
	dir := t.TempDir()
	for name, data := range files {
		write(t, filepath.Join(dir, filepath.FromSlash(name)), data)
	}
	return run(t, dir)
}

// TestOneSource tells an act from one artefact alone, with the confidence that
// the artefact deserves.
func TestOneSource(t *testing.T) {
	journal := func() []byte {
		b := usntest.New(1 << 30)
		told(b, 100, act, "sam.save")
		return b.Bytes()
	}
	for _, c := range []struct {
		name    string
		more    map[string]*hivetest.Key
		files   map[string][]byte
		verdict string
		reason  string // among the reasons for it
		acts    int
	}{
		{"nothing", nil, nil, "none", "", 0},
		{"$J", nil, map[string][]byte{"C/$Extend/$J": journal()}, "suspicious", "journals tell of a file", 1},
		{"Prefetch of reg.exe", nil, func() map[string][]byte {
			name, data := prefetchOf(nil, act.Add(-time.Second))
			return map[string][]byte{"C/Windows/Prefetch/" + name: data}
		}(), "none", "", 0},
		{"Prefetch that names the copy", nil, func() map[string][]byte {
			name, data := prefetchOf([]string{`\VOLUME{01d8000000000000-1a2b3c4d}\USERS\PUBLIC\SAM.SAVE`}, act.Add(-time.Second))
			return map[string][]byte{"C/Windows/Prefetch/" + name: data}
		}(), "suspicious", "files with the names of copies are known from Prefetch", 1},
		{"Prefetch and $J", nil, func() map[string][]byte {
			name, data := prefetchOf(nil, act.Add(time.Hour), act.Add(-time.Second))
			return map[string][]byte{"C/Windows/Prefetch/" + name: data, "C/$Extend/$J": journal()}
		}(), "probable", "reg.exe at 2026-03-14T14:07:01Z (Prefetch)", 1},
		{"Prefetch of another time and $J", nil, func() map[string][]byte {
			name, data := prefetchOf(nil, act.Add(time.Hour))
			return map[string][]byte{"C/Windows/Prefetch/" + name: data, "C/$Extend/$J": journal()}
		}(), "suspicious", "journals tell of a file", 1},
		{"PSReadLine", nil, map[string][]byte{"C/Users/eve/AppData/Roaming/Microsoft/Windows/PowerShell/PSReadLine/ConsoleHost_history.txt": []byte("cd C:\\Temp\nreg save HKLM\\SAM C:\\Temp\\sam.save\nreg save HKLM\\SYSTEM C:\\Temp\\system.save\nexit\n")},
			"probable", "when the commands were entered is not known", 1},
		{"a task on disk", nil, map[string][]byte{"C/Windows/System32/Tasks/Backup": taskstest.XML(taskstest.Spec{URI: `\Backup`, Command: "reg.exe", Arguments: `save HKLM\SAM C:\b\sam.save /y`, Date: "2026-03-14T14:00:00Z"})},
			"suspicious", "recorded commands try to copy", 1},
		{"a service in SYSTEM", map[string]*hivetest.Key{"SYSTEM": registrytest.Services(registrytest.Service{Name: "BTOBTO", Path: `%COMSPEC% /c reg save HKLM\SECURITY C:\Temp\s`, Kind: 0x10, Start: 3, Written: act})}, nil,
			"suspicious", "recorded commands try to copy", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := hostFiles(c.more)
			for name, data := range c.files {
				files[name] = data
			}
			got := triaged(t, files)
			if got.Verdict != c.verdict || len(got.Acts) != c.acts {
				t.Fatalf("%s with %d acts, want %s with %d: %+v", got.Verdict, len(got.Acts), c.verdict, c.acts, got.Acts)
			}
			if c.acts > 0 && !slices.ContainsFunc(slices.Concat(got.Acts[0].For, got.Acts[0].Against), func(r string) bool { return strings.Contains(r, c.reason) }) {
				t.Errorf("no reason has %q: for %q, against %q", c.reason, got.Acts[0].For, got.Acts[0].Against)
			}
		})
	}
}

// TestTraceCoverage tells which artefacts were read, and which are damaged.
func TestTraceCoverage(t *testing.T) {
	files := hostFiles(nil)
	name, data := prefetchOf(nil, act)
	files["C/Windows/Prefetch/"+name] = data
	files["C/Windows/Prefetch/CUT.EXE-00000001.pf"] = data[:len(data)-20]
	files["C/Users/eve/ConsoleHost_history.txt"] = []byte("reg save HKLM\\SAM x\n") // not where a history is
	c := triaged(t, files)
	var whole, damaged bool
	for _, r := range rows(c, "Prefetch") {
		whole = whole || r.At == nil && r.State == coverage.Partial && strings.Contains(r.Why, "2 files, 1 of them not whole") && r.From.Equal(act)
		damaged = damaged || r.At != nil && strings.Contains(r.At.Path, "CUT.EXE") && r.State == coverage.Partial
	}
	if !whole || !damaged {
		t.Errorf("rows of Prefetch: %+v", rows(c, "Prefetch"))
	}
	if len(rows(c, "PowerShell history")) != 0 || len(c.Records) != 0 {
		t.Errorf("a file of that name elsewhere was read: %+v", c.Records)
	}
}

// TestRealPrefetch reads the corpora's Prefetch files through the program.
func TestRealPrefetch(t *testing.T) {
	c := run(t, corpora.Path(t, "prefetch"))
	got := rows(c, "Prefetch")
	if len(got) != 1 || got[0].State != coverage.Read || !strings.HasPrefix(got[0].Why, "4 files") || c.Verdict != "none" {
		t.Errorf("%s %+v", c.Verdict, got)
	}
}

// TestRecycled knows a copy in the Recycle Bin by the place where it lay.
func TestRecycled(t *testing.T) {
	const bin = "C/$Recycle.Bin/S-1-5-21-1-2-3-1001/"
	files := hostFiles(nil)
	files["C/Windows/System32/Tasks/Backup"] = taskstest.XML(taskstest.Spec{URI: `\Backup`, Command: "reg.exe", Arguments: `save HKLM\SAM C:\Users\eve\odd.bin`})
	files[bin+"$IAB12CD.bin"] = recyclebintest.V2(recyclebintest.File{Path: `C:\Users\eve\odd.bin`, Size: 49152, Deleted: act})
	files[bin+"$RAB12CD.bin"] = hivetest.SAM(hivetest.Host{Name: "WS01", SID: "S-1-5-21-1-2-3", Time: act.Add(-time.Hour), Saved: act}, hivetest.RegSave)
	c := triaged(t, files)
	if len(c.Acts) != 1 || len(c.Exports) != 1 || len(c.Acts[0].Exports) != 1 || len(c.Acts[0].Records) != 1 {
		t.Fatalf("%d acts, %+v", len(c.Acts), c.Acts)
	}
	e := c.Exports[0]
	if len(e.History) != 1 || e.History[0].Path != "/Users/eve/odd.bin" || !e.History[0].Time.Equal(act) {
		t.Errorf("history %+v", e.History)
	}
	if !slices.ContainsFunc(c.Acts[0].For, func(r string) bool { return strings.Contains(r, "lies where a record without a time says it went") }) {
		t.Errorf("for %q", c.Acts[0].For)
	}
}
