// Package locate decides which hives of the evidence are exports: copies of
// SAM, SECURITY or SYSTEM outside the places where Windows keeps them. It
// works on facts and opens nothing.
package locate

import (
	"time"

	"hivetriage/artifacts"
)

// An Export is a copy of a credential hive out of its place, or a hive in a
// known place that is listed for information. Field meanings and JSON names
// are those of the case document.
type Export struct {
	ID           string            `json:"id"`
	At           artifacts.Locator `json:"at"`
	Hive         string            `json:"hive"`              // "SAM", "SECURITY", "SYSTEM"
	Form         string            `json:"form"`              // "regf", "reg" (a .reg file), "fragment"
	State        string            `json:"state"`             // "live", "deleted", "overwritten", "snapshot", "carved", StateReported
	Deleted      bool              `json:"deleted,omitempty"` // of a reported export: its file is deleted
	Size         int64             `json:"size"`
	SHA256       string            `json:"sha256,omitempty"` // of the stream as read; absent if it could not be read whole
	Times        FileTimes         `json:"times,omitzero"`
	Clock        string            `json:"clock,omitempty"` // LocalClock if Times are not UTC
	OwnerSID     string            `json:"owner_sid,omitempty"`
	MFTRecord    uint64            `json:"mft_record,omitempty"`
	Links        []string          `json:"links,omitempty"`
	IdentifiedBy []string          `json:"identified_by"`
	Location     Location          `json:"location"`
	Provenance   Provenance        `json:"provenance"`
	Taken        Taken             `json:"taken"`
	BelongsTo    BelongsTo         `json:"belongs_to"`
	Integrity    Integrity         `json:"integrity"`
}

// Gone reports whether the file that holds the export is not live.
func (e *Export) Gone() bool {
	if e.State == StateReported {
		return e.Deleted
	}
	return e.State != "live"
}

// LocalClock is the clock of file systems that keep the time of the clock on
// the wall: Times are what it showed, as if that had been UTC.
const LocalClock = "local time, zone unknown"

// FileTimes are the times of the file that holds the export.
type FileTimes struct {
	SI artifacts.Times `json:"si,omitzero"`
	FN artifacts.Times `json:"fn,omitzero"`
}

// Location is the verdict on the place of a hive.
type Location struct {
	Class Class  `json:"class"`
	Why   string `json:"why"`
}

// Class is the class of a place in the table of known locations.
type Class string

const (
	Normal        Class = "normal"        // the live hives and their like: counted, not listed
	Informational Class = "informational" // a known keeper of copies: listed, not an alert on its own
	Check         Class = "check"         // a known place that attackers use as well
	Alert         Class = "alert"         // a place that a known dumping tool uses
	Unexpected    Class = "unexpected"    // no known reason for a credential hive to be here
)

// Provenance says how a copy was taken.
type Provenance struct {
	Method     string   `json:"method"`     // "RegSaveKey", "reg save", "raw copy", "offreg", "unknown"
	Confidence string   `json:"confidence"` // "certain", "likely", "unknown"
	Because    []string `json:"because"`
}

// Taken says when a copy was taken.
type Taken struct {
	NotBefore time.Time `json:"not_before,omitzero"`
	NotAfter  time.Time `json:"not_after,omitzero"`
	Exact     time.Time `json:"exact,omitzero"`
	Because   []string  `json:"because"`
}

// BelongsTo says whose hive is in a copy.
type BelongsTo struct {
	Host       string `json:"host,omitempty"`
	MachineSID string `json:"machine_sid,omitempty"`
	Domain     string `json:"domain,omitempty"`
	Relation   string `json:"relation"` // "this host", "same domain", "another host", "unknown"
	Because    string `json:"because"`
}

// Integrity says how much of a copy could be read.
type Integrity struct {
	Complete bool     `json:"complete"`
	Problems []string `json:"problems"`
}
