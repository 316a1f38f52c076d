// Package vhdtest writes virtual hard disks from Microsoft's "Virtual Hard
// Disk Image Format Specification", version 1.0.
package vhdtest

import (
	"bytes"
	"encoding/binary"
	"slices"

	"hivetriage/artifacts/internal/windows"
)

const sector = 512

// Options describe a disk. The zero value gives a dynamic disk with blocks of
// 2 MiB.
type Options struct {
	ID        [16]byte
	BlockSize int  // 0 is 2 MiB
	Reverse   bool // the last block stands first in the file
	// Of differencing disks:
	Parent     []byte // the media that differences are recorded to; nil for none
	ParentID   [16]byte
	ParentName string   // relative path, as Windows writes it: `.\base.vhd`
	Locators   []string // platform codes to write the name under; nil is W2ru and W2ku
}

// Fixed returns a fixed disk with the given media.
func Fixed(media []byte, id [16]byte) []byte {
	return append(bytes.Clone(media), footer(2, 0xFFFFFFFFFFFFFFFF, len(media), id)...)
}

// Sparse returns a dynamic disk, or a differencing one if a parent is given.
// Blocks of zeros, or like the parent's, are not in it.
func Sparse(media []byte, opt Options) []byte {
	if opt.BlockSize == 0 {
		opt.BlockSize = 2 << 20
	}
	kind := uint32(3)
	if opt.Parent != nil {
		kind = 4
	}
	count := (len(media) + opt.BlockSize - 1) / opt.BlockSize
	const headerAt, tableAt = 512, 1536
	tableSize := (4*count + sector - 1) / sector * sector
	out := slices.Concat(footer(kind, headerAt, len(media), opt.ID), make([]byte, 1024), bytes.Repeat([]byte{0xFF}, tableSize))
	header := header(tableAt, count, opt)
	if opt.Parent != nil {
		out = locators(out, header, opt)
	}
	binary.BigEndian.PutUint32(header[36:], checksum(header))
	copy(out[headerAt:], header)
	for i := range count {
		if opt.Reverse {
			i = count - 1 - i
		}
		bits, data := block(media, i*opt.BlockSize, opt)
		if bits == nil {
			continue
		}
		binary.BigEndian.PutUint32(out[tableAt+4*i:], uint32(len(out)/sector))
		out = append(append(out, bits...), data...)
	}
	return append(out, footer(kind, headerAt, len(media), opt.ID)...)
}

// block returns the sector bitmap and the data of the block at a place in the
// media, nil where nothing is to be stored. In a dynamic disk all sectors are
// said to be stored, in a differencing one those that differ.
func block(media []byte, at int, opt Options) (bits, data []byte) {
	size := (opt.BlockSize/sector/8 + sector - 1) / sector * sector
	stored := false
	bits, data = make([]byte, size), make([]byte, opt.BlockSize)
	for i := 0; i < opt.BlockSize/sector && at+i*sector < len(media); i++ {
		here := at + i*sector
		b := media[here:min(here+sector, len(media))]
		above := make([]byte, len(b))
		if here < len(opt.Parent) {
			copy(above, opt.Parent[here:])
		}
		differs := !bytes.Equal(b, above)
		stored = stored || differs
		if differs || opt.Parent == nil {
			bits[i/8] |= 0x80 >> (i % 8)
			copy(data[i*sector:], b)
		} else {
			copy(data[i*sector:], "this sector is the parent's")
		}
	}
	if !stored {
		return nil, nil
	}
	return bits, data
}

func footer(kind uint32, header uint64, size int, id [16]byte) []byte {
	b := make([]byte, 512)
	copy(b, "conectix")
	be := binary.BigEndian
	be.PutUint32(b[8:], 2)
	be.PutUint32(b[12:], 0x00010000)
	be.PutUint64(b[16:], header)
	copy(b[28:], "test")
	copy(b[36:], "Wi2k")
	be.PutUint64(b[40:], uint64(size))
	be.PutUint64(b[48:], uint64(size))
	be.PutUint32(b[60:], kind)
	copy(b[68:], id[:])
	be.PutUint32(b[64:], checksum(b))
	return b
}

func header(table, count int, opt Options) []byte {
	b := make([]byte, 1024)
	copy(b, "cxsparse")
	be := binary.BigEndian
	be.PutUint64(b[8:], 0xFFFFFFFFFFFFFFFF)
	be.PutUint64(b[16:], uint64(table))
	be.PutUint32(b[24:], 0x00010000)
	be.PutUint32(b[28:], uint32(count))
	be.PutUint32(b[32:], uint32(opt.BlockSize))
	return b
}

// locators appends the parent's name in the ways that opt names, and notes
// them in the header.
func locators(out, header []byte, opt Options) []byte {
	be := binary.BigEndian
	copy(header[40:], opt.ParentID[:])
	codes := opt.Locators
	if codes == nil {
		codes = []string{"W2ru", "W2ku"}
		name := windows.AppendUTF16(nil, opt.ParentName[1+bytes.LastIndexByte([]byte(opt.ParentName), '\\'):])
		for i := 0; i < len(name); i += 2 {
			header[64+i], header[65+i] = name[i+1], name[i]
		}
	}
	for i, code := range codes {
		name := opt.ParentName
		if code == "W2ku" {
			name = `C:\disks\` + name
		}
		data := windows.AppendUTF16(nil, name)
		if code[3] != 'u' {
			data = []byte(name)
		}
		entry := header[576+24*i:]
		copy(entry, code)
		be.PutUint32(entry[4:], sector)
		be.PutUint32(entry[8:], uint32(len(data)))
		be.PutUint64(entry[16:], uint64(len(out)))
		out = append(append(out, data...), make([]byte, sector-len(data)%sector)...)
	}
	return out
}

// checksum is the one's complement of the sum of all bytes, while the
// checksum's own are zero.
func checksum(b []byte) uint32 {
	var sum uint32
	for _, c := range b {
		sum += uint32(c)
	}
	return ^sum
}
