package fleet

import (
	"fmt"
	"slices"

	"hivetriage/triage/correlate"
	"hivetriage/triage/footprint"
)

// takeRecordPlace keeps where a record of a command of the act is, for calls
// that cite the same.
func (d *act) takeRecordPlace(f correlate.From) {
	if len(d.commands) < maxListed {
		d.commands = append(d.commands, Ref{Folder: d.row.Folder, Path: f.Path, RecordID: f.RecordID, Entry: f.Entry})
	}
}

// tellEnds notes where a call is a command of an act on the source, and the
// remote act is what the target recorded of that: one act at two ends. The two
// are told as such where the clocks agree and a hive is in both.
func (r *rollUp) tellEnds(h *host, o *footprint.Outgoing, m *remote) {
	if o.How != footprint.ByCommand {
		return
	}
	first, last := cite(h, o.FirstFrom), cite(h, o.LastFrom)
	near := func(b *act) bool {
		return !b.row.Start.After(m.act.row.End.Add(ClockTolerance)) && !b.row.End.Before(m.act.row.Start.Add(-ClockTolerance))
	}
	for _, b := range r.actsOf[m.source] {
		if b.host != h || b == m.act || b.explained() || b.row.Start.IsZero() || m.act.row.Start.IsZero() || !near(b) {
			continue
		}
		told := slices.ContainsFunc(b.commands, func(c Ref) bool { return c == first || c == last })
		hive := slices.ContainsFunc(b.row.Hives, func(hive string) bool { return slices.Contains(m.act.row.Hives, hive) })
		if told && hive {
			b.otherEnd(m.act)
			m.act.otherEnd(b)
		}
	}
}

// otherEnd notes the act that is this one at its other end.
func (d *act) otherEnd(other *act) {
	if ref := other.ref(); len(d.row.OtherEnds) < MaxRefs && !slices.Contains(d.row.OtherEnds, ref) {
		d.row.OtherEnds = append(d.row.OtherEnds, ref)
		slices.SortFunc(d.row.OtherEnds, compareRefs)
	}
}

// Ends counts, among acts of the batch each of which is told once, those that
// are the ends of one with another of them, and how many acts those are.
func Ends(acts []Act) (ends, of int) {
	at := map[Ref]int{}
	for i, a := range acts {
		for _, ref := range append([]Ref{{Folder: a.Folder, ID: a.ID}}, a.SameAs...) {
			at[ref] = i
		}
	}
	sets, linked := newSets(len(acts)), make([]bool, len(acts))
	for i, a := range acts {
		for _, ref := range a.OtherEnds {
			if other, ok := at[ref]; ok && other != i {
				sets.join(i, other)
				linked[i], linked[other] = true, true
			}
		}
	}
	for i := range acts {
		if linked[i] {
			ends++
			if sets.root(i) == i {
				of++
			}
		}
	}
	return ends, of
}

// EndsText says after a number of acts that some of them are ends of one, ""
// if none is.
func EndsText(acts []Act) string {
	switch ends, of := Ends(acts); {
	case ends == 0:
		return ""
	case of == 1 && ends == 2:
		return " (2 of them are the two ends of one)"
	case of == 1:
		return fmt.Sprintf(" (%d of them are the ends of one)", ends)
	default:
		return fmt.Sprintf(" (%d of them are the ends of %d)", ends, of)
	}
}
