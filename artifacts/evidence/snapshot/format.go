// Package snapshot reads the volume shadow copies of an NTFS volume from their
// own on-disk format, without Windows: every shadow copy is the volume as it
// was at one moment, as an io.ReaderAt.
//
// A shadow copy is kept as the differences from what came after it. When a
// block of 16 KiB is about to change, Windows copies the old one into the file
// of the newest shadow copy (its store) and notes where. A block of an older
// shadow copy is looked up in its own store, then in each newer one, and is at
// last that of the volume as it is now.
//
// Format facts: libyal's "Volume Shadow Snapshot (VSS) format", 0.0.13. All
// integers are little-endian, times are FILETIMEs in UTC, offsets count from
// the start of the volume.
package snapshot

import (
	"encoding/binary"
	"errors"
	"io"

	"hivetriage/artifacts"
)

const (
	headerOffset = 0x1e00 // of the volume header
	headerSize   = 128    // of a block's header, and of what is read of the volume's
	blockSize    = 0x4000 // of everything: catalog, lists, bitmaps and copied data
	sectorSize   = 512    // what a bit of an overlay stands for
	entrySize    = 128    // of a catalog entry
	itemSize     = 32     // of a block descriptor
)

// Record types of block headers.
const (
	volumeRecord  = 1
	catalogRecord = 2
	listRecord    = 3
	storeRecord   = 4
	bitmapRecord  = 6
)

const newestVersion = 2 // since Windows 8; 1 is that of Vista and 7

const (
	// maxBlocks bounds the copied blocks that are remembered of all shadow
	// copies of a volume, at 16 bytes each: 128 MiB for 128 GiB of copies.
	maxBlocks = 8 << 20
	// maxRecords bounds the records of lists and bitmaps that are read for
	// them, each a block: 1 GiB.
	maxRecords = 1 << 16
	// maxVolume is the most, in bytes, that Windows makes shadow copies of; the
	// numbers of its blocks fit into 32 bits.
	maxVolume = 1 << 46
	// maxProblems bounds what is told of one volume; more says no more.
	maxProblems = 64
)

// identifier is the format's GUID, {3808876B-C176-4E48-B7AE-04046E6CC752}.
var identifier = [16]byte{0x6b, 0x87, 0x08, 0x38, 0x76, 0xc1, 0x48, 0x4e, 0xb7, 0xae, 0x04, 0x04, 0x6e, 0x6c, 0xc7, 0x52}

func u32(b []byte, at int) uint32 { return binary.LittleEndian.Uint32(b[at:]) }
func u64(b []byte, at int) uint64 { return binary.LittleEndian.Uint64(b[at:]) }

// checkHeader checks what every header begins with: the format's GUID, a
// version, the record type and the header's own place.
func checkHeader(b []byte, record uint32, offset int64) *artifacts.Problem {
	switch {
	case [16]byte(b) != identifier:
		return artifacts.NewProblem(artifacts.Malformed, offset, "shadow copies: no record of type %d begins here", record)
	case u32(b, 16) == 0 || u32(b, 16) > newestVersion:
		return artifacts.NewProblem(artifacts.Unsupported, offset, "shadow copies: version %d of the format is not known", u32(b, 16))
	case u32(b, 20) != record:
		return artifacts.NewProblem(artifacts.Malformed, offset, "shadow copies: a record of type %d where type %d should be", u32(b, 20), record)
	case u64(b, 32) != uint64(offset) && record != volumeRecord:
		return artifacts.NewProblem(artifacts.Malformed, offset, "shadow copies: a record that says it stands at %#x", u64(b, 32))
	}
	return nil
}

// readFull reads all of b and names the place where that fails.
func readFull(r io.ReaderAt, b []byte, offset int64) *artifacts.Problem {
	n, err := r.ReadAt(b, offset)
	switch {
	case n == len(b):
		return nil
	case err == nil || err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF):
		return artifacts.NewProblem(artifacts.Truncated, offset+int64(n), "shadow copies: the volume ends inside a record")
	}
	var p *artifacts.Problem
	if errors.As(err, &p) {
		return artifacts.NewProblem(p.Kind, offset, "shadow copies: %w", p.Err)
	}
	return artifacts.NewProblem(artifacts.IO, offset, "shadow copies: %w", err)
}

// A volume is what the shadow copies lie on, and what may still be spent on
// their lists.
type volume struct {
	io.ReaderAt
	size    int64
	records int // that may be read
	blocks  int // that may be remembered
}

// chain reads blocks of one record type that name each other, from the one at
// offset on, and gives what follows their headers to use, with its offset.
func (v *volume) chain(offset uint64, record uint32, use func(body []byte, at int64) bool) *artifacts.Problem {
	seen := map[uint64]bool{}
	b := make([]byte, blockSize)
	for offset != 0 {
		at := int64(offset)
		switch {
		case offset%sectorSize != 0 || offset > uint64(v.size)-blockSize:
			return artifacts.NewProblem(artifacts.Malformed, -1, "shadow copies: a record of type %d should be at %#x, which is no place on the volume", record, offset)
		case seen[offset]:
			return artifacts.NewProblem(artifacts.Malformed, at, "shadow copies: the records of type %d go round in a circle", record)
		case v.records == 0:
			return artifacts.NewProblem(artifacts.Limit, at, "shadow copies: more than %d records in the lists of the volume", maxRecords)
		}
		v.records--
		seen[offset] = true
		if p := readFull(v, b, at); p != nil {
			return p
		}
		if p := checkHeader(b, record, at); p != nil {
			return p
		}
		if !use(b[headerSize:], at+headerSize) {
			return nil
		}
		offset = u64(b, 40)
	}
	return nil
}
