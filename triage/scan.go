package triage

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/artifacts/ese"
	"hivetriage/artifacts/eventlog"
	"hivetriage/artifacts/eventlog/jsonlog"
	"hivetriage/artifacts/evidence"
	"hivetriage/artifacts/evidence/collection"
	"hivetriage/artifacts/evidence/collection/layout"
	"hivetriage/artifacts/hive"
	"hivetriage/artifacts/hive/carve"
	"hivetriage/triage/coverage"
)

// maxLost bounds the problems with single streams that are listed for a
// volume; the others are counted.
const maxLost = 100

// scan walks every volume of every source and keeps the streams that a
// decoder wants.
func (r *run) scan(ctx context.Context) error {
	ready := r.prepare(ctx)
	scanned := 0
	defer func() { ready.end(scanned) }()
	for i, source := range r.sources {
		ready.wait(i)
		volumes, err := r.scanSource(ctx, source)
		ready.release()
		scanned++
		r.inputs[i] = source.Input() // which may know more by now
		r.inputs[i].Collector = cmp.Or(r.inputs[i].Collector, r.collectors[source.Name()])
		if err != nil && volumes == 0 && ctx.Err() == nil {
			return err
		}
	}
	return nil
}

// scanSource returns the number of volumes it could read and the problems with
// those that it could not, one in a line.
func (r *run) scanSource(ctx context.Context, source artifacts.Source) (volumes int, lost error) {
	at := artifacts.Locator{Source: source.Name()}
	collected := false
	for volume, err := range source.Volumes(ctx) {
		if ctx.Err() != nil {
			break
		}
		if err != nil {
			lost = errors.Join(lost, err)
			r.ledger.Problem("volume", artifacts.Located(at, err), true)
			continue
		}
		collected = collected || volume.Info().FileSystem == layout.FileSystem
		volumes++
		r.scanVolume(ctx, source, volume, 0)
	}
	r.noteUnopened(source.Name())
	if collected {
		r.noteCollection(at, source)
	}
	return volumes, lost
}

// noteCollection tells what a source, or a disk image at a place in one, was
// taken for, and what it cannot hold.
func (r *run) noteCollection(at artifacts.Locator, source artifacts.Source) {
	why := "a collection holds what its collector picked, with the streams, times and owners that it noted, and no deleted files: what else was on the drives is not known"
	if r.hasTable(source.Name()) {
		why = "a collection holds what its collector picked, with the streams, times and owners that it noted: of the rest of the drives only the names, sizes and times in the file table are known"
	}
	if s, ok := source.(interface{ Because() []string }); ok {
		why = fmt.Sprintf("recognised as one of %s: %s; %s", source.Input().Collector, strings.Join(s.Because(), ", "), why)
	}
	r.ledger.Note(coverage.Row{What: "collection", At: &at, State: coverage.Skipped, Why: why})
}

// scanVolume reads a volume that depth disk images in the evidence lead to.
func (r *run) scanVolume(ctx context.Context, source artifacts.Source, volume artifacts.Volume, depth int) {
	at := artifacts.Locator{Source: source.Name(), Volume: volume.Name()}
	if fs := volume.Info().FileSystem; fs == "directory" || fs == collection.Unplaced {
		r.unpacked[source.Name()] = true
	}
	if fs := volume.Info().FileSystem; fs == loneArtefact || fs == loneHive {
		r.lone[source.Name()] = true
	}
	streamed, _ := volume.(artifacts.Streamed)
	atOnce := streamed != nil && streamed.Streamed()
	info := volume.Info().Snapshot
	live := r.liveVolume(at, info)
	var search *carve.Search
	if info == nil { // a shadow copy's bytes are those of the volume that it is of
		search = r.search(volume)
	}
	table := mayBeTable(volume.Info())
	inside := &archives{r: r, at: at, streamed: atOnce, images: &diskImages{r: r, depth: depth, ofArchive: depth == 0 && volume.Info().FileSystem == collection.Unplaced}}
	scan := artifacts.Scan{Name: func(name, stream []byte) bool {
		if info == nil {
			live.meetStore(name)
		}
		return isLogName(name, stream) || table(name, stream) || isIndexName(name, stream) || isImagePart(name, stream) || isTraceName(name, stream) || isPassedName(name, stream)
	}, Head: func(head []byte) bool {
		return wants(head) || traceHeaded(head) != nil || evidence.ImageKind(head) != "" || inside.wants(head)
	}, Workers: r.cfg.Workers,
		Progress: r.progress("volume", at.String())}
	if search != nil {
		scan.Sweep, scan.Progress = search, r.progress("deep", at.String())
	}
	lost, same := r.scanEntries(ctx, volume, scan, inside, live)
	if lost > maxLost {
		r.ledger.Note(coverage.Row{What: "stream", At: &at, State: coverage.Failed, Records: lost - maxLost, Gap: true,
			Why: fmt.Sprintf("%d more problems of this kind on the volume are not listed", lost-maxLost)})
	}
	inside.openAll(ctx)
	inside.note()
	inside.images.open(ctx)
	r.noteSame(at, info, same)
	if info == nil {
		r.carve(ctx, at, volume, search)
		r.noteUnexamined(at, volume, search != nil)
		r.keepFolders(at, volume)
	}
	r.ledger.Volume(coverage.VolumeRow{Source: source.Name(), Name: volume.Name(), Info: volume.Info(), Tally: volume.Tally()})
}

// scanEntries gives each wanted stream of a volume to whoever reads it. It
// counts those that were lost and, in a shadow copy, those that are the same
// on the live volume.
func (r *run) scanEntries(ctx context.Context, volume artifacts.Volume, scan artifacts.Scan, inside *archives, live *liveVolume) (lost, same int64) {
	ofSnapshot := volume.Info().Snapshot != nil
	for entry, err := range volume.Find(ctx, scan) {
		switch {
		case err == nil && ofSnapshot && r.cfg.Snapshots != SnapshotsAll && live.sameAs(ctx, entry):
			same++
			r.ledger.Want()
			r.ledger.Stream(coverage.Row{State: coverage.Skipped})
		case err == nil && entry.Locator().Path == ownBoot:
		case err == nil && r.takeTable(ctx, entry, volume):
		case err == nil && r.takeTrace(ctx, entry, inside.streamed):
		case err == nil && r.takePassed(ctx, entry):
		case err == nil:
			if !ofSnapshot {
				live.wanted = append(live.wanted, entry)
			}
			r.sort(ctx, entry, inside)
		case interrupted(err):
		case lost < maxLost:
			lost++
			r.ledger.Problem("stream", artifacts.Located(inside.at, err), true)
		default:
			lost++
		}
	}
	return lost, same
}

// ownBoot is the boot sector of an NTFS volume as a file on it, which begins
// like a disk image.
const ownBoot = "/$Boot"

// isSnapshotStore knows the files that volume shadow copies are kept in: a
// GUID followed by the GUID of the store's format.
func isSnapshotStore(name []byte) bool {
	const format = "{3808876b-c176-4e48-b7ae-04046e6cc752}"
	return len(name) > len(format) && name[0] == '{' && bytes.EqualFold(name[len(name)-len(format):], []byte(format))
}

// noteUnexamined tells what lies on a volume and is not looked at.
func (r *run) noteUnexamined(at artifacts.Locator, volume artifacts.Volume, swept bool) {
	switch fs := volume.Info().FileSystem; {
	case swept: // told by the sweep
	case strings.HasPrefix(fs, "NTFS"):
		r.ledger.Note(coverage.Row{What: "free space", At: &at, State: coverage.Skipped,
			Why: "free clusters are not searched without --deep: a deleted copy is found only while its file record is still there"})
	case fs == collection.Unplaced:
		r.ledger.Note(coverage.Row{What: "collection", At: &at, State: coverage.Skipped,
			Why: "an archive holds what somebody put into it: a copy or a log that was not collected, or was deleted, is not found"})
	case strings.HasPrefix(fs, "FAT"), fs == "exFAT":
		r.ledger.Note(coverage.Row{What: "free space", At: &at, State: coverage.Skipped,
			Why: "free clusters are not searched without --deep: a deleted copy is found only while its directory entry is still there"})
	case fs == "directory":
		r.ledger.Note(coverage.Row{What: "folder", At: &at, State: coverage.Skipped,
			Why: "a folder shows no deleted files, no alternate data streams and no creation times: give the image for those"})
	}
}

// isLogName keeps event logs whose header is destroyed.
func isLogName(name, stream []byte) bool {
	const suffix = ".evtx"
	return len(stream) == 0 && len(name) > len(suffix) && bytes.EqualFold(name[len(name)-len(suffix):], []byte(suffix))
}

func wants(head []byte) bool {
	return isHive(head) || hive.IsLog(head) || eventlog.IsLog(head) || jsonlog.IsLog(head) || ese.Is(head)
}

// sort gives a wanted stream to its decoder by its first bytes; a stream that
// was wanted for its name only must be an event log. What comes in one stream
// is read at once, while its content is at hand.
func (r *run) sort(ctx context.Context, entry artifacts.Entry, inside *archives) {
	r.ledger.Want()
	at := artifacts.Locator{}
	defer func() {
		if p := recover(); p != nil {
			r.ledger.Stream(coverage.Row{What: "stream", At: &at, State: coverage.Failed, Gap: true, Why: fmt.Sprintf("bug: %v", p)})
		}
	}()
	at = entry.Locator()
	head, err := readHead(ctx, entry)
	archive, image := collection.KindOf(head), evidence.ImageKind(head)
	switch artefact := traceHeaded(head); {
	case artefact != nil && !wants(head):
		r.keepTrace(ctx, &traceFile{entry: entry, at: at, kind: artefact}, inside.streamed)
	case isHive(head) && inside.streamed:
		r.hiveFacts = append(r.hiveFacts, r.readHive(ctx, entry))
		r.keepHive(ctx, entry)
	case isHive(head):
		r.hives = append(r.hives, entry)
	case ese.Is(head):
		r.takeDatabase(ctx, entry)
	case hive.IsLog(head):
		r.takeLog(ctx, entry, at)
	case err == nil && image != "", err == nil && archive == "" && !eventlog.IsLog(head) && at.Stream == "" && isImageName(at.Path):
		inside.images.files = append(inside.images.files, r.newDiskImage(ctx, entry, image, inside.streamed))
	case err == nil && archive != "":
		inside.keep(ctx, entry, archive)
	case err == nil || eventlog.IsLog(head):
		r.takeEventLog(ctx, entry, inside.streamed)
	default:
		r.ledger.Stream(coverage.Row{What: "stream", At: &at, State: coverage.Failed, Gap: true, Why: why(at, err)})
	}
}

func readHead(ctx context.Context, entry artifacts.Entry) ([]byte, error) {
	if k, ok := entry.(artifacts.Known); ok {
		if head := k.Head(); head != nil {
			return head, nil
		}
	}
	content, err := entry.Open(ctx)
	if err != nil {
		return nil, err
	}
	defer content.Close()
	return headOf(content)
}

// headOf reads what tells the format of a stream.
func headOf(content artifacts.Content) ([]byte, error) {
	head := make([]byte, min(content.Size(), artifacts.KnownHead))
	n, err := content.ReadAt(head, 0)
	if n == len(head) {
		err = nil
	}
	return head[:n], err
}

// why writes an error for a ledger row that has its own place.
func why(at artifacts.Locator, err error) string {
	return coverage.Reason(artifacts.Located(at, err))
}
