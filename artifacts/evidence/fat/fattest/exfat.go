package fattest

import (
	"math/bits"
	"slices"
	"time"
	"unicode"
	"unicode/utf16"
)

// exfat writes a volume of exFAT.
func (l *layout) exfat() {
	bitmap, upcase := &node{name: "bitmap"}, &node{name: "up-case"}
	table := upcaseTable()
	l.take(bitmap, int(l.clusters+7)/8)
	l.take(upcase, len(table))
	l.take(l.root, l.exfatSize(l.root))
	for _, n := range l.order {
		if n.Directory {
			l.take(n, l.exfatSize(n))
		} else {
			l.take(n, len(n.Data))
		}
		if l.err != nil {
			return
		}
	}
	l.setEntry(0, 0xfffffff8)
	l.setEntry(1, 0xffffffff)
	system := []*node{bitmap, upcase, l.root}
	bits := make([]byte, (l.clusters+7)/8)
	for _, n := range append(system, l.order...) {
		if n.gone() {
			continue
		}
		for _, c := range n.clusters {
			bits[(c-2)/8] |= 1 << ((c - 2) % 8)
		}
	}
	l.write(bitmap, bits)
	l.write(upcase, table)
	for _, n := range append(system, l.order...) {
		if slices.Contains(system, n) || n.chained() {
			for i, c := range n.clusters {
				if l.setEntry(c, 0xffffffff); i+1 < len(n.clusters) {
					l.setEntry(c, n.clusters[i+1])
				}
			}
		}
	}
	l.exfatDirectory(l.root, bitmap, upcase, len(bits), table)
	l.bootExFAT()
}

// chained reports whether a node's clusters are in the FAT. Deletion leaves
// the chain.
func (n *node) chained() bool { return n.Fragmented || n.Chained }

func (l *layout) exfatSize(n *node) int {
	size := 32
	if n.parent == nil {
		size += 3 * 32
	}
	for _, c := range n.children {
		size += 32 * (2 + (len(utf16.Encode([]rune(c.name)))+14)/15)
	}
	return (size + l.opt.Cluster - 1) / l.opt.Cluster * l.opt.Cluster
}

func (l *layout) exfatDirectory(n, bitmap, upcase *node, bitmapSize int, table []byte) {
	var b []byte
	if n.parent == nil {
		e := make([]byte, 96)
		e[0] = 0x03
		if l.opt.Label != "" {
			e[0] = 0x83
			label := utf16.Encode([]rune(l.opt.Label))
			e[1] = byte(len(label))
			for i, u := range label {
				le.PutUint16(e[2+2*i:], u)
			}
		}
		e[32] = 0x81
		le.PutUint32(e[32+20:], bitmap.clusters[0])
		le.PutUint64(e[32+24:], uint64(bitmapSize))
		e[64] = 0x82
		sum := uint32(0)
		for _, c := range table {
			sum = bits.RotateLeft32(sum, -1) + uint32(c)
		}
		le.PutUint32(e[64+4:], sum)
		le.PutUint32(e[64+20:], upcase.clusters[0])
		le.PutUint64(e[64+24:], uint64(len(table)))
		b = e
	}
	for _, c := range n.children {
		c.entryAt = len(b)
		b = append(b, l.set(c)...)
		if c.Directory {
			l.exfatDirectory(c, nil, nil, 0, nil)
		} else {
			l.write(c, c.Data)
		}
	}
	l.write(n, b)
}

// set is the entry set of a file.
func (l *layout) set(n *node) []byte {
	units := utf16.Encode([]rune(n.name))
	names := (len(units) + 14) / 15
	b := make([]byte, 32*(2+names))
	b[0], b[1], b[4] = 0x85, byte(1+names), 0x20
	size, valid := int64(len(n.Data)), n.Valid
	if n.Directory {
		b[4], size = 0x10, int64(len(n.clusters)*l.opt.Cluster)
	}
	if valid == 0 {
		valid = size
	}
	for i, t := range []time.Time{n.Times.Created, n.Times.Modified, n.Times.Accessed} {
		when, hundredths := stamp(t)
		if when == 0 {
			when = 1<<21 | 1<<16 // the first day there is
		}
		le.PutUint32(b[8+4*i:], when)
		if i < 2 {
			b[20+i] = hundredths
		}
		if n.Zone != nil {
			b[22+i] = 0x80 | byte(*n.Zone/15)&0x7f
		}
	}
	s := b[32:]
	s[0], s[1], s[3] = 0xc0, 1, byte(len(units))
	if !n.chained() && len(n.clusters) > 0 {
		s[1] = 3
	}
	le.PutUint16(s[4:], nameHash(units))
	le.PutUint64(s[8:], uint64(valid))
	if len(n.clusters) > 0 {
		le.PutUint32(s[20:], n.clusters[0])
	}
	le.PutUint64(s[24:], uint64(size))
	for i := range names {
		p := b[32*(2+i):]
		p[0] = 0xc1
		for k, u := range units[15*i : min(len(units), 15*i+15)] {
			le.PutUint16(p[2+2*k:], u)
		}
	}
	sum := uint16(0)
	for i, c := range b {
		if i != 2 && i != 3 {
			sum = bits.RotateLeft16(sum, -1) + uint16(c)
		}
	}
	le.PutUint16(b[2:], sum)
	if n.Deleted {
		for i := 0; i < len(b); i += 32 {
			b[i] &^= 0x80
		}
	}
	return b
}

// upper is the up-case table's view of a unit: ASCII only.
func upper(u uint16) uint16 {
	if u < 128 {
		return uint16(unicode.ToUpper(rune(u)))
	}
	return u
}

// upcaseTable maps the first 128 units, the others to themselves, in the
// compressed form: 0xffff and the number of units that map to themselves.
func upcaseTable() []byte {
	var b []byte
	for u := range uint16(128) {
		b = le.AppendUint16(b, upper(u))
	}
	b = le.AppendUint16(b, 0xffff)
	return le.AppendUint16(b, 0xffff-127)
}

func nameHash(units []uint16) (hash uint16) {
	for _, u := range units {
		u = upper(u)
		hash = bits.RotateLeft16(hash, -1) + u&0xff
		hash = bits.RotateLeft16(hash, -1) + u>>8
	}
	return hash
}

// bootExFAT writes the main and the backup boot region.
func (l *layout) bootExFAT() {
	sector := l.opt.Sector
	region := make([]byte, 12*sector)
	b := region
	copy(b, "\xeb\x76\x90EXFAT   ")
	le.PutUint64(b[72:], uint64(len(l.image)/sector))
	le.PutUint32(b[80:], uint32(l.table/int64(sector)))
	le.PutUint32(b[84:], uint32(l.tableSize/int64(sector)))
	le.PutUint32(b[88:], uint32(l.heap/int64(sector)))
	le.PutUint32(b[92:], l.clusters)
	le.PutUint32(b[96:], l.root.clusters[0])
	le.PutUint32(b[100:], l.opt.Serial)
	le.PutUint16(b[104:], 0x100)
	b[108] = byte(bits.Len(uint(sector)) - 1)
	b[109] = byte(bits.Len(uint(l.opt.Cluster/sector)) - 1)
	b[110], b[111], b[112] = 1, 0x80, 0xff
	b[510], b[511] = 0x55, 0xaa
	for i := 1; i < 9; i++ {
		copy(region[(i+1)*sector-4:], "\x00\x00\x55\xaa")
	}
	sum := uint32(0)
	for i, c := range region[:11*sector] {
		if i != 106 && i != 107 && i != 112 {
			sum = bits.RotateLeft32(sum, -1) + uint32(c)
		}
	}
	for at := 11 * sector; at < 12*sector; at += 4 {
		le.PutUint32(region[at:], sum)
	}
	copy(l.image, region)
	copy(l.image[12*sector:], region)
}
