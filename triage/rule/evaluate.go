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

// Evaluate runs the rules on one event and says of each condition what it
// asks, what the event has, and whether it held: the seed rule's version and
// the current one first, then its other versions, then those related rules
// that ask for events of this kind. args are the process's arguments, argv[0]
// first; nil where none were recorded.
//
// EQL's semantics: all conditions must hold; a field with several values
// holds if any value does, each condition on its own; a field that the event
// lacks makes no condition hold. An event of another category fails at the
// first sentence. Of file events some fields are recorded by few sources:
// what hangs on one that this source never records is left open.
func Evaluate(e *artifacts.Event, args []string) []Match { return evaluate(fieldsOf(e, args)) }

// EvaluateFound is Evaluate for the creation of a file that the evidence still
// has: its first bytes and its size, in bytes, are taken from there if the
// event does not tell them.
func EvaluateFound(e *artifacts.Event, head []byte, size int64) []Match {
	f := fieldsOf(e, nil)
	f.found(head, size)
	return evaluate(f)
}

// MatchesSeed reports whether any version of the seed rule matches.
func MatchesSeed(e *artifacts.Event, args []string) bool {
	f := fieldsOf(e, args)
	return slices.ContainsFunc(seedRule, func(d definition) bool {
		return slices.Contains(f.values[category], d.category) && allOf(d.conditions).state(f) == held
	})
}

func evaluate(f *fields) []Match {
	var result []Match
	for _, d := range seedRule {
		result = append(result, d.evaluate(f))
	}
	for _, d := range related {
		if slices.Contains(f.values[category], d.category) || d.category == anyCategory && d.conditions[0].state(f) == held {
			result = append(result, d.evaluate(f))
		}
	}
	return result
}

func (d definition) evaluate(f *fields) Match {
	m := Match{ID: d.id, Name: d.name, Version: d.version}
	if got := f.values[category]; d.category != anyCategory && !slices.Contains(got, d.category) {
		m.Because = []string{sentence("a "+d.category+" event", quoted(category, got), failed)}
		return m
	}
	worst := held
	m.Because = make([]string, len(d.conditions))
	for i, c := range d.conditions {
		s := c.state(f)
		if s == unknown {
			m.NotRecorded = append(m.NotRecorded, f.unrecorded(d.names[i])...)
		}
		m.Because[i] = sentence(d.texts[i], f.explain(c, d.names[i]), s)
		worst = min(worst, s)
	}
	switch worst {
	case held:
		m.Matched = true
	case failed:
		m.NotRecorded = nil
	}
	return m
}

func sentence(asks, has string, s state) string {
	return "The rule asks for " + asks + ": the event has " + has + "; " + s.String() + "."
}

// explain tells what the event has in the condition's fields.
func (f *fields) explain(c condition, names []string) string {
	var parts []string
	for _, name := range names {
		values := f.values[name]
		part := f.quote(name)
		if by := f.from[name]; by != "" {
			part += " " + by
		}
		if t, ok := testOf(c, name); ok && !t.holds(values) {
			if near := t.near(values); near != "" {
				part += fmt.Sprintf(", of which %q has it inside but is not equal to it", near)
			}
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, " and ")
}

// testOf finds the one test of a field in a plain condition or among
// alternatives.
func testOf(c condition, field string) (test, bool) {
	switch c := c.(type) {
	case test:
		return c, true
	case anyOf:
		for _, inner := range c {
			if t, ok := inner.(test); ok && t.field == field {
				return t, true
			}
		}
	}
	return test{}, false
}

// unrecorded are those of the fields that the source does not record.
func (f *fields) unrecorded(names []string) (silent []string) {
	for _, name := range names {
		if f.silent[name] && len(f.values[name]) == 0 {
			silent = append(silent, name)
		}
	}
	return silent
}

// quote is quoted, done once for each field of an event.
func (f *fields) quote(name string) string {
	text, ok := f.quotes[name]
	if !ok {
		text = quoted(name, f.values[name])
		f.quotes[name] = text
	}
	return text
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
