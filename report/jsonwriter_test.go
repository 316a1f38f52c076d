package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"hivetriage/triage"
	"hivetriage/triage/fleet"
	"hivetriage/triage/footprint"
)

// normal returns a copy of v in which nil slices and maps are empty ones and
// times are in UTC and cut to the tick.
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
	case reflect.Pointer:
		if !v.IsNil() {
			out := reflect.New(v.Type().Elem())
			out.Elem().Set(normal(v.Elem()))
			return out
		}
	}
	return v
}

// byLibrary is what p points to as encoding/json writes it.
func byLibrary(t testing.TB, p any, indent bool) string {
	t.Helper()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if indent {
		enc.SetIndent("", "  ")
	}
	if err := enc.Encode(normal(reflect.ValueOf(p).Elem()).Interface()); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// holdsLibrary: both ways of writing what p points to are those of encoding/json.
func holdsLibrary(t testing.TB, what string, p any) {
	t.Helper()
	for _, indent := range []bool{false, true} {
		var b strings.Builder
		j := jsonWriter{w: &b, indent: indent}
		if err := j.document(p); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		got, want := b.String(), byLibrary(t, p, indent)
		if got == want {
			continue
		}
		at := 0
		for at < min(len(got), len(want)) && got[at] == want[at] {
			at++
		}
		t.Fatalf("%s, indent %v, at %d:\n%.200s\nwant\n%.200s", what, indent, at, got[max(0, at-80):], want[max(0, at-80):])
	}
}

func TestJSONIsTheLibrarys(t *testing.T) {
	cases := sampleCases()
	cases["every hostile string"], cases["large"] = hostileCase(hostileStrings...), manyRecords(500)
	for name, c := range cases {
		holdsLibrary(t, name, c)
	}
}

// documents are new values of all types that are written.
func documents() []any {
	return []any{new(triage.Case), new(fleet.Case), new(footprint.Footprint), new(sketchRow)}
}

// texts are those that filled values hold, beside made ones.
var texts = append([]string{"", "a", `C:\Windows\"x"`, "\x00\x1f\x7f\b\f\n\r\t", "\u2028\u2029\ufffd", "\xff\xc3", "<&>", "日本\U0001f600"}, hostileStrings...)

// fill sets all that v holds to values of chance: half of them are zero.
func fill(r *rand.Rand, v reflect.Value, depth int) {
	if !v.CanSet() || r.IntN(2) == 0 {
		return
	}
	if v.Type() == timeType {
		seconds := []int64{0, -62135596800, 253402300799, 253402300800, -99999999999999, r.Int64N(4e9)}[r.IntN(6)]
		v.Set(reflect.ValueOf(time.Unix(seconds, r.Int64N(1e9)).In(time.FixedZone("", r.IntN(7200)))))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(texts[r.IntN(len(texts))])
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(r.Int64() - r.Int64())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(r.Uint64())
	case reflect.Struct:
		for i := range v.NumField() {
			fill(r, v.Field(i), depth)
		}
	case reflect.Array:
		for i := range v.Len() {
			fill(r, v.Index(i), depth)
		}
	case reflect.Slice:
		n := r.IntN(3)
		if depth > 8 {
			n = 0
		}
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			fill(r, v.Index(i), depth+1)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range r.IntN(4) {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			fill(r, key, depth+1)
			fill(r, value, depth+1)
			if utf8.ValidString(key.String()) { // the library sorts these as they are written
				v.SetMapIndex(key, value)
			}
		}
	case reflect.Pointer:
		if depth < 8 {
			v.Set(reflect.New(v.Type().Elem()))
			fill(r, v.Elem(), depth+1)
		}
	}
}

func TestFilledIsTheLibrarys(t *testing.T) {
	for seed := range uint64(300) {
		for _, p := range documents() {
			fill(rand.New(rand.NewPCG(seed, 1)), reflect.ValueOf(p).Elem(), 0)
			holdsLibrary(t, reflect.TypeOf(p).String(), p)
		}
	}
}

func FuzzFilledJSON(f *testing.F) {
	f.Add(uint64(1), "a")
	f.Fuzz(func(t *testing.T, seed uint64, text string) {
		r := rand.New(rand.NewPCG(seed, 2))
		for _, p := range documents() {
			fill(r, reflect.ValueOf(p).Elem(), 0)
			if c, ok := p.(*triage.Case); ok {
				c.Summary = append(c.Summary, text)
			}
			holdsLibrary(t, reflect.TypeOf(p).String(), p)
		}
	})
}

// FuzzText: a text is written as the library writes it, and raw as RFC 8785
// has it, which is that without three of the library's escapes.
func FuzzText(f *testing.F) {
	for _, s := range texts {
		f.Add(s)
	}
	unescape := strings.NewReplacer(`\\`, `\\`, `\u2028`, "\u2028", `\u2029`, "\u2029", `\ufffd`, "\ufffd")
	f.Fuzz(func(t *testing.T, s string) {
		want := strings.TrimSuffix(byLibrary(t, &s, false), "\n")
		if got := string(appendText(nil, s, false)); got != want {
			t.Errorf("%q is %s, want %s", s, got, want)
		}
		if got, want := string(canonical(new([]byte), stixObject{"a": s}, nil)), `{"a":`+unescape.Replace(want)+`}`; got != want {
			t.Errorf("raw %q is %s, want %s", s, got, want)
		}
	})
}

// TestECSIsTheLibrarys: what is written from the list of fields is what nested
// maps are written as.
func TestECSIsTheLibrarys(t *testing.T) {
	cases := sampleCases()
	cases["every hostile string"], cases["large"] = hostileCase(hostileStrings...), manyRecords(50)
	for name, c := range cases {
		f, acts := newFront(c), actsOf(c)
		var want strings.Builder
		enc := json.NewEncoder(&want)
		enc.SetEscapeHTML(false)
		add := func(d ecsDocument) {
			if err := enc.Encode(nested(d)); err != nil {
				t.Fatal(err)
			}
		}
		for i := range c.Records {
			var d ecsDocument
			f.recordDocument(&d, &c.Records[i])
			add(d)
		}
		for i := range c.Exports {
			var d ecsDocument
			f.exportDocument(&d, &c.Exports[i], acts[c.Exports[i].ID])
			add(d)
		}
		if got := string(render(t, "ecs.ndjson", c)); got != want.String() {
			t.Errorf("%s: got\n%.400s\nwant\n%.400s", name, got, want.String())
		}
	}
}

// nested are a document's fields as maps in maps.
func nested(d ecsDocument) map[string]any {
	root := map[string]any{}
	for _, f := range d.fields {
		path := strings.Split(f.name, ".")
		object := root
		for _, name := range path[:len(path)-1] {
			if object[name] == nil {
				object[name] = map[string]any{}
			}
			object = object[name].(map[string]any)
		}
		object[path[len(path)-1]] = f.value
	}
	return root
}

func TestJSONWriterErrors(t *testing.T) {
	j := jsonWriter{w: &fullWriter{3}}
	if err := j.document(&[]string{"abc"}); !errors.Is(err, errFull) {
		t.Errorf("a full disk: %v", err)
	}
	j = jsonWriter{w: &fullWriter{100}}
	if err := j.document(&struct{ X chan int }{}); err == nil || !strings.Contains(err.Error(), "chan int") {
		t.Errorf("a channel: %v", err)
	}
}
