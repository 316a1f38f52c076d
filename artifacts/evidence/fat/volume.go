// Package fat reads FAT12, FAT16, FAT32 and exFAT volumes for triage: one walk
// through the directories, deleted entries included, decides what is there, a
// pass in disk order looks at the beginning of every file, and only what the
// caller wants becomes an Entry.
//
// Format facts: Microsoft's "FAT: General Overview of On-Disk Format" 1.03 and
// "exFAT file system specification".
package fat

import (
	"fmt"
	"io"
	"strings"
	"sync"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/bounded"
)

// A Volume is an opened volume. It implements artifacts.Volume and may be
// used by several goroutines.
type Volume struct {
	geometry
	disk   bounded.Disk
	at     artifacts.Locator
	info   artifacts.VolumeInfo
	damage []*artifacts.Problem // met by Open, told by Find
	bitmap *stream              // exFAT; nil if there is none

	tablePages, bitmapPages pages

	mu    sync.Mutex
	tally artifacts.Tally
}

// Open reads the boot sector, or its backup, and the root directory's own
// entries of the volume in r, whose byte 0 is the boot sector and which is
// size bytes long. at gives Source and Volume of every Locator; offset, the
// volume's place in the image, is told by Info only. What was damaged and could
// be read from its backup is reported by Find.
func Open(r io.ReaderAt, size int64, at artifacts.Locator, offset int64) (*Volume, error) {
	at = artifacts.Locator{Source: at.Source, Volume: at.Volume}
	v := &Volume{disk: bounded.New(r, size), at: at}
	if err := v.openBoot(); err != nil {
		return nil, artifacts.Located(at, err)
	}
	if v.size > size {
		v.report(artifacts.NewProblem(artifacts.Truncated, size, "the volume states %d bytes, the evidence has %d of them", v.size, size))
	}
	v.info = artifacts.VolumeInfo{
		FileSystem: v.kind, Label: v.label, Serial: fmt.Sprintf("%04X-%04X", v.serial>>16, v.serial&0xffff),
		Offset: offset, Size: v.size, ClusterSize: int(v.clusterSize),
	}
	v.readRoot()
	return v, nil
}

func (v *Volume) report(p *artifacts.Problem) {
	v.damage = append(v.damage, artifacts.Located(v.at, p))
}

// openBoot sets the geometry.
func (v *Volume) openBoot() error {
	g, err := v.bootAt(0)
	if err == nil {
		v.geometry = g
		return nil
	}
	for _, sector := range []int64{512, 1024, 2048, 4096} {
		for _, backup := range []struct {
			sector int64
			kind   string
		}{{6, fat32}, {exfatRegion, exfat}} {
			b, backupErr := v.bootAt(backup.sector * sector)
			if backupErr != nil || b.kind != backup.kind || b.sector != sector {
				continue
			}
			v.geometry = b
			v.report(artifacts.NewProblem(artifacts.Malformed, 0, "boot sector is damaged (%v), its backup at %d is used", cause(err), backup.sector*sector))
			return nil
		}
	}
	if p, ok := err.(*artifacts.Problem); ok && p.Kind == artifacts.Checksum && g.kind == exfat {
		v.geometry = g
		v.report(p)
		return nil
	}
	return err
}

func cause(err error) error {
	if p, ok := err.(*artifacts.Problem); ok {
		return p.Err
	}
	return err
}

// bootAt reads a boot sector, on exFAT with the checksum of its region. A
// checksum that does not fit is an error beside the geometry.
func (v *Volume) bootAt(at int64) (geometry, error) {
	b := make([]byte, bootSize)
	if err := v.disk.ReadFull(b, at); err != nil {
		return geometry{}, err
	}
	g, err := parseBoot(b)
	if err != nil {
		if p, ok := err.(*artifacts.Problem); ok && p.Offset >= 0 {
			p.Offset += at
		}
		return geometry{}, err
	}
	if g.kind != exfat {
		return g, nil
	}
	region := make([]byte, exfatRegion*g.sector)
	if err := v.disk.ReadFull(region, at); err != nil {
		return geometry{}, err
	}
	last := region[(exfatRegion-1)*g.sector:]
	stored := uint32(last[0]) | uint32(last[1])<<8 | uint32(last[2])<<16 | uint32(last[3])<<24
	if sum := regionSum(region[:(exfatRegion-1)*g.sector]); sum != stored {
		return g, artifacts.NewProblem(artifacts.Checksum, at+(exfatRegion-1)*g.sector, "the boot region's checksum is %08x, stored is %08x", sum, stored)
	}
	return g, nil
}

// readRoot takes the label, and on exFAT the allocation bitmap, from the root
// directory.
func (v *Volume) readRoot() {
	b, _, err := v.readDirectory(&directory{first: v.root, root: true}, nil)
	if err != nil && len(b) == 0 {
		return // Find meets the same error and tells it
	}
	if v.kind != exfat {
		if label, ok := rootLabel(b); ok {
			v.info.Label = label
		}
		return
	}
	special := exfatSpecials(b)
	v.info.Label = special.label
	if special.bitmap == 0 {
		v.report(artifacts.NewProblem(artifacts.Malformed, -1, "no allocation bitmap: what became of the clusters of deleted files is not known"))
		return
	}
	size := (int64(v.clusters) + 7) / 8
	extents, err := v.chain(special.bitmap, v.clustersFor(size))
	v.bitmap = v.newStream(extents, min(special.bitmapSize, size), size, err)
}

// Name returns the volume's name as in Locator.Volume.
func (v *Volume) Name() string { return v.at.Volume }

// Info describes the volume.
func (v *Volume) Info() artifacts.VolumeInfo { return v.info }

// Tally returns the counts of the last Find.
func (v *Volume) Tally() artifacts.Tally {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.tally
}

// component writes a file name so that it cannot pass for more than one
// component of a path, or for a walk through one.
func component(s string) string {
	switch s {
	case ".":
		return `\u002e`
	case "..":
		return `\u002e\u002e`
	}
	return strings.ReplaceAll(s, "/", `\u002f`)
}
