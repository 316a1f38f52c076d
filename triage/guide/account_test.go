package guide

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts"
	"hivetriage/triage/correlate"
	"hivetriage/triage/footprint"
)

var (
	actAt = time.Date(2026, 3, 14, 22, 10, 0, 0, time.UTC)
	admin = artifacts.User{Name: "admin", Domain: "CORP", SID: "S-1-5-21-7-7-7-1104"}
)

// logonsOf are logons on some days before the act, one for each hour.
func logonsOf(days int, kind uint32, ip string, hours ...int) footprint.Logon {
	l := footprint.Logon{Host: "WS1", Outcome: footprint.Succeeded, Account: admin, Type: kind, Address: ip}
	for n := range days {
		day := actAt.Truncate(24*time.Hour).AddDate(0, 0, n-days)
		for _, h := range hours {
			l.Count++
			l.Hours[h]++
			l.Last = day.Add(time.Duration(h) * time.Hour)
			if l.First.IsZero() {
				l.First = l.Last
			}
		}
		l.Days = append(l.Days, footprint.Day{Date: day.Format(time.DateOnly), Count: len(hours)})
	}
	return l
}

// known is a case in which an account did an act whose life is known.
func known(change func(*Facts, *Life)) Facts {
	act := correlate.Act{ID: "act-1", Actor: admin, Start: actAt, End: actAt.Add(time.Minute), Records: []string{"rec-1"},
		Sessions: []correlate.Session{{LogonID: "0x77", Start: actAt.Add(-time.Minute), User: admin, Logon: artifacts.Logon{Type: 3, SourceIP: "10.0.0.9", Process: "NtLmSsp"}, From: []correlate.From{{EventCode: "4624", RecordID: 9}}}}}
	f := Facts{Hosts: []string{"WS1"}, Acts: []correlate.Act{act}, Machines: []Machine{{Host: "WS1", SID: "S-1-5-21-1-2-3", Domain: "CORP", DomainSID: "S-1-5-21-7-7-7"}},
		Logs:    []Log{{Host: "WS1", Channel: "Security", From: actAt.AddDate(0, -1, 0)}},
		Records: []correlate.Record{{ID: "rec-1", Kind: "process", Assessment: "export", Time: actAt, User: admin}}}
	l := Life{User: admin}
	if change != nil {
		change(&f, &l)
	}
	f.Lives = []Life{l}
	return f
}

func TestAccount(t *testing.T) {
	from := correlate.From{Path: "/Windows/System32/winevt/Logs/Security.evtx", EventCode: "4627", RecordID: 77}
	for name, c := range map[string]struct {
		change func(*Facts, *Life)
		told   []string
		not    []string
	}{
		"nothing is known": {nil, []string{"It is an account of the domain CORP (RID 1104), by the domain SID in the hives of WS1.", "the logs hold no event 4627 of it", "The logs hold no logon of it; the Security log begins at 2026-02-14 22:10:00 UTC.",
			"Whether a person or a program uses it cannot be told", "Its usual hours and sources cannot be told", "its commands that copy hives (1) are all of 2026-03-14", "by the logon process NtLmSsp (event 4624, record 9)."}, []string{"A new source", "Out of its usual hours"}},
		"usual hours and source": {func(_ *Facts, l *Life) { l.Earlier = []footprint.Logon{logonsOf(10, 3, "10.0.0.9", 21, 22)} },
			[]string{"logged on 20 times on 10 days, at these hours (UTC): 21-22 (20).", "an hour of the day (UTC) at which it had logged on 10 times before", "from 10.0.0.9, from where it had logged on 20 times before", "none of its logons before (20) was at the desktop"}, []string{"A new source", "Out of"}},
		"unusual": {func(_ *Facts, l *Life) {
			l.Earlier = []footprint.Logon{logonsOf(10, 10, "10.0.0.5", 8, 9, 14), {Outcome: footprint.Failed, Count: 99}}
		},
			[]string{"08-09 (20), 14 (10)", "Out of its usual hours: the act began at 2026-03-14 22:10:00 UTC", "A new source: its session came from 10.0.0.9", "A person uses it: 30 of its 30 logons"}, []string{"99"}},
		"too little": {func(_ *Facts, l *Life) { l.Earlier = []footprint.Logon{logonsOf(2, 3, "10.0.0.5", 8)} }, []string{"too little to speak of usual hours or sources"}, []string{"A new source", "Out of"}},
		"groups of the session": {func(_ *Facts, l *Life) {
			l.Groups, l.ofSession = &Sign{Time: actAt, What: "Domain Admins", From: from}, true
			l.Changes = []Sign{{Time: actAt, What: `it was added to the group BUILTIN\Administrators by CORP\eve`, From: from}}
			l.Local = []Sign{{What: "It is a member of the local group Administrators of WS1", From: correlate.From{Path: "/Windows/System32/config/SAM"}}}
		}, []string{"Groups of its session: Domain Admins (event 4627, record 77 in Security.evtx).", `At 2026-03-14 22:10:00 UTC it was added to the group BUILTIN\Administrators by CORP\eve`, "Administrators of WS1 (/Windows/System32/config/SAM)."}, nil},
		"a service":              {func(_ *Facts, l *Life) { l.Service = []string{"BackupExec"} }, []string{"It is used by a program: the service BackupExec runs under it"}, nil},
		"tasks":                  {func(_ *Facts, l *Life) { l.Earlier = []footprint.Logon{logonsOf(9, 4, "", 3)} }, []string{"used by services or tasks only (9 logons"}, nil},
		"the desktop of the act": {func(f *Facts, _ *Life) { f.Acts[0].Sessions[0].Logon.Type = 10 }, []string{"A person used it in the act"}, nil},
		"a habit": {func(f *Facts, _ *Life) {
			for n := range 5 {
				f.Records = append(f.Records, correlate.Record{ID: fmt.Sprint("rec-", n+2), Kind: "process", Assessment: "export", Time: actAt.AddDate(0, 0, -n-1), User: admin})
			}
		}, []string{"It ran commands that copy hives on 6 days, 6 in all, from 2026-03-09 to 2026-03-14, at these hours (UTC): 22 (6). No known habit"}, []string{"are all of"}},
	} {
		f := known(c.change)
		a := Investigate(f)[1]
		for _, part := range c.told {
			if !strings.Contains(a.Answer, part) {
				t.Errorf("%s: no %q in:\n%s", name, part, a.Answer)
			}
		}
		for _, part := range c.not {
			if strings.Contains(a.Answer, part) {
				t.Errorf("%s: %q in:\n%s", name, part, a.Answer)
			}
		}
	}
}

func TestKindOf(t *testing.T) {
	f := known(nil)
	for sid, want := range map[string]string{
		"S-1-5-21-1-2-3-500": "the built-in Administrator of the host WS1 itself: a local account", "S-1-5-21-9-9-9-1200": "its SID is of no machine or domain", "S-1-12-1-1-2-3-4": "Entra ID",
		"S-1-5-80-1-2": "virtual account", "": "no record has its SID", "S-1-5-18": "built into Windows", "S-1-1-0": "no account of a user", "S-1-5-21-7-7-7-501": "the built-in Guest of the domain CORP",
	} {
		if got := f.kindOf(artifacts.User{Name: "x", SID: sid}); !strings.Contains(got, want) {
			t.Errorf("%q: %s", sid, got)
		}
	}
	controller := Facts{Machines: []Machine{{Host: "DC1", SID: "S-1-5-21-7-7-7", Domain: "CORP", DomainSID: "S-1-5-21-7-7-7"}}}
	if got := controller.kindOf(artifacts.User{Name: "x", SID: "S-1-5-21-7-7-7-1107"}); !strings.Contains(got, "an account of the domain CORP") {
		t.Errorf("on a domain controller: %s", got)
	}
	if got := f.kindOf(artifacts.User{Name: "WS9$", SID: "S-1-5-21-7-7-7-1300"}); !strings.Contains(got, "account of a computer") {
		t.Error(got)
	}
	f.Machines = []Machine{{Host: "DC1", SID: "S-1-5-21-7-7-7", Domain: "CORP", DomainSID: "S-1-5-21-7-7-7"}}
	if got := f.kindOf(artifacts.User{Name: "svc", SID: "S-1-5-21-7-7-7-1131"}); !strings.Contains(got, "an account of the domain CORP") {
		t.Errorf("on a domain controller: %s", got)
	}
}

// TestToken: the groups of the act's session count, else the newest before it.
func TestToken(t *testing.T) {
	acts := []correlate.Act{{Start: actAt, End: actAt, Actor: artifacts.User{LogonID: "0x77"}}}
	token := func(at time.Time, id, groups string) *artifacts.Event {
		return &artifacts.Event{Code: 4627, Time: at, RecordID: 1, Target: artifacts.User{LogonID: id}, Data: []artifacts.Datum{{Name: "GroupMembership", Value: groups}}}
	}
	var l Life
	l.Token(token(actAt.Add(time.Hour), "0x99", "%{S-1-5-32-544}"), acts) // afterwards
	if l.Groups != nil {
		t.Errorf("afterwards: %+v", l.Groups)
	}
	l.Token(token(actAt.Add(-time.Hour), "0x1", "\n\t\t%{S-1-5-32-551}\n\t\t%{S-1-5-11}"), acts)
	l.Token(token(actAt.Add(-2*time.Hour), "0x2", "%{S-1-5-32-544}"), acts)
	if l.ofSession || l.Groups.What != "Backup Operators, 1 more that are not named here" {
		t.Errorf("before: %+v", l.Groups)
	}
	l.Token(token(actAt.Add(-3*time.Hour), "0x77", "%{S-1-5-21-7-7-7-512} %{S-1-5-32-544} garbage"), acts)
	l.Token(token(actAt.Add(-time.Minute), "0x3", "%{S-1-5-32-551}"), acts)
	if !l.ofSession || !strings.HasPrefix(l.Groups.What, "Administrators, Domain Admins, 1 more") {
		t.Errorf("of the session: %+v", l.Groups)
	}
	for range maxChanges + 3 {
		l.Changed(&artifacts.Event{Code: 4732, Time: actAt})
	}
	if len(l.Changes) != maxChanges || l.Beyond != 3 {
		t.Errorf("%d changes, %d beyond", len(l.Changes), l.Beyond)
	}
}
