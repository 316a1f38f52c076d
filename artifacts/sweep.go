package artifacts

import (
	"context"
	"io"
)

// A Sweep searches a volume below its files: every byte of it, whoever it
// belongs to. Both methods are called from several goroutines.
type Sweep interface {
	// Block is shown the bytes from at on, a multiple of 512, during the call.
	Block(b []byte, at int64)
	// Lost is told of n bytes from at on that cannot be shown.
	Lost(n, at int64, err error)
}

// KnownHead is how many of a stream's first bytes a sweep keeps.
const KnownHead = 512

// Known is implemented by an Entry of which a sweep may have kept the first
// bytes: after it, to read them is a trip over the disk for each.
type Known interface {
	// Head returns the first KnownHead bytes, fewer only of a shorter stream;
	// nil where they were not kept.
	Head() []byte
}

// Swept is implemented by a Volume whose Find shows every byte to a Scan's
// Sweep.
type Swept interface {
	// Raw returns the bytes of the volume, of which size are in the evidence.
	Raw() (r io.ReaderAt, size int64)
	// Free returns how many bytes lie in clusters that are not in use.
	Free() (int64, error)
	// Owners tells what bytes of the volume belong to; it reads the file table
	// once for all of them. The offsets must ascend; the result has one element
	// for each. With an error the result holds what could be told.
	Owners(ctx context.Context, offsets []int64) ([]Ownership, error)
}

// An Ownership says what one byte of a volume belongs to.
type Ownership struct {
	Free   bool    // its cluster is not in use
	Owners []Owner // streams whose extents hold it, in the order of the file table; deleted files' too
}

// An Owner is a stream that a byte of a volume lies in.
type Owner struct {
	Entry  Entry
	Offset int64 // of the byte in the stream as it is stored, compressed or not
	Live   bool  // the file is in use
}
