package report

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts"
	"hivetriage/triage"
	"hivetriage/triage/fleet"
	"hivetriage/triage/fleet/fleettest"
	"hivetriage/triage/locate"
	"hivetriage/triage/program"
)

// batchOptions are those of every batch of these tests.
func batchOptions() fleet.Options {
	frame := caseFrame()
	frame.Run.CommandLine = "hivetriage --batch collections --output case --case IR-2026-0114"
	return fleet.Options{Tool: frame.Tool, Run: frame.Run, Left: []fleet.Left{{Path: "collections/readme.txt", Why: "no evidence is known in it"}}}
}

func rollUp(t testing.TB, l fleet.Loader) *fleet.Case {
	t.Helper()
	c, err := fleet.RollUp(t.Context(), l, batchOptions())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// sampleFleet has an intruder who goes from WS-001 to two more hosts, keeps
// copies on a server and uses an account that he found on a fifth host; one
// host that is blind, one whose copies are explained, and inputs that failed.
func sampleFleet() fleettest.Batch {
	const tool, regExe = `C:\Users\Public\dllsvc.exe`, `C:\Windows\System32\reg.exe`
	admin, day, sum := fleettest.Account("admin.jansen", 1107), fleettest.Day, strings.Repeat("ab", 32)
	var b fleettest.Batch
	for n := range 8 {
		b = append(b, fleettest.Quiet(n+1))
	}
	one, two, three, four, server, blind, known := b[0], b[1], b[2], b[3], b[5], b[4], b[6]
	act := one.Act(fleettest.Act{At: day, Person: admin, Address: "10.99.0.7", Output: "/Users/Public/Libraries/ws-001-sam.hiv", Tool: tool, SHA256: sum, Copy: strings.Repeat("01", 32)})
	one.Expose(act, 1)
	one.Program(program.Executable{Path: tool, State: "live", Acts: []string{act}, SHA256: sum, Signature: &program.Signature{State: "unsigned"}})
	one.Call("ws-002", "", admin, `wmic /node:ws-002 process call create "dllsvc.exe"`, day.Add(58*time.Minute))
	act = two.Act(fleettest.Act{At: day.Add(time.Hour), Person: admin, Address: fleettest.Address(1), Workstation: "WS-001", Output: "/Users/Public/Libraries/ws-002-sam.hiv", Tool: tool, SHA256: sum, Copy: strings.Repeat("02", 32)})
	two.Expose(act, 2)
	act = three.Act(fleettest.Act{At: day.Add(2 * time.Hour), Share: fleettest.Address(1), Output: "/Windows/Temp/KxWqLpRz.tmp"})
	three.Expose(act, 3)
	server.Act(fleettest.Act{At: day.Add(3 * time.Hour), Person: admin, Tool: regExe, Output: "/Data/ws-002-sam.hiv", Copy: strings.Repeat("02", 32),
		Of: locate.BelongsTo{Host: "WS-002", MachineSID: fleettest.SID(2), Relation: locate.SameDomain, Because: "another machine's identity and the same domain"}})
	known.Act(fleettest.Act{At: day.AddDate(0, 0, -9), Person: fleettest.Account("svc-backup", 1201), Verdict: "explained", Tool: regExe, Output: "/Backup/sam", Copy: strings.Repeat("03", 32)})
	four.Logon(admin, 3, fleettest.Address(1), "", day.Add(4*time.Hour), day.Add(5*time.Hour))
	b[7].Logon(admin, 10, fleettest.Address(2), "WS-002", day.Add(6*time.Hour))
	b[7].Logon(artifacts.User{Name: "Administrator", Domain: "WS-008", SID: fleettest.SID(8) + "-500"}, 3, fleettest.Address(3), "", day.Add(7*time.Hour))
	blind.Footprint.Usable.ProcessStarts.Told, blind.Footprint.Usable.CommandLines.Told = false, false
	blind.Footprint.Usable.ProcessStarts.Because = "Security.evtx was cleared"
	four.Case.Complete = false
	b = append(b, fleettest.Gone("broken", fleet.Failed, "the image ends too early", 1), fleettest.Gone("vault", fleet.Failed, "the volume is encrypted (BitLocker) and no key was given", 1), fleettest.Damaged(9))
	b[8].Status.State, b[9].Status.State = fleet.Failed, fleet.TimedOut
	return b
}

// sampleBatches are the batches that the golden files are of.
func sampleBatches(t testing.TB) map[string]*fleet.Case {
	quiet := fleettest.Batch{fleettest.Quiet(1), fleettest.Quiet(2)}
	return map[string]*fleet.Case{
		"batch":         rollUp(t, sampleFleet()),
		"batch-clean":   rollUp(t, quiet),
		"batch-hostile": hostileBatch(t, strings.Join(hostileStrings[:9], " ")),
		"batch-empty":   {Schema: fleet.Schema, SchemaVersion: fleet.SchemaVersion, Verdict: "none"},
	}
}

// largeBatch is a thousand hosts, every fourth of them hit.
func largeBatch(t testing.TB) *fleet.Case {
	return rollUp(t, fleettest.Large{Count: 1000, Hit: 4, Acts: 2, Logons: 6, Programs: 3})
}

// words are the fields of a batch's document whose text the program chose.
var batchWords = []string{
	"Schema", "SchemaVersion", "Verdict", "State", "Tell", "Kind", "Scope", "Recoverable", "Standing", "Where", "Certainty", "Joined", "Hives", "Hive", "Folder", "OfFolder", "Machine", "ByVerdict", "SHA256", "SHA1",
	"ID", "From", "To", "Source", "Outcome", "Step",
}

// hostileBatch writes a text into every field of a batch that evidence fills,
// once for each of the given texts.
func hostileBatch(t testing.TB, list ...string) *fleet.Case {
	c := rollUp(t, sampleFleet())
	for _, s := range list {
		own := rollUp(t, sampleFleet())
		poison(reflect.ValueOf(own).Elem(), s)
		own.Logons.Edges[0].From = own.Logons.Nodes[0].ID
		c.Hosts, c.Acts, c.Spread, c.Hints = append(c.Hosts, own.Hosts[0]), append(c.Acts, own.Acts[0]), append(c.Spread, own.Spread[0]), append(c.Hints, own.Groups[0].Links...)
		c.Groups[0].Links, c.Groups[0].Text = append(c.Groups[0].Links, own.Groups[0].Links...), s
		c.Accounts, c.Foreign, c.Remote = append(c.Accounts, own.Accounts[0]), append(c.Foreign, own.Foreign[0]), append(c.Remote, own.Remote...)
		c.Logons.Nodes[0].Label = s
		c.Logons.Edges, c.Programs, c.Blind = append(c.Logons.Edges, own.Logons.Edges[0]), append(c.Programs, own.Programs[0]), append(c.Blind, own.Blind[0])
		c.NotTriaged, c.Left, c.Response = append(c.NotTriaged, own.NotTriaged[0]), append(c.Left, own.Left[0]), append(c.Response, own.Response[0])
		c.Timeline = append(c.Timeline, own.Timeline[0])
		c.Run.CaseID, c.Run.Examiner, c.Run.CommandLine = s, s, s
		c.Summary[0] = s
		strange := own.Hosts[0]
		strange.Folder = fmt.Sprintf("../%d/a b?c#d%%e\"<", len(c.Hosts))
		c.Hosts = append(c.Hosts, strange)
	}
	return c
}

// poison sets the strings of a value.
func poison(v reflect.Value, s string) {
	switch v.Kind() {
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() || v.Type() == reflect.TypeFor[triage.Tool]() {
			return
		}
		for i := range v.NumField() {
			if !slices.Contains(batchWords, v.Type().Field(i).Name) || v.Field(i).Kind() == reflect.Struct {
				poison(v.Field(i), s)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			poison(v.Index(i), s)
		}
	case reflect.String:
		if v.String() != "" {
			v.SetString(s)
		}
	}
}
