// Package rule evaluates detection rules on single events and explains every
// condition. It opens nothing.
package rule

// A Match is the outcome of one rule on one event.
type Match struct {
	ID      string   `json:"id"`
	Name    string   `json:"name"`
	Version string   `json:"version"`
	Matched bool     `json:"matched"`
	Because []string `json:"because"` // one sentence a condition: what it asks, what the event has, held or not
}
