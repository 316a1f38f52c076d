// Package coverage is the ledger of what was read, partly read, not read and
// absent. Everything a reader met ends in it, and its totals must balance.
package coverage

import (
	"time"

	"hivetriage/artifacts"
)

// State says how the reading of something ended.
type State string

const (
	Read        State = "read"
	Partial     State = "partial"
	Failed      State = "failed"
	Unsupported State = "unsupported"
	Skipped     State = "skipped"
	Absent      State = "absent"
)

// A Row is one source of evidence and how its reading ended.
type Row struct {
	What    string             `json:"what"` // "hive", "event log", "volume", "stream", "Security log", ...
	At      *artifacts.Locator `json:"at,omitempty"`
	State   State              `json:"state"`
	Host    string             `json:"host,omitempty"` // whose log it is, where the log says
	From    time.Time          `json:"from,omitzero"`  // oldest record
	To      time.Time          `json:"to,omitzero"`    // newest record
	Records int64              `json:"records,omitempty"`
	Bytes   int64              `json:"bytes,omitempty"`
	Why     string             `json:"why,omitempty"`
	// Gap is true where an export could hide behind this row: the case is
	// then not complete.
	Gap bool `json:"gap,omitempty"`
}

// A VolumeRow is one volume with what was met on it.
type VolumeRow struct {
	Source string               `json:"source"`
	Name   string               `json:"name,omitempty"` // absent: a file that was given by itself
	Info   artifacts.VolumeInfo `json:"info"`
	Tally  artifacts.Tally      `json:"tally"`
}

// Coverage is the coverage section of a case.
type Coverage struct {
	Volumes []VolumeRow `json:"volumes"`
	Sources []Row       `json:"sources"`
	Totals  Totals      `json:"totals"`
}

// Totals count the wanted streams by the state they ended in. Wanted is the
// sum of the others.
type Totals struct {
	Streams     int64 `json:"streams"`  // met on all volumes
	Examined    int64 `json:"examined"` // whose head was read
	Wanted      int64 `json:"wanted"`   // that a decoder wanted
	Read        int64 `json:"read"`
	Partial     int64 `json:"partial"`
	Failed      int64 `json:"failed"`
	Unsupported int64 `json:"unsupported"`
	Skipped     int64 `json:"skipped"`
	Bytes       int64 `json:"bytes"` // read from the evidence
}
