package attest

import (
	"testing"

	"hivetriage/artifacts"
)

// TestStarted: which starts matter around a copy, and which other computer
// they were told.
func TestStarted(t *testing.T) {
	for _, row := range []struct {
		image, line, toward string
		ok                  bool
	}{
		{`C:\Tools\7z.exe`, `7z a loot.7z C:\Temp\s`, "", true},
		{`C:\Tools\rclone.exe`, `rclone copy \\FS1\share\x remote:`, "", true}, // carries; whom it works on it does not tell
		{`C:\Tools\PsExec.exe`, `psexec \\SRV-02 -s cmd`, "SRV-02", true},
		{`C:\Windows\System32\mstsc.exe`, `mstsc /v:10.0.0.5`, "10.0.0.5", true},
		{`C:\Windows\System32\wbem\WMIC.exe`, `wmic /node:"SRV-03" process call create cmd`, "SRV-03", true},
		{`C:\Windows\System32\wbem\WMIC.exe`, `wmic /node:SRV-03 process call create cmd`, "SRV-03", true},
		{`C:\Windows\System32\wbem\WMIC.exe`, `wmic /node:localhost os get name`, "", false},
		{`C:\Windows\System32\net.exe`, `net use Z: \\FS1\c$ /user:x`, "FS1", true},
		{`C:\Windows\System32\net.exe`, `net use Z: \\WS1\c$`, "", false},
		{`C:\Windows\System32\net.exe`, `net user`, "", false},
		{`C:\Windows\System32\schtasks.exe`, `schtasks /create /s SRV-04 /tn x`, "SRV-04", true},
		{`C:\Windows\System32\winrs.exe`, `winrs -r:SRV-05 cmd`, "SRV-05", true},
		{`C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe`, `powershell Invoke-Command -ComputerName SRV-06 {x}`, "SRV-06", true},
		{`C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe`, `powershell -File C:\x.ps1`, "", false},
		{`C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe`, `powershell Get-Item \\?\C:\x, \\.\C:`, "", false},
		{`C:\Windows\System32\reg.exe`, `reg save HKLM\SAM s`, "", false}, // a record of its own
		{`C:\Windows\System32\cmd.exe`, `cmd /c type \\FS1\x`, "", false},
		{`C:\Tools\7z.exe`, ``, "", true},
	} {
		n, ok := Started(&artifacts.Event{Host: "WS1.corp", Process: &artifacts.Process{Executable: row.image, CommandLine: row.line}})
		if ok != row.ok || ok && (n.Toward != row.toward || n.Kind != "execution" || n.Count != 1 || n.What == "") {
			t.Errorf("%s: %v %+v", row.line, ok, n)
		}
	}
	if _, ok := Started(&artifacts.Event{}); ok {
		t.Error("an event without a process")
	}
}

// TestToward: the other computer of records that tell of something that goes
// out.
func TestToward(t *testing.T) {
	data := func(pairs ...string) (all []artifacts.Datum) {
		for i := 0; i < len(pairs); i += 2 {
			all = append(all, artifacts.Datum{Name: pairs[i], Value: pairs[i+1]})
		}
		return all
	}
	for _, row := range []struct {
		name string
		e    artifacts.Event
		want string
	}{
		{"credentials", artifacts.Event{Provider: Security, Code: 4648, Data: data("TargetServerName", "DC-01.corp")}, "DC-01.corp"},
		{"credentials for itself", artifacts.Event{Provider: Security, Code: 4648, Data: data("TargetServerName", "localhost")}, ""},
		{"credentials for itself by name", artifacts.Event{Provider: Security, Code: 4648, Data: data("TargetServerName", "ws1.corp")}, ""},
		{"SMB by name", artifacts.Event{Provider: Sysmon, Code: 3, Data: data("Initiated", "true", "DestinationPort", "445", "DestinationIp", "10.0.0.5", "DestinationHostname", "FS1")}, "FS1"},
		{"SMB by address", artifacts.Event{Provider: Sysmon, Code: 3, Data: data("Initiated", "true", "DestinationPort", "3389", "DestinationIp", "10.0.0.5")}, "10.0.0.5"},
		{"to itself", artifacts.Event{Provider: Sysmon, Code: 3, Data: data("Initiated", "true", "DestinationPort", "445", "DestinationIp", "127.0.0.1")}, ""},
		{"from elsewhere", artifacts.Event{Provider: Sysmon, Code: 3, Data: data("Initiated", "false", "DestinationPort", "445", "DestinationIp", "10.0.0.5")}, ""},
		{"the web", artifacts.Event{Provider: Sysmon, Code: 3, Data: data("Initiated", "true", "DestinationPort", "443", "DestinationIp", "10.0.0.5")}, ""},
		{"remote desktop", artifacts.Event{Provider: clientActiveX, Code: 1024, Data: data("Name", "Server Name", "Value", "SRV-07")}, "SRV-07"},
		{"WinRM", artifacts.Event{Provider: "Microsoft-Windows-WinRM", Code: 6, Data: data("connection", "SRV-08/wsman?PSVersion=5.1")}, "SRV-08"},
		{"a failed logon", artifacts.Event{Provider: Security, Code: 4625, Data: data("IpAddress", "10.0.0.5")}, ""},
	} {
		row.e.Host = "WS1.corp"
		if got := toward(&row.e); got != row.want {
			t.Errorf("%s: %q, want %q", row.name, got, row.want)
		}
	}
	for code, want := range map[uint32]string{1024: "the remote desktop client was told to connect to SRV-07", 1102: "the remote desktop client connected to SRV-07"} {
		n, ok := Notice(&artifacts.Event{Provider: clientActiveX, Code: code, Host: "WS1", Data: data("Value", "SRV-07")})
		if !ok || n.What != want || n.Toward != "SRV-07" || n.Kind != "session" {
			t.Errorf("%d: %+v", code, n)
		}
	}
}
