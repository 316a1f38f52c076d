package triage

import (
	"context"
	"fmt"
	"strings"

	"hivetriage/triage/coverage"
)

// A traceRow is what the ledger says of all files of a kind.
type traceRow struct {
	coverage.Row
	files    int
	damaged  int
	gone     int // deleted and not whole any more
	misnamed int
}

// noteTraces tells what was read of each kind of artefact, and which kinds are
// not in the evidence.
func (r *run) noteTraces(ctx context.Context) {
	rows := map[string]*traceRow{}
	for _, f := range r.traces {
		row := rows[f.what()]
		if row == nil {
			row = &traceRow{Row: coverage.Row{What: f.what(), State: coverage.Read}}
			rows[f.what()] = row
		}
		one := row.take(f, ctx.Err() != nil)
		if f.hive == nil { // a hive has its row already
			r.ledger.Stream(one)
		} else if one.What != "" {
			r.ledger.Note(one)
		}
	}
	var absent []string
	for _, what := range tracesKnown() {
		if row := rows[what]; row != nil {
			row.Why = row.told()
			r.ledger.Note(row.Row)
		} else {
			absent = append(absent, absentTrace(what))
		}
	}
	if len(absent) > 0 && r.wholeVolume() {
		r.ledger.Note(coverage.Row{What: "artefacts", State: coverage.Absent, Why: "not in the evidence: " + strings.Join(absent, "; ")})
	}
}

// take adds a file, and returns its own row, which says something only where
// there is something wrong.
func (t *traceRow) take(f *traceFile, interrupted bool) coverage.Row {
	t.files++
	t.Records += f.entries
	t.Bytes += f.bytes
	if !f.from.IsZero() && (t.From.IsZero() || f.from.Before(t.From)) {
		t.From = f.from
	}
	if f.to.After(t.To) {
		t.To = f.to
	}
	state := coverage.Read
	switch {
	case interrupted:
		state = coverage.Skipped
	case f.failed:
		state = coverage.Failed
	case len(f.problem) > 0:
		state = coverage.Partial
	}
	count := (*int)(nil)
	switch {
	case state == coverage.Skipped, state != coverage.Read && whatIsLeft(f.allocation) == "":
		t.State, count = coverage.Partial, &t.damaged
	case state != coverage.Read:
		count = &t.gone // nothing of what is there is damaged
	case f.misnamed != "":
		count = &t.misnamed
	}
	if count != nil {
		if *count++; *count <= maxTraceTold {
			return coverage.Row{What: t.What, At: &f.at, State: state, Records: f.entries, Bytes: f.bytes, Why: f.troubles()}
		}
	}
	return coverage.Row{State: state}
}

func (t *traceRow) told() string {
	why := plural(t.files, "file", "files")
	for _, part := range []struct {
		n    int
		what string
	}{{t.damaged, "not whole"}, {t.gone, "deleted and not whole any more"}, {t.misnamed, "under a name that is another's"}} {
		if part.n > 0 {
			why += fmt.Sprintf(", %d of them %s", part.n, part.what)
		}
	}
	return why
}
