// Package fattest writes FAT12, FAT16, FAT32 and exFAT volumes from
// Microsoft's specifications, deleted files included.
package fattest

import (
	"fmt"
	"slices"
	"strings"

	"hivetriage/artifacts"
)

// Kinds of volumes.
const (
	FAT12 = "FAT12"
	FAT16 = "FAT16"
	FAT32 = "FAT32"
	ExFAT = "exFAT"
)

// Options describe a volume. The caller chooses Size and Cluster so that the
// number of clusters fits Kind: fewer than 4085 for FAT12, 65525 and more for
// FAT32.
type Options struct {
	Kind    string
	Size    int64  // bytes
	Sector  int    // bytes; 0 is 512
	Cluster int    // bytes; 0 is one sector
	Label   string // at most 11 characters
	Serial  uint32
}

// A File is what goes into a volume. Directories above it are made as needed.
type File struct {
	Path       string // "/" separates components
	Data       []byte
	Directory  bool
	Short      string // FAT: the 8.3 name; "" is made from the path's last component
	Deleted    bool
	Fragmented bool // a free cluster follows each of its own
	Chained    bool // exFAT: clusters in the FAT although they adjoin
	// Over puts the content where that of the file with this path is, which
	// must be deleted and come before.
	Over string
	// Times are what the clock on the wall shows. FAT keeps the day of
	// Accessed only.
	Times artifacts.Times
	// Zone is how many minutes that clock is ahead of UTC; exFAT only, nil
	// leaves it out.
	Zone *int
	// HalfLost clears the upper half of the first cluster's number, as
	// Windows does on FAT32 when a file is deleted.
	HalfLost bool
	Valid    int64 // exFAT: bytes that were written; 0 is all
}

// A Placed says where a file was put.
type Placed struct {
	First    uint32 // cluster
	Offset   int64  // of the content, bytes of the volume
	Entry    int64  // of its short entry or of its set, bytes of the volume
	Clusters []uint32
}

// A Builder gathers files.
type Builder struct {
	opt    Options
	root   *node
	order  []*node
	placed map[string]Placed
}

// A node is a file with its place.
type node struct {
	File
	name     string
	parent   *node
	children []*node
	clusters []uint32
	entryAt  int // in the content of its directory
}

// New returns an empty volume.
func New(opt Options) *Builder {
	if opt.Sector == 0 {
		opt.Sector = 512
	}
	if opt.Cluster == 0 {
		opt.Cluster = opt.Sector
	}
	return &Builder{opt: opt, root: &node{File: File{Path: "/", Directory: true}}}
}

// Add puts a file into the volume.
func (b *Builder) Add(files ...File) {
	for _, f := range files {
		at := b.root
		parts := strings.Split(strings.Trim(f.Path, "/"), "/")
		for i, name := range parts {
			last := i == len(parts)-1
			k := slices.IndexFunc(at.children, func(n *node) bool { return n.name == name && n.Directory && !last })
			if k < 0 {
				n := &node{File: File{Path: "/" + strings.Join(parts[:i+1], "/"), Directory: true, Times: f.Times, Zone: f.Zone}, name: name, parent: at}
				if last {
					n.File = f
				}
				at.children = append(at.children, n)
				b.order = append(b.order, n)
				k = len(at.children) - 1
			}
			at = at.children[k]
		}
	}
}

// Lookup says where the last Bytes put a file.
func (b *Builder) Lookup(path string) (Placed, bool) {
	p, ok := b.placed[path]
	return p, ok
}

// Bytes writes the volume.
func (b *Builder) Bytes() ([]byte, error) {
	l, err := b.layout()
	if err != nil {
		return nil, err
	}
	if b.opt.Kind == ExFAT {
		l.exfat()
	} else {
		l.fat()
	}
	if l.err != nil {
		return nil, l.err
	}
	b.placed = make(map[string]Placed)
	for _, n := range b.order {
		p := Placed{Clusters: n.clusters}
		if len(n.clusters) > 0 {
			p.First, p.Offset = n.clusters[0], l.place(n.clusters[0])
		}
		if n.parent == b.root && len(b.root.clusters) == 0 {
			p.Entry = l.rootAt + int64(n.entryAt)
		} else {
			p.Entry = l.place(n.parent.clusters[n.entryAt/b.opt.Cluster]) + int64(n.entryAt%b.opt.Cluster)
		}
		b.placed[n.Path] = p
	}
	return l.image, nil
}

// A layout is a volume being written. Offsets are bytes.
type layout struct {
	*Builder
	image     []byte
	table     int64
	tableSize int64
	tables    int
	rootAt    int64
	heap      int64
	clusters  uint32
	next      uint32 // first cluster that was not given out
	err       error
}

func (l *layout) place(cluster uint32) int64 {
	return l.heap + int64(cluster-2)*int64(l.opt.Cluster)
}

// take gives a node clusters for size bytes.
func (l *layout) take(n *node, size int) {
	if n.Over != "" {
		i := slices.IndexFunc(l.order, func(o *node) bool { return o.Path == n.Over && o.Deleted })
		if i < 0 {
			l.err = fmt.Errorf("fattest: %s lies over %s, which is no deleted file", n.Path, n.Over)
			return
		}
		n.clusters = l.order[i].clusters[:(size+l.opt.Cluster-1)/l.opt.Cluster]
		return
	}
	for ; size > 0; size -= l.opt.Cluster {
		if l.next >= l.clusters+2 {
			l.err = fmt.Errorf("fattest: %s: the volume of %d clusters is full", n.Path, l.clusters)
			return
		}
		n.clusters = append(n.clusters, l.next)
		if l.next++; n.Fragmented {
			l.next++
		}
	}
}

// write puts a node's bytes into its clusters.
func (l *layout) write(n *node, b []byte) {
	for _, c := range n.clusters {
		piece := min(len(b), l.opt.Cluster)
		copy(l.image[l.place(c):], b[:piece])
		b = b[piece:]
	}
}
