package scene

import (
	"fmt"
	"time"

	"hivetriage/artifacts/eventlog/eventlogtest"
)

// services are programs that start all day long on an idle workstation.
var services = []struct{ image, original, about, command string }{
	{`C:\Windows\System32\svchost.exe`, "svchost.exe", "Host Process for Windows Services", `C:\Windows\system32\svchost.exe -k netsvcs -p -s UsoSvc`},
	{`C:\Windows\System32\backgroundTaskHost.exe`, "backgroundTaskHost.exe", "Background Task Host", `"C:\Windows\system32\backgroundTaskHost.exe" -ServerName:CortanaUI`},
	{`C:\Windows\System32\wbem\WmiPrvSE.exe`, "Wmiprvse.exe", "WMI Provider Host", `C:\Windows\system32\wbem\wmiprvse.exe -secured -Embedding`},
	{`C:\Windows\System32\taskhostw.exe`, "taskhostw.exe", "Host Process for Windows Tasks", `taskhostw.exe`},
	{`C:\Windows\System32\conhost.exe`, "CONHOST.EXE", "Console Window Host", `\??\C:\Windows\system32\conhost.exe 0xffffffff -ForceV1`},
	{`C:\Windows\System32\SearchProtocolHost.exe`, "SearchProtocolHost.exe", "Microsoft Windows Search Protocol Host", `"C:\Windows\system32\SearchProtocolHost.exe" Global\UsGthrFltPipeMssGthrPipe1_ 1 -2147483646`},
}

// routine tells six days of an idle workstation.
func (s story) routine() {
	begin := time.Date(2026, 3, 9, 6, 10, 4, 1230000, time.UTC)
	for i := range 300 {
		at := begin.Add(time.Duration(i)*27*time.Minute + time.Duration(i*7919%1600)*time.Second/2)
		if at.After(seized.Time) {
			break
		}
		p := services[i*5%len(services)]
		s.start(process{at: at, pid: uint32(1200 + 4*(i*37%900)), image: p.image, original: p.original, about: p.about,
			command: p.command, dir: `C:\Windows\system32\`, user: localHost})
		if i%4 == 0 {
			s.tell(eventlogtest.Security4624(at.Add(-80*time.Millisecond), computer, eventlogtest.Logon{
				Subject: localHost, Target: eventlogtest.Account{SID: systemSID, Name: "SYSTEM", Domain: "NT AUTHORITY", LogonID: 0x3e7},
				Type: 5, Process: "Advapi  ", Package: "Negotiate", PID: 716, Image: `C:\Windows\System32\services.exe`, Elevated: true,
			}))
		}
		if i%2 == 0 {
			s.tell(service(at.Add(40*time.Millisecond), i))
		}
	}
}

// service says in the System log that a service was started or stopped.
func service(at time.Time, i int) eventlogtest.Record {
	names := []string{"Windows Update", "Background Intelligent Transfer Service", "Windows Modules Installer", "Software Protection"}
	return eventlogtest.Record{
		Provider: "Service Control Manager", ProviderGUID: "{555908D1-A6D7-4695-8E1E-26931D2012F4}", ID: 7036, Level: 4,
		Keywords: 0x8080000000000000, Time: at, Channel: eventlogtest.SystemChannel, Computer: computer, PID: 716, TID: 3020,
		Data: []eventlogtest.Field{
			{Name: "param1", Type: eventlogtest.String, Value: names[i/2%len(names)]},
			{Name: "param2", Type: eventlogtest.String, Value: []string{"running", "stopped"}[i/8%2]},
		},
	}
}

// application tells what a program wrote to the Application log after the
// given time: what was there before the log was cleared is gone.
func (s story) application(after time.Time) {
	begin := time.Date(2026, 3, 9, 6, 30, 0, 0, time.UTC)
	for i := range 90 {
		at := begin.Add(time.Duration(i) * 89 * time.Minute)
		if at.Before(after) || at.After(seized.Time) {
			continue
		}
		s.tell(eventlogtest.Record{
			Provider: "Nordwind Ledger", ID: 1000, Level: 4, Keywords: 0x80000000000000, Time: at, Channel: "Application", Computer: computer,
			Data: []eventlogtest.Field{{Type: eventlogtest.String, Value: fmt.Sprintf("Batch %04d posted without differences.", 3100+i)}},
		})
	}
}

// benign tells what people and Windows did with reg.exe without harm.
func (s story) benign() {
	at := day(8, 31, 2.5)
	s.tell(eventlogtest.Security4624(at, computer, eventlogtest.Logon{
		Subject: localHost, Target: employee, Type: 2, Process: "User32 ", Package: "Negotiate", Workstation: hostName,
		PID: 1180, Image: `C:\Windows\System32\svchost.exe`, IP: "127.0.0.1", Port: "0",
	}))
	explorer := s.start(process{at: at.Add(3 * time.Second), pid: 4880, image: `C:\Windows\explorer.exe`, original: "EXPLORER.EXE",
		about: "Windows Explorer", command: `C:\Windows\Explorer.EXE`, dir: `C:\Windows\system32\`, user: employee, session: 1, medium: true})
	shell := s.start(process{at: day(9, 12, 40.25), pid: 5236, image: `C:\Windows\System32\cmd.exe`, original: "Cmd.Exe",
		about: "Windows Command Processor", command: `"C:\Windows\System32\cmd.exe" `, dir: `C:\Users\m.vandijk\`,
		user: employee, session: 1, medium: true, parent: explorer})
	reg := func(at time.Time, pid uint32, parent *process, dir, command string) *process {
		return s.start(process{at: at, pid: pid, image: `C:\Windows\System32\reg.exe`, original: "reg.exe", about: "Registry Console Tool",
			command: command, dir: dir, user: parent.user, session: parent.session, medium: parent.medium, parent: parent})
	}
	home := `C:\Users\m.vandijk\`
	reg(day(9, 12, 58.125), 5260, shell, home, `reg  query HKLM\SYSTEM\CurrentControlSet\Services\Spooler /v Start`)
	ledger := reg(ledgerSaved.Add(-90*time.Millisecond), 5284, shell, home,
		`reg  export HKCU\Software\Nordwind\Ledger C:\Users\m.vandijk\Documents\ledger-settings.reg /y`)
	s.creates(ledger, ledgerSaved, `C:\Users\m.vandijk\Documents\ledger-settings.reg`)

	script := s.start(process{at: day(3, 0, 1.75), pid: 3344, image: `C:\Windows\System32\cscript.exe`, original: "cscript.exe",
		about: "Microsoft ® Console Based Script Host", command: `cscript.exe //B C:\Windows\system32\gatherNetworkInfo.vbs`,
		dir: `C:\Windows\system32\`, user: localHost})
	for i, export := range []string{
		`reg  export "HKLM\SYSTEM\CurrentControlSet\Control\Winlogon\Notifications" Reg\Notif.reg.txt /y`,
		`reg  export "HKLM\SYSTEM\CurrentControlSet\Services\WlanSvc" Reg\WlanSvc.reg.txt /y`,
		`reg  export "HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\NetworkList" Reg\NetworkList.reg.txt /y`,
	} {
		reg(script.at.Add(time.Duration(i+1)*400*time.Millisecond), uint32(3360+8*i), script, `C:\Windows\system32\config\`, export)
	}
	backup := s.start(process{at: softwareSaved.Add(-time.Second), pid: 3912, image: `C:\Windows\System32\cmd.exe`, original: "Cmd.Exe",
		about: "Windows Command Processor", command: `cmd.exe /c C:\Backup\before-update.cmd`, dir: `C:\Backup\`, user: localHost})
	software := reg(softwareSaved.Add(-200*time.Millisecond), 3940, backup, `C:\Backup\`, `reg  save HKLM\SOFTWARE C:\Backup\software.hiv /y`)
	s.creates(software, softwareSaved, `C:\Backup\software.hiv`)
	s.tell(eventlogtest.Security4634(day(12, 30, 11.5), computer, employee, 2))
}

var (
	ledgerSaved   = day(9, 14, 20.625)
	softwareSaved = time.Date(2026, 3, 12, 20, 0, 5, 250000000, time.UTC)
)
