package scene

import (
	"fmt"
	"strings"
	"time"

	"hivetriage/artifacts/eventlog/eventlogtest"
)

// The act on the machine that was collected: when each of the three hives was
// saved, and as what.
var (
	busySaved = day(13, 58, 21.25)
	busyHives = []struct{ hive, name string }{{"SAM", "sam.save"}, {"SECURITY", "security.save"}, {"SYSTEM", "system.save"}}
)

const busyFolder = `C:\Users\Public\Libraries\`

// Shares of a full collection's logs, in bytes.
const (
	busySecurity   = 1 << 30
	busySysmon     = 500 << 20
	busyPowerShell = 150 << 20
	busyOther      = 10 << 20 // of each of some channels
)

// otherChannels are those that grow to some size. Of the others there is a
// log with some records each.
var otherChannels = []string{
	"System", "Application", "Microsoft-Windows-WMI-Activity/Operational", "Microsoft-Windows-TaskScheduler/Operational",
	"Microsoft-Windows-Windows Defender/Operational", "Microsoft-Windows-Bits-Client/Operational", "Microsoft-Windows-SMBClient/Security",
	"Microsoft-Windows-SMBServer/Security", "Microsoft-Windows-Kernel-PnP/Configuration", "Microsoft-Windows-Store/Operational",
	"Microsoft-Windows-AppXDeploymentServer/Operational", "Microsoft-Windows-GroupPolicy/Operational", "Microsoft-Windows-Ntfs/Operational",
	"Microsoft-Windows-Windows Firewall With Advanced Security/Firewall", "Microsoft-Windows-WinRM/Operational",
	"Microsoft-Windows-TerminalServices-LocalSessionManager/Operational", "Microsoft-Windows-CAPI2/Operational",
	"Microsoft-Windows-Security-Mitigations/KernelMode", "Microsoft-Windows-StorageSpaces-Driver/Operational", "Windows PowerShell",
}

const quietChannels = 120

func (c *collection) logs() error {
	scaled := func(n int64) int64 { return int64(float64(n) * c.scale) }
	if err := c.evtx("Security", func(w *eventlogtest.Writer) { busyLog(w, scaled(busySecurity), 780, securityRecord, true) }); err != nil {
		return err
	}
	if err := c.evtx(eventlogtest.SysmonChannel, func(w *eventlogtest.Writer) { busyLog(w, scaled(busySysmon), 900, sysmonRecord, false) }); err != nil {
		return err
	}
	if err := c.evtx("Microsoft-Windows-PowerShell/Operational", func(w *eventlogtest.Writer) { busyLog(w, scaled(busyPowerShell), 7000, powershellRecord, false) }); err != nil {
		return err
	}
	for _, channel := range otherChannels {
		if err := c.evtx(channel, func(w *eventlogtest.Writer) { busyLog(w, scaled(busyOther), 400, ofChannel(channel), false) }); err != nil {
			return err
		}
	}
	for i := range c.some(quietChannels) {
		channel := fmt.Sprintf("Microsoft-Windows-Quiet-%03d/Operational", i)
		if err := c.evtx(channel, func(w *eventlogtest.Writer) { busyLog(w, 70<<10, 400, ofChannel(channel), false) }); err != nil {
			return err
		}
	}
	return nil
}

// busyLog writes records until the log has its size. They are spread over the
// month before the machine was collected, as their usual length lets expect;
// act says that the process creations of the act are among them.
func busyLog(w *eventlogtest.Writer, size int64, usual int, record func(at time.Time, i int) eventlogtest.Record, act bool) {
	const span = 30 * 24 * time.Hour
	step := span / time.Duration(size/int64(usual)+1)
	begin := collected.Add(-span)
	for i := 0; w.Size() < size; i++ {
		at := begin.Add(min(time.Duration(i)*step, span))
		if act && !at.Before(busySaved) {
			w.Add(busyAct()...)
			act = false
		}
		w.Add(record(at, i))
	}
	if act {
		w.Add(busyAct()...)
	}
}

// busyAct is the remote logon and the commands that saved the hives.
func busyAct() []eventlogtest.Record {
	all := []eventlogtest.Record{eventlogtest.Security4624(busySaved.Add(-4*time.Minute), computer, eventlogtest.Logon{Subject: localHost, Target: adminFull, Type: 10,
		Process: "User32 ", Package: "Negotiate", Workstation: hostName, PID: 1180, Image: `C:\Windows\System32\svchost.exe`, IP: sourceIP, Port: "50114", Elevated: true}),
		eventlogtest.Security4688(busySaved.Add(-time.Minute), computer, eventlogtest.NewProcess{Subject: adminFull, PID: 7120, Image: `C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe`,
			CommandLine: `"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe" `, ParentPID: 4880, ParentImage: `C:\Windows\explorer.exe`, Elevation: "%%1937"})}
	for i, h := range busyHives {
		all = append(all, eventlogtest.Security4688(busySaved.Add(time.Duration(i)*9*time.Second), computer, eventlogtest.NewProcess{Subject: adminFull, PID: uint64(7300 + 8*i),
			Image: `C:\Windows\System32\reg.exe`, CommandLine: `"C:\Windows\system32\reg.exe" save HKLM\` + h.hive + " " + busyFolder + h.name, ParentPID: 7120,
			ParentImage: `C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe`, Elevation: "%%1937"}))
	}
	return all
}

// securityRecord is one of a log in which processes, logons, privileges,
// accesses to shares and to objects are audited. Command lines are told after
// the first quarter of it.
func securityRecord(at time.Time, i int) eventlogtest.Record {
	subject := localHost
	if i%5 == 0 {
		subject = employee
		subject.LogonID += uint64(i / 4000)
	}
	switch i % 20 {
	case 0, 3, 6, 9, 12, 15, 18:
		p := services[i%len(services)]
		n := eventlogtest.NewProcess{Subject: subject, PID: uint64(1200 + 4*(i%9000)), Image: p.image, ParentPID: 716,
			ParentImage: `C:\Windows\System32\services.exe`, Label: "S-1-16-16384"}
		if collected.Sub(at) < 22*24*time.Hour {
			n.CommandLine = fmt.Sprintf("%s -t:%d", p.command, i)
		}
		return eventlogtest.Security4688(at, computer, n)
	case 1, 11:
		return eventlogtest.Security4624(at, computer, eventlogtest.Logon{Subject: localHost, Target: subject, Type: []uint32{3, 5, 2}[i/20%3], Process: "Advapi  ",
			Package: "Negotiate", Workstation: hostName, PID: 716, Image: `C:\Windows\System32\services.exe`, IP: "10.20.30.9", Port: "49811", Elevated: i%40 == 1})
	case 2, 13:
		r := eventlogtest.Security4634(at, computer, subject, 3)
		r.ID, r.Task = 4672, 12548
		r.Data[4] = eventlogtest.Field{Name: "PrivilegeList", Type: eventlogtest.String, Value: "SeSecurityPrivilege\r\n\t\t\tSeTakeOwnershipPrivilege\r\n\t\t\tSeBackupPrivilege\r\n\t\t\tSeRestorePrivilege\r\n\t\t\tSeDebugPrivilege"}
		return r
	case 4:
		return eventlogtest.Security4634(at, computer, subject, 3)
	case 5, 14, 17:
		return eventlogtest.Security5145(at, computer, eventlogtest.ShareAccess{Subject: employee, IP: "10.20.30.17", Port: "51544", Share: `\\*\projects`,
			ShareLocal: `\??\D:\projects`, Target: fmt.Sprintf(`2026\drawings\sheet%06d.dwg`, i), Mask: 0x120089})
	case 7, 8, 16:
		return eventlogtest.Security4663(at, computer, subject, "File", fmt.Sprintf(`C:\Users\m.vandijk\Documents\letter%06d.docx`, i), uint64(4*(i%9000)), `C:\Program Files\Office\winword.exe`)
	}
	return credentialRead(at, i)
}

func sysmonRecord(at time.Time, i int) eventlogtest.Record {
	guid := fmt.Sprintf("{A23EAE89-BD56-5903-0000-%012X}", i/20)
	p := services[i/20%len(services)]
	f := eventlogtest.SysmonFile{GUID: guid, PID: uint32(1200 + 4*(i/20%9000)), Image: p.image, User: `NT AUTHORITY\SYSTEM`}
	text := func(name, value string) eventlogtest.Field {
		return eventlogtest.Field{Name: name, Type: eventlogtest.String, Value: value}
	}
	switch i % 20 {
	case 0, 10:
		return eventlogtest.Sysmon1(at, computer, eventlogtest.SysmonProcess{GUID: guid, PID: f.PID, Image: p.image, FileVersion: "10.0.19041.1", Description: p.about,
			Product: "Microsoft® Windows® Operating System", Company: "Microsoft Corporation", OriginalFileName: p.original, CommandLine: fmt.Sprintf("%s -t:%d", p.command, i),
			CurrentDirectory: `C:\Windows\system32\`, User: f.User, LogonID: 0x3e7, Integrity: "System", Hashes: hashes(p.image, p.original),
			ParentGUID: "{A23EAE89-BD28-5903-0000-00102F345D00}", ParentPID: 716, ParentImage: `C:\Windows\System32\services.exe`, ParentCommandLine: `C:\Windows\system32\services.exe`, ParentUser: f.User})
	case 1, 6, 11, 16:
		f.Target = fmt.Sprintf(`C:\Users\m.vandijk\AppData\Local\Temp\cache%07d.tmp`, i)
		return eventlogtest.Sysmon11(at, computer, f)
	case 2, 7, 12, 17, 18:
		return eventlogtest.SysmonEvent(13, at, computer, f, text("EventType", "SetValue"), text("TargetObject", fmt.Sprintf(`HKLM\SOFTWARE\Nordwind\Ledger\State%d`, i%999)), text("Details", "DWORD (0x00000001)"))
	case 3, 8, 13:
		return eventlogtest.SysmonEvent(3, at, computer, f, text("Protocol", "tcp"), text("SourceIp", "10.20.30.7"), text("DestinationIp", "10.20.30.9"), text("DestinationPort", "443"))
	case 4, 14, 19:
		return eventlogtest.SysmonEvent(7, at, computer, f, text("ImageLoaded", fmt.Sprintf(`C:\Windows\System32\module%03d.dll`, i%500)), text("Hashes", hashes("", p.original)),
			text("Signed", "true"), text("Signature", "Microsoft Windows"), text("SignatureStatus", "Valid"))
	case 5, 15:
		return eventlogtest.SysmonEvent(10, at, computer, f, text("SourceImage", p.image), text("TargetImage", `C:\Windows\System32\lsass.exe`), text("GrantedAccess", "0x1000"),
			text("CallTrace", `C:\Windows\SYSTEM32\ntdll.dll+9d1e4|C:\Windows\System32\KERNELBASE.dll+2bcbe|C:\Windows\system32\lsm.dll+e959`))
	}
	return eventlogtest.SysmonEvent(22, at, computer, f, text("QueryName", fmt.Sprintf("cdn%d.nordwind.example", i%700)), text("QueryStatus", "0"), text("QueryResults", "10.20.30.9;"))
}

// powershellRecord is a script block of an inventory that runs all day; some
// come in parts.
func powershellRecord(at time.Time, i int) eventlogtest.Record {
	var b strings.Builder
	for j := range 40 {
		fmt.Fprintf(&b, "function Get-Inventory%d { param($Name) Get-CimInstance -ClassName Win32_%s -Filter \"Name='$Name'\" | Select-Object Name, Version }\r\n", j+i%7, words[(i+j)%len(words)])
	}
	number, total := uint32(1), uint32(1)
	if i%8 < 4 {
		number, total = uint32(i%4+1), 4
	}
	return eventlogtest.PowerShell4104(at, computer, systemSID, 5400, number, total, b.String(), fmt.Sprintf("%08x-5c40-4b15-8766-%012x", i/8, i-i%4))
}

// ofChannel makes records of other providers, which nobody asks for.
func ofChannel(channel string) func(at time.Time, i int) eventlogtest.Record {
	return func(at time.Time, i int) eventlogtest.Record {
		r := service(at, i)
		if channel != "System" {
			provider, _, _ := strings.Cut(channel, "/")
			r.Provider, r.ProviderGUID, r.Channel, r.ID = provider, "", channel, uint16(1000+i%11)
		}
		return r
	}
}
