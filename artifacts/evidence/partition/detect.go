package partition

import (
	"bytes"
	"encoding/binary"
	"io"
)

// The names that Detect returns.
const (
	NTFS          = "NTFS"
	BitLocker     = "BitLocker"
	BitLockerToGo = "BitLocker To Go"
	ReFS          = "ReFS"
	FAT12         = "FAT12"
	FAT16         = "FAT16"
	FAT32         = "FAT32"
	ExFAT         = "exFAT"
	Ext           = "ext2/3/4"
	XFS           = "XFS"
	Btrfs         = "Btrfs"
	APFS          = "APFS"
	HFSPlus       = "HFS+"
	LVM2          = "LVM2"
	LUKS          = "LUKS"
	LinuxRAID     = "Linux RAID"
	LinuxSwap     = "Linux swap"
	StorageSpaces = "Storage Spaces"
	Empty         = "empty" // nothing but zeros at the beginning
)

// detectSize reaches to the superblock of Btrfs at 64 KiB.
const detectSize = 64<<10 + 512

// magics are those that the formats' own documentation states.
var magics = []struct {
	at    int
	magic string
	name  string
}{
	{0, "LUKS\xba\xbe", LUKS},
	{0, "XFSB", XFS},
	{32, "NXSB", APFS},
	{1024, "H+\x00\x04", HFSPlus},
	{1024, "HX\x00\x05", HFSPlus},
	{0x1000, "\xfc\x4e\x2b\xa9", LinuxRAID},
	{0x1000, "SPACEDB ", StorageSpaces},
	{0x10040, "_BHRfS_M", Btrfs},
	{4096 - 10, "SWAPSPACE2", LinuxSwap},
	{16384 - 10, "SWAPSPACE2", LinuxSwap},
	{65536 - 10, "SWAPSPACE2", LinuxSwap},
	{0x438, "\x53\xef", Ext},
}

// Detect names the file system or container that begins at offset, and is at
// most size bytes long, by its signature. It returns "" where nothing known
// does or where it cannot be read.
func Detect(r io.ReaderAt, offset, size int64) string {
	if offset < 0 || size <= 0 {
		return ""
	}
	b := make([]byte, min(size, detectSize))
	n, err := r.ReadAt(b, offset)
	b = b[:n]
	if name := bootSector(b); name != "" {
		return name
	}
	for sector := range 4 { // the label of a physical volume stands in one of the first four sectors
		if has(b, sector*512, "LABELONE") && has(b, sector*512+24, "LVM2 001") {
			return LVM2
		}
	}
	for _, m := range magics {
		if has(b, m.at, m.magic) {
			return m.name
		}
	}
	if (err == nil || err == io.EOF) && n > 0 && bytes.Count(b, []byte{0}) == n {
		return Empty
	}
	return ""
}

func has(b []byte, at int, magic string) bool {
	return at+len(magic) <= len(b) && string(b[at:at+len(magic)]) == magic
}

// bitLockerGUID is 4967D63B-2E29-4AD8-8399-F6A339E3D001, which stands at
// offset 424 of a BitLocker To Go volume behind a FAT32 boot sector.
const bitLockerGUID = "\x3b\xd6\x67\x49\x29\x2e\xd8\x4a\x83\x99\xf6\xa3\x39\xe3\xd0\x01"

// bootSector names the file systems that a boot sector tells by itself.
func bootSector(b []byte) string {
	switch {
	case len(b) < 512:
		return ""
	case has(b, 3, "-FVE-FS-"):
		return BitLocker
	case has(b, 424, bitLockerGUID):
		return BitLockerToGo
	case has(b, 3, "NTFS    "):
		return NTFS
	case has(b, 3, "ReFS\x00\x00\x00\x00"):
		return ReFS
	case has(b, 3, "EXFAT   "):
		return ExFAT
	}
	sector := binary.LittleEndian.Uint16(b[11:])
	if b[510] != 0x55 || b[511] != 0xaa || sector < 512 || sector > 4096 || sector&(sector-1) != 0 {
		return ""
	}
	switch {
	case has(b, 0x52, "FAT32   "):
		return FAT32
	case has(b, 0x36, "FAT16   "):
		return FAT16
	case has(b, 0x36, "FAT12   "):
		return FAT12
	}
	return ""
}

// IsDisk reports whether a sector is the boot sector of a volume or a master
// boot record with a partition in it.
func IsDisk(sector []byte) bool {
	if bootSector(sector) != "" {
		return true
	}
	_, ok := parseMBR(sector)
	return ok
}
