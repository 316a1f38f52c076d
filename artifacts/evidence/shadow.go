package evidence

import (
	"context"
	"fmt"
	"iter"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/ntfs"
	"hivetriage/artifacts/evidence/partition"
	"hivetriage/artifacts/evidence/snapshot"
)

// A shadowVolume is a volume as it was when a shadow copy of it was made. It
// cannot be searched below its files: the blocks that it consists of lie on
// the live volume, those that differ in the files of the stores.
type shadowVolume struct {
	artifacts.Volume
	snapshot artifacts.Snapshot
}

// Info describes the volume as it was then.
func (v *shadowVolume) Info() artifacts.VolumeInfo {
	info := v.Volume.Info()
	info.Snapshot = &v.snapshot
	return info
}

// Find yields what ask wants. What was live then is so in the snapshot only.
func (v *shadowVolume) Find(ctx context.Context, ask artifacts.Scan) iter.Seq2[artifacts.Entry, error] {
	return func(yield func(artifacts.Entry, error) bool) {
		for e, err := range v.Volume.Find(ctx, ask) {
			if e != nil {
				e = shadowEntry{e}
			}
			if !yield(e, err) {
				return
			}
		}
	}
}

// A shadowEntry is a stream in a shadow copy.
type shadowEntry struct{ artifacts.Entry }

// Meta reads what the file table said then.
func (e shadowEntry) Meta() artifacts.Meta {
	m := e.Entry.Meta()
	if m.Allocation == artifacts.Allocated {
		m.Allocation = artifacts.InSnapshot
	}
	return m
}

// Descriptor is what the file system said then.
func (e shadowEntry) Descriptor(ctx context.Context) ([]byte, error) {
	guarded, ok := e.Entry.(artifacts.Guarded)
	if !ok {
		return nil, artifacts.NewProblem(artifacts.Unsupported, -1, "the file system keeps no security descriptors")
	}
	return guarded.Descriptor(ctx)
}

// addSnapshots adds the shadow copies of the NTFS volume in a partition, the
// oldest first, as volumes of their own: "gpt:2/vss:1".
func (s *imageSource) addSnapshots(part partition.Partition, live *ntfs.Volume) {
	at := artifacts.Locator{Source: s.path, Volume: live.Name()}
	stores, problems := snapshot.List(s.section(part), part.Size)
	for _, p := range problems {
		s.volumes = append(s.volumes, found{err: artifacts.Located(at, p)})
	}
	for _, store := range stores {
		at := at
		at.Volume = fmt.Sprintf("%s/vss:%d", live.Name(), store.Index)
		volume, err := ntfs.Open(store, store.Size, at, part.Offset)
		if err != nil {
			s.volumes = append(s.volumes, found{err: artifacts.Located(at, err)})
			continue
		}
		s.volumes = append(s.volumes, found{volume: &shadowVolume{volume, artifacts.Snapshot{
			Of: live.Name(), Store: store.GUID, ID: store.CopyID, Created: store.Created}}})
	}
}
