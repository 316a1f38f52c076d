package image

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/adler32"
	"io"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/klauspost/compress/zlib"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/image/blocks"
)

// parallelChunks is from how many whole chunks on a read is shared out.
const parallelChunks = 4

// A decoder is the memory that decoding one chunk needs.
type decoder struct {
	stored []byte
	zlib   blocks.Zlib
	padded []byte // the last chunk, where its stream is as long as the others'
}

// ReadAt reads media bytes. Every chunk it touches is verified against its
// Adler-32 before a byte of it is counted as read.
func (e *ewf) ReadAt(p []byte, off int64) (int, error) {
	done := 0
	for done < len(p) {
		at := off + int64(done)
		if at >= e.size {
			return done, io.EOF
		}
		chunk, inside := at/e.chunkSize, at%e.chunkSize
		rest := p[done:]
		if whole := int64(len(rest)) / e.chunkSize; inside == 0 && whole > 0 && at+e.chunkSize <= e.size {
			whole = min(whole, (e.size-at)/e.chunkSize)
			n, err := e.readWhole(rest[:whole*e.chunkSize], chunk)
			done += n
			if err != nil {
				return done, err
			}
			continue
		}
		n, err := e.readPart(rest, chunk, inside)
		if err != nil {
			return done, err
		}
		done += n
	}
	return done, nil
}

// readWhole decodes chunks from number first on straight into p, which is a
// multiple of the chunk size long.
func (e *ewf) readWhole(p []byte, first int64) (int, error) {
	count := int64(len(p)) / e.chunkSize
	workers := int64(runtime.GOMAXPROCS(0))
	if count < parallelChunks {
		workers = 1
	}
	errs := make([]*artifacts.Problem, min(workers, count))
	bad := make([]int64, len(errs)) // the chunk each error is about
	var next, stop atomic.Int64
	stop.Store(count)
	work := func(w int) {
		for i := next.Add(1) - 1; i < stop.Load(); i = next.Add(1) - 1 {
			if err := e.readChunk(p[i*e.chunkSize:][:e.chunkSize], first+i); err != nil {
				errs[w], bad[w] = err, i
				stop.Store(min(i, stop.Load())) // chunks before i are in work already
				return
			}
		}
	}
	var wg sync.WaitGroup
	for w := 1; w < len(errs); w++ {
		wg.Go(func() { work(w) })
	}
	work(0)
	wg.Wait()
	good, failed := count, error(nil)
	for w, err := range errs {
		if err != nil && bad[w] < good {
			good, failed = bad[w], err
		}
	}
	return int(good * e.chunkSize), failed
}

// readPart reads what p has room for of a chunk from a byte inside it on, and
// keeps the whole for the reads after this one.
func (e *ewf) readPart(p []byte, chunk, inside int64) (n int, err error) {
	e.chunks.Use(chunk, func(b *[]byte, filled bool) bool {
		if !filled {
			length := min(e.chunkSize, e.size-chunk*e.chunkSize)
			*b = slices.Grow((*b)[:0], int(length))[:length]
			if problem := e.readChunk(*b, chunk); problem != nil {
				err = problem
				return false
			}
		}
		n = copy(p, (*b)[inside:])
		return true
	})
	return n, err
}

// readChunk decodes a chunk into dst, which is as long as the chunk.
func (e *ewf) readChunk(dst []byte, chunk int64) *artifacts.Problem {
	index, found := slices.BinarySearchFunc(e.groups, chunk, func(g group, n int64) int {
		switch {
		case g.first > n:
			return 1
		case g.first+g.count <= n:
			return -1
		}
		return 0
	})
	if !found {
		return e.log.add(artifacts.NewProblem(artifacts.Malformed, chunk*e.chunkSize, "no table has chunk %d", chunk))
	}
	g := &e.groups[index]
	if g.lost != nil && len(g.tables) == 0 {
		return g.lost
	}
	t, lost := e.loadTable(index)
	if lost != nil {
		return lost
	}
	at, most, compressed := t.chunk(int(chunk-g.first), g, e.chunkSize+e.chunkSize/8+1024)
	part := e.parts[g.part]
	if !compressed {
		most = int64(len(dst)) + 4
	}
	d := e.decode.Get().(*decoder)
	defer e.decode.Put(d)
	err := d.load(part, at, most)
	if err == nil && compressed {
		err = e.inflate(d, dst)
	} else if err == nil {
		err = d.copy(dst)
	}
	if err == nil {
		return nil
	}
	p := artifacts.Located(artifacts.Locator{}, err)
	begin := chunk * e.chunkSize
	return e.log.add(artifacts.NewProblem(p.Kind, begin, "%s at offset %d: chunk %d (media bytes %d to %d): %w",
		part.name, at, chunk, begin, begin+int64(len(dst))-1, p.Err))
}

// load reads the stored form of a chunk, or as much of it as there is.
func (d *decoder) load(part segment, at, most int64) error {
	if at >= part.size {
		return artifacts.NewProblem(artifacts.Truncated, -1, "the file ends at offset %d", part.size)
	}
	most = min(most, part.size-at)
	d.stored = slices.Grow(d.stored[:0], int(most))[:most]
	if _, err := readFull(part.r, d.stored, at); err != nil {
		return artifacts.NewProblem(artifacts.IO, -1, "%w", err)
	}
	return nil
}

// copy takes a chunk that is not compressed: its bytes and their Adler-32.
func (d *decoder) copy(dst []byte) error {
	if len(d.stored) < len(dst)+4 {
		return artifacts.NewProblem(artifacts.Truncated, -1, "the file ends after %d of %d bytes", len(d.stored), len(dst)+4)
	}
	data := d.stored[:len(dst)]
	if sum := binary.LittleEndian.Uint32(d.stored[len(dst):]); sum != adler32.Checksum(data) {
		return artifacts.NewProblem(artifacts.Checksum, -1, "stored checksum %08x, computed %08x", sum, adler32.Checksum(data))
	}
	copy(dst, data)
	return nil
}

// inflate decodes a zlib stream, which ends with the Adler-32 of the chunk.
// That of the last chunk of the media may be as long as the others', with
// padding.
// The stream of a chunk of zeros is kept: where the same bytes come again they
// need no decoding.
func (e *ewf) inflate(d *decoder, dst []byte) error {
	whole := int64(len(dst)) == e.chunkSize
	if zeros := e.zeros.Load(); zeros != nil && whole && bytes.HasPrefix(d.stored, *zeros) {
		clear(dst)
		return nil
	}
	out := dst
	if !whole {
		d.padded = slices.Grow(d.padded[:0], int(e.chunkSize))[:e.chunkSize]
		out = d.padded
	}
	n, used, err := d.zlib.Inflate(out, d.stored)
	if err == nil && n < len(dst) {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return broken(err, len(d.stored))
	}
	if !whole {
		copy(dst, out)
	} else if used < 256 && allZero(dst) {
		zeros := bytes.Clone(d.stored[:used])
		e.zeros.Store(&zeros)
	}
	return nil
}

// broken says what a failed decompression means for the evidence.
func broken(err error, have int) error {
	switch {
	case errors.Is(err, zlib.ErrChecksum):
		return artifacts.NewProblem(artifacts.Checksum, -1, "the Adler-32 of its zlib stream does not fit")
	case errors.Is(err, blocks.ErrFull):
		return artifacts.NewProblem(artifacts.Malformed, -1, "the chunk decompresses to more than its size")
	case errors.Is(err, io.ErrUnexpectedEOF):
		return artifacts.NewProblem(artifacts.Truncated, -1, "its zlib stream goes on after %d bytes", have)
	}
	return artifacts.NewProblem(artifacts.Malformed, -1, "zlib: %w", err)
}

func allZero(b []byte) bool {
	for len(b) >= 8 {
		if binary.LittleEndian.Uint64(b) != 0 {
			return false
		}
		b = b[8:]
	}
	return bytes.Count(b, []byte{0}) == len(b)
}
