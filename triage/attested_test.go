package triage

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts/eventlog/eventlogtest"
	"hivetriage/testdata/corpora"
)

const attestedHost = "FS03.nordwind.example"

var (
	attestedAt   = time.Date(2026, 3, 14, 9, 26, 53, 0, time.UTC)
	attestedUser = eventlogtest.Account{SID: "S-1-5-21-1004336348-1177238915-682003330-1107", Name: "jansen", Domain: "NORDWIND", LogonID: 0x5C1A2F}
)

func after(d time.Duration) time.Time { return attestedAt.Add(d) }

// writeLog writes a log of some records and returns its path.
func writeLog(t *testing.T, dir, name string, records ...eventlogtest.Record) {
	t.Helper()
	w := eventlogtest.New(eventlogtest.Options{})
	for _, r := range records {
		w.Add(r)
	}
	if err := os.WriteFile(filepath.Join(dir, name), w.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestAttested: the same kind of act, told by one source each, is an act with
// the confidence that the source deserves, and what only looks like it is not.
func TestAttested(t *testing.T) {
	share := func(d time.Duration, share, local, target string) eventlogtest.Record {
		return eventlogtest.Security5145(after(d), attestedHost, eventlogtest.ShareAccess{Subject: attestedUser, IP: "10.0.0.9", Port: "50222", Share: `\\*\` + share, ShareLocal: local, Target: target, Mask: 3})
	}
	winreg := share(0, "IPC$", "", "winreg")
	for name, c := range map[string]struct {
		records []eventlogtest.Record
		verdict string
		kinds   string
		hives   string
	}{
		"SMB":              {[]eventlogtest.Record{winreg, share(2*time.Second, "ADMIN$", `\??\C:\Windows`, `Temp\CYAlyNSS.tmp`)}, "probable", "share export", "SAM,SECURITY"},
		"SMB, old":         {[]eventlogtest.Record{share(0, "ADMIN$", `\??\C:\Windows`, `System32\CYAlyNSS.tmp`)}, "suspicious", "share attempt", "SAM,SECURITY"},
		"atexec":           {[]eventlogtest.Record{share(0, "ADMIN$", `\??\C:\Windows`, `Temp\CYAlyNSS.tmp`)}, "none", "share benign", ""},
		"a script":         {[]eventlogtest.Record{eventlogtest.PowerShell4104(attestedAt, attestedHost, attestedUser.SID, 4242, 2, 2, `ave HKLM\SAM C:\Temp\s`, "0b"), eventlogtest.PowerShell4104(after(time.Second), attestedHost, attestedUser.SID, 4242, 1, 2, "reg s", "0b")}, "probable", "script export", "SAM"},
		"any script":       {[]eventlogtest.Record{eventlogtest.PowerShell4104(attestedAt, attestedHost, attestedUser.SID, 4242, 1, 1, "Get-Service", "0b")}, "none", "", ""},
		"a service":        {[]eventlogtest.Record{eventlogtest.System7045(attestedAt, attestedHost, attestedUser.SID, "x", `cmd.exe /c reg save HKLM\SAM C:\Temp\s`)}, "suspicious", "service attempt", "SAM"},
		"an audited one":   {[]eventlogtest.Record{eventlogtest.Security4697(attestedAt, attestedHost, attestedUser, "x", `cmd.exe /c reg save HKLM\SECURITY C:\Temp\s`)}, "suspicious", "service attempt", "SECURITY"},
		"a task":           {[]eventlogtest.Record{eventlogtest.Security4698(attestedAt, attestedHost, attestedUser, `\x`, `<Task><Actions><Exec><Command>reg.exe</Command><Arguments>save HKLM\SAM C:\Temp\s</Arguments></Exec></Actions></Task>`)}, "suspicious", "service attempt", "SAM"},
		"a loaded copy":    {[]eventlogtest.Record{eventlogtest.KernelGeneral16(attestedAt, attestedHost, attestedUser.SID, `\??\C:\Temp\SAM`)}, "probable", "hive-load export", "SAM"},
		"a loaded RegBack": {[]eventlogtest.Record{eventlogtest.KernelGeneral16(attestedAt, attestedHost, attestedUser.SID, `\??\C:\Windows\System32\config\RegBack\SECURITY`)}, "none", "", ""},
		"an audited key":   {[]eventlogtest.Record{eventlogtest.Security4663(attestedAt, attestedHost, attestedUser, "Key", `\REGISTRY\MACHINE\SAM`, 4242, `C:\Windows\regedit.exe`)}, "none", "object access", "SAM"},
		"a file's name": {[]eventlogtest.Record{eventlogtest.Sysmon11(attestedAt, attestedHost, eventlogtest.SysmonFile{PID: 4242, GUID: "{5AA13A44-ACA6-68FE-DE5D-000000004002}",
			Image: `C:\Windows\System32\esentutl.exe`, Target: `C:\ProgramData\SAM`, User: `NORDWIND\jansen`})}, "suspicious", "file attempt", "SAM"},
		"a deleted copy": {[]eventlogtest.Record{eventlogtest.SysmonEvent(23, attestedAt, attestedHost, eventlogtest.SysmonFile{PID: 4242, Image: `C:\Windows\System32\cmd.exe`, User: `NORDWIND\jansen`},
			eventlogtest.Field{Name: "TargetFilename", Type: eventlogtest.String, Value: `C:\Temp\sam.save`})}, "suspicious", "file attempt", "SAM"},
	} {
		dir := t.TempDir()
		writeLog(t, dir, "log.evtx", c.records...)
		got := triageFile(t, dir)
		var kinds, hives []string
		for _, r := range got.Records {
			kinds = append(kinds, r.Kind+" "+r.Assessment)
			hives = append(hives, r.Hives...)
			if r.Host != attestedHost || r.ID == "" || len(r.Because) == 0 {
				t.Errorf("%s: %+v", name, r)
			}
		}
		if got.Verdict != c.verdict || strings.Join(kinds, ",") != c.kinds || strings.Join(hives, ",") != c.hives {
			t.Errorf("%s: %s, %q of %q, want %s, %q of %q", name, got.Verdict, kinds, hives, c.verdict, c.kinds, c.hives)
		}
	}
}

// TestNotices: what lies in the window around an act is listed once, and
// answers the guide; what lies outside is not, and nothing is without an act.
func TestNotices(t *testing.T) {
	act := eventlogtest.Security4688(attestedAt, attestedHost, eventlogtest.NewProcess{Subject: attestedUser, PID: 0x1D28, Image: `C:\Windows\System32\reg.exe`,
		ParentPID: 0x2924, CommandLine: `reg save HKLM\SAM C:\Temp\s`, ParentImage: `C:\Windows\System32\cmd.exe`})
	other := eventlogtest.Account{SID: "S-1-5-21-1004336348-1177238915-682003330-1199", Name: "helper", Domain: "NORDWIND"}
	system := []eventlogtest.Record{
		eventlogtest.System7036(after(-time.Minute), attestedHost, "Remote Registry", "running"),
		eventlogtest.System7036(after(time.Minute), attestedHost, "Remote Registry", "running"),
		eventlogtest.System7036(after(time.Minute), attestedHost, "Print Spooler", "running"),
		eventlogtest.System7045(after(2*time.Minute), attestedHost, attestedUser.SID, "Updater", `C:\ProgramData\u.exe`),
		eventlogtest.System7045(after(80*time.Hour), attestedHost, attestedUser.SID, "Later", `C:\ProgramData\l.exe`),
	}
	dir := t.TempDir()
	writeLog(t, dir, "Security.evtx", act, eventlogtest.Security4720(after(3*time.Minute), attestedHost, attestedUser, other))
	writeLog(t, dir, "System.evtx", system...)
	c := triageFile(t, dir)
	var got []string
	for _, n := range c.Notices {
		got = append(got, n.Kind+" "+strings.Repeat("*", n.Count)+" "+n.What)
	}
	want := []string{"service ** the service Remote Registry is running", `service * the service Updater was installed: C:\ProgramData\u.exe, by S-1-5-21-1004336348-1177238915-682003330-1107`,
		`account * the account NORDWIND\helper was created`}
	if !slices.Equal(got, want) {
		t.Errorf("notices %q, want %q", got, want)
	}
	answers := ""
	for _, a := range c.Guide {
		answers += a.Answer
	}
	for _, n := range want {
		if _, what, _ := strings.Cut(n, "the "); !strings.Contains(answers, what) {
			t.Errorf("the guide does not tell %q", what)
		}
	}
	if !slices.ContainsFunc(c.Timeline, func(m Moment) bool { return m.Kind == "notice" }) {
		t.Error("the timeline has no notice")
	}
	without := t.TempDir()
	writeLog(t, without, "System.evtx", system...)
	if c := triageFile(t, without); len(c.Notices) != 0 || c.Verdict != "none" {
		t.Errorf("without an act: %s, %+v", c.Verdict, c.Notices)
	}
}

// TestFetchedExport: a share's record of an export's own place, whatever the
// file is called, belongs to the export's act.
func TestFetchedExport(t *testing.T) {
	file := corpora.Read(t, "hives", "EZ_SAM")
	dir := t.TempDir()
	folder := filepath.Join(dir, "C", "ProgramData")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "plan.docx"), file, 0o600); err != nil {
		t.Fatal(err)
	}
	writeLog(t, dir, "Security.evtx",
		eventlogtest.Security4688(attestedAt, attestedHost, eventlogtest.NewProcess{Subject: attestedUser, PID: 0x1D28, Image: `C:\Windows\System32\reg.exe`,
			ParentPID: 0x2924, CommandLine: `reg save HKLM\SAM C:\ProgramData\plan.docx`, ParentImage: `C:\Windows\System32\cmd.exe`}),
		eventlogtest.Security5145(after(time.Minute), attestedHost, eventlogtest.ShareAccess{Subject: attestedUser, IP: "10.0.0.9", Share: `\\*\C$`, ShareLocal: `\??\C:\`, Target: `ProgramData\plan.docx`, Mask: 1}),
		eventlogtest.Security5145(after(time.Minute), attestedHost, eventlogtest.ShareAccess{Subject: attestedUser, IP: "10.0.0.9", Share: `\\*\C$`, ShareLocal: `\??\C:\`, Target: `ProgramData\other.docx`, Mask: 1}))
	c := triageFile(t, dir)
	if len(c.Acts) != 1 || len(c.Records) != 2 || len(c.Acts[0].Records) != 2 || len(c.Acts[0].Exports) != 1 {
		t.Fatalf("%d acts, %d records: %+v", len(c.Acts), len(c.Records), c.Acts)
	}
	if r := c.Records[1]; r.Kind != "share" || r.Address != "10.0.0.9" || !slices.Equal(r.Hives, []string{"SAM"}) {
		t.Errorf("%+v", r)
	}
}
