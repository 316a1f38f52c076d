package report

import (
	"strings"
	"testing"

	"hivetriage/artifacts"
	"hivetriage/triage"
	"hivetriage/triage/correlate"
	"hivetriage/triage/coverage"
	"hivetriage/triage/expose"
)

// TestReaching: what logs can tell, what was cleared and what is missing has a
// line; many of a kind are counted.
func TestReaching(t *testing.T) {
	log := &artifacts.Locator{Path: "/Windows/System32/winevt/Logs/Microsoft-Windows-Sysmon%4Operational.evtx"}
	c := &triage.Case{Hosts: []triage.Host{{Name: "A"}}, Coverage: coverage.Coverage{Sources: []coverage.Row{
		{What: "process auditing", State: coverage.Read, Host: "A", From: at(1, 0, 0, 0), To: at(2, 0, 0, 0)},
		{What: "process auditing", State: coverage.Absent, Host: "B", Why: "the log holds no process creation (4688)"},
		{What: "event log", At: log, State: coverage.Read, From: at(1, 0, 0, 0), To: at(3, 0, 0, 0)},
		{What: "free space", State: coverage.Skipped, Why: "not without --deep"},
	}}}
	text := strings.Join(newFront(c).Reaching(), "\n")
	for _, want := range []string{"Security log of A: 2026-11-03 01:00:00 to 02:00:00 UTC", "Security log of B: the log holds no process creation", "Sysmon's log was read", "What A was set up to record is not known",
		"No record of a cleared log is in the logs that were read.", "though no gap: free space (skipped)"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	for range 8 {
		c.Coverage.Sources = append(c.Coverage.Sources, coverage.Row{What: "stream", State: coverage.Failed, Gap: true})
	}
	c.Coverage.Sources = append(c.Coverage.Sources, coverage.Row{What: "cleared log", State: coverage.Absent, Gap: true, Why: "the log Security of A was cleared"})
	text = strings.Join(newFront(c).Reaching(), "\n")
	if !strings.Contains(text, "3 more gaps are under Coverage.") || !strings.Contains(text, "The log Security of A was cleared.") || strings.Contains(text, "No record of a cleared") {
		t.Errorf("gaps and a cleared log:\n%s", text)
	}
}

// TestReachingSnapshot: what the log in a shadow copy tells stands behind what
// the live one tells, and is said to be that.
func TestReachingSnapshot(t *testing.T) {
	row := func(volume string, to int) coverage.Row {
		return coverage.Row{What: processAuditing, State: coverage.Read, Host: "A", From: at(1, 0, 0, 0), To: at(to, 0, 0, 0), At: &artifacts.Locator{Source: "a.raw", Volume: volume}}
	}
	c := &triage.Case{Coverage: coverage.Coverage{Sources: []coverage.Row{row("gpt:1/vss:1", 2), row("gpt:1", 3)},
		Volumes: []coverage.VolumeRow{{Source: "a.raw", Name: "gpt:1"}, {Source: "a.raw", Name: "gpt:1/vss:1", Info: artifacts.VolumeInfo{Snapshot: &artifacts.Snapshot{}}}}}}
	lines := newFront(c).commandLines()
	if len(lines) != 2 || !strings.HasSuffix(lines[0], "Security log of A: 2026-11-03 01:00:00 to 03:00:00 UTC.") ||
		!strings.HasSuffix(lines[1], "Security log of A, as it stood in the volume shadow copy gpt:1/vss:1: 2026-11-03 01:00:00 to 02:00:00 UTC.") {
		t.Errorf("%q", lines)
	}
}

// TestExposed: what cannot be recovered, what Windows made for itself and what
// is in the copies of weaker acts is not on the front page.
func TestExposed(t *testing.T) {
	yes := true
	c := &triage.Case{Verdict: "confirmed", Acts: []correlate.Act{{ID: "a", Verdict: "confirmed"}, {ID: "b", Verdict: "suspicious"}}, Exposure: []expose.Row{
		{Act: "a", Kind: expose.LocalAccount, Name: "root", Administrator: &yes, Recoverable: "yes"},
		{Act: "a", Kind: expose.LocalAccount, Name: "guest", Recoverable: "no"},
		{Act: "a", Kind: expose.LocalAccount, Name: "w", RID: 504, Recoverable: "yes"},
		{Act: "a", Kind: expose.CachedLogon, Name: "eve", Recoverable: "needs boot key"},
		{Act: "b", Kind: expose.CachedLogon, Name: "bob", Recoverable: "yes"},
	}}
	if got := strings.Join(newFront(c).Exposed(), "|"); got != "local account: root (administrator)|cached logon: eve (needs the boot key)" {
		t.Errorf("exposed: %s", got)
	}
	c.Exposure = nil
	if got := newFront(c).Exposed(); len(got) != 1 || !strings.HasPrefix(got[0], "nothing that can be recovered is known") {
		t.Errorf("nothing known: %q", got)
	}
}

// TestWho: behind SYSTEM stands the person whose session it was, and nobody is
// made up where none is known.
func TestWho(t *testing.T) {
	system := artifacts.User{Name: "SYSTEM", Domain: "NT AUTHORITY", SID: "S-1-5-18"}
	eve := artifacts.User{Name: "eve", Domain: "CORP", SID: "S-1-5-21-1-2-3-1001"}
	session := &correlate.Session{User: eve, Logon: artifacts.Logon{Type: 3, SourceIP: "10.0.0.1"}}
	for want, a := range map[string]correlate.Act{
		`NT AUTHORITY\SYSTEM, in the session of CORP\eve, network logon from 10.0.0.1`: {Actor: system, Session: session, Sessions: []correlate.Session{*session}},
		`NT AUTHORITY\SYSTEM, Windows' own account; who was behind it is not known`:    {Actor: system},
		`CORP\eve, network logon from 10.0.0.1`:                                        {Actor: eve, Session: session},
		`not known: no record names the account`:                                       {},
	} {
		a.Verdict = "confirmed"
		if got := newFront(&triage.Case{Verdict: "confirmed", Acts: []correlate.Act{a}}).Who(); len(got) != 1 || got[0] != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestAnswerParts: a tree is what is indented, with the line above it.
func TestAnswerParts(t *testing.T) {
	parts := answerParts("Before:\nroot\n  child\n    leaf\n  other\nafter\n\nlast")
	if len(parts) != 3 || len(parts[0].Lines) != 1 || !parts[1].Tree || len(parts[1].Lines) != 4 || parts[1].Lines[2] != (answerLine{2, "leaf"}) || parts[2].Tree || len(parts[2].Lines) != 2 {
		t.Errorf("parts: %+v", parts)
	}
	if got := wrapAll("  indented by two, and long", 14); got != "  indented by\n  two, and\n  long" {
		t.Errorf("wrapped: %q", got)
	}
}
