package report

import (
	"bufio"
	"encoding/json"
	"io"
	"iter"
)

// writeLines writes values as JSON, one on each line, as they come.
func writeLines[T any](w io.Writer, values iter.Seq[T]) error {
	b := bufio.NewWriter(w)
	j := jsonWriter{w: b}
	for v := range values {
		if err := j.document(&v); err != nil {
			return err
		}
	}
	return b.Flush()
}

// writeDocument writes one value as indented JSON.
func writeDocument(w io.Writer, value any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(value)
}
