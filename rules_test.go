package main

import (
	"encoding/json"
	"html"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hivetriage/triage"
	"hivetriage/triage/rule"
)

// TestRulesAreExplained: for every record that names a hive and that a version
// of the seed rule does not match, the case and the page say which condition
// failed; what the versions come to is what the scene's commands ask for.
func TestRulesAreExplained(t *testing.T) {
	inEvidence(t, "workstation.E01")
	page, document := filepath.Join(t.TempDir(), "r.html"), filepath.Join(t.TempDir(), "c.json")
	triageIn(t, exitFound, "--html", page, "--json", document, "workstation.E01")
	var c triage.Case
	data, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &c); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	shown := html.UnescapeString(string(text))
	missed, matched, open := 0, map[string]int{}, 0
	for _, r := range c.Records {
		if r.From.Artefact != "" { // no event, which rules are about
			continue
		}
		if len(r.Rules) < 6 || !r.Rules[0].Leads() || !r.Rules[1].Leads() {
			t.Fatalf("record %s has %d matches, the leading ones not first", r.ID, len(r.Rules))
		}
		for _, m := range r.Rules {
			switch {
			case m.Matched:
				matched[m.ID+" "+m.Version]++
				continue
			case len(m.NotRecorded) > 0:
				open++
			case m.ID == rule.SeedID:
				missed++
			}
			if len(m.Against()) == 0 {
				t.Errorf("record %s does not say why %s %s does not match", r.ID, m.Name, m.Version)
			}
			for _, s := range m.Against() {
				if !strings.Contains(shown, s) {
					t.Errorf("the page lacks: %s", s)
				}
			}
		}
	}
	seed, current := matched[rule.SeedID+" seed (6)"], matched[rule.SeedID+" current (2026-07-02)"]
	if seed == 0 || current <= seed || missed == 0 || open != 0 {
		t.Errorf("the seed's version matches %d records, the current one %d; %d misses, %d left open", seed, current, missed, open)
	}
	if len(c.Rules) != len(rule.Scopes()) {
		t.Errorf("%d rules are listed, want %d", len(c.Rules), len(rule.Scopes()))
	}
	for _, s := range c.Rules {
		if !strings.Contains(shown, s.ID) {
			t.Errorf("the page does not list %s", s.Name)
		}
	}
}
