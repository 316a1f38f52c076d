package ese

import (
	"context"

	"hivetriage/artifacts"
)

const (
	maxDepth = 16      // levels of a tree
	maxPages = 1 << 26 // of a database: 256 GiB of 4 KiB
)

// A walk goes through the leaves of one tree from the left to the right.
type walk struct {
	f      *File
	ctx    context.Context
	object uint32
	seen   []uint64
	levels [maxDepth]page
	last   uint32 // the page to the right of the last leaf
	yield  func(*page, error) bool
}

// leaves yields each leaf of the tree at a root. The page is valid until the
// next one. What cannot be read is an error in its place.
func (f *File) leaves(ctx context.Context, root, object uint32, yield func(*page, error) bool) {
	pages := f.size / int64(f.Front.PageSize)
	if pages > maxPages {
		yield(nil, artifacts.NewProblem(artifacts.Limit, -1, "database: %d pages, %d are read", pages, maxPages))
		return
	}
	w := &walk{f: f, ctx: ctx, object: object, seen: make([]uint64, pages/64+1), yield: yield}
	if !w.below(root, 0) {
		return
	}
	// In a database that was not closed, a leaf at the right end may have been
	// divided and written while the page above it was not.
	for w.last != 0 && int64(w.last) < pages && w.seen[w.last/64]>>(w.last%64)&1 == 0 {
		next := w.last
		w.last = 0
		p := &w.levels[0]
		if err := f.load(p, next); err != nil || p.object != object || p.flags&leafPage == 0 {
			return
		}
		if !w.below(next, 0) {
			return
		}
	}
}

// below visits a page and those under it; false to stop.
func (w *walk) below(number uint32, depth int) bool {
	if err := w.ctx.Err(); err != nil {
		w.yield(nil, artifacts.NewProblem(artifacts.IO, -1, "database: %w", err))
		return false
	}
	if depth == maxDepth {
		return w.yield(nil, artifacts.NewProblem(artifacts.Limit, (int64(number)+1)*int64(w.f.Front.PageSize), "database: page %d: a tree of more than %d levels", number, maxDepth))
	}
	p := &w.levels[depth]
	if err := w.f.load(p, number); err != nil {
		return w.yield(nil, err)
	}
	if w.seen[number/64]>>(number%64)&1 != 0 {
		return w.yield(nil, artifacts.NewProblem(artifacts.Malformed, p.offset(), "database: page %d is in the tree more than once", number))
	}
	w.seen[number/64] |= 1 << (number % 64)
	if p.object != w.object || p.flags&(spacePage|indexPage|longPage) != 0 {
		return w.yield(nil, artifacts.NewProblem(artifacts.Malformed, p.offset()+24, "database: page %d is no longer, or not yet, one of the table", number))
	}
	if !p.sound && !w.yield(nil, artifacts.NewProblem(artifacts.Checksum, p.offset(), "database: page %d", number)) {
		return false
	}
	if p.flags&leafPage != 0 {
		w.last = p.next
		return w.yield(p, nil)
	}
	for i := p.first; i < p.tags; i++ {
		n, ok := p.node(i)
		child, whole := n.child()
		if !ok || !whole {
			if !w.yield(nil, artifacts.NewProblem(artifacts.Malformed, p.offset(), "database: page %d: node %d", number, i)) {
				return false
			}
			continue
		}
		if !w.below(child, depth+1) {
			return false
		}
	}
	return true
}
