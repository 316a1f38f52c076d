package collection

import (
	"archive/zip"
	"encoding/binary"
	"hash/crc32"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"hivetriage/artifacts"
	"hivetriage/artifacts/internal/windows"
)

// A zipMember is what reading a member of a zip takes.
type zipMember struct {
	method    uint16
	flags     uint16
	crc       uint32
	size      int64
	packed    int64
	data      int64 // offset of the packed content; -1: ask file
	file      *zip.File
	clock     uint16 // DOS time, which checks the password of a member with a data descriptor
	strength  byte   // of AES, 1 to 3; 0 without
	noCRC     bool   // AE-2 stores none
	unchecked bool   // recovered without a CRC
}

const (
	flagEncrypted  = 1 << 0
	flagDescriptor = 1 << 3 // CRC and sizes follow the content
	flagUTF8       = 1 << 11
)

// A zipArchive reads zip by its central directory, or where that is damaged
// by its local headers.
type zipArchive struct {
	r        io.ReaderAt
	size     int64
	password string
	meter    *meter
	slow     bool  // r is itself an inflated stream
	searched int64 // bytes read to find the ends of members

	members  []member
	content  []zipMember
	problems []*artifacts.Problem
}

func openZip(r io.ReaderAt, size int64, password string, m *meter, slow bool) *zipArchive {
	z := &zipArchive{r: r, size: size, password: password, meter: m, slow: slow}
	directory, err := (*zip.Reader)(nil), zip.ErrFormat
	if hasDirectory(r, size) {
		directory, err = zip.NewReader(r, size)
	}
	if err != nil {
		z.problems = append(z.problems, artifacts.NewProblem(artifacts.Malformed, -1,
			"the zip's central directory is missing or damaged (%v): members were found by their local headers, and one whose header is damaged is missing", err))
		z.recover()
		return z
	}
	for _, f := range directory.File {
		if len(z.members) >= maxMembers {
			z.problems = append(z.problems, artifacts.NewProblem(artifacts.Limit, -1, "%d members beyond the first %d are not examined", len(directory.File)-maxMembers, maxMembers))
			break
		}
		z.addFile(f)
	}
	return z
}

func (z *zipArchive) addFile(f *zip.File) {
	c := zipMember{method: f.Method, flags: f.Flags, crc: f.CRC32, size: int64(f.UncompressedSize64), packed: int64(f.CompressedSize64),
		data: -1, file: f, clock: f.ModifiedTime}
	m := member{size: c.size, clock: dosTime(f.ModifiedDate, f.ModifiedTime)}
	if !z.slow {
		if at, err := f.DataOffset(); err == nil { // else whoever opens the member is told
			c.data, c.file = at, nil
		}
	}
	name := f.Name
	if f.NonUTF8 {
		name = zipName(name, f.Flags, f.Extra)
	}
	switch mode := f.Mode(); {
	case strings.HasSuffix(name, "/") || strings.HasSuffix(name, `\`) || mode.IsDir():
		m.sort = isDir
	case mode&0o170000 != 0 && !mode.IsRegular() && mode.Type() != 0:
		m.sort = isLink
	}
	z.add(name, f.Extra, m, c)
}

// add completes a member from its extra fields.
func (z *zipArchive) add(name string, extra []byte, m member, c zipMember) {
	m.name, m.traits = cleanName(strings.Clone(name))
	if m.times = zipTimes(extra); m.times == (artifacts.Times{}) && !m.clock.IsZero() {
		m.times.Modified, m.local = m.clock, true
	}
	if c.method == aesMarker {
		c.readAES(extra)
	}
	m.swells = swells(c.size, c.packed)
	switch {
	case c.size < 0 || c.packed < 0:
		m.size = max(m.size, 0)
		m.blocked = artifacts.NewProblem(artifacts.Malformed, -1, "the archive states an impossible size")
	case c.flags&flagEncrypted != 0 && z.password == "":
		m.blocked = artifacts.NewProblem(artifacts.Encrypted, -1, "encrypted, and no password was given")
	case c.method == aesMarker:
		m.blocked = artifacts.NewProblem(artifacts.Unsupported, -1, "encrypted in a way that is not read")
	default:
		m.blocked = readable(c.method)
	}
	z.members = append(z.members, m)
	z.content = append(z.content, c)
}

// readAES takes the method proper from the AES extra field: vendor version
// u16, vendor id "AE", strength u8, method u16.
func (c *zipMember) readAES(extra []byte) {
	field := extraField(extra, 0x9901)
	if len(field) < 7 || field[4] < 1 || field[4] > 3 {
		return
	}
	c.noCRC = binary.LittleEndian.Uint16(field) == 2
	c.strength = field[4]
	c.method = binary.LittleEndian.Uint16(field[5:])
}

// extraField finds an extra field by its id.
func extraField(extra []byte, id uint16) []byte {
	for len(extra) >= 4 {
		size := int(binary.LittleEndian.Uint16(extra[2:]))
		if size > len(extra)-4 {
			return nil
		}
		if binary.LittleEndian.Uint16(extra) == id {
			return extra[4 : 4+size]
		}
		extra = extra[4+size:]
	}
	return nil
}

// zipName decodes a name without the UTF-8 flag: Info-ZIP's Unicode path
// (version u8, CRC-32 of the name u32, the name in UTF-8) where it belongs to
// the name, else UTF-8 if it is valid, for there are writers that forget the
// flag, else code page 437.
func zipName(raw string, flags uint16, extra []byte) string {
	if flags&flagUTF8 != 0 {
		return raw
	}
	if f := extraField(extra, 0x7075); len(f) > 5 && f[0] == 1 && binary.LittleEndian.Uint32(f[1:]) == crc32.ChecksumIEEE([]byte(raw)) {
		return string(f[5:])
	}
	if utf8.ValidString(raw) {
		return raw
	}
	return fromCP437(raw)
}

// zipTimes reads times that are in UTC: NTFS's (4 bytes reserved, then tag 1
// with three FILETIMEs) or Unix's (flags u8, modified i32).
func zipTimes(extra []byte) (t artifacts.Times) {
	le := binary.LittleEndian
	if f := extraField(extra, 0x000a); len(f) >= 4 {
		if times := extraField(f[4:], 1); len(times) >= 24 {
			t.Modified, t.Accessed, t.Created = windows.Filetime(le.Uint64(times)), windows.Filetime(le.Uint64(times[8:])), windows.Filetime(le.Uint64(times[16:]))
			return t
		}
	}
	if f := extraField(extra, 0x5455); len(f) >= 5 && f[0]&1 != 0 {
		t.Modified = time.Unix(int64(int32(le.Uint32(f[1:]))), 0).UTC()
	}
	return t
}

// dosTime is the time that every member has: of the clock on the wall, of a
// zone that is not known, in steps of two seconds, as if that had been UTC.
// Date and time are those of MS-DOS; no date is no time, and so is one that no
// calendar has.
func dosTime(date, clock uint16) time.Time {
	year, month, day := 1980+int(date>>9), time.Month(date>>5&15), int(date&31)
	hour, minute, second := int(clock>>11), int(clock>>5&63), int(clock&31)*2
	t := time.Date(year, month, day, hour, minute, second, 0, time.UTC)
	if date == 0 || t.Month() != month || t.Day() != day || t.Hour() != hour || t.Minute() != minute || t.Second() != second {
		return time.Time{}
	}
	return t
}

func (z *zipArchive) list() []member                { return z.members }
func (z *zipArchive) forward() bool                 { return z.slow }
func (z *zipArchive) trouble() []*artifacts.Problem { return z.problems }
func (z *zipArchive) Close() error                  { return nil }

// section returns the packed bytes of a member.
func (z *zipArchive) section(c *zipMember) (*io.SectionReader, error) {
	at := c.data
	if at < 0 {
		var err error
		if at, err = c.file.DataOffset(); err != nil {
			return nil, artifacts.NewProblem(artifacts.Malformed, -1, "its local header is not where the directory says: %w", err)
		}
	}
	if at > z.size || c.packed > z.size-at {
		return io.NewSectionReader(z.r, min(at, z.size), max(z.size-at, 0)), nil // the reader meets the end
	}
	return io.NewSectionReader(z.r, at, c.packed), nil
}

func (z *zipArchive) open(i int, head bool) (io.ReadCloser, error) {
	if z.members[i].blocked != nil {
		return nil, z.members[i].blocked
	}
	c := &z.content[i]
	section, err := z.section(c)
	if err != nil {
		return nil, err
	}
	var packed io.Reader = section
	var finish func() error
	switch {
	case c.flags&flagEncrypted == 0:
	case c.strength > 0:
		var aes *zipAES
		if aes, err = newZipAES(packed, c.packed, z.password, c.strength); err == nil {
			packed, finish = aes, aes.finish
		}
	default:
		check := byte(c.crc >> 24)
		if c.flags&flagDescriptor != 0 {
			check = byte(c.clock >> 8)
		}
		packed, err = newZipCrypto(packed, z.password, check)
	}
	if err == io.ErrUnexpectedEOF {
		return nil, artifacts.NewProblem(artifacts.Truncated, 0, "the packed content ends early")
	}
	if err != nil {
		return nil, err
	}
	r, err := unpack(c.method, packed, head)
	if err != nil {
		return nil, err
	}
	whole := check(r, z.meter, c.size, c.packed, c.crc, !c.noCRC && !c.unchecked)
	whole.finish = finish
	return whole, nil
}

// plain returns the bytes of a member that is stored as it is, for archives
// that lie in this one; nil where they have to be unpacked.
func (z *zipArchive) plain(i int) *io.SectionReader {
	c := &z.content[i]
	if z.members[i].blocked != nil || c.method != stored || c.flags&flagEncrypted != 0 || c.packed != c.size {
		return nil
	}
	section, err := z.section(c)
	if err != nil || section.Size() != c.size {
		return nil
	}
	return section
}
