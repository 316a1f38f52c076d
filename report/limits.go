package report

import (
	"cmp"
	"reflect"
	"slices"

	"hivetriage/triage/correlate"
	"hivetriage/triage/locate"
)

// Sizes of the HTML report, so that a case of any size is a page that a browser
// opens at once. What is left out is told where it is left out; the JSON
// document has all.
const (
	maxCards   = 100    // acts, exports and records that are told in full
	openCards  = 20     // of them that are unfolded
	maxRows    = 10_000 // of the tables of records and exports
	maxLines   = 2_000  // of the other tables
	maxEntries = 100    // of a list within a card or a paragraph
	maxLinks   = 12     // ids one after another
	openRows   = 200    // of a table that stand open
	chunkRows  = 500    // of a table that are unfolded together
)

// limits are those that the templates need.
type limits struct{ Cards, Rows, Lines, Entries, Links, Open int }

// first are the first n of a list of any kind.
func first(n int, list any) any {
	v := reflect.ValueOf(list)
	return v.Slice(0, min(n, v.Len())).Interface()
}

// beyond is how many of a list come after the first n.
func beyond(n int, list any) int { return max(0, reflect.ValueOf(list).Len()-n) }

// A chunk is a stretch of a table's rows. All but the first are folded, for a
// browser need not lay out what is folded.
type chunk struct {
	First, Last int // counted from 1
	Rest        bool
	Rows        any
}

// chunks cuts at most limit rows of a list into chunks.
func chunks(limit int, list any) []chunk { return chunksOf(openRows, limit, list) }

// chunksOf cuts at most limit rows of a list into chunks, of which the first
// has open rows.
func chunksOf(open, limit int, list any) []chunk {
	v := reflect.ValueOf(list)
	n := min(limit, v.Len())
	var all []chunk
	for from, to := 0, min(open, n); from < n; from, to = to, min(to+chunkRows, n) {
		all = append(all, chunk{from + 1, to, from > 0, v.Slice(from, to).Interface()})
	}
	return all
}

// recordCards are the records that are told in full: those that copy come
// before those that try to, and then the others, each in the case's order.
func recordCards(all []correlate.Record) []correlate.Record {
	rank := map[string]int{"export": -3, "attempt": -2, "access": -1}
	return leading(all, maxCards, func(r *correlate.Record) int { return rank[r.Assessment] })
}

// exportCards are the exports that are told in full: those whose place raises
// an alert come first.
func exportCards(all []locate.Export) []locate.Export {
	rank := map[locate.Class]int{locate.Alert: -2, locate.Unexpected: -1}
	return leading(all, maxCards, func(e *locate.Export) int { return rank[e.Location.Class] })
}

// actCards are the acts that are told in full: the surest come first.
func actCards(all []correlate.Act) []correlate.Act {
	return leading(all, maxCards, func(a *correlate.Act) int { return -a.Confidence })
}

// leading keeps the first n of a list by rank, in the order that they have in
// the list.
func leading[T any](all []T, n int, rank func(*T) int) []T {
	if len(all) <= n {
		return all
	}
	order := make([]int, len(all))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(rank(&all[a]), rank(&all[b])) })
	order = order[:n]
	slices.Sort(order)
	kept := make([]T, len(order))
	for i, at := range order {
		kept[i] = all[at]
	}
	return kept
}
