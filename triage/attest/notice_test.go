package attest

import (
	"slices"
	"strings"
	"testing"

	"hivetriage/artifacts"
)

// TestNotices: what records around an act say, and which say nothing.
func TestNotices(t *testing.T) {
	targeted := func(e *artifacts.Event) *artifacts.Event {
		e.Target = artifacts.User{Name: "svc", Domain: "FS03"}
		return e
	}
	for name, c := range map[string]struct {
		e    *artifacts.Event
		kind string
		what string
	}{
		"Defender":               {event("Microsoft-Windows-Windows Defender", 1116, 0, "Threat Name", "HackTool:Win32/DumpSam", "Path", `file:_C:\Temp\x.exe`), "alert", `Defender: HackTool:Win32/DumpSam, file:_C:\Temp\x.exe`},
		"Defender off":           {event("Microsoft-Windows-Windows Defender", 5001, 0), "protection", "turned off"},
		"a service":              {event(ServiceManager, 7045, 0, "ServiceName", "x", "ImagePath", `C:\x.exe`), "service", `x was installed: C:\x.exe`},
		"remote registry":        {event(ServiceManager, 7036, 0, "param1", "Remote Registry", "param2", "running"), "service", "Remote Registry is running"},
		"its start type":         {event(ServiceManager, 7040, 0, "param1", "Remote Registry", "param2", "disabled", "param3", "demand start", "param4", "RemoteRegistry"), "service", "from disabled to demand start"},
		"another service":        {event(ServiceManager, 7036, 0, "param1", "Print Spooler", "param2", "running"), "", ""},
		"an account":             {targeted(event(Security, 4720, 0)), "account", `FS03\svc was created`},
		"a group":                {targeted(event(Security, 4732, 0, "MemberSid", "S-1-5-21-1")), "account", "S-1-5-21-1 was added"},
		"a backup operator":      {event(Security, 4672, 0, "PrivilegeList", "SeBackupPrivilege\r\n\t\t\tSeRestorePrivilege"), "privilege", "SeBackupPrivilege"},
		"an administrator":       {event(Security, 4672, 0, "PrivilegeList", "SeBackupPrivilege\r\n\t\t\tSeDebugPrivilege"), "logon", `NORDWIND\jansen began with administrative`},
		"a share":                {event(Security, 5140, 0, "ShareName", `\\*\ADMIN$`, "IpAddress", "10.0.0.9"), "session", "from 10.0.0.9"},
		"a pipe":                 {event(Security, 5140, 0, "ShareName", `\\*\IPC$`, "IpAddress", "10.0.0.9"), "", ""},
		"remote desktop":         {event("Microsoft-Windows-TerminalServices-RemoteConnectionManager", 1149, 0, "Param1", "jansen", "Param2", "NORDWIND", "Param3", "10.0.0.9"), "session", `NORDWIND\jansen from 10.0.0.9`},
		"a transfer":             {event("Microsoft-Windows-Bits-Client", 59, 0, "name", "job", "url", "https://example.org/x"), "transfer", "https://example.org/x"},
		"the database elsewhere": {event("ESENT", 216, 0, "", "ntdsutil", "", `C:\Windows\NTDS\ntds.dit`), "database", `noticed another place of C:\Windows\NTDS\ntds.dit`},
		"the domain's database":  {event("ESENT", 327, 0, "", "lsass", "", `c:\x\Active Directory\ntds.dit`), "database", `detached c:\x\Active Directory\ntds.dit`},
		"another database":       {event("ESENT", 327, 0, "", "svchost", "", `c:\x\SRUDB.dat`), "", ""},
		"a shadow copy":          {event("Microsoft-Windows-Ntfs", 98, 0, "DeviceName", `\Device\HarddiskVolumeShadowCopy3`), "shadow copy", "ShadowCopy3"},
		"a volume":               {event("Microsoft-Windows-Ntfs", 98, 0, "DeviceName", `\Device\HarddiskVolume3`), "", ""},
		"a raw read":             {by(event(Sysmon, 9, 0, "Device", `\Device\HarddiskVolume2`), `C:\Tools\rawcopy.exe`), "raw read", "rawcopy.exe read"},
		"another provider's":     {event("Other", 7045, 0, "ServiceName", "x"), "", ""},
		"the system's raw reads": {by(event(Sysmon, 9, 0, "Device", `\Device\HarddiskVolume2`), `System`), "", ""},
	} {
		n, ok := Notice(c.e)
		if ok != (c.kind != "") || ok && (n.Kind != c.kind || !strings.Contains(n.What, c.what) || n.Count != 1) {
			t.Errorf("%s: %v %+v", name, ok, n)
		}
	}
	if kinds := NoticeKinds(); len(kinds) < 40 {
		t.Errorf("%d kinds", len(kinds))
	}
}

// TestAt: places that no name tells of are looked up by the caller.
func TestAt(t *testing.T) {
	shared := access(0, "C$", driveShare, `Temp\plan.docx`)
	if path, ok := At(shared); !ok || path != `c:\temp\plan.docx` {
		t.Errorf("%v %q", ok, path)
	}
	if rec := Touch(shared, "SECURITY"); rec.Assessment != "attempt" || rec.Address != "10.0.0.9" || rec.Destination != `C:\Temp\plan.docx` || rec.Technique != "T1003.004" {
		t.Errorf("%+v", rec)
	}
	loaded := event(KernelGeneral, 16, 0, "HiveName", `\??\C:\Temp\plan.docx`)
	if path, ok := At(loaded); !ok || path != `c:\temp\plan.docx` {
		t.Errorf("%v %q", ok, path)
	}
	if rec := Touch(loaded, "SAM"); rec.Kind != "hive-load" || rec.Destination != `c:\temp\plan.docx` || rec.Technique != "T1003.002" {
		t.Errorf("%+v", rec)
	}
	for _, e := range []*artifacts.Event{access(0, "IPC$", "", `winreg`), event(ServiceManager, 7045, 0), access(0, "C$", driveShare, "")} {
		if path, ok := At(e); ok {
			t.Errorf("%d: %q", e.Code, path)
		}
	}
}

// TestMayBeNamed: what the names tell of is asked for, in every spelling.
func TestMayBeNamed(t *testing.T) {
	for path, want := range map[string]bool{
		`C:\Temp\sam.save`: true, `C:\Temp\SYSTEM.`: true, `"C:\Temp\security"`: true, `C:/Temp/hive.dat:sam`: true, `C:sam`: true, `C:\Windows\Temp\aBcDeFgH.tmp `: true,
		`C:\Temp\sam\..\sam.`: true, `C:\Temp\sam\x\..`: true, `D:\SYSVOL\x\security_dc01`: true, "": true,
		`C:\Temp\plan.docx`: false, `C:\Temp\plan.docx:Zone.Identifier`: false, `C:\sam\plan.txt`: false,
	} {
		if got := mayBeNamed(path); got != want {
			t.Errorf("%q: %v", path, got)
		}
	}
}

// FuzzWanted: whatever an event holds, reading it ends and does not panic.
func FuzzWanted(f *testing.F) {
	for i, k := range Kinds {
		f.Add(uint8(i), "a", `\\*\ADMIN$`, `Temp\abcdefgh.tmp`)
		f.Add(uint8(i), "1", "reg save hklm\\sam x", task("cmd", "/c reg save hklm\\sam x"))
		_ = k
	}
	f.Fuzz(func(t *testing.T, kind uint8, a, b, c string) {
		all := append(slices.Clip(Kinds), Kind{Provider: Endpoint})
		k := all[int(kind)%len(all)]
		names := []string{"ShareName", "ShareLocalPath", "RelativeTargetName", "ObjectType", "ObjectName", "ScriptBlockText", "MessageNumber", "MessageTotal",
			"ScriptBlockId", "Payload", "ContextInfo", "ImagePath", "TaskContent", "HiveName", "TargetObject", "Details", "Path", "file.Ext.header_bytes", ""}
		e := event(k.Provider, k.ID, 0)
		for i, name := range names {
			e.Data = append(e.Data, artifacts.Datum{Name: name, Value: []string{a, b, c}[(i+int(kind))%3]})
		}
		e.File = &artifacts.File{Path: c}
		var r Reader
		if Wanted(e) {
			value := func(name string) []byte {
				if name == "TargetFilename" {
					return []byte(e.File.Path)
				}
				return []byte(e.Value(name))
			}
			if ask := k.Ask(); ask != nil && !ask(value) {
				t.Errorf("%d is wanted and would be left out: %+v", k.ID, e)
			}
			r.Add(e)
			r.Add(e)
		}
		for _, rec := range first2(r.Records()) {
			if rec.Assessment == "" || len(rec.Because) == 0 || len(rec.Line) > maxLine+8 {
				t.Errorf("%+v", rec)
			}
		}
		Notice(e)
		At(e)
	})
}

func first2[T any](t T, _ int) T { return t }

// TestByPerson: a service that somebody installed is told with who it was, and
// one that Windows installed without.
func TestByPerson(t *testing.T) {
	for want, u := range map[string]artifacts.User{
		`, by NORDWIND\jansen`:     {SID: "S-1-5-21-1-2-3-1107", Name: "jansen", Domain: "NORDWIND"},
		", by S-1-5-21-1-2-3-1107": {SID: "S-1-5-21-1-2-3-1107"},
		"":                         {SID: "S-1-5-18"},
	} {
		if got := byPerson(&artifacts.Event{User: u}); got != want {
			t.Errorf("%+v: %q, want %q", u, got, want)
		}
	}
	if got := byPerson(&artifacts.Event{User: artifacts.User{SID: "S-1-5-21-1-2-3-1001", Name: "WS1$"}}); got != "" {
		t.Errorf("a computer is nobody: %q", got)
	}
}
