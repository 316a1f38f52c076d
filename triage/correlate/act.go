// Package correlate joins exports, commands and file events into acts: one
// dump with its commands, files, people and consequences. Its steps are pure
// functions over facts.
package correlate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"hivetriage/artifacts"
	"hivetriage/triage/command"
	"hivetriage/triage/destination"
	"hivetriage/triage/rule"
)

// A Record is a log record that attests to a copy.
type Record struct {
	ID          string             `json:"id"`
	Time        time.Time          `json:"time,omitzero"`
	NotAfter    time.Time          `json:"not_after,omitzero"` // of a record without a time: when the file that holds it was last written
	Kind        string             `json:"kind"`               // "process", "file", "share", "script", "service", "hive-load", "object", "execution", "journal"
	Host        string             `json:"host,omitempty"`
	User        artifacts.User     `json:"user"`
	Technique   string             `json:"technique,omitempty"` // "T1003.002"
	Hives       []string           `json:"hives"`
	OneOf       bool               `json:"one_of,omitempty"`      // the record is of one of the hives; which, it does not tell
	Row         int                `json:"row,omitempty"`         // of technique.Catalogue, for records without commands
	Destination string             `json:"destination,omitempty"` // as resolved, Windows form
	Process     *artifacts.Process `json:"process,omitempty"`
	File        string             `json:"file,omitempty"`    // file, share, object and hive-load: the path as recorded
	Line        string             `json:"line,omitempty"`    // script, service: what runs, as recorded, cut where it is long
	Address     string             `json:"address,omitempty"` // share: where it was asked for from
	Wrote       bool               `json:"wrote,omitempty"`   // share: it was opened to be written, not to be read
	Journaled   bool               `json:"-"`                 // share: the change journal tells that the file was made and deleted about then
	Shared      string             `json:"-"`                 // share: the folder that the record says the share stands for
	Commands    []command.Command  `json:"commands,omitempty"`
	Assessment  string             `json:"assessment"` // "export", "attempt", "access", "benign"
	Because     []string           `json:"because"`
	Rules       []rule.Match       `json:"rules"`
	Export      string             `json:"export,omitempty"` // id of the copy whose time leads to the record
	From        From               `json:"from"`
}

// Told is a record's own words: a command line, a script, or a file's name.
func (r *Record) Told() string {
	switch {
	case r.Line != "":
		return r.Line
	case r.Process != nil && r.Process.CommandLine != "":
		return r.Process.CommandLine
	}
	return r.File
}

// process is the process that a record tells of; empty if it tells of none.
func (r *Record) process() artifacts.Process {
	if r.Process == nil {
		return artifacts.Process{}
	}
	return *r.Process
}

// A Notice is a log record around the acts that bears on what happened before
// and after them, but attests to no copy.
type Notice struct {
	Time    time.Time      `json:"time,omitzero"`
	Last    time.Time      `json:"last,omitzero"` // of several that say the same
	Count   int            `json:"count"`
	Host    string         `json:"host,omitempty"`
	User    artifacts.User `json:"user,omitzero"`
	Account artifacts.User `json:"account,omitzero"` // logons and credentials: whose they are
	Kind    string         `json:"kind"`             // "alert", "protection", "service", "task", "account", "audit", "session", "logon", "transfer", "shadow copy", "database", "raw read", "privilege", "sigma", "wmi", "process", "execution", "opened", "deletion", "archive"
	Toward  string         `json:"toward,omitempty"` // the other computer, of what goes out from this one
	What    string         `json:"what"`
	From    From           `json:"from"`
}

// Add counts another notice that says the same.
func (n *Notice) Add(other Notice) {
	n.Count++
	if other.Time.Before(n.Time) {
		n.Time, n.From, n.User = other.Time, other.From, other.User
	}
	if other.Last.After(n.Last) {
		n.Last = other.Last
	}
}

// SortNotices orders notices by time, place and text.
func SortNotices(notices []Notice) {
	slices.SortStableFunc(notices, func(a, b Notice) int {
		return cmp.Or(a.Time.Compare(b.Time), strings.Compare(a.From.Path, b.From.Path), cmp.Compare(a.From.Offset, b.From.Offset), strings.Compare(a.What, b.What))
	})
}

// From is the place of a log record.
type From struct {
	Source    string `json:"source"`
	Volume    string `json:"volume,omitempty"`
	Path      string `json:"path"`
	RecordID  uint64 `json:"record_id,omitempty"`
	Offset    int64  `json:"offset"`
	EventCode string `json:"event_code,omitempty"`
	Channel   string `json:"channel,omitempty"`
	Artefact  string `json:"artefact,omitempty"` // "Prefetch", "UserAssist", ...: what it is, where it is no event log
	Entry     string `json:"entry,omitempty"`    // key and value, table and row, line in it
	Damaged   string `json:"damaged,omitempty"`  // why the record may be wrong
}

// Cite names the place of a record in its file for people.
func (f From) Cite() string {
	switch {
	case f.Artefact == "":
		return fmt.Sprintf("event %s, record %d", f.EventCode, f.RecordID)
	case f.Entry != "":
		return fmt.Sprintf("%s, %s", f.Path, f.Entry)
	}
	return fmt.Sprintf("%s, offset %d", f.Path, f.Offset)
}

// An Act is one dump: its commands, files, people and consequences.
//
// Its confidence starts at nothing and is the sum of the points of its Reasons,
// at least 1 and at most Limit, which is 99 unless LimitWhy says why it is less.
// From 70 it is confirmed, from 40 probable, else suspicious; an act that
// something harmless explains is explained, whatever the sum.
type Act struct {
	ID          string         `json:"id"`
	Start       time.Time      `json:"start,omitzero"`
	End         time.Time      `json:"end,omitzero"`
	Verdict     string         `json:"verdict"`    // "confirmed", "probable", "suspicious", "explained"
	Confidence  int            `json:"confidence"` // 0 to 100
	Hives       []string       `json:"hives"`
	Exports     []string       `json:"exports"` // ids
	Records     []string       `json:"records"` // ids
	Limit       int            `json:"limit"`   // the most that Confidence can be, 99 or less
	LimitWhy    string         `json:"limit_why,omitempty"`
	Reasons     []Reason       `json:"reasons"` // what Confidence is the sum of, in the order in which it was weighed
	For         []string       `json:"for"`     // the Reasons of that side as sentences, with their points
	Against     []string       `json:"against"`
	Attack      []string       `json:"attack"` // ATT&CK technique ids
	Actor       artifacts.User `json:"actor,omitzero"`
	Chain       []ChainNode    `json:"chain"`              // ancestors first, then the command, its siblings and children
	Session     *Session       `json:"session,omitempty"`  // the first of Sessions
	Sessions    []Session      `json:"sessions,omitempty"` // the logon sessions that its records ran in, in the records' order
	Whereabouts []Whereabouts  `json:"whereabouts"`        // where each copy is or went

	Explanations []Explanation `json:"explanations,omitempty"` // harmless readings, the best first
}

// A ChainNode is one process around the command.
type ChainNode struct {
	Relation string            `json:"relation"` // "ancestor", "command", "sibling", "child"
	Depth    int               `json:"depth"`    // 0 for the oldest known ancestor
	Time     time.Time         `json:"time,omitzero"`
	Process  artifacts.Process `json:"process"`
	User     artifacts.User    `json:"user,omitzero"`
	From     *From             `json:"from,omitempty"`  // absent if known only from its child's record
	Joined   string            `json:"joined"`          // how it was joined: by process GUID, or by PID and time
	Notes    []string          `json:"notes,omitempty"` // what is out of place or unknown
}

// A Session is the logon session that an act ran in.
type Session struct {
	LogonID string          `json:"logon_id"`
	Start   time.Time       `json:"start,omitzero"`
	End     time.Time       `json:"end,omitzero"`
	User    artifacts.User  `json:"user"`
	Logon   artifacts.Logon `json:"logon"`
	From    []From          `json:"from"`
}

// Whereabouts is one place that a copy is or was in.
type Whereabouts struct {
	Path   string `json:"path"`
	State  string `json:"state"` // "live", "deleted", "overwritten", "snapshot", "reported", "not found on this evidence"
	SHA256 string `json:"sha256,omitempty"`
	Export string `json:"export,omitempty"` // id
	How    string `json:"how,omitempty"`    // how the copy came there, as far as that is known

	Reach       destination.Reach `json:"reach,omitempty"`       // how far it came, as far as its places tell; absent: they tell nothing
	Why         string            `json:"why,omitempty"`         // what its places tell
	Destination string            `json:"destination,omitempty"` // row of destination.Table that reaches farthest

	At   artifacts.Locator `json:"-"` // where it lies, or the record that names the place; zero: on another host
	Sent string            `json:"-"` // of a copy that was not found: the Windows path that it was sent to

	Server string `json:"-"` // of the share that it was sent to, as its path names it
	Shares string `json:"-"` // ids of the records of shares that ask for it, a space before each
}
