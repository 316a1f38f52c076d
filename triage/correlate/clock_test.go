package correlate

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts"
	"hivetriage/triage/locate"
)

// setBack is a clock that was set from one to another time.
func setBack(before, after time.Time) ClockChange {
	return ClockChange{Host: "WS1", Before: before, After: after, User: artifacts.User{Name: "eve", Domain: "WS1"},
		From: From{Path: "Security.evtx", RecordID: 50, EventCode: "4616"}}
}

// TestGaps: what lies on both sides of a change is as far apart as it was, and
// the numbers of one log decide on which side something lies.
func TestGaps(t *testing.T) {
	change := setBack(at(time.Minute), at(-3*time.Hour))
	numbered := func(n uint64) From { return From{Path: "Security.evtx", RecordID: n} }
	for _, c := range []struct {
		name         string
		a, b         time.Duration
		fromA, fromB From
		want         []time.Duration
	}{
		{"far from it, before", -5 * time.Hour, -4 * time.Hour, From{}, From{}, []time.Duration{time.Hour}},
		{"across, not known", 0, -3*time.Hour + time.Minute, From{}, From{}, []time.Duration{-3*time.Hour + time.Minute, 2 * time.Minute, -6 * time.Hour}},
		{"across, by number", 0, -3*time.Hour + time.Minute, numbered(49), numbered(51), []time.Duration{2 * time.Minute}},
		{"across, the other way", -3*time.Hour + time.Minute, 0, numbered(51), numbered(49), []time.Duration{-2 * time.Minute}},
		{"both before, by number", 0, -3*time.Hour + time.Minute, numbered(41), numbered(42), []time.Duration{-3*time.Hour + time.Minute}},
	} {
		var got []time.Duration
		for _, g := range (&Known{Clocks: []ClockChange{change}}).gaps("ws1.nordwind.example", at(c.a), at(c.b), c.fromA, c.fromB) {
			got = append(got, g.Duration)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
	if got := (&Known{Clocks: []ClockChange{change}}).gaps("WS2", at(0), at(-3*time.Hour), From{}, From{}); len(got) != 1 {
		t.Errorf("the clock of another host: %v", got)
	}
}

// TestClockChanged: a clock that was set back during a dump splits it into no
// two acts, casts no doubt on the copies, and is told.
func TestClockChanged(t *testing.T) {
	known := Known{Clocks: []ClockChange{setBack(at(30*time.Second), at(-3*time.Hour))}}
	first := save("r1", "SAM", `C:\Users\Public\sam.save`, at(0), 100, 50)
	second := save("r2", "SYSTEM", `C:\Users\Public\sys.save`, at(-3*time.Hour+time.Minute), 101, 50)
	exports := []locate.Export{export("e1", "SAM", "/Users/Public/sam.save", at(-3*time.Hour+time.Second)), export("e2", "SYSTEM", "/gfx.dat", at(-3*time.Hour+time.Minute+time.Second))}
	for name, c := range map[string]struct {
		known Known
		acts  int
		doubt bool
	}{"told": {known, 1, false}, "not told": {Known{}, 1, true}} {
		acts := Join(exports, []Record{first, second}, c.known)
		told := fmt.Sprint(acts[0].For)
		doubted := slices.ContainsFunc(acts[0].Against, func(s string) bool { return strings.Contains(s, "before the record") })
		if len(acts) != c.acts || doubted != c.doubt || strings.Contains(told, "the clock of WS1 was set from") == c.doubt {
			t.Errorf("%s: %v, for %q against %q", name, ids(acts), acts[0].For, acts[0].Against)
		}
	}
	if acts := Join(nil, []Record{first, second}, Known{}); len(acts) != 2 {
		t.Errorf("hours apart by a clock that nobody set: %v", ids(acts))
	}
	if acts := Join(nil, []Record{first, second}, known); len(acts) != 1 {
		t.Errorf("minutes apart across a change: %v", ids(acts))
	}
	first.From.RecordID, second.From.RecordID = 10, 11
	if acts := Join(nil, []Record{first, second}, known); len(acts) != 2 {
		t.Errorf("both before the change, hours apart: %v", ids(acts))
	}
}

// TestPrecision: times that are cut to seconds lie before what they are of.
func TestPrecision(t *testing.T) {
	for _, c := range []struct {
		created time.Duration
		fn      bool
		joined  bool
	}{
		{-3500 * time.Millisecond, false, false},
		{-3 * time.Second, false, true},  // odd: cut to a second
		{-4 * time.Second, false, true},  // even: maybe cut to two
		{-4 * time.Second, true, false},  // NTFS
		{-5 * time.Second, false, false}, // beyond
		{-2 * time.Second, true, true},
	} {
		e := export("e1", "SAM", "/gfx.dat", at(c.created))
		if c.fn {
			e.Times.FN.Created = e.Times.SI.Created
		}
		r := save("r1", "SAM", `C:\sam.save`, at(0), 100, 50)
		if acts := Join([]locate.Export{e}, []Record{r}, Known{}); (len(acts) == 1) != c.joined {
			t.Errorf("created %v after it, NTFS %v: %v", c.created, c.fn, ids(acts))
		}
	}
}

// TestAcrossAFlood: the change is found though many records lie between.
func TestAcrossAFlood(t *testing.T) {
	known := Known{Clocks: []ClockChange{setBack(at(30*time.Second), at(-3*time.Hour))}}
	records := []Record{save("last", "SAM", `C:\a`, at(0), 1, 50), save("first", "SYSTEM", `C:\b`, at(-3*time.Hour+time.Second), 2, 50)}
	for i := range 200 {
		r := save(ID("rec", fmt.Sprint(i)), "SAM", `C:\c`, at(-time.Duration(i+30)*time.Second), uint32(i+10), 7)
		r.User = artifacts.User{Name: "bob", SID: "S-1-5-21-1-2-3-1002", LogonID: "0x9"}
		records = append(records, r)
	}
	for _, a := range Join(nil, records, known) {
		if slices.Contains(a.Records, "last") && len(a.Records) != 2 {
			t.Errorf("%d records in the act of the last one before the change", len(a.Records))
		}
	}
}
