package report

import (
	"errors"
	"io"

	"hivetriage/triage"
)

// Footprint writes what other hosts of a case may ask about this one, in the
// form of JSON. It is an error where the run was not asked to gather it.
func Footprint(w io.Writer, c *triage.Case) error {
	if c.Footprint == nil {
		return errors.New("no footprint was gathered")
	}
	j := jsonWriter{w: w}
	return j.document(c.Footprint)
}
