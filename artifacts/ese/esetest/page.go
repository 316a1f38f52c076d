package esetest

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"slices"
)

const (
	seed = 0x89ABCDEF

	rootPage, leafPage, parentPage = 1, 2, 4
	longPage                       = 0x80
	newRecord, newChecksum         = 0x800, 0x2000
)

// A node is a key and what is kept under it.
type node struct {
	key, data []byte
	page      uint32 // of a branch's node: the page it leads to
}

func sortNodes(nodes []node) {
	slices.SortFunc(nodes, func(a, b node) int { return bytes.Compare(a.key, b.key) })
}

// tree writes the tree of an object: its root at a page, the others where
// there is room.
func (b *builder) tree(root, object, kind uint32, nodes []node) {
	kind |= newRecord
	if !b.OldSums {
		kind |= newChecksum
	}
	parts := b.part(nodes, true)
	if len(parts) == 1 {
		b.page(root, object, kind|rootPage|leafPage, parts[0], 0, 0)
		return
	}
	level := uint32(leafPage)
	for len(parts) > 1 {
		numbers := make([]uint32, len(parts))
		for i := range parts {
			numbers[i] = b.take()
		}
		var above []node
		for i, part := range parts {
			prev, next := uint32(0), uint32(0)
			var bound []byte // the first key of the page to the right
			switch {
			case level != leafPage: // branches have no neighbours
				bound = part[len(part)-1].key
			case i+1 < len(parts):
				next = numbers[i+1]
				bound = parts[i+1][0].key
			}
			if i > 0 && level == leafPage {
				prev = numbers[i-1]
			}
			b.page(numbers[i], object, kind|level, part, prev, next)
			above = append(above, node{key: bound, data: binary.LittleEndian.AppendUint32(nil, numbers[i]), page: numbers[i]})
		}
		if level == leafPage {
			level = parentPage
		} else {
			level = 0
		}
		parts = b.part(above, false)
	}
	b.page(root, object, kind|rootPage|level, parts[0], 0, 0)
}

// part divides nodes into as many pages as they take.
func (b *builder) part(nodes []node, leaf bool) [][]node {
	var parts [][]node
	var now []node
	room := 0
	for _, n := range nodes {
		need := 4 + 4 + len(n.key) + len(n.data)
		if now != nil && (need > room || b.PerPage > 0 && len(now) == b.PerPage) {
			parts, now = append(parts, now), nil
		}
		if now == nil {
			room = b.PageSize - b.header() - 4 - 16 - 64
		}
		must(need <= room, "a record of %d bytes in a page of %d", len(n.data), b.PageSize)
		now, room = append(now, n), room-need
	}
	return append(parts, now)
}

func (b *builder) header() int {
	if b.PageSize > 8192 {
		return 80
	}
	return 40
}

// page writes a page. The nodes of a leaf that is no root share the beginning
// of their keys with the page's prefix, which is the first of them.
func (b *builder) page(number, object, flags uint32, nodes []node, prev, next uint32) {
	le := binary.LittleEndian
	p := make([]byte, b.PageSize)
	le.PutUint64(p[8:], 1)
	le.PutUint32(p[16:], prev)
	le.PutUint32(p[20:], next)
	le.PutUint32(p[24:], object)
	le.PutUint32(p[36:], flags)
	large := b.PageSize > 8192
	if large {
		le.PutUint64(p[64:], uint64(number))
	}
	body, at, tags := p[b.header():], 0, 0
	add := func(v []byte, nodeFlags uint16) {
		tags++
		t := p[len(p)-4*tags:]
		le.PutUint16(t, uint16(len(v)))
		copy(body[at:], v)
		if large {
			le.PutUint16(t[2:], uint16(at))
			if tags > 1 {
				body[at+1] |= byte(nodeFlags << 5)
			}
		} else {
			le.PutUint16(t[2:], uint16(at)|nodeFlags<<13)
		}
		at += len(v)
	}
	var prefix []byte
	if flags&rootPage != 0 {
		first := make([]byte, 16)
		le.PutUint32(first, 1)
		le.PutUint32(first[4:], 1)
		add(first, 0)
	} else {
		if flags&leafPage != 0 && len(nodes) > 1 {
			prefix = nodes[0].key
		}
		add(prefix, 0)
	}
	for _, n := range nodes {
		common := 0
		for common < len(prefix) && common < len(n.key) && prefix[common] == n.key[common] {
			common++
		}
		var v []byte
		var nodeFlags uint16
		if common > 2 {
			v, nodeFlags = le.AppendUint16(v, uint16(common)), 4
		} else {
			common = 0
		}
		v = le.AppendUint16(v, uint16(len(n.key)-common))
		add(append(append(v, n.key[common:]...), n.data...), nodeFlags)
	}
	le.PutUint16(p[28:], uint16(len(p)-b.header()-at-4*tags))
	le.PutUint16(p[32:], uint16(at))
	le.PutUint16(p[34:], uint16(tags))
	b.pages[number] = p
}

// Seal writes the checksums of a page, of which number is the one at number+1
// times the page size in the file. Whoever changes a page seals it again, or
// leaves it to show that it was changed.
func Seal(p []byte, number uint32) {
	le := binary.LittleEndian
	if le.Uint32(p[36:])&newChecksum == 0 {
		le.PutUint32(p[4:], number)
		le.PutUint32(p, xor(p))
		return
	}
	block := len(p)
	switch block {
	case 16384:
		block = 4096
	case 32768:
		block = 8192
	}
	for i := 1; i*block < len(p); i++ {
		le.PutUint64(p[32+8*i:], correcting(p[i*block:(i+1)*block], number, 0))
	}
	le.PutUint64(p, correcting(p[:block], number, 8))
}

func xor(b []byte) uint32 {
	sum := uint32(seed)
	for i := 4; i < len(b); i += 4 {
		sum ^= binary.LittleEndian.Uint32(b[i:])
	}
	return sum
}

// correcting is the checksum with error correction, bit by bit: the exclusive
// or of the numbers of all bits that are set, and of their complements.
func correcting(b []byte, number uint32, from int) uint64 {
	mask := uint32(len(b)*8 - 1)
	var low, high uint32
	sum := number
	for i := from; i < len(b); i++ {
		sum ^= uint32(b[i]) << (i % 4 * 8)
		for rest := b[i]; rest != 0; rest &= rest - 1 {
			place := uint32(i*8 + bits.TrailingZeros8(rest))
			low ^= place
			high ^= ^place & mask
		}
	}
	return uint64(high<<16|low)<<32 | uint64(sum)
}
