package triage

import (
	"context"
	"fmt"
	"io"
	"path"
	"strings"
	"sync/atomic"

	"hivetriage/artifacts"
	"hivetriage/artifacts/ese"
	"hivetriage/artifacts/evidence"
	"hivetriage/artifacts/evidence/collection"
	"hivetriage/triage/coverage"
	"hivetriage/triage/locate"
)

// The limits within which the archives on one volume are opened. What they
// leave out is told. Those of the second group hold without --deep.
const (
	maxArchives = 100_000
	maxStreamed = 64 << 20 // bytes of an archive in an archive that is one stream

	maxForward   = 1 << 30  // bytes of an archive that is read from its start
	maxRecovered = 16 << 20 // bytes of a zip without its directory
	maxInflated  = 4 << 30  // bytes inflated from one archive
	maxAllInside = 64 << 30 // bytes inflated from all
	hivePage     = 4096     // a hive that was saved is a multiple of this
	smallestHive = 2 * 4096 // its base block and one bin
)

// archives are the files of a volume that can hold copies inside.
type archives struct {
	r        *run
	at       artifacts.Locator // of the volume
	streamed bool

	packages, headless atomic.Int64 // begin like a zip and are not looked into

	kept     []archive
	inflated atomic.Int64
	opened   int64
	members  int64
	examined int64
	closed   notOpened
	images   *diskImages // of the volume
}

// An archive is a file to look into.
type archive struct {
	entry artifacts.Entry
	kind  string
}

// An insideFact is what one archive gave.
type insideFact struct {
	hives             []hiveFact
	logs              []artifacts.Entry
	images            []*diskImage
	directories       []*directoryCopy
	members, examined int64
	row               coverage.Row // What is "" where the archive was read
}

// wants reports whether a file's first bytes are those of an archive, and
// counts the packages of programs and documents among them.
func (a *archives) wants(head []byte) bool {
	kind := collection.KindOf(head)
	if kind == "zip" && !a.r.cfg.Deep {
		switch zipHead(head) {
		case zipPackage:
			a.packages.Add(1)
			return false
		case zipBroken:
			a.headless.Add(1)
			return false
		}
	}
	return kind != ""
}

// keep takes a file that wants was true of. What comes in one stream is opened
// at once, while its content is at hand. It returns how that ended.
func (a *archives) keep(ctx context.Context, entry artifacts.Entry, kind string) {
	a.r.keepMade(entry)
	switch size := entry.Size(); {
	case a.streamed && size > maxStreamed:
		a.settle(ctx, entry, tooLarge(fmt.Sprintf("archives of more than %d MiB in an archive that is one stream are not opened", int64(maxStreamed>>20))))
	case a.streamed:
		a.settle(ctx, entry, a.open(ctx, archive{entry, kind}))
	case len(a.kept) == maxArchives:
		a.settle(ctx, entry, tooLarge(fmt.Sprintf("archives beyond the first %d of a volume are not opened", maxArchives)))
	case kind != "zip" && size > maxForward && !a.r.cfg.Deep:
		a.settle(ctx, entry, tooLarge(fmt.Sprintf("archives of more than %d GiB that are read from their start are not opened without --deep", int64(maxForward>>30))))
	default:
		a.kept = append(a.kept, archive{entry, kind})
	}
}

func tooLarge(why string) insideFact {
	return insideFact{row: coverage.Row{State: coverage.Skipped, Why: why, Gap: true}}
}

// opensPerWorker is how many archives a worker opens side by side: their ends,
// which tell what is in them, lie far apart on a disk, and a disk answers
// several questions at once.
const opensPerWorker = 4

// openAll opens what was kept, several at a time, in the order of the volume.
func (a *archives) openAll(ctx context.Context) {
	facts := make([]insideFact, len(a.kept))
	report := a.r.progress("archives", a.at.String())
	abreast(opensPerWorker*max(a.r.cfg.Workers, 1), len(facts), func(i int) {
		facts[i] = a.open(ctx, a.kept[i])
		report(int64(i+1), int64(len(facts)))
	})
	for i, f := range facts {
		a.settle(ctx, a.kept[i].entry, f)
	}
	a.kept = nil
}

// settle enters how an archive ended.
func (a *archives) settle(ctx context.Context, entry artifacts.Entry, f insideFact) {
	for range f.hives {
		a.r.ledger.Want()
	}
	a.r.hiveFacts = append(a.r.hiveFacts, f.hives...)
	for range f.images {
		a.r.ledger.Want()
	}
	a.images.files = append(a.images.files, f.images...)
	for range f.directories {
		a.r.ledger.Want()
	}
	a.r.directories = append(a.r.directories, f.directories...)
	for _, l := range f.logs {
		a.r.ledger.Want()
		a.r.takeEventLog(ctx, l, a.streamed)
	}
	a.r.ledger.Stream(coverage.Row{State: f.row.State})
	if f.row.State != coverage.Skipped && f.row.State != coverage.Unsupported {
		a.opened++
		a.members += f.members
		a.examined += f.examined
	}
	if f.row.Why != "" {
		a.closed.add(entry.Locator(), f.row)
	}
}

// open looks into one archive. A panic costs this archive.
func (a *archives) open(ctx context.Context, file archive) (f insideFact) {
	defer func() {
		if p := recover(); p != nil {
			f.row = coverage.Row{State: coverage.Failed, Gap: true, Why: fmt.Sprintf("bug: %v", p)}
		}
	}()
	if ctx.Err() != nil {
		return tooLarge("interrupted")
	}
	deep := a.r.cfg.Deep
	if a.inflated.Load() > maxAllInside && !deep {
		return tooLarge(fmt.Sprintf("more than %d GiB were inflated from archives on the volume: the others are not opened without --deep", int64(maxAllInside>>30)))
	}
	content, err := file.entry.Open(ctx)
	if err != nil {
		return failedInside(err)
	}
	var closers []io.Closer
	defer func() { a.r.closeOrKeep(closers, len(f.images)+len(f.logs) > 0) }()
	closers = append(closers, content)
	opt := collection.InsideOptions{Password: a.r.cfg.Password, Member: likeEvidence, Head: mayBePacked, MaxInflated: maxInflated,
		Recover: deep || content.Size() <= maxRecovered}
	if deep {
		opt.Member, opt.MaxInflated = func(string, int64) bool { return true }, 0
	}
	inside, err := collection.OpenInside(ctx, content, content.Size(), file.kind, path.Base(file.entry.Locator().Path), opt)
	if err != nil {
		return failedInside(err)
	}
	closers = append([]io.Closer{inside}, closers...)
	file.kind = inside.Kind()
	f = a.search(ctx, file, inside)
	a.inflated.Add(inside.Inflated())
	f.members, f.examined = inside.Members()
	return f
}

// search reads the hives among the members.
func (a *archives) search(ctx context.Context, file archive, inside *collection.Inside) insideFact {
	f := insideFact{row: coverage.Row{State: coverage.Read}}
	fail := func(err error) {
		if f.row.State == coverage.Read {
			f.row = failedInside(err).row
			f.row.State = coverage.Partial
		}
	}
	for volume, err := range inside.Volumes(ctx) {
		if err != nil {
			fail(err)
			continue
		}
		streamed, _ := volume.(artifacts.Streamed)
		atOnce := streamed != nil && streamed.Streamed()
		for member, err := range volume.Find(ctx, artifacts.Scan{Name: isImagePart, Head: isEvidence, Workers: 1}) {
			if err != nil {
				fail(err)
				continue
			}
			e := &insideEntry{member, file.entry, collection.Member(member.Locator()), file.kind}
			head, err := readHead(ctx, member)
			if ese.Is(head) {
				if _, d := a.r.readDatabase(ctx, e); d != nil {
					f.directories = append(f.directories, d)
				}
				continue
			}
			if err == nil && !isHive(head) && beginsLog(ctx, member) {
				f.logs = append(f.logs, e)
				continue
			}
			if err == nil && !isHive(head) {
				f.images = append(f.images, a.r.newDiskImage(ctx, e, evidence.ImageKind(head), atOnce))
				continue
			}
			hive := a.r.readHive(ctx, e)
			for _, x := range hive.exports {
				e.tell(x)
			}
			f.hives = append(f.hives, hive)
		}
	}
	for _, p := range inside.Problems() {
		fail(p)
	}
	if len(inside.Locked()) == 0 {
		return f
	}
	if leads := a.leads(file, inside.Locked()); len(leads.exports) > 0 {
		f.hives = append(f.hives, leads)
	}
	if f.row.State == coverage.Read {
		f.row = coverage.Row{State: coverage.Partial, Gap: true,
			Why: "an archive with encrypted members whose names or sizes could be a hive's: give the password with --password-file"}
	}
	return f
}

// isEvidence knows hives, databases, event logs and disk images by their first
// bytes.
func isEvidence(head []byte) bool {
	return isHive(head) || evidence.ImageKind(head) != "" || ese.Is(head) || isLog(head)
}

// mayBePacked knows what is looked for in files that are packed by themselves.
func mayBePacked(head []byte) bool { return isHive(head) || isLog(head) }

// closeOrKeep closes what an archive was read from, the archive first, or
// leaves that to the end of the run where images or logs in it are still to be
// read.
func (r *run) closeOrKeep(closers []io.Closer, keep bool) {
	for _, c := range closers {
		if keep {
			r.held.keep(c)
		} else {
			c.Close() // opened read-only: there is nothing to lose
		}
	}
}

// failedInside is the row on an archive that cannot be read.
func failedInside(err error) insideFact {
	return insideFact{row: coverage.Row{State: failedState(err), Gap: true, Why: why(artifacts.Locator{}, err)}}
}

// likeEvidence tells by name and size which members are looked into without
// --deep.
func likeEvidence(name string, size int64) bool {
	return likeHive(name, size) || isImageName(name) || isDirectoryName(name) || isLogExtension(path.Ext(name))
}

// likeHive tells by name and size which members may be
// hives: one that was saved keeps its size under any name.
func likeHive(name string, size int64) bool {
	name = strings.ToLower(path.Base(name))
	switch path.Ext(name) {
	case ".hiv", ".hive", ".save", ".sav", ".reg":
		return true
	}
	for _, hive := range []string{"sam", "security", "system"} {
		if strings.HasPrefix(name, hive) {
			return true
		}
	}
	return size >= smallestHive && size%hivePage == 0
}

// memberTimes is what to know of an export in an archive.
const memberTimes = "the times and the owner are those of the archive"

// An insideEntry is a hive that is a member of an archive on a volume.
type insideEntry struct {
	artifacts.Entry
	file   artifacts.Entry
	member string
	kind   string
}

// Locator is the archive's with the member in it.
func (e *insideEntry) Locator() artifacts.Locator { return inArchive(e.file.Locator(), e.member) }

func inArchive(at artifacts.Locator, member string) artifacts.Locator {
	if at.Member != "" {
		at.Member += "!"
	}
	at.Member += member
	return at
}

// Stored returns the member's bytes where the archive does not compress them.
func (e *insideEntry) Stored() io.ReaderAt {
	if p, ok := e.Entry.(artifacts.Packed); ok {
		return p.Stored()
	}
	return nil
}

// Meta is the archive's.
func (e *insideEntry) Meta() artifacts.Meta { return e.file.Meta() }

// tell adds to an export where it was found.
func (e *insideEntry) tell(x *locate.Export) {
	where := fmt.Sprintf("a member of %s archive: %s, %d bytes", article(e.kind), e.member, e.Entry.Size())
	if t := e.Entry.Meta().Times.Modified; !t.IsZero() {
		where += ", which says that it was last written at " + t.UTC().Format("2006-01-02T15:04:05Z")
	}
	x.IdentifiedBy = append([]string{where}, x.IdentifiedBy...)
	x.Integrity.Problems = append(x.Integrity.Problems, memberTimes)
}

func article(kind string) string {
	if kind == "xz" {
		return "an " + kind
	}
	return "a " + kind
}
