package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestImports holds the layout: each line lets the packages on the left
// import those on the right and no others of this project. A pattern ending
// in "/..." means the package and all below it.
func TestImports(t *testing.T) {
	const module = "hivetriage"
	steps := []string{"triage/locate", "triage/command", "triage/rule", "triage/rule/sigma", "triage/correlate", "triage/guide", "triage/coverage", "triage/expose", "triage/settings", "triage/taken", "triage/owner", "triage/technique", "triage/attest", "triage/benign", "triage/program", "triage/destination", "triage/footprint", "artifacts"}
	allowed := []struct {
		from string
		to   []string
	}{
		{"", []string{"triage", "triage/batch", "triage/fleet", "report", "artifacts/evidence"}},
		{"report", []string{"triage/...", "artifacts"}},
		{"triage", append([]string{"artifacts/..."}, steps...)},
		{"triage/batch", []string{"artifacts", "artifacts/evidence", "triage", "triage/fleet", "triage/footprint"}}, // runs the program once for each host
		{"triage/expose", append([]string{"artifacts/hive/..."}, steps...)},                                         // what hives tell of accounts
		{"triage/settings", append([]string{"artifacts/hive/...", "artifacts/access"}, steps...)},                   // and of the computer
		{"triage/fleet", append([]string{"triage"}, steps...)},                                                      // answers across the hosts' finished cases
		{"triage/fleet/fleettest", append([]string{"triage", "triage/fleet"}, steps...)},
		{"triage/...", steps},
		{"artifacts", nil},
		{"artifacts/internal/readtest", []string{"artifacts"}}, // for tests
		{"artifacts/internal/...", nil},
		{"artifacts/evidence/...", []string{"artifacts", "artifacts/internal/...", "artifacts/evidence/..."}},
		{"artifacts/hive/...", []string{"artifacts", "artifacts/internal/...", "artifacts/hive/..."}}, // the other forms of a hive
		{"artifacts/execution/...", []string{"artifacts", "artifacts/internal/...", "artifacts/execution/...", "artifacts/hive/...", "artifacts/ese/...", "artifacts/journal/..."}}, // what keeps them: hives, databases, links
		{"artifacts/ese/...", []string{"artifacts", "artifacts/internal/...", "artifacts/ese/..."}},
		{"artifacts/executable/...", []string{"artifacts", "artifacts/internal/...", "artifacts/executable/..."}},
		{"artifacts/...", []string{"artifacts", "artifacts/internal/..."}},
		{"testdata/...", []string{"artifacts/...", "testdata/..."}},
	}
	list, err := exec.Command("go", "list", "-f", `{{.ImportPath}}: {{join .Imports " "}}`, "./...", "./testdata/corpora", "./testdata/scene", "./testdata/generate").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	checked := 0
	for line := range strings.Lines(string(list)) {
		from, imports, _ := strings.Cut(strings.TrimSpace(line), ":")
		from = strings.TrimPrefix(strings.TrimPrefix(from, module), "/")
		i := slices.IndexFunc(allowed, func(a struct {
			from string
			to   []string
		}) bool {
			return within(from, a.from)
		})
		if i < 0 {
			t.Errorf("%s has no line in the table of layers", from)
			continue
		}
		for _, imported := range strings.Fields(imports) {
			to, ours := strings.CutPrefix(imported, module+"/")
			if !ours {
				continue
			}
			checked++
			if !slices.ContainsFunc(allowed[i].to, func(p string) bool { return within(to, p) }) {
				t.Errorf("%s imports %s", from, to)
			}
		}
	}
	if checked < 20 {
		t.Errorf("only %d imports were checked: the list is broken", checked)
	}
}

func within(path, pattern string) bool {
	if root, ok := strings.CutSuffix(pattern, "/..."); ok {
		return path == root || strings.HasPrefix(path, root+"/")
	}
	return path == pattern
}
