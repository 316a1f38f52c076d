package partition

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"

	"hivetriage/artifacts"
)

// Facts are from the UEFI specification, chapter 5.3, "GUID Partition Table".
const (
	gptSignature  = "EFI PART"
	gptHeaderSize = 92
	gptEntrySize  = 128
	// maxGPTEntries and maxGPTEntrySize bound the partition entry array; 128
	// entries of 128 bytes are usual.
	maxGPTEntries   = 4096
	maxGPTEntrySize = 1024
)

// A gptHeader is what is needed of the header in sector 1 or in the last one.
type gptHeader struct {
	at, sector       int64  // bytes
	entries          uint64 // sector of the entry array
	count, entrySize uint32
	sum              uint32 // CRC-32 of the entry array
}

// gpt lists the partitions of a GPT and tells whether there was one: the
// primary, else the backup at the end of the disk, else a damaged primary.
func (d *disk) gpt() bool {
	var primary []gptHeader
	for _, sector := range sectorSizes {
		h, entries, err := d.gptAt(sector, sector)
		switch {
		case err == nil:
			d.addGPT(h, entries)
			return true
		case h != nil:
			d.problem(ioKind(err), h.at, "primary GPT: %w", err)
			if h.count > 0 {
				primary = append(primary, *h)
			}
		}
	}
	for _, sector := range sectorSizes {
		h, entries, err := d.gptAt(d.size/sector*sector-sector, sector)
		if err == nil {
			if len(d.problems) == 0 {
				d.problem(artifacts.Malformed, sector, "no primary GPT header here")
			}
			d.problem(artifacts.Malformed, h.at, "the backup GPT is used in place of the primary one")
			d.addGPT(h, entries)
			return true
		}
	}
	for _, h := range primary {
		if b, _ := d.readEntries(h); len(b) > 0 {
			d.addGPT(&h, b)
			return true
		}
	}
	return false
}

// gptAt reads and verifies a header and its entries. Where the signature is
// there, the header is returned whatever else is wrong with it.
func (d *disk) gptAt(at, sector int64) (*gptHeader, []byte, error) {
	b, err := d.read(at, 512)
	if err != nil || string(b[:8]) != gptSignature {
		return nil, nil, artifacts.NewProblem(artifacts.Malformed, at, "no GPT header")
	}
	h := &gptHeader{at: at, sector: sector}
	le := binary.LittleEndian
	size := le.Uint32(b[12:])
	if size < gptHeaderSize || int64(size) > 512 {
		return h, nil, artifacts.NewProblem(artifacts.Malformed, at, "the header says it is %d bytes long", size)
	}
	count, entrySize := le.Uint32(b[80:]), le.Uint32(b[84:])
	if entrySize < gptEntrySize || entrySize > maxGPTEntrySize || count > maxGPTEntries {
		return h, nil, artifacts.NewProblem(artifacts.Malformed, at, "%d entries of %d bytes", count, entrySize)
	}
	h.entries, h.count, h.entrySize, h.sum = le.Uint64(b[72:]), count, entrySize, le.Uint32(b[88:])
	stored := le.Uint32(b[16:])
	le.PutUint32(b[16:], 0)
	if sum := crc32.ChecksumIEEE(b[:size]); sum != stored {
		return h, nil, artifacts.NewProblem(artifacts.Checksum, at, "the header's CRC-32 is %08x, stored %08x", sum, stored)
	}
	entries, err := d.readEntries(*h)
	if err != nil {
		return h, nil, artifacts.NewProblem(ioKind(err), at, "the entries at sector %d: %w", h.entries, err)
	}
	if sum := crc32.ChecksumIEEE(entries); sum != h.sum {
		return h, nil, artifacts.NewProblem(artifacts.Checksum, at, "the entries' CRC-32 is %08x, stored %08x", sum, h.sum)
	}
	return h, entries, nil
}

func (d *disk) readEntries(h gptHeader) ([]byte, error) {
	if h.entries > uint64(d.size/h.sector) {
		return nil, io.ErrUnexpectedEOF
	}
	if h.count == 0 {
		return nil, nil
	}
	return d.read(int64(h.entries)*h.sector, int(h.count*h.entrySize))
}

// addGPT lists the used entries: type GUID, GUID, first and last sector.
func (d *disk) addGPT(h *gptHeader, entries []byte) {
	for i := 0; (i+1)*int(h.entrySize) <= len(entries); i++ {
		e := entries[i*int(h.entrySize):]
		kind := guid(e[:16])
		if kind == "00000000-0000-0000-0000-000000000000" {
			continue
		}
		name := fmt.Sprintf("gpt:%d", i+1)
		first, last := binary.LittleEndian.Uint64(e[32:]), binary.LittleEndian.Uint64(e[40:])
		if last < first {
			d.problem(artifacts.Malformed, int64(h.entries)*h.sector+int64(i)*int64(h.entrySize), "%s: from sector %d to %d", name, first, last)
			continue
		}
		typeName, ok := gptTypes[kind]
		if !ok {
			typeName = "type " + kind
		}
		d.add(Partition{Name: name, TypeName: typeName, GUID: "{" + guid(e[16:32]) + "}"}, first, last-first+1, h.sector)
	}
}

// guid writes a GUID as it is stored: three little-endian numbers, 8 bytes.
func guid(b []byte) string {
	le := binary.LittleEndian
	return fmt.Sprintf("%08X-%04X-%04X-%X-%X", le.Uint32(b), le.Uint16(b[4:]), le.Uint16(b[6:]), b[8:10], b[10:16])
}

// MicrosoftReserved is the TypeName of a partition that holds no file system
// by its definition.
const MicrosoftReserved = "Microsoft reserved"

var gptTypes = map[string]string{
	"C12A7328-F81F-11D2-BA4B-00A0C93EC93B": "EFI system",
	"E3C9E316-0B5C-4DB8-817D-F92DF00215AE": MicrosoftReserved,
	"EBD0A0A2-B9E5-4433-87C0-68B6B72699C7": "Microsoft basic data",
	"DE94BBA4-06D1-4D40-A16A-BFD50179D6AC": "Windows recovery",
	"5808C8AA-7E8F-42E0-85D2-E1E90434CFB3": "Windows dynamic disk metadata",
	"AF9B60A0-1431-4F62-BC68-3311714A69AD": "Windows dynamic disk",
	"E75CAF8F-F680-4CEE-AFA3-B001E56EFC2D": "Storage Spaces",
	"0FC63DAF-8483-4772-8E79-3D69D8477DE4": "Linux",
	"0657FD6D-A4AB-43C4-84E5-0933C84B4F4F": "Linux swap",
	"E6D6D379-F507-44C2-A23C-238F2A3DF928": "Linux LVM",
	"A19D880F-05FC-4D3B-A006-743F0F84911E": "Linux RAID",
	"CA7D7CCB-63ED-4C53-861C-1742536059CC": "LUKS",
	"48465300-0000-11AA-AA11-00306543ECAC": "Apple HFS+",
	"7C3457EF-0000-11AA-AA11-00306543ECAC": "Apple APFS",
}
