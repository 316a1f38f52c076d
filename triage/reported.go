package triage

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/directory"
	"hivetriage/artifacts/evidence/ntfs"
	"hivetriage/triage/correlate"
	"hivetriage/triage/coverage"
	"hivetriage/triage/locate"
)

// maxReported bounds the exports that one file table reports, and maxWeak the
// weaker leads that are named.
const (
	maxReported = 1000
	maxWeak     = 10
)

// tableName is the name of an NTFS volume's file table.
const tableName = "$MFT"

// A fileTable is a copy of an NTFS volume's $MFT, or of its security
// descriptors, among collected files.
type fileTable struct {
	entry  artifacts.Entry
	at     artifacts.Locator
	root   string // folder that stands for the volume's root, "" or "/C"
	volume artifacts.Volume
	failed string // why the descriptors could not be read
}

// mayBeTable says which names a file table can have on a volume, the security
// descriptors that tell the owners of its files, and the journals.
func mayBeTable(info artifacts.VolumeInfo) func(name, stream []byte) bool {
	return func(name, stream []byte) bool {
		return info.FileSystem == directory.Table || len(name) > 0 && name[0] == '$' &&
			(len(stream) == 0 && strings.EqualFold(string(name), tableName) || isDescriptors(name, stream) || journalKind(name, stream) != "")
	}
}

func isDescriptors(name, stream []byte) bool {
	return strings.EqualFold(string(name), "$Secure") && strings.EqualFold(string(stream), "$SDS")
}

// takeTable keeps a file table for later: what it is asked for comes from the
// logs. An NTFS volume's own is left to the volume's reader. It returns false
// if the entry is something else.
func (r *run) takeTable(ctx context.Context, entry artifacts.Entry, volume artifacts.Volume) bool {
	if r.takeJournal(entry, volume) || r.takeIndex(ctx, entry, volume) {
		return true
	}
	t := fileTable{entry: entry, at: entry.Locator(), volume: volume}
	if !mayBeTable(volume.Info())([]byte(path.Base(t.at.Path)), []byte(t.at.Stream)) {
		return false
	}
	if strings.HasPrefix(volume.Info().FileSystem, "NTFS") && path.Dir(t.at.Path) == "/" {
		return true
	}
	r.ledger.Want()
	if volume.Info().FileSystem != directory.Table {
		t.root = strings.TrimSuffix(path.Dir(t.at.Path), "/")
	}
	if isDescriptors([]byte(path.Base(t.at.Path)), []byte(t.at.Stream)) {
		r.descriptors = append(r.descriptors, t)
		return true
	}
	if head, err := readHead(ctx, entry); err != nil || !ntfs.IsTable(head) {
		row := coverage.Row{What: "file table", At: &t.at, State: coverage.Failed, Why: "it does not begin with a record of a file table"}
		if err != nil {
			row.Why = why(t.at, err)
		}
		r.ledger.Stream(row)
		return true
	}
	r.tables = append(r.tables, t)
	return true
}

// hasTable reports whether a source holds a file table.
func (r *run) hasTable(source string) bool {
	return slices.ContainsFunc(r.tables, func(t fileTable) bool { return t.at.Source == source })
}

// readTables finds in the file tables the exports whose content was not
// collected: by their names, and at the places where commands sent copies.
func (r *run) readTables(ctx context.Context) {
	outputs := correlate.OutputNames(r.records)
	for _, t := range r.tables {
		r.readFileTable(ctx, t, outputs)
	}
	for i := range r.descriptors {
		row := coverage.Row{State: coverage.Read} // with its table, or of no use without one
		if d := &r.descriptors[i]; d.failed != "" {
			row = coverage.Row{What: "security descriptors", At: &d.at, State: coverage.Failed, Why: d.failed}
		}
		r.ledger.Stream(row)
	}
	slices.SortFunc(r.exports, compareExports)
	numberDuplicates(r.exports, r.known)
}

// readFileTable reads one. A panic costs this table only.
func (r *run) readFileTable(ctx context.Context, t fileTable, outputs map[string]bool) {
	row := coverage.Row{What: "file table", At: &t.at, State: coverage.Read, Bytes: t.entry.Size()}
	defer func() {
		if p := recover(); p != nil {
			row.State, row.Why = coverage.Failed, fmt.Sprintf("bug: %v", p)
		}
		r.ledger.Stream(row)
	}()
	content, err := t.entry.Open(ctx)
	if err != nil {
		row.State, row.Why = coverage.Failed, why(t.at, err)
		return
	}
	defer content.Close()
	table, err := ntfs.OpenTable(content, content.Size(), t.at)
	if err != nil {
		row.State, row.Why = coverage.Failed, why(t.at, err)
		return
	}
	defer r.owners(ctx, t, table)()
	var found tableFindings
	ask := artifacts.Scan{Workers: r.cfg.Workers, Name: func(name, stream []byte) bool {
		return locate.ReportedName(name, stream) || outputs[strings.ToLower(string(name))]
	}}
	for entry, err := range table.Find(ctx, ask) {
		switch {
		case err == nil:
			r.guardTable(ctx, t, entry)
			r.report(&found, t, entry)
		case interrupted(err):
			row.State = coverage.Partial
		default:
			row.State = coverage.Partial
			if found.problems++; found.problems <= maxLost {
				p := artifacts.Located(t.at, err)
				p.At = t.at
				r.ledger.Problem("file table", p, false)
			}
		}
	}
	tally := table.Tally()
	row.Records = tally.Files + tally.Deleted
	row.Why = fmt.Sprintf("names, sizes and times of %s in use and %d deleted", plural(int(tally.Files), "file", "files"), tally.Deleted)
	r.keepReported(ctx, &found, t)
}

// owners gives a table the security descriptors that were collected with it.
// The function it returns is to be called when the table was read.
func (r *run) owners(ctx context.Context, t fileTable, table *ntfs.Table) (done func()) {
	for i := range r.descriptors {
		d := &r.descriptors[i]
		if d.at.Source != t.at.Source || d.at.Volume != t.at.Volume || d.root != t.root {
			continue
		}
		content, err := d.entry.Open(ctx)
		if err != nil {
			d.failed = why(d.at, err)
			continue
		}
		table.Owners(content, content.Size())
		return func() { content.Close() } // opened read-only: there is nothing to lose
	}
	return func() {}
}

// tableFindings are what one file table gave.
type tableFindings struct {
	exports  []locate.Export
	weak     []string
	more     int // of either, beyond their bounds
	problems int
}

// report judges a file of which the table tells.
func (r *run) report(found *tableFindings, t fileTable, entry artifacts.Entry) {
	at, meta := entry.Locator(), entry.Meta()
	at.Path = t.root + at.Path
	e := locate.Export{At: at, Drive: r.driveOf(at), Form: "regf", State: locate.StateReported, Deleted: meta.Allocation != artifacts.Allocated, Size: entry.Size(),
		Times: locate.FileTimes{SI: meta.NTFS.SI, FN: meta.NTFS.FN}, OwnerSID: meta.Owner, MFTRecord: meta.NTFS.Record}
	if meta.NTFS.Short != "" {
		e.Short = t.root + meta.NTFS.Short
	}
	for _, l := range meta.NTFS.Links {
		e.Links = append(e.Links, t.root+l)
	}
	place := locate.Place{Path: at.Path, Stream: at.Stream, Size: e.Size, State: e.State, Unpacked: r.unpacked[at.Source] || t.root != ""}
	lead, named := locate.Reported(place)
	e.Hive, e.Location = lead.Hive, lead.Location
	because := lead.Why
	if hive := correlate.Output(r.records, &e); hive != "" && e.Size > 0 {
		e.Hive, place.Hive = hive, hive
		e.Location = locate.Classify(place)
		if e.Location.Class == locate.Normal {
			return // what was put back where it belongs is no copy
		}
		because = "a recorded command copies " + hive + " to this place"
	} else if !named {
		return
	} else if lead.Weak {
		if len(found.weak) < maxWeak {
			found.weak = append(found.weak, fmt.Sprintf("%s (%s: %s)", pathOf(at), inUse(e.Deleted), lead.Why))
		} else {
			found.more++
		}
		return
	}
	if len(found.exports) == maxReported {
		found.more++
		return
	}
	e.IdentifiedBy = []string{fmt.Sprintf("name and size in %s record %d only (%s); the content is not in the evidence", tableName, e.MFTRecord, inUse(e.Deleted)), because}
	e.Provenance = locate.Provenance{Method: "unknown", Confidence: "unknown", Because: []string{"the content is not in the evidence"}}
	e.Taken = locate.Taken{Because: []string{}}
	if !e.Times.SI.Modified.IsZero() {
		e.Taken.NotAfter = e.Times.SI.Modified
		e.Taken.Because = append(e.Taken.Because, "not after: the file's last write (SI modified)")
	}
	e.BelongsTo = locate.BelongsTo{Relation: "unknown", Because: "the content is not in the evidence"}
	e.Integrity.Problems = []string{"known from the file table only: whether the file held a hive, and whose, cannot be told"}
	e.ID = locate.ExportID(e)
	found.exports = append(found.exports, e)
}

func inUse(deleted bool) string {
	if deleted {
		return "deleted"
	}
	return "in use"
}

func pathOf(at artifacts.Locator) string {
	if at.Stream != "" {
		return at.Path + ":" + at.Stream
	}
	return at.Path
}

// keepReported takes over the exports whose content is nowhere among the collected
// files, and tells of the rest.
func (r *run) keepReported(ctx context.Context, found *tableFindings, t fileTable) {
	collected := r.collected(ctx, found, t)
	for _, e := range found.exports {
		if e.Deleted || !collected[strings.ToLower(pathOf(e.At))] {
			r.exports = append(r.exports, e)
		}
	}
	if len(found.weak) > 0 {
		r.ledger.Note(coverage.Row{What: "names in the file table", At: &t.at, State: coverage.Skipped, Records: int64(len(found.weak)),
			Why: "not counted as copies, worth a look: " + strings.Join(found.weak, "; ")})
	}
	if found.more > 0 {
		r.ledger.Note(coverage.Row{What: "names in the file table", At: &t.at, State: coverage.Skipped, Records: int64(found.more), Gap: true,
			Why: fmt.Sprintf("%s beyond the bounds of what is listed", plural(found.more, "file that may be a copy lies", "files that may be copies lie"))})
	}
	if more := found.problems - maxLost; more > 0 {
		r.ledger.Note(coverage.Row{What: "file table", At: &t.at, State: coverage.Failed, Records: int64(more),
			Why: "more problems of this kind with records of the table are not listed"})
	}
}

// collected returns the places, in lower case, of the collected files that
// are called like those found. Hives are known anyway; others that lie at a
// command's destination are no copies.
func (r *run) collected(ctx context.Context, found *tableFindings, t fileTable) map[string]bool {
	places := map[string]bool{}
	names := map[string]bool{}
	for _, e := range found.exports {
		names[strings.ToLower(path.Base(e.At.Path))] = true
	}
	if len(names) == 0 || t.volume.Info().FileSystem == directory.Table {
		return places
	}
	ask := artifacts.Scan{Workers: r.cfg.Workers, Name: func(name, _ []byte) bool { return names[strings.ToLower(string(name))] }}
	for entry, err := range t.volume.Find(ctx, ask) {
		if err == nil { // an error was told by the first scan
			places[strings.ToLower(pathOf(entry.Locator()))] = true
		}
	}
	return places
}
