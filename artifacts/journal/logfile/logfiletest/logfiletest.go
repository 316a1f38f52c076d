// Package logfiletest writes transaction logs of NTFS for tests, from the
// documented layout of their pages and records. It shares no code with the
// reader.
package logfiletest

import (
	"encoding/binary"
	"math/bits"
	"time"
	"unicode/utf16"
)

const (
	page       = 4096
	dataOffset = 0x40
	header     = 0x30
)

// A FileName is the $FILE_NAME that a record carries.
type FileName struct {
	Record, Parent           uint64
	Sequence, ParentSequence uint16 // 0 is 1
	Time                     time.Time
	Size                     uint64
	Attributes               uint32
	Space                    byte
	Name                     string
}

// Options describe the log. The zero value is a log of version 2.0 with 64
// pages.
type Options struct {
	Major, Minor uint16
	Pages        int
}

// A Builder appends records to a log.
type Builder struct {
	opt   Options
	b     []byte
	bits  int
	first int // of the pages that are no copies
	at    int // where the next record goes
	turn  uint64
}

// New returns a log without records.
func New(opt Options) *Builder {
	if opt.Major == 0 {
		opt.Major = 2
	}
	if opt.Pages == 0 {
		opt.Pages = 64
	}
	b := &Builder{opt: opt, b: make([]byte, opt.Pages*page), first: 4 * page, turn: 5}
	if opt.Major > 1 {
		b.first = 34 * page
	}
	b.bits = bits.Len(uint(len(b.b))) - 3
	for i := range b.b[2*page:] {
		b.b[2*page+i] = 0xFF
	}
	b.start(b.first)
	return b
}

// start begins a page.
func (b *Builder) start(at int) {
	p := b.b[at : at+page]
	clear(p)
	copy(p, "RCRD")
	binary.LittleEndian.PutUint16(p[4:], 0x28)
	binary.LittleEndian.PutUint16(p[6:], page/512+1)
	b.at = at + dataOffset
}

// advance goes to the next page, from the last one to the first.
func (b *Builder) advance() {
	next := (b.at - 1) / page * page
	if next += page; next == len(b.b) {
		next = b.first
		b.turn++
	}
	b.start(next)
}

// SkipTo leaves the rest of the page, and pages, until the next record begins
// at an offset, a multiple of 8.
func (b *Builder) SkipTo(offset int) {
	for b.at/page < offset/page {
		b.at = b.at/page*page + page
		b.start(b.at)
	}
	b.at = offset
}

// Add appends a record with client data and returns its offset and sequence
// number.
func (b *Builder) Add(data []byte) (offset int64, lsn uint64) {
	if b.at%page == 0 || b.at%page+header > page {
		b.advance()
	}
	start := b.at
	lsn = b.turn<<b.bits | uint64(start)>>3
	h := b.b[start : start+header]
	le := binary.LittleEndian
	le.PutUint64(h, lsn)
	le.PutUint32(h[24:], uint32(len(data)))
	le.PutUint32(h[32:], 1)
	if start%page+header+len(data) > page {
		le.PutUint16(h[40:], 1)
	}
	b.at += header
	for len(data) > 0 {
		if b.at%page == 0 {
			b.advance()
		}
		n := copy(b.b[b.at:b.at/page*page+page], data)
		data, b.at = data[n:], b.at+n
	}
	b.at = (b.at + 7) / 8 * 8
	return int64(start), lsn
}

// Client returns the data of a record: operations, and the values that redo
// and undo the change.
func Client(redo, undo uint16, redoData, undoData []byte) []byte {
	le := binary.LittleEndian
	d := make([]byte, 40)
	le.PutUint16(d, redo)
	le.PutUint16(d[2:], undo)
	le.PutUint16(d[4:], uint16(len(d)))
	le.PutUint16(d[6:], uint16(len(redoData)))
	d = append(d, redoData...)
	for len(d)%8 != 0 {
		d = append(d, 0)
	}
	le.PutUint16(d[8:], uint16(len(d)))
	le.PutUint16(d[10:], uint16(len(undoData)))
	return append(d, undoData...)
}

// Created is the record of a new file: InitializeFileRecordSegment.
func Created(f FileName) []byte { return Client(2, 3, f.FileRecord(), nil) }

// Freed is the record of a file that goes: DeallocateFileRecordSegment.
func Freed(f FileName) []byte { return Client(3, 2, nil, f.FileRecord()) }

// Added is the record of a name that comes into a folder.
func Added(f FileName) []byte { return Client(0xE, 0xF, f.Entry(), nil) }

// Removed is the record of a name that goes out of a folder.
func Removed(f FileName) []byte { return Client(0xF, 0xE, nil, f.Entry()) }

// Entry is a folder's entry of the file.
func (f FileName) Entry() []byte {
	key := f.attribute()
	e := make([]byte, 16, 16+len(key)+8)
	binary.LittleEndian.PutUint64(e, reference(f.Record, f.Sequence))
	binary.LittleEndian.PutUint16(e[10:], uint16(len(key)))
	e = append(e, key...)
	for len(e)%8 != 0 {
		e = append(e, 0)
	}
	binary.LittleEndian.PutUint16(e[8:], uint16(len(e)))
	return e
}

// FileRecord is an MFT record of the file, with $STANDARD_INFORMATION and
// $FILE_NAME, up to its end mark.
func (f FileName) FileRecord() []byte {
	le := binary.LittleEndian
	r := make([]byte, 56)
	copy(r, "FILE")
	le.PutUint16(r[4:], 0x30)
	le.PutUint16(r[6:], 3)
	le.PutUint16(r[16:], max(f.Sequence, 1))
	le.PutUint16(r[20:], uint16(len(r)))
	le.PutUint16(r[22:], 1)
	le.PutUint32(r[44:], uint32(f.Record))
	r = append(r, resident(0x10, make([]byte, 72))...)
	r = append(r, resident(0x30, f.attribute())...)
	le.PutUint32(r[24:], uint32(len(r)+8))
	return append(r, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0)
}

func resident(kind uint32, value []byte) []byte {
	a := make([]byte, (24+len(value)+7)/8*8)
	binary.LittleEndian.PutUint32(a, kind)
	binary.LittleEndian.PutUint32(a[4:], uint32(len(a)))
	binary.LittleEndian.PutUint32(a[16:], uint32(len(value)))
	binary.LittleEndian.PutUint16(a[20:], 24)
	copy(a[24:], value)
	return a
}

func (f FileName) attribute() []byte {
	name := utf16.Encode([]rune(f.Name))
	a := make([]byte, 66+2*len(name))
	le := binary.LittleEndian
	le.PutUint64(a, reference(f.Parent, f.ParentSequence))
	for i := range 4 {
		le.PutUint64(a[8+8*i:], ticks(f.Time))
	}
	le.PutUint64(a[40:], (f.Size+page-1)/page*page)
	le.PutUint64(a[48:], f.Size)
	le.PutUint32(a[56:], f.Attributes)
	a[64], a[65] = byte(len(name)), f.Space
	for i, u := range name {
		le.PutUint16(a[66+2*i:], u)
	}
	return a
}

func reference(record uint64, sequence uint16) uint64 { return record | uint64(max(sequence, 1))<<48 }

func ticks(t time.Time) uint64 {
	const since1601 = 11644473600 // seconds before 1970
	return uint64(t.Unix()+since1601)*1e7 + uint64(t.Nanosecond()/100)
}

// Bytes returns the log with its restart pages.
func (b *Builder) Bytes() []byte {
	le := binary.LittleEndian
	out := append([]byte(nil), b.b...)
	for i := range 2 {
		p := out[i*page : (i+1)*page]
		copy(p, "RSTR")
		le.PutUint16(p[4:], 0x1E)
		le.PutUint16(p[6:], page/512+1)
		le.PutUint32(p[16:], page)
		le.PutUint32(p[20:], page)
		le.PutUint16(p[24:], 0x30)
		le.PutUint16(p[26:], b.opt.Minor)
		le.PutUint16(p[28:], b.opt.Major)
		area := p[0x30:]
		le.PutUint64(area, b.turn<<b.bits|uint64(i)) // the second one is newer
		le.PutUint16(area[8:], 1)
		le.PutUint32(area[16:], uint32(64-b.bits))
		le.PutUint64(area[24:], uint64(len(out)))
		le.PutUint16(area[38:], dataOffset)
	}
	for at := 0; at < len(out); at += page {
		if s := string(out[at : at+4]); s == "RSTR" || s == "RCRD" {
			protect(out[at : at+page])
		}
	}
	return out
}

// protect moves the last two bytes of each sector into the page's array.
func protect(p []byte) {
	at := int(binary.LittleEndian.Uint16(p[4:]))
	p[at], p[at+1] = 7, 0
	for i := 1; i <= len(p)/512; i++ {
		end := p[i*512-2 : i*512]
		copy(p[at+2*i:], end)
		copy(end, p[at:at+2])
	}
}

// Copy puts a copy of the page that is at an offset into the n-th page of
// copies of a log that Bytes returned.
func Copy(log []byte, offset int64, n int) {
	from := int(offset) / page * page
	copy(log[(2+n)*page:(3+n)*page], log[from:from+page])
}
