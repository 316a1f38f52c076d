package triage_test

import (
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts/eventlog/eventlogtest"
)

// TestPeople: the whole log tells of who did an act: since when, at what hours
// and from where it logged on, its groups, and what changed about them.
func TestPeople(t *testing.T) {
	host := sourceHost.Name
	self := eventlogtest.Account{SID: "S-1-5-18", Name: host + "$", Domain: "CORP", LogonID: 0x3e7}
	admins := eventlogtest.Account{SID: "S-1-5-32-544", Name: "Administrators", Domain: "Builtin"}
	var records []eventlogtest.Record
	logon := func(at time.Time, u eventlogtest.Account, ip string) eventlogtest.Logon {
		l := eventlogtest.Logon{Subject: self, Target: u, Type: 10, Process: "User32 ", Package: "Negotiate", IP: ip, Port: "50222"}
		records = append(records, eventlogtest.Security4624(at, host, l))
		return l
	}
	for n := range 8 { // in the morning, from the desk
		u := eve
		u.LogonID = uint64(0x1000 + n)
		logon(act.AddDate(0, 0, n-8).Add(-5*time.Hour), u, "10.0.0.5")
	}
	records = append(records, eventlogtest.Security4732(act.Add(-90*time.Minute), host, self, eve.SID, admins))
	l := logon(act.Add(-10*time.Minute), eve, "10.0.0.66")
	records = append(records, eventlogtest.Security4627(act.Add(-10*time.Minute), host, l, "S-1-5-32-544", "S-1-5-11", "S-1-5-15"),
		eventlogtest.Security4672(act.Add(-10*time.Minute), host, eve, "SeBackupPrivilege", "SeDebugPrivilege"),
		eventlogtest.Security4688(act, host, eventlogtest.NewProcess{Subject: eve, PID: programPID, Image: system32 + "reg.exe", ParentPID: shellPID, CommandLine: `reg save HKLM\SAM C:\Users\Public\sam.save`, ParentImage: shell}))
	files := hostFiles(nil)
	files[logs+"Security.evtx"] = logBytes(records)
	dir := collected(t, files)
	c := run(t, dir)
	if len(c.Acts) != 1 {
		t.Fatalf("%d acts", len(c.Acts))
	}
	for _, part := range []string{
		`It is an account of the host WS01 itself: a local account (RID 1001)`,
		"Groups of its session: Administrators, 2 more that are not named here (event 4627, record 11 in Security.evtx).",
		"Its session began with SeBackupPrivilege, SeDebugPrivilege (event 4672, record 12 in Security.evtx).",
		`it was added to the group Builtin\Administrators`, "(event 4732, record 9 in Security.evtx)",
		"First logon in the logs: 2026-03-06 09:07:02 UTC, type 10 (remote interactive) from 10.0.0.5 (event 4624, record 1 in Security.evtx)",
		"A person uses it: 8 of its 8 logons before were at the desktop",
		"it logged on 8 times on 8 days, at these hours (UTC): 09 (8).",
		"Out of its usual hours: the act began at 2026-03-14 14:07:02 UTC",
		"A new source: its session came from 10.0.0.66",
		"Logon session 0x5c1a2f of WS01\\eve (S-1-5-21-1-2-3-1001): type 10 (remote interactive) from 10.0.0.66",
	} {
		if !strings.Contains(c.Guide[1].Answer, part) {
			t.Errorf("no %q in:\n%s", part, c.Guide[1].Answer)
		}
	}
	if one := footed(t, dir, 1, false); one.Guide[1].Answer != c.Guide[1].Answer {
		t.Errorf("with one worker:\n%s\nwith two:\n%s", one.Guide[1].Answer, c.Guide[1].Answer)
	}
}
