package attest

import (
	"slices"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts"
	"hivetriage/triage/correlate"
)

var at = time.Date(2026, 3, 14, 9, 26, 53, 0, time.UTC)

// event builds an event; data are names and values in turn.
func event(provider string, code uint32, after time.Duration, data ...string) *artifacts.Event {
	e := &artifacts.Event{Provider: provider, Code: code, Time: at.Add(after), Host: "FS03", RecordID: uint64(after/time.Millisecond) + 1,
		User: artifacts.User{SID: "S-1-5-21-1-2-3-1107", Name: "jansen", Domain: "NORDWIND"}}
	for i := 0; i+1 < len(data); i += 2 {
		e.Data = append(e.Data, artifacts.Datum{Name: data[i], Value: data[i+1]})
	}
	return e
}

func access(after time.Duration, share, folder, target string) *artifacts.Event {
	return event(Security, 5145, after, "IpAddress", "10.0.0.9", "ShareName", `\\*\`+share, "ShareLocalPath", folder, "RelativeTargetName", target, "AccessMask", "0x120089")
}

func file(code uint32, image, path string) *artifacts.Event {
	e := event(Sysmon, code, 0)
	e.Process, e.File = &artifacts.Process{PID: 77, Executable: image}, &artifacts.File{Path: path}
	return e
}

func by(e *artifacts.Event, image string) *artifacts.Event {
	e.Process = &artifacts.Process{PID: 77, Executable: image}
	return e
}

// records passes events through a Reader as the program does.
func records(t *testing.T, events ...*artifacts.Event) []correlate.Record {
	t.Helper()
	var r Reader
	for _, e := range events {
		if !Reads(e) {
			t.Errorf("%s %d is not read", e.Provider, e.Code)
		}
		if Wanted(e) {
			r.Add(e)
		}
	}
	out, beyond := r.Records()
	if beyond != 0 {
		t.Errorf("%d records beyond", beyond)
	}
	return out
}

// task is a registered task's XML.
func task(command, arguments string) string {
	return `<?xml version="1.0" encoding="UTF-16"?><Task><Actions Context="LocalSystem"><Exec><Command>` + command + `</Command><Arguments>` + arguments + `</Arguments></Exec></Actions></Task>`
}

const (
	adminShare = `\??\C:\Windows`
	driveShare = `\??\C:\`
)

// TestSingleEvents: what one event alone says.
func TestSingleEvents(t *testing.T) {
	const nothing = "nothing"
	for name, c := range map[string]struct {
		e           *artifacts.Event
		assessment  string
		hives       string
		destination string
	}{
		"secretsdump's old place without winreg": {access(0, "ADMIN$", adminShare, `SYSTEM32\BTeHLZkJ.tmp`), "attempt", "SAM,SECURITY", `C:\Windows\SYSTEM32\BTeHLZkJ.tmp`},
		"the new place without winreg":           {access(0, "ADMIN$", adminShare, `Temp\CYAlyNSS.tmp`), "benign", "", `C:\Windows\Temp\CYAlyNSS.tmp`},
		"nine letters":                           {access(0, "ADMIN$", adminShare, `SYSTEM32\BTeHLZkJx.tmp`), nothing, "", ""},
		"a digit":                                {access(0, "ADMIN$", adminShare, `Temp\CYAlyNS1.tmp`), nothing, "", ""},
		"another folder":                         {access(0, "ADMIN$", adminShare, `Logs\CYAlyNSS.tmp`), nothing, "", ""},
		"the live hive":                          {access(0, "C$", driveShare, `Windows\System32\config\SAM`), "access", "SAM", `C:\Windows\System32\config\SAM`},
		"RegBack":                                {access(0, "C$", "", `Windows\System32\config\RegBack\SECURITY`), "attempt", "SECURITY", `C:\Windows\System32\config\RegBack\SECURITY`},
		"SYSVOL":                                 {access(0, "SYSVOL", `\??\C:\Windows\SYSVOL\sysvol`, `nordwind.example\SAM_abcdefgh`), "attempt", "SAM", `C:\Windows\SYSVOL\sysvol\nordwind.example\SAM_abcdefgh`},
		"a copy's name":                          {access(0, "C$", driveShare, `Temp\sam.save`), "attempt", "SAM", `C:\Temp\sam.save`},
		"a plain name":                           {access(0, "C$", driveShare, `Users\P\SYSTEM`), "access", "SYSTEM", `C:\Users\P\SYSTEM`},
		"any file":                               {access(0, "C$", driveShare, `Users\P\plan.docx`), nothing, "", ""},

		"a hive loaded":             {event(KernelGeneral, 16, 0, "HiveName", `\??\C:\Users\P\AppData\Local\Temp\SAM`), "export", "SAM", `c:\users\p\appdata\local\temp\sam`},
		"RegBack loaded":            {event(KernelGeneral, 16, 0, "HiveName", `\??\C:\Windows\System32\config\RegBack\SECURITY`), nothing, "", ""},
		"a shadow copy's loaded":    {event(KernelGeneral, 16, 0, "HiveName", `\??\GLOBALROOT\Device\HarddiskVolumeShadowCopy3\Windows\System32\config\SYSTEM`), nothing, "", ""},
		"another volume's loaded":   {event(KernelGeneral, 16, 0, "HiveName", `\??\E:\Windows\System32\config\SAM`), nothing, "", ""},
		"a user's loaded":           {event(KernelGeneral, 16, 0, "HiveName", `\??\C:\Users\P\NTUSER.DAT`), nothing, "", ""},
		"the system's own":          {event(KernelGeneral, 16, 0, "HiveName", `\SystemRoot\System32\Config\SAM`), nothing, "", ""},
		"a service that saves":      {event(ServiceManager, 7045, 0, "ServiceName", "x", "ImagePath", `cmd.exe /c reg save HKLM\SAM C:\Temp\s`), "attempt", "SAM", `C:\Temp\s`},
		"smbexec":                   {event(ServiceManager, 7045, 0, "ServiceName", "BTOBTO", "ImagePath", `%COMSPEC% /Q /c echo reg save HKLM\SAM C:\Temp\s ^> \\127.0.0.1\C$\__output 2^>^&1 > %TEMP%\execute.bat & %COMSPEC% /Q /c %TEMP%\execute.bat`), "attempt", "SAM", `C:\Temp\s`},
		"a service":                 {event(ServiceManager, 7045, 0, "ServiceName", "Spooler", "ImagePath", `C:\Windows\System32\spoolsv.exe`), nothing, "", ""},
		"an audited service":        {event(Security, 4697, 0, "ServiceName", "x", "ServiceFileName", `reg.exe save HKLM\SECURITY C:\Temp\s`), "attempt", "SECURITY", `C:\Temp\s`},
		"a task":                    {event(Security, 4698, 0, "TaskName", `\x`, "TaskContent", task("cmd.exe", `/c reg save HKLM\SAM C:\Temp\a &amp; echo`)), "attempt", "SAM", `C:\Temp\a`},
		"a changed task":            {event(Security, 4702, 0, "TaskName", `\x`, "TaskContentNew", task("reg.exe", `save HKLM\SYSTEM C:\Temp\a`)), "attempt", "SYSTEM", `C:\Temp\a`},
		"a task of Windows":         {event(Security, 4698, 0, "TaskName", `\x`, "TaskContent", task("%windir%\\system32\\defrag.exe", `-c`)), nothing, "", ""},
		"a script":                  {event(PowerShell, 4104, 0, "MessageNumber", "1", "MessageTotal", "1", "ScriptBlockText", "reg save hklm\\sam C:\\Temp\\s", "ScriptBlockId", "a"), "export", "SAM", `C:\Temp\s`},
		"a script's function":       {event(PowerShell, 4104, 0, "MessageNumber", "1", "MessageTotal", "1", "ScriptBlockText", "function Get-It { reg save hklm\\sam C:\\Temp\\s }", "ScriptBlockId", "a"), "attempt", "SAM", `C:\Temp\s`},
		"any script":                {event(PowerShell, 4104, 0, "MessageNumber", "1", "MessageTotal", "1", "ScriptBlockText", "Get-ChildItem HKLM:\\SYSTEM\\CurrentControlSet", "ScriptBlockId", "a"), nothing, "", ""},
		"a pipeline":                {event(PowerShell, 4103, 0, "ContextInfo", "        Host Application = powershell.exe\r\n", "UserData", "", "Payload", "CommandInvocation(Copy-Item): \"Copy-Item\"\r\nParameterBinding(Copy-Item): name=\"Path\"; value=\"C:\\Windows\\System32\\config\\RegBack\\SAM\"\r\nParameterBinding(Copy-Item): name=\"Destination\"; value=\"C:\\Temp\\s\"\r\n"), "export", "SAM", `C:\Temp\s`},
		"an engine's line":          {event(PowerShellClass, 400, 0, "", "Available", "", "None", "", "\tNewEngineState=Available\r\n\tHostApplication=powershell.exe -c reg save HKLM\\SAM C:\\Temp\\s\r\n\tEngineVersion=5.1"), "export", "SAM", `C:\Temp\s`},
		"an engine":                 {event(PowerShellClass, 600, 0, "", "Registry", "", "Started", "", "\tHostApplication=powershell.exe -File x.ps1\r\n"), nothing, "", ""},
		"a pipeline's line":         {event(PowerShellClass, 800, 0, "", `reg save HKLM\SECURITY C:\Temp\s`, "", "\tHostApplication=powershell.exe\r\n", "", ""), "export", "SECURITY", `C:\Temp\s`},
		"an audited key":            {by(event(Security, 4663, 0, "ObjectType", "Key", "ObjectName", `\REGISTRY\MACHINE\SAM`, "AccessMask", "0x1"), `C:\Windows\regedit.exe`), "access", "SAM", `\REGISTRY\MACHINE\SAM`},
		"lsass on its key":          {by(event(Security, 4663, 0, "ObjectType", "Key", "ObjectName", `\REGISTRY\MACHINE\SAM`), `C:\Windows\System32\lsass.exe`), nothing, "", ""},
		"an enumerated account":     {by(event(Security, 4656, 0, "ObjectType", "SAM_SERVER", "ObjectName", `SAM`), `C:\Windows\regedit.exe`), nothing, "", ""},
		"an audited file":           {by(event(Security, 4663, 0, "ObjectType", "File", "ObjectName", `C:\Windows\System32\config\SAM`), `C:\Tools\x.exe`), "access", "SAM", `C:\Windows\System32\config\SAM`},
		"periodic backup":           {event(Sysmon, 13, 0, "TargetObject", `HKLM\System\CurrentControlSet\Control\Session Manager\Configuration Manager\EnablePeriodicBackup`, "Details", "DWORD (0x00000001)"), "access", "", ""},
		"periodic backup off":       {event(Sysmon, 13, 0, "TargetObject", `HKLM\System\CurrentControlSet\Control\Session Manager\Configuration Manager\EnablePeriodicBackup`, "Details", "DWORD (0x00000000)"), nothing, "", ""},
		"a file of esentutl":        {file(11, `C:\Windows\System32\esentutl.exe`, `C:\ProgramData\SYSTEM`), "attempt", "SYSTEM", `C:\ProgramData\SYSTEM`},
		"a deleted copy":            {file(23, `C:\Windows\System32\cmd.exe`, `C:\Temp\sam.save`), "attempt", "SAM", `C:\Temp\sam.save`},
		"a stream":                  {file(15, `C:\Windows\System32\cmd.exe`, `C:\Temp\a.txt:sam.hive`), "attempt", "SAM", `C:\Temp\a.txt:sam.hive`},
		"a file named like a hive":  {file(11, `C:\Program Files\Git\bin\git.exe`, `C:\repo\security`), "access", "SECURITY", `C:\repo\security`},
		"the live hive as a file":   {file(11, `System`, `C:\Windows\System32\config\SAM`), nothing, "", ""},
		"a name inside another one": {file(11, `C:\x.exe`, `C:\Temp\samples.save`), nothing, "", ""},
	} {
		got := records(t, c.e)
		if c.assessment == nothing {
			if len(got) != 0 {
				t.Errorf("%s: %+v", name, got)
			}
			continue
		}
		if len(got) != 1 {
			t.Errorf("%s: %d records", name, len(got))
			continue
		}
		r := got[0]
		if r.Assessment != c.assessment || strings.Join(r.Hives, ",") != c.hives || r.Destination != c.destination || len(r.Because) == 0 || r.ID == "" {
			t.Errorf("%s:\n got %s %s %q because %q\nwant %s %s %q", name, r.Assessment, r.Hives, r.Destination, r.Because, c.assessment, c.hives, c.destination)
		}
	}
}

// TestShares: what was opened before decides what a file is.
func TestShares(t *testing.T) {
	winreg := func(after time.Duration) *artifacts.Event { return access(after, "IPC$", "", "winreg") }
	other := func(e *artifacts.Event) *artifacts.Event {
		e.User.SID, e.Data[0].Value = "S-1-5-21-9-9-9-500", "10.9.9.9"
		return e
	}
	elsewhere := func(e *artifacts.Event) *artifacts.Event { e.Host = "FS04"; return e }
	temp := access(2*time.Second, "ADMIN$", adminShare, `Temp\CYAlyNSS.tmp`)
	for name, c := range map[string]struct {
		events []*artifacts.Event
		want   []string
	}{
		"registry, then the file":   {[]*artifacts.Event{winreg(0), temp}, []string{"export"}},
		"logged the other way":      {[]*artifacts.Event{temp, winreg(0)}, []string{"export"}},
		"the registry afterwards":   {[]*artifacts.Event{temp, winreg(3 * time.Second)}, []string{"benign"}},
		"long before":               {[]*artifacts.Event{winreg(-time.Minute), temp}, []string{"benign"}},
		"another account's":         {[]*artifacts.Event{other(winreg(0)), temp}, []string{"benign"}},
		"another host's":            {[]*artifacts.Event{elsewhere(winreg(0)), temp}, []string{"benign"}},
		"two files":                 {[]*artifacts.Event{winreg(0), temp, access(3*time.Second, "ADMIN$", adminShare, `System32\NMdzZfem.tmp`)}, []string{"export", "export"}},
		"a backup operator's":       {[]*artifacts.Event{winreg(0), access(time.Second, "C$", driveShare, `Users\P\SYSTEM`)}, []string{"export"}},
		"the registry and no file":  {[]*artifacts.Event{winreg(0)}, nil},
		"a pipe of another service": {[]*artifacts.Event{access(0, "IPC$", "", "svcctl"), temp}, []string{"benign"}},
	} {
		var got []string
		for _, r := range records(t, c.events...) {
			got = append(got, r.Assessment)
			if r.Assessment == "export" && r.Address != "10.0.0.9" {
				t.Errorf("%s: from %q", name, r.Address)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// TestBlocks: parts of a script block are read as one, in their order, and
// what never comes is not waited for.
func TestBlocks(t *testing.T) {
	part := func(id, number, total, text string) *artifacts.Event {
		return event(PowerShell, 4104, 0, "MessageNumber", number, "MessageTotal", total, "ScriptBlockText", text, "ScriptBlockId", id)
	}
	got := records(t, part("a", "2", "2", `ave HKLM\SAM C:\Temp\s`), part("b", "1", "2", "Get-Item x"), part("a", "1", "2", "reg s"),
		part("c", "1", "3", "reg save HKLM\\SECURITY C:\\Temp\\t\n"), part("d", "1", "junk", `reg save HKLM\SYSTEM C:\Temp\u`))
	var lines []string
	for _, r := range got {
		lines = append(lines, strings.Join(r.Hives, ",")+" "+r.Assessment)
	}
	slices.Sort(lines)
	if want := []string{"SAM export", "SECURITY export", "SYSTEM export"}; !slices.Equal(lines, want) {
		t.Errorf("%q, want %q", lines, want)
	}
	var r Reader
	for i := range 3 * maxBlocks {
		r.Add(part(strings.Repeat("x", i+1), "1", "2", strings.Repeat("y", 4096)))
	}
	if len(r.blocks) > maxBlocks || r.held > maxBlockText || len(r.order) > maxBlocks {
		t.Errorf("%d blocks with %d bytes are held", len(r.blocks), r.held)
	}
}

// TestRepeated: an engine start that several records tell of is one record,
// and so are a process's accesses to one object.
func TestRepeated(t *testing.T) {
	line := func(code uint32, after time.Duration) *artifacts.Event {
		return event(PowerShellClass, code, after, "", "a", "", "b", "", "\tHostApplication=powershell.exe -c reg save HKLM\\SAM C:\\Temp\\s\r\n")
	}
	key := func(after time.Duration) *artifacts.Event {
		return by(event(Security, 4656, after, "ObjectType", "Key", "ObjectName", `\REGISTRY\MACHINE\SAM\SAM`), `C:\Windows\regedit.exe`)
	}
	if got := records(t, line(600, 0), line(600, time.Second), line(400, 2*time.Second), line(403, 4*time.Second), key(0), key(time.Minute)); len(got) != 2 {
		t.Errorf("%d records", len(got))
	}
	if got := records(t, line(400, 0), line(400, time.Hour)); len(got) != 2 {
		t.Errorf("%d records of two starts", len(got))
	}
}
