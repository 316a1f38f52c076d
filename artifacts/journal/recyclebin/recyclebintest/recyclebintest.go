// Package recyclebintest writes the indexes of the Recycle Bin from what is
// published of their formats.
package recyclebintest

import (
	"encoding/binary"
	"time"
	"unicode/utf16"
)

// A File is one that was deleted.
type File struct {
	Path    string // before the deletion
	Size    int64
	Deleted time.Time // UTC
	Index   uint32    // in an INFO2
	Gone    bool      // in an INFO2: restored, or the bin was emptied
}

// V1 writes the $I file of Windows Vista to 8.1.
func V1(f File) []byte {
	b := append(head(1, f), units(f.Path)...)
	return append(b, make([]byte, 544-len(b))...)
}

// V2 writes the $I file of Windows 10 and later.
func V2(f File) []byte {
	path := units(f.Path + "\x00")
	return append(binary.LittleEndian.AppendUint32(head(2, f), uint32(len(path)/2)), path...)
}

func head(version uint64, f File) []byte {
	b := binary.LittleEndian.AppendUint64(nil, version)
	b = binary.LittleEndian.AppendUint64(b, uint64(f.Size))
	return binary.LittleEndian.AppendUint64(b, filetime(f.Deleted))
}

// Info2 writes the list of Windows 2000 to 2003, or, if narrow, one without
// paths in UTF-16. Paths in the code page are written byte by byte.
func Info2(narrow bool, files ...File) []byte {
	length := 800
	if narrow {
		length = 280
	}
	le := binary.LittleEndian
	b := make([]byte, 20)
	le.PutUint32(b, 5)
	le.PutUint32(b[4:], uint32(len(files)))
	le.PutUint32(b[8:], uint32(len(files)))
	le.PutUint32(b[12:], uint32(length))
	for _, f := range files {
		record := make([]byte, length)
		i := 0
		for _, c := range f.Path {
			record[i] = byte(c)
			i++
		}
		le.PutUint32(record[260:], f.Index)
		le.PutUint32(record[264:], uint32(f.Path[0]|0x20-'a'))
		le.PutUint64(record[268:], filetime(f.Deleted))
		le.PutUint32(record[276:], uint32(f.Size))
		if f.Gone {
			record[0] = 0
		}
		if !narrow {
			copy(record[280:], units(f.Path))
		}
		b = append(b, record...)
	}
	return b
}

func filetime(t time.Time) uint64 {
	return uint64(t.Unix()+11644473600)*1e7 + uint64(t.Nanosecond()/100)
}

func units(s string) []byte {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}
