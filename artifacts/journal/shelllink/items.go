package shelllink

import (
	"bytes"
	"encoding/binary"
	"strings"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/internal/windows"
)

// maxItems bounds the items of one list; no path has as many.
const maxItems = 1024

// A Target is what a list of shell items leads to, as it was when the list was
// written. What is not in the last item is zero.
type Target struct {
	Path     string // "C:\dir\file", "\\server\share\file", `%USERPROFILE%\Desktop\file`
	Created  time.Time
	Modified time.Time // the times are UTC, with a resolution of 2 seconds
	Accessed time.Time
	Size     uint32 // bytes, the low 32 bits
	Folder   bool
	File     artifacts.FileReference // zero where there is none

	Items   int // of the list
	Skipped int // of them, those that are not read: control panels, programs' own
	Bytes   int // in these
}

// Kinds of shell items: the class byte at 2 with its flags masked off. The
// layouts are those of the "Windows Shell Item format specification" (libfwsi).
const (
	itemRoot     = 0x1f
	itemVolume   = 0x20
	itemFile     = 0x30
	itemNetwork  = 0x40
	itemProperty = 0x00
	itemDelegate = 0x74
	kindMask     = 0x70
	wideName     = 0x04
	fileFolder   = 0x01
)

// ItemPath reads a list of shell items that begins at the desktop: the target
// of a link, a value of OpenSavePidlMRU. The list may lack its end. The error
// is a *artifacts.Problem; what was read before it is returned too.
func ItemPath(list []byte) (Target, error) {
	var t Target
	if len(list) == 0 {
		return t, artifacts.NewProblem(artifacts.Truncated, 0, "the item list is empty")
	}
	for off := 0; off+2 <= len(list); {
		size := int(binary.LittleEndian.Uint16(list[off:]))
		switch {
		case size == 0:
			return t, nil
		case size < 3:
			return t, artifacts.NewProblem(artifacts.Malformed, int64(off), "a shell item of %d bytes", size)
		case size > len(list)-off:
			return t, artifacts.NewProblem(artifacts.Truncated, int64(off), "a shell item of %d bytes, %d are left", size, len(list)-off)
		case t.Items == maxItems:
			return t, artifacts.NewProblem(artifacts.Limit, int64(off), "more than %d shell items", maxItems)
		}
		t.add(list[off : off+size])
		off += size
	}
	return t, nil
}

// add follows one item.
func (t *Target) add(item []byte) {
	first := t.Items == 0
	t.Items++
	t.Created, t.Modified, t.Accessed, t.Size, t.Folder, t.File = time.Time{}, time.Time{}, time.Time{}, 0, false, artifacts.FileReference{}
	known := false
	switch class := item[2]; {
	case class == itemRoot:
		known = t.folder(item, 4)
	case class&kindMask == itemVolume:
		known = t.volume(item)
	case class == itemDelegate:
		known = t.delegate(item)
	case class&kindMask == itemFile:
		if first {
			t.Path = desktop
		}
		known = t.file(item, 2, len(item))
	case class&kindMask == itemNetwork:
		known = t.network(item)
	case class == itemProperty:
		known = t.property(item)
	}
	if !known {
		t.Skipped++
		t.Bytes += len(item)
	}
}

// folder takes a shell folder whose GUID is at off. One that has no place of
// its own is kept as GUID, so that what follows stays below it.
func (t *Target) folder(item []byte, off int) bool {
	if len(item) < off+16 {
		return false
	}
	guid := windows.GUID(item[off:])
	path, ok := Folder(guid)
	switch {
	case ok:
		t.Path, t.Folder = path, true
	case above[guid]:
		t.Path = ""
	default:
		t.Path = guid
		return false
	}
	return true
}

func (t *Target) volume(item []byte) bool {
	if item[2]&1 == 0 { // a folder of the computer by its GUID
		return t.folder(item, 4)
	}
	name := ansi(item[3:])
	if len(name) < 2 || name[1] != ':' {
		return false
	}
	t.Path, t.Folder = name, true
	return true
}

func (t *Target) network(item []byte) bool {
	if len(item) < 6 {
		return false
	}
	location := ansi(item[5:])
	if !strings.HasPrefix(location, `\\`) {
		return false // the neighbourhood, a domain: not part of a path
	}
	t.Path, t.Folder = location, true
	return true
}

// property takes the property view of a known folder: signature 0x23FEBBEE at
// 6, bytes of the store at 10 and of the identifier at 12.
func (t *Target) property(item []byte) bool {
	if len(item) < 30 || binary.LittleEndian.Uint32(item[6:]) != 0x23febbee || binary.LittleEndian.Uint16(item[12:]) != 16 {
		return false
	}
	return t.folder(item, 14)
}

// delegate takes an item of the profile's folders: a file entry at 12, behind
// its size, in another item with the signature "CFSF".
func (t *Target) delegate(item []byte) bool {
	if len(item) < 14 || !bytes.Equal(item[6:10], []byte("CFSF")) {
		return false
	}
	return t.file(item, 12, min(len(item), 10+int(binary.LittleEndian.Uint16(item[10:]))))
}

// file takes a file entry: class at off, then from off+2 size, FAT time of
// modification, attributes and the short name, which ends before end. The
// place of the extension is in the last two bytes of the item.
func (t *Target) file(item []byte, off, end int) bool {
	if end < off+13 {
		return false
	}
	class := item[off]
	t.Folder = class&fileFolder != 0
	t.Size = binary.LittleEndian.Uint32(item[off+2:])
	t.Modified = fatTime(item[off+6:])
	name := item[off+12 : end]
	var short string
	if class&wideName != 0 {
		short = wide(name)
	} else {
		short = ansi(name)
	}
	long := t.extension(item, off+12)
	if long == "" {
		long = short
	}
	if long == "" {
		return false
	}
	t.Path = join(t.Path, long)
	return true
}

// extension reads the block 0xBEEF0004 of a file entry, whose first bytes are
// size, version and signature: creation at 8, last access at 12, at 16 the
// place of the long name, at 20 from version 7 on the file reference.
func (t *Target) extension(item []byte, from int) string {
	at := int(binary.LittleEndian.Uint16(item[len(item)-2:]))
	if at < from || at+20 > len(item) || binary.LittleEndian.Uint32(item[at+4:]) != 0xbeef0004 {
		return ""
	}
	block := item[at:]
	if size := int(binary.LittleEndian.Uint16(block)); size >= 20 && size < len(block) {
		block = block[:size]
	}
	version := binary.LittleEndian.Uint16(block[2:])
	t.Created, t.Accessed = fatTime(block[8:]), fatTime(block[12:])
	name := 20
	switch {
	case version >= 9:
		name = 46
	case version >= 8:
		name = 42
	case version >= 7:
		name = 38
	}
	if version >= 7 && len(block) >= 28 {
		t.File = artifacts.NewFileReference(binary.LittleEndian.Uint64(block[20:]))
	}
	if version < 3 || len(block) < name {
		return ""
	}
	return wide(block[name:])
}

func join(folder, name string) string {
	if folder == "" || name == "" || strings.HasSuffix(folder, `\`) {
		return folder + name
	}
	return folder + `\` + name
}

// fatTime decodes a FAT date and, behind it, a FAT time, which shell items
// hold in UTC; zero if there is none.
func fatTime(b []byte) time.Time {
	date, clock := binary.LittleEndian.Uint16(b), binary.LittleEndian.Uint16(b[2:])
	month, day := int(date>>5&15), int(date&31)
	if month < 1 || month > 12 || day < 1 {
		return time.Time{}
	}
	return time.Date(1980+int(date>>9), time.Month(month), day, int(clock>>11), int(clock>>5&63), int(clock&31)*2, 0, time.UTC)
}

// ansi decodes up to the first NUL. The code page is not told; what is not
// ASCII is taken for Latin-1.
func ansi(b []byte) string {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		b = b[:i]
	}
	var s strings.Builder
	for _, c := range b {
		s.WriteRune(rune(c))
	}
	return s.String()
}

// wide decodes UTF-16 up to the first NUL.
func wide(b []byte) string {
	for i := 0; i+1 < len(b); i += 2 {
		if b[i] == 0 && b[i+1] == 0 {
			b = b[:i]
			break
		}
	}
	return windows.UTF16(b)
}
