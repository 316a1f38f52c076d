package vhd

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"

	"hivetriage/artifacts"
	"hivetriage/artifacts/internal/windows"
)

const (
	footerCookie = "conectix"
	footerSize   = 512
	headerCookie = "cxsparse"
	headerSize   = 1024
	version      = 0x00010000
)

// The types of disk, as the footer names them.
const (
	fixed        = 2
	dynamic      = 3
	differencing = 4
)

// A footer is the hard disk footer.
type footer struct {
	header int64 // offset of the dynamic disk header
	size   int64 // bytes of the media: "current size"
	kind   uint32
	id     string // the disk's unique identifier
}

// A header is the dynamic disk header.
type header struct {
	table     int64 // offset of the block allocation table
	entries   uint32
	blockSize int64
	parent    string // the parent's unique identifier
	name      []byte // of the parent, UTF-16BE
	locators  []byte // 8 of 24 bytes
}

// checksum is the one's complement of the sum of the bytes but those of the
// checksum, which is kept at the given place.
func checksum(b []byte, at int) uint32 {
	var sum uint32
	for i, c := range b {
		if i < at || i >= at+4 {
			sum += uint32(c)
		}
	}
	return ^sum
}

// withoutIdentifier reports whether a footer has the checksum that early
// versions of QEMU wrote: they computed it before they filled the identifier in.
func withoutIdentifier(b []byte, stored uint32) bool {
	b = bytes.Clone(b)
	clear(b[68:84])
	return string(b[28:32]) == "qemu" && stored == checksum(b, 64)
}

// readFooter takes the footer at the end, or its copy at the beginning.
func (d *Disk) readFooter() error {
	size := d.media.File.Size
	d.end = size
	last, atEnd := d.footerAt(size - footerSize)
	if atEnd == nil {
		d.footer, d.end = last, size-footerSize
		return nil
	}
	first, atBegin := d.footerAt(0)
	switch {
	case atBegin == nil && first.kind != fixed:
		d.footer = first
		d.problem(atEnd.Kind, -1, "the footer at the end is damaged or missing (%w): its copy at the beginning is used", atEnd.Err)
		return nil
	case atEnd.Kind == artifacts.Checksum && last.kind == fixed && last.size == size-footerSize && atBegin != nil && errors.Is(atBegin, errNoFooter):
		// All that is needed of a fixed disk's footer is known without it.
		d.footer = last
		d.problem(artifacts.Checksum, -1, "the footer is damaged (%w); the disk is read as the fixed one that it says to be", atEnd.Err)
		return nil
	case atBegin != nil && errors.Is(atEnd, errNoFooter) && !errors.Is(atBegin, errNoFooter):
		return atBegin
	}
	return atEnd
}

var errNoFooter = errors.New("no VHD footer")

// footerAt reads and verifies a footer. With a wrong checksum it is returned
// as it is.
func (d *Disk) footerAt(at int64) (footer, *artifacts.Problem) {
	name := d.media.File.Name
	b := make([]byte, footerSize)
	if _, err := d.media.File.ReadFull(b, at); err != nil {
		return footer{}, artifacts.Located(artifacts.Locator{}, err)
	}
	if string(b[:8]) != footerCookie {
		return footer{}, artifacts.NewProblem(artifacts.Malformed, -1, "%s at offset %d: %w", name, at, errNoFooter)
	}
	f := footer{
		header: int64(binary.BigEndian.Uint64(b[16:])),
		size:   int64(binary.BigEndian.Uint64(b[48:])),
		kind:   binary.BigEndian.Uint32(b[60:]),
		id:     identifier(b[68:84]),
	}
	stored, computed := binary.BigEndian.Uint32(b[64:]), checksum(b, 64)
	switch v := binary.BigEndian.Uint32(b[12:]); {
	case stored != computed && !withoutIdentifier(b, stored):
		return f, artifacts.NewProblem(artifacts.Checksum, -1, "%s at offset %d: footer: stored checksum %08x, computed %08x", name, at, stored, computed)
	case v != version:
		return f, artifacts.NewProblem(artifacts.Unsupported, -1, "%s at offset %d: VHD version %08x is not read by this version; %s", name, at, v, convert)
	case f.size <= 0 || f.size > math.MaxInt64/2:
		return f, artifacts.NewProblem(artifacts.Malformed, -1, "%s at offset %d: a disk of %d bytes", name, at, f.size)
	case f.kind != fixed && f.kind != dynamic && f.kind != differencing:
		return f, artifacts.NewProblem(artifacts.Unsupported, -1, "%s at offset %d: VHD type %d is not read by this version; %s", name, at, f.kind, convert)
	}
	return f, nil
}

const convert = "convert it first: qemu-img convert -O raw IMAGE disk.raw"

// readHeader reads and verifies the dynamic disk header.
func (d *Disk) readHeader() error {
	name, at := d.media.File.Name, d.footer.header
	b := make([]byte, headerSize)
	if _, err := d.media.File.ReadFull(b, at); err != nil {
		return err
	}
	stored, computed := binary.BigEndian.Uint32(b[36:]), checksum(b, 36)
	switch v := binary.BigEndian.Uint32(b[24:]); {
	case string(b[:8]) != headerCookie:
		return artifacts.NewProblem(artifacts.Malformed, -1, "%s at offset %d: no dynamic disk header", name, at)
	case stored != computed:
		return artifacts.NewProblem(artifacts.Checksum, -1, "%s at offset %d: dynamic disk header: stored checksum %08x, computed %08x", name, at, stored, computed)
	case v != version:
		return artifacts.NewProblem(artifacts.Unsupported, -1, "%s at offset %d: version %08x of the dynamic disk header is not read by this version; %s", name, at, v, convert)
	}
	d.header = header{
		table:     int64(binary.BigEndian.Uint64(b[16:])),
		entries:   binary.BigEndian.Uint32(b[28:]),
		blockSize: int64(binary.BigEndian.Uint32(b[32:])),
		parent:    identifier(b[40:56]),
		name:      b[64:576],
		locators:  b[576:768],
	}
	if s := d.header.blockSize; s < minBlock || s > maxBlock || s&(s-1) != 0 {
		return artifacts.NewProblem(artifacts.Malformed, -1, "%s at offset %d: blocks of %d bytes", name, at, s)
	}
	if t := d.header.table; t < 0 || t > d.media.File.Size {
		return artifacts.NewProblem(artifacts.Truncated, -1, "%s at offset %d: the block table is at offset %d, the file ends at %d", name, at, t, d.media.File.Size)
	}
	return nil
}

// identifier formats a UUID. VHD keeps them in the order they are written.
func identifier(b []byte) string {
	swapped := []byte{b[3], b[2], b[1], b[0], b[5], b[4], b[7], b[6]}
	return windows.GUID(append(swapped, b[8:16]...))
}
