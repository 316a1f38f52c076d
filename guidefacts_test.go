package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hivetriage/triage"
	"hivetriage/triage/guide"
)

// TestGuideStandsOnFacts: in no scene does an answer or an action stand
// without something of the host beside it, or point to what is not there.
func TestGuideStandsOnFacts(t *testing.T) {
	dir, err := images()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	cases, actions := 0, 0
	check := func(t *testing.T, path string) {
		var c triage.Case
		var out, errs bytes.Buffer
		runAt(context.Background(), []string{"--json", "-", path}, &out, &errs, fixedClock)
		if json.Unmarshal(out.Bytes(), &c) != nil {
			return // no evidence on its own
		}
		cases++
		actions += len(c.Response)
		for _, a := range c.Guide {
			answerStands(t, &c, &a)
		}
		for _, a := range c.Response {
			actionStands(t, &c, &a)
		}
	}
	for _, file := range files {
		if info, err := os.Stat(file); err == nil && !info.IsDir() {
			t.Run(filepath.Base(file), func(t *testing.T) { check(t, file) })
		}
	}
	for name, build := range scenarios {
		t.Run(name, func(t *testing.T) {
			raw, err := build()
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(t.TempDir(), "disk.raw")
			if err := os.WriteFile(path, raw, 0o600); err != nil {
				t.Fatal(err)
			}
			check(t, path)
		})
	}
	if cases < len(scenarios)+5 || actions < 200 {
		t.Errorf("only %d cases with %d actions were looked at", cases, actions)
	}
}

// known are the ids of a case.
func known(c *triage.Case, id string) bool {
	for _, a := range c.Acts {
		if a.ID == id {
			return true
		}
	}
	for i := range c.Exports {
		if c.Exports[i].ID == id {
			return true
		}
	}
	for i := range c.Records {
		if c.Records[i].ID == id {
			return true
		}
	}
	return false
}

func answerStands(t *testing.T, c *triage.Case, a *guide.Answer) {
	t.Helper()
	if a.Question == "" || a.Answer == "" {
		t.Errorf("step %s says nothing", a.Step)
	}
	if !slices.Contains([]guide.Status{guide.Answered, guide.Partly, guide.NeedsPerson, guide.NoEvidence}, a.Status) {
		t.Errorf("step %s has the status %q", a.Step, a.Status)
	}
	if a.Status != guide.NoEvidence && len(a.Evidence) == 0 && !covered(c, a.Answer) {
		t.Errorf("step %s is %s, and points to nothing: %s", a.Step, a.Status, a.Answer)
	}
	if a.Status != guide.Answered && len(c.Acts) > 0 && len(a.Next) == 0 {
		t.Errorf("step %s is %s, and says nothing to collect or ask", a.Step, a.Status)
	}
	for _, id := range a.Evidence {
		if !known(c, id) {
			t.Errorf("step %s points to %q, which is not in the case", a.Step, id)
		}
	}
}

func actionStands(t *testing.T, c *triage.Case, a *guide.Action) {
	t.Helper()
	switch {
	case a.Action == "" || a.Target == "" || a.Target == "the host":
		t.Errorf("an action without a target: %+v", a)
	case a.Because == "" || !factual(a.Because) && !covered(c, a.Because):
		t.Errorf("an action without a fact: %+v", a)
	case a.Step != "7" && a.Step != "5" && len(a.Evidence) == 0:
		t.Errorf("an action without evidence: %+v", a)
	}
	for _, id := range a.Evidence {
		if !known(c, id) {
			t.Errorf("%q points to %q, which is not in the case", a.Action, id)
		}
	}
}

// factual reports whether a sentence has something of the host in it: a
// number, a time, an id, a path or a hive.
func factual(s string) bool {
	return strings.ContainsAny(s, `0123456789\/`) || slices.ContainsFunc([]string{"act-", "SAM", "SECURITY", "SYSTEM", "(KINGSTON)"}, func(part string) bool { return strings.Contains(s, part) })
}

// covered reports whether a sentence tells a row of the coverage.
func covered(c *triage.Case, s string) bool {
	for _, row := range c.Coverage.Sources {
		if row.Why != "" && strings.Contains(s, row.Why) {
			return true
		}
	}
	return false
}
