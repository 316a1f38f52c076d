package scene

import (
	"fmt"
	"strings"
	"time"

	"hivetriage/artifacts/eventlog/eventlogtest"
	"hivetriage/artifacts/hive/hivetest"
)

const stagingIP = "10.20.40.31"

// fourth tells of WS-LAB-05, where somebody else copied hives out of a shadow
// copy.
func (b *batch) fourth() *batchHost {
	h := newBatchHost(b.next(), "WS-LAB-05", "10.20.33.45")
	h.daily()
	full := eventlogtest.Account{SID: domainSID + "-1188", Name: "t.ehlers", Domain: domain, LogonID: 0x8b1000}
	low := full
	low.LogonID += 0x3c
	at := day(11, 17, 40)
	half := eventlogtest.Logon{Subject: localHost, Type: 2, Process: "User32 ", Package: "Negotiate", Workstation: hostName,
		PID: 1180, Image: `C:\Windows\System32\svchost.exe`, IP: "127.0.0.1", Port: "0"}
	elevated, filtered := half, half
	elevated.Target, elevated.LinkedID, elevated.Elevated = full, low.LogonID, true
	filtered.Target, filtered.LinkedID = low, full.LogonID
	h.story.tell(eventlogtest.Security4624(at, computer, elevated))
	h.story.tell(eventlogtest.Security4624(at.Add(time.Millisecond), computer, filtered))
	shell := h.shell(at.Add(3*time.Second), full, low, 2)
	const image = `C:\Windows\System32\esentutl.exe`
	a := BatchAct{Host: h.name, At: day(11, 20, 4), Technique: "esentutl out of a shadow copy", Actor: account(full), Tool: image, Hash: sum([]byte("esentutl.exe")), Group: 2}
	for i, c := range []batchCopy{{"SAM", "f1.dat", 0}, {"SYSTEM", "f2.dat", 26 * time.Second}} {
		started, path := a.At.Add(c.after), `C:\ProgramData\Fonts\`+c.name
		tool := h.runs(shell, started, uint32(9104+12*i), image, "esentutl.exe", "Extensible Storage Engine Utilities for Microsoft(R) Windows(R)",
			fmt.Sprintf(`esentutl.exe  /y /vss C:\Windows\System32\config\%s /d %s`, c.hive, path))
		h.story.start(process{at: started.Add(500 * time.Millisecond), pid: uint32(9140 + 12*i), image: `C:\Windows\System32\VSSVC.exe`, original: "VSSVC.EXE",
			about: "Microsoft® Volume Shadow Copy Service", command: `C:\Windows\system32\vssvc.exe`, dir: `C:\Windows\system32\`, user: localHost})
		h.story.tell(mounted(started.Add(time.Second), fmt.Sprintf(`\Device\HarddiskVolumeShadowCopy%d`, i+1)))
		saved := started.Add(3 * time.Second)
		h.story.creates(tool, saved, path)
		data := hivetest.SAM(h.described(saved), hivetest.Live)
		if c.hive == "SYSTEM" {
			data = hivetest.SYSTEM(h.described(saved), hivetest.Live)
		}
		h.plant(c.hive, path, data, saved, "as it was in a shadow copy")
		a.Hives, a.Outputs, a.Last = append(a.Hives, c.hive), append(a.Outputs, path), started
	}
	b.m.Acts = append(b.m.Acts, a)
	h.ends(day(11, 40, 0), full, low, 2)
	return h
}

// nights are when the task of SRV-PRN-02 ran.
var nights = []time.Time{time.Date(2026, 3, 10, 23, 30, 1, 0, time.UTC), time.Date(2026, 3, 11, 23, 30, 1, 0, time.UTC),
	time.Date(2026, 3, 12, 23, 30, 1, 0, time.UTC), time.Date(2026, 3, 13, 23, 30, 1, 0, time.UTC)}

// fifth tells of SRV-PRN-02, whose administrator has its hives saved every
// night.
func (b *batch) fifth() *batchHost {
	h := newBatchHost(b.next(), "SRV-PRN-02", "10.20.40.22")
	h.server = true
	h.daily()
	scheduler := h.story.start(process{at: time.Date(2026, 3, 9, 6, 0, 1, 0, time.UTC), pid: 1408, image: `C:\Windows\System32\svchost.exe`, original: "svchost.exe",
		about: "Host Process for Windows Services", command: `C:\Windows\system32\svchost.exe -k netsvcs -p -s Schedule`, dir: `C:\Windows\system32\`, user: localHost})
	for n, at := range nights {
		shell := h.story.start(process{at: at, pid: uint32(7000 + 20*n), image: `C:\Windows\System32\cmd.exe`, original: "Cmd.Exe", about: "Windows Command Processor",
			command: `C:\Windows\System32\cmd.exe /c C:\Backup\hives.cmd`, dir: `C:\Windows\system32\`, user: localHost, parent: scheduler})
		a := BatchAct{Host: h.name, At: at.Add(time.Second), Last: at.Add(2 * time.Second), Technique: "reg save by a scheduled task", Actor: `NT AUTHORITY\SYSTEM`,
			Tool: `C:\Windows\System32\reg.exe`, Hash: sum(program("reg.exe")), Explained: true}
		for i, hive := range []string{"SAM", "SYSTEM"} {
			saved := at.Add(time.Duration(i+1) * time.Second)
			path := fmt.Sprintf(`C:\Backup\%s-%s.hiv`, hive, at.Format("20060102"))
			h.story.saves(saved, uint32(7004+20*n+4*i), shell, hive, path)
			h.plant(hive, path, h.copied(hive, saved), saved.Add(300*time.Millisecond), "a nightly backup")
			a.Hives, a.Outputs = append(a.Hives, hive), append(a.Outputs, path)
		}
		b.m.Acts = append(b.m.Acts, a)
	}
	return h
}

// staging is SRV-FILE-02: copies of other hosts were put on it over a share.
func (b *batch) staging(robbed ...*batchHost) *batchHost {
	h := newBatchHost(b.next(), stagingName, stagingIP)
	h.server = true
	h.daily()
	absent := newBatchHost(9000, absentName, absentIP)
	full, _ := intruder(4)
	a := BatchAct{Host: h.name, Staged: true, At: day(10, 4, 3), Technique: "copies of other hosts' hives put on a share", Actor: account(full),
		Source: robbed[0].ip, From: robbed[0].name, Hives: []string{"SAM", "SECURITY", "SYSTEM"}, Group: 1}
	for i, from := range append(robbed, absent) {
		v := visit{who: full, ip: from.ip, name: from.name}
		v.who.LogonID += uint64(i) << 8
		begin := day(10, 4+i, 2)
		h.story.arrives(begin, v)
		for k, c := range trio(string("snl"[i])) {
			data, twin := from.copied(c.hive, begin.Add(-time.Hour)), ""
			for _, p := range from.plants {
				if p.name == c.name && p.Member == "" {
					data, twin = p.data, p.Path
				}
			}
			at := begin.Add(time.Duration(k+1) * time.Second)
			inside := strings.ToLower(from.name) + `\` + c.name
			h.story.asks(at, v, "transfer", `C:\Shares\transfer`, inside, toWrite)
			h.plant(c.hive, `C:\Shares\transfer\`+inside, data, at, "a copy of "+from.name)
			a.Outputs, a.Last = append(a.Outputs, `C:\Shares\transfer\`+inside), at
			p := h.plants[len(h.plants)-1]
			b.m.Foreign = append(b.m.Foreign, BatchForeign{On: h.name, Path: p.Path, Hive: c.hive, SHA256: p.SHA256, From: from.name, SID: from.sid(), Twin: twin, InBatch: twin != ""})
		}
		h.story.leaves(begin.Add(30*time.Second), v)
	}
	b.m.Acts = append(b.m.Acts, a)
	b.exposes(absent, "SAM", "SECURITY", "SYSTEM")
	return h
}

// uses tells what accounts that were exposed were used for after the dump,
// from the second host, at three quiet hosts; and what looks alike.
func (b *batch) uses(first, from *batchHost, at []*batchHost) {
	use := func(h *batchHost, when time.Time, v visit, why string) {
		v.ip, v.name = from.ip, from.name
		v.who.LogonID += 0x70000
		h.called(when, v)
		b.m.Logons = append(b.m.Logons, BatchLogon{Account: account(v.who), To: h.name, Address: v.ip, From: from.name, Type: 3, At: when, Why: why})
	}
	for i, h := range at {
		use(h, day(13, 5+2*i, 12), helper, "a cached logon exposed on WS-ACC-11, from an address it never came from")
		from.connects(&process{at: day(5, 0, 0), pid: 4, image: "System", user: localHost}, day(13, 5+2*i, 11), h.ip, h.name, "445")
	}
	use(at[1], day(13, 20, 33), gateway, "the account of a service exposed on WS-ACC-11 and WS-HR-03, from an address it never came from")
	administrator := visit{who: eventlogtest.Account{SID: at[2].sid() + "-500", Name: "Administrator", Domain: at[2].name, LogonID: 0x65e500}, privileges: administrative}
	use(at[2], day(13, 31, 5), administrator, "a local account of the same name as those exposed on WS-ACC-11 and WS-HR-03: a lead")
	for i, h := range at {
		for _, d := range []int{10, 12} {
			h.called(time.Date(2026, 3, d, 9, 40+i, 0, 0, time.UTC), helper)
		}
		b.plain(h, day(14, 10, 5+float64(i)), helper, "from where it always comes")
	}
	// Whoever it was looked around there, with the tool of the story.
	host := at[0].story.start(process{at: day(13, 6, 2), pid: 9040, image: `C:\Windows\System32\wbem\WmiPrvSE.exe`, original: "Wmiprvse.exe", about: "WMI Provider Host",
		command: `C:\Windows\system32\wbem\wmiprvse.exe -secured -Embedding`, dir: `C:\Windows\system32\`, user: localHost})
	host.user = helper.who
	host.user.LogonID += 0x70000
	at[0].runs(host, day(13, 6, 4), 9056, batchTool, "reg.exe", "Registry Console Tool", batchTool+`  query HKLM\SOFTWARE\Nordwind`)
	own := visit{who: eventlogtest.Account{SID: first.accountSID(), Name: first.name + "$", Domain: domain, LogonID: 0x66f600}, ip: first.ip, name: first.name}
	b.plain(at[0], day(14, 31, 0), own, "a computer's own account, from that computer")
	local := visit{who: helper.who, ip: "127.0.0.1", name: at[0].name}
	b.plain(at[0], day(14, 33, 0), local, "from the host itself")
}

// plain tells of a logon after the dump that is as it should be.
func (b *batch) plain(h *batchHost, at time.Time, v visit, why string) {
	v.who.LogonID += 0x80000
	h.called(at, v)
	b.m.Ordinary = append(b.m.Ordinary, BatchLogon{Account: account(v.who), To: h.name, Address: v.ip, Type: 3, At: at, Why: why})
}
