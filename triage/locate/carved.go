package locate

import (
	"fmt"
	"path"
	"strings"
)

// Carved judges a hive that lies in clusters of no file. Only the way it was
// taken tells a copy from what a live hive leaves behind where it is moved.
func Carved(p Provenance) Location {
	switch p.Method {
	case "RegSaveKey", "reg save", "offreg":
		return Location{Unexpected, "It lies in clusters of no file and has the form of a saved copy: a copy was deleted, and its file record was used again, so its name and times are not known."}
	}
	return Location{Check, "It lies in clusters of no file: what is left of a deleted copy, of a previous Windows, or of the live hive where it was moved."}
}

// images are the extensions of files that hold whole disks.
var images = []string{".vhd", ".vhdx", ".avhdx", ".vmdk", ".vdi", ".qcow2", ".wim", ".esd", ".iso", ".img", ".raw", ".dd", ".vmem", ".dmp"}

// Embedded judges a hive that begins at an offset of the file that p tells.
func Embedded(p Place, offset int64) Location {
	l := Classify(p)
	if l.Class != Unexpected {
		return l
	}
	extension := strings.ToLower(path.Ext(p.Path))
	for _, x := range images {
		if x == extension {
			return Location{Check, fmt.Sprintf("It lies at offset %#x of what is named like a disk image or a dump of memory: its own Windows may be in there.", offset)}
		}
	}
	return Location{Unexpected, fmt.Sprintf("It lies at offset %#x of a file that begins with something else: that hides it. ", offset) + l.Why}
}

// Inside judges a hive that is a member of the archive that p tells.
func Inside(p Place, kind string) Location {
	l := Classify(p)
	if l.Class == Alert {
		return l
	}
	l = Location{Unexpected, unexpected("/" + strings.Trim(strings.ToLower(p.Path), "/"))}
	l.Why = fmt.Sprintf("It is inside an archive (%s), packed to be moved or hidden. ", kind) + l.Why
	return l
}
