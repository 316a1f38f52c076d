package shelllink

import (
	"encoding/binary"

	"hivetriage/artifacts"
)

// info reads LinkInfo, [MS-SHLLINK] 2.3: where the target was, in case its
// item list leads nowhere.
func (p *parser) info() bool {
	start := p.off
	if p.off+4 > len(p.b) {
		_, ok := p.take(4, "size of LinkInfo")
		return ok
	}
	size := binary.LittleEndian.Uint32(p.b[p.off:])
	if size < 28 {
		p.problem(artifacts.Malformed, p.off, "LinkInfo of %d bytes", size)
		return false
	}
	b, ok := p.take(int(size), "LinkInfo")
	if !ok {
		return false
	}
	header, flags := binary.LittleEndian.Uint32(b[4:]), binary.LittleEndian.Uint32(b[8:])
	unicode := header >= 36 && len(b) >= 36
	l := p.link
	if flags&1 != 0 {
		l.Local = field(b, 16, 28, unicode)
		p.volume(b, start)
	}
	if flags&2 != 0 {
		p.network(b, start)
	}
	l.Suffix = field(b, 24, 32, unicode)
	l.Foreign = !unicode && !(plain(l.Local) && plain(l.Share) && plain(l.Suffix))
	return true
}

// plain reports whether a string is the same in every code page.
func plain(s string) bool {
	for _, c := range s {
		if c > 126 {
			return false
		}
	}
	return true
}

// field is the string whose offset in b is at ansiAt, or in UTF-16 at wideAt.
func field(b []byte, ansiAt, wideAt int, unicode bool) string {
	if unicode {
		if at := offset(b, wideAt); at > 0 {
			return wide(b[at:])
		}
	}
	if at := offset(b, ansiAt); at > 0 {
		return ansi(b[at:])
	}
	return ""
}

// offset reads an offset in b, 0 if it does not lead into b.
func offset(b []byte, at int) int {
	if at+4 > len(b) {
		return 0
	}
	if v := binary.LittleEndian.Uint32(b[at:]); int64(v) < int64(len(b)) {
		return int(v)
	}
	return 0
}

// part returns the structure whose offset is at at, and which begins with its
// own size: at least least bytes.
func (p *parser) part(b []byte, at, least, start int, what string) []byte {
	off := offset(b, at)
	if off == 0 || off+4 > len(b) {
		p.problem(artifacts.Malformed, start+at, "%s is outside of LinkInfo", what)
		return nil
	}
	size := binary.LittleEndian.Uint32(b[off:])
	if int64(size) > int64(len(b)-off) || int(size) < least {
		p.problem(artifacts.Malformed, start+off, "%s of %d bytes", what, size)
		return nil
	}
	return b[off : off+int(size)]
}

func (p *parser) volume(b []byte, start int) {
	v := p.part(b, 12, 16, start, "VolumeID")
	if v == nil {
		return
	}
	l := p.link
	l.Drive, l.Serial = binary.LittleEndian.Uint32(v[4:]), binary.LittleEndian.Uint32(v[8:])
	l.Label = field(v, 12, 16, offset(v, 12) == 20)
}

func (p *parser) network(b []byte, start int) {
	n := p.part(b, 20, 20, start, "CommonNetworkRelativeLink")
	if n == nil {
		return
	}
	unicode := offset(n, 8) > 20
	p.link.Share = field(n, 8, 20, unicode)
	if binary.LittleEndian.Uint32(n[4:])&1 != 0 {
		p.link.Device = field(n, 12, 24, unicode)
	}
}
