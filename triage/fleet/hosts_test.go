package fleet_test

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"hivetriage/triage"
	"hivetriage/triage/coverage"
	"hivetriage/triage/expose"
	"hivetriage/triage/fleet"
	"hivetriage/triage/fleet/fleettest"
	"hivetriage/triage/footprint"
	"hivetriage/triage/guide"
	"hivetriage/triage/program"
)

// again is the host of a number in another input.
func again(number int, folder string) *fleettest.Member {
	m := fleettest.Quiet(number)
	m.Status.Folder, m.Status.Inputs = folder, []string{"collections/" + folder + ".E01"}
	return m
}

// TestSameHost asks when two inputs are one computer.
func TestSameHost(t *testing.T) {
	nameless := func(m *fleettest.Member) *fleettest.Member {
		m.Case.Hosts[0].MachineSID, m.Footprint.Hosts[0].MachineSID = "", ""
		return m
	}
	renamed := func(m *fleettest.Member, name string) *fleettest.Member {
		m.Case.Hosts[0].Name, m.Footprint.Hosts[0].Name = name, name
		m.Footprint.Hosts[0].Names = []string{strings.ToLower(name)}
		return m
	}
	elsewhere := nameless(again(1, "z"))
	elsewhere.Case.Hosts[0].DNSDomain, elsewhere.Footprint.Hosts[0].DNSDomain = "other.example", "other.example"
	elsewhere.Footprint.Hosts[0].Names = []string{"ws-001", "ws-001.other.example"}
	tests := []struct {
		name    string
		other   *fleettest.Member
		one     bool
		because string
		note    string
	}{
		{"the same machine SID and name", again(1, "z"), true, "the machine SID", ""},
		{"the same full name, and one SID only", nameless(again(1, "z")), true, "the full name", ""},
		{"the same short name in another domain", elsewhere, false, "", "bears the name"},
		{"a clone", renamed(again(1, "z"), "WS-777"), false, "", "shares its machine SID with WS-777: clones"},
		{"the same name and another SID", renamed(again(2, "z"), "WS-001"), false, "", "bears the name"},
		{"another host", again(2, "z"), false, "", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := rollUp(t, fleettest.Batch{fleettest.Quiet(1), test.other})
			hosts := 2
			if test.one {
				hosts = 1
			}
			h := c.Hosts[0]
			if c.Counts.Hosts != hosts || len(h.SameAs) != 2-hosts || (c.Hosts[1].Machine == h.Folder) != test.one {
				t.Errorf("%d hosts, same as %v, machine %q", c.Counts.Hosts, h.SameAs, c.Hosts[1].Machine)
			}
			if test.one && !strings.Contains(h.SameAs[0].Because, test.because) {
				t.Errorf("because %q", h.SameAs[0].Because)
			}
			if notes := strings.Join(h.Notes, " "); !strings.Contains(notes, test.note) || test.note == "" && notes != "" {
				t.Errorf("notes %q, want %q", notes, test.note)
			}
		})
	}
}

// TestTwoInputsOfOneHost: an act that both tell of is one computer's, joins no
// group by itself and counts its host once.
func TestTwoInputsOfOneHost(t *testing.T) {
	one, two := fleettest.Quiet(1), again(1, "z")
	one.Act(fleettest.Act{At: day, Person: admin})
	two.Act(fleettest.Act{At: day, Person: admin})
	c := rollUp(t, fleettest.Batch{two, one})
	if c.Counts.Hit != 1 || len(c.Spread) != 1 || len(c.Groups) != 0 {
		t.Errorf("hit %d, spread %d, groups %d", c.Counts.Hit, len(c.Spread), len(c.Groups))
	}
	if len(c.Acts) != 2 || len(c.Acts[0].SameAs) != 1 || c.Acts[0].SameAs[0].Folder != "z" {
		t.Errorf("acts %+v", c.Acts)
	}
}

// TestDataDisk ties a disk without Windows to the host that had it attached.
func TestDataDisk(t *testing.T) {
	disk := func(d footprint.Disk) *fleettest.Member {
		m := again(50, "disk")
		m.Case.Hosts, m.Footprint.Hosts, m.Footprint.Disks = nil, nil, []footprint.Disk{d}
		return m
	}
	mounted := func(number int, m footprint.Mount) *fleettest.Member {
		h := fleettest.Quiet(number)
		h.Footprint.Mounts = []footprint.Mount{m}
		return h
	}
	guid, other := "{0E5A3C11-0000-4000-8000-000000000001}", "{0E5A3C11-0000-4000-8000-000000000002}"
	tests := []struct {
		name  string
		disk  footprint.Disk
		mount footprint.Mount
		tied  bool
	}{
		{"GPT", footprint.Disk{PartitionGUID: guid}, footprint.Mount{Name: "E:", PartitionGUID: guid}, true},
		{"MBR", footprint.Disk{Signature: "A1B2C3D4", Offset: 1 << 20}, footprint.Mount{Signature: "A1B2C3D4", Offset: 1 << 20}, true},
		{"another partition", footprint.Disk{PartitionGUID: guid}, footprint.Mount{PartitionGUID: other}, false},
		{"another offset", footprint.Disk{Signature: "A1B2C3D4", Offset: 1 << 20}, footprint.Mount{Signature: "A1B2C3D4", Offset: 2 << 20}, false},
		{"no signature", footprint.Disk{Signature: "00000000", Offset: 1 << 20}, footprint.Mount{Signature: "00000000", Offset: 1 << 20}, false},
		{"nothing known", footprint.Disk{}, footprint.Mount{}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := rollUp(t, fleettest.Batch{disk(test.disk), mounted(1, test.mount)})
			h := c.Hosts[slices.IndexFunc(c.Hosts, func(h fleet.Host) bool { return h.Folder == "disk" })]
			if tied := len(h.DataOf) == 1 && h.DataOf[0].Host == "WS-001"; tied != test.tied {
				t.Errorf("data of %+v", h.DataOf)
			}
			if want := map[bool]int{true: 1, false: 2}[test.tied]; c.Counts.Hosts != want {
				t.Errorf("%d hosts, want %d", c.Counts.Hosts, want)
			}
		})
	}
}

// TestNotTriaged counts what was triaged and what was not.
func TestNotTriaged(t *testing.T) {
	encrypted := fleettest.Quiet(3)
	encrypted.Case.Complete = false
	encrypted.Case.Coverage = coverage.Coverage{Sources: []coverage.Row{{What: "volume", State: coverage.Unsupported, Why: "encrypted: BitLocker", Gap: true}}}
	late := fleettest.Quiet(4)
	late.Status.State, late.Status.Why = fleet.TimedOut, "it was not finished after 5m0s"
	blind := fleettest.Quiet(5)
	blind.Footprint, blind.PrintErr = nil, nil
	c := rollUp(t, fleettest.Batch{fleettest.Quiet(1), fleettest.Damaged(2), encrypted, late, blind, fleettest.Gone("skipped", fleet.Skipped, "it is of another shard", 0), fleettest.Gone("silent", fleet.Failed, "", 2)})
	whys := map[string]string{}
	for _, m := range c.NotTriaged {
		whys[m.Folder] = m.Why
	}
	for folder, want := range map[string]string{"collection-ws-002": "case.json ends too early", "collection-ws-003": "BitLocker", "skipped": "another shard", "silent": "no reason"} {
		if !strings.Contains(whys[folder], want) {
			t.Errorf("%s: why %q, want %q", folder, whys[folder], want)
		}
	}
	if k := c.Counts; k.Inputs != 7 || k.Triaged != 3 || k.NotTriaged != 4 || len(c.NotTriaged) != 4 || k.Incomplete != 1 || c.Complete {
		t.Errorf("counts %+v, complete %v", k, c.Complete)
	}
	if len(c.Blind) != 1 || c.Blind[0].Tell != fleet.TellsUnknown || c.Blind[0].Why[0] != "it has no footprint" {
		t.Errorf("blind %+v", c.Blind)
	}
	if late := c.Hosts[1]; late.Complete || len(late.Gaps) == 0 || !strings.Contains(late.Gaps[0], "timed out: it was not finished") {
		t.Errorf("late %+v", late)
	}
}

// TestBlind names the hosts whose logs do not tell of the time of the acts.
func TestBlind(t *testing.T) {
	told := func(from, to time.Time) footprint.Reach {
		return footprint.Reach{Told: true, Records: 9, From: from, To: to, Because: "records"}
	}
	no := footprint.Reach{Because: "no records"}
	tests := []struct {
		name   string
		usable footprint.Usable
		tell   string
		blind  bool
		why    string
	}{
		{"commands", footprint.Usable{CommandLines: told(day.Add(-time.Hour), day.Add(time.Hour))}, fleet.TellsCommands, false, ""},
		{"commands since the act", footprint.Usable{CommandLines: told(day.Add(time.Minute), day.Add(time.Hour))}, fleet.TellsCommands, true, "since 2026-03-14 14:01:00 UTC only"},
		{"commands until before the act", footprint.Usable{CommandLines: told(day.AddDate(0, -1, 0), day.Add(-time.Minute))}, fleet.TellsCommands, true, "until 2026-03-14 13:59:00 UTC only"},
		{"starts", footprint.Usable{ProcessStarts: told(day.AddDate(0, -1, 0), day), CommandLines: no}, fleet.TellsStarts, true, "no records"},
		{"logons", footprint.Usable{Logons: told(day.AddDate(0, -1, 0), day), CommandLines: no}, fleet.TellsLogons, true, "no records"},
		{"nothing", footprint.Usable{CommandLines: no}, fleet.TellsNothing, true, "no records"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			hit, other := fleettest.Quiet(1), fleettest.Quiet(2)
			hit.Act(fleettest.Act{At: day})
			other.Footprint.Usable = test.usable
			c := rollUp(t, fleettest.Batch{hit, other})
			if tell := c.Hosts[1].Logs.Tell; tell != test.tell || (len(c.Blind) == 1) != test.blind || c.Counts.Blind != len(c.Blind) {
				t.Fatalf("tell %q, blind %+v", tell, c.Blind)
			}
			if test.blind && !strings.Contains(strings.Join(c.Blind[0].Why, " "), test.why) {
				t.Errorf("why %q", c.Blind[0].Why)
			}
			whole := again(2, "z") // another input of the same host that tells
			if c := rollUp(t, fleettest.Batch{hit, other, whole}); len(c.Blind) != 0 {
				t.Errorf("blind %+v though another input tells", c.Blind)
			}
		})
	}
}

// TestOrderDoesNotMatter rolls up the same hosts in other orders.
func TestOrderDoesNotMatter(t *testing.T) {
	b := small()
	want := rollUp(t, b)
	random := rand.New(rand.NewPCG(1, 2))
	for range 10 {
		random.Shuffle(len(b), func(i, j int) { b[i], b[j] = b[j], b[i] })
		if got := rollUp(t, b); !reflect.DeepEqual(got, want) {
			t.Fatal("the roll-up depends on the order of hosts")
		}
	}
}

// TestPrevalence counts a program over hosts and puts it into a case.
func TestPrevalence(t *testing.T) {
	seen := func(p ...footprint.Program) *fleettest.Member {
		m := fleettest.Quiet(10 + len(p))
		m.Status.Folder += p[0].Path[:1]
		m.Footprint.Programs = p
		return m
	}
	other := footprint.Program{Path: `c:\x.exe`, Name: "x.exe", SHA256: strings.Repeat("cd", 32)}
	same := footprint.Program{Path: `d:\elsewhere.exe`, Name: "elsewhere.exe", SHA256: toolSum}
	place := footprint.Program{Path: `c:\users\public\dllsvc.exe`, Name: "dllsvc.exe"}
	tests := []struct {
		name   string
		sha256 string
		others []*fleettest.Member
		want   program.Prevalence
	}{
		{"by hash, wherever it lies", toolSum, []*fleettest.Member{seen(same, other), seen(other)}, program.Prevalence{Hosts: 2, Of: 3, By: "SHA-256"}},
		{"its place with another hash is another program", toolSum, []*fleettest.Member{seen(footprint.Program{Path: place.Path, SHA256: other.SHA256})}, program.Prevalence{Hosts: 1, Of: 2, By: "SHA-256"}},
		{"by path where no other host has hashes", toolSum, []*fleettest.Member{seen(place)}, program.Prevalence{Hosts: 2, Of: 2, By: "path"}},
		{"by path without a hash", "", []*fleettest.Member{seen(same), seen(place, place)}, program.Prevalence{Hosts: 2, Of: 3, By: "path"}},
		{"hosts that could not tell do not count", toolSum, []*fleettest.Member{seen(same), fleettest.Quiet(30), fleettest.Quiet(31)}, program.Prevalence{Hosts: 2, Of: 2, By: "SHA-256"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			hit := fleettest.Quiet(1)
			act := hit.Act(fleettest.Act{At: day, Person: admin, Tool: tool})
			hit.Program(program.Executable{Path: tool, State: "live", Acts: []string{act}, SHA256: test.sha256})
			c := rollUp(t, append(fleettest.Batch{hit}, test.others...))
			if len(c.Programs) != 1 || c.Programs[0].Prevalence != test.want {
				t.Fatalf("programs %+v, want %+v", c.Programs, test.want)
			}
			if !c.Apply(hit.Case) || *hit.Case.Executables[0].Prevalence != test.want {
				t.Errorf("the case has %+v", hit.Case.Executables[0].Prevalence)
			}
		})
	}
	alone := fleettest.Quiet(1)
	act := alone.Act(fleettest.Act{At: day, Tool: tool})
	alone.Program(program.Executable{Path: tool, State: "live", Acts: []string{act}, SHA256: toolSum})
	if c := rollUp(t, fleettest.Batch{alone}); c.Apply(alone.Case) || alone.Case.Executables[0].Prevalence != nil {
		t.Error("one host alone has a prevalence")
	}
}

// TestResponse joins what several hosts ask for.
func TestResponse(t *testing.T) {
	one, two := fleettest.Quiet(1), fleettest.Quiet(2)
	one.Act(fleettest.Act{At: day, Output: "/Temp/sam"})
	two.Act(fleettest.Act{At: day, Output: "/Temp/sam"})
	c := rollUp(t, fleettest.Batch{one, two, fleettest.Quiet(3)})
	if len(c.Response) != 2 {
		t.Fatalf("%d actions: %+v", len(c.Response), c.Response)
	}
	isolate, remove := c.Response[0], c.Response[1]
	if isolate.Order != 1 || isolate.Priority != 1 || !slices.Equal(isolate.Targets, []string{"WS-001", "WS-002"}) || len(isolate.Hosts) != 2 || len(isolate.Because) != 1 {
		t.Errorf("isolate %+v", isolate)
	}
	if remove.Order != 2 || !slices.Equal(remove.Targets, []string{"WS-001: /Temp/sam", "WS-002: /Temp/sam"}) || len(remove.Hosts) != 2 || len(remove.Evidence) != 2 {
		t.Errorf("remove %+v", remove)
	}
}

// TestTargets names computers and accounts as the batch knows them, once.
func TestTargets(t *testing.T) {
	one, two, three := fleettest.Quiet(1), fleettest.Quiet(2), fleettest.Quiet(3)
	sid := fleettest.DomainSID + "-1200"
	for i, m := range []*fleettest.Member{one, two} {
		act := m.Act(fleettest.Act{At: day})
		name := []string{sid, "eve"}[i]
		m.Case.Exposure = []expose.Row{{Act: act, Kind: expose.CachedLogon, Name: name, SID: sid, Recoverable: "yes"}}
		m.Case.Response = []guide.Action{
			{Step: "3", Priority: 2, Action: "Reset", Target: name},
			{Step: "2", Priority: 1, Action: guide.IsolateSource, Target: []string{fleettest.Address(3), "ws-003 " + fleettest.Address(3)}[i]},
			{Step: "2", Priority: 1, Action: "Isolate", Target: "the host"},
			{Step: "2", Priority: 3, Action: guide.ExamineTarget, Target: "KALI 10.99.0.7"}}
	}
	c := rollUp(t, fleettest.Batch{one, two, three})
	want := map[string][]string{"Reset": {`NORDWIND\eve`}, "Examine and isolate the computers that acts were done from": {"WS-003"}, "Isolate": {"WS-001", "WS-002"}, "Examine the computers that hosts with acts turned to since, and look there for logons from those hosts": {"KALI 10.99.0.7"}}
	if len(c.Response) != len(want) {
		t.Errorf("%d actions: %+v", len(c.Response), c.Response)
	}
	for _, a := range c.Response {
		if !slices.Equal(a.Targets, want[a.Action]) || !slices.Contains(a.Hosts, one.Status.Folder) || !slices.Contains(a.Hosts, two.Status.Folder) {
			t.Errorf("%s: targets %q of %q", a.Action, a.Targets, a.Hosts)
		}
	}
}

// TestTimelineIsBounded keeps commands before notices and counts the rest.
func TestTimelineIsBounded(t *testing.T) {
	m := fleettest.Quiet(1)
	m.Act(fleettest.Act{At: day.Add(time.Hour), Person: admin})
	for i := range fleet.MaxMoments + 10 {
		m.Case.Timeline = append(m.Case.Timeline, triage.Moment{Time: day.Add(time.Duration(i) * time.Millisecond), Kind: "notice", What: "alert"})
	}
	c := rollUp(t, fleettest.Batch{m})
	if len(c.Timeline) != fleet.MaxMoments || c.Omitted.Moments != 11 {
		t.Fatalf("%d moments, %d omitted", len(c.Timeline), c.Omitted.Moments)
	}
	if !slices.ContainsFunc(c.Timeline, func(m fleet.Moment) bool { return m.Kind == "command" }) {
		t.Error("the command was left out")
	}
}
