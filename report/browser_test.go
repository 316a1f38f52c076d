package report

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// browserTools is where the test's programs lie, with what they need beside
// Node.js: `npm ci` in this folder installs that.
const browserTools = "testdata/browser"

// needNode skips the test aloud where Node.js or a package is not installed.
func needNode(t *testing.T, packages ...string) {
	t.Helper()
	if testing.Short() {
		t.Skip("a browser takes its time")
	}
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("SKIPPED: Node.js is not installed: the HTML report is not checked by other programs")
	}
	for _, p := range packages {
		if _, err := os.Stat(filepath.Join(browserTools, "node_modules", p)); err != nil {
			t.Skipf("SKIPPED: %s is not installed (npm ci in report/%s): the HTML report is not checked by it", p, browserTools)
		}
	}
}

// chromium is Debian's browser, or another build of it.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("SKIPPED: Chromium is not installed: the HTML report is not opened in a browser")
	return ""
}

// goldenPages are the reports that are checked: this package's and those of the
// built machines, in which there is something of everything; and others of the
// same templates: where nothing was found, and those of the scenarios, which are
// rendered anew.
func goldenPages(t *testing.T) (pages, others []string) {
	t.Helper()
	for _, pattern := range []string{"testdata/*.html", "../testdata/golden/*.html"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		if len(found) < 2 {
			t.Fatalf("%s: %d pages, want 2 or more", pattern, len(found))
		}
		for _, path := range found {
			absolute, err := filepath.Abs(path)
			if err != nil {
				t.Fatal(err)
			}
			if name := filepath.Base(path); strings.Contains(name, "clean") || strings.Contains(name, "empty") {
				others = append(others, absolute)
			} else {
				pages = append(pages, absolute)
			}
		}
	}
	folder := t.TempDir()
	for name, c := range storyCases(t) {
		path := filepath.Join(folder, name+".html")
		if err := os.WriteFile(path, render(t, "html", c), 0o600); err != nil {
			t.Fatal(err)
		}
		others = append(others, path)
	}
	slices.Sort(others)
	return pages, others
}

// A finding is what one check of one page has to say.
type finding struct {
	Name     string
	Problems []string
	Took     map[string]float64 // ms, of the checks that measure
}

// node runs one of the programs and decodes what it found.
func node(t *testing.T, script string, args ...string) []finding {
	t.Helper()
	cmd := exec.Command("node", append([]string{script}, args...)...)
	cmd.Dir = browserTools
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v", script, err)
	}
	var findings []finding
	if err := json.Unmarshal(out, &findings); err != nil {
		t.Fatalf("%s: %v", script, err)
	}
	return findings
}

func tell(t *testing.T, findings []finding, want int) {
	t.Helper()
	if len(findings) != want {
		t.Errorf("%d checks were made, want %d", len(findings), want)
	}
	for _, f := range findings {
		t.Run(f.Name, func(t *testing.T) {
			for _, p := range f.Problems {
				t.Error(p)
			}
		})
	}
}

// checksPerPage is how many checks testdata/browser/check.mjs makes of a page,
// and how many of one of the others.
const checksPerPage, checksOfOthers = 12, 3

// TestInBrowser opens the pages in Chromium, with script and without: nothing
// leaves, nothing fails, everything that the script offers works, and hostile
// text stays text. Pictures of them, from top to bottom, are left in the folder
// that HIVETRIAGE_PICTURES names.
func TestInBrowser(t *testing.T) {
	needNode(t, "playwright-core")
	pictures := os.Getenv("HIVETRIAGE_PICTURES")
	if pictures == "" {
		pictures = t.TempDir()
	}
	pages, others := goldenPages(t)
	args := slices.Concat([]string{chromium(t), pictures}, pages, []string{"--briefly"}, others)
	tell(t, node(t, "check.mjs", args...), checksPerPage*len(pages)+checksOfOthers*len(others))
}

// TestValidHTML has the pages checked by html-validate.
func TestValidHTML(t *testing.T) {
	needNode(t, "html-validate")
	pages := slices.Concat(goldenPages(t))
	tell(t, node(t, "validate.mjs", pages...), len(pages))
}

// TestOpensLargeReport opens a case of 10,000 records, 1,000 exports and 50,000
// events and logs how long that takes; the aim is less than two seconds.
func TestOpensLargeReport(t *testing.T) {
	needNode(t, "playwright-core")
	browser := chromium(t)
	path := filepath.Join(t.TempDir(), "large.html")
	page := render(t, "html", largeCase())
	if err := os.WriteFile(path, page, 0o600); err != nil {
		t.Fatal(err)
	}
	found := node(t, "large.mjs", browser, path)
	tell(t, found, 1)
	for _, what := range []string{"opened", "painted", "filtered", "sorted", "unfolded", "elements"} {
		t.Logf("%s: %.0f", what, found[0].Took[what])
	}
	t.Logf("bytes: %d (times are in ms)", len(page))
}
