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
	StickFAT32 StagingKind = "fat32"
	StickExFAT StagingKind = "exfat"
)

// StickKinds are all of them.
var StickKinds = []StagingKind{StickFAT32, StickExFAT}

// zone is how far the clocks of Workstation's people are ahead of UTC.
const zone = 60 * time.Minute

// Stick is a memory stick that the exports of Workstation were put on: SAM is
// still there, SYSTEM lies in pieces, SECURITY was deleted. FAT32 keeps the
// time of the clock on the wall; exFAT the zone as well.
func Stick(kind StagingKind) ([]byte, error) {
	opt := fattest.Options{Kind: fattest.FAT32, Size: 34 << 20, Label: "KINGSTON", Serial: 0x5e2c91a4}
	if kind == StickExFAT {
		opt = fattest.Options{Kind: fattest.ExFAT, Size: 4 << 20, Cluster: 4096, Label: "KINGSTON", Serial: 0x5e2c91a4}
	}
	minutes := int(zone / time.Minute)
	file := func(path string, data []byte, copied time.Time) fattest.File {
		t := copied.Add(zone)
		return fattest.File{Path: path, Data: data, Zone: &minutes, Times: artifacts.Times{Created: t, Modified: t, Accessed: t}}
	}
	b := fattest.New(opt)
	b.Add(file("/holiday/IMG_0042.JPG", append([]byte("\xff\xd8\xff\xe0"), make([]byte, 30_000)...), installed))
	b.Add(file("/fin/SAM.save", hivetest.SAM(taken, hivetest.RegSave), day(14, 12, 4)))
	system := file("/fin/system backup 2026.save", hivetest.SYSTEM(larger(taken), hivetest.RegSave), day(14, 12, 6))
	system.Fragmented = true
	b.Add(system)
	security := file("/fin/security.save", hivetest.SECURITY(taken, hivetest.RegSave), day(14, 12, 8))
	security.Deleted = true
	b.Add(security)
	raw, err := b.Bytes()
	if err != nil {
		return nil, err
	}
	volume := partitiontest.Bytes(raw)
	volume.MBRType = 0x0c
	return partitiontest.MBR([]partitiontest.Volume{volume}, partitiontest.Options{}).Bytes(), nil
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
