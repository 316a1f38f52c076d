package layout

import (
	"slices"
	"strings"
)

// systemFolders are folders of an installed system. Below one of them a
// folder that is named like a drive is just a folder.
var systemFolders = map[string]bool{
	"users": true, "windows": true, "winnt": true, "programdata": true, "program files": true,
	"program files (x86)": true, "perflogs": true, "$recycle.bin": true, "recycler": true, "inetpub": true,
	"documents and settings": true, "system volume information": true, "windows.old": true,
}

// ofWindows are folders that show that the one above them is the root of a
// Windows volume.
var ofWindows = []string{"windows/system32/config", "winnt/system32/config", "windows/system32/winevt/logs", "$extend"}

// isWindows reports whether a folder holds what the root of a Windows volume
// holds.
func (x *index) isWindows(dir string) bool {
	dir = fold(dir)
	if _, found := x.byName[join(dir, "$mft")]; found {
		return true
	}
	return slices.ContainsFunc(ofWindows, func(w string) bool { return len(x.children[join(dir, w)]) > 0 })
}

// named lists the folders of a name in lower case that do not lie on a drive
// themselves, in the order of the members.
func (x *index) named(name string) []string {
	var out []string
	for _, dir := range x.folders[name] {
		if !x.onDrive(dir) {
			out = append(out, dir)
		}
	}
	return out
}

// onDrive reports whether a file or folder lies in a Windows volume: what
// looks like a collection there is a file of that volume.
func (x *index) onDrive(name string) bool { return inSystem(folder(name)) || x.inWindows(name) }

func inSystem(dir string) bool {
	for part := range strings.SplitSeq(fold(dir), "/") {
		if systemFolders[part] {
			return true
		}
	}
	return false
}

// driveRoots finds the folders that are named like a drive and hold what the
// root of a Windows volume holds, and their siblings of such a name. A folder
// in a volume's root or below it is no drive.
func (x *index) driveRoots(percent bool) []root {
	bases := map[string]bool{}
	for name := range x.folders {
		if _, _, ok := driveFolder(decode(name)); !ok {
			continue
		}
		for _, dir := range x.named(name) {
			if r, ok := x.driveRoot(dir, percent); ok && x.isWindows(dir) && !x.inWindows(dir) {
				bases[r.base] = true
			}
		}
	}
	var roots []root
	for base := range bases {
		for _, child := range x.children[fold(base)] {
			for _, dir := range append([]string{child}, x.children[fold(child)]...) {
				r, ok := x.driveRoot(dir, percent)
				if ok && r.base == base && len(x.children[fold(dir)]) > 0 && !x.inWindows(dir) {
					roots = append(roots, r)
				}
			}
		}
	}
	return roots
}

// inWindows reports whether a folder above dir is the root of a volume.
func (x *index) inWindows(dir string) bool {
	for dir != "" {
		if dir = folder(dir); x.isWindows(dir) {
			return true
		}
	}
	return false
}

// driveRoot reads a folder as a drive's root; below a folder of a shadow copy
// it is the drive in that copy.
func (x *index) driveRoot(name string, percent bool) (root, bool) {
	r := root{prefix: name, base: folder(name)}
	last := strings.TrimPrefix(name[len(r.base):], "/")
	if percent || strings.Contains(last, "%") {
		last = decode(last)
	}
	var ok bool
	if r.drive, r.snapshot, ok = driveFolder(last); !ok {
		return root{}, false
	}
	if r.base != "" && r.snapshot == "" {
		if _, number, ok := driveFolder(decode(strings.TrimPrefix(r.base[len(folder(r.base)):], "/"))); ok && number != "" {
			r.snapshot, r.base = number, folder(r.base)
		}
	}
	return r, true
}

func (l *Layout) add(roots []root) {
	for _, r := range roots {
		l.roots[fold(r.prefix)] = r
	}
}
