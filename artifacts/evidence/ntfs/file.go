package ntfs

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"slices"

	"hivetriage/artifacts"
)

const (
	reparseWOF = 0x80000017 // the file's content is in its WofCompressedData stream

	spacePOSIX = 0 // $FILE_NAME name spaces; 1 is Win32, 3 is Win32 and DOS in one
	spaceDOS   = 2

	// maxListSize is the size that Windows allows an $ATTRIBUTE_LIST.
	maxListSize = 256 << 10
)

// A name is one $FILE_NAME attribute.
type name struct {
	parent uint64 // reference
	space  byte
	utf16  []byte
	times  []byte // four FILETIMEs: created, modified, MFT changed, accessed
}

// parseName reads the value of a $FILE_NAME: parent reference at 0, times at
// 8, length in characters at 64, name space at 65, name at 66.
func parseName(b []byte) (name, bool) {
	if len(b) < 66 || b[64] == 0 || len(b) < 66+2*int(b[64]) {
		return name{}, false
	}
	return name{
		parent: binary.LittleEndian.Uint64(b),
		times:  b[8:40],
		space:  b[65],
		utf16:  b[66 : 66+2*int(b[64])],
	}, true
}

// A data is one $DATA attribute and the record that holds it.
type data struct {
	attribute
	holder uint32
}

// A file is a base record with, if it has an attribute list, the extension
// records that the list names. All slices point into the records' bytes.
type file struct {
	number   uint32
	header   header
	standard []byte // $STANDARD_INFORMATION
	security *attribute
	reparse  uint32 // tag; 0 for none
	names    []name
	data     []data
	list     *attribute // $ATTRIBUTE_LIST
	torn     bool
	parts    []uint32 // the extension records that were used
	lost     int      // extension records that the list names and that could not be used
	attrs    int

	label, version []byte // of $Volume
}

// reset empties f and keeps its slices.
func (f *file) reset(number uint32, h header) {
	*f = file{number: number, header: h, names: f.names[:0], data: f.data[:0]}
}

func (f *file) inUse() bool { return f.header.flags&recordInUse != 0 }

// add takes over the attributes of the fixed record b. It returns the error
// that ended the walk, if one did; what stood before it is kept.
func (f *file) add(b []byte, number uint32, h header) error {
	w := walk(b, h)
	var a attribute
	for {
		ok, err := w.next(&a)
		if !ok {
			return err
		}
		f.attrs++
		f.take(&a, number)
	}
}

func (f *file) take(a *attribute, number uint32) {
	switch a.kind {
	case attrStandardInformation:
		f.standard = a.value
	case attrList:
		f.list = clone(a)
	case attrFileName:
		if n, ok := parseName(a.value); ok {
			f.names = append(f.names, n)
		}
	case attrSecurityDescriptor:
		f.security = clone(a)
	case attrVolumeName:
		f.label = a.value
	case attrVolumeInformation:
		f.version = a.value
	case attrData:
		f.data = append(f.data, data{*a, number})
	case attrReparsePoint:
		if len(a.value) >= 4 {
			f.reparse = binary.LittleEndian.Uint32(a.value)
		}
	}
}

func clone(a *attribute) *attribute { c := *a; return &c }

// best returns the name that gives the path: the first that is not a DOS 8.3
// name, or else the first. It returns nil if there is none.
func (f *file) best() *name {
	for i := range f.names {
		if f.names[i].space != spaceDOS {
			return &f.names[i]
		}
	}
	if len(f.names) > 0 {
		return &f.names[0]
	}
	return nil
}

// readRecord reads and fixes record number of the table into b.
func (v *Volume) readRecord(number uint32, b []byte) (header, recordState, error) {
	offset := int64(number) * int64(v.recordSize)
	if offset+int64(v.recordSize) > v.table.size {
		return header{}, recordStrange, artifacts.NewProblem(artifacts.Malformed, -1, "MFT record %d does not exist", number)
	}
	if err := v.table.readFull(b, offset); err != nil {
		return header{}, recordStrange, err
	}
	state := fix(b)
	if state == recordStrange || state == recordUnused {
		return header{}, state, artifacts.NewProblem(artifacts.Malformed, v.table.place(offset), "MFT record %d has no record's signature", number)
	}
	return parseHeader(b), state, nil
}

// loadFile reads the base record number and the extension records that its
// attribute list names. The error is about the base record; attributes found
// before a walk's error are kept.
func (v *Volume) loadFile(number uint32) (*file, error) {
	b := make([]byte, v.recordSize)
	h, state, err := v.readRecord(number, b)
	if err != nil {
		return nil, err
	}
	f := new(file)
	f.reset(number, h)
	f.torn = state == recordTorn
	if err := f.add(b, number, h); err != nil {
		f.torn = true
	}
	if f.list != nil {
		v.addExtensions(f)
	}
	return f, nil
}

// addExtensions reads the records that f's attribute list names. A record is
// taken if it names f as its base. What cannot be used is counted in f.lost.
func (v *Volume) addExtensions(f *file) {
	numbers, err := v.listed(f)
	if err != nil {
		f.lost++
	}
	for _, ref := range numbers {
		number, sequence := splitReference(ref)
		if number == uint64(f.number) {
			continue
		}
		if number > maxRecords || !v.extends(uint32(number), f.number) {
			f.lost++
			continue
		}
		b := make([]byte, v.recordSize)
		h, state, err := v.readRecord(uint32(number), b)
		base, baseSequence := splitReference(h.base)
		if err != nil || base != uint64(f.number) || !succeeds(h, sequence) || !succeeds(f.header, baseSequence) {
			f.lost++
			continue
		}
		f.parts = append(f.parts, uint32(number))
		f.torn = f.torn || state == recordTorn
		if err := f.add(b, uint32(number), h); err != nil {
			f.torn = true
		}
	}
}

// succeeds reports whether the record with header h is the one that a
// reference with the given sequence number meant: deleting a record raises
// its number by one, and 0 is left out.
func succeeds(h header, sequence uint16) bool {
	if h.sequence == sequence {
		return true
	}
	next := sequence + 1
	if next == 0 {
		next = 1
	}
	return h.flags&recordInUse == 0 && h.sequence == next
}

// listed returns the distinct record references of f's attribute list, in
// order. An entry: type at 0, length at 4, first VCN at 8, reference at 16.
func (v *Volume) listed(f *file) ([]uint64, error) {
	b := f.list.value
	var problem error
	if f.list.nonResident {
		if v.bare {
			return nil, errNotInTable
		}
		s, err := v.joinRuns(f.list, nil)
		if err == nil && (s.size < 0 || s.size > maxListSize) {
			err = artifacts.NewProblem(artifacts.Limit, -1, "attribute list of %d bytes", s.size)
		}
		if err != nil {
			return nil, err
		}
		b = make([]byte, s.size)
		if err := s.readFull(b, 0); err != nil {
			return nil, err
		}
	}
	var refs []uint64
	for len(b) >= 24 {
		n := int(binary.LittleEndian.Uint16(b[4:]))
		if n < 24 || n > len(b) {
			problem = artifacts.NewProblem(artifacts.Malformed, -1, "attribute list: entry of %d bytes", n)
			break
		}
		refs = append(refs, binary.LittleEndian.Uint64(b[16:]))
		b = b[n:]
	}
	slices.Sort(refs)
	return slices.Compact(refs), problem
}

// continuations returns the attributes that carry on the stream f.data[i], in
// the order of their first clusters.
func (f *file) continuations(i int) []*attribute {
	first := &f.data[i]
	var more []*attribute
	for j := range f.data {
		if d := &f.data[j]; d.nonResident && d.startVCN > 0 && bytes.Equal(d.name, first.name) {
			more = append(more, &d.attribute)
		}
	}
	slices.SortStableFunc(more, func(a, b *attribute) int { return cmp.Compare(a.startVCN, b.startVCN) })
	return more
}

var errNoStream = errors.New("the stream is not in its record any more")

// find returns the index in f.data of the stream whose first attribute stands
// at offset in record holder.
func (f *file) find(holder uint32, offset uint16) (int, bool) {
	for i := range f.data {
		if f.data[i].holder == holder && f.data[i].offset == offset {
			return i, true
		}
	}
	return 0, false
}

// loadStream returns the file that the stream at offset of record belongs to,
// and its index in the file's data. If the record is an extension that its
// base does not know any more, the file is made from it alone, with the
// base's names if the base is still the one that is meant.
func (v *Volume) loadStream(record uint32, offset uint16) (*file, int, error) {
	b := make([]byte, v.recordSize)
	h, state, err := v.readRecord(record, b)
	if err != nil {
		return nil, 0, err
	}
	own := new(file)
	own.reset(record, h)
	number, sequence := splitReference(h.base)
	if h.base == 0 {
		number = uint64(record)
	}
	var f *file
	if number < maxRecords {
		if f, err = v.loadFile(uint32(number)); err == nil {
			if i, ok := f.find(record, offset); ok {
				return f, i, nil
			}
		}
	}
	own.torn = own.add(b, record, h) != nil || state == recordTorn
	if f != nil && succeeds(f.header, sequence) {
		own.names, own.standard, own.security = f.names, f.standard, f.security
	}
	i, ok := own.find(record, offset)
	if !ok {
		return nil, 0, artifacts.NewProblem(artifacts.Malformed, -1, "MFT record %d: %w", record, errNoStream)
	}
	return own, i, nil
}
