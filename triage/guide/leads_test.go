package guide

import (
	"slices"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts"
	"hivetriage/triage/correlate"
	"hivetriage/triage/locate"
	"hivetriage/triage/technique"
)

// TestComputerCalled: what names a computer and what does not, and which of
// those are the same.
func TestComputerCalled(t *testing.T) {
	for text, want := range map[string]string{
		"WS2 10.0.0.2": "WS2 10.0.0.2", `\\ws2. `: "ws2", "::ffff:10.0.0.2": "10.0.0.2", "[fe80::1]": "fe80::1", "WS2 ws2.corp.example": "WS2",
		"-": "", "127.0.0.1 ::1 0.0.0.0": "", "LOCAL localhost *": "", "0--1.ipv6-literal.net": "", "": "",
	} {
		if got := ComputerCalled(text).String(); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"WS2 10.0.0.2", "10.0.0.2", true}, {"WS2 10.0.0.2", "ws2.corp.example", true}, {"WS2", "WS2 10.0.0.9", true}, {"10.0.0.2", "10.0.0.2", true},
		{"WS2 10.0.0.2", "WS3 10.0.0.2", false}, {"ws2.a.example", "ws2.b.example", false}, {"WS2", "10.0.0.2", false}, {"", "", false},
	} {
		if ComputerCalled(c.a).Same(ComputerCalled(c.b)) != c.same || ComputerCalled(c.b).Same(ComputerCalled(c.a)) != c.same {
			t.Errorf("%q and %q: not %v", c.a, c.b, c.same)
		}
	}
}

// asked is a record of a share, from an address.
func asked(id, address, assessment string, wrote bool) correlate.Record {
	return correlate.Record{ID: id, Time: noon, Kind: "share", Assessment: assessment, Hives: []string{"SAM"}, Row: technique.Secretsdump, Address: address, Wrote: wrote, From: correlate.From{EventCode: "5145", RecordID: 7}}
}

// TestLeads: each computer that the acts lead to has one row, with what is
// strongest and all reasons; its target is the computer, never a file.
func TestLeads(t *testing.T) {
	place := func(row, server, shares string) correlate.Whereabouts {
		return correlate.Whereabouts{Path: "/Windows/Temp/x.tmp", State: "deleted", Destination: row, Server: server, Shares: shares, Why: "because of " + row}
	}
	const fetched, session, unc = "Find and isolate the computer that fetched the copy", IsolateSource, "Seize the copy on the other computer, and treat that computer as part of the incident"
	for name, c := range map[string]struct {
		change func(*Facts)
		want   []string // "action: target" of steps 2 and 6, in their order
		holds  []string // in the reasons of the first
	}{
		"a session alone": {func(*Facts) {}, []string{session + ": ADM-02 10.20.30.44"}, []string{"logon session 0x5a1c2"}},
		"a session at itself": {func(f *Facts) {
			f.Acts[0].Sessions[0].Logon = artifacts.Logon{Type: 10, SourceIP: "127.0.0.1", Workstation: "ws1"}
		}, nil, nil},
		"a desktop session": {func(f *Facts) { f.Acts[0].Sessions[0].Logon.Workstation = "WS1" }, []string{session + ": 10.20.30.44"}, nil},
		"one computer in three ways": {func(f *Facts) {
			f.Records = []correlate.Record{asked("rec-1", "10.20.30.44", "export", false), asked("rec-2", "10.20.30.44", "access", false)}
			f.Acts[0].Records, f.Acts[0].Whereabouts = []string{"rec-1", "rec-2"}, []correlate.Whereabouts{place("fetched", "", " rec-1 rec-2")}
			f.Earlier = []correlate.LogonGroup{{Host: "WS1", User: artifacts.User{Name: "eve"}, Type: 3, SourceIP: "10.20.30.44", Count: 3, First: noon.Add(-2 * time.Hour), Last: noon.Add(-2 * time.Hour)}}
		}, []string{fetched + ": ADM-02 10.20.30.44"}, []string{"was fetched over a share from 10.20.30.44", "was asked for", "the act was done in logon session", "a logon from another computer before the act"}},
		"two computers": {func(f *Facts) {
			f.Records = []correlate.Record{asked("rec-1", "10.9.9.9", "export", false), asked("rec-2", "10.9.9.8", "access", true)}
			f.Acts[0].Records, f.Acts[0].Sessions, f.Acts[0].Whereabouts = []string{"rec-1", "rec-2"}, nil, []correlate.Whereabouts{place("fetched", "", " rec-1 rec-2")}
		}, []string{fetched + ": 10.9.9.9", IsolateAsking + ": 10.9.9.8"}, nil},
		"named by a logon": {func(f *Facts) {
			f.Records = []correlate.Record{asked("rec-1", "10.9.9.9", "export", false)}
			f.Acts[0].Sessions, f.Acts[0].Whereabouts = nil, []correlate.Whereabouts{place("fetched", "", " rec-1")}
			f.Logons = []correlate.LogonGroup{{Host: "WS1", SourceIP: "10.9.9.9", Workstation: "PC9", Count: 1, First: noon.Add(time.Hour), Last: noon.Add(time.Hour), From: correlate.From{EventCode: "4624", RecordID: 5}}}
		}, []string{fetched + ": PC9 10.9.9.9"}, []string{"gives its name as PC9 (event 4624, record 5)"}},
		"named differently": {func(f *Facts) {
			f.Records = []correlate.Record{asked("rec-1", "10.9.9.9", "export", false)}
			f.Acts[0].Sessions, f.Acts[0].Whereabouts = nil, []correlate.Whereabouts{place("fetched", "", " rec-1")}
			f.Logons = []correlate.LogonGroup{{SourceIP: "10.9.9.9", Workstation: "PC9", First: noon, Last: noon}, {SourceIP: "10.9.9.9", Workstation: "PC8", First: noon, Last: noon}}
		}, []string{fetched + ": 10.9.9.9"}, nil},
		"a drive of the session": {func(f *Facts) { f.Acts[0].Whereabouts = []correlate.Whereabouts{place("tsclient", "", "")} },
			[]string{"Find and isolate the computer that the remote desktop session came from, and seize the copy there: ADM-02 10.20.30.44"}, []string{"/Windows/Temp/x.tmp: because of tsclient"}},
		"of an unknown session": {func(f *Facts) {
			f.Acts[0].Sessions, f.Acts[0].Whereabouts = nil, []correlate.Whereabouts{place("tsclient", "", "")}
		}, []string{"Find and isolate the computer that the remote desktop session came from, and seize the copy there: the computer behind the remote desktop session, unknown"}, nil},
		"a server": {func(f *Facts) {
			f.Acts[0].Sessions, f.Acts[0].Whereabouts = nil, []correlate.Whereabouts{place("unc", "fs02.corp.example", "")}
			f.Notices = []correlate.Notice{{Kind: "session", Toward: "FS02", What: "gave credentials", Count: 1, Time: noon.Add(time.Hour), Last: noon.Add(time.Hour)}}
		}, []string{unc + ": fs02.corp.example"}, []string{"because of unc", "gave credentials"}},
		"a public address": {func(f *Facts) { f.Acts[0].Sessions[0].Logon = artifacts.Logon{Type: 3, SourceIP: "203.0.113.7"} },
			[]string{session + "; if its public address is not yours, block it instead: 203.0.113.7"}, nil},
		"the host of the hives": {func(f *Facts) {
			f.Exports[0].BelongsTo = locate.BelongsTo{Host: "ADM-02", Relation: "same domain"}
		}, []string{TriageSource + ": ADM-02 10.20.30.44"}, []string{"copies of its hives lie on WS1", "logon session 0x5a1c2"}},
		"explained": {func(f *Facts) {
			f.Acts[0].Verdict, f.Acts[0].Whereabouts = "explained", []correlate.Whereabouts{place("unc", "nas1", "")}
		}, []string{AfterConfirming + ": nas1"}, nil},
	} {
		f := dump()
		c.change(&f)
		var got []string
		first := ""
		for _, a := range Respond(f) {
			if a.Step != "2" && !strings.HasPrefix(a.Action, FollowUp) || a.Action == Isolate {
				continue
			}
			got = append(got, a.Action+": "+a.Target)
			if first == "" {
				first = a.Because
			}
			for _, id := range a.Evidence {
				if !slices.Contains([]string{"act-1", "exp-1", "rec-1", "rec-2"}, id) {
					t.Errorf("%s: evidence %q", name, id)
				}
			}
			if len(a.Evidence) == 0 {
				t.Errorf("%s: %s has no evidence", name, a.Action)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s:\n%q, want\n%q", name, got, c.want)
		}
		holds(t, name, first, c.holds...)
	}
}

// TestExplainedComesAfter: what nothing explains is contained first, and what
// is explained exposes nobody and disables nobody.
func TestExplainedComesAfter(t *testing.T) {
	f := dump()
	backup := f.Acts[0]
	backup.ID, backup.Verdict, backup.Actor, backup.Sessions = "act-2", "explained", artifacts.User{Name: "backup", Domain: "CORP"}, []correlate.Session{{LogonID: "0x9", Logon: artifacts.Logon{SourceIP: "10.1.1.1"}}}
	backup.Explanations, backup.Exports = []correlate.Explanation{{Row: "r", Name: "the job", Settles: "its log"}}, []string{"exp-2"}
	f.Acts = append(f.Acts, backup)
	f.Exports = append(f.Exports, locate.Export{ID: "exp-2", At: artifacts.Locator{Path: "/Backup/sam"}, Hive: "SAM", State: "live"})
	f.Exposure = append(f.Exposure, f.Exposure[2])
	f.Exposure[3].Name, f.Exposure[3].RID, f.Exposure[3].Act = "other", 1009, "act-2"
	last := 0
	for _, a := range Respond(f) {
		if a.Step == "7" {
			break
		}
		about := strings.Contains(strings.Join(a.Evidence, " "), "-2")
		switch {
		case about && a.Priority < 3, strings.Contains(a.Target, "backup"), a.Target == "other", strings.Contains(a.Target, "10.1.1.1"):
			t.Errorf("%+v", a)
		case about:
			last = a.Priority
		}
	}
	if last != 4 {
		t.Errorf("the explained copy has priority %d", last)
	}
}
