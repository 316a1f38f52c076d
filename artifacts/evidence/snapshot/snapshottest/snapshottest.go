// Package snapshottest writes volume shadow copies into volumes for tests,
// from the on-disk format ("Volume Shadow Snapshot (VSS) format", libyal). It
// shares no code with the reader under test; the same calls give the same
// bytes.
package snapshottest

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"time"
)

const (
	block  = 0x4000
	header = 128
	epoch  = 116444736000000000 // 100 ns from 1601 to 1970
)

// Flags of a Descriptor.
const (
	Forwarder = 1
	Overlay   = 2
	NotUsed   = 4
)

// Identifier is the format's GUID as the names of the files show it.
const Identifier = "{3808876b-c176-4e48-b7ae-04046e6cc752}"

var identifier = []byte("\x6b\x87\x08\x38\x76\xc1\x48\x4e\xb7\xae\x04\x04\x6e\x6c\xc7\x52")

// A Descriptor is an entry of a store's block list. Offsets are bytes from the
// start of the volume.
type Descriptor struct {
	Original, Relative, Target int64
	Flags, Sectors             uint32
}

// A Store is one shadow copy as it is written.
type Store struct {
	Created     time.Time
	Descriptors []Descriptor
	Unused      []byte // bit set: the block was not in use; nil: all were
	Previous    []byte // the same of the store before; nil: there was none
	NoData      bool   // no catalog entry of type 3
}

// FileName is the name of the file that keeps store i, from 0.
func FileName(i int) string {
	return fmt.Sprintf("{5ba41e%02x-2f6c-11f0-9c3d-00155d01c80a}%s", i, Identifier)
}

func guid(i int) []byte {
	return []byte{byte(i), 0x1e, 0xa4, 0x5b, 0x6c, 0x2f, 0xf0, 0x11, 0x9c, 0x3d, 0, 0x15, 0x5d, 1, 0xc8, 0x0a}
}

// CopyID is the shadow copy identifier of store i, from 0.
func CopyID(i int) string { return fmt.Sprintf("{C0B1E5%02X-0000-0000-0000-000000000000}", i) }

func copyID(i int) []byte { return append([]byte{byte(i), 0xe5, 0xb1, 0xc0}, make([]byte, 12)...) }

// An Area is a part of a volume that stores are written into, in blocks of
// 16 KiB.
type Area struct {
	volume    []byte
	next, end int64
}

// FreeArea finds the longest run of blocks that are zero in all states of a
// volume, the first one of which is written to.
func FreeArea(states ...[]byte) *Area {
	a := &Area{volume: states[0]}
	zero := make([]byte, block)
	start := int64(-1)
	for at := int64(0); at+block <= int64(len(states[0])); at += block {
		free := true
		for _, s := range states {
			free = free && bytes.Equal(s[at:at+block], zero)
		}
		switch {
		case !free:
			start = -1
		case start < 0:
			start = at
		}
		if free && at+block-start > a.end-a.next {
			a.next, a.end = start, at+block
		}
	}
	return a
}

// Take reserves a block and returns its offset, or fails if none is left.
func (a *Area) Take() (int64, error) {
	if a.next >= a.end {
		return 0, errors.New("snapshottest: no room left on the volume for the stores")
	}
	at := a.next
	a.next += block
	return at, nil
}

func put32(b []byte, at int, v uint32) { binary.LittleEndian.PutUint32(b[at:], v) }
func put64(b []byte, at int, v int64)  { binary.LittleEndian.PutUint64(b[at:], uint64(v)) }

// chain writes bodies as the blocks of a list and returns the first offset, 0
// for an empty list.
func (a *Area) chain(record uint32, bodies [][]byte) (int64, error) {
	offsets := make([]int64, len(bodies)+1)
	for i := range bodies {
		at, err := a.Take()
		if err != nil {
			return 0, err
		}
		offsets[i] = at
	}
	for i, body := range bodies {
		b := a.volume[offsets[i]:][:block]
		copy(b, identifier)
		put32(b, 16, 1)
		put32(b, 20, record)
		put64(b, 24, int64(i)*block)
		put64(b, 32, offsets[i])
		put64(b, 40, offsets[i+1])
		copy(b[header:], body)
	}
	return offsets[0], nil
}

// split cuts a list into the bodies of blocks.
func split(b []byte) [][]byte {
	var out [][]byte
	for len(b) > 0 {
		n := min(len(b), block-header)
		out = append(out, b[:n])
		b = b[n:]
	}
	return out
}

// Write writes the volume header, the catalog and the stores, the oldest
// first, into the area. version is the volume header's, 1 (Vista, 7) or 2 (since
// 8); all other records have version 1. The catalog lists the newest first, so that readers have to sort.
func Write(a *Area, version uint32, stores []Store) error {
	var entries [][]byte
	for i := len(stores) - 1; i >= 0; i-- {
		s := stores[i]
		e := make([]byte, 128)
		put64(e, 0, 2)
		put64(e, 8, int64(len(a.volume)))
		copy(e[16:], guid(i))
		put64(e, 32, int64(i+1))
		put64(e, 40, 0x440)
		put64(e, 48, s.Created.Unix()*1e7+int64(s.Created.Nanosecond()/100)+epoch)
		entries = append(entries, e)
		if s.NoData {
			continue
		}
		e, err := a.store(i, s)
		if err != nil {
			return err
		}
		entries = append(entries, e, append([]byte{1}, make([]byte, 127)...))
	}
	catalog, err := a.chain(2, split(bytes.Join(entries, nil)))
	if err != nil {
		return err
	}
	h := a.volume[0x1e00:0x2000]
	clear(h)
	copy(h, identifier)
	put32(h, 16, version)
	put32(h, 20, 1)
	put64(h, 24, 0x1e00)
	put64(h, 32, 0x1e00)
	put64(h, 48, catalog)
	return nil
}

// store writes the parts of a store and returns its catalog entry of type 3.
func (a *Area) store(i int, s Store) ([]byte, error) {
	info := make([]byte, 80) // identifier, copy, set, type, provider, attributes, empty machine names
	copy(info[16:], copyID(i))
	put32(info, 56, 0x00420009)
	var list []byte
	for _, d := range s.Descriptors {
		e := make([]byte, 32)
		put64(e, 0, d.Original)
		put64(e, 8, d.Relative)
		put64(e, 16, d.Target)
		put32(e, 24, d.Flags)
		put32(e, 28, d.Sectors)
		list = append(list, e...)
	}
	unused := s.Unused
	if unused == nil {
		unused = make([]byte, (len(a.volume)/block+7)/8)
	}
	e := make([]byte, 128)
	put64(e, 0, 3)
	copy(e[16:], guid(i))
	for _, part := range []struct {
		at     int
		record uint32
		bodies [][]byte
	}{
		{32, 4, [][]byte{info}}, {8, 3, split(append(list, 0))}, {40, 5, [][]byte{nil}}, {48, 6, split(unused)}, {72, 6, split(s.Previous)},
	} {
		at, err := a.chain(part.record, part.bodies)
		if err != nil {
			return nil, err
		}
		if part.record == 4 {
			put64(a.volume[at:], 48, int64(len(info)))
		}
		put64(e, part.at, at)
	}
	return e, nil
}
