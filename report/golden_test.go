package report

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"testing"

	"hivetriage/triage"
)

var update = flag.Bool("update", false, "write the golden files anew")

// outputs are the renderings by their golden file's extension.
var outputs = map[string]func(io.Writer, *triage.Case) error{
	"txt":              func(w io.Writer, c *triage.Case) error { return Terminal(w, c, TerminalOptions{}) },
	"html":             HTML,
	"json":             JSON,
	"md":               Markdown,
	"csv":              allTables,
	"timesketch.jsonl": Timesketch,
	"ecs.ndjson":       ECS,
	"navigator.json":   Navigator,
	"stix.json":        STIX,
}

// allTables writes the CSV files one after the other, each under its name.
func allTables(w io.Writer, c *triage.Case) error {
	for _, f := range Tables() {
		if _, err := io.WriteString(w, "# "+f.Name+"\r\n"); err != nil {
			return err
		}
		if err := f.Write(w, c); err != nil {
			return err
		}
	}
	return nil
}

func render(t testing.TB, kind string, c *triage.Case) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := outputs[kind](&b, c); err != nil {
		t.Fatalf("%s: %v", kind, err)
	}
	return b.Bytes()
}

func TestGolden(t *testing.T) {
	for name, c := range sampleCases() {
		for kind := range outputs {
			file := filepath.Join("testdata", name+"."+kind)
			got := render(t, kind, c)
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
			if again := render(t, kind, sampleCases()[name]); !bytes.Equal(got, again) {
				t.Errorf("%s: two renderings differ", file)
			}
		}
	}
}

// fullWriter fails after n bytes, as a full disk does.
type fullWriter struct{ n int }

var errFull = errors.New("disk full")

func (w *fullWriter) Write(p []byte) (int, error) {
	if len(p) > w.n {
		return 0, errFull
	}
	w.n -= len(p)
	return len(p), nil
}

func TestWriteErrors(t *testing.T) {
	for kind, write := range outputs {
		size := len(render(t, kind, confirmedCase()))
		for _, n := range []int{0, 100, size / 2} {
			if err := write(&fullWriter{n}, confirmedCase()); !errors.Is(err, errFull) {
				t.Errorf("%s with room for %d bytes: error %v, want %v", kind, n, err, errFull)
			}
		}
	}
}
