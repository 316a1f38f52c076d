package main

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hivetriage/triage"
	"hivetriage/triage/correlate"
	"hivetriage/triage/guide"
)

// TestStories compares what the program says of the scenarios with
// what a good analyst would: testdata/stories/README.md has the form of the
// stories. They are written by hand; nothing rewrites them.
func TestStories(t *testing.T) {
	files, err := filepath.Glob("testdata/stories/*.story")
	if err != nil || len(files) != len(scenarios) {
		t.Fatalf("%d stories of %d scenarios: %v", len(files), len(scenarios), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".story")
		t.Run(name, func(t *testing.T) {
			expected := readStory(t, file)
			c := played(t, name).read(t)
			tellings := told(c)
			for _, e := range expected {
				e.hold(t, name, tellings)
			}
		})
	}
}

// An expectation is one line of a story: what a section of it is, holds or
// lacks.
type expectation struct {
	line    int
	section string
	verb    string // "is", "holds", "lacks"
	text    string
}

func (e expectation) hold(t *testing.T, name string, tellings map[string]telling) {
	t.Helper()
	said, ok := tellings[e.section]
	wrong := ""
	switch {
	case !ok:
		wrong = "the case has no such section"
	case e.verb == "is" && said.is != e.text:
		wrong = fmt.Sprintf("it is %q", said.is)
	case e.verb == "holds" && !strings.Contains(said.text, e.text):
		wrong = "it does not, but says:\n" + said.text
	case e.verb == "lacks" && strings.Contains(said.text, e.text):
		wrong = "it says so:\n" + said.text
	}
	if wrong != "" {
		t.Errorf("%s.story:%d: %s %s %q: %s", name, e.line, e.section, e.verb, e.text, wrong)
	}
}

// storySections are all that a story must tell of.
var storySections = []string{"front page", "who", "when", "how", "from", "hives", "exposed", "whereabouts",
	"step 1", "step 2", "step 3", "step 4", "step 5", "step 6", "step 7", "response"}

// readStory reads a story: prose, then sections that begin with "== name" and
// have a line for each expectation. Lines that begin with # are remarks.
func readStory(t *testing.T, file string) (expected []expectation) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	section, told := "", map[string]bool{}
	for i, line := range strings.Split(string(data), "\n") {
		line = strings.TrimSpace(line)
		if name, ok := strings.CutPrefix(line, "== "); ok {
			section = name
			continue
		}
		if section == "" || line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		verb, text, _ := strings.Cut(line, " ")
		if !slices.Contains([]string{"is", "holds", "lacks"}, verb) || text == "" {
			t.Fatalf("%s:%d: %q is no expectation", file, i+1, line)
		}
		told[section] = true
		expected = append(expected, expectation{i + 1, section, verb, text})
	}
	for _, section := range storySections {
		if !told[section] {
			t.Fatalf("%s: nothing is told of %q", file, section)
		}
	}
	return expected
}

// A telling is what the program says in one section: a short value, and text.
type telling struct{ is, text string }

// told takes a case apart into the sections of a story.
func told(c *triage.Case) map[string]telling {
	all := map[string]telling{"front page": {c.Verdict, strings.Join(c.Summary, "\n")}}
	var who, when, how, from, hives, where []string
	for _, a := range c.Acts {
		who = append(who, cmp.Or(guide.Account(a.Actor), "nobody is named"))
		when = append(when, a.Start.UTC().Format("2006-01-02 15:04:05")+" to "+a.End.UTC().Format("15:04:05"))
		how = append(how, a.Attack...)
		hives = append(hives, a.Hives...)
		if s := a.Session; s != nil {
			from = append(from, guide.Account(s.User)+": "+correlate.LogonText(s.Logon.Type, s.Logon.SourceIP, s.Logon.Workstation))
		}
		for _, w := range a.Whereabouts {
			where = append(where, fmt.Sprintf("%s%s: %s, %s (%s)", w.Path, w.Sent, w.State, w.Reach, w.Why))
		}
		how = append(how, a.For...)
		how = append(how, a.Against...)
	}
	kinds := map[string]int{}
	var exposed []string
	for _, r := range c.Exposure {
		kinds[string(r.Kind)]++
		exposed = append(exposed, fmt.Sprintf("%s %s: %s (%s)", r.Kind, r.Name, r.Recoverable, r.Because))
	}
	set := func(name string, values []string) {
		distinct := slices.Compact(slices.Sorted(slices.Values(values)))
		all[name] = telling{strings.Join(distinct, ", "), strings.Join(values, "\n")}
	}
	set("who", who)
	set("when", when)
	set("from", from)
	set("hives", hives)
	set("how", how)
	set("whereabouts", where)
	set("exposed", exposed)
	var counts []string
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		counts = append(counts, fmt.Sprintf("%d %s", kinds[kind], kind))
	}
	all["exposed"] = telling{strings.Join(counts, ", "), all["exposed"].text}
	for _, g := range c.Guide {
		all["step "+g.Step] = telling{string(g.Status), g.Answer + "\n" + strings.Join(g.Next, "\n")}
	}
	var response, first []string
	for _, r := range guide.First(c.Response) {
		first = append(first, r.Action)
	}
	for _, r := range c.Response {
		response = append(response, fmt.Sprintf("%s. %s: %s (%s)", r.Step, r.Action, r.Target, r.Because))
	}
	all["response"] = telling{strings.Join(first[:min(3, len(first))], " | "), strings.Join(response, "\n")}
	return all
}
