package image

import (
	"bytes"
	"encoding/binary"
	"hash/adler32"
	"io"
	"sync"
	"sync/atomic"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/image/lru"
)

// Facts about EWF-E01 are from "Expert Witness Compression Format (EWF)" of
// the libewf project. All numbers are little-endian.
const (
	ewfSignature      = "EVF\x09\r\n\xff\x00"
	ewfHeaderSize     = 13
	ewfDescriptorSize = 76

	// maxChunk bounds the memory of one chunk. The usual size is 32 KiB.
	maxChunk = 32 << 20
	// chunkBudget bounds the bytes of chunks that are kept.
	chunkBudget = 8 << 20
	// maxSections bounds the sections of a set of segments.
	maxSections = 1 << 20
	// maxTable bounds the chunks of one table. EnCase writes 16,375 at most,
	// ewfacquire 65,534.
	maxTable = 1 << 22
)

func isEWF(head []byte) bool { return bytes.HasPrefix(head, []byte(ewfSignature)) }

// An ewf reads the media of a set of segments.
type ewf struct {
	parts     []segment
	size      int64
	chunkSize int64
	groups    []group // by first chunk, without overlap
	stored    map[string]string
	log       *problemLog

	chunks *lru.Slots[[]byte] // those that were read in part
	tables *lru.Cache[*table]
	decode sync.Pool              // *decoder
	zeros  atomic.Pointer[[]byte] // the compressed form of a chunk of zeros, once one was met
}

// A group is a run of chunks: those of one table, or those that are lost with
// a table or a segment.
type group struct {
	first, count int64   // chunks, counted over the whole media
	part         int     // index into parts
	base         int64   // added to every offset of the table
	tables       []int64 // offsets of the entries in table and table2
	end          int64   // where the chunk data ends in the segment
	footer       bool    // whether a checksum follows the entries
	lost         *artifacts.Problem
}

// newEWF reads the sections of all segments, but no chunk. Damage that leaves
// something to read is logged; an error means that nothing can be read.
func newEWF(parts []segment, log *problemLog) (*ewf, error) {
	e := &ewf{parts: parts, log: log, stored: make(map[string]string)}
	w := walker{log: log, stored: e.stored}
	for i, part := range parts {
		w.walk(i, part)
	}
	if w.volume == nil {
		return nil, artifacts.NewProblem(artifacts.Malformed, -1,
			"%s: no intact volume section, so the size of the media and of its chunks is unknown%s", parts[0].name, w.cause())
	}
	e.size, e.chunkSize = w.volume.size, w.volume.chunk
	e.place(w.groups, w.finished)
	e.chunks = lru.NewSlots[[]byte](int(max(2, chunkBudget/e.chunkSize)))
	e.tables = lru.New[*table](8 << 20)
	e.decode.New = func() any { return &decoder{} }
	return e, nil
}

// place gives every group its first chunk. Groups before the first lost one
// of unknown length count from the beginning, groups after the last such one
// from the end; what is between two of them has no known place.
func (e *ewf) place(groups []group, finished bool) {
	total := (e.size + e.chunkSize - 1) / e.chunkSize
	var next int64
	i := 0
	for ; i < len(groups) && groups[i].count >= 0 && next < total; i++ {
		groups[i].first = next
		groups[i].count = min(groups[i].count, total-next)
		next += groups[i].count
		e.groups = append(e.groups, groups[i])
	}
	if next == total {
		return
	}
	var tail []group
	end := total
	for j := len(groups) - 1; finished && j > i && groups[j].count >= 0 && groups[j].count <= end-next; j-- {
		end -= groups[j].count
		groups[j].first = end
		tail = append(tail, groups[j])
	}
	e.lose(groups, i, next, end)
	for j := len(tail) - 1; j >= 0; j-- {
		e.groups = append(e.groups, tail[j])
	}
}

// lose makes the chunks from begin to end a group that cannot be read, and
// logs why: the damage at groups[first], and all that comes after it.
func (e *ewf) lose(groups []group, first int, begin, end int64) {
	kind, why := artifacts.Truncated, e.parts[len(e.parts)-1].name+": the segments end here, without a done section or too early"
	for i, g := range groups[first:] {
		switch {
		case g.count >= 0 || g.lost == nil:
		case i == 0 && begin < end:
			kind, why = g.lost.Kind, g.lost.Err.Error()
		default:
			e.log.add(g.lost)
		}
	}
	if begin == end {
		return
	}
	from, to := begin*e.chunkSize, min(end*e.chunkSize, e.size)-1
	lost := e.log.add(artifacts.NewProblem(kind, from, "media bytes %d to %d cannot be read: %s", from, to, why))
	e.groups = append(e.groups, group{first: begin, count: end - begin, lost: lost})
}

// checked reads n bytes at off, of which the last four are the Adler-32 of
// those before them.
func checked(r io.ReaderAt, off int64, n int) ([]byte, error) {
	b := make([]byte, n)
	if got, err := readFull(r, b, off); err != nil {
		if err == io.ErrUnexpectedEOF {
			return nil, artifacts.NewProblem(artifacts.Truncated, -1, "the file ends after %d of %d bytes", got, n)
		}
		return nil, artifacts.NewProblem(artifacts.IO, -1, "%w", err)
	}
	if sum := binary.LittleEndian.Uint32(b[n-4:]); sum != adler32.Checksum(b[:n-4]) {
		return nil, artifacts.NewProblem(artifacts.Checksum, -1, "stored checksum %08x, computed %08x", sum, adler32.Checksum(b[:n-4]))
	}
	return b[:n-4], nil
}
