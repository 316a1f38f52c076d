package rule

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A state is what a condition comes to: EQL's true and false, and unknown
// where the event's source does not record what is asked for.
type state int8

const (
	failed state = iota
	unknown
	held
)

func (s state) String() string { return [...]string{"did not hold", "not recorded", "held"}[s] }

// A condition is a part of a rule that holds or does not. Its text is EQL, and
// what is evaluated is what the text says.
type condition interface {
	state(f *fields) state
	fields() []string // that it asks for, in order
	String() string
}

// A test compares one field with values in EQL's terms. A field with several
// values passes if any of them does.
type test struct {
	field    string
	optional bool // written ?field: the field may be unknown to the data
	operator operator
	values   []string // any of them
	pattern  *regexp.Regexp
}

type operator string

const (
	equals  operator = "==" // the same value, letter case included
	isIn    operator = "in" // equals, with a list
	like    operator = ":"  // the whole value with * and ?, without regard to ASCII letter case
	number  operator = "= " // the same number, written ==
	atLeast operator = ">=" // a number
	regex   operator = "regex~"
	hasWord operator = "has word" // written in lower case; a query on an analysed field, which is no EQL
)

// is, oneOf, likes, isNumber, reaches and follows make tests.
func is(field, value string) test {
	return test{field: field, operator: equals, values: []string{value}}
}
func oneOf(field string, v ...string) test { return test{field: field, operator: isIn, values: v} }
func likes(field string, v ...string) test { return test{field: field, operator: like, values: v} }
func isNumber(field, value string) test {
	return test{field: field, operator: number, values: []string{value}}
}
func reaches(field, value string) test {
	return test{field: field, operator: atLeast, values: []string{value}}
}
func follows(field, expr string) test {
	return test{field: field, operator: regex, values: []string{expr}, pattern: regexp.MustCompile(`(?is)^(?:` + expr + `)$`)}
}

// maybe makes the field of a test optional, as ?field does.
func (t test) maybe() test {
	t.optional = true
	return t
}

func (t test) state(f *fields) state {
	values := f.values[t.field]
	switch {
	case t.holds(values):
		return held
	case len(values) == 0 && f.silent[t.field]:
		return unknown
	}
	return failed
}

func (t test) holds(values []string) bool {
	for _, v := range values {
		if slices.ContainsFunc(t.values, func(want string) bool { return t.compare(v, want) }) {
			return true
		}
	}
	return false
}

func (t test) compare(have, want string) bool {
	switch t.operator {
	case like:
		return matches(want, have)
	case atLeast:
		h, err := strconv.ParseInt(have, 10, 64)
		w, _ := strconv.ParseInt(want, 10, 64) // want is one of this package's own
		return err == nil && h >= w
	case regex:
		return t.pattern.MatchString(have)
	case hasWord:
		return contains(strings.ToLower(have), want)
	}
	return have == want
}

func (t test) fields() []string { return []string{t.field} }

func (t test) String() string {
	values := make([]string, len(t.values))
	for i, v := range t.values {
		values[i] = v
		if t.operator != number && t.operator != atLeast {
			values[i] = `"` + strings.ReplaceAll(v, `\`, `\\`) + `"`
		}
	}
	list := strings.Join(values, ", ")
	if len(values) > 1 || t.operator == isIn {
		list = "(" + list + ")"
	}
	field, operator := t.field, string(t.operator)
	if t.optional {
		field = "?" + field
	}
	if t.operator == number {
		operator = string(equals)
	}
	return field + " " + operator + " " + list
}

// near finds a value that contains one of the test's without being equal to
// it: the usual reason why a rule stays silent.
func (t test) near(values []string) string {
	if t.operator != like && t.operator != equals && t.operator != isIn {
		return ""
	}
	for _, v := range values[:min(len(values), maxQuoted)] {
		for _, want := range t.values {
			if !strings.ContainsAny(want, "*?") && strings.Contains(strings.ToLower(clip(v)), strings.ToLower(want)) {
				return clip(v)
			}
		}
	}
	return ""
}

// allOf holds if all of its conditions do, anyOf if any does.
type (
	allOf []condition
	anyOf []condition
)

func (a allOf) state(f *fields) state {
	worst := held
	for _, c := range a {
		worst = min(worst, c.state(f))
	}
	return worst
}

func (a anyOf) state(f *fields) state {
	best := failed
	for _, c := range a {
		best = max(best, c.state(f))
	}
	return best
}

func (a allOf) fields() []string { return fieldsIn(a) }
func (a anyOf) fields() []string { return fieldsIn(a) }
func (a allOf) String() string   { return joined(a, " and ") }
func (a anyOf) String() string   { return joined(a, " or ") }

func fieldsIn(conditions []condition) (names []string) {
	for _, c := range conditions {
		for _, name := range c.fields() {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

func joined(conditions []condition, word string) string {
	parts := make([]string, len(conditions))
	for i, c := range conditions {
		parts[i] = c.String()
	}
	return "(" + strings.Join(parts, word) + ")"
}

// not holds if its condition does not. EQL's exclusion of a field that the
// event lacks excludes nothing.
type not struct{ condition }

func (n not) state(f *fields) state { return held - n.condition.state(f) }
func (n not) String() string        { return "not " + n.condition.String() }

// matches compares a whole value with a pattern in which * stands for any
// characters and ? for one, without regard to the case of ASCII letters, which
// is how far Elasticsearch folds.
func matches(pattern, value string) bool {
	p, v, star, mark := 0, 0, -1, 0
	for v < len(value) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, v
			p++
		case p < len(pattern) && pattern[p] == '?':
			_, n := utf8.DecodeRuneInString(value[v:])
			p, v = p+1, v+n
		case p < len(pattern) && lower(pattern[p]) == lower(value[v]):
			p, v = p+1, v+1
		case star >= 0:
			mark++
			p, v = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// contains reports whether a text has a word in it that stands by itself.
func contains(text, word string) bool {
	for from := 0; ; {
		i := strings.Index(text[from:], word)
		if i < 0 {
			return false
		}
		begin, end := from+i, from+i+len(word)
		if (begin == 0 || !isWord(text[begin-1])) && (end == len(text) || !isWord(text[end])) {
			return true
		}
		from = begin + 1
	}
}

func isWord(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= utf8.RuneSelf
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
