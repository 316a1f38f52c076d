package guide

import (
	"slices"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts"
	"hivetriage/triage/correlate"
	"hivetriage/triage/coverage"
	"hivetriage/triage/expose"
	"hivetriage/triage/locate"
	"hivetriage/triage/settings"
)

var yes = true

var noon = time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)

// dump is a case with one act: SAM and SYSTEM, one copy live.
func dump() Facts {
	eve := artifacts.User{Name: "eve", Domain: "CORP", SID: "S-1-5-21-1-2-3-1104", LogonID: "0x5a1c2"}
	return Facts{
		Hosts: []string{"WS1"}, Clocks: []Clock{{Host: "WS1", Name: "W. Europe Standard Time", Bias: -60, Because: "TimeZoneInformation in SYSTEM"}}, Window: 48 * time.Hour,
		Exports: []locate.Export{{ID: "exp-1", At: artifacts.Locator{Path: "/Users/Public/sam.save"}, Hive: "SAM", State: "live", SHA256: "ab12"}},
		Records: []correlate.Record{
			{ID: "rec-1", Time: noon, Kind: "process", Assessment: "export", Hives: []string{"SAM"}, User: eve, Process: &artifacts.Process{CommandLine: "reg save HKLM\\SAM s"}},
			{ID: "rec-2", Time: noon.Add(time.Hour), Kind: "process", Assessment: "benign", Process: &artifacts.Process{CommandLine: "reg export HKLM\\SYSTEM\\X y"}},
		},
		Acts: []correlate.Act{{ID: "act-1", Start: noon, End: noon.Add(time.Minute), Verdict: "confirmed", Confidence: 95, Hives: []string{"SAM", "SYSTEM"},
			Exports: []string{"exp-1"}, Records: []string{"rec-1"}, For: []string{"content (+50)"}, Against: []string{}, Actor: eve,
			Chain: []correlate.ChainNode{
				{Relation: "ancestor", Process: artifacts.Process{PID: 5, Executable: `C:\Windows\explorer.exe`}, Notes: []string{"its own start is not in the logs"}},
				{Relation: "command", Depth: 1, Time: noon, Process: artifacts.Process{PID: 6, CommandLine: "reg save HKLM\\SAM s"}},
				{Relation: "sibling", Depth: 1, Time: noon, Process: artifacts.Process{PID: 7, Executable: `C:\x\7z.exe`, CommandLine: "7z a loot.7z s"}},
			},
			Sessions:    []correlate.Session{{LogonID: "0x5a1c2", Start: noon.Add(-time.Hour), User: eve, Logon: artifacts.Logon{Type: 10, SourceIP: "10.20.30.44", Workstation: "ADM-02"}}},
			Whereabouts: []correlate.Whereabouts{{Path: "/Users/Public/sam.save", State: "live"}, {Path: `C:\sys`, State: "not found on this evidence"}},
		}},
		Clears: []correlate.Clear{{Time: noon.Add(2 * time.Hour), Host: "WS1", Channel: "Application", User: eve, From: correlate.From{EventCode: "104", RecordID: 9}}},
		Logons: []correlate.LogonGroup{{Host: "WS1", User: artifacts.User{Name: "Administrator", Domain: "WS1"}, Type: 3, SourceIP: "10.9.9.9", Count: 2, First: noon.Add(3 * time.Hour), Last: noon.Add(4 * time.Hour)}},
		Exposure: []expose.Row{
			{Act: "act-1", Kind: expose.LocalAccount, Name: "guest", RID: 501, Recoverable: "no"},
			{Act: "act-1", Kind: expose.LocalAccount, Name: "old", RID: 1002, Recoverable: "yes", Standing: "changed since", Enabled: &yes, Because: "set again"},
			{Act: "act-1", Kind: expose.LocalAccount, Name: "Administrator", RID: 500, Recoverable: "yes", Standing: "unchanged", Enabled: &yes, Administrator: &yes, Because: "filled"},
		},
		Logs: []Log{{Host: "WS1", Channel: "Security", From: noon.Add(-99 * time.Hour), To: noon.Add(9 * time.Hour)}},
		Settings: []HostSettings{{Host: "WS1", Settings: []settings.Setting{
			{What: "registry auditing", State: "off", Means: "keys are not watched", Remedy: "turn it on", Certainty: "certain", Path: "/SECURITY", Offset: 16},
			{What: "Sysmon", State: "not installed", Means: "no records", Remedy: "install it twice", Certainty: "certain"},
			{What: "logon auditing", State: "on", Means: "logons are recorded", Certainty: "certain", Path: "/SECURITY", Offset: 16},
		}}},
		Coverage: []coverage.Row{{What: "Sysmon log", State: coverage.Absent, Why: "none"}, {What: "cleared log", State: coverage.Absent, Why: "cleared"}},
	}
}

func TestInvestigate(t *testing.T) {
	answers := Investigate(dump())
	for i, want := range []struct {
		status Status
		parts  []string
	}{
		{Partly, []string{"reg save HKLM\\SAM s", "  2026-03-14 12:00:00 UTC [sibling, PID 7]", "Out of place or unknown:", "explorer.exe (PID 5): its own start"}},
		{Partly, []string{`CORP\eve (S-1-5-21-1-2-3-1104)`, "type 10 (remote interactive) from 10.20.30.44 (ADM-02)", "its end is not in the logs"}},
		{NeedsPerson, []string{"Did you copy the registry hives SAM, SYSTEM on WS1", "W. Europe"}},
		{Partly, []string{"the log Application on WS1 was cleared", "without copying it: reg export"}},
		{Partly, []string{"/Users/Public/sam.save: live", `C:\sys: not found on this evidence`, "an archiver ran in the same session: 7z a loot.7z s"}},
		{Partly, []string{"local account: Administrator, administrator; recoverable: yes; unchanged", `logons (4624), type 3 (network) from 10.9.9.9 on WS1: 2, first 2026-03-14 15:00:00 UTC`, "FIRST USE FROM THIS SOURCE"}},
		{Partly, []string{"confirmed with confidence 95 of 100", "Nothing in the evidence speaks for a harmless reading", "Against it: content (+50)"}},
	} {
		a := answers[i]
		if a.Status != want.status {
			t.Errorf("step %s: status %q, want %q", a.Step, a.Status, want.status)
		}
		for _, part := range want.parts {
			if !strings.Contains(a.Answer, part) {
				t.Errorf("step %s lacks %q:\n%s", a.Step, part, a.Answer)
			}
		}
		if len(a.Next) == 0 || a.Question == "" {
			t.Errorf("step %s says neither question nor what comes next", a.Step)
		}
	}
}

func TestInvestigateNothing(t *testing.T) {
	for _, a := range Investigate(Facts{Window: 48 * time.Hour}) {
		if a.Status != NoEvidence || a.Answer == "" || a.Evidence == nil || a.Next == nil {
			t.Errorf("step %s: %+v", a.Step, a)
		}
	}
}

func TestInvestigateExportWithoutRecords(t *testing.T) {
	f := dump()
	f.Records, f.Logons, f.Clears, f.Logs = nil, nil, nil, nil
	f.Acts[0].Actor, f.Acts[0].Chain, f.Acts[0].Sessions = artifacts.User{}, nil, nil
	f.Exports[0].OwnerSID = "S-1-5-32-544"
	f.Coverage = []coverage.Row{{What: "Security log", State: coverage.Absent, Why: "no Security log is in the evidence"}}
	answers := Investigate(f)
	if answers[0].Status != NoEvidence {
		t.Errorf("chain: %+v", answers[0])
	}
	if answers[1].Status != Partly || !strings.Contains(answers[1].Answer, "owned by S-1-5-32-544") {
		t.Errorf("account: %+v", answers[1])
	}
	if !strings.Contains(answers[5].Answer, "no log Security of this time was read") {
		t.Errorf("logons: %+v", answers[5])
	}
}

func TestRespond(t *testing.T) {
	actions := Respond(dump())
	find := func(step, part string) *Action {
		i := slices.IndexFunc(actions, func(a Action) bool {
			return a.Step == step && strings.Contains(a.Action+" "+a.Target+" "+a.Because, part)
		})
		if i < 0 {
			t.Errorf("step %s has no action with %q", step, part)
			return &Action{}
		}
		return &actions[i]
	}
	find("1", "Open an incident")
	find("2", "Isolate the host")
	find("2", "ADM-02 10.20.30.44")
	if a := find("3", `CORP\eve`); a.Priority != 1 {
		t.Errorf("the actor's account has priority %d", a.Priority)
	}
	if a := find("3", "Administrator"); a.Priority != 1 || !strings.HasPrefix(a.Action, "Reset the local account") {
		t.Errorf("the administrator's account: %+v", a)
	}
	if a := find("3", "old"); a.Priority != 5 {
		t.Errorf("an account whose password was changed since has priority %d", a.Priority)
	}
	if slices.ContainsFunc(actions, func(a Action) bool { return a.Target == "guest" }) {
		t.Error("an account without a password is to be reset")
	}
	find("4", "/Users/Public/sam.save")
	find("5", "Scan")
	find("6", "session 0x5a1c2")
	find("7", "Sysmon")
	if a := find("7", "Change the setting: turn it on"); a.Target != "WS1" || !strings.Contains(a.Because, "registry auditing is off") || !strings.Contains(a.Because, "/SECURITY at 0x10") {
		t.Errorf("a setting to change: %+v", a)
	}
	if slices.ContainsFunc(actions, func(a Action) bool {
		return strings.Contains(a.Because, "logon auditing") || strings.Contains(a.Action, "twice")
	}) {
		t.Error("a setting that is right, or told already, is to be changed")
	}
	find("7", "1102 and 104")
	for _, a := range actions {
		if a.Because == "" || a.Target == "" {
			t.Errorf("action without a host fact: %+v", a)
		}
		if strings.Contains(a.Action, "computer account") {
			t.Errorf("SECURITY was not taken: %+v", a)
		}
	}
	if !slices.IsSortedFunc(actions, func(a, b Action) int { return strings.Compare(a.Step, b.Step) }) {
		t.Error("the steps are out of order")
	}
}

func TestRespondWithoutActs(t *testing.T) {
	actions := Respond(Facts{Coverage: []coverage.Row{
		{What: "process auditing", State: coverage.Absent, Why: "no 4688"},
		{What: "process auditing", State: coverage.Absent, Records: 7, Why: "no command lines"},
		{What: "event log", State: coverage.Failed, Why: "bad"},
	}})
	if len(actions) != 2 || actions[0].Step != "7" || !strings.Contains(actions[0].Action, "auditpol") || !strings.Contains(actions[1].Action, "ProcessCreationIncludeCmdLine_Enabled") {
		t.Errorf("actions %+v", actions)
	}
	if got := Respond(Facts{}); got == nil || len(got) != 0 {
		t.Errorf("actions %v, want an empty list", got)
	}
}
