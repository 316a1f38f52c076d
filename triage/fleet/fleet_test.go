package fleet_test

import (
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts"
	"hivetriage/triage"
	"hivetriage/triage/fleet"
	"hivetriage/triage/fleet/fleettest"
	"hivetriage/triage/footprint"
	"hivetriage/triage/locate"
	"hivetriage/triage/program"
)

var update = flag.Bool("update", false, "write the golden files")

var (
	admin = fleettest.Account("admin.jansen", 1107)
	day   = fleettest.Day
)

const (
	tool    = `C:\Users\Public\dllsvc.exe`
	regExe  = `C:\Windows\System32\reg.exe`
	toolSum = "abababababababababababababababababababababababababababababababab"
)

func rollUp(t *testing.T, b fleettest.Batch) *fleet.Case {
	t.Helper()
	c, err := fleet.RollUp(t.Context(), b, fleet.Options{Tool: triage.Tool{Name: "hivetriage"}, Left: []fleet.Left{{Path: "collections/readme.txt", Why: "no evidence is known in it"}}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// small is a fleet of each sort: an intruder goes from WS-001 to WS-002 and
// WS-003, keeps copies on a server, and uses an exposed account on WS-004.
func small() fleettest.Batch {
	var b fleettest.Batch
	for n := range 6 {
		b = append(b, fleettest.Quiet(n+1))
	}
	one, two, three, four, server := b[0], b[1], b[2], b[3], b[5]
	act := one.Act(fleettest.Act{At: day, Person: admin, Address: "10.99.0.7", Output: "/Users/Public/Libraries/ws-001-sam.hiv", Tool: tool, SHA256: toolSum, Copy: strings.Repeat("01", 32)})
	one.Expose(act, 1)
	one.Program(program.Executable{Path: tool, State: "live", Acts: []string{act}, SHA256: toolSum, Signature: &program.Signature{State: "unsigned"}})
	act = two.Act(fleettest.Act{At: day.Add(time.Hour), Person: admin, Address: fleettest.Address(1), Workstation: "WS-001", Output: "/Users/Public/Libraries/ws-002-sam.hiv", Tool: tool, SHA256: toolSum, Copy: strings.Repeat("02", 32)})
	two.Expose(act, 2)
	one.Call("ws-002", "", admin, `wmic /node:ws-002 process call create "dllsvc.exe"`, day.Add(58*time.Minute))
	act = three.Act(fleettest.Act{At: day.Add(2 * time.Hour), Person: artifacts.User{}, Share: fleettest.Address(1), Output: "/Windows/Temp/KxWqLpRz.tmp"})
	three.Expose(act, 3)
	server.Act(fleettest.Act{At: day.Add(3 * time.Hour), Person: admin, Tool: regExe, Output: "/Data/ws-002-sam.hiv", Copy: strings.Repeat("02", 32),
		Of: locate.BelongsTo{Host: "WS-002", MachineSID: fleettest.SID(2), Relation: locate.SameDomain, Because: "another machine's identity and the same domain"}})
	four.Logon(admin, 3, fleettest.Address(1), "", day.Add(4*time.Hour), day.Add(5*time.Hour))
	four.Logon(admin, 3, fleettest.Address(5), "", day.Add(-48*time.Hour), day.Add(6*time.Hour))
	for _, m := range []*fleettest.Member{one, two} {
		m.Footprint.Programs = append(m.Footprint.Programs, footprint.Program{Path: `c:\users\public\dllsvc.exe`, Name: "dllsvc.exe", SHA256: toolSum, Sources: []string{"Sysmon 1"}, Starts: 1})
	}
	three.Footprint.Programs = []footprint.Program{{Path: `c:\windows\system32\cmd.exe`, Name: "cmd.exe", SHA256: strings.Repeat("cd", 32), Sources: []string{"Sysmon 1"}}}
	b[4].Footprint.Usable = footprint.Usable{ProcessStarts: footprint.Reach{Because: "no log holds process creation"}, CommandLines: footprint.Reach{Because: "no log holds process creation"}, Logons: footprint.Reach{Because: "no Security log is in the evidence"}}
	return append(b, fleettest.Gone("broken", fleet.Failed, "the image's header is damaged", 2), fleettest.Damaged(9))
}

func TestSmallFleet(t *testing.T) {
	c := rollUp(t, small())
	got, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	if *update {
		if err := os.WriteFile("testdata/small.json", got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/small.json")
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("the roll-up differs from testdata/small.json; run with -update and look at the difference")
	}
}
