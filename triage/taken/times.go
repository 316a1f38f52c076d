package taken

import (
	"fmt"
	"time"

	"hivetriage/artifacts"
	"hivetriage/triage/locate"
)

// tooOld is by how much a file must be older than what it holds, or by its SI
// than by its FN times, to be told: within it, clocks and slow copies explain.
const tooOld = time.Minute

// A File is the file that holds a copy.
type File struct {
	Times locate.FileTimes
	Clock string // locate.LocalClock if Times are not UTC
	// Whole says that the copy is the file's unnamed stream from its first
	// byte. The last write of a file that holds a copy inside bounds it too,
	// when the file was created does not.
	Whole bool
	// Fresh says that the copy was made by an API that refuses to write into a
	// file that exists, and is as it was written.
	Fresh bool
	// Newest is the last write of the newest key in the copy; zero if unknown.
	Newest time.Time
}

// Bounds says what the times of its file tell of a copy.
func (f File) Bounds() (bounds []locate.Bound, conflicts []locate.Conflict, notes []string) {
	si := f.Times.SI
	if f.Clock != "" {
		if !si.Modified.IsZero() {
			notes = append(notes, "not bounded by the file's last write: its times are "+f.Clock)
		}
		return nil, nil, notes
	}
	if !si.Modified.IsZero() {
		bounds = append(bounds, fileBound(locate.NotAfter, si.Modified, "the file's last write (SI modified)"))
	}
	if !f.Whole {
		return bounds, nil, nil
	}
	// FN is harder to change, and unpacking elsewhere does not keep it. A file
	// that was written before it was created is a copy of another file.
	if created := f.Times.FN.Created; f.Fresh && !created.IsZero() && !si.Modified.Before(created) {
		bounds = append(bounds, fileBound(locate.NotBefore, created, "the creation of the file (FN created), which the saving began with"),
			fileBound(locate.NotAfter, created.Add(filling), fmt.Sprintf("%s after the creation of the file (FN created): a hive is saved in one go", filling)))
	}
	return bounds, f.conflicts(), nil
}

func fileBound(side string, t time.Time, what string) locate.Bound {
	return locate.Bound{Side: side, Time: t, What: what, From: locate.FromTimes, Certainty: likely}
}

// conflicts compares the two sets of times, and the file with its content.
func (f File) conflicts() (found []locate.Conflict) {
	si, fn := f.Times.SI, f.Times.FN
	oldest, which := si.Created, "SI created"
	if oldest.IsZero() {
		oldest, which = fn.Created, "FN created"
	}
	side := func(t time.Time, what string) locate.Bound { return fileBound(locate.NotBefore, t, what) }
	if !oldest.IsZero() && !f.Newest.IsZero() && oldest.Before(f.Newest.Add(-tooOld)) {
		key := locate.Bound{Side: locate.NotBefore, Time: f.Newest, What: "the newest key", From: locate.FromCopy, Certainty: certain}
		found = append(found, locate.Conflict{Kind: locate.FileTooOld, Sides: []locate.Bound{side(oldest, which), key},
			What: fmt.Sprintf("the file was created (%s) at %s, long before the newest key in it was written at %s: an older file was overwritten, its times or a clock were changed, or another copy was put into it",
				which, stamp(oldest), stamp(f.Newest))})
	}
	if si.Created.IsZero() || fn.Created.IsZero() {
		return found
	}
	sides := []locate.Bound{side(si.Created, "SI created"), side(fn.Created, "FN created")}
	switch {
	case si.Created.Before(fn.Created.Add(-tooOld)):
		found = append(found, locate.Conflict{Kind: locate.TimesDiffer, Sides: sides,
			What: fmt.Sprintf("SI says that the file was created at %s, FN at %s: SI was set back, or kept by a move, a restore or unpacking", stamp(si.Created), stamp(fn.Created))})
	case wholeSeconds(si) && fn.Created.Nanosecond() != 0:
		found = append(found, locate.Conflict{Kind: locate.TimesRounded, Sides: sides,
			What: fmt.Sprintf("SI created and modified are whole seconds (%s), FN created is not (%s): a program set them", stamp(si.Created), stamp(fn.Created))})
	}
	return found
}

func wholeSeconds(t artifacts.Times) bool {
	return !t.Modified.IsZero() && t.Created.Nanosecond() == 0 && t.Modified.Nanosecond() == 0
}
