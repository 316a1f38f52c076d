package ntfstest

import (
	"fmt"
	"slices"
	"strings"
)

// node is a file or directory that has an MFT record.
type node struct {
	head
	name     []uint16
	parent   *node
	dir      bool
	file     *File // nil for directories that were only implied
	children map[string]*node
	links    []link
	names    []attr   // $FILE_NAMEs, of directories
	entries  [][]byte // of a directory's index
	taken    []Run    // clusters of a deleted file that this one took over
	takes    *node
	byFill   bool // made by the filler; sealed: its index is written
	sealed   bool
}

// link is a further name of a file.
type link struct {
	parent *node
	name   []uint16
}

// dirOf splits a path into directory and last component.
func dirOf(path string) (dir, name string) {
	i := strings.LastIndexByte(path, '/')
	return path[:max(i, 0)], path[i+1:]
}

// child returns the node called name in n, made if it was not there.
func (v *volume) child(n *node, name string, dir bool) (*node, bool, error) {
	key := strings.ToUpper(name)
	if c, ok := n.children[key]; ok {
		return c, false, nil
	}
	u := units(name)
	if len(u) == 0 || len(u) > 255 {
		return nil, false, fmt.Errorf("ntfstest: a name of %d UTF-16 units", len(u))
	}
	if n.sealed {
		return nil, false, fmt.Errorf("ntfstest: %q comes after its directory was left", name)
	}
	c := &node{name: u, parent: n, dir: dir}
	c.num, c.sequence, c.deleted = v.mft.next(), 1, n.deleted
	if dir {
		c.flags = recordDir
		c.children = map[string]*node{}
		v.dirs = append(v.dirs, c)
	}
	n.children[key] = c
	return c, true, nil
}

// directory returns the node of a directory path, making what is missing.
func (v *volume) directory(path string) (*node, error) {
	n := v.root
	for name := range strings.SplitSeq(path, "/") {
		if name == "" {
			continue
		}
		c, _, err := v.child(n, name, true)
		if err != nil {
			return nil, err
		}
		if !c.dir {
			return nil, fmt.Errorf("ntfstest: %s is a file and a directory", path)
		}
		n = c
	}
	return n, nil
}

// plant makes the node of a file without writing anything.
func (v *volume) plant(f *File) error {
	if !strings.HasPrefix(f.Path, "/") || strings.HasSuffix(f.Path, "/") {
		return fmt.Errorf("ntfstest: path %q", f.Path)
	}
	dir, name := dirOf(f.Path)
	parent, err := v.directory(dir)
	if err != nil {
		return err
	}
	n, made, err := v.child(parent, name, f.Dir)
	if err != nil {
		return err
	}
	if !made && !(f.Dir && n.dir && n.file == nil) {
		return fmt.Errorf("ntfstest: %s is there twice", f.Path)
	}
	if err := v.describe(n, f); err != nil {
		return err
	}
	for _, path := range f.Links {
		dir, name := dirOf(path)
		p, err := v.directory(dir)
		if err != nil {
			return err
		}
		n.links = append(n.links, link{p, units(name)})
	}
	if !n.dir {
		v.files = append(v.files, n)
	}
	if f.Overwrite == 0 {
		return nil
	}
	for parent.deleted {
		parent = parent.parent
	}
	next, made, err := v.child(parent, name+".new", false)
	if err != nil {
		return err
	}
	if !made || !n.deleted {
		return fmt.Errorf("ntfstest: %s cannot be overwritten", f.Path)
	}
	next.file, next.takes = &File{Path: f.Path + ".new"}, n
	v.files = append(v.files, next)
	return nil
}

// describe gives a node the facts of its file.
func (v *volume) describe(n *node, f *File) error {
	n.file = f
	if f.Sequence > 0 {
		n.sequence = f.Sequence
	}
	n.deleted = n.parent.deleted || f.Deleted
	if f.RawName != nil {
		n.name = f.RawName
	}
	if n.deleted && len(n.children) > 0 {
		return fmt.Errorf("ntfstest: %s must be added before what lies in it", f.Path)
	}
	if f.ShortName != "" && !isShort(units(f.ShortName)) {
		return fmt.Errorf("ntfstest: %q is no 8.3 name", f.ShortName)
	}
	return nil
}

// register makes the $FILE_NAMEs of a node and, if it is live, enters them in
// the directories.
func (v *volume) register(n *node, fn facts) []attr {
	type named struct {
		parent *node
		space  byte
		name   []uint16
	}
	first := named{n.parent, nameWin32, n.name}
	var all []named
	switch {
	case n.file != nil && n.file.RawName != nil:
		first.space = namePOSIX
	case n.file != nil && n.file.ShortName != "":
		all = append(all, named{n.parent, nameDOS, units(n.file.ShortName)})
	case isShort(n.name):
		first.space = nameWin32DOS
	}
	all = append(all, first)
	for _, l := range n.links {
		all = append(all, named{l.parent, namePOSIX, l.name})
	}
	attrs := make([]attr, 0, len(all)+8)
	for _, x := range all {
		key := fileName(x.parent.ref(), fn, x.space, x.name)
		attrs = append(attrs, attr{typ: typeFN, content: key, indexed: true})
		if !n.deleted && !x.parent.deleted {
			x.parent.entries = append(x.parent.entries, nameEntry(n.ref(), key))
		}
	}
	n.head.links = uint16(len(all))
	return attrs
}

// enter registers a directory in its parent.
func (v *volume) enter(n *node) error {
	_, fn, err := v.standard(n)
	if err != nil {
		return err
	}
	fn.attributes |= nameDirectory
	n.names = v.register(n, fn)
	return nil
}

// standard makes $STANDARD_INFORMATION and what $FILE_NAME says, without sizes.
func (v *volume) standard(n *node) (attr, facts, error) {
	f := n.file
	if f == nil {
		f = &File{}
	}
	si := orTime(f.SI, v.times)
	id, err := v.security.id(f.Owner, f.Access...)
	if f.OwnDescriptor {
		id = 0
	}
	content := standardInformation(si, f.Attributes, id, f.USN)
	return attr{typ: typeSI, content: content}, facts{times: orTime(f.FN, si), attributes: f.Attributes}, err
}

// writeDir writes the record and the index of a directory.
func (v *volume) writeDir(n *node) error {
	si, _, err := v.standard(n)
	if err != nil {
		return err
	}
	attrs := append([]attr{si}, n.names...)
	if n.file != nil {
		for _, s := range n.file.Streams {
			a, err := v.store(typeData, units(s.Name), stream{s.Data, s.Size, s.Layout})
			if err != nil {
				return err
			}
			attrs = append(attrs, a)
		}
	}
	left := v.room()
	for i := range attrs {
		left -= attrs[i].encoded()
	}
	type keyed struct {
		name []uint16
		raw  []byte
	}
	sorted := make([]keyed, len(n.entries))
	for i, raw := range n.entries {
		sorted[i] = keyed{entryName(raw), raw}
	}
	slices.SortFunc(sorted, func(a, b keyed) int { return compareNames(a.name, b.name) })
	for i := range sorted {
		n.entries[i] = sorted[i].raw
	}
	behind, err := v.leftBehind(n)
	if err != nil {
		return err
	}
	index, err := v.buildIndex("$I30", typeFN, 1, n.entries, left, behind)
	if err != nil {
		return err
	}
	n.entries, n.names, n.sealed = nil, nil, true
	attrs = append(attrs, index...)
	if n.deleted {
		v.freeAll(attrs)
	}
	return v.writeRecord(n.head, attrs, false)
}

// freeAll gives back the clusters of a deleted file.
func (v *volume) freeAll(attrs []attr) {
	for i := range attrs {
		v.space.free(attrs[i].runs)
	}
}
