package shelllinktest

import (
	"strings"
	"time"
	"unicode/utf16"

	"hivetriage/artifacts/internal/windows"
)

// Times of a file; shell items have them with a resolution of 2 seconds.
type Times struct{ Created, Modified, Accessed time.Time }

// Items returns a list of shell items that leads to a file or a folder: a
// drive or a share and file entries with the extension of Windows 8.1 and
// later. A path that begins with neither begins at the desktop; one that
// begins with "{GUID}\" at that shell folder.
func Items(path string, t Times, folder bool) []byte {
	var list []byte
	rest := path
	switch {
	case strings.HasPrefix(path, `\\`):
		share, below := cutShare(path)
		list, rest = append(Root("{F02C1A0D-BE21-4350-88B0-7367FC96EF3C}"), Network(share)...), below
	case strings.HasPrefix(path, "{"):
		guid, below, _ := strings.Cut(path, `\`)
		list, rest = Root(guid), below
	case len(path) > 2 && path[1] == ':':
		list, rest = append(Root("{20D04FE0-3AEA-1069-A2D8-08002B30309D}"), Drive(path[:3])...), path[3:]
	}
	names := strings.FieldsFunc(rest, func(c rune) bool { return c == '\\' })
	for i, name := range names {
		last := i == len(names)-1
		list = append(list, FileItem(name, t, !last || folder, uint64(1000+i))...)
	}
	return append(list, 0, 0)
}

// sized puts the size of an item in front of it.
func sized(item []byte) []byte { return append(u16(nil, len(item)+2), item...) }

// Root is a shell folder at the beginning of a list.
func Root(guid string) []byte { return sized(append([]byte{0x1f, 0x50}, GUID(guid)...)) }

// GUID encodes "{...}". It panics on other text.
func GUID(s string) []byte {
	hex := strings.NewReplacer("{", "", "}", "", "-", "").Replace(s)
	b := make([]byte, 16)
	for i, at := range []int{3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15} {
		for _, c := range strings.ToUpper(hex)[2*i : 2*i+2] {
			b[at] = b[at]<<4 | byte(strings.IndexRune("0123456789ABCDEF", c))
		}
	}
	return b
}

// Drive is a volume, `C:\`.
func Drive(name string) []byte { return sized(append([]byte{0x2f}, padded(name, 22)...)) }

// Network is a share, `\\server\share`.
func Network(share string) []byte {
	return sized(append([]byte{0xc3, 0x01, 0xc5}, append([]byte(share), "\x00Microsoft Network\x00\x00\x02\x00"...)...))
}

// Opaque is an item that programs make for themselves, of n bytes.
func Opaque(n int) []byte { return sized(append([]byte{0x71}, make([]byte, n-3)...)) }

// FAT encodes a time as FAT date and time.
func FAT(t time.Time) []byte {
	if t.IsZero() {
		return make([]byte, 4)
	}
	t = t.UTC()
	b := u16(nil, (t.Year()-1980)<<9|int(t.Month())<<5|t.Day())
	return u16(b, t.Hour()<<11|t.Minute()<<5|t.Second()/2)
}

// FileItem is a file entry with extension block 0xBEEF0004 of version 9. The
// MFT record has the sequence number 3.
func FileItem(name string, t Times, folder bool, record uint64) []byte {
	class, attributes := byte(0x32), 0x20
	if folder {
		class, attributes = 0x31, 0x10
	}
	item := u32([]byte{class, 0}, 4096)
	item = append(item, FAT(t.Modified)...)
	item = append(u16(item, attributes), ShortName(name)...)
	item = append(item, 0)
	if len(item)%2 == 1 {
		item = append(item, 0)
	}
	at := len(item) + 2
	return sized(append(item, Extension(name, t, record, at)...))
}

// Extension is the block 0xBEEF0004, version 9, that stands at at in its item.
func Extension(name string, t Times, record uint64, at int) []byte {
	b := append(u32(nil, int(uint32(0xbeef0004))), FAT(t.Created)...)
	b = append(b, FAT(t.Accessed)...)
	b = u16(u16(b, 46), 0)
	b = u64(u64(b, 3<<48|record), 0)
	b = u32(u32(u16(b, 0), 0), 0)
	b = append(windows.AppendUTF16(b, name), 0, 0)
	b = u16(b, at)
	return append(u16(u16(nil, len(b)+4), 9), b...)
}

// ShortName is a name of 8.3 characters for a long one.
func ShortName(name string) string {
	base, ext, _ := strings.Cut(strings.ToUpper(name), ".")
	clean := func(s string, n int) string {
		s = strings.Map(func(c rune) rune {
			if c > 126 || c == ' ' || c == '.' {
				return -1
			}
			return c
		}, s)
		return s[:min(n, len(s))]
	}
	if len(utf16.Encode([]rune(base))) > 8 {
		base = clean(base, 6) + "~1"
	}
	if ext = clean(ext, 3); ext != "" {
		return clean(base, 8) + "." + ext
	}
	return clean(base, 8)
}
