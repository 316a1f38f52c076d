package scene

import (
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/fat/fattest"
	"hivetriage/artifacts/evidence/ntfs/ntfstest"
	"hivetriage/artifacts/evidence/partition/partitiontest"
	"hivetriage/artifacts/hive/hivetest"
)

// A StagingKind is the file system of a memory stick.
type StagingKind string

// The file systems of sticks.
const (
	StickFAT12 StagingKind = "fat12"
	StickFAT16 StagingKind = "fat16"
	StickFAT32 StagingKind = "fat32"
	StickExFAT StagingKind = "exfat"
	StickNTFS  StagingKind = "ntfs"
)

// StickKinds are all of them.
var StickKinds = []StagingKind{StickFAT12, StickFAT16, StickFAT32, StickExFAT, StickNTFS}

// zone is how far the clocks of Workstation's people are ahead of UTC.
const zone = 60 * time.Minute

// A staged file is one that was put on a stick.
type staged struct {
	path                string
	data                []byte
	copied              time.Time
	fragmented, deleted bool
}

// stagedFiles are the exports of Workstation and a picture: SAM is still there,
// SYSTEM lies in pieces, SECURITY was deleted.
func stagedFiles() []staged {
	return []staged{
		{path: "/holiday/IMG_0042.JPG", data: append([]byte("\xff\xd8\xff\xe0"), make([]byte, 30_000)...), copied: installed},
		{path: "/fin/SAM.save", data: hivetest.SAM(taken, hivetest.RegSave), copied: day(14, 12, 4)},
		{path: "/fin/system backup 2026.save", data: hivetest.SYSTEM(larger(taken), hivetest.RegSave), copied: day(14, 12, 6), fragmented: true},
		{path: "/fin/security.save", data: hivetest.SECURITY(taken, hivetest.RegSave), copied: day(14, 12, 8), deleted: true},
	}
}

// StickVolume is the volume of a memory stick that the exports of Workstation
// were put on. FAT keeps the time of the clock on the wall; exFAT the zone as
// well.
func StickVolume(kind StagingKind) ([]byte, error) {
	if kind == StickNTFS {
		return stickNTFS()
	}
	opt := map[StagingKind]fattest.Options{
		StickFAT12: {Kind: fattest.FAT12, Size: 1440 << 10},
		StickFAT16: {Kind: fattest.FAT16, Size: 9 << 20, Cluster: 1024},
		StickFAT32: {Kind: fattest.FAT32, Size: 34 << 20},
		StickExFAT: {Kind: fattest.ExFAT, Size: 4 << 20, Cluster: 4096},
	}[kind]
	opt.Label, opt.Serial = "KINGSTON", 0x5e2c91a4
	minutes := int(zone / time.Minute)
	b := fattest.New(opt)
	for _, f := range stagedFiles() {
		t := f.copied.Add(zone)
		b.Add(fattest.File{Path: f.path, Data: f.data, Zone: &minutes, Times: artifacts.Times{Created: t, Modified: t, Accessed: t},
			Fragmented: f.fragmented, Deleted: f.deleted})
	}
	return b.Bytes()
}

func stickNTFS() ([]byte, error) {
	b := ntfstest.New(ntfstest.Options{Label: "KINGSTON", Serial: 0x5e2c91a45e2c91a4, Time: installed})
	for _, f := range stagedFiles() {
		file := ntfstest.File{Path: f.path, Data: f.data, SI: always(f.copied), Deleted: f.deleted}
		if f.fragmented {
			file.Layout.Fragments = 7
		}
		b.Add(file)
	}
	return b.Bytes()
}

// stickTypes are the partition types of an MBR.
var stickTypes = map[StagingKind]byte{StickFAT12: 0x01, StickFAT16: 0x06, StickFAT32: 0x0c, StickExFAT: 0x07, StickNTFS: 0x07}

// Stick is the stick with that volume in its MBR.
func Stick(kind StagingKind) ([]byte, error) {
	volume, err := stickPartition(kind)
	if err != nil {
		return nil, err
	}
	return partitiontest.MBR([]partitiontest.Volume{volume}, partitiontest.Options{}).Bytes(), nil
}

// StickGPT is the stick with that volume in a GPT.
func StickGPT(kind StagingKind) ([]byte, error) {
	volume, err := stickPartition(kind)
	if err != nil {
		return nil, err
	}
	return partitiontest.GPT([]partitiontest.Volume{volume}, partitiontest.Options{}).Bytes(), nil
}

func stickPartition(kind StagingKind) (partitiontest.Volume, error) {
	raw, err := StickVolume(kind)
	volume := partitiontest.Bytes(raw)
	volume.MBRType = stickTypes[kind]
	return volume, err
}

// systemPartition is the GPT type of the partition that UEFI starts from.
const systemPartition = "C12A7328-F81F-11D2-BA4B-00A0C93EC93B"

// EFI is a disk with a system partition, in which SAM was hidden, before its
// NTFS volume.
func EFI() ([]byte, error) {
	b := fattest.New(fattest.Options{Kind: fattest.FAT32, Size: 34 << 20, Label: "SYSTEM"})
	b.Add(fattest.File{Path: "/EFI/Boot/bootx64.efi", Data: program("bootx64.efi")})
	b.Add(fattest.File{Path: "/EFI/Microsoft/Boot/Resources/bootres.dat", Data: hivetest.SAM(taken, hivetest.RegSave)})
	system, err := b.Bytes()
	if err != nil {
		return nil, err
	}
	n := ntfstest.New(ntfstest.Options{Label: "Windows", Serial: 0x9c2e7b415e08d3a6, Time: installed})
	for _, f := range hives() {
		n.Add(f)
	}
	windows, err := n.Bytes()
	if err != nil {
		return nil, err
	}
	first := partitiontest.Bytes(system)
	first.GPTType = systemPartition
	return partitiontest.GPT([]partitiontest.Volume{first, partitiontest.Bytes(windows)}, partitiontest.Options{}).Bytes(), nil
}
