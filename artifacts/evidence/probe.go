package evidence

import (
	"bytes"

	"hivetriage/artifacts/evidence/collection"
	"hivetriage/artifacts/evidence/collection/layout"
	"hivetriage/artifacts/evidence/image"
)

// A Class is what Open makes of a file.
type Class uint8

const (
	Nothing Class = iota // none of the others by its first bytes: it may be raw media all the same
	Lone                 // evidence on its own: a log, a hive, a file table
	Archive              // or a packed file
	Disk                 // a disk image, of a format that is refused also
)

// Probe tells from the first bytes of a file, artifacts.MaxHead or all there
// are, what Open makes of it, and its format: what Options.Lone tells and that
// of the formats known here, an archive's as in artifacts.Input, ImageKind's. It
// reads nothing, so that a disk in a zip (AFF4) is an archive for it.
func Probe(path string, head []byte, lone func(path string, head []byte) string) (Class, string) {
	for _, l := range known {
		if bytes.HasPrefix(head, []byte(l.magic)) {
			return Lone, l.kind
		}
	}
	if lone != nil {
		if kind := lone(path, head); kind != "" {
			return Lone, kind
		}
	}
	if kind := collection.KindOf(head); kind != "" {
		return Archive, kind
	}
	if kind := ImageKind(head); kind != "" {
		return Disk, kind
	}
	return Nothing, ""
}

// Segments opens a disk image, reads its headers and names the files of its
// folder that it is made of: its segments, extents and parents, itself among
// them.
func Segments(path string) ([]string, error) {
	m, err := image.Open(path)
	if err != nil {
		return nil, unreadable(path, err)
	}
	return m.Segments(), m.Close()
}

// What WholeFolder tells of folders that other evidence may lie beside.
const (
	DriveFolders = layout.DriveRoots // Drives names them
	WindowsAlone = layout.WindowsAlone
	TableAlone   = layout.TableAlone
)

// WholeFolder tells whether a folder is the evidence of one computer, a mounted
// volume or an unpacked collection: what it was recognised by, else "". List
// gives the names in a folder below it, "/" between components; "" is the folder
// itself.
func WholeFolder(list func(folder string) []string) string { return layout.Whole(list) }

// Drives names the folders directly in a folder that are drives.
func Drives(list func(folder string) []string) []string { return layout.Drives(list) }
