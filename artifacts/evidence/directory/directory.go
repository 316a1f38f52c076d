// Package directory reads a mounted image, an unpacked collection or a single
// file as evidence.
package directory

import (
	"context"
	"iter"

	"hivetriage/artifacts"
)

// A Source is a directory tree or a single file.
type Source struct{ path, kind string }

// Open opens a directory tree.
func Open(path string) (*Source, error) { return &Source{path, "directory"}, nil }

// OpenFile opens a single file. Kind says what it is: "evtx" or "hive".
func OpenFile(path, kind string) (*Source, error) { return &Source{path, kind}, nil }

// Name returns the path as given.
func (s *Source) Name() string { return s.path }

// Input describes the evidence.
func (s *Source) Input() artifacts.Input { return artifacts.Input{Path: s.path, Kind: s.kind} }

// Volumes yields the one volume.
func (s *Source) Volumes(context.Context) iter.Seq2[artifacts.Volume, error] {
	return func(func(artifacts.Volume, error) bool) {}
}

// Close does nothing: files are opened when they are read.
func (s *Source) Close() error { return nil }
