package main

import (
	"encoding/json"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestArtefactsAlone opens each artefact of the machine alone, by its bare
// name: it is read as what it is, and tells what it told among the others.
func TestArtefactsAlone(t *testing.T) {
	a, err := attestedMachine()
	if err != nil {
		t.Fatal(err)
	}
	const prefetch, history, links, jumps, transfers = "Prefetch", "PowerShell history", "links", "jump lists", "transfer programs"
	untimed := []string{history, transfers, "PowerShell transcripts"} // those have local times
	want := map[string]struct {
		kind, what string
		records    int // that attest by themselves
	}{
		"REG.EXE-10A3402D.pf": {"artefact", prefetch, 1}, "ConsoleHost_history.txt": {"artefact", history, 2},
		"PowerShell_transcript.WS-FIN-07.aB3dE5fG.20260314150655.txt": {"artefact", "PowerShell transcripts", 1},
		"Copy 100% done": {"artefact", "scheduled tasks", 1}, "sam.save.lnk": {"artefact", links, 1},
		"5f7b5f1e01b83767.automaticDestinations-ms": {"artefact", jumps, 1}, "28c8b86deab549a1.customDestinations-ms": {"artefact", jumps, 1},
		"$IQ7KX2M.save": {"artefact", "Recycle Bin", 1}, "SRUDB.dat": {"artefact", "usage of programs (SRUM)", 0},
		"MPLog-20260214-103000.log": {"artefact", "Defender's logs", 1}, "8B3A1A8E-0F3C-4F5C-9D7F-3B0B2B8D7C11": {"artefact", "Defender's detection history", 1},
		"Report.wer": {"artefact", "error reports", 0}, "qmgr.db": {"artefact", "BITS jobs", 1},
		"rclone.conf": {"artefact", transfers, 0}, "WinSCP.ini": {"artefact", transfers, 0}, "recentservers.xml": {"artefact", transfers, 0}, "sitemanager.xml": {"artefact", transfers, 0},
		"NTUSER.DAT": {"hive", "artefacts in NTUSER", 5}, "Amcache.hve": {"hive", "artefacts in Amcache", 1}, "SOFTWARE": {"hive", "artefacts in SOFTWARE", 1},
		"SYSTEM": {"hive", "artefacts in SYSTEM", 2},
	}
	for _, f := range a.Files() {
		name := path.Base(f.Path)
		w, ok := want[name]
		if !ok || f.Stream != "" {
			continue
		}
		delete(want, name)
		input := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(input, f.Data, 0o444); err != nil {
			t.Fatal(err)
		}
		c := anyCase(t, input)
		var records []string
		for _, r := range c.Records {
			if _, tied := r["export"]; !tied {
				records = append(records, r["id"].(string))
			}
		}
		if len(c.Inputs) != 1 || c.Inputs[0].Kind != w.kind || len(records) != w.records {
			t.Errorf("%s: %+v, records %q, want %+v", name, c.Inputs, records, w)
		}
		if !slices.ContainsFunc(c.Coverage.Sources, func(r coverageRow) bool {
			return r.What == w.what && r.State == "read" && r.Records > 0 && r.From.IsZero() == slices.Contains(untimed, w.what)
		}) {
			t.Errorf("%s: coverage %+v", name, c.Coverage.Sources)
		}
	}
	if len(want) > 0 {
		t.Errorf("not on the machine: %+v", want)
	}
}

// TestLoneByContent: content tells before the name does, and what neither
// tells is refused.
func TestLoneByContent(t *testing.T) {
	for name, content := range map[string]string{
		"a_history.txt.raw": "reg save HKLM\\SAM x\n", "notes.txt": "reg save HKLM\\SAM x\n", "$Inothing": "no index", "filezilla.xml": "<FileZilla3/>", "setupapi.dev.txt": "x",
	} {
		input := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(input, []byte(content), 0o444); err != nil {
			t.Fatal(err)
		}
		triageIn(t, exitUnusable, "-q", input)
	}
	input := filepath.Join(t.TempDir(), "b_history.txt")
	if err := os.WriteFile(input, []byte(`{"@timestamp":"2026-03-14T14:07:02Z","event":{"code":"4688","provider":"Microsoft-Windows-Security-Auditing"},"winlog":{"channel":"Security","event_id":4688}}`+"\n"), 0o444); err != nil {
		t.Fatal(err)
	}
	if c := anyCase(t, input); c.Inputs[0].Kind != "json log" {
		t.Errorf("%+v", c.Inputs)
	}
}

// A coverageRow is a row of the ledger.
type coverageRow struct {
	What, State, Why string
	At               *struct{ Path string }
	Records, Bytes   int64
	From, To         time.Time
	Gap              bool
}

// An artefactCase is a case whether or not anything was found.
type artefactCase struct {
	Verdict  string
	Complete bool
	Inputs   []struct{ Kind string }
	Records  []map[string]any
	Acts     []map[string]any
	Notices  []map[string]any
	Coverage struct{ Sources []coverageRow }
}

func anyCase(t *testing.T, args ...string) (c artefactCase) {
	t.Helper()
	var out, errs strings.Builder
	if code := runAt(t.Context(), append([]string{"-q", "--json", "-"}, args...), &out, &errs, fixedClock); code != exitFound && code != exitIncomplete && code != exitClean {
		t.Fatalf("exit code %d: %s", code, errs.String())
	}
	if err := json.Unmarshal([]byte(out.String()), &c); err != nil {
		t.Fatal(err)
	}
	return c
}
