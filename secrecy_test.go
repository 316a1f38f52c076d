package main

import (
	"encoding/base64"
	"encoding/hex"
	"os"
	"path/filepath"
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
			for how, s := range spellings {
				if i := strings.Index(output, s); i >= 0 {
					t.Errorf("%s of %s shows what stands for a secret (%s): %q", name, image, how, output[max(0, i-60):min(len(output), i+60)])
				}
			}
		}
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
