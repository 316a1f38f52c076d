package triage

import (
	"slices"
	"strings"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/eventlog"
	"hivetriage/triage/attest"
	"hivetriage/triage/command"
	"hivetriage/triage/correlate"
	"hivetriage/triage/locate"
)

// maxNotices bounds the notices of a case that differ in what they say.
const maxNotices = 1000

// A noticeKey is what notices share that say the same.
type noticeKey struct{ host, kind, what string }

// in reports whether a moment lies in the window around an act.
func (w *wanted) in(t time.Time) bool {
	return slices.ContainsFunc(w.spans, func(s span) bool { return !t.Before(s.from) && !t.After(s.to) })
}

// meets reports whether a log tells of a time around an act.
func (w *wanted) meets(s eventlog.Stats) bool {
	return s.Records > 0 && slices.ContainsFunc(w.spans, func(x span) bool { return !s.Newest.Before(x.from) && !s.Oldest.After(x.to) })
}

// noticed reports whether an event is a notice around an act.
func (w *wanted) noticed(e *artifacts.Event) bool {
	if !w.in(e.Time) {
		return false
	}
	if of, mover := attest.OfProcess(e); of && !mover && !attest.Outward(e) && !w.kin.has(e) {
		return false
	}
	n, ok := attest.Notice(e)
	return ok && (n.Kind == "alert" || !(attest.Reads(e) && attest.Wanted(e))) // that is a record of its own
}

// belowDrive returns a file's path below its drive's root, in the form of
// command.Normal: as it is, and below a folder of unpacked evidence that
// stands for the drive.
func belowDrive(path string) []string {
	paths := []string{command.Normal(strings.ReplaceAll(path, "/", `\`))}
	for i := range path {
		if i > 0 && path[i] == '/' && locate.DriveRoot(strings.ToLower(path[:i])) {
			paths = append(paths, command.Normal(strings.ReplaceAll(path[i:], "/", `\`)))
		}
	}
	return paths
}

// touched returns the hive whose copy lies at the place that an event is
// about; "" for any other event, and where the place's name tells it already.
func (w *wanted) touched(e *artifacts.Event) (hive string) {
	if len(w.copies) == 0 {
		return ""
	}
	path, ok := attest.At(e)
	if !ok {
		return ""
	}
	if hive = w.copies[path]; hive == "" {
		if _, below, cut := strings.Cut(path, ":"); cut {
			hive = w.copies[below]
		}
	}
	if hive == "" || attest.Wanted(e) {
		return ""
	}
	return hive
}

// take keeps an event of the second pass that was decoded with its data.
func (s *surroundings) take(e *artifacts.Event, w *wanted) bool {
	if len(e.Data) == 0 {
		return false
	}
	if hive := w.touched(e); hive != "" {
		if len(s.touches) < maxRecords {
			s.touches = append(s.touches, attest.Touch(e, hive))
		}
		return true
	}
	if n, ok := attest.Notice(e); ok {
		s.note(n)
	}
	return true
}

// note keeps a notice, once for all that say the same.
func (s *surroundings) note(n correlate.Notice) {
	key := noticeKey{n.Host, n.Kind, n.What}
	switch i, known := s.noticed[key]; {
	case known:
		s.notices[i].Add(n)
	case len(s.notices) >= maxNotices:
		s.beyond++
	default:
		s.noticed[key] = len(s.notices)
		s.notices = append(s.notices, n)
	}
}
