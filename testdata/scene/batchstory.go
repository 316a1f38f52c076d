package scene

import (
	"fmt"
	"strings"
	"time"

	"hivetriage/artifacts/eventlog/eventlogtest"
)

// The story of a batch, on 2026-03-14, all times UTC:
//
//	09:12:04  NORDWIND\adm.brandt comes from outside (203.0.113.57) to WS-ACC-11, over RDP
//	09:15:02  there a renamed reg.exe saves SAM, SECURITY and SYSTEM; the copies are packed
//	09:31:15  from WS-ACC-11 (10.20.31.11) to WS-HR-03, over RDP; the same with the same tool
//	09:52:10  from WS-HR-03 (10.20.31.23) the same tool saves the hives of SRV-SQL-01 through
//	          its remote registry; the files are fetched over ADMIN$ and deleted
//	10:04:02  copies of WS-ACC-11, WS-HR-03 and LT-SALES-22, which nobody collected, are put
//	          on SRV-FILE-02
//	11:20:04  NORDWIND\t.ehlers, at WS-LAB-05 itself, copies SAM and SYSTEM out of a shadow
//	          copy with esentutl: another matter
//	13:05:12  accounts that were exposed are used from WS-HR-03
//
// and on four nights at 23:30 a task of SRV-PRN-02 saves its own SAM and SYSTEM.
const (
	outsideIP  = "203.0.113.57"
	batchTool  = `C:\Users\Public\Libraries\libsvc.exe`
	batchPlace = `C:\Users\Public\Libraries\`
	absentName = "LT-SALES-22"
	absentIP   = "10.20.32.122"
)

// intruder is the account of the story, in the session of the given number:
// both halves of its token.
func intruder(session uint64) (full, low eventlogtest.Account) {
	full = eventlogtest.Account{SID: domainSID + "-1164", Name: "adm.brandt", Domain: domain, LogonID: 0x7a0000 + session<<12}
	low = full
	low.LogonID += 0x3c
	return full, low
}

// desktop tells of a session over RDP, from a computer with this address and
// name, and returns the elevated shell in it.
func (h *batchHost) desktop(at time.Time, full, low eventlogtest.Account, ip, name string) *process {
	network := full
	network.LogonID -= 0x11
	h.story.tell(eventlogtest.Security4624(at.Add(-1500*time.Millisecond), computer, eventlogtest.Logon{
		Target: network, Type: 3, Process: "NtLmSsp ", Package: "NTLM", LmPackage: "NTLM V2", Workstation: name, IP: ip, Port: "0", Elevated: true}))
	half := eventlogtest.Logon{Subject: localHost, Type: 10, Process: "User32 ", Package: "Negotiate", Workstation: hostName,
		PID: 1180, Image: `C:\Windows\System32\svchost.exe`, IP: ip, Port: "0"}
	elevated, filtered := half, half
	elevated.Target, elevated.LinkedID, elevated.Elevated = full, low.LogonID, true
	filtered.Target, filtered.LinkedID = low, full.LogonID
	h.story.tell(eventlogtest.Security4624(at, computer, elevated))
	h.story.tell(eventlogtest.Security4624(at.Add(time.Millisecond), computer, filtered))
	return h.shell(at.Add(3*time.Second), full, low, 3)
}

// shell tells of a desktop's beginning and of the elevated shell on it.
func (h *batchHost) shell(at time.Time, full, low eventlogtest.Account, session uint32) *process {
	explorer := h.story.start(process{at: at, pid: 6692, image: `C:\Windows\explorer.exe`, original: "EXPLORER.EXE", about: "Windows Explorer",
		command: `C:\Windows\Explorer.EXE`, dir: `C:\Windows\system32\`, user: low, session: session, medium: true})
	return h.story.start(process{at: at.Add(50 * time.Second), pid: 7812, image: `C:\Windows\System32\cmd.exe`, original: "Cmd.Exe", about: "Windows Command Processor",
		command: `"C:\Windows\system32\cmd.exe" `, dir: `C:\Windows\system32\`, user: full, session: session, full: true, parent: explorer})
}

// runs tells of a program that the shell starts.
func (h *batchHost) runs(shell *process, at time.Time, pid uint32, image, original, about, command string) *process {
	return h.story.start(process{at: at, pid: pid, image: image, original: original, about: about, command: command, dir: `C:\Users\Public\Libraries\`,
		user: shell.user, session: shell.session, full: shell.full, parent: shell})
}

// ends tells that both halves of a session ended.
func (h *batchHost) ends(at time.Time, full, low eventlogtest.Account, kind uint32) {
	h.story.tell(eventlogtest.Security4634(at, computer, low, kind))
	h.story.tell(eventlogtest.Security4634(at.Add(time.Millisecond), computer, full, kind))
}

// A batchCopy is a hive that is copied on a host, and as what.
type batchCopy struct {
	hive, name string
	after      time.Duration // of the command, after the act's first
}

// trio are the copies that the intruder makes; prefix tells those of one host
// from another's.
func trio(prefix string) []batchCopy {
	return []batchCopy{{"SAM", prefix + "1.hiv", 0}, {"SECURITY", prefix + "2.hiv", 18 * time.Second}, {"SYSTEM", prefix + "3.hiv", 39 * time.Second}}
}

// robs tells that the intruder's tool was brought to the host and saved its
// hives, and leaves the copies on it.
func (b *batch) robs(h *batchHost, shell *process, at time.Time, prefix string) *BatchAct {
	h.story.creates(shell, at.Add(-40*time.Second), batchTool)
	h.add(batchTool, program("libsvc.exe"), at.Add(-40*time.Second))
	a := &BatchAct{Host: h.name, At: at, Technique: "reg save with a renamed reg.exe", Actor: account(shell.user), Tool: batchTool, Hash: sum(program("libsvc.exe"))}
	for i, c := range trio(prefix) {
		started, path := at.Add(c.after), batchPlace+c.name
		tool := h.runs(shell, started, uint32(8104+12*i), batchTool, "reg.exe", "Registry Console Tool", fmt.Sprintf(`%s  save hklm\%s %s`, batchTool, strings.ToLower(c.hive), path))
		saved := started.Add(300 * time.Millisecond)
		h.story.creates(tool, saved, path)
		h.plant(c.hive, path, h.copied(c.hive, saved), saved, "as reg save leaves it")
		a.Hives, a.Outputs, a.Last = append(a.Hives, c.hive), append(a.Outputs, path), started
	}
	return a
}

// first tells of WS-ACC-11.
func (b *batch) first() (*batchHost, error) {
	h := newBatchHost(b.next(), "WS-ACC-11", "10.20.31.11")
	h.gateway, h.cached = true, []eventlogtest.Account{helper.who}
	h.daily()
	full, low := intruder(1)
	shell := h.desktop(day(9, 12, 4), full, low, outsideIP, "KALI")
	a := b.robs(h, shell, day(9, 15, 2), "s")
	a.Source, a.Group = outsideIP, 1
	b.m.Acts = append(b.m.Acts, *a)
	h.runs(shell, day(9, 17, 10), 8204, `C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe`, "PowerShell.EXE", "Windows PowerShell",
		`powershell -c Compress-Archive -Path C:\Users\Public\Libraries\*.hiv -DestinationPath C:\Users\Public\Libraries\upd.zip`)
	var members []any
	for _, p := range h.plants {
		members = append(members, p.name, p.data)
	}
	packed, err := zipOf(members...)
	if err != nil {
		return nil, err
	}
	h.add(batchPlace+"upd.zip", packed, day(9, 17, 11))
	for _, p := range h.plants {
		p.Path, p.Member, p.How = "/Users/Public/Libraries/upd.zip", p.name, "in a zip"
		h.plants = append(h.plants, p)
	}
	h.connects(shell, day(9, 30, 50), "10.20.31.23", "WS-HR-03", "3389")
	h.connects(shell, day(10, 4, 1), stagingIP, stagingName, "445")
	h.ends(day(10, 45, 0), full, low, 10)
	return h, nil
}

// second tells of WS-HR-03, which the intruder reaches from the first.
func (b *batch) second(first *batchHost) *batchHost {
	h := newBatchHost(b.next(), "WS-HR-03", "10.20.31.23")
	h.gateway = true
	h.daily()
	full, low := intruder(2)
	shell := h.desktop(day(9, 31, 15), full, low, first.ip, first.name)
	a := b.robs(h, shell, day(9, 34, 20), "n")
	a.Source, a.From, a.Group = first.ip, first.name, 1
	b.m.Acts = append(b.m.Acts, *a)
	return h
}

// third tells of SRV-SQL-01, whose remote registry is told from the second
// host to save the hives: both ends.
func (b *batch) third(from *batchHost) *batchHost {
	h := newBatchHost(b.next(), "SRV-SQL-01", "10.20.40.15")
	h.server = true
	h.daily()
	full, low := intruder(2)
	shell := &process{at: day(9, 32, 8), pid: 7812, image: `C:\Windows\System32\cmd.exe`, command: `"C:\Windows\system32\cmd.exe" `, user: full, session: 3, full: true}
	net := from.runs(shell, day(9, 51, 40), 8300, `C:\Windows\System32\net.exe`, "net.exe", "Net Command", `net  use \\SRV-SQL-01\ADMIN$ /user:NORDWIND\adm.brandt`)
	from.story.tell(explicit(day(9, 51, 41), full, full, h.name, net))
	from.connects(&process{at: day(5, 0, 0), pid: 4, image: "System", user: localHost}, day(9, 51, 42), h.ip, h.name, "445")
	v := visit{who: full, ip: from.ip, name: from.name, privileges: administrative}
	v.who.LogonID = 0x9d4410
	h.story.arrives(day(9, 51, 42.25), v)
	h.story.asks(day(9, 51, 42.5), v, "ADMIN$", `C:\Windows`, "", toRead)
	h.story.tell(eventlogtest.System7036(day(9, 52, 10.375), computer, remoteRegistry, "running"))
	a := BatchAct{Host: h.name, At: day(9, 52, 10), Technique: "reg save through the remote registry", Actor: account(full), Source: from.ip, From: from.name,
		Tool: batchTool, Hash: sum(program("libsvc.exe")), Group: 1}
	r := BatchRemote{From: from.name, Address: from.ip, To: h.name, Actor: account(full), At: a.At, Arrived: day(9, 51, 42.25), Opened: day(9, 52, 10.5)}
	for i, c := range trio("") {
		at, name := day(9, 52, 10).Add(c.after), []string{"rTgKwPzN.tmp", "hQbVxLmD.tmp", "kWnZcJsF.tmp"}[i]
		line := fmt.Sprintf(`%s  save \\%s\HKLM\%s C:\Windows\Temp\%s`, batchTool, h.name, c.hive, name)
		from.runs(shell, at, uint32(8320+12*i), batchTool, "reg.exe", "Registry Console Tool", line)
		h.story.asks(at.Add(500*time.Millisecond), v, "IPC$", "", "winreg", toRead)
		h.story.asks(at.Add(2500*time.Millisecond), v, "ADMIN$", `C:\Windows`, `Temp\`+name, toRead)
		a.Hives, a.Outputs, a.Last = append(a.Hives, c.hive), append(a.Outputs, `C:\Windows\Temp\`+name), at
		if i == 0 {
			r.Command = line
		}
	}
	r.Hives, r.Told = a.Hives, []string{"SAM", "SECURITY"}
	b.m.Acts, b.m.Remote = append(b.m.Acts, a), append(b.m.Remote, r)
	h.story.tell(eventlogtest.System7036(day(9, 57, 30), computer, remoteRegistry, "stopped"))
	h.story.leaves(day(9, 58, 2), v)
	from.connects(shell, day(10, 5, 1), stagingIP, stagingName, "445")
	from.ends(day(13, 45, 0), full, low, 10)
	return h
}

// explicit says that a program used the credentials of an account for another
// computer (Security 4648).
func explicit(at time.Time, who, as eventlogtest.Account, target string, p *process) eventlogtest.Record {
	r := eventlogtest.Security4634(at, computer, who, 3) // for what all records of the provider share
	r.ID, r.Task = 4648, 12544
	text := func(name, value string) eventlogtest.Field {
		return eventlogtest.Field{Name: name, Type: eventlogtest.String, Value: value}
	}
	none := func(name string) eventlogtest.Field {
		return eventlogtest.Field{Name: name, Type: eventlogtest.GUID, Value: "{00000000-0000-0000-0000-000000000000}"}
	}
	r.Data = []eventlogtest.Field{
		{Name: "SubjectUserSid", Type: eventlogtest.SID, Value: who.SID}, text("SubjectUserName", who.Name), text("SubjectDomainName", who.Domain),
		{Name: "SubjectLogonId", Type: eventlogtest.HexInt64, Value: who.LogonID}, none("LogonGuid"),
		text("TargetUserName", as.Name), text("TargetDomainName", as.Domain), none("TargetLogonGuid"),
		text("TargetServerName", target), text("TargetInfo", "cifs/"+target),
		{Name: "ProcessId", Type: eventlogtest.Pointer, Value: uint64(p.pid)}, text("ProcessName", p.image), text("IpAddress", "-"), text("IpPort", "-"),
	}
	return r
}
