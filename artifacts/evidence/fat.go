package evidence

import (
	"io"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/fat"
	"hivetriage/artifacts/evidence/partition"
)

func isFAT(system string) bool {
	return system == partition.FAT12 || system == partition.FAT16 || system == partition.FAT32 || system == partition.ExFAT
}

// openFAT opens the FAT or exFAT volume in a partition, by the backup of its
// boot sector if need be.
func (s *imageSource) openFAT(part partition.Partition) (artifacts.Volume, *artifacts.Problem) {
	name := part.Name
	if name == "" {
		name = "fat"
	}
	at := artifacts.Locator{Source: s.path, Volume: s.layer(name)}
	volume, err := fat.Open(io.NewSectionReader(s.media, part.Offset, part.Size), part.Size, at, part.Offset)
	if err != nil {
		return nil, artifacts.Located(at, err)
	}
	return volume, nil
}

var _ artifacts.Volume = (*fat.Volume)(nil)
