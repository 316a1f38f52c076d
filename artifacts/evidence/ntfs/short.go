package ntfs

// maxShortDepth is how many directories above a file are asked for their 8.3
// names. A path in 8.3 names has at most 260 characters.
const maxShortDepth = 130

// short returns the 8.3 name that stands beside n, the name of f in the same
// directory; n itself where there is none.
func (f *file) short(n *name) *name {
	for i := range f.names {
		if s := &f.names[i]; s.space == spaceDOS && s.parent == n.parent {
			return s
		}
	}
	return n
}

// shortPath returns the path of f in 8.3 names, as far as the volume has them.
// It is "" where a directory of the path is lost.
func (v *Volume) shortPath(f *file) string {
	n := f.best()
	if n == nil {
		return ""
	}
	folder, ok := v.shortDirectory(n.parent, maxShortDepth)
	if !ok {
		return ""
	}
	return folder + "/" + component(f.short(n).utf16)
}

// shortDirectory returns the path in 8.3 names of the directory that ref names.
func (v *Volume) shortDirectory(ref uint64, depth int) (path string, ok bool) {
	if number, _ := splitReference(ref); number == recordRoot {
		return "", true
	}
	if path, ok := v.shorts.get(ref); ok {
		return path, true
	}
	f := v.directoryFile(ref)
	if f == nil || f.best() == nil || depth == 0 {
		return "", false
	}
	n := f.best()
	above, ok := v.shortDirectory(n.parent, depth-1)
	if !ok {
		return "", false
	}
	path = above + "/" + component(f.short(n).utf16)
	v.shorts.put(ref, path)
	return path, true
}
