package snapshot

import (
	"cmp"
	"slices"

	"hivetriage/artifacts"
)

// Flags of a block descriptor. Others are not known and not looked at.
const (
	isForwarder = 1 // the block is found at the relative offset in the next newer store
	isOverlay   = 2 // the bitmap says which sectors of the block are there
	notUsed     = 4
)

// A block is where one block of the volume was copied to. Both counts are of
// bytes from the volume's start; a forwarder's target is to be looked up in
// the next store.
type block struct {
	number  uint32 // of the block on the volume
	forward bool
	target  int64
}

// An overlay holds single sectors of a block. It counts for the shadow copy
// that it belongs to only, not for older ones.
type overlay struct {
	number  uint32
	sectors uint32 // bit 0 is the first sector
	target  int64
}

// A layer is the list of one store: what differs from the next newer one.
type layer struct {
	guid       string
	blocks     []block   // by number
	overlays   []overlay // by number
	incomplete bool      // parts of the list are lost
	forwards   map[uint32]uint32
}

func (l *layer) block(number uint32) (block, bool) {
	i, ok := slices.BinarySearchFunc(l.blocks, number, func(b block, n uint32) int { return cmp.Compare(b.number, n) })
	if !ok {
		return block{}, false
	}
	return l.blocks[i], true
}

func (l *layer) overlay(number uint32) (overlay, bool) {
	i, ok := slices.BinarySearchFunc(l.overlays, number, func(o overlay, n uint32) int { return cmp.Compare(o.number, n) })
	if !ok {
		return overlay{}, false
	}
	return l.overlays[i], true
}

// A listReader joins descriptors, which stand in the order in which they were
// written, into a layer.
type listReader struct {
	layer
	volume    *volume
	blockAt   map[uint32]int // number of a block → its place in blocks
	overlayAt map[uint32]int
	bad       int // descriptors that make no sense
	firstBad  int64
	full      bool
}

// layer reads the block list of a store. Its map forwards says which block
// (value) is found at which other one (key) in the next store.
func (v *volume) layer(s *Store) (*layer, []*artifacts.Problem) {
	r := &listReader{layer: layer{guid: s.GUID, forwards: map[uint32]uint32{}}, volume: v,
		blockAt: map[uint32]int{}, overlayAt: map[uint32]int{}}
	var problems []*artifacts.Problem
	if !s.catalog.known {
		problems = append(problems, artifacts.NewProblem(artifacts.Unsupported, -1,
			"shadow copies: the catalog does not say where %s is: it is lost, or on another volume", s.GUID))
	} else if p := v.chain(s.catalog.list, listRecord, r.read); p != nil {
		problems = append(problems, artifacts.NewProblem(p.Kind, p.Offset, "%w: the list of %s is cut here", p.Err, s.GUID))
	}
	if r.bad > 0 {
		problems = append(problems, artifacts.NewProblem(artifacts.Malformed, r.firstBad, "shadow copies: %d blocks of %s lie outside of the volume, this is the first", r.bad, s.GUID))
	}
	if r.full {
		problems = append(problems, artifacts.NewProblem(artifacts.Limit, -1, "shadow copies: more than %d copied blocks on the volume; the list of %s is not read to its end", maxBlocks, s.GUID))
	}
	r.incomplete = len(problems) > 0
	slices.SortFunc(r.blocks, func(a, b block) int { return cmp.Compare(a.number, b.number) })
	slices.SortFunc(r.overlays, func(a, b overlay) int { return cmp.Compare(a.number, b.number) })
	return &r.layer, problems
}

// read takes the descriptors of one block of the list.
func (r *listReader) read(body []byte, at int64) bool {
	for ; len(body) >= itemSize; body, at = body[itemSize:], at+itemSize {
		original, relative, target, flags := u64(body, 0), u64(body, 8), u64(body, 16), u32(body, 24)
		if flags&notUsed != 0 || original|relative|target|uint64(flags) == 0 {
			continue
		}
		if r.volume.blocks == 0 {
			r.full = true
			return false
		}
		where := target
		if flags&isForwarder != 0 {
			where = relative
		}
		if !r.fits(original, where, flags) {
			if r.bad++; r.bad == 1 {
				r.firstBad = at
			}
			continue
		}
		r.add(uint32(original/blockSize), int64(where), flags, u32(body, 28))
	}
	return true
}

// fits checks the offsets of a descriptor.
func (r *listReader) fits(original, where uint64, flags uint32) bool {
	const both = isForwarder | isOverlay
	return original < uint64(r.volume.size) && original%blockSize == 0 && where < uint64(r.volume.size) && flags&both != both &&
		(flags&isForwarder == 0 || where%blockSize == 0)
}

// add enters a descriptor. A later one replaces an earlier one of the same
// block; a block that an earlier forwarder leads to is the one that the
// forwarder stands for; the sectors of overlays add up.
func (r *listReader) add(number uint32, where int64, flags, sectors uint32) {
	if flags&isOverlay != 0 {
		if i, ok := r.overlayAt[number]; ok {
			r.overlays[i].sectors |= sectors
			return
		}
		r.overlayAt[number] = len(r.overlays)
		r.overlays = append(r.overlays, overlay{number, sectors, where})
		r.volume.blocks--
		return
	}
	forward := flags&isForwarder != 0
	if origin, ok := r.forwards[number]; ok {
		delete(r.forwards, number)
		number = origin
	}
	if forward && where == int64(number)*blockSize {
		return // led round in a circle to where it began
	}
	b := block{number, forward, where}
	if i, ok := r.blockAt[number]; ok {
		r.blocks[i] = b
	} else {
		r.blockAt[number] = len(r.blocks)
		r.blocks = append(r.blocks, b)
		r.volume.blocks--
	}
	if forward {
		r.forwards[uint32(where/blockSize)] = number
	}
}

// free reads which blocks were not in use when the newest shadow copy was
// made: those that its bitmap marks, and that of the one before it, if there
// was one, as well. What a forwarder leads to was in use. Older ones are not
// asked: Windows does so for the newest only.
func (v *volume) free(s *Store, l *layer) ([]byte, *artifacts.Problem) {
	current, p := v.bitmap(s.catalog.bitmap)
	if p != nil {
		return nil, p
	}
	if s.catalog.previous != 0 {
		previous, p := v.bitmap(s.catalog.previous)
		if p != nil {
			return nil, p
		}
		for i := range current {
			current[i] &= previous[i]
		}
	}
	for number := range l.forwards {
		current[number/8] &^= 1 << (number % 8)
	}
	return current, nil
}

// bitmap reads a bitmap with a bit for each block of the volume, the lowest
// of a byte first. What it does not reach is not marked.
func (v *volume) bitmap(offset uint64) ([]byte, *artifacts.Problem) {
	bits := make([]byte, (v.size/blockSize+8)/8)
	rest := bits
	p := v.chain(offset, bitmapRecord, func(body []byte, _ int64) bool {
		rest = rest[copy(rest, body):]
		return len(rest) > 0
	})
	return bits, p
}
