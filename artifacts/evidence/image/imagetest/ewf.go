// Package imagetest writes disk image containers from the specifications of
// their formats.
package imagetest

import (
	"errors"
	"io"
)

// Options describe the EWF-E01 image to write. The zero value gives 64
// sectors of 512 bytes a chunk, one segment, compressed chunks.
type Options struct {
	ChunkSectors int   // sectors a chunk; 0 is 64
	SectorSize   int   // bytes a sector; 0 is 512
	SegmentSize  int64 // a new segment file is begun before this many bytes; 0 is one segment
	Stored       bool  // keep chunks uncompressed
	TableEntries int   // chunks a table; 0 is 2048
}

// WriteE01 writes media as base.E01, base.E02, ... and returns the paths.
func WriteE01(base string, media io.ReaderAt, size int64, opt Options) ([]string, error) {
	return nil, errors.New("imagetest: not written yet")
}
