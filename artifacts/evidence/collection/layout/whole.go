package layout

import (
	"slices"
	"strings"
)

// Whole tells whether a folder, as it is, is the evidence of one computer: what
// it was recognised by, "" where it is not. List gives the names in a folder
// below it, "/" between components, "" for the folder itself; nil where there is
// none. It is asked for few folders, none of them deep.
//
// The marks are those by which Recognise knows the collectors, as far as names
// alone tell, and those of the root of a Windows volume.
func Whole(list func(folder string) []string) string {
	x := &outline{list: list, known: map[string][]string{}}
	for _, mark := range wholes {
		if mark.holds(x) {
			return mark.what
		}
	}
	return ""
}

// What Whole tells of the root of a Windows volume, and of what other evidence
// may lie beside: folders that are drives, the folder of Windows or a $MFT
// without anything else of their volume.
const (
	VolumeRoot   = "the root of a Windows volume"
	WindowsAlone = "a folder of Windows"
	TableAlone   = "a volume's $MFT"
	DriveRoots   = "folders that are drives"
)

// wholes are the marks in the order they are asked.
var wholes = []struct {
	what  string
	holds func(x *outline) bool
}{
	{VolumeRoot, func(x *outline) bool {
		others := func(n string) bool { return systemFolders[fold(n)] && fold(n) != "windows" && fold(n) != "winnt" }
		return x.isWindows("") && slices.ContainsFunc(x.names(""), others)
	}},
	{"Velociraptor's uploads", func(x *outline) bool {
		return slices.ContainsFunc(beside, func(n string) bool { return x.below("", n) != "" }) &&
			slices.ContainsFunc(x.in("", "uploads"), func(n string) bool { return accessors[fold(n)] })
	}},
	{"DFIR-ORC's table of samples", func(x *outline) bool {
		volumes := slices.ContainsFunc(x.names(""), func(n string) bool { return strings.HasSuffix(fold(n), "volstats.csv") })
		return x.below("", "getthis.csv") != "" ||
			volumes && slices.ContainsFunc(x.names(""), func(n string) bool { return x.below(n, "getthis.csv") != "" })
	}},
	{"acquire's folders", func(x *outline) bool {
		return slices.ContainsFunc(x.in("", "fs"), func(n string) bool {
			letter := strings.TrimRight(n, ":_")
			return n == "$fs$" || len(letter) == 1 && len(n) == 2 && unicodeLetter(letter[0])
		})
	}},
	{"Tanium's folders", func(x *outline) bool {
		return x.below("", "file") != "" && slices.ContainsFunc(x.in("", "collector"), func(n string) bool { return strings.HasSuffix(fold(n), ".txt") })
	}},
	{"UAC's folders", func(x *outline) bool {
		return x.below("", "[root]") != "" && (x.below("", "uac.log") != "" || x.below("", "uac.log.stderr") != "")
	}},
	{"folders of Defender's package", func(x *outline) bool {
		n := 0
		for _, name := range x.names("") {
			if slices.Contains(defenderFolders, fold(name)) {
				n++
			}
		}
		return n >= 5
	}},
	{"ir-rescue's folders", func(x *outline) bool { return x.isRescue("") || x.isRescue("data/") }},
	{DriveRoots, func(x *outline) bool { return len(x.drives("")) > 0 }},
	{"folders of Velociraptor's uploads", func(x *outline) bool {
		return slices.ContainsFunc(x.in("", "uploads"), func(n string) bool {
			return accessors[fold(n)] && len(x.drives(join(x.below("", "uploads"), n))) > 0
		})
	}},
	{WindowsAlone, func(x *outline) bool { return x.isWindows("") }},
	{TableAlone, func(x *outline) bool { return x.below("", "$mft") != "" }},
}

func (x *outline) isRescue(above string) bool {
	marks := map[string]bool{}
	for _, dir := range []string{"reg/sys", "evt/evtx", "event/evtx", "events/evtx", "fs"} {
		for _, name := range x.in("", above+dir) {
			if _, mark := rescued(join(dir, name)); mark != "" {
				marks[mark] = true
			}
		}
	}
	return len(marks) > 1 || marks["ntfs"]
}

// Drives are the folders directly in a folder that are drives: named like one,
// and holding what the root of a Windows volume holds, or lying beside such a
// one, or beside KAPE's log of copies.
func Drives(list func(folder string) []string) []string {
	return (&outline{list: list, known: map[string][]string{}}).drives("")
}

// An outline is a folder of which only what is asked for was listed.
type outline struct {
	list  func(folder string) []string
	known map[string][]string
}

func (x *outline) names(dir string) []string {
	names, known := x.known[dir]
	if !known {
		names = x.list(dir)
		x.known[dir] = names
	}
	return names
}

// below finds a path, in lower case, whatever its case in the folder; "" where
// there is none. Windows does not tell the cases apart, but systems on which
// collections are unpacked do: of several the first that leads there counts.
func (x *outline) below(dir, path string) string {
	first, rest, deeper := strings.Cut(path, "/")
	for _, name := range x.names(dir) {
		if fold(name) != first {
			continue
		}
		if !deeper {
			return join(dir, name)
		}
		if found := x.below(join(dir, name), rest); found != "" {
			return found
		}
	}
	return ""
}

// in gives the names in the folder at a path, nil where there is none.
func (x *outline) in(dir, path string) []string {
	found := x.below(dir, path)
	if found == "" {
		return nil
	}
	return x.names(found)
}

// isWindows is index.isWindows for a folder of which only the names are known:
// a $MFT alone is no volume, but the folders that Windows puts on every volume
// are those of a data disk.
func (x *outline) isWindows(dir string) bool {
	return slices.ContainsFunc(ofWindows, func(w string) bool { return len(x.in(dir, w)) > 0 }) ||
		x.below(dir, "$recycle.bin") != "" && x.below(dir, "system volume information") != ""
}

func (x *outline) drives(dir string) []string {
	var named []string
	proven := false
	for _, name := range x.names(dir) {
		drive, snapshot, ok := driveFolder(decode(name))
		if !ok {
			proven = proven || strings.HasSuffix(fold(name), copyLog)
			continue
		}
		inside := join(dir, name)
		if len(x.names(inside)) == 0 {
			continue
		}
		named = append(named, name)
		proven = proven || x.isWindows(inside) || x.below(inside, "$mft") != "" || drive == "" && snapshot != "" && len(x.drives(inside)) > 0
	}
	if !proven {
		return nil
	}
	return named
}
