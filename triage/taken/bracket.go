// Package taken brackets the moment at which a copy of a hive was made. Each
// bound names what it was read from; what contradicts is told, not averaged.
package taken

import (
	"fmt"
	"slices"
	"time"

	"hivetriage/triage/locate"
)

// The words for how sure a bound is.
const (
	certain = "certain"
	likely  = "likely"
)

const (
	// slack is how far two clocks may disagree: a header's time of saving lies
	// some milliseconds before or after the newest key and the file's times.
	slack = time.Second
	// filling is how long the saving of a hive into its new file takes at most.
	filling = time.Minute
)

// Bracket combines bounds: the latest of the lower and the earliest of the
// upper ones. Of two that cross, the less certain one is set aside, of two
// equally certain ones the upper, and that is told. The conflicts and notes
// given are what else is known. Bracket can be asked again with the bounds and
// conflicts that it returned and new ones.
func Bracket(bounds []locate.Bound, conflicts []locate.Conflict, notes []string) locate.Taken {
	t := locate.Taken{Bounds: slices.Clone(bounds), Because: []string{}}
	for i := range t.Bounds {
		t.Bounds[i].SetAside = false
	}
	for _, c := range conflicts {
		if c.Kind != locate.BoundsCross { // they are found anew
			t.Conflicts = append(t.Conflicts, c)
		}
	}
	if exact := tightest(t.Bounds, locate.ExactTime); exact != nil {
		t.Exact = exact.Time
		settle(&t, exact)
	}
	settle(&t, nil)
	if lower := tightest(t.Bounds, locate.NotBefore); lower != nil {
		t.NotBefore = lower.Time
	}
	if upper := tightest(t.Bounds, locate.NotAfter); upper != nil {
		t.NotAfter = upper.Time
	}
	for _, b := range t.Bounds {
		t.Because = append(t.Because, boundText(b))
	}
	for _, c := range t.Conflicts {
		t.Because = append(t.Because, "conflict: "+c.What)
	}
	t.Because = append(t.Because, notes...)
	return t
}

// Add brackets again with what was found out since.
func Add(t locate.Taken, bounds []locate.Bound, conflicts []locate.Conflict, notes []string) locate.Taken {
	before := t.Because[min(len(t.Bounds)+len(t.Conflicts), len(t.Because)):]
	return Bracket(slices.Concat(t.Bounds, bounds), slices.Concat(t.Conflicts, conflicts), slices.Concat(before, notes))
}

// tightest returns the bound of a side that says most, of those in use.
func tightest(bounds []locate.Bound, side string) (best *locate.Bound) {
	for i := range bounds {
		b := &bounds[i]
		switch {
		case b.Side != side || b.SetAside:
		case best == nil, side == locate.NotBefore && b.Time.After(best.Time), side != locate.NotBefore && b.Time.Before(best.Time):
			best = b
		}
	}
	return best
}

// settle sets bounds aside until none cross: against each other, or against
// the exact time.
func settle(t *locate.Taken, exact *locate.Bound) {
	for {
		lower, upper := tightest(t.Bounds, locate.NotBefore), tightest(t.Bounds, locate.NotAfter)
		switch {
		case exact != nil && crossed(lower, exact):
			if lower.Certainty == certain { // the stamp is what the header says: it stays, and so does the key
				t.Conflicts = append(t.Conflicts, crossing(lower, exact))
				return
			}
			t.Conflicts = append(t.Conflicts, crossing(lower, exact))
			lower.SetAside = true
		case exact != nil && crossed(exact, upper):
			t.Conflicts = append(t.Conflicts, crossing(exact, upper))
			upper.SetAside = true
		case exact == nil && crossed(lower, upper):
			t.Conflicts = append(t.Conflicts, crossing(lower, upper))
			if lower.Certainty != certain && upper.Certainty == certain {
				lower.SetAside = true
			} else {
				upper.SetAside = true
			}
		default:
			return
		}
	}
}

// crossed reports whether an upper bound lies before a lower one.
func crossed(lower, upper *locate.Bound) bool {
	return lower != nil && upper != nil && upper.Time.Before(lower.Time.Add(-slack))
}

func crossing(lower, upper *locate.Bound) locate.Conflict {
	return locate.Conflict{Kind: locate.BoundsCross, Sides: []locate.Bound{*lower, *upper},
		What: fmt.Sprintf("%s (%s) is before %s (%s): a clock or one of the times was changed, or the copy is not what it seems",
			upper.What, stamp(upper.Time), lower.What, stamp(lower.Time))}
}

func boundText(b locate.Bound) string {
	side := b.Side
	if side == locate.ExactTime {
		side = "exactly"
	}
	s := fmt.Sprintf("%s %s: %s", side, stamp(b.Time), b.What)
	if b.Offset > 0 {
		s += fmt.Sprintf(", at %#x of the %s", b.Offset, b.From)
	}
	s += " (" + b.Certainty + ")"
	if b.SetAside {
		s += "; set aside"
	}
	return s
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }
