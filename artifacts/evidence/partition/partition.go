// Package partition finds the volumes of a disk: GPT, MBR with extended
// partitions, or no table at all; sectors of 512 and of 4096 bytes.
package partition

import (
	"cmp"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"slices"

	"hivetriage/artifacts"
)

// A Partition is a range of the disk.
type Partition struct {
	Name         string // "gpt:2", "mbr:5" as Linux numbers them; "" for a disk without a table
	Offset, Size int64  // bytes; Size is what the image holds of it
	TypeName     string // what the table calls it, "" for a disk without one
	GUID         string // of a GPT's partition, "{...}" in upper case
	Signature    uint32 // of the disk, in an MBR; 0 where there is none
}

// sectorSizes are those in use, the usual one first.
var sectorSizes = [...]int64{512, 4096}

// A disk is what the tables are read from.
type disk struct {
	r        io.ReaderAt
	size     int64
	parts    []Partition
	problems []*artifacts.Problem

	signature uint32 // of an MBR, at 440
}

// List returns the partitions of a disk in the order of their place on it. A
// disk without a table is one partition. The problems are *artifacts.Problem
// with the offset on the disk; partitions that are found in spite of them are
// returned.
func List(r io.ReaderAt, size int64) ([]Partition, []*artifacts.Problem) {
	d := &disk{r: r, size: size}
	if size < 512 {
		return []Partition{{Size: size}}, nil
	}
	head, err := d.read(0, 512)
	if err != nil {
		d.problem(ioKind(err), 0, "the first sector cannot be read: %w", err)
	}
	if err == nil && bootSector(head) != "" {
		return []Partition{{Size: size}}, nil
	}
	mbr, isMBR := parseMBR(head)
	if isMBR {
		d.signature = binary.LittleEndian.Uint32(head[440:])
	}
	switch {
	case isMBR && !mbr.protective(): // by UEFI's rule a GPT without a protective MBR is none
		d.mbr(mbr)
	case d.gpt() && isMBR:
		d.hybrid(mbr)
	case isMBR && len(d.parts) == 0:
		d.mbr(mbr)
	}
	slices.SortStableFunc(d.parts, func(a, b Partition) int { return cmp.Compare(a.Offset, b.Offset) })
	if len(d.parts) == 0 && len(d.problems) == 0 {
		return []Partition{{Size: size}}, nil
	}
	return d.parts, d.problems
}

// ioKind keeps the kind of an error that is a Problem already.
func ioKind(err error) artifacts.Kind {
	if p := (*artifacts.Problem)(nil); errors.As(err, &p) {
		return p.Kind
	}
	if err == io.ErrUnexpectedEOF {
		return artifacts.Truncated
	}
	return artifacts.IO
}

func (d *disk) problem(kind artifacts.Kind, offset int64, format string, args ...any) {
	d.problems = append(d.problems, artifacts.NewProblem(kind, offset, format, args...))
}

// read returns n bytes at an offset, or what there is of them with
// io.ErrUnexpectedEOF.
func (d *disk) read(off int64, n int) ([]byte, error) {
	if off < 0 || off >= d.size {
		return nil, io.ErrUnexpectedEOF
	}
	b := make([]byte, n)
	got, err := d.r.ReadAt(b, off)
	switch {
	case got == n:
		return b, nil
	case err == nil || err == io.EOF:
		err = io.ErrUnexpectedEOF
	}
	return b[:got], err
}

// add lists a partition that the table places at sectors, and says where it
// leaves the image. p has what else the table tells of it.
func (d *disk) add(p Partition, start, count uint64, sector int64) {
	name, typeName := p.Name, p.TypeName
	if start > math.MaxInt64/2/uint64(sector) || count > math.MaxInt64/2/uint64(sector) {
		d.problem(artifacts.Malformed, -1, "%s: %d sectors from sector %d is beyond any disk", name, count, start)
		return
	}
	p.Offset, p.Size = int64(start)*sector, int64(count)*sector
	switch {
	case p.Offset >= d.size:
		d.problem(artifacts.Truncated, p.Offset, "%s (%s) begins after the end of the image, which is %d bytes: nothing of it is there", name, typeName, d.size)
		return
	case p.Size > d.size-p.Offset:
		d.problem(artifacts.Truncated, d.size, "%s (%s) ends %d bytes after the end of the image: what is there is read", name, typeName, p.Size-(d.size-p.Offset))
		p.Size = d.size - p.Offset
	}
	d.parts = append(d.parts, p)
}
