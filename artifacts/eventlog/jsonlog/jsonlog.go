// Package jsonlog reads Windows events that were shipped or converted to JSON
// and gives them the meanings that package eventlog gives records of an EVTX
// file. It streams; memory does not grow with the file.
//
// It knows Elastic Common Schema documents as Winlogbeat and Elastic Agent
// write them (nested or dotted keys, values alone or in arrays, with or
// without the _source of a search or of elasticdump), the flat records of
// NXLog and of the HELK, and what EvtxECmd, evtx_dump and Velociraptor make of
// EVTX files. Documents may stand in lines, in an array, one after the other
// over several lines, or in the answer to a search.
//
// The layouts are those of Elastic's field reference (winlogbeat, endpoint),
// NXLog's im_msvistalog and of the tools' output.
package jsonlog

import (
	"bytes"
	"context"
	"io"
	"iter"
	"time"

	"hivetriage/artifacts"
)

// Endpoint is the provider of events that Elastic Defend recorded. They have
// no event ID: Code is 0.
const Endpoint = "endpoint"

// A Selector names documents by their event ID and, unless it is "", the name
// of their provider (ASCII case does not matter). {Endpoint, 0} are the
// process starts and file creations of Elastic Defend and of other sources
// that write ECS without a code.
// Data asks for Event.Data as well, of all selected documents with this ID,
// sorted by name. Layouts that keep a provider's values beside the rest give
// all that they have. Holds, unless it is "", is an ASCII text in lower case
// of which a document that nowhere has it, in any case, may be left out before
// it is parsed; it has no effect where another selector names the same ID
// without one.
type Selector struct {
	Provider string
	ID       uint32
	Data     bool
	Holds    string
}

// A Query says which documents Events yields.
type Query struct {
	Select       []Selector
	All          bool      // instead of Select: all documents, with Event.Data
	Since, Until time.Time // bounds of Event.Time, both inclusive; zero: open
	// Pick, if not nil, drops the documents for whose ID and offset it returns
	// false, before they are decoded.
	Pick func(id uint32, offset int64) bool
	// Match, if not nil, drops the events for which it returns false.
	Match func(*artifacts.Event) bool
}

// Stats counts what the last Events call met, as far as it was run.
type Stats struct {
	Records int64            // documents met, whatever they are
	Damaged int64            // documents that could not be read
	PerID   map[uint32]int64 // selected, before Since, Until and Match
	Bytes   int64            // of the file
	// Oldest and Newest are the first and the last time of the documents that
	// were decoded: the selected ones, the first, the last, and one in every
	// sampleEvery bytes.
	Oldest, Newest time.Time
}

// strong are keys that name a Windows event's ID or hold it, weak ones are
// beside it in every layout.
var (
	strong = [][]byte{[]byte(`"EventID"`), []byte(`"EventId"`), []byte(`event_id"`), []byte(`"winlog"`), []byte(`"winlog.`),
		[]byte(`"event.code"`), []byte(`"code"`), []byte(`endpoint.events.`)}
	weak = [][]byte{[]byte(`"Channel"`), []byte(`"channel"`), []byte(`winlog`), []byte(`"Hostname"`), []byte(`"Computer"`),
		[]byte(`"computer_name"`), []byte(`"SourceName"`), []byte(`"Provider"`), []byte(`"ProviderGuid"`), []byte(`"log_name"`),
		[]byte(`"TimeCreated"`), []byte(`"EventTime"`), []byte(`"EventReceivedTime"`), []byte(`endpoint.events.`)}
	byteOrderMark = []byte("\xEF\xBB\xBF")
)

// enoughWeak is how many weak keys tell an event whose ID is further on.
const enoughWeak = 3

// IsLog reports whether head, the first bytes of a stream, begins a JSON text
// whose first document has the keys of a Windows event.
func IsLog(head []byte) bool {
	if !begins(head) {
		return false
	}
	n := count(head, weak)
	return n >= enoughWeak || n > 0 && count(head, strong) > 0
}

// begins reports whether head begins an object or an array of objects, or is
// what evtx_dump writes before the first one.
func begins(head []byte) bool {
	head = bytes.TrimLeft(bytes.TrimPrefix(head, byteOrderMark), " \t\r\n")
	head = bytes.TrimLeft(bytes.TrimPrefix(head, []byte("Record 1")), " \t\r\n")
	if len(head) > 0 && head[0] == '[' {
		head = bytes.TrimLeft(head[1:], " \t\r\n")
	}
	if len(head) == 0 || head[0] != '{' {
		return false
	}
	head = bytes.TrimLeft(head[1:], " \t\r\n")
	return len(head) > 0 && head[0] == '"'
}

func count(head []byte, keys [][]byte) (n int) {
	for _, k := range keys {
		if bytes.Contains(head, k) {
			n++
		}
	}
	return n
}

// A Log is an opened JSON log. Its methods are for one goroutine at a time.
type Log struct {
	r     io.ReaderAt
	size  int64
	from  artifacts.Locator
	stats Stats
}

// Open makes a Log of a stream of which IsLog said yes, or which is to be read
// as one anyway.
func Open(r io.ReaderAt, size int64, from artifacts.Locator) *Log {
	return &Log{r: r, size: size, from: from}
}

// Stats returns the counts of the last Events call.
func (l *Log) Stats() Stats { return l.stats }

// Events yields the selected documents in file order. Each error element is a
// *artifacts.Problem with the offset of what could not be read, which does not
// end the sequence, but for that of ctx. Offsets are bytes in the stream.
func (l *Log) Events(ctx context.Context, q Query) iter.Seq2[artifacts.Event, error] {
	return func(yield func(artifacts.Event, error) bool) {
		l.stats = Stats{PerID: map[uint32]int64{}, Bytes: l.size}
		r := newReader(l, q)
		r.clocks.calibrate(l.r, l.size)
		stopped := false
		emit := func(e *artifacts.Event, p *artifacts.Problem) bool {
			if p != nil {
				p.At = l.from
				l.stats.Damaged++
				stopped = !yield(artifacts.Event{}, p)
			} else {
				stopped = !yield(*e, nil)
			}
			return !stopped
		}
		s := newSplitter(l.r, l.size)
		for n := 0; ; n++ {
			if n%checkEvery == 0 && ctx.Err() != nil {
				p := artifacts.NewProblem(artifacts.IO, s.offset(), "JSON log not read to its end: %w", ctx.Err())
				emit(nil, p)
				return
			}
			doc, p, ok := s.next()
			if !ok {
				break
			}
			if p != nil {
				if !emit(nil, p) {
					return
				}
				continue
			}
			l.stats.Records++
			if e, p := r.guard(doc); e != nil || p != nil {
				if !emit(e, p) {
					return
				}
			}
		}
	}
}

// checkEvery is how many documents are read between looks at the context.
const checkEvery = 1024
