// Package directory reads a mounted image, an unpacked collection or a single
// file as evidence. Alternate data streams, deleted files and what NTFS alone
// knows cannot be seen this way.
package directory

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"hivetriage/artifacts"
)

// A Source is a directory tree. Its one volume has no name.
type Source struct{ path string }

// Open opens a directory tree.
func Open(path string) (*Source, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("%s is not a directory", path)
	}
	return &Source{path}, nil
}

// Name returns the path as given.
func (s *Source) Name() string { return s.path }

// Input describes the evidence. A directory has no size.
func (s *Source) Input() artifacts.Input {
	return artifacts.Input{Path: s.path, Kind: "directory"}
}

// Volumes yields the tree.
func (s *Source) Volumes(context.Context) iter.Seq2[artifacts.Volume, error] {
	return func(yield func(artifacts.Volume, error) bool) {
		yield(&volume{root: s.path}, nil)
	}
}

// Close does nothing: files are open only while they are read.
func (s *Source) Close() error { return nil }

// A File is a single file that was given as evidence on its own. Its one
// volume has one entry, whose path is the file's path as given.
type File struct {
	path, kind string
	f          *os.File
	info       fs.FileInfo
}

// OpenFile opens a single regular file. Kind says what it is: "evtx" or
// "hive".
func OpenFile(path, kind string) (*File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is not a regular file", path)
	}
	if err != nil {
		f.Close() // opened read-only: there is nothing to lose
		return nil, err
	}
	return &File{path, kind, f, info}, nil
}

// Name returns the path as given.
func (f *File) Name() string { return f.path }

// Input describes the evidence.
func (f *File) Input() artifacts.Input {
	return artifacts.Input{Path: f.path, Kind: f.kind, Size: f.info.Size()}
}

// Volumes yields a volume of one entry.
func (f *File) Volumes(context.Context) iter.Seq2[artifacts.Volume, error] {
	return func(yield func(artifacts.Volume, error) bool) {
		yield(&volume{root: f.path, file: f}, nil)
	}
}

// Media returns the bytes of the file, until Close.
func (f *File) Media() (io.ReaderAt, int64) { return f.f, f.info.Size() }

// Close closes the file.
func (f *File) Close() error { return f.f.Close() }

// An entry is one regular file.
type entry struct {
	at   artifacts.Locator
	path string // as the operating system wants it
	info fs.FileInfo
}

func (e *entry) Locator() artifacts.Locator { return e.at }
func (e *entry) Size() int64                { return e.info.Size() }

// Meta has the modification time only: what else the operating system tells
// may belong to the copy rather than to the original.
func (e *entry) Meta() artifacts.Meta {
	return artifacts.Meta{
		Times:      artifacts.Times{Modified: e.info.ModTime().UTC().Truncate(100)},
		Allocation: artifacts.Allocated,
	}
}

// Open opens the file unless something else took its place since the walk.
func (e *entry) Open(context.Context) (artifacts.Content, error) {
	f, err := e.open()
	if err != nil {
		return nil, artifacts.Located(e.at, err)
	}
	return f, nil
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
	return &content{f, info.Size()}, nil
}

type content struct {
	*os.File
	size int64
}

func (c *content) Size() int64 { return c.size }

// located makes the path of a file inside the root that Locators use: "/"
// between components, and bytes that are not UTF-8 as \xNN.
func located(rel string) string {
	rel = filepath.ToSlash(rel)
	if utf8.ValidString(rel) {
		return "/" + rel
	}
	var b strings.Builder
	b.WriteByte('/')
	for i := 0; i < len(rel); {
		r, n := utf8.DecodeRuneInString(rel[i:])
		if r == utf8.RuneError && n == 1 {
			fmt.Fprintf(&b, `\x%02X`, rel[i])
		} else {
			b.WriteString(rel[i : i+n])
		}
		i += n
	}
	return b.String()
}
