package directory

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"sync"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/collection/layout"
)

// An entry is one regular file.
type entry struct {
	at     artifacts.Locator
	path   string // as the operating system wants it
	info   fs.FileInfo
	placed *placed // nil unless a collector's layout gives the original place
	head   []byte  // the first bytes of a file that was wanted

	mu       sync.Mutex
	verified bool
	mismatch string
}

// placed is what a collector's layout says of a file.
type placed struct {
	layout.Placement
	source   *Source
	ownTimes bool // the file's own time is the original's
}

func (e *entry) Locator() artifacts.Locator { return e.at }

// Size is that of the original, with its holes.
func (e *entry) Size() int64 {
	if s := e.sparse(); s != nil {
		return s.Size
	}
	return e.info.Size()
}

func (e *entry) sparse() *layout.Sparse {
	if e.placed == nil {
		return nil
	}
	return e.placed.Sparse
}

// name is what a Scan is asked with.
func (e *entry) name() (name, stream []byte) {
	if e.placed == nil {
		return []byte(filepath.Base(e.path)), nil
	}
	return []byte(path.Base(e.at.Path)), []byte(e.at.Stream)
}

// Meta has the times that the collector noted. Otherwise it has the
// modification time only: what else the operating system tells may belong to
// the copy rather than to the original.
func (e *entry) Meta() artifacts.Meta {
	e.mu.Lock()
	defer e.mu.Unlock()
	m := artifacts.Meta{Allocation: artifacts.Allocated, Unreliable: e.mismatch}
	if e.placed != nil {
		m.Allocation = e.placed.Allocation()
	}
	switch {
	case e.placed != nil && e.placed.Times != artifacts.Times{}:
		m.Times = e.placed.Times
	case e.placed == nil || e.placed.ownTimes:
		m.Times.Modified = e.info.ModTime().UTC().Truncate(100)
	}
	return m
}

// Head returns the first bytes of a file that Find has yielded, so that they
// can be asked before the file is read, and its digest checked, in full.
func (e *entry) Head() []byte { return e.head }

// Verify compares the file with the digest that the collector noted, as the
// first Open does: several files can be compared side by side before they are
// read.
func (e *entry) Verify(ctx context.Context) error {
	if e.placed == nil || !e.placed.Digests.Known() {
		return nil
	}
	f, err := e.Open(ctx)
	if err != nil {
		return err
	}
	return f.Close()
}

// Open opens the file unless something else took its place since the walk. At
// the first time its digest is compared with the one that the collector
// noted; a mismatch is among the Source's problems and in Meta.
func (e *entry) Open(ctx context.Context) (artifacts.Content, error) {
	f, err := e.open()
	if err != nil {
		return nil, artifacts.Located(e.at, err)
	}
	if err := e.verify(ctx, f); err != nil {
		f.Close() // opened read-only: there is nothing to lose
		return nil, artifacts.Located(e.at, err)
	}
	return f, nil
}

func (e *entry) verify(ctx context.Context, f *content) error {
	if e.placed == nil || !e.placed.Digests.Known() {
		return nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.verified {
		return nil
	}
	err := e.placed.Digests.Verify(ctx, io.NewSectionReader(f.f, 0, e.info.Size()))
	var p *artifacts.Problem
	if errors.As(err, &p) {
		e.mismatch = p.Err.Error()
		e.placed.source.differs(artifacts.Located(e.at, p))
		err = nil
	}
	e.verified = err == nil
	return err
}

// differs notes a file whose digest does not fit.
func (s *Source) differs(p *artifacts.Problem) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mismatches = append(s.mismatches, p)
}

func (e *entry) open() (*content, error) {
	f, err := os.Open(e.path)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !os.SameFile(info, e.info) {
		err = fmt.Errorf("%s was replaced while it was examined", e.path)
	}
	if err != nil {
		f.Close() // opened read-only: there is nothing to lose
		return nil, err
	}
	if s := e.sparse(); s != nil {
		return &content{s.Reader(f), f, s.Size}, nil
	}
	return &content{f, f, info.Size()}, nil
}

// content is an open file, with its holes where it had some.
type content struct {
	io.ReaderAt
	f    *os.File
	size int64
}

func (c *content) Size() int64  { return c.size }
func (c *content) Close() error { return c.f.Close() }

// Stored implements artifacts.Holed.
func (c *content) Stored(off int64) (from, to int64) {
	if h, ok := c.ReaderAt.(artifacts.Holed); ok {
		return h.Stored(off)
	}
	return off, c.size
}
