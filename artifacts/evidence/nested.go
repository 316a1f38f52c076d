package evidence

import (
	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/image"
)

// ImageKind names the disk image that a file with these first bytes may be,
// "vhdx" and so on, "raw" for what begins like a disk or a volume, or the name
// of a format that OpenIn refuses; "" where it is none. 512 bytes are enough.
func ImageKind(head []byte) string { return image.KindOf(head) }

// A Folder is where a disk image lies on a volume or in an archive, with the
// files that belong to it.
type Folder = image.Folder

// OpenIn opens the disk image that lies at a place in the evidence, under that
// name in a folder, as a Source of its own name: the names of the volumes in it
// begin with the place. Its Problems are told like those of an image that was
// given. The folder's owner closes the files, after the Source.
func OpenIn(folder Folder, name string, at artifacts.Locator, opt Options) (artifacts.Source, error) {
	media, err := image.OpenIn(folder, name, at)
	if err != nil {
		return nil, err
	}
	s := &imageSource{path: at.Source, inside: at.Inside(), media: media, snapshots: opt.Snapshots, unasked: opt.Collections}
	if err := s.find(); err != nil {
		p := *err
		p.At = at
		return nil, &p
	}
	return s, nil
}
