// Package imagetest writes disk image containers from the specifications of
// their formats.
package imagetest

import (
	"bytes"
	"compress/zlib"
	"crypto/md5"
	"crypto/sha1"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"hash/adler32"
	"io"
	"os"
)

// Options describe the EWF-E01 image to write. The zero value gives 64
// sectors of 512 bytes a chunk, one segment, compressed chunks.
type Options struct {
	ChunkSectors int   // sectors a chunk; 0 is 64
	SectorSize   int   // bytes a sector; 0 is 512
	SegmentSize  int64 // a new segment file is begun before this many bytes; 0 is one segment
	Stored       bool  // keep chunks uncompressed
	TableEntries int   // chunks a table; 0 is 2048
	BaseOffset   bool  // offsets in tables count from the sectors section, as EnCase 6.7 and later write them
}

// A Segment is one segment file.
type Segment struct {
	Name string // "disk.E01"
	Data []byte
}

// WriteE01 writes media as base.E01, base.E02, ... and returns the paths.
func WriteE01(base string, media io.ReaderAt, size int64, opt Options) ([]string, error) {
	var paths []string
	err := write(media, size, opt, func(number int, data []byte) error {
		path := base + "." + extension(number)
		paths = append(paths, path)
		return os.WriteFile(path, data, 0o644)
	})
	return paths, err
}

// E01 returns the segments that WriteE01 would write, named base.E01 and so on.
func E01(base string, media io.ReaderAt, size int64, opt Options) ([]Segment, error) {
	var segments []Segment
	err := write(media, size, opt, func(number int, data []byte) error {
		segments = append(segments, Segment{base + "." + extension(number), bytes.Clone(data)})
		return nil
	})
	return segments, err
}

// extension is E01 to E99, then EAA to EZZ, FAA and so on.
func extension(number int) string {
	if number < 100 {
		return fmt.Sprintf("E%02d", number)
	}
	n := number - 100
	return string([]byte{'E' + byte(n/(26*26)), 'A' + byte(n/26%26), 'A' + byte(n%26)})
}

// A writer builds one segment after the other. All numbers are little-endian,
// all checksums Adler-32.
type writer struct {
	opt      Options
	size     int64
	chunk    int
	number   int
	segment  []byte // the segment being built
	sectors  []byte // chunk data of the sectors section being built
	entries  []entry
	flush    func(number int, data []byte) error
	md5      hash.Hash
	sha1     hash.Hash
	deflated bytes.Buffer
	zlib     *zlib.Writer
}

type entry struct {
	at         int // in the sectors section's data
	compressed bool
}

func write(media io.ReaderAt, size int64, opt Options, flush func(int, []byte) error) error {
	opt.ChunkSectors = or(opt.ChunkSectors, 64)
	opt.SectorSize = or(opt.SectorSize, 512)
	opt.TableEntries = or(opt.TableEntries, 2048)
	if size <= 0 || size%int64(opt.SectorSize) != 0 {
		return errors.New("imagetest: the media is not a whole number of sectors")
	}
	w := &writer{opt: opt, size: size, chunk: opt.ChunkSectors * opt.SectorSize, flush: flush, md5: md5.New(), sha1: sha1.New()}
	z, err := zlib.NewWriterLevel(&w.deflated, zlib.BestCompression)
	if err != nil {
		return err
	}
	w.zlib = z
	w.begin()
	buf := make([]byte, w.chunk)
	for at := int64(0); at < size; at += int64(w.chunk) {
		data := buf[:min(int64(w.chunk), size-at)]
		if n, err := media.ReadAt(data, at); n < len(data) {
			return fmt.Errorf("imagetest: media at %d: %w", at, err)
		}
		if err := w.add(data); err != nil {
			return err
		}
	}
	return w.end()
}

func or(v, otherwise int) int {
	if v == 0 {
		return otherwise
	}
	return v
}

// begin starts a segment: signature, segment number, and in the first one the
// header sections and the volume section, in later ones a data section.
func (w *writer) begin() {
	w.number++
	w.segment = append(w.segment[:0], "EVF\x09\r\n\xff\x00\x01"...)
	w.segment = binary.LittleEndian.AppendUint16(w.segment, uint16(w.number))
	w.segment = append(w.segment, 0, 0)
	if w.number > 1 {
		w.section("data", w.volume())
		return
	}
	header := "1\r\nmain\r\nc\tn\ta\te\tt\tav\tov\tm\tu\tp\r\n\t\t\t\t\t6\tLinux\t2024 1 1 0 0 0\t2024 1 1 0 0 0\t0\r\n\r\n"
	w.section("header", w.deflate([]byte(header)))
	w.section("volume", w.volume())
}

// section appends a section with its descriptor: 16 bytes of type, offset of
// the next section, size with the descriptor, 40 bytes of padding, checksum.
func (w *writer) section(kind string, data []byte) {
	size := uint64(76 + len(data))
	next := uint64(len(w.segment)) + size
	if kind == "next" || kind == "done" {
		next = uint64(len(w.segment)) // the last section points to itself
	}
	d := make([]byte, 32, 76)
	copy(d, kind)
	binary.LittleEndian.PutUint64(d[16:], next)
	binary.LittleEndian.PutUint64(d[24:], size)
	d = append(d, make([]byte, 40)...)
	w.segment = append(append(w.segment, sealed(d)...), data...)
}

// sealed appends the checksum of b.
func sealed(b []byte) []byte {
	return binary.LittleEndian.AppendUint32(b, adler32.Checksum(b))
}

// volume is the 1,052 bytes of a volume or data section.
func (w *writer) volume() []byte {
	le := binary.LittleEndian
	b := make([]byte, 1048)
	b[0] = 1 // fixed disk
	le.PutUint32(b[4:], uint32((w.size+int64(w.chunk)-1)/int64(w.chunk)))
	le.PutUint32(b[8:], uint32(w.opt.ChunkSectors))
	le.PutUint32(b[12:], uint32(w.opt.SectorSize))
	le.PutUint64(b[16:], uint64(w.size)/uint64(w.opt.SectorSize))
	b[36] = 3 // an image, of a physical device
	if !w.opt.Stored {
		b[52] = 2 // best compression
	}
	le.PutUint32(b[56:], uint32(w.opt.ChunkSectors)) // error granularity
	copy(b[64:80], "hivetriage-tests")               // segment file set identifier
	return sealed(b)
}

func (w *writer) deflate(data []byte) []byte {
	w.deflated.Reset()
	w.zlib.Reset(&w.deflated)
	// A bytes.Buffer takes everything.
	_, _ = w.zlib.Write(data)
	_ = w.zlib.Close()
	return w.deflated.Bytes()
}

// add appends a chunk: a zlib stream where that is smaller, otherwise the
// bytes and their checksum.
func (w *writer) add(data []byte) error {
	w.md5.Write(data)
	w.sha1.Write(data)
	var stored []byte
	compressed := false
	if !w.opt.Stored {
		stored = w.deflate(data)
		compressed = len(stored) < len(data)+4
	}
	if !compressed {
		stored = sealed(bytes.Clone(data))
	}
	after := int64(len(w.segment)+len(w.sectors)+len(stored)) + 3*76 + 2*(24+4+4*int64(len(w.entries)+1)) + 76
	switch {
	case len(w.entries) > 0 && w.opt.SegmentSize > 0 && after > w.opt.SegmentSize:
		w.tables()
		w.section("next", nil)
		if err := w.flush(w.number, w.segment); err != nil {
			return err
		}
		w.begin()
	case len(w.entries) == w.opt.TableEntries:
		w.tables()
	}
	w.entries = append(w.entries, entry{len(w.sectors), compressed})
	w.sectors = append(w.sectors, stored...)
	return nil
}

// tables ends a sectors section and appends its table and the copy of it.
func (w *writer) tables() {
	base, first := 0, len(w.segment)+76
	if w.opt.BaseOffset {
		base, first = first, 0
	}
	w.section("sectors", w.sectors)
	le := binary.LittleEndian
	head := le.AppendUint32(nil, uint32(len(w.entries)))
	head = append(head, 0, 0, 0, 0)
	head = le.AppendUint64(head, uint64(base))
	head = append(head, 0, 0, 0, 0)
	var list []byte
	for _, e := range w.entries {
		v := uint32(first + e.at)
		if e.compressed {
			v |= 1 << 31
		}
		list = le.AppendUint32(list, v)
	}
	table := append(sealed(head), sealed(list)...)
	w.section("table", table)
	w.section("table2", table)
	w.sectors, w.entries = w.sectors[:0], w.entries[:0]
}

// end appends the last tables, the digests and the done section.
func (w *writer) end() error {
	w.tables()
	sum := w.md5.Sum(nil)
	digest := append(append(bytes.Clone(sum), w.sha1.Sum(nil)...), make([]byte, 40)...)
	w.section("digest", sealed(digest))
	w.section("hash", sealed(append(bytes.Clone(sum), make([]byte, 16)...)))
	w.section("done", nil)
	return w.flush(w.number, w.segment)
}
