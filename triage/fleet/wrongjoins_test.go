package fleet_test

import (
	"strings"
	"testing"

	"hivetriage/triage/expose"
	"hivetriage/triage/fleet"
	"hivetriage/triage/fleet/fleettest"
	"hivetriage/triage/footprint"
	"hivetriage/triage/guide"
	"hivetriage/triage/locate"
	"hivetriage/triage/program"
)

// called gives a host another name.
func called(m *fleettest.Member, name string) *fleettest.Member {
	m.Case.Hosts[0].Name, m.Footprint.Hosts[0].Name = name, name
	m.Footprint.Hosts[0].Names = []string{strings.ToLower(name)}
	return m
}

// TestCopiesOfClones: clones share their machine SID, so that a copy of one
// looks like the own one of the other: the name decides, and where it does not
// nothing is said.
func TestCopiesOfClones(t *testing.T) {
	copied := strings.Repeat("ab", 32)
	tests := []struct {
		name  string
		of    string // host that the copy names
		where string // "" if it is told as no copy of another host
		owner string
	}{
		{"it names the other clone", "WS-777", fleet.InBatch, "collection-ws-007"},
		{"it names the host itself", "WS-001", "", ""},
		{"it names none", "", "", ""},
		{"it names a former name", "WS-OLD", "", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			one, other := fleettest.Quiet(1), called(fleettest.Quiet(7), "WS-777")
			other.Case.Hosts[0].MachineSID, other.Footprint.Hosts[0].MachineSID = fleettest.SID(1), fleettest.SID(1)
			act := one.Act(fleettest.Act{At: day, Copy: copied, Of: locate.BelongsTo{Host: test.of, MachineSID: fleettest.SID(1), Relation: locate.ThisHost}})
			one.Case.Exposure = []expose.Row{{Act: act, Host: test.of, Kind: expose.LocalAccount, Name: "backup", RID: 1001, SID: fleettest.SID(1) + "-1001", Recoverable: "yes"}}
			c := rollUp(t, fleettest.Batch{one, other})
			host := "WS-001"
			if test.where != "" {
				host = "WS-777"
			}
			if got := c.Accounts[0].Cells[0].Host; len(c.Accounts[0].Cells) != 1 || got != host {
				t.Errorf("the account is exposed on %s, want %s", got, host)
			}
			if test.where == "" {
				if len(c.Foreign) != 0 {
					t.Errorf("foreign %+v", c.Foreign)
				}
				return
			}
			if len(c.Foreign) != 1 || c.Foreign[0].Where != test.where || c.Foreign[0].OfFolder != test.owner {
				t.Errorf("foreign %+v", c.Foreign)
			}
		})
	}
}

// TestSameBytesOfSeveral: a copy without a machine SID is not given to one of
// several hosts that have the same bytes for their own.
func TestSameBytesOfSeveral(t *testing.T) {
	copied := strings.Repeat("ab", 32)
	staging, one, two := fleettest.Quiet(9), fleettest.Quiet(1), fleettest.Quiet(2)
	staging.Act(fleettest.Act{At: day, Copy: copied, Of: locate.BelongsTo{Relation: locate.UnknownHost, Because: "it has no machine SID"}})
	one.Act(fleettest.Act{At: day, Copy: copied})
	of := func(b fleettest.Batch) fleet.Foreign {
		for _, f := range rollUp(t, b).Foreign {
			if f.Folder == staging.Status.Folder {
				return f
			}
		}
		t.Fatal("the copy is not told")
		return fleet.Foreign{}
	}
	if f := of(fleettest.Batch{staging, one, two}); f.OfFolder != one.Status.Folder || f.Certainty != "certain" {
		t.Errorf("one owner: %+v", f)
	}
	two.Act(fleettest.Act{At: day, Copy: copied})
	if f := of(fleettest.Batch{staging, one, two}); f.OfFolder != "" || f.Where != fleet.NotKnown || len(f.Same) != 2 {
		t.Errorf("two owners: %+v", f)
	}
}

// TestNotInBatch: that a copy's host is not in the batch is certain only where
// every input tells whose it is.
func TestNotInBatch(t *testing.T) {
	nameless := fleettest.Quiet(3)
	nameless.Case.Hosts, nameless.Footprint.Hosts = nil, nil
	without := called(fleettest.Quiet(4), "LT-22")
	without.Case.Hosts[0].MachineSID, without.Footprint.Hosts[0].MachineSID = "", ""
	tests := []struct {
		name      string
		other     *fleettest.Member
		where     string
		certainty string
		because   string
	}{
		{"all are known", fleettest.Quiet(2), fleet.NotInBatch, "certain", "no host of the batch has its machine SID"},
		{"one was not triaged", fleettest.Damaged(2), fleet.NotInBatch, "likely", "it may be among 1 input that does not tell whose it is"},
		{"one has no name", nameless, fleet.NotInBatch, "likely", "1 input that does not tell"},
		{"one has the name and tells no SID", without, fleet.InBatch, "likely", "whose own machine SID is not known"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			staging := fleettest.Quiet(9)
			staging.Act(fleettest.Act{At: day, Of: locate.BelongsTo{Host: "LT-22", MachineSID: "S-1-5-21-7-8-9", Relation: locate.AnotherHost}})
			f := rollUp(t, fleettest.Batch{staging, test.other}).Foreign[0]
			if f.Where != test.where || f.Certainty != test.certainty || !strings.Contains(f.Because, test.because) {
				t.Errorf("%s, %s: %s", f.Where, f.Certainty, f.Because)
			}
		})
	}
}

// TestCountedOnce: what two inputs of one computer tell counts once.
func TestCountedOnce(t *testing.T) {
	one, two, third := fleettest.Quiet(1), again(1, "z"), fleettest.Quiet(2)
	for _, m := range []*fleettest.Member{one, two, third} {
		m.Act(fleettest.Act{At: day, Person: admin, Copy: strings.Repeat("01", 32)})
	}
	c := rollUp(t, fleettest.Batch{one, two, third})
	if c.Counts.Acts != 2 || c.Counts.Copies != 2 || c.Counts.Hosts != 2 || len(c.Acts) != 3 || len(c.Distinct()) != 2 {
		t.Errorf("counts %+v, %d acts", c.Counts, len(c.Acts))
	}
	if !strings.Contains(c.Summary[0], " 2 of 2 hosts, in 2 acts.") || len(c.Groups) != 1 || !strings.HasPrefix(c.Groups[0].Text, "2 acts on 2 hosts") || len(c.Groups[0].Acts) != 2 {
		t.Errorf("summary %q, groups %+v", c.Summary, c.Groups)
	}
	for _, l := range c.Groups[0].Links {
		if len(l.Acts) != 2 {
			t.Errorf("link %+v", l)
		}
	}
	for _, a := range c.Acts {
		if a.Group != 1 {
			t.Errorf("%s is in group %d", a.Folder, a.Group)
		}
	}
}

// TestPrevalenceTakenAway: what a batch before this one knew does not stay,
// neither among the programs nor in the guide.
func TestPrevalenceTakenAway(t *testing.T) {
	hit, other := fleettest.Quiet(1), fleettest.Quiet(2)
	act := hit.Act(fleettest.Act{At: day, Person: admin, Tool: tool})
	hit.Program(program.Executable{Path: tool, State: "live", Acts: []string{act}, SHA256: toolSum})
	other.Footprint.Programs = []footprint.Program{{Path: `c:\users\public\dllsvc.exe`, Name: "dllsvc.exe", SHA256: toolSum}}
	hit.Case.Guide = []guide.Answer{{Step: "1"}}
	hit.Case.RetellChain()
	alone := guideText(hit)
	if !strings.Contains(alone, "for this host only") {
		t.Fatalf("the guide of one host: %s", alone)
	}
	if both := rollUp(t, fleettest.Batch{hit, other}); !both.Apply(hit.Case) || both.Apply(hit.Case) {
		t.Error("what two hosts know changes nothing, or changes it twice")
	}
	if text := guideText(hit); !strings.Contains(text, "known on ") {
		t.Errorf("the guide of two hosts: %s", text)
	}
	if c := rollUp(t, fleettest.Batch{hit}); !c.Apply(hit.Case) || hit.Case.Executables[0].Prevalence != nil || guideText(hit) != alone {
		t.Errorf("the prevalence stays: %+v %s", hit.Case.Executables[0].Prevalence, guideText(hit))
	}
}

func guideText(m *fleettest.Member) string {
	var all []string
	for _, a := range m.Case.Guide {
		all = append(all, a.Answer)
		all = append(all, a.Next...)
	}
	return strings.Join(all, "\n")
}
