package report

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestNavigatorFields holds a layer against the fields of layer format 4.5
// (LAYERFORMATv4_5.md in MITRE's attack-navigator): those that it knows, with
// their types, and those that must be there.
func TestNavigatorFields(t *testing.T) {
	layerFields := map[string]string{"name": "string!", "versions": "object", "domain": "string!", "description": "string", "filters": "object", "sorting": "number", "layout": "object",
		"hideDisabled": "bool", "techniques": "list", "gradient": "object", "metadata": "list"}
	techniqueFields := map[string]string{"techniqueID": "string!", "score": "number", "comment": "string", "enabled": "bool", "metadata": "list", "links": "list", "showSubtechniques": "bool"}
	cases := checkedCases(t)
	for name, c := range cases {
		var layer map[string]any
		if err := json.Unmarshal(render(t, "navigator.json", c), &layer); err != nil {
			t.Fatal(err)
		}
		holdFields(t, name, layer, layerFields)
		versions := layer["versions"].(map[string]any)
		if layer["domain"] != "enterprise-attack" || versions["layer"] != "4.5" || versions["navigator"] != "5.0.0" {
			t.Errorf("%s: domain %v, versions %v", name, layer["domain"], versions)
		}
		holdFields(t, name+" gradient", layer["gradient"].(map[string]any), map[string]string{"colors": "list!", "minValue": "number!", "maxValue": "number!"})
		if colors := layer["gradient"].(map[string]any)["colors"].([]any); len(colors) < 2 {
			t.Errorf("%s: a gradient of %v", name, colors)
		}
		seen := map[string]bool{}
		for _, x := range layer["techniques"].([]any) {
			technique := x.(map[string]any)
			id := technique["techniqueID"].(string)
			if seen[id] || !regexp.MustCompile(`^T\d{4}(\.\d{3})?$`).MatchString(id) {
				t.Errorf("%s: technique %q, a second time %v", name, id, seen[id])
			}
			seen[id] = true
			holdFields(t, name+" "+id, technique, techniqueFields)
			if score := technique["score"].(float64); score < 0 || score > 100 {
				t.Errorf("%s %s: score %v", name, id, score)
			}
			for _, m := range technique["metadata"].([]any) {
				holdFields(t, name+" "+id, m.(map[string]any), map[string]string{"name": "string!", "value": "string!"})
			}
			for _, l := range technique["links"].([]any) {
				holdFields(t, name+" "+id, l.(map[string]any), map[string]string{"label": "string!", "url": "string!"})
				if url := l.(map[string]any)["url"].(string); !strings.HasPrefix(url, "https://attack.mitre.org/techniques/T") {
					t.Errorf("%s %s: link to %q", name, id, url)
				}
			}
		}
	}
}

// holdFields checks that an object has the given fields only, each of its
// type, and those with "!" in any case.
func holdFields(t *testing.T, what string, object map[string]any, fields map[string]string) {
	t.Helper()
	for name, value := range object {
		kind, known := fields[name]
		if !known {
			t.Errorf("%s: the format has no field %s", what, name)
			continue
		}
		got := "object"
		switch value.(type) {
		case string:
			got = "string"
		case float64:
			got = "number"
		case bool:
			got = "bool"
		case []any:
			got = "list"
		}
		if got != strings.TrimSuffix(kind, "!") {
			t.Errorf("%s: %s is a %s, want a %s", what, name, got, kind)
		}
	}
	for name, kind := range fields {
		if value, ok := object[name]; strings.HasSuffix(kind, "!") && (!ok || value == "") {
			t.Errorf("%s: no %s", what, name)
		}
	}
}

// TestNavigatorScores: the score is the confidence of the surest act.
func TestNavigatorScores(t *testing.T) {
	c := confirmedCase()
	weak := sampleAct()
	weak.ID, weak.Confidence, weak.Attack = "act-2", 20, []string{"T1003.002", "T1006"}
	c.Acts = append(c.Acts, weak)
	var l layer
	if err := json.Unmarshal(render(t, "navigator.json", c), &l); err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	for _, technique := range l.Techniques {
		got[technique.ID] = technique.Score
	}
	if len(got) != 3 || got["T1003.002"] != 97 || got["T1003.004"] != 97 || got["T1006"] != 20 {
		t.Errorf("scores %v", got)
	}
}

// TestTechniqueNames: every technique that acts can have has its name.
func TestTechniqueNames(t *testing.T) {
	found := regexp.MustCompile(`"(T1\d{3}(?:\.\d{3})?)"`)
	n := 0
	err := filepath.WalkDir("../triage", func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, m := range found.FindAllSubmatch(text, -1) {
			n++
			if techniqueName(string(m[1])) == "" {
				t.Errorf("%s has %s, which has no name here", path, m[1])
			}
		}
		return err
	})
	if err != nil || n < 20 {
		t.Errorf("%d techniques were found: %v", n, err)
	}
}

// TestNavigatorLibrary gives the layers to MITRE's own library.
func TestNavigatorLibrary(t *testing.T) {
	const script = `import json, sys
try:
    from mitreattack.navlayers import Layer
except ImportError:
    sys.exit(77)
for path in sys.argv[1:]:
    layer = Layer(strict=True)
    layer.from_file(path)
    assert layer.layer is not None, path
    assert len(layer.to_dict().get("techniques", [])) == len(json.load(open(path, encoding="utf-8"))["techniques"]), path
    print("read", path)
`
	python(t, script, "mitreattack-python", "read ", written(t, "navigator.json")...)
}

// python runs a script on files; where its library is not installed the test
// is skipped.
func python(t *testing.T, script, library, each string, files ...string) {
	t.Helper()
	interpreter := os.Getenv("HIVETRIAGE_PYTHON")
	if interpreter == "" {
		interpreter = "python3"
	}
	out, err := exec.Command(interpreter, append([]string{"-c", script}, files...)...).CombinedOutput()
	if exit, ok := err.(*exec.ExitError); ok && exit.ExitCode() == 77 || err != nil && !ok {
		t.Skipf("skipped: %s has no %s: pip install %s, and name the interpreter in HIVETRIAGE_PYTHON", interpreter, library, library)
	}
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if n := strings.Count(string(out), each); n != len(files) {
		t.Errorf("%d of %d files were read: %s", n, len(files), out)
	}
}
