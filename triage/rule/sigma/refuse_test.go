package sigma

import (
	"fmt"
	"strings"
	"testing"
)

// TestRefused: what cannot be matched exactly is refused with the reason and
// the rule's name.
func TestRefused(t *testing.T) {
	item := func(text string) string { return ruleText("s:\n  " + text + "\ncondition: s") }
	source := func(text string) string {
		return "title: T\nlogsource: {" + text + "}\ndetection: {s: {F: x}, condition: s}"
	}
	for text, why := range map[string]string{
		item("F|unheard: x"): `modifier "unheard" is not supported`, item("F|minute: 5"): "not supported", item("F|: x"): "not supported",
		item("F|expand: '%x%'"): "placeholders", item("F|contains|contains: x"): "there twice", item("F|contains|startswith: x"): "say two things",
		item("F|i: x"): "belongs behind re", item("F|re: '(?=x)'"): "RE2", item("F|re: '(x)\\1'"): "RE2", item("F|re: 'x{5000}'"): "RE2", item("F|re: '" + strings.Repeat("x", maxRegexp+1) + "'"): "longer than",
		item("F|re|contains: x"): "do not go together", item("F|re|windash: x"): "do not go together", item("F|re|cased: x"): "do not go together", item("F|cidr|endswith: 10.0.0.0/8"): "do not go together",
		item("F|exists: 1"): "true or false", item("F|exists: [true, false]"): "true or false", item("F|exists|all: true"): "do not go together", item("F|re|cidr: x"): "do not go together",
		item("F|gt: x"): "takes a number", item("F|gt|lt: 5"): "two things", item("F|gt|contains: 5"): "do not go together", item("F|cidr: 10.0.0.0/99"): "no range", item("F|cidr: host"): "no range",
		item("F|neq|all: [a, b]"): "do not go together", item("F|wide: x"): "no log holds as text", item("F|utf16|contains: x"): "no log holds", item("F|contains|base64: x"): "stands behind",
		item("F|base64|windash: x"): "stands behind", item("F|base64: 'a*'"): "wildcard", item("F|windash|base64: '-a -b -c -d'"): "dashes", item("F|base64offset|contains: ''"): "too short",
		item("F|contains: null"): "empty value", item("F: {a: b}"): "its value is a map", item("F: []"): "no values", item("F: [[a]]"): "a list or a map", item("F|fieldref: [a, b]"): "one field", item("F|fieldref|re: a"): "do not go together",
		item("F: !!binary eA=="): "type !!binary", item("F: .inf"): "number", item("F: 0o17"): "number", item("'|exists': true"): "need a field", item("'|cidr': 10.0.0.0/8"): "need a field",
		item("F: x\n  F: y"): "there twice", item("<<: {F: x}"): "merge key", item("? [a]\n  : b"): "a key that is no text",
		ruleText("s: {}\ncondition: s"): "empty map", ruleText("s: []\ncondition: s"): "empty list", ruleText("s: [[x]]\ncondition: s"): "list in a list", ruleText("s: {F: x}"): "no condition",
		ruleText("s: {F: x}\ncondition: [s, t]"): `no search "t"`, ruleText("s: {F: x}\ncondition: []"): "condition is empty", ruleText("s: {F: x}\ncondition: null"): "condition is no text", ruleText("s: {F: x}\ncondition: {}"): "no text",
		ruleText("s: {F: x}\ntimeframe: 5m\ncondition: s"): "timeframe", ruleText("s: null\ncondition: s"): "empty value", ruleText("s: {EventID: 2}\ncondition: s"): "does not have",
		"title: T\nlogsource: {product: windows}\ndetection: x": "no map", "title: T\nlogsource: {product: windows}": "no detection", "title: T\ndetection: {s: {F: x}, condition: s}": "no logsource",
		"logsource: {product: windows}\nid: T": "no title", "- T": "no map",
		source("product: linux, category: process_creation"): "only events of Windows", source("product: windows, service: unheard"): "which log that is, is not known", source("category: antivirus"): "which events of Windows that is",
		source("category: file_access, product: windows"): "traced", source("definition: x"): "names neither", source("product: windows, category: dns_query, service: security"): "does not record",
		"title: T\ncorrelation: {type: event_count}":                        "correlation",
		"title: T\ntype: correlation":                                       "correlation",
		"title: T\nfilter: {rules: [x]}":                                    "filter",
		"title: T\ntaxonomy: ocsf\nlogsource: {product: windows}":           "taxonomy",
		"action: global\ntitle: T\n---\n" + source("product: windows"):      "collection",
		"title: T\nx: " + strings.Repeat("[", 40) + strings.Repeat("]", 40): "deep",
		"title: T\nx: [\n": "no valid YAML", "": "no document", "# nothing": "no document", "title: \xff\xfe": "no valid YAML",
		bomb(): "parts",
	} {
		rules, refused := Parse("f.yml", []byte(text))
		if len(rules) != 0 || len(refused) != 1 || !strings.Contains(refused[0].Why, why) {
			t.Errorf("%.200s\n%d rules, %v, want %q", text, len(rules), refused, why)
			continue
		}
		named := strings.HasPrefix(text, "title: T\nl") || strings.HasPrefix(text, "action")
		if named && !strings.HasPrefix(refused[0].String(), `"T" (f.yml): `) {
			t.Errorf("%.60s: %s", text, refused[0])
		}
	}
}

// bomb is a document whose aliases stand for a billion nodes.
func bomb() string {
	var b strings.Builder
	b.WriteString("title: T\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n")
	for i := 1; i < 10; i++ {
		fmt.Fprintf(&b, "a%d: &a%d [%s*a%d]\n", i, i, strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 9), i-1)
	}
	return b.String()
}

// TestFiles: several documents, some of which are refused, and files that are
// too long.
func TestFiles(t *testing.T) {
	good := ruleText("s: {F: x}\ncondition: s")
	rules, refused := Parse("f.yml", []byte("---\n"+good+"---\n---\ntitle: Bad\n---\n"+strings.Replace(good, "title: T", "title: U\ntags: [attack.t1003, x]\nlevel: high\nid: i", 1)))
	if len(rules) != 2 || len(refused) != 1 || refused[0].Rule != "Bad" || rules[1].Title != "U" || rules[1].Level != "high" || len(rules[1].Tags) != 2 || rules[1].Name() != `"U" (f.yml)` {
		t.Errorf("%+v, %v", rules, refused)
	}
	rules, refused = Parse("f.yml", []byte(good+"---\ntitle: ["))
	if len(rules) != 1 || len(refused) != 1 || refused[0].String() == "" || refused[0].Rule != "" {
		t.Errorf("a broken second document: %d, %v", len(rules), refused)
	}
	if rules, refused = Parse("f.yml", make([]byte, MaxFile+1)); len(rules) != 0 || len(refused) != 1 {
		t.Errorf("a long file: %v", refused)
	}
	if rules, refused = Parse("f.yml", []byte(strings.Repeat("---\n"+good, maxDocuments+1))); len(rules) != maxDocuments || len(refused) != 1 {
		t.Errorf("many documents: %d, %v", len(rules), refused)
	}
	s := New(append(rules[:2:2], parse(t, strings.Replace(good, "title", "id: 1\ntitle", 1)), parse(t, strings.Replace(good, "title", "id: 1\ntitle", 1))), nil)
	if len(s.Rules()) != 3 || len(s.Refused()) != 1 || !strings.Contains(s.Refused()[0].Why, "its id is that of") {
		t.Errorf("ids: %d rules, %v", len(s.Rules()), s.Refused())
	}
	if got := short(strings.Repeat("x", 1000) + "\n\x00"); len(got) > maxTitle+3 {
		t.Errorf("a long title: %d bytes", len(got))
	}
}
