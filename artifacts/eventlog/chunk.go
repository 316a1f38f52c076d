package eventlog

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"

	"hivetriage/artifacts"
	"hivetriage/artifacts/internal/windows"
)

// Layout of a chunk: header of 512 bytes (checksummed: the first 120 and the
// last 384), then records without gaps, then free space.
const (
	chunkSize        = 1 << 16
	chunkHeaderSize  = 512
	chunkFreeAt      = 48  // offset of the free space, uint32
	chunkDataCRCAt   = 52  // CRC32 of the records up to the free space
	chunkHeaderCRCAt = 124 // CRC32 of the header without bytes 120 to 127
)

// Layout of a record: signature (4), size (4), number (8), FILETIME (8),
// BinXML, size again (4).
const (
	recordHeaderSize = 24
	minRecordSize    = recordHeaderSize + 4
)

var (
	chunkMagic  = []byte("ElfChnk\x00")
	recordMagic = []byte("**\x00\x00")
)

// A rawRecord is a record's frame.
type rawRecord struct {
	pos, size int // in the chunk
	number    uint64
	filetime  uint64
	copied    bool // the size at the end equals the one at the start
}

// follows reports whether a record behind the end that the header states,
// free, belongs to the log proper: it goes on where last ended. Without a
// usable header, the record at the start does as well.
func (r rawRecord) follows(last rawRecord, free int) bool {
	if last.size == 0 {
		return free == 0 && r.copied
	}
	return r.copied && r.number == last.number+1 && r.filetime >= last.filetime
}

// key is one number for the record's number and time, which together tell
// records of a log apart. It is never 0.
func (r rawRecord) key() uint64 {
	const a, b = 0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F // odd, their bits well mixed
	h := (r.number*a ^ r.filetime) * b
	return h ^ h>>32 | 1
}

// recordAt reads the frame of the record at pos; ok is false if there is none
// that fits the chunk.
func recordAt(chunk []byte, pos int) (r rawRecord, ok bool) {
	if pos+minRecordSize > len(chunk) || !bytes.Equal(chunk[pos:pos+4], recordMagic) {
		return r, false
	}
	size := binary.LittleEndian.Uint32(chunk[pos+4:])
	if size < minRecordSize || int64(size) > int64(len(chunk)-pos) {
		return r, false
	}
	r = rawRecord{
		pos:      pos,
		size:     int(size),
		number:   binary.LittleEndian.Uint64(chunk[pos+8:]),
		filetime: binary.LittleEndian.Uint64(chunk[pos+16:]),
	}
	r.copied = binary.LittleEndian.Uint32(chunk[pos+r.size-4:]) == size
	return r, true
}

// decodeChunk appends to d.out what is in chunk, which stands at offset at of
// the log and is shorter than chunkSize only at the log's end.
func (d *decoder) decodeChunk(chunk []byte, at int64) {
	d.chunk, d.at, d.damage, d.work = chunk, at, "", maxChunkWork
	d.effort, d.room, d.shown = maxChunkApply, maxChunkText, false
	d.strict, d.timeOnly = false, false
	d.cache.reset()
	free, used := d.chunkHeader()
	if !used {
		return
	}
	d.slack(d.live(free))
}

// chunkHeader checks the chunk's header and checksums. It returns where the
// free space starts, 0 if the header cannot be believed. used is false if the
// chunk holds nothing at all.
func (d *decoder) chunkHeader() (free int, used bool) {
	chunk := d.chunk
	if !bytes.HasPrefix(chunk, chunkMagic) {
		if !bytes.Contains(chunk, recordMagic) {
			if len(bytes.TrimLeft(chunk, "\x00")) > 0 {
				d.out.tally.BadChunks++
				d.problem(artifacts.Malformed, 0, "no chunk signature, and no records")
			}
			return 0, false
		}
		d.bad(artifacts.Malformed, 0, "chunk signature missing")
		return 0, true
	}
	d.out.tally.Chunks++
	if len(chunk) < chunkHeaderSize {
		d.bad(artifacts.Truncated, int64(len(chunk)), "chunk header cut short")
		return 0, false
	}
	sum := crc32.ChecksumIEEE(chunk[:120])
	sum = crc32.Update(sum, crc32.IEEETable, chunk[128:chunkHeaderSize])
	if sum != binary.LittleEndian.Uint32(chunk[chunkHeaderCRCAt:]) {
		d.bad(artifacts.Checksum, chunkHeaderCRCAt, "chunk header checksum mismatch")
	}
	free = int(binary.LittleEndian.Uint32(chunk[chunkFreeAt:]))
	switch {
	case len(chunk) < chunkSize:
		d.bad(artifacts.Truncated, int64(len(chunk)), "chunk cut short")
		if free > len(chunk) {
			return len(chunk), true
		}
		if free < chunkHeaderSize {
			return 0, true
		}
	case free < chunkHeaderSize || free > len(chunk):
		d.bad(artifacts.Malformed, chunkFreeAt, "chunk's free space lies outside it")
		return 0, true
	}
	if crc32.ChecksumIEEE(chunk[chunkHeaderSize:free]) != binary.LittleEndian.Uint32(chunk[chunkDataCRCAt:]) {
		d.bad(artifacts.Checksum, chunkDataCRCAt, "chunk data checksum mismatch")
	}
	return free, true
}

// problem reports trouble at an offset in the chunk.
func (d *decoder) problem(kind artifacts.Kind, at int64, format string, args ...any) {
	p := artifacts.NewProblem(kind, d.at+at, format, args...)
	p.At = d.log.from
	d.out.items = append(d.out.items, item{err: p})
}

// bad reports trouble with the whole chunk and marks its events.
func (d *decoder) bad(kind artifacts.Kind, at int64, why string) {
	if d.damage == "" {
		d.out.tally.BadChunks++
	}
	d.damage = join(d.damage, why)
	if kind == artifacts.Truncated {
		d.out.tally.Truncated = true
	}
	d.problem(kind, at, "%s", why)
}

// live decodes the records of the log proper and returns where they end. The
// header's idea of the end, free, is checked against the records: those of a
// log that was not closed go on behind it.
func (d *decoder) live(free int) int {
	pos := chunkHeaderSize
	var first, last rawRecord
	for pos+minRecordSize <= len(d.chunk) {
		r, ok := recordAt(d.chunk, pos)
		if pos >= free && !(ok && r.follows(last, free)) {
			break
		}
		next := pos + r.size
		if ok && !r.copied && next != free && !bytes.HasPrefix(d.chunk[next:], recordMagic) {
			ok = false
		}
		if !ok {
			if next = d.resync(pos+1, free); next == 0 {
				break
			}
			d.problem(artifacts.Malformed, int64(pos), "no record here; the next one starts %d bytes on", next-pos)
			pos = next
			continue
		}
		damage := d.damage
		if !r.copied {
			damage = join(damage, "record size is not repeated at its end")
		}
		d.tallyLive(r)
		d.record(r, damage)
		if last, pos = r, next; first.size == 0 {
			first = r
		}
	}
	if first.size > 0 {
		d.tallyTime(first)
		d.tallyTime(last)
	}
	if pos < free && len(d.chunk) == chunkSize {
		d.problem(artifacts.Malformed, int64(pos), "no records in the %d bytes up to the free space", free-pos)
	}
	return pos
}

// resync returns the position of the next whole record before limit, or 0.
func (d *decoder) resync(pos, limit int) int {
	for pos < limit {
		i := bytes.Index(d.chunk[pos:limit], recordMagic)
		if i < 0 {
			return 0
		}
		pos += i
		if r, ok := recordAt(d.chunk, pos); ok && r.copied {
			return pos
		}
		pos++
	}
	return 0
}

// slack looks through the free space for records of the chunk's former use.
// Their template definitions may be overwritten: only records that decode
// without a flaw, from definitions whose identifiers fit, count.
func (d *decoder) slack(pos int) {
	d.damage = join(d.damage, fromSlack)
	for {
		if pos = d.resync(pos, len(d.chunk)); pos == 0 {
			return
		}
		r, _ := recordAt(d.chunk, pos)
		if d.recover(r) {
			pos += r.size
		} else {
			d.out.tally.LostInSlack++
			pos += len(recordMagic)
		}
	}
}

const fromSlack = "recovered from slack"

func join(a, b string) string {
	if a == "" {
		return b
	}
	return a + "; " + b
}

// tallyLive counts a record of the log proper.
func (d *decoder) tallyLive(r rawRecord) {
	t := &d.out.tally
	t.Records++
	if r.filetime != 0 {
		t.span(r.filetime, r.filetime)
	}
	t.sequence(r.number, r.number)
	d.out.live = append(d.out.live, r.key())
}

// tallyTime widens the log's time span by a record's TimeCreated. Logs that
// Windows exported have 0 or another record's time in the record headers, so
// that these alone miss the first and last.
func (d *decoder) tallyTime(r rawRecord) {
	d.begin()
	d.timeOnly = true
	// A flaw is reported where the record is decoded, if it is wanted.
	d.fragment(r.pos+recordHeaderSize, r.pos+r.size-4, document, 0)
	d.timeOnly = false
	if at := windows.ToFiletime(d.values[systemTime].time()); at != 0 {
		d.out.tally.span(at, at)
	}
}
