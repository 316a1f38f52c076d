// Package ntfs reads NTFS volumes for triage: one sequential pass over the
// file table decides what is there, a second one in disk order looks at the
// beginning of every stream, and only what the caller wants becomes an Entry.
//
// Format facts: the NTFS documentation of the Linux-NTFS project
// (flatcap.github.io/linux-ntfs), [MS-XCA] 2.5 for LZNT1, [MS-DTYP] for
// security descriptors.
package ntfs

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"sync/atomic"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/bounded"
	"hivetriage/artifacts/internal/windows"
)

// Fixed record numbers.
const (
	recordVolume = 3
	recordRoot   = 5
	recordBitmap = 6
	recordSecure = 9

	// maxRecords bounds record numbers: NTFS itself allows 2^32-1 files.
	maxRecords = 1<<32 - 1
)

// A Volume is an opened NTFS volume. It implements artifacts.Volume and may
// be used by several goroutines.
type Volume struct {
	geometry
	disk   bounded.Disk
	at     artifacts.Locator
	info   artifacts.VolumeInfo
	table  *runs                // $MFT
	bare   bool                 // there is nothing but the table: see Table
	damage []*artifacts.Problem // met by Open, told by Find

	mu    sync.Mutex
	tally artifacts.Tally
	// extensions, by record number, once a scan has seen the whole table.
	extensions atomic.Pointer[[]extension]

	paths   paths
	shorts  paths // in 8.3 names
	owners  owners
	bitmap  bitmap
	library library
}

// An extension is a record that carries on another one.
type extension struct{ number, base uint32 }

// extends reports whether record number may carry on record base: what the
// table scan saw, so that hostile attribute lists cost no reads.
func (v *Volume) extends(number, base uint32) bool {
	all := v.extensions.Load()
	if all == nil {
		return true
	}
	i, found := slices.BinarySearchFunc(*all, number, func(x extension, n uint32) int { return cmp.Compare(x.number, n) })
	return found && (*all)[i].base == base
}

// Open reads the boot sector and the file table's own record of the volume in
// r, whose byte 0 is the boot sector and which is size bytes long. at gives
// Source and Volume of every Locator; offset, the volume's place in the image,
// is told by Info only. What was damaged and could be read from its backup is
// reported by Find.
func Open(r io.ReaderAt, size int64, at artifacts.Locator, offset int64) (*Volume, error) {
	at = artifacts.Locator{Source: at.Source, Volume: at.Volume}
	v := &Volume{disk: bounded.New(r, size), at: at}
	first := v.openWith(0)
	if first != nil {
		if err := v.openBackup(first); err != nil {
			return nil, artifacts.Located(at, first)
		}
	}
	if v.size > size {
		v.report(artifacts.NewProblem(artifacts.Truncated, size, "the volume states %d bytes, the evidence has %d of them", v.size, size))
	}
	v.info = artifacts.VolumeInfo{
		FileSystem: "NTFS", Serial: fmt.Sprintf("%016X", v.serial), Offset: offset, Size: v.size, ClusterSize: int(v.clusterSize),
	}
	v.readVolumeRecord()
	return v, nil
}

func (v *Volume) report(p *artifacts.Problem) {
	v.damage = append(v.damage, artifacts.Located(v.at, p))
}

// openBackup tries the copy of the boot sector that stands in the volume's
// last sector.
func (v *Volume) openBackup(first error) error {
	err := first
	for _, sector := range []int64{512, 1024, 2048, 4096} {
		v.damage = nil
		at := (v.disk.Size/sector - 1) * sector
		if at <= 0 {
			continue
		}
		if err = v.openWith(at); err == nil {
			v.report(artifacts.NewProblem(artifacts.Malformed, 0, "boot sector is damaged (%v), its backup at %d is used", errors.Unwrap(first), at))
			return nil
		}
	}
	return err
}

// openWith opens the volume by the boot sector at the given offset.
func (v *Volume) openWith(at int64) error {
	b := make([]byte, bootSize)
	if err := v.disk.ReadFull(b, at); err != nil {
		return err
	}
	g, err := parseBoot(b)
	if err != nil {
		return err
	}
	v.geometry = g
	err = v.openTable(g.tableStart())
	if err == nil || g.mirror < 0 {
		return err
	}
	if v.openTable(g.mirror*g.clusterSize) != nil {
		return err
	}
	v.report(artifacts.NewProblem(artifacts.Malformed, g.tableStart(), "$MFT's own record is damaged (%v), its copy in $MFTMirr is used", errors.Unwrap(err)))
	return nil
}

func (g *geometry) tableStart() int64 { return g.mft * g.clusterSize }

// openTable reads $MFT's own record at the given byte of the volume and makes
// v.table from it.
func (v *Volume) openTable(at int64) error {
	b := make([]byte, v.recordSize)
	if err := v.disk.ReadFull(b, at); err != nil {
		return err
	}
	if state := fix(b); state != recordWhole {
		return artifacts.NewProblem(artifacts.Malformed, at, "no whole MFT record")
	}
	f, h := new(file), parseHeader(b)
	f.reset(0, h)
	if err := f.add(b, 0, h); err != nil {
		return err
	}
	first := -1
	for i := range f.data {
		if d := &f.data[i]; d.nonResident && len(d.name) == 0 && d.startVCN == 0 {
			first = i
		}
	}
	if first < 0 || !f.inUse() || h.base != 0 {
		return artifacts.NewProblem(artifacts.Malformed, at, "record 0 is not that of $MFT")
	}
	table, err := v.joinRuns(&f.data[first].attribute, nil)
	if len(table.extents) == 0 {
		return cmpErr(err, artifacts.NewProblem(artifacts.Malformed, at, "$MFT has no clusters"))
	}
	v.table = table
	if f.list != nil {
		err = v.growTable(f, first)
	}
	v.trimTable(err)
	return nil
}

func cmpErr(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// growTable adds the extents of $MFT that stand in extension records. Every
// such record lies in the part of the table that is known by then, so the
// list is gone through until nothing more is found.
func (v *Volume) growTable(f *file, first int) error {
	refs, err := v.listed(f)
	for {
		grown := &file{number: f.number, header: f.header, data: f.data[:first+1]}
		for _, ref := range refs {
			number, _ := splitReference(ref)
			if number == 0 || number > maxRecords {
				continue
			}
			b := make([]byte, v.recordSize)
			h, _, e := v.readRecord(uint32(number), b)
			if base, _ := splitReference(h.base); e != nil || base != 0 || h.base == 0 {
				continue
			}
			err = cmpErr(err, grown.add(b, uint32(number), h))
		}
		table, e := v.joinRuns(&f.data[first].attribute, grown.continuations(first))
		if len(table.extents) <= len(v.table.extents) {
			return cmpErr(err, e)
		}
		v.table = table
	}
}

// trimTable cuts the table to what its extents and its valid length cover.
func (v *Volume) trimTable(err error) {
	if err != nil {
		v.report(artifacts.NewProblem(artifacts.Malformed, v.tableStart(), "$MFT is not whole, records are missing: %v", err))
	}
	size := min(v.table.valid, v.table.covered())
	if limit := int64(maxRecords) * int64(v.recordSize); size > limit {
		size = limit
		v.report(artifacts.NewProblem(artifacts.Limit, v.tableStart(), "$MFT has more than %d records", int64(maxRecords)))
	}
	v.table.size = size - size%int64(v.recordSize)
	v.table.valid = v.table.size
}

// readVolumeRecord takes label and version from $Volume.
func (v *Volume) readVolumeRecord() {
	f, err := v.loadFile(recordVolume)
	if err != nil {
		v.report(artifacts.NewProblem(artifacts.Malformed, v.table.place(recordVolume*int64(v.recordSize)), "$Volume cannot be read: %v", err))
		return
	}
	v.info.Label = windows.UTF16(f.label)
	if len(f.version) >= 10 {
		v.info.FileSystem = fmt.Sprintf("NTFS %d.%d", f.version[8], f.version[9])
	}
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
