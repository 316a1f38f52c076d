package bounded

import (
	"context"
	"io"
	"sync"
)

const (
	// SweepBlock is the bytes of one read of a sweep, and what its place is a
	// multiple of. Four readers have four reads under way; larger blocks do not
	// stay in the processor's cache while they are searched.
	SweepBlock = 1 << 20
	// SweepReaders is how many reads of a sweep are worth being under way.
	SweepReaders = 4

	retrySize = 64 << 10 // bytes of a read where a block could not be read whole
)

// A passing reader can read what is read only once without keeping it in the
// system's cache.
type passing interface {
	ReadPassing(p []byte, off int64) (int, error)
}

// sweepReader returns what the blocks of a sweep are read from: where it can be
// done, in passing.
func sweepReader(r io.ReaderAt) func(p []byte, off int64) (int, error) {
	if s, ok := r.(*io.SectionReader); ok {
		outer, start, _ := s.Outer()
		if media, ok := outer.(passing); ok {
			return func(p []byte, off int64) (int, error) { return media.ReadPassing(p, start+off) }
		}
	}
	return r.ReadAt
}

// Sweep reads the first size bytes of d, which has that many, in order, by one
// goroutine for each of the functions, and hands every block to one of them: of
// SweepBlock bytes but for the last, or parts of a block where it cannot be
// read whole. What cannot be read is told to lost, also what is left when ctx
// ends. Read does not count it.
func (d Disk) Sweep(ctx context.Context, size int64, readers []func(b []byte, at int64), lost func(n, at int64, err error)) {
	read := sweepReader(d.r)
	next := make(chan int64)
	var group sync.WaitGroup
	for _, see := range readers {
		group.Go(func() {
			buf := make([]byte, min(SweepBlock, size))
			for at := range next {
				b := buf[:min(SweepBlock, size-at)]
				if n, _ := read(b, at); n == len(b) {
					see(b, at)
				} else {
					d.pieces(b, at, see, lost)
				}
			}
		})
	}
	at := int64(0)
	for ; at < size && ctx.Err() == nil; at += SweepBlock {
		next <- at
	}
	close(next)
	group.Wait()
	if at < size {
		lost(size-at, at, context.Cause(ctx))
	}
}

// pieces reads the parts of a block one by one.
func (d Disk) pieces(b []byte, at int64, see func(b []byte, at int64), lost func(n, at int64, err error)) {
	for start := 0; start < len(b); start += retrySize {
		piece, at := b[start:min(start+retrySize, len(b))], at+int64(start)
		n, err := d.r.ReadAt(piece, at)
		if n > 0 {
			see(piece[:n], at)
		}
		if n < len(piece) {
			lost(int64(len(piece)-n), at+int64(n), err)
		}
	}
}

// IsBlock reports whether b, handed out at a place by a sweep of size bytes, is
// a whole block.
func IsBlock(b []byte, at, size int64) bool {
	return at%SweepBlock == 0 && int64(len(b)) == min(SweepBlock, size-at)
}
