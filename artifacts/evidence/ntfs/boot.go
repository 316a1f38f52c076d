package ntfs

import (
	"encoding/binary"
	"math/bits"

	"hivetriage/artifacts"
)

const (
	bootSize       = 512
	maxClusterSize = 2 << 20
	minRecordSize  = 512
	maxRecordSize  = 16 << 10
)

// geometry is what the boot sector says of the volume's layout.
type geometry struct {
	sectorSize  int64
	clusterSize int64
	clusters    int64 // in the volume
	size        int64 // bytes of the volume as it states them
	mft         int64 // first cluster of $MFT
	mirror      int64 // first cluster of $MFTMirr
	recordSize  int   // bytes of an MFT record
	serial      uint64
}

// parseBoot reads the NTFS boot sector in b. Fields: bytes per sector at 0x0B,
// sectors per cluster at 0x0D (above 128: a power of two, negated), sectors at
// 0x28, clusters of $MFT and $MFTMirr at 0x30 and 0x38, record size at 0x40
// (clusters, or a negated power of two in bytes), serial number at 0x48.
func parseBoot(b []byte) (geometry, error) {
	var g geometry
	if len(b) < bootSize {
		return g, artifacts.NewProblem(artifacts.Truncated, 0, "boot sector: %d bytes, need %d", len(b), bootSize)
	}
	if string(b[3:11]) != "NTFS    " {
		return g, artifacts.NewProblem(artifacts.Malformed, 3, "boot sector: no NTFS signature")
	}
	g.sectorSize = int64(binary.LittleEndian.Uint16(b[0x0B:]))
	if g.sectorSize < 512 || g.sectorSize > 4096 || bits.OnesCount64(uint64(g.sectorSize)) != 1 {
		return g, artifacts.NewProblem(artifacts.Malformed, 0x0B, "boot sector: %d bytes per sector", g.sectorSize)
	}
	perCluster := int64(b[0x0D])
	if perCluster > 128 {
		perCluster = 1 << min(256-perCluster, 32)
	}
	g.clusterSize = perCluster * g.sectorSize
	if perCluster == 0 || bits.OnesCount64(uint64(perCluster)) != 1 || g.clusterSize > maxClusterSize {
		return g, artifacts.NewProblem(artifacts.Malformed, 0x0D, "boot sector: cluster size code %#x", b[0x0D])
	}
	sectors := binary.LittleEndian.Uint64(b[0x28:])
	if sectors == 0 || sectors > 1<<62/uint64(g.sectorSize) {
		return g, artifacts.NewProblem(artifacts.Malformed, 0x28, "boot sector: %d sectors", sectors)
	}
	g.size = int64(sectors) * g.sectorSize
	g.clusters = g.size / g.clusterSize
	table, mirror := binary.LittleEndian.Uint64(b[0x30:]), binary.LittleEndian.Uint64(b[0x38:])
	if table >= uint64(g.clusters) {
		return g, artifacts.NewProblem(artifacts.Malformed, 0x30, "boot sector: $MFT at cluster %d of %d", table, g.clusters)
	}
	g.mft, g.mirror = int64(table), -1
	if mirror < uint64(g.clusters) {
		g.mirror = int64(mirror)
	}
	record := int64(int8(b[0x40]))
	if record > 0 {
		record *= g.clusterSize
	} else {
		record = 1 << min(-record, 32)
	}
	if record < minRecordSize || record > maxRecordSize || bits.OnesCount64(uint64(record)) != 1 {
		return g, artifacts.NewProblem(artifacts.Malformed, 0x40, "boot sector: record size code %#x", b[0x40])
	}
	g.recordSize = int(record)
	g.serial = binary.LittleEndian.Uint64(b[0x48:])
	return g, nil
}

// maxVCN bounds virtual cluster numbers so that byte offsets stay below 2^62.
func (g *geometry) maxVCN() int64 { return 1 << 62 / g.clusterSize }
