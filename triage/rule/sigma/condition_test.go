package sigma

import (
	"fmt"
	"strings"
	"testing"
)

// fixed is an expr whose value a test sets.
type fixed bool

func (f fixed) holds(*view) bool         { return bool(f) }
func (fixed) codes() codes               { return nil }
func (fixed) items(func(*item))          {}
func (fixed) because(*view, func(*item)) {}

// TestConditions: a, b, c, sel_1, sel_2 and _hidden are searches; those that
// are named hold.
func TestConditions(t *testing.T) {
	names := []string{"a", "b", "c", "sel_1", "sel_2", "_hidden"}
	for _, c := range []struct {
		condition, hold string
		want            bool
	}{
		{"a", "a", true}, {"a", "", false}, {"not a", "", true}, {"not a", "a", false}, {"not not a", "a", true},
		{"a and b", "a", false}, {"a and b", "a b", true}, {"a or b", "b", true}, {"a or b", "", false},
		{"a or b and c", "a", true}, {"a or b and c", "b", false}, {"(a or b) and c", "a", false}, {"(a or b) and c", "b c", true},
		{"a and b or c", "c", true}, {"not a and b", "b", true}, {"not a and b", "", false}, {"not (a and b)", "a", true}, {"not (a or b)", "a", false},
		{"a and not b and not c", "a", true}, {"a and not b and not c", "a c", false}, {"A", "", false},
		{"a AND b", "a b", true}, {"a Or b", "b", true}, {"NOT a", "a", false}, {"a and(b or(c))", "a c", true}, {"a\n and b", "a b", true},
		{"1 of sel_*", "sel_2", true}, {"1 of sel_*", "a", false}, {"any of sel_*", "sel_1", true}, {"all of sel_*", "sel_1", false}, {"all of sel_*", "sel_1 sel_2", true},
		{"1 of *_1", "sel_1", true}, {"1 of s*l*2", "sel_2", true}, {"1 of s*l*2", "sel_1", false}, {"1 of a", "a", true}, {"all of *", "a b c sel_1 sel_2", false},
		{"1 of them", "_hidden", false}, {"1 of them", "c", true}, {"all of them", "a b c sel_1 sel_2", true}, {"all of them", "a b c sel_1 _hidden", false},
		{"2 of them", "a", false}, {"2 of them", "a sel_2", true}, {"3 of them", "a b", false}, {"5 of them", "a b c sel_1 sel_2", true},
		{"a and 2 of them", "a", false}, {"a and 2 of them", "a b", true}, {"a and not 1 of sel_*", "a", true}, {"a and not 1 of sel_*", "a sel_1", false},
		{"not all of sel_* and a", "a sel_1", true}, {"1 of _*", "_hidden", true}, {"2 of sel_* or a", "a", true}, {"1 of sel_* and (b or not c)", "sel_1 c", false},
	} {
		var searches []search
		for _, n := range names {
			searches = append(searches, search{n, fixed(strings.Contains(" "+c.hold+" ", " "+n+" "))})
		}
		e, err := readCondition(c.condition, searches)
		if c.condition == "A" {
			if err == nil {
				t.Error("names of searches are not told by their case")
			}
			continue
		}
		if err != nil {
			t.Errorf("%q: %v", c.condition, err)
		} else if got := e.holds(nil); got != c.want {
			t.Errorf("%q where %q hold: %v", c.condition, c.hold, got)
		}
	}
	for condition, why := range map[string]string{
		"": "ends too early", "and a": `no search "and"`, "a and": "ends too early", "a b": `"b" is not expected`, "(a": "not closed", "a)": "not expected", "()": `no search ")"`,
		"d": `no search "d"`, "1 of": "a name, a pattern or them", "1 of d*": "names no search", "0 of them": "no count", "6 of them": "no count", "-1 of them": "no count", "some of them": "no count",
		"1 of (a, b)": "a name, a pattern or them", "a | count() > 5": "aggregation", "a near b": "near is not supported", "a | near b": "aggregation", "not": "ends too early",
		strings.Repeat("(", 100) + "a": "nested more than", strings.Repeat("not ", 100) + "a": "nested more than", strings.Repeat("a or ", 2000) + "a": "longer than",
	} {
		var searches []search
		for _, n := range names {
			searches = append(searches, search{n, fixed(true)})
		}
		if _, err := readCondition(condition, searches); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%.40q: %v, want %q", condition, err, why)
		}
	}
}

// TestCodes: the event IDs that a rule asks for are found in its condition, and
// never too few.
func TestCodes(t *testing.T) {
	for detection, want := range map[string]string{
		"s: {EventID: 5}\ncondition: s":                                           "map[5:true]",
		"s: {EventID: [5, '6']}\ncondition: s":                                    "map[5:true 6:true]",
		"s: {EventID: 5}\nf: {x: y}\ncondition: s and not f":                      "map[5:true]",
		"s: {EventID: 5}\nf: {x: y}\ncondition: s or f":                           "map[]",
		"s: {EventID: 5}\nf: {EventID: 6}\ncondition: s or f":                     "map[5:true 6:true]",
		"s: {EventID: [5, 6]}\nf: {EventID: [6, 7]}\ncondition: s and f":          "map[6:true]",
		"s: {EventID: 5}\ncondition: not s":                                       "map[]",
		"s: {EventID|contains: 5}\ncondition: s":                                  "map[]",
		"s: {EventID|gte: 5}\ncondition: s":                                       "map[]",
		"s: {EventID|neq: 5}\ncondition: s":                                       "map[]",
		"s: {EventID: [5, null]}\ncondition: s":                                   "map[]",
		"s1: {EventID: 5}\ns2: {EventID: 6}\ncondition: 1 of s*":                  "map[5:true 6:true]",
		"s1: {EventID: 5}\ns2: {EventID: [5, 6]}\ncondition: all of s*":           "map[5:true]",
		"s: [{EventID: 5}, {EventID: 6, x: y}]\ncondition: s":                     "map[5:true 6:true]",
		"s: {EventID: 5}\nt: {EventID: 6}\ncondition: [s, t]":                     "map[5:true 6:true]",
		"a: {EventID: 5}\nb: {EventID: 6}\nc: {EventID: 7}\ncondition: 2 of them": "map[5:true 6:true 7:true]",
	} {
		r := parse(t, "title: T\nlogsource: {product: windows, service: security}\ndetection:\n"+indent(detection))
		if got := fmt.Sprint(r.expr.codes()); got != want {
			t.Errorf("%s: %s, want %s", detection, got, want)
		}
	}
}
