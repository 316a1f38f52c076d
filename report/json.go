package report

import (
	_ "embed"
	"encoding/json"
	"io"
	"reflect"
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
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(normal(reflect.ValueOf(*c)).Interface())
}

// tick is the resolution of Windows times, and of the document's.
const tick = 100 * time.Nanosecond

// normal returns a copy of v in which nil slices and maps are empty ones and times are
// in UTC and cut to the tick. A time outside of the years that RFC 3339 can
// write is left out.
func normal(v reflect.Value) reflect.Value {
	if t, ok := v.Interface().(time.Time); ok {
		return reflect.ValueOf(normalTime(t))
	}
	switch v.Kind() {
	case reflect.Struct:
		out := reflect.New(v.Type()).Elem()
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				out.Field(i).Set(normal(v.Field(i)))
			}
		}
		return out
	case reflect.Slice:
		out := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		for i := range v.Len() {
			out.Index(i).Set(normal(v.Index(i)))
		}
		return out
	case reflect.Map:
		if v.IsNil() {
			return reflect.MakeMap(v.Type())
		}
		return v
	case reflect.Pointer:
		if v.IsNil() {
			return v
		}
		out := reflect.New(v.Type().Elem())
		out.Elem().Set(normal(v.Elem()))
		return out
	}
	return v
}

func normalTime(t time.Time) time.Time {
	t = t.UTC().Truncate(tick)
	if y := t.Year(); y < 0 || y > 9999 {
		return time.Time{}
	}
	return t
}
