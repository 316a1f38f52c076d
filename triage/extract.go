package triage

import (
	"context"
	"io"

	"hivetriage/artifacts"
	"hivetriage/triage/coverage"
)

// An Extracted copy is given to Config.Extract, one after the other.
type Extracted struct {
	ID     string            // of the export
	Hive   string            // "SAM", "SECURITY", "SYSTEM"
	Form   string            // of the export: "regf", "reg", "fragment"
	State  string            // of the file that holds it
	At     artifacts.Locator // where it lies
	SHA256 string            // of the hive as it was read; "" where that was not possible
	// Content is the file as it lies in the evidence, nil where Why says why
	// it cannot be given. Where the hive is encoded in it, its digest is not
	// that of the hive.
	Content io.Reader
	Why     string
}

// extract gives the copies away that the user asked for.
func (r *run) extract(ctx context.Context) {
	if r.cfg.Extract == nil {
		return
	}
	for i := range r.exports {
		e := &r.exports[i]
		x := Extracted{ID: e.ID, Hive: e.Hive, Form: e.Form, State: e.State, At: e.At, SHA256: e.SHA256}
		entry := r.entries[e.At]
		if entry == nil || ctx.Err() != nil {
			x.Why = "the content is not in the evidence, or cannot be opened a second time"
			r.cfg.Extract(x)
			continue
		}
		content, err := entry.Open(ctx)
		if err != nil {
			x.Why = why(e.At, err)
			r.cfg.Extract(x)
			r.ledger.Note(coverage.Row{What: "extraction", At: &e.At, State: coverage.Failed, Why: x.Why})
			continue
		}
		x.Content = io.NewSectionReader(content, 0, content.Size())
		r.cfg.Extract(x)
		content.Close() // opened read-only: there is nothing to lose
	}
}
