package scene

import (
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/fat/fattest"
	"hivetriage/artifacts/evidence/ntfs/ntfstest"
	"hivetriage/artifacts/evidence/partition/partitiontest"
	"hivetriage/artifacts/hive/hivetest"
)

// EarlierSAM is a hive that was deleted on the volume that ReusedDisk has.
const EarlierSAM = "/D/Windows/System32/config/SAM"

// CopiedDisk is the disk that a collector made which copied members to its only
// NTFS volume, as KAPE does for a VHDX: the copies have the times of the last
// writes, apart from that those of the copying.
func CopiedDisk(members []Member) ([]byte, error) { return copiedDisk(members) }

// ReusedDisk is CopiedDisk with a hive of an earlier collection, deleted.
func ReusedDisk(members []Member) ([]byte, error) {
	return copiedDisk(members, ntfstest.File{Path: EarlierSAM, Data: hivetest.SAM(backedUp, hivetest.Live), SI: always(collected), FN: always(collected), Deleted: true})
}

func copiedDisk(members []Member, others ...ntfstest.File) ([]byte, error) {
	b := ntfstest.New(ntfstest.Options{Label: "KAPE", Serial: 0x5e2c91a45e2c91a5, Time: collected})
	for _, f := range members {
		times := always(collected)
		times.Modified = f.Modified
		b.Add(ntfstest.File{Path: "/" + f.Name, Data: f.Data, SI: times, FN: always(collected)})
	}
	for _, f := range others {
		b.Add(f)
	}
	volume, err := b.Bytes()
	if err != nil {
		return nil, err
	}
	return partitiontest.MBR([]partitiontest.Volume{partitiontest.Bytes(volume)}, partitiontest.Options{}).Bytes(), nil
}

// CopiedStick is CopiedDisk with an exFAT volume, which keeps the zone.
func CopiedStick(members []Member) ([]byte, error) {
	b := fattest.New(fattest.Options{Kind: fattest.ExFAT, Size: 48 << 20, Cluster: 4096, Label: "KAPE", Serial: 0x5e2c91a4})
	minutes := int(zone / time.Minute)
	for _, f := range members {
		t := f.Modified.Add(zone)
		b.Add(fattest.File{Path: "/" + f.Name, Data: f.Data, Zone: &minutes, Times: artifacts.Times{Created: t, Modified: t, Accessed: t}})
	}
	volume, err := b.Bytes()
	if err != nil {
		return nil, err
	}
	return partitiontest.MBR([]partitiontest.Volume{partitiontest.Bytes(volume)}, partitiontest.Options{}).Bytes(), nil
}
