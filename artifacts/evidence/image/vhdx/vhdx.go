// Package vhdx reads virtual hard disks of Hyper-V, version 2: fixed, dynamic,
// and differencing with their parents. Where the log holds writes that have
// not reached the file they are applied in memory.
//
// Facts about the format are from Microsoft's "[MS-VHDX]: Virtual Hard Disk v2
// (VHDX) File Format". All numbers are little-endian.
package vhdx

import (
	"bytes"
	"encoding/binary"
	"io"
	"math/bits"
	"slices"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/image/blocks"
)

const (
	mib = 1 << 20
	// bitmapBits is how many sectors a sector bitmap block, of 1 MiB, is for.
	bitmapBits = 8 * mib
	// maxBlocks bounds the block allocation table: 8 TiB in blocks of 1 MiB, the
	// 64 TiB of the format in blocks of 8 MiB.
	maxBlocks = 1 << 23
)

// The states of a payload block. Sector bitmap blocks are notPresent or
// fullyPresent.
const (
	notPresent       = 0 // the parent's, zeros where there is none
	undefined        = 1
	zero             = 2
	unmapped         = 3
	fullyPresent     = 6
	partiallyPresent = 7 // a sector bitmap says which sectors are in the file
)

// Detect tells a VHDX by the file type identifier.
func Detect(head, _ []byte) bool { return bytes.HasPrefix(head, []byte(identifier)) }

// A Disk is the media of a VHDX. It is safe for concurrent use.
type Disk struct {
	media    blocks.Media
	problems []*artifacts.Problem

	header   header
	regions  regions
	metadata metadata

	table    []uint64   // the block allocation table
	ratio    int64      // payload blocks for each sector bitmap block
	count    int64      // payload blocks
	collides blocks.Set // entries of the table whose place another claims
	bitmaps  *blocks.Bitmaps
}

// Open reads the structures of a disk, but no block, and opens the parents of
// a differencing disk. Sibling opens a file by a name that the disk gives its
// parent. Name is for messages.
func Open(name string, r io.ReaderAt, size int64, sibling func(name string) (io.ReaderAt, int64, error)) (*Disk, error) {
	return open(blocks.File{Name: name, R: r, Size: size}, sibling, nil)
}

// Size returns the size of the media in bytes.
func (d *Disk) Size() int64 { return d.media.Size }

// Problems returns the damage met at opening, of the parents too. The offset
// is in the media; -1 is damage that has no place there.
func (d *Disk) Problems() []*artifacts.Problem { return d.problems }

// ReadAt reads media bytes. Damage is a *artifacts.Problem with the offset in
// the media.
func (d *Disk) ReadAt(p []byte, off int64) (int, error) { return d.media.ReadAt(p, off) }

// open opens a disk below children, whose identifiers are given.
func open(file blocks.File, sibling func(name string) (io.ReaderAt, int64, error), children []string) (*Disk, error) {
	d := &Disk{}
	d.media.File = file
	for _, step := range []func() error{d.readHeaders, d.replay, d.readRegions, d.readMetadata, d.readTable} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	d.media.Size, d.media.Locate = d.metadata.size, d.locate
	if d.metadata.hasParent {
		if err := d.openParent(sibling, children); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// readTable reads the block allocation table.
func (d *Disk) readTable() error {
	d.ratio = bitmapBits * d.metadata.sector / d.metadata.block
	d.count = (d.metadata.size + d.metadata.block - 1) / d.metadata.block
	entries := d.count + (d.count-1)/d.ratio
	if d.metadata.hasParent {
		entries = (d.count + d.ratio - 1) / d.ratio * (d.ratio + 1)
	}
	name, region := d.media.File.Name, d.regions.table
	switch {
	case d.count > maxBlocks:
		return artifacts.NewProblem(artifacts.Limit, -1, "%s: %d blocks; this program reads disks of up to %d", name, d.count, maxBlocks)
	case 8*entries > region.End-region.Begin:
		return artifacts.NewProblem(artifacts.Malformed, -1, "%s at offset %d: a block table of %d bytes is too small for %d entries", name, region.Begin, region.End-region.Begin, entries)
	}
	raw := make([]byte, 8*entries)
	if _, err := d.media.File.ReadFull(raw, region.Begin); err != nil {
		return err
	}
	d.table = make([]uint64, entries)
	for i := range d.table {
		d.table[i] = binary.LittleEndian.Uint64(raw[8*i:])
	}
	d.bitmaps = blocks.NewBitmaps(d.metadata.block/d.metadata.sector, d.readBitmap)
	d.checkTable()
	return nil
}

// checkTable looks for blocks that cannot be where the table says.
func (d *Disk) checkTable() {
	var out, first int64
	for i := range d.count {
		entry := d.table[d.index(i)]
		if _, ok := d.place(d.index(i)); ok && offset(entry)+d.used(i) > d.media.File.Size {
			if out == 0 {
				first = i
			}
			out++
		}
	}
	if out > 0 {
		d.problem(artifacts.Truncated, first*d.metadata.block, "%d of %d blocks lie beyond the end of the file at %d or reach over it; the first is block %d",
			out, d.count, d.media.File.Size, first)
	}
	var found int64
	d.collides, found = blocks.Collisions(int64(len(d.table)), d.place,
		blocks.Range{Begin: 0, End: mib}, d.header.log, d.regions.table, d.regions.metadata)
	if found > 0 {
		d.problem(artifacts.Malformed, -1, "the block table places %d blocks where other blocks or the disk's own structures are; they are not read", found)
	}
}

// index is the place of a payload block in the table: after every ratio
// payload blocks stands the entry of their sector bitmap.
func (d *Disk) index(block int64) int64 { return block + block/d.ratio }

// offset is where the block of an entry begins in the file.
func offset(entry uint64) int64 { return int64(entry >> 20 * mib & (1<<63 - 1)) }

func state(entry uint64) int { return int(entry & 7) }

// place returns where the block of an entry of the table is in the file.
func (d *Disk) place(index int64) (blocks.Range, bool) {
	entry := d.table[index]
	at, length := offset(entry), d.metadata.block
	if index%(d.ratio+1) == d.ratio { // a sector bitmap
		return blocks.Range{Begin: at, End: at + mib}, state(entry) == fullyPresent && d.metadata.hasParent
	}
	return blocks.Range{Begin: at, End: at + length}, state(entry) == fullyPresent || state(entry) == partiallyPresent
}

// used is how many bytes of a block belong to the disk.
func (d *Disk) used(block int64) int64 {
	return min(d.metadata.block, d.metadata.size-block*d.metadata.block)
}

// locate finds the span at a media offset.
func (d *Disk) locate(off int64) (blocks.Span, error) {
	block, inside := off/d.metadata.block, off%d.metadata.block
	span := blocks.Span{Length: d.metadata.block - inside}
	entry := d.table[d.index(block)]
	at := offset(entry)
	switch s := state(entry); {
	case s == notPresent:
		span.Place = blocks.Above
		return span, nil
	case s == undefined || s == zero || s == unmapped:
		return span, nil
	case s != fullyPresent && s != partiallyPresent || s == partiallyPresent && !d.metadata.hasParent:
		return span, d.lost(artifacts.Malformed, block, at, "has the state %d, which a block of this disk cannot have", s)
	case d.collides.Has(d.index(block)):
		return span, d.lost(artifacts.Malformed, block, at, "is said to be where something else is")
	case s == fullyPresent:
		return d.stored(off, span.Length)
	}
	stored, run, err := d.bitmaps.Run(block, inside/d.metadata.sector)
	if err != nil {
		return span, err
	}
	span.Place, span.Length = blocks.Above, run*d.metadata.sector-inside%d.metadata.sector
	if stored {
		return d.stored(off, span.Length)
	}
	return span, nil
}

// stored is the span of up to length bytes of a block that is in the file.
func (d *Disk) stored(off, length int64) (blocks.Span, error) {
	block := off / d.metadata.block
	begin := block * d.metadata.block
	at := offset(d.table[d.index(block)]) + off - begin
	return d.media.File.Stored(off, at, length, d.media.File.Size, blocks.Range{Begin: begin, End: begin + d.used(block)})
}

// readBitmap reads the part of a sector bitmap block that a payload block has.
func (d *Disk) readBitmap(block int64) ([]byte, error) {
	chunk := block / d.ratio
	index := chunk*(d.ratio+1) + d.ratio
	at := offset(d.table[index])
	switch {
	case state(d.table[index]) != fullyPresent:
		return nil, d.lost(artifacts.Malformed, block, at, "is partly the parent's, but there is no sector bitmap that says where")
	case d.collides.Has(index):
		return nil, d.lost(artifacts.Malformed, block, at, "has a sector bitmap that is said to be where something else is")
	}
	b := make([]byte, d.metadata.block/d.metadata.sector/8)
	if _, err := d.media.File.ReadFull(b, at+block%d.ratio*int64(len(b))); err != nil {
		p := artifacts.Located(artifacts.Locator{}, err)
		return nil, artifacts.NewProblem(p.Kind, block*d.metadata.block, "sector bitmap of block %d: %w", block, p.Err)
	}
	for i := range b { // the first sector is the lowest bit
		b[i] = bits.Reverse8(b[i])
	}
	return b, nil
}

// lost makes a Problem of a block that cannot be read.
func (d *Disk) lost(kind artifacts.Kind, block, at int64, format string, args ...any) error {
	begin := block * d.metadata.block
	args = slices.Concat([]any{d.media.File.Name, at, block, begin, begin + d.used(block) - 1}, args)
	return artifacts.NewProblem(kind, begin, "%s at offset %d: block %d (media bytes %d to %d) "+format, args...)
}

// problem notes damage that leaves something to read.
func (d *Disk) problem(kind artifacts.Kind, media int64, format string, args ...any) {
	d.problems = append(d.problems, artifacts.NewProblem(kind, media, "%s: "+format, slices.Insert(args, 0, any(d.media.File.Name))...))
}
