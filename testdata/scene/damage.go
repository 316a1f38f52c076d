package scene

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"slices"

	"hivetriage/artifacts/evidence/image/imagetest"
)

// Damage is what happened to an image.
type Damage string

// The ways in which an image of Workstation can be damaged.
const (
	// BadChunk: a byte of the chunk with the beginning of the file
	// DamagedFile is changed.
	BadChunk Damage = "bad-chunk"
	// MissingSegment: the second of several segments, which holds the file
	// table, is not there.
	MissingSegment Damage = "missing-segment"
	// MissingData: a segment is not there that holds neither the file table
	// nor the file KeptFile.
	MissingData Damage = "missing-data"
	// Truncated: the last third of the only segment is not there, and with it
	// the list of chunks.
	Truncated Damage = "truncated"
	// TruncatedTail: what lies behind the file table is not there; the image
	// has a list of chunks every 512 KiB of media.
	TruncatedTail Damage = "truncated-tail"
)

// Damages are all of them.
var Damages = []Damage{BadChunk, MissingSegment, MissingData, Truncated, TruncatedTail}

// The file that BadChunk strikes, and one that MissingData does not.
const (
	DamagedFile = systemExport
	KeptFile    = samExport
)

const (
	damagedSegment = 96 << 10 // bytes of a segment where one will be missing
	smallSegment   = 32 << 10
	chunkBytes     = 32 << 10 // media bytes of a chunk
)

// WriteDamaged writes Workstation's image as base.E01 (and base.E02, ...),
// damaged, and returns the paths of the files that are there.
func WriteDamaged(base string, d Damage) ([]string, error) {
	options := map[Damage]imagetest.Options{
		BadChunk: {}, MissingSegment: {SegmentSize: damagedSegment}, MissingData: {SegmentSize: smallSegment},
		Truncated: {}, TruncatedTail: {TableEntries: 16},
	}
	opt, ok := options[d]
	if !ok {
		return nil, fmt.Errorf("scene: unknown damage %q", d)
	}
	m := Workstation()
	raw, err := m.Raw()
	if err != nil {
		return nil, err
	}
	paths, err := imagetest.WriteE01(base, bytes.NewReader(raw), int64(len(raw)), opt)
	if err != nil {
		return nil, err
	}
	table := m.fileTable(raw)
	switch d {
	case BadChunk:
		return paths, spoilChunk(paths[0], m.extent(DamagedFile).from/chunkBytes)
	case MissingSegment:
		return dropSegment(paths, func(r extent) bool { return r.overlaps(table) })
	case MissingData:
		kept := m.extent(KeptFile)
		return dropSegment(paths, func(r extent) bool { return !r.overlaps(table) && !r.overlaps(kept) })
	case Truncated:
		info, err := os.Stat(paths[0])
		if err != nil {
			return nil, err
		}
		return paths, os.Truncate(paths[0], info.Size()*2/3)
	}
	return paths, cutBehind(paths[0], table.to)
}

// An extent is a range of media bytes.
type extent struct{ from, to int64 }

func (e extent) overlaps(o extent) bool { return e.from < o.to && o.from < e.to }

// extent is where the first run of a file lies on the disk. It panics on a
// file that has none: that is a mistake in the scene.
func (m *Machine) extent(path string) extent {
	placed, ok := m.Placed(path)
	if !ok || len(placed.Runs) == 0 {
		panic("scene: " + path + " has no clusters")
	}
	run := placed.Runs[0]
	from := volumeOffset + run.LCN*clusterSize
	return extent{from, from + run.Length*clusterSize}
}

// fileTable is where $MFT lies on the disk. The boot sector has its first
// cluster at 48; the logs are the last files in it.
func (m *Machine) fileTable(raw []byte) extent {
	last, _ := m.Placed(logPath("Application"))
	return fileTableTo(raw, last.Record)
}

// fileTableTo is the part of the file table up to a record.
func fileTableTo(raw []byte, last uint64) extent {
	from := volumeOffset + int64(binary.LittleEndian.Uint64(raw[volumeOffset+48:]))*clusterSize
	return extent{from, from + int64(last+1)*1024}
}

// A section of an E01 is at these bytes of its segment file. Sections follow
// the 13 bytes of the file header, each with a descriptor of 76 bytes: type,
// offset of the next u64, size u64.
type section struct {
	kind     string
	at, next uint64
}

func sections(segment []byte) []section {
	var out []section
	for at := uint64(13); at+76 <= uint64(len(segment)); {
		s := section{string(bytes.TrimRight(segment[at:at+16], "\x00")), at, binary.LittleEndian.Uint64(segment[at+16:])}
		out = append(out, s)
		if s.next <= at {
			break
		}
		at = s.next
	}
	return out
}

// chunks is the number of chunks that a table lists, u32 at 76.
func (s section) chunks(segment []byte) int64 {
	if s.kind != "table" {
		return 0
	}
	return int64(binary.LittleEndian.Uint32(segment[s.at+76:]))
}

// dropSegment removes the first segment, the very first apart, whose media
// bytes are what unwanted asks for.
func dropSegment(paths []string, unwanted func(extent) bool) ([]string, error) {
	at := int64(0)
	for i, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		from := at
		for _, s := range sections(b) {
			at += s.chunks(b) * chunkBytes
		}
		if i > 0 && unwanted(extent{from, at}) {
			return slices.Delete(slices.Clone(paths), i, i+1), os.Remove(path)
		}
	}
	return nil, errors.New("scene: no segment to drop")
}

// cutBehind ends a segment in the middle of the first sectors section whose
// media bytes are all behind the given one.
func cutBehind(path string, media int64) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	at := int64(0)
	for _, s := range sections(b) {
		at += s.chunks(b) * chunkBytes
		if s.kind == "sectors" && at >= media {
			return os.Truncate(path, int64(s.at+s.next)/2)
		}
	}
	return errors.New("scene: nothing to cut off")
}

// spoilChunk changes the last byte of a chunk's data, which is part of its
// checksum, in an E01 of one segment. A table has its base offset u64 at 84 and
// from 100 on an offset u32 for each chunk, with bit 31 set if compressed.
func spoilChunk(path string, chunk int64) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	le := binary.LittleEndian
	for _, s := range sections(b) {
		n := s.chunks(b)
		if chunk < n-1 {
			entry := s.at + 100 + 4*uint64(chunk)
			end := le.Uint64(b[s.at+84:]) + uint64(le.Uint32(b[entry+4:])&0x7fffffff)
			b[end-1] ^= 0xff
			return os.WriteFile(path, b, 0o666)
		}
		chunk -= n
	}
	return errors.New("scene: the chunk to spoil is not in the image")
}
