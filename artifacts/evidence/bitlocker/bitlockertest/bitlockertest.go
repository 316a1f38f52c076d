// Package bitlockertest writes the plain parts of BitLocker volumes, from the
// documentation of the format by the libbde project. The keys in them are
// filling: nothing was encrypted with them.
package bitlockertest

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"unicode/utf16"
)

// A Layout is a generation of the format.
type Layout uint8

const (
	Windows7 Layout = iota // and later
	Vista
	ToGo
	UsedSpace // Windows 8 and later, of which only the used space is encrypted
)

// A Protector is one way to unlock the volume.
type Protector struct {
	ID       [16]byte // as it is stored: the first three fields little-endian
	Kind     uint16
	Modified uint64 // FILETIME
}

// Options describe a volume.
type Options struct {
	Layout      Layout
	ID          [16]byte
	Method      uint16
	Created     uint64 // FILETIME
	Description string
	Protectors  []Protector
}

const (
	size    = 2 << 20
	cluster = 4096
	room    = 64 << 10
)

// Offsets are where the three copies of the metadata stand.
var Offsets = [3]int{0x40000, 0x90000, 0xE0000}

// Volume returns 2 MiB with a boot sector and three copies of the metadata;
// the rest is noise, as ciphertext is.
func Volume(opt Options) []byte {
	b := make([]byte, size)
	x := uint32(1)
	for i := range b {
		x = x*1664525 + 1013904223
		b[i] = byte(x >> 24)
	}
	clear(b[:512])
	boot(b, opt.Layout)
	block := metadata(opt)
	for _, at := range Offsets {
		copy(b[at:at+room], make([]byte, room))
		copy(b[at:], block)
	}
	return b
}

func boot(b []byte, layout Layout) {
	le := binary.LittleEndian
	copy(b, "\xEB\x58\x90-FVE-FS-")
	le.PutUint16(b[11:], 512)
	b[13] = cluster / 512
	b[21] = 0xF8
	b[510], b[511] = 0x55, 0xAA
	guid, at := "\x3b\xd6\x67\x49\x29\x2e\xd8\x4a\x83\x99\xf6\xa3\x39\xe3\xd0\x01", 160
	switch layout {
	case Vista:
		b[1] = 0x52
		le.PutUint64(b[56:], uint64(Offsets[0]/cluster))
		return
	case ToGo:
		copy(b[3:], "MSWIN4.1")
		copy(b[0x52:], "FAT32   ")
		at = 424
	case UsedSpace:
		guid = "\x3b\x4d\xa8\x92\x80\xdd\x0e\x4d\x9e\x4e\xb1\xe3\x28\x4e\xae\xd8"
	}
	copy(b[at:], guid)
	for i, offset := range Offsets {
		le.PutUint64(b[at+16+8*i:], uint64(offset))
	}
}

func metadata(opt Options) []byte {
	le := binary.LittleEndian
	var entries []byte
	if opt.Description != "" {
		entries = append(entries, entry(7, 2, text(opt.Description))...)
	}
	for _, p := range opt.Protectors {
		key := append([]byte{}, p.ID[:]...)
		key = le.AppendUint64(key, p.Modified)
		key = le.AppendUint16(key, 0)
		key = le.AppendUint16(key, p.Kind)
		entries = append(entries, entry(2, 8, append(key, entry(0, 5, bytes.Repeat([]byte("filling "), 10))...))...)
	}
	entries = append(entries, entry(3, 5, bytes.Repeat([]byte("filling "), 10))...)
	b := make([]byte, 112, 112+len(entries)+96)
	version := uint16(2)
	if opt.Layout == Vista {
		version = 1
	}
	copy(b, "-FVE-FS-")
	le.PutUint16(b[10:], version)
	le.PutUint16(b[12:], 4)
	le.PutUint16(b[14:], 4)
	le.PutUint64(b[16:], size)
	le.PutUint32(b[28:], 16)
	for i, offset := range Offsets {
		le.PutUint64(b[32+8*i:], uint64(offset))
	}
	le.PutUint64(b[56:], uint64(Offsets[2]+room))
	m := b[64:]
	le.PutUint32(m, uint32(48+len(entries)))
	le.PutUint32(m[4:], 1)
	le.PutUint32(m[8:], 48)
	le.PutUint32(m[12:], uint32(48+len(entries)))
	copy(m[16:], opt.ID[:])
	le.PutUint16(m[36:], opt.Method)
	le.PutUint64(m[40:], opt.Created)
	b = append(b, entries...)
	b = append(b, make([]byte, -len(b)&15)...)
	le.PutUint16(b[8:], uint16(len(b)/16))
	return validated(b)
}

// validated appends the structure that holds the metadata's CRC-32, with an
// entry for the digest, which is filling here.
func validated(b []byte) []byte {
	le := binary.LittleEndian
	sum := crc32.ChecksumIEEE(b)
	digest := entry(0, 5, bytes.Repeat([]byte("filling "), 9))
	b = le.AppendUint16(b, uint16(8+len(digest)))
	b = le.AppendUint16(b, 1)
	b = le.AppendUint32(b, sum)
	return append(b, digest...)
}

func entry(kind, value uint16, data []byte) []byte {
	le := binary.LittleEndian
	b := le.AppendUint16(nil, uint16(8+len(data)))
	b = le.AppendUint16(b, kind)
	b = le.AppendUint16(b, value)
	b = le.AppendUint16(b, 1)
	return append(b, data...)
}

func text(s string) []byte {
	var b []byte
	for _, u := range append(utf16.Encode([]rune(s)), 0) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}
