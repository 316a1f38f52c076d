package eventlogtest

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// Options say what the log looks like beyond its records. The zero value is a
// clean log as Windows closes it.
type Options struct {
	// Literal writes the provider and the channel as text in the template;
	// otherwise they are values.
	Literal bool
	// Renumber counts the record headers' numbers from 1 whatever the event
	// record ids are, as in a log that was exported with a filter.
	Renumber bool
	// RecordsPerChunk ends a chunk early; 0 fills each chunk.
	RecordsPerChunk int
	// SpareChunks are chunks of zeros at the end, as Windows allocates them in
	// advance.
	SpareChunks int

	// Dirty sets the file header's flag for a log that was not closed.
	Dirty bool
	// StaleChunks is how many of the last chunks the file header does not
	// count, as in a dirty log.
	StaleChunks int
	// Uncounted is how many of the last chunk's last records its header does
	// not count and its checksum does not cover.
	Uncounted int
	// Slack is written after the end of the last chunk's records, behind some
	// bytes of a record that was overwritten. It must fit there.
	Slack []Record
}

const fileHeaderSize = 4096

// A Writer writes one log.
type Writer struct {
	opts      Options
	out       io.WriteSeeker // nil: finished chunks go to mem
	mem       bytes.Buffer
	err       error // of out
	chunk     *chunk
	marks     []mark // after each record of chunk
	chunks    int    // finished
	number    uint64 // of the last record
	recordID  uint64 // of the last record
	templates map[string]*template
	closed    bool
}

// New returns a Writer that keeps the log in memory.
func New(o Options) *Writer {
	return &Writer{opts: o, chunk: newChunk(), templates: make(map[string]*template)}
}

// NewStream returns a Writer that writes each chunk to out as it fills, for
// logs larger than memory. Close completes the log.
func NewStream(out io.WriteSeeker, o Options) *Writer {
	w := New(o)
	w.out = out
	_, w.err = out.Write(make([]byte, fileHeaderSize))
	return w
}

// Add appends records. It panics on a record that does not fit into a chunk
// and on a value that does not fit its type: both are mistakes of the test.
func (w *Writer) Add(records ...Record) *Writer {
	for _, r := range records {
		w.add(r)
	}
	return w
}

func (w *Writer) add(r Record) {
	number, root := w.prepare(&r)
	full := w.opts.RecordsPerChunk > 0 && w.chunk.records == w.opts.RecordsPerChunk
	if full || !w.chunk.add(number, filetime(r.Time), root) {
		if !full && w.chunk.records == 0 {
			panic(fmt.Sprintf("eventlogtest: record %d does not fit into a chunk", r.RecordID))
		}
		w.flush(w.chunk.mark())
		if !w.chunk.add(number, filetime(r.Time), root) {
			panic(fmt.Sprintf("eventlogtest: record %d does not fit into a chunk", r.RecordID))
		}
	}
	w.marks = append(w.marks, w.chunk.mark())
}

// prepare numbers a record and says how its BinXML is written.
func (w *Writer) prepare(r *Record) (number uint64, root func(*chunk)) {
	if r.RecordID == 0 {
		r.RecordID = w.recordID + 1
	}
	w.recordID = r.RecordID
	w.number++
	if !w.opts.Renumber {
		w.number = r.RecordID
	}
	if r.Inline {
		e := inlineEvent(r)
		return w.number, func(c *chunk) { c.fragment(e) }
	}
	t, values := w.event(r)
	return w.number, func(c *chunk) {
		c.bytes(fragmentHeader)
		c.instance(t, values)
		c.u8(tokenEnd)
	}
}

// flush ends the current chunk with a header that counts up to m.
func (w *Writer) flush(m mark) {
	b := w.chunk.finish(m)
	if w.out == nil {
		w.mem.Write(b)
	} else if w.err == nil {
		_, w.err = w.out.Write(b)
	}
	w.chunks++
	w.marks = w.marks[:0]
	w.chunk.reset()
}

// Size returns the bytes of the header and the chunks that are full so far.
func (w *Writer) Size() int64 { return fileHeaderSize + int64(w.chunks)*chunkSize }

// Close completes the log. It returns the first error of the stream.
func (w *Writer) Close() error {
	if w.closed {
		return w.err
	}
	w.closed = true
	next := w.number + 1
	w.last()
	spare := make([]byte, chunkSize)
	for range w.opts.SpareChunks {
		if w.out == nil {
			w.mem.Write(spare)
		} else if w.err == nil {
			_, w.err = w.out.Write(spare)
		}
	}
	if w.out != nil && w.err == nil {
		_, err := w.out.Seek(0, io.SeekStart)
		_, err2 := w.out.Write(w.header(next))
		w.err = errors.Join(err, err2)
	} else if w.out == nil {
		w.mem = *bytes.NewBuffer(append(w.header(next), w.mem.Bytes()...))
	}
	return w.err
}

// last ends the last chunk, with what the options ask for in it.
func (w *Writer) last() {
	if w.chunk.records == 0 && w.chunks > 0 {
		return
	}
	m := w.chunk.mark()
	if n := w.opts.Uncounted; n > 0 {
		if n >= len(w.marks) {
			panic(fmt.Sprintf("eventlogtest: %d of %d records uncounted", n, len(w.marks)))
		}
		m = w.marks[len(w.marks)-1-n]
	}
	if len(w.opts.Slack) > 0 {
		w.chunk.bytes(bytes.Repeat([]byte("slack..."), 5))
	}
	for _, r := range w.opts.Slack {
		number, root := w.prepare(&r)
		if !w.chunk.add(number, filetime(r.Time), root) {
			panic("eventlogtest: the slack of the last chunk is too small")
		}
	}
	w.flush(m)
}

// header returns the file header: magic, first chunk, last chunk, next record
// number, header size 128, version 3.1, block size 4096, number of chunks; at
// 120 the flags and the CRC32 of the first 120 bytes.
func (w *Writer) header(next uint64) []byte {
	le := binary.LittleEndian
	counted := max(w.chunks-w.opts.StaleChunks, 1)
	b := make([]byte, fileHeaderSize)
	copy(b, "ElfFile\x00")
	le.PutUint64(b[16:], uint64(counted-1))
	le.PutUint64(b[24:], next)
	le.PutUint32(b[32:], 128)
	le.PutUint16(b[36:], 1)
	le.PutUint16(b[38:], 3)
	le.PutUint16(b[40:], fileHeaderSize)
	le.PutUint16(b[42:], uint16(counted))
	if w.opts.Dirty {
		le.PutUint32(b[120:], 1)
	}
	le.PutUint32(b[124:], crc32.ChecksumIEEE(b[:120]))
	return b
}

// Bytes completes a log in memory and returns it.
func (w *Writer) Bytes() []byte {
	if w.out != nil {
		panic("eventlogtest: Bytes of a stream")
	}
	if err := w.Close(); err != nil {
		panic(err) // memory does not fail
	}
	return w.mem.Bytes()
}

// WriteTo completes a log in memory and writes it.
func (w *Writer) WriteTo(out io.Writer) (int64, error) {
	n, err := out.Write(w.Bytes())
	return int64(n), err
}

// SpoilData makes the checksum of a chunk's records wrong in a finished log,
// by changing the last byte of the chunk's first record header's time.
func SpoilData(log []byte, chunk int) {
	log[fileHeaderSize+chunk*chunkSize+chunkHeaderSize+16] ^= 0xff
}

// SpoilHeader makes the checksum of a chunk's header wrong in a finished log,
// by changing a byte that no reader uses.
func SpoilHeader(log []byte, chunk int) {
	log[fileHeaderSize+chunk*chunkSize+64] ^= 0xff
}
