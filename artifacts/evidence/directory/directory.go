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
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/collection/layout"
)

// A Source is a directory tree: one volume without a name, or, where a
// collector made the tree, one for each drive and one for the rest.
type Source struct {
	path string

	mu         sync.Mutex
	layout     *layout.Layout       // of the last walk; nil for a tree as it is
	mismatches []*artifacts.Problem // digests that do not fit
}

// Open opens a directory tree.
func Open(path string) (*Source, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("%s is not a directory", path)
	}
	return &Source{path: path}, nil
}

// Name returns the path as given.
func (s *Source) Name() string { return s.path }

// Input describes the evidence. A directory has no size; its collector is
// known once Volumes has walked it.
func (s *Source) Input() artifacts.Input {
	in := artifacts.Input{Path: s.path, Kind: "directory"}
	if l := s.recognised(); l != nil {
		in.Collector = l.Collector
	}
	return in
}

// Host returns the computer's name in the collector's metadata and where it
// stands, once Volumes has walked the tree; "" where there is none.
func (s *Source) Host() (name, because string) {
	if l := s.recognised(); l != nil {
		return l.Host, l.HostBecause
	}
	return "", ""
}

// Because says what the collector was recognised by, once Volumes has walked
// the tree.
func (s *Source) Because() []string {
	if l := s.recognised(); l != nil {
		return l.Because
	}
	return nil
}

func (s *Source) recognised() *layout.Layout {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.layout
}

// Volumes walks the tree and yields its volumes.
func (s *Source) Volumes(ctx context.Context) iter.Seq2[artifacts.Volume, error] {
	return func(yield func(artifacts.Volume, error) bool) {
		for _, v := range s.walk(ctx) {
			if !yield(v, nil) {
				return
			}
		}
	}
}

// Problems returns what is wrong with the collector's metadata, and the files
// opened so far whose digest is not the one in them.
func (s *Source) Problems() []*artifacts.Problem {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []*artifacts.Problem
	if s.layout != nil {
		for _, p := range s.layout.Problems {
			q := *p
			q.At = artifacts.Locator{Source: s.path}
			if p.At.Member != "" {
				q.At.Path = "/" + p.At.Member
			}
			all = append(all, &q)
		}
	}
	slices.SortFunc(s.mismatches, func(a, b *artifacts.Problem) int { return a.At.Compare(b.At) })
	return append(all, s.mismatches...)
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

// Table is the kind of a single file that is an NTFS volume's file table, and
// its volume's file system.
const Table = "$MFT"

// OpenFile opens a single regular file. Kind says what it is: "evtx", "hive"
// or Table.
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
		kind := f.kind
		if kind == "evtx" {
			kind = "log"
		}
		yield(&volume{source: f.path, info: artifacts.VolumeInfo{FileSystem: kind, Size: f.info.Size()},
			files: []*entry{{at: artifacts.Locator{Source: f.path, Path: f.path}, path: f.path, info: f.info}}}, nil)
	}
}

// Media returns the bytes of the file, until Close.
func (f *File) Media() (io.ReaderAt, int64) { return f.f, f.info.Size() }

// Close closes the file.
func (f *File) Close() error { return f.f.Close() }

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
