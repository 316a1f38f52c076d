package layout

import (
	"bytes"
	"encoding/json"
	"errors"
	"iter"
	"path"
	"slices"
	"strings"

	"hivetriage/artifacts"
)

// jsonRows reads a metadata file of one JSON object on each line, or of one
// list of objects. Lines that cannot be read are counted in one problem.
func jsonRows[T any](x *index, l *Layout, name string) iter.Seq[T] {
	return func(yield func(T) bool) {
		b := bytes.TrimSpace(bytes.TrimPrefix(x.content(l, name), []byte("\xEF\xBB\xBF")))
		var lines []json.RawMessage
		if len(b) > 0 && b[0] == '[' && json.Unmarshal(b, &lines) == nil {
			b = nil
		}
		bad := 0
		next := func(line []byte) bool {
			var row T
			var kind *json.UnmarshalTypeError
			if err := json.Unmarshal(line, &row); err != nil && !errors.As(err, &kind) {
				bad++
				return true
			}
			return x.mayRead(l, name) && yield(row)
		}
		for _, line := range lines {
			if !next(line) {
				return
			}
		}
		for line := range bytes.Lines(b) {
			if line = bytes.TrimSpace(line); len(line) > 0 && !next(line) {
				return
			}
		}
		if bad > 0 {
			l.problem(name, artifacts.Malformed, "%d rows of metadata cannot be read", bad)
		}
	}
}

// hostFrom takes a computer's name out of a JSON file, whatever its shape.
func (l *Layout) hostFrom(x *index, name string) {
	b := x.content(l, name)
	if l.Host != "" || len(b) == 0 || len(b) > 1<<20 {
		return
	}
	var v any
	if err := json.NewDecoder(bytes.NewReader(b)).Decode(&v); err != nil {
		l.problem(name, artifacts.Malformed, "metadata: %w", err)
		return
	}
	for _, keys := range [][]string{{"hostname", "computername"}, {"fqdn"}} {
		if host := named(v, keys, 3); host != "" {
			l.Host, l.HostBecause = valid(host), path.Base(name)
			return
		}
	}
}

// named finds a text under one of the keys, in objects to that depth.
func named(v any, keys []string, depth int) string {
	switch v := v.(type) {
	case []any:
		if len(v) > 0 {
			return named(v[0], keys, depth)
		}
	case map[string]any:
		var names []string
		for name := range v {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			if text, ok := v[name].(string); ok && text != "" && slices.Contains(keys, strings.ReplaceAll(fold(name), "_", "")) {
				return text
			}
		}
		for _, name := range names {
			if depth > 1 {
				if text := named(v[name], keys, depth-1); text != "" {
					return text
				}
			}
		}
	}
	return ""
}
