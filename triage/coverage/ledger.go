package coverage

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"

	"hivetriage/artifacts"
)

// A Ledger collects rows while a case is read. It may be used from several
// goroutines; what it returns does not depend on their order.
type Ledger struct {
	mu      sync.Mutex
	volumes []VolumeRow
	rows    []Row
	totals  Totals
}

// Volume enters a volume and what its scan met.
func (l *Ledger) Volume(row VolumeRow) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.volumes = append(l.volumes, row)
	l.totals.Streams += row.Tally.Streams
	l.totals.Examined += row.Tally.Examined
	l.totals.Bytes += row.Tally.Bytes
}

// Want counts a stream that a decoder wants. Each one must end with a call of
// Stream.
func (l *Ledger) Want() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.totals.Wanted++
}

// Stream enters how the reading of a wanted stream ended. A row without What
// is counted and not listed.
func (l *Ledger) Stream(row Row) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch row.State {
	case Read:
		l.totals.Read++
	case Partial:
		l.totals.Partial++
	case Failed:
		l.totals.Failed++
	case Unsupported:
		l.totals.Unsupported++
	case Skipped:
		l.totals.Skipped++
	}
	l.totals.Bytes += row.Bytes
	if row.What != "" {
		l.rows = append(l.rows, row)
	}
}

// Note enters something that is no stream: a volume that cannot be opened, a
// log that is absent, a limit that was hit.
func (l *Ledger) Note(row Row) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rows = append(l.rows, row)
}

// Problem enters a problem met while reading something that is no wanted
// stream of its own.
func (l *Ledger) Problem(what string, p *artifacts.Problem, gap bool) {
	state := Failed
	switch p.Kind {
	case artifacts.Unsupported, artifacts.Encrypted:
		state = Unsupported
	case artifacts.Limit:
		state = Skipped
	}
	at := p.At
	l.Note(Row{What: what, At: &at, State: state, Why: Reason(p), Gap: gap})
}

// Reason writes a problem without its place, which the row holds already.
func Reason(p *artifacts.Problem) string {
	q := *p
	q.At = artifacts.Locator{}
	return q.Error()
}

// Coverage returns the sorted ledger. It returns an error if the totals do
// not balance: a wanted stream was lost, or a volume's tally does not add up.
func (l *Ledger) Coverage() (Coverage, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := Coverage{Volumes: slices.Clone(l.volumes), Sources: slices.Clone(l.rows), Totals: l.totals}
	slices.SortFunc(c.Volumes, func(a, b VolumeRow) int {
		return cmp.Or(strings.Compare(a.Source, b.Source), cmp.Compare(a.Info.Offset, b.Info.Offset), strings.Compare(a.Name, b.Name))
	})
	slices.SortFunc(c.Sources, compareRows)
	if c.Volumes == nil {
		c.Volumes = []VolumeRow{}
	}
	if c.Sources == nil {
		c.Sources = []Row{}
	}
	return c, l.balance()
}

func (l *Ledger) balance() error {
	t := l.totals
	if sum := t.Read + t.Partial + t.Failed + t.Unsupported + t.Skipped; sum != t.Wanted {
		return fmt.Errorf("the ledger does not balance: %d streams were wanted, %d are accounted for", t.Wanted, sum)
	}
	for _, v := range l.volumes {
		if sum := v.Tally.Examined + v.Tally.Empty + v.Tally.Failed + v.Tally.Gone; sum != v.Tally.Streams {
			return fmt.Errorf("the ledger does not balance: volume %s %s met %d streams, %d are accounted for",
				v.Source, v.Name, v.Tally.Streams, sum)
		}
	}
	return nil
}

func compareRows(a, b Row) int {
	var la, lb artifacts.Locator
	if a.At != nil {
		la = *a.At
	}
	if b.At != nil {
		lb = *b.At
	}
	return cmp.Or(
		strings.Compare(a.What, b.What),
		la.Compare(lb),
		strings.Compare(string(a.State), string(b.State)),
		strings.Compare(a.Why, b.Why),
	)
}

// Complete reports whether no row names a gap that an export could hide in.
func (c Coverage) Complete() bool {
	return !slices.ContainsFunc(c.Sources, func(r Row) bool { return r.Gap })
}
