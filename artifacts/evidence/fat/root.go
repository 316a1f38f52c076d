package fat

// RootNames returns the names in use in the root directory, as far as it can
// be read, and reads nothing else.
func (v *Volume) RootNames() []string {
	d := directory{first: v.root, root: true}
	b, extents, err := v.readDirectory(&d, nil)
	if err != nil && len(b) == 0 {
		return nil // Find meets the same error and tells it
	}
	at := func(n int) int64 { return v.byteOf(&d, extents, int64(n)) }
	var files []file
	if v.kind == exfat {
		files, _ = v.exfatFiles(b, at) // Find tells the problems
	} else {
		files = v.fatFiles(b, at)
	}
	var names []string
	for _, f := range files {
		if !f.deleted {
			names = append(names, f.name)
		}
	}
	return names
}
