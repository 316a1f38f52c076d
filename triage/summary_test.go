package triage

import (
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts"
	"hivetriage/triage/correlate"
)

// TestSeveralActs: of several acts the summary says when the first and the last
// began, and which it tells of.
func TestSeveralActs(t *testing.T) {
	act := func(id string, confidence, day int) correlate.Act {
		a := correlate.Act{ID: id, Confidence: confidence}
		if day > 0 {
			a.Start = time.Date(2026, 3, day, 23, 30, 2, 0, time.UTC)
		}
		return a
	}
	for name, c := range map[string]struct {
		acts        []correlate.Act
		which, when string
	}{
		"one":              {[]correlate.Act{act("a", 90, 1)}, "", ""},
		"alike":            {[]correlate.Act{act("a", 25, 2), act("b", 25, 1)}, "The first of them, b, than which none is stronger: ", ", the first at 2026-03-01 23:30:02 UTC, the last at 2026-03-02 23:30:02 UTC"},
		"one is stronger":  {[]correlate.Act{act("a", 25, 1), act("b", 26, 2)}, "The strongest of them, b: ", ", the first at 2026-03-01 23:30:02 UTC, the last at 2026-03-02 23:30:02 UTC"},
		"two are stronger": {[]correlate.Act{act("a", 26, 3), act("b", 25, 1), act("c", 26, 2)}, "The first of the 2 strongest, c: ", ", the first at 2026-03-01 23:30:02 UTC, the last at 2026-03-03 23:30:02 UTC"},
		"without a time":   {[]correlate.Act{act("a", 26, 0), act("b", 25, 1)}, "The strongest of them, a: ", ", the first at 2026-03-01 23:30:02 UTC, the last at 2026-03-01 23:30:02 UTC; of 1 the time is not known"},
		"no times":         {[]correlate.Act{act("a", 26, 0), act("b", 25, 0)}, "The strongest of them, a: ", ""},
	} {
		_, which := strongest(c.acts)
		if when := firstAndLast(c.acts); which != c.which || when != c.when {
			t.Errorf("%s: %q, %q", name, which, when)
		}
	}
}

// TestToldForeign: of copies of other hosts' hives the summary names all
// sessions that brought them, and does not say whose those are that are gone.
func TestToldForeign(t *testing.T) {
	session := func(ip string) correlate.Session {
		return correlate.Session{Logon: artifacts.Logon{Type: 3, SourceIP: ip}}
	}
	first, other := session("10.0.0.1"), session("10.0.0.3")
	other.User = artifacts.User{Name: "somebody"}
	a := correlate.Act{Actor: artifacts.User{Name: "jansen", Domain: "CORP"}, Hives: []string{"SAM"}, Session: &first, Sessions: []correlate.Session{first, session("10.0.0.2"), session("10.0.0.2"), other},
		Whereabouts: []correlate.Whereabouts{{Export: "exp-1"}, {State: "not found on this evidence"}}}
	got := told(a, []string{"WS1"})
	if want := `CORP\jansen put copies of SAM there, in sessions of type 3 (network) from 10.0.0.1, type 3 (network) from 10.0.0.2; those that were found are of WS1; whose hives were in the 1 copy not found, no record says.`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	a.Sessions, a.Whereabouts = a.Sessions[:1], a.Whereabouts[:1]
	if got := told(a, []string{"WS1"}); !strings.HasSuffix(got, "put copies of SAM of WS1 there, in a session of type 3 (network) from 10.0.0.1.") {
		t.Error(got)
	}
}
