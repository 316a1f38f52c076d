// Package vhd reads virtual hard disks of Virtual PC and Hyper-V: fixed,
// dynamic, and differencing with their parents.
//
// Facts about the format are from Microsoft's "Virtual Hard Disk Image Format
// Specification", version 1.0. All numbers are big-endian; a sector has 512
// bytes.
package vhd

import (
	"bytes"
	"encoding/binary"
	"io"
	"slices"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/image/blocks"
)

const (
	sector = 512
	// unused is the table's entry of a block that is not in the file.
	unused = 0xFFFFFFFF
	// maxBlocks bounds the block table: 2 TiB, the most of the format, in
	// blocks of 512 KiB.
	maxBlocks = 1 << 22
	// maxBlock and minBlock bound the block size. Windows writes 2 MiB and 512 KiB.
	maxBlock = 256 << 20
	minBlock = 4096
)

// Detect tells a VHD by the footer at the end of the file or, in dynamic and
// differencing disks, its copy at the beginning.
func Detect(head, tail []byte) bool {
	return bytes.HasPrefix(head, []byte(footerCookie)) || len(tail) == footerSize && bytes.HasPrefix(tail, []byte(footerCookie))
}

// A Disk is the media of a VHD. It is safe for concurrent use.
type Disk struct {
	media    blocks.Media
	footer   footer
	problems []*artifacts.Problem

	// Of dynamic and differencing disks:
	header     header
	table      []uint32   // the sector each block begins at
	collides   blocks.Set // blocks whose place another claims
	bitmapSize int64      // of a block's sector bitmap, which stands before it
	end        int64      // where blocks end in the file
	bitmaps    *blocks.Bitmaps
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
	if err := d.readFooter(); err != nil {
		return nil, err
	}
	d.media.Size = d.footer.size
	if d.footer.kind == fixed {
		d.openFixed()
		return d, nil
	}
	if err := d.readHeader(); err != nil {
		return nil, err
	}
	if err := d.readTable(); err != nil {
		return nil, err
	}
	d.media.Locate = d.locate
	if d.footer.kind == differencing {
		if err := d.openParent(sibling, children); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// openFixed takes the media from before the footer.
func (d *Disk) openFixed() {
	have := d.media.File.Size - footerSize
	d.media.Locate = func(off int64) (blocks.Span, error) {
		return d.media.File.Stored(off, off, d.media.Size-off, have, blocks.Range{Begin: 0, End: d.media.Size})
	}
	switch {
	case have < d.media.Size:
		d.problem(artifacts.Truncated, have, "the disk has %d bytes, %d of them are in the file", d.media.Size, have)
	case have > d.media.Size:
		d.problem(artifacts.Malformed, -1, "the footer says that the disk has %d bytes; the %d bytes between them and the footer are not read", d.media.Size, have-d.media.Size)
	}
}

// readTable reads the block allocation table.
func (d *Disk) readTable() error {
	name := d.media.File.Name
	count := (d.media.Size + d.header.blockSize - 1) / d.header.blockSize
	switch {
	case count > int64(d.header.entries):
		return artifacts.NewProblem(artifacts.Malformed, -1, "%s: a table of %d blocks of %d bytes is too small for the disk of %d bytes", name, d.header.entries, d.header.blockSize, d.media.Size)
	case count > maxBlocks:
		return artifacts.NewProblem(artifacts.Limit, -1, "%s: %d blocks; this program reads disks of up to %d", name, count, maxBlocks)
	}
	raw := make([]byte, min(4*count, max(0, d.media.File.Size-d.header.table)))
	if _, err := d.media.File.ReadFull(raw, d.header.table); err != nil {
		return err
	}
	if int64(len(raw)) < 4*count {
		return artifacts.NewProblem(artifacts.Truncated, -1, "%s at offset %d: the file ends in the block table", name, d.header.table)
	}
	d.table = make([]uint32, count)
	for i := range d.table {
		d.table[i] = binary.BigEndian.Uint32(raw[4*i:])
	}
	d.bitmapSize = (d.header.blockSize/sector/8 + sector - 1) / sector * sector
	d.bitmaps = blocks.NewBitmaps(d.header.blockSize/sector, d.readBitmap)
	d.checkTable()
	return nil
}

// checkTable looks for blocks that cannot be where the table says.
func (d *Disk) checkTable() {
	var out, first int64
	for i := range d.table {
		if at, ok := d.place(int64(i)); ok && at+d.bitmapSize+d.used(int64(i)) > d.end {
			if out == 0 {
				first = int64(i)
			}
			out++
		}
	}
	if out > 0 {
		d.problem(artifacts.Truncated, first*d.header.blockSize, "%d of %d blocks lie beyond the end of the file at %d or reach over it; the first is block %d",
			out, len(d.table), d.end, first)
	}
	var found int64
	whole := func(n int64) (blocks.Range, bool) {
		at, ok := d.place(n)
		return blocks.Range{Begin: at, End: at + d.bitmapSize + d.header.blockSize}, ok
	}
	d.collides, found = blocks.Collisions(int64(len(d.table)), whole,
		blocks.Range{Begin: 0, End: footerSize},
		blocks.Range{Begin: d.footer.header, End: d.footer.header + headerSize},
		blocks.Range{Begin: d.header.table, End: d.header.table + 4*int64(len(d.table))})
	if found > 0 {
		d.problem(artifacts.Malformed, -1, "the block table places %d blocks where other blocks or the disk's own structures are; they are not read", found)
	}
}

// place returns where the bitmap of a block begins in the file.
func (d *Disk) place(block int64) (int64, bool) {
	return int64(d.table[block]) * sector, d.table[block] != unused
}

// used is how many bytes of a block belong to the disk.
func (d *Disk) used(block int64) int64 {
	return min(d.header.blockSize, d.media.Size-block*d.header.blockSize)
}

// locate finds the span at a media offset.
func (d *Disk) locate(off int64) (blocks.Span, error) {
	block, inside := off/d.header.blockSize, off%d.header.blockSize
	span := blocks.Span{Place: blocks.Above, Length: d.header.blockSize - inside}
	at, ok := d.place(block)
	if !ok {
		return span, nil
	}
	begin := block * d.header.blockSize
	media := blocks.Range{Begin: begin, End: begin + d.used(block)}
	switch {
	case d.collides.Has(block):
		return span, artifacts.NewProblem(artifacts.Malformed, begin, "%s at offset %d: block %d (media bytes %d to %d) is said to be where something else is",
			d.media.File.Name, at, block, begin, media.End-1)
	case at+d.bitmapSize >= d.end: // without the bitmap, too, nothing is known of the block
		return d.media.File.Stored(begin, at+d.bitmapSize, 0, d.end, media)
	}
	stored, run, err := d.bitmaps.Run(block, inside/sector)
	if err != nil {
		return span, err
	}
	span.Length = run*sector - inside%sector
	if stored {
		return d.media.File.Stored(off, at+d.bitmapSize+inside, span.Length, d.end, media)
	}
	return span, nil
}

// readBitmap reads the sector bitmap of a block.
func (d *Disk) readBitmap(block int64) ([]byte, error) {
	at, _ := d.place(block)
	bits := make([]byte, d.header.blockSize/sector/8)
	if _, err := d.media.File.ReadFull(bits, at); err != nil {
		p := artifacts.Located(artifacts.Locator{}, err)
		return nil, artifacts.NewProblem(p.Kind, block*d.header.blockSize, "sector bitmap of block %d: %w", block, p.Err)
	}
	return bits, nil
}

// problem notes damage that leaves something to read.
func (d *Disk) problem(kind artifacts.Kind, media int64, format string, args ...any) {
	d.problems = append(d.problems, artifacts.NewProblem(kind, media, "%s: "+format, slices.Insert(args, 0, any(d.media.File.Name))...))
}
