package fattest

import (
	"encoding/binary"
	"fmt"
	"strings"
	"time"
	"unicode/utf16"
)

var le = binary.LittleEndian

// layout sets where things lie.
func (b *Builder) layout() (*layout, error) {
	l := &layout{Builder: b, next: 2, tables: 2}
	for _, n := range b.order {
		n.clusters = nil
	}
	b.root.clusters = nil
	sector, cluster := int64(b.opt.Sector), int64(b.opt.Cluster)
	l.image = make([]byte, b.opt.Size/sector*sector)
	up := func(n int64) int64 { return (n + sector - 1) / sector * sector }
	entryBits := map[string]int64{FAT12: 12, FAT16: 16, FAT32: 32, ExFAT: 32}[b.opt.Kind]
	reserved, rootSize := sector, int64(rootEntries*32)
	switch b.opt.Kind {
	case FAT32:
		reserved, rootSize = 32*sector, 0
	case ExFAT:
		reserved, rootSize, l.tables = 24*sector, 0, 1
	case "":
		return nil, fmt.Errorf("fattest: no kind of volume")
	}
	guess := int64(len(l.image)) / cluster
	l.tableSize = up((guess + 2) * entryBits / 8)
	l.table = reserved
	l.rootAt = reserved + int64(l.tables)*l.tableSize
	l.heap = l.rootAt + up(rootSize)
	if int64(len(l.image)) < l.heap+cluster {
		return nil, fmt.Errorf("fattest: %d bytes are too few", len(l.image))
	}
	l.clusters = uint32((int64(len(l.image)) - l.heap) / cluster)
	return l, nil
}

const rootEntries = 512

// fat writes a volume of FAT12, FAT16 or FAT32.
func (l *layout) fat() {
	l.bootFAT()
	if l.opt.Kind == FAT32 {
		l.take(l.root, l.directorySize(l.root))
	}
	for _, n := range l.order {
		if n.Directory {
			l.take(n, l.directorySize(n))
		} else {
			l.take(n, len(n.Data))
		}
		if l.err != nil {
			return
		}
	}
	l.setEntry(0, 0x0fffff00|0xf8)
	l.setEntry(1, 0x0fffffff)
	l.directory(l.root)
	l.chains(append([]*node{l.root}, l.order...))
	for i := 1; i < l.tables; i++ {
		copy(l.image[l.table+int64(i)*l.tableSize:], l.image[l.table:l.table+l.tableSize])
	}
}

func (l *layout) chains(nodes []*node) {
	for _, n := range nodes {
		if n.gone() {
			continue
		}
		for i, c := range n.clusters {
			next := uint32(0x0fffffff)
			if i+1 < len(n.clusters) {
				next = n.clusters[i+1]
			}
			l.setEntry(c, next)
		}
	}
}

// gone reports whether a file or a directory above it is deleted.
func (n *node) gone() bool {
	return n.Deleted || n.parent != nil && n.parent.gone()
}

func (l *layout) setEntry(cluster, value uint32) {
	t := l.image[l.table:]
	switch l.opt.Kind {
	case FAT16:
		le.PutUint16(t[2*cluster:], uint16(value))
	case FAT12:
		at := cluster + cluster/2
		old, value := le.Uint16(t[at:]), uint16(value)&0xfff
		if cluster%2 == 1 {
			le.PutUint16(t[at:], old&0x000f|value<<4)
		} else {
			le.PutUint16(t[at:], old&0xf000|value)
		}
	default:
		le.PutUint32(t[4*cluster:], value)
	}
}

// bootFAT writes the boot sector; on FAT32 its backup and FSInfo.
func (l *layout) bootFAT() {
	sector := l.opt.Sector
	b := make([]byte, sector)
	copy(b, "\xeb\x58\x90MSDOS5.0")
	le.PutUint16(b[11:], uint16(sector))
	b[13] = byte(l.opt.Cluster / sector)
	le.PutUint16(b[14:], uint16(l.table/int64(sector)))
	b[16] = byte(l.tables)
	total, tableSectors := len(l.image)/sector, uint32(l.tableSize/int64(sector))
	b[21] = 0xf8
	le.PutUint16(b[24:], 63)
	le.PutUint16(b[26:], 255)
	if total < 1<<16 && l.opt.Kind != FAT32 {
		le.PutUint16(b[19:], uint16(total))
	} else {
		le.PutUint32(b[32:], uint32(total))
	}
	at := 36
	if l.opt.Kind == FAT32 {
		le.PutUint32(b[36:], tableSectors)
		le.PutUint32(b[44:], 2)
		le.PutUint16(b[48:], 1)
		le.PutUint16(b[50:], 6)
		at = 64
	} else {
		le.PutUint16(b[17:], rootEntries)
		le.PutUint16(b[22:], uint16(tableSectors))
	}
	b[at], b[at+2] = 0x80, 0x29
	le.PutUint32(b[at+3:], l.opt.Serial)
	copy(b[at+7:], l.label())
	copy(b[at+18:], (l.opt.Kind + "        ")[:8])
	b[510], b[511] = 0x55, 0xaa
	copy(l.image, b)
	if l.opt.Kind == FAT32 {
		copy(l.image[6*sector:], b)
		info := l.image[sector:]
		copy(info, "RRaA")
		copy(info[484:], "rrAa\xff\xff\xff\xff\xff\xff\xff\xff")
		info[510], info[511] = 0x55, 0xaa
		copy(l.image[7*sector:], info[:sector])
	}
}

func (l *layout) label() string {
	if l.opt.Label == "" {
		return "NO NAME    "
	}
	return (strings.ToUpper(l.opt.Label) + "           ")[:11]
}

// directorySize is the bytes of a directory with all its entries.
func (l *layout) directorySize(n *node) int {
	size := 32 // the end marker
	if n.parent != nil {
		size += 64
	} else if l.opt.Label != "" {
		size += 32
	}
	for i, c := range n.children {
		size += len(entriesOf(c, i))
	}
	return size
}

// directory writes the entries of a directory and everything below it.
func (l *layout) directory(n *node) {
	var b []byte
	if n.parent != nil {
		b = append(b, l.dot(".", n)...)
		b = append(b, l.dot("..", n.parent)...)
	} else if l.opt.Label != "" {
		e := make([]byte, 32)
		copy(e, l.label())
		e[11] = 0x08
		b = append(b, e...)
	}
	for i, c := range n.children {
		entries := entriesOf(c, i)
		short := entries[len(entries)-32:]
		l.fill(short, c)
		if c.Deleted {
			for at := 0; at < len(entries); at += 32 {
				entries[at] = 0xe5
			}
			if c.HalfLost {
				le.PutUint16(short[20:], 0)
			}
		}
		c.entryAt = len(b) + len(entries) - 32
		b = append(b, entries...)
		if c.Directory {
			l.directory(c)
		} else {
			l.write(c, c.Data)
		}
	}
	if len(n.clusters) == 0 {
		copy(l.image[l.rootAt:l.heap], b)
		return
	}
	l.write(n, b)
}

func (l *layout) dot(name string, n *node) []byte {
	e := make([]byte, 32)
	copy(e, name+"          "[:11-len(name)])
	l.fill(e, n)
	if n.parent == nil {
		le.PutUint16(e[20:], 0) // the root is 0, wherever it lies
		le.PutUint16(e[26:], 0)
	}
	return e
}

// fill sets all of a short entry but the name.
func (l *layout) fill(e []byte, n *node) {
	if e[11] = 0x20; n.Directory {
		e[11] = 0x10
	} else {
		le.PutUint32(e[28:], uint32(len(n.Data)))
	}
	if len(n.clusters) > 0 {
		le.PutUint16(e[20:], uint16(n.clusters[0]>>16))
		le.PutUint16(e[26:], uint16(n.clusters[0]))
	}
	created, hundredths := stamp(n.Times.Created)
	e[13] = hundredths
	le.PutUint32(e[14:], created)
	accessed, _ := stamp(n.Times.Accessed)
	le.PutUint16(e[18:], uint16(accessed>>16))
	modified, _ := stamp(n.Times.Modified)
	le.PutUint32(e[22:], modified)
}

// stamp encodes a time: date in the upper half, time in the lower one.
func stamp(t time.Time) (when uint32, hundredths byte) {
	if t.IsZero() {
		return 0, 0
	}
	date := uint32(t.Year()-1980)<<9 | uint32(t.Month())<<5 | uint32(t.Day())
	clock := uint32(t.Hour())<<11 | uint32(t.Minute())<<5 | uint32(t.Second()/2)
	return date<<16 | clock, byte(t.Second()%2*100 + t.Nanosecond()/1e7)
}

// entriesOf are the pieces of a long name, if it takes one, and the short
// entry with its name alone.
func entriesOf(n *node, number int) []byte {
	short := shortName(n, number)
	e := make([]byte, 32)
	copy(e, short[:])
	if short[0] == 0xe5 {
		e[0] = 0x05
	}
	base, extension, _ := strings.Cut(n.name, ".")
	if strings.TrimRight(string(short[:8]), " ") == base && strings.TrimRight(string(short[8:]), " ") == extension {
		return e
	}
	units := utf16.Encode([]rune(n.name))
	count := (len(units) + 12) / 13
	var sum byte
	for _, c := range short {
		sum = sum>>1 | sum<<7
		sum += c
	}
	var b []byte
	for order := count; order > 0; order-- {
		p := make([]byte, 32)
		p[0], p[11], p[13] = byte(order), 0x0f, sum
		if order == count {
			p[0] |= 0x40
		}
		for i := range 13 {
			unit := uint16(0xffff)
			switch k := (order-1)*13 + i; {
			case k < len(units):
				unit = units[k]
			case k == len(units):
				unit = 0
			}
			at := 1 + 2*i
			if i >= 5 {
				at += 3
			}
			if i >= 11 {
				at += 2
			}
			le.PutUint16(p[at:], unit)
		}
		b = append(b, p...)
	}
	return append(b, e...)
}

// shortName makes an 8.3 name that is unique in its directory by number.
func shortName(n *node, number int) (short [11]byte) {
	name := n.Short
	if name == "" {
		base, extension := n.name, ""
		if i := strings.LastIndexByte(n.name, '.'); i > 0 {
			base, extension = n.name[:i], n.name[i+1:]
		}
		name = n.name
		if len(base) > 8 || len(extension) > 3 || strings.Trim(strings.ToUpper(base+extension), "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-~$") != "" {
			clean := strings.Map(func(r rune) rune {
				if r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
					return r
				}
				return -1
			}, strings.ToUpper(base))
			tail := fmt.Sprintf("~%d", number+1)
			name = clean[:min(len(clean), 8-len(tail))] + tail + "." + extension[:min(len(extension), 3)]
		}
	}
	base, extension, _ := strings.Cut(strings.ToUpper(name), ".")
	copy(short[:], "           ")
	copy(short[:8], base)
	copy(short[8:], extension)
	return short
}
