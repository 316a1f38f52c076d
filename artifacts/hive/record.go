package hive

import (
	"encoding/binary"
	"math"
	"strings"
	"time"

	"hivetriage/artifacts/internal/windows"
)

// Sizes of the fixed parts of records, which names or bodies follow.
const (
	binHeader     = 32
	keyHeader     = 76 // "nk"
	valueHeader   = 20 // "vk"
	skHeader      = 20 // "sk"
	listHeader    = 4  // "lf", "lh", "li", "ri": signature and count
	bigHeader     = 8  // "db"
	bigSegment    = 16344
	inlineData    = 1 << 31
	maxInlineData = 4
	latinKey      = 0x20 // flag of "nk"
	latinValue    = 0x01 // flag of "vk"
)

var le = binary.LittleEndian

// A keyRecord is the payload of an "nk" cell, at least keyHeader bytes.
type keyRecord []byte

func isKey(b []byte) bool { return len(b) >= keyHeader && b[0] == 'n' && b[1] == 'k' }

func (k keyRecord) written() time.Time { return windows.Filetime(le.Uint64(k[4:])) }
func (k keyRecord) parent() uint32     { return le.Uint32(k[16:]) }
func (k keyRecord) subkeys() uint32    { return le.Uint32(k[20:]) }
func (k keyRecord) subkeyList() uint32 { return le.Uint32(k[28:]) }
func (k keyRecord) values() uint32     { return le.Uint32(k[36:]) }
func (k keyRecord) valueList() uint32  { return le.Uint32(k[40:]) }
func (k keyRecord) security() uint32   { return le.Uint32(k[44:]) }
func (k keyRecord) class() uint32      { return le.Uint32(k[48:]) }
func (k keyRecord) nameLength() int    { return int(le.Uint16(k[72:])) }
func (k keyRecord) classLength() int   { return int(le.Uint16(k[74:])) }

// name decodes the key's name; a name that is longer than its cell is cut.
func (k keyRecord) name() string {
	return decodeName(k[keyHeader:], k.nameLength(), le.Uint16(k[2:])&latinKey != 0)
}

// A valueRecord is the payload of a "vk" cell, at least valueHeader bytes.
type valueRecord []byte

func isValue(b []byte) bool { return len(b) >= valueHeader && b[0] == 'v' && b[1] == 'k' }

func (v valueRecord) nameLength() int { return int(le.Uint16(v[2:])) }
func (v valueRecord) data() uint32    { return le.Uint32(v[8:]) }
func (v valueRecord) kind() uint32    { return le.Uint32(v[12:]) }
func (v valueRecord) inline() bool    { return le.Uint32(v[4:])&inlineData != 0 }
func (v valueRecord) length() int     { return int(le.Uint32(v[4:]) &^ inlineData) }
func (v valueRecord) name() string {
	return decodeName(v[valueHeader:], v.nameLength(), le.Uint16(v[16:])&latinValue != 0)
}

// decodeName decodes a name of n bytes at the beginning of b: Latin-1 or
// UTF-16. The result is valid UTF-8.
func decodeName(b []byte, n int, latin bool) string {
	b = b[:min(n, len(b))]
	if !latin {
		return windows.UTF16(b)
	}
	for _, c := range b {
		if c >= 0x80 {
			return decodeLatin(b)
		}
	}
	return string(b)
}

func decodeLatin(b []byte) string {
	var s strings.Builder
	for _, c := range b {
		s.WriteRune(rune(c))
	}
	return s.String()
}

// A list is the payload of a subkey list cell.
type list struct {
	body  []byte // elements
	width int    // bytes of an element, its first four are a cell offset
	count int    // elements that the cell has room for, of those it counts
	total int    // elements it counts
	index bool   // "ri": the elements are lists
	form  [2]byte
}

// parseList decodes a subkey list; ok is false if b is not one.
func parseList(b []byte) (l list, ok bool) {
	if len(b) < listHeader {
		return list{}, false
	}
	l = list{body: b[listHeader:], total: int(le.Uint16(b[2:])), form: [2]byte(b)}
	switch string(b[:2]) {
	case "lf", "lh":
		l.width = 8
	case "li":
		l.width = 4
	case "ri":
		l.width, l.index = 4, true
	default:
		return list{}, false
	}
	l.count = min(l.total, len(l.body)/l.width)
	return l, true
}

func (l list) at(i int) uint32 { return le.Uint32(l.body[i*l.width:]) }

// mayBe reports whether element i can be the key named name, which is upper
// case and ASCII and has the given nameHash, going by the hint beside it.
func (l list) mayBe(i int, name string, hash uint32) bool {
	switch l.form {
	case [2]byte{'l', 'h'}:
		return le.Uint32(l.body[i*8+4:]) == hash
	case [2]byte{'l', 'f'}:
		hint := strings.TrimRight(string(l.body[i*8+4:i*8+8]), "\x00")
		return hint == "" || strings.EqualFold(hint, name[:min(len(name), 4)])
	}
	return true
}

// nameHash is the hash of an upper-case ASCII name in "lh" lists.
func nameHash(name string) uint32 {
	var h uint32
	for _, c := range []byte(name) {
		h = 37*h + uint32(c)
	}
	return h
}

// fileOffset turns the offset of a cell into that of its payload in the file,
// which is where the signature of a record stands.
func fileOffset(cell uint32) int64 { return baseSize + int64(cell) + 4 }

// cellSize decodes the size field of a cell; a negative one means in use.
func cellSize(field uint32) (size int64, used bool) {
	n := int64(int32(field))
	if n == math.MinInt32 {
		return 0, false
	}
	if n < 0 {
		return -n, true
	}
	return n, false
}
