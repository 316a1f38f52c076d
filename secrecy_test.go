package main

import (
	"encoding/base64"
	"encoding/hex"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf16"

	"hivetriage/artifacts/hive/hivetest"
	"hivetriage/report"
)

// TestNoSecretIsShown: what stands in the place of credential material in the
// hives of the scenes is in no output, in none of the spellings that a careless
// dump of bytes would have.
func TestNoSecretIsShown(t *testing.T) {
	spellings := spellingsOf(hivetest.Filler)
	for _, run := range [][]string{
		{"workstation.E01"}, {"--deep", "hidden.raw"}, {"--deep", "packed.raw"}, {"--snapshots", "all", "shadowed.raw"}, {"journaled.raw"}, {"remembered.raw"}, {"nested.raw"},
	} {
		image := run[len(run)-1]
		inEvidence(t, image)
		folder := filepath.Join(t.TempDir(), "out")
		text := triageIn(t, exitFound, append([]string{"--output", folder}, run...)...)
		outputs := map[string]string{"terminal": text}
		for _, f := range report.Files() {
			data, err := os.ReadFile(filepath.Join(folder, f.Name))
			if err != nil {
				t.Fatal(err)
			}
			outputs[f.Name] = string(data)
		}
		for name, output := range outputs {
			if len(output) < 1000 && filepath.Ext(name) != ".csv" {
				t.Errorf("%s of %s has %d bytes: nothing was searched", name, image, len(output))
			}
			holdsNone(t, name+" of "+image, output, spellings)
		}
	}
}

// TestNoSecretOfScenarios: so it is with all that is written of the scenarios,
// each of whose disks holds what must not be shown.
func TestNoSecretOfScenarios(t *testing.T) {
	spellings := spellingsOf(hivetest.Filler)
	for _, scenario := range scenarioNames() {
		p := played(t, scenario)
		if p.secrets < 20 {
			t.Errorf("the disk of %s holds what stands for secrets %d times", scenario, p.secrets)
		}
		if len(p.outputs) != len(report.Files())+1 {
			t.Errorf("%d outputs of %s", len(p.outputs), scenario)
		}
		for name, output := range p.outputs {
			holdsNone(t, name+" of "+scenario, string(output), spellings)
		}
	}
}

// TestNoSecretInGoldenFiles searches every golden file of the repository, and
// those of package report.
func TestNoSecretInGoldenFiles(t *testing.T) {
	spellings := spellingsOf(hivetest.Filler)
	for folder, least := range map[string]int{goldenFolder: 36, "report/testdata": 40} {
		entries, err := os.ReadDir(folder)
		if err != nil {
			t.Fatal(err)
		}
		searched := 0
		for _, e := range entries {
			if e.IsDir() {
				continue
			}
			path := filepath.Join(folder, e.Name())
			data, err := readGolden(path)
			if err != nil {
				t.Fatal(err)
			}
			searched++
			holdsNone(t, path, string(data), spellings)
		}
		if searched < least {
			t.Errorf("%s: %d files were searched, want %d or more", folder, searched, least)
		}
	}
}

// dumped are the forms in which tools write hashes down: "name:500:LM:NT:::",
// the digests of an empty password, a cached logon's verifier.
var dumped = regexp.MustCompile(`(?i):[0-9]+:[0-9a-f]{32}:[0-9a-f]{32}:|aad3b435b51404ee|31d6cfe0d16ae931|\$DCC2\$`)

// holdsNone fails if a text shows what stands for a secret, in any spelling, or
// has the form of a dump.
func holdsNone(t *testing.T, what, text string, spellings map[string]string) {
	t.Helper()
	excerpt := func(i int) string { return text[max(0, i-60):min(len(text), i+60)] }
	for how, s := range spellings {
		if i := strings.Index(text, s); i >= 0 {
			t.Errorf("%s shows what stands for a secret (%s): %q", what, how, excerpt(i))
		}
	}
	if at := dumped.FindStringIndex(text); at != nil {
		t.Errorf("%s has a hash in the form of a dump: %q", what, excerpt(at[0]))
	}
}

// TestScenesHoldSecrets: the image that the outputs above come from does hold
// what they must not show.
func TestScenesHoldSecrets(t *testing.T) {
	dir, err := images()
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(dir, "workstation.raw"))
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(data), hivetest.Filler); n < 50 {
		t.Errorf("the workstation holds what stands for secrets %d times", n)
	}
}

func spellingsOf(s string) map[string]string {
	wide := ""
	for _, u := range utf16.Encode([]rune(s)) {
		wide += string([]byte{byte(u), byte(u >> 8)})
	}
	var spaced []string
	for i := range len(s) {
		spaced = append(spaced, hex.EncodeToString([]byte(s[i:i+1])))
	}
	return map[string]string{
		"plain": s, "UTF-16": wide, "hex": hex.EncodeToString([]byte(s)), "upper-case hex": strings.ToUpper(hex.EncodeToString([]byte(s))),
		"spaced hex": strings.Join(spaced, " "), "base64": strings.TrimRight(base64.StdEncoding.EncodeToString([]byte(s)), "="),
		"reversed": reversed(s),
	}
}

func reversed(s string) string {
	b := []byte(s)
	for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
		b[i], b[j] = b[j], b[i]
	}
	return string(b)
}
