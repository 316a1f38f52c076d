package report

import (
	"fmt"
	"slices"
	"strings"

	"hivetriage/triage/correlate"
	"hivetriage/triage/rule"
)

// A ruleMatches is one rule with the outcomes of its versions on one record.
type ruleMatches struct {
	Name    string
	Matches []rule.Match
}

// More is how many versions there are, "" of one.
func (r ruleMatches) More() string {
	if len(r.Matches) < 2 {
		return ""
	}
	return fmt.Sprintf("%d versions", len(r.Matches))
}

// Matched reports whether any version matches.
func (r ruleMatches) Matched() bool {
	return slices.ContainsFunc(r.Matches, func(m rule.Match) bool { return m.Matched })
}

// byRule puts the outcomes of a rule's versions together, in the order in which
// the rules come.
func byRule(matches []rule.Match) (rules []ruleMatches) {
	for _, m := range matches {
		i := slices.IndexFunc(rules, func(r ruleMatches) bool { return r.Name == m.Name })
		if i < 0 {
			i, rules = len(rules), append(rules, ruleMatches{Name: m.Name})
		}
		rules[i].Matches = append(rules[i].Matches, m)
	}
	return rules
}

// otherRules are the outcomes that do not lead.
func otherRules(matches []rule.Match) []ruleMatches {
	return byRule(slices.DeleteFunc(slices.Clone(matches), rule.Match.Leads))
}

// matchedRules names the rules that match a record, each once with its
// versions: "Rule, 2 versions: seed (6), 2020-12-02".
func matchedRules(r *correlate.Record) (names []string) {
	for _, m := range byRule(slices.DeleteFunc(slices.Clone(r.Rules), func(m rule.Match) bool { return !m.Matched })) {
		var versions []string
		for _, v := range m.Matches {
			versions = append(versions, v.Version)
		}
		name := m.Name + ", "
		if more := m.More(); more != "" {
			name += more + ": "
		}
		names = append(names, name+strings.Join(versions, ", "))
	}
	return names
}
