package snapshot

import (
	"io"
	"math/bits"

	"hivetriage/artifacts"
)

// A piece is where a range of a shadow copy is read from.
type piece struct {
	offset int64 // on the volume
	length int64
	zero   bool // was not in use: nothing is read
}

// ReadAt reads the volume as it was when the shadow copy was made. Blocks that
// were not in use then read as zeros.
func (s *Store) ReadAt(p []byte, off int64) (n int, err error) {
	if off < 0 {
		return 0, artifacts.NewProblem(artifacts.Bug, off, "a negative offset")
	}
	for n < len(p) {
		at := off + int64(n)
		if at >= s.Size {
			return n, io.EOF
		}
		x, err := s.extent(at, min(int64(len(p)-n), s.Size-at))
		if err != nil {
			return n, err
		}
		part := p[n : n+int(x.length)]
		if x.zero {
			clear(part)
		} else if p := readFull(s.volume, part, x.offset); p != nil {
			return n, p
		}
		n += len(part)
	}
	return n, nil
}

// extent joins pieces that lie behind one another, up to want bytes.
func (s *Store) extent(off, want int64) (piece, error) {
	x, err := s.resolve(off)
	if err != nil {
		return x, err
	}
	for x.length < want {
		next, err := s.resolve(off + x.length)
		if err != nil || next.zero != x.zero || !x.zero && next.offset != x.offset+x.length {
			break // the next call meets the error again
		}
		x.length += next.length
	}
	x.length = min(x.length, want)
	return x, nil
}

// resolve finds where the bytes at off, to the end of a block at most, are
// read from.
func (s *Store) resolve(off int64) (piece, error) {
	x := piece{offset: off, length: blockSize - off%blockSize}
	if o, ok := s.layers[0].overlay(uint32(off / blockSize)); ok {
		within := off % blockSize
		var covered bool
		if covered, x.length = o.covers(within); covered {
			x.offset = o.target + within
			return x, nil
		}
	}
	for i, l := range s.layers {
		b, ok := l.block(uint32(x.offset / blockSize))
		if !ok {
			if l.incomplete {
				return x, artifacts.NewProblem(artifacts.Malformed, off, "this block of the shadow copy cannot be told: the list of %s, in which it may stand, is damaged", l.guid)
			}
			continue
		}
		x.offset = b.target + x.offset%blockSize
		if !b.forward || i == len(s.layers)-1 {
			return x, nil
		}
	}
	if number := off / blockSize; int(number/8) < len(s.unused) {
		x.zero = s.unused[number/8]&(1<<(number%8)) != 0
	}
	return x, nil
}

// covers tells whether the overlay holds the sector at an offset in its block,
// and for how many bytes from there that stays so.
func (o overlay) covers(within int64) (bool, int64) {
	first := within / sectorSize
	rest := o.sectors >> first
	covered := rest&1 != 0
	if covered {
		rest = ^rest
	}
	run := min(int64(bits.TrailingZeros32(rest)), blockSize/sectorSize-first)
	return covered, run*sectorSize - within%sectorSize
}
