package collection

import (
	"sync/atomic"

	"hivetriage/artifacts"
)

// The limits within which an archive is read. What a limit leaves out is told.
const (
	maxMembers  = 1_000_000 // of all archives of one input together
	maxDepth    = 4         // archives in archives, the outermost counted
	maxName     = 4096      // bytes of a member's name
	maxBuffered = 64 << 20  // content of this size is kept while it is open
	maxMemory   = 96 << 20  // buffered content of all open archives together
	window      = 4 << 20   // of larger content, so much before the reading position is kept
	maxInflated = 256 << 30 // bytes inflated from one input

	// A member may grow to ratio times its packed size, beyond what every
	// member may have.
	ratio      = 1000
	ratioGrace = 1 << 20
)

// memory is what the buffered contents of the process hold, in bytes.
var memory atomic.Int64

// takeMemory reserves n bytes of buffers, or refuses.
func takeMemory(n int64) bool {
	if memory.Add(n) <= maxMemory {
		return true
	}
	memory.Add(-n)
	return false
}

// A meter counts what was inflated from one input.
type meter struct {
	inflated atomic.Int64
	limit    int64 // 0: maxInflated
}

// grow notes n more bytes of a stream that has grown to total bytes out of
// packed ones, and refuses what no honest archive does. A packed size of -1 is
// unknown.
func (m *meter) grow(n, total, packed int64) error {
	limit := m.limit
	if limit == 0 {
		limit = maxInflated
	}
	if m.inflated.Add(n) > limit {
		return artifacts.NewProblem(artifacts.Limit, total, "more than %d GiB were inflated from this input: unpack it and give the folder with --path", limit>>30)
	}
	if swells(total, packed) {
		return artifacts.NewProblem(artifacts.Limit, total, "grows to more than %d times its packed size: read up to here only", int64(ratio))
	}
	return nil
}

// swells reports whether a member's size is more than it may grow to out of
// its packed one: more than ratio times that, beyond the grace. A packed size of
// -1 is unknown, and no size is too much for it.
func swells(size, packed int64) bool {
	return packed >= 0 && size > ratioGrace && (size-ratioGrace-1)/ratio >= packed
}
