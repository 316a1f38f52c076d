package logfile

import (
	"context"
	"encoding/binary"
	"iter"

	"hivetriage/artifacts"
	"hivetriage/artifacts/internal/windows"
)

// maxProblems bounds the torn pages that are told one by one.
const maxProblems = 100

// An Operation says what was done that carries a name.
type Operation string

const (
	Created Operation = "file record made"       // InitializeFileRecordSegment
	Freed   Operation = "file record freed"      // DeallocateFileRecordSegment
	Added   Operation = "name put into a folder" // AddIndexEntryRoot, AddIndexEntryAllocation
	Removed Operation = "name taken out of a folder"
)

// The operations of log records that carry names, as NTFS numbers them.
const (
	opInitializeRecord   = 0x02
	opDeallocateRecord   = 0x03
	opAddEntryRoot       = 0x0C
	opDeleteEntryRoot    = 0x0D
	opAddEntryAllocation = 0x0E
	opDeleteEntryAlloc   = 0x0F
)

// A Name is a file name that a log record carries.
type Name struct {
	Offset    int64 // of the record in the log
	LSN       uint64
	Operation Operation
	File      artifacts.FileReference // Record is 0 where the record's own number is not told
	Parent    artifacts.FileReference
	Name      string
	DOS       bool            // an 8.3 name, beside a long one
	Times     artifacts.Times // of the $FILE_NAME
	Size      int64           // bytes of the unnamed stream, as last noted there
	Directory bool
}

// A Tally counts what a pass over a log met.
type Tally struct {
	Version     string // "1.1"; "" if no restart page tells
	Pages       int64  // record pages
	Torn        int64  // of them, those whose sectors are from different writes
	Records     int64
	Names       int64 // wanted or not
	Bytes       int64
	First, Last uint64 // lowest and highest sequence number
}

// Tally returns the counts of the last Names.
func (l *Log) Tally() Tally { return l.tally }

// Names yields the names that want asks for, in the order of the log's bytes,
// then those that stand in its copies only. want gets the name in UTF-8, for
// the call only. An error element, an *artifacts.Problem, tells of a torn page
// or of bytes that could not be read and does not end the sequence.
func (l *Log) Names(ctx context.Context, want func(name []byte) bool) iter.Seq2[*Name, error] {
	return func(yield func(*Name, error) bool) {
		l.blocks = blocks{log: l}
		l.tally = Tally{}
		if l.major > 0 {
			l.tally.Version = string([]byte{'0' + byte(l.major%10), '.', '0' + byte(l.minor%10)})
		}
		p := pass{l: l, want: want, yield: yield}
		for at := l.first; at < l.size && !p.done && ctx.Err() == nil; at += l.page {
			p.page(at, false)
		}
		for at := restarts * l.page; at < min(l.first, l.size) && !p.done && ctx.Err() == nil; at += l.page {
			p.page(at, true)
		}
		l.tally.Bytes = l.blocks.read
		if l.blocks.err != nil {
			p.tell(l.blocks.err)
		}
		if err := ctx.Err(); err != nil {
			p.tell(&artifacts.Problem{Offset: -1, Kind: artifacts.Limit, Err: err})
		}
	}
}

type pass struct {
	l     *Log
	want  func([]byte) bool
	yield func(*Name, error) bool
	data  []byte // of a record that goes on in further pages
	name  []byte
	done  bool
}

func (p *pass) tell(err error) {
	if !p.done {
		p.done = !p.yield(nil, err)
	}
}

// page goes through the records that begin in a page. A record's sequence
// number tells where it belongs: that is how records are known, also those
// behind damage. A page of copies belongs elsewhere, all of it to one page.
func (p *pass) page(at int64, copies bool) {
	l := p.l
	b, state := l.blocks.page(at)
	if state == other {
		return
	}
	l.tally.Pages++
	if state == torn {
		if l.tally.Torn++; l.tally.Torn <= maxProblems {
			p.tell(artifacts.NewProblem(artifacts.Checksum, at, "the sectors of the page are from different writes"))
		}
	}
	home := at
	if copies {
		home = -1
	}
	for off := l.data; off+headerSize <= l.page && !p.done; {
		lsn, length, ok := l.header(b[off:])
		place := l.home(lsn)
		if !ok || place%l.page != off || place-off < l.first || place >= l.size || home >= 0 && place-off != home {
			off += 8
			continue
		}
		home = place - off
		next := off + (headerSize+length+7)&^7
		if !copies || !p.same(home, off, lsn) {
			p.record(b, at, home, off, lsn, length)
			b, _ = l.blocks.page(at) // reading on may have dropped it
		}
		off = next
	}
}

// header returns what a record's header says: sequence number at 0, length of
// the data at 24, index of the client at 30, type at 32.
func (l *Log) header(b []byte) (lsn uint64, length int64, ok bool) {
	le := binary.LittleEndian
	if lsn = le.Uint64(b); lsn == 0 {
		return 0, 0, false
	}
	length = int64(le.Uint32(b[24:]))
	kind := le.Uint32(b[32:])
	return lsn, length, length <= maxData && le.Uint16(b[30:]) == 0 && (kind == 1 || kind == 2)
}

// same reports whether the record of a copy stands in its place as well.
func (p *pass) same(home, off int64, lsn uint64) bool {
	b, state := p.l.blocks.page(home)
	return state != other && binary.LittleEndian.Uint64(b[off:]) == lsn
}

// record takes the names of the record that begins at off of page b. A record
// that does not end in its page goes on where records begin in the next one.
func (p *pass) record(b []byte, at, home, off int64, lsn uint64, length int64) {
	l, t := p.l, &p.l.tally
	t.Records++
	if t.First == 0 || lsn < t.First {
		t.First = lsn
	}
	t.Last = max(t.Last, lsn)
	if binary.LittleEndian.Uint32(b[off+32:]) != 1 {
		return // a restart record
	}
	data := b[off+headerSize:]
	if int64(len(data)) >= length {
		p.names(data[:length], at+off, lsn)
		return
	}
	p.data = append(p.data[:0], data...)
	for int64(len(p.data)) < length {
		if home += l.page; home+l.page > l.size {
			home = l.first
		}
		more, state := l.blocks.page(home)
		if state == other {
			return
		}
		p.data = append(p.data, more[l.data:]...)
	}
	p.names(p.data[:length], at+off, lsn)
}

// names takes the names of a record's data: operations at 0 and 2, then
// offset and length of what redoes and of what undoes the change, at 4 to 10.
func (p *pass) names(b []byte, at int64, lsn uint64) {
	if len(b) < 32 {
		return
	}
	le := binary.LittleEndian
	redo, undo := le.Uint16(b), le.Uint16(b[2:])
	part := func(field int) []byte {
		from, n := int(le.Uint16(b[field:])), int(le.Uint16(b[field+2:]))
		if from+n > len(b) {
			return nil
		}
		return b[from : from+n]
	}
	n := Name{Offset: at, LSN: lsn}
	switch {
	case redo == opInitializeRecord:
		n.Operation = Created
		p.fileRecord(n, part(4))
	case redo == opDeallocateRecord && undo == opInitializeRecord:
		n.Operation = Freed
		p.fileRecord(n, part(8))
	case redo == opAddEntryRoot || redo == opAddEntryAllocation:
		n.Operation = Added
		p.indexEntry(n, part(4))
	case (redo == opDeleteEntryRoot || redo == opDeleteEntryAlloc) && (undo == opAddEntryRoot || undo == opAddEntryAllocation):
		n.Operation = Removed
		p.indexEntry(n, part(8))
	}
}

// indexEntry takes the name of a folder's entry: reference at 0, length at 8,
// of the key at 10, the key, a $FILE_NAME, at 16. Entries of other indexes
// have other keys.
func (p *pass) indexEntry(n Name, b []byte) {
	if len(b) < 16 {
		return
	}
	key := int(binary.LittleEndian.Uint16(b[10:]))
	if 16+key > len(b) {
		return
	}
	n.File = artifacts.NewFileReference(binary.LittleEndian.Uint64(b))
	p.fileName(n, b[16:16+key], true)
}

// fileRecord takes the names of an MFT record: sequence number at 16, offset
// of the attributes at 20, base record at 32, number of the record at 44 if
// the array of sector ends stands behind that.
func (p *pass) fileRecord(n Name, b []byte) {
	le := binary.LittleEndian
	if len(b) < 48 || string(b[:4]) != "FILE" || le.Uint64(b[32:]) != 0 {
		return
	}
	if le.Uint16(b[4:]) >= 48 {
		n.File.Record = uint64(le.Uint32(b[44:]))
	}
	n.File.Sequence = le.Uint16(b[16:])
	const resident, fileName = 24, 0x30
	for at := int(le.Uint16(b[20:])); at >= 42 && at+resident <= len(b); {
		kind, size := le.Uint32(b[at:]), int64(le.Uint32(b[at+4:]))
		if kind == 0xFFFFFFFF || size < resident || size%8 != 0 || size > int64(len(b)-at) {
			return
		}
		if a := b[at : at+int(size)]; kind == fileName && a[8] == 0 {
			length, from := int64(le.Uint32(a[16:])), int64(le.Uint16(a[20:]))
			if from+length <= size {
				p.fileName(n, a[from:from+length], false)
			}
		}
		at += int(size)
	}
}

// fileName takes a $FILE_NAME: parent at 0, times at 8, size at 48, flags at
// 56, length of the name in units at 64, its namespace at 65, the name at 66.
func (p *pass) fileName(n Name, b []byte, exact bool) {
	const fixed, dos, directory = 66, 2, 0x10000000
	le := binary.LittleEndian
	if len(b) < fixed || b[64] == 0 || b[65] > 3 || fixed+2*int(b[64]) > len(b) || exact && fixed+2*int(b[64]) != len(b) {
		return
	}
	n.Parent = artifacts.NewFileReference(le.Uint64(b))
	n.Times = artifacts.Times{Created: windows.Filetime(le.Uint64(b[8:])), Modified: windows.Filetime(le.Uint64(b[16:])),
		Changed: windows.Filetime(le.Uint64(b[24:])), Accessed: windows.Filetime(le.Uint64(b[32:]))}
	if n.Parent.Sequence == 0 || n.Times.Created.IsZero() {
		return
	}
	p.l.tally.Names++
	p.name = windows.AppendUTF8(p.name[:0], b[fixed:fixed+2*int(b[64])])
	if p.done || !p.want(p.name) {
		return
	}
	n.Size = int64(le.Uint64(b[48:]))
	n.DOS = b[65] == dos
	n.Directory = le.Uint32(b[56:])&directory != 0
	n.Name = string(p.name)
	p.done = !p.yield(&n, nil)
}
