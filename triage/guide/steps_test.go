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
	"hivetriage/triage/program"
	"hivetriage/triage/rule"
	"hivetriage/triage/settings"
)

// holds fails for every text that an answer lacks, or has where it begins with
// "!".
func holds(t *testing.T, name, answer string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		lacks, not := strings.CutPrefix(text, "!")
		if strings.Contains(answer, lacks) == not {
			t.Errorf("%s: %q, in\n%s", name, text, answer)
		}
	}
}

// TestChainTells: what the tree says of a process, and when all is known.
func TestChainTells(t *testing.T) {
	from := &correlate.From{Path: "Security.evtx"}
	node := correlate.ChainNode{Relation: "command", Time: noon, User: artifacts.User{Name: "eve", Domain: "CORP"}, From: from,
		Process: artifacts.Process{PID: 6, Executable: `C:\Windows\System32\reg.exe`, CommandLine: "reg save HKLM\\SAM s", IntegrityLevel: "High"}}
	file := program.Executable{Path: `C:\Windows\System32\reg.exe`, Acts: []string{"act-1"}, State: "live", Starts: 9, Days: 2, First: noon, SHA256: "ab", Signature: &program.Signature{State: "valid", Signer: "Microsoft Windows"}}
	for _, row := range []struct {
		name   string
		change func(*correlate.ChainNode, *program.Executable)
		status Status
		texts  []string
	}{
		{"on one host", func(*correlate.ChainNode, *program.Executable) {}, Partly, []string{`(C:\Windows\System32\reg.exe; CORP\eve; integrity High; in its place; signature valid (Microsoft Windows); starts here: 9)`,
			"9 starts in the logs on 2 days, the first at 2026-03-14 12:00:00 UTC", "!hosts, by"}},
		{"in a batch", func(_ *correlate.ChainNode, e *program.Executable) {
			e.Prevalence = &program.Prevalence{Hosts: 3, Of: 40, By: "SHA-256"}
		}, Answered, []string{"known on 3 of 40 hosts, by its SHA-256"}},
		{"out of place", func(n *correlate.ChainNode, e *program.Executable) {
			n.Process.Executable, e.Path = `C:\Temp\reg.exe`, `C:\Temp\reg.exe`
		}, Partly, []string{"OUT OF ITS PLACE"}},
		{"little recorded", func(n *correlate.ChainNode, e *program.Executable) {
			n.Process, n.User, e.Path = artifacts.Process{PID: 6, Executable: `C:\x.exe`}, artifacts.User{}, `C:\x.exe`
			e.Signature, e.State = nil, program.NotFound
		}, Partly, []string{"user not recorded; integrity not recorded; no place is known for its name; signature not read: its file is not found on this evidence"}},
	} {
		n, e := node, file
		row.change(&n, &e)
		f := Facts{Hosts: []string{"WS1"}, Acts: []correlate.Act{{ID: "act-1", Start: noon, Records: []string{"rec-1"}, Chain: []correlate.ChainNode{n}}}, Programs: []program.Executable{e},
			Records: []correlate.Record{{ID: "rec-1", Kind: "process", Assessment: "export"}}}
		a := Chain(f)
		if a.Status != row.status || a.Step != "1" {
			t.Errorf("%s: step %s is %s", row.name, a.Step, a.Status)
		}
		holds(t, row.name, a.Answer, row.texts...)
	}
}

// TestOwnerMessage: the message is whole with and without a zone, an account
// and a session.
func TestOwnerMessage(t *testing.T) {
	f := dump()
	a := f.owner()
	holds(t, "all known", a.Answer, `To CORP\eve (S-1-5-21-1-2-3-1104) (about act-1):`, `on WS1, with your account CORP\eve, between 2026-03-14 12:00:00 UTC and 2026-03-14 12:01:00 UTC`,
		"which is 2026-03-14 13:00:00 (UTC+01:00) to 2026-03-14 13:01:00 (UTC+01:00) on its own clock", "from 10.20.30.44 (ADM-02), and began 2026-03-14 11:00:00 UTC", "/Users/Public/sam.save", "The zone of WS1 is W. Europe")
	f.Clocks, f.Acts[0].Actor, f.Acts[0].Sessions = nil, artifacts.User{}, nil
	a = f.owner()
	holds(t, "little known", a.Answer, "To whoever administers WS1 (about act-1):", "!on its own clock", "!The session", "The zone of WS1 is not known", "who else has administrator rights there")
	if a.Status != NeedsPerson || len(a.Evidence) == 0 {
		t.Errorf("%+v", a)
	}
}

// around is a case with logs of this time.
func around(logs ...Log) Facts {
	f := dump()
	f.Logs, f.Records, f.Clears = logs, f.Records[:1], nil
	return f
}

func logOf(channel string, from, to time.Duration) Log {
	return Log{Host: "WS1", Channel: channel, From: noon.Add(from), To: noon.Add(to)}
}

// TestAlertsReach: what was not found is told by how far the logs reach.
func TestAlertsReach(t *testing.T) {
	const all = 100 * time.Hour
	for _, row := range []struct {
		name   string
		logs   []Log
		status Status
		texts  []string
	}{
		{"no logs", nil, NoEvidence, []string{"Nothing in the evidence tells of this span: alerts of Defender", "no log Security of this time was read", "!None in the logs"}},
		{"long ago", []Log{logOf(securityLog, -3*all, -2*all)}, NoEvidence, []string{"no log Security of this time was read"}},
		{"whole", []Log{logOf(securityLog, -all, all), logOf(systemLog, -all, all)}, Partly,
			[]string{"None in the logs that cover this span: matches of related rules; cleared logs; new or started services; accounts", "in part only: new, changed or started tasks; rights of backup operators", "the log Security covers the whole of this time"}},
		{"in part", []Log{logOf(securityLog, -time.Hour, time.Hour)}, Partly, []string{"in part only: matches of related rules; cleared logs", "the log Security tells of 2026-03-14 11:00:00 UTC to 2026-03-14 13:00:00 UTC only"}},
		{"every log", []Log{logOf(securityLog, -all, all), logOf(systemLog, -all, all), logOf(sysmonLog, -all, all), logOf(defenderLog, -all, all), logOf(taskLog, -all, all), logOf(wmiLog, -all, all)}, Partly,
			[]string{"None in the logs that cover this span: alerts of Defender", "!Nothing in the evidence tells"}},
	} {
		f := around(row.logs...)
		a := f.alerts()
		if a.Status != row.status {
			t.Errorf("%s: %s", row.name, a.Status)
		}
		holds(t, row.name, a.Answer, append(row.texts, `For the user CORP\eve (S-1-5-21-1-2-3-1104), before (2026-03-12 12:00:00 UTC to 2026-03-14 12:00:00 UTC):`, "For the host WS1, after (", "No Sigma rules")...)
	}
}

// TestAlertsFound: each kind, of the user or of the host, before or after.
func TestAlertsFound(t *testing.T) {
	f := around(logOf(securityLog, -time.Hour, time.Hour))
	f.Sigma = true
	eve := f.Acts[0].Actor
	f.Notices = []correlate.Notice{
		{Kind: "alert", What: "Defender: x", Time: noon.Add(-time.Hour), Count: 1, Host: "WS1", User: eve},
		{Kind: "service", What: "the service s was installed", Time: noon.Add(time.Hour), Count: 2, Last: noon.Add(2 * time.Hour), Host: "WS1"},
		{Kind: "task", What: "too early", Time: noon.Add(-99 * time.Hour), Count: 1},
	}
	f.Records[0].Rules = []rule.Match{{ID: rule.SeedID, Name: "seed", Matched: true}, {ID: "x", Name: "related", Version: "1", Matched: true}, {ID: "y", Name: "other"}}
	a := f.alerts()
	parts := strings.Split(a.Answer, "For the ")
	if len(parts) != 5 {
		t.Fatalf("%d parts: %s", len(parts)-1, a.Answer)
	}
	holds(t, "user before", parts[1], "Defender: x", "!related (1)")
	holds(t, "host before", parts[2], "!Defender: x", "what is told of the user above", "!too early")
	holds(t, "user after", parts[3], "the rule related (1) matches the record rec-1.", "!the rule seed", "!the service s")
	holds(t, "host after", parts[4], "the service s was installed on WS1 (2 times", "!No Sigma rules")
	if !slices.Contains(a.Evidence, "rec-1") || !slices.Contains(a.Evidence, "act-1") {
		t.Errorf("evidence %q", a.Evidence)
	}
}

// TestWays: every way is answered by what was found, else by whether anything
// would have told.
func TestWays(t *testing.T) {
	f := dump()
	f.Notices = []correlate.Notice{
		{Kind: "archive", What: "an archive was made: /l.zip", Time: noon.Add(time.Hour), Last: noon.Add(time.Hour), Count: 1},
		{Kind: "execution", What: "a transfer tool ran: rclone.exe", Time: noon.Add(time.Hour), Last: noon.Add(time.Hour), Count: 1},
		{Kind: "execution", What: "a credential tool ran: before.exe", Time: noon.Add(-time.Hour), Last: noon.Add(-time.Hour), Count: 1},
		{Kind: "transfer", What: "x.exe sent 5 bytes and received 0 in the hours that SRUM recorded (user u)", Time: noon.Add(time.Hour), Last: noon.Add(time.Hour), Count: 1},
		{Kind: "transfer", What: "BITS transferred http://x (job j)", Time: noon.Add(time.Hour), Last: noon.Add(time.Hour), Count: 1},
		{Kind: "transfer", What: "SanDisk was connected (USBSTOR; last)", Time: noon.Add(time.Hour), Last: noon.Add(time.Hour), Count: 1},
	}
	a := f.exfiltration()
	for _, what := range []string{"Archives that were made: found.\n  2026-03-14 12:00:00 UTC: an archiver ran in the same session: 7z a loot.7z s.", "Tools that open, send or carry copies: found.\n  2026-03-14 13:00:00 UTC: a transfer tool ran: rclone.exe",
		"Removable media: found.", "BITS: found.", "Bytes sent by programs (SRUM): found.", "Reads of the very files over SMB: not known, as", "Roots of web and FTP servers: not found (", "Deletion afterwards: not known, as", "Folders that a service in the cloud keeps: not known, as", "What else bears on it:\n  2026-03-14 11:00:00 UTC: a credential tool ran: before.exe"} {
		holds(t, "found", a.Answer, what)
	}
	f.Notices, f.Logs, f.Acts[0].Chain = nil, nil, nil
	f.Coverage = []coverage.Row{{What: "BITS jobs", State: coverage.Read}, {What: usageDatabase, State: coverage.Partial}, {What: "Prefetch", State: coverage.Failed}}
	f.Settings = []HostSettings{{Host: "WS1", Settings: []settings.Setting{{What: "detailed file share auditing", State: "off", Means: "nothing of it"}}}}
	a = f.exfiltration()
	holds(t, "not found", a.Answer, "BITS: not found (BITS jobs was read;", "(SRUM): not found (usage of programs (SRUM) was read in part)", "Archives that were made: not known, as nothing in the evidence would tell",
		"Reads of the very files over SMB: not known", "detailed file share auditing on WS1 is off: nothing of it")
	holds(t, "next", strings.Join(a.Next, "\n"), "To tell of archives that were made, collect from WS1: change journal", "!To tell of BITS")
}

// TestUses: what was used since, whether its source is new, and what went out.
func TestUses(t *testing.T) {
	since := noon.Add(time.Hour)
	eve := artifacts.User{Name: "eve", Domain: "CORP", SID: "S-1-5-21-9"}
	group := func(u artifacts.User, ip string, at time.Time, count int) correlate.LogonGroup {
		return correlate.LogonGroup{Host: "WS1.corp", User: u, Type: 3, SourceIP: ip, Count: count, First: at, Last: at}
	}
	notice := func(code, what, toward string) correlate.Notice {
		return correlate.Notice{Kind: "session", Count: 1, Time: since, Last: since, Host: "WS1", What: what, Account: eve, Toward: toward, From: correlate.From{EventCode: code}}
	}
	f := dump()
	f.Exposure = []expose.Row{{Act: "act-1", Host: "WS1", Kind: expose.CachedLogon, Name: `CORP\eve`, SID: eve.SID, Recoverable: "yes", Standing: "unknown"}, {Act: "act-1", Kind: expose.LocalAccount, Name: "idle", RID: 1005, Recoverable: "yes"}}
	f.Logons = []correlate.LogonGroup{group(eve, "10.0.0.1", since, 1), group(eve, "10.0.0.2", since, 1), group(artifacts.User{Name: "bob"}, "10.0.0.3", since, 1), group(eve, "", since, 1)}
	f.Earlier = []correlate.LogonGroup{group(eve, "10.0.0.1", noon.Add(-time.Hour), 4), group(artifacts.User{Name: "bob"}, "10.0.0.2", noon.Add(-time.Hour), 1)}
	f.Notices = []correlate.Notice{notice("4625", "a logon failed", ""), notice("4648", "gave credentials", "DC1"), notice("4672", "administrative", ""), {Kind: "execution", Toward: "OLD", Time: noon.Add(-time.Hour), Last: noon.Add(-time.Hour)}}
	a := f.compromised()
	holds(t, "uses", a.Answer, "from 10.0.0.1 on WS1.corp: 1, first 2026-03-14 13:00:00 UTC", "from this source it had logged on before the act: 4, last at 2026-03-14 11:00:00 UTC",
		"FIRST USE FROM THIS SOURCE: no logon of this account from 10.0.0.2 before the act, in logs that reach back to 2026-03-10 09:00:00 UTC",
		"failed logons (4625): ", "credentials given (4648): ", "administrative sessions (4672): ", "Of 1 of these accounts, those without lines", "not listed as exposed:\n  bob", "since the act:\n  to DC1: ", "!to OLD")
	f.Logs = []Log{logOf(securityLog, 2*time.Hour, 9*time.Hour)}
	holds(t, "a short log", f.compromised().Answer, "cannot be told: the Security log does not reach back further", "!FIRST USE")
	f.Notices = nil
	holds(t, "nothing out", f.compromised().Answer, "From this host to others since the act nothing was found", "no log Microsoft-Windows-Sysmon/Operational of this time was read")
}

// TestVector: what preceded the act, public addresses first, each with a fact.
func TestVector(t *testing.T) {
	f := dump()
	before := noon.Add(-time.Hour)
	eve := artifacts.User{Name: "eve"}
	f.Earlier = []correlate.LogonGroup{
		{Host: "WS1", User: eve, Type: 3, SourceIP: "10.1.1.1", Count: 2, First: before, Last: before}, {Host: "WS1", User: eve, Type: 10, SourceIP: "203.0.113.9", Count: 1, First: before, Last: before},
		{Host: "WS1", User: artifacts.User{Name: "PC$"}, Type: 3, SourceIP: "10.1.1.2", Count: 1, First: before, Last: before}, {Host: "WS1", User: eve, Type: 3, SourceIP: "10.1.1.3", Count: 1, First: noon.Add(-90 * time.Hour), Last: noon.Add(-90 * time.Hour)}}
	f.Notices = []correlate.Notice{{Kind: "service", What: "the service s was installed: s.exe", Time: before, Host: "WS1", Count: 1}, {Kind: "service", What: "the service t was installed: t.exe", Time: noon.Add(time.Minute), Host: "WS1", Count: 1},
		{Kind: "session", What: "a logon as eve failed", Time: before, Host: "WS1", Count: 1, From: correlate.From{EventCode: "4625"}}}
	f.Programs = []program.Executable{{Path: `C:\Users\eve\Downloads\x.exe`, State: "live", Acts: []string{"act-1"}, Notes: []string{"it carries no signature"}, Zone: &program.Zone{ID: "3", Host: "http://evil.example/x.exe"}}}
	text, targets := "", []string{}
	for _, a := range Respond(f) {
		text += a.Step + " " + a.Action + " | " + a.Target + " | " + a.Because + "\n"
		if strings.HasPrefix(a.Action, "Follow up as a way in: ") && a.Target != "WS1" {
			targets = append(targets, a.Target)
		}
	}
	if want := []string{"203.0.113.9", "10.1.1.1", `C:\Users\eve\Downloads\x.exe`}; !slices.Equal(targets, want) {
		t.Errorf("targets %q, want %q", targets, want)
	}
	holds(t, "response", text, "6 Follow up as a way in: A LOGON FROM A PUBLIC ADDRESS before the act", "a service that was installed before the act | WS1 | 2026-03-14 11:00:00 UTC: the service s", "!before the act | WS1 | 2026-03-14 12:01:00",
		"failed logons before the act", "zone 3) says that it came from http://evil.example/x.exe", `5 Take this program for analysis, then remove it | C:\Users\eve\Downloads\x.exe | it carries no signature; no start in the logs, on WS1`,
		"5 Check what was set up around the act, and remove it if nobody stands for it | WS1", "7 Turn on the log of the task scheduler")
	f.Logs = []Log{logOf(securityLog, -time.Hour, time.Hour)}
	text = ""
	for _, a := range Respond(f) {
		text += a.Action + " | " + a.Because + "\n"
	}
	holds(t, "a short log", text, "wevtutil sl Security /ms:1073741824", "begins at 2026-03-14 11:00:00 UTC: less than 48 hours")
}
