package rule

import (
	"slices"
	"strings"
	"testing"

	"hivetriage/artifacts"
)

// created makes a Sysmon 11 event of a process, or of the kernel's as PID 4.
func created(image string, pid uint32, path string) *artifacts.Event {
	return &artifacts.Event{Code: 11, Provider: "Microsoft-Windows-Sysmon", Process: &artifacts.Process{PID: pid, Executable: image}, File: &artifacts.File{Path: path}}
}

// endpoint makes a file event as Elastic Defend records it.
func endpoint(pid uint32, path string, data ...string) *artifacts.Event {
	e := &artifacts.Event{Process: &artifacts.Process{PID: pid, Executable: "System"}, File: &artifacts.File{Path: path}}
	for i := 0; i < len(data); i += 2 {
		e.Data = append(e.Data, artifacts.Datum{Name: data[i], Value: data[i+1]})
	}
	return e
}

// record makes a record of Windows' own logs with the values it holds.
func record(provider string, code uint32, data ...string) *artifacts.Event {
	e := endpoint(0, "", data...)
	e.Provider, e.Code, e.Process, e.File = provider, code, nil, nil
	return e
}

// process makes a Sysmon 1 event with a command line and its arguments.
func process(image, original, line string) (*artifacts.Event, []string) {
	e := sysmon(image, original)
	e.Process.CommandLine = line
	return e, strings.Fields(line)
}

// find returns the match of the rule whose id begins like that.
func find(t *testing.T, matches []Match, id string) Match {
	t.Helper()
	i := slices.IndexFunc(matches, func(m Match) bool { return strings.HasPrefix(m.ID, id) })
	if i < 0 {
		t.Fatalf("rule %s was not evaluated", id)
	}
	return matches[i]
}

const defender = "S-1-5-21-1-2-3-1104"

// TestShareRule holds "Windows Registry File Creation in SMB Share" against
// events of sources that record more or less of what it asks for.
func TestShareRule(t *testing.T) {
	whole := []string{"event.type", "creation", "file.Ext.header_bytes", "7265676681000000", "file.size", "30000", "user.id", defender}
	with := func(changes ...string) []string {
		data := slices.Clone(whole)
		for i := 0; i < len(changes); i += 2 {
			data[slices.Index(data, changes[i])+1] = changes[i+1]
		}
		return data
	}
	hive := []byte("regf\x81\x00\x00\x00")
	for _, row := range []struct {
		name    string
		event   *artifacts.Event
		head    []byte // of the file on the evidence, nil if it is not there
		size    int64
		outcome string
		missing string
	}{
		{"endpoint, all of it", endpoint(4, `C:\share\x`, whole...), nil, 0, "matches", ""},
		{"endpoint, Entra ID account", endpoint(4, `C:\share\x`, with("user.id", "S-1-12-1-7")...), nil, 0, "matches", ""},
		{"endpoint, local system", endpoint(4, `C:\share\x`, with("user.id", "S-1-5-18")...), nil, 0, "does not match", ""},
		{"endpoint, too small", endpoint(4, `C:\share\x`, with("file.size", "29999")...), nil, 0, "does not match", ""},
		{"endpoint, a large one", endpoint(4, `C:\share\x`, with("file.size", "300000")...), nil, 0, "matches", ""},
		{"endpoint, no hive", endpoint(4, `C:\share\x`, with("file.Ext.header_bytes", "4d5a9000")...), nil, 0, "does not match", ""},
		{"endpoint, a change", endpoint(4, `C:\share\x`, with("event.type", "change")...), nil, 0, "does not match", ""},
		{"endpoint, reg.exe", endpoint(4120, `C:\share\x`, whole...), nil, 0, "does not match", ""},
		{"endpoint, a roaming profile", endpoint(4, `D:\p\u\UPM_Profile\NTUSER.DAT`, whole...), nil, 0, "does not match", ""},
		{"endpoint, Netwrix", endpoint(4, `C:\Windows\Netwrix\Temp\ab12cd34.xyz.offreg`, whole...), nil, 0, "does not match", ""},
		{"endpoint, not quite Netwrix", endpoint(4, `C:\Windows\Netwrix\Temp\sam.offreg`, whole...), nil, 0, "matches", ""},
		{"endpoint without a header", endpoint(4, `C:\share\x`, append([]string{}, "event.type", "creation", "file.size", "30000", "user.id", defender)...), nil, 0,
			"cannot be evaluated", "file.Ext.header_bytes"},
		{"Sysmon, System", created("System", 4, `C:\share\x`), nil, 0, "cannot be evaluated", "file.Ext.header_bytes file.size user.id"},
		{"Sysmon, System, file at hand", created("System", 4, `C:\share\x`), hive, 65536, "cannot be evaluated", "user.id"},
		{"Sysmon, System, small file at hand", created("System", 4, `C:\share\x`), hive, 8192, "does not match", ""},
		{"Sysmon, System, another file at hand", created("System", 4, `C:\share\x`), []byte("MZ\x90\x00"), 65536, "does not match", ""},
		{"Sysmon, reg.exe", created(reg, 4120, `C:\x`), hive, 65536, "does not match", ""},
		{"Sysmon, deleted", func() *artifacts.Event { e := created("System", 4, `C:\x`); e.Code = 23; return e }(), hive, 65536, "does not match", ""},
		{"5145 that writes", record("", 5145, "AccessMask", "0x2", "ShareName", `\\*\C$`, "ShareLocalPath", `\??\C:\`, "RelativeTargetName", `t\x`, "SubjectUserSid", defender), nil, 0,
			"cannot be evaluated", "event.type file.Ext.header_bytes file.size process.pid"},
		{"5145 that writes, file at hand", record("", 5145, "AccessMask", "0x120196", "ShareLocalPath", `\??\C:\`, "RelativeTargetName", `t\x`, "SubjectUserSid", defender), hive, 65536,
			"cannot be evaluated", "event.type process.pid"},
		{"5145 that writes as a service", record("", 5145, "AccessMask", "0x2", "ShareLocalPath", `\??\C:\`, "RelativeTargetName", `t\x`, "SubjectUserSid", "S-1-5-18"), hive, 65536, "does not match", ""},
	} {
		matches := Evaluate(row.event, nil)
		if row.head != nil {
			matches = EvaluateFound(row.event, row.head, row.size)
		}
		m := find(t, matches, "a4c7473a-5cb4-4bc1-9d06-e4a75adbc494")
		if m.Outcome() != row.outcome || strings.Join(m.NotRecorded, " ") != row.missing || m.Matched != (row.outcome == "matches") {
			t.Errorf("%s: %s for want of %q, want %s for %q\n%s", row.name, m.Outcome(), m.NotRecorded, row.outcome, row.missing, strings.Join(m.Because, "\n"))
		}
		if open := strings.Count(strings.Join(m.Because, "\n"), "; not recorded."); row.missing != "" && open != len(m.NotRecorded) {
			t.Errorf("%s: %d sentences say that something was not recorded, want %d", row.name, open, len(m.NotRecorded))
		}
		for _, name := range []string{"Windows Registry File Creation in SMB Share", "Registry Hive File Creation via SMB"} {
			if !strings.Contains(m.Name, name) {
				t.Errorf("the name %q lacks %q", m.Name, name)
			}
		}
	}
	// A read through a share creates nothing.
	for _, m := range Evaluate(record("", 5145, "AccessMask", "0x1", "RelativeTargetName", "x"), nil) {
		if strings.HasPrefix(m.ID, "a4c7473a") {
			t.Errorf("a read was held against the rule: %+v", m)
		}
	}
	// What the file on the evidence tells is told to come from there.
	m := find(t, EvaluateFound(created("System", 4, `C:\x`), hive, 65536), "a4c7473a")
	if all := strings.Join(m.Because, "\n"); !strings.Contains(all, `file.size "65536" from the file on the evidence; held`) {
		t.Errorf("got\n%s", all)
	}
}

// TestRelatedFiles holds the other rules on files against paths.
func TestRelatedFiles(t *testing.T) {
	svchost := `C:\Windows\System32\svchost.exe`
	for _, row := range []struct {
		id    string
		event *artifacts.Event
		want  string
	}{
		{"4e87b8e2", created(reg, 1, `C:\Windows\Temp\sam`), "matches"},
		{"4e87b8e2", created(reg, 1, `C:\x\sam.save.bak`), "matches"},
		{"4e87b8e2", created(reg, 1, `D:\SAM`), "matches"},
		{"4e87b8e2", created(reg, 1, `C:\x\sam`), "does not match"},
		{"4e87b8e2", created(reg, 1, `C:\Windows\Temp\sam.txt`), "does not match"},
		{"6ea858a8", created("x.exe", 1, `C:\Users\u\SAM-2021-07-20`), "matches"},
		{"6ea858a8", created("x.exe", 1, `c:\WINDOWS\temp\SAM`), "matches"},
		{"6ea858a8", created("x.exe", 1, `C:\Users\u\SAM-2026-07-20`), "does not match"},
		{"850d901a", created(svchost, 900, `C:\Windows\Temp\aBcDeFgH.tmp`), "cannot be evaluated"},
		{"850d901a", created(reg, 900, `C:\Windows\Temp\aBcDeFgH.tmp`), "does not match"},
	} {
		if m := find(t, Evaluate(row.event, nil), row.id); m.Outcome() != row.want {
			t.Errorf("%s of %s: %s, want %s\n%s", row.id, row.event.File.Path, m.Outcome(), row.want, strings.Join(m.Because, "\n"))
		}
	}
}

// TestRelatedProcesses holds the rules on process starts against command lines.
func TestRelatedProcesses(t *testing.T) {
	system := func(name string) string { return `C:\Windows\System32\` + name }
	for _, row := range []struct {
		id, image, original, line string
		want                      bool
	}{
		{"d117cbb4", "cmd.exe", "Cmd.Exe", `cmd /c mklink /d C:\s \\?\GLOBALROOT\Device\HarddiskVolumeShadowCopy1\`, true},
		{"d117cbb4", "cmd.exe", "", `cmd /c mklink /d C:\s \\?\GLOBALROOT\Device\HarddiskVolumeShadowCopy1\`, true},
		{"d117cbb4", "cmd.exe", "Cmd.Exe", `cmd /c mklink /d C:\s C:\t`, false},
		{"d117cbb4", "other.exe", "other.exe", `cmd /c mklink /d C:\s \\?\GLOBALROOT\Device\HarddiskVolumeShadowCopy1\`, false},
		{"3bc6deaa", "esentutl.exe", "esentutl.exe", `esentutl /y /vss C:\Windows\System32\config\SAM /d x`, true},
		{"3bc6deaa", "esentutl.exe", "", `esentutl.exe  /y /vss C:\windows/system32/config/SAM /d C:\ProgramData\SAM`, true},
		{"3bc6deaa", "cmd.exe", "Cmd.Exe", `cmd /c copy \\?\GLOBALROOT\Device\HarddiskVolumeShadowCopy1\Windows\System32\config\SYSTEM x`, true},
		{"3bc6deaa", "cmd.exe", "Cmd.Exe", `cmd /c copy C:\a C:\b`, false},
		{"3bc6deaa", "cmd.exe", "Cmd.Exe", `cmd /c type C:\Windows\System32\config\SAM`, false},
		{"00140285", "ntdsutil.exe", "ntdsutil.exe", `ntdsutil ifm create_full`, true},
		{"00140285", "ntdsutil.exe", "ntdsutil.exe", `ntdsutil ifm list`, false},
		{"00140285", "diskshadow.exe", "", `diskshadow /s x.txt`, true},
		{"00140285", "rundll32.exe", "RUNDLL32.EXE", `rundll32 C:\windows\system32\comsvcs.dll #24 1 x full`, true},
		{"d93e61db", "wbadmin.exe", "WBADMIN.EXE", `wbadmin start recovery -items:c:\windows\ntds\ntds.dit`, true},
		{"d93e61db", "wbadmin.exe", "WBADMIN.EXE", `wbadmin start backup -include:c:\windows\ntds\ntds.dit`, false},
		{"fd877b94", "reg.exe", "reg.exe", `reg save HKLM\SAM x`, true},
		{"fd877b94", "reg.exe", "reg.exe", `reg ˢave hk˪m\ˢam x`, true},
		{"fd877b94", "reg.exe", "reg.exe", `reg save \\h\HKLM\SAM\SAM x`, true},
		{"fd877b94", "r.exe", "r.exe", `r save HKLM\SAM x`, false},
		{"fd877b94", "reg.exe", "reg.exe", `reg query HKLM\SAM`, false},
		{"e7be6119", "robocopy.exe", "robocopy.exe", `robocopy C:\Windows\System32\config\RegBack\SAM x`, true},
		{"e7be6119", "esentutl.exe", "esentutl.exe", `esentutl /y /vss x`, true},
		{"e7be6119", "cmd.exe", "Cmd.Exe", `cmd /c copy a b`, false},
	} {
		event, args := process(system(row.image), row.original, row.line)
		if m := find(t, Evaluate(event, args), row.id); m.Matched != row.want || len(m.NotRecorded) > 0 {
			t.Errorf("%s of %s: %s\n%s", row.id, row.line, m.Outcome(), strings.Join(m.Because, "\n"))
		}
	}
	event, args := process(`C:\Program Files\Steam\x\WriteMiniDump.exe`, "WriteMiniDump.exe", "WriteMiniDump.exe 1")
	event.Process.Parent = &artifacts.Process{Executable: `c:\program files (x86)\STEAM\steam.exe`}
	if m := find(t, Evaluate(event, args), "00140285"); m.Matched {
		t.Errorf("Steam's own dump matches\n%s", strings.Join(m.Because, "\n"))
	}
}

// TestRelatedRecords holds the rules on other logs against their records.
func TestRelatedRecords(t *testing.T) {
	for _, row := range []struct {
		id    string
		event *artifacts.Event
		want  bool
	}{
		{"252902e3", record("", 5145, "ShareName", `\\*\ADMIN$`, "RelativeTargetName", `SYSTEM32\NMdzZfem.tmp`, "AccessMask", "0x1"), true},
		{"252902e3", record("", 5145, "ShareName", `\\*\ADMIN$`, "RelativeTargetName", `Temp\NMdzZfem.tmp`, "AccessMask", "0x1"), false},
		{"252902e3", record("", 5145, "ShareName", `\\*\IPC$`, "RelativeTargetName", `winreg`), false},
		{"f8748f2c", record("", 4656, "ObjectType", "Key", "ObjectName", `\REGISTRY\MACHINE\SAM`), true},
		{"f8748f2c", record("", 4656, "ObjectType", "File", "ObjectName", `\Device\HarddiskVolume1\SAM`), false},
		{"39f919f3", record("Microsoft-Windows-Kernel-General", 16, "HiveName", `\??\C:\Users\u\AppData\Local\Temp\SAM-1.dmp`), true},
		{"39f919f3", record("Microsoft-Windows-Kernel-General", 16, "HiveName", `\SystemRoot\System32\Config\RegBack\SECURITY`), false},
		{"39f919f3", record("Microsoft-Windows-Other", 16, "HiveName", `\Temp\SAM`), false},
		{"b8386923", record("", 4104, "ScriptBlockText", "function Invoke-NinjaCopy {\n}"), true},
		{"b8386923", record("", 4104, "ScriptBlockText", "[Win]::StealthReadFile(1)"), true},
		{"b8386923", record("", 4104, "ScriptBlockText", "xStealthReadFiles"), false},
		{"b8386923", record("", 4104, "ScriptBlockText", "Invoke-NinjaCopy SentinelBreakpoints Set-PSBreakpoint PowerSploitIndicators"), false},
	} {
		if m := find(t, Evaluate(row.event, nil), row.id); m.Matched != row.want {
			t.Errorf("%s of %v: %s\n%s", row.id, row.event.Data, m.Outcome(), strings.Join(m.Because, "\n"))
		}
	}
}
