// Package executabletest writes portable executables, Authenticode signatures
// and catalogs from their specifications, for tests. It never imports the
// readers of those formats.
package executabletest

import (
	"encoding/binary"
	"fmt"
	"time"
	"unicode/utf16"
)

// A Spec says what program file to write. The zero Spec is a console program
// for x64 without a version resource, linked on 2020-01-02.
type Spec struct {
	Machine      uint16    // 0x8664 where zero; 0x14C makes a PE32
	Subsystem    uint16    // 3, console, where zero
	DLL          bool      //
	DotNet       bool      // with a CLR header
	Compiled     time.Time //
	Reproducible bool      // with a debug entry that says so
	Code         []byte    // of the code section
	Overlay      []byte    // behind the last section

	OriginalFilename, InternalName, FileDescription, CompanyName, ProductName, FileVersion string

	FixedVersion [4]uint16 // of the fixed part
}

const (
	fileAlign    = 0x200
	sectionAlign = 0x1000
	headerStart  = 0x80 // of the PE signature
)

// PE writes the file.
func PE(s Spec) []byte {
	if s.Machine == 0 {
		s.Machine = 0x8664
	}
	if s.Subsystem == 0 {
		s.Subsystem = 3
	}
	if s.Compiled.IsZero() {
		s.Compiled = time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC)
	}
	if len(s.Code) == 0 {
		s.Code = []byte{0x31, 0xC0, 0xC3} // xor eax, eax; ret
	}
	type part struct {
		name string
		data []byte
	}
	parts := []part{{".text", s.Code}}
	var directory [16][2]uint32
	address := func(i int) uint32 { // of the section that comes next, sections being short
		at := uint32(sectionAlign)
		for _, p := range parts[:i] {
			at += round(uint32(len(p.data)), sectionAlign)
		}
		return at
	}
	if s.DotNet {
		directory[14] = [2]uint32{sectionAlign, 72}
	}
	if s.Reproducible {
		entry := make([]byte, 28)
		binary.LittleEndian.PutUint32(entry[12:], 16)
		directory[6] = [2]uint32{address(len(parts)), 28}
		parts = append(parts, part{".rdata", entry})
	}
	if v := versionInfo(s); v != nil {
		at := address(len(parts))
		tree := resourceTree(at, v)
		directory[2] = [2]uint32{at, uint32(len(tree))}
		parts = append(parts, part{".rsrc", tree})
	}
	head := headers(s, directory, len(parts))
	offset := uint32(fileAlign * 2)
	for i, p := range parts {
		entry := make([]byte, 40)
		copy(entry, p.name)
		put(entry[8:], uint32(len(p.data)), address(i), round(uint32(len(p.data)), fileAlign), offset)
		put(entry[36:], 0x6000_0020)
		head = append(head, entry...)
		offset += round(uint32(len(p.data)), fileAlign)
	}
	file := padded(head, fileAlign*2)
	for _, p := range parts {
		file = append(file, padded(p.data, fileAlign)...)
	}
	binary.LittleEndian.PutUint32(file[headerStart+24+56:], address(len(parts))) // SizeOfImage
	return append(file, s.Overlay...)
}

// headers are the DOS header, the file header and the optional header.
func headers(s Spec, directory [16][2]uint32, sections int) []byte {
	b := make([]byte, headerStart)
	copy(b, "MZ")
	binary.LittleEndian.PutUint32(b[60:], headerStart)
	wide := s.Machine != 0x14C
	optional := make([]byte, 96+128)
	if wide {
		optional = make([]byte, 112+128)
	}
	traits := uint16(0x22)
	if s.DLL {
		traits |= 0x2000
	}
	coff := make([]byte, 24)
	copy(coff, "PE\x00\x00")
	binary.LittleEndian.PutUint16(coff[4:], s.Machine)
	binary.LittleEndian.PutUint16(coff[6:], uint16(sections))
	binary.LittleEndian.PutUint32(coff[8:], uint32(s.Compiled.Unix()))
	binary.LittleEndian.PutUint16(coff[20:], uint16(len(optional)))
	binary.LittleEndian.PutUint16(coff[22:], traits)
	binary.LittleEndian.PutUint16(optional, 0x10B)
	if wide {
		binary.LittleEndian.PutUint16(optional, 0x20B)
	}
	put(optional[16:], sectionAlign)                // entry point
	put(optional[32:], sectionAlign, fileAlign)     // alignments
	binary.LittleEndian.PutUint16(optional[48:], 6) // subsystem version
	put(optional[60:], fileAlign*2)                 // size of the headers
	binary.LittleEndian.PutUint16(optional[68:], s.Subsystem)
	table := optional[len(optional)-128:]
	put(optional[len(optional)-132:], 16)
	for i, d := range directory {
		put(table[8*i:], d[0], d[1])
	}
	return append(append(b, coff...), optional...)
}

// resourceTree is a resource directory with one version resource: type 16,
// name 1, language 1033.
func resourceTree(address uint32, version []byte) []byte {
	b := make([]byte, 3*24+16)
	for level, id := range []uint32{16, 1, 1033} {
		node := b[24*level:]
		binary.LittleEndian.PutUint16(node[14:], 1)
		next := uint32(24 * (level + 1))
		if level < 2 {
			next |= 0x8000_0000
		}
		put(node[16:], id, next)
	}
	put(b[72:], address+uint32(len(b)), uint32(len(version)))
	return append(b, version...)
}

// versionInfo is the version resource, nil where nothing is to be in it.
func versionInfo(s Spec) []byte {
	var entries []byte
	for _, e := range [][2]string{
		{"CompanyName", s.CompanyName}, {"FileDescription", s.FileDescription}, {"FileVersion", s.FileVersion},
		{"InternalName", s.InternalName}, {"OriginalFilename", s.OriginalFilename}, {"ProductName", s.ProductName},
	} {
		if e[1] != "" {
			text := wide(e[1])
			entries = padded(append(entries, block(e[0], 1, len(text)/2, text, nil)...), 4)
		}
	}
	if entries == nil && s.FixedVersion == [4]uint16{} {
		return nil
	}
	f := s.FixedVersion
	fixed := make([]byte, 52)
	high, low := uint32(f[0])<<16|uint32(f[1]), uint32(f[2])<<16|uint32(f[3])
	put(fixed, 0xFEEF_04BD, 0x1_0000, high, low, high, low)
	table := block("040904b0", 1, 0, nil, entries)
	return block("VS_VERSION_INFO", 0, len(fixed), fixed, block("StringFileInfo", 1, 0, nil, table))
}

// block is one block of a version resource.
func block(key string, kind uint16, length int, value, children []byte) []byte {
	b := make([]byte, 6)
	binary.LittleEndian.PutUint16(b[2:], uint16(length))
	binary.LittleEndian.PutUint16(b[4:], kind)
	b = padded(append(b, wide(key)...), 4)
	b = append(b, value...)
	if len(children) > 0 {
		b = append(padded(b, 4), children...)
	}
	if len(b) > 0xFFFF {
		panic(fmt.Sprintf("executabletest: a version block of %d bytes", len(b)))
	}
	binary.LittleEndian.PutUint16(b, uint16(len(b)))
	return b
}

// wide is UTF-16 with a zero at the end.
func wide(s string) []byte {
	var b []byte
	for _, u := range append(utf16.Encode([]rune(s)), 0) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}

func put(b []byte, values ...uint32) {
	for i, v := range values {
		binary.LittleEndian.PutUint32(b[4*i:], v)
	}
}

func round(n, to uint32) uint32 { return (n + to - 1) / to * to }

func padded(b []byte, to int) []byte {
	return append(b, make([]byte, int(round(uint32(len(b)), uint32(to)))-len(b))...)
}
