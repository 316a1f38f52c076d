package triage

import (
	"slices"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts/eventlog/eventlogtest"
)

// connection is Sysmon's record of one.
func connection(at time.Time, host string, pid uint32, image, to, port string) eventlogtest.Record {
	return eventlogtest.SysmonEvent(3, at, host, eventlogtest.SysmonFile{PID: pid, Image: image, User: `NORDWIND\jansen`},
		eventlogtest.Field{Name: "Initiated", Type: eventlogtest.Boolean, Value: true}, eventlogtest.Field{Name: "DestinationIp", Type: eventlogtest.String, Value: to},
		eventlogtest.Field{Name: "DestinationPort", Type: eventlogtest.String, Value: port})
}

// TestForwarded: records of several hosts in one log are of the hosts that
// they name, and so are the acts, the connections of their processes and the
// logons.
func TestForwarded(t *testing.T) {
	const first, second = "WS01.nordwind.example", "WS02.nordwind.example"
	start := func(d time.Duration, host, image, line string, pid uint64) eventlogtest.Record {
		r := eventlogtest.Security4688(after(d), host, eventlogtest.NewProcess{Subject: attestedUser, PID: pid, Image: image, ParentPID: 0x2924, CommandLine: line, ParentImage: `C:\Windows\System32\cmd.exe`})
		r.Channel = "ForwardedEvents"
		return r
	}
	logon := func(d time.Duration, host string) eventlogtest.Record {
		return eventlogtest.Security4624(after(d), host, eventlogtest.Logon{Target: attestedUser, Type: 3, IP: "10.0.0.9", Port: "50000"})
	}
	const reg = `C:\Windows\System32\reg.exe`
	dir := t.TempDir()
	writeLog(t, dir, "ForwardedEvents.evtx",
		logon(-time.Hour, second),
		start(0, first, reg, `reg save HKLM\SAM C:\Temp\s`, 0x1D28), logon(time.Minute, second),
		connection(after(2*time.Second), first, 0x1D28, reg, "10.0.0.7", "445"),
		connection(after(2*time.Second), first, 0x2924, `C:\Windows\System32\cmd.exe`, "10.0.0.8", "445"),
		connection(after(2*time.Second), first, 0x999, reg, "10.0.0.10", "8443"),                   // another process
		connection(after(2*time.Second), first, 0x999, `C:\Tools\x.exe`, "10.0.0.12", "445"),       // to where other computers are worked on
		connection(after(2*time.Second), second, 0x1D28, reg, "10.0.0.11", "8443"),                 // another host
		connection(after(2*time.Second), first, 0x77, `C:\Tools\rclone.exe`, "203.0.113.5", "443"), // takes files away
		connection(after(80*time.Hour), first, 0x77, `C:\Tools\rclone.exe`, "203.0.113.6", "443"),  // too late
		start(2*time.Hour, second, reg, `reg save HKLM\SECURITY C:\Temp\y`, 0x2000), logon(3*time.Hour, second), logon(3*time.Hour, first))
	c := triageFile(t, dir)
	if len(c.Acts) != 2 || len(c.Records) != 2 || c.Records[0].Host != first || c.Records[1].Host != second {
		t.Fatalf("%d acts, %+v", len(c.Acts), c.Records)
	}
	if len(c.Hosts) != 2 || c.Hosts[0].Name != first || c.Hosts[1].Name != second {
		t.Errorf("hosts %+v", c.Hosts)
	}
	var got []string
	for _, n := range c.Notices {
		if n.Kind == "transfer" {
			got = append(got, n.Host[:4]+" "+n.What)
		}
	}
	want := []string{`WS01 C:\Tools\rclone.exe connected to 203.0.113.5, port 443`, `WS01 C:\Tools\x.exe connected to 10.0.0.12, port 445`, `WS01 C:\Windows\System32\cmd.exe connected to 10.0.0.8, port 445`, `WS01 C:\Windows\System32\reg.exe connected to 10.0.0.7, port 445`}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("connections %q, want %q", got, want)
	}
	answers := ""
	for _, a := range c.Guide {
		answers += a.Answer + "\n"
	}
	for _, text := range []string{"NORDWIND\\jansen (" + attestedUser.SID + ") on " + second, "on " + first + ", type 3", "to 10.0.0.12: "} {
		if !strings.Contains(answers, text) {
			t.Errorf("the guide does not say %q in\n%s", text, answers)
		}
	}
}
