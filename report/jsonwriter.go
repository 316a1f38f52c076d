package report

import (
	"fmt"
	"io"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// A jsonWriter writes values as encoding/json does without escapes for HTML,
// by the same tags, but as it goes: a document of any size takes the room of
// its longest text. Empty lists are [] and empty maps {} even where they are
// nil, and times are those of normalTime. Embedded structs may not be pointers
// nor have names in common with their neighbours.
type jsonWriter struct {
	w      io.Writer
	buf    []byte
	indent bool // two spaces for each level; else all on one line
	raw    bool // as RFC 8785 has texts: see appendText
	depth  int
	err    error // the first one
}

// jsonBuffer is how many bytes are gathered before they are written.
const jsonBuffer = 32 << 10

// document writes what a pointer points to, and a newline.
func (j *jsonWriter) document(p any) error {
	j.value(reflect.ValueOf(p).Elem())
	j.buf = append(j.buf, '\n')
	j.flush(0)
	return j.err
}

// flush writes what is gathered if it is more than n bytes.
func (j *jsonWriter) flush(n int) {
	if j.w == nil || len(j.buf) <= n {
		return
	}
	if j.err == nil {
		_, j.err = j.w.Write(j.buf)
	}
	j.buf = j.buf[:0]
}

func (j *jsonWriter) value(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		j.buf = appendText(j.buf, v.String(), j.raw)
	case reflect.Bool:
		j.buf = strconv.AppendBool(j.buf, v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		j.buf = strconv.AppendInt(j.buf, v.Int(), 10)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		j.buf = strconv.AppendUint(j.buf, v.Uint(), 10)
	case reflect.Struct:
		if t, ok := timeOf(v); ok {
			j.buf = append(t.AppendFormat(append(j.buf, '"'), time.RFC3339Nano), '"')
			return
		}
		j.structure(v)
	case reflect.Slice, reflect.Array:
		j.begin('[')
		for i := range v.Len() {
			j.next(i == 0)
			j.value(v.Index(i))
			j.flush(jsonBuffer)
		}
		j.end(']', v.Len() == 0)
	case reflect.Map:
		j.table(v)
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			j.buf = append(j.buf, "null"...)
			return
		}
		j.value(v.Elem())
	default:
		j.err = fmt.Errorf("a %s has no form in JSON here", v.Type())
	}
}

// begin, next and end write the signs around the parts of a list or an object.
func (j *jsonWriter) begin(sign byte) {
	j.buf = append(j.buf, sign)
	j.depth++
}

func (j *jsonWriter) next(first bool) {
	if !first {
		j.buf = append(j.buf, ',')
	}
	j.line()
}

func (j *jsonWriter) end(sign byte, empty bool) {
	j.depth--
	if !empty {
		j.line()
	}
	j.buf = append(j.buf, sign)
}

func (j *jsonWriter) line() {
	if !j.indent {
		return
	}
	j.buf = append(j.buf, '\n')
	for range j.depth {
		j.buf = append(j.buf, "  "...)
	}
}

// name writes the name of an object's part, which is a text of JSON already.
func (j *jsonWriter) name(text []byte) {
	j.buf = append(append(j.buf, text...), ':')
	if j.indent {
		j.buf = append(j.buf, ' ')
	}
}

// table writes a map, its parts by name.
func (j *jsonWriter) table(v reflect.Value) {
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	j.begin('{')
	for i, key := range keys {
		j.next(i == 0)
		j.name(appendText(nil, key.String(), j.raw))
		j.value(v.MapIndex(key))
	}
	j.end('}', len(keys) == 0)
}

func (j *jsonWriter) structure(v reflect.Value) {
	j.begin('{')
	first := true
	for _, f := range jsonFields(v.Type()) {
		part := v.FieldByIndex(f.index)
		if f.omitEmpty && isEmpty(part) || f.omitZero && isZero(part) {
			continue
		}
		j.next(first)
		j.name(f.name)
		j.value(part)
		first = false
	}
	j.end('}', first)
}

// A jsonField is a field that is written.
type jsonField struct {
	index               []int
	name                []byte // a text of JSON
	omitEmpty, omitZero bool
}

var fieldsOfTypes sync.Map // []jsonField by reflect.Type

func jsonFields(t reflect.Type) []jsonField {
	if fields, ok := fieldsOfTypes.Load(t); ok {
		return fields.([]jsonField)
	}
	var fields []jsonField
	for i := range t.NumField() {
		f := t.Field(i)
		tag := f.Tag.Get("json")
		name, options, _ := strings.Cut(tag, ",")
		switch {
		case f.Anonymous && name == "":
			for _, inner := range jsonFields(f.Type) {
				inner.index = append([]int{i}, inner.index...)
				fields = append(fields, inner)
			}
		case f.IsExported() && tag != "-":
			if name == "" {
				name = f.Name
			}
			fields = append(fields, jsonField{f.Index, appendText(nil, name, false), strings.Contains(options, "omitempty"), strings.Contains(options, "omitzero")})
		}
	}
	fieldsOfTypes.Store(t, fields)
	return fields
}

// isEmpty is what the tag's omitempty asks.
func isEmpty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.String, reflect.Slice, reflect.Map, reflect.Array:
		return v.Len() == 0
	case reflect.Struct:
		return false
	}
	return v.IsZero()
}

// isZero is what the tag's omitzero asks of a value as it is written: a time
// that cannot be is none, and an empty list is one.
func isZero(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Slice, reflect.Map:
		return false
	case reflect.Struct:
		if t, ok := timeOf(v); ok {
			return t.IsZero()
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() && !isZero(v.Field(i)) {
				return false
			}
		}
		return true
	}
	return v.IsZero()
}

var timeType = reflect.TypeFor[time.Time]()

// timeOf is a value that is a time, as it is written.
func timeOf(v reflect.Value) (time.Time, bool) {
	if v.Type() != timeType {
		return time.Time{}, false
	}
	if v.CanAddr() { // which saves a copy on the heap
		return normalTime(*v.Addr().Interface().(*time.Time)), true
	}
	return normalTime(v.Interface().(time.Time)), true
}

// Texts of JSON. What is no UTF-8 becomes U+FFFD. That character, then, and the
// two separators that end a line in JavaScript are written as escapes, or raw,
// as RFC 8785 wants them.
func appendText(b []byte, s string, raw bool) []byte {
	b = append(b, '"')
	written := 0 // of s
	for i := 0; i < len(s); {
		if c := s[i]; c >= ' ' && c < utf8.RuneSelf && c != '"' && c != '\\' {
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if escape := escapeInText(r, size); escape != "" {
			b = append(b, s[written:i]...)
			if raw && r >= utf8.RuneSelf {
				b = utf8.AppendRune(b, r)
			} else {
				b = append(b, escape...)
			}
			written = i + size
		}
		i += size
	}
	return append(append(b, s[written:]...), '"')
}

// escapeInText is the escape of a rune of size bytes that may not, or is not
// to, stand as it is; "" if it may.
func escapeInText(r rune, size int) string {
	switch {
	case r < ' ':
		return controlEscapes[r]
	case r == '"':
		return `\"`
	case r == '\\':
		return `\\`
	case r == utf8.RuneError && size == 1:
		return `\ufffd`
	case r == '\u2028':
		return `\u2028`
	case r == '\u2029':
		return `\u2029`
	}
	return ""
}

// controlEscapes are those of the control characters.
var controlEscapes = func() (escapes [' ']string) {
	for r := range escapes {
		escapes[r] = fmt.Sprintf(`\u%04x`, r)
	}
	for _, short := range []string{"\bb", "\ff", "\nn", "\rr", "\tt"} {
		escapes[short[0]] = `\` + short[1:]
	}
	return escapes
}()
