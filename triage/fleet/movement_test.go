package fleet_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts"
	"hivetriage/triage"
	"hivetriage/triage/correlate"
	"hivetriage/triage/expose"
	"hivetriage/triage/fleet"
	"hivetriage/triage/fleet/fleettest"
	"hivetriage/triage/footprint"
)

// TestRemote joins an act over the network with what its source tells.
func TestRemote(t *testing.T) {
	from, host := fleettest.Address(1), "WS-002"
	call := func(at time.Time) func(*fleettest.Member) {
		return func(m *fleettest.Member) { m.Call("ws-002.nordwind.example", "", admin, "reg query", at) }
	}
	tests := []struct {
		name   string
		act    fleettest.Act
		source func(*fleettest.Member)
		joined string
		calls  int
		apart  int64
		clock  string
	}{
		{"both ends", fleettest.Act{Share: from}, call(day.Add(-2 * time.Minute)), fleet.BothEnds, 1, -120, ""},
		{"both ends, by the workstation's name", fleettest.Act{Workstation: "ws-001"}, call(day), fleet.BothEnds, 1, 0, ""},
		{"by address of the target", fleettest.Act{Share: from}, func(m *fleettest.Member) { m.Call("", fleettest.Address(2), admin, "", day) }, fleet.BothEnds, 1, 0, ""},
		{"the source tells of it long before", fleettest.Act{Share: from}, call(day.Add(-30 * time.Minute)), fleet.BothEnds, 1, -1800, "30m0s before the act"},
		{"the source's clock is ahead", fleettest.Act{Share: from}, call(day.Add(4 * time.Minute)), fleet.BothEnds, 1, 180, "the two clocks differ"},
		{"another day", fleettest.Act{Share: from}, call(day.AddDate(0, 0, 1)), fleet.OneEnd, 0, 0, ""},
		{"a call to another host", fleettest.Act{Share: from}, func(m *fleettest.Member) { m.Call("ws-003", "", admin, "", day) }, fleet.OneEnd, 0, 0, ""},
		{"a call to the same name in another domain", fleettest.Act{Share: from}, func(m *fleettest.Member) { m.Call("ws-002.other.example", "", admin, "", day) }, fleet.OneEnd, 0, 0, ""},
		{"the source does not tell", fleettest.Act{Share: from}, func(*fleettest.Member) {}, fleet.OneEnd, 0, 0, ""},
		{"the source's clock was set", fleettest.Act{Share: from}, func(m *fleettest.Member) {
			m.Case.Hosts[0].Clock = &triage.Clock{Changes: []triage.ClockChange{{Before: day, After: day.Add(2 * time.Hour)}}}
		}, fleet.OneEnd, 0, 0, "the clock of WS-001 was set"},
		{"an address of nobody", fleettest.Act{Share: "10.77.0.1"}, func(*fleettest.Member) {}, fleet.SourceMissing, 0, 0, ""},
		{"an address of two", fleettest.Act{Share: fleettest.Address(3)}, func(m *fleettest.Member) {
			m.Footprint.Hosts[0].Addresses = append(m.Footprint.Hosts[0].Addresses, footprint.Address{Address: fleettest.Address(3)})
		}, fleet.SourceAmbiguous, 0, 0, ""},
		{"an address of two, and the name of one", fleettest.Act{Address: fleettest.Address(3), Workstation: "WS-001"}, func(m *fleettest.Member) {
			m.Footprint.Hosts[0].Addresses = append(m.Footprint.Hosts[0].Addresses, footprint.Address{Address: fleettest.Address(3)})
		}, fleet.OneEnd, 0, 0, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			source, target := fleettest.Quiet(1), fleettest.Quiet(2)
			test.act.At = day
			target.Act(test.act)
			test.source(source)
			c := rollUp(t, fleettest.Batch{source, target, fleettest.Quiet(3)})
			if len(c.Remote) != 1 {
				t.Fatalf("remote %+v", c.Remote)
			}
			r := c.Remote[0]
			if r.Host != host || r.Joined != test.joined || len(r.Calls) != test.calls || len(r.Target) == 0 || len(r.Because) == 0 {
				t.Errorf("got %+v", r)
			}
			if test.calls > 0 && (r.Calls[0].Apart != test.apart || r.Calls[0].From.RecordID == 0) {
				t.Errorf("call %+v, want %d seconds apart", r.Calls[0], test.apart)
			}
			if !strings.Contains(r.Clock, test.clock) || test.clock == "" && r.Clock != "" {
				t.Errorf("clock %q, want %q", r.Clock, test.clock)
			}
		})
	}
}

// TestNotRemote: what is no other computer is no source.
func TestNotRemote(t *testing.T) {
	for _, address := range []string{"127.0.0.1", "::1", "0.0.0.0", "-", "LOCAL", "fe80::1%3", fleettest.Address(1)} {
		m := fleettest.Quiet(1)
		m.Act(fleettest.Act{At: day, Address: address, Workstation: "WS-001"})
		if c := rollUp(t, fleettest.Batch{m}); len(c.Remote) != 0 || len(c.Acts[0].Addresses) != 0 {
			t.Errorf("%s: remote %+v, addresses %q", address, c.Remote, c.Acts[0].Addresses)
		}
	}
}

// TestLogons asks which logons are edges.
func TestLogons(t *testing.T) {
	after, before := day.Add(24*time.Hour), day.Add(-24*time.Hour)
	local := artifacts.User{Name: "Administrator", Domain: "WS-002", SID: fleettest.SID(2) + "-500"}
	from := fleettest.Address(1)
	tests := []struct {
		name   string
		logon  func(m *fleettest.Member)
		edges  int
		source string
		count  int
		least  bool
		lead   bool
	}{
		{"from a new source", func(m *fleettest.Member) { m.Logon(admin, 3, from, "", after, after.Add(time.Hour)) }, 1, fleet.NewSource, 2, false, false},
		{"by name, where the record has no SID", func(m *fleettest.Member) {
			m.Logon(artifacts.User{Name: "ADMIN.JANSEN", Domain: "nordwind"}, 3, from, "", after)
		}, 1, fleet.NewSource, 1, false, false},
		{"from a source that was seen before", func(m *fleettest.Member) { m.Logon(admin, 3, from, "", before, after) }, 1, fleet.KnownSource, 1, false, false},
		{"on the day of the act, before and after", func(m *fleettest.Member) {
			m.Logon(admin, 3, from, "", day.Add(-time.Hour), day.Add(time.Hour), day.Add(2*time.Hour))
		}, 1, fleet.KnownSource, 1, true, false},
		{"the logs begin after the act", func(m *fleettest.Member) {
			m.Footprint.Usable.Logons.From = day.Add(time.Hour)
			m.Logon(admin, 3, from, "", after)
		}, 1, fleet.UnknownPast, 1, false, false},
		{"before the act only", func(m *fleettest.Member) { m.Logon(admin, 3, from, "", before) }, 0, "", 0, false, false},
		{"at the host itself", func(m *fleettest.Member) { m.Logon(admin, 2, "", "", after) }, 0, "", 0, false, false},
		{"over loopback", func(m *fleettest.Member) { m.Logon(admin, 3, "127.0.0.1", "", after) }, 0, "", 0, false, false},
		{"of another account", func(m *fleettest.Member) { m.Logon(fleettest.Account("other", 1999), 3, from, "", after) }, 0, "", 0, false, false},
		{"of the same name in another domain", func(m *fleettest.Member) {
			m.Logon(artifacts.User{Name: "admin.jansen", Domain: "SUEDWIND", SID: "S-1-5-21-7-8-9-1107"}, 3, from, "", after)
		}, 0, "", 0, false, false},
		{"of the same domain and name with another SID", func(m *fleettest.Member) {
			m.Logon(artifacts.User{Name: "admin.jansen", Domain: fleettest.Domain, SID: "S-1-5-21-7-8-9-1107"}, 3, from, "", after)
		}, 0, "", 0, false, false},
		{"of a local account with an exposed one's name", func(m *fleettest.Member) { m.Logon(local, 3, from, "", after) }, 1, fleet.NewSource, 1, false, true},
		{"from an address of no host", func(m *fleettest.Member) { m.Logon(admin, 10, "10.77.0.1", "KALI", after) }, 1, fleet.NewSource, 1, false, false},
		{"with explicit credentials", func(m *fleettest.Member) {
			m.Footprint.Logons = []footprint.Logon{{Host: "WS-002", Outcome: footprint.Explicit, Account: fleettest.Account("other", 1999), Target: admin, Server: "ws-003", Count: 1, First: after, Last: after, FirstFrom: correlate.From{RecordID: 7}}}
		}, 1, fleet.UnknownPast, 1, false, false},
		{"with explicit credentials for the host itself", func(m *fleettest.Member) {
			m.Footprint.Logons = []footprint.Logon{{Host: "WS-002", Outcome: footprint.Explicit, Target: admin, Server: "ws-002", Count: 1, First: after, Last: after}}
		}, 0, "", 0, false, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			hit, other := fleettest.Quiet(1), fleettest.Quiet(2)
			hit.Expose(hit.Act(fleettest.Act{At: day, Person: admin}), 1)
			test.logon(other)
			c := rollUp(t, fleettest.Batch{hit, other, fleettest.Quiet(3)})
			edges := c.Logons.Edges
			if len(edges) != test.edges {
				t.Fatalf("edges %+v", edges)
			}
			if len(edges) == 0 {
				return
			}
			e := edges[0]
			if e.Source != test.source || e.Count != test.count || e.AtLeast != test.least || e.Lead != test.lead || e.First.Before(day) || len(e.Evidence) == 0 || len(e.Exposed) != 1 || e.Because == "" {
				t.Errorf("edge %+v", e)
			}
			for _, id := range []string{e.From, e.To} {
				if !slices.ContainsFunc(c.Logons.Nodes, func(n fleet.Node) bool { return n.ID == id && n.Label != "" }) {
					t.Errorf("no node %s in %+v", id, c.Logons.Nodes)
				}
			}
		})
	}
}

// TestMachineAccounts: a computer's account logs on from its computer all the
// time; from another one it is an edge.
func TestMachineAccounts(t *testing.T) {
	for address, edges := range map[string]int{fleettest.Address(1): 0, fleettest.Address(3): 1} {
		hit, other := fleettest.Quiet(1), fleettest.Quiet(2)
		account := fleettest.Account("WS-001$", 1122)
		act := hit.Act(fleettest.Act{At: day, Person: admin})
		hit.Case.Exposure = []expose.Row{{Act: act, Kind: expose.MachineAccount, Name: `NORDWIND\WS-001$`, SID: account.SID, Recoverable: "yes"}}
		other.Logon(account, 3, address, "", day.Add(time.Hour))
		if c := rollUp(t, fleettest.Batch{hit, other, fleettest.Quiet(3)}); len(c.Logons.Edges) != edges {
			t.Errorf("from %s: edges %+v", address, c.Logons.Edges)
		}
	}
}

// TestSameLogInTwoInputs counts logons once that two inputs of a host hold.
func TestSameLogInTwoInputs(t *testing.T) {
	hit, other, copy := fleettest.Quiet(1), fleettest.Quiet(2), again(2, "z")
	hit.Expose(hit.Act(fleettest.Act{At: day, Person: admin}), 1)
	for _, m := range []*fleettest.Member{other, copy} {
		m.Logon(admin, 3, fleettest.Address(1), "", day.Add(time.Hour), day.Add(2*time.Hour))
	}
	c := rollUp(t, fleettest.Batch{hit, other, copy})
	if len(c.Logons.Edges) != 1 || c.Logons.Edges[0].Count != 2 || !c.Logons.Edges[0].AtLeast {
		t.Errorf("edges %+v", c.Logons.Edges)
	}
}
