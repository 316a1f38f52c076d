package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"hivetriage/triage/fleet"
)

// batchOutputs are the renderings by their golden file's extension.
var batchOutputs = map[string]func(io.Writer, *fleet.Case) error{
	"html":             BatchHTML,
	"txt":              func(w io.Writer, c *fleet.Case) error { return BatchTerminal(w, c, TerminalOptions{}) },
	"json":             BatchJSON,
	"csv":              allBatchTables,
	"timesketch.jsonl": BatchTimesketch,
}

func allBatchTables(w io.Writer, c *fleet.Case) error {
	for _, f := range BatchTables() {
		if _, err := io.WriteString(w, "# "+f.Name+"\r\n"); err != nil {
			return err
		}
		if err := f.Write(w, c); err != nil {
			return err
		}
	}
	return nil
}

func renderBatch(t testing.TB, kind string, c *fleet.Case) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := batchOutputs[kind](&b, c); err != nil {
		t.Fatalf("%s: %v", kind, err)
	}
	return b.Bytes()
}

func TestBatchGolden(t *testing.T) {
	again := sampleBatches(t)
	for name, c := range sampleBatches(t) {
		for kind := range batchOutputs {
			file := filepath.Join("testdata", name+"."+kind)
			got := renderBatch(t, kind, c)
			if *update {
				if err := os.WriteFile(file, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%s: output has changed; look at it and run go test -update", file)
			}
			if !bytes.Equal(got, renderBatch(t, kind, again[name])) {
				t.Errorf("%s: two renderings differ", file)
			}
		}
	}
}

func TestBatchWriteErrors(t *testing.T) {
	c := rollUp(t, sampleFleet())
	for kind, write := range batchOutputs {
		size := len(renderBatch(t, kind, c))
		for _, n := range []int{0, 100, size / 2} {
			if err := write(&fullWriter{n}, c); !errors.Is(err, errFull) {
				t.Errorf("%s with room for %d bytes: error %v, want %v", kind, n, err, errFull)
			}
		}
	}
}

func TestBatchFiles(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range BatchFiles() {
		if seen[f.Name] || strings.ContainsAny(f.Name, `/\`) {
			t.Errorf("the file name %q", f.Name)
		}
		seen[f.Name] = true
	}
	for _, want := range []string{"index.html", "case.json", "timesketch.jsonl", "hosts.csv", "acts.csv", "links.csv", "accounts.csv", "foreign.csv", "remote.csv", "logons.csv", "programs.csv", "blind.csv", "not_triaged.csv", "left.csv", "response.csv", "timeline.csv"} {
		if !seen[want] {
			t.Errorf("no %s", want)
		}
	}
}

func compileBatchSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(BatchSchema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("batch.schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("batch.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestBatchSchemaAccepts(t *testing.T) {
	s := compileBatchSchema(t)
	cases := sampleBatches(t)
	cases["every hostile string"] = hostileBatch(t, hostileStrings...)
	cases["a thousand hosts"] = largeBatch(t)
	for name, c := range cases {
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(renderBatch(t, "json", c)))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(doc); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestBatchSchemaRefuses(t *testing.T) {
	s := compileBatchSchema(t)
	first := func(m map[string]any, list string) map[string]any { return m[list].([]any)[0].(map[string]any) }
	for name, change := range map[string]func(map[string]any){
		"an unknown field":    func(m map[string]any) { m["extra"] = 1 },
		"a missing list":      func(m map[string]any) { delete(m, "spread") },
		"null for a list":     func(m map[string]any) { m["accounts"] = nil },
		"an unknown verdict":  func(m map[string]any) { first(m, "hosts")["verdict"] = "maybe" },
		"a count of verdicts": func(m map[string]any) { m["counts"].(map[string]any)["by_verdict"].(map[string]any)["sure"] = 1 },
		"a time of a zone":    func(m map[string]any) { first(m, "acts")["start"] = "2026-11-03T02:14:09+01:00" },
		"a nested stranger":   func(m map[string]any) { first(first(m, "accounts"), "cells")["x"] = "" },
		"a state of no run":   func(m map[string]any) { first(m, "not_triaged")["state"] = "lost" },
		"nine sentences":      func(m map[string]any) { m["summary"] = strings.Split("123456789", "") },
	} {
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(renderBatch(t, "json", rollUp(t, sampleFleet()))))
		if err != nil {
			t.Fatal(err)
		}
		change(doc.(map[string]any))
		if lines, ok := doc.(map[string]any)["summary"].([]string); ok {
			var all []any
			for _, l := range lines {
				all = append(all, l)
			}
			doc.(map[string]any)["summary"] = all
		}
		if s.Validate(doc) == nil {
			t.Errorf("the schema accepts %s", name)
		}
	}
}

func TestBatchSchemaIsTheTypes(t *testing.T) {
	schemaIsTheType(t, BatchSchema(), reflect.TypeFor[fleet.Case]())
}

func TestBatchJSONEmpty(t *testing.T) {
	got := string(renderBatch(t, "json", &fleet.Case{Acts: []fleet.Act{{}}, Logons: fleet.Graph{}}))
	if strings.Contains(got, "null") {
		t.Errorf("null in %s", got)
	}
	if !strings.Contains(got, `"by_verdict": {}`) || !strings.Contains(got, `"timeline": []`) {
		t.Errorf("a list or a map is not written as empty: %s", got)
	}
}

// TestBatchTables reads the tables back: the same columns in each row, no cell
// that a spreadsheet computes, and a row for each of what the case has.
func TestBatchTables(t *testing.T) {
	c := hostileBatch(t, hostileStrings...)
	cells := 0
	for _, a := range c.Accounts {
		cells += len(a.Cells)
	}
	links := len(c.Hints)
	for _, g := range c.Groups {
		links += len(g.Links)
	}
	namesakes := 0
	for _, a := range c.Accounts {
		namesakes += len(a.Same)
	}
	want := map[string]int{
		"namesakes.csv": namesakes,
		"hosts.csv":     len(c.Hosts), "acts.csv": len(c.Acts), "links.csv": links, "accounts.csv": cells, "foreign.csv": len(c.Foreign), "remote.csv": len(c.Remote), "logons.csv": len(c.Logons.Edges),
		"programs.csv": len(c.Programs), "blind.csv": len(c.Blind), "not_triaged.csv": len(c.NotTriaged), "left.csv": len(c.Left), "response.csv": len(c.Response), "timeline.csv": len(c.Timeline),
	}
	for _, f := range BatchTables() {
		var b bytes.Buffer
		if err := f.Write(&b, c); err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(&b).ReadAll()
		if err != nil {
			t.Errorf("%s: %v", f.Name, err)
			continue
		}
		if len(rows)-1 != want[f.Name] || want[f.Name] == 0 && f.Name != "namesakes.csv" {
			t.Errorf("%s: %d rows, want %d", f.Name, len(rows)-1, want[f.Name])
		}
		for _, r := range rows {
			for _, cell := range r {
				if bare := strings.TrimLeft(cell, " "); bare != "" && strings.ContainsRune(formulas, []rune(bare)[0]) {
					t.Errorf("%s: the cell %.60q is computed", f.Name, cell)
				}
				if bad := hidden(cell); bad != "" || strings.Contains(cell, "\n") {
					t.Errorf("%s: the cell %.60q has %q", f.Name, cell, bad)
				}
			}
		}
	}
}

func TestBatchTimesketch(t *testing.T) {
	c := rollUp(t, sampleFleet())
	c.Timeline = append(c.Timeline, fleet.Moment{Host: "WS-001", What: "no time"})
	lines := bytes.Split(bytes.TrimSpace(renderBatch(t, "timesketch.jsonl", c)), []byte("\n"))
	if len(lines) != len(c.Timeline)-1 {
		t.Fatalf("%d lines, want %d: all but that without a time", len(lines), len(c.Timeline)-1)
	}
	last := ""
	for _, l := range lines {
		var r sketchRow
		if err := json.Unmarshal(l, &r); err != nil {
			t.Fatal(err)
		}
		if r.Host == "" || r.Message == "" || r.Desc == "" || r.Datetime < last || !strings.Contains(r.Ref, ":") {
			t.Errorf("the line %s", l)
		}
		last = r.Datetime
	}
}

func TestBatchTerminal(t *testing.T) {
	cases := sampleBatches(t)
	cases["every hostile string"], cases["a thousand hosts"] = hostileBatch(t, hostileStrings...), largeBatch(t)
	for name, c := range cases {
		for _, width := range []int{0, 40, 120} {
			var b bytes.Buffer
			if err := BatchTerminal(&b, c, TerminalOptions{Width: width}); err != nil {
				t.Fatal(err)
			}
			for l := range strings.Lines(b.String()) {
				l = strings.TrimSuffix(l, "\n")
				if n := columns(l); n > max(width, 40) && (width != 0 || n > DefaultWidth) {
					t.Errorf("%s at %d: a line has %d columns: %q", name, width, n, l)
				}
				if bad := hidden(l); bad != "" {
					t.Errorf("%s: %q in %q", name, bad, l)
				}
			}
		}
	}
	text := string(renderBatch(t, "txt", cases["batch"]))
	for _, want := range []string{"CONFIRMED HIVE DUMP: ACTS ON 4 OF 8 HOSTS", "WS-001", "Do next", "Not triaged", "hosts/collection-ws-001", "the image ends too early", `NORDWIND\admin.jansen`} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q", want)
		}
	}
}
