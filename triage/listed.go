package triage

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/ntfs"
	"hivetriage/artifacts/journal/index"
	"hivetriage/triage/locate"
)

// sameMoment is how far apart two sources may tell the creation of one file.
const sameMoment = 2 * time.Second

// listedInterest reports whether an entry of a folder's index has the name of
// a copy, or is of the file of an export.
func (s *stories) listedInterest(e *index.Entry) bool {
	return e.File.Record != 0 && s.records[e.File.Record] || s.named([]byte(e.Name)) || s.shapes[strings.ToLower(e.Name)]
}

// list takes over what an index tells: by the file's reference, or, where that
// was overwritten, for later. Names in use count where no file table tells of
// them.
func (s *stories) list(l *listing) {
	all := l.gone()
	if s.v.table == nil {
		for _, there := range l.inUse {
			all = append(all, there...)
		}
		slices.SortFunc(all, func(a, b listed) int { return int(a.Offset - b.Offset) })
	}
	for _, entry := range all {
		if entry.File == (artifacts.FileReference{}) {
			s.headless = append(s.headless, entry)
		} else if f := s.keep(entry.File); f != nil {
			f.entries = append(f.entries, entry)
		}
	}
}

// settleHeadless gives the entries without a reference to the files that they
// are of, or makes files of them.
func (s *stories) settleHeadless() {
	for _, h := range s.headless {
		place := s.path(h.Parent, h.Name, 1<<63)
		var of *fileStory
		for _, f := range append(s.sorted(), s.lost...) {
			if f.isListed(h) || s.wasBorn(f, h, place) {
				of = f
				break
			}
		}
		switch {
		case of != nil:
		case len(s.files)+len(s.lost) >= maxStories:
			s.more++
			continue
		default:
			of = &fileStory{}
			s.lost = append(s.lost, of)
		}
		of.entries = append(of.entries, h)
	}
	s.headless = nil
}

// isListed reports whether one of a file's entries is another state of h.
func (f *fileStory) isListed(h listed) bool {
	return slices.ContainsFunc(f.entries, func(e listed) bool {
		return e.Parent == h.Parent && strings.EqualFold(e.Name, h.Name) && e.Times.Created.Equal(h.Times.Created)
	})
}

// wasBorn reports whether the journals tell that a file was created when h was,
// and that it was at h's place.
func (s *stories) wasBorn(f *fileStory, h listed, place string) bool {
	if len(f.changes)+len(f.names) == 0 {
		return false
	}
	history := s.history(f)
	created := when(history, locate.HappenedCreated)
	return !created.IsZero() && created.Sub(h.Times.Created).Abs() <= sameMoment &&
		slices.ContainsFunc(history, func(g locate.Happening) bool { return strings.EqualFold(g.Path, place) })
}

// onlyListed reports whether nothing but indexes of folders tells of a file.
func (f *fileStory) onlyListed() bool { return len(f.changes)+len(f.names) == 0 }

// lastListed is the entry of a file that was brought up to date last; nil if
// there is none.
func (f *fileStory) lastListed() (last *listed) {
	for i := range f.entries {
		e := &f.entries[i]
		if last == nil || e.Times.Changed.After(last.Times.Changed) || e.Times.Changed.Equal(last.Times.Changed) && e.Size > last.Size {
			last = e
		}
	}
	return last
}

// born is when the file was created, as far as anything tells.
func (f *fileStory) born(history []locate.Happening) time.Time {
	if t := when(history, locate.HappenedCreated); !t.IsZero() || len(f.entries) == 0 {
		return t
	}
	return f.lastListed().Times.Created
}

// listedHistory tells where the file stood, each place once, by the entry that
// was brought up to date last.
func (s *stories) listedHistory(f *fileStory) []locate.Happening {
	var places []string
	at := map[string]*fileStory{}
	for _, e := range f.entries {
		place := s.path(e.Parent, e.Name, 1<<63)
		if at[place] == nil {
			at[place] = &fileStory{}
			places = append(places, place)
		}
		at[place].entries = append(at[place].entries, e)
	}
	var all []locate.Happening
	for _, place := range places {
		e := at[place].lastListed()
		what := fmt.Sprintf("stood in its folder's index as %s, %d bytes, created %s, last written %s; when and how it left the folder is not told",
			place, e.Size, stamp(e.Times.Created), stamp(e.Times.Modified))
		if !e.Slack {
			what = fmt.Sprintf("stands in its folder's index as %s, %d bytes, created %s, last written %s", place, e.Size, stamp(e.Times.Created), stamp(e.Times.Modified))
		}
		all = append(all, locate.Happening{Kind: locate.HappenedListed, What: what, Path: place, From: e.from, Offset: e.Offset})
	}
	slices.SortStableFunc(all, func(a, b locate.Happening) int {
		return at[a.Path].lastListed().Times.Changed.Compare(at[b.Path].lastListed().Times.Changed)
	})
	return all
}

// isFile reports whether an export is the file of entries that lost their
// reference: it was created in the same 100 nanoseconds, and has their size or
// their place.
func (f *fileStory) isFile(e *locate.Export, samePlace bool) bool {
	return f.ref == (artifacts.FileReference{}) && !e.Times.SI.Created.IsZero() && slices.ContainsFunc(f.entries, func(l listed) bool {
		return l.Times.Created.Equal(e.Times.SI.Created) && (l.Size == e.Size || samePlace)
	})
}

// nothingNew reports whether an export's own record tells all that indexes
// tell of its file.
func (s *stories) nothingNew(e *locate.Export, history []locate.Happening) bool {
	return !slices.ContainsFunc(history, func(h locate.Happening) bool {
		place := s.v.root + h.Path
		return !strings.EqualFold(place, e.At.Path) && !slices.ContainsFunc(e.Links, func(l string) bool { return strings.EqualFold(place, l) })
	})
}

// rank orders the tellers of a place: the change journal goes before the
// transaction log, and that before the index of a folder.
func rank(h locate.Happening) int {
	switch {
	case h.USN != 0:
		return 2
	case h.LSN != 0:
		return 1
	}
	return 0
}

// knownFrom says by what an export is known of which no content is in the
// evidence.
func (f *fileStory) knownFrom(use ntfs.Use, known bool) string {
	of := fmt.Sprintf("of the file with MFT record %d, sequence %d%s", f.ref.Record, f.ref.Sequence, whatBecame(use, known))
	switch {
	case !f.onlyListed():
		return "name in the journals only, " + of + "; the content is not in the evidence"
	case f.ref == (artifacts.FileReference{}):
		of = "of a file whose reference was overwritten there: whether it was deleted, or lives on under another name, is not known"
	}
	where := "behind the names in use in a folder's index"
	if !f.lastListed().Slack {
		where = "in a folder's index"
	}
	return "name " + where + " only, " + of + "; the content is not in the evidence"
}

// teller says which of the file system's records a history is from.
func teller(history []locate.Happening) string {
	for _, h := range history {
		if h.Kind != locate.HappenedListed {
			return "journals"
		}
	}
	return "folders"
}
