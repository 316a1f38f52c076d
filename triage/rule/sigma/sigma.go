// Package sigma reads Sigma rules and matches them against Windows events. It
// opens nothing: rules come as the bytes of their files.
//
// What a rule may say is in the Sigma specification, version 2.1
// (sigma-rules-specification and the appendices on modifiers and taxonomy). A
// rule that asks for anything that is not matched here exactly as the
// specification has it is refused by name; no part of a rule is ever left out.
package sigma

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Limits on what rules may make the program do.
const (
	MaxFile      = 1 << 20 // bytes of a file
	MaxRules     = 20_000  // of a Set
	maxDocuments = 256     // of a file
	maxNodes     = 50_000  // of a document, with what its aliases stand for
	maxDepth     = 24      // of lists and maps in each other
	maxCondition = 4096    // bytes of a condition
	maxNesting   = 64      // of parentheses and negations in a condition
	maxValues    = 20_000  // patterns of a rule, after all modifiers
	maxRegexp    = 4096    // bytes of a regular expression
	maxTitle     = 256     // bytes of what a rule says of itself
)

// A Rule is a rule that can be matched.
type Rule struct {
	Title, ID, Status, Level string
	Tags                     []string
	File                     string // where it was read, as the caller names it

	source source
	expr   expr
	fields []string // that it asks for, in the order of their names
	slots  []int32  // of the fields, in the Set
}

// Name is how the rule is told to people.
func (r *Rule) Name() string { return fmt.Sprintf("%q (%s)", r.Title, r.File) }

// A Refusal is a rule, or a file, that is not used.
type Refusal struct {
	File string
	Rule string // its title, else its ID; "" where neither could be read
	Why  string
}

// String tells of the refusal.
func (r Refusal) String() string {
	if r.Rule == "" {
		return fmt.Sprintf("%s: %s", r.File, r.Why)
	}
	return fmt.Sprintf("%q (%s): %s", r.Rule, r.File, r.Why)
}

// Parse reads the rules of a file, which may hold several documents. What is
// refused takes nothing away from the other documents, unless the file as a
// whole cannot be read on.
func Parse(file string, text []byte) (rules []*Rule, refused []Refusal) {
	documents, err := readDocuments(text)
	for i := range documents {
		if _, ok := documents[i].get("action"); ok {
			return nil, []Refusal{{file, nameOf(&documents[i].node), "it is a collection (action), which is no longer part of Sigma"}}
		}
	}
	for i := range documents {
		var r *Rule
		flaw := documents[i].flaw
		if flaw == nil {
			r, flaw = newRule(&documents[i].node)
		}
		if flaw != nil {
			refused = append(refused, Refusal{file, nameOf(&documents[i].node), flaw.Error()})
			continue
		}
		r.File = file
		rules = append(rules, r)
	}
	if err != nil {
		refused = append(refused, Refusal{file, "", err.Error()})
	}
	return rules, refused
}

// nameOf is what a document calls itself.
func nameOf(doc *node) string {
	return cmp.Or(short(doc.text("title")), short(doc.text("id")), short(doc.text("name")))
}

// short keeps what a rule says of itself from filling a page.
func short(s string) string {
	if len(s) > maxTitle {
		s = strings.ToValidUTF8(s[:maxTitle], "") + "…"
	}
	return strings.Join(strings.Fields(s), " ")
}

// newRule makes a rule of a document.
func newRule(doc *node) (*Rule, error) {
	if doc.kind != mapping {
		return nil, fmt.Errorf("it is no map of a rule's parts")
	}
	for key, why := range map[string]string{
		"correlation": "it is a correlation of other rules, which is not supported",
		"filter":      "it is a filter for other rules, which is not supported",
	} {
		if _, ok := doc.get(key); ok {
			return nil, fmt.Errorf("%s", why)
		}
	}
	if strings.EqualFold(doc.text("type"), "correlation") {
		return nil, fmt.Errorf("it is a correlation of other rules, which is not supported")
	}
	if t := doc.text("taxonomy"); t != "" && !strings.EqualFold(t, "sigma") {
		return nil, fmt.Errorf("its names are of the taxonomy %q, only those of Sigma are known", short(t))
	}
	r := &Rule{Title: short(doc.text("title")), ID: short(doc.text("id")), Status: short(doc.text("status")), Level: short(doc.text("level"))}
	if r.Title == "" {
		return nil, fmt.Errorf("it has no title")
	}
	if tags, ok := doc.get("tags"); ok {
		for _, tag := range tags.items {
			r.Tags = append(r.Tags, short(tag.scalar))
		}
	}
	var err error
	if r.source, err = readSource(doc); err != nil {
		return nil, err
	}
	detection, ok := doc.get("detection")
	if !ok {
		return nil, fmt.Errorf("it has no detection")
	}
	if r.expr, err = readDetection(detection); err != nil {
		return nil, err
	}
	r.fields = fieldsOf(r.expr)
	if !r.reachable() {
		return nil, fmt.Errorf("it asks for event IDs that its logsource, %s, does not have", r.source.label)
	}
	return r, nil
}

// codesIn returns the IDs of the events of a stream that the rule may match;
// nil: any.
func (r *Rule) codesIn(s *stream) codes {
	if s.ids == nil {
		return r.expr.codes()
	}
	of := codes{}
	for _, id := range s.ids {
		of[id] = true
	}
	return intersect(of, r.expr.codes())
}

// reachable reports whether there can be an event that the rule matches.
func (r *Rule) reachable() bool {
	return slices.ContainsFunc(r.source.streams, func(s stream) bool {
		ids := r.codesIn(&s)
		return ids == nil || len(ids) > 0
	})
}
