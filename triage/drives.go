package triage

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/artifacts/execution/registry"
	"hivetriage/artifacts/hive"
	"hivetriage/triage/coverage"
)

// A mounted is a drive letter that a host gave to a partition.
type mounted struct {
	source, disk string // where the host's SYSTEM lies
	letter       string // "D:"
	partition    artifacts.Partition
}

// readDrives learns from every host's MountedDevices which letters its
// partitions have.
func (r *run) readDrives(ctx context.Context) {
	for _, l := range r.live {
		if l.kind != hive.System || l.entry == nil || r.inSnapshot(l.at) || ctx.Err() != nil {
			continue
		}
		if _, ok := r.partitionOf(l.at.Source, l.at.Volume); !ok {
			continue // a collection, or a volume on its own
		}
		if err := r.readMounts(ctx, l); err != nil {
			r.ledger.Note(coverage.Row{What: "drive letters", At: &l.at, State: coverage.Partial, Why: why(l.at, err)})
		}
	}
}

func (r *run) readMounts(ctx context.Context, l liveHive) error {
	content, err := l.entry.Open(ctx)
	if err != nil {
		return err
	}
	defer content.Close()
	for t, traceErr := range r.hiveTraces(ctx, l.at, content, []hiveReader{{"SYSTEM", registry.Mounts}}) {
		if traceErr != nil {
			err = traceErr
			continue
		}
		if m, ok := mountOf(&t); ok {
			m.source, m.disk = l.at.Source, l.at.Disk()
			r.mounted = append(r.mounted, m)
		}
	}
	return err
}

// mountOf reads an entry of MountedDevices that gives a letter to a partition.
func mountOf(t *artifacts.Trace) (m mounted, ok bool) {
	if len(t.Paths) == 0 || driveLetter(t.Paths[0]) == "" {
		return m, false
	}
	m.letter = driveLetter(t.Paths[0])
	for _, d := range t.Details {
		switch d.Name {
		case "PartitionGUID":
			m.partition.GUID, ok = d.Value, true
		case "DiskSignature":
			n, err := strconv.ParseUint(d.Value, 16, 32)
			m.partition.Signature, ok = uint32(n), err == nil
		case "PartitionOffset":
			n, err := strconv.ParseInt(d.Value, 10, 64)
			if m.partition.Offset = n; err != nil {
				return m, false
			}
		}
	}
	return m, ok
}

// driveLetter returns the letter that a name consists of, "D:", or "".
func driveLetter(name string) string {
	name = strings.TrimSuffix(strings.TrimSuffix(strings.ToUpper(name), ":"), "%3A")
	if len(name) != 1 || name[0] < 'A' || name[0] > 'Z' {
		return ""
	}
	return name + ":"
}

// partitionOf returns the partition that a volume lies in.
func (r *run) partitionOf(source, volume string) (artifacts.Partition, bool) {
	for _, s := range slices.Concat(r.sources, r.nested) {
		if p, ok := s.(artifacts.Partitioned); ok && s.Name() == source {
			if id, ok := p.Partition(volume); ok {
				return id, true
			}
		}
	}
	return artifacts.Partition{}, false
}

// driveOf returns the letter of the volume that a place lies on, "" where it is
// not known: as the host's MountedDevices gives it, or as a collector named the
// drive.
func (r *run) driveOf(at artifacts.Locator) string {
	volume := at.Volume
	if info := r.snapshots[keyOf(at)]; info != nil {
		volume = info.Of
	}
	if r.unpacked[at.Source] {
		first, _, below := strings.Cut(strings.TrimPrefix(at.Path, "/"), "/")
		if letter := driveLetter(first); below && letter != "" {
			return letter
		}
	}
	if name := volume[strings.LastIndexByte(volume, '/')+1:]; strings.HasSuffix(name, ":") && driveLetter(name) != "" {
		return driveLetter(name)
	}
	id, ok := r.partitionOf(at.Source, volume)
	if !ok {
		return ""
	}
	letter := ""
	for _, m := range r.mounted {
		same := m.partition.GUID != "" && strings.EqualFold(m.partition.GUID, id.GUID) ||
			m.partition.GUID == "" && id.Signature != 0 && m.partition.Signature == id.Signature && m.partition.Offset == id.Offset
		switch {
		case !same || m.source != at.Source || m.disk != at.Disk():
		case letter == "":
			letter = m.letter
		case letter != m.letter:
			return "" // two systems on one disk, or two letters
		}
	}
	return letter
}

// nameDrives tells of every copy the letter of its volume.
func (r *run) nameDrives() {
	for i := range r.exports {
		r.exports[i].Drive = r.driveOf(r.exports[i].At)
	}
	for i := range r.known {
		r.known[i].Drive = r.driveOf(r.known[i].At)
	}
}
