package report

import (
	"encoding/json"
	"io"
	"reflect"

	"hivetriage/triage/fleet"
)

// A BatchFile is one form in which the case of a batch is written. Write's
// error is the writer's.
type BatchFile struct {
	Name  string // in the folder of the batch
	Write func(io.Writer, *fleet.Case) error
}

// BatchFiles are all forms of a batch's case. The same case gives the same
// bytes.
func BatchFiles() []BatchFile {
	return []BatchFile{
		{"case.json", BatchJSON},
	}
}

// BatchJSON writes the document of a batch, in the manner of JSON.
func BatchJSON(w io.Writer, c *fleet.Case) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(normal(reflect.ValueOf(*c)).Interface())
}
