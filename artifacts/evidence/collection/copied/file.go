package copied

import (
	"context"
	"errors"
	"io"
	"path"
	"strings"
	"sync"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/collection/layout"
)

// A file is a collected stream in its original place.
type file struct {
	stored     artifacts.Entry // on the volume that it was copied to
	at         artifacts.Locator
	placed     layout.Placement
	collection *Collection

	mu       sync.Mutex
	verified bool
	mismatch string
}

// Locator tells where the file comes from.
func (f *file) Locator() artifacts.Locator { return f.at }

// Size is that of the original, with its holes.
func (f *file) Size() int64 {
	if f.placed.Sparse != nil {
		return f.placed.Sparse.Size
	}
	return f.stored.Size()
}

// name is what a Scan is asked with.
func (f *file) name() (name, stream []byte) { return []byte(path.Base(f.at.Path)), []byte(f.at.Stream) }

// Meta has the times that the collector noted, or else the time of the last
// write, if it gave the copies that of the originals. Record, owner and the
// other times are those of the copy.
func (f *file) Meta() artifacts.Meta {
	stored := f.stored.Meta()
	m := artifacts.Meta{Allocation: f.placed.Allocation(), Unreliable: stored.Unreliable}
	switch {
	case f.placed.Times != artifacts.Times{}:
		m.Times = f.placed.Times
	case f.collection.OwnTimes:
		m.Times.Modified, m.LocalTimes = stored.Times.Modified, stored.LocalTimes
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.mismatch != "" {
		m.Unreliable = strings.TrimPrefix(m.Unreliable+"; "+f.mismatch, "; ")
	}
	return m
}

// Open opens the copy. At the first time its digest is compared with the one
// that the collector noted; a mismatch is among the collection's problems and
// in Meta.
func (f *file) Open(ctx context.Context) (artifacts.Content, error) {
	c, err := f.stored.Open(ctx)
	if err != nil {
		return nil, f.located(err)
	}
	if err := f.verify(ctx, c); err != nil {
		c.Close() // opened read-only: there is nothing to lose
		return nil, f.located(err)
	}
	return f.whole(c), nil
}

// located turns an error with the copy into one with the file in its place.
func (f *file) located(err error) *artifacts.Problem {
	p := artifacts.Located(f.at, err)
	p.At = f.at
	return p
}

func (f *file) verify(ctx context.Context, c artifacts.Content) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.verified || !f.placed.Digests.Known() {
		return nil
	}
	err := f.placed.Digests.Verify(ctx, io.NewSectionReader(c, 0, c.Size()))
	var p *artifacts.Problem
	if errors.As(err, &p) && p.Kind == artifacts.Checksum && p.At == (artifacts.Locator{}) {
		f.mismatch = p.Err.Error()
		f.collection.differs(artifacts.Located(f.at, p))
		err = nil
	}
	f.verified = err == nil
	return err
}

// whole puts the holes back into a sparse file.
func (f *file) whole(c artifacts.Content) artifacts.Content {
	if f.placed.Sparse == nil {
		return c
	}
	return f.placed.Sparse.Expand(c)
}
