package collection

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"strings"
	"sync"

	"github.com/klauspost/compress/flate"

	"hivetriage/artifacts"
)

// maxRecovery bounds what is inflated and searched in vain until the members
// of a damaged zip are found, bytes.
const maxRecovery = 4 << 30

const (
	localHeader    = 30 // bytes before the name
	localMagic     = "PK\x03\x04"
	directoryMagic = "PK\x01\x02"
	descriptor     = "PK\x07\x08"
)

// recover finds members by their local headers from the start of the file. Of
// the members with a data descriptor the end is found by inflating them.
func (z *zipArchive) recover() {
	for at := z.findLocal(0); at >= 0; at = z.findLocal(at) {
		if len(z.members) >= maxMembers {
			z.problems = append(z.problems, artifacts.NewProblem(artifacts.Limit, at, "members beyond the first %d are not examined", maxMembers))
			return
		}
		if z.searched > maxRecovery {
			z.problems = append(z.problems, artifacts.NewProblem(artifacts.Limit, at, "more than %d GiB were read in vain while members were looked for: what lies behind is not examined", int64(maxRecovery>>30)))
			return
		}
		at = z.recoverOne(at)
	}
}

// blockSize is how much of an archive is searched at once. No end of a central
// directory lies further from the end of the file than that.
const blockSize = 65 << 10

// blocks are buffers to search archives with: a volume has thousands that only
// begin like one.
var blocks = sync.Pool{New: func() any { return new([blockSize]byte) }}

// findLocal returns the offset of the next local header, or -1.
func (z *zipArchive) findLocal(from int64) int64 {
	buf := blocks.Get().(*[blockSize]byte)
	defer blocks.Put(buf)
	length := 512 // most often it is where it is looked for first
	for at := from; at < z.size; {
		n, _ := z.r.ReadAt(buf[:min(int64(length), z.size-at)], at) // what cannot be read has no headers
		if i := bytes.Index(buf[:n], []byte(localMagic)); i >= 0 {
			return at + int64(i)
		}
		if n == 0 {
			return -1
		}
		at += int64(length - (len(localMagic) - 1))
		length = blockSize
	}
	return -1
}

// recoverOne reads the local header at an offset and returns where to look
// for the next one (APPNOTE.TXT 4.3.7).
func (z *zipArchive) recoverOne(at int64) (next int64) {
	le := binary.LittleEndian
	head := make([]byte, localHeader)
	if n, _ := z.r.ReadAt(head, at); n < localHeader {
		return z.size
	}
	nameSize, extraSize := int(le.Uint16(head[26:])), int(le.Uint16(head[28:]))
	rest := make([]byte, nameSize+extraSize)
	if n, _ := z.r.ReadAt(rest, at+localHeader); n < len(rest) || nameSize == 0 {
		return at + 4
	}
	raw, extra := string(rest[:nameSize]), rest[nameSize:]
	c := zipMember{flags: le.Uint16(head[6:]), method: le.Uint16(head[8:]), clock: le.Uint16(head[10:]), crc: le.Uint32(head[14:]),
		packed: int64(le.Uint32(head[18:])), size: int64(le.Uint32(head[22:])), data: at + localHeader + int64(len(rest))}
	if f := extraField(extra, 0x0001); len(f) >= 16 && (c.packed == 0xffffffff || c.size == 0xffffffff) { // zip64
		c.size, c.packed = int64(le.Uint64(f)), int64(le.Uint64(f[8:]))
	}
	if c.packed < 0 || c.size < 0 {
		return at + 4
	}
	name := zipName(raw, c.flags, extra)
	m := member{clock: dosTime(le.Uint16(head[12:]), le.Uint16(head[10:]))}
	end := c.data + min(c.packed, z.size-c.data)
	switch {
	case strings.HasSuffix(name, "/") || strings.HasSuffix(name, `\`):
		m.sort = isDir
	case c.flags&flagDescriptor != 0 && c.packed == 0:
		end = z.measure(&c)
	}
	m.size = c.size
	z.add(name, extra, m, c)
	return max(end, at+4)
}

// measure finds where a member ends whose sizes follow it, and takes the
// sizes. An encrypted or otherwise packed one ends where its descriptor says
// so.
func (z *zipArchive) measure(c *zipMember) (end int64) {
	if c.method != deflated || c.flags&flagEncrypted != 0 {
		return z.findDescriptor(c)
	}
	counted := &byteCounter{r: bufio.NewReaderSize(io.NewSectionReader(z.r, c.data, z.size-c.data), 64<<10)}
	inflated := check(flate.NewReader(counted), z.meter, -1, z.size-c.data, 0, false)
	size, err := io.Copy(io.Discard, inflated)
	c.size, c.packed, c.unchecked = size, counted.n, true
	end = c.data + c.packed
	if err != nil { // what is there can be read up to the damage
		z.searched += size
		c.packed = z.size - c.data
		return c.data
	}
	tail := make([]byte, 24)
	n, _ := z.r.ReadAt(tail, end)
	if tail = tail[:n]; len(tail) >= 16 && string(tail[:4]) == descriptor {
		c.crc, c.unchecked = binary.LittleEndian.Uint32(tail[4:]), false
	}
	return end
}

// findDescriptor looks for the data descriptor whose packed size is the
// distance to it.
func (z *zipArchive) findDescriptor(c *zipMember) (end int64) {
	const block = 64 << 10
	buf := make([]byte, block+24)
	for at := c.data; at < z.size; at += block {
		n, _ := z.r.ReadAt(buf[:min(int64(len(buf)), z.size-at)], at)
		z.searched += int64(n)
		for from := 0; ; {
			i := bytes.Index(buf[from:n], []byte(descriptor))
			if i < 0 || from+i >= block {
				break
			}
			from += i
			if c.describedBy(buf[from:n], at+int64(from)-c.data) {
				return at + int64(from)
			}
			from++
		}
	}
	c.packed, c.unchecked = z.size-c.data, true
	c.size = c.packed
	return c.data
}

// describedBy takes the sizes of a data descriptor, of 32 or 64 bits, if it
// belongs to a member of that packed size.
func (c *zipMember) describedBy(b []byte, packed int64) bool {
	le := binary.LittleEndian
	switch {
	case len(b) >= 24 && int64(le.Uint64(b[8:])) == packed && int64(le.Uint64(b[16:])) >= 0:
		c.size = int64(le.Uint64(b[16:]))
	case len(b) >= 16 && int64(le.Uint32(b[8:])) == packed:
		c.size = int64(le.Uint32(b[12:]))
	default:
		return false
	}
	c.crc, c.packed = le.Uint32(b[4:]), packed
	return true
}

// A byteCounter counts the bytes that a decoder takes.
type byteCounter struct {
	r *bufio.Reader
	n int64
}

func (b *byteCounter) ReadByte() (byte, error) {
	c, err := b.r.ReadByte()
	if err == nil {
		b.n++
	}
	return c, err
}

func (b *byteCounter) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	b.n += int64(n)
	return n, err
}
