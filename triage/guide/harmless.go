package guide

import (
	"fmt"
	"slices"
	"strings"

	"hivetriage/triage/correlate"
)

// explanations tells the harmless readings of an act.
func explanations(act correlate.Act) (lines []string) {
	for _, e := range act.Explanations {
		head := "In part it looks like " + e.Name + ", which does not explain it."
		if e.Complete {
			head = "It is explained by " + e.Name + ": place and process fit, and nothing in the records speaks against it."
		}
		lines = append(lines, head)
		for _, kind := range []struct {
			title string
			texts []string
		}{{"fits", e.For}, {"does not fit", e.Against}, {"open", e.Open}} {
			if len(kind.texts) > 0 {
				lines = append(lines, fmt.Sprintf("  %s: %s.", kind.title, strings.Join(kind.texts, "; ")))
			}
		}
	}
	return lines
}

// settling is what would settle whether the acts are harmless.
func settling(acts []correlate.Act) (next []string) {
	for _, act := range acts {
		for _, e := range act.Explanations {
			if e.Settles != "" && len(e.Against) == 0 {
				next = append(next, fmt.Sprintf("Whether %s was %s would be settled by %s.", act.ID, e.Name, e.Settles))
			}
		}
	}
	slices.Sort(next)
	return append(firstFew(slices.Compact(next)), "A change ticket, a backup job or a product's documentation that names these paths would settle it.")
}

// explained reports whether an act has a complete harmless reading.
func explained(act correlate.Act) bool { return act.Verdict == "explained" }

// unexplained are the acts that have none.
func (f *Facts) unexplained() []correlate.Act {
	return slices.DeleteFunc(slices.Clone(f.Acts), explained)
}

// harmless are the copies that are of explained acts only.
func (f *Facts) harmless() map[string]bool {
	ids := map[string]bool{}
	for _, explains := range []bool{true, false} {
		for _, a := range f.Acts {
			if explained(a) != explains {
				continue
			}
			for _, id := range a.Exports {
				ids[id] = explains
			}
		}
	}
	return ids
}

// confirm asks, once for each reading, for what settles the acts that are
// explained. What nothing explains comes before that.
func (f *Facts) confirm(add adder) {
	acts := map[string][]string{}
	var order []correlate.Explanation
	for _, act := range f.Acts {
		if !explained(act) || len(act.Explanations) == 0 {
			continue
		}
		e := act.Explanations[0]
		if acts[e.Row] == nil {
			order = append(order, e)
		}
		acts[e.Row] = append(acts[e.Row], act.ID)
	}
	for _, e := range order {
		add(1, 3, "Confirm that this was "+e.Name+": "+e.Settles, f.host(), fmt.Sprintf("the records explain what happened in %s; they do not prove who meant it", strings.Join(firstFew(acts[e.Row]), ", ")), acts[e.Row])
	}
}

// falsePositive answers whether the acts can be harmless: what speaks for and
// against it, and how each rule stands to the records.
func (f *Facts) falsePositive() Answer {
	const question = "Could it be legitimate: a backup by an administrator or a product?"
	if len(f.Acts) == 0 {
		return f.nothing(question, "")
	}
	a := Answer{Question: question, Status: Partly, Evidence: f.actIDs()}
	var lines []string
	for _, act := range f.Acts {
		lines = append(lines, fmt.Sprintf("%s, %s with confidence %d of 100.", act.ID, act.Verdict, act.Confidence))
		lines = append(lines, explanations(act)...)
		for _, r := range act.Against {
			lines = append(lines, "For a harmless reading: "+r)
		}
		if len(act.Against) == 0 {
			lines = append(lines, "Nothing in the evidence speaks for a harmless reading.")
		}
		for _, r := range act.For {
			lines = append(lines, "Against it: "+r)
		}
		if e := f.cameBefore(&act); e != "" {
			lines = append(lines, e)
		}
	}
	a.Evidence = append(a.Evidence, f.recordIDs()...)
	lines = append(lines, f.outcomes()...)
	a.Answer = strings.Join(lines, "\n")
	a.Next = settling(f.Acts)
	return a
}

// cameBefore says whether the account had copied hives before, as far as the
// records of other acts tell.
func (f *Facts) cameBefore(act *correlate.Act) string {
	var before []string
	for i := range f.Acts {
		other := &f.Acts[i]
		if other.ID != act.ID && sameUser(other.Actor, act.Actor) && !other.Start.IsZero() && other.Start.Before(act.Start) {
			before = append(before, fmt.Sprintf("%s at %s", other.ID, stamp(other.Start)))
		}
	}
	if len(before) == 0 || act.Actor.SID == "" && act.Actor.Name == "" {
		return ""
	}
	return fmt.Sprintf("The same account copied hives before: %s. That fits a habit, and it fits an intruder who came back.", strings.Join(firstFew(before), ", "))
}
