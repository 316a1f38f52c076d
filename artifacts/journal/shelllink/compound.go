package shelllink

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"

	"hivetriage/artifacts"
	"hivetriage/artifacts/internal/windows"
)

// Limits of a compound file; the largest jump lists seen have some MB.
const (
	maxCompound = 256 << 20 // bytes of the file that are looked at
	maxEntries  = 1 << 15   // directory entries
	maxStream   = 16 << 20  // bytes of one stream
	maxMini     = 64 << 20  // bytes of the mini stream
)

const compoundMagic = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

// A compound is a compound file, [MS-CFB], as far as jump lists need it: the
// streams of its root.
type compound struct {
	r       io.ReaderAt
	size    int64
	sector  int64    // bytes
	fat     []uint32 // next sectors
	miniFAT []uint32
	mini    []byte // the mini stream, whose sectors have 64 bytes
	cutoff  uint64 // streams below it lie in the mini stream
	budget  int64  // bytes that may still be read
	streams []stream
	entries int64 // where the directory lies, which says where streams are
}

type stream struct {
	name  string
	start uint32
	size  uint64
}

const (
	miniSector  = 64
	lastSector  = 0xfffffffa // larger numbers are marks
	entrySize   = 128
	headDIFAT   = 109 // FAT sectors that the header lists
	streamEntry = 2
	rootEntry   = 5
)

// openCompound reads the tables of the file.
func openCompound(r io.ReaderAt, size int64) (*compound, error) {
	head := make([]byte, 512)
	if n, err := r.ReadAt(head, 0); n < len(head) {
		return nil, short(err, 0, "the header of a compound file")
	}
	if string(head[:8]) != compoundMagic {
		return nil, artifacts.NewProblem(artifacts.Malformed, 0, "no compound file")
	}
	shift, version := binary.LittleEndian.Uint16(head[30:]), binary.LittleEndian.Uint16(head[26:])
	if shift != 9 && shift != 12 || binary.LittleEndian.Uint16(head[32:]) != 6 {
		return nil, artifacts.NewProblem(artifacts.Malformed, 30, "a compound file with sectors of 2^%d bytes", shift)
	}
	c := &compound{r: r, size: min(size, maxCompound), sector: 1 << shift, cutoff: uint64(binary.LittleEndian.Uint32(head[56:]))}
	c.budget = 4*c.size + 1<<20
	if err := c.loadFAT(head); err != nil {
		return nil, err
	}
	c.entries, _ = c.at(binary.LittleEndian.Uint32(head[48:]))
	directory, err := c.chain(binary.LittleEndian.Uint32(head[48:]), maxEntries*entrySize)
	if len(directory) < entrySize {
		return nil, errors.Join(err, artifacts.NewProblem(artifacts.Malformed, 48, "a compound file without a directory"))
	}
	miniFAT, miniErr := c.chain(binary.LittleEndian.Uint32(head[60:]), int64(c.size/16+c.sector))
	c.miniFAT = numbers(miniFAT)
	return c, errors.Join(err, miniErr, c.list(directory, version))
}

func short(err error, off int64, what string) error {
	if err == nil || errors.Is(err, io.EOF) {
		return artifacts.NewProblem(artifacts.Truncated, off, "%s is cut off", what)
	}
	return artifacts.Located(artifacts.Locator{}, err)
}

func numbers(b []byte) []uint32 {
	n := make([]uint32, len(b)/4)
	for i := range n {
		n[i] = binary.LittleEndian.Uint32(b[4*i:])
	}
	return n
}

// at is where a sector lies; ok is false for marks and what is outside, for
// which off is the end of the file at most.
func (c *compound) at(sector uint32) (off int64, ok bool) {
	off = (int64(sector) + 1) * c.sector
	return min(off, c.size), sector < lastSector && off < c.size
}

// read reads a sector, whose end may be cut off.
func (c *compound) read(sector uint32) ([]byte, error) {
	off, ok := c.at(sector)
	if !ok {
		return nil, artifacts.NewProblem(artifacts.Malformed, off, "sector %d is outside of the file", sector)
	}
	if c.budget -= c.sector; c.budget < 0 {
		return nil, artifacts.NewProblem(artifacts.Limit, off, "the streams of the compound file overlap too often")
	}
	b := make([]byte, min(c.sector, c.size-off))
	if n, err := c.r.ReadAt(b, off); n < len(b) {
		return b[:n], short(err, off+int64(n), "a sector")
	}
	return b, nil
}

// loadFAT collects the FAT's sectors: 109 in the header, the others in a chain.
func (c *compound) loadFAT(head []byte) error {
	most := int(c.size/c.sector) + 1 // sectors that there can be
	list := numbers(head[76 : 76+4*headDIFAT])
	next := binary.LittleEndian.Uint32(head[68:])
	for n := 0; next < lastSector; n++ {
		b, err := c.read(next)
		if err != nil || n > most || int64(len(b)) < c.sector {
			return errors.Join(err, artifacts.NewProblem(artifacts.Malformed, 68, "the list of FAT sectors does not end"))
		}
		more := numbers(b)
		list, next = append(list, more[:len(more)-1]...), more[len(more)-1]
	}
	for _, s := range list {
		if s >= lastSector || len(c.fat) > most {
			break
		}
		b, err := c.read(s)
		c.fat = append(c.fat, numbers(b)...)
		if err != nil {
			return err
		}
	}
	if len(c.fat) > most {
		c.fat = c.fat[:most]
	}
	return nil
}

// chain reads the sectors from start on, at most limit bytes.
func (c *compound) chain(start uint32, limit int64) ([]byte, error) {
	var b []byte
	for s, n := start, 0; s < lastSector && int64(len(b)) < limit; n++ {
		if int64(s) >= int64(len(c.fat)) || n > len(c.fat) {
			return b, artifacts.NewProblem(artifacts.Malformed, c.entries, "the chain of sector %d leads to sector %d, the FAT has %d", start, s, len(c.fat))
		}
		part, err := c.read(s)
		b = append(b, part...)
		if err != nil {
			return b, err
		}
		s = c.fat[s]
	}
	return b, nil
}

// list takes the streams from the directory, and the mini stream from its root.
func (c *compound) list(directory []byte, version uint16) error {
	var failed error
	for ; len(directory) >= entrySize; directory = directory[entrySize:] {
		e := directory[:entrySize]
		s := stream{start: binary.LittleEndian.Uint32(e[116:]), size: binary.LittleEndian.Uint64(e[120:])}
		if version < 4 {
			s.size &= 0xffffffff // the upper half may be garbage
		}
		switch e[66] {
		case rootEntry:
			if c.mini == nil {
				c.mini, failed = c.chain(s.start, int64(min(s.size, maxMini)))
			}
		case streamEntry:
			length := min(int(binary.LittleEndian.Uint16(e[64:])), 64)
			s.name = windows.UTF16(bytes.TrimSuffix(e[:length&^1], []byte{0, 0}))
			c.streams = append(c.streams, s)
		}
	}
	return failed
}

// content reads a stream.
func (c *compound) content(s stream) ([]byte, error) {
	if s.size > maxStream {
		return nil, artifacts.NewProblem(artifacts.Limit, c.entries, "stream %q of %d bytes", s.name, s.size)
	}
	var b []byte
	var err error
	if s.size >= c.cutoff {
		b, err = c.chain(s.start, int64(s.size))
	} else {
		b, err = c.small(s)
	}
	if uint64(len(b)) > s.size {
		b = b[:s.size]
	}
	if err == nil && uint64(len(b)) < s.size {
		err = artifacts.NewProblem(artifacts.Truncated, c.entries, "stream %q has %d of its %d bytes", s.name, len(b), s.size)
	}
	return b, err
}

// small reads a stream that lies in the mini stream.
func (c *compound) small(s stream) ([]byte, error) {
	var b []byte
	for n := s.start; n < lastSector && uint64(len(b)) < s.size; {
		off := int64(n) * miniSector
		if off >= int64(len(c.mini)) || int64(n) >= int64(len(c.miniFAT)) {
			return b, artifacts.NewProblem(artifacts.Malformed, c.entries, "stream %q leads outside of the mini stream", s.name)
		}
		if c.budget -= miniSector; c.budget < 0 {
			return b, artifacts.NewProblem(artifacts.Limit, c.entries, "the streams of the compound file overlap too often")
		}
		b = append(b, c.mini[off:min(off+miniSector, int64(len(c.mini)))]...)
		n = c.miniFAT[n]
	}
	return b, nil
}
