package report

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"hivetriage/triage"
	"hivetriage/triage/correlate"
)

func compileSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("case.schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("case.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSchemaAccepts(t *testing.T) {
	s := compileSchema(t)
	cases := checkedCases(t)
	for name, c := range cases {
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(render(t, "json", c)))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(doc); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSchemaRefuses(t *testing.T) {
	s := compileSchema(t)
	for name, change := range map[string]func(map[string]any){
		"an unknown field":  func(m map[string]any) { m["extra"] = 1 },
		"a missing list":    func(m map[string]any) { delete(m, "acts") },
		"null for a list":   func(m map[string]any) { m["exports"] = nil },
		"an unknown word":   func(m map[string]any) { m["verdict"] = "maybe" },
		"a time of a zone":  func(m map[string]any) { m["run"].(map[string]any)["started"] = "2026-11-03T02:14:09+01:00" },
		"a time of 30 Feb":  func(m map[string]any) { m["run"].(map[string]any)["started"] = "2026-02-30T02:14:09Z" },
		"eight decimals":    func(m map[string]any) { m["run"].(map[string]any)["started"] = "2026-11-03T02:14:09.12345678Z" },
		"a nested stranger": func(m map[string]any) { m["exports"].([]any)[0].(map[string]any)["at"].(map[string]any)["x"] = "" },
		"a negative size":   func(m map[string]any) { m["exports"].([]any)[0].(map[string]any)["size"] = json.Number("-1") },
	} {
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(render(t, "json", confirmedCase())))
		if err != nil {
			t.Fatal(err)
		}
		change(doc.(map[string]any))
		if s.Validate(doc) == nil {
			t.Errorf("the schema accepts %s", name)
		}
	}
}

// TestSchemaIsTheTypes walks the Go types and the schema side by side: each
// JSON field of one must stand in the other, and a field that can be left out
// must not be required.
func TestSchemaIsTheTypes(t *testing.T) {
	schemaIsTheType(t, Schema(), reflect.TypeFor[triage.Case]())
}

func schemaIsTheType(t *testing.T, schema []byte, document reflect.Type) {
	t.Helper()
	var root map[string]any
	if err := json.Unmarshal(schema, &root); err != nil {
		t.Fatal(err)
	}
	defs := root["$defs"].(map[string]any)
	used := map[string]bool{}
	seen := map[reflect.Type]bool{}
	var walk func(path string, typ reflect.Type, node map[string]any)
	walk = func(path string, typ reflect.Type, node map[string]any) {
		if ref, ok := node["$ref"].(string); ok {
			name := strings.TrimPrefix(ref, "#/$defs/")
			used[name] = true
			node = defs[name].(map[string]any)
		}
		switch typ.Kind() {
		case reflect.Pointer:
			walk(path, typ.Elem(), node)
		case reflect.Slice:
			if node["type"] != "array" {
				t.Errorf("%s: a list in Go, %v in the schema", path, node["type"])
				return
			}
			walk(path+"[]", typ.Elem(), node["items"].(map[string]any))
		case reflect.Struct:
			if typ == reflect.TypeFor[time.Time]() || seen[typ] {
				return
			}
			seen[typ] = true
			compareFields(t, path, typ, node, walk)
		}
	}
	walk("case", document, root)
	for name := range defs {
		if !used[name] {
			t.Errorf("$defs/%s is not used", name)
		}
	}
}

func compareFields(t *testing.T, path string, typ reflect.Type, node map[string]any, walk func(string, reflect.Type, map[string]any)) {
	t.Helper()
	if node["additionalProperties"] != false {
		t.Errorf("%s: additional properties are not forbidden", path)
	}
	props, _ := node["properties"].(map[string]any)
	required := map[string]bool{}
	list, _ := node["required"].([]any)
	for _, name := range list {
		required[name.(string)] = true
	}
	fields := map[string]bool{}
	for _, field := range reflect.VisibleFields(typ) {
		if !field.IsExported() || field.Anonymous {
			continue
		}
		tag := field.Tag.Get("json")
		name, rest, _ := strings.Cut(tag, ",")
		if name == "-" {
			continue
		}
		if name == "" {
			t.Errorf("%s: Go field %s has no JSON name", path, field.Name)
			continue
		}
		fields[name] = true
		optional := strings.Contains(rest, "omit")
		if required[name] == optional {
			t.Errorf("%s.%s: required is %v in the schema, can be left out is %v in Go", path, name, required[name], optional)
		}
		child, ok := props[name].(map[string]any)
		if !ok {
			t.Errorf("%s.%s is missing in the schema", path, name)
			continue
		}
		walk(path+"."+name, field.Type, child)
	}
	for name := range props {
		if !fields[name] {
			t.Errorf("%s.%s stands in the schema and not in Go", path, name)
		}
	}
}

func TestJSONForm(t *testing.T) {
	c := confirmedCase()
	c.Run.Started = time.Date(2026, 11, 3, 3, 14, 9, 123456789, time.FixedZone("UTC+1", 3600))
	c.Exports[0].Taken.Exact = time.Date(30828, 9, 14, 2, 48, 5, 0, time.UTC)
	c.Summary = []string{"<b> & 'x'"}
	c.Acts[0].Records = nil
	got := string(render(t, "json", c))
	for _, want := range []string{
		`"started": "2026-11-03T02:14:09.1234567Z"`, `"<b> & 'x'"`, `"records": []`, "{\n  \"schema\": \"hivetriage/case\"", `"created": "2026-11-03T02:14:09.512001Z"`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s", want)
		}
	}
	for _, bad := range []string{"null", "0001-01-01", "30828", `\u003c`} {
		if strings.Contains(got, bad) {
			t.Errorf("the document has %s", bad)
		}
	}
	if !strings.HasSuffix(got, "}\n") {
		t.Error("no newline at the end")
	}
	if c.Acts[0].Records != nil || c.Run.Started.Nanosecond() != 123456789 {
		t.Error("the case was changed")
	}
}

func TestJSONEmpty(t *testing.T) {
	got := string(render(t, "json", &triage.Case{Records: []correlate.Record{{}}}))
	if strings.Contains(got, "null") {
		t.Errorf("null in %s", got)
	}
	if n := strings.Count(got, "[]"); n < 13 {
		t.Errorf("%d empty lists, want at least 13", n)
	}
}

// FuzzJSONTime: any time can be written.
func FuzzJSONTime(f *testing.F) {
	f.Add(int64(0), int64(0))
	f.Add(int64(910692730085), int64(477580700)) // the year 30828
	f.Add(int64(-1)<<60, int64(1))
	f.Fuzz(func(t *testing.T, sec, nsec int64) {
		c := &triage.Case{Timeline: []triage.Moment{{Time: time.Unix(sec, nsec)}}}
		render(t, "json", c)
		render(t, "html", c)
	})
}
