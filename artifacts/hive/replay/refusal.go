package replay

import (
	"fmt"
	"strings"

	"hivetriage/artifacts/hive"
)

// A Reason says why a log, or the rest of one, was not applied.
type Reason uint8

const (
	NotNeeded  Reason = iota + 1 // the hive is clean
	Empty                        // the file holds no changes
	NotALog                      // the file is something else
	Stale                        // the log is older than the hive
	Foreign                      // the log is another hive's
	Gap                          // sequence numbers are missing before what the log holds
	Torn                         // the log was not written to its end, or was changed: a checksum, hash or length is wrong
	Superseded                   // another log holds later changes, and only one can be used
	Unreadable                   // the log could not be read
	Limit                        // a limit of this program was hit
)

var reasons = [...]string{"", "not needed", "empty", "not a log", "stale", "foreign", "gap", "torn", "superseded", "unreadable", "limit"}

func (r Reason) String() string {
	if int(r) < len(reasons) {
		return reasons[r]
	}
	return ""
}

// A Refusal is a log, or the rest of one, that was not applied.
type Refusal struct {
	Log    string
	Reason Reason
	Offset int64 // in the log; -1 where none applies
	Text   string
}

func (r Refusal) String() string {
	if r.Offset >= 0 {
		return fmt.Sprintf("%s at offset %d: %s: %s", r.Log, r.Offset, r.Reason, r.Text)
	}
	return fmt.Sprintf("%s: %s: %s", r.Log, r.Reason, r.Text)
}

func refusal(log string, reason Reason, offset int64, format string, args ...any) *Refusal {
	return &Refusal{log, reason, offset, fmt.Sprintf(format, args...)}
}

func (r *Result) refuse(log string, reason Reason, offset int64, format string, args ...any) {
	r.Refused = append(r.Refused, *refusal(log, reason, offset, format, args...))
}

// Because says in sentences what was replayed and what was not, for a ledger
// or a report.
func (r Result) Because() []string {
	var s []string
	say := func(format string, args ...any) { s = append(s, fmt.Sprintf(format, args...)) }
	switch {
	case r.State == Unreplayed && r.Primary == r.Secondary:
		say("the base block's checksum is wrong, and no log could be applied: the newest changes may be missing")
	case r.State == Unreplayed:
		say("dirty: sequence numbers %d and %d, and no log could be applied: the newest changes are missing", r.Primary, r.Secondary)
	}
	if r.BaseFrom != "" {
		say("the base block was taken from %s: the hive's own has a wrong checksum", r.BaseFrom)
	}
	for _, a := range r.Applied {
		what := fmt.Sprintf("%d entries, %d to %d", a.Entries, a.From, a.To)
		if a.Format == DIRT {
			what = fmt.Sprintf("state %d", a.To)
		}
		say("replayed from %s (%s): %s; %d pages, %d bytes", a.Log, a.Format, what, a.Pages, a.Bytes)
	}
	if first, ok := r.skipped(); ok {
		say("the changes from %d to %d are in no log: Windows had written them to the hive already, or they are lost", r.Secondary, first-1)
	}
	for _, f := range r.Refused {
		if f.Reason != NotNeeded && f.Reason != Empty {
			say("not replayed: %s", f)
		}
	}
	return s
}

// skipped returns the first entry that was applied if it is not the one that
// follows what the hive says it holds. Windows leaves such a hive when it
// wrote part of the changes and used the log again.
func (r Result) skipped() (first uint32, ok bool) {
	if len(r.Applied) == 0 || r.Applied[0].Format != HvLE || r.BaseFrom != "" {
		return 0, false
	}
	first = r.Applied[0].From
	return first, first != r.Secondary && first != r.Secondary+1
}

// after compares sequence numbers, which may wrap.
func after(a, b uint32) bool { return int32(a-b) > 0 }

// foreign says why the base block in a log is not a copy of the hive's, ""
// if it may be one. Windows copies it from the same memory that it writes the
// hive's from: name and GUIDs are equal where both have them.
func foreign(h dirtyHive, log hive.BaseBlock) string {
	if !h.known {
		return ""
	}
	if h.base.Name != "" && log.Name != "" && !strings.EqualFold(h.base.Name, log.Name) {
		return fmt.Sprintf("it was written for %q, the hive's name is %q", log.Name, h.base.Name)
	}
	same, other := 0, ""
	for _, id := range [][3]string{{"RmId", h.base.RmID, log.RmID}, {"LogId", h.base.LogID, log.LogID}, {"TmId", h.base.TmID, log.TmID}} {
		switch {
		case id[1] == "" || id[2] == "":
		case id[1] == id[2]:
			same++
		default:
			other = fmt.Sprintf("its %s is %s, the hive's is %s", id[0], id[2], id[1])
		}
	}
	if same > 0 {
		return ""
	}
	return other
}
