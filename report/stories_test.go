package report

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"hivetriage/triage"
)

// storyDocuments are the golden cases of the built scenarios, which the
// program wrote of their disks, by the scenarios' names.
var storyDocuments = sync.OnceValues(func() (map[string][]byte, error) {
	const ending = ".case.json.gz"
	files, err := filepath.Glob("../testdata/golden/*" + ending)
	if err != nil {
		return nil, err
	}
	documents := map[string][]byte{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		z, err := gzip.NewReader(bytes.NewReader(data))
		if err != nil {
			return nil, err
		}
		var b bytes.Buffer
		if _, err := b.ReadFrom(z); err != nil {
			return nil, err
		}
		documents[strings.TrimSuffix(filepath.Base(file), ending)] = b.Bytes()
	}
	return documents, nil
})

// storyCases are the cases of the built scenarios. What is rendered of them is
// what the program writes: a test of the program holds the two together.
func storyCases(t testing.TB) map[string]*triage.Case {
	t.Helper()
	documents, err := storyDocuments()
	if err != nil {
		t.Fatal(err)
	}
	if len(documents) != 10 {
		t.Fatalf("%d scenarios, want 10", len(documents))
	}
	cases := map[string]*triage.Case{}
	for name, document := range documents {
		var c triage.Case
		if err := json.Unmarshal(document, &c); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		cases[name] = &c
	}
	return cases
}

// checkedCases are the cases that every output is checked with: this package's
// own, one with every hostile string, and those of the scenarios.
func checkedCases(t testing.TB) map[string]*triage.Case {
	t.Helper()
	cases := sampleCases()
	cases["every hostile string"] = hostileCase(hostileStrings...)
	maps.Copy(cases, storyCases(t))
	return cases
}

// written renders all cases that outputs are checked with into files, and
// returns their paths.
func written(t *testing.T, kind string) (paths []string) {
	t.Helper()
	folder := t.TempDir()
	for name, c := range checkedCases(t) {
		path := filepath.Join(folder, name+"."+kind)
		if err := os.WriteFile(path, render(t, kind, c), 0o600); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	slices.Sort(paths)
	return paths
}

// TestStoriesFitTheSchema holds the documents that the program wrote against
// the schema.
func TestStoriesFitTheSchema(t *testing.T) {
	s := compileSchema(t)
	documents, err := storyDocuments()
	if err != nil {
		t.Fatal(err)
	}
	for name, document := range documents {
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(doc); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if again := render(t, "json", storyCases(t)[name]); !bytes.Equal(again, document) {
			t.Errorf("%s: the document that is read back is another", name)
		}
	}
}
