package ntfs

import (
	"encoding/binary"

	"hivetriage/artifacts/internal/windows"
)

// The attributes of a directory's index, the size of the header of a block of
// it, and that of the node header in both.
const (
	attrIndexRoot       = 0x90
	attrIndexAllocation = 0xA0

	indexBlockHeader = 24
	indexNodeHeader  = 16
	indexEntryHeader = 16

	maxRootIndex = 1 << 20 // bytes of the root directory's index blocks
)

// RootNames returns the names in the root directory, as far as its index can
// be read, without DOS 8.3 names and its own. Blocks of the index that are free
// by now may add names that were there. It reads nothing but this index, up to
// a limit that no usual root comes near.
func (v *Volume) RootNames() []string {
	b := make([]byte, v.recordSize)
	h, _, err := v.readRecord(recordRoot, b)
	if err != nil {
		return nil
	}
	var names []string
	blockSize := int64(0)
	w := walk(b, h)
	for {
		var a attribute
		if ok, err := w.next(&a); !ok || err != nil {
			return names
		}
		switch {
		case windows.UTF16(a.name) != "$I30":
		case a.kind == attrIndexRoot && !a.nonResident && len(a.value) >= 16:
			blockSize = int64(binary.LittleEndian.Uint32(a.value[8:]))
			names = indexNames(names, a.value[16:])
		case a.kind == attrIndexAllocation && a.nonResident && a.startVCN == 0:
			names = v.blockNames(names, &a, blockSize)
		}
	}
}

// blockNames appends the names in the blocks of an index.
func (v *Volume) blockNames(names []string, a *attribute, blockSize int64) []string {
	r, err := v.joinRuns(a, nil)
	if err != nil || r == nil {
		return names
	}
	v.eachBlock(r, blockSize, maxRootIndex, func(_ int64, node []byte) bool {
		names = indexNames(names, node)
		return true
	})
	return names
}

// eachBlock visits the nodes in the whole blocks of an index, with their
// number, until visit is false or limit bytes were read.
func (v *Volume) eachBlock(r *runs, blockSize, limit int64, visit func(number int64, node []byte) bool) {
	if blockSize < fixStride || blockSize > 64<<10 || blockSize%fixStride != 0 {
		return
	}
	b := make([]byte, blockSize)
	for at := int64(0); at+blockSize <= min(r.size, r.covered(), limit); at += blockSize {
		if r.readFull(b, at) != nil || string(b[:4]) != "INDX" || putBack(b, indexBlockHeader) != recordWhole {
			continue
		}
		if !visit(at/blockSize, b[indexBlockHeader:]) {
			return
		}
	}
}

// indexNames appends the names of a node without DOS 8.3 names and ".".
func indexNames(names []string, node []byte) []string {
	eachIndexed(node, func(_ uint64, n name) {
		if n.space != spaceDOS && string(n.utf16) != ".\x00" {
			names = append(names, component(n.utf16))
		}
	})
	return names
}

// eachIndexed visits the entries of a node: offset and end of the entries at 0
// and 4 from its header. An entry has the file's reference at 0, its length at
// 8, that of its $FILE_NAME at 10, and flags at 12, of which 2 marks the last
// one, without a name.
func eachIndexed(node []byte, visit func(reference uint64, n name)) {
	if len(node) < indexNodeHeader {
		return
	}
	at, end := int64(binary.LittleEndian.Uint32(node)), min(int64(binary.LittleEndian.Uint32(node[4:])), int64(len(node)))
	for at >= indexNodeHeader && at+indexEntryHeader <= end {
		e := node[at:end]
		length, key := int64(binary.LittleEndian.Uint16(e[8:])), int64(binary.LittleEndian.Uint16(e[10:]))
		if binary.LittleEndian.Uint16(e[12:])&2 != 0 || length < indexEntryHeader || indexEntryHeader+key > min(length, int64(len(e))) {
			return
		}
		if n, ok := parseName(e[indexEntryHeader:][:key]); ok {
			visit(binary.LittleEndian.Uint64(e), n)
		}
		at += length
	}
}
