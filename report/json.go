package report

import (
	_ "embed"
	"io"
	"slices"
	"time"

	"hivetriage/triage"
)

//go:embed case.schema.json
var schema []byte

// Schema returns the JSON Schema (draft 2020-12) that every document written
// by JSON satisfies.
func Schema() []byte { return slices.Clone(schema) }

// JSON writes the case document: UTF-8, indented by two spaces, with a newline
// at its end. Empty lists are [] and never null, times are RFC 3339 in UTC
// with up to 7 decimals, and characters such as < stand as they are. The same
// case gives the same bytes.
func JSON(w io.Writer, c *triage.Case) error {
	j := jsonWriter{w: w, indent: true}
	return j.document(c)
}

// tick is the resolution of Windows times, and of the document's.
const tick = 100 * time.Nanosecond

// normalTime is a time as it is written: in UTC and cut to the tick. A time
// outside of the years that RFC 3339 can write is left out.
func normalTime(t time.Time) time.Time {
	t = t.UTC().Truncate(tick)
	if y := t.Year(); y < 0 || y > 9999 {
		return time.Time{}
	}
	return t
}
