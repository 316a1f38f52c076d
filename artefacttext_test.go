package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts/execution/bits/bitstest"
	"hivetriage/artifacts/execution/defender/defendertest"
	"hivetriage/artifacts/execution/registry/registrytest"
	"hivetriage/artifacts/execution/tasks/taskstest"
	"hivetriage/artifacts/hive/hivetest"
	"hivetriage/artifacts/journal/recyclebin/recyclebintest"
	"hivetriage/artifacts/journal/shelllink/shelllinktest"
	"hivetriage/testdata/scene"
	"hivetriage/triage"
	"hivetriage/triage/coverage"
)

// hostileNames are what an attacker may call files, tasks and services.
var hostileNames = []string{
	"\x1b]0;owned\x07\x1b[31mred", "\u202ecod.exe\u2066\u200f", `</code><script>alert("x")</script><img src=x onerror=alert(1)>`, strings.Repeat("N", 4096),
}

// hostileMembers is a machine whose artefacts name those.
func hostileMembers() (members []scene.Member) {
	at := time.Date(2026, 3, 14, 14, 7, 2, 0, time.UTC)
	add := func(name string, data []byte) {
		members = append(members, scene.Member{Name: name, Data: data, Modified: at})
	}
	history, services, lines := "", []registrytest.Service{}, []string{}
	jobs := []bitstest.Job{}
	for i, s := range hostileNames {
		n := string(rune('a' + i))
		copied := `C:\Temp\` + s + `\sam.save`
		history += `reg save HKLM\SAM "` + copied + "\"\n"
		services = append(services, registrytest.Service{Name: "svc" + s[:min(len(s), 200)], Path: `cmd.exe /c reg save HKLM\SAM "` + copied + `"`, Display: s, Kind: 0x10, Start: 3, Written: at})
		lines = append(lines, defendertest.Line(at, defendertest.Command("lowfi", `C:\Windows\System32\reg.exe`, `reg save HKLM\SAM "`+copied+`"`)))
		jobs = append(jobs, bitstest.Job{Kind: bitstest.Upload, State: bitstest.Transferred, Name: s, Created: at, Modified: at, Files: []bitstest.File{{Local: copied, Remote: "https://x.example/" + s}}})
		add("C/Windows/System32/Tasks/"+n, taskstest.XML(taskstest.Spec{URI: `\` + xmlText(s), Author: xmlText(s), Command: "reg.exe", Arguments: xmlText(`save HKLM\SAM "` + copied + `"`)}))
		add("C/Users/eve/AppData/Roaming/Microsoft/Windows/Recent/"+n+".lnk", shelllinktest.File(shelllinktest.Link{Path: copied, Created: at, Modified: at, Accessed: at, Size: 40_960, Arguments: s, Comment: s}))
		add("C/$Recycle.Bin/S-1-5-21-1-2-3-1001/$IAAAAA"+n+".save", recyclebintest.V2(recyclebintest.File{Path: copied, Size: 40_960, Deleted: at}))
	}
	add("C/Users/eve/AppData/Roaming/Microsoft/Windows/PowerShell/PSReadLine/ConsoleHost_history.txt", []byte(history))
	add("C/ProgramData/Microsoft/Windows Defender/Support/MPLog-20260214-103000.log", defendertest.Log(lines...))
	add("C/ProgramData/Microsoft/Network/Downloader/qmgr.db", bitstest.Database(false, jobs))
	h := hivetest.Host{Name: "WS01", SID: "S-1-5-21-1-2-3", Time: at, More: map[string]*hivetest.Key{"SYSTEM": registrytest.Services(services...)}}
	add("C/Windows/System32/config/SYSTEM", hivetest.SYSTEM(h, hivetest.Live))
	add("C/Windows/System32/config/SAM", hivetest.SAM(h, hivetest.Live))
	return members
}

// xmlText escapes a text for XML 1.0, which has no escapes for control
// characters.
func xmlText(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "\x1b", "", "\x07", "").Replace(s)
}

// outputsOf runs the program and returns what it writes for terminals,
// browsers and programs.
func outputsOf(t *testing.T, input string) map[string]string {
	t.Helper()
	page, document := filepath.Join(t.TempDir(), "r.html"), filepath.Join(t.TempDir(), "c.json")
	outputs := map[string]string{"terminal": triageIn(t, exitFound, "--html", page, "--json", document, input)}
	for name, path := range map[string]string{"HTML": page, "JSON": document} {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		outputs[name] = string(b)
	}
	return outputs
}

// TestHostileArtefactNames: what artefacts name does nothing to a terminal or
// a browser.
func TestHostileArtefactNames(t *testing.T) {
	dir := t.TempDir()
	if err := scene.WriteFolder(dir, hostileMembers()); err != nil {
		t.Fatal(err)
	}
	for name, output := range outputsOf(t, dir) {
		for _, bad := range []string{"\x1b]0;", "\x07", "\x1b[31mred", "\u202e", "\u2066", "\u200f", "<img src=x", `<script>alert("x")`} {
			if name == "JSON" && bad[0] != '\x1b' && bad[0] != '\x07' || name == "terminal" && bad[0] == '<' {
				continue // text as it is
			}
			if i := strings.Index(output, bad); i >= 0 {
				t.Errorf("%s holds %q: %q", name, bad, output[max(0, i-80):min(len(output), i+80)])
			}
		}
		if !strings.Contains(output, "owned") || !strings.Contains(output, "cod.exe") {
			t.Errorf("%s names nothing of them", name)
		}
	}
	c := anyCase(t, dir)
	kinds := map[string]int{}
	for _, r := range c.Records {
		kinds[r["from"].(map[string]any)["artefact"].(string)]++
	}
	for artefact, want := range map[string]int{"PSReadLine": 4, "ScheduledTask": 4, "LNK": 4, "RecycleBin": 4, "Service": 4, "BITS": 4} {
		if kinds[artefact] != want {
			t.Errorf("%d records of %s, want %d", kinds[artefact], artefact, want)
		}
	}
}

// TestNoSecretOfArtefacts: passwords, tokens and keys in the settings of
// transfer programs, in addresses of BITS jobs and in hives are in no output.
func TestNoSecretOfArtefacts(t *testing.T) {
	kape, _, _ := attestedMembers(t)
	dir, held := t.TempDir(), 0
	for _, m := range kape {
		held += strings.Count(string(m.Data), hivetest.Filler)
	}
	if held < 60 {
		t.Fatalf("the machine holds what stands for secrets %d times", held)
	}
	if err := scene.WriteFolder(dir, kape); err != nil {
		t.Fatal(err)
	}
	for name, output := range outputsOf(t, dir) {
		if !strings.Contains(output, "drop.example") && name == "JSON" {
			t.Logf("%s does not name the remote host", name)
		}
		for how, s := range spellingsOf(hivetest.Filler) {
			if i := strings.Index(output, s); i >= 0 {
				t.Errorf("%s shows what stands for a secret (%s): %q", name, how, output[max(0, i-80):min(len(output), i+80)])
			}
		}
	}
}

// TestArtefactBounds: --since and --until hold for what artefacts tell, and
// entries without a time are kept and say so.
func TestArtefactBounds(t *testing.T) {
	kape, _, _ := attestedMembers(t)
	dir := t.TempDir()
	if err := scene.WriteFolder(dir, kape); err != nil {
		t.Fatal(err)
	}
	since, until := time.Date(2026, 3, 14, 14, 7, 0, 0, time.UTC), time.Date(2026, 3, 14, 14, 15, 0, 0, time.UTC)
	all, some := anyCase(t, dir), anyCase(t, "--since", since.Format(time.RFC3339), "--until", until.Format(time.RFC3339), dir)
	timed, untimed, outside := 0, 0, 0
	for _, r := range some.Records {
		at, ok := r["time"].(string)
		if !ok {
			untimed++
			if !strings.Contains(r["because"].([]any)[0].(string)+r["because"].([]any)[1].(string), "no time of its own") {
				t.Errorf("a record without a time does not say so: %v", r["because"])
			}
			continue
		}
		if when, err := time.Parse(time.RFC3339Nano, at); err != nil || when.Before(since) || when.After(until) {
			t.Errorf("a record of %s", at)
		}
		timed++
	}
	for _, r := range all.Records {
		if at, ok := r["time"].(string); ok {
			if when, _ := time.Parse(time.RFC3339Nano, at); when.Before(since) || when.After(until) {
				outside++
			}
		}
	}
	if timed < 10 || untimed < 3 || outside < 5 || len(all.Records) != len(some.Records)+outside {
		t.Errorf("%d records: %d within the bounds, %d without a time; %d outside", len(all.Records), timed, untimed, outside)
	}
}

// TestArtefactsInterrupted: a run that ends while artefacts are read says that
// it is incomplete, and which are not read.
func TestArtefactsInterrupted(t *testing.T) {
	kape, _, _ := attestedMembers(t)
	for _, packing := range packings[:3] {
		input := filepath.Join(t.TempDir(), "evidence")
		if err := packing.write(input, kape); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		c, err := triage.Run(ctx, triage.Config{Inputs: []triage.Input{{Path: input}}, Workers: 1, Window: time.Hour, Now: fixedClock, Progress: func(p triage.Progress) {
			if p.Stage == "artefacts" && p.Done == 3 {
				cancel()
			}
		}})
		if err != nil {
			t.Fatal(err)
		}
		run, skipped := false, false
		for _, row := range c.Coverage.Sources {
			run = run || row.What == "run" && row.State == coverage.Partial
			skipped = skipped || row.What == "links" && row.State != coverage.Read
		}
		if c.Complete || !run || !skipped {
			t.Errorf("%s: complete %v, told %v, %v", packing.kind, c.Complete, run, skipped)
		}
	}
}
