package hivetest

import (
	"encoding/binary"
	"time"

	"hivetriage/artifacts/internal/windows"
)

// rmID is a version 1 GUID as it stands in the header of hives; TmId is the
// same with its time one tick later.
var rmID = [16]byte{0x10, 0x32, 0x54, 0x76, 0xC4, 0x18, 0xEA, 0x11, 0xA8, 0x11, 0x02, 0x00, 0x5E, 0x10, 0x20, 0x30}

// file puts the base block before the bins, with the padding of live hives.
func file(bins []byte, root uint32, o Options) []byte {
	b := make([]byte, page, page+len(bins))
	u32 := func(at int, v uint32) { binary.LittleEndian.PutUint32(b[at:], v) }
	copy(b, "regf")
	seq := o.Sequence
	if seq == 0 {
		seq = 137
	}
	minor := uint32(5)
	if o.Profile == RegSaveKey {
		seq, minor = 1, 3
		binary.LittleEndian.PutUint64(b[12:], windows.ToFiletime(o.Saved))
	}
	u32(4, seq)
	u32(8, seq)
	if o.Dirty {
		u32(4, seq+1)
	}
	u32(20, 1)
	u32(24, minor)
	u32(32, 1) // file format: direct memory load
	u32(36, root)
	u32(40, uint32(len(bins)))
	u32(44, 1) // clustering factor
	ids(b)
	switch o.Profile {
	case Live, RegSave:
		name(b, o.File)
		// Windows 10 and later create their hives with this marker.
		offregMarker(b)
		binary.LittleEndian.PutUint64(b[168:], windows.ToFiletime(reorganized)&^3|1)
	case Offreg:
		name(b, o.File)
		offregMarker(b)
		binary.LittleEndian.PutUint64(b[512:], windows.ToFiletime(o.Saved))
	}
	u32(508, Checksum(b))
	b = append(b, bins...)
	if o.Profile == Live {
		step := 256 << 10
		if len(b) < 60<<10 {
			step = 64 << 10
		}
		b = append(b, make([]byte, step-len(b)%step)...)
	}
	return b
}

// reorganized is when the system last compacted the hives that live and
// RegSave files come from.
var reorganized = time.Date(2024, 2, 3, 4, 5, 6, 0, time.UTC)

func offregMarker(b []byte) {
	copy(b[176:], "OfRg")
	binary.LittleEndian.PutUint32(b[180:], 1)
}

func ids(b []byte) {
	copy(b[112:], rmID[:])
	copy(b[128:], rmID[:])
	copy(b[148:], rmID[:])
	b[148]++
	copy(b[164:], "rmtm")
}

// name stores the last 31 characters of the path that the hive was loaded from.
func name(b []byte, path string) {
	enc := windows.AppendUTF16(nil, path)
	if len(enc) > 62 {
		enc = enc[len(enc)-62:]
	}
	copy(b[48:110], enc)
}

// Checksum computes the checksum of a base block, for tests that change one
// and store the right sum at 508, or a wrong one.
func Checksum(b []byte) uint32 {
	var sum uint32
	for i := 0; i < 508; i += 4 {
		sum ^= binary.LittleEndian.Uint32(b[i:])
	}
	switch sum {
	case 0:
		return 1
	case noCell:
		return noCell - 1
	}
	return sum
}
