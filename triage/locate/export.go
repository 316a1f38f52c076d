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
	Drive        string            `json:"-"`                 // letter of its volume, "D:", where that is known: what tells it differs from one form of the evidence to another
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
	Short        string            `json:"-"` // its path in the 8.3 names of its volume, where that is known
	IdentifiedBy []string          `json:"identified_by"`
	Location     Location          `json:"location"`
	Provenance   Provenance        `json:"provenance"`
	Taken        Taken             `json:"taken"`
	BelongsTo    BelongsTo         `json:"belongs_to"`
	Integrity    Integrity         `json:"integrity"`
	History      []Happening       `json:"history,omitempty"` // what the file system's journals tell, oldest first
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

// Taken says when a copy was taken. NotBefore, NotAfter and Exact are the
// tightest of Bounds; what contradicts them is told, not averaged.
type Taken struct {
	NotBefore time.Time  `json:"not_before,omitzero"`
	NotAfter  time.Time  `json:"not_after,omitzero"`
	Exact     time.Time  `json:"exact,omitzero"`
	Because   []string   `json:"because"` // the bounds and conflicts in words, and what else is to be known
	Bounds    []Bound    `json:"bounds,omitempty"`
	Conflicts []Conflict `json:"conflicts,omitempty"`
}

// The sides of a Bound.
const (
	NotBefore = "not before"
	NotAfter  = "not after"
	ExactTime = "exact"
)

// The places that a Bound was read in.
const (
	FromCopy  = "copy"
	FromTwin  = "live hive"
	FromTimes = "file times"
)

// A Bound is one fact that bounds the moment at which a copy was taken.
type Bound struct {
	Side      string    `json:"side"` // NotBefore, NotAfter or ExactTime
	Time      time.Time `json:"time"`
	What      string    `json:"what"`
	From      string    `json:"from"`                // FromCopy, FromTwin or FromTimes
	Offset    int64     `json:"offset,omitempty"`    // of its bytes in the copy or in the live hive
	Certainty string    `json:"certainty"`           // "certain", "likely"
	SetAside  bool      `json:"set_aside,omitempty"` // it is part of a conflict and bounds nothing
}

// The kinds of Conflict.
const (
	BoundsCross   = "bounds cross"    // a bound lies on the wrong side of another one
	FileTooOld    = "file too old"    // the file was created long before what it holds was written
	TimesDiffer   = "SI before FN"    // $STANDARD_INFORMATION says older than $FILE_NAME
	TimesRounded  = "SI rounded"      // $STANDARD_INFORMATION has whole seconds, $FILE_NAME has not
	NewerThanTwin = "newer than live" // keys were written later in the copy than in the live hive
	CountersAhead = "counters ahead"  // the copy's sequence numbers are ahead of the live hive's
)

// A Conflict is two facts of which one must be wrong: a clock was changed,
// times were forged, or the copy is not what it seems.
type Conflict struct {
	Kind  string  `json:"kind"`
	What  string  `json:"what"`
	Sides []Bound `json:"sides,omitempty"` // the two, where they are times
}

// BelongsTo says whose hive is in a copy.
type BelongsTo struct {
	Host       string `json:"host,omitempty"`
	MachineSID string `json:"machine_sid,omitempty"`
	Domain     string `json:"domain,omitempty"`
	DomainSID  string `json:"domain_sid,omitempty"`
	DomainGUID string `json:"domain_guid,omitempty"`
	DNSDomain  string `json:"dns_domain,omitempty"`
	Product    string `json:"product,omitempty"` // "WinNT", "ServerNT", "LanmanNT" (domain controller)
	TimeZone   string `json:"time_zone,omitempty"`
	Relation   string `json:"relation"`         // one of the Relations
	Detail     string `json:"detail,omitempty"` // what the relation does not tell, such as a clone of this host
	Because    string `json:"because"`
	Set        string `json:"set,omitempty"` // the set of exports that it is part of
}

// The relations of a copy to the hosts of the evidence.
const (
	ThisHost    = "this host"
	SameDomain  = "same domain"
	AnotherHost = "another host"
	UnknownHost = "unknown"
)

// Integrity says how much of a copy could be read.
type Integrity struct {
	Complete bool     `json:"complete"`
	Problems []string `json:"problems"`
}
