// Package index reads the blocks of a folder's index, the attribute
// $INDEX_ALLOCATION called $I30: above all the names that stand behind the
// part of a block that is used, of files that were deleted, renamed or moved.
//
// Format facts: the NTFS documentation of the Linux-NTFS project (index
// records, $FILE_NAME). A block begins with "INDX", its update sequence (offset
// at 4, count at 6) and VCN (16); the node header at 24 has, relative to
// itself, where entries begin, where they end, and what is allocated. An
// entry has the file's reference (0), its length (8), that of its key (10) and
// flags (12: 1 has a child's VCN in its last eight bytes, 2 is the last one);
// the key, at 16, is a $FILE_NAME. Entries lie at multiples of eight. When one
// is removed those behind it move up, and the last ones stay readable behind
// the new end; the end entry of 16 or 24 bytes falls upon the header of one of
// them, so that the file's reference is lost where the name is not.
package index

import (
	"encoding/binary"
	"iter"
	"time"
	"unicode/utf16"

	"hivetriage/artifacts"
	"hivetriage/artifacts/internal/windows"
)

const (
	sector      = 512
	nodeAt      = 24 // of the node header in a block
	rootHeader  = 16 // of $INDEX_ROOT before its node header
	nodeHeader  = 16
	entryHeader = 16
	nameAt      = 66 // of the name in a $FILE_NAME
	alignment   = 8

	hasChild, isLast = 1, 2

	minBlock = sector
	maxBlock = 64 << 10 // bytes; Windows makes 4096
)

// An Entry is a name in a folder.
type Entry struct {
	Offset     int64                   // of its key in the stream
	File       artifacts.FileReference // zero where the entry's header was overwritten
	Parent     artifacts.FileReference // the folder
	Name       string
	DOS        bool            // the name is the short one of 8.3 only
	Times      artifacts.Times // those of $STANDARD_INFORMATION when the entry was last brought up to date
	Size       int64           // bytes
	Allocated  int64           // bytes
	Attributes uint32          // FILE_ATTRIBUTE_ bits
	Slack      bool            // it stands behind the used part of its block, or the block is free
	Torn       bool            // a sector of the block is from another write
}

// Directory reports whether the entry is about a folder.
func (e *Entry) Directory() bool { return e.Attributes&0x10000000 != 0 }

// IsIndex reports whether head, of 32 bytes or more, is the beginning of a
// block of an index.
func IsIndex(head []byte) bool { return blockSize(head) > 0 }

// blockSize is the length of the block that begins with head, by the sectors
// that its update sequence covers; 0 if it is none.
func blockSize(head []byte) int {
	if len(head) < nodeAt+nodeHeader || string(head[:4]) != "INDX" {
		return 0
	}
	size := (int(binary.LittleEndian.Uint16(head[6:])) - 1) * sector
	if size < minBlock || size > maxBlock || size&(size-1) != 0 {
		return 0
	}
	return size
}

// Block yields the entries of one block, at offset in its stream: first those
// in use, by their order, then those that can be made out behind them. b is
// changed: the ends of its sectors are put back. A block with another
// signature or length is an error; one that was never written has no entries.
func Block(b []byte, offset int64, free bool) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		if len(b) >= 4 && string(b[:4]) == "\x00\x00\x00\x00" {
			return
		}
		if blockSize(b) != len(b) {
			yield(Entry{}, artifacts.NewProblem(artifacts.Malformed, offset, "no block of an index of %d bytes", len(b)))
			return
		}
		torn := !putBack(b)
		first := nodeAt + int64(binary.LittleEndian.Uint32(b[nodeAt:]))
		end := nodeAt + int64(binary.LittleEndian.Uint32(b[nodeAt+4:]))
		if first < nodeAt+nodeHeader || first%alignment != 0 || end > int64(len(b)) || first > end {
			if !yield(Entry{}, artifacts.NewProblem(artifacts.Malformed, offset+nodeAt, "entries from %d to %d in a block of %d bytes", first, end, len(b))) {
				return
			}
			first, end = nodeAt+nodeHeader, nodeAt+nodeHeader // all of it is searched
		}
		reached, more := used(b, int(first), int(end), Entry{Offset: offset, Torn: torn, Slack: free}, yield)
		if more {
			slack(b, reached, offset, torn, yield)
		}
	}
}

// Root yields the entries in the value of a folder's $INDEX_ROOT, whose node
// header is at 16. A shorter value has none.
func Root(value []byte) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		if len(value) < rootHeader+nodeHeader {
			return
		}
		node := value[rootHeader:]
		first, end := int64(binary.LittleEndian.Uint32(node)), int64(binary.LittleEndian.Uint32(node[4:]))
		if first < nodeHeader || first%alignment != 0 || first > end || end > int64(len(node)) {
			yield(Entry{}, artifacts.NewProblem(artifacts.Malformed, rootHeader, "entries from %d to %d in a root of %d bytes", first, end, len(node)))
			return
		}
		used(node, int(first), int(end), Entry{Offset: rootHeader}, yield)
	}
}

// putBack puts back the last two bytes of every sector. It is false if they do
// not fit together.
func putBack(b []byte) bool {
	at, count := int(binary.LittleEndian.Uint16(b[4:])), int(binary.LittleEndian.Uint16(b[6:]))
	if at < nodeAt+nodeHeader || at+2*count > sector-2 {
		return false
	}
	whole := true
	for i := 1; i < count; i++ {
		end := i*sector - 2
		if b[end] != b[at] || b[end+1] != b[at+1] {
			whole = false
			continue
		}
		b[end], b[end+1] = b[at+2*i], b[at+2*i+1]
	}
	return whole
}

// used yields the entries in use and returns where the search for others
// begins: behind them, or behind the last one that holds together. block says
// what is true of all of them.
func used(b []byte, at, end int, block Entry, yield func(Entry, error) bool) (reached int, more bool) {
	for at+entryHeader <= end {
		length, key := int(binary.LittleEndian.Uint16(b[at+8:])), int(binary.LittleEndian.Uint16(b[at+10:]))
		last := binary.LittleEndian.Uint16(b[at+12:])&isLast != 0
		if length < entryHeader || length%alignment != 0 || at+length > end || !last && entryHeader+key > length {
			return at, yield(Entry{}, artifacts.NewProblem(artifacts.Malformed, block.Offset+int64(at), "an entry of %d bytes with a key of %d where %d are left", length, key, end-at))
		}
		if last {
			return at + length, true
		}
		entry, n := parse(b[at+entryHeader : at+entryHeader+key])
		if n == 0 || n != key {
			return at, yield(Entry{}, artifacts.NewProblem(artifacts.Malformed, block.Offset+int64(at), "an entry that holds no name of a file"))
		}
		entry.Offset, entry.Torn, entry.Slack = block.Offset+int64(at)+entryHeader, block.Torn, block.Slack
		entry.File = artifacts.NewFileReference(binary.LittleEndian.Uint64(b[at:]))
		if !yield(entry, nil) {
			return at, false
		}
		at += length
	}
	return at, true
}

// slack yields what looks like a $FILE_NAME from a place on, with the
// reference of the file where the header before it fits.
func slack(b []byte, from int, offset int64, torn bool, yield func(Entry, error) bool) {
	at := (from + alignment - 1) &^ (alignment - 1)
	for at+nameAt < len(b) {
		entry, n := parse(b[at:])
		if n == 0 || !plausible(&entry) {
			at += alignment
			continue
		}
		entry.Offset, entry.Slack, entry.Torn = offset+int64(at), true, torn
		if head := at - entryHeader; head >= from && headed(b[head:at], n) {
			entry.File = artifacts.NewFileReference(binary.LittleEndian.Uint64(b[head:]))
		}
		if !yield(entry, nil) {
			return
		}
		at += (n + alignment - 1) &^ (alignment - 1)
	}
}

// headed reports whether an entry's header is one of a key of n bytes.
func headed(head []byte, n int) bool {
	length, flags := int(binary.LittleEndian.Uint16(head[8:])), binary.LittleEndian.Uint16(head[12:])
	want := (entryHeader + n + alignment - 1) &^ (alignment - 1)
	if flags&hasChild != 0 {
		want += 8
	}
	return int(binary.LittleEndian.Uint16(head[10:])) == n && length == want && flags&^hasChild == 0
}

// parse reads the $FILE_NAME that b begins with and returns its length, 0 if
// there is none: parent at 0, four times at 8, sizes at 40 and 48, attributes
// at 56, the name's length in units at 64, its name space at 65.
func parse(b []byte) (Entry, int) {
	if len(b) < nameAt || b[64] == 0 || b[65] > 3 {
		return Entry{}, 0
	}
	n := nameAt + 2*int(b[64])
	if n > len(b) {
		return Entry{}, 0
	}
	at := func(i int) time.Time { return windows.Filetime(binary.LittleEndian.Uint64(b[i:])) }
	return Entry{
		Parent:     artifacts.NewFileReference(binary.LittleEndian.Uint64(b)),
		Times:      artifacts.Times{Created: at(8), Modified: at(16), Changed: at(24), Accessed: at(32)},
		Allocated:  int64(binary.LittleEndian.Uint64(b[40:])),
		Size:       int64(binary.LittleEndian.Uint64(b[48:])),
		Attributes: binary.LittleEndian.Uint32(b[56:]),
		DOS:        b[65] == 2,
		Name:       windows.UTF16(b[nameAt:n]),
	}, n
}

// The years between which the times of a name that is found without an entry
// around it have to lie.
const earliest, latest = 1980, 2107

// plausible reports whether what parse read where nothing says that a name is
// there can be one.
func plausible(e *Entry) bool {
	for _, t := range []time.Time{e.Times.Created, e.Times.Modified, e.Times.Changed, e.Times.Accessed} {
		if y := t.Year(); y < earliest || y > latest {
			return false
		}
	}
	if e.Parent.Sequence == 0 || e.Parent.Record > 1<<32 || e.Size < 0 || e.Allocated < 0 || e.Allocated%8 != 0 {
		return false
	}
	for _, c := range utf16.Encode([]rune(e.Name)) {
		if c < ' ' || c == '/' {
			return false
		}
	}
	return true
}
