// Package indextest writes blocks of an NTFS folder's index, from what is
// published of the format.
package indextest

import (
	"encoding/binary"
	"time"
	"unicode/utf16"
)

// BlockSize is the length of a block.
const BlockSize = 4096

const (
	first = 64 // where entries begin
	node  = 24
)

// An Entry is a name in the folder.
type Entry struct {
	Name         string
	File, Parent uint64 // references: record and, in the upper 16 bits, sequence
	Created      time.Time
	Modified     time.Time // of the other three times too
	Size         int64
	Folder       bool
	Space        byte  // 0 POSIX, 1 Win32, 2 DOS, 3 both
	Child        int64 // VCN of what sorts before it; 0 for none
}

// Block writes the block of that number with entries that are in use. before
// are the entries that it had earlier: what is not overwritten of them stays
// behind those in use.
func Block(number int, before, live []Entry) []byte {
	le := binary.LittleEndian
	b := make([]byte, BlockSize)
	copy(b, "INDX")
	le.PutUint16(b[4:], 40)
	le.PutUint16(b[6:], BlockSize/512+1)
	le.PutUint64(b[16:], uint64(number))
	le.PutUint32(b[node:], first-node)
	le.PutUint32(b[node+8:], BlockSize-node)
	fill(b, before)
	le.PutUint32(b[node+4:], uint32(fill(b, live)-node))
	return protect(b, uint16(number)+1)
}

// fill writes entries and the end entry, and returns where they end.
func fill(b []byte, entries []Entry) int {
	at := first
	for _, e := range entries {
		at += copy(b[at:], e.bytes())
	}
	end := make([]byte, 16)
	end[8], end[12] = 16, 2
	return at + copy(b[at:], end)
}

func (e Entry) bytes() []byte {
	le := binary.LittleEndian
	name := utf16.Encode([]rune(e.Name))
	key := 66 + 2*len(name)
	length := (16 + key + 7) &^ 7
	if e.Child > 0 {
		length += 8
	}
	b := make([]byte, length)
	le.PutUint64(b, e.File)
	le.PutUint16(b[8:], uint16(length))
	le.PutUint16(b[10:], uint16(key))
	if e.Child > 0 {
		b[12] = 1
		le.PutUint64(b[length-8:], uint64(e.Child))
	}
	k := b[16:]
	le.PutUint64(k, e.Parent)
	le.PutUint64(k[8:], filetime(e.Created))
	for i := 16; i < 40; i += 8 {
		le.PutUint64(k[i:], filetime(e.Modified))
	}
	le.PutUint64(k[40:], uint64((e.Size+4095)&^4095))
	le.PutUint64(k[48:], uint64(e.Size))
	le.PutUint32(k[56:], 0x20)
	if e.Folder {
		le.PutUint32(k[56:], 0x10000000)
	}
	k[64], k[65] = byte(len(name)), e.Space
	for i, u := range name {
		le.PutUint16(k[66+2*i:], u)
	}
	return b
}

// protect moves the last two bytes of every sector into the update sequence.
func protect(b []byte, number uint16) []byte {
	le := binary.LittleEndian
	le.PutUint16(b[40:], number)
	for i := 1; i*512 <= len(b); i++ {
		copy(b[40+2*i:], b[i*512-2:i*512])
		le.PutUint16(b[i*512-2:], number)
	}
	return b
}

func filetime(t time.Time) uint64 {
	return uint64(t.Unix()+11644473600)*1e7 + uint64(t.Nanosecond()/100)
}
