package hive

import (
	"errors"
	"fmt"
	"io"
	"iter"

	"hivetriage/artifacts"
)

const (
	maxHive     = 512 << 20 // bytes of bins that Read takes into memory
	maxTrailing = 64 << 20  // bytes after the bins that are looked at
	maxProblems = 64        // problems that a Hive keeps
)

// A Hive is a registry hive in memory. Its reachable cells have been checked:
// no key, list or value is reached twice, and no length leaves its cell. It is
// not safe for use by several goroutines.
type Hive struct {
	Base     BaseBlock
	Size     int64                // bytes of the stream
	Trailing int64                // bytes after the bins that the header counts; live hives have padding there
	Padding  bool                 // all of them are zero
	Missing  int64                // bytes of bins that the header counts and the stream lacks
	Headless bool                 // the stream has no base block: Base is empty but for the length and the place of the root
	Keys     int                  // keys that can be reached from the root, which counts
	Orphans  int                  // keys of subtrees that no list leads to; looked for in damaged hives
	Subtrees int                  // those subtrees
	Values   int                  // the values of both
	Cells    int                  // cells in use
	Free     int                  // cells not in use
	Problems []*artifacts.Problem // the first maxProblems
	Lost     int                  // problems beyond those

	file    []byte // base block and bins
	bins    []byte // file without the base block
	used    bitmap // cells in use, by offset/8
	seen    bitmap // cells that something refers to
	lead    int64  // bytes of the file before the bins
	from    uint32 // offset of the first of them in the hive, 0 unless the hive's beginning is missing
	zeros   int    // where the zeros begin that the stream ends with, in bins without a base block
	nodes   []node
	tops    []uint32            // orphans, by index
	adopted map[uint32][]uint32 // keys that were put below a key whose list is incomplete
	orphans []Orphan            // of tops, when they were asked for
	byName  map[string][]int    // them, by lower-case name
	lib     library
	rooted  bool // nodes begins with the root
	stale   bool // a key without subkeys refers to a list: regparser would follow it

	badValues bool // some value list has elements that are no values
}

// A node is a key. The subkeys of a node follow one another in
// Hive.nodes; parents come before children.
type node struct {
	off    uint32 // of the cell
	parent uint32 // index of the parent; a top is its own
	first  uint32 // index of the first subkey
	count  uint32 // subkeys
	list   uint32 // value list, if values is not 0
	values uint32 // elements of the value list that can be read
}

// Read loads a hive and checks every cell that can be reached from its root.
// Of a hive that is damaged, cut off or has lost its base block, the bins that
// are there are searched for keys that the root does not lead to; see Tops.
// Bytes after the bins are counted, not read into memory. The error is a
// *artifacts.Problem; with a nil Hive nothing could be read, otherwise the
// Hive holds what is sound and its Problems begin with the error.
func Read(r io.ReaderAt, size int64) (*Hive, error) {
	h := &Hive{Size: size}
	if err := h.load(r); err != nil {
		return nil, err
	}
	h.scanBins()
	h.walk()
	h.salvage()
	if h.Sound() {
		h.lib = openLibrary(h.file)
	}
	if len(h.Problems) > 0 {
		return h, h.Problems[0]
	}
	return h, nil
}

// String counts what the hive holds. Without it, printing a Hive would print
// its bytes, and with them credential material.
func (h *Hive) String() string {
	return fmt.Sprintf("hive of %d bytes, %d keys, %d values, %d problems", h.Size, h.Keys+h.Orphans, h.Values, len(h.Problems)+h.Lost)
}

// Sound reports whether the check met nothing wrong but a header checksum.
func (h *Hive) Sound() bool {
	if h.stale || h.Lost > 0 || h.Keys == 0 || h.Headless {
		return false
	}
	for _, p := range h.Problems {
		if p.Kind != artifacts.Checksum {
			return false
		}
	}
	return true
}

// load reads the base block and the bins.
func (h *Hive) load(r io.ReaderAt) error {
	head := make([]byte, max(0, min(h.Size, baseSize)))
	if n, err := r.ReadAt(head, 0); n < len(head) {
		return shortRead(0, n, err)
	}
	h.lead = baseSize
	if !IsBaseBlock(head) {
		return h.loadBins(r, head)
	}
	if len(head) < baseSize {
		return artifacts.NewProblem(artifacts.Truncated, h.Size, "hive: the file ends within its base block")
	}
	base, problem := parseBase(head)
	h.Base = base
	if problem != nil {
		h.note(problem)
	}
	length := int64(base.Length)
	if rest := h.Size - baseSize; rest < length {
		h.Missing, length = length-rest, rest
		h.problem(artifacts.Truncated, h.Size, "hive: %d of %d bytes of bins are missing", h.Missing, base.Length)
	}
	if length > maxHive {
		return artifacts.NewProblem(artifacts.Limit, baseSize+maxHive, "hive: %d bytes of bins, %d are the limit", length, maxHive)
	}
	if err := h.take(r, head, length); err != nil {
		return err
	}
	return h.countTrailing(r, baseSize+length)
}

// take reads length bytes of bins, which stand behind the head.
func (h *Hive) take(r io.ReaderAt, head []byte, length int64) error {
	h.file = make([]byte, h.lead+length)
	copy(h.file, head)
	h.bins = h.file[h.lead:]
	if n, err := r.ReadAt(h.bins, h.lead); n < len(h.bins) {
		return shortRead(h.lead, n, err)
	}
	h.Base.FirstBin = firstBinTime(h.bins)
	return nil
}

func shortRead(at int64, n int, err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return artifacts.NewProblem(artifacts.IO, at+int64(n), "hive: %w", err)
}

// countTrailing looks whether what follows the bins is padding.
func (h *Hive) countTrailing(r io.ReaderAt, end int64) error {
	h.Trailing = h.Size - end
	h.Padding = h.Trailing > 0
	buf := make([]byte, min(h.Trailing, 64<<10))
	for at := end; at < h.Size && h.Padding; at += int64(len(buf)) {
		if at-end >= maxTrailing {
			h.Padding = false
			h.problem(artifacts.Limit, at, "hive: of %d bytes after the bins the first %d were looked at", h.Trailing, maxTrailing)
			return nil
		}
		buf = buf[:min(int64(len(buf)), h.Size-at)]
		if n, err := r.ReadAt(buf, at); n < len(buf) {
			return shortRead(at, n, err)
		}
		for _, c := range buf {
			if c != 0 {
				h.Padding = false
				break
			}
		}
	}
	return nil
}

func (h *Hive) problem(kind artifacts.Kind, at int64, format string, args ...any) {
	if len(h.Problems) >= maxProblems {
		h.Lost++
		return
	}
	h.note(artifacts.NewProblem(kind, at, format, args...))
}

func (h *Hive) note(p *artifacts.Problem) { h.Problems = append(h.Problems, p) }

// scanBins marks the cells in use and counts the free ones.
func (h *Hive) scanBins() {
	h.used = newBitmap(len(h.bins), h.from)
	h.seen = newBitmap(len(h.bins), h.from)
	end := 0
	for at, next := range h.eachBin(h.problem) {
		h.scanCells(at+binHeader, next)
		end = next
	}
	if h.Headless && end >= h.zeros && end < len(h.bins) {
		h.Trailing, h.Padding = int64(len(h.bins)-end), true
	}
}

// eachBin yields where bins begin and end. A bin with a broken header is
// passed over page by page.
func (h *Hive) eachBin(problem func(kind artifacts.Kind, at int64, format string, args ...any)) iter.Seq2[int, int] {
	return func(yield func(int, int) bool) {
		for at := 0; at < len(h.bins); {
			b := h.bins[at:]
			if h.Headless && at >= h.zeros {
				return // padding of a live hive
			}
			if len(b) < binHeader || string(b[:4]) != "hbin" {
				problem(artifacts.Malformed, h.lead+int64(at), "hive: a bin should begin here")
				at += baseSize
				continue
			}
			size, left := int64(le.Uint32(b[8:])), int64(len(b))
			switch {
			case size > left && size%baseSize == 0 && (h.Headless || size <= left+h.Missing):
				size = left // the end is missing, which is told
			case size == 0 || size%baseSize != 0 || size > left:
				problem(artifacts.Malformed, h.lead+int64(at)+8, "hive: a bin of %d bytes where %d are left", size, left)
				size = min(baseSize, left)
			}
			if le.Uint32(b[4:]) != h.from+uint32(at) {
				problem(artifacts.Malformed, h.lead+int64(at)+4, "hive: bin %#x says it is bin %#x", h.from+uint32(at), le.Uint32(b[4:]))
			}
			if !yield(at, at+int(size)) {
				return
			}
			at += int(size)
		}
	}
}

func (h *Hive) scanCells(at, end int) {
	for at < end {
		var size int64
		var used bool
		if end-at >= 8 {
			size, used = cellSize(le.Uint32(h.bins[at:]))
		}
		if size < 8 || size%8 != 0 || size > int64(end-at) {
			h.problem(artifacts.Malformed, h.lead+int64(at), "hive: a cell of %d bytes where %d are left in its bin", size, end-at)
			return
		}
		if used {
			h.used.set(h.from + uint32(at))
			h.Cells++
		} else {
			h.Free++
		}
		at += int(size)
	}
}

// cell returns the payload of a cell in use, nil if there is none at off.
func (h *Hive) cell(off uint32) []byte {
	if off%8 != 0 || !h.used.has(off) {
		return nil
	}
	return h.payload(off)
}

// payload returns the payload of a cell that is known to be in use.
func (h *Hive) payload(off uint32) []byte {
	off -= h.from
	size := -int32(le.Uint32(h.bins[off:]))
	return h.bins[off+4 : off+uint32(size)]
}

// at turns the offset of a cell into that of its payload in the file, which is
// where the signature of a record stands.
func (h *Hive) at(cell uint32) int64 { return h.lead + int64(cell) - int64(h.from) + 4 }

// A bitmap has one bit for every 8 bytes of bins.
type bitmap struct {
	words []uint64
	from  uint32 // offset of the first bin
}

func newBitmap(bytes int, from uint32) bitmap { return bitmap{make([]uint64, bytes>>9+1), from} }

func (b bitmap) has(off uint32) bool {
	off -= b.from
	return int(off>>9) < len(b.words) && b.words[off>>9]&(1<<(off>>3&63)) != 0
}

func (b bitmap) set(off uint32) {
	off -= b.from
	b.words[off>>9] |= 1 << (off >> 3 & 63)
}
