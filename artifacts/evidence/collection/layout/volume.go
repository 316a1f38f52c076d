package layout

import (
	"slices"
	"strings"
)

// DriveFolders is what stands for the collector's name where nothing but
// folders named like drives speaks for one.
const DriveFolders = "drive folders"

// OwnOfVolume reports whether a name in the root of a volume is that of the
// file system or of Windows, which puts it there by itself.
func OwnOfVolume(name string) bool {
	folded := fold(name)
	return strings.HasPrefix(folded, "$") || folded == "system volume information" || folded == "recycler"
}

// MayBeVolume reports whether the root of a volume with these names may hold
// a collection and nothing else, so that all names are worth listing for
// Recognise: drives with the logs of KAPE or CyLR, or what Velociraptor leaves.
func MayBeVolume(names []string) bool {
	drives, uploads, metadata := false, false, false
	for _, name := range names {
		folded := fold(name)
		_, _, drive := driveFolder(folded)
		switch {
		case OwnOfVolume(name):
		case drive:
			drives = true
		case strings.HasSuffix(folded, copyLog), strings.Contains(folded, "_skiplog.csv"), strings.HasSuffix(folded, "_consolelog.txt"),
			strings.HasPrefix(folded, "cylr") && strings.HasSuffix(folded, ".log"):
		case folded == "uploads":
			uploads = true
		case slices.Contains(beside, folded):
			metadata = true
		case folded == "results", folded == "log.csv", folded == "uploads.csv":
		default:
			return false
		}
	}
	return drives || uploads && metadata
}
