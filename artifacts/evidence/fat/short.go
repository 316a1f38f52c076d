package fat

import (
	"encoding/binary"
	"fmt"
	"strings"

	"hivetriage/artifacts/internal/windows"
)

const (
	entrySize = 32

	attrLabel     = 0x08
	attrDirectory = 0x10
	attrLong      = 0x0f // of a piece of a long name, among attrMask
	attrMask      = 0x3f
	attrReserved  = 0xc0

	erased    = 0xe5 // first byte of a deleted entry
	kanji     = 0x05 // stands for a first byte of 0xe5 that belongs to the name
	lastPiece = 0x40 // flag in the order of a long name's last piece

	maxPieces  = 20 // of a long name
	pieceChars = 13
)

// A stamp is a file time as it is stored: date and time of the clock on the
// wall with 2 s resolution, hundredths of a second to add, and how far that
// clock was from UTC.
type stamp struct {
	when       uint32 // date in the upper half, time in the lower one
	hundredths uint8
	zone       uint8 // exFAT: 0x80 and quarters of an hour, 7 bits signed; else unknown
}

// A file is a directory entry with its content, or a directory.
type file struct {
	parent     int32 // index of its directory
	name       string
	at         int64 // byte of the volume at which its entry stands
	first      uint32
	size       int64
	valid      int64 // bytes that were ever written
	directory  bool
	deleted    bool
	contiguous bool // exFAT: no chain in the FAT
	wanted     bool
	lostName   bool // the first character of the name is not known
	halved     bool // FAT32: the upper half of first was cleared on deletion
	guessed    bool // and first is a cluster whose content fits
	mismatch   bool // exFAT: the checksum of the entry set does not fit

	created, modified, accessed stamp
}

// fatFiles parses the entries of a FAT directory up to its end marker. at
// tells where on the volume a byte of b stands.
func (v *Volume) fatFiles(b []byte, at func(int) int64) []file {
	var files []file
	pieces := 0 // of a long name right before the entry
	for i := 0; i+entrySize <= len(b) && b[i] != 0; i += entrySize {
		e := b[i : i+entrySize]
		switch attr := e[11]; {
		case attr&attrMask == attrLong:
			pieces = min(pieces+1, maxPieces)
			continue
		case attr&attrLabel != 0, isDot(e), e[0] == erased && !plausible(e):
		default:
			f := v.fatFile(e, b[i-pieces*entrySize:i])
			f.at = at(i)
			files = append(files, f)
		}
		pieces = 0
	}
	return files
}

// isDot knows the entries "." and "..".
func isDot(e []byte) bool {
	name := string(e[:11])
	return name == ".          " || name == "..         "
}

// fatFile decodes a short entry and the long name before it.
func (v *Volume) fatFile(e, long []byte) file {
	le := binary.LittleEndian
	f := file{
		deleted: e[0] == erased, directory: e[11]&attrDirectory != 0,
		first: uint32(le.Uint16(e[26:])), size: int64(le.Uint32(e[28:])),
		created:  stamp{uint32(le.Uint16(e[16:]))<<16 | uint32(le.Uint16(e[14:])), e[13], 0},
		accessed: stamp{uint32(le.Uint16(e[18:])) << 16, 0, 0},
		modified: stamp{uint32(le.Uint16(e[24:]))<<16 | uint32(le.Uint16(e[22:])), 0, 0},
	}
	if v.kind == fat32 {
		high := uint32(le.Uint16(e[20:]))
		f.first |= high << 16
		f.halved = f.deleted && high == 0 && v.clusters > 1<<16
	}
	f.valid = f.size
	name, ok := "", false
	if f.deleted {
		name, ok = erasedName(e, long)
	} else {
		name, ok = longName(e, long)
	}
	if !ok {
		name, f.lostName = shortName(e), f.deleted
	}
	f.name = component(name)
	return f
}

// shortName decodes the 8.3 name. The first character of a deleted one is
// lost and reads as "_"; bytes beyond ASCII, whose code page is not known, as
// \xNN.
func shortName(e []byte) string {
	name := strings.TrimRight(text(e[:8]), " ")
	extension := strings.TrimRight(text(e[8:11]), " ")
	switch e[0] {
	case erased:
		name = "_" + strings.TrimRight(text(e[1:8]), " ")
	case kanji:
		name = `\xe5` + strings.TrimRight(text(e[1:8]), " ")
	}
	if e[12]&0x08 != 0 { // Windows NT: the name is in lower case
		name = strings.ToLower(name)
	}
	if e[12]&0x10 != 0 {
		extension = strings.ToLower(extension)
	}
	if extension == "" {
		return name
	}
	return name + "." + extension
}

// text writes bytes of an unknown code page.
func text(b []byte) string {
	var s strings.Builder
	for _, c := range b {
		if c < 0x20 || c > 0x7e {
			fmt.Fprintf(&s, `\x%02x`, c)
			continue
		}
		s.WriteByte(c)
	}
	return s.String()
}

func labelText(b []byte) string {
	if string(b) == "NO NAME    " {
		return ""
	}
	return strings.TrimRight(text(b), " ")
}

// rootLabel finds the volume's label in the root directory.
func rootLabel(b []byte) (string, bool) {
	for i := 0; i+entrySize <= len(b) && b[i] != 0; i += entrySize {
		e := b[i : i+entrySize]
		if e[0] != erased && e[11]&attrLabel != 0 && e[11]&attrMask != attrLong && e[11]&attrDirectory == 0 {
			return labelText(e[:11]), true
		}
	}
	return "", false
}

// checksum is that of a short name, which each piece of its long name has.
func checksum(short []byte) (sum byte) {
	for _, c := range short {
		sum = sum<<7 | sum>>1
		sum += c
	}
	return sum
}

// longName joins the pieces right before a live entry: the nearest has order
// 1, the farthest the flag lastPiece, all the short name's checksum.
func longName(e, long []byte) (string, bool) {
	sum := checksum(e[:11])
	var utf16 []byte
	for n := 1; n*entrySize <= len(long); n++ {
		p := long[len(long)-n*entrySize:]
		if int(p[0]&^lastPiece) != n || p[13] != sum {
			return "", false
		}
		var ended bool
		utf16, ended = appendPiece(utf16, p)
		if p[0]&lastPiece != 0 {
			return windows.UTF16(utf16), len(utf16) > 0
		}
		if ended {
			return "", false
		}
	}
	return "", false
}

// erasedName joins the pieces before a deleted entry. Deletion overwrites
// their order and the first byte of the short name; the pieces' place tells the
// one, and their checksum the other: the pieces are this entry's if the byte
// that it asks for can begin a short name.
func erasedName(e, long []byte) (string, bool) {
	var utf16 []byte
	var sum byte
	n := 1
	for ; n*entrySize <= len(long); n++ {
		p := long[len(long)-n*entrySize:]
		if p[0] != erased || n > 1 && p[13] != sum {
			break
		}
		sum = p[13]
		var ended bool
		if utf16, ended = appendPiece(utf16, p); ended {
			break
		}
	}
	name := windows.UTF16(utf16)
	return name, name != "" && begins(e, sum, name)
}

// begins reports whether the byte that gives a short name the checksum sum
// when it stands first can do so: short names are made of the long one, and
// begin with its first character if that is a letter or a digit.
func begins(e []byte, sum byte, long string) bool {
	wanted := strings.TrimLeft(strings.ToUpper(long), ". ")
	short := [11]byte(e[:11])
	for c := 0x21; c <= 0xff; c++ {
		short[0] = byte(c)
		switch {
		case checksum(short[:]) != sum:
		case wanted != "" && (wanted[0] >= 'A' && wanted[0] <= 'Z' || wanted[0] >= '0' && wanted[0] <= '9'):
			return wanted[0] == byte(c)
		default:
			return !(c >= 'a' && c <= 'z') && !strings.ContainsRune("\"*+,./:;<=>?[\\]|\x7f", rune(c))
		}
	}
	return false
}

// appendPiece adds the 13 UTF-16 units of a piece up to the terminator.
func appendPiece(utf16, p []byte) ([]byte, bool) {
	for _, r := range [][]byte{p[1:11], p[14:26], p[28:32]} {
		for i := 0; i < len(r); i += 2 {
			if r[i] == 0 && r[i+1] == 0 {
				return utf16, true
			}
			utf16 = append(utf16, r[i], r[i+1])
		}
	}
	return utf16, false
}

// plausible tells a deleted short entry, or a piece of a long name, from
// bytes that only begin like one.
func plausible(e []byte) bool {
	if e[11]&attrReserved != 0 {
		return false
	}
	if e[11]&attrMask == attrLong {
		return e[12] == 0 && e[26] == 0 && e[27] == 0
	}
	for _, c := range e[1:11] {
		if c < 0x20 || c >= 'a' && c <= 'z' || c == '/' || c == '\\' {
			return false
		}
	}
	return e[0] >= 0x20 || e[0] == kanji
}
