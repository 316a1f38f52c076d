package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"hivetriage/report"
	"hivetriage/triage"
)

// TestReread: the case that is read back from case.json gives the same bytes
// in every form, so that a finished host can be rendered again from it.
func TestReread(t *testing.T) {
	evidence, err := images()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"workstation.E01", "clean.raw", "controller.raw", "hidden.raw", "shadowed.raw", "journaled.raw", "remembered.raw", "workstation-kape", "workstation-triage", "stick-exfat.raw"} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "out")
			var out, errs bytes.Buffer
			if code := runAt(t.Context(), []string{"--quiet", "--output", dir, filepath.Join(evidence, name)}, &out, &errs, fixedClock); code == exitUnusable {
				t.Fatal(errs.String())
			}
			document, err := os.ReadFile(filepath.Join(dir, "case.json"))
			if err != nil {
				t.Fatal(err)
			}
			var c triage.Case
			if err := json.Unmarshal(document, &c); err != nil {
				t.Fatal(err)
			}
			for _, f := range report.Files() {
				var again bytes.Buffer
				if err := f.Write(&again, &c); err != nil {
					t.Fatal(err)
				}
				first, err := os.ReadFile(filepath.Join(dir, f.Name))
				if err != nil {
					t.Fatal(err)
				}
				if where := firstDifference(again.Bytes(), first); where != "" {
					t.Errorf("%s differs: %s", f.Name, where)
				}
			}
		})
	}
}
