package registrytest

import (
	"time"

	"hivetriage/artifacts/hive/hivetest"
	"hivetriage/artifacts/internal/windows"
)

// A Layout is a form of AppCompatCache.
type Layout int

// The layouts, by the Windows that writes them.
const (
	XP Layout = iota
	Server2003
	Server2003x64
	Vista
	Vistax64
	Seven
	Sevenx64
	Eight
	EightOne
	Ten        // header of 0x30 bytes
	TenCreator // header of 0x34 bytes, also Windows 11
)

// A Cached is an entry of AppCompatCache.
type Cached struct {
	Path     string
	Modified time.Time
	Size     uint64    // XP and Server2003
	Updated  time.Time // XP
	Package  string    // EightOne
	Ran      bool      // the insertion flag; Ten: the last data word
}

// insertion are the insertion flags of an entry.
func (c Cached) insertion() uint32 {
	if c.Ran {
		return 3
	}
	return 1
}

// ShimCache returns the key that holds a cache of the given layout in
// ControlSet001, and Select.
func ShimCache(layout Layout, entries ...Cached) *hivetest.Key {
	name := "AppCompatCache"
	if layout == XP {
		name = "AppCompatibility"
	}
	root := At(`ControlSet001\Control\Session Manager`,
		&hivetest.Key{Name: name, Values: []hivetest.Value{Binary("AppCompatCache", Cache(layout, entries...))}})
	root.Keys = append(root.Keys, Select(1))
	return root
}

// Cache returns the data of AppCompatCache.
func Cache(layout Layout, entries ...Cached) []byte {
	switch layout {
	case XP:
		return cacheXP(entries)
	case Server2003, Server2003x64, Vista, Vistax64, Seven, Sevenx64:
		return cacheTable(layout, entries)
	}
	return cacheTagged(layout, entries)
}

// cacheXP has 96 slots of 552 bytes.
func cacheXP(entries []Cached) []byte {
	const header, slot, slots = 400, 552, 96
	b := make([]byte, header+slots*slot)
	le.PutUint32(b, 0xDEADBEEF)
	le.PutUint32(b[4:], slots)
	le.PutUint32(b[8:], uint32(len(entries)))
	for i, e := range entries {
		le.PutUint32(b[16+4*i:], uint32(i))
		at := b[header+i*slot:]
		copy(at[:528], windows.AppendUTF16(nil, e.Path+"\x00"))
		le.PutUint64(at[528:], windows.ToFiletime(e.Modified))
		le.PutUint64(at[536:], e.Size)
		le.PutUint64(at[544:], windows.ToFiletime(e.Updated))
	}
	return b
}

// cacheTable has entries that refer to paths behind them.
func cacheTable(layout Layout, entries []Cached) []byte {
	header, size, magic := 8, 24, uint32(0xBADC0FFE)
	wide := layout == Server2003x64 || layout == Vistax64 || layout == Sevenx64
	seven := layout == Seven || layout == Sevenx64
	if seven {
		header, magic = 128, 0xBADC0FEE
	}
	switch {
	case seven && wide:
		size = 48
	case seven || wide:
		size = 32
	}
	b := make([]byte, header)
	le.PutUint32(b, magic)
	le.PutUint32(b[4:], uint32(len(entries)))
	var paths []byte
	for _, e := range entries {
		path := windows.AppendUTF16(nil, e.Path)
		offset := uint64(header + len(entries)*size + len(paths))
		paths = append(append(paths, path...), 0, 0)
		b = le.AppendUint16(le.AppendUint16(b, uint16(len(path))), uint16(len(path)+2))
		if wide {
			b = le.AppendUint64(le.AppendUint32(b, 0), offset)
		} else {
			b = le.AppendUint32(b, uint32(offset))
		}
		b = filetime(b, e.Modified)
		if layout == Server2003 || layout == Server2003x64 {
			b = le.AppendUint64(b, e.Size)
		} else {
			b = le.AppendUint32(le.AppendUint32(b, e.insertion()), 0)
		}
		if seven { // no data
			b = append(b, make([]byte, size-len(b[header:])%size)...)
		}
	}
	return append(b, paths...)
}

// cacheTagged has entries one behind the other.
func cacheTagged(layout Layout, entries []Cached) []byte {
	header, tag := 128, "10ts"
	switch layout {
	case Eight:
		tag = "00ts"
	case Ten:
		header = 0x30
	case TenCreator:
		header = 0x34
	}
	b := make([]byte, header)
	if header != 128 {
		le.PutUint32(b, uint32(header))
		le.PutUint32(b[header-12:], uint32(len(entries)))
	}
	for _, e := range entries {
		path := windows.AppendUTF16(nil, e.Path)
		body := append(le.AppendUint16(nil, uint16(len(path))), path...)
		if layout == EightOne {
			name := windows.AppendUTF16(nil, e.Package)
			body = append(le.AppendUint16(body, uint16(len(name))), name...)
		}
		if layout == Eight || layout == EightOne {
			body = le.AppendUint32(le.AppendUint32(body, e.insertion()), 0x1000000)
		}
		body = filetime(body, e.Modified)
		var data []byte
		if header != 128 {
			data = le.AppendUint32(make([]byte, 28), e.insertion()>>1)
		}
		body = append(le.AppendUint32(body, uint32(len(data))), data...)
		b = le.AppendUint32(append(b, tag...), 0x1234)
		b = append(le.AppendUint32(b, uint32(len(body))), body...)
	}
	return b
}
