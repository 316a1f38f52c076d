package guide

import (
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts"
	"hivetriage/triage/correlate"
	"hivetriage/triage/expose"
)

// evil is the account of dump's act.
var evil = artifacts.User{Name: "eve", Domain: "CORP", SID: "S-1-5-21-1-2-3-1104", LogonID: "0x5a1c2"}

// TestFirstSign: the network logon that a session at the desktop begins with
// is the first sign, one of another account, address or hour is not.
func TestFirstSign(t *testing.T) {
	start := noon.Add(-time.Minute)
	bob := artifacts.User{Name: "bob", Domain: "CORP", SID: "S-1-5-21-1-2-3-1105"}
	for _, test := range []struct {
		name    string
		user    artifacts.User
		address string
		kind    uint32
		before  time.Duration
		led     bool
	}{
		{"right before", evil, "10.20.30.44", 3, 2 * time.Second, true},
		{"somebody else", bob, "10.20.30.44", 3, 2 * time.Second, false},
		{"from elsewhere", evil, "10.20.30.45", 3, 2 * time.Second, false},
		{"of another kind", evil, "10.20.30.44", 2, 2 * time.Second, false},
		{"an hour before", evil, "10.20.30.44", 3, time.Hour, false},
	} {
		f := dump()
		for i := range f.Acts {
			f.Acts[i].Sessions = []correlate.Session{{User: evil, Start: start, Logon: artifacts.Logon{Type: 10, SourceIP: "10.20.30.44"}}}
		}
		f.Earlier = []correlate.LogonGroup{{User: test.user, SourceIP: test.address, Type: test.kind, First: start.Add(-9 * time.Hour), Last: start.Add(-test.before)}}
		want := start
		if test.led {
			want = start.Add(-test.before)
		}
		if got := f.firstSign(); !got.Equal(want) {
			t.Errorf("%s: %s, want %s", test.name, got, want)
		}
	}
}

// TestEarliest: what hives and the disk tell of an account before the logs.
func TestEarliest(t *testing.T) {
	logon := &Sign{Time: noon, What: "type 10"}
	profile := Sign{Time: noon.Add(-2 * time.Hour), What: "its profile on the host was made", From: correlate.From{Path: "/Users/eve/NTUSER.DAT"}}
	cached := expose.Row{Kind: expose.CachedLogon, Name: `CORP\eve`, SID: evil.SID, Host: "WS1", LastLogon: noon.Add(-3 * time.Hour), From: &expose.From{Path: "/SECURITY"}}
	late, other := cached, cached
	late.LastLogon, other.SID = noon.Add(time.Hour), "S-1-5-21-9-9-9-1104"
	for _, test := range []struct {
		name string
		life Life
		rows []expose.Row
		want string
	}{
		{"the logs alone", Life{First: logon}, nil, ""},
		{"a profile", Life{First: logon, Marks: []Sign{profile}}, nil, "/Users/eve/NTUSER.DAT"},
		{"a profile, without logs", Life{Marks: []Sign{profile}}, nil, "/Users/eve/NTUSER.DAT"},
		{"a cached logon before it", Life{First: logon, Marks: []Sign{profile}}, []expose.Row{cached}, "/SECURITY"},
		{"a cached logon since", Life{First: logon}, []expose.Row{late}, ""},
		{"a cached logon of another", Life{First: logon}, []expose.Row{other}, ""},
	} {
		f := &Facts{Exposure: test.rows}
		got := f.earliest(evil, &test.life)
		if (got == nil) != (test.want == "") || got != nil && got.From.Path != test.want {
			t.Errorf("%s: %+v", test.name, got)
		}
	}
}

// TestCompromisedOnce: an account that two acts took is listed once, with the
// worst of what they hold.
func TestCompromisedOnce(t *testing.T) {
	f := dump()
	second := f.Acts[0]
	second.ID = "act-2"
	f.Acts = append(f.Acts, second)
	for _, r := range f.Exposure {
		r.Act = "act-2"
		if r.Recoverable == "yes" {
			r.Recoverable = "unknown"
		}
		f.Exposure = append([]expose.Row{r}, f.Exposure...)
	}
	answer := f.compromised().Answer
	if n := strings.Count(answer, "local account: Administrator, administrator; recoverable: yes"); n != 1 || strings.Contains(answer, "recoverable: unknown") || !strings.Contains(answer, "(2 in all)") {
		t.Error(answer)
	}
}
