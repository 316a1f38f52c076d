package triage

import (
	"bytes"
	"context"
	"fmt"
	"hash/fnv"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"hivetriage/artifacts"
	"hivetriage/triage/coverage"
	"hivetriage/triage/locate"
)

// Snapshots says what is done about volume shadow copies.
type Snapshots string

const (
	SnapshotsAuto Snapshots = "auto" // what differs from the live volume is read; also the zero value
	SnapshotsAll  Snapshots = "all"  // everything is read
	SnapshotsNone Snapshots = "none" // they are not opened
)

// A liveVolume is what the shadow copies of a volume are compared with.
type liveVolume struct {
	mu     sync.Mutex
	stores map[string]bool // GUIDs of the stores whose files lie on it, without those that were opened

	wanted  []artifacts.Entry // the streams that a decoder wanted
	streams map[fingerprint]artifacts.Entry
}

// A fingerprint is what NTFS says of a live stream. Two states of a volume in
// which it is the same hold the same stream, as far as the file table tells.
type fingerprint struct {
	path, stream string
	size         int64
	record       uint64
	sequence     uint16
	modified     time.Time // SI
	usn          uint64
}

func fingerprintOf(e artifacts.Entry) (fingerprint, bool) {
	meta, at := e.Meta(), e.Locator()
	if meta.NTFS == nil || meta.Allocation != artifacts.Allocated && meta.Allocation != artifacts.InSnapshot {
		return fingerprint{}, false // the clusters of a deleted stream may have changed hands
	}
	n := meta.NTFS
	return fingerprint{at.Path, at.Stream, e.Size(), n.Record, n.Sequence, n.SI.Modified, n.USN}, true
}

// An event log in use keeps its size and, for hours, its times. But it has a
// header of 4 KiB and then, every 64 KiB, the header of a chunk, which changes
// with each record; so what looks the same is compared there.
// Of what is larger than any log, such as a disk image, fewer are taken.
const (
	firstSample, sampleEvery = 4 << 10, 64 << 10
	sampleSize               = 512
	maxSamples               = 1 << 14
)

// sameAs returns whether a stream of a shadow copy is the same on the live
// volume.
func (v *liveVolume) sameAs(ctx context.Context, e artifacts.Entry) bool {
	if v.streams == nil {
		v.streams = map[fingerprint]artifacts.Entry{}
		for _, live := range v.wanted {
			if f, ok := fingerprintOf(live); ok {
				v.streams[f] = live
			}
		}
	}
	f, ok := fingerprintOf(e)
	live := v.streams[f]
	return ok && live != nil && sameSamples(ctx, e, live)
}

func sameSamples(ctx context.Context, a, b artifacts.Entry) bool {
	var contents [2]artifacts.Content
	for i, e := range []artifacts.Entry{a, b} {
		c, err := e.Open(ctx)
		if err != nil {
			return false // told when it is read
		}
		defer c.Close()
		contents[i] = c
	}
	var samples [2][sampleSize]byte
	step := int64(sampleEvery) * (1 + a.Size()/(sampleEvery*maxSamples))
	for off := int64(0); off < a.Size(); {
		var read [2][]byte
		for i, c := range contents {
			n, err := c.ReadAt(samples[i][:], off)
			if err != nil && err != io.EOF {
				return false
			}
			read[i] = samples[i][:n]
		}
		if !bytes.Equal(read[0], read[1]) {
			return false
		}
		if off == 0 {
			off = firstSample
		} else {
			off += step
		}
	}
	return true
}

// liveVolume returns what the volume at a place is compared with, if it is a
// shadow copy, or will be, if it is not.
func (r *run) liveVolume(at artifacts.Locator, info *artifacts.Snapshot) *liveVolume {
	key := keyOf(at)
	if info != nil {
		r.snapshots[key] = info
		key.volume = info.Of
	}
	live := r.liveVolumes[key]
	if live == nil {
		live = &liveVolume{stores: map[string]bool{}}
		r.liveVolumes[key] = live
	}
	if info != nil {
		delete(live.stores, info.Store)
	}
	return live
}

// meetStore remembers a store's file by its name.
func (v *liveVolume) meetStore(name []byte) {
	const guid = len("{00000000-0000-0000-0000-000000000000}")
	if isSnapshotStore(name) && len(name) >= guid {
		v.mu.Lock()
		defer v.mu.Unlock()
		v.stores[strings.ToUpper(string(name[:guid]))] = true
	}
}

// A volumeKey names a volume of the run.
type volumeKey struct{ source, volume string }

func keyOf(at artifacts.Locator) volumeKey { return volumeKey{at.Source, at.Volume} }

// inSnapshot tells whether a place lies in a shadow copy.
func (r *run) inSnapshot(at artifacts.Locator) bool { return r.snapshots[keyOf(at)] != nil }

// noteUnopened tells which stores were met and not opened.
func (r *run) noteUnopened(source string) {
	for key, live := range r.liveVolumes {
		if n := len(live.stores); key.source == source && n > 0 {
			why := "their catalog does not list them, or they could not be read"
			if r.cfg.Snapshots == SnapshotsNone {
				why = "as asked with --snapshots none"
			} else if r.unpacked[source] {
				why = "a folder does not show them: give the image"
			}
			at := artifacts.Locator{Source: key.source, Volume: key.volume}
			r.ledger.Note(coverage.Row{What: "shadow copies", At: &at, State: coverage.Skipped, Records: int64(n), Gap: true,
				Why: fmt.Sprintf("%s of volume shadow copies not opened, %s: a copy or a log that lies only in them is not found", plural(n, "store", "stores"), why)})
		}
	}
}

// noteSame tells how many streams of a shadow copy were left out because they
// are the same on the live volume.
func (r *run) noteSame(at artifacts.Locator, info *artifacts.Snapshot, same int64) {
	if same > 0 {
		r.ledger.Note(coverage.Row{What: "shadow copy", At: &at, State: coverage.Skipped, Records: same, To: info.Created,
			Why: fmt.Sprintf("%s the same as on the live volume and read only there: path, file record, size, last write, USN and samples of the content are equal (--snapshots all reads all)",
				plural(int(same), "hive or log is", "hives and logs are"))})
	}
}

// ownHives leaves of the live hives those that tell of the machines: on each
// disk those of a shadow copy only where there are no others, and then the
// newest one's.
func (r *run) ownHives(all []liveHive) []liveHive {
	type disk struct{ source, image string }
	of := func(l liveHive) disk { return disk{l.at.Source, l.at.Disk()} }
	live, newest := map[disk]bool{}, map[disk]time.Time{}
	for _, l := range all {
		info := r.snapshots[keyOf(l.at)]
		if info == nil {
			live[of(l)] = true
		} else if info.Created.After(newest[of(l)]) {
			newest[of(l)] = info.Created
		}
	}
	return slices.DeleteFunc(all, func(l liveHive) bool {
		info := r.snapshots[keyOf(l.at)]
		return info != nil && (live[of(l)] || !info.Created.Equal(newest[of(l)]))
	})
}

// once leaves out what a shadow copy holds of a copy that also lies on the
// live volume, or in an older shadow copy, by path and content.
func (r *run) once(list []locate.Export) []locate.Export {
	type key struct{ source, volume, path, stream, sha256 string }
	first := map[key]time.Time{} // when the oldest shadow copy was made; zero: it is on the live volume
	made := func(e locate.Export) (key, time.Time) {
		k := key{e.At.Source, e.At.Volume, strings.ToLower(e.At.Path), e.At.Stream, e.SHA256}
		if info := r.snapshots[keyOf(e.At)]; info != nil {
			k.volume = info.Of
			return k, info.Created
		}
		return k, time.Time{}
	}
	for _, e := range list {
		k, t := made(e)
		if old, ok := first[k]; !ok || t.Before(old) {
			first[k] = t
		}
	}
	before := len(list)
	list = slices.DeleteFunc(list, func(e locate.Export) bool {
		k, t := made(e)
		return e.SHA256 != "" && !t.Equal(first[k])
	})
	if n := before - len(list); n > 0 {
		r.ledger.Note(coverage.Row{What: "shadow copies", State: coverage.Read, Records: int64(n),
			Why: fmt.Sprintf("%s, with the same path and content, on the live volume or in an older shadow copy and listed once", plural(n, "copy of a hive is also", "copies of hives are also"))})
	}
	return list
}

// maxSightings bounds how many records are remembered to know them again.
const maxSightings = 1 << 20

// Sightings know a record again that the log of a shadow copy repeats from a
// log that was read before.
type sightings struct {
	mu       sync.Mutex
	logs     map[uint64]*logFile // hash of what a record says of itself → the first log it was met in
	repeated int
	full     bool
}

// newSightings returns nil if no log lies in a shadow copy: then there is
// nothing to know again.
func (r *run) newSightings() *sightings {
	if !slices.ContainsFunc(r.logs, func(l *logFile) bool { return r.inSnapshot(l.at) }) {
		return nil
	}
	return &sightings{logs: map[uint64]*logFile{}}
}

// repeats reports whether a record, met in a log, was met before in another
// one and is a repetition because the log lies in a shadow copy.
func (s *sightings) repeats(e *artifacts.Event, log *logFile, inSnapshot bool) bool {
	h := fnv.New64a()
	for _, part := range []string{e.Host, e.Channel, strconv.FormatUint(e.RecordID, 10), strconv.FormatInt(e.Time.UnixNano(), 10)} {
		io.WriteString(h, part+"\x00") // a hash does not fail
	}
	key := h.Sum64()
	s.mu.Lock()
	defer s.mu.Unlock()
	first, met := s.logs[key]
	switch {
	case met && inSnapshot && first != log:
		s.repeated++
		return true
	case !met && len(s.logs) < maxSightings:
		s.logs[key] = log
	case !met:
		s.full = true
	}
	return false
}

// repeated asks the sightings, if there are any, of a record of a log.
func (r *run) repeated(s *sightings, e *artifacts.Event, l *logFile) bool {
	return s != nil && s.repeats(e, l, r.inSnapshot(l.at))
}

// note tells what was left out of the case.
func (s *sightings) note(l *coverage.Ledger) {
	if s.repeated > 0 {
		l.Note(coverage.Row{What: "shadow copies", State: coverage.Read, Records: int64(s.repeated),
			Why: fmt.Sprintf("%s in the live log or in an older shadow copy's as well and counted once", plural(s.repeated, "log record stands", "log records stand"))})
	}
	if s.full {
		l.Note(coverage.Row{What: "shadow copies", State: coverage.Partial,
			Why: fmt.Sprintf("only %d log records are remembered; later ones may be listed for the live log and for a shadow copy", maxSightings)})
	}
}

// earlier says which shadow copies hold the log that was cleared as it was
// before.
func (r *run) earlier(channel, host string, cleared time.Time) string {
	var held []string
	for _, l := range r.logs {
		if l.open && r.inSnapshot(l.at) && l.channels[channel] && (host == "" || l.hosts[host]) && !l.stats.Oldest.IsZero() && l.stats.Oldest.Before(cleared) {
			held = append(held, fmt.Sprintf("%s from %s on", l.at.Volume, stamp(l.stats.Oldest)))
		}
	}
	if len(held) == 0 {
		return ""
	}
	return "; but shadow copies still hold records of it from before: " + strings.Join(held, ", ")
}
