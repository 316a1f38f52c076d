package triage

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/journal/logfile"
	"hivetriage/artifacts/journal/usn"
	"hivetriage/triage/locate"
)

const (
	maxStories    = 1 << 12 // files of one volume whose story is followed
	maxHappenings = 64      // of one file
	maxFolders    = 1 << 18 // names of folders that one volume's journals tell
	maxSteps      = 256     // folders above a file
)

// A folderName is the name of a folder from a record of the journal on.
type folderName struct {
	usn    uint64
	name   string
	parent artifacts.FileReference
}

// stories gathers what the journals of a volume tell of files of interest.
type stories struct {
	r       *run
	v       *journaled
	outputs map[string]bool // names, in lower case, that commands gave to copies
	records map[uint64]bool // MFT records of the exports on the volume
	bases   map[string]bool // names, in lower case, of exports whose record is not known
	files   map[artifacts.FileReference]*fileStory
	folders map[artifacts.FileReference][]folderName
	told    int // names of folders
	more    int // files beyond maxStories

	shapes   map[string]bool                    // names, in lower case, of all exports on the volume
	places   map[artifacts.FileReference]string // of the folders whose indexes were read
	headless []listed                           // entries of indexes whose file's reference was overwritten
	lost     []*fileStory                       // the files that they are of, where nothing else tells of those
}

// A fileStory is what the journals, and the indexes of folders, tell of one
// file.
type fileStory struct {
	ref     artifacts.FileReference // zero: only entries tell of it, and not which file it was
	changes []change
	open    usn.Reason // reasons since the file was last closed
	last    uint64     // USN of the last record
	written change     // the last write to its data
	names   []loggedName
	entries []listed
}

// A change is a record that the story is told by.
type change struct {
	*usn.Record
	fresh usn.Reason // what the record tells and those before it did not
	from  artifacts.Locator
}

// A loggedName is a record of the transaction log.
type loggedName struct {
	*logfile.Name
	from artifacts.Locator
}

// known takes what the exports on the volume are to be recognised by.
func (s *stories) known() {
	s.records, s.bases, s.shapes = map[uint64]bool{}, map[string]bool{}, map[string]bool{}
	for i := range s.r.exports {
		e := &s.r.exports[i]
		if !s.holds(e) {
			continue
		}
		name := strings.ToLower(path.Base(e.At.Path))
		if s.shapes[name] = true; e.MFTRecord != 0 {
			s.records[e.MFTRecord] = true
		} else {
			s.bases[name] = true
		}
	}
}

// holds reports whether an export lies on the volume, or in one of its shadow
// copies.
func (s *stories) holds(e *locate.Export) bool {
	volume := e.At.Volume
	if info := s.r.snapshots[keyOf(e.At)]; info != nil {
		volume = info.Of
	}
	return e.At.Source == s.v.source && volume == s.v.volume && strings.HasPrefix(e.At.Path, s.v.root+"/")
}

func (s *stories) interesting(ref artifacts.FileReference, name []byte) bool {
	return s.records[ref.Record] || s.named(name)
}

func (s *stories) named(name []byte) bool {
	if locate.ReportedName(name, nil) {
		return true
	}
	if len(s.outputs) == 0 && len(s.bases) == 0 {
		return false
	}
	lower := strings.ToLower(string(name))
	return s.outputs[lower] || s.bases[lower]
}

// keep has the story of a file followed; nil if there are too many.
func (s *stories) keep(ref artifacts.FileReference) *fileStory {
	f := s.files[ref]
	switch {
	case f != nil:
	case len(s.files) == maxStories:
		s.more++
	default:
		f = &fileStory{ref: ref}
		s.files[ref] = f
	}
	return f
}

// logged keeps what the transaction log tells of a file.
func (s *stories) logged(j journal, n *logfile.Name) {
	if f := s.keep(n.File); f != nil && len(f.names) < maxHappenings {
		f.names = append(f.names, loggedName{n, j.at})
	}
}

// follow reads a change journal again for all records of the files of
// interest, and for the names of folders.
func (s *stories) follow(ctx context.Context, j journal) {
	content, err := j.entry.Open(ctx)
	if err != nil {
		return // it could be opened before, and told what it holds
	}
	defer content.Close()
	named := usn.FileCreate | usn.RenameOldName | usn.RenameNewName | usn.FileDelete
	for rec, err := range usn.Open(content, content.Size()).Find(ctx, func(h *usn.Head) bool {
		return h.Directory() && h.Reason&named != 0 || s.files[h.File] != nil
	}) {
		switch {
		case err != nil: // told at the first reading
		case rec.Directory():
			s.folder(rec)
		default:
			s.files[rec.File].take(rec, j.at)
		}
	}
}

// folder remembers the name of a folder.
func (s *stories) folder(rec *usn.Record) {
	names := s.folders[rec.File]
	if n := len(names); n > 0 && (names[n-1].usn >= rec.USN || names[n-1].name == rec.Name && names[n-1].parent == rec.Parent) {
		return
	}
	if s.told++; s.told <= maxFolders {
		s.folders[rec.File] = append(names, folderName{rec.USN, rec.Name, rec.Parent})
	}
}

// take keeps a record if it tells something that those before it did not. A
// journal of a shadow copy repeats what an older one told.
func (f *fileStory) take(rec *usn.Record, from artifacts.Locator) {
	const data = usn.DataOverwrite | usn.DataExtend | usn.DataTruncation
	const story = usn.FileCreate | usn.FileDelete | usn.RenameOldName | usn.RenameNewName | usn.HardLinkChange
	if rec.USN <= f.last {
		return
	}
	f.last = rec.USN
	c := change{rec, rec.Reason &^ f.open, from}
	f.open = rec.Reason
	if rec.Reason&usn.Close != 0 {
		f.open = 0
		c.fresh &^= usn.Close
	}
	if rec.Reason&data != 0 {
		f.written = c
	}
	if rec.Reason&usn.RenameNewName != 0 && len(f.changes) > 0 {
		if before := f.changes[len(f.changes)-1]; before.Name != rec.Name || before.Parent != rec.Parent {
			c.fresh |= usn.RenameNewName // twice while it was open
		}
	}
	if (c.fresh&story != 0 || len(f.changes) == 0) && len(f.changes) < maxHappenings {
		f.changes = append(f.changes, c)
	}
}

// path returns where a name in a folder was when a record was written.
func (s *stories) path(parent artifacts.FileReference, name string, at uint64) string {
	const root = 5 // MFT record
	below := "/" + strings.ReplaceAll(name, "/", `\u002f`)
	for range maxSteps {
		if parent.Record == root {
			return below
		}
		folder, next, ok := s.above(parent, at)
		if place, listed := s.places[parent]; !ok && listed {
			return place + below
		}
		if !ok {
			break
		}
		below, parent = "/"+strings.ReplaceAll(folder, "/", `\u002f`)+below, next
	}
	return fmt.Sprintf("/$OrphanFiles/unknown parent record %s%s", parent, below)
}

// above returns the name and the place of a folder when a record was written:
// as the journal tells it, else as the file table has it.
func (s *stories) above(ref artifacts.FileReference, at uint64) (name string, parent artifacts.FileReference, ok bool) {
	if names := s.folders[ref]; len(names) > 0 {
		best := names[0]
		for _, n := range names[1:] {
			if n.usn <= at {
				best = n
			}
		}
		return best.name, best.parent, true
	}
	if s.v.table == nil {
		return "", artifacts.FileReference{}, false
	}
	return s.v.table.Folder(ref)
}

// history tells the story in the order of time, first by the change journal;
// what the transaction log adds comes without a time of its own.
func (s *stories) history(f *fileStory) []locate.Happening {
	var all []locate.Happening
	old := ""
	for _, c := range f.changes {
		h := locate.Happening{Time: c.Time, Path: s.path(c.Parent, c.Name, c.USN), USN: c.USN, From: c.from, Offset: c.Offset}
		add := func(kind, what string) {
			h.Kind, h.What = kind, what
			all = append(all, h)
		}
		if c.fresh&usn.FileCreate != 0 {
			add(locate.HappenedCreated, "created as "+h.Path)
		}
		if c.fresh&usn.RenameOldName != 0 {
			old = h.Path
		}
		switch {
		case c.fresh&usn.RenameNewName == 0:
		case old != "" && old != h.Path:
			add(locate.HappenedRenamed, "renamed from "+old+" to "+h.Path)
		default:
			add(locate.HappenedRenamed, "renamed to "+h.Path)
		}
		if c.fresh&usn.RenameNewName != 0 {
			old = ""
		}
		if c.fresh&usn.HardLinkChange != 0 {
			add(locate.HappenedLinked, "a hard link was made or removed: "+h.Path)
		}
		if c.fresh&usn.FileDelete != 0 {
			add(locate.HappenedDeleted, "deleted: "+h.Path)
		}
	}
	if c := f.written; c.Record != nil {
		p := s.path(c.Parent, c.Name, c.USN)
		all = append(all, locate.Happening{Kind: locate.HappenedWritten, Time: c.Time, What: "last written: " + p, Path: p, USN: c.USN, From: c.from, Offset: c.Offset})
	}
	slices.SortStableFunc(all, func(a, b locate.Happening) int { return a.Time.Compare(b.Time) })
	all = append(all, s.loggedHistory(f, len(all) > 0)...)
	return append(all, s.listedHistory(f)...)
}

// loggedHistory tells the story by the transaction log, in the order of its
// sequence numbers. What the change journal tells with a time is left out.
func (s *stories) loggedHistory(f *fileStory, told bool) []locate.Happening {
	slices.SortStableFunc(f.names, func(a, b loggedName) int {
		switch {
		case a.LSN < b.LSN:
			return -1
		case a.LSN > b.LSN:
			return 1
		}
		return 0
	})
	var all []locate.Happening
	for _, n := range f.names {
		h := locate.Happening{Path: s.path(n.Parent, n.Name.Name, 1<<63), LSN: n.LSN, From: n.from, Offset: n.Offset, Kind: locate.HappenedNamed}
		h.What = fmt.Sprintf("%s: %s", n.Operation, h.Path)
		if n.Operation == logfile.Created && !told {
			h.Kind, h.Time, h.What = locate.HappenedCreated, n.Times.Created, "created as "+h.Path+" (the time is that of its $FILE_NAME)"
		}
		if len(all) == 0 || all[len(all)-1].What != h.What {
			all = append(all, h)
		}
	}
	return all
}

// when returns the time of the last happening of a kind.
func when(history []locate.Happening, kind string) time.Time {
	for i := len(history) - 1; i >= 0; i-- {
		if history[i].Kind == kind {
			return history[i].Time
		}
	}
	return time.Time{}
}
