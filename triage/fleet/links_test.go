package fleet_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts"
	"hivetriage/triage/fleet"
	"hivetriage/triage/fleet/fleettest"
)

// TestLinks asks what joins two acts on two hosts, and what does not.
func TestLinks(t *testing.T) {
	sum := func(b string) string { return strings.Repeat(b, 32) }
	user := func(name, domain, sid string) artifacts.User {
		return artifacts.User{Name: name, Domain: domain, SID: sid}
	}
	tests := []struct {
		name   string
		a, b   fleettest.Act
		joined []string // kinds that put them into one group
		hints  []string
	}{
		{"nothing shared", fleettest.Act{Tool: regExe, Output: "/A/sam1"}, fleettest.Act{Tool: regExe, Output: "/B/x"}, nil, nil},
		{"one account of the domain", fleettest.Act{Person: admin}, fleettest.Act{Person: admin}, []string{fleet.SameActor}, nil},
		{"the same name in two domains", fleettest.Act{Person: user("eve", "NORD", fleettest.DomainSID+"-1200")}, fleettest.Act{Person: user("eve", "SUED", "S-1-5-21-7-8-9-1200")}, nil, nil},
		{"the same name in two domains, without SIDs", fleettest.Act{Person: user("eve", "NORD", "")}, fleettest.Act{Person: user("eve", "SUED", "")}, nil, nil},
		{"domain and name, without SIDs", fleettest.Act{Person: user("eve", "NORDWIND", "")}, fleettest.Act{Person: user("EVE", "nordwind", "")}, []string{fleet.SameActor}, nil},
		{"domain and DNS name, without SIDs", fleettest.Act{Person: user("eve", "NORDWIND", "")}, fleettest.Act{Person: user("eve", "nordwind.example", "")}, []string{fleet.SameActor}, nil},
		{"a domain that no host is of, without SIDs", fleettest.Act{Person: user("eve", "NORD", "")}, fleettest.Act{Person: user("EVE", "nord", "")}, nil, []string{fleet.SameActor}},
		{"a workgroup, without SIDs", fleettest.Act{Person: user("bob", "WORKGROUP", "")}, fleettest.Act{Person: user("bob", "WORKGROUP", "")}, nil, []string{fleet.SameLocal}},
		{"a workgroup, one with a SID", fleettest.Act{Person: user("bob", "WORKGROUP", "")}, fleettest.Act{Person: user("bob", "WORKGROUP", "S-1-5-21-7-8-9-1001")}, nil, []string{fleet.SameLocal}},
		{"a workgroup, with SIDs of clones", fleettest.Act{Person: user("bob", "WORKGROUP", "S-1-5-21-7-8-9-1001")}, fleettest.Act{Person: user("bob", "WORKGROUP", "S-1-5-21-7-8-9-1001")}, nil, []string{fleet.SameLocal}},
		{"the computer itself, without SIDs", fleettest.Act{Person: user("bob", ".", "")}, fleettest.Act{Person: user("bob", ".", "")}, nil, []string{fleet.SameLocal}},
		{"the computer itself and by its name", fleettest.Act{Person: user("bob", ".", "")}, fleettest.Act{Person: user("bob", "WS-002", "")}, nil, []string{fleet.SameLocal}},
		{"the other computer's name", fleettest.Act{Person: user("bob", "WS-001", "")}, fleettest.Act{Person: user("bob", "WS-001", "")}, nil, []string{fleet.SameLocal}},
		{"a Microsoft account", fleettest.Act{Person: user("bob@example.com", "MicrosoftAccount", fleettest.SID(1)+"-1001")}, fleettest.Act{Person: user("Bob@example.com", "MicrosoftAccount", "")}, []string{fleet.SameActor}, nil},
		{"a Microsoft account without its address", fleettest.Act{Person: user("bob", "MicrosoftAccount", "")}, fleettest.Act{Person: user("bob", "MicrosoftAccount", "")}, nil, []string{fleet.SameActor}},
		{"an account of the cloud by its address", fleettest.Act{Person: user("eve@example.com", "AzureAD", "")}, fleettest.Act{Person: user("eve@example.com", "AzureAD", "")}, []string{fleet.SameActor}, nil},
		{"an account of the cloud by its address, one with a SID", fleettest.Act{Person: user("eve@example.com", "AzureAD", "")}, fleettest.Act{Person: user("eve@example.com", "AzureAD", "S-1-12-1-1-2-3-4")}, []string{fleet.SameActor}, nil},
		{"an account of the cloud by the name it shows", fleettest.Act{Person: user("EveExample", "AzureAD", "")}, fleettest.Act{Person: user("EveExample", "AzureAD", "")}, nil, []string{fleet.SameActor}},
		{"two accounts of the cloud with one name", fleettest.Act{Person: user("EveExample", "AzureAD", "S-1-12-1-1-2-3-4")}, fleettest.Act{Person: user("EveExample", "AzureAD", "S-1-12-1-5-6-7-8")}, nil, nil},
		{"computers' own account of a workgroup", fleettest.Act{Person: user("PC$", "WORKGROUP", "S-1-5-18")}, fleettest.Act{Person: user("PC$", "WORKGROUP", "S-1-5-18")}, nil, nil},
		{"domain and name, one with a SID", fleettest.Act{Person: user("eve", "NORD", "")}, fleettest.Act{Person: user("eve", "NORD", fleettest.DomainSID+"-1200")}, []string{fleet.SameActor}, nil},
		{"one domain and name, two SIDs", fleettest.Act{Person: user("eve", "NORD", "S-1-5-21-7-8-9-1200")}, fleettest.Act{Person: user("eve", "NORD", fleettest.DomainSID+"-1200")}, nil, nil},
		{"a name without a domain", fleettest.Act{Person: user("eve", "", "")}, fleettest.Act{Person: user("eve", "", "")}, nil, nil},
		{"local accounts", fleettest.Act{Person: user("eve", "WS-001", fleettest.SID(1)+"-1001")}, fleettest.Act{Person: user("eve", "WS-002", fleettest.SID(2)+"-1001")}, nil, []string{fleet.SameLocal}},
		{"local accounts without SIDs", fleettest.Act{Person: user("eve", "WS-001", "")}, fleettest.Act{Person: user("eve", "WS-002", "")}, nil, []string{fleet.SameLocal}},
		{"SYSTEM", fleettest.Act{Person: user("SYSTEM", "NT AUTHORITY", "S-1-5-18")}, fleettest.Act{Person: user("SYSTEM", "NT AUTHORITY", "S-1-5-18")}, nil, nil},
		{"a well-known SID", fleettest.Act{Person: user("", "", "S-1-5-7")}, fleettest.Act{Person: user("", "", "S-1-5-7")}, nil, nil},
		{"an account of the cloud", fleettest.Act{Person: user("eve", "AzureAD", "S-1-12-1-1-2-3-4")}, fleettest.Act{Person: user("eve", "AzureAD", "S-1-12-1-1-2-3-4")}, []string{fleet.SameActor}, nil},
		{"one program", fleettest.Act{Tool: tool, SHA256: toolSum}, fleettest.Act{Tool: `C:\Temp\other.exe`, SHA256: toolSum}, []string{fleet.SameTool}, nil},
		{"a program of Windows", fleettest.Act{Tool: regExe, SHA256: toolSum}, fleettest.Act{Tool: regExe, SHA256: toolSum}, nil, nil},
		{"a program of Windows, elsewhere under another name", fleettest.Act{Tool: regExe, SHA256: toolSum}, fleettest.Act{Tool: `C:\Temp\other.exe`, SHA256: toolSum}, nil, nil},
		{"programs without hashes", fleettest.Act{Tool: tool}, fleettest.Act{Tool: tool}, nil, nil},
		{"one address", fleettest.Act{Address: "10.9.9.9"}, fleettest.Act{Share: "::ffff:10.9.9.9"}, []string{fleet.SameSource}, nil},
		{"the computer itself", fleettest.Act{Address: "127.0.0.1"}, fleettest.Act{Address: "127.0.0.1"}, nil, nil},
		{"the computer itself, IPv6", fleettest.Act{Address: "::1"}, fleettest.Act{Address: "::1"}, nil, nil},
		{"the computer itself by its own address", fleettest.Act{Address: fleettest.Address(1)}, fleettest.Act{Address: fleettest.Address(2), Workstation: "WS-002"}, nil, nil},
		{"no address", fleettest.Act{Address: "-", Workstation: "-"}, fleettest.Act{Address: "-", Workstation: "-"}, nil, nil},
		{"link-local addresses", fleettest.Act{Address: "fe80::1"}, fleettest.Act{Address: "fe80::1"}, nil, nil},
		{"one computer's name", fleettest.Act{Workstation: "KALI"}, fleettest.Act{Workstation: `\\kali`}, []string{fleet.SameStation}, nil},
		{"done from the other", fleettest.Act{}, fleettest.Act{At: day.AddDate(0, 0, 1), Address: fleettest.Address(1)}, []string{fleet.CameFrom}, nil},
		{"done from the other before it was hit", fleettest.Act{At: day.AddDate(0, 0, 2)}, fleettest.Act{At: day.AddDate(0, 0, 1), Address: fleettest.Address(1)}, nil, nil},
		{"one form of name", fleettest.Act{Output: "/Users/eve/Desktop/SAM_01"}, fleettest.Act{Output: "/Users/bob/Desktop/system_22"}, nil, []string{fleet.SameOutput}},
		{"names with the host's", fleettest.Act{Output: "/Temp/ws-001.sam"}, fleettest.Act{Output: "/Temp/WS-002.sam"}, nil, []string{fleet.SameOutput}},
		{"one form of name and one account", fleettest.Act{Person: admin, Output: "/Temp/ws-001.sam"}, fleettest.Act{Person: admin, Output: "/Temp/WS-002.sam"}, []string{fleet.SameActor, fleet.SameOutput}, nil},
		{"another folder", fleettest.Act{Output: "/Temp/a/sam"}, fleettest.Act{Output: "/Temp/b/sam"}, nil, nil},
		{"the same bytes", fleettest.Act{Copy: sum("aa")}, fleettest.Act{Copy: sum("aa")}, []string{fleet.SameBytes}, nil},
		{"close in time", fleettest.Act{At: day}, fleettest.Act{At: day.Add(30 * time.Minute)}, nil, []string{fleet.SameTime}},
		{"one of them explained", fleettest.Act{Person: admin, Verdict: "explained"}, fleettest.Act{Person: admin}, nil, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if test.a.At.IsZero() {
				test.a.At = day
			}
			if test.b.At.IsZero() {
				test.b.At = day.AddDate(0, 0, 3)
			}
			one, two := fleettest.Quiet(1), fleettest.Quiet(2)
			one.Act(test.a)
			two.Act(test.b)
			c := rollUp(t, fleettest.Batch{one, two})
			var joined, hints []string
			for _, g := range c.Groups {
				for _, l := range g.Links {
					joined = append(joined, l.Kind)
				}
			}
			for _, l := range c.Hints {
				hints = append(hints, l.Kind)
			}
			if !slices.Equal(joined, test.joined) || !slices.Equal(hints, test.hints) {
				t.Errorf("joined by %q with hints %q, want %q and %q", joined, hints, test.joined, test.hints)
			}
			if grouped := c.Acts[0].Group > 0 && c.Acts[1].Group > 0; grouped != (len(test.joined) > 0) {
				t.Errorf("groups %d and %d, joined by %q", c.Acts[0].Group, c.Acts[1].Group, joined)
			}
		})
	}
}

// TestGroupsAreUnions: what A and B share and what B and C share puts the three
// into one group; D stays alone, and a group is of several computers.
func TestGroupsAreUnions(t *testing.T) {
	var b fleettest.Batch
	for n := range 4 {
		b = append(b, fleettest.Quiet(n+1))
	}
	b[0].Act(fleettest.Act{At: day, Person: admin})
	b[1].Act(fleettest.Act{At: day.AddDate(0, 0, 1), Person: admin, Address: "10.9.9.9"})
	b[2].Act(fleettest.Act{At: day.AddDate(0, 0, 2), Address: "10.9.9.9"})
	b[3].Act(fleettest.Act{At: day.AddDate(0, 0, 3), Address: "10.8.8.8"})
	b[3].Act(fleettest.Act{At: day.AddDate(0, 0, 4), Address: "10.8.8.8"})
	c := rollUp(t, b)
	if len(c.Groups) != 1 || len(c.Groups[0].Acts) != 3 || len(c.Groups[0].Hosts) != 3 || c.Groups[0].Verdict != "confirmed" {
		t.Fatalf("groups %+v", c.Groups)
	}
	if want := "3 acts on 3 hosts, from 2026-03-14 14:00:00 UTC to 2026-03-16 14:01:00 UTC, are linked, by the account NORDWIND\\admin.jansen (2), the source address 10.9.9.9 (2)."; c.Groups[0].Text != want {
		t.Errorf("text %q, want %q", c.Groups[0].Text, want)
	}
	if c.Acts[3].Group != 0 || c.Acts[4].Group != 0 {
		t.Error("two acts of one host make a group")
	}
}
