package batch

import (
	"cmp"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"hivetriage/artifacts/evidence"
)

// A grouped is what the files of one folder are.
type grouped struct {
	items  []*set
	loose  []*file // evidence on its own: logs, hives, artefacts
	others []*file // none
}

// A set is the files of one item: an archive or an image with all its segments
// and parents, or several images of one host.
type set struct {
	files []*file // all of them, in order
	open  []*file // those that are given to the run
	class evidence.Class
	base  string // what the name is made of: the first file's name, or the host's
	host  bool   // base is a host's name
}

// group deals out the files of a folder. The folder's own name may stand for the
// host where inHost is true.
//
// The rules, and no others, make one item of several files:
//
//	B.E01 B.E02 … B.EAA …, also B.s01, B.L01     segments of one image (setNames)
//	B.001 B.002 …, B.7z.001 …                    segments of one file
//	B.z01 B.z02 … B.zip; B.part1.rar …; B.ad1 …  volumes of one archive
//	B.vmdk with B-flat.vmdk, B-s001.vmdk, …      extents that a descriptor names
//	child.vhdx with parent.vhdx, likewise vhd,   a disk and what it says that it
//	vmdk, qcow2                                  depends on
//	HOST-disk0.E01 HOST-disk1.E01 …              several disks of a host (diskNames)
func (f *finder) group(files []*file, dir string, inHost bool) *grouped {
	slices.SortFunc(files, func(a, b *file) int { return natural(a.name, b.name) })
	g := &grouped{}
	var sets []*set
	sets, rest := segmented(files)
	for _, x := range rest {
		switch x.class {
		case evidence.Lone:
			g.loose = append(g.loose, x)
		case evidence.Nothing:
			g.others = append(g.others, x)
		default:
			sets = append(sets, &set{files: []*file{x}, open: []*file{x}, class: x.class, base: x.name})
		}
	}
	sets = dependent(sets, g)
	g.items = hosts(sets, baseName(dir), inHost)
	slices.SortFunc(g.items, func(a, b *set) int { return natural(a.base, b.base) })
	return g
}

// segmented joins the files that are segments of one, by their names. A set
// counts where one of its files is evidence by its content or its name.
func segmented(files []*file) (sets []*set, rest []*file) {
	byKey := map[string][]numbered{}
	for _, x := range files {
		if key, n, ok := segmentOf(x); ok {
			byKey[key] = append(byKey[key], numbered{x, n})
		}
	}
	taken := map[*file]bool{}
	for _, parts := range byKey {
		s := joined(parts)
		if s == nil {
			continue
		}
		for _, x := range s.files {
			taken[x] = true
		}
		sets = append(sets, s)
	}
	slices.SortFunc(sets, func(a, b *set) int { return natural(a.base, b.base) })
	for _, x := range files {
		if !taken[x] {
			rest = append(rest, x)
		}
	}
	return sets, rest
}

// A numbered is a file with its place in a set.
type numbered struct {
	*file
	n int
}

// joined makes a set of files with their numbers. It is nil where they are none:
// one that begins nothing known, or numbers without a beginning.
func joined(parts []numbered) *set {
	slices.SortStableFunc(parts, func(a, b numbered) int { return cmp.Compare(a.n, b.n) })
	var s set
	if first := parts[0]; isNumber(first.name) && first.n > 1 && len(strconv.Itoa(first.n)) == len(filepath.Ext(first.name))-1 {
		return nil // years and versions are no segments: a set shows its beginning, or zeros before its numbers
	}
	for i, p := range parts {
		if i > 0 && (p.n == parts[i-1].n || !sameWidth(parts[0].name, p.name, p.n)) {
			continue
		}
		s.files = append(s.files, p.file)
		if p.class == evidence.Disk || p.class == evidence.Archive {
			s.class = max(s.class, p.class)
		}
	}
	first := s.files[0]
	if i := slices.IndexFunc(s.files, func(x *file) bool { return strings.EqualFold(filepath.Ext(x.name), ".zip") }); i > 0 {
		first = s.files[i] // the last volume is the one that is opened
	}
	if s.class == evidence.Nothing || isNumber(first.name) && first.class != evidence.Disk && first.class != evidence.Archive {
		return nil
	}
	s.open, s.base = []*file{first}, first.name
	return &s
}

// dependent joins disks with the files that they say they consist of or depend
// on. Files that were taken for others by then are so no longer.
func dependent(sets []*set, g *grouped) []*set {
	byName := map[string]*set{}
	virtual := 0
	for _, s := range sets {
		for _, x := range s.files {
			byName[x.name] = s
		}
		if s.class == evidence.Disk {
			virtual++
		}
	}
	others := map[string]*file{}
	for _, x := range g.others {
		others[x.name] = x
	}
	above := map[*set]*set{} // the disk that a set is a part of
	for _, s := range sets {
		if len(s.files) > 1 || !virtualFormats[s.files[0].format] || virtual+len(others) < 2 {
			continue
		}
		names, err := evidence.Segments(s.files[0].path)
		if err != nil { // the run tells; what is named after it is its own all the same
			names = extentsNamed(s.files[0].name, byName, others)
		}
		for _, name := range names {
			switch part := byName[name]; {
			case part == s || part == nil && others[name] == nil:
			case part == nil:
				s.files = append(s.files, others[name])
				g.others = slices.DeleteFunc(g.others, func(x *file) bool { return x.name == name })
				delete(others, name)
			case above[part] == nil && top(above, s) != part:
				above[part] = s
			}
		}
	}
	var tops []*set
	for _, s := range sets {
		t := top(above, s)
		if t == s {
			tops = append(tops, s)
			continue
		}
		t.files = append(t.files, s.files...)
	}
	return tops
}

// top follows a set to the disk that all of it belongs to.
func top(above map[*set]*set, s *set) *set {
	for above[s] != nil {
		s = above[s]
	}
	return s
}

// virtualFormats are those of disks that name other files.
var virtualFormats = map[string]bool{"vhd": true, "vhdx": true, "vmdk": true, "qcow2": true}

// extentsNamed are the files that VMware names after a disk's descriptor.
func extentsNamed(descriptor string, byName map[string]*set, others map[string]*file) (names []string) {
	base, found := strings.CutSuffix(strings.ToLower(descriptor), ".vmdk")
	if !found {
		return nil
	}
	fits := func(name string) bool {
		rest, found := strings.CutPrefix(strings.ToLower(name), base)
		return found && extentSuffix.MatchString(rest)
	}
	for name := range byName {
		if fits(name) {
			names = append(names, name)
		}
	}
	for name := range others {
		if fits(name) {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, natural)
	return names
}
