package fleet_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts"
	"hivetriage/triage/fleet"
	"hivetriage/triage/fleet/fleettest"
)

// TestSourcesThatTellNothing: addresses that every computer has, and none, make
// no source, no link and no edge.
func TestSourcesThatTellNothing(t *testing.T) {
	for _, address := range []string{"127.0.0.1", "::1", "-", "LOCAL", "0.0.0.0", "fe80::1", "::ffff:127.0.0.1", ""} {
		t.Run(address, func(t *testing.T) {
			one, two := fleettest.Quiet(1), fleettest.Quiet(2)
			one.Act(fleettest.Act{At: day, Person: fleettest.Account("a", 1101), Address: address, Workstation: "-"})
			two.Act(fleettest.Act{At: day.AddDate(0, 0, 1), Person: fleettest.Account("b", 1102), Address: address, Workstation: "-"})
			c := rollUp(t, fleettest.Batch{one, two})
			if len(c.Remote)+len(c.Groups)+len(c.Hints) != 0 {
				t.Errorf("remote %+v, groups %+v, hints %+v", c.Remote, c.Groups, c.Hints)
			}
			for _, a := range c.Acts {
				if len(a.Addresses) != 0 || a.Workstation != "" {
					t.Errorf("act %+v", a)
				}
			}
		})
	}
}

// TestSharedAddress: an address that several hosts have, as behind a router,
// is not said to be one of them.
func TestSharedAddress(t *testing.T) {
	const shared = "192.168.1.10"
	hosts := fleettest.Batch{}
	for i := range 3 {
		m := fleettest.Quiet(i + 1)
		m.Footprint.Hosts[0].Addresses[0].Address = shared
		hosts = append(hosts, m)
	}
	hit := fleettest.Quiet(9)
	hit.Act(fleettest.Act{At: day, Person: admin, Address: shared})
	c := rollUp(t, append(hosts, hit))
	if len(c.Remote) != 1 || c.Remote[0].Joined != fleet.SourceAmbiguous || c.Remote[0].Source != "" || c.Remote[0].Folder != "" || len(c.Remote[0].Because) != 3 {
		t.Errorf("remote %+v", c.Remote)
	}
	hit.Case.Acts[0].Session.Logon.Workstation = "WS-002" // one of those that have it
	if c := rollUp(t, append(hosts, hit)); c.Remote[0].Source != "WS-002" {
		t.Errorf("with the name: %+v", c.Remote[0])
	}
	hit.Case.Acts[0].Session.Logon.Workstation = "WS-777" // none of them
	if c := rollUp(t, append(hosts, hit)); c.Remote[0].Joined != fleet.SourceAmbiguous {
		t.Errorf("with another name: %+v", c.Remote[0])
	}
}

// TestWorkgroup: local users of one name on hosts without a domain are nobody's
// common actor, whatever the records call their domain.
func TestWorkgroup(t *testing.T) {
	for _, domain := range []string{"", ".", "WORKGROUP", "HOME", "%s"} {
		t.Run(domain, func(t *testing.T) {
			var hosts fleettest.Batch
			for i := 1; i <= 2; i++ {
				m := fleettest.Quiet(i)
				for _, h := range []*string{&m.Case.Hosts[0].Domain, &m.Case.Hosts[0].DomainSID, &m.Case.Hosts[0].DNSDomain, &m.Footprint.Hosts[0].Domain, &m.Footprint.Hosts[0].DomainSID, &m.Footprint.Hosts[0].DNSDomain} {
					*h = ""
				}
				m.Case.Hosts[0].Domain = "HOME"
				name := strings.ReplaceAll(domain, "%s", fleettest.Name(i))
				who := artifacts.User{Name: "bob", Domain: name, SID: fmt.Sprintf("%s-1001", fleettest.SID(i))}
				if i == 2 {
					who.SID = ""
				}
				m.Act(fleettest.Act{At: day.Add(time.Duration(i) * 24 * time.Hour), Person: who})
				hosts = append(hosts, m)
			}
			c := rollUp(t, hosts)
			if len(c.Groups) != 0 {
				t.Errorf("groups %+v", c.Groups)
			}
			for _, l := range c.Hints {
				if l.Kind != fleet.SameLocal || l.Joins {
					t.Errorf("hint %+v", l)
				}
			}
		})
	}
}
