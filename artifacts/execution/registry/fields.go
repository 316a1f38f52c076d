package registry

import (
	"time"

	"hivetriage/artifacts/internal/windows"
)

// fields reads little-endian fields one behind the other. What is not there
// reads as zero, and short says so.
type fields struct {
	b     []byte
	short bool
}

func (f *fields) take(n int64) []byte {
	if n > int64(len(f.b)) {
		f.b, f.short = nil, true
		return nil
	}
	taken := f.b[:n]
	f.b = f.b[n:]
	return taken
}

func (f *fields) u16() uint16 {
	if b := f.take(2); b != nil {
		return le.Uint16(b)
	}
	return 0
}

func (f *fields) u32() uint32 {
	if b := f.take(4); b != nil {
		return le.Uint32(b)
	}
	return 0
}

func (f *fields) u64() uint64 {
	if b := f.take(8); b != nil {
		return le.Uint64(b)
	}
	return 0
}

func (f *fields) filetime() time.Time { return windows.Filetime(f.u64()) }

// text reads u32 bytes and so much UTF-16.
func (f *fields) text() string { return windows.UTF16(f.take(int64(f.u32()))) }
