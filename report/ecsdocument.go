package report

import (
	"reflect"
	"slices"
	"strings"
	"time"
)

// An ecsDocument gathers the fields of one document by their dotted names. It
// is used again for the next one.
type ecsDocument struct{ fields []ecsField }

// An ecsField is a text, a list of texts or an int64 under its name. A name is
// of letters, digits, "_" and "@", and is not the beginning of another up to a
// dot.
type ecsField struct {
	name  string
	value any
}

// set sets a field by its dotted name, once. An empty value is not written.
func (d *ecsDocument) set(field string, value any) {
	switch v := value.(type) {
	case string:
		if v == "" {
			return
		}
	case []string:
		if len(v) == 0 {
			return
		}
	case time.Time:
		if v = normalTime(v); v.IsZero() {
			return
		}
		value = clock(v)
	case int64:
		if v == 0 {
			return
		}
	}
	d.fields = append(d.fields, ecsField{field, value})
}

// ecs writes a document on a line of its own, nested as the names say and in
// their order: no character of a name sorts before the dot.
func (j *jsonWriter) ecs(d *ecsDocument) {
	slices.SortFunc(d.fields, func(a, b ecsField) int { return strings.Compare(a.name, b.name) })
	j.begin('{')
	last := ""
	for i, f := range d.fields {
		shared := sharedObjects(last, f.name)
		for range strings.Count(last[shared:], ".") {
			j.end('}', false)
		}
		if i > 0 {
			j.buf = append(j.buf, ',')
		}
		rest := f.name[shared:]
		for name, inner, nested := strings.Cut(rest, "."); nested; name, inner, nested = strings.Cut(rest, ".") {
			j.buf = append(appendText(j.buf, name, false), ':')
			j.begin('{')
			rest = inner
		}
		j.buf = append(appendText(j.buf, rest, false), ':')
		j.ecsValue(f.value)
		last = f.name
	}
	for range strings.Count(last, ".") {
		j.end('}', false)
	}
	j.end('}', false)
	j.buf = append(j.buf, '\n')
	j.flush(jsonBuffer)
}

func (j *jsonWriter) ecsValue(value any) {
	switch v := value.(type) {
	case string:
		j.buf = appendText(j.buf, v, false)
	default:
		j.value(reflect.ValueOf(v))
	}
}

// sharedObjects is how many bytes two dotted names have in common up to a dot,
// with the dot.
func sharedObjects(a, b string) int {
	shared := 0
	for i := 0; i < min(len(a), len(b)) && a[i] == b[i]; i++ {
		if a[i] == '.' {
			shared = i + 1
		}
	}
	return shared
}
