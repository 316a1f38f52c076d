// Package bitlocker reads what a BitLocker volume tells of itself without a
// key: which volume it is and what unlocks it. It reads no keys, nonces or
// authentication codes: it steps over them.
//
// Facts about the format are from "BitLocker Drive Encryption (BDE) format" of
// the libbde project; names of further protectors and of the conversion's
// states are cryptsetup's. Numbers are little-endian.
package bitlocker

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/bounded"
	"hivetriage/artifacts/internal/windows"
)

// A Volume is what the metadata says.
type Volume struct {
	ID          string    // the volume's GUID, "{...}" upper case
	Method      string    // of encryption, "XTS-AES 128"
	Created     time.Time // when it was encrypted; zero where that is not recorded
	Description string    // computer, drive and date, as Windows wrote them; "" where there is none
	Protectors  []Protector
}

// A Protector is one way to unlock a volume.
type Protector struct {
	Kind     Kind
	ID       string // GUID; of a recovery password what it is looked up by
	Modified time.Time
}

// A Kind is what a protector asks for, as the volume's master key records it.
// In the values known from volumes 0x100 stands for the TPM, 0x200 for a
// startup key and 0x400 for a PIN, so that those with all of them follow.
type Kind uint16

const (
	ClearKey         Kind = 0x0000 // nothing: the key lies open on the volume
	TPM              Kind = 0x0100
	StartupKey       Kind = 0x0200
	TPMStartupKey    Kind = 0x0300
	TPMPIN           Kind = 0x0500
	TPMPINStartupKey Kind = 0x0700
	RecoveryPassword Kind = 0x0800
	SmartCard        Kind = 0x1000
	Password         Kind = 0x2000
)

var kindNames = map[Kind]string{
	ClearKey: "clear key", TPM: "TPM", StartupKey: "startup key", TPMStartupKey: "TPM and startup key", TPMPIN: "TPM and PIN",
	TPMPINStartupKey: "TPM, PIN and startup key", RecoveryPassword: "recovery password", SmartCard: "smart card", Password: "password",
}

// String names the protector as manage-bde does, unknown ones by number.
func (k Kind) String() string {
	if name := kindNames[k]; name != "" {
		return name
	}
	return fmt.Sprintf("protector of type 0x%04x", uint16(k))
}

var methods = map[uint16]string{
	0x8000: "AES-CBC 128 with diffuser", 0x8001: "AES-CBC 256 with diffuser", 0x8002: "AES-CBC 128", 0x8003: "AES-CBC 256",
	0x8004: "XTS-AES 128", 0x8005: "XTS-AES 256",
}

const (
	sectorSize  = 512
	signature   = "-FVE-FS-"
	blockSize   = 64 << 10 // that a metadata block may take
	blockHeader = 64       // before the metadata's own header
	header      = 48       // of the metadata
	entryHeader = 8
	masterKey   = 28 // a master key's fields before its keys
	maxText     = 1 << 10
)

// The identifiers that stand before the offsets of the metadata: of a volume
// encrypted wholly, and of one of which only the used space is.
const (
	normal    = "\x3b\xd6\x67\x49\x29\x2e\xd8\x4a\x83\x99\xf6\xa3\x39\xe3\xd0\x01"
	usedSpace = "\x3b\x4d\xa8\x92\x80\xdd\x0e\x4d\x9e\x4e\xb1\xe3\x28\x4e\xae\xd8"
)

// Read reads the metadata of the volume that r begins with. It tries the three
// copies in turn and returns what the first intact one says, else what there
// was and why it ends, as a *artifacts.Problem with the offset in the volume.
func Read(r io.ReaderAt, size int64) (*Volume, error) {
	d := bounded.New(r, size)
	var boot [sectorSize]byte
	if err := d.ReadFull(boot[:], 0); err != nil {
		return nil, err
	}
	offsets, err := places(boot[:])
	if err != nil {
		return nil, err
	}
	var best *Volume
	var first error
	for i := 0; i < len(offsets); i++ {
		v, others, err := readBlock(d, offsets[i])
		if err == nil {
			return v, nil
		}
		if first == nil {
			best, first = v, err
		} else if best == nil || v != nil && len(v.Protectors) > len(best.Protectors) {
			best = v
		}
		if len(offsets) == 1 {
			offsets = append(offsets, others...) // Vista's boot sector names the first copy only
		}
	}
	return best, first
}

// places returns where the boot sector says that the metadata is: in Windows
// Vista the cluster number at 56, later three offsets in bytes at 176, behind a
// GUID, and in BitLocker To Go, whose boot sector is one of FAT32, at 440.
func places(boot []byte) ([]int64, error) {
	at := 0
	switch {
	case string(boot[424:440]) == normal:
		at = 440
	case string(boot[3:11]) != signature:
		return nil, artifacts.NewProblem(artifacts.Malformed, 3, "no BitLocker volume")
	case string(boot[160:176]) == normal, string(boot[160:176]) == usedSpace:
		at = 176
	default:
		cluster := uint64(boot[13]) * uint64(binary.LittleEndian.Uint16(boot[11:]))
		number := binary.LittleEndian.Uint64(boot[56:])
		if cluster == 0 || number == 0 || number > math.MaxInt64/cluster {
			return nil, artifacts.NewProblem(artifacts.Malformed, 56, "the place of the metadata, cluster %d of %d bytes, is none", number, cluster)
		}
		return []int64{int64(number * cluster)}, nil
	}
	var offsets []int64
	for i := range 3 {
		offset := binary.LittleEndian.Uint64(boot[at+8*i:])
		if offset > math.MaxInt64 {
			return nil, artifacts.NewProblem(artifacts.Malformed, int64(at+8*i), "the metadata's offset is %d", offset)
		}
		offsets = append(offsets, int64(offset))
	}
	return offsets, nil
}

// readBlock reads one copy of the metadata, and where it says that the other
// copies are. Its layout: the signature, the version u16 at 10, the offsets of
// all copies u64 at 32; behind 64 bytes the size of header and entries u32, the
// header's size u32 at 8, the volume's GUID at 16, the method u16 at 36, the
// FILETIME of the encryption at 40.
func readBlock(d bounded.Disk, offset int64) (*Volume, []int64, error) {
	var b [blockHeader + header]byte
	if err := d.ReadFull(b[:], offset); err != nil {
		return nil, nil, err
	}
	if string(b[:8]) != signature {
		return nil, nil, artifacts.NewProblem(artifacts.Malformed, offset, "no metadata where the boot sector says it is")
	}
	if version := binary.LittleEndian.Uint16(b[10:]); version != 1 && version != 2 {
		return nil, nil, artifacts.NewProblem(artifacts.Unsupported, offset+10, "metadata of version %d", version)
	}
	var others []int64
	for _, at := range []int{40, 48} {
		if o := binary.LittleEndian.Uint64(b[at:]); o <= math.MaxInt64 {
			others = append(others, int64(o))
		}
	}
	m := b[blockHeader:]
	size, headerSize := int64(binary.LittleEndian.Uint32(m)), int64(binary.LittleEndian.Uint32(m[8:]))
	if headerSize < header || size < headerSize || size > blockSize-blockHeader {
		return nil, others, artifacts.NewProblem(artifacts.Malformed, offset+blockHeader, "metadata of %d bytes with a header of %d", size, headerSize)
	}
	method := binary.LittleEndian.Uint16(m[36:])
	v := &Volume{ID: windows.GUID(m[16:32]), Method: methods[method], Created: windows.Filetime(binary.LittleEndian.Uint64(m[40:]))}
	if v.Method == "" {
		v.Method = fmt.Sprintf("method 0x%04x", method)
	}
	begin := offset + blockHeader
	return v, others, v.entries(d, begin+headerSize, begin+size)
}

// entries reads the entries between two offsets. Each begins with its size
// u16, its type and the type of its value.
func (v *Volume) entries(d bounded.Disk, at, end int64) error {
	const (
		keyEntry, textEntry = 2, 7
		textValue, keyValue = 2, 8
	)
	for at < end {
		var e [entryHeader]byte
		if end-at < entryHeader {
			return artifacts.NewProblem(artifacts.Malformed, at, "%d bytes are left for an entry", end-at)
		}
		if err := d.ReadFull(e[:], at); err != nil {
			return err
		}
		size := int64(binary.LittleEndian.Uint16(e[:]))
		kind, value := binary.LittleEndian.Uint16(e[2:]), binary.LittleEndian.Uint16(e[4:])
		if size < entryHeader || size > end-at {
			return artifacts.NewProblem(artifacts.Malformed, at, "an entry of %d bytes where %d are left", size, end-at)
		}
		var err error
		switch {
		case kind == keyEntry && value == keyValue:
			err = v.protector(d, at+entryHeader, size-entryHeader)
		case kind == textEntry && value == textValue:
			err = v.describe(d, at+entryHeader, size-entryHeader)
		}
		if err != nil {
			return err
		}
		at += size
	}
	return nil
}

// protector reads what stands before the keys of a master key: the protector's
// GUID, the FILETIME of the last change at 16, its kind u16 at 26.
func (v *Volume) protector(d bounded.Disk, at, size int64) error {
	var b [masterKey]byte
	if size < masterKey {
		return artifacts.NewProblem(artifacts.Malformed, at, "a master key of %d bytes", size)
	}
	if err := d.ReadFull(b[:], at); err != nil {
		return err
	}
	v.Protectors = append(v.Protectors, Protector{Kind: Kind(binary.LittleEndian.Uint16(b[26:])), ID: windows.GUID(b[:16]),
		Modified: windows.Filetime(binary.LittleEndian.Uint64(b[16:]))})
	return nil
}

// describe reads the description, UTF-16LE that ends with a zero.
func (v *Volume) describe(d bounded.Disk, at, size int64) error {
	b := make([]byte, min(size, maxText)&^1)
	if err := d.ReadFull(b, at); err != nil {
		return err
	}
	for i := 0; i+1 < len(b); i += 2 {
		if bytes.Equal(b[i:i+2], []byte{0, 0}) {
			b = b[:i]
			break
		}
	}
	v.Description = windows.UTF16(b)
	return nil
}
