package fleet_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"hivetriage/triage/expose"
	"hivetriage/triage/fleet"
	"hivetriage/triage/fleet/fleettest"
	"hivetriage/triage/footprint"
	"hivetriage/triage/guide"
)

// ask adds an action to a host's response.
func ask(m *fleettest.Member, step string, priority int, action, target, because string) {
	m.Case.Response = append(m.Case.Response, guide.Action{Step: step, Priority: priority, Action: action, Target: target, Because: because, Evidence: []string{m.Case.Acts[0].ID}})
}

// hit is a host with an act.
func hit(number int) *fleettest.Member {
	m := fleettest.Quiet(number)
	m.Act(fleettest.Act{At: day, Output: fmt.Sprintf("/Temp/%d", number)})
	return m
}

// rows writes a response as "action: targets".
func rows(c *fleet.Case) (lines []string) {
	for _, a := range c.Response {
		lines = append(lines, a.Action+": "+strings.Join(a.Targets, ", "))
	}
	return lines
}

// TestPlaces: a computer has one row over the whole batch. What is one of its
// hosts is called so, and its reasons stand where it is isolated already.
func TestPlaces(t *testing.T) {
	const from, fetched = "Examine and isolate the computers that acts were done from", "Find and isolate the computer that fetched the copy"
	for name, c := range map[string]struct {
		asks [][3]string // action and target, of WS-001 and WS-002
		want []string    // rows, beside the copies and the isolation
		why  string      // held by a reason of the isolation
	}{
		"a host with acts":                         {[][3]string{{guide.IsolateSource, fleettest.Address(2), ""}, {guide.ExamineTarget, "WS-002", ""}}, nil, "as WS-001 tells of WS-002: "},
		"a host without acts":                      {[][3]string{{guide.IsolateSource, "ws-003 " + fleettest.Address(3), fleettest.Address(3)}, {guide.ExamineTarget, "WS-003.nordwind.example", ""}}, []string{from + ": WS-003"}, ""},
		"outside of the batch":                     {[][3]string{{guide.IsolateSource, "10.99.0.7", "KALI 10.99.0.7"}, {fetched, "KALI", ""}}, []string{fetched + ": KALI 10.99.0.7"}, ""},
		"two names of one address":                 {[][3]string{{guide.IsolateSource, "A 10.99.0.7", "B 10.99.0.7"}}, []string{from + ": A 10.99.0.7, B 10.99.0.7"}, ""},
		"a name at an address that is not its own": {[][3]string{{guide.IsolateSource, "WS-003 10.99.0.7", ""}}, []string{from + ": WS-003 10.99.0.7"}, ""},
		"itself by its address":                    {[][3]string{{guide.IsolateSource, fleettest.Address(1), ""}}, nil, ""},
		"unknown":                                  {[][3]string{{fetched, guide.Unknown + "the share, unknown", ""}}, []string{fetched + ": WS-001: the computer behind the share, unknown"}, ""},
	} {
		one, two := hit(1), hit(2)
		for _, a := range c.asks {
			ask(one, "2", 1, a[0], a[1], "why "+a[1])
			if a[2] != "" {
				ask(two, "2", 1, a[0], a[2], "why "+a[2])
			}
		}
		got := rollUp(t, fleettest.Batch{one, two, fleettest.Quiet(3)})
		lines := rows(got)
		if len(lines) < 2 || lines[0] != guide.Isolate+": WS-001, WS-002" || !strings.HasPrefix(lines[len(lines)-1], "Preserve") || !slices.Equal(lines[1:len(lines)-1], c.want) {
			t.Errorf("%s: %q", name, lines)
			continue
		}
		if c.why != "" && !slices.ContainsFunc(got.Response[0].Because, func(s string) bool { return strings.HasPrefix(s, c.why) }) {
			t.Errorf("%s: %q", name, got.Response[0].Because)
		}
	}
}

// TestPlaceShown: what only the batch shows joins what the hosts ask for.
func TestPlaceShown(t *testing.T) {
	source, target := hit(1), fleettest.Quiet(2)
	target.Act(fleettest.Act{At: day.Add(time.Hour), Person: admin, Address: fleettest.Address(1), Output: "/Temp/2"})
	quiet := fleettest.Quiet(3)
	quiet.Act(fleettest.Act{At: day.Add(time.Hour), Person: admin, Address: fleettest.Address(4), Output: "/Temp/3"})
	c := rollUp(t, fleettest.Batch{source, target, quiet, fleettest.Quiet(4)})
	if why := c.Response[0].Because[0]; !strings.HasPrefix(why, "acts on WS-002 were done from WS-001, ") {
		t.Errorf("isolation: %q", c.Response[0].Because)
	}
	if got := rows(c)[1]; got != "Examine and isolate the hosts of the batch that acts on other hosts were done from: WS-004" {
		t.Errorf("a source without acts: %q", got)
	}
}

// TestAccountRows: an account of a domain has one row, with the strongest that
// is asked for; local accounts of one name share one, each with its host.
func TestAccountRows(t *testing.T) {
	const reset = "Reset the domain account's password"
	sid := fleettest.DomainSID + "-1107"
	one, two, three := hit(1), hit(2), hit(3)
	for _, m := range []*fleettest.Member{one, two, three} {
		act := m.Case.Acts[0].ID
		m.Case.Exposure = []expose.Row{{Act: act, Kind: expose.CachedLogon, Name: `NORDWIND\admin.jansen`, SID: sid, Recoverable: "yes"}, {Act: act, Kind: expose.LocalAccount, Name: "Administrator", RID: 500, Recoverable: "yes"},
			{Act: act, Kind: expose.Secret, Name: "DPAPI_SYSTEM", Recoverable: "yes"}}
	}
	ask(one, "3", 2, reset, `NORDWIND\admin.jansen`, "it is cached")
	ask(two, "3", 1, guide.Disable, `NORDWIND\admin.jansen (`+sid+`)`, "the commands ran under it")
	ask(two, "3", 1, guide.Disable, `WS-002\bob (`+fleettest.SID(2)+`-1001)`, "the commands ran under it")
	for _, m := range []*fleettest.Member{one, three} {
		ask(m, "3", 1, "Reset the local account's password", "Administrator", "it is an administrator")
		ask(m, "3", 4, "Replace what the secret protects", "DPAPI_SYSTEM", "keys")
	}
	ask(two, "3", 1, "Reset the local account's password", `WS-003\Administrator`, "a copy of WS-003 lies here")
	ask(two, "3", 4, "Replace what the secret protects", `DPAPI_SYSTEM of WS-003`, "keys")
	c := rollUp(t, fleettest.Batch{one, two, three})
	var got []string
	for _, a := range c.Response {
		if a.Step != "3" {
			continue
		}
		got = append(got, a.Action+": "+strings.Join(a.Targets, ", "))
		switch text := strings.Join(a.Because, "\n"); {
		case strings.Contains(a.Targets[0], "jansen") && (a.Because[0] != "it is exposed on WS-001, WS-002, WS-003" || !strings.Contains(text, "WS-001: it is cached") || !strings.Contains(text, "WS-002: the commands ran")),
			strings.Contains(a.Targets[0], "Administrator") && !strings.Contains(a.Because[0], "Whether the passwords are equal is not known"):
			t.Errorf("%s:\n%s", a.Targets, text)
		}
	}
	want := []string{guide.Disable + `: NORDWIND\admin.jansen`, guide.Disable + `: WS-002\bob`, `Reset the local account's password: WS-001\Administrator, WS-003\Administrator`,
		"Replace what the secret protects: WS-001: DPAPI_SYSTEM, WS-003: DPAPI_SYSTEM"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want\n%q", got, want)
	}
}

// TestResponseOrder: by priority, then contain, reset, eradicate, recover, find
// the way in, confirm, log.
func TestResponseOrder(t *testing.T) {
	m := hit(1)
	m.Case.Response = nil
	want := []string{"Open an incident", guide.Isolate, guide.Disable, guide.ResetDomain, "Reset it", "Remove it", "Scan it", guide.Reimage, "Find the way", "Confirm it", "Log it"}
	steps := []string{"1", "2", "3", "3", "3", "4", "5", "4", "6", "1", "7"}
	for i := range want {
		k := (i*7 + 3) % len(want) // in no order
		priority := 1
		if steps[k] == "7" || k >= 5 {
			priority = 3
		}
		ask(m, steps[k], priority, want[k], "the host", "why")
	}
	c := rollUp(t, fleettest.Batch{m})
	var got []string
	for i, a := range c.Response {
		got = append(got, a.Action)
		if a.Order != i+1 || !slices.Equal(a.Targets, []string{"WS-001"}) {
			t.Errorf("%+v", a)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want\n%q", got, want)
	}
}

// TestResponseBounds: reasons and targets beyond the bounds are counted.
func TestResponseBounds(t *testing.T) {
	m := hit(1)
	m.Case.Response = nil
	for i := range fleet.MaxTargets + 5 {
		ask(m, "4", 2, "Preserve, then remove the copy", fmt.Sprintf("/Temp/%d", i), fmt.Sprintf("copy %d", i))
	}
	c := rollUp(t, fleettest.Batch{m})
	a := c.Response[0]
	if n := len(a.Because); len(c.Response) != 1 || len(a.Targets) != fleet.MaxTargets || a.Because[n-1] != "and 5 more targets, in the hosts' own cases" || a.Because[n-2] != "and 985 more reasons, in the hosts' own cases" {
		t.Errorf("%d rows, %d targets, %q", len(c.Response), len(a.Targets), a.Because)
	}
}

// TestResponseEvidence: what a row points to stands in the case that it names.
func TestResponseEvidence(t *testing.T) {
	b := small()
	cases := map[string]*fleettest.Member{}
	for _, m := range b {
		cases[m.Status.Folder] = m
	}
	looked := 0
	for _, a := range rollUp(t, b).Response {
		if len(a.Evidence) == 0 {
			t.Errorf("%s points to nothing", a.Action)
		}
		for _, ref := range a.Evidence {
			m := cases[ref.Folder]
			switch {
			case m == nil || m.Case == nil:
				t.Errorf("%s points to %q", a.Action, ref.Folder)
			case ref.ID != "":
				looked++
				text := fmt.Sprintf("%+v", m.Case.Acts) + fmt.Sprintf("%+v", m.Case.Exports) + fmt.Sprintf("%+v", m.Case.Records)
				if !strings.Contains(text, ref.ID) {
					t.Errorf("%s points to %q, which %s does not have", a.Action, ref.ID, ref.Folder)
				}
			case ref.Path == "" || !slices.ContainsFunc(m.Footprint.Logons, func(l footprint.Logon) bool { return l.FirstFrom.Path == ref.Path }):
				t.Errorf("%s points to %+v", a.Action, ref)
			}
		}
	}
	if looked < 8 {
		t.Errorf("only %d ids were looked at", looked)
	}
}
