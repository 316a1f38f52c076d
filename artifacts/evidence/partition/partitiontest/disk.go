// Package partitiontest lays volumes out on a disk with an MBR or a GPT, from
// the specifications.
package partitiontest

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
)

// align is where volumes begin, as Windows aligns them.
const align = 1 << 20

// A Volume is what goes into one partition.
type Volume struct {
	Content io.ReaderAt // may be nil: zeros
	Size    int64       // bytes, rounded up to a whole number of sectors
	MBRType byte        // 0 is 0x07
	GPTType string      // "" is Microsoft basic data
	Name    string      // GPT only
}

// Bytes makes a Volume of bytes.
func Bytes(b []byte) Volume { return Volume{Content: bytes.NewReader(b), Size: int64(len(b))} }

// Options describe the disk.
type Options struct {
	Sector  int64    // bytes a sector; 0 is 512
	Logical []Volume // MBR only: in an extended partition, the fourth primary entry
}

// A Disk is a layout that can be written.
type Disk struct {
	Size   int64
	Starts []int64 // where each volume begins, in bytes, logical ones last
	pieces []piece
}

type piece struct {
	at      int64
	size    int64
	content io.ReaderAt
}

func (d *Disk) put(at int64, b []byte) {
	d.pieces = append(d.pieces, piece{at, int64(len(b)), bytes.NewReader(b)})
}

// place gives a volume the next aligned range and returns its first sector and
// number of sectors.
func (d *Disk) place(v Volume, sector int64) (start, count int64) {
	d.Size = (d.Size + align - 1) / align * align
	at := d.Size
	if v.Content != nil {
		d.pieces = append(d.pieces, piece{at, v.Size, v.Content})
	}
	d.Starts = append(d.Starts, at)
	count = (v.Size + sector - 1) / sector
	d.Size += count * sector
	return at / sector, count
}

// WriteTo writes the disk. What nothing lies in is not written: w must read as
// zeros there and be Size bytes long in the end, as WriteTo ensures by writing
// the last byte.
func (d *Disk) WriteTo(w io.WriterAt) error {
	last := make([]byte, 1)
	for _, p := range d.pieces {
		buf := make([]byte, min(p.size, align))
		for at := int64(0); at < p.size; at += int64(len(buf)) {
			b := buf[:min(int64(len(buf)), p.size-at)]
			if n, err := p.content.ReadAt(b, at); n < len(b) {
				return fmt.Errorf("partitiontest: content at %d: %w", at, err)
			}
			if _, err := w.WriteAt(b, p.at+at); err != nil {
				return err
			}
			if p.at+at+int64(len(b)) == d.Size {
				last[0] = b[len(b)-1]
			}
		}
	}
	_, err := w.WriteAt(last, d.Size-1)
	return err
}

// Bytes returns the whole disk.
func (d *Disk) Bytes() []byte {
	b := make(memory, d.Size)
	if err := d.WriteTo(b); err != nil {
		panic(err) // a Content that is shorter than its Size
	}
	return b
}

type memory []byte

func (m memory) WriteAt(p []byte, off int64) (int, error) { return copy(m[off:], p), nil }

// MBR lays out up to four primary volumes, or three and logical ones.
func MBR(volumes []Volume, opt Options) *Disk {
	sector := or(opt.Sector, 512)
	d := &Disk{Size: sector}
	table := bootRecord()
	for i, v := range volumes {
		start, count := d.place(v, sector)
		setEntry(table, i, byte(or(int64(v.MBRType), 7)), start, count)
	}
	if len(opt.Logical) > 0 {
		start, count := d.logical(opt.Logical, sector)
		setEntry(table, 3, 0x0f, start, count)
	}
	d.put(0, table)
	return d
}

// logical writes the chain: each record has its volume, counted from itself,
// and the next record, counted from the first one.
func (d *Disk) logical(volumes []Volume, sector int64) (start, count int64) {
	first := (d.Size + align - 1) / align * align
	var before []byte
	for i, v := range volumes {
		at := (d.Size + align - 1) / align * align
		d.Size = at + sector
		begin, length := d.place(v, sector)
		record := bootRecord()
		setEntry(record, 0, byte(or(int64(v.MBRType), 7)), begin-at/sector, length)
		if i > 0 {
			setEntry(before, 1, 0x05, (at-first)/sector, begin+length-at/sector)
		}
		d.put(at, record)
		before = record
	}
	return first / sector, (d.Size - first) / sector
}

func or(v, otherwise int64) int64 {
	if v == 0 {
		return otherwise
	}
	return v
}

func bootRecord() []byte {
	b := make([]byte, 512)
	b[510], b[511] = 0x55, 0xaa
	return b
}

// setEntry writes an entry without CHS addresses, which nobody uses.
func setEntry(b []byte, i int, kind byte, start, count int64) {
	e := b[446+16*i:]
	copy(e[1:4], "\xfe\xff\xff")
	e[4] = kind
	copy(e[5:8], "\xfe\xff\xff")
	binary.LittleEndian.PutUint32(e[8:], uint32(start))
	binary.LittleEndian.PutUint32(e[12:], uint32(min(count, 1<<32-1)))
}

// BasicData is the partition type of Windows volumes.
const BasicData = "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7"

// GPT lays volumes out behind a protective MBR, with the backup at the end.
// The GUIDs of disk and partitions are made of their numbers.
func GPT(volumes []Volume, opt Options) *Disk {
	sector := or(opt.Sector, 512)
	const count, entrySize = 128, 128
	d := &Disk{Size: 2*sector + count*entrySize}
	entries := make([]byte, count*entrySize)
	firstUsable := d.Size / sector
	for i, v := range volumes {
		start, length := d.place(v, sector)
		e := entries[i*entrySize:]
		if v.GPTType == "" {
			v.GPTType = BasicData
		}
		putGUID(e, v.GPTType)
		putGUID(e[16:], fmt.Sprintf("%08X-0000-4000-8000-000000000002", i+1))
		binary.LittleEndian.PutUint64(e[32:], uint64(start))
		binary.LittleEndian.PutUint64(e[40:], uint64(start+length-1))
		for j, c := range []byte(v.Name) {
			e[56+2*j] = c
		}
	}
	lastUsable := (d.Size+align-1)/align*align/sector - 1
	backupEntries := lastUsable + 1
	last := backupEntries + count*entrySize/sector
	d.Size = (last + 1) * sector
	header := func(at, other, entriesAt int64) []byte {
		return gptHeader(sector, at, other, firstUsable, lastUsable, entriesAt, entries)
	}
	mbr := bootRecord()
	setEntry(mbr, 0, 0xee, 1, last)
	d.put(0, mbr)
	d.put(sector, header(1, last, 2))
	d.put(2*sector, entries)
	d.put(backupEntries*sector, entries)
	d.put(last*sector, header(last, 1, backupEntries))
	return d
}

// gptHeader is the 92 bytes of a header in a whole sector.
func gptHeader(sector, at, other, firstUsable, lastUsable, entriesAt int64, entries []byte) []byte {
	le := binary.LittleEndian
	b := make([]byte, sector)
	copy(b, "EFI PART\x00\x00\x01\x00")
	le.PutUint32(b[12:], 92)
	le.PutUint64(b[24:], uint64(at))
	le.PutUint64(b[32:], uint64(other))
	le.PutUint64(b[40:], uint64(firstUsable))
	le.PutUint64(b[48:], uint64(lastUsable))
	putGUID(b[56:], "00000000-0000-4000-8000-000000000001")
	le.PutUint64(b[72:], uint64(entriesAt))
	le.PutUint32(b[80:], 128)
	le.PutUint32(b[84:], 128)
	le.PutUint32(b[88:], crc32.ChecksumIEEE(entries))
	le.PutUint32(b[16:], crc32.ChecksumIEEE(b[:92]))
	return b
}

// putGUID writes a GUID as it is stored: three little-endian numbers, 8 bytes.
func putGUID(b []byte, text string) {
	var a uint32
	var c, d uint16
	var e, f uint64
	if _, err := fmt.Sscanf(text, "%08X-%04X-%04X-%04X-%012X", &a, &c, &d, &e, &f); err != nil {
		panic("partitiontest: " + text + " is no GUID")
	}
	binary.LittleEndian.PutUint32(b, a)
	binary.LittleEndian.PutUint16(b[4:], c)
	binary.LittleEndian.PutUint16(b[6:], d)
	binary.BigEndian.PutUint64(b[8:], e<<48|f)
}
