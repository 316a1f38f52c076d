package artifacts

import (
	"context"
	"io"
)

// Swept is implemented by a Volume that can be searched below its files:
// every byte of it, whoever it belongs to.
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
