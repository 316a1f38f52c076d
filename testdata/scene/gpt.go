package scene

import (
	"encoding/binary"
	"hash/crc32"
	"io"
	"unicode/utf16"
)

// Layout of a disk: the table in the first and the last 34 sectors, the volume
// from 1 MiB on.
const (
	volumeOffset = 1 << 20
	clusterSize  = 4096
	sector       = 512
	tableSectors = 33 // entries and backup header at the end
)

var (
	basicData = [16]byte{0xa2, 0xa0, 0xd0, 0xeb, 0xe5, 0xb9, 0x33, 0x44, 0x87, 0xc0, 0x68, 0xb6, 0xb7, 0x26, 0x99, 0xc7}
	diskGUID  = [16]byte{0x3d, 0x5a, 0x11, 0x7c, 0x04, 0x52, 0x4f, 0x4b, 0x9e, 0x1b, 0x60, 0x8d, 0xc2, 0x77, 0x31, 0x01}
	partGUID  = [16]byte{0x3d, 0x5a, 0x11, 0x7c, 0x04, 0x52, 0x4f, 0x4b, 0x9e, 0x1b, 0x60, 0x8d, 0xc2, 0x77, 0x31, 0x02}
)

// disk puts a volume on a disk of its own.
func disk(volume []byte) ([]byte, error) {
	out := make(memory, diskSize(int64(len(volume))))
	copy(out[volumeOffset:], volume)
	_, err := writeTable(out, int64(len(volume)))
	return out, err
}

type memory []byte

func (m memory) WriteAt(p []byte, off int64) (int, error) { return copy(m[off:], p), nil }

func diskSize(volume int64) int64 {
	const mib = 1 << 20
	return (volumeOffset + volume + tableSectors*sector + mib - 1) / mib * mib
}

// writeTable writes a protective MBR and both GUID partition tables (UEFI
// specification 2.10, section 5) for a volume of the given size, and returns
// the size of the disk.
func writeTable(w io.WriterAt, volume int64) (int64, error) {
	le := binary.LittleEndian
	size := diskSize(volume)
	last := size/sector - 1

	mbr := make([]byte, sector)
	mbr[446+4] = 0xee
	le.PutUint32(mbr[446+8:], 1)
	le.PutUint32(mbr[446+12:], uint32(min(last, 0xffffffff)))
	mbr[510], mbr[511] = 0x55, 0xaa

	entries := make([]byte, 128*128)
	copy(entries, basicData[:])
	copy(entries[16:], partGUID[:])
	le.PutUint64(entries[32:], volumeOffset/sector)
	le.PutUint64(entries[40:], uint64((volumeOffset+volume)/sector-1))
	for i, u := range utf16.Encode([]rune("Basic data partition")) {
		le.PutUint16(entries[56+2*i:], u)
	}

	header := func(own, other, table int64) []byte {
		b := make([]byte, sector)
		copy(b, "EFI PART\x00\x00\x01\x00")
		le.PutUint32(b[12:], 92)
		le.PutUint64(b[24:], uint64(own))
		le.PutUint64(b[32:], uint64(other))
		le.PutUint64(b[40:], 34)
		le.PutUint64(b[48:], uint64(last-34))
		copy(b[56:], diskGUID[:])
		le.PutUint64(b[72:], uint64(table))
		le.PutUint32(b[80:], 128)
		le.PutUint32(b[84:], 128)
		le.PutUint32(b[88:], crc32.ChecksumIEEE(entries))
		le.PutUint32(b[16:], crc32.ChecksumIEEE(b[:92]))
		return b
	}
	for _, part := range []struct {
		at   int64
		data []byte
	}{
		{0, mbr}, {1, header(1, last, 2)}, {2, entries},
		{last - 32, entries}, {last, header(last, 1, last-32)},
	} {
		if _, err := w.WriteAt(part.data, part.at*sector); err != nil {
			return 0, err
		}
	}
	return size, nil
}
