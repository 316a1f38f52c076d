package scene

import (
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/eventlog/eventlogtest"
	"hivetriage/artifacts/evidence/ntfs/ntfstest"
	"hivetriage/artifacts/hive/hivetest"
)

// When the exports were written. A file is finished a moment after its
// process started.
var (
	samSaved      = day(14, 7, 2.7312266)
	systemSaved   = day(14, 7, 41.3350719)
	securitySaved = day(14, 9, 37.5902114)
	streamSaved   = day(14, 10, 50.2240987)
	systemMoved   = day(14, 12, 8.9140330)
	securityGone  = day(14, 15, 22.0461752)
	renamedTool   = day(14, 9, 5.1170433)
)

// Where the exports are.
const (
	samExport      = "/Users/Public/Libraries/sam.hiv"
	systemExport   = "/ProgramData/Intel/gfx_cache.dat"
	securityExport = "/Users/Public/Libraries/d.tmp"
	streamHost     = "/Users/Public/notes.txt"
	tool           = "/Users/Public/Libraries/dllsvc.exe"
)

// act tells what the remote session did.
func (s story) act() {
	s.logon()
	explorer := s.desktop()
	shell := s.start(s.admin(process{at: day(14, 6, 31.9023), pid: 7812, command: `"C:\Windows\system32\cmd.exe" `,
		dir: `C:\Windows\system32\`, parent: explorer}))
	s.save(shell)
	s.start(s.admin(process{at: day(14, 11, 52.4071), pid: 8404, image: `C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe`,
		original: "PowerShell.EXE", about: "Windows PowerShell", command: `powershell`, dir: temp, parent: shell}))
	s.start(s.admin(process{at: day(14, 16, 10.2218), pid: 8556, image: `C:\Windows\System32\wevtutil.exe`,
		original: "wevtutil.exe", about: "Eventing Command Line Utility", command: `wevtutil  cl Application`,
		dir: temp, parent: shell}))
	s.tell(eventlogtest.System104(day(14, 16, 10.3106), computer, adminFull, "Application"))
	s.tell(eventlogtest.Security4634(day(14, 18, 55.7041), computer, adminLow, 10))
	s.tell(eventlogtest.Security4634(day(14, 18, 55.7098), computer, adminFull, 10))
}

// desktop tells how the session's desktop came up, and returns its shell.
func (s story) desktop() *process {
	winlogon := &process{at: day(14, 2, 18.0931), pid: 5904, image: `C:\Windows\System32\winlogon.exe`,
		command: "winlogon.exe", user: localHost}
	userinit := s.start(process{at: day(14, 2, 21.3077), pid: 6540, image: `C:\Windows\System32\userinit.exe`,
		original: "USERINIT.EXE", about: "Userinit Logon Application", command: `C:\Windows\system32\userinit.exe`,
		dir: `C:\Windows\system32\`, user: adminLow, session: 3, medium: true, parent: winlogon})
	return s.start(process{at: day(14, 2, 21.8412), pid: 6692, image: `C:\Windows\explorer.exe`,
		original: "EXPLORER.EXE", about: "Windows Explorer", command: `C:\Windows\Explorer.EXE`,
		dir: `C:\Windows\system32\`, user: adminLow, session: 3, medium: true, parent: userinit})
}

const temp = `C:\Users\admin.jansen\AppData\Local\Temp\`

// admin fills in what the elevated processes of the session have in common;
// without an image it is cmd.exe.
func (s story) admin(p process) process {
	p.user, p.session, p.full = adminFull, 3, true
	if p.image == "" {
		p.image, p.original, p.about = `C:\Windows\System32\cmd.exe`, "Cmd.Exe", "Windows Command Processor"
	}
	return p
}

// logon tells the remote session's start: the network logon of network level
// authentication, then the two halves of the interactive one.
func (s story) logon() {
	s.tell(eventlogtest.Security4624(day(14, 2, 17.4412), computer, eventlogtest.Logon{
		Target: eventlogtest.Account{SID: adminSID, Name: "admin.jansen", Domain: domain, LogonID: 0x5c0f11},
		Type:   3, Process: "NtLmSsp ", Package: "NTLM", LmPackage: "NTLM V2", Workstation: sourceName,
		IP: sourceIP, Port: "0", Elevated: true,
	}))
	half := eventlogtest.Logon{
		Subject: localHost, Type: 10, Process: "User32 ", Package: "Negotiate", Workstation: hostName,
		PID: 1180, Image: `C:\Windows\System32\svchost.exe`, IP: sourceIP, Port: "0",
	}
	full, low := half, half
	full.Target, full.LinkedID, full.Elevated = adminFull, adminLow.LogonID, true
	low.Target, low.LinkedID = adminLow, adminFull.LogonID
	s.tell(eventlogtest.Security4624(day(14, 2, 19.1187345), computer, full))
	s.tell(eventlogtest.Security4624(day(14, 2, 19.1187512), computer, low))
}

// save tells how the exports were made.
func (s story) save(shell *process) {
	reg := func(p process) *process {
		p.original, p.about = "reg.exe", "Registry Console Tool"
		if p.image == "" {
			p.image = `C:\Windows\System32\reg.exe`
		}
		return s.start(s.admin(p))
	}
	carrier := s.start(s.admin(process{at: day(14, 7, 2.6140211), pid: 8104,
		command: `cmd.exe /c reg save HKLM\SAM C:\Users\Public\Libraries\sam.hiv /y`, dir: temp, parent: shell}))
	sam := reg(process{at: day(14, 7, 2.6522904), pid: 8116,
		command: `reg  save HKLM\SAM C:\Users\Public\Libraries\sam.hiv /y`, dir: temp, parent: carrier})
	s.creates(sam, samSaved, `C:\Users\Public\Libraries\sam.hiv`)

	system := reg(process{at: day(14, 7, 41.2011846), pid: 8164, command: `reg  save HKLM\SYSTEM sys.tmp`, dir: temp, parent: shell})
	s.creates(system, systemSaved, temp+"sys.tmp")

	s.creates(shell, renamedTool, `C:\Users\Public\Libraries\dllsvc.exe`)
	security := reg(process{at: day(14, 9, 37.4715020), pid: 8240, image: `C:\Users\Public\Libraries\dllsvc.exe`,
		command: `C:\Users\Public\Libraries\dllsvc.exe  save hklm\security C:\Users\Public\Libraries\d.tmp`, dir: temp, parent: shell})
	s.creates(security, securitySaved, `C:\Users\Public\Libraries\d.tmp`)

	reg(process{at: day(14, 10, 50.1120443), pid: 8292, command: `reg  save "HKLM\SAM" C:\Users\Public\notes.txt:sam`, dir: temp, parent: shell})
}

// spoils returns the files that the act left.
func spoils() []ntfstest.File {
	export := func(path string, data []byte, saved time.Time) ntfstest.File {
		t := artifacts.Times{Created: saved, Modified: saved, Changed: saved, Accessed: saved}
		return ntfstest.File{Path: path, Data: data, SI: t, FN: t, Owner: "S-1-5-32-544"}
	}
	sam := hivetest.SAM(taken, hivetest.RegSave)
	system := export(systemExport, hivetest.SYSTEM(larger(taken), hivetest.RegSave), systemSaved)
	system.SI.Changed = systemMoved
	security := export(securityExport, hivetest.SECURITY(taken, hivetest.RegSave), securitySaved)
	security.Deleted = true
	security.SI.Changed = securityGone

	noted := time.Date(2026, 2, 3, 10, 15, 4, 0, time.UTC)
	notes := export(streamHost, []byte("Printer on the 2nd floor: \\\\PRN-02\\fin-color\r\nBadge desk: 4410\r\n"), noted)
	notes.SI.Modified, notes.SI.Changed = streamSaved, streamSaved
	notes.Owner = userSID
	notes.Streams = []ntfstest.Stream{{Name: "sam", Data: sam}}

	return []ntfstest.File{
		export(samExport, sam, samSaved), system, security, notes,
		export(tool, program("reg.exe"), renamedTool),
	}
}

// larger gives SYSTEM a size that keeps its content out of one small run.
func larger(h hivetest.Host) hivetest.Host {
	h.Filler = 96 << 10
	return h
}
