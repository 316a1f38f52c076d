package partition

import (
	"encoding/binary"
	"fmt"

	"hivetriage/artifacts"
)

// maxLogical bounds the chain of logical partitions.
const maxLogical = 256

// An mbrTable is the four entries of a master or extended boot record: at
// offset 446 status, CHS, type, CHS, first sector and number of sectors, each
// 16 bytes; 0x55 0xAA at 510.
type mbrTable [4]mbrEntry

type mbrEntry struct {
	kind         byte
	start, count uint32 // sectors
}

func (e mbrEntry) used() bool { return e.kind != 0 && e.count > 0 }

func (e mbrEntry) extended() bool { return e.kind == 0x05 || e.kind == 0x0f || e.kind == 0x85 }

// parseMBR reads a boot record that has at least one entry.
func parseMBR(b []byte) (mbrTable, bool) {
	t, ok := parseEntries(b)
	for _, e := range t {
		if ok && e.used() && e.start > 0 {
			return t, true
		}
	}
	return t, false
}

// parseEntries reads the entries of a boot record: its signature must be there
// and every status byte must be 0 or 0x80.
func parseEntries(b []byte) (mbrTable, bool) {
	var t mbrTable
	if len(b) < 512 || b[510] != 0x55 || b[511] != 0xaa {
		return t, false
	}
	for i := range t {
		e := b[446+16*i:]
		if e[0]&0x7f != 0 {
			return t, false
		}
		t[i] = mbrEntry{e[4], binary.LittleEndian.Uint32(e[8:]), binary.LittleEndian.Uint32(e[12:])}
	}
	return t, true
}

// protective tells whether the table only stands there for a GPT.
func (t mbrTable) protective() bool {
	for _, e := range t {
		if e.kind == 0xee {
			return true
		}
	}
	return false
}

func (d *disk) mbr(t mbrTable) {
	sector := d.mbrSector(t)
	for i, e := range t {
		switch {
		case !e.used():
		case e.extended():
			d.logical(e, sector)
		case e.kind == 0xee:
			d.problem(artifacts.Malformed, int64(e.start)*sector, "a protective entry, but no GPT that can be read")
		default:
			d.add(d.entry(i+1, e.kind), uint64(e.start), uint64(e.count), sector)
		}
	}
}

// entry is a partition of an MBR without its place.
func (d *disk) entry(number int, kind byte) Partition {
	return Partition{Name: fmt.Sprintf("mbr:%d", number), TypeName: mbrTypeName(kind), Signature: d.signature}
}

// mbrSector finds the sector size, which the table does not tell: the one with
// which more entries point to something known, 512 in doubt.
func (d *disk) mbrSector(t mbrTable) int64 {
	best, most := sectorSizes[0], 0
	for _, sector := range sectorSizes {
		known := 0
		for _, e := range t {
			at := int64(e.start) * sector
			switch {
			case !e.used():
			case e.extended():
				if b, err := d.read(at, 512); err == nil {
					if _, ok := parseMBR(b); ok {
						known++
					}
				}
			case Detect(d.r, at, d.size-at) != "" && Detect(d.r, at, d.size-at) != Empty:
				known++
			}
		}
		if known > most {
			best, most = sector, known
		}
	}
	return best
}

// logical follows the chain of extended boot records. In each the first entry
// is a logical partition, counted from the record itself, the second the next
// record, counted from the beginning of the extended partition.
func (d *disk) logical(ext mbrEntry, sector int64) {
	seen := make(map[uint64]bool)
	at := uint64(ext.start)
	for range maxLogical {
		offset := int64(at) * sector
		if seen[at] {
			d.problem(artifacts.Malformed, offset, "the chain of logical partitions comes back to this record")
			return
		}
		seen[at] = true
		b, err := d.read(offset, 512)
		if err != nil {
			d.problem(ioKind(err), offset, "the record of a logical partition cannot be read: %w", err)
			return
		}
		t, ok := parseEntries(b)
		if !ok {
			d.problem(artifacts.Malformed, offset, "no extended boot record here: the logical partitions after it are lost")
			return
		}
		if e := t[0]; e.used() && !e.extended() {
			d.add(d.entry(5+len(seen)-1, e.kind), at+uint64(e.start), uint64(e.count), sector)
		}
		if !t[1].used() {
			return
		}
		at = uint64(ext.start) + uint64(t[1].start)
	}
	d.problem(artifacts.Limit, int64(at)*sector, "more than %d logical partitions", maxLogical)
}

// hybrid adds the entries of an MBR beside a GPT that the GPT does not have.
func (d *disk) hybrid(t mbrTable) {
	sector := d.mbrSector(t)
	listed := d.parts
	for i, e := range t {
		at := int64(e.start) * sector
		inGPT := false
		for _, p := range listed {
			inGPT = inGPT || p.Offset <= at && at < p.Offset+p.Size
		}
		if e.used() && e.kind != 0xee && !e.extended() && !inGPT {
			d.add(d.entry(i+1, e.kind), uint64(e.start), uint64(e.count), sector)
		}
	}
}

var mbrTypes = map[byte]string{
	0x01: "FAT12", 0x04: "FAT16", 0x06: "FAT16", 0x07: "NTFS, exFAT or ReFS", 0x0b: "FAT32", 0x0c: "FAT32",
	0x0e: "FAT16", 0x17: "hidden NTFS", 0x27: "Windows recovery", 0x42: "Windows dynamic disk",
	0x82: "Linux swap", 0x83: "Linux", 0x8e: "Linux LVM", 0xa8: "Apple UFS", 0xaf: "Apple HFS+",
	0xe7: "Storage Spaces", 0xef: "EFI system", 0xfd: "Linux RAID",
}

func mbrTypeName(kind byte) string {
	if name, ok := mbrTypes[kind]; ok {
		return name
	}
	return fmt.Sprintf("type %02x", kind)
}
