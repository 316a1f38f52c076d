package usn

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"iter"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/internal/windows"
)

const (
	blockSize = 1 << 20 // bytes that are read at once

	// maxProblems bounds the damaged places that are told one by one.
	maxProblems = 100
)

// A Tally counts what a pass over a journal met.
type Tally struct {
	Records        int64 // of version 2 and 3, wanted or not
	Ranges         int64 // records of version 4, which have no name and no time
	Foreign        int64 // records with references of 128 bits, which NTFS does not have
	Places         int64 // damaged places
	Damaged        int64 // bytes in them
	Bytes          int64 // read; holes cost none
	Oldest, Newest time.Time
	First, Last    uint64 // USN of the first and of the last record
}

// A Journal is an opened $J. A Journal is used by one goroutine.
type Journal struct {
	r      io.ReaderAt
	size   int64
	stored func(off int64) (from, to int64)
	tally  Tally
	newest uint64 // ticks
	oldest uint64
}

// Open takes the stream in r, which is size bytes long. If r is
// artifacts.Holed its holes are passed over.
func Open(r io.ReaderAt, size int64) *Journal {
	j := &Journal{r: r, size: size, stored: func(off int64) (int64, int64) { return off, size }}
	if h, ok := r.(artifacts.Holed); ok {
		j.stored = h.Stored
	}
	return j
}

// Tally returns the counts of the last Find.
func (j *Journal) Tally() Tally { return j.tally }

// Find yields the records that want asks for, in the order of the stream. An
// error element, an *artifacts.Problem, tells of one damaged place and does
// not end the sequence; one of kind IO or Limit is the last.
func (j *Journal) Find(ctx context.Context, want func(*Head) bool) iter.Seq2[*Record, error] {
	return func(yield func(*Record, error) bool) {
		j.tally, j.oldest, j.newest = Tally{}, 0, 0
		p := pass{j: j, want: want, yield: yield, from: -1}
		p.run(ctx)
		j.tally.Oldest, j.tally.Newest = windows.Filetime(j.oldest), windows.Filetime(j.newest)
	}
}

// A pass goes through the stream once.
type pass struct {
	j     *Journal
	want  func(*Head) bool
	yield func(*Record, error) bool
	head  Head
	from  int64 // where the damage began that is being passed over, or -1
	done  bool  // the caller wants no more
}

func (p *pass) run(ctx context.Context) {
	buf := make([]byte, max(min(blockSize, p.j.size), 2*pageSize))
	kept := 0 // bytes of a record that the last block cut
	next := int64(0)
	for next < p.j.size && !p.done {
		if err := ctx.Err(); err != nil {
			p.tell(&artifacts.Problem{Offset: next, Kind: artifacts.Limit, Err: err})
			return
		}
		from, to := p.j.stored(next)
		from, to = max(from, next), min(to, p.j.size)
		if from >= to {
			break
		}
		if from > next {
			p.rest(buf[:kept], next-int64(kept))
			kept = 0
			from -= from % alignment
			next = max(next, from)
		}
		n := int(min(int64(len(buf)-kept), to-next))
		got, err := p.j.r.ReadAt(buf[kept:kept+n], next)
		p.j.tally.Bytes += int64(got)
		end := kept + got
		used := p.block(buf[:end], next-int64(kept), false)
		kept = copy(buf, buf[used:end])
		next += int64(got)
		if got < n {
			p.rest(buf[:kept], next-int64(kept))
			p.short(next, err)
			return
		}
	}
	p.rest(buf[:kept], next-int64(kept))
	p.undamaged(next)
}

// short tells why the stream ended at an offset.
func (p *pass) short(at int64, err error) {
	p.undamaged(at)
	var known *artifacts.Problem
	switch {
	case errors.As(err, &known):
		p.tell(known)
	case err == nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		p.tell(artifacts.NewProblem(artifacts.Truncated, at, "the journal ends %d bytes early", p.j.size-at))
	default:
		p.tell(&artifacts.Problem{Offset: at, Kind: artifacts.IO, Err: err})
	}
}

// block takes the records of b, which begins at offset, and returns how many
// bytes are done: unless nothing follows, a record may be cut off at the end.
func (p *pass) block(b []byte, offset int64, last bool) (used int) {
	for used+alignment <= len(b) && !p.done {
		at := offset + int64(used)
		if rest := len(b) - used; at%pageSize == 0 && rest >= pageSize && bytes.Equal(b[used:used+pageSize], zeros[:]) {
			p.undamaged(at)
			used += pageSize
			continue
		}
		if binary.LittleEndian.Uint64(b[used:]) == 0 {
			p.undamaged(at)
			used += alignment
			continue
		}
		rec, ok := parse(b[used:])
		if !ok {
			if !last && cut(b[used:]) {
				return used
			}
			if p.from < 0 {
				p.from = at
			}
			used += alignment
			continue
		}
		p.undamaged(at)
		p.take(rec, at)
		used += len(rec.b)
	}
	return used
}

var zeros [pageSize]byte

// cut reports whether b may begin with a record that goes on behind it.
func cut(b []byte) bool {
	length, version := binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint16(b[4:])
	return int64(length) > int64(len(b)) && length <= pageSize && length%alignment == 0 && version >= 2 && version <= 4
}

// rest takes what is left before a hole or the end, which is no whole record.
func (p *pass) rest(b []byte, offset int64) {
	used := p.block(b, offset, true)
	b, offset = b[used:], offset+int64(used)
	if p.from < 0 && !bytes.Equal(b, zeros[:min(len(b), len(zeros))]) {
		p.from = offset
	}
	p.undamaged(offset + int64(len(b)))
}

// undamaged tells of the damage that ends here, if there was any.
func (p *pass) undamaged(at int64) {
	if p.from < 0 {
		return
	}
	from := p.from
	p.from = -1
	p.j.tally.Damaged += at - from
	if p.j.tally.Places++; p.j.tally.Places <= maxProblems {
		p.tell(artifacts.NewProblem(artifacts.Malformed, from, "%d bytes hold no record of the journal", at-from))
	}
}

func (p *pass) tell(problem *artifacts.Problem) {
	if !p.done {
		p.done = !p.yield(nil, problem)
	}
}

// take counts a record and hands it out if it is wanted.
func (p *pass) take(rec raw, at int64) {
	t := &p.j.tally
	usn := rec.usn()
	if t.Records+t.Ranges+t.Foreign == 0 {
		t.First = usn
	}
	t.Last = usn
	switch {
	case rec.version == 4:
		t.Ranges++
		return
	case rec.foreign():
		t.Foreign++
		return
	}
	t.Records++
	if ticks := rec.ticks(); ticks != 0 {
		if p.j.oldest == 0 || ticks < p.j.oldest {
			p.j.oldest = ticks
		}
		p.j.newest = max(p.j.newest, ticks)
	}
	rec.head(&p.head)
	if !p.done && p.want(&p.head) {
		p.done = !p.yield(rec.record(&p.head, at), nil)
	}
}
