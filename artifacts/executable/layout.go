package executable

import (
	"encoding/binary"
	"io"

	"hivetriage/artifacts"
)

// Limits of what is read of the headers. Windows itself loads no image with
// more than 96 sections.
const (
	maxSections  = 96
	maxOptional  = 4 << 10
	directories  = 16
	coffLength   = 24 // the signature "PE\0\0" and the file header
	sectionEntry = 40
)

// Data directories of the optional header.
const (
	resources    = 2
	certificates = 4
	debugging    = 6
	clrHeader    = 14
)

// A layout is what the headers say of where things lie in the file.
type layout struct {
	r         io.ReaderAt
	size      int64
	machine   uint16
	stamp     uint32
	traits    uint16
	subsystem uint16
	headers   int64 // SizeOfHeaders
	checksum  Span  // the two parts of the headers that a signature leaves out
	entry     Span
	directory [directories]area
	sections  []section
}

// An area is a data directory: an address in the loaded image, or a file
// offset for the certificate table, and a length.
type area struct{ Address, Length uint32 }

type section struct{ address, loaded, offset, length uint32 }

// IsPE tells whether a file that begins with head may be a portable
// executable: whether it has the DOS header.
func IsPE(head []byte) bool {
	return len(head) >= 2 && head[0] == 'M' && head[1] == 'Z'
}

// readLayout reads the DOS header, the file header, the optional header and
// the section table. Offsets are those of the PE/COFF specification.
func readLayout(r io.ReaderAt, size int64) (*layout, error) {
	dos, err := readPart(r, size, 0, 64)
	if err != nil {
		return nil, err
	}
	if !IsPE(dos) {
		return nil, artifacts.NewProblem(artifacts.Unsupported, 0, "no portable executable: the file does not begin with MZ")
	}
	at := int64(binary.LittleEndian.Uint32(dos[60:]))
	coff, err := readPart(r, size, at, coffLength)
	if err != nil {
		return nil, err
	}
	if string(coff[:4]) != "PE\x00\x00" {
		return nil, artifacts.NewProblem(artifacts.Unsupported, at, "no portable executable: no PE signature behind the DOS header")
	}
	l := &layout{r: r, size: size}
	l.machine = binary.LittleEndian.Uint16(coff[4:])
	sections := int64(binary.LittleEndian.Uint16(coff[6:]))
	l.stamp = binary.LittleEndian.Uint32(coff[8:])
	optional := int64(binary.LittleEndian.Uint16(coff[20:]))
	l.traits = binary.LittleEndian.Uint16(coff[22:])
	at += coffLength
	if err := l.readOptional(at, optional); err != nil {
		return nil, err
	}
	if sections > maxSections {
		return l, artifacts.NewProblem(artifacts.Malformed, at-coffLength+6, "%d sections, and Windows loads no more than %d", sections, maxSections)
	}
	return l, l.readSections(at+optional, sections)
}

func (l *layout) readOptional(at, length int64) error {
	if length > maxOptional {
		return artifacts.NewProblem(artifacts.Malformed, at-4, "an optional header of %d bytes", length)
	}
	b, err := readPart(l.r, l.size, at, length)
	if err != nil {
		return err
	}
	table := 96 // of the data directories in PE32
	if len(b) >= 2 && binary.LittleEndian.Uint16(b) == 0x20B {
		table = 112
	} else if len(b) < 2 || binary.LittleEndian.Uint16(b) != 0x10B {
		return artifacts.NewProblem(artifacts.Malformed, at, "the optional header is neither PE32 nor PE32+")
	}
	if len(b) < table {
		return artifacts.NewProblem(artifacts.Malformed, at, "an optional header of only %d bytes", length)
	}
	l.headers = int64(binary.LittleEndian.Uint32(b[60:]))
	l.checksum = Span{at + 64, 4}
	l.subsystem = binary.LittleEndian.Uint16(b[68:])
	count := min(int(binary.LittleEndian.Uint32(b[table-4:])), directories, (len(b)-table)/8)
	for i := range max(count, 0) {
		l.directory[i] = area{binary.LittleEndian.Uint32(b[table+8*i:]), binary.LittleEndian.Uint32(b[table+8*i+4:])}
	}
	if count > certificates {
		l.entry = Span{at + int64(table) + 8*certificates, 8}
	}
	return nil
}

func (l *layout) readSections(at, count int64) error {
	b, err := readPart(l.r, l.size, at, count*sectionEntry)
	if err != nil {
		return err
	}
	for ; len(b) >= sectionEntry; b = b[sectionEntry:] {
		l.sections = append(l.sections, section{
			loaded:  binary.LittleEndian.Uint32(b[8:]),
			address: binary.LittleEndian.Uint32(b[12:]),
			length:  binary.LittleEndian.Uint32(b[16:]),
			offset:  binary.LittleEndian.Uint32(b[20:]),
		})
	}
	return nil
}

// offset finds where an address of the loaded image lies in the file, and how
// many bytes of its section follow there.
func (l *layout) offset(address uint32) (Span, bool) {
	for _, s := range l.sections {
		if address >= s.address && address-s.address < s.length {
			into := address - s.address
			return Span{int64(s.offset) + int64(into), int64(s.length - into)}, true
		}
	}
	return Span{}, false
}

// table is where the certificate table is said to lie, zero where there is
// none, and an error where that is not in the file.
func (l *layout) table() (Span, error) {
	d := l.directory[certificates]
	if d.Length == 0 {
		return Span{}, nil
	}
	s := Span{int64(d.Address), int64(d.Length)}
	if s.Offset == 0 || s.Offset+s.Length > l.size {
		return s, artifacts.NewProblem(artifacts.Malformed, l.entry.Offset, "the certificate table of %d bytes at %d does not lie in the file of %d", s.Length, s.Offset, l.size)
	}
	return s, nil
}

// overlay is how many bytes lie behind the sections, without the signature.
func (l *layout) overlay(table Span) int64 {
	end := l.headers
	for _, s := range l.sections {
		if s.length > 0 {
			end = max(end, int64(s.offset)+int64(s.length))
		}
	}
	over := l.size - end
	if table.Offset >= end {
		over -= table.Length
	}
	return max(over, 0)
}

// readPart reads exactly length bytes at offset; the caller bounds length.
func readPart(r io.ReaderAt, size, offset, length int64) ([]byte, error) {
	if offset < 0 || length < 0 || offset+length > size {
		return nil, artifacts.NewProblem(artifacts.Truncated, offset, "%d bytes are wanted and the file ends at %d", length, size)
	}
	b := make([]byte, length)
	if n, err := r.ReadAt(b, offset); n < len(b) {
		return nil, &artifacts.Problem{Offset: offset + int64(n), Kind: artifacts.IO, Err: err}
	}
	return b, nil
}
