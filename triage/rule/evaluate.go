package rule

import (
	"fmt"
	"slices"
	"strings"

	"hivetriage/artifacts"
)

// Limits on what a sentence quotes of an event.
const (
	maxQuoted = 12  // values
	maxValue  = 120 // bytes of one value
)

// Evaluate runs every rule in its published versions on one event and says of
// each condition what it asks, what the event has, and whether it held. args
// are the process's arguments, argv[0] first; nil where none were recorded.
//
// EQL's semantics: all conditions must hold; a field with several values
// holds if any value does, each condition on its own; a field that the event
// lacks makes no condition hold. An event that is no process start fails at
// the first sentence, its category.
func Evaluate(e *artifacts.Event, args []string) []Match {
	f := fieldsOf(e, args)
	matches := make([]Match, len(definitions))
	for i, d := range definitions {
		matches[i] = d.evaluate(f)
	}
	return matches
}

func (d definition) evaluate(f fields) Match {
	m := Match{ID: d.id, Name: d.name, Version: d.version, Matched: true}
	note := func(asks, has string, held bool) {
		verdict := "held"
		if !held {
			verdict, m.Matched = "did not hold", false
		}
		m.Because = append(m.Because, fmt.Sprintf("%s: %s; %s.", asks, has, verdict))
	}
	if got := f["event.category"]; !slices.Contains(got, d.category) {
		note("The rule asks for a "+d.category+" event", "the event has "+quoted("event.category", got), false)
		return m
	}
	for _, c := range d.conditions {
		has, held := c.explain(f)
		note("The rule asks for "+c.String(), has, held)
	}
	return m
}

// explain tells what the event has in the condition's fields.
func (c condition) explain(f fields) (has string, held bool) {
	var parts []string
	for _, t := range c {
		values := f[t.field]
		part := quoted(t.field, values)
		if t.holds(values) {
			held = true
		} else if near := t.near(values); near != "" {
			part += fmt.Sprintf(", of which %s has it inside but is not equal to it", near)
		}
		parts = append(parts, part)
	}
	return "the event has " + strings.Join(parts, " and "), held
}

// holds reports whether any of the field's values is any of the test's.
func (t test) holds(values []string) bool {
	for _, v := range values {
		for _, want := range t.values {
			if v == want || t.operator == like && equalFoldASCII(v, want) {
				return true
			}
		}
	}
	return false
}

// near finds a value that contains one of the test's without being equal to
// it: the usual reason why a rule stays silent.
func (t test) near(values []string) string {
	for _, v := range values[:min(len(values), maxQuoted)] {
		for _, want := range t.values {
			if strings.Contains(strings.ToLower(clip(v)), want) {
				return fmt.Sprintf("%q", clip(v))
			}
		}
	}
	return ""
}

// equalFoldASCII compares without regard to the case of ASCII letters, which
// is how far Elasticsearch folds.
func equalFoldASCII(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// fields are the ECS fields that the rules ask for. A field that the event
// lacks is absent.
type fields map[string][]string

func fieldsOf(e *artifacts.Event, args []string) fields {
	f := fields{"host.os.type": {"windows"}} // all records of this program are of Windows
	switch {
	case startsProcess(e):
		f["event.category"], f["event.type"] = []string{"process"}, []string{"start"}
	case e.File != nil:
		f["event.category"], f["event.type"] = []string{"file"}, []string{"creation"}
	case e.Logon != nil:
		f["event.category"] = []string{"authentication"}
	}
	if e.Process == nil {
		return f
	}
	set := func(field string, values ...string) {
		if len(values) > 0 && values[0] != "" || len(values) > 1 {
			f[field] = values
		}
	}
	set("process.pe.original_file_name", e.Process.OriginalFileName)
	set("process.name", e.Process.Executable[strings.LastIndexAny(e.Process.Executable, `\/`)+1:])
	set("process.args", args...)
	return f
}

// startsProcess reports whether an event records a process's start: Security
// 4688 or Sysmon 1.
func startsProcess(e *artifacts.Event) bool {
	if e.Process == nil {
		return false
	}
	sysmon := strings.EqualFold(e.Provider, "Microsoft-Windows-Sysmon") ||
		e.Provider == "" && strings.EqualFold(e.Channel, "Microsoft-Windows-Sysmon/Operational")
	return e.Code == 4688 || e.Code == 1 && sysmon
}

// quoted writes a field's values for a sentence.
func quoted(field string, values []string) string {
	if len(values) == 0 {
		return "no " + field
	}
	parts := make([]string, 0, min(len(values), maxQuoted))
	for _, v := range values[:min(len(values), maxQuoted)] {
		parts = append(parts, fmt.Sprintf("%q", clip(v)))
	}
	text := field + " " + strings.Join(parts, ", ")
	if more := len(values) - maxQuoted; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

func clip(v string) string {
	if len(v) <= maxValue {
		return v
	}
	return strings.ToValidUTF8(v[:maxValue], "") + "…"
}
