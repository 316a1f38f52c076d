// Package layout recognises what forensic collectors leave, an archive or a
// folder of files under changed names, and restores the original places:
// drive, path, stream and shadow copy, with the times and digests that the
// collector noted. It opens nothing itself.
package layout

import (
	"maps"
	"slices"
	"strings"
	"time"

	"hivetriage/artifacts"
)

// FileSystem is what a volume that was restored from a collection calls its
// file system.
const FileSystem = "collection"

// A Member is a file or folder of a collection. Name is as the archive or the
// folder has it, with "/" between components.
type Member struct {
	Name     string
	Size     int64
	Modified time.Time
	Dir      bool
}

// A Layout is a recognised collection.
type Layout struct {
	Collector string   // "KAPE", "Velociraptor", …
	Because   []string // what it was recognised by
	// Host is the computer's name in the collector's metadata and HostBecause
	// says where it stands there; "" where none does.
	Host, HostBecause string
	Drives            []string // letters, or names of roots without one, sorted
	// OwnTimes says that the members' own modification times are those of the
	// original files, where the collector's metadata has no others.
	OwnTimes bool
	// Problems are what is wrong with the metadata and with names. At.Member
	// holds the member's name.
	Problems []*artifacts.Problem

	short     string // first part of the volumes' names
	backslash bool   // members are named with "\"
	percent   bool   // components are percent-encoded
	roots     map[string]root
	bases     map[string]bool
	byMember  map[string]fact // by folded member name
	byPlace   map[string]fact // by original place
	metadata  map[string]bool // by folded member name
	sparse    map[string]*Sparse
	only      bool // only members in byMember are placed
}

// A Placement is where a member comes from.
type Placement struct {
	Base     string // folder of the collection that holds the drives, where it holds several such
	Drive    string // letter in upper case, or another name of a root: "root", "fs0"
	Snapshot string // number or GUID of the shadow copy, "" for the live volume
	Path     string // original path, "/"-separated, starting with "/"; valid UTF-8
	Stream   string // name of the alternate data stream
	Times    artifacts.Times
	Digests  Digests
	Sparse   *Sparse // nil where the member holds the whole stream
	Metadata bool    // a file of the collector itself, without any of the above
}

// A fact is what the metadata say of one file.
type fact struct {
	place   place // the zero value where the member's name tells enough
	times   artifacts.Times
	digests Digests
}

// Recognise tells which collector made the members. The function read returns
// the content of a metadata file, bounded by the caller; it may fail. The
// result is nil where nothing speaks for a collection: the names are the
// original paths then.
func Recognise(members []Member, read func(name string) ([]byte, error)) *Layout {
	x := newIndex(members, read)
	for _, c := range collectors {
		l := &Layout{Collector: c.name, short: c.short, OwnTimes: c.ownTimes, percent: c.percent, backslash: x.backslash,
			roots: map[string]root{}, bases: map[string]bool{}, byMember: map[string]fact{}, byPlace: map[string]fact{},
			metadata: map[string]bool{}, sparse: map[string]*Sparse{}}
		if !c.recognise(l, x) {
			continue
		}
		l.finish(x)
		return l
	}
	return nil
}

// finish names the drives in which members lie. A shadow copy that does not
// tell its drive is one of the only letter there is.
func (l *Layout) finish(x *index) {
	letters := map[string]bool{}
	for _, r := range l.roots {
		if len(r.drive) == 1 {
			letters[r.drive] = true
		}
	}
	for prefix, r := range l.roots {
		for letter := range letters {
			if r.drive == "" && len(letters) == 1 {
				r.shown = letter
				l.roots[prefix] = r
			}
		}
		l.bases[r.base] = true
	}
	drives := map[string]bool{}
	for i, m := range x.members {
		if m.Dir {
			continue
		}
		p, ok := l.Place(m.Name)
		switch r := l.rootOf(fold(x.names[i])); {
		case ok && p.Drive != "":
			drives[p.Drive] = true
		case x.names[i] == "":
			if _, clean := normalise(m.Name, x.backslash); !clean {
				l.problem(m.Name, artifacts.Malformed, "the name climbs out of the collection or has more than %d components: it is not taken for an original path", maxDepth)
			}
		case !ok && r.prefix != "":
			l.problem(m.Name, artifacts.Malformed, "the decoded name climbs out of its drive: it is not taken for an original path")
		}
	}
	l.Drives = slices.Sorted(maps.Keys(drives))
}

// Place restores where a member comes from. It is false for a member that
// lies in no drive, and for one whose name climbs out of it.
func (l *Layout) Place(name string) (Placement, bool) {
	clean, ok := normalise(name, l.backslash)
	if !ok {
		return Placement{}, false
	}
	folded := fold(clean)
	if l.metadata[folded] {
		return Placement{Metadata: true}, true
	}
	f, known := l.byMember[folded]
	p, r, ok := l.inRoot(clean, folded)
	if known && f.place.path != "" && (!ok || r.snapshot == "") {
		p, ok = f.place, true
	} else if l.only || !ok {
		return Placement{}, false
	}
	if f.times == (artifacts.Times{}) && !f.digests.Known() {
		f = l.byPlace[p.key()]
	}
	out := Placement{Base: valid(r.base), Drive: valid(first(p.drive, r.shown)), Snapshot: valid(p.snapshot), Path: p.path, Stream: p.stream,
		Times: f.times, Digests: f.digests, Sparse: l.sparse[folded]}
	if len(l.bases) < 2 {
		out.Base = ""
	}
	return out, true
}

// inRoot restores a place from the member's name alone.
func (l *Layout) inRoot(clean, folded string) (place, root, bool) {
	r := l.rootOf(folded)
	if r.prefix == "" {
		return place{}, root{}, false
	}
	p, ok := r.place(clean[min(len(r.prefix)+1, len(clean)):], l.percent)
	return p, r, ok
}

// rootOf finds the longest root above a member, or the member itself.
func (l *Layout) rootOf(folded string) root {
	for end := len(folded); end > 0; end = strings.LastIndexByte(folded[:end], '/') {
		if r, found := l.roots[folded[:end]]; found {
			return r
		}
	}
	return root{}
}

// VolumeName names the volume of a placement: "kape/C:", "kape/C:/vss:2". What
// lies in no drive has the empty placement's volume.
func (l *Layout) VolumeName(p Placement) string {
	parts := []string{l.short}
	if p.Base != "" {
		parts = append(parts, p.Base)
	}
	switch {
	case len(p.Drive) == 1:
		parts = append(parts, p.Drive+":")
	case p.Drive != "":
		parts = append(parts, p.Drive)
	}
	if p.Snapshot != "" {
		parts = append(parts, "vss:"+p.Snapshot)
	}
	return strings.Join(parts, "/")
}

// VolumeInfo describes the volume of a placement. A shadow copy is one of the
// volume that has the drive's other files; when it was made is not known.
func (l *Layout) VolumeInfo(p Placement) artifacts.VolumeInfo {
	info := artifacts.VolumeInfo{FileSystem: FileSystem, Label: l.Collector}
	if p.Snapshot != "" {
		live := p
		live.Snapshot = ""
		info.Snapshot = &artifacts.Snapshot{Of: l.VolumeName(live), Store: p.Snapshot}
	}
	return info
}

// Allocation tells live files from those of a shadow copy.
func (p Placement) Allocation() artifacts.Allocation {
	if p.Snapshot != "" {
		return artifacts.InSnapshot
	}
	return artifacts.Allocated
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
