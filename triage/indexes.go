package triage

import (
	"context"
	"fmt"
	"io"
	"path"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence"
	"hivetriage/artifacts/evidence/collection"
	"hivetriage/artifacts/evidence/ntfs"
	"hivetriage/artifacts/journal/index"
	"hivetriage/triage/coverage"
	"hivetriage/triage/locate"
)

// folderIndex is the index of a folder, $I30, that a collector copied, and
// folderIndexes what the rows of the coverage section call those of a volume.
const (
	folderIndex   = "directory index"
	folderIndexes = "directory indexes"
)

const (
	maxIndexed     = 500      // folders of a volume whose indexes are read
	maxIndexBytes  = 64 << 20 // of one folder
	maxInteresting = 1 << 12  // names of interest of one volume
)

// An indexed is a volume whose folders can be read.
type indexed interface {
	artifacts.Volume
	lookup
	Reference(path string) (artifacts.FileReference, bool)
	Index(artifacts.FileReference) (ntfs.Index, error)
}

// A listed is an entry of a folder's index.
type listed struct {
	*index.Entry
	from artifacts.Locator // the index
}

// A listing reads the indexes of folders.
type listing struct {
	s      *stories
	here   artifacts.Locator // the index that is being read
	folder artifacts.FileReference

	old   []listed            // names of interest that are gone
	inUse map[string][]listed // names of interest that are there, by folder and name in lower case

	bytes            int64
	read             int // indexes
	behind           int // entries behind what is in use
	foreign          int // entries of other folders that cannot be told from what is there
	beyond, problems int
}

func newListing(s *stories) *listing { return &listing{s: s, inUse: map[string][]listed{}} }

func listedKey(e *index.Entry) string {
	return e.Parent.String() + "/" + strings.ToLower(e.Name)
}

// take keeps an entry if its name is of interest, or its file is.
func (l *listing) take(e *index.Entry) {
	if e.Slack && !e.DOS {
		l.behind++
	}
	if e.Directory() || e.DOS || !l.s.listedInterest(e) {
		return
	}
	at := listed{e, l.here}
	switch {
	case len(l.old)+len(l.inUse) >= maxInteresting:
		l.beyond++
	case !e.Slack:
		key := listedKey(e)
		l.inUse[key] = append(l.inUse[key], at)
	case e.File == (artifacts.FileReference{}) && l.folder != (artifacts.FileReference{}) && e.Parent != l.folder:
		l.foreign++ // whether it is still there is not known
	default:
		l.old = append(l.old, at)
	}
}

// gone returns the entries of files that are not in their folder any more
// under that name, as far as the index tells.
func (l *listing) gone() (all []listed) {
	for _, o := range l.old {
		there := false
		for _, n := range l.inUse[listedKey(o.Entry)] {
			there = there || n.File == o.File || o.File == (artifacts.FileReference{}) && n.Times.Created.Equal(o.Times.Created)
		}
		if !there {
			all = append(all, o)
		}
	}
	return all
}

// problem tells what was damaged in an index.
func (l *listing) problem(err error) {
	if interrupted(err) {
		return
	}
	if l.problems++; l.problems <= maxLost {
		p := artifacts.Located(l.here, err)
		p.At = l.here
		l.s.r.ledger.Problem(folderIndex, p, false)
	}
}

// A step is a folder on the way over a volume.
type step struct {
	ref   artifacts.FileReference
	path  string
	trees []folderTree // what is wanted below it
}

// readIndexes reads the indexes of the chosen folders of a volume.
func (r *run) readIndexes(ctx context.Context, s *stories) {
	v := s.v.live
	l := newListing(s)
	row := coverage.Row{What: folderIndexes, At: &artifacts.Locator{Source: s.v.source, Volume: s.v.volume}, State: coverage.Read}
	root, ok := v.Reference("/")
	if !ok {
		row.State, row.Why = coverage.Failed, "the root folder cannot be read"
		r.ledger.Note(row)
		return
	}
	// Folders that are named come first, then those of every user.
	queues := [2][]step{{{ref: root, trees: []folderTree{s.chosenFolders()}}}}
	known := map[artifacts.FileReference]bool{root: true}
	unread := 0
	for ctx.Err() == nil && len(queues[0])+len(queues[1]) > 0 {
		q := 0
		if len(queues[0]) == 0 {
			q = 1
		}
		at := queues[q][0]
		queues[q] = queues[q][1:]
		if l.read == maxIndexed {
			unread++
			continue
		}
		l.folders(ctx, v, at, func(next step, any bool) {
			if known[next.ref] {
				return
			}
			if len(known) > 4*maxIndexed {
				unread++
				return
			}
			known[next.ref] = true
			if any {
				queues[1] = append(queues[1], next)
			} else {
				queues[q] = append(queues[q], next)
			}
		})
	}
	s.list(l)
	r.noteIndexes(ctx, l, &row, unread)
}

// noteIndexes tells what was read of a volume's folders.
func (r *run) noteIndexes(ctx context.Context, l *listing, row *coverage.Row, unread int) {
	row.Records, row.Bytes = int64(l.behind), l.bytes
	row.Why = fmt.Sprintf("of %s, where copies are usually put or were sent to, the indexes were read: %s behind the names in use, of files that were deleted, renamed or moved; what was overwritten since they do not tell",
		plural(l.read, "folder", "folders"), plural(l.behind, "name stands", "names stand"))
	if ctx.Err() != nil || l.problems > 0 {
		row.State = coverage.Partial
	}
	if l.problems > maxLost {
		row.Why += fmt.Sprintf("; %d more problems are not listed", l.problems-maxLost)
	}
	if l.foreign > 0 {
		row.Why += fmt.Sprintf("; %s of other folders, without a reference to a file, not judged", plural(l.foreign, "name of interest is", "names of interest are"))
	}
	if unread > 0 {
		row.Why += fmt.Sprintf("; %s not read: no more than %d are", plural(unread, "further folder was", "further folders were"), maxIndexed)
	}
	if l.beyond > 0 {
		row.Why += fmt.Sprintf("; %s beyond the bounds of what is kept", plural(l.beyond, "name of interest is", "names of interest are"))
	}
	r.ledger.Note(*row)
}

// folders reads the index of one folder and gives those of the folders in it
// that are wanted; any says that a "*" led there.
func (l *listing) folders(ctx context.Context, v indexed, at step, next func(n step, any bool)) {
	l.here = artifacts.Locator{Source: l.s.v.source, Volume: l.s.v.volume, Path: at.path, Stream: index.I30}
	if at.path == "" {
		l.here.Path = "/"
	}
	l.folder = at.ref
	l.s.places[at.ref] = at.path
	l.read++
	content, err := v.Index(at.ref)
	if err != nil {
		l.problem(err)
	}
	each := func(e index.Entry, err error) {
		if err != nil {
			l.problem(err)
			return
		}
		l.take(&e)
		if e.Slack || e.DOS || !e.Directory() || e.Parent.Record != at.ref.Record {
			return
		}
		name, n, any := strings.ToLower(e.Name), step{ref: e.File, path: at.path + "/" + strings.ReplaceAll(e.Name, "/", `\u002f`)}, true
		for _, tree := range at.trees {
			if below, ok := tree[name]; ok {
				n.trees, any = append(n.trees, below), false
			}
			if below, ok := tree["*"]; ok {
				n.trees = append(n.trees, below)
			}
		}
		if len(n.trees) > 0 {
			next(n, any)
		}
	}
	for e, err := range index.Root(content.Root) {
		each(e, err)
	}
	if content.Blocks == nil {
		return
	}
	defer content.Blocks.Close()
	size := content.Blocks.Size()
	if size > maxIndexBytes {
		l.problem(artifacts.NewProblem(artifacts.Limit, maxIndexBytes, "an index of %d bytes, of which %d are read", size, maxIndexBytes))
		size = maxIndexBytes
	}
	l.bytes += size
	for e, err := range index.Entries(ctx, io.NewSectionReader(content.Blocks, 0, size), size, content.InUse) {
		each(e, err)
	}
}

// takeIndex keeps the index of a folder that a collector copied. It returns
// false if the entry is something else under such a name.
func (r *run) takeIndex(ctx context.Context, entry artifacts.Entry, volume artifacts.Volume) bool {
	at := entry.Locator()
	if !isIndexName([]byte(path.Base(at.Path)), []byte(at.Stream)) || at.Member != "" {
		return false
	}
	if head, err := readHead(ctx, entry); err == nil && !index.IsIndex(head) {
		if wants(head) || traceHeaded(head) != nil || evidence.ImageKind(head) != "" || collection.KindOf(head) != "" {
			return false
		}
		r.ledger.Want()
		r.ledger.Stream(coverage.Row{What: folderIndex, At: &at, State: coverage.Failed, Why: "it does not begin with a block of an index"})
		return true
	}
	root := ""
	if parts := strings.SplitN(at.Path, "/", 3); len(parts) == 3 && locate.DriveRoot(parts[1]) {
		root = "/" + parts[1]
	}
	r.ledger.Want()
	r.journals = append(r.journals, journal{entry: entry, at: at, kind: folderIndex, root: root, volume: volume})
	return true
}

// isIndexName reports whether a stream has the name of a folder's index.
func isIndexName(name, stream []byte) bool {
	const tail = index.I30
	if len(stream) > 0 {
		name = stream
	}
	return len(name) >= len(tail) && strings.EqualFold(string(name[len(name)-len(tail):]), tail) && index.Named(string(name))
}

// findListed looks through an index that was collected for names of interest.
func (r *run) findListed(ctx context.Context, j journal, row *coverage.Row, s *stories) {
	content, err := j.entry.Open(ctx)
	if err != nil {
		row.State, row.Why = coverage.Failed, why(j.at, err)
		return
	}
	defer content.Close()
	l := newListing(s)
	l.here = j.at
	l.bytes = content.Size()
	for e, err := range index.Entries(ctx, content, content.Size(), nil) {
		if err != nil {
			r.journalProblem(j, row, err)
			continue
		}
		if l.folder == (artifacts.FileReference{}) {
			l.folder = e.Parent
			s.places[e.Parent] = indexedFolder(j)
		}
		row.Records++
		l.take(&e)
	}
	row.Bytes = l.bytes
	said := fmt.Sprintf("%s behind the names in use; the part of the index in the folder's file record is not in it", plural(l.behind, "name stands", "names stand"))
	row.Why = strings.Join(append([]string{said}, nonEmpty(row.Why)...), "; ")
	s.list(l)
}

// indexedFolder is the folder, below the drive's root, whose index a collector
// copied.
func indexedFolder(j journal) string {
	p := strings.TrimPrefix(j.at.Path, j.root)
	if j.at.Stream != "" {
		return strings.TrimSuffix(p, "/")
	}
	dir, name := path.Split(p)
	name = name[:len(name)-len(index.I30)]
	for _, joint := range []string{":", "%3A", "%3a", "_"} {
		name = strings.TrimSuffix(name, joint)
	}
	return strings.TrimSuffix(dir+name, "/")
}
