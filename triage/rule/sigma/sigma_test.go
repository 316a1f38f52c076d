package sigma

import (
	"fmt"
	"strings"
	"testing"

	"hivetriage/artifacts"
)

// ruleText makes a rule about process creations of a detection.
func ruleText(detection string) string {
	return "title: T\nlogsource:\n  product: windows\n  category: process_creation\ndetection:\n" + indent(detection)
}

func indent(s string) string {
	return "  " + strings.ReplaceAll(strings.TrimRight(s, "\n"), "\n", "\n  ") + "\n"
}

// parse reads one rule, which must be usable.
func parse(t *testing.T, text string) *Rule {
	t.Helper()
	rules, refused := Parse("rule.yml", []byte(text))
	if len(rules) != 1 || len(refused) != 0 {
		t.Fatalf("%d rules, refused %v, of\n%s", len(rules), refused, text)
	}
	return rules[0]
}

// process makes a Sysmon record of a process start.
func process(fields ...string) *artifacts.Event {
	e := &artifacts.Event{Provider: sysmon, Channel: "Microsoft-Windows-Sysmon/Operational", Code: 1, Host: "WS1.example"}
	for i := 0; i < len(fields); i += 2 {
		e.Data = append(e.Data, artifacts.Datum{Name: fields[i], Value: fields[i+1]})
	}
	return e
}

func TestItems(t *testing.T) {
	for _, c := range []struct {
		item  string // of the search
		value string // of the field F
		want  bool
	}{
		{"F: abc", "abc", true}, {"F: abc", "ABC", true}, {"F: abc", "abcd", false}, {"F: abc", "", false},
		{"F: 'ÄÖ'", "äö", true},
		{"F: 'a*c'", "axxc", true}, {"F: 'a*c'", "ac", true}, {"F: 'a*c'", "acd", false}, {"F: 'a?c'", "abc", true}, {"F: 'a?c'", "ac", false},
		{"F: 'a?c'", "aéc", true}, {"F: '?'", "é", true}, {"F: '*'", "", true}, {"F: 'a*'", "b", false}, {"F: '*a'", "ba", true},
		{"F: 'a*b*c'", "a-b-b-c", true}, {"F: 'a*b*c'", "a-c-b", false}, {"F: 'aa*aa'", "aaa", false}, {"F: 'aa*aa'", "aaaa", true},
		{"F: '*?b'", "b", false}, {"F: '*?b'", "ab", true}, {"F: '*a?c*'", "xxabcxx", true}, {"F: '*a?c*'", "xxacxx", false}, {"F: '*a?d*'", "abcaxd", true},
		{`F: 'a\*c'`, "a*c", true}, {`F: 'a\*c'`, "abc", false}, {`F: 'a\?c'`, "a?c", true}, {`F: 'a\?c'`, "abc", false},
		{`F: 'a\b'`, `a\b`, true}, {`F: 'a\\b'`, `a\b`, true}, {`F: 'a\\*b'`, `a\xxb`, true}, {`F: 'a\\*b'`, `axb`, false},
		{`F: 'a\\\*b'`, `a\*b`, true}, {`F: 'a\\\*b'`, `a\xb`, false}, {`F: 'a\\\\b'`, `a\\b`, true}, {`F: 'a\\\\b'`, `a\b`, false}, {`F: 'a\'`, `a\`, true},
		{"F|contains: bc", "aBCd", true}, {"F|contains: bc", "bd", false}, {"F|contains: 'b*d'", "abcde", true}, {"F|contains: ''", "x", true},
		{"F|startswith: ab", "ABc", true}, {"F|startswith: ab", "cab", false}, {"F|endswith: '\\cmd.exe'", `C:\X\CMD.EXE`, true}, {"F|endswith: 'cmd.exe'", "cmd.exe.x", false},
		{"F|cased: abc", "abc", true}, {"F|cased: abc", "ABC", false}, {"F|contains|cased: Bc", "aBcd", true}, {"F|contains|cased: Bc", "abcd", false},
		{"F: [a, b]", "b", true}, {"F: [a, b]", "c", false}, {"F|contains|all: [a, b]", "xbxa", true}, {"F|contains|all: [a, b]", "xb", false}, {"F|all|contains: [a]", "a", true},
		{"F: 5", "5", true}, {"F: 5", "0x5", true}, {"F: 5", "05", true}, {"F: 5", "55", false}, {"F: 5", "five", false}, {"F: 0x10", "16", true}, {"F: 1.5", "1.50", true}, {"F: -3", "-3", true},
		{"F: '5'", "5", true}, {"F: '5'", "0x5", false}, {"F: true", "True", true}, {"F: true", "yes", false},
		{"F|gt: 5", "6", true}, {"F|gt: 5", "5", false}, {"F|gte: 5", "5", true}, {"F|lt: 5", "4.5", true}, {"F|lt: 5", "5", false}, {"F|lte: 5", "0x5", true}, {"F|lte: 5", "x", false},
		{"F|gt: 18446744073709551614", "18446744073709551615", true}, {"F|lt: 0", "-1", true},
		{"F|re: 'b.d'", "abcde", true}, {"F|re: '^b'", "ab", false}, {"F|re: 'B'", "ab", false}, {"F|re|i: 'B'", "ab", true},
		{"F|re: '^b$'", "a\nb\nc", false}, {"F|re|m: '^b$'", "a\nb\nc", true}, {"F|re: 'a.b'", "a\nb", false}, {"F|re|s: 'a.b'", "a\nb", true}, {"F|re|i|m|s: '^B.C'", "a\nb\nc", true},
		{"F|re|all: ['a', 'b$']", "ab", true}, {"F|re|all: ['a', 'b$']", "ba", false},
		{"F|cidr: 10.0.0.0/8", "10.20.1.1", true}, {"F|cidr: 10.0.0.0/8", "11.0.0.1", false}, {"F|cidr: 10.0.0.0/8", "::ffff:10.1.2.3", true}, {"F|cidr: 10.0.0.0/8", "ten", false},
		{"F|cidr: 'fe80::/10'", "fe80::1%5", true}, {"F|cidr: ['192.168.0.0/16', '10.0.0.1']", "10.0.0.1", true}, {"F|cidr: 10.0.0.1", "10.0.0.2", false},
		{"F|windash: ' -a'", " /a", true}, {"F|windash: ' -a'", " –a", true}, {"F|contains|windash: ' -a '", "x —A y", true}, {"F|windash|contains: ' /a '", "x -a y", true},
		{"F|contains|windash: ' -a '", "x +a y", false}, {"F|contains|windash: 'foo-bar'", "foo/bar", false}, {"F|contains|windash: '--x'", "-/x", true}, {"F|contains|windash: '--x'", "/-x", false},
		{"F|contains|windash|all: [' -a', ' /b']", "x /a ―b", true}, {"F|endswith|windash: '-x*-y'", "/x 1 -y", true}, {"F|windash|cased: '-A'", "/a", false},
		{"F|base64: foo", "Zm9v", true}, {"F|base64|contains: foo", "x Zm9v y", true}, {"F|base64offset|contains: secret", "eHNlY3JldHk=", true},
		{"F|base64offset|contains: secret", "c2VjcmV0", true}, {"F|base64offset|contains: secret", "eHhzZWNyZXR4", true}, {"F|base64offset|contains: secret", "bm90aGluZw==", false},
		{"F|wide|base64offset|contains: ping", "cABpAG4AZwA=", true}, {"F|utf16le|base64|contains: ping", "cABpAG4AZwA=", true}, {"F|utf16be|base64: ab", "AGEAYg==", true}, {"F|utf16|base64: a", "//5hAA==", true},
		{"F|windash|base64: '-a'", "L2E=", true}, {"F|windash|base64: '-a'", "LWE=", true}, {"F|base64offset|contains|all: [secret, other]", "c2VjcmV0 b3RoZXI", true},
		{"F|base64offset|contains|all: [secret, other]", "c2VjcmV0", false},
		{"F|neq: a", "b", true}, {"F|neq: a", "A", false}, {"F|neq: [a, b]", "b", false}, {"F|neq: [a, b]", "c", true}, {"F|neq: 5", "6", true}, {"F|contains|neq: a", "bab", false}, {"F|contains|neq: a", "bb", true},
		{"F|neq: null", "a", true}, {"F|neq: ''", "", false}, {"F|re|neq: '^a'", "ba", true}, {"F|cidr|neq: 10.0.0.0/8", "11.0.0.1", true},
		{"F: null", "a", false}, {"F: null", "", true}, {"F: ''", "", true}, {"F: ''", "a", false}, {"F: ['', a]", "a", true}, {"F: [null, a]", "", true}, {"F: ['', a]", "b", false}, {"F|all: ['', a]", "a", false},
		{"F|exists: true", "", true}, {"F|exists: false", "a", false},
		{"f: abc", "abc", true},
		{"F: 2020-01-02", "2020-01-02", true},
	} {
		t.Run(fmt.Sprintf("%s on %q", c.item, c.value), func(t *testing.T) {
			r := parse(t, ruleText("s:\n  "+c.item+"\ncondition: s"))
			if got := New([]*Rule{r}, nil).Match(process("F", c.value)); (len(got) == 1) != c.want {
				t.Errorf("matches: %v, want %v", got, c.want)
			}
		})
	}
}
