// Package carve finds registry hives in bytes that no file record leads to,
// and in the middle of files: base blocks at any offset, the beginnings of
// hives that NTFS compressed, and bins whose base block is gone. A sweep only
// notes where something stands; what it is, is asked later, when it is known
// which places are those of files.
//
// Format facts: "Windows registry file format specification" (msuhanov/regf)
// for base blocks and bins; [MS-XCA] 2.5 for LZNT1.
package carve

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"sync"

	"hivetriage/artifacts"
	"hivetriage/artifacts/hive"
	"hivetriage/artifacts/internal/lznt1"
)

const (
	maxHits   = 1 << 17 // places that one search keeps
	sector    = 512     // what bins and compressed chunks are aligned to
	baseSize  = 4096    // bytes of a base block
	binHeader = 32
)

var (
	le        = binary.LittleEndian
	signature = []byte("regf")
)

// A Kind says what stands at a place.
type Kind uint8

const (
	Base       Kind = iota + 1 // a base block
	Compressed                 // an LZNT1 chunk that begins with a base block
	Bins                       // the first bin of a hive, without a base block before it
)

// A Hit is a place where a hive may begin.
type Hit struct {
	Offset int64
	Kind   Kind
}

// A Sweep is the outcome of one.
type Sweep struct {
	Hits   []Hit // ascending, one for each place
	Read   int64 // bytes that were searched
	Unread int64 // bytes that were not
	First  error // why the first of them was not, a *artifacts.Problem
}

// A Search notes every place where a hive may begin in bytes that it is shown.
// It implements artifacts.Sweep and may be shown blocks by several goroutines,
// in any order.
type Search struct {
	r    io.ReaderAt
	size int64

	mu      sync.Mutex
	sweep   Sweep
	firstAt int64
	more    bool // there were more hits than are kept
}

// NewSearch begins a search of the size bytes of r, which is read only where a
// place has to be looked at more closely.
func NewSearch(r io.ReaderAt, size int64) *Search { return &Search{r: r, size: size} }

// Block searches the bytes from at on, which is a multiple of the sector size.
func (s *Search) Block(b []byte, at int64) {
	hits := scan(b, at)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep.Read += int64(len(b))
	if len(s.sweep.Hits)+len(hits) > maxHits {
		s.more = true
		return
	}
	s.sweep.Hits = append(s.sweep.Hits, hits...)
}

// Lost notes n bytes from at on that cannot be searched.
func (s *Search) Lost(n, at int64, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep.Unread += n
	if s.sweep.First != nil && at >= s.firstAt {
		return
	}
	if err == nil || errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	var p *artifacts.Problem
	if !errors.As(err, &p) {
		p = artifacts.NewProblem(artifacts.IO, at, "sweep: %w", err)
	}
	s.sweep.First, s.firstAt = p, at
}

// Finish sorts the hits and leaves out those that are none on a closer look.
// It is called once, after everything was shown.
func (s *Search) Finish() Sweep {
	w := &s.sweep
	slices.SortFunc(w.Hits, func(a, b Hit) int { return int(min(max(a.Offset-b.Offset, -1), 1)) })
	w.Hits = slices.Compact(w.Hits)
	w.Hits = slices.DeleteFunc(w.Hits, func(h Hit) bool { return !plausible(s.r, s.size, h) })
	if s.more && w.First == nil {
		w.First = artifacts.NewProblem(artifacts.Limit, -1, "sweep: more than %d places where a hive may begin; not all are looked at", maxHits)
	}
	return *w
}

// scan looks for signatures in a block that begins at a multiple of the
// sector size. A signature that only begins in the block is taken for a hit:
// plausible looks at all of it.
//
// It goes from one third letter of the signature to the next: that is the
// rarest of them, and the search for a single byte the fastest.
func scan(b []byte, at int64) (hits []Hit) {
	const (
		third = 2
		regf  = 0x66676572
		hbin  = 0x6E696268
	)
	for from := third; from < len(b); {
		n := bytes.IndexByte(b[from:], signature[third])
		if n < 0 {
			break
		}
		from += n + 1
		i := from - 1 - third
		switch {
		case len(b)-i < len(signature) || le.Uint32(b[i:]) != regf:
		case i >= 3 && (i-3)%sector == 0 && b[i-1] == 0 && b[i-2]>>4 == 0xB:
			hits = append(hits, Hit{at + int64(i-3), Compressed})
		case len(b)-i < binHeader || hive.IsBaseBlock(b[i:]):
			hits = append(hits, Hit{at + int64(i), Base})
		}
	}
	for n := len(signature) - 1; n > 0; n-- {
		if bytes.HasSuffix(b, signature[:n]) {
			hits = append(hits, Hit{at + int64(len(b)-n), Base})
		}
	}
	for i := 0; i+12 <= len(b); i += sector {
		if le.Uint32(b[i:]) == hbin && le.Uint32(b[i+4:]) == 0 && binSize(b[i:]) > 0 {
			hits = append(hits, Hit{at + int64(i), Bins})
		}
	}
	return hits
}

// binSize returns the size in the header of a bin, 0 if no bin has it.
func binSize(header []byte) int64 {
	const most = 64 << 20
	size := int64(le.Uint32(header[8:]))
	if size%baseSize != 0 || size > most {
		return 0
	}
	return size
}

// plausible takes a closer look at a hit: a base block has its checksum or a
// first bin behind it, a compressed one decodes to a base block, and a first
// bin has none of these before it.
func plausible(r io.ReaderAt, size int64, h Hit) bool {
	switch h.Kind {
	case Base:
		head := read(r, size, h.Offset, sector)
		if !hive.IsBaseBlock(head) {
			return false
		}
		bin := read(r, size, h.Offset+baseSize, binHeader)
		return hive.ChecksumOK(head) || firstBin(bin)
	case Compressed:
		head := make([]byte, lznt1.ChunkSize)
		_, _, err := lznt1.Decompress(head, read(r, size, h.Offset, lznt1.ChunkSize+2))
		return (err == nil || hive.ChecksumOK(head)) && hive.IsBaseBlock(head)
	}
	return h.Offset < baseSize || !hive.IsBaseBlock(read(r, size, h.Offset-baseSize, binHeader))
}

func firstBin(b []byte) bool {
	return len(b) >= binHeader && string(b[:4]) == "hbin" && le.Uint32(b[4:]) == 0 && binSize(b) > 0
}

// read returns up to n bytes at an offset.
func read(r io.ReaderAt, size, offset int64, n int) []byte {
	b := make([]byte, max(0, min(int64(n), size-offset)))
	n, _ = r.ReadAt(b, offset) // a hit whose bytes cannot be read is none; Search tells of the loss
	return b[:n]
}
