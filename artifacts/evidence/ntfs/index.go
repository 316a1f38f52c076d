package ntfs

import (
	"cmp"
	"encoding/binary"
	"slices"
	"strings"
	"unicode/utf16"

	"hivetriage/artifacts"
	"hivetriage/artifacts/internal/windows"
)

const (
	attrBitmap = 0xB0

	maxIndex  = 64 << 20 // bytes of the blocks of a folder's index in which a name is looked up
	maxBitmap = 1 << 20  // bytes of an index's bitmap: eight million blocks
)

// An Index is where a folder's names stand: the attributes called $I30 as they
// are on the disk.
type Index struct {
	Root   []byte            // value of $INDEX_ROOT
	Blocks artifacts.Content // $INDEX_ALLOCATION, nil if the root holds all
	InUse  []byte            // $BITMAP: a bit for each block; nil where there is none
}

// Index returns the index of the folder that a reference names. With an error
// it has what could be read. A deleted folder's counts as long as its record is
// not another file's; its clusters may be.
func (v *Volume) Index(ref artifacts.FileReference) (Index, error) {
	if v.bare {
		return Index{}, errNotInTable
	}
	x, err := v.index(ref)
	index := Index{Root: x.root, InUse: x.inUse}
	if x.blocks != nil {
		index.Blocks = &content{x.blocks, x.blocks.size}
	}
	return index, err
}

// folderIndex is an Index with its blocks as runs.
type folderIndex struct {
	root   []byte
	blocks *runs
	inUse  []byte
}

// index reads what the records of a folder say of its index. With an error it
// has what could be read.
func (v *Volume) index(ref artifacts.FileReference) (x folderIndex, err error) {
	if ref.Record >= maxRecords {
		return x, artifacts.NewProblem(artifacts.Malformed, -1, "MFT record %d does not exist", ref.Record)
	}
	f, err := v.loadFile(uint32(ref.Record))
	if err != nil {
		return x, err
	}
	if f.header.base != 0 || !succeeds(f.header, ref.Sequence) {
		return x, artifacts.NewProblem(artifacts.Malformed, -1, "MFT record %s is another file's by now", ref)
	}
	var allocation, bitmap []*attribute
	for _, number := range append([]uint32{f.number}, f.parts...) {
		b := make([]byte, v.recordSize) // kept: attributes point into it
		h, _, readErr := v.readRecord(number, b)
		if readErr != nil {
			err = readErr
			continue
		}
		w := walk(b, h)
		var a attribute
		for {
			ok, walkErr := w.next(&a)
			if !ok {
				if walkErr != nil {
					err = walkErr
				}
				break
			}
			switch {
			case windows.UTF16(a.name) != "$I30":
			case a.kind == attrIndexRoot && !a.nonResident:
				x.root = a.value
			case a.kind == attrIndexAllocation && a.nonResident:
				allocation = append(allocation, clone(&a))
			case a.kind == attrBitmap:
				bitmap = append(bitmap, clone(&a))
			}
		}
	}
	err = v.join(&x, allocation, bitmap, err)
	return x, err
}

// join puts the parts of the attributes together, which come in the order of
// their records. It returns err or what went wrong first.
func (v *Volume) join(x *folderIndex, allocation, bitmap []*attribute, err error) error {
	keep := func(other error) {
		if err == nil {
			err = other
		}
	}
	if len(allocation) > 0 {
		s, joinErr := v.joinRuns(inOrder(allocation))
		if keep(joinErr); s.size >= 0 && len(s.extents) > 0 {
			x.blocks = s
		}
	}
	switch {
	case len(bitmap) == 0:
	case !bitmap[0].nonResident:
		x.inUse = bitmap[0].value
	default:
		s, joinErr := v.joinRuns(inOrder(bitmap))
		if joinErr == nil && s.size > maxBitmap {
			joinErr = artifacts.NewProblem(artifacts.Limit, -1, "an index's bitmap of %d bytes", s.size)
		}
		if keep(joinErr); joinErr != nil {
			break
		}
		b := make([]byte, s.size)
		if readErr := s.readFull(b, 0); readErr != nil {
			keep(readErr)
		} else {
			x.inUse = b
		}
	}
	return err
}

// inOrder splits the parts of an attribute into the first and what carries it
// on.
func inOrder(parts []*attribute) (first *attribute, more []*attribute) {
	slices.SortStableFunc(parts, func(a, b *attribute) int { return cmp.Compare(a.startVCN, b.startVCN) })
	return parts[0], parts[1:]
}

// Reference looks a path up from the root on, in any case of its letters: ok
// is false if there is no such file or folder, or an index on the way cannot
// be read. Path is as in Locator.
func (v *Volume) Reference(path string) (ref artifacts.FileReference, ok bool) {
	b := make([]byte, v.recordSize)
	h, _, err := v.readRecord(recordRoot, b)
	if err != nil || v.bare {
		return artifacts.FileReference{}, false
	}
	ref = artifacts.FileReference{Record: recordRoot, Sequence: h.sequence}
	for part := range strings.SplitSeq(strings.Trim(path, "/"), "/") {
		if part == "" {
			continue
		}
		if ref, ok = v.child(ref, part); !ok {
			return artifacts.FileReference{}, false
		}
	}
	return ref, true
}

// child looks a name up in a folder.
func (v *Volume) child(folder artifacts.FileReference, wanted string) (ref artifacts.FileReference, ok bool) {
	x, err := v.index(folder)
	if err != nil || len(x.root) < indexNodeHeader {
		return ref, false
	}
	units := utf16.Encode([]rune(wanted))
	visit := func(reference uint64, n name) {
		if !ok && len(n.utf16) == 2*len(units) && strings.EqualFold(component(n.utf16), wanted) {
			ref, ok = artifacts.NewFileReference(reference), true
		}
	}
	eachIndexed(x.root[16:], visit)
	if x.blocks != nil && !ok {
		v.eachBlock(x.blocks, int64(binary.LittleEndian.Uint32(x.root[8:])), maxIndex, func(i int64, node []byte) bool {
			if inUse := x.inUse; i/8 < int64(len(inUse)) && inUse[i/8]&(1<<(i%8)) != 0 {
				eachIndexed(node, visit)
			}
			return !ok
		})
	}
	return ref, ok
}
