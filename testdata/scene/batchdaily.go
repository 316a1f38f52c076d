package scene

import (
	"fmt"
	"math/rand/v2"
	"time"

	"hivetriage/artifacts/eventlog/eventlogtest"
)

// People and computers of the batch, beside the hosts' users.
var (
	// caretaker administers all hosts, every morning, from one computer.
	caretaker = visit{who: eventlogtest.Account{SID: domainSID + "-1109", Name: "adm.lind", Domain: domain, LogonID: 0x61a100}, ip: "10.20.30.9", name: "JMP-01", privileges: administrative}
	// helper helps people at some hosts, from the help desk.
	helper = visit{who: eventlogtest.Account{SID: domainSID + "-1171", Name: "s.okafor", Domain: domain, LogonID: 0x62b200}, ip: "10.20.30.50", name: "HELP-02"}
	// gateway is the account of a service that asks all hosts something at night.
	gateway = visit{who: eventlogtest.Account{SID: domainSID + "-1180", Name: "svc.scangw", Domain: domain, LogonID: 0x63c300}, ip: "10.20.40.60", name: "SRV-SCAN-01"}
)

// batchBegin is when the hosts' logs begin.
var batchBegin = time.Date(2026, 3, 9, 5, 0, 0, 0, time.UTC)

// daily tells six days on the host until it is collected: programs that
// start, its user at the desktop, those who visit it every day.
func (h *batchHost) daily() {
	r := rand.New(rand.NewPCG(uint64(h.number), 0x6461696c79))
	const programs = 110
	for i := range programs {
		at := batchBegin.Add(h.collected.Sub(batchBegin) / programs * time.Duration(i)).Add(time.Duration(r.IntN(1200)) * time.Second)
		if at.After(h.collected) {
			break
		}
		p := services[r.IntN(len(services))]
		h.story.start(process{at: at, pid: uint32(1200 + 4*(i*37%900)), image: p.image, original: p.original, about: p.about,
			command: p.command, dir: `C:\Windows\system32\`, user: localHost})
		h.story.tell(service(at.Add(40*time.Millisecond), i))
		if i%3 == 0 {
			h.story.tell(eventlogtest.Security4624(at.Add(-80*time.Millisecond), computer, eventlogtest.Logon{
				Subject: localHost, Target: eventlogtest.Account{SID: systemSID, Name: "SYSTEM", Domain: "NT AUTHORITY", LogonID: 0x3e7},
				Type: 5, Process: "Advapi  ", Package: "Negotiate", PID: 716, Image: `C:\Windows\System32\services.exe`, Elevated: true}))
		}
	}
	for d := 9; d <= 14; d++ {
		on := time.Date(2026, 3, d, 0, 0, 0, 0, time.UTC).Add(time.Duration(r.IntN(1500)) * time.Second)
		h.workday(on)
		for i := range 40 {
			record := credentialRead(on.Add(9*time.Hour+time.Duration(i)*11*time.Minute), i)
			h.story.tell(record)
		}
	}
}

// workday tells of those who are at the host on a day.
func (h *batchHost) workday(on time.Time) {
	h.called(on.Add(6*time.Hour+40*time.Minute), caretaker)
	h.called(on.Add(22*time.Hour), gateway)
	user := eventlogtest.Logon{Subject: localHost, Target: h.user, Type: 2, Process: "User32 ", Package: "Negotiate", Workstation: hostName,
		PID: 1180, Image: `C:\Windows\System32\svchost.exe`, IP: "127.0.0.1", Port: "0"}
	at := on.Add(7*time.Hour + 52*time.Minute)
	h.tellTo(eventlogtest.Security4624(at, computer, user))
	explorer := h.story.start(process{at: at.Add(3 * time.Second), pid: 4880, image: `C:\Windows\explorer.exe`, original: "EXPLORER.EXE",
		about: "Windows Explorer", command: `C:\Windows\Explorer.EXE`, dir: `C:\Windows\system32\`, user: h.user, session: 1, medium: true})
	for i, to := range []struct{ ip, name, port string }{{"10.20.40.10", "DC-01", "389"}, {"10.20.40.12", "PROXY-01", "8080"}} {
		h.connects(explorer, at.Add(time.Duration(i+1)*time.Minute), to.ip, to.name, to.port)
	}
	h.tellTo(eventlogtest.Security4634(on.Add(16*time.Hour), computer, h.user, 2))
	// A program of the host's own logs on to the host itself.
	h.tellTo(eventlogtest.Security4624(on.Add(12*time.Hour), computer, eventlogtest.Logon{Target: helper.who, Type: 3, Process: "NtLmSsp ", Package: "NTLM",
		LmPackage: "NTLM V2", Workstation: h.name, IP: "127.0.0.1", Port: "50117"}))
	// The domain controller's own account.
	h.called(on.Add(10*time.Hour+5*time.Minute), visit{who: eventlogtest.Account{SID: domainSID + "-1000", Name: "DC-01$", Domain: domain, LogonID: 0x64d400}, ip: "10.20.40.10", name: "DC-01"})
}

// tellTo tells what had happened by the time the host was collected.
func (h *batchHost) tellTo(r eventlogtest.Record) {
	if r.Time.Before(h.collected) {
		h.story.tell(r)
	}
}

// called tells of a visit over the network that ends after a minute.
func (h *batchHost) called(at time.Time, v visit) {
	if at.Before(h.collected) {
		h.story.arrives(at, v)
		h.story.leaves(at.Add(time.Minute), v)
	}
}

// connects tells that a program of the host connected to another computer
// (Sysmon 3).
func (h *batchHost) connects(p *process, at time.Time, ip, name, port string) {
	var fields []eventlogtest.Field
	for _, f := range [][2]string{{"Protocol", "tcp"}, {"Initiated", "true"}, {"SourceIsIpv6", "false"}, {"SourceIp", h.ip}, {"SourceHostname", h.name + "." + dnsDomain},
		{"SourcePort", fmt.Sprint(50000 + at.Unix()%9000)}, {"SourcePortName", "-"}, {"DestinationIsIpv6", "false"}, {"DestinationIp", ip},
		{"DestinationHostname", name + "." + dnsDomain}, {"DestinationPort", port}, {"DestinationPortName", "-"}} {
		fields = append(fields, eventlogtest.Field{Name: f[0], Type: eventlogtest.String, Value: f[1]})
	}
	h.tellTo(eventlogtest.SysmonEvent(3, at, computer, eventlogtest.SysmonFile{UTC: at, GUID: p.guid(), PID: p.pid, Image: p.image, User: account(p.user)}, fields...))
}
