package triage_test

import (
	"bytes"
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts/eventlog/eventlogtest"
	"hivetriage/artifacts/execution/registry/registrytest"
	"hivetriage/artifacts/hive/hivetest"
	"hivetriage/report"
	"hivetriage/triage"
)

// footed triages a folder or file with or without asking for a footprint.
func footed(t *testing.T, path string, workers int, asked bool) *triage.Case {
	t.Helper()
	c, err := triage.Run(t.Context(), triage.Config{Inputs: []triage.Input{{Path: path}}, Workers: workers, Footprint: asked,
		Now: func() time.Time { return act }})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// document writes what a test compares.
func document(t *testing.T, c *triage.Case, write func(*bytes.Buffer, *triage.Case) error) string {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b, c); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func caseOf(b *bytes.Buffer, c *triage.Case) error  { return report.JSON(b, c) }
func printOf(b *bytes.Buffer, c *triage.Case) error { return report.Footprint(b, c) }

// workday are the records of a host on which nothing happens that concerns
// hives: people log on, and an administrator goes on to other hosts.
func workday(days int) (security, operational []eventlogtest.Record) {
	host := sourceHost.Name
	self := eventlogtest.Account{SID: "S-1-5-18", Name: host + "$", Domain: "CORP", LogonID: 0x3e7}
	own := eventlogtest.Account{SID: "S-1-5-21-9-9-9-2001", Name: host + "$", Domain: "CORP", LogonID: 0x77}
	for n := range days {
		at := act.Add(time.Duration(n-days) * 24 * time.Hour)
		security = append(security,
			eventlogtest.Security4624(at, host, eventlogtest.Logon{Subject: self, Target: self, Type: 5, Process: "Advapi  "}),
			eventlogtest.Security4672(at, host, self, "SeDebugPrivilege"),
			eventlogtest.Security4624(at, host, eventlogtest.Logon{Subject: self, Target: eve, Type: 3, Process: "NtLmSsp ", Package: "NTLM", Workstation: "DESK-9", IP: "10.0.0.9", Port: "50222"}),
			eventlogtest.Security4672(at, host, eve, "SeBackupPrivilege", "SeDebugPrivilege"),
			eventlogtest.Security4624(at.Add(time.Minute), host, eventlogtest.Logon{Target: own, Type: 3, Process: "Kerberos", Package: "Kerberos", IP: "10.0.0.21", Port: "50223"}),
			eventlogtest.Security4625(at.Add(time.Minute), host, eventlogtest.Logon{Subject: self, Target: eventlogtest.Account{Name: "nobody", Domain: "CORP"}, Type: 3, IP: "10.0.0.66", Workstation: "KALI"}, 0xC000006D, 0xC0000064),
			eventlogtest.Security4648(at.Add(2*time.Minute), host, eve, eventlogtest.Account{Name: "admin", Domain: "CORP"}, "FS1.corp.example", `C:\Windows\System32\mstsc.exe`, "-"),
			eventlogtest.Security4688(at.Add(3*time.Minute), host, eventlogtest.NewProcess{Subject: eve, PID: uint64(1000 + n), Image: `C:\Windows\System32\net.exe`, ParentPID: shellPID, CommandLine: `net use \\FS2\c$`, ParentImage: shell}))
		operational = append(operational,
			eventlogtest.Sysmon3(at.Add(4*time.Minute), host, eventlogtest.SysmonFile{GUID: guidOfEve, PID: 4, Image: "System", User: `NT AUTHORITY\SYSTEM`}, true, "10.0.0.21", "10.0.0.7", "FS1.corp.example", 445),
			eventlogtest.Sysmon3(at.Add(4*time.Minute), host, eventlogtest.SysmonFile{GUID: guidOfEve, PID: 4, Image: "System", User: `NT AUTHORITY\SYSTEM`}, true, "10.0.0.21", "93.184.216.34", "", 443),
			eventlogtest.Sysmon1(at.Add(3*time.Minute), host, eventlogtest.SysmonProcess{GUID: guidOfEve, PID: uint32(1000 + n), Image: `C:\Windows\System32\net.exe`, CommandLine: `net use \\FS2\c$`, User: `WS01\eve`, LogonID: eve.LogonID,
				Hashes: "SHA256=" + strings.Repeat("AB", 32), ParentPID: shellPID, ParentImage: shell}))
	}
	return security, operational
}

// collected writes a folder as a collector leaves one.
func collected(t *testing.T, files map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	for name, data := range files {
		write(t, filepath.Join(dir, filepath.FromSlash(name)), data)
	}
	return dir
}

func logBytes(records []eventlogtest.Record) []byte {
	w := eventlogtest.New(eventlogtest.Options{})
	w.Add(records...)
	return w.Bytes()
}

// TestFootprint: a host on which nothing was found tells what others ask, the
// same with any number of workers, and the case does not depend on it.
func TestFootprint(t *testing.T) {
	security, operational := workday(40)
	more := registrytest.Interfaces(registrytest.Interface{ID: "{i}", DHCP: true, Leased: "10.0.0.21", Obtained: act})
	more.Merge(registrytest.Mounted(registrytest.Binary(`\DosDevices\D:`, registrytest.MBR(0x0A0B0C0D, 1<<20))))
	files := hostFiles(map[string]*hivetest.Key{"SYSTEM": more})
	files[logs+"Security.evtx"], files[logs+"Microsoft-Windows-Sysmon%4Operational.evtx"] = logBytes(security), logBytes(operational)
	dir := collected(t, files)
	c := footed(t, dir, 2, true)
	f := c.Footprint
	if len(c.Acts) != 0 || len(f.Hosts) != 1 || f.Hosts[0].Name != sourceHost.Name {
		t.Fatalf("%d acts, hosts %+v", len(c.Acts), f.Hosts)
	}
	addresses := map[string]int{}
	for _, a := range f.Hosts[0].Addresses {
		addresses[a.Address+" "+a.Because] = a.Count
	}
	if len(addresses) != 3 || addresses["10.0.0.21 an interface's address (DHCP) in SYSTEM"] != 0 ||
		addresses["10.0.0.21 the source of connections that the host opened itself (Sysmon 3)"] != 40 {
		t.Errorf("addresses: %v", addresses)
	}
	counts := map[string]int{}
	for _, l := range f.Logons {
		counts[l.Outcome+" "+l.Account.Name+" "+l.Address+" "+l.Server] = l.Count
		if len(l.Days) != 31 || l.DaysOmitted != 9 || l.Hours[act.UTC().Hour()] != 40 {
			t.Errorf("%s: %d days and %d more, %v", l.Account.Name, len(l.Days), l.DaysOmitted, l.Hours)
		}
	}
	if len(counts) != 5 || counts["success eve 10.0.0.9 "] != 40 || counts["failure nobody 10.0.0.66 "] != 40 || counts["explicit eve  FS1.corp.example"] != 40 || counts["privileged eve  "] != 40 {
		t.Errorf("logons: %v", counts)
	}
	calls := map[string]int{}
	for _, o := range f.Outgoing {
		calls[o.How+" "+o.To+" "+o.Address] += o.Count
	}
	if len(calls) != 3 || calls["4648 fs1.corp.example "] != 40 || calls["sysmon 3 fs1.corp.example 10.0.0.7"] != 40 || calls["command line fs2 "] != 80 {
		t.Errorf("calls: %v", calls)
	}
	if len(f.Mounts) != 1 || f.Mounts[0].Host != sourceHost.Name || !f.Usable.Logons.Told || f.Usable.Logons.Records != 80 || f.Usable.ProcessStarts.Records != 80 || len(f.Logs) != 2 || len(f.Logs[1].Hosts) != 1 {
		t.Errorf("%+v %+v %+v", f.Mounts, f.Usable, f.Logs)
	}
	text := document(t, c, printOf)
	if again := document(t, footed(t, dir, 8, true), printOf); again != text {
		t.Errorf("with 8 workers:\n%s\nwith 2:\n%s", again, text)
	}
	if plain := footed(t, dir, 2, false); plain.Footprint != nil || document(t, plain, caseOf) != document(t, c, caseOf) {
		t.Error("the case depends on whether a footprint is asked for")
	}
	if err := report.Footprint(&bytes.Buffer{}, footed(t, dir, 2, false)); err == nil {
		t.Error("a footprint was written that nobody gathered")
	}
}

// TestFootprintOfDamage: what can be read of a damaged log is told, and one
// that cannot be read at all is told as such.
func TestFootprintOfDamage(t *testing.T) {
	security, _ := workday(200)
	whole := logBytes(security)
	damaged := bytes.Clone(whole)
	copy(damaged[len(damaged)/2:], make([]byte, 70_000))
	dir := collected(t, map[string][]byte{logs + "Security.evtx": damaged, logs + "System.evtx": whole[:100]})
	f := footed(t, dir, 4, true).Footprint
	if len(f.Logs) != 2 || !f.Logs[0].Read || f.Logs[1].Read {
		t.Errorf("logs: %+v", f.Logs)
	}
	n := 0
	for _, l := range f.Logons {
		n += l.Count
	}
	if n < 200 || n >= 1000 {
		t.Errorf("%d logons of a damaged log", n)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c, err := triage.Run(ctx, triage.Config{Inputs: []triage.Input{{Path: dir}}, Workers: 2, Footprint: true, Now: time.Now})
	if err != nil || c.Footprint == nil || len(c.Footprint.Logons) != 0 || c.Footprint.Usable.Logons.Told {
		t.Errorf("interrupted: %v", err)
	}
}
