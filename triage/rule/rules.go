package rule

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// A definition is one published version of a detection rule. Its conditions
// are data: what is evaluated is what the text says.
type definition struct {
	id, name, version string
	category          string      // EQL event category: "process"
	conditions        []condition // all must hold
}

// A condition holds if any of its tests does.
type condition []test

// A test compares one field with values in EQL's terms.
type test struct {
	field    string
	optional bool // written ?field: the field may be unknown to the data
	operator operator
	values   []string // any of them
}

type operator string

const (
	equals operator = "==" // the same value, letter case included
	isIn   operator = "in" // equals, with a list
	like   operator = ":"  // the whole value, without regard to ASCII letter case
)

const (
	hiveDumpID   = "a7e7bfa3-088e-4f13-b29e-3986e0e756b8"
	hiveDumpName = "Credential Acquisition via Registry Hive Dumping"
)

// definitions are the rules in the order of Evaluate's result. The seed is
// the text that Elastic published from 2021 to 2022, the current one that of
// 2026-07-02.
var definitions = []definition{
	{
		id: hiveDumpID, name: hiveDumpName, version: "seed (6)", category: "process",
		conditions: []condition{
			{{field: "event.type", operator: isIn, values: []string{"start", "process_started"}}},
			{{field: "process.pe.original_file_name", operator: equals, values: []string{"reg.exe"}}},
			{{field: "process.args", operator: like, values: []string{"save", "export"}}},
			{{field: "process.args", operator: like, values: []string{`hklm\sam`, `hklm\security`}}},
		},
	},
	{
		id: hiveDumpID, name: hiveDumpName, version: "current (2026-07-02)", category: "process",
		conditions: []condition{
			{{field: "host.os.type", operator: equals, values: []string{"windows"}}},
			{{field: "event.type", operator: equals, values: []string{"start"}}},
			{
				{field: "process.pe.original_file_name", optional: true, operator: equals, values: []string{"reg.exe"}},
				{field: "process.name", operator: like, values: []string{"reg.exe"}},
			},
			{{field: "process.args", operator: like, values: []string{"save", "export"}}},
			{{field: "process.args", operator: like, values: []string{
				`hklm\sam`, `hklm\security`, `hklm\system`,
				`hkey_local_machine\sam`, `hkey_local_machine\security`, `hkey_local_machine\system`,
			}}},
		},
	},
}

// query writes the rule in EQL.
func (d definition) query() string {
	parts := make([]string, len(d.conditions))
	for i, c := range d.conditions {
		parts[i] = c.String()
	}
	return d.category + " where " + strings.Join(parts, " and ")
}

func (c condition) String() string {
	parts := make([]string, len(c))
	for i, t := range c {
		parts[i] = t.String()
	}
	if len(parts) == 1 {
		return parts[0]
	}
	return "(" + strings.Join(parts, " or ") + ")"
}

func (t test) String() string {
	values := make([]string, len(t.values))
	for i, v := range t.values {
		values[i] = `"` + strings.ReplaceAll(v, `\`, `\\`) + `"`
	}
	list := strings.Join(values, ", ")
	if len(values) > 1 || t.operator == isIn {
		list = "(" + list + ")"
	}
	field := t.field
	if t.optional {
		field = "?" + field
	}
	return field + " " + string(t.operator) + " " + list
}

// text is the canonical text of all rules: for each its id, name, version and
// query, a line each, and an empty line.
func text() string {
	var b strings.Builder
	for _, d := range definitions {
		b.WriteString(d.id + "\n" + d.name + "\n" + d.version + "\n" + d.query() + "\n\n")
	}
	return b.String()
}

// SHA256 returns the hex digest of the rules' canonical text, which changes
// when any rule does.
func SHA256() string {
	sum := sha256.Sum256([]byte(text()))
	return hex.EncodeToString(sum[:])
}
