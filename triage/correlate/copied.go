package correlate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"hivetriage/triage/locate"
)

// came tells how an export came to its place: what it is a copy of, by its
// bytes, and how it was renamed or moved. It is "" where nothing tells.
func (g *group) came(e *locate.Export) string {
	var told []string
	if first := g.first(e); first != nil {
		told = append(told, g.copiedFrom(e, first))
	}
	for _, h := range e.History {
		if h.Kind == locate.HappenedRenamed || h.Kind == locate.HappenedLinked {
			what := h.What
			if !h.Time.IsZero() {
				what += " at " + stamp(h.Time)
			}
			told = append(told, what)
		}
	}
	if len(told) > maxTold {
		told = append(told[:maxTold], fmt.Sprintf("and %d more changes of its name", len(told)-maxTold))
	}
	return strings.Join(told, "; ")
}

// first is the oldest of the exports with the same bytes as e; nil if that is e
// itself, or if it cannot be told: their times are not all known, or equal.
// What lies in an archive was elsewhere before.
func (g *group) first(e *locate.Export) *locate.Export {
	if e.SHA256 == "" {
		return nil
	}
	same := pick(g.exports, func(x *locate.Export) bool { return x.SHA256 == e.SHA256 })
	if open := pick(same, func(x *locate.Export) bool { return x.At.Member == "" }); len(open) > 0 && len(open) < len(same) {
		if e.At.Member != "" {
			return slices.MinFunc(open, older)
		}
		same = open
	}
	oldest := slices.MinFunc(same, older)
	if oldest == e || Created(oldest).IsZero() || Created(e).IsZero() || Created(oldest).Equal(Created(e)) {
		return nil
	}
	return oldest
}

func older(a, b *locate.Export) int {
	ta, tb := Created(a), Created(b)
	unknown := func(is bool) int {
		if is {
			return 1
		}
		return 0
	}
	return cmp.Or(unknown(ta.IsZero())-unknown(tb.IsZero()), ta.Compare(tb), a.At.Compare(b.At))
}

// copiedFrom tells that e has the bytes of first, and what is known of the way.
func (g *group) copiedFrom(e, first *locate.Export) string {
	text := "the same bytes as " + place(first.At)
	if e.At.Volume != first.At.Volume || e.At.Source != first.At.Source {
		text += fmt.Sprintf(" on another volume (%s)", strings.TrimSpace(first.At.Source+" "+first.At.Volume))
	}
	switch made, old := Created(e), Created(first); {
	case e.At.Member != "":
		text += ", packed into the archive " + e.At.Place()
	case !made.IsZero() && !old.IsZero():
		text += fmt.Sprintf(", created %s after it", short(made.Sub(old)))
	}
	if r := g.namer(e); r != nil {
		return text + fmt.Sprintf("; %s names this place (%s)", cmp.Or(r.Told(), "the record of "+stamp(r.Time)), r.From.Cite())
	}
	return text + "; what copied it is not recorded"
}

// namer is the first record that names the place of an export.
func (g *group) namer(e *locate.Export) *Record {
	for _, r := range g.records {
		if slices.ContainsFunc(g.targets[r], func(t target) bool { return pathsEqual(t, e) && t.reaches(r, e, g.known) }) {
			return r
		}
	}
	return nil
}
