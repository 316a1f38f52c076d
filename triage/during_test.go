package triage

import (
	"slices"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts"
	"hivetriage/triage/correlate"
)

// TestAddTechniques: what was done in another session, by somebody else or
// after an act is not told of it.
func TestAddTechniques(t *testing.T) {
	at := time.Date(2026, 3, 14, 14, 7, 0, 0, time.UTC)
	eve, bob := artifacts.User{Name: "eve", Domain: "CORP", SID: "S-1-5-21-1-2-3-1104"}, artifacts.User{Name: "bob", Domain: "CORP", SID: "S-1-5-21-1-2-3-1105"}
	session := correlate.Session{User: eve, Start: at.Add(-time.Minute), End: at.Add(time.Hour)}
	service := func(n time.Duration, u artifacts.User) []correlate.Notice {
		return []correlate.Notice{{Kind: "service", Time: at.Add(n), User: u, What: `the service PSEXESVC was installed: %SystemRoot%\PSEXESVC.exe`}}
	}
	clear := func(n time.Duration, u artifacts.User) []correlate.Clear {
		return []correlate.Clear{{Time: at.Add(n), User: u}}
	}
	for _, test := range []struct {
		name    string
		image   string
		clears  []correlate.Clear
		notices []correlate.Notice
		want    string
	}{
		{"nothing", `C:\Windows\cmd.exe`, nil, service(-time.Second, eve), "T1003.002"},
		{"cleared in the session", "", clear(time.Minute, eve), nil, "T1003.002 T1070.001"},
		{"cleared by somebody else", "", clear(time.Minute, bob), nil, "T1003.002"},
		{"cleared afterwards", "", clear(2*time.Hour, eve), nil, "T1003.002"},
		{"PsExec", `C:\Windows\PSEXESVC.exe`, nil, nil, "T1003.002 T1569.002"},
		{"PsExec, installed in the session", `C:\Windows\PSEXESVC.exe`, nil, service(-time.Second, eve), "T1003.002 T1543.003 T1569.002"},
		{"PsExec, installed before it", `C:\Windows\PSEXESVC.exe`, nil, service(-time.Hour, eve), "T1003.002 T1569.002"},
	} {
		acts := []correlate.Act{{Start: at, Attack: []string{"T1003.002"}, Sessions: []correlate.Session{session},
			Chain: []correlate.ChainNode{{Relation: "ancestor", Process: artifacts.Process{Executable: test.image}}}}}
		addTechniques(acts, test.clears, test.notices)
		if got := strings.Join(acts[0].Attack, " "); got != test.want || !slices.IsSorted(acts[0].Attack) {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}
