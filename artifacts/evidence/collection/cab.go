package collection

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/klauspost/compress/flate"

	"hivetriage/artifacts"
)

// Cabinets, by [MS-CAB]: a header, a list of folders, a list of files, and
// the blocks of the folders. A folder is one stream of content, cut into
// blocks of up to 32 KiB; a file is a part of it.
const (
	cabMagic     = "MSCF\x00\x00\x00\x00" // and a reserved field that is 0
	cabHeader    = 36
	cabFolder    = 8
	cabFile      = 16
	cabBlock     = 8
	maxCabPlain  = 32768 // most bytes that a block holds
	maxCabPacked = maxCabPlain + 6144

	cabHasPrevious = 1
	cabHasNext     = 2
	cabHasReserve  = 4
	cabSpans       = 0xfffd // and above: the file goes on in another cabinet
	cabNameIsUTF8  = 0x80
	cabNoPacking   = 0
	cabMSZIP       = 1
)

var cabMethods = map[uint16]string{2: "Quantum", 3: "LZX"}

// A cabFolderInfo is one folder of a cabinet.
type cabFolderInfo struct {
	at     int64  // offset of its first block
	blocks int    // how many there are
	method uint16 // low four bits of the type
}

// A cabPart says where a member lies.
type cabPart struct {
	folder int
	offset int64 // in the folder's content
}

// A cabArchive reads a cabinet.
type cabArchive struct {
	r       io.ReaderAt
	size    int64
	meter   *meter
	reserve int64 // bytes behind the header of every block

	folders  []cabFolderInfo
	members  []member
	parts    []cabPart
	problems []*artifacts.Problem

	mu   sync.Mutex
	idle *cabCursor // where the last reader stopped
}

// openCab reads the lists of a cabinet.
func openCab(r io.ReaderAt, size int64, m *meter) (*cabArchive, error) {
	c := &cabArchive{r: r, size: size, meter: m}
	le := binary.LittleEndian
	var head [cabHeader + 4]byte
	if n, _ := r.ReadAt(head[:], 0); n < cabHeader || string(head[:8]) != cabMagic {
		return nil, artifacts.NewProblem(artifacts.Truncated, 0, "the cabinet ends in its header")
	}
	files, folders, count, flags := int64(le.Uint32(head[16:])), int(le.Uint16(head[26:])), int(le.Uint16(head[28:])), le.Uint16(head[30:])
	if stated := int64(le.Uint32(head[8:])); stated > size {
		c.problems = append(c.problems, artifacts.NewProblem(artifacts.Truncated, size, "the cabinet says that it has %d bytes, it ends after %d", stated, size))
	}
	at, folderSize := int64(cabHeader), int64(cabFolder)
	if flags&cabHasReserve != 0 {
		at += 4 + int64(le.Uint16(head[36:]))
		folderSize += int64(head[38])
		c.reserve = int64(head[39])
	}
	text := &cabText{r: r, size: size, at: at}
	for _, flag := range []uint16{cabHasPrevious, cabHasNext} {
		if flags&flag != 0 { // the names of another cabinet and of its disk
			text.next()
			text.next()
		}
	}
	if text.err != nil {
		return nil, text.err
	}
	if err := c.readFolders(text.at, folderSize, folders); err != nil {
		return nil, err
	}
	c.readFiles(files, count)
	return c, nil
}

func (c *cabArchive) readFolders(at, size int64, count int) error {
	b := make([]byte, int64(count)*size)
	if n, _ := c.r.ReadAt(b, at); n < len(b) {
		return artifacts.NewProblem(artifacts.Truncated, at, "the cabinet ends in its list of folders")
	}
	le := binary.LittleEndian
	for ; len(b) > 0; b = b[size:] {
		c.folders = append(c.folders, cabFolderInfo{at: int64(le.Uint32(b)), blocks: int(le.Uint16(b[4:])), method: le.Uint16(b[6:]) & 0xf})
	}
	return nil
}

// readFiles reads the list of files as far as it goes.
func (c *cabArchive) readFiles(at int64, count int) {
	le := binary.LittleEndian
	text := &cabText{r: c.r, size: c.size, at: at}
	for i := range count {
		b := text.take(cabFile)
		name := text.next()
		if text.err != nil {
			c.problems = append(c.problems, artifacts.NewProblem(artifacts.Truncated, text.at, "the cabinet's list of files ends after %d of %d", i, count))
			return
		}
		m := member{size: int64(le.Uint32(b))}
		if le.Uint16(b[14:])&cabNameIsUTF8 == 0 {
			name = fromCP437(name)
		}
		m.name, m.traits = cleanName(name)
		part := cabPart{folder: int(le.Uint16(b[8:])), offset: int64(le.Uint32(b[4:]))}
		switch {
		case part.folder >= cabSpans:
			m.blocked = artifacts.NewProblem(artifacts.Unsupported, -1, "the file goes on in another cabinet of a set, which is not read")
		case part.folder >= len(c.folders):
			m.blocked = artifacts.NewProblem(artifacts.Malformed, -1, "the file is said to be in folder %d of %d", part.folder, len(c.folders))
		default:
			m.blocked = c.folders[part.folder].readable()
		}
		c.members, c.parts = append(c.members, m), append(c.parts, part)
	}
}

func (f cabFolderInfo) readable() *artifacts.Problem {
	if f.method == cabNoPacking || f.method == cabMSZIP {
		return nil
	}
	name := cabMethods[f.method]
	if name == "" {
		name = "an unknown method"
	}
	return artifacts.NewProblem(artifacts.Unsupported, -1, "compressed with %s (method %d), which is not read: unpack the cabinet, e.g. with cabextract or expand", name, f.method)
}

// A cabText reads a cabinet's lists in passing.
type cabText struct {
	r    io.ReaderAt
	size int64
	at   int64 // of the next byte that take or next returns
	buf  []byte
	err  *artifacts.Problem
}

// fill makes sure that n bytes are in buf, if there are so many.
func (t *cabText) fill(n int) {
	const step = 16 << 10
	if len(t.buf) >= n || t.at >= t.size {
		return
	}
	buf := make([]byte, max(n, step))
	got, _ := t.r.ReadAt(buf, t.at) // what is missing is told by who asked
	t.buf = buf[:got]
}

func (t *cabText) take(n int) []byte {
	t.fill(n)
	if t.err != nil || len(t.buf) < n {
		t.fail()
		return make([]byte, n)
	}
	b := t.buf[:n]
	t.buf, t.at = t.buf[n:], t.at+int64(n)
	return b
}

// next returns a string that ends with a NUL, of 255 bytes at the most.
func (t *cabText) next() string {
	const longest = 256
	t.fill(longest)
	for i, b := range t.buf[:min(len(t.buf), longest)] {
		if b == 0 {
			return strings.TrimSuffix(string(t.take(i+1)), "\x00")
		}
	}
	t.fail()
	return ""
}

func (t *cabText) fail() {
	if t.err == nil {
		t.err = artifacts.NewProblem(artifacts.Truncated, t.at, "the cabinet ends in a list, or a name in it has no end")
	}
}

func (c *cabArchive) list() []member                { return c.members }
func (c *cabArchive) forward() bool                 { return true }
func (c *cabArchive) trouble() []*artifacts.Problem { return c.problems }
func (c *cabArchive) Close() error                  { return nil }

// open goes on from the last reader if that stands before the member.
func (c *cabArchive) open(i int, _ bool) (io.ReadCloser, error) {
	if c.members[i].blocked != nil {
		return nil, c.members[i].blocked
	}
	part := c.parts[i]
	c.mu.Lock()
	cursor := c.idle
	c.idle = nil
	c.mu.Unlock()
	if cursor == nil || cursor.folder != part.folder || cursor.offset > part.offset || cursor.err != nil {
		f := c.folders[part.folder]
		cursor = &cabCursor{c: c, folder: part.folder, at: f.at, left: f.blocks, method: f.method}
	}
	skipped := part.offset - cursor.offset
	_, err := io.CopyN(io.Discard, cursor, skipped)
	if err == nil {
		err = c.meter.grow(skipped, part.offset, -1)
	}
	if err != nil {
		if err == io.EOF {
			err = artifacts.NewProblem(artifacts.Truncated, -1, "the folder ends at byte %d, before this file", cursor.offset)
		}
		return nil, err
	}
	turn := &cabTurn{io.LimitReader(cursor, c.members[i].size), cursor}
	return check(turn, c.meter, c.members[i].size, -1, 0, false), nil
}

// A cabTurn reads one member and leaves the cursor to the next reader.
type cabTurn struct {
	io.Reader
	cursor *cabCursor
}

func (t *cabTurn) Close() error {
	c := t.cursor.c
	c.mu.Lock()
	defer c.mu.Unlock()
	c.idle = t.cursor
	return nil
}

// A cabCursor reads the content of a folder.
type cabCursor struct {
	c      *cabArchive
	folder int
	at     int64 // of the next block
	left   int   // blocks from there on
	method uint16
	offset int64 // in the folder's content
	err    error

	block  []byte // what is left of the current one
	plain  []byte // the current one, whole: the history of the next
	packed []byte
	flate  io.ReadCloser
}

func (r *cabCursor) Read(p []byte) (int, error) {
	for len(r.block) == 0 && r.err == nil {
		if r.left == 0 {
			return 0, io.EOF
		}
		r.err = r.next()
	}
	if r.err != nil {
		return 0, r.err
	}
	n := copy(p, r.block)
	r.block = r.block[n:]
	r.offset += int64(n)
	return n, nil
}

// next reads a block: checksum, packed and unpacked size, and the content
// behind what the cabinet's maker reserved.
func (r *cabCursor) next() error {
	le := binary.LittleEndian
	var head [cabBlock + 255]byte
	if n, _ := r.c.r.ReadAt(head[:cabBlock+r.c.reserve], r.at); int64(n) < cabBlock+r.c.reserve {
		return artifacts.NewProblem(artifacts.Truncated, r.at, "the cabinet ends in the header of a block")
	}
	sum, packed, plain := le.Uint32(head[:]), int(le.Uint16(head[4:])), int(le.Uint16(head[6:]))
	if packed > maxCabPacked || plain > maxCabPlain || plain == 0 {
		return artifacts.NewProblem(artifacts.Malformed, r.at, "a block of %d bytes, %d unpacked", packed, plain)
	}
	if r.packed == nil {
		r.packed = make([]byte, maxCabPacked)
	}
	body := r.packed[:packed]
	start := r.at + cabBlock + r.c.reserve
	if n, _ := r.c.r.ReadAt(body, start); n < len(body) {
		return artifacts.NewProblem(artifacts.Truncated, start, "the cabinet ends in a block")
	}
	if sum != 0 && sum != cabSum(head[4:cabBlock+r.c.reserve], cabSum(body, 0)) {
		return artifacts.NewProblem(artifacts.Checksum, r.at, "the checksum of a block does not fit")
	}
	if err := r.unpack(body, plain); err != nil {
		return artifacts.NewProblem(artifacts.Malformed, start, "%w", err)
	}
	r.at, r.left = start+int64(packed), r.left-1
	return nil
}

// unpack sets block. A block of MSZIP is "CK" and a stream of deflate, whose
// history is the block before ([MS-MCI]).
func (r *cabCursor) unpack(body []byte, size int) error {
	if r.method == cabNoPacking {
		if len(body) != size {
			return fmt.Errorf("a stored block of %d bytes says it has %d", len(body), size)
		}
		r.block = body
		return nil
	}
	if len(body) < 2 || string(body[:2]) != "CK" {
		return errors.New("a block of MSZIP without its signature")
	}
	packed := bytes.NewReader(body[2:])
	if r.flate == nil {
		r.flate = flate.NewReader(packed)
	} else if err := r.flate.(flate.Resetter).Reset(packed, r.plain); err != nil {
		return err
	}
	plain := make([]byte, size)
	if _, err := io.ReadFull(r.flate, plain); err != nil {
		return fmt.Errorf("a block of MSZIP: %w", err)
	}
	r.block, r.plain = plain, plain
	return nil
}

// cabSum is the checksum of a cabinet's blocks: u32 little-endian combined by
// XOR, then the bytes that are left in the other order.
func cabSum(b []byte, sum uint32) uint32 {
	for ; len(b) >= 4; b = b[4:] {
		sum ^= binary.LittleEndian.Uint32(b)
	}
	var rest uint32
	for _, c := range b {
		rest = rest<<8 | uint32(c)
	}
	return sum ^ rest
}
