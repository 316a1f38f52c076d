package sigma

import (
	"os"
	"path/filepath"
	"testing"

	"hivetriage/artifacts"
)

// seeds are the texts of the project's own rule files.
func seeds(f *testing.F) {
	f.Helper()
	names, err := filepath.Glob("../../../testdata/sigma/*.y*ml")
	if err != nil {
		f.Fatal(err)
	}
	more, err := filepath.Glob("../../../testdata/sigma/refused/*.yml")
	if err != nil || len(names) == 0 || len(more) == 0 {
		f.Fatalf("%d and %d rule files, %v", len(names), len(more), err)
	}
	for _, name := range append(names, more...) {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
}

// FuzzParse: whatever the bytes, reading ends, nothing is lost without a word,
// and what can be used can be matched, with matches as Holds has them.
func FuzzParse(f *testing.F) {
	seeds(f)
	f.Add([]byte(bomb()))
	f.Add([]byte(ruleText("s:\n  F|windash|base64offset|contains: ' -a'\n  G|fieldref|startswith: F\n  H|cidr: 10.0.0.0/8\n  I|gte: 0x10\n  J|exists: true\n  K|re|i|m: '^a'\n  L|neq: [a, '']\n  '|all': [x, 'y*z?']\ncondition: all of s* or not 1 of them")))
	events := []*artifacts.Event{audited(), shipped(sysmon, 1), shipped(endpoint, 0), process("F", " -a", "G", "b", "H", "10.0.0.1", "I", "17", "", "x"),
		{Channel: "Security", Code: 4625, Data: []artifacts.Datum{{Name: "IpAddress", Value: "::1"}}}}
	f.Fuzz(func(t *testing.T, text []byte) {
		rules, refused := Parse("f.yml", text)
		if len(rules)+len(refused) == 0 {
			t.Fatal("neither a rule nor a refusal")
		}
		for _, r := range refused {
			if r.File != "f.yml" || r.Why == "" || len(r.Why) > 16<<10 {
				t.Fatalf("a refusal without a reason, or too long: %+v", r)
			}
		}
		s := New(rules, refused)
		if len(s.Rules())+len(s.Refused()) != len(rules)+len(refused) {
			t.Fatal("a rule was lost")
		}
		pass := s.Begin()
		for _, e := range events {
			if matches := s.Match(e); (len(matches) > 0) != pass.Holds(e) {
				t.Fatalf("Match says %v", matches)
			}
		}
		pass.Absent()
		pass.Lacking()
	})
}

// FuzzCondition: whatever the text, the condition's reader ends with an expr or
// a reason, and the expr can be evaluated.
func FuzzCondition(f *testing.F) {
	for _, s := range []string{"a", "not a and (b or sel_1)", "1 of sel_*", "all of them", "2 of them or not 1 of *_1", "a | count() > 3", "a near b", "((a", "1 of", "any of s*l*"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for held := range 2 {
			searches := []search{{"a", fixed(held == 0)}, {"b", fixed(true)}, {"sel_1", fixed(held == 1)}, {"sel_2", fixed(false)}}
			e, err := readCondition(text, searches)
			if (e == nil) != (err != nil) && err == nil {
				t.Fatalf("%q: no expr and no reason", text)
			}
			if err == nil {
				e.holds(nil)
				e.codes()
				e.items(func(*item) {})
			}
		}
	})
}
