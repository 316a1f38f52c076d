// Package replaytest writes transaction logs of registry hives for tests, from
// the "Windows registry file format specification" (msuhanov/regf) and without
// the reader that they test.
package replaytest

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"time"

	"hivetriage/artifacts/hive/hivetest"
	"hivetriage/artifacts/internal/windows"
)

const (
	sector   = 512
	baseSize = 4096
	block    = 4096 // what Windows tracks changes in
)

var le = binary.LittleEndian

// A Page is a changed piece of bins.
type Page struct {
	Offset int // from the first bin
	Data   []byte
}

// An Entry is one entry of an HvLE log.
type Entry struct {
	Sequence uint32
	Bins     int // bytes of all bins after it
	Flags    uint32
	Pages    []Page
}

// Diff returns the blocks of bins in which the second hive differs from the
// first one, and the bytes of its bins.
func Diff(before, after []byte) (pages []Page, bins int) {
	bins = int(le.Uint32(after[40:]))
	for at := 0; at < bins; at += block {
		now := after[baseSize+at:][:block]
		old := before[min(len(before), baseSize+at):]
		if len(old) < block || !bytes.Equal(now, old[:block]) {
			pages = append(pages, Page{at, bytes.Clone(now)})
		}
	}
	return pages, bins
}

// Between makes the entry that leads from one hive to another.
func Between(sequence uint32, before, after []byte) Entry {
	pages, bins := Diff(before, after)
	return Entry{Sequence: sequence, Bins: bins, Pages: pages}
}

// Numbered returns a copy of a hive with other sequence numbers; different
// ones make it dirty.
func Numbered(hive []byte, primary, secondary uint32) []byte {
	b := bytes.Clone(hive)
	le.PutUint32(b[4:], primary)
	le.PutUint32(b[8:], secondary)
	return sum(b)
}

// At returns a copy of a hive that says it was written at t.
func At(hive []byte, t time.Time) []byte {
	b := bytes.Clone(hive)
	le.PutUint64(b[12:], windows.ToFiletime(t))
	return sum(b)
}

func sum(b []byte) []byte {
	le.PutUint32(b[508:], hivetest.Checksum(b))
	return b
}

// head is the copy of a hive's base block that a log begins with.
func head(hive []byte, sequence, kind uint32, bins int) []byte {
	b := bytes.Clone(hive[:sector])
	le.PutUint32(b[4:], sequence)
	le.PutUint32(b[8:], sequence)
	le.PutUint32(b[28:], kind)
	le.PutUint32(b[40:], uint32(bins))
	return sum(b)
}

// HvLE returns a log of the hive, as Windows 8.1 and later write them. The
// header's sequence number is that of the first entry, or the hive's.
func HvLE(hive []byte, entries ...Entry) []byte {
	sequence, bins := le.Uint32(hive[4:]), int(le.Uint32(hive[40:]))
	if len(entries) > 0 {
		sequence, bins = entries[0].Sequence, entries[0].Bins
	}
	const newFormat = 6
	b := head(hive, sequence, newFormat, bins)
	for _, e := range entries {
		b = append(b, e.bytes()...)
	}
	return b
}

func (e Entry) bytes() []byte {
	const header = 40
	b := make([]byte, header)
	copy(b, "HvLE")
	for _, p := range e.Pages {
		b = le.AppendUint32(b, uint32(p.Offset))
		b = le.AppendUint32(b, uint32(len(p.Data)))
	}
	for _, p := range e.Pages {
		b = append(b, p.Data...)
	}
	b = append(b, make([]byte, -len(b)&(sector-1))...)
	for i, v := range []uint32{uint32(len(b)), e.Flags, e.Sequence, uint32(e.Bins), uint32(len(e.Pages))} {
		le.PutUint32(b[4+4*i:], v)
	}
	return Seal(b)
}

// Seal computes the two hashes of an entry, for tests that change one.
func Seal(entry []byte) []byte {
	le.PutUint64(entry[24:], marvin(entry[40:]))
	le.PutUint64(entry[32:], marvin(entry[:32]))
	return entry
}

// DIRT returns a log of the hive as Windows Vista to 8 write them: kind 1, or
// 2 for Windows 2000.
func DIRT(hive []byte, sequence, kind uint32, bins int, pages []Page) []byte {
	b := append(head(hive, sequence, kind, bins), "DIRT"...)
	vector := make([]byte, bins/sector/8)
	var data []byte
	for _, p := range pages {
		for i := 0; i < len(p.Data); i += sector {
			bit := (p.Offset + i) / sector
			vector[bit/8] |= 1 << (bit % 8)
		}
		data = append(data, p.Data...)
	}
	b = append(b, vector...)
	b = append(b, make([]byte, -len(b)&(sector-1))...)
	return append(b, data...)
}

// marvin is Marvin32 with the seed of registry logs.
func marvin(b []byte) uint64 {
	state := [2]uint32{0x7A4E55C5, 0x82EF4D88}
	round := func(word uint32) {
		state[0] += word
		state[1] ^= state[0]
		state[0] = bits.RotateLeft32(state[0], 20) + state[1]
		state[1] = bits.RotateLeft32(state[1], 9) ^ state[0]
		state[0] = bits.RotateLeft32(state[0], 27) + state[1]
		state[1] = bits.RotateLeft32(state[1], 19)
	}
	padded := append(bytes.Clone(b), 0x80, 0, 0, 0)
	for i := 0; i+4 <= len(padded); i += 4 {
		round(le.Uint32(padded[i:]))
	}
	round(0)
	return uint64(state[1])<<32 | uint64(state[0])
}
