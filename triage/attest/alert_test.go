package attest

import (
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts"
	"hivetriage/triage/correlate"
	"hivetriage/triage/technique"
)

// TestAlerts holds what Defender's log attests to by itself.
func TestAlerts(t *testing.T) {
	for path, want := range map[string]string{
		`file:_C:\Users\Public\sam.save`: "journal attempt SAM",
		`file:_C:\ProgramData\SAM`:       "journal attempt SAM",
		`process:_pid:77,ProcessStart:1; containerfile:_C:\x\a.zip; file:_C:\x\a.zip->security.hiv`:           "",
		`file:_C:\Tools\x.exe; file:_C:\Windows\Temp\security.save`:                                           "journal attempt SECURITY",
		`behavior:_pid:77:1; CmdLine:_C:\Windows\System32\reg.exe save HKLM\SAM C:\s`:                         "execution attempt SAM",
		`CmdLine:_C:\Windows\System32\reg.exe export HKLM\SYSTEM\CurrentControlSet\Services\W32Time C:\t.reg`: "execution benign ",
		`file:_C:\Windows\System32\config\SAM`:                                                                "",
		`file:_C:\Windows\Temp\x.tmp`:                                                                         "",
		``:                                                                                                    "",
	} {
		for _, id := range []uint32{1006, 1116, 1117} {
			e := event(Defender, id, 0, "Threat Name", "HackTool:Win32/Dumper", "Path", path)
			var r Reader
			if Reads(e) && Wanted(e) {
				r.Add(e)
			}
			got := ""
			for _, rec := range first2(r.Records()) {
				got = rec.Kind + " " + rec.Assessment + " " + strings.Join(rec.Hives, ",")
				if rec.ID != correlate.RecordID(e) || rec.From.Artefact != "" || rec.From.EventCode == "" || !rec.Time.Equal(e.Began()) {
					t.Errorf("%s: %+v", path, rec)
				}
			}
			if got != want {
				t.Errorf("%d %s: %q, want %q", id, path, got, want)
			}
		}
	}
}

// TestEndpointFiles: a file that Elastic Defend saw being created counts by
// its name, or by its place and its first bytes.
func TestEndpointFiles(t *testing.T) {
	for _, c := range []struct{ path, head, want string }{
		{`C:\Users\Public\sam.save`, "", "attempt SAM"},
		{`C:\Users\Public\SECURITY`, "", "access SECURITY"},
		{`C:\Users\Public\SECURITY`, "72656766", "attempt SECURITY"},
		{`C:\Windows\Temp\QwErTyUi.tmp`, "7265676601", "attempt SAM,SECURITY"},
		{`C:\Windows\Temp\QwErTyUi.tmp`, "4d5a9000", ""},
		{`C:\Users\eve\QwErTyUi.tmp`, "72656766", ""},
		{`C:\Users\eve\AppData\settings.dat`, "72656766", ""},
		{`C:\Windows\System32\config\SAM`, "72656766", ""},
	} {
		e := event(Endpoint, 0, 0, "file.Ext.header_bytes", c.head)
		e.File, e.Process = &artifacts.File{Path: c.path}, &artifacts.Process{Executable: "C:\\x.exe"}
		got := ""
		var r Reader
		if Reads(e) && Wanted(e) {
			r.Add(e)
		}
		for _, rec := range first2(r.Records()) {
			got = rec.Assessment + " " + strings.Join(rec.Hives, ",")
			if rec.Kind != "file" || rec.File != c.path || rec.OneOf != (len(rec.Hives) > 1) {
				t.Errorf("%+v: %+v", c, rec)
			}
		}
		if got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
	for image, want := range map[string]bool{`C:\Windows\System32\svchost.exe`: true, `C:\Windows\System32\msiexec.exe`: false} {
		for path, fits := range map[string]bool{`C:\Windows\System32\QwErTyUi.tmp`: true, `C:\Windows\Temp\QwErTyUi.tmp`: true, `C:\Windows\Temp\QwErTyU1.tmp`: false, `C:\x\QwErTyUi.tmp`: false} {
			e := event(Sysmon, 11, 0)
			e.File, e.Process = &artifacts.File{Path: path}, &artifacts.Process{Executable: image}
			rec, ok := fileRecord(e)
			if ok != (want && fits) || ok && (rec.Row != technique.Secretsdump || rec.Assessment != "attempt") {
				t.Errorf("%s of %s: %v %+v", path, image, ok, rec)
			}
		}
	}
	start := event(Endpoint, 0, 0)
	start.Process = &artifacts.Process{Executable: "x"}
	if Reads(start) {
		t.Error("a process start is read here")
	}
}

// TestTracesInPlace: entries that need more than a name to count.
func TestTracesInPlace(t *testing.T) {
	opened := func(name string) artifacts.Trace {
		return artifacts.Trace{Artefact: "RecentDocs", Deed: artifacts.Opened, Paths: []string{name}, Times: ran(noon)}
	}
	loaded := func(program string) artifacts.Trace {
		return artifacts.Trace{Artefact: "Prefetch", Deed: artifacts.Ran, Program: program, Paths: []string{`\VOLUME{1-1}\WINDOWS\SYSTEM32\OFFREG.DLL`}, Times: ran(noon)}
	}
	for _, c := range []struct {
		trace artifacts.Trace
		want  string
	}{
		{opened("sam.save"), "attempt 0"}, {opened("SAM"), ""}, {opened("sam.reg"), ""}, {opened("sam_1a2b"), ""}, {opened(strings.Repeat("x", 100)), ""},
		{loaded(`\VOLUME{1-1}\USERS\EVE\DOWNLOADS\TOOL.EXE`), "access 21"}, {loaded(`\VOLUME{1-1}\WINDOWS\SYSTEM32\DISM.EXE`), ""}, {loaded("TOOL.EXE"), ""},
	} {
		got := ""
		if rec, ok := Trace(&c.trace, time.Time{}); ok {
			got = rec.Assessment + " " + map[int]string{0: "0", technique.OfflineRegistry: "21"}[rec.Row]
		}
		if got != c.want {
			t.Errorf("%s %q: %q, want %q", c.trace.Program, c.trace.Paths, got, c.want)
		}
	}
}

// TestRegeditDialogue: what was chosen when a dialogue of regedit ended.
func TestRegeditDialogue(t *testing.T) {
	visited := artifacts.Trace{Artefact: "ComDlg32", Deed: artifacts.Opened, Program: "regedit.exe", Paths: []string{`C:\x`}, Times: ran(noon)}
	other := visited
	other.Program = "notepad.exe"
	if at := RegeditChose(&visited); !at.Equal(noon) {
		t.Errorf("%v", at)
	}
	if at := RegeditChose(&other); !at.IsZero() {
		t.Errorf("%v", at)
	}
	for after, want := range map[time.Duration]string{0: "attempt", 100 * time.Millisecond: "attempt", -time.Minute: "access"} {
		chosen := artifacts.Trace{Artefact: "ComDlg32", Deed: artifacts.Opened, Paths: []string{`C:\x\sam.reg`}, Times: ran(noon.Add(after))}
		rec, ok := Trace(&chosen, time.Time{})
		records := []correlate.Record{rec}
		Regedit(records, []time.Time{noon})
		if !ok || records[0].Assessment != want {
			t.Errorf("%s: %v %+v", after, ok, records[0])
		}
	}
}
