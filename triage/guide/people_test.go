package guide

import (
	"slices"
	"strings"
	"testing"

	"hivetriage/artifacts"
	"hivetriage/triage/correlate"
	"hivetriage/triage/locate"
	"hivetriage/triage/technique"
)

var system = artifacts.User{Name: "SYSTEM", Domain: "NT AUTHORITY", LogonID: "0x3e7"}

// actions writes the response as "step action: target".
func actions(f Facts) string {
	var lines []string
	for _, a := range Respond(f) {
		lines = append(lines, a.Step+" "+a.Action+": "+a.Target+" ("+a.Because+")")
	}
	return strings.Join(lines, "\n")
}

// TestWindowsItself: LocalSystem is neither asked nor disabled; the person is
// that of the session, where there is one.
func TestWindowsItself(t *testing.T) {
	f := dump()
	f.Acts[0].Actor = system
	answers, response := Investigate(f), actions(f)
	for text, parts := range map[string][]string{
		answers[1].Answer: {`NT AUTHORITY\SYSTEM ran the commands.`, "which nobody owns", `Logon session 0x5a1c2 of CORP\eve`},
		answers[2].Answer: {`To CORP\eve`},
		response:          {`end its sessions: CORP\eve`, `the copies that NT AUTHORITY\SYSTEM made were asked for in its session`},
	} {
		for _, part := range parts {
			if !strings.Contains(text, part) {
				t.Errorf("no %q in:\n%s", part, text)
			}
		}
	}
	f.Acts[0].Sessions = nil
	if got := Investigate(f)[1].Answer; strings.Contains(got, "session below") || !strings.Contains(got, "No logon record tells who used it") {
		t.Errorf("without a session: %s", got)
	}
	if got := Investigate(f)[2].Answer; !strings.Contains(got, "To whoever administers WS1") {
		t.Errorf("without a session: %s", got)
	}
	if got := actions(f); strings.Contains(got, "Disable the account") || !strings.Contains(got, "6 Find out how the intruder came to the host: logons and new processes before the act: WS1") {
		t.Errorf("without a session: %s", got)
	}
	for _, u := range []artifacts.User{{SID: "S-1-5-18"}, {SID: "S-1-5-19", Name: "LOCAL SERVICE"}, {Name: "NETWORK SERVICE", Domain: "NT AUTHORITY"}} {
		if !windowsOwn(u) {
			t.Errorf("%+v is taken for somebody", u)
		}
	}
}

// TestOverNetwork: of what was done over shares no process of the host tells.
func TestOverNetwork(t *testing.T) {
	for name, c := range map[string]struct {
		wrote      bool
		row        int
		chain, who string
	}{
		"remote registry": {false, technique.Secretsdump, "the remote registry (the pipe winreg) was told to save the hives", "asked for the copies over the network"},
		"brought":         {true, technique.BackupOperator, "The copies were brought over a share from 10.9.9.9", "brought the copies over the network"},
	} {
		f := dump()
		eve := f.Acts[0].Actor
		f.Records = []correlate.Record{{ID: "rec-1", Time: noon, Kind: "share", Assessment: "export", Hives: []string{"SAM"}, User: eve, Row: c.row, Wrote: c.wrote, Address: "10.9.9.9"}}
		f.Acts[0].Chain = nil
		answers := Investigate(f)
		if !strings.Contains(answers[0].Answer, c.chain) || !strings.Contains(strings.Join(answers[0].Next, " "), "10.9.9.9") || answers[0].Status != Partly {
			t.Errorf("%s: step 1: %+v", name, answers[0])
		}
		if got := answers[1].Answer; !strings.Contains(got, `CORP\eve (S-1-5-21-1-2-3-1104) `+c.who) || strings.Contains(got, "ran the commands") {
			t.Errorf("%s: step 2: %s", name, got)
		}
		if got := actions(f); !strings.Contains(got, "(it "+c.who+" (act-1, ") || !strings.Contains(got, "from there: 10.9.9.9") {
			t.Errorf("%s: response: %s", name, got)
		}
	}
}

// TestForeign: hives of other hosts are told as such only where none is of the
// host itself, and the others' hosts are isolated.
func TestForeign(t *testing.T) {
	of := func(hosts ...string) Facts {
		f := dump()
		f.Exports, f.Acts[0].Exports = nil, nil
		for i, h := range hosts {
			e := locate.Export{ID: string(rune('a' + i)), Hive: "SAM", State: "live", BelongsTo: locate.BelongsTo{Host: h, Relation: "same domain"}}
			if h == "WS1" {
				e.BelongsTo.Relation = locate.ThisHost
			}
			f.Exports, f.Acts[0].Exports = append(f.Exports, e), append(f.Acts[0].Exports, e.ID)
		}
		return f
	}
	const isolate = "2 " + TriageSource + ": "
	f := of("B", "A", "B")
	if got := f.foreign(&f.Acts[0]); !slices.Equal(got, []string{"A", "B"}) {
		t.Errorf("foreign hosts %q", got)
	}
	if got := actions(f); !strings.Contains(got, isolate+"A (") || strings.Count(got, isolate) != 2 || strings.Contains(got, "administrator rights") {
		t.Errorf("%s", got)
	}
	if got := Investigate(f)[2].Answer; !strings.Contains(got, "put copies of the registry hives SAM, SYSTEM of A, B on WS1") {
		t.Errorf("%s", got)
	}
	for _, hosts := range [][]string{{"WS1", "A"}, {""}, nil} {
		if f := of(hosts...); f.foreign(&f.Acts[0]) != nil || strings.Contains(actions(f), isolate) {
			t.Errorf("%q: taken for those of other hosts", hosts)
		}
	}
}
