package triage

import (
	"testing"

	"hivetriage/triage/correlate"
	"hivetriage/triage/destination"
)

// TestHowFarOfWhatIsGone: what is not there any more cannot be fetched.
func TestHowFarOfWhatIsGone(t *testing.T) {
	at := func(path, state string) correlate.Whereabouts {
		return correlate.Whereabouts{Path: path, State: state, Reach: destination.Reachable}
	}
	got := howFar([]correlate.Act{{Whereabouts: []correlate.Whereabouts{at("/a", "live"), at("/b", "not found on this evidence"), at("/c", "deleted")}}})
	if want := "; 1 can be fetched from outside (/a); 2 could be fetched from outside (/b and others); whether they were taken on from there is unknown"; got != want {
		t.Errorf("%q", got)
	}
}
