package evidence

import (
	"context"
	"io"
	"iter"
	"slices"
	"strings"
	"sync"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/collection/copied"
	"hivetriage/artifacts/evidence/image"
	"hivetriage/artifacts/evidence/ntfs"
	"hivetriage/artifacts/evidence/partition"
)

// An imageSource is a disk image with the volumes in it.
type imageSource struct {
	path    string
	inside  string // what the volumes' names begin with where the image lies in the evidence
	media   *image.Image
	volumes []found
	parts   []partition.Partition

	snapshots bool // open shadow copies, too

	mu         sync.Mutex
	unasked    bool               // whether a collector made the only volume is yet to be told
	collection *copied.Collection // nil where none did
}

// A found is a volume, or the reason why there is none where one should be.
type found struct {
	volume artifacts.Volume
	err    *artifacts.Problem
}

// openImage opens a container and looks for volumes. It fails if there is
// nothing that looks like a volume at all.
func openImage(path string, opt Options) (artifacts.Source, error) {
	media, err := image.Open(path)
	if err != nil {
		return nil, unreadable(path, err)
	}
	s := &imageSource{path: path, media: media, snapshots: opt.Snapshots, unasked: true}
	if err := s.find(); err != nil {
		media.Close() // opened read-only: there is nothing to lose
		return nil, err
	}
	return s, nil
}

func (s *imageSource) find() *artifacts.Problem {
	parts, problems := partition.List(s.media, s.media.Size())
	s.parts = parts
	for _, p := range problems {
		s.volumes = append(s.volumes, found{err: artifacts.Located(artifacts.Locator{Source: s.path, Volume: s.layer("")}, p)})
	}
	for _, part := range parts {
		volume, err := s.open(part)
		switch {
		case err != nil && part.Name == "" && unknown(err) && len(problems) == 0:
			return refused(s.path, "no partition table and no known file system in these "+
				"bytes: check that this is a disk image, and that it is whole and not encrypted")
		case err != nil:
			s.volumes = append(s.volumes, found{err: err})
		case volume != nil:
			s.volumes = append(s.volumes, found{volume: volume})
			if live, ok := volume.(*ntfs.Volume); ok && s.snapshots {
				s.addSnapshots(part, live)
			}
		}
	}
	if len(s.volumes) == 0 {
		return refused(s.path, "a partition table without a volume that has files in it")
	}
	return nil
}

func (s *imageSource) section(part partition.Partition) io.ReaderAt {
	return io.NewSectionReader(s.media, part.Offset, part.Size)
}

// layer names a volume by the chain of layers that lead to it.
func (s *imageSource) layer(name string) string {
	container := s.media.Layer()
	switch {
	case container == "" && name == "":
		return strings.TrimSuffix(s.inside, "!")
	case container == "" || name == "":
		return s.inside + container + name
	}
	return s.inside + container + "/" + name
}

// open opens the NTFS, FAT or exFAT volume in a partition. A partition where another file
// system begins, or none, is a Problem; one that is reserved and empty is
// neither. Where the boot sector is destroyed its backup may still lead in.
func (s *imageSource) open(part partition.Partition) (artifacts.Volume, *artifacts.Problem) {
	name := part.Name
	system := partition.Detect(s.media, part.Offset, part.Size)
	if name == "" && (system == partition.NTFS || system == "" || system == partition.Empty) {
		name = "ntfs"
	}
	at := artifacts.Locator{Source: s.path, Volume: s.layer(name)}
	if isFAT(system) {
		return s.openFAT(part)
	}
	if system != partition.NTFS && system != "" && system != partition.Empty {
		return nil, cannotRead(s.media, at, part, system)
	}
	volume, err := ntfs.Open(s.section(part), part.Size, at, part.Offset)
	if err == nil {
		return volume, nil
	}
	if system != partition.NTFS {
		if volume, err := s.openFAT(part); err == nil {
			return volume, nil
		}
	}
	p := artifacts.Located(at, err)
	switch {
	case system == partition.NTFS:
		return nil, p
	case system == partition.Empty && part.TypeName == partition.MicrosoftReserved:
		return nil, nil
	case system == "" && part.Size >= 512 && unreadableBytes(p):
		return nil, p
	}
	return nil, cannotRead(s.media, at, part, system)
}

// Partition returns what Windows knows the partition by that a volume lies in.
func (s *imageSource) Partition(volume string) (artifacts.Partition, bool) {
	for _, p := range s.parts {
		if p.Name != "" && s.layer(p.Name) == volume {
			return artifacts.Partition{GUID: p.GUID, Signature: p.Signature, Offset: p.Offset}, true
		}
	}
	return artifacts.Partition{}, false
}

// unreadableBytes tells damage of the container from bytes that are no volume.
func unreadableBytes(p *artifacts.Problem) bool {
	return p.Kind == artifacts.IO || p.Kind == artifacts.Checksum || p.Kind == artifacts.Truncated
}

// Name returns the path as given.
func (s *imageSource) Name() string { return s.path }

// Input describes the evidence. The collector is known once Volumes has looked.
func (s *imageSource) Input() artifacts.Input {
	in := artifacts.Input{Path: s.path, Kind: s.media.Kind(), Size: s.media.Size(), Stored: s.media.Stored()}
	if c := s.recognised(); c != nil {
		in.Collector = c.Collector
	}
	if segments := s.media.Segments(); len(segments) > 1 {
		in.Segments = segments
	}
	return in
}

// Volumes yields the problems with the partition table, then what was found
// in the order of its place on the disk. Where a collector made the only volume
// the drives that it collected come before it.
func (s *imageSource) Volumes(ctx context.Context) iter.Seq2[artifacts.Volume, error] {
	return func(yield func(artifacts.Volume, error) bool) {
		for _, f := range s.served(ctx) {
			var err error
			if f.err != nil {
				err = f.err
			}
			if ctx.Err() != nil || !yield(f.volume, err) {
				return
			}
		}
	}
}

// Media returns the bytes inside the container.
func (s *imageSource) Media() (io.ReaderAt, int64) { return s.media, s.media.Size() }

// Problems returns the damage of the container met so far, and what is wrong
// with a collection in it.
func (s *imageSource) Problems() []*artifacts.Problem {
	all := s.media.Problems()
	if c := s.recognised(); c != nil {
		all = slices.Concat(all, c.Trouble(s.path))
	}
	return all
}

// Close closes the container.
func (s *imageSource) Close() error { return s.media.Close() }
