package guide

import (
	"fmt"
	"slices"
	"strings"

	"hivetriage/triage/correlate"
	"hivetriage/triage/destination"
	"hivetriage/triage/locate"
)

// places tells where an act's copies are or went, those that came farthest
// first.
func places(a correlate.Act) (lines []string) {
	all := slices.Clone(a.Whereabouts)
	slices.SortStableFunc(all, func(a, b correlate.Whereabouts) int { return destination.Compare(a.Reach, b.Reach) })
	for _, w := range all {
		line := fmt.Sprintf("%s: %s", w.Path, w.State)
		if w.Reach != "" {
			line += ", " + string(w.Reach)
		}
		if w.Why != "" {
			line += ": " + w.Why
		}
		lines = append(lines, line+".")
	}
	return lines
}

// deletions tells when copies were deleted, as far as journals tell.
func (f *Facts) deletions() (lines []string) {
	for _, e := range f.Exports {
		for _, h := range e.History {
			if h.Kind != locate.HappenedDeleted {
				continue
			}
			when := "at a time that is not told"
			if !h.Time.IsZero() {
				when = "at " + stamp(h.Time)
			}
			lines = append(lines, fmt.Sprintf("%s was deleted afterwards, %s (%s, offset %d).", e.At.Place(), when, h.From.Place(), h.Offset))
		}
	}
	return lines
}

// gone are the copies that are deleted, of which no journal tells when.
func (f *Facts) gone() (lines []string) {
	for i := range f.Exports {
		e := &f.Exports[i]
		told := slices.ContainsFunc(e.History, func(h locate.Happening) bool { return h.Kind == locate.HappenedDeleted })
		if (e.State == "deleted" || e.State == "overwritten") && !told {
			lines = append(lines, fmt.Sprintf("%s is %s; when that was, no journal tells.", e.At.Place(), e.State))
		}
	}
	return lines
}

// reached groups the copies that came to one kind of place, in the order of
// how far that is.
type reached struct {
	row      *destination.Row
	paths    []string
	whys     []string // of each path
	why      string   // of the first
	evidence []string
}

func (f *Facts) reached() (all []*reached) {
	for _, a := range f.Acts {
		for _, w := range a.Whereabouts {
			row, ok := destination.ByID(w.Destination)
			if !ok {
				continue
			}
			i := slices.IndexFunc(all, func(r *reached) bool { return r.row == row })
			if i < 0 {
				i, all = len(all), append(all, &reached{row: row, why: w.Why})
			}
			all[i].paths, all[i].whys = append(all[i].paths, w.Path), append(all[i].whys, w.Why)
			all[i].evidence = append(all[i].evidence, a.ID)
			if w.Export != "" {
				all[i].evidence = append(all[i].evidence, w.Export)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b *reached) int { return destination.Compare(a.row.Reach, b.row.Reach) })
	return all
}

// toCollect names what would tell whether copies were taken on from where they
// lie, and what is in the evidence and was not read.
func (f *Facts) toCollect() (next []string) {
	for _, r := range f.reached() {
		if r.row.Next != "" {
			next = append(next, fmt.Sprintf("For %s: collect %s.", strings.Join(firstFew(distinct(r.paths)), ", "), r.row.Next))
		}
	}
	if len(f.Browsers) > 0 {
		next = append(next, "Browsers' histories are in the evidence and not read: look for downloads, uploads and web mail after "+stamp(f.Acts[0].Start)+" in "+strings.Join(firstFew(f.Browsers), ", ")+".")
	}
	return next
}

// withdraw asks for copies to be taken from where others can fetch them before
// anything else; those of explained acts once that is confirmed. What is about
// other computers is told with them.
func (f *Facts) withdraw(add adder) {
	plain, g := *f, *f
	plain.Acts, g.Acts = f.unexplained(), slices.DeleteFunc(slices.Clone(f.Acts), func(a correlate.Act) bool { return !explained(a) })
	for _, of := range []struct {
		facts    *Facts
		priority int
	}{{&plain, 1}, {&g, 3}} {
		for _, r := range of.facts.reached() {
			if r.row.Do != "" && r.row.Behind == "" {
				add(2, of.priority, r.row.Do, strings.Join(firstFew(distinct(r.paths)), ", "), r.why, distinct(r.evidence))
			}
		}
	}
}
