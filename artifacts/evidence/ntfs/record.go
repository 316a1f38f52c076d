package ntfs

import (
	"encoding/binary"

	"hivetriage/artifacts"
)

// Attribute types and flags of the file table.
const (
	attrStandardInformation = 0x10
	attrList                = 0x20
	attrFileName            = 0x30
	attrSecurityDescriptor  = 0x50
	attrVolumeName          = 0x60
	attrVolumeInformation   = 0x70
	attrData                = 0x80
	attrReparsePoint        = 0xC0
	attrEnd                 = 0xFFFFFFFF

	flagCompressed = 0x0001
	flagEncrypted  = 0x4000
	flagSparse     = 0x8000

	recordInUse     = 0x0001
	recordDirectory = 0x0002

	recordHeader = 42 // bytes up to the next attribute id
	fixStride    = 512
)

// A header is the fixed part of an MFT record.
type header struct {
	sequence uint16
	flags    uint16
	first    int    // offset of the first attribute
	used     int    // bytes in use
	base     uint64 // reference of the base record; 0 in a base record
}

func parseHeader(b []byte) header {
	return header{
		sequence: binary.LittleEndian.Uint16(b[16:]),
		first:    int(binary.LittleEndian.Uint16(b[20:])),
		flags:    binary.LittleEndian.Uint16(b[22:]),
		used:     int(min(binary.LittleEndian.Uint32(b[24:]), uint32(len(b)))),
		base:     binary.LittleEndian.Uint64(b[32:]),
	}
}

// A reference names an MFT record: 48 bits of number, 16 of sequence.
func splitReference(ref uint64) (number uint64, sequence uint16) {
	return ref & (1<<48 - 1), uint16(ref >> 48)
}

// recordState is what the first look at a record's bytes says.
type recordState uint8

const (
	recordWhole recordState = iota
	recordUnused
	recordTorn    // a sector is from another write, or the record is marked BAAD
	recordStrange // no record at all
)

// fix checks the record's signature and puts back the last two bytes of every
// 512-byte sector from the update sequence array. Sectors that do not carry
// the array's number are left as they are and make the record torn.
func fix(b []byte) recordState {
	if len(b) < minRecordSize {
		return recordStrange
	}
	state := recordWhole
	switch string(b[:4]) {
	case "FILE":
	case "BAAD":
		state = recordTorn
	case "\x00\x00\x00\x00":
		return recordUnused
	default:
		return recordStrange
	}
	if s := putBack(b, recordHeader); s != recordWhole {
		return s
	}
	return state
}

// putBack puts back the last two bytes of every sector of a record, or of an
// index block, whose header is that long.
func putBack(b []byte, header int) recordState {
	at, count := int(binary.LittleEndian.Uint16(b[4:])), int(binary.LittleEndian.Uint16(b[6:]))
	if count != len(b)/fixStride+1 || at < header || at+2*count > fixStride-2 {
		return recordTorn
	}
	state := recordWhole
	for i := 1; i < count; i++ {
		end := i*fixStride - 2
		if b[end] != b[at] || b[end+1] != b[at+1] {
			state = recordTorn
			continue
		}
		b[end], b[end+1] = b[at+2*i], b[at+2*i+1]
	}
	return state
}

// An attribute is one attribute of a record. Its slices point into the record.
type attribute struct {
	kind        uint32
	offset      uint16 // in the record: unlike the id it is always unique
	id          uint16
	flags       uint16
	nonResident bool
	name        []byte // UTF-16LE
	value       []byte // resident content

	// The following are set in non-resident attributes only. The sizes are
	// those of the whole stream and stand in the attribute with startVCN 0.
	startVCN, lastVCN, size, valid int64
	unit                           int64 // clusters per compression unit, up to 2^32; 0: never compressed
	runs                           []byte
}

// A walker steps through the attributes of a fixed record.
type walker struct {
	b      []byte
	offset int
}

func walk(b []byte, h header) walker { return walker{b: b[:h.used], offset: h.first} }

// next reads the next attribute into a. It returns false at the end, or an
// error where an attribute leaves the record: what follows is lost then.
func (w *walker) next(a *attribute) (bool, error) {
	rest := len(w.b) - w.offset
	if w.offset < recordHeader || rest < 4 {
		return false, w.broken("no end of the attributes")
	}
	b := w.b[w.offset:]
	kind := binary.LittleEndian.Uint32(b)
	if kind == attrEnd {
		return false, nil
	}
	if rest < 24 {
		return false, w.broken("attribute header cut short")
	}
	length := binary.LittleEndian.Uint32(b[4:])
	if length < 24 || length > uint32(rest) {
		return false, w.broken("attribute of impossible length")
	}
	b = b[:length]
	*a = attribute{kind: kind, offset: uint16(w.offset), flags: binary.LittleEndian.Uint16(b[12:]), id: binary.LittleEndian.Uint16(b[14:]), nonResident: b[8] != 0}
	if n, at := 2*int(b[9]), int(binary.LittleEndian.Uint16(b[10:])); n > 0 {
		if at+n > len(b) {
			return false, w.broken("attribute name outside of the attribute")
		}
		a.name = b[at : at+n]
	}
	if a.nonResident {
		if !a.parseNonResident(b) {
			return false, w.broken("non-resident attribute cut short")
		}
	} else {
		n, at := binary.LittleEndian.Uint32(b[16:]), uint32(binary.LittleEndian.Uint16(b[20:]))
		if n > length || at > length-n {
			return false, w.broken("attribute content outside of the attribute")
		}
		a.value = b[at : at+n]
	}
	w.offset += int(length)
	return true, nil
}

func (a *attribute) parseNonResident(b []byte) bool {
	if len(b) < 64 {
		return false
	}
	at := int(binary.LittleEndian.Uint16(b[32:]))
	if at > len(b) {
		return false
	}
	a.runs = b[at:]
	a.startVCN = int64(binary.LittleEndian.Uint64(b[16:]))
	a.lastVCN = int64(binary.LittleEndian.Uint64(b[24:]))
	a.size = int64(binary.LittleEndian.Uint64(b[48:]))
	a.valid = int64(binary.LittleEndian.Uint64(b[56:]))
	if shift := b[34]; a.flags&flagCompressed != 0 && shift > 0 {
		a.unit = 1 << min(shift, 32)
	}
	return true
}

func (w *walker) broken(what string) error {
	return artifacts.NewProblem(artifacts.Malformed, int64(w.offset), "MFT record: %s", what)
}

// length returns the bytes of the stream whose first attribute a is.
func (a *attribute) length() int64 {
	if a.nonResident {
		return max(a.size, 0)
	}
	return int64(len(a.value))
}
