package ntfstest

import (
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"hivetriage/artifacts"
)

// volume is a volume being written.
type volume struct {
	w          io.WriterAt
	sector     int
	cluster    int64
	recordSize int
	label      string
	serial     uint64
	dense      bool
	times      artifacts.Times
	space      space
	mft        table
	security   security
	root       *node
	extend     *node
	dirs       []*node // in the order of their records, those of Fill only while they are open
	files      []*node
	mirrorAt   int64
	scratch    []byte
}

// newVolume checks the options.
func newVolume(o Options, w io.WriterAt) (*volume, error) {
	pick := func(n, def int) int {
		if n == 0 {
			return def
		}
		return n
	}
	v := &volume{w: w, label: o.Label, serial: o.Serial, dense: o.Dense}
	v.sector = pick(o.SectorSize, 512)
	v.cluster = int64(pick(o.ClusterSize, 4096))
	v.recordSize = pick(o.RecordSize, max(1024, v.sector))
	switch {
	case v.sector != 512 && v.sector != 4096:
		return nil, fmt.Errorf("ntfstest: sectors of %d bytes", v.sector)
	case v.cluster&(v.cluster-1) != 0 || v.cluster < int64(v.sector) || v.cluster > 65536:
		return nil, fmt.Errorf("ntfstest: clusters of %d bytes", v.cluster)
	case v.recordSize != 1024 && v.recordSize != 4096:
		return nil, fmt.Errorf("ntfstest: records of %d bytes", v.recordSize)
	}
	if v.serial == 0 {
		v.serial = 0x5A17E01D2026C0DE
	}
	t := o.Time
	if t.IsZero() {
		t = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	}
	v.times = artifacts.Times{Created: t, Modified: t, Changed: t, Accessed: t}
	v.space.rng = rand.New(rand.NewPCG(2026, 1))
	if o.Size > 0 {
		v.space.limit = (o.Size/int64(v.sector) - 1) * int64(v.sector) / v.cluster
	}
	mirrored := max(4, int(v.cluster)/v.recordSize)
	v.mft = table{v: v, count: firstUser, pending: map[uint64][]byte{}, mirror: make([]byte, mirrored*v.recordSize)}
	v.security.ids = map[string]uint32{}
	v.newSystemDirs()
	return v, nil
}

// Build writes the volume to w and returns its size in bytes. What is zero is
// not written: w must read as zeros where nothing was written. The last sector
// always is.
func (b *Builder) Build(w io.WriterAt) (int64, error) {
	v, err := newVolume(b.opt, w)
	if err != nil {
		return 0, err
	}
	boot, err := v.store(typeData, nil, stream{data: make([]byte, 8192), layout: plain})
	if err != nil {
		return 0, err
	}
	for i := range b.files {
		if err := v.plant(&b.files[i]); err != nil {
			return 0, err
		}
	}
	if err := v.writePlanted(); err != nil {
		return 0, err
	}
	b.remember(v)
	v.mft.growth = uint64(max(b.fill/64, 64))
	if err := v.mft.lay(v.mft.count+uint64(b.fill), b.opt.MFTFragments); err != nil {
		return 0, err
	}
	if err := v.writeFiller(b.fill, b.gen); err != nil {
		return 0, err
	}
	return v.finish(boot, b.opt.Size)
}

// writePlanted writes the planted files and enters all directories.
func (v *volume) writePlanted() error {
	for _, n := range v.dirs[1:] { // the root is entered last
		if err := v.enter(n); err != nil {
			return err
		}
	}
	for _, n := range v.files {
		if err := v.writeFile(n); err != nil {
			return err
		}
	}
	return nil
}

// remember keeps where the planted files are for Lookup.
func (b *Builder) remember(v *volume) {
	b.placed = map[string]Placed{}
	for _, list := range [][]*node{v.dirs, v.files} {
		for _, n := range list {
			if n.file != nil {
				b.placed[n.file.Path] = Placed{Record: n.num, Sequence: n.stored(), Runs: n.taken}
			}
		}
	}
}

// finish writes directories and system files.
func (v *volume) finish(boot attr, size int64) (int64, error) {
	for _, n := range v.dirs[2:] {
		if err := v.writeDir(n); err != nil {
			return 0, err
		}
	}
	if err := v.writeEarly(); err != nil {
		return 0, err
	}
	if err := v.writeDir(v.extend); err != nil {
		return 0, err
	}
	secure, err := v.security.attrs(v)
	if err != nil {
		return 0, err
	}
	if err := v.writeSystem(recSecure, "$Secure", recordView, secure...); err != nil {
		return 0, err
	}
	if err := v.writeSystem(recBoot, "$Boot", 0, boot); err != nil {
		return 0, err
	}
	total := v.space.limit
	if total == 0 {
		total = v.total()
		v.space.limit = total
		size = (total + 1) * v.cluster
	}
	if err := v.writeMaps(total); err != nil {
		return 0, err
	}
	sectors := size/int64(v.sector) - 1
	sector := v.bootSector(sectors)
	if err := v.writeAt(sector, sectors*int64(v.sector)); err != nil {
		return 0, err
	}
	if err := v.writeAt(v.mft.mirror, v.mirrorAt*v.cluster); err != nil {
		return 0, err
	}
	return size, v.writeAt(sector, 0)
}

// total is the number of clusters of a volume that is as small as fits: those
// in use, and enough for $MFT's bitmap, the root's index and $Bitmap.
func (v *volume) total() int64 {
	index := 0
	for _, e := range v.root.entries {
		index += len(e) + 8
	}
	bytes := int64(index)*2 + 4*indexBlock + int64(v.mft.count+windowRecords)/8
	clusters := v.space.next + align(bytes, v.cluster)/v.cluster + 8
	return clusters + align(clusters/8+8, v.cluster)/v.cluster + 1
}

// writeMaps writes what describes the use of records and clusters: $MFT,
// $Bitmap and $BadClus, and the root directory.
func (v *volume) writeMaps(total int64) error {
	t := &v.mft
	t.trim()
	var data, bitmap, clusters attr
	var err error
	if bitmap, err = v.store(typeBitmap, nil, stream{size: align(int64(t.count), 64) / 8, layout: plain}); err != nil {
		return err
	}
	if clusters, err = v.store(typeData, nil, stream{size: align(total, 64) / 8, layout: plain}); err != nil {
		return err
	}
	if err := v.writeSystem(recBitmap, "$Bitmap", 0, clusters); err != nil {
		return err
	}
	if err := v.writeBad(total); err != nil {
		return err
	}
	data = attr{typ: typeData, clusters: true, runs: t.runs, alloc: clustersOf(t.runs) * v.cluster}
	data.size = int64(t.count) * int64(v.recordSize)
	data.valid = data.size
	mft := &node{head: systemHead(recMFT, 0), name: units("$MFT"), parent: v.root}
	names, err := v.systemNames(mft, []attr{data})
	if err != nil {
		return err
	}
	if v.root.names, err = v.systemNames(v.root, nil); err != nil {
		return err
	}
	v.root.names = v.root.names[1:]
	if err := v.writeDir(v.root); err != nil {
		return err
	}
	rec, err := v.encode(mft.head, 0, append(names, data, bitmap))
	if err != nil {
		return err
	}
	if err := t.put(recMFT, rec, true); err != nil {
		return err
	}
	if err := t.fillFree(); err != nil {
		return err
	}
	if err := v.writeAt(t.inUse.bytes(t.count), bitmap.runs[0].LCN*v.cluster); err != nil {
		return err
	}
	v.space.mark(total, align(total, 64)-total, true) // bits behind the end are set
	return v.writeAt(bitset(v.space.bits).bytes(uint64(total)), clusters.runs[0].LCN*v.cluster)
}
