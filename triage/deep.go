package triage

import (
	"context"
	"fmt"
	"slices"

	"hivetriage/artifacts"
	"hivetriage/artifacts/hive"
	"hivetriage/artifacts/hive/carve"
	"hivetriage/triage/coverage"
)

// maxCarved bounds the hives of one volume that are looked at where no stream
// begins.
const maxCarved = 1 << 14

// search begins the search of every byte of a volume if that is asked for and
// possible; it returns nil otherwise.
func (r *run) search(volume artifacts.Volume) *carve.Search {
	v, ok := volume.(artifacts.Swept)
	if !ok || !r.cfg.Deep {
		return nil
	}
	return carve.NewSearch(v.Raw())
}

// carve takes what a search met: the beginnings of streams are known from the
// scan of the files, the other hives are read like files.
func (r *run) carve(ctx context.Context, at artifacts.Locator, volume artifacts.Volume, search *carve.Search) {
	v, ok := volume.(artifacts.Swept)
	if !ok || search == nil {
		return
	}
	s := search.Finish()
	offsets := make([]int64, len(s.Hits))
	for i, h := range s.Hits {
		offsets[i] = h.Offset
	}
	owned, err := v.Owners(ctx, offsets)
	if err != nil && !interrupted(err) {
		r.ledger.Problem("deep search", artifacts.Located(at, err), true)
	}
	raw, size := v.Raw()
	known, looked, left := 0, 0, 0
	for i, hit := range s.Hits {
		switch {
		case beginsStream(ctx, hit, owned[i]) || r.inOpened(owned[i]):
			known++
		case looked == maxCarved || ctx.Err() != nil:
			left++
		default:
			if c, err := newCarved(ctx, at, hit, owned[i], raw, size); err == nil {
				looked++
				r.ledger.Want()
				r.hives = append(r.hives, c)
			}
		}
	}
	if left > 0 {
		r.ledger.Note(coverage.Row{What: "deep search", At: &at, State: coverage.Skipped, Records: int64(left), Gap: true,
			Why: plural(left, "place where a hive may begin was", "places where a hive may begin were") + " not looked at"})
	}
	r.noteSweep(at, v, &s, known, looked)
}

// inOpened reports whether a byte lies in a disk image whose volumes were
// searched themselves.
func (r *run) inOpened(own artifacts.Ownership) bool {
	return slices.ContainsFunc(own.Owners, func(o artifacts.Owner) bool { return r.opened[o.Entry.Locator()] })
}

// beginsStream reports whether a hit is the beginning of a stream, or of the
// bins of a hive that a stream is: the scan of the files has it.
func beginsStream(ctx context.Context, hit carve.Hit, own artifacts.Ownership) bool {
	const base = 4096
	for _, o := range own.Owners {
		switch {
		case hit.Kind != carve.Bins && o.Offset == 0:
			return true
		case hit.Kind == carve.Bins && o.Offset == base:
			if head, err := readHead(ctx, o.Entry); err == nil && hive.IsBaseBlock(head) {
				return true
			}
		}
	}
	return false
}

// noteSweep tells how much was searched.
func (r *run) noteSweep(at artifacts.Locator, v artifacts.Swept, s *carve.Sweep, known, looked int) {
	row := coverage.Row{What: "deep search", At: &at, State: coverage.Read, Bytes: s.Read,
		Why: fmt.Sprintf("every byte of the volume was searched: hives begin at %d places, %d of them the beginnings of files or in disk images that were opened", known+looked, known)}
	if s.First != nil {
		row.State, row.Gap = coverage.Partial, true
		row.Why = fmt.Sprintf("%d bytes could not be searched: %s", s.Unread, why(at, s.First))
	}
	r.ledger.Note(row)
	free, err := v.Free()
	space := coverage.Row{What: "free space", At: &at, State: row.State, Bytes: free, Why: "all free clusters were searched with the rest of the volume"}
	switch {
	case err != nil:
		space.State, space.Why = coverage.Partial, "which clusters are free cannot be told: "+why(at, err)
	case s.First != nil:
		space.Why = "searched with the rest of the volume, of which parts could not be read"
	}
	r.ledger.Note(space)
}
