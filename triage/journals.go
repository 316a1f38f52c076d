package triage

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/collection/layout"
	"hivetriage/artifacts/evidence/directory"
	"hivetriage/artifacts/evidence/ntfs"
	"hivetriage/artifacts/journal/logfile"
	"hivetriage/artifacts/journal/usn"
	"hivetriage/triage/correlate"
	"hivetriage/triage/coverage"
)

const (
	changeJournal  = "change journal"
	transactionLog = "transaction log"
)

// A journal is what NTFS wrote down of changes: the change journal,
// $UsnJrnl:$J, the transaction log, $LogFile, or a folder's index, $I30, that
// was collected, in which names stay behind.
type journal struct {
	entry  artifacts.Entry
	at     artifacts.Locator
	kind   string
	root   string // folder that stands for the volume's root, "" or "/C"
	volume artifacts.Volume
}

// journalKind says which journal a stream is by its name, among them those
// that collectors give; "" if none.
func journalKind(name, stream []byte) string {
	if len(name) < 2 || name[0] != '$' {
		return ""
	}
	switch strings.ToLower(string(name)) + ":" + strings.ToLower(string(stream)) {
	case "$usnjrnl:$j", "$j:", "$usnjrnl$j:", "$usnjrnl_$j:", "$usnjrnl-$j:", "$usnjrnl.$j:":
		return changeJournal
	case "$logfile:":
		return transactionLog
	}
	return ""
}

// takeJournal keeps a journal for later: what it is asked for comes from the
// logs and from what else is found. It returns false if the entry is none.
func (r *run) takeJournal(entry artifacts.Entry, volume artifacts.Volume) bool {
	j := journal{entry: entry, at: entry.Locator(), volume: volume}
	j.kind = journalKind([]byte(path.Base(j.at.Path)), []byte(j.at.Stream))
	if j.kind == "" || volume.Info().FileSystem == directory.Table {
		return false
	}
	dir := path.Dir(j.at.Path)
	if strings.EqualFold(path.Base(dir), "$Extend") {
		dir = path.Dir(dir)
	}
	j.root = strings.TrimSuffix(dir, "/")
	r.ledger.Want()
	r.journals = append(r.journals, j)
	return true
}

// A lookup tells what a volume's file table says of references.
type lookup interface {
	Use(artifacts.FileReference) (ntfs.Use, bool)
	Folder(artifacts.FileReference) (name string, parent artifacts.FileReference, ok bool)
}

// A journaled is a volume with its journals, those of its shadow copies
// before its own.
type journaled struct {
	source, volume, root string
	journals             []journal
	live                 indexed // the volume itself, nil where it is not there
	table                lookup  // nil where there is none
	whole                bool    // the volume itself is there: the content of its files was judged
	done                 func()
}

// readJournals finds in the journals what became of the exports, and exports
// that are told of nowhere else.
func (r *run) readJournals(ctx context.Context) {
	r.noteNoJournal()
	outputs := correlate.OutputNames(r.records)
	for _, v := range r.journaled(ctx) {
		r.readJournaled(ctx, v, outputs)
		v.done()
	}
	slices.SortFunc(r.exports, compareExports)
	numberDuplicates(r.exports, r.known)
}

// readJournaled reads the journals of one volume. A panic costs its findings
// only.
func (r *run) readJournaled(ctx context.Context, v *journaled, outputs map[string]bool) {
	rows := make([]coverage.Row, len(v.journals))
	for i, j := range v.journals {
		rows[i] = coverage.Row{What: j.kind, At: &j.at, State: coverage.Read}
	}
	defer func() {
		p := recover()
		for _, row := range rows {
			if p != nil {
				row.State, row.Why = coverage.Failed, fmt.Sprintf("bug: %v", p)
			}
			r.ledger.Stream(row)
		}
	}()
	s := &stories{r: r, v: v, outputs: outputs, files: map[artifacts.FileReference]*fileStory{}, folders: map[artifacts.FileReference][]folderName{},
		places: map[artifacts.FileReference]string{}}
	s.known()
	for i, j := range v.journals {
		switch j.kind {
		case changeJournal:
			r.findChanges(ctx, j, &rows[i], s)
		case transactionLog:
			r.findLogged(ctx, j, &rows[i], s)
		default:
			r.findListed(ctx, j, &rows[i], s)
		}
	}
	if v.live != nil {
		r.readIndexes(ctx, s)
	}
	if len(s.files)+len(s.headless) == 0 {
		return
	}
	for i, j := range v.journals {
		if j.kind == changeJournal && rows[i].State != coverage.Failed {
			s.follow(ctx, j)
		}
	}
	s.settleHeadless()
	r.tellStories(s)
}

// journaled groups the journals by volume, in the order of their places.
func (r *run) journaled(ctx context.Context) []*journaled {
	var all []*journaled
	slices.SortStableFunc(r.journals, func(a, b journal) int {
		return cmp.Or(r.made(a.at).Compare(r.made(b.at)), a.at.Compare(b.at))
	})
	for _, j := range r.journals {
		volume := j.at.Volume
		if info := r.snapshots[keyOf(j.at)]; info != nil {
			volume = info.Of
		}
		i := slices.IndexFunc(all, func(v *journaled) bool { return v.source == j.at.Source && v.volume == volume && v.root == j.root })
		if i < 0 {
			i = len(all)
			all = append(all, &journaled{source: j.at.Source, volume: volume, root: j.root, done: func() {}})
		}
		all[i].journals = append(all[i].journals, j)
	}
	for _, live := range r.folders {
		at := live.at
		i := slices.IndexFunc(all, func(v *journaled) bool { return v.source == at.Source && v.volume == at.Volume && v.root == "" })
		if i < 0 {
			i = len(all)
			all = append(all, &journaled{source: at.Source, volume: at.Volume, done: func() {}})
		}
		all[i].live = live.volume
	}
	slices.SortFunc(all, func(a, b *journaled) int {
		return cmp.Or(strings.Compare(a.source, b.source), strings.Compare(a.volume, b.volume), strings.Compare(a.root, b.root))
	})
	for _, v := range all {
		r.openLookup(ctx, v)
	}
	return all
}

// A liveFolders is an NTFS volume whose folders can be read.
type liveFolders struct {
	at     artifacts.Locator
	volume indexed
}

// keepFolders keeps an NTFS volume, that is no shadow copy, for the indexes of
// its folders.
func (r *run) keepFolders(at artifacts.Locator, volume artifacts.Volume) {
	if v, ok := volume.(indexed); ok {
		r.folders = append(r.folders, liveFolders{at, v})
	}
}

// at is the place that the notes on a volume are about.
func (v *journaled) at() artifacts.Locator {
	at := artifacts.Locator{Source: v.source, Volume: v.volume}
	for _, kind := range []string{folderIndex, transactionLog, changeJournal} {
		for _, j := range v.journals {
			if j.kind == kind {
				at = j.at
			}
		}
	}
	return at
}

// made is when the shadow copy was made that a place lies in; what is no
// shadow copy comes after all of them.
func (r *run) made(at artifacts.Locator) time.Time {
	if info := r.snapshots[keyOf(at)]; info != nil {
		return info.Created
	}
	return time.Unix(1<<40, 0)
}

// openLookup gives a volume its file table: its own, or the one that was
// collected with the journal.
func (r *run) openLookup(ctx context.Context, v *journaled) {
	if v.live != nil {
		v.table, v.whole = v.live, true
		return
	}
	own := v.journals[len(v.journals)-1] // of the volume, or of its newest shadow copy
	if l, ok := own.volume.(lookup); ok && v.root == "" && strings.HasPrefix(own.volume.Info().FileSystem, "NTFS") {
		v.table, v.whole = l, true
		return
	}
	for _, t := range r.tables {
		if t.at.Source != v.source || t.at.Volume != v.volume || t.root != v.root {
			continue
		}
		content, err := t.entry.Open(ctx)
		if err != nil {
			continue // told when the table was read
		}
		table, err := ntfs.OpenTable(content, content.Size(), t.at)
		if err != nil {
			content.Close()
			continue
		}
		v.table, v.done = table, func() { content.Close() }
		return
	}
}

// findChanges looks through a change journal for names of interest.
func (r *run) findChanges(ctx context.Context, j journal, row *coverage.Row, s *stories) {
	content, err := j.entry.Open(ctx)
	if err != nil {
		row.State, row.Why = coverage.Failed, why(j.at, err)
		return
	}
	defer content.Close()
	changes := usn.Open(content, content.Size())
	for rec, err := range changes.Find(ctx, func(h *usn.Head) bool { return !h.Directory() && s.interesting(h.File, h.Name) }) {
		if err != nil {
			r.journalProblem(j, row, err)
			continue
		}
		s.keep(rec.File)
	}
	t := changes.Tally()
	row.From, row.To, row.Records, row.Bytes = t.Oldest, t.Newest, t.Records, t.Bytes
	said := []string{"it holds no records"}
	if t.Records > 0 {
		said = []string{fmt.Sprintf("it reaches back to %s: what happened to files before that, it does not tell (USN %d to %d)", stamp(t.Oldest), t.First, t.Last)}
	}
	if t.Damaged > 0 {
		said = append(said, fmt.Sprintf("%d bytes at %s hold no records", t.Damaged, plural(int(t.Places), "place", "places")))
	}
	if n := t.Ranges + t.Foreign; n > 0 {
		said = append(said, fmt.Sprintf("%s without a name", plural(int(n), "record is", "records are")))
	}
	if j.entry.Meta().Allocation != artifacts.Allocated && deletable(j) {
		said = append(said, "the journal itself is deleted")
	}
	row.Why = strings.Join(append(said, nonEmpty(row.Why)...), "; ")
}

// deletable reports whether the journal lies on an NTFS volume that tells of
// deleted files.
func deletable(j journal) bool {
	return strings.HasPrefix(j.volume.Info().FileSystem, "NTFS") && j.volume.Info().Snapshot == nil
}

// findLogged looks through a transaction log for names of interest.
func (r *run) findLogged(ctx context.Context, j journal, row *coverage.Row, s *stories) {
	content, err := j.entry.Open(ctx)
	if err != nil {
		row.State, row.Why = coverage.Failed, why(j.at, err)
		return
	}
	defer content.Close()
	log, err := logfile.Open(content, content.Size())
	if log == nil {
		row.State, row.Why = coverage.Failed, why(j.at, err)
		var p *artifacts.Problem
		if errors.As(err, &p) && p.Kind == artifacts.Unsupported {
			row.State = coverage.Read
			row.Why = "it holds no records: " + p.Err.Error()
		}
		return
	}
	if err != nil {
		r.journalProblem(j, row, err)
	}
	for n, err := range log.Names(ctx, func(name []byte) bool { return s.named(name) }) {
		switch {
		case err != nil:
			r.journalProblem(j, row, err)
		case !n.Directory && !n.DOS && n.File.Record != 0:
			s.logged(j, n)
		}
	}
	t := log.Tally()
	row.Records, row.Bytes = t.Records, t.Bytes
	said := fmt.Sprintf("%s in %s of version %s (LSN %d to %d); it reaches back for minutes or hours and has no clock", plural(int(t.Names), "name", "names"),
		plural(int(t.Pages), "page", "pages"), cmp.Or(t.Version, "unknown"), t.First, t.Last)
	if t.Torn > 0 {
		said += fmt.Sprintf("; %s torn", plural(int(t.Torn), "page is", "pages are"))
	}
	row.Why = strings.Join(append([]string{said}, nonEmpty(row.Why)...), "; ")
}

func nonEmpty(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}

// journalProblem tells what was damaged in a journal.
func (r *run) journalProblem(j journal, row *coverage.Row, err error) {
	row.State = coverage.Partial
	if !interrupted(err) {
		p := artifacts.Located(j.at, err)
		p.At = j.at
		r.ledger.Problem(j.kind, p, false)
	}
}

// noteNoJournal tells that there is no change journal where there could be
// one.
func (r *run) noteNoJournal() {
	if slices.ContainsFunc(r.journals, func(j journal) bool { return j.kind == changeJournal }) {
		return
	}
	c, _ := r.ledger.Coverage() // it balances at the end only; the volumes are known by now
	if len(r.tables) == 0 && !slices.ContainsFunc(c.Volumes, func(v coverage.VolumeRow) bool {
		return strings.HasPrefix(v.Info.FileSystem, "NTFS") || v.Info.FileSystem == layout.FileSystem
	}) {
		return
	}
	r.ledger.Note(coverage.Row{What: changeJournal, State: coverage.Absent,
		Why: "no change journal ($UsnJrnl:$J) is in the evidence: a copy that was deleted and whose file record was used again is found by its name only where the index of its folder still has that"})
}
