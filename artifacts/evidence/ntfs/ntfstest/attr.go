package ntfstest

import (
	"encoding/binary"
	"slices"
)

// Attribute types, from the table that $AttrDef holds.
const (
	typeSI         = 0x10
	typeList       = 0x20
	typeFN         = 0x30
	typeSecurity   = 0x50
	typeVolName    = 0x60
	typeVolInfo    = 0x70
	typeData       = 0x80
	typeIndexRoot  = 0x90
	typeIndexAlloc = 0xA0
	typeBitmap     = 0xB0
	typeReparse    = 0xC0
	endOfRecord    = 0xFFFFFFFF
)

// Flags of an attribute.
const (
	flagCompressed = 0x0001
	flagSparse     = 0x8000
)

var le = binary.LittleEndian

// attr is one attribute of a file, or the piece of one from cluster vcn on.
type attr struct {
	typ      uint32
	name     []uint16
	flags    uint16
	content  []byte // of a resident attribute
	indexed  bool   // the content is also in a directory index
	clusters bool   // non-resident: the following fields hold
	runs     []Run
	vcn      int64
	alloc    int64 // bytes, with holes
	size     int64
	valid    int64
	onDisk   int64 // bytes in clusters; stored for compressed and sparse streams
	unit     byte  // log2 of the compression unit in clusters
}

// allocated is the size a directory entry states as allocated.
func (a *attr) allocated() int64 {
	switch {
	case !a.clusters:
		return align(int64(len(a.content)), 8)
	case a.flags != 0:
		return a.onDisk
	}
	return a.alloc
}

// length is the size of the stream in bytes.
func (a *attr) length() int64 {
	if a.clusters {
		return a.size
	}
	return int64(len(a.content))
}

// header is where the name of a non-resident attribute starts.
func (a *attr) header() int {
	if a.flags != 0 && a.vcn == 0 {
		return 0x48
	}
	return 0x40
}

// encoded is the number of bytes that append writes.
func (a *attr) encoded() int {
	if !a.clusters {
		return int(align(align(0x18+2*int64(len(a.name)), 8)+int64(len(a.content)), 8))
	}
	return int(align(align(int64(a.header()+2*len(a.name)), 8)+int64(pairsLength(a.runs)), 8))
}

// append writes the attribute with the given instance number.
func (a *attr) append(dst []byte, id uint16) []byte {
	start, n := len(dst), a.encoded()
	dst = append(dst, make([]byte, n)...)
	b := dst[start:]
	le.PutUint32(b, a.typ)
	le.PutUint32(b[4:], uint32(n))
	b[9] = byte(len(a.name))
	le.PutUint16(b[12:], a.flags)
	le.PutUint16(b[14:], id)
	if !a.clusters {
		le.PutUint16(b[10:], 0x18)
		putUnits(b[0x18:], a.name)
		off := align(0x18+2*int64(len(a.name)), 8)
		le.PutUint32(b[16:], uint32(len(a.content)))
		le.PutUint16(b[20:], uint16(off))
		if a.indexed {
			b[22] = 1
		}
		copy(b[off:], a.content)
		return dst
	}
	b[8] = 1
	h := a.header()
	le.PutUint16(b[10:], uint16(h))
	putUnits(b[h:], a.name)
	off := align(int64(h+2*len(a.name)), 8)
	le.PutUint64(b[16:], uint64(a.vcn))
	le.PutUint64(b[24:], uint64(a.vcn+clustersOf(a.runs)-1))
	le.PutUint16(b[32:], uint16(off))
	b[34] = a.unit
	if a.vcn == 0 { // the sizes stand in the first piece only
		le.PutUint64(b[40:], uint64(a.alloc))
		le.PutUint64(b[48:], uint64(a.size))
		le.PutUint64(b[56:], uint64(a.valid))
		if h == 0x48 {
			le.PutUint64(b[64:], uint64(a.onDisk))
		}
	}
	putPairs(b[off:], a.runs)
	return dst
}

// split cuts the run list into pieces of at most limit encoded bytes each, and
// into at least pieces of them where there are as many runs.
func (a *attr) split(limit, pieces int) []attr {
	perPiece := len(a.runs)
	if pieces > 1 {
		perPiece = max(len(a.runs)/pieces, 1)
	}
	var out []attr
	vcn, rest := a.vcn, a.runs
	for len(rest) > 0 {
		p := *a
		p.vcn = vcn
		n := min(perPiece, len(rest))
		for p.runs = rest[:n]; n > 1 && p.encoded() > limit; p.runs = rest[:n] {
			n--
		}
		out = append(out, p)
		vcn += clustersOf(p.runs)
		rest = rest[n:]
	}
	return out
}

// clustersOf counts the clusters of runs, holes included.
func clustersOf(runs []Run) int64 {
	var n int64
	for _, r := range runs {
		n += r.Length
	}
	return n
}

// signedBytes is the number of bytes that hold v in two's complement.
func signedBytes(v int64) int {
	n := 1
	for v < -1<<(8*n-1) || v > 1<<(8*n-1)-1 {
		n++
	}
	return n
}

// eachPair calls f with the length and the LCN difference of every run; a hole
// has no difference.
func eachPair(runs []Run, f func(length, delta int64, hole bool)) {
	last := int64(0)
	for _, r := range runs {
		if r.LCN < 0 {
			f(r.Length, 0, true)
			continue
		}
		f(r.Length, r.LCN-last, false)
		last = r.LCN
	}
}

// pairsLength is the number of bytes of the mapping pairs with their end mark.
func pairsLength(runs []Run) int {
	n := 1
	eachPair(runs, func(length, delta int64, hole bool) {
		n += 1 + signedBytes(length)
		if !hole {
			n += signedBytes(delta)
		}
	})
	return n
}

// putPairs writes mapping pairs: a byte with the widths of length (low half)
// and LCN difference (high half), then both, little endian and signed.
func putPairs(b []byte, runs []Run) {
	at := 0
	put := func(v int64, n int) {
		for range n {
			b[at] = byte(v)
			v >>= 8
			at++
		}
	}
	eachPair(runs, func(length, delta int64, hole bool) {
		nl, nd := signedBytes(length), 0
		if !hole {
			nd = signedBytes(delta)
		}
		put(int64(nl|nd<<4), 1)
		put(length, nl)
		put(delta, nd)
	})
}

// sortAttrs puts attributes in the order NTFS keeps: type, name, first VCN.
func sortAttrs(attrs []attr) {
	slices.SortStableFunc(attrs, func(a, b attr) int {
		if a.typ != b.typ {
			return int(a.typ) - int(b.typ)
		}
		if c := compareNames(a.name, b.name); c != 0 {
			return c
		}
		return int(a.vcn - b.vcn)
	})
}

func putUnits(b []byte, units []uint16) {
	for i, u := range units {
		le.PutUint16(b[2*i:], u)
	}
}

func align(n, to int64) int64 { return (n + to - 1) / to * to }
