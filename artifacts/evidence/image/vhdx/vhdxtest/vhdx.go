// Package vhdxtest writes virtual hard disks, version 2, from "[MS-VHDX]:
// Virtual Hard Disk v2 (VHDX) File Format".
package vhdxtest

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"slices"

	"hivetriage/artifacts/internal/windows"
)

const mib = 1 << 20

var (
	le         = binary.LittleEndian
	castagnoli = crc32.MakeTable(crc32.Castagnoli)

	guidTable    = [16]byte{0x66, 0x77, 0xC2, 0x2D, 0x23, 0xF6, 0x00, 0x42, 0x9D, 0x64, 0x11, 0x5E, 0x9B, 0xFD, 0x4A, 0x08}
	guidMetadata = [16]byte{0x06, 0xA2, 0x7C, 0x8B, 0x90, 0x47, 0x9A, 0x4B, 0xB8, 0xFE, 0x57, 0x5F, 0x05, 0x0F, 0x88, 0x6E}

	itemParameters = [16]byte{0x37, 0x67, 0xA1, 0xCA, 0x36, 0xFA, 0x43, 0x4D, 0xB3, 0xB6, 0x33, 0xF0, 0xAA, 0x44, 0xE7, 0x6B}
	itemSize       = [16]byte{0x24, 0x42, 0xA5, 0x2F, 0x1B, 0xCD, 0x76, 0x48, 0xB2, 0x11, 0x5D, 0xBE, 0xD8, 0x3B, 0xF4, 0xB8}
	itemDiskID     = [16]byte{0xAB, 0x12, 0xCA, 0xBE, 0xE6, 0xB2, 0x23, 0x45, 0x93, 0xEF, 0xC3, 0x09, 0xE0, 0x00, 0xC7, 0x46}
	itemSector     = [16]byte{0x1D, 0xBF, 0x41, 0x81, 0x6F, 0xA9, 0x09, 0x47, 0xBA, 0x47, 0xF2, 0x33, 0xA8, 0xFA, 0xAB, 0x5F}
	itemPhysical   = [16]byte{0xC7, 0x48, 0xA3, 0xCD, 0x5D, 0x44, 0x71, 0x44, 0x9C, 0xC9, 0xE9, 0x88, 0x52, 0x51, 0xC5, 0x56}
	itemParent     = [16]byte{0x2D, 0x5F, 0xD3, 0xA8, 0x0B, 0xB3, 0x4D, 0x45, 0xAB, 0xF7, 0xD3, 0xD8, 0x48, 0x34, 0xAB, 0x0C}
	locatorVHDX    = [16]byte{0xB7, 0xEF, 0x4A, 0xB0, 0x9E, 0xD1, 0x81, 0x4A, 0xB7, 0x89, 0x25, 0xB8, 0xE9, 0x44, 0x59, 0x13}
)

// Where the structures are in the files of this package.
const (
	LogAt      = 1 * mib
	LogSize    = 1 * mib
	MetadataAt = 2 * mib
	TableAt    = 3 * mib
)

// Options describe a disk. The zero value gives a dynamic disk with blocks of
// 1 MiB and sectors of 512 bytes.
type Options struct {
	ID        [16]byte // of the content: the "data write GUID"
	BlockSize int      // 0 is 1 MiB
	Sector    int      // 0 is 512
	Fixed     bool     // blocks of zeros are stored, too
	Reverse   bool     // the last block stands first in the file
	Skip      int      // blocks of nothing before the media, and before the parent's
	// Of differencing disks:
	Parent     []byte // the media that differences are recorded to; nil for none
	ParentID   [16]byte
	ParentName string // relative path, as Windows writes it: `.\base.vhdx`
}

// Build returns a disk with the given media, whole sectors. Blocks of zeros,
// or like the parent's, are not in it.
func Build(media []byte, opt Options) []byte {
	if opt.BlockSize == 0 {
		opt.BlockSize = mib
	}
	if opt.Sector == 0 {
		opt.Sector = 512
	}
	ratio := 8 * mib * opt.Sector / opt.BlockSize
	count := (len(media) + opt.BlockSize - 1) / opt.BlockSize
	entries := (opt.Skip + count + ratio - 1) / ratio * (ratio + 1)
	tableSize := (8*entries + mib - 1) / mib * mib
	out := make([]byte, TableAt+tableSize)
	copy(out, "vhdxfile")
	Header(out, 0, 5, opt.ID, [16]byte{})
	Header(out, 1, 6, opt.ID, [16]byte{})
	for _, at := range []int{192 << 10, 256 << 10} {
		copy(out[at:], regions(tableSize))
	}
	copy(out[MetadataAt:], metadata(opt.Skip*opt.BlockSize+len(media), opt))
	order := make([]int, count)
	for i := range order {
		order[i] = i
	}
	if opt.Reverse {
		slices.Reverse(order)
	}
	for _, i := range order {
		out = block(out, media, i, ratio, opt)
	}
	return out
}

// block appends a block, where it is to be stored, and notes it in the table.
func block(out, media []byte, i, ratio int, opt Options) []byte {
	data := make([]byte, opt.BlockSize)
	begin := i * opt.BlockSize
	used := copy(data, media[begin:])
	above := make([]byte, opt.BlockSize)
	if begin < len(opt.Parent) {
		copy(above, opt.Parent[begin:])
	}
	i += opt.Skip
	entry := TableAt + 8*(i+i/ratio)
	var differ []int
	for at := 0; at < used; at += opt.Sector {
		if !bytes.Equal(data[at:at+opt.Sector], above[at:at+opt.Sector]) {
			differ = append(differ, at/opt.Sector)
		} else if opt.Parent != nil {
			copy(data[at:], "this sector is the parent's")
		}
	}
	state := 6
	switch {
	case len(differ) == 0 && !opt.Fixed:
		return out
	case opt.Parent != nil && len(differ) < used/opt.Sector:
		state = 7
		bitmap := TableAt + 8*(i/ratio*(ratio+1)+ratio)
		if le.Uint64(out[bitmap:]) == 0 {
			le.PutUint64(out[bitmap:], uint64(len(out)/mib)<<20|6)
			out = append(out, make([]byte, mib)...)
		}
		at := int(le.Uint64(out[bitmap:])>>20) * mib
		for _, s := range differ {
			bit := i%ratio*(opt.BlockSize/opt.Sector) + s
			out[at+bit/8] |= 1 << (bit % 8)
		}
	}
	le.PutUint64(out[entry:], uint64(len(out)/mib)<<20|uint64(state))
	return append(out, data...)
}

// Header writes header 0 or 1 of a disk. A log identifier that is not zero
// says that the log is to be applied.
func Header(file []byte, number int, sequence uint64, id, log [16]byte) {
	b := make([]byte, 4096)
	copy(b, "head")
	le.PutUint64(b[8:], sequence)
	b[16] = 0xF1
	copy(b[32:], id[:])
	copy(b[48:], log[:])
	le.PutUint16(b[66:], 1)
	le.PutUint32(b[68:], LogSize)
	le.PutUint64(b[72:], LogAt)
	Seal(b)
	copy(file[(64<<10)*(number+1):], b)
}

// Seal sets the CRC-32C of a structure.
func Seal(b []byte) {
	clear(b[4:8])
	le.PutUint32(b[4:], crc32.Checksum(b, castagnoli))
}

func regions(tableSize int) []byte {
	b := make([]byte, 64<<10)
	copy(b, "regi")
	le.PutUint32(b[8:], 2)
	for i, r := range []struct {
		id       [16]byte
		at, size int
	}{{guidTable, TableAt, tableSize}, {guidMetadata, MetadataAt, mib}} {
		e := b[16+32*i:]
		copy(e, r.id[:])
		le.PutUint64(e[16:], uint64(r.at))
		le.PutUint32(e[24:], uint32(r.size))
		le.PutUint32(e[28:], 1)
	}
	Seal(b)
	return b
}

func metadata(size int, opt Options) []byte {
	parameters := uint64(opt.BlockSize)
	if opt.Parent != nil {
		parameters |= 2 << 32
	}
	items := []struct {
		id   [16]byte
		data []byte
	}{
		{itemParameters, le.AppendUint64(nil, parameters)},
		{itemSize, le.AppendUint64(nil, uint64(size))},
		{itemDiskID, make([]byte, 16)},
		{itemSector, le.AppendUint32(nil, uint32(opt.Sector))},
		{itemPhysical, le.AppendUint32(nil, 4096)},
	}
	if opt.Parent != nil {
		items = append(items, struct {
			id   [16]byte
			data []byte
		}{itemParent, locator(opt)})
	}
	b := make([]byte, 64<<10)
	copy(b, "metadata")
	le.PutUint16(b[10:], uint16(len(items)))
	for i, item := range items {
		e := b[32+32*i:]
		copy(e, item.id[:])
		le.PutUint32(e[16:], uint32(len(b)))
		le.PutUint32(e[20:], uint32(len(item.data)))
		le.PutUint32(e[24:], 6)
		b = append(b, item.data...)
	}
	return b
}

// locator is the parent locator: a header of 20 bytes, 12 for each pair, then
// keys and values.
func locator(opt Options) []byte {
	name := opt.ParentName[1+bytes.LastIndexByte([]byte(opt.ParentName), '\\'):]
	pairs := [][2]string{
		{"parent_linkage", windows.GUID(opt.ParentID[:])},
		{"relative_path", opt.ParentName},
		{"absolute_win32_path", `C:\disks\` + name},
	}
	b := make([]byte, 20+12*len(pairs))
	copy(b, locatorVHDX[:])
	le.PutUint16(b[18:], uint16(len(pairs)))
	for i, pair := range pairs {
		for j, text := range pair {
			data := windows.AppendUTF16(nil, text)
			le.PutUint32(b[20+12*i+4*j:], uint32(len(b)))
			le.PutUint16(b[28+12*i+2*j:], uint16(len(data)))
			b = append(b, data...)
		}
	}
	return b
}
