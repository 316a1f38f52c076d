package ntfstest

import (
	"cmp"
	"time"
	"unicode"
	"unicode/utf16"

	"hivetriage/artifacts"
	"hivetriage/artifacts/internal/windows"
)

// Namespaces of a $FILE_NAME.
const (
	namePOSIX    = 0
	nameWin32    = 1
	nameDOS      = 2
	nameWin32DOS = 3
)

// FILE_ATTRIBUTE_ bits.
const (
	fileHidden     = 0x0002
	fileSystem     = 0x0004
	fileArchive    = 0x0020
	fileSparse     = 0x0200
	fileReparse    = 0x0400
	fileCompressed = 0x0800
	nameDirectory  = 0x10000000 // in $FILE_NAME only
	nameView       = 0x20000000
)

// upcase is the volume's upper case table. It leaves out the letters that
// Windows leaves alone, and scripts whose mappings changed with Unicode.
var upcase = func() (t [1 << 16]uint16) {
	for i := range t {
		t[i] = uint16(i)
		stable := i < 0x590 || i >= 0x1E00 && i < 0x1F00 || i >= 0xFF41 && i <= 0xFF5A
		up := unicode.ToUpper(rune(i))
		if stable && i != 0xB5 && up < 1<<16 && (i < 0x80 || up >= 0x80) {
			t[i] = uint16(up)
		}
	}
	return t
}()

// compareNames orders names as NTFS indexes do: by upper case, then length,
// then as they are.
func compareNames(a, b []uint16) int {
	for i := range min(len(a), len(b)) {
		if c := cmp.Compare(upcase[a[i]], upcase[b[i]]); c != 0 {
			return c
		}
	}
	if c := cmp.Compare(len(a), len(b)); c != 0 {
		return c
	}
	for i := range a {
		if c := cmp.Compare(a[i], b[i]); c != 0 {
			return c
		}
	}
	return 0
}

// units is s in UTF-16.
func units(s string) []uint16 { return utf16.Encode([]rune(s)) }

// isShort tells whether a name is its own 8.3 name.
func isShort(name []uint16) bool {
	dot := -1
	for i, u := range name {
		switch {
		case u == '.' && dot < 0 && i > 0:
			dot = i
		case u >= 'A' && u <= 'Z', u >= '0' && u <= '9', u == '_', u == '-', u == '$', u == '~':
		default:
			return false
		}
	}
	if dot < 0 {
		return len(name) <= 8
	}
	return dot <= 8 && len(name)-dot-1 <= 3 && len(name) > dot+1
}

// facts are what $FILE_NAME repeats about a file.
type facts struct {
	times      artifacts.Times
	alloc      int64
	size       int64
	attributes uint32
	reparse    uint32
}

// fileName is the content of a $FILE_NAME, also the key of a directory entry.
func fileName(parent uint64, f facts, space byte, name []uint16) []byte {
	b := make([]byte, 66+2*len(name))
	le.PutUint64(b, parent)
	putTimes(b[8:], f.times)
	le.PutUint64(b[40:], uint64(f.alloc))
	le.PutUint64(b[48:], uint64(f.size))
	le.PutUint32(b[56:], f.attributes)
	le.PutUint32(b[60:], f.reparse)
	b[64], b[65] = byte(len(name)), space
	putUnits(b[66:], name)
	return b
}

// putTimes writes created, modified, record changed and accessed.
func putTimes(b []byte, t artifacts.Times) {
	for i, x := range []time.Time{t.Created, t.Modified, t.Changed, t.Accessed} {
		le.PutUint64(b[8*i:], windows.ToFiletime(x))
	}
}

// orTime fills the times that are not given.
func orTime(t, other artifacts.Times) artifacts.Times {
	for _, p := range []struct{ to, from *time.Time }{
		{&t.Created, &other.Created}, {&t.Modified, &other.Modified},
		{&t.Changed, &other.Changed}, {&t.Accessed, &other.Accessed},
	} {
		if p.to.IsZero() {
			*p.to = *p.from
		}
	}
	return t
}

// standardInformation is the content of $STANDARD_INFORMATION of NTFS 3.x.
func standardInformation(t artifacts.Times, attributes, security uint32, usn uint64) []byte {
	b := make([]byte, 72)
	putTimes(b, t)
	le.PutUint32(b[32:], attributes)
	le.PutUint32(b[52:], security)
	le.PutUint64(b[64:], usn)
	return b
}
