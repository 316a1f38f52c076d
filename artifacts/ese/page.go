package ese

import (
	"encoding/binary"
	"errors"
	"io"

	"hivetriage/artifacts"
)

const (
	smallHeader = 40 // bytes of the header of pages up to 8 KiB
	largeHeader = 80 // and above

	// flags of a page
	rootPage    = 0x0001
	leafPage    = 0x0002
	spacePage   = 0x0020
	indexPage   = 0x0040
	longPage    = 0x0080
	newRecord   = 0x0800 // tagged columns as of format revision 9
	newChecksum = 0x2000

	// flags of a node
	deletedNode = 2
	prefixedKey = 4
)

// A page is one of the pages that the trees of a database are made of. Page
// number n lies at (n+1) times the page size: the header of the file and its
// copy come first. Its nodes are addressed by an array of tags at its end.
type page struct {
	number uint32
	b      []byte // all of it
	flags  uint32
	next   uint32 // page to the right, 0 if there is none
	object uint32 // identifier of the tree that it belongs to
	first  int    // tag of the first node: those before it describe the page
	tags   int
	large  bool
	sound  bool // the checksums fit
}

// load reads a page into p, whose bytes are used again. A page whose checksum
// does not fit is loaded and not sound.
func (f *File) load(p *page, number uint32) error {
	size := int64(f.Front.PageSize)
	at := (int64(number) + 1) * size
	if number == 0 || at+size > f.size {
		return artifacts.NewProblem(artifacts.Truncated, min(at, f.size), "database: page %d of %d", number, f.size/size-2)
	}
	if len(p.b) != int(size) {
		p.b = make([]byte, size)
	}
	p.number = 0
	if n, err := f.r.ReadAt(p.b, at); n < len(p.b) {
		if err == nil || errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return artifacts.NewProblem(artifacts.IO, at, "database: page %d: %w", number, err)
	}
	le := binary.LittleEndian
	p.number = number
	p.next = le.Uint32(p.b[20:])
	p.object = le.Uint32(p.b[24:])
	state := le.Uint16(p.b[34:]) // since Windows 10 the upper four bits count the tags that are no nodes
	p.tags, p.first = int(state&0xFFF), max(int(state>>12), 1)
	p.flags = le.Uint32(p.b[36:])
	p.large = size > 8192
	p.sound = p.holds()
	if p.tags*4 > len(p.b)-p.header() {
		p.tags = 0
		return artifacts.NewProblem(artifacts.Malformed, at+34, "database: page %d: more tags than fit", number)
	}
	return nil
}

func (p *page) header() int {
	if p.large {
		return largeHeader
	}
	return smallHeader
}

// offset is that of the page in the file.
func (p *page) offset() int64 { return (int64(p.number) + 1) * int64(len(p.b)) }

// tag returns the bytes that tag i addresses, their place in the page and
// their flags; false if they do not lie in the page.
func (p *page) tag(i int) (value []byte, at int, flags byte, ok bool) {
	if i < 0 || i >= p.tags {
		return nil, 0, 0, false
	}
	t := p.b[len(p.b)-4*(i+1):]
	size, place := int(binary.LittleEndian.Uint16(t)), int(binary.LittleEndian.Uint16(t[2:]))
	if p.large {
		size, place = size&0x7FFF, place&0x7FFF
	} else {
		flags = byte(place >> 13)
		size, place = size&0x1FFF, place&0x1FFF
	}
	at = p.header() + place
	if at+size > len(p.b)-4*p.tags {
		return nil, 0, 0, false
	}
	value = p.b[at : at+size]
	if p.large && size >= 2 {
		flags = value[1] >> 5
	}
	return value, at, flags, true
}

// A node is an entry of a page: a key, of which a part may stand in front of
// all of the page's nodes, and what the tree keeps for it.
type node struct {
	prefix, suffix []byte // of the key
	data           []byte
	at             int // of data in the page
	deleted        bool
}

// node returns the node of tag i, p.first or above.
func (p *page) node(i int) (node, bool) {
	b, at, flags, ok := p.tag(i)
	if !ok {
		return node{}, false
	}
	n := node{deleted: flags&deletedNode != 0}
	take := func() (int, bool) {
		if len(b) < 2 {
			return 0, false
		}
		size := int(binary.LittleEndian.Uint16(b) & 0x1FFF)
		b, at = b[2:], at+2
		return size, true
	}
	if flags&prefixedKey != 0 {
		size, ok := take()
		if !ok {
			return n, false
		}
		common, _, _, ok := p.tag(0)
		if !ok || p.flags&rootPage != 0 || size > len(common) {
			return n, false
		}
		n.prefix = common[:size]
	}
	size, ok := take()
	if !ok || size > len(b) {
		return n, false
	}
	n.suffix, n.data, n.at = b[:size], b[size:], at+size
	return n, true
}

// child is the page that a node of a branch points to.
func (n *node) child() (uint32, bool) {
	if len(n.data) < 4 {
		return 0, false
	}
	return binary.LittleEndian.Uint32(n.data), true
}
