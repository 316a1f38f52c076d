package report

import (
	_ "embed"
	"io"
	"slices"

	"hivetriage/triage/fleet"
)

//go:embed batch.schema.json
var batchSchema []byte

// BatchSchema returns the JSON Schema (draft 2020-12) that every document
// written by BatchJSON satisfies.
func BatchSchema() []byte { return slices.Clone(batchSchema) }

// A BatchFile is one form in which the case of a batch is written. Write's
// error is the writer's.
type BatchFile struct {
	Name  string // in the folder of the batch
	Write func(io.Writer, *fleet.Case) error
}

// BatchFiles are all forms of a batch's case. The same case gives the same
// bytes.
func BatchFiles() []BatchFile {
	return append([]BatchFile{
		{"index.html", BatchHTML},
		{"report.txt", func(w io.Writer, c *fleet.Case) error { return BatchTerminal(w, c, TerminalOptions{}) }},
		{"case.json", BatchJSON},
		{"timesketch.jsonl", BatchTimesketch},
	}, BatchTables()...)
}

// BatchJSON writes the document of a batch, in the manner of JSON.
func BatchJSON(w io.Writer, c *fleet.Case) error {
	j := jsonWriter{w: w, indent: true}
	return j.document(c)
}
