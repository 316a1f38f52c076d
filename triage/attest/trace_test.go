package attest

import (
	"slices"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts"
	"hivetriage/triage/locate"
	"hivetriage/triage/technique"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func ran(at time.Time) []artifacts.Stamp { return []artifacts.Stamp{{Time: at, Means: "ran"}} }

// TestTraces holds what entries of artefacts attest to by themselves.
func TestTraces(t *testing.T) {
	for _, c := range []struct {
		name       string
		trace      artifacts.Trace
		kind       string // "" where there is no record
		assessment string
		hives      string
		to         string
	}{
		{"a line of a PowerShell history", artifacts.Trace{Artefact: "PSReadLine", Deed: artifacts.Typed, Command: `reg save HKLM\SAM C:\Temp\s.hiv`}, "script", "export", "SAM", `C:\Temp\s.hiv`},
		{"a cmdlet in it", artifacts.Trace{Artefact: "PSReadLine", Deed: artifacts.Typed, Command: `Copy-Item \\?\GLOBALROOT\Device\HarddiskVolumeShadowCopy2\Windows\System32\config\SECURITY C:\x\b`}, "script", "export", "SECURITY", `C:\x\b`},
		{"a harmless line", artifacts.Trace{Artefact: "PSReadLine", Deed: artifacts.Typed, Command: `Get-ChildItem C:\Windows\System32\config`}, "", "", "", ""},
		{"a line that looks alike", artifacts.Trace{Artefact: "PSReadLine", Deed: artifacts.Typed, Command: `reg export HKLM\SYSTEM\CurrentControlSet\Services\W32Time C:\t.reg`}, "script", "benign", "", ""},
		{"the Run dialogue", artifacts.Trace{Artefact: "RunMRU", Deed: artifacts.Typed, Command: `cmd /c reg save hklm\security c:\sec`, Times: []artifacts.Stamp{{Time: noon, Means: "most recent entry written"}}}, "script", "export", "SECURITY", `c:\sec`},
		{"a task", artifacts.Trace{Artefact: "ScheduledTask", Deed: artifacts.Planned, Command: `C:\Windows\System32\reg.exe save HKLM\SAM C:\b\sam.save /y`}, "service", "attempt", "SAM", `C:\b\sam.save`},
		{"a task that ran", artifacts.Trace{Artefact: "TaskCache", Deed: artifacts.Planned, Command: `reg.exe save HKLM\SAM C:\b\sam.save /y`, Times: []artifacts.Stamp{{Time: noon, Means: "last ran"}}}, "service", "export", "SAM", `C:\b\sam.save`},
		{"a service", artifacts.Trace{Artefact: "Service", Deed: artifacts.Planned, Command: `%COMSPEC% /Q /c echo reg save hklm\sam c:\s ^> \\127.0.0.1\C$\__output 2^>^&1 > %TEMP%\execute.bat & %COMSPEC% /Q /c %TEMP%\execute.bat & del %TEMP%\execute.bat`}, "service", "attempt", "SAM", `c:\s`},
		{"Prefetch that names a copy", artifacts.Trace{Artefact: "Prefetch", Deed: artifacts.Ran, Program: `\VOLUME{01d8-11}\WINDOWS\SYSTEM32\REG.EXE`, Times: ran(noon),
			Paths: []string{`\VOLUME{01d8-11}\WINDOWS\SYSTEM32\NTDLL.DLL`, `\VOLUME{01d8-11}\USERS\PUBLIC\SAM.SAVE`}}, "execution", "attempt", "SAM", `\VOLUME{01d8-11}\USERS\PUBLIC\SAM.SAVE`},
		{"Prefetch that names the live hive", artifacts.Trace{Artefact: "Prefetch", Deed: artifacts.Ran, Program: `\VOLUME{01d8-11}\WINDOWS\SYSTEM32\LSASS.EXE`, Times: ran(noon),
			Paths: []string{`\VOLUME{01d8-11}\WINDOWS\SYSTEM32\CONFIG\SAM`}}, "", "", "", ""},
		{"Prefetch of reg.exe alone", artifacts.Trace{Artefact: "Prefetch", Deed: artifacts.Ran, Program: "REG.EXE", Times: ran(noon)}, "", "", "", ""},
		{"Prefetch of pwdump", artifacts.Trace{Artefact: "Prefetch", Deed: artifacts.Ran, Program: "PWDUMP7.EXE", Times: ran(noon)}, "execution", "attempt", "SAM SECURITY", ""},
		{"pwdump on the disk", artifacts.Trace{Artefact: "ShimCache", Deed: artifacts.Existed, Program: `C:\t\pwdump7.exe`, Times: []artifacts.Stamp{{Time: noon, Means: "file modified"}}}, "execution", "access", "SAM SECURITY", ""},
		{"reg.exe renamed", artifacts.Trace{Artefact: "Amcache", Deed: artifacts.Existed, Program: `c:\users\public\svc.exe`, Details: []artifacts.Datum{{Name: "OriginalFileName", Value: "reg.exe"}}}, "execution", "access", "", ""},
		{"reg.exe as itself", artifacts.Trace{Artefact: "Amcache", Deed: artifacts.Existed, Program: `c:\windows\system32\reg.exe`, Details: []artifacts.Datum{{Name: "OriginalFileName", Value: "reg.exe"}}}, "", "", "", ""},
		{"a link to a copy", artifacts.Trace{Artefact: "LNK", Deed: artifacts.Opened, Paths: []string{`C:\Users\eve\Desktop\sam.save`}}, "journal", "attempt", "SAM", `C:\Users\eve\Desktop\sam.save`},
		{"a link to somebody's folder", artifacts.Trace{Artefact: "LNK", Deed: artifacts.Opened, Paths: []string{`C:\Users\eve\Pictures\Sam`}}, "journal", "access", "SAM", `C:\Users\eve\Pictures\Sam`},
		{"a link to another file", artifacts.Trace{Artefact: "LNK", Deed: artifacts.Opened, Paths: []string{`C:\Users\eve\report.docx`}}, "", "", "", ""},
		{"a deleted copy", artifacts.Trace{Artefact: "RecycleBin", Deed: artifacts.Removed, Paths: []string{`C:\Users\eve\sam.hiv`}, Details: []artifacts.Datum{{Name: "Size", Value: "49152"}}}, "journal", "attempt", "SAM", `C:\Users\eve\sam.hiv`},
		{"a deleted file of another size", artifacts.Trace{Artefact: "RecycleBin", Deed: artifacts.Removed, Paths: []string{`C:\Users\eve\sam`}, Details: []artifacts.Datum{{Name: "Size", Value: "120"}}}, "", "", "", ""},
		{"Defender names a copy", artifacts.Trace{Artefact: "DetectionHistory", Deed: artifacts.Detected, Paths: []string{`C:\Windows\Temp\security.save`}}, "journal", "attempt", "SECURITY", `C:\Windows\Temp\security.save`},
	} {
		rec, ok := Trace(&c.trace, noon.Add(time.Hour))
		if ok != (c.kind != "") {
			t.Errorf("%s: a record %v: %+v", c.name, ok, rec)
			continue
		}
		if !ok {
			continue
		}
		if rec.Kind != c.kind || rec.Assessment != c.assessment || strings.Join(rec.Hives, " ") != c.hives || rec.Destination != c.to {
			t.Errorf("%s: %s %s %v to %q, want %s %s %s to %q", c.name, rec.Kind, rec.Assessment, rec.Hives, rec.Destination, c.kind, c.assessment, c.hives, c.to)
		}
		if len(rec.Because) == 0 || rec.From.Artefact != c.trace.Artefact {
			t.Errorf("%s: because %q, from %+v", c.name, rec.Because, rec.From)
		}
		if len(c.trace.Times) == 0 && !rec.NotAfter.Equal(noon.Add(time.Hour)) {
			t.Errorf("%s: not after %v", c.name, rec.NotAfter)
		}
	}
}

// TestRuns ties runs to copies by time, and only the program's own.
func TestRuns(t *testing.T) {
	copies := []locate.Export{
		{ID: "exp-1", Hive: "SAM", At: artifacts.Locator{Source: "s", Volume: "v", Path: "/Temp/a"}, Times: locate.FileTimes{SI: artifacts.Times{Created: noon}}},
		{ID: "exp-2", Hive: "SYSTEM", At: artifacts.Locator{Source: "s", Volume: "v", Path: "/Temp/b"}, Times: locate.FileTimes{SI: artifacts.Times{Created: noon.Add(time.Hour)}}},
		{ID: "exp-3", Hive: "SAM", At: artifacts.Locator{Source: "other", Volume: "v", Path: "/Temp/a"}, Times: locate.FileTimes{SI: artifacts.Times{Created: noon}}},
	}
	for _, c := range []struct {
		name    string
		program string
		stamps  []artifacts.Stamp
		runs    bool
		ties    []string
		row     int
	}{
		{"just before", "REG.EXE", ran(noon.Add(-time.Second)), true, []string{"exp-1"}, technique.RegSave},
		{"two runs", "REG.EXE", append(ran(noon.Add(-time.Second)), ran(noon.Add(time.Hour))...), true, []string{"exp-1", "exp-2"}, technique.RegSave},
		{"a minute before", "REG.EXE", ran(noon.Add(-time.Minute)), true, nil, 0},
		{"after", "REG.EXE", ran(noon.Add(time.Minute)), true, nil, 0},
		{"regedit waits for its user", "regedit.exe", ran(noon.Add(-5 * time.Minute)), true, []string{"exp-1"}, technique.Regedit},
		{"the end of a run", `\Device\HarddiskVolume2\Windows\System32\reg.exe`, []artifacts.Stamp{{Time: noon.Add(3 * time.Second), Means: "last run ended, or the program was running"}}, true, []string{"exp-1"}, technique.RegSave},
		{"another program", "NOTEPAD.EXE", ran(noon), false, nil, 0},
		{"a time that is no run", "reg.exe", []artifacts.Stamp{{Time: noon, Means: "file modified"}}, false, nil, 0},
	} {
		tr := artifacts.Trace{From: artifacts.Locator{Source: "s", Volume: "v", Path: "/Windows/Prefetch/x.pf"}, Artefact: "Prefetch", Deed: artifacts.Ran, Program: c.program, Times: c.stamps}
		if got := Runs(&tr); got != c.runs {
			t.Errorf("%s: Runs says %v", c.name, got)
		}
		var ties []string
		if !c.runs {
			continue
		}
		for _, rec := range Ran(&tr, copies) {
			ties = append(ties, rec.Export)
			if rec.Row != c.row || rec.Assessment != "attempt" || rec.Kind != "execution" {
				t.Errorf("%s: %+v", c.name, rec)
			}
		}
		if !slices.Equal(ties, c.ties) {
			t.Errorf("%s: tied to %q, want %q", c.name, ties, c.ties)
		}
	}
}

// TestAround holds which entries bear on the time around an act.
func TestAround(t *testing.T) {
	always := func(artifacts.Stamp) bool { return true }
	copied := func(relative string) bool { return relative == "/temp/odd.bin" }
	at := ran(noon)
	for _, c := range []struct {
		trace artifacts.Trace
		kind  string // "" where it does not
		what  string
	}{
		{artifacts.Trace{Deed: artifacts.Ran, Program: `\VOLUME{1}\TOOLS\7Z.EXE`, Times: at}, "execution", "an archiver ran"},
		{artifacts.Trace{Deed: artifacts.Ran, Program: `C:\Windows\explorer.exe`, Times: at}, "", ""},
		{artifacts.Trace{Deed: artifacts.Existed, Program: `C:\t\mimikatz.exe`, Times: at}, "execution", "on the disk"},
		{artifacts.Trace{Deed: artifacts.Existed, Program: `C:\t\7z.exe`, Times: at}, "", ""},
		{artifacts.Trace{Deed: artifacts.Typed, Command: `rclone copy C:\Temp remote:x`, Times: at}, "execution", "a transfer tool was entered"},
		{artifacts.Trace{Deed: artifacts.Opened, Paths: []string{`C:\Temp\odd.bin`}, Times: at}, "opened", "a copy of a hive"},
		{artifacts.Trace{Deed: artifacts.Opened, Paths: []string{`C:\Temp\letter.txt`}, Times: at}, "", ""},
		{artifacts.Trace{Deed: artifacts.Removed, Paths: []string{`C:\Temp\loot.7z`}, Times: at}, "deletion", "an archive was deleted"},
		{artifacts.Trace{Deed: artifacts.Detected, Details: []artifacts.Datum{{Name: "ThreatName", Value: "HackTool:Win32/Mimikatz"}}, Times: at}, "alert", "Mimikatz"},
	} {
		notices := Around(&c.trace, always, copied)
		if (len(notices) == 1) != (c.kind != "") {
			t.Errorf("%+v: %d notices", c.trace, len(notices))
			continue
		}
		if c.kind != "" && (notices[0].Kind != c.kind || !strings.Contains(notices[0].What, c.what) || !notices[0].Time.Equal(noon)) {
			t.Errorf("%+v: %+v", c.trace, notices[0])
		}
	}
	for line, want := range map[string]int{`Move-Item C:\Temp\odd.bin D:\x`: 1, `Get-Item "C:\Temp\other.bin"`: 0, `odd.bin`: 0} {
		if n := Around(&artifacts.Trace{Deed: artifacts.Typed, Artefact: "PSReadLine", Command: line}, always, copied); len(n) != want || want == 1 && !n[0].Time.IsZero() {
			t.Errorf("%s: %+v", line, n)
		}
	}
	if n := Around(&artifacts.Trace{Deed: artifacts.Ran, Program: "7z.exe", Times: at}, func(artifacts.Stamp) bool { return false }, copied); len(n) != 0 {
		t.Errorf("%d notices of a time that nobody asked for", len(n))
	}
}
