// Package eventlog decodes Windows XML event logs (EVTX) into events with ECS
// meanings. It streams: memory does not grow with the log, and chunks are
// decoded in parallel while events come out in file order.
//
// The file format is that of Microsoft's published MS-EVEN6 (BinXML) and of
// the libevtx project's "Windows XML Event Log (EVTX) format" document.
package eventlog

import (
	"bytes"
	"context"
	"encoding/binary"
	"hash/crc32"
	"io"
	"iter"
	"time"

	"hivetriage/artifacts"
)

// IsLog reports whether head, the first bytes of a stream, begins an event
// log with an intact signature.
func IsLog(head []byte) bool { return bytes.HasPrefix(head, []byte("ElfFile\x00")) }

// A Selector names records by their System/EventID and, unless it is "", the
// name of their provider (ASCII case does not matter). Data asks for
// Event.Data as well. Holds, unless it is "", is an ASCII text of which a
// record that nowhere has it, in any case, may be left out before it is decoded;
// it has no effect where another selector names the same ID without one. Ask,
// unless it is nil, says by the values of a record's data whether it is of use;
// one that is not may be left out before it is made into an Event, unless
// another selector names the same ID without an Ask, or with another one. The
// first record of each chunk that is asked is taken whatever the answer, so
// that a log tells whose it is; Aside says that those of the selector do not
// count as such.
type Selector struct {
	Provider string
	ID       uint32
	Data     bool
	Holds    string
	Ask      func(Values) bool
	Aside    bool
}

// Values give what a record has under a name in its data, as text; empty where
// it has nothing or nobody asked for Data and the package does not know the
// name. It is valid until the next call.
type Values func(name string) []byte

// A Query says which records Events yields.
type Query struct {
	Select       []Selector // nil: none, the log is only counted
	All          bool       // instead of Select: all records, with Event.Data
	Since, Until time.Time  // bounds of Event.Time, both inclusive; zero: open
	Workers      int        // decoding goroutines; less than 2: none besides the caller's
	// Pick, if not nil, drops the records for whose ID and offset it returns
	// false, before they are decoded. It is not asked about the few whose ID
	// cannot be told without decoding. It runs in the workers.
	Pick func(id uint32, offset int64) bool
	// Match, if not nil, drops the events for which it returns false. It runs
	// in the workers, several at a time, and must not keep the Event.
	Match func(*artifacts.Event) bool
}

// Stats counts what the last Events call met, as far as it was run.
type Stats struct {
	Records            int64            // records met in the logs proper, whatever their ID
	RecoveredFromSlack int64            // records found whole in free space only, not in Records
	CopiesInSlack      int64            // records found in free space that are copies of others nearby; not yielded
	LostInSlack        int64            // records in free space that cannot be decoded any more
	Chunks             int64            // chunks with an intact signature
	BadChunks          int64            // chunks with a wrong checksum or signature, or cut short
	Oldest, Newest     time.Time        // of Records, from record headers and TimeCreated, UTC
	Dirty              bool             // the header says that the log was not closed
	Truncated          bool             // the file ends inside its header or a chunk, or chunks the header counts are absent
	PerID              map[uint32]int64 // selected among Records, before Since, Until and Match
	Bytes              int64            // read
	Gaps               int64            // places where header record numbers jump forward
	FirstGap           uint64           // the last record number before the first of them
}

// Layout of the file header: 4096 bytes, of which 128 are used.
const (
	fileHeaderSize  = 128
	firstChunkAt    = 4096
	fileChunksAt    = 42  // number of chunks, uint16
	fileFlagsAt     = 120 // 1 dirty, 2 full
	fileHeaderCRCAt = 124 // CRC32 of the first 120 bytes
	flagDirty       = 1
)

// A Log is an opened event log. Its methods are for one goroutine at a time.
type Log struct {
	r       io.ReaderAt
	size    int64
	from    artifacts.Locator
	base    int64 // of the first chunk
	counted int64 // chunks by the header, 0 if it is damaged
	dirty   bool
	stats   Stats
}

// Open checks the file header. A header that is damaged or absent gives a
// *artifacts.Problem beside a Log that can still be read: chunks are looked
// for where they would be, from offset 4096 on, or from the start if one
// starts there. The Log is nil only if nothing can be read at all.
func Open(r io.ReaderAt, size int64, from artifacts.Locator) (*Log, error) {
	l := &Log{r: r, size: size, from: from, base: firstChunkAt}
	if size < fileHeaderSize {
		return nil, l.problem(artifacts.Truncated, size, "too short for an event log")
	}
	head := make([]byte, fileHeaderSize)
	if n, err := r.ReadAt(head, 0); n < len(head) {
		return nil, l.problem(artifacts.IO, int64(n), "reading the file header: %w", err)
	}
	if bytes.HasPrefix(head, chunkMagic) {
		l.base = 0
	}
	if !IsLog(head) {
		return l, l.problem(artifacts.Malformed, 0, "event log file header missing")
	}
	l.dirty = head[fileFlagsAt]&flagDirty != 0
	if crc32.ChecksumIEEE(head[:fileFlagsAt]) != binary.LittleEndian.Uint32(head[fileHeaderCRCAt:]) {
		return l, l.problem(artifacts.Checksum, fileHeaderCRCAt, "event log file header checksum mismatch")
	}
	l.counted = int64(binary.LittleEndian.Uint16(head[fileChunksAt:]))
	return l, nil
}

func (l *Log) problem(kind artifacts.Kind, at int64, format string, args ...any) *artifacts.Problem {
	p := artifacts.NewProblem(kind, at, format, args...)
	p.At = l.from
	return p
}

// batches returns the number of batches, the last of which may be short.
func (l *Log) batches() int64 {
	return max(0, l.size-l.base+batchChunks*chunkSize-1) / (batchChunks * chunkSize)
}

// Events yields the selected records in file order, whatever q.Workers. Each
// error element is a *artifacts.Problem with an offset in the log (a bad
// chunk, a bad record) and does not end the sequence, but for that of ctx.
func (l *Log) Events(ctx context.Context, q Query) iter.Seq2[artifacts.Event, error] {
	return func(yield func(artifacts.Event, error) bool) {
		l.stats = Stats{}
		var total tally
		total.reset()
		total.Dirty = l.dirty
		defer func() { l.stats = total.stats() }()
		stopped, seen := false, newRecent(l.batches())
		defer recents.Put(&seen)
		emit := func(r *result) bool {
			total.add(&r.tally)
			seen.settle(r, &total)
			for i := range r.items {
				it := &r.items[i]
				if it.slack > 0 && r.slack[it.slack-1] == 0 {
					continue
				}
				if !yield(it.event, it.err) {
					stopped = true
					return false
				}
			}
			return true
		}
		if q.Workers < 2 {
			l.sequential(ctx, newPlan(q), emit)
		} else {
			l.parallel(ctx, newPlan(q), q.Workers, emit)
		}
		if stopped {
			return
		}
		if err := ctx.Err(); err != nil {
			yield(artifacts.Event{}, l.problem(artifacts.IO, -1, "event log not read to its end: %w", err))
			return
		}
		if held := (l.size - l.base) / chunkSize; held < l.counted {
			total.Truncated = true
			yield(artifacts.Event{}, l.problem(artifacts.Truncated, l.size,
				"the header counts %d chunks, the file holds %d", l.counted, max(held, 0)))
		}
	}
}

// Stats returns the counts of the last Events call.
func (l *Log) Stats() Stats { return l.stats }
