// Package rule evaluates detection rules on single events and explains every
// condition. It opens nothing.
package rule

import "strings"

// A Match is the outcome of one published version of a rule on one event.
type Match struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Version string `json:"version"`
	Matched bool   `json:"matched"`
	// NotRecorded are the fields that the outcome hangs on and that the source
	// of the event does not record. Where there are any, the rule cannot be
	// evaluated: Matched is false, but the rule is not known not to match.
	NotRecorded []string `json:"not_recorded,omitempty"`
	Because     []string `json:"because"` // one sentence a condition: what it asks, what the event has, held or not
}

// Outcome names the match's state in words.
func (m Match) Outcome() string {
	switch {
	case m.Matched:
		return "matches"
	case len(m.NotRecorded) > 0:
		return "cannot be evaluated"
	}
	return "does not match"
}

// Leads reports whether a reader should see the match before others: the
// rule's version that the investigation started from, and the current one.
func (m Match) Leads() bool {
	return m.ID == SeedID && (m.Version == seedVersion || m.Version == currentVersion)
}

// Against returns the sentences of the conditions that did not hold or that
// nothing was recorded for.
func (m Match) Against() []string {
	var against []string
	for _, s := range m.Because {
		if !strings.HasSuffix(s, "; "+held.String()+".") {
			against = append(against, s)
		}
	}
	return against
}
