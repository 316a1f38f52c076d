package correlate

import (
	"testing"
	"time"

	"hivetriage/artifacts"
)

// TestHalves: the two sessions that one logon of an administrator begins are
// counted as one, and no two logons else are.
func TestHalves(t *testing.T) {
	logon := func(host, sid, id, linked string) artifacts.Event {
		return artifacts.Event{Code: 4624, Host: host, Time: time.Date(2026, 3, 14, 8, 0, 0, 0, time.UTC),
			Target: artifacts.User{Name: "jansen", SID: sid, LogonID: id}, Logon: &artifacts.Logon{Type: 2, LinkedID: linked}}
	}
	const sid = "S-1-5-21-1-2-3-1107"
	for name, c := range map[string]struct {
		events []artifacts.Event
		count  int
	}{
		"both halves":            {[]artifacts.Event{logon("A", sid, "0x10", "0x20"), logon("A", sid, "0x20", "0x10")}, 1},
		"one half only":          {[]artifacts.Event{logon("A", sid, "0x20", "0x10")}, 1},
		"no halves":              {[]artifacts.Event{logon("A", sid, "0x10", ""), logon("A", sid, "0x20", "")}, 2},
		"two logons":             {[]artifacts.Event{logon("A", sid, "0x10", "0x20"), logon("A", sid, "0x20", "0x10"), logon("A", sid, "0x30", "0x40"), logon("A", sid, "0x40", "0x30")}, 2},
		"the ids again":          {[]artifacts.Event{logon("A", sid, "0x10", "0x20"), logon("A", sid, "0x20", "0x10"), logon("A", sid, "0x10", "0x20"), logon("A", sid, "0x20", "0x10")}, 2},
		"halves of other hosts":  {[]artifacts.Event{logon("A", sid, "0x10", "0x20"), logon("B", sid, "0x20", "0x10")}, 2},
		"halves of two accounts": {[]artifacts.Event{logon("A", sid, "0x10", "0x20"), logon("A", sid+"1", "0x20", "0x10")}, 2},
	} {
		var tally LogonTally
		for i := range c.events {
			tally.Add(&c.events[i])
		}
		n := 0
		for _, g := range tally.Groups() {
			n += g.Count
		}
		if n != c.count {
			t.Errorf("%s: %d logons, want %d", name, n, c.count)
		}
	}
	var full Halves
	for i := range maxHalves + 5 {
		e := logon("A", sid, time.Duration(i).String(), "x")
		full.Second(&e)
	}
	if len(full) != maxHalves {
		t.Errorf("%d halves are waited for", len(full))
	}
}
