// Package evidence opens any input as a Source of volumes. It never interprets
// the content of the files in them.
package evidence

import (
	"context"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/directory"
)

// A Mode says what the user called the input.
type Mode uint8

const (
	Any   Mode = iota // recognise by content
	Image             // a disk image, whatever its content
	Path              // a directory
)

// Options say how to open an input.
type Options struct {
	Mode Mode
}

// Open opens the evidence at path.
//
// A source made from an image also implements artifacts.Media and Reporter.
func Open(ctx context.Context, path string, opt Options) (artifacts.Source, error) {
	return directory.Open(path)
}

// A Reporter is a Source that meets trouble in its container while it is
// read. Problems is asked after the scan.
type Reporter interface {
	Problems() []*artifacts.Problem
}
