package ntfs

import "hivetriage/artifacts"

// A Use says what an MFT record is used for, seen from a reference to it.
type Use struct {
	Same  bool // the file that is meant is still told of by the record
	InUse bool // the record belongs to a file, that one or another
	Size  int64
	Times artifacts.Times // SI, with Same only
	Name  string          // with Same only, as Size
}

// Use looks up the record that a reference names; ok is false if it cannot be
// read.
func (v *Volume) Use(ref artifacts.FileReference) (use Use, ok bool) {
	if ref.Record >= maxRecords {
		return Use{}, false
	}
	f, err := v.loadFile(uint32(ref.Record))
	if err != nil {
		return Use{}, false
	}
	use.InUse = f.inUse()
	if use.Same = f.header.base == 0 && succeeds(f.header, ref.Sequence); !use.Same {
		return use, true
	}
	for i := range f.data {
		if d := &f.data[i]; len(d.name) == 0 && (!d.nonResident || d.startVCN == 0) {
			use.Size = d.length()
		}
	}
	if len(f.standard) >= 32 {
		use.Times = parseTimes(f.standard)
	}
	if n := f.best(); n != nil {
		use.Name = component(n.utf16)
	}
	return use, true
}

// Folder returns the name of the folder that a reference names, and where it
// lies; ok is false if its record is another file's by now. That of a deleted
// folder counts. The root's name is "".
func (v *Volume) Folder(ref artifacts.FileReference) (name string, parent artifacts.FileReference, ok bool) {
	if ref.Record == recordRoot {
		return "", ref, true
	}
	n := v.parent(uint64(ref.Sequence)<<48 | ref.Record)
	if n == nil {
		return "", artifacts.FileReference{}, false
	}
	return component(n.utf16), artifacts.NewFileReference(n.parent), true
}

// Use is that of Volume.
func (t *Table) Use(ref artifacts.FileReference) (Use, bool) { return t.v.Use(ref) }

// Folder is that of Volume.
func (t *Table) Folder(ref artifacts.FileReference) (name string, parent artifacts.FileReference, ok bool) {
	return t.v.Folder(ref)
}
