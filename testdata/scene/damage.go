package scene

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
)

// Damage is what happened to an image.
type Damage string

// The ways in which an image of Workstation can be damaged.
const (
	// BadChunk: a byte of the chunk with the beginning of the file
	// DamagedFile is changed.
	BadChunk Damage = "bad-chunk"
	// MissingSegment: the second of several segments is not there.
	MissingSegment Damage = "missing-segment"
	// Truncated: the last third of the only segment is not there.
	Truncated Damage = "truncated"
)

// DamagedFile is the file that BadChunk strikes.
const DamagedFile = systemExport

const (
	damagedSegment = 96 << 10 // bytes of a segment where one will be missing
	chunkBytes     = 32 << 10 // media bytes of a chunk
)

// WriteDamaged writes Workstation's image as base.E01 (and base.E02, ...),
// damaged, and returns the paths of the files that are there.
func WriteDamaged(base string, d Damage) ([]string, error) {
	m := Workstation()
	segment := int64(0)
	if d == MissingSegment {
		segment = damagedSegment
	}
	paths, err := m.WriteE01(base, segment)
	if err != nil {
		return nil, err
	}
	switch d {
	case BadChunk:
		placed, ok := m.Placed(DamagedFile)
		if !ok || len(placed.Runs) == 0 {
			return nil, fmt.Errorf("scene: %s has no clusters", DamagedFile)
		}
		return paths, spoilChunk(paths[0], (volumeOffset+placed.Runs[0].LCN*clusterSize)/chunkBytes)
	case MissingSegment:
		if len(paths) < 3 {
			return nil, fmt.Errorf("scene: only %d segments", len(paths))
		}
		return append(paths[:1:1], paths[2:]...), os.Remove(paths[1])
	case Truncated:
		info, err := os.Stat(paths[0])
		if err != nil {
			return nil, err
		}
		return paths, os.Truncate(paths[0], info.Size()*2/3)
	}
	return nil, fmt.Errorf("scene: unknown damage %q", d)
}

// spoilChunk changes the last byte of a chunk's data, which is part of its
// checksum, in an E01 of one segment. Sections follow the 13 bytes of the file
// header, each with a descriptor of 76 bytes: type, offset of the next u64,
// size u64. A table has its number of chunks u32 at 76, the base offset u64 at
// 84 and from 100 on an offset for each chunk, with bit 31 set if compressed.
func spoilChunk(path string, chunk int64) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	le := binary.LittleEndian
	for at := uint64(13); at+76 <= uint64(len(b)); {
		kind, next := string(bytes.TrimRight(b[at:at+16], "\x00")), le.Uint64(b[at+16:])
		if kind == "table" {
			n := int64(le.Uint32(b[at+76:]))
			if chunk < n-1 {
				entry := at + 100 + 4*uint64(chunk)
				end := le.Uint64(b[at+84:]) + uint64(le.Uint32(b[entry+4:])&0x7fffffff)
				b[end-1] ^= 0xff
				return os.WriteFile(path, b, 0o666)
			}
			chunk -= n
		}
		if next <= at {
			break
		}
		at = next
	}
	return errors.New("scene: the chunk to spoil is not in the image")
}
