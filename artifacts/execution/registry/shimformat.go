package registry

import (
	"fmt"
	"iter"
	"time"

	"hivetriage/artifacts/internal/windows"
)

// The layouts of AppCompatCache are those of winreg-kb's "Application
// compatibility cache key" and Mandiant's ShimCacheParser.
const (
	magicXP    = 0xDEADBEEF
	magic2003  = 0xBADC0FFE // Windows XP x64 and 2003, Vista and 2008
	magicSeven = 0xBADC0FEE

	headerXP     = 400
	entryXP      = 552 // path of 528 bytes, FILETIME modified, u64 size, FILETIME updated
	pathXP       = 528
	header2003   = 8
	headerSeven  = 128
	headerEight  = 128
	headerTen    = 0x30
	headerTenNew = 0x34 // since the Creators Update, and Windows 11
	entryHead    = 12   // "10ts", u32, u32 bytes that follow
)

// A cachedFile is an entry of the cache.
type cachedFile struct {
	position int
	format   string
	path     string
	packaged string // name of the package of a packaged app, Windows 8.1
	modified time.Time
	updated  time.Time // Windows XP

	sized bool // it has a size: Windows XP and 2003
	size  uint64

	flagged      bool // it has flags: Windows Vista to 8.1
	flags, shims uint32

	tailed bool // it has data: Windows 10 and 11
	tail   uint32
}

// cached yields the entries of the value, an error for each that cannot be
// read. An unknown layout is an error.
func cached(b []byte) iter.Seq2[cachedFile, error] {
	switch {
	case len(b) >= headerXP && le.Uint32(b) == magicXP:
		return cachedXP(b)
	case len(b) >= header2003 && le.Uint32(b) == magic2003:
		return cachedTable(b, header2003, false)
	case len(b) >= headerSeven && le.Uint32(b) == magicSeven:
		return cachedTable(b, headerSeven, true)
	case tagged(b, headerEight, "00ts"):
		return cachedTagged(b, headerEight, "Windows 8.0")
	case tagged(b, headerEight, "10ts"):
		return cachedTagged(b, headerEight, "Windows 8.1")
	case len(b) >= headerTen && le.Uint32(b) == headerTen:
		return cachedTagged(b, headerTen, "Windows 10")
	case len(b) >= headerTenNew && le.Uint32(b) == headerTenNew:
		return cachedTagged(b, headerTenNew, "Windows 10 or 11")
	case len(b) == headerEight: // Windows 8 with no entries
		return func(func(cachedFile, error) bool) {}
	}
	return func(yield func(cachedFile, error) bool) {
		yield(cachedFile{}, fmt.Errorf("%d bytes that begin with % x are in no known layout", len(b), b[:min(4, len(b))]))
	}
}

func tagged(b []byte, at int, tag string) bool {
	return len(b) >= at+len(tag) && string(b[at:at+len(tag)]) == tag
}

// cachedXP reads slots of a fixed size; those without a path are free. The
// counters of the header are not needed to find them.
func cachedXP(b []byte) iter.Seq2[cachedFile, error] {
	return func(yield func(cachedFile, error) bool) {
		for i := 0; headerXP+(i+1)*entryXP <= len(b); i++ {
			slot := b[headerXP+i*entryXP:][:entryXP]
			path := untilNUL(slot[:pathXP])
			if path == "" {
				continue
			}
			c := cachedFile{position: i, format: "Windows XP", path: path,
				modified: windows.Filetime(le.Uint64(slot[pathXP:])),
				sized:    true, size: le.Uint64(slot[pathXP+8:]),
				updated: windows.Filetime(le.Uint64(slot[pathXP+16:]))}
			if !yield(c, nil) {
				return
			}
		}
	}
}

// cachedTable reads an array of entries that refer to their paths: those of
// Windows 2003 to 7, 32-bit and 64-bit.
func cachedTable(b []byte, header int, seven bool) iter.Seq2[cachedFile, error] {
	return func(yield func(cachedFile, error) bool) {
		count := int64(le.Uint32(b[4:]))
		t := cacheTable{blob: b, wide: wideTable(b[header:]), seven: seven}
		size := t.entrySize()
		held := int64((len(b) - header) / size)
		for i := range int(min(count, held)) {
			t.sized = t.sized || !seven && le.Uint32(t.tail(b[header+i*size:])) > 3
		}
		paths := 0
		for i := range int(min(count, held)) {
			c, err := t.entry(b[header+i*size:], i)
			if paths += int(le.Uint16(b[header+i*size:])); paths > len(b) {
				yield(cachedFile{}, fmt.Errorf("entry %d: the paths up to here are longer than the %d bytes: they lie upon each other", i, len(b)))
				return
			}
			if !yield(c, err) {
				return
			}
		}
		if count > held {
			yield(cachedFile{}, fmt.Errorf("%d entries are counted, there is room for %d", count, held))
		}
	}
}

// wideTable reports whether the first entry is one of 64-bit Windows, in which
// zeros stand between the lengths and the offset of the path.
func wideTable(first []byte) bool {
	return len(first) >= 8 && le.Uint32(first[4:]) == 0
}

type cacheTable struct {
	blob  []byte
	wide  bool // of a 64-bit Windows
	seven bool
	sized bool // file sizes stand where Windows Vista and 2008 keep flags: not all are small
}

func (t cacheTable) entrySize() int {
	switch {
	case t.seven && t.wide:
		return 48
	case t.seven, t.wide:
		return 32
	}
	return 24
}

// tail returns what follows the FILETIME of an entry.
func (t cacheTable) tail(e []byte) []byte {
	if t.wide {
		return e[24:]
	}
	return e[16:]
}

func (t cacheTable) entry(e []byte, i int) (cachedFile, error) {
	length, offset, at := uint64(le.Uint16(e)), uint64(le.Uint32(e[4:])), 8
	if t.wide {
		offset, at = le.Uint64(e[8:]), 16
	}
	size := uint64(len(t.blob))
	if offset > size || length > size-offset {
		return cachedFile{}, fmt.Errorf("entry %d: its path of %d bytes at %d is outside of the %d bytes", i, length, offset, size)
	}
	c := cachedFile{position: i, format: t.name(), path: windows.UTF16(t.blob[offset : offset+length]),
		modified: windows.Filetime(le.Uint64(e[at:]))}
	rest := t.tail(e)
	if t.sized {
		c.sized, c.size = true, le.Uint64(rest)
	} else {
		c.flagged, c.flags, c.shims = true, le.Uint32(rest), le.Uint32(rest[4:])
	}
	return c, nil
}

func (t cacheTable) name() string {
	bits := "32-bit"
	if t.wide {
		bits = "64-bit"
	}
	switch {
	case t.seven:
		return "Windows 7 or 2008 R2, " + bits
	case t.sized:
		return "Windows 2003, " + bits
	}
	return "Windows Vista or 2008, " + bits
}

// cachedTagged reads the entries of Windows 8 and later, one behind the other.
// Where an entry's own fields contradict the length it states, the next one is
// still found by that length.
func cachedTagged(b []byte, at int, format string) iter.Seq2[cachedFile, error] {
	eight := at == headerEight
	return func(yield func(cachedFile, error) bool) {
		for i := 0; at < len(b); i++ {
			if len(b)-at < entryHead || !tagged(b, at, "10ts") && !tagged(b, at, "00ts") {
				yield(cachedFile{}, fmt.Errorf("entry %d at %d does not begin with its signature", i, at))
				return
			}
			length := int64(le.Uint32(b[at+8:]))
			body := b[at+entryHead:]
			if length > int64(len(body)) {
				yield(cachedFile{}, fmt.Errorf("entry %d at %d states %d bytes, %d are left", i, at, length, len(body)))
				return
			}
			c, ok := taggedEntry(body[:length], eight)
			c.position, c.format = i, format
			var err error
			if !ok {
				err = fmt.Errorf("entry %d at %d: its fields do not fit its %d bytes", i, at, length)
			}
			if !yield(c, err) {
				return
			}
			at += entryHead + int(length)
		}
	}
}

// taggedEntry reads u16 length and path; before Windows 10 u16 length and name
// of a package and two flag words; FILETIME; u32 length and data.
func taggedEntry(b []byte, eight bool) (cachedFile, bool) {
	f := fields{b: b}
	c := cachedFile{path: windows.UTF16(f.take(int64(f.u16())))}
	if eight {
		// The length of the package is left out where its absence makes the
		// rest fit: sources differ on whether Windows 8.0 has it.
		const fixed = 4 + 4 + 8 + 4 // both words, the time, the length of the data
		if len(f.b) < fixed || int64(len(f.b)-fixed) != int64(le.Uint32(f.b[fixed-4:])) {
			c.packaged = windows.UTF16(f.take(int64(f.u16())))
		}
		c.flagged, c.flags, c.shims = true, f.u32(), f.u32()
	}
	c.modified = f.filetime()
	data := f.take(int64(f.u32()))
	if !eight && len(data) >= 4 {
		c.tailed, c.tail = true, le.Uint32(data[len(data)-4:])
	}
	return c, !f.short && len(f.b) == 0
}
