package shelllink

import (
	"bytes"
	"encoding/binary"
	"errors"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/internal/windows"
)

// A Link is a shell link, [MS-SHLLINK] 2.1. What it does not hold is zero.
type Link struct {
	Length int64 // bytes of the link, without what follows it

	Attributes                  uint32 // of the target
	Created, Accessed, Modified time.Time
	Size                        uint32 // of the target in bytes, the low 32 bits

	Target  Target // of the item list
	Local   string // LinkInfo: path on a volume of the computer
	Share   string // LinkInfo: `\\server\share`
	Device  string // drive letter that the share had
	Suffix  string // LinkInfo: what follows Local or Share
	Foreign bool   // LinkInfo's paths have letters of a code page that is not told
	Drive   uint32 // type as GetDriveType returns it: 2 removable, 3 fixed, 4 remote
	Serial  uint32 // of the volume
	Label   string // of the volume
	Comment string // NAME_STRING

	Relative, WorkingDir, Arguments, Icon string

	Environment string // target with environment variables
	Tracker     Tracker
	Properties  int // bytes of the property store, which is not read
}

// A Tracker is what the link tracking service knew of the target: [MS-SHLLINK]
// 2.5.10. The GUIDs are "{...}" in upper case.
type Tracker struct {
	Machine                  string // NetBIOS name
	Volume, Object           string // droid: where the target was last
	BirthVolume, BirthObject string // and first
	MAC                      string // of the computer that made Object, "" if it is not a version 1 UUID
	Made                     time.Time
}

const headerSize = 76

// clsid is the class of shell links, which is at 4 of each.
var clsid = []byte{0x01, 0x14, 0x02, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x46}

// Flags of the header that say what follows, [MS-SHLLINK] 2.1.1.
const (
	hasIDList = 1 << iota
	hasInfo
	hasName
	hasRelative
	hasWorkingDir
	hasArguments
	hasIcon
	isUnicode
	forceNoInfo
)

// IsLink reports whether head begins with the header of a shell link. It needs
// 20 bytes.
func IsLink(head []byte) bool {
	return len(head) >= 20 && binary.LittleEndian.Uint32(head) == headerSize && bytes.Equal(head[4:20], clsid)
}

// Parse decodes the link at the beginning of b, which may be longer. The error
// joins *artifacts.Problems with offsets in b; the Link holds what was read
// all the same.
func Parse(b []byte) (Link, error) {
	var l Link
	if len(b) < headerSize {
		return l, artifacts.NewProblem(artifacts.Truncated, 0, "%d bytes are no shell link", len(b))
	}
	if !IsLink(b) {
		return l, artifacts.NewProblem(artifacts.Malformed, 0, "no shell link")
	}
	l.Attributes = binary.LittleEndian.Uint32(b[24:])
	l.Created = windows.Filetime(binary.LittleEndian.Uint64(b[28:]))
	l.Accessed = windows.Filetime(binary.LittleEndian.Uint64(b[36:]))
	l.Modified = windows.Filetime(binary.LittleEndian.Uint64(b[44:]))
	l.Size = binary.LittleEndian.Uint32(b[52:])
	p := parser{b: b, off: headerSize, link: &l}
	p.sections(binary.LittleEndian.Uint32(b[20:]))
	l.Length = int64(p.off)
	return l, errors.Join(p.errs...)
}

// A parser goes through the parts of a link. One that is damaged inside is
// told and left; one whose length cannot be right ends the link.
type parser struct {
	b    []byte
	off  int
	link *Link
	errs []error
}

func (p *parser) problem(kind artifacts.Kind, off int, format string, args ...any) {
	p.errs = append(p.errs, artifacts.NewProblem(kind, int64(off), format, args...))
}

// take returns the next n bytes.
func (p *parser) take(n int, what string) ([]byte, bool) {
	if n < 0 || n > len(p.b)-p.off {
		p.problem(artifacts.Truncated, p.off, "%s of %d bytes, %d are left", what, n, len(p.b)-p.off)
		p.off = len(p.b)
		return nil, false
	}
	p.off += n
	return p.b[p.off-n : p.off], true
}

func (p *parser) sections(flags uint32) {
	if flags&hasIDList != 0 && !p.items() {
		return
	}
	if flags&hasInfo != 0 && flags&forceNoInfo == 0 && !p.info() {
		return
	}
	for _, s := range []struct {
		flag uint32
		to   *string
	}{{hasName, &p.link.Comment}, {hasRelative, &p.link.Relative}, {hasWorkingDir, &p.link.WorkingDir}, {hasArguments, &p.link.Arguments}, {hasIcon, &p.link.Icon}} {
		if flags&s.flag != 0 && !p.text(s.to, flags&isUnicode != 0) {
			return
		}
	}
	p.extra()
}

func (p *parser) items() bool {
	n, ok := p.take(2, "size of the item list")
	if !ok {
		return false
	}
	start := p.off
	list, ok := p.take(int(binary.LittleEndian.Uint16(n)), "item list")
	if !ok {
		return false
	}
	target, err := ItemPath(list)
	p.link.Target = target
	if err != nil {
		problem := artifacts.Located(artifacts.Locator{}, err)
		p.problem(problem.Kind, start+int(problem.Offset), "%w", problem.Err)
	}
	return true
}

// text reads a string of StringData: the number of characters, then these.
func (p *parser) text(to *string, unicode bool) bool {
	n, ok := p.take(2, "length of a string")
	if !ok {
		return false
	}
	count := int(binary.LittleEndian.Uint16(n))
	if !unicode {
		s, ok := p.take(count, "string")
		*to = ansi(s)
		return ok
	}
	s, ok := p.take(2*count, "string")
	*to = wide(s)
	return ok
}

// Signatures of the blocks of ExtraData that are read, [MS-SHLLINK] 2.5.
const (
	blockEnvironment = 0xa0000001
	blockTracker     = 0xa0000003
	blockProperties  = 0xa0000009
	maxBlocks        = 64
)

func (p *parser) extra() {
	for n := 0; p.off+4 <= len(p.b); n++ {
		size := binary.LittleEndian.Uint32(p.b[p.off:])
		if size < 4 {
			p.off += 4
			return
		}
		if size < 8 || n == maxBlocks {
			p.problem(artifacts.Malformed, p.off, "extra data block %d of %d bytes", n, size)
			return
		}
		at := p.off
		block, ok := p.take(int(size), "extra data block")
		if !ok {
			return
		}
		switch binary.LittleEndian.Uint32(block[4:]) {
		case blockEnvironment: // 260 bytes of ANSI, 520 of UTF-16
			if len(block) < 788 {
				p.problem(artifacts.Malformed, at, "environment block of %d bytes", size)
				continue
			}
			if p.link.Environment = wide(block[268:788]); p.link.Environment == "" {
				p.link.Environment = ansi(block[8:268])
			}
		case blockTracker:
			if len(block) < 96 {
				p.problem(artifacts.Malformed, at, "tracker block of %d bytes", size)
				continue
			}
			p.link.Tracker = tracker(block[32:96])
			p.link.Tracker.Machine = ansi(block[16:32])
		case blockProperties:
			p.link.Properties += len(block)
		}
	}
}

// tracker takes four GUIDs.
func tracker(b []byte) Tracker {
	t := Tracker{
		Volume: guid(b), Object: guid(b[16:]),
		BirthVolume: guid(b[32:]), BirthObject: guid(b[48:]),
	}
	if object := b[16:32]; object[7]>>4 == 1 && object[8]>>6 == 2 {
		t.MAC, t.Made = madeBy(object)
	}
	return t
}

// guid is "" for zeros.
func guid(b []byte) string {
	if [16]byte(b) == [16]byte{} {
		return ""
	}
	return windows.GUID(b)
}

// uuidEpoch is the beginning of a UUID's time, 1582-10-15, as ticks before 1601.
const uuidEpoch = 0x0146bf33e42c000

// madeBy decodes a version 1 UUID, RFC 9562 5.1: the time when it, or the
// block of identifiers that it is from, was made, and the network card's address.
func madeBy(b []byte) (mac string, made time.Time) {
	ticks := uint64(binary.LittleEndian.Uint32(b)) | uint64(binary.LittleEndian.Uint16(b[4:]))<<32 | uint64(binary.LittleEndian.Uint16(b[6:])&0xfff)<<48
	if ticks > uuidEpoch {
		made = windows.Filetime(ticks - uuidEpoch)
	}
	const digits = "0123456789ABCDEF"
	for i, c := range b[10:16] {
		if i > 0 {
			mac += ":"
		}
		mac += string([]byte{digits[c>>4], digits[c&15]})
	}
	return mac, made
}
