// Package usn reads the change journal of an NTFS volume, the stream
// $UsnJrnl:$J: what happened to files, by name, for as long as the journal
// reaches back.
//
// Format facts: USN_RECORD_V2, _V3 and _V4, the reason and the source flags
// are documented by Microsoft (winioctl.h, [MS-FSCC] 2.3). A record starts at
// a multiple of 8 bytes and never crosses the end of a page of 4 KiB; the
// rest of a page is zeros. The stream is sparse: what was dropped from its
// beginning are zeros or a hole.
package usn

import (
	"encoding/binary"
	"strings"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/internal/windows"
)

const (
	pageSize  = 4096
	alignment = 8

	headerV2, headerV3, headerV4 = 60, 76, 64 // bytes before the name, or the extents

	maxName = 2 * 255 // bytes; NTFS allows 255 UTF-16 units
)

// A Record is one change of one file.
type Record struct {
	Offset     int64 // in the stream
	USN        uint64
	Time       time.Time // UTC, 100 ns
	File       artifacts.FileReference
	Parent     artifacts.FileReference // the folder in which the file had the name
	Reason     Reason
	Source     Source
	Attributes uint32 // FILE_ATTRIBUTE_ bits
	Name       string
}

// Directory reports whether the record is about a folder.
func (r *Record) Directory() bool { return r.Attributes&attributeDirectory != 0 }

const attributeDirectory = 0x10

// A Head is what tells whether a record is wanted.
type Head struct {
	File, Parent artifacts.FileReference
	Reason       Reason
	Attributes   uint32
	Name         []byte // UTF-8, valid during the call only
}

// Directory reports whether the record is about a folder.
func (h *Head) Directory() bool { return h.Attributes&attributeDirectory != 0 }

// Reason says what happened; the bits of all changes since the file was
// opened are kept until it is closed.
type Reason uint32

// Reasons by their names in winioctl.h, without USN_REASON_.
const (
	DataOverwrite Reason = 1 << iota
	DataExtend
	DataTruncation
	_
	NamedDataOverwrite
	NamedDataExtend
	NamedDataTruncation
	_
	FileCreate
	FileDelete
	EAChange
	SecurityChange
	RenameOldName
	RenameNewName
	IndexableChange
	BasicInfoChange
	HardLinkChange
	CompressionChange
	EncryptionChange
	ObjectIDChange
	ReparsePointChange
	StreamChange
	TransactedChange
	IntegrityChange
	DesiredStorageClassChange
	Close Reason = 1 << 31
)

var reasonNames = [32]string{
	"DATA_OVERWRITE", "DATA_EXTEND", "DATA_TRUNCATION", "", "NAMED_DATA_OVERWRITE", "NAMED_DATA_EXTEND", "NAMED_DATA_TRUNCATION", "",
	"FILE_CREATE", "FILE_DELETE", "EA_CHANGE", "SECURITY_CHANGE", "RENAME_OLD_NAME", "RENAME_NEW_NAME", "INDEXABLE_CHANGE", "BASIC_INFO_CHANGE",
	"HARD_LINK_CHANGE", "COMPRESSION_CHANGE", "ENCRYPTION_CHANGE", "OBJECT_ID_CHANGE", "REPARSE_POINT_CHANGE", "STREAM_CHANGE", "TRANSACTED_CHANGE", "INTEGRITY_CHANGE",
	"DESIRED_STORAGE_CLASS_CHANGE", "", "", "", "", "", "", "CLOSE",
}

// String joins the names of the flags with "|"; a flag without one is "bit N".
func (r Reason) String() string { return flags(uint32(r), reasonNames[:]) }

// Source says who made the change, where that was not a user's program.
type Source uint32

var sourceNames = []string{"DATA_MANAGEMENT", "AUXILIARY_DATA", "REPLICATION_MANAGEMENT", "CLIENT_REPLICATION_MANAGEMENT"}

// String joins the names of the flags as Reason's does.
func (s Source) String() string { return flags(uint32(s), sourceNames) }

func flags(bits uint32, names []string) string {
	var set []string
	for i := range 32 {
		switch {
		case bits&(1<<i) == 0:
		case i < len(names) && names[i] != "":
			set = append(set, names[i])
		default:
			set = append(set, "bit "+string([]byte{byte('0' + i/10), byte('0' + i%10)}))
		}
	}
	return strings.Join(set, "|")
}

// A raw record lies at the beginning of its bytes.
type raw struct {
	b       []byte // length bytes
	version uint16
}

// parse returns the record that b begins with; ok is false if there is none.
func parse(b []byte) (rec raw, ok bool) {
	if len(b) < alignment {
		return raw{}, false
	}
	length, version := binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint16(b[4:])
	if length%alignment != 0 || length > pageSize || int(length) > len(b) || binary.LittleEndian.Uint16(b[6:]) != 0 {
		return raw{}, false
	}
	rec = raw{b[:length], version}
	header := headerV2
	switch version {
	case 2:
	case 3:
		header = headerV3
	case 4:
		header = headerV4
	default:
		return raw{}, false
	}
	if len(rec.b) < header {
		return raw{}, false
	}
	if usn := rec.usn(); usn%alignment != 0 || usn%pageSize+uint64(length) > pageSize {
		return raw{}, false
	}
	if version == 4 {
		return rec, true
	}
	size, at := int(binary.LittleEndian.Uint16(b[header-4:])), int(binary.LittleEndian.Uint16(b[header-2:]))
	return rec, size > 0 && size <= maxName && size%2 == 0 && at >= header && at+size <= len(rec.b)
}

// wide is how many bytes later the fields behind the references stand.
func (r raw) wide() int {
	if r.version == 2 {
		return 0
	}
	return 16
}

func (r raw) usn() uint64 { return binary.LittleEndian.Uint64(r.b[24+r.wide():]) }

// foreign reports whether the references have 128 bits, as ReFS uses them.
func (r raw) foreign() bool {
	return r.version != 2 && (binary.LittleEndian.Uint64(r.b[16:]) != 0 || binary.LittleEndian.Uint64(r.b[32:]) != 0)
}

func (r raw) ticks() uint64 { return binary.LittleEndian.Uint64(r.b[32+r.wide():]) }

// head fills in what tells whether the record, of version 2 or 3, is wanted.
func (r raw) head(h *Head) {
	wide := r.wide()
	h.File = artifacts.NewFileReference(binary.LittleEndian.Uint64(r.b[8:]))
	h.Parent = artifacts.NewFileReference(binary.LittleEndian.Uint64(r.b[16+wide/2:]))
	h.Reason = Reason(binary.LittleEndian.Uint32(r.b[40+wide:]))
	h.Attributes = binary.LittleEndian.Uint32(r.b[52+wide:])
	size, at := int(binary.LittleEndian.Uint16(r.b[56+wide:])), int(binary.LittleEndian.Uint16(r.b[58+wide:]))
	h.Name = windows.AppendUTF8(h.Name[:0], r.b[at:at+size])
}

func (r raw) record(h *Head, offset int64) *Record {
	return &Record{
		Offset: offset, USN: r.usn(), Time: windows.Filetime(r.ticks()), File: h.File, Parent: h.Parent, Reason: h.Reason,
		Source: Source(binary.LittleEndian.Uint32(r.b[44+r.wide():])), Attributes: h.Attributes, Name: string(h.Name),
	}
}
