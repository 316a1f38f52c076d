// Package hive reads Windows registry hives (regf): what kind of hive a file
// is, how it was taken, when, and whose it is. Every reference inside a hive
// is checked by a bounded walk before anything else follows it; regparser
// sees only hives that this walk found sound, in memory.
//
// Offsets are those of the "Windows registry file format specification"
// (msuhanov/regf). Cell offsets in hives count from the end of the base
// block; all offsets that this package returns are bytes from the start of
// the file.
//
// The package never returns credential material: see ErrSecret. Class names
// of keys, which hold the boot key in SYSTEM, are not readable at all.
package hive

import (
	"bytes"
	"strings"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/internal/windows"
)

const (
	baseSize = 4096 // bytes of the base block; cell offsets count from here
	headSize = 512  // bytes of the base block that its checksum covers, and the checksum
	minHead  = 32   // bytes that IsBaseBlock and IsLog need
	noCell   = 0xFFFFFFFF
)

// IsBaseBlock reports whether head begins with the base block of a primary
// hive file: signature "regf", version 1.2 to 1.6, file type 0. It needs 32
// bytes. A wrong checksum does not exclude: damaged hives are hives.
func IsBaseBlock(head []byte) bool {
	return isRegf(head) && le.Uint32(head[28:]) == 0
}

// IsLog reports whether head begins with the base block of a transaction log:
// file type 1 (DIRT), 2 (NT 4 and 2000) or 6 (HvLE).
func IsLog(head []byte) bool {
	if !isRegf(head) {
		return false
	}
	kind := le.Uint32(head[28:])
	return kind == 1 || kind == 2 || kind == 6
}

func isRegf(head []byte) bool {
	if len(head) < minHead || string(head[:4]) != "regf" {
		return false
	}
	major, minor := le.Uint32(head[20:]), le.Uint32(head[24:])
	return major == 1 && minor >= 2 && minor <= 6
}

// ChecksumOK reports whether head is a base block, of 512 bytes at least, whose
// checksum fits it.
func ChecksumOK(head []byte) bool {
	return len(head) >= headSize && isRegf(head) && le.Uint32(head[508:]) == Checksum(head)
}

// A BaseBlock holds the header fields of a hive.
type BaseBlock struct {
	Primary, Secondary uint32    // sequence numbers at 4 and 8; different: dirty, logs are needed
	LastWritten        time.Time // at 12; of little meaning since Windows 8.1 except in key saves
	Major, Minor       uint32
	Root               uint32 // offset of the root key's cell, from 4096
	Length             uint32 // bytes of all bins
	Name               string // embedded file name: the last 31 characters of the path it was loaded from
	RmID, LogID, TmID  string // GUIDs at 112, 128 and 148, "" if zero
	Flags              uint32 // at 144
	Reorganized        time.Time
	Reorganization     uint8     // low 2 bits of the time at 168: 1 defragmented, 2 access bits cleared
	OfRg               int       // offset of the "OfRg" marker, 176 or 168; 0 where there is none. Not proof of offreg
	Serialized         time.Time // FILETIME at 512, which offreg writes
	FirstBin           time.Time // timestamp of the first bin
	ChecksumStored     uint32
	ChecksumComputed   uint32
}

// ChecksumOK reports whether the header's checksum fits it.
func (b BaseBlock) ChecksumOK() bool { return b.ChecksumStored == b.ChecksumComputed }

func (b BaseBlock) checksumProblem() *artifacts.Problem {
	return artifacts.NewProblem(artifacts.Checksum, 508, "base block's checksum is %#08x, its bytes give %#08x",
		b.ChecksumStored, b.ChecksumComputed)
}

// Dirty reports whether the hive was copied while changes stood in its
// transaction logs only.
func (b BaseBlock) Dirty() bool { return b.Primary != b.Secondary }

// ParseBase decodes the base block of a hive or of a transaction log from its
// first 512 bytes or more. The error is a *artifacts.Problem; a wrong checksum
// is one beside all fields.
func ParseBase(head []byte) (BaseBlock, error) {
	if !isRegf(head) {
		return BaseBlock{}, artifacts.NewProblem(artifacts.Malformed, 0, "hive: no base block")
	}
	b, problem := parseBase(head)
	if problem != nil {
		return b, problem
	}
	return b, nil
}

// parseBase decodes a base block. head must satisfy IsBaseBlock; a head
// shorter than 512 bytes gives a Truncated problem, a wrong checksum a
// Checksum problem beside all fields.
func parseBase(head []byte) (BaseBlock, *artifacts.Problem) {
	if len(head) < headSize {
		return BaseBlock{}, artifacts.NewProblem(artifacts.Truncated, int64(len(head)), "base block ends after %d bytes", len(head))
	}
	u32 := func(at int) uint32 { return le.Uint32(head[at:]) }
	filetime := func(at int) time.Time { return windows.Filetime(le.Uint64(head[at:])) }
	b := BaseBlock{
		Primary: u32(4), Secondary: u32(8), LastWritten: filetime(12), Major: u32(20), Minor: u32(24),
		Root: u32(36), Length: u32(40), Name: embeddedName(head[48:112]),
		RmID: guid(head[112:]), LogID: guid(head[128:]), TmID: guid(head[148:]), Flags: u32(144),
		ChecksumStored: u32(508), ChecksumComputed: Checksum(head),
	}
	const marker = "OfRg"
	switch {
	case string(head[176:180]) == marker:
		b.OfRg = 176
	case string(head[168:172]) == marker: // offreg of Windows SDK 6.1
		b.OfRg = 168
	}
	if ticks := le.Uint64(head[168:]); b.OfRg != 168 {
		b.Reorganized, b.Reorganization = windows.Filetime(ticks&^3), uint8(ticks&3)
	}
	if len(head) >= 520 {
		b.Serialized = filetime(512)
	}
	if len(head) > baseSize {
		b.FirstBin = firstBinTime(head[baseSize:])
	}
	if !b.ChecksumOK() {
		return b, b.checksumProblem()
	}
	return b, nil
}

// firstBinTime returns the timestamp of the bin that b begins with.
func firstBinTime(b []byte) time.Time {
	if len(b) < binHeader || string(b[:4]) != "hbin" {
		return time.Time{}
	}
	return windows.Filetime(le.Uint64(b[20:]))
}

// Checksum is what should stand at 508 of a base block: the XOR of its first
// 127 words, with 0 and ^0 avoided. head has 512 bytes at least.
func Checksum(head []byte) uint32 {
	var sum uint32
	for i := 0; i < 508; i += 4 {
		sum ^= le.Uint32(head[i:])
	}
	switch sum {
	case 0:
		return 1
	case 0xFFFFFFFF:
		return 0xFFFFFFFE
	}
	return sum
}

func embeddedName(b []byte) string {
	s, _, _ := strings.Cut(windows.UTF16(b), "\x00")
	return s
}

func guid(b []byte) string {
	if bytes.Equal(b[:16], make([]byte, 16)) {
		return ""
	}
	return windows.GUID(b)
}
