package report

import (
	"bufio"
	"encoding/json"
	"io"
)

// writeLines writes values as JSON, one on each line.
func writeLines[T any](w io.Writer, values []T) error {
	b := bufio.NewWriter(w)
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	for i := range values {
		if err := enc.Encode(values[i]); err != nil {
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
