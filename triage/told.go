package triage

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/ntfs"
	"hivetriage/artifacts/journal/logfile"
	"hivetriage/triage/command"
	"hivetriage/triage/correlate"
	"hivetriage/triage/coverage"
	"hivetriage/triage/locate"
)

const (
	// remoteLife is how long secretsdump leaves a hive on the machine: it is
	// fetched at once and deleted.
	remoteLife = time.Minute

	maxToldLines = 8 // happenings that are written out among an export's reasons
)

// tellStories ties what the journals of a volume tell to the exports on it,
// and makes exports of what is told of nowhere else.
func (r *run) tellStories(s *stories) {
	var found []locate.Export
	told := []*hints{{what: "names in the journals", beyond: s.more}, {what: "names in directory indexes"}}
	for _, f := range append(s.sorted(), s.lost...) {
		history := s.history(f)
		if len(history) == 0 {
			continue
		}
		use, known := ntfs.Use{}, false
		if s.v.table != nil && f.ref != (artifacts.FileReference{}) {
			use, known = s.v.table.Use(f.ref)
		}
		if e := s.export(f, use, history); e != nil {
			if !f.onlyListed() || !s.nothingNew(e, history) {
				tie(e, history)
			}
			continue
		}
		if use.Same && (s.v.whole && use.InUse || !s.v.whole && s.nameJudged(use, history)) {
			continue // its content, or its name and size, were judged
		}
		e, hint := s.judge(f, use, known, history)
		hints := told[0]
		if f.onlyListed() {
			hints = told[1]
		}
		switch {
		case e == nil && hint == "":
		case e != nil && len(found) < maxReported:
			found = append(found, *e)
		case e == nil && len(hints.weak) < maxWeak:
			hints.weak = append(hints.weak, hint)
		default:
			hints.beyond++
		}
	}
	r.exports = append(r.exports, found...)
	for _, h := range told {
		h.note(r, s.v.at())
	}
}

// hints are names that are too weak for an export.
type hints struct {
	what   string
	weak   []string
	beyond int // and exports, beyond the bounds of what is listed
}

func (h *hints) note(r *run, at artifacts.Locator) {
	if len(h.weak) > 0 {
		r.ledger.Note(coverage.Row{What: h.what, At: &at, State: coverage.Skipped, Records: int64(len(h.weak)),
			Why: "not counted as copies, worth a look: " + strings.Join(h.weak, "; ")})
	}
	if h.beyond > 0 {
		r.ledger.Note(coverage.Row{What: h.what, At: &at, State: coverage.Skipped, Records: int64(h.beyond), Gap: true,
			Why: fmt.Sprintf("%s beyond the bounds of what is listed", plural(h.beyond, "file that may be a copy lies", "files that may be copies lie"))})
	}
}

// sorted returns the stories in the order of their first record.
func (s *stories) sorted() []*fileStory {
	all := make([]*fileStory, 0, len(s.files))
	for _, f := range s.files {
		all = append(all, f)
	}
	first := func(f *fileStory) uint64 {
		if len(f.changes) == 0 {
			return 1<<64 - 1
		}
		return f.changes[0].USN
	}
	slices.SortFunc(all, func(a, b *fileStory) int {
		return cmp.Or(cmp.Compare(first(a), first(b)), cmp.Compare(a.ref.Record, b.ref.Record), cmp.Compare(a.ref.Sequence, b.ref.Sequence))
	})
	return all
}

// export returns the export that is the file: by its record as long as that
// is the file's, else by its place and the time at which it was created.
func (s *stories) export(f *fileStory, use ntfs.Use, history []locate.Happening) *locate.Export {
	created, gone := f.born(history), !when(history, locate.HappenedDeleted).IsZero()
	for i := range s.r.exports {
		e := &s.r.exports[i]
		if !s.holds(e) || e.At.Stream != "" && e.MFTRecord == 0 {
			continue
		}
		if e.MFTRecord != 0 && e.MFTRecord == f.ref.Record && use.Same && !s.r.inSnapshot(e.At) {
			return e
		}
		here := slices.ContainsFunc(history, func(h locate.Happening) bool { return strings.EqualFold(s.v.root+h.Path, e.At.Path) })
		if f.isFile(e, here) {
			return e
		}
		if e.MFTRecord != 0 && !s.r.inSnapshot(e.At) || !here {
			continue
		}
		born := e.Times.FN.Created
		if born.IsZero() {
			born = e.Times.SI.Created
		}
		if !created.IsZero() && born.Sub(created).Abs() <= sameMoment || !gone && e.MFTRecord == 0 {
			return e
		}
	}
	return nil
}

// nameJudged reports whether a file has the name in the file table, of which
// all names were judged, that it had in the journal.
func (s *stories) nameJudged(use ntfs.Use, history []locate.Happening) bool {
	return !slices.ContainsFunc(history, func(h locate.Happening) bool {
		name := path.Base(h.Path)
		return !strings.EqualFold(name, use.Name) && s.named([]byte(name))
	})
}

// tie adds what the journals tell to an export.
func tie(e *locate.Export, history []locate.Happening) {
	e.History = history
	e.IdentifiedBy = append(e.IdentifiedBy, "the file system's "+teller(history)+" tell of this file: "+strings.Join(lines(history), "; "))
}

// lines writes a history out.
func lines(history []locate.Happening) []string {
	var out []string
	for i, h := range history {
		if i == maxToldLines {
			return append(out, fmt.Sprintf("and %d more", len(history)-i))
		}
		line := h.What
		if !h.Time.IsZero() {
			line = stamp(h.Time) + " " + line
		}
		switch {
		case h.Kind == locate.HappenedListed:
			line += fmt.Sprintf(" (offset %d of $I30)", h.Offset)
		case h.USN != 0:
			line += fmt.Sprintf(" (USN %d, offset %d of $J)", h.USN, h.Offset)
		default:
			line += fmt.Sprintf(" (LSN %d, offset %d of $LogFile)", h.LSN, h.Offset)
		}
		out = append(out, line)
	}
	return out
}

// judge makes an export of a file of which the journals alone tell, or a hint
// of what is too weak for one.
func (s *stories) judge(f *fileStory, use ntfs.Use, known bool, history []locate.Happening) (e *locate.Export, hint string) {
	size := int64(0)
	for _, n := range f.names {
		size = max(size, n.Size)
	}
	for _, l := range f.entries {
		size = max(size, l.Size)
	}
	if use.Same {
		size = use.Size
	}
	lead, because, hint := s.lead(f, size, history)
	if lead.Hive == "" {
		return nil, hint
	}
	last := history[0]
	for _, h := range history {
		if rank(h) >= rank(last) {
			last = h
		}
	}
	gone := when(history, locate.HappenedDeleted)
	e = &locate.Export{At: artifacts.Locator{Source: s.v.source, Volume: s.v.volume, Path: s.v.root + last.Path},
		Hive: lead.Hive, Form: "regf", State: locate.StateReported, Deleted: !gone.IsZero() || known && !(use.Same && use.InUse), Size: size,
		Location: lead.Location, History: history}
	if use.Same {
		e.MFTRecord, e.Times.SI = f.ref.Record, use.Times
	} else if l := f.lastListed(); l != nil {
		e.Times.SI = l.Times
	}
	if n := len(f.names); n > 0 {
		op := f.names[n-1].Operation
		e.Times.FN = f.names[n-1].Times
		e.Deleted = e.Deleted || len(f.changes) == 0 && (op == logfile.Removed || op == logfile.Freed)
	}
	e.IdentifiedBy = []string{f.knownFrom(use, known), because}
	e.IdentifiedBy = append(e.IdentifiedBy, lines(history)...)
	e.Provenance = locate.Provenance{Method: "unknown", Confidence: "unknown", Because: []string{"the content is not in the evidence"}}
	e.Taken = locate.Taken{Because: []string{}}
	if t := when(history, locate.HappenedWritten); !t.IsZero() {
		e.Taken.NotAfter = t
		e.Taken.Because = append(e.Taken.Because, "not after: the last write to the file's data (change journal)")
	} else if !gone.IsZero() {
		e.Taken.NotAfter = gone
		e.Taken.Because = append(e.Taken.Because, "not after: the file's deletion (change journal)")
	} else if l := f.lastListed(); l != nil && l.Size > 0 {
		e.Taken.NotAfter = l.Times.Modified
		e.Taken.Because = append(e.Taken.Because, "not after: the file's last write as its folder's index has it, which may not have come to know of later ones")
	}
	e.BelongsTo = locate.BelongsTo{Relation: "unknown", Because: "the content is not in the evidence"}
	e.Integrity.Problems = []string{"known from the file system's " + teller(history) + " only: whether the file held a hive, and whose, cannot be told"}
	e.ID = locate.ExportID(*e)
	return e, ""
}

// whatBecame says what a file's record is used for by now.
func whatBecame(use ntfs.Use, known bool) string {
	switch {
	case !known:
		return ""
	case use.Same && use.InUse:
		return ", which is in use"
	case use.Same:
		return ", which is deleted"
	case use.InUse:
		return ", a record that belongs to another file by now"
	}
	return ", a record that was used for another file since"
}

// lead judges the names that a file had. A hint is a reason to look for more.
func (s *stories) lead(f *fileStory, size int64, history []locate.Happening) (best locate.Lead, because, hint string) {
	unpacked := s.r.unpacked[s.v.source] || s.v.root != ""
	for _, h := range history {
		if h.Path == "" {
			continue
		}
		at := artifacts.Locator{Source: s.v.source, Volume: s.v.volume, Path: s.v.root + h.Path}
		place := locate.Place{Path: at.Path, Size: size, State: locate.StateReported, Unpacked: unpacked}
		judge := locate.Journaled
		if size > 0 {
			judge = locate.Reported
		}
		lead, named := judge(place)
		e := locate.Export{At: at, Hive: lead.Hive, History: history, Drive: s.r.driveOf(at)}
		if hive := correlate.Output(s.r.records, &e); hive != "" {
			place.Hive = hive
			lead.Hive, lead.Location = hive, locate.Classify(place)
			if lead.Location.Class == locate.Normal {
				continue
			}
			return lead, "a recorded command copies " + hive + " to this place", ""
		}
		switch {
		case named && !lead.Weak && best.Hive == "":
			best, because = lead, fmt.Sprintf("%s: %s", h.Path, lead.Why)
		case named && lead.Weak:
			hint = fmt.Sprintf("%s (%s: %s)", h.Path, strings.Join(lines(history), ", "), lead.Why)
		}
	}
	if best.Hive == "" && hint == "" {
		hint = s.remote(history)
	}
	return best, because, hint
}

// witness bears out that a file was fetched over a share, of which the name
// does not tell what it was: the journal tells when it was made and deleted.
func (s *stories) witness(file string, created time.Time, history []locate.Happening) {
	for i := range s.r.records {
		rec := &s.r.records[i]
		if relative, _ := command.VolumePath(rec.Destination); rec.Kind != "share" || !rec.OneOf || !strings.EqualFold(relative, file) {
			continue
		}
		for _, h := range history {
			if h.Kind != locate.HappenedDeleted || h.Time.Before(rec.Time.Add(-remoteLife)) || created.After(rec.Time.Add(remoteLife)) {
				continue
			}
			rec.Journaled = true
			s.r.witnessed = append(s.r.witnessed, correlate.Notice{Time: h.Time, Last: h.Time, Count: 1, Host: rec.Host, Kind: "deletion",
				What: fmt.Sprintf("%s was made and deleted again, %s apart: the file that was fetched over the share as a copy of %s", rec.Destination, h.Time.Sub(created).Round(time.Millisecond), strings.Join(rec.Hives, " or ")),
				From: correlate.From{Source: h.From.Source, Volume: h.From.Volume, Path: h.From.Place(), Offset: h.Offset, Artefact: changeJournal}})
			return
		}
	}
}

// remote knows the way in which secretsdump leaves its files: eight letters
// and .tmp in its folders, deleted soon after they were made.
func (s *stories) remote(history []locate.Happening) string {
	created, deleted := when(history, locate.HappenedCreated), when(history, locate.HappenedDeleted)
	if created.IsZero() || deleted.IsZero() || deleted.Sub(created) > remoteLife {
		return ""
	}
	for _, h := range history {
		if h.Kind == locate.HappenedCreated && locate.RemoteName(path.Base(h.Path)) &&
			locate.Classify(locate.Place{Path: s.v.root + h.Path, State: locate.StateReported, Unpacked: s.v.root != ""}).Class == locate.Alert {
			s.witness(h.Path, created, history)
			return fmt.Sprintf("%s (%s: eight letters and .tmp, deleted %s after it was made, is how secretsdump leaves SAM and SECURITY there; other programs name temporary files like this too)",
				h.Path, strings.Join(lines(history), ", "), deleted.Sub(created).Round(time.Millisecond))
		}
	}
	return ""
}
