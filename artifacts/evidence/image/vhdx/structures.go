package vhdx

import (
	"encoding/binary"
	"hash/crc32"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/image/blocks"
	"hivetriage/artifacts/internal/windows"
)

const (
	identifier  = "vhdxfile"
	headerSize  = 4 << 10
	regionsSize = 64 << 10
	// maxRegions and maxItems are the most entries of a region table and of a
	// metadata table.
	maxRegions = 2047
	maxItems   = 2047
	noGUID     = "{00000000-0000-0000-0000-000000000000}"
)

var (
	headerAt  = [2]int64{64 << 10, 128 << 10}
	regionsAt = [2]int64{192 << 10, 256 << 10}

	castagnoli = crc32.MakeTable(crc32.Castagnoli)
)

const (
	regionTable    = "{2DC27766-F623-4200-9D64-115E9BFD4A08}"
	regionMetadata = "{8B7CA206-4790-4B9A-B8FE-575F050F886E}"
)

// A header says which state of the file is the current one.
type header struct {
	sequence   uint64
	data       string // identifier of the media's content
	logID      string // of the log's entries; noGUID for an empty log
	logVersion uint16
	version    uint16
	log        blocks.Range
}

// crc is the CRC-32C of a structure, in which its own four bytes, at 4, count
// as zeros.
func crc(b []byte) uint32 {
	sum := crc32.Update(0, castagnoli, b[:4])
	sum = crc32.Update(sum, castagnoli, make([]byte, 4))
	return crc32.Update(sum, castagnoli, b[8:])
}

// structure reads and verifies one that begins with a signature and a CRC-32C.
func (d *Disk) structure(signature string, at, size int64) ([]byte, *artifacts.Problem) {
	name := d.media.File.Name
	b := make([]byte, size)
	if _, err := d.media.File.ReadFull(b, at); err != nil {
		return nil, artifacts.Located(artifacts.Locator{}, err)
	}
	if string(b[:4]) != signature {
		return nil, artifacts.NewProblem(artifacts.Malformed, -1, "%s at offset %d: no %q structure", name, at, signature)
	}
	if stored, computed := binary.LittleEndian.Uint32(b[4:]), crc(b); stored != computed {
		return nil, artifacts.NewProblem(artifacts.Checksum, -1, "%s at offset %d: %q structure: stored CRC-32C %08x, computed %08x", name, at, signature, stored, computed)
	}
	return b, nil
}

// readHeaders takes the intact header with the higher sequence number.
func (d *Disk) readHeaders() error {
	var failed []*artifacts.Problem
	for _, at := range headerAt {
		b, problem := d.structure("head", at, headerSize)
		if problem != nil {
			failed = append(failed, problem)
			continue
		}
		h := header{
			sequence:   binary.LittleEndian.Uint64(b[8:]),
			data:       windows.GUID(b[32:]),
			logID:      windows.GUID(b[48:]),
			logVersion: binary.LittleEndian.Uint16(b[64:]),
			version:    binary.LittleEndian.Uint16(b[66:]),
		}
		length, begin := int64(binary.LittleEndian.Uint32(b[68:])), binary.LittleEndian.Uint64(b[72:])
		h.log.Begin = int64(begin & (1<<62 - 1))
		h.log.End = h.log.Begin + length
		if d.header.data == "" || h.sequence > d.header.sequence {
			d.header = h
		}
	}
	switch {
	case len(failed) == 2:
		return failed[0]
	case len(failed) == 1:
		d.problem(failed[0].Kind, -1, "one of the two headers is damaged (%w): the other is used", failed[0].Err)
	}
	if d.header.version != 1 {
		return artifacts.NewProblem(artifacts.Unsupported, -1, "%s: VHDX version %d is not read by this version; %s", d.media.File.Name, d.header.version, convert)
	}
	return nil
}

const convert = "convert it first: qemu-img convert -O raw IMAGE disk.raw"

// The regions are where the block allocation table and the metadata are.
type regions struct {
	table, metadata blocks.Range
}

// readRegions takes the first of the two region tables that is intact.
func (d *Disk) readRegions() error {
	var failed []*artifacts.Problem
	var table []byte
	for _, at := range regionsAt {
		b, problem := d.structure("regi", at, regionsSize)
		if problem != nil {
			failed = append(failed, problem)
		} else if table == nil {
			table = b
		}
	}
	switch {
	case len(failed) == 2:
		return failed[0]
	case len(failed) == 1:
		d.problem(failed[0].Kind, -1, "one of the two region tables is damaged (%w): the other is used", failed[0].Err)
	}
	return d.parseRegions(table)
}

func (d *Disk) parseRegions(b []byte) error {
	name := d.media.File.Name
	count := binary.LittleEndian.Uint32(b[8:])
	if count > maxRegions {
		return artifacts.NewProblem(artifacts.Malformed, -1, "%s: a region table of %d entries", name, count)
	}
	for i := range count {
		e := b[16+32*i:]
		begin := binary.LittleEndian.Uint64(e[16:])
		at := blocks.Range{Begin: int64(begin & (1<<62 - 1))}
		at.End = at.Begin + int64(binary.LittleEndian.Uint32(e[24:]))
		switch id := windows.GUID(e); {
		case id == regionTable:
			d.regions.table = at
		case id == regionMetadata:
			d.regions.metadata = at
		case e[28]&1 != 0:
			return artifacts.NewProblem(artifacts.Unsupported, -1, "%s: a region %s that readers must know is not known; %s", name, id, convert)
		}
	}
	for _, r := range []blocks.Range{d.regions.table, d.regions.metadata} {
		switch {
		case r.End == 0:
			return artifacts.NewProblem(artifacts.Malformed, -1, "%s: no region for the block table or for the metadata", name)
		case r.Begin < mib || r.Begin%mib != 0:
			return artifacts.NewProblem(artifacts.Malformed, -1, "%s: a region at offset %d", name, r.Begin)
		}
	}
	return nil
}

// What the metadata say of the disk.
type metadata struct {
	block, sector, size int64
	hasParent           bool
	locator             []byte
}

const (
	itemParameters = "{CAA16737-FA36-4D43-B3B6-33F0AA44E76B}"
	itemSize       = "{2FA54224-CD1B-4876-B211-5DBED83BF4B8}"
	itemDiskID     = "{BECA12AB-B2E6-4523-93EF-C309E000C746}"
	itemSector     = "{8141BF1D-A96F-4709-BA47-F233A8FAAB5F}"
	itemPhysical   = "{CDA348C7-445D-4471-9CC9-E9885251C556}"
	itemParent     = "{A8D35F2D-B30B-454D-ABF7-D3D84834AB0C}"
)

// readMetadata reads the items that say how the disk is laid out.
func (d *Disk) readMetadata() error {
	name, at := d.media.File.Name, d.regions.metadata.Begin
	b := make([]byte, 64<<10)
	if _, err := d.media.File.ReadFull(b, at); err != nil {
		return err
	}
	count := binary.LittleEndian.Uint16(b[10:])
	if string(b[:8]) != "metadata" || count > maxItems {
		return artifacts.NewProblem(artifacts.Malformed, -1, "%s at offset %d: no metadata table", name, at)
	}
	var parameters []byte
	for i := range int(count) {
		e := b[32+32*i:]
		var err error
		switch id := windows.GUID(e); id {
		case itemParameters:
			parameters, err = d.item(e, 8)
		case itemSize:
			d.metadata.size, err = d.number(e, 8)
		case itemSector:
			d.metadata.sector, err = d.number(e, 4)
		case itemParent:
			d.metadata.locator, err = d.item(e, 20)
		case itemDiskID, itemPhysical:
		default:
			if e[24]&4 != 0 { // IsRequired
				err = artifacts.NewProblem(artifacts.Unsupported, -1, "%s: metadata %s that readers must know are not known; %s", name, id, convert)
			}
		}
		if err != nil {
			return err
		}
	}
	if parameters != nil {
		d.metadata.block = int64(binary.LittleEndian.Uint32(parameters))
		d.metadata.hasParent = parameters[4]&2 != 0
	}
	return d.checkMetadata()
}

func (d *Disk) checkMetadata() error {
	name, m := d.media.File.Name, &d.metadata
	switch {
	case m.block < mib || m.block > 256*mib || m.block&(m.block-1) != 0:
		return artifacts.NewProblem(artifacts.Malformed, -1, "%s: blocks of %d bytes", name, m.block)
	case m.sector != 512 && m.sector != 4096:
		return artifacts.NewProblem(artifacts.Malformed, -1, "%s: sectors of %d bytes", name, m.sector)
	case m.size <= 0 || m.size > 64<<40 || m.size%m.sector != 0:
		return artifacts.NewProblem(artifacts.Malformed, -1, "%s: a disk of %d bytes", name, m.size)
	case m.hasParent && m.locator == nil:
		return artifacts.NewProblem(artifacts.Malformed, -1, "%s: a differencing disk that does not name its parent", name)
	}
	return nil
}

// item reads the value of an entry of the metadata table.
func (d *Disk) item(e []byte, atLeast int64) ([]byte, error) {
	at, length := int64(binary.LittleEndian.Uint32(e[16:])), int64(binary.LittleEndian.Uint32(e[20:]))
	region := d.regions.metadata
	if length < atLeast || length > mib || at < 64<<10 || at+length > region.End-region.Begin {
		return nil, artifacts.NewProblem(artifacts.Malformed, -1, "%s at offset %d: metadata item of %d bytes at %d", d.media.File.Name, region.Begin, length, at)
	}
	b := make([]byte, length)
	_, err := d.media.File.ReadFull(b, region.Begin+at)
	return b, err
}

// number reads an item that is a number of 4 or 8 bytes.
func (d *Disk) number(e []byte, size int64) (int64, error) {
	b, err := d.item(e, size)
	if err != nil {
		return 0, err
	}
	if size == 4 {
		return int64(binary.LittleEndian.Uint32(b)), nil
	}
	return int64(binary.LittleEndian.Uint64(b)), nil
}
