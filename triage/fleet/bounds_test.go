package fleet_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"hivetriage/triage"
	"hivetriage/triage/correlate"
	"hivetriage/triage/expose"
	"hivetriage/triage/fleet"
	"hivetriage/triage/fleet/fleettest"
	"hivetriage/triage/footprint"
	"hivetriage/triage/guide"
	"hivetriage/triage/locate"
	"hivetriage/triage/program"
)

// flood fills a host's documents with n of everything, all of it alike or with
// ids of its own, and true of nothing.
func flood(m *fleettest.Member, n int, alike bool) {
	c, f := m.Case, m.Footprint
	id := func(kind string, i int) string {
		if alike {
			return kind
		}
		return fmt.Sprint(kind, i)
	}
	ids := make([]string, n)
	for i := range ids {
		ids[i] = id("record-", i)
	}
	act := c.Acts[0]
	act.Records, act.Exports = ids, ids
	c.Acts, c.Exports, c.Records, c.Exposure, c.Executables, c.Response = nil, nil, nil, nil, nil, nil
	for i := range n {
		a := act
		a.ID, a.Start, a.End = id("act-", i), act.Start.Add(time.Duration(i)*time.Second), act.End.Add(time.Duration(i)*time.Second)
		a.Sessions = []correlate.Session{{Start: a.Start}}
		c.Acts = append(c.Acts, a)
		c.Exports = append(c.Exports, locate.Export{ID: id("record-", i), Hive: "SAM", SHA256: strings.Repeat("ab", 32)})
		c.Records = append(c.Records, correlate.Record{ID: id("record-", i), Kind: "process", Assessment: "export", Host: id("HOST", i), Address: fmt.Sprintf("10.1.%d.%d", i/250%250, i%250)})
		c.Exposure = append(c.Exposure, expose.Row{Act: id("act-", i), Host: id("HOST", i), Name: id("account", i), Kind: expose.Kind(id("kind", i)), Recoverable: "yes", Standing: "unchanged"})
		c.Executables = append(c.Executables, program.Executable{Path: id(`C:\x\`, i), SHA256: fmt.Sprintf("%064x", i), Acts: ids, Prevalence: &program.Prevalence{Hosts: -5, Of: 1 << 40}})
		c.Response = append(c.Response, guide.Action{Step: "4", Priority: -1, Action: id("act ", i), Target: id("target", i), Because: "x", Evidence: ids})
		c.Timeline = append(c.Timeline, triage.Moment{Time: a.Start, Kind: id("kind", i), What: "x"})
		f.Outgoing = append(f.Outgoing, footprint.Outgoing{To: strings.ToLower(fleettest.Name(2)), How: id("how", i), Count: -1, First: a.Start, Last: a.End})
		f.Programs = append(f.Programs, footprint.Program{Path: id(`c:\x\`, i)})
		f.Logons = append(f.Logons, footprint.Logon{Outcome: footprint.Succeeded, Account: fleettest.Account("admin.jansen", 1107), Address: fmt.Sprintf("10.2.%d.%d", i/250%250, i%250), Count: -3, First: a.Start.Add(time.Hour), Last: a.Start})
		f.Hosts[0].Names = append(f.Hosts[0].Names, id("name", i))
		f.Hosts[0].Addresses = append(f.Hosts[0].Addresses, footprint.Address{Address: fleettest.Address(2)})
		f.Hosts = append(f.Hosts, footprint.Host{Name: id("OTHER", i), Names: []string{fleettest.Name(2)}})
		f.Mounts = append(f.Mounts, footprint.Mount{Signature: "1234ABCD", Offset: 512})
		f.Disks = append(f.Disks, footprint.Disk{Signature: "1234ABCD", Offset: 512})
	}
}

// TestFlood: hosts whose documents hold far too much do not crowd out the
// others, and the answer stays within its bounds.
func TestFlood(t *testing.T) {
	for _, alike := range []bool{true, false} {
		b := fleettest.Batch{hit(1), hit(2), hit(3), fleettest.Quiet(4)}
		flood(b[0], 2100, alike)
		flood(b[1], 2100, alike)
		c := rollUp(t, b)
		if len(c.Hosts) != 4 || len(c.NotTriaged) != 0 {
			t.Fatalf("%d hosts, %d not triaged", len(c.Hosts), len(c.NotTriaged))
		}
		acts := map[string]int{}
		for _, a := range c.Acts {
			acts[a.Folder]++
		}
		if acts[b[2].Status.Folder] != 1 || acts[b[0].Status.Folder] != 200 || acts[b[1].Status.Folder] != 200 {
			t.Errorf("acts %v", acts)
		}
		for _, h := range c.Hosts {
			flooded := h.Folder == b[0].Status.Folder || h.Folder == b[1].Status.Folder
			if told := strings.Contains(strings.Join(h.Notes, " "), "Left out here"); told != flooded || flooded && h.Acts != 2100 {
				t.Errorf("%s: %d acts, %q", h.Folder, h.Acts, h.Notes)
			}
		}
		links := len(c.Hints)
		for _, g := range c.Groups {
			links += len(g.Links)
		}
		if links > 1000 || len(c.Accounts) > fleet.MaxAccounts || len(c.Response) > fleet.MaxActions || len(c.Logons.Edges) > fleet.MaxEdges || len(c.Remote) > fleet.MaxRemote || len(c.Foreign) > fleet.MaxForeign || len(c.Programs) > fleet.MaxPrograms || len(c.Timeline) > fleet.MaxMoments {
			t.Errorf("%d links, %d accounts, %d actions, %d edges, %d sources, %d copies, %d programs, %d moments", links, len(c.Accounts), len(c.Response), len(c.Logons.Edges), len(c.Remote), len(c.Foreign), len(c.Programs), len(c.Timeline))
		}
		if text, err := json.Marshal(c); err != nil || len(text) > 64<<20 {
			t.Errorf("%d bytes, %v", len(text), err)
		}
	}
}

// TestLongTexts: a text of any length is cut.
func TestLongTexts(t *testing.T) {
	m := hit(1)
	long := strings.Repeat("ü", 1<<20)
	m.Case.Hosts[0].Name, m.Case.Exports[0].SHA256, m.Case.Exposure = long, long, nil
	m.Case.Response = append(m.Case.Response, guide.Action{Step: "4", Action: long, Target: long, Because: long})
	m.Case.Acts[0].Hives = []string{long}
	c := rollUp(t, fleettest.Batch{m})
	text, err := json.Marshal(c)
	if err != nil || len(text) > 256<<10 {
		t.Errorf("%d bytes, %v", len(text), err)
	}
}

// FuzzDocuments rolls up what a host's documents may hold: two hosts have them,
// so that they are compared with one another, and one is as it should be.
func FuzzDocuments(f *testing.F) {
	m := hit(1)
	theCase, err := json.Marshal(m.Case)
	if err != nil {
		f.Fatal(err)
	}
	print, err := json.Marshal(m.Footprint)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(theCase, print)
	f.Add([]byte(`{}`), []byte(`{}`))
	f.Fuzz(func(t *testing.T, theCase, print []byte) {
		b := fleettest.Batch{hit(1), hit(2), hit(3)}
		for _, m := range b[:2] {
			m.Case, m.Footprint = &triage.Case{}, &footprint.Footprint{}
			if json.Unmarshal(theCase, m.Case) != nil || json.Unmarshal(print, m.Footprint) != nil {
				return
			}
		}
		c := rollUp(t, b)
		if len(c.Hosts)+len(c.NotTriaged) != 3 || len(c.Summary) > 8 {
			t.Errorf("%d hosts, %d not triaged, %q", len(c.Hosts), len(c.NotTriaged), c.Summary)
		}
		if _, err := json.Marshal(c); err != nil && !strings.Contains(err.Error(), "year outside of range") {
			t.Error(err)
		}
		c.Apply(b[0].Case)
	})
}
