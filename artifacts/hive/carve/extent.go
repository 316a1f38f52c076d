package carve

import (
	"bytes"
	"fmt"
	"io"

	"hivetriage/artifacts/hive"
	"hivetriage/artifacts/internal/lznt1"
)

const (
	unitSize   = 64 << 10  // what NTFS compresses at once with clusters of 4 KiB
	maxBins    = 1 << 16   // bins that are followed
	maxExpand  = 16 << 20  // bytes that are decompressed
	maxPending = 512 << 20 // bytes of bins, as hive.Read takes
)

// A Hive is what a hit turned out to be.
type Hive struct {
	io.ReaderAt
	Size    int64 // bytes that can be read
	Stored  int64 // bytes that they take where they were found
	Stated  int64 // bytes that the base block states; 0 if it is gone
	Because string
}

// Complete reports whether all that the base block states is there.
func (h Hive) Complete() bool { return h.Stated > 0 && h.Size >= h.Stated }

// Open puts together what adjoins at a hit: base block and bins as far as
// they follow one another, or what is decompressed of them. r has size bytes.
// ok is false if there is no hive.
func Open(r io.ReaderAt, size int64, hit Hit) (h Hive, ok bool) {
	switch hit.Kind {
	case Base:
		head := read(r, size, hit.Offset, sector)
		if !hive.IsBaseBlock(head) || len(head) < sector {
			return Hive{}, false
		}
		length := int64(le.Uint32(head[40:]))
		bins := chain(r, size, hit.Offset+baseSize, min(length, maxPending))
		n := min(baseSize+bins, size-hit.Offset)
		return Hive{io.NewSectionReader(r, hit.Offset, n), n, n, baseSize + length,
			fmt.Sprintf("base block, and %d of %d bytes of bins that adjoin it", bins, length)}, true
	case Compressed:
		return expand(r, size, hit.Offset)
	case Bins:
		bins := chain(r, size, hit.Offset, maxPending)
		if bins == 0 {
			return Hive{}, false
		}
		base := madeUp(bins)
		return Hive{joined{base, io.NewSectionReader(r, hit.Offset, bins)}, baseSize + bins, bins, 0,
			fmt.Sprintf("%d bytes of bins from a hive's first bin on; its base block is gone, and one was made up to read them", bins)}, true
	}
	return Hive{}, false
}

// chain returns how many bytes of bins adjoin from offset on: each says its
// own place in the hive.
func chain(r io.ReaderAt, size, offset, most int64) int64 {
	var at int64
	for range maxBins {
		b := read(r, size, offset+at, binHeader)
		if len(b) < binHeader || string(b[:4]) != "hbin" || int64(le.Uint32(b[4:])) != at {
			return at
		}
		n := binSize(b)
		if n == 0 || at+n > most || offset+at+n > size {
			return at
		}
		at += n
	}
	return at
}

// expand decompresses units of 64 KiB as long as each decodes whole. They
// follow one another at multiples of the cluster size, of which 4 KiB is the
// largest that NTFS compresses with; an unit that did not shrink is stored as
// it is, and ends what can be told.
func expand(r io.ReaderAt, size, offset int64) (Hive, bool) {
	var out []byte
	var used int64
	for len(out) < maxExpand {
		src := read(r, size, offset+used, unitSize)
		unit := make([]byte, unitSize)
		n, took, err := lznt1.Decompress(unit, src)
		if n == 0 {
			break
		}
		n = (n + lznt1.ChunkSize - 1) / lznt1.ChunkSize * lznt1.ChunkSize // a chunk may stop short of its zeros
		out = append(out, unit[:n]...)
		used += (int64(took) + baseSize - 1) / baseSize * baseSize
		if err != nil || n < unitSize {
			break
		}
	}
	if !hive.IsBaseBlock(out) {
		return Hive{}, false
	}
	stated := baseSize + int64(le.Uint32(out[40:]))
	out = out[:min(int64(len(out)), stated)]
	return Hive{bytes.NewReader(out), int64(len(out)), min(used, size-offset), stated,
		fmt.Sprintf("LZNT1-compressed by NTFS; %d of %d bytes could be decompressed where they adjoin", len(out), stated)}, true
}

// madeUp is a base block for bins that have lost theirs: the root key is in
// the first cell of the first bin, as in every hive that Windows writes.
func madeUp(bins int64) []byte {
	b := make([]byte, baseSize)
	copy(b, signature)
	le.PutUint32(b[4:], 2) // counters that tell no way of saving
	le.PutUint32(b[8:], 2)
	le.PutUint32(b[20:], 1)
	le.PutUint32(b[24:], 5)
	le.PutUint32(b[32:], 1)
	le.PutUint32(b[36:], binHeader)
	le.PutUint32(b[40:], uint32(bins))
	le.PutUint32(b[508:], hive.Checksum(b))
	return b
}

// joined is a base block and the bins behind it.
type joined struct {
	base []byte
	bins io.ReaderAt
}

// ReadAt implements io.ReaderAt.
func (j joined) ReadAt(p []byte, offset int64) (int, error) {
	if offset < 0 || offset >= baseSize {
		return j.bins.ReadAt(p, offset-baseSize)
	}
	n := copy(p, j.base[offset:])
	if n == len(p) {
		return n, nil
	}
	m, err := j.bins.ReadAt(p[n:], 0)
	return n + m, err
}
