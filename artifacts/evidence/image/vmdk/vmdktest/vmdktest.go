// Package vmdktest writes VMware virtual disks from VMware's "Virtual Disk
// Format 5.0" and, for COWD, from libvmdk's description of the format.
package vmdktest

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"strings"
)

const sector = 512

// A Layout says how to write a sparse extent. The zero value gives grains of
// 64 KiB, a redundant directory, no compression.
type Layout struct {
	GrainSectors int    // 0 is 128
	Compressed   bool   // stream-optimized: deflated grains with markers
	Footer       bool   // the grain directory at the end, as VMware streams write it; needs Compressed
	NoRedundant  bool   // no redundant grain directory
	Descriptor   string // embedded; "" for an extent of a disk of several files
	// Absent grains are written as not allocated though they have bytes: the
	// parent's show through. By default these are the grains of zeros.
	Absent func(grain int) bool
	// Zeroed grains are written as grain table entry 1.
	Zeroed func(grain int) bool
}

// tableEntries is the number of grains of a table of a hosted disk.
const tableEntries = 512

// Sparse returns an extent with the media, whose size is a multiple of 512.
func Sparse(media []byte, l Layout) []byte {
	w := &writer{layout: l, media: media, grain: l.GrainSectors * sector}
	if w.grain == 0 {
		w.grain = 128 * sector
	}
	grains := (len(media) + w.grain - 1) / w.grain
	w.entries = make([]uint32, (grains+tableEntries-1)/tableEntries*tableEntries)
	w.out = make([]byte, sector)
	var described int
	if l.Descriptor != "" {
		described = 20
		w.out = append(w.out, make([]byte, described*sector)...)
		copy(w.out[sector:], l.Descriptor)
	}
	var directory, redundant int
	if !l.Footer {
		if !l.NoRedundant {
			redundant = w.reserve()
		}
		directory = w.reserve()
	}
	overhead := len(w.out) / sector
	w.grains(grains)
	if l.Footer {
		w.marker(len(w.entries)/tableEntries*4, 1)
		directory = w.reserve()
		w.marker(1, 2)
	}
	w.fill(directory)
	if redundant != 0 {
		w.fill(redundant)
	}
	w.headers(described, directory, redundant, overhead)
	return w.out
}

type writer struct {
	layout  Layout
	media   []byte
	grain   int
	entries []uint32 // grain table entries
	out     []byte
}

// reserve makes room for grain tables and, behind them, their directory. It
// returns the sector of the directory.
func (w *writer) reserve() int {
	w.out = append(w.out, make([]byte, len(w.entries)*4)...)
	at := len(w.out) / sector
	w.out = append(w.out, make([]byte, sectors(len(w.entries)/tableEntries*4)*sector)...)
	return at
}

// fill writes the tables before a directory, and the directory.
func (w *writer) fill(directory int) {
	tables := directory - len(w.entries)*4/sector
	for i, e := range w.entries {
		binary.LittleEndian.PutUint32(w.out[tables*sector+4*i:], e)
	}
	for i := range len(w.entries) / tableEntries {
		binary.LittleEndian.PutUint32(w.out[directory*sector+4*i:], uint32(tables+i*tableEntries*4/sector))
	}
}

func sectors(n int) int { return (n + sector - 1) / sector }

// grains appends the grains that are kept.
func (w *writer) grains(count int) {
	for g := range count {
		data := make([]byte, w.grain)
		copy(data, w.media[g*w.grain:])
		switch {
		case w.layout.Zeroed != nil && w.layout.Zeroed(g):
			w.entries[g] = 1
			continue
		case w.layout.Absent != nil && w.layout.Absent(g):
			continue
		case w.layout.Absent == nil && len(bytes.Trim(data, "\x00")) == 0:
			continue
		}
		w.entries[g] = uint32(len(w.out) / sector)
		if w.layout.Compressed {
			data = packed(uint64(g*w.grain/sector), data)
		}
		w.out = append(w.out, data...)
	}
}

// packed is a grain marker: the sector number of the media, the length, the
// deflated grain, padded to a sector.
func packed(lba uint64, data []byte) []byte {
	var z bytes.Buffer
	zw := zlib.NewWriter(&z)
	zw.Write(data) // a bytes.Buffer takes everything
	zw.Close()
	out := binary.LittleEndian.AppendUint64(nil, lba)
	out = binary.LittleEndian.AppendUint32(out, uint32(z.Len()))
	out = append(out, z.Bytes()...)
	return append(out, make([]byte, sectors(len(out))*sector-len(out))...)
}

// marker appends a metadata marker: sectors that follow, size 0, type.
func (w *writer) marker(follow int, kind uint32) {
	m := make([]byte, sector)
	binary.LittleEndian.PutUint64(m, uint64(follow))
	binary.LittleEndian.PutUint32(m[12:], kind)
	w.out = append(w.out, m...)
}

// headers writes the header and, for streams, the footer and the end marker.
func (w *writer) headers(described, directory, redundant, overhead int) {
	le := binary.LittleEndian
	h := make([]byte, sector)
	copy(h, "KDMV")
	version, flags := uint32(1), uint32(1)
	if redundant != 0 {
		flags |= 1 << 1
	}
	if w.layout.Zeroed != nil {
		version, flags = 2, flags|1<<2
	}
	if w.layout.Compressed {
		version, flags = 3, flags|1<<16|1<<17
		le.PutUint16(h[77:], 1)
	}
	le.PutUint32(h[4:], version)
	le.PutUint32(h[8:], flags)
	le.PutUint64(h[12:], uint64(len(w.media)/sector))
	le.PutUint64(h[20:], uint64(w.grain/sector))
	if described > 0 {
		le.PutUint64(h[28:], 1)
		le.PutUint64(h[36:], uint64(described))
	}
	le.PutUint32(h[44:], tableEntries)
	le.PutUint64(h[48:], uint64(redundant))
	le.PutUint64(h[56:], uint64(directory))
	le.PutUint64(h[64:], uint64(overhead))
	copy(h[73:], "\n \r\n")
	if w.layout.Footer {
		w.marker(1, 3)
		w.out = append(w.out, h...)
		w.marker(0, 0)
		le.PutUint64(h[56:], ^uint64(0))
	}
	copy(w.out, h)
}

// COWD returns an ESXi COW extent with the media. Absent is as in Layout.
func COWD(media []byte, grainSectors int, absent func(grain int) bool) []byte {
	const perTable = 4096
	grain := grainSectors * sector
	count := (len(media) + grain - 1) / grain
	tables := (count + perTable - 1) / perTable
	out := make([]byte, 4*sector) // the header has four sectors
	le := binary.LittleEndian
	copy(out, "COWD")
	for i, v := range []int{1, 3, len(media) / sector, grainSectors, len(out) / sector, tables, 0} {
		le.PutUint32(out[4+4*i:], uint32(v))
	}
	directory := len(out)
	out = append(out, make([]byte, sectors(4*tables)*sector)...)
	first := len(out)
	out = append(out, make([]byte, tables*perTable*4)...)
	for t := range tables {
		le.PutUint32(out[directory+4*t:], uint32((first+t*perTable*4)/sector))
	}
	for g := range count {
		if absent != nil && absent(g) {
			continue
		}
		le.PutUint32(out[first+4*g:], uint32(len(out)/sector))
		data := make([]byte, grain)
		copy(data, media[g*grain:])
		out = append(out, data...)
	}
	le.PutUint32(out[28:], uint32(len(out)/sector))
	return out
}

// A Text is a descriptor.
type Text struct {
	Type      string   // createType
	CID       string   // "" is 12345678
	ParentCID string   // "" is ffffffff, no parent
	Parent    string   // parentFileNameHint
	Extents   []string // lines such as `RW 2048 FLAT "disk-flat.vmdk" 0`
}

func (t Text) String() string {
	var b strings.Builder
	or := func(s, other string) string {
		if s == "" {
			return other
		}
		return s
	}
	fmt.Fprintf(&b, "# Disk DescriptorFile\nversion=1\nCID=%s\nparentCID=%s\ncreateType=\"%s\"\n", or(t.CID, "12345678"), or(t.ParentCID, "ffffffff"), t.Type)
	if t.Parent != "" {
		fmt.Fprintf(&b, "parentFileNameHint=\"%s\"\n", t.Parent)
	}
	b.WriteString("\n# Extent description\n" + strings.Join(t.Extents, "\n") + "\n\n# The Disk Data Base\n#DDB\n\nddb.adapterType = \"ide\"\nddb.geometry.sectors = \"63\"\nddb.geometry.heads = \"16\"\nddb.geometry.cylinders = \"4\"\n")
	return b.String()
}
