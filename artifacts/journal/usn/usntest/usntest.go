// Package usntest writes change journals for tests, from the documented
// layout of USN_RECORD_V2, _V3 and _V4. It shares no code with the reader.
package usntest

import (
	"encoding/binary"
	"time"
	"unicode/utf16"
)

const page = 4096

// A Change is one record.
type Change struct {
	Version        int // 2 (also 0), 3 or 4
	Time           time.Time
	Record, Parent uint64
	Sequence       uint16 // of the file; 0 is 1
	ParentSequence uint16 // 0 is 1
	High           uint64 // upper half of a reference of 128 bits
	Reason         uint32
	Source         uint32
	Attributes     uint32 // 0 is FILE_ATTRIBUTE_ARCHIVE
	Name           string
}

// A Builder lays records out as NTFS does.
type Builder struct {
	b    []byte
	base uint64 // USN of the first byte
}

// New returns a journal whose first byte has the USN base, a multiple of the
// page size.
func New(base uint64) *Builder { return &Builder{base: base} }

// Pad appends n zero bytes, as stand where records were dropped.
func (b *Builder) Pad(n int) *Builder {
	b.b = append(b.b, make([]byte, n)...)
	return b
}

// Raw appends bytes as they are.
func (b *Builder) Raw(p []byte) *Builder {
	b.b = append(b.b, p...)
	return b
}

// Add appends a record, on a new page if it does not fit on this one, and
// returns its offset.
func (b *Builder) Add(c Change) int64 {
	rec := c.bytes()
	if left := page - len(b.b)%page; left < len(rec) {
		b.Pad(left)
	}
	at := len(b.b)
	usnAt := 24
	if c.Version > 2 {
		usnAt = 40
	}
	binary.LittleEndian.PutUint64(rec[usnAt:], b.base+uint64(at))
	b.b = append(b.b, rec...)
	return int64(at)
}

// Bytes returns the stream, filled up to the end of its page.
func (b *Builder) Bytes() []byte {
	if rest := len(b.b) % page; rest != 0 {
		b.Pad(page - rest)
	}
	return b.b
}

func (c Change) bytes() []byte {
	le := binary.LittleEndian
	name := utf16.Encode([]rune(c.Name))
	version, header := max(c.Version, 2), 60
	switch version {
	case 3:
		header = 76
	case 4:
		header = 64 + 16
		name = nil
	}
	rec := make([]byte, (header+2*len(name)+7)/8*8)
	le.PutUint32(rec, uint32(len(rec)))
	le.PutUint16(rec[4:], uint16(version))
	le.PutUint64(rec[8:], c.Record|uint64(max(c.Sequence, 1))<<48)
	at := 16
	if version > 2 {
		le.PutUint64(rec[16:], c.High)
		le.PutUint64(rec[32:], c.High)
		at = 24
	}
	le.PutUint64(rec[at:], c.Parent|uint64(max(c.ParentSequence, 1))<<48)
	if version == 4 {
		le.PutUint32(rec[48:], c.Reason)
		le.PutUint32(rec[52:], c.Source)
		le.PutUint16(rec[60:], 1)
		le.PutUint16(rec[62:], 16)
		return rec
	}
	at = header - 28 // of the time
	le.PutUint64(rec[at:], ticks(c.Time))
	le.PutUint32(rec[at+8:], c.Reason)
	le.PutUint32(rec[at+12:], c.Source)
	attributes := c.Attributes
	if attributes == 0 {
		attributes = 0x20
	}
	le.PutUint32(rec[at+20:], attributes)
	le.PutUint16(rec[at+24:], uint16(2*len(name)))
	le.PutUint16(rec[at+26:], uint16(header))
	for i, u := range name {
		le.PutUint16(rec[header+2*i:], u)
	}
	return rec
}

// ticks counts 100 ns since 1601-01-01 UTC; the zero time is 0.
func ticks(t time.Time) uint64 {
	if t.IsZero() {
		return 0
	}
	const since1601 = 11644473600 // seconds before 1970
	return uint64(t.Unix()+since1601)*1e7 + uint64(t.Nanosecond()/100)
}
