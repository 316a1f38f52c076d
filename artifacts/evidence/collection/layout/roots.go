package layout

import "strings"

// systemFolders are folders of an installed system. Below one of them a
// folder that is named like a drive is just a folder.
var systemFolders = map[string]bool{
	"users": true, "windows": true, "winnt": true, "programdata": true, "program files": true,
	"program files (x86)": true, "perflogs": true, "$recycle.bin": true, "recycler": true, "inetpub": true,
	"documents and settings": true, "system volume information": true, "windows.old": true,
}

// ofWindows are what shows that a folder is the root of a Windows volume.
var ofWindows = []string{"windows/system32/config/", "winnt/system32/config/", "windows/system32/winevt/logs/", "$extend/"}

// isWindows reports whether a name below a root shows that it is one.
func isWindows(rest string) bool {
	if rest == "$mft" {
		return true
	}
	for _, w := range ofWindows {
		if strings.HasPrefix(rest, w) {
			return true
		}
	}
	return false
}

// driveRoots finds the folders that are named like a drive and hold what the
// root of a Windows volume holds, and their siblings of such a name. A folder
// that is a volume's root itself holds no drives.
func (x *index) driveRoots(percent bool) []root {
	found, bases, tops := map[string]root{}, map[string]bool{}, map[string]bool{}
	for _, name := range x.names {
		folded := fold(name)
		for start := 0; start < len(folded); {
			if isWindows(folded[start:]) {
				tops[strings.TrimSuffix(folded[:start], "/")] = true
			}
			length := strings.IndexByte(folded[start:], '/')
			if length < 0 || systemFolders[folded[start:start+length]] {
				break
			}
			end := start + length
			if r, ok := x.driveRoot(name[:end], percent); ok && isWindows(folded[end+1:]) {
				found[folded[:end]] = r
			}
			start = end + 1
		}
	}
	for prefix, r := range found {
		if above(tops, prefix) {
			delete(found, prefix)
			continue
		}
		bases[r.base] = true
	}
	for base := range bases {
		for _, child := range x.children[fold(base)] {
			if r, ok := x.driveRoot(child, percent); ok && len(x.children[fold(child)]) > 0 {
				found[fold(child)] = r
			}
		}
	}
	roots := make([]root, 0, len(found))
	for _, r := range found {
		roots = append(roots, r)
	}
	return roots
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

// above reports whether a folder above prefix is the root of a volume that
// holds it as an ordinary folder.
func above(tops map[string]bool, prefix string) bool {
	for dir := prefix; dir != ""; {
		dir = folder(dir)
		if tops[dir] {
			return true
		}
	}
	return false
}

func (l *Layout) add(roots []root) {
	for _, r := range roots {
		l.roots[fold(r.prefix)] = r
	}
}
