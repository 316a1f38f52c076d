package ntfs

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"hivetriage/artifacts"
	"hivetriage/artifacts/internal/windows"
)

const (
	tableBlock  = 1 << 20 // bytes of $MFT read at once
	tableBlocks = 4       // blocks in flight, at least

	// noRecord is a record number that no record has.
	noRecord = maxRecords
)

var zeros [artifacts.MaxHead]byte

// A ref is a stream whose head must be read from the disk: 16 bytes for each
// stream of the volume, so everything else is looked up again when asked for.
type ref struct {
	lcn    int64
	record uint32 // that holds the stream's first attribute
	offset uint16 // of the attribute in the record
	need   uint16 // low 13 bits: bytes; then the flags
}

const (
	needBytes      = 1<<13 - 1
	needCompressed = 1 << 13
	needElsewhere  = 1 << 14
	needDeleted    = 1 << 15
)

// A want is a stream that the caller wants.
type want struct {
	lcn    int64
	record uint32
	offset uint16
	head   string // its first artifacts.KnownHead bytes; "" where they were not kept
}

// findings is what one worker of a scan gathers. Nothing in it depends on the
// order of the work once it is sorted.
type findings struct {
	tally      artifacts.Tally
	refs       []ref
	wants      []want
	lists      []uint32 // base records with an attribute list
	extensions []extension
	encrypted  int64
	unlisted   int64 // files whose attribute list does not stand in a bare table
	troubles   troubles
}

// A tableReader parses blocks of the file table.
type tableReader struct {
	findings
	v     *Volume
	ask   *artifacts.Scan
	file  file
	name  []byte // UTF-8 of the name asked about
	alias []byte // UTF-8 of the stream's name
}

// A block is a piece of the file table.
type block struct {
	b     []byte
	first uint32 // number of its first record
	lost  []bool // by record: could not be read; nil if all could
}

// readTable goes through the file table once: one goroutine reads ahead,
// the readers parse. It returns the bytes that were not read because ctx ended.
func (v *Volume) readTable(ctx context.Context, readers []*tableReader, progress func(int64)) int64 {
	count := max(tableBlocks, len(readers)+2)
	free, full := make(chan *block, count), make(chan *block, count)
	for range count {
		free <- &block{b: make([]byte, min(tableBlock, v.table.size))}
	}
	var wait sync.WaitGroup
	for _, t := range readers {
		wait.Go(func() {
			for b := range full {
				t.parse(b)
				free <- b
			}
		})
	}
	var done int64
	for done < v.table.size && ctx.Err() == nil {
		b := <-free
		n := min(tableBlock, v.table.size-done)
		b.b, b.first = b.b[:n], uint32(done/int64(v.recordSize))
		b.lost = v.readBlock(b.b, done)
		full <- b
		done += n
		progress(done)
	}
	close(full)
	wait.Wait()
	return v.table.size - done
}

// readBlock fills b from the file table. If that fails it goes by records and
// returns which of them could not be read.
func (v *Volume) readBlock(b []byte, offset int64) []bool {
	if v.table.readFull(b, offset) == nil {
		return nil
	}
	size := v.recordSize
	lost := make([]bool, len(b)/size)
	for i := range lost {
		lost[i] = v.table.readFull(b[i*size:(i+1)*size], offset+int64(i*size)) != nil
	}
	return lost
}

// parse goes through the records of one block. A panic costs the rest of the
// block and is told.
func (t *tableReader) parse(b *block) {
	number := b.first
	defer func() { t.recovered(recover(), number, b.first+uint32(len(b.b)/t.v.recordSize)-1) }()
	size := t.v.recordSize
	for at := 0; at+size <= len(b.b); at, number = at+size, number+1 {
		if b.lost != nil && b.lost[at/size] {
			t.troubles.add(trouble{kind: artifacts.IO, record: number, last: number, text: "cannot be read"})
			continue
		}
		t.record(b.b[at:at+size], number)
	}
}

// recovered takes what recover returned: a panic costs the records from first
// to last.
func (t *tableReader) recovered(r any, first, last uint32) {
	if r == nil {
		return
	}
	t.settle()
	t.troubles.add(trouble{kind: artifacts.Bug, record: first, last: last, text: fmt.Sprintf("panic: %v", r)})
}

// settle counts a stream that a panic left without an outcome as failed.
func (t *tableReader) settle() {
	c := &t.tally
	c.Failed += c.Streams - c.Examined - c.Empty - c.Failed - c.Gone - int64(len(t.refs))
}

// record judges one MFT record.
func (t *tableReader) record(b []byte, number uint32) {
	state := fix(b)
	switch state {
	case recordUnused:
		return
	case recordStrange:
		t.troubles.add(trouble{kind: artifacts.Malformed, record: number, last: number, text: "has no record's signature"})
		return
	case recordTorn:
		t.troubles.add(trouble{kind: artifacts.Checksum, record: number, last: number, text: "is torn: its sectors are from different writes"})
	}
	h := parseHeader(b)
	if base, _ := splitReference(h.base); h.base != 0 {
		t.extensions = append(t.extensions, extension{number, uint32(min(base, noRecord))})
		return
	}
	f := &t.file
	f.reset(number, h)
	if err := f.add(b, number, h); err != nil {
		var p *artifacts.Problem
		errors.As(err, &p)
		t.troubles.add(trouble{kind: p.Kind, record: number, last: number, text: "loses attributes: " + p.Err.Error()})
	}
	switch {
	case f.inUse():
		t.tally.Files++
	case f.attrs == 0:
		return // formatted, never used
	default:
		t.tally.Deleted++
	}
	if f.list != nil {
		t.lists = append(t.lists, number)
		return
	}
	t.streams(f)
}

// streams judges the streams of f, or plans the reading of their heads.
func (t *tableReader) streams(f *file) {
	for i := range f.data {
		d := &f.data[i]
		if d.nonResident && d.startVCN != 0 {
			continue
		}
		t.tally.Streams++
		named := t.named(f, d)
		if named {
			t.wants = append(t.wants, want{lcn: t.first(d), record: d.holder, offset: d.offset})
		}
		t.stream(f, d)
	}
}

// first returns the first cluster of the stream d for the order of the wanted
// streams, hole if that cannot be told.
func (t *tableReader) first(d *data) int64 {
	if !d.nonResident {
		return hole
	}
	r := t.v.geometry.runs(&d.attribute)
	x, ok, err := r.next()
	if !ok || err != nil {
		return hole
	}
	return x.lcn
}

// named asks the caller about every name of f with the stream d's name.
func (t *tableReader) named(f *file, d *data) bool {
	if t.ask.Name == nil {
		return false
	}
	t.alias = windows.AppendUTF8(t.alias[:0], d.name)
	best := f.best()
	if best == nil {
		return t.ask.Name(nil, t.alias)
	}
	for i := range f.names {
		if n := &f.names[i]; n.space != spaceDOS || n == best {
			t.name = windows.AppendUTF8(t.name[:0], n.utf16)
			if t.ask.Name(t.name, t.alias) {
				return true
			}
		}
	}
	return false
}

// stream judges the head of d, or plans its reading.
func (t *tableReader) stream(f *file, d *data) {
	if t.v.bare {
		t.tally.Examined++ // as far as that is possible: by its name
		return
	}
	h, err := t.v.planHead(&d.attribute, f.list != nil)
	switch {
	case err != nil && !f.inUse():
		t.tally.Gone++
	case err != nil:
		t.tally.Failed++
		t.troubles.stream(d.holder, d.offset, err)
	case h.kind == headEmpty:
		t.tally.Empty++
	case h.kind == headEncrypted:
		t.tally.Failed++
		t.encrypted++
	case t.ask.Head == nil:
		t.tally.Examined++
	case h.kind == headResident:
		t.judge(d, d.value[:h.need])
	case h.kind == headZeros:
		t.judge(d, zeros[:h.need])
	default:
		t.plan(f, d, h)
	}
}

func (t *tableReader) judge(d *data, head []byte) {
	wanted := t.ask.Head(head)
	t.tally.Examined++
	if wanted {
		t.wants = append(t.wants, want{lcn: t.first(d), record: d.holder, offset: d.offset})
	}
}

func (t *tableReader) plan(f *file, d *data, h head) {
	need := uint16(h.need)
	switch h.kind {
	case headCompressed:
		need |= needCompressed
	case headElsewhere:
		need |= needElsewhere
	}
	if !f.inUse() {
		need |= needDeleted
	}
	t.refs = append(t.refs, ref{h.lcn, d.holder, d.offset, need})
}
