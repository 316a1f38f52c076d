package collection

import (
	"context"
	"sync"

	"hivetriage/artifacts"
)

// maxAhead bounds the members whose heads are read before Find asks for them:
// up to artifacts.MaxHead bytes each.
const maxAhead = 512

// A readAhead is a head that was read before Find asked for it.
type readAhead struct {
	buf *[artifacts.MaxHead]byte // of heads
	n   int
	err error
}

// heads are buffers for first bytes.
var heads = sync.Pool{New: func() any { return new([artifacts.MaxHead]byte) }}

// Prepare reads the first bytes of the members, as Find is going to, and keeps
// them for the next Find of each volume. It may run in another goroutine, but
// must have ended before anything else of the source is used. Of large
// archives the beginning is read, of those that are one stream nothing.
func (s *Source) Prepare(ctx context.Context) {
	for _, n := range s.nodes {
		if n.archive.forward() {
			return
		}
	}
	left := maxAhead
	for _, v := range s.volumes {
		for _, f := range v.files {
			m := f.member()
			if m.sort != isFile || m.size == 0 || m.blocked != nil {
				continue
			}
			if left--; left < 0 || ctx.Err() != nil {
				return
			}
			f.prepare()
		}
	}
}

// prepare reads one head. A panic in a decoder is this member's problem.
func (f *file) prepare() {
	f.ahead = &readAhead{buf: heads.Get().(*[artifacts.MaxHead]byte)}
	defer func() {
		if p := recover(); p != nil {
			f.ahead.err = artifacts.NewProblem(artifacts.Bug, -1, "%v", p)
		}
	}()
	f.ahead.n, f.ahead.err = f.head(f.ahead.buf)
}
