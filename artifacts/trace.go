package artifacts

import (
	"slices"
	"time"
)

// A Trace is what one entry of an artefact that is no event log tells: a
// program that ran, a file that somebody opened or deleted, a command that
// was typed or is to be run. A zero field was not in the entry.
type Trace struct {
	From     Locator // of the file; readers leave it to whoever opened it
	Offset   int64   // of the entry in the file, bytes; -1 where there is none
	Entry    string  // what names the entry in the file: a key and a value, a table and a row, a line
	Artefact string  // the field's name for the artefact: "Prefetch", "Amcache", "UserAssist"
	Deed     Deed

	Times   []Stamp  // in UTC, the oldest first
	Program string   // path or name of the program as recorded
	Command string   // command line or script as recorded
	Paths   []string // files that the entry names, as recorded
	User    User     // whose entry it is
	Host    string
	Count   int64 // how often the program ran; 0 where that is not told
	Details []Datum

	Damaged string // why parts of it may be wrong, "" if it holds together
}

// A Stamp is a time and what happened then, as far as the artefact's format
// tells.
type Stamp struct {
	Time  time.Time `json:"time"`
	Means string    `json:"means"` // "ran", "last ran", "written", "created", ...
}

// A Deed says what a Trace attests to.
type Deed string

const (
	Ran       Deed = "ran"       // the program was executed
	Existed   Deed = "existed"   // the program was on the disk; whether it ran is open
	Typed     Deed = "typed"     // the command was entered by somebody
	Planned   Deed = "planned"   // the command is to be run by Windows: a task, a service
	Opened    Deed = "opened"    // the files were opened or chosen by somebody
	Removed   Deed = "removed"   // the files were deleted
	Sent      Deed = "sent"      // the program sent or received over the network
	Detected  Deed = "detected"  // a protection product reported the files
	Connected Deed = "connected" // a device or a share was attached
)

// When returns the last time that a trace has, zero if it has none.
func (t *Trace) When() time.Time {
	if len(t.Times) == 0 {
		return time.Time{}
	}
	return t.Times[len(t.Times)-1].Time
}

// Detail returns the first detail of a name, "" if there is none.
func (t *Trace) Detail(name string) string {
	for _, d := range t.Details {
		if d.Name == name {
			return d.Value
		}
	}
	return ""
}

// AddDetail appends a detail whose value is not empty.
func (t *Trace) AddDetail(name, value string) {
	if value != "" {
		t.Details = append(t.Details, Datum{Name: name, Value: value})
	}
}

// AddTime puts a time that is not zero behind those that are not later.
func (t *Trace) AddTime(at time.Time, means string) {
	if at.IsZero() {
		return
	}
	i := len(t.Times)
	for i > 0 && at.Before(t.Times[i-1].Time) {
		i--
	}
	t.Times = slices.Insert(t.Times, i, Stamp{Time: at, Means: means})
}
