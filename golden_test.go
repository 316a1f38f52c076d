package main

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

const goldenFolder = "testdata/golden"

// TestGolden holds every output for a machine with the act and for one
// without it against the files in testdata/golden.
func TestGolden(t *testing.T) {
	golden, err := filepath.Abs(goldenFolder)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		exit int
	}{{"workstation", exitFound}, {"clean", exitClean}} {
		t.Run(c.name, func(t *testing.T) {
			image := c.name + ".E01"
			inEvidence(t, image)
			stdout := triageIn(t, c.exit, "--image", image, "--html", "report.html", "--json", "case.json", "--hash")
			compare(t, []byte(stdout), filepath.Join(golden, c.name+".terminal.txt"))
			for _, file := range []string{"report.html", "case.json"} {
				got, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				compare(t, got, filepath.Join(golden, c.name+"."+file))
			}
		})
	}
}

// TestGoldenScenarios holds the page, the document and the terminal's text of
// each scenario against its golden case. Page and document are compressed, and
// the page is without what all pages have alike, which the page of the
// workstation shows.
func TestGoldenScenarios(t *testing.T) {
	for _, name := range scenarioNames() {
		t.Run(name, func(t *testing.T) {
			p := played(t, name)
			compare(t, p.outputs["terminal.txt"], filepath.Join(goldenFolder, name+".terminal.txt"))
			compare(t, p.outputs["case.json"], filepath.Join(goldenFolder, name+".case.json.gz"))
			compare(t, ownPart(p.outputs["report.html"]), filepath.Join(goldenFolder, name+".report.html.gz"))
		})
	}
}

// shared is what all pages have alike: style, script, and their digests, by
// which the page allows no others.
var shared = regexp.MustCompile(`(?s)<style>.*?</style>|<script>.*?</script>|'sha256-[^']*'`)

func ownPart(page []byte) []byte {
	return shared.ReplaceAll(page, []byte("<!-- as in every page -->"))
}

// compare holds an output against its golden file, which -update rewrites if
// it says something else.
func compare(t *testing.T, got []byte, golden string) {
	t.Helper()
	want, err := readGolden(golden)
	if *update && (err != nil || !bytes.Equal(got, want)) {
		if err := writeGolden(golden, got); err != nil {
			t.Fatal(err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if where := firstDifference(got, want); where != "" {
		t.Errorf("%s (go test -update rewrites it): %s", filepath.Base(golden), where)
	}
}

// readGolden reads a golden file, and what is compressed in it.
func readGolden(path string) ([]byte, error) {
	data, err := os.ReadFile(path)
	if err != nil || filepath.Ext(path) != ".gz" {
		return data, err
	}
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}

func writeGolden(path string, data []byte) error {
	if filepath.Ext(path) != ".gz" {
		return os.WriteFile(path, data, 0o644)
	}
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return err
	}
	_, err = z.Write(data)
	if err := errors.Join(err, z.Close()); err != nil {
		return err
	}
	return os.WriteFile(path, b.Bytes(), 0o644)
}

// around is how much of a line stands before and after the place where it
// differs.
const around = 70

// firstDifference says where two texts part: the line, the column, both lines there
// and how many lines differ; "" if they are equal.
func firstDifference(got, want []byte) string {
	if bytes.Equal(got, want) {
		return ""
	}
	g, w := strings.Split(string(got), "\n"), strings.Split(string(want), "\n")
	first := 0
	for first < min(len(g), len(w)) && g[first] == w[first] {
		first++
	}
	tail := 0
	for tail < min(len(g), len(w))-first && g[len(g)-1-tail] == w[len(w)-1-tail] {
		tail++
	}
	line := func(lines []string) string {
		if first < len(lines) {
			return lines[first]
		}
		return ""
	}
	at := 0
	for at < min(len(line(g)), len(line(w))) && line(g)[at] == line(w)[at] {
		at++
	}
	told := fmt.Sprintf("line %d, column %d, of %d lines, of which %d from there on are others (want %d)", first+1, utf8.RuneCountInString(line(w)[:at])+1, len(g), len(g)-first-tail, len(w)-first-tail)
	if first > 0 {
		told += "\n   after " + excerpt(g[first-1], 0)
	}
	return told + "\n     got " + excerpt(line(g), at) + "\n    want " + excerpt(line(w), at)
}

// excerpt quotes a line around a column, in bytes.
func excerpt(line string, at int) string {
	from, to := max(0, at-around), min(len(line), at+around)
	for from > 0 && !utf8.RuneStart(line[from]) {
		from--
	}
	for to < len(line) && !utf8.RuneStart(line[to]) {
		to++
	}
	return fmt.Sprintf("%q", line[from:to])
}

func TestFirstDifference(t *testing.T) {
	long := strings.Repeat("é", 100)
	for name, c := range map[string]struct{ got, want, told string }{
		"equal":         {"a\nb\n", "a\nb\n", ""},
		"a word":        {"a\nbxc\nd\n", "a\nbyc\nd\n", "line 2, column 2, of 4 lines, of which 1 from there on are others (want 1)\n   after \"a\"\n     got \"bxc\"\n    want \"byc\""},
		"a line more":   {"a\nb\nc\n", "a\nc\n", "line 2, column 1, of 4 lines, of which 1 from there on are others (want 0)\n   after \"a\"\n     got \"b\"\n    want \"c\""},
		"shorter":       {"a", "a\nb", "line 2, column 1, of 1 lines, of which 0 from there on are others (want 1)\n   after \"a\"\n     got \"\"\n    want \"b\""},
		"in a long one": {long + "x", long + "y", "line 1, column 101, of 1 lines, of which 1 from there on are others (want 1)\n     got \"" + long[:70] + "x\"\n    want \"" + long[:70] + "y\""},
	} {
		if told := firstDifference([]byte(c.got), []byte(c.want)); told != c.told {
			t.Errorf("%s: %s", name, told)
		}
	}
}

// TestGoldenFilesAreUsed: no golden file is left over of a case that is gone.
func TestGoldenFilesAreUsed(t *testing.T) {
	entries, err := os.ReadDir(goldenFolder)
	if err != nil {
		t.Fatal(err)
	}
	if want := 3 * (2 + len(scenarios)); len(entries) != want {
		t.Errorf("%d golden files, want %d", len(entries), want)
	}
	for _, e := range entries {
		name, _, _ := strings.Cut(e.Name(), ".")
		if _, known := scenarios[name]; !known && name != "workstation" && name != "clean" {
			t.Errorf("%s is of no case", e.Name())
		}
	}
}
