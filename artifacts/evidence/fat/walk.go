package fat

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"hivetriage/artifacts"
)

const (
	maxDirectory = 64 << 20 // bytes of one directory: exFAT allows 256 MiB, two million entries are enough
	maxFiles     = 4 << 20  // entries of a volume that are kept
	maxDepth     = 512      // directories above a file: a path has at most 260 characters
	readAtOnce   = 1 << 20  // bytes of a directory
)

// A directory is one that is walked through.
type directory struct {
	parent     int32 // index of the directory above it
	depth      int32
	root       bool
	deleted    bool
	contiguous bool
	halved     bool // as of a file
	name       string
	first      uint32
	size       int64 // exFAT; of the root 0
}

// A walk goes through all directories of a volume.
type walk struct {
	v         *Volume
	dirs      []directory
	files     []file
	claimed   map[uint32]bool // clusters of directories
	troubles  troubles
	directory int64 // directories in use
	erased    int64 // deleted ones
	left      int64 // directories that were not read because the walk was ended
	tries     int   // clusters looked at for deleted directories
}

// run walks through the directories in use, then through the deleted ones
// that are still there. ended is asked before each.
func (w *walk) run(ended func() bool) {
	w.claimed = make(map[uint32]bool)
	w.dirs = []directory{{root: true, first: w.v.root}}
	live, deleted := []int32{0}, []int32(nil)
	for len(live)+len(deleted) > 0 {
		var i int32
		if len(live) > 0 {
			i, live = live[0], live[1:]
		} else {
			i, deleted = deleted[0], deleted[1:]
		}
		if ended() {
			w.left++
			continue
		}
		known := len(w.dirs)
		w.enter(i)
		for j := known; j < len(w.dirs); j++ {
			if w.dirs[j].deleted {
				deleted = append(deleted, int32(j))
			} else {
				live = append(live, int32(j))
			}
		}
	}
}

// enter takes in the entries of a directory. A panic costs this directory and
// is told.
func (w *walk) enter(i int32) {
	d := w.dirs[i]
	defer func() {
		if r := recover(); r != nil {
			w.lost(i, artifacts.NewProblem(artifacts.Bug, -1, "panic: %v", r))
		}
	}()
	if d.deleted && !w.remains(&d) {
		return
	}
	b, extents, err := w.v.readDirectory(&d, w.claimed)
	if err != nil && !d.deleted {
		w.lost(i, err)
	}
	at := func(n int) int64 { return w.v.byteOf(&d, extents, int64(n)) }
	var files []file
	if w.v.kind == exfat {
		var problems []*artifacts.Problem
		files, problems = w.v.exfatFiles(b, at)
		for _, p := range problems {
			w.lost(i, p)
		}
	} else {
		files = w.v.fatFiles(b, at)
	}
	for _, f := range files {
		w.take(i, f)
	}
}

// take keeps a file, or lists a directory for entering.
func (w *walk) take(parent int32, f file) {
	d := &w.dirs[parent]
	if d.deleted && w.v.kind == exfat && f.mismatch {
		return // not an entry any more
	}
	f.parent, f.deleted = parent, f.deleted || d.deleted
	if f.mismatch && !f.deleted {
		w.troubles.add(trouble{kind: artifacts.Checksum, at: f.at, dir: parent, name: f.name, text: "the checksum of its entry set does not fit"})
	}
	switch {
	case !f.directory:
		if len(w.files) >= maxFiles {
			w.troubles.add(trouble{kind: artifacts.Limit, at: f.at, dir: parent, name: f.name, text: fmt.Sprintf("not looked at: the volume has more than %d files", maxFiles)})
			return
		}
		w.files = append(w.files, f)
		return
	case f.deleted:
		w.erased++
	default:
		w.directory++
	}
	if d.depth >= maxDepth || len(w.dirs) >= maxFiles {
		w.troubles.add(trouble{kind: artifacts.Limit, at: f.at, dir: parent, name: f.name, text: "not entered: too many directories"})
		return
	}
	w.dirs = append(w.dirs, directory{parent: parent, depth: d.depth + 1, deleted: f.deleted, contiguous: f.contiguous, halved: f.halved, name: f.name, first: f.first, size: f.size})
}

// remains reports whether the cluster that a deleted directory begins in is
// still that directory, as far as can be told: on exFAT no directory in use
// lies there, and its entry sets are told by their checksums; on FAT its entry
// "." names that cluster. Where half of the number is lost the first cluster
// that fits is taken.
func (w *walk) remains(d *directory) bool {
	if w.v.kind == exfat {
		return w.v.holds(d.first) && !w.claimed[d.first]
	}
	for c := uint64(d.first); w.v.holds(uint32(c)); c += 1 << 16 {
		if !w.claimed[uint32(c)] && w.v.namesItself(uint32(c)) {
			d.first = uint32(c)
			return true
		}
		if w.tries++; !d.halved || w.tries > maxTries {
			break
		}
	}
	return false
}

// namesItself reports whether a FAT directory begins in a cluster.
func (v *Volume) namesItself(cluster uint32) bool {
	var b [entrySize]byte
	if v.disk.ReadFull(b[:], v.place(cluster)) != nil {
		return false
	}
	self := uint32(b[26]) | uint32(b[27])<<8
	if v.kind == fat32 {
		self |= uint32(b[20])<<16 | uint32(b[21])<<24
	}
	return string(b[:11]) == ".          " && b[11]&attrDirectory != 0 && self == cluster
}

// lost takes in an error with a directory.
func (w *walk) lost(i int32, err error) {
	t := trouble{kind: artifacts.IO, at: -1, dir: i, text: "directory: " + err.Error()}
	var p *artifacts.Problem
	if errors.As(err, &p) {
		t.kind, t.text, t.at = p.Kind, "directory: "+p.Err.Error(), p.Offset
	}
	w.troubles.add(t)
}

// path returns the path of a directory, "" for the root.
func (w *walk) path(i int32) string {
	var names []string
	for ; !w.dirs[i].root; i = w.dirs[i].parent {
		names = append(names, w.dirs[i].name)
	}
	slices.Reverse(names)
	var path strings.Builder
	for _, name := range names {
		path.WriteString("/")
		path.WriteString(name)
	}
	return path.String()
}

// readDirectory returns a directory's bytes up to its end marker and the
// clusters they lie in, none for the root of FAT12 and FAT16. Clusters that
// are claimed already end it, the others are claimed.
func (v *Volume) readDirectory(d *directory, claimed map[uint32]bool) ([]byte, []extent, error) {
	if d.root && v.root == 0 {
		b := make([]byte, v.rootSize)
		err := v.disk.ReadFull(b, v.rootAt)
		if err != nil {
			b = b[:max(0, min(v.rootSize, v.disk.Size-v.rootAt))]
			if again := v.disk.ReadFull(b, v.rootAt); again != nil {
				b = nil
			}
		}
		return b, nil, err
	}
	extents, err := v.directoryClusters(d)
	var b []byte
	for k, x := range extents {
		for done := uint32(0); done < x.count; {
			n := min(x.count-done, uint32(max(readAtOnce/v.clusterSize, 1)))
			if d.deleted {
				n = v.stillFree(x.first+done, n, done == 0)
			}
			n, crossed := claim(claimed, extent{x.first + done, n})
			piece := make([]byte, int64(n)*v.clusterSize)
			if readErr := v.disk.ReadFull(piece, v.place(x.first+done)); readErr != nil {
				return b, extents[:k+1], readErr
			}
			b = append(b, piece...)
			done += n
			switch {
			case hasEnd(piece):
				return b, extents[:k+1], nil
			case crossed && !d.deleted:
				return b, extents[:k+1], artifacts.NewProblem(artifacts.Malformed, v.place(x.first+done), "its cluster %d belongs to another directory as well", x.first+done)
			case crossed || n == 0:
				return b, extents[:k+1], nil
			}
		}
	}
	return b, extents, err
}

// claim marks clusters as those of one directory, up to the first that is
// another's.
func claim(claimed map[uint32]bool, x extent) (n uint32, crossed bool) {
	if claimed == nil {
		return x.count, false
	}
	for n < x.count {
		if claimed[x.first+n] {
			return n, true
		}
		claimed[x.first+n] = true
		n++
	}
	return n, false
}

// hasEnd looks for the entry that ends a directory.
func hasEnd(b []byte) bool {
	for i := 0; i < len(b); i += entrySize {
		if b[i] == 0 {
			return true
		}
	}
	return false
}

// stillFree returns how many of n clusters behind the beginning of a deleted
// directory can still be its own: those that are free and hold entries.
func (v *Volume) stillFree(first, n uint32, beginning bool) uint32 {
	count := uint32(0)
	if beginning {
		count = min(n, 1)
	}
	for ; count < n; count++ {
		used, err := v.used(extent{first + count, 1})
		if err != nil || used > 0 || v.kind != exfat && !v.entries(first+count) {
			break
		}
	}
	return count
}

// entries reports whether a cluster holds FAT directory entries up to its end
// or to an end marker.
func (v *Volume) entries(cluster uint32) bool {
	b := make([]byte, v.clusterSize)
	if v.disk.ReadFull(b, v.place(cluster)) != nil || b[0] == 0 {
		return false
	}
	for i := 0; i < len(b) && b[i] != 0; i += entrySize {
		if !plausible(b[i : i+entrySize]) {
			return false
		}
	}
	return true
}

// directoryClusters lists the clusters of a directory, with those that can be
// told when there is an error.
func (v *Volume) directoryClusters(d *directory) ([]extent, error) {
	most := max(maxDirectory/v.clusterSize, 1)
	sized := v.kind == exfat && !d.root
	switch {
	case d.deleted && sized:
		return v.adjoining(d.first, min(d.size, maxDirectory))
	case d.deleted:
		x, err := v.adjoining(d.first, maxDirectory)
		if len(x) > 0 { // more is asked for than can be expected
			err = nil
		}
		return x, err
	case sized && d.size == 0:
		return nil, nil
	case sized && d.contiguous:
		return v.adjoining(d.first, min(d.size, maxDirectory))
	case sized:
		most = min(most, v.clustersFor(d.size))
	}
	extents, err := v.chain(d.first, most)
	if err == nil && (d.size > maxDirectory || !sized && v.goesOn(extents, most)) {
		err = artifacts.NewProblem(artifacts.Limit, -1, "only its first %d bytes are read", int64(maxDirectory))
	}
	return extents, err
}

// goesOn reports whether a chain that was followed for most clusters has more.
func (v *Volume) goesOn(extents []extent, most int64) bool {
	n := int64(0)
	for _, x := range extents {
		n += int64(x.count)
	}
	if n < most || n == 0 {
		return false
	}
	x := extents[len(extents)-1]
	next, err := v.next(x.first + x.count - 1)
	return err == nil && v.holds(next)
}

// byteOf tells where on the volume a byte of a directory stands.
func (v *Volume) byteOf(d *directory, extents []extent, n int64) int64 {
	if d.root && v.root == 0 {
		return v.rootAt + n
	}
	for _, x := range extents {
		if length := int64(x.count) * v.clusterSize; n >= length {
			n -= length
			continue
		}
		return v.place(x.first) + n
	}
	return -1
}
