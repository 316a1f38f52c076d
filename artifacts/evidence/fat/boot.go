package fat

import (
	"bytes"
	"encoding/binary"
	"math/bits"

	"hivetriage/artifacts"
)

// The file systems that are read here, as VolumeInfo names them.
const (
	fat12 = "FAT12"
	fat16 = "FAT16"
	fat32 = "FAT32"
	exfat = "exFAT"
)

const (
	bootSize = 512
	// maxCluster is the most bytes of a cluster: exFAT allows 32 MiB.
	maxCluster = 32 << 20
	// Cluster counts that tell FAT12 from FAT16, and the most of FAT32.
	maxClusters12 = 4084
	maxClusters32 = 0x0ffffff5
	// firstCluster is the number of the first cluster of the heap.
	firstCluster = 2
	// exfatRegion is how many sectors a boot region of exFAT takes, the last
	// of them with the checksum of the others.
	exfatRegion = 12
)

// A geometry is what the boot sector says. Offsets and sizes are bytes of the
// volume.
type geometry struct {
	kind        string
	sector      int64
	clusterSize int64
	clusters    uint32 // in the heap; their numbers begin with firstCluster
	table       int64  // the FAT in use
	tableSize   int64
	heap        int64  // first cluster
	root        uint32 // first cluster of the root directory; 0 on FAT12 and FAT16
	rootAt      int64  // root directory of FAT12 and FAT16
	rootSize    int64
	size        int64 // of the volume
	serial      uint32
	label       string // FAT: from the boot sector
}

// place is the byte of the volume at which a cluster begins.
func (g *geometry) place(cluster uint32) int64 {
	return g.heap + int64(cluster-firstCluster)*g.clusterSize
}

// holds reports whether a cluster number is one of the heap's.
func (g *geometry) holds(cluster uint32) bool {
	return cluster >= firstCluster && cluster-firstCluster < g.clusters
}

// clustersFor is how many clusters a number of bytes takes.
func (g *geometry) clustersFor(size int64) int64 {
	n := size / g.clusterSize
	if size%g.clusterSize > 0 {
		n++
	}
	return n
}

// parseBoot reads a boot sector of 512 bytes or more.
func parseBoot(b []byte) (geometry, error) {
	switch {
	case len(b) < bootSize:
		return geometry{}, artifacts.NewProblem(artifacts.Truncated, int64(len(b)), "boot sector of %d bytes", len(b))
	case b[510] != 0x55 || b[511] != 0xaa:
		return geometry{}, artifacts.NewProblem(artifacts.Malformed, 510, "no boot sector: signature %02x%02x", b[510], b[511])
	case bytes.Equal(b[3:11], []byte("EXFAT   ")):
		return parseExFAT(b)
	}
	return parseFAT(b)
}

// parseFAT reads the BIOS parameter block of FAT12, FAT16 and FAT32, by
// Microsoft's "FAT: General Overview of On-Disk Format", version 1.03.
func parseFAT(b []byte) (geometry, error) {
	le := binary.LittleEndian
	sector, perCluster := int64(le.Uint16(b[11:])), int64(b[13])
	reserved, tables, rootEntries := int64(le.Uint16(b[14:])), int64(b[16]), int64(le.Uint16(b[17:]))
	total, tableSectors := int64(le.Uint16(b[19:])), int64(le.Uint16(b[22:]))
	wide := tableSectors == 0
	if total == 0 {
		total = int64(le.Uint32(b[32:]))
	}
	if wide {
		tableSectors = int64(le.Uint32(b[36:]))
	}
	switch {
	case b[0] != 0xeb && b[0] != 0xe9:
		return geometry{}, artifacts.NewProblem(artifacts.Malformed, 0, "no boot sector: it begins with %02x", b[0])
	case sector < 512 || sector > 4096 || bits.OnesCount64(uint64(sector)) != 1:
		return geometry{}, artifacts.NewProblem(artifacts.Malformed, 11, "%d bytes a sector", sector)
	case bits.OnesCount64(uint64(perCluster)) != 1:
		return geometry{}, artifacts.NewProblem(artifacts.Malformed, 13, "%d sectors a cluster", perCluster)
	case reserved == 0 || tables == 0 || tableSectors == 0 || b[21] < 0xf0:
		return geometry{}, artifacts.NewProblem(artifacts.Malformed, 14, "%d reserved sectors, %d FATs of %d sectors, media %02x", reserved, tables, tableSectors, b[21])
	}
	g := geometry{
		sector: sector, clusterSize: sector * perCluster, size: total * sector,
		table: reserved * sector, tableSize: tableSectors * sector,
		rootAt: (reserved + tables*tableSectors) * sector, rootSize: rootEntries * entrySize,
	}
	g.heap = g.rootAt + (g.rootSize+sector-1)/sector*sector
	if g.heap >= g.size {
		return geometry{}, artifacts.NewProblem(artifacts.Malformed, 19, "the volume's %d bytes end before its first cluster at %d", g.size, g.heap)
	}
	clusters := (g.size - g.heap) / g.clusterSize
	entryBits := int64(12)
	switch {
	case wide && rootEntries == 0:
		g.kind, entryBits = fat32, 32
		g.wide(b, tables)
	case clusters <= maxClusters12:
		g.kind = fat12
	default:
		g.kind, entryBits = fat16, 16
	}
	signature, serial := 38, 39
	if g.kind == fat32 {
		signature, serial = 66, 67
	}
	if b[signature] == 0x28 || b[signature] == 0x29 {
		g.serial = le.Uint32(b[serial:])
		if b[signature] == 0x29 {
			g.label = labelText(b[serial+4 : serial+15])
		}
	}
	return g.bounded(clusters, entryBits)
}

// wide reads what only FAT32 has in its boot sector.
func (g *geometry) wide(b []byte, tables int64) {
	le := binary.LittleEndian
	g.root, g.rootAt = le.Uint32(b[44:]), 0
	if flags := le.Uint16(b[40:]); flags&0x80 != 0 && int64(flags&15) < tables { // only one of the FATs is kept up to date
		g.table += int64(flags&15) * g.tableSize
	}
}

// bounded sets the number of clusters, which is no more than the FAT has
// entries for.
func (g geometry) bounded(clusters, entryBits int64) (geometry, error) {
	clusters = min(clusters, g.tableSize*8/entryBits-firstCluster, maxClusters32)
	if clusters <= 0 {
		return geometry{}, artifacts.NewProblem(artifacts.Malformed, 22, "no clusters: the FAT has %d bytes", g.tableSize)
	}
	g.clusters = uint32(clusters)
	return g, nil
}

// parseExFAT reads the main boot sector of Microsoft's "exFAT file system
// specification".
func parseExFAT(b []byte) (geometry, error) {
	le := binary.LittleEndian
	sectorShift, clusterShift := b[108], b[109]
	switch {
	case sectorShift < 9 || sectorShift > 12:
		return geometry{}, artifacts.NewProblem(artifacts.Malformed, 108, "sectors of 2^%d bytes", sectorShift)
	case int(sectorShift)+int(clusterShift) > bits.Len(maxCluster)-1:
		return geometry{}, artifacts.NewProblem(artifacts.Malformed, 109, "clusters of 2^%d bytes", int(sectorShift)+int(clusterShift))
	}
	sector := int64(1) << sectorShift
	total := le.Uint64(b[72:])
	g := geometry{
		kind: exfat, sector: sector, clusterSize: sector << clusterShift,
		table: int64(le.Uint32(b[80:])) * sector, tableSize: int64(le.Uint32(b[84:])) * sector,
		heap: int64(le.Uint32(b[88:])) * sector, root: le.Uint32(b[96:]), serial: le.Uint32(b[100:]),
	}
	if total > 1<<62>>sectorShift || int64(total)*sector <= g.heap || g.heap < g.table || g.table == 0 {
		return geometry{}, artifacts.NewProblem(artifacts.Malformed, 72, "a volume of %d sectors with its FAT at %d and its clusters from %d on", total, g.table, g.heap)
	}
	g.size = int64(total) * sector
	if flags := le.Uint16(b[106:]); flags&1 != 0 && b[110] == 2 { // the second FAT is the active one
		g.table += g.tableSize
	}
	clusters := min(int64(le.Uint32(b[92:])), (g.size-g.heap)/g.clusterSize)
	return g.bounded(clusters, 32)
}

// regionSum is the checksum of a boot region of exFAT without its last
// sector. Flags and percentage in use change while the volume is mounted and
// do not count.
func regionSum(b []byte) uint32 {
	sum := uint32(0)
	for i, c := range b {
		if i != 106 && i != 107 && i != 112 {
			sum = sum<<31 | sum>>1
			sum += uint32(c)
		}
	}
	return sum
}
