package ntfs

import (
	"fmt"
	"strings"
	"sync"

	"hivetriage/artifacts/internal/windows"
)

const (
	// orphans is the directory under which sleuthkit, too, puts the files
	// whose parents are lost.
	orphans = "/$OrphanFiles"

	maxDepth     = 16384   // directories above a file: a Windows path has at most 32767 characters
	maxPathCache = 8 << 20 // bytes of paths that are remembered
	cachedDepth  = 64      // in a longer chain only the nearest directory is remembered
)

// paths remembers the paths of directories by reference. "" is the root.
type paths struct {
	mu    sync.Mutex
	known map[uint64]string
	size  int
}

func (p *paths) get(ref uint64) (string, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	path, ok := p.known[ref]
	return path, ok
}

func (p *paths) put(ref uint64, path string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.size += len(path) + 64; p.known == nil || p.size > maxPathCache {
		p.known, p.size = make(map[uint64]string), len(path)+64
	}
	p.known[ref] = path
}

// path returns the path of f by its best name.
func (v *Volume) path(f *file) string {
	if f.number == recordRoot {
		return "/"
	}
	n := f.best()
	if n == nil {
		return fmt.Sprintf("%s/OrphanFile-%d", orphans, f.number)
	}
	return v.pathOf(n)
}

func (v *Volume) pathOf(n *name) string { return v.directory(n.parent) + "/" + component(n.utf16) }

// component writes a file name so that it cannot pass for more than one
// component of a path, or for a walk through one.
func component(utf16 []byte) string {
	s := windows.UTF16(utf16)
	switch s {
	case ".":
		return `\u002e`
	case "..":
		return `\u002e\u002e`
	}
	return strings.ReplaceAll(s, "/", `\u002f`)
}

// directory returns the path of the directory that ref names. Where a parent
// is lost, or is its own ancestor, the path begins with orphans.
func (v *Volume) directory(ref uint64) string {
	type link struct {
		ref  uint64
		name string
	}
	var chain []link
	seen := make(map[uint64]bool)
	base := orphans
	for {
		if number, _ := splitReference(ref); number == recordRoot {
			base = ""
			break
		}
		if path, ok := v.paths.get(ref); ok {
			base = path
			break
		}
		if seen[ref] || len(chain) == maxDepth {
			for _, l := range chain {
				v.paths.put(l.ref, orphans)
			}
			return orphans
		}
		n := v.parent(ref)
		if n == nil {
			break
		}
		seen[ref] = true
		chain = append(chain, link{ref, component(n.utf16)})
		ref = n.parent
	}
	for i := len(chain) - 1; i >= 0; i-- {
		base += "/" + chain[i].name
		if i < cachedDepth {
			v.paths.put(chain[i].ref, base)
		}
	}
	return base
}

// parent returns the name of the directory that ref names, nil if the record
// is not that directory any more.
func (v *Volume) parent(ref uint64) *name {
	f := v.directoryFile(ref)
	if f == nil {
		return nil
	}
	return f.best()
}

// directoryFile returns the directory that ref names, nil if the record is not
// that directory any more. A deleted directory counts.
func (v *Volume) directoryFile(ref uint64) *file {
	number, sequence := splitReference(ref)
	if number >= maxRecords {
		return nil
	}
	f, err := v.loadFile(uint32(number))
	if err != nil || f.header.base != 0 || f.header.flags&recordDirectory == 0 || !succeeds(f.header, sequence) {
		return nil
	}
	return f
}
