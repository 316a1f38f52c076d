package eventlogtest

import (
	"encoding/binary"
	"hash/crc32"
)

// Layout of a chunk.
const (
	chunkSize       = 65536
	chunkHeaderSize = 512
	stringTable     = 128
	stringBuckets   = 64
	templateTable   = 384
	templateBuckets = 32
	recordHeader    = 24
)

// A template is a piece of XML with slots. Two records with the same template
// share one definition in a chunk.
type template struct {
	guid [16]byte
	root element
}

// A chunk is being written. Offsets in it are from its start.
type chunk struct {
	buf          []byte
	names        map[string]uint32    // string table
	templates    map[*template]uint32 // template table
	newNames     []string             // made by the record that is being written
	newTemplates []*template

	records     int
	first, last uint64 // record numbers
	lastRecord  uint32 // offset
}

func newChunk() *chunk {
	return &chunk{
		buf:       make([]byte, chunkHeaderSize, chunkSize),
		names:     make(map[string]uint32),
		templates: make(map[*template]uint32),
	}
}

func (c *chunk) u8(v uint8)     { c.buf = append(c.buf, v) }
func (c *chunk) u16(v uint16)   { c.buf = binary.LittleEndian.AppendUint16(c.buf, v) }
func (c *chunk) u32(v uint32)   { c.buf = binary.LittleEndian.AppendUint32(c.buf, v) }
func (c *chunk) u64(v uint64)   { c.buf = binary.LittleEndian.AppendUint64(c.buf, v) }
func (c *chunk) bytes(b []byte) { c.buf = append(c.buf, b...) }

// hole leaves room for a u32 that fill sets to the number of bytes written
// since.
func (c *chunk) hole() int {
	c.u32(0)
	return len(c.buf)
}

func (c *chunk) fill(hole int) {
	binary.LittleEndian.PutUint32(c.buf[hole-4:], uint32(len(c.buf)-hole))
}

// add writes a record, or leaves the chunk as it was and returns false if the
// record does not fit any more.
//
// Record: magic "**\0\0", size u32, number u64, FILETIME, BinXML, padding to 8
// bytes, size again.
func (c *chunk) add(number uint64, ticks uint64, root func(*chunk)) bool {
	start := len(c.buf)
	tables := [chunkHeaderSize]byte(c.buf)
	c.newNames, c.newTemplates = c.newNames[:0], c.newTemplates[:0]

	c.bytes([]byte("**\x00\x00"))
	c.u32(0)
	c.u64(number)
	c.u64(ticks)
	root(c)
	for (len(c.buf)+4-start)%8 != 0 {
		c.u8(0)
	}
	size := uint32(len(c.buf) + 4 - start)
	c.u32(size)
	binary.LittleEndian.PutUint32(c.buf[start+4:], size)

	if len(c.buf) > chunkSize {
		c.buf = c.buf[:start]
		copy(c.buf, tables[:])
		for _, n := range c.newNames {
			delete(c.names, n)
		}
		for _, t := range c.newTemplates {
			delete(c.templates, t)
		}
		return false
	}
	if c.records == 0 {
		c.first = number
	}
	c.records++
	c.last, c.lastRecord = number, uint32(start)
	return true
}

// A mark remembers how far a chunk's header will say that it is filled.
type mark struct {
	end        int
	first      uint64
	last       uint64
	lastRecord uint32
}

func (c *chunk) mark() mark {
	return mark{end: len(c.buf), first: c.first, last: c.last, lastRecord: c.lastRecord}
}

// finish writes the chunk's header for what m remembers and returns all
// 65536 bytes.
//
// Header: magic, first and last record number, first and last record
// identifier, header size 128, offset of the last record, offset of the free
// space, CRC32 of the records; at 124 the CRC32 of the bytes 0 to 119 and 128
// to 511.
func (c *chunk) finish(m mark) []byte {
	le := binary.LittleEndian
	b := c.buf[:chunkSize]
	clear(b[len(c.buf):])
	copy(b, "ElfChnk\x00")
	le.PutUint64(b[8:], m.first)
	le.PutUint64(b[16:], m.last)
	le.PutUint64(b[24:], m.first)
	le.PutUint64(b[32:], m.last)
	le.PutUint32(b[40:], 128)
	le.PutUint32(b[44:], m.lastRecord)
	le.PutUint32(b[48:], uint32(m.end))
	le.PutUint32(b[52:], crc32.ChecksumIEEE(b[chunkHeaderSize:m.end]))
	crc := crc32.ChecksumIEEE(b[:120])
	le.PutUint32(b[124:], crc32.Update(crc, crc32.IEEETable, b[128:chunkHeaderSize]))
	return b
}

// reset empties the chunk for the next one.
func (c *chunk) reset() {
	clear(c.names)
	clear(c.templates)
	c.buf = c.buf[:chunkHeaderSize]
	clear(c.buf)
	c.records = 0
}
