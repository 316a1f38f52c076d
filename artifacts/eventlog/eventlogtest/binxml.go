package eventlogtest

import "encoding/binary"

// The BinXML tokens in use. A set bit 0x40 means "more follows": attributes
// after the element's start, or another attribute after this one.
const (
	tokenEnd            = 0x00
	tokenOpenElement    = 0x01
	tokenCloseStart     = 0x02
	tokenCloseEmpty     = 0x03
	tokenEndElement     = 0x04
	tokenValue          = 0x05
	tokenAttribute      = 0x06
	tokenTemplate       = 0x0c
	tokenSubstitution   = 0x0d // written even if the value is empty
	tokenOptional       = 0x0e // left out with its element if the value is empty
	tokenFragmentHeader = 0x0f
	tokenMore           = 0x40
)

// noDependency says that an element does not depend on a substitution.
const noDependency = 0xffff

// An element is XML to be written. depends is the substitution that the
// element disappears without, or noDependency.
type element struct {
	name    string
	depends uint16
	attrs   []attribute
	content []node
}

type attribute struct {
	name  string
	value node
}

// A node is an element, a literal or a slot.
type node interface{ append(c *chunk) }

// A literal is a text in the markup.
type literal string

// A slot is a substitution: the place of a value that follows the template.
type slot struct {
	index    uint16
	kind     Type
	optional bool
}

func (l literal) append(c *chunk) {
	text := appendUTF16(nil, string(l))
	c.u8(tokenValue)
	c.u8(uint8(String))
	c.u16(uint16(len(text) / 2))
	c.bytes(text)
}

func (s slot) append(c *chunk) {
	token := uint8(tokenSubstitution)
	if s.optional {
		token = tokenOptional
	}
	c.u8(token)
	c.u16(s.index)
	c.u8(uint8(s.kind))
}

func (e element) append(c *chunk) {
	open := uint8(tokenOpenElement)
	if len(e.attrs) > 0 {
		open |= tokenMore
	}
	c.u8(open)
	c.u16(e.depends)
	size := c.hole()
	c.name(e.name)
	if len(e.attrs) > 0 {
		list := c.hole()
		for i, a := range e.attrs {
			token := uint8(tokenAttribute)
			if i < len(e.attrs)-1 {
				token |= tokenMore
			}
			c.u8(token)
			c.name(a.name)
			a.value.append(c)
		}
		c.fill(list)
	}
	if len(e.content) == 0 {
		c.u8(tokenCloseEmpty)
	} else {
		c.u8(tokenCloseStart)
		for _, n := range e.content {
			n.append(c)
		}
		c.u8(tokenEndElement)
	}
	c.fill(size)
}

// fragment writes a fragment header, the element and an end.
func (c *chunk) fragment(e element) {
	c.bytes(fragmentHeader)
	e.append(c)
	c.u8(tokenEnd)
}

var fragmentHeader = []byte{tokenFragmentHeader, 1, 1, 0}

// name writes the offset of a name in the string table; a name's first use in
// the chunk is followed by the name itself: next in its bucket u32, hash u16,
// length in characters u16, the characters, a zero character.
func (c *chunk) name(s string) {
	if at, ok := c.names[s]; ok {
		c.u32(at)
		return
	}
	here := uint32(len(c.buf) + 4)
	c.u32(here)
	text := appendUTF16(nil, s)
	hash := nameHash(text)
	bucket := stringTable + 4*(int(hash)%stringBuckets)
	c.u32(binary.LittleEndian.Uint32(c.buf[bucket:]))
	c.u16(hash)
	c.u16(uint16(len(text) / 2))
	c.bytes(text)
	c.u16(0)
	binary.LittleEndian.PutUint32(c.buf[bucket:], here)
	c.names[s] = here
	c.newNames = append(c.newNames, s)
}

// nameHash is the format's hash of a name: h = h*65599 + character, low 16 bits.
func nameHash(utf16le []byte) uint16 {
	return uint16(hash65599(utf16le))
}

func hash65599(words []byte) uint32 {
	var h uint32
	for i := 0; i+1 < len(words); i += 2 {
		h = h*65599 + uint32(binary.LittleEndian.Uint16(words[i:]))
	}
	return h
}

// instance writes a template instance: the reference, the template itself at
// its first use in the chunk, then the values.
//
// Definition: next in its bucket u32, GUID, size of the fragment u32, the
// fragment. Values: count u32, per value size u16, type u8 and 0, the bytes.
func (c *chunk) instance(t *template, values []value) {
	c.u8(tokenTemplate)
	c.u8(1)
	c.bytes(t.guid[:4])
	at, known := c.templates[t]
	if !known {
		at = uint32(len(c.buf) + 4)
	}
	c.u32(at)
	if !known {
		bucket := templateTable + 4*(int(hash65599(t.guid[:]))%templateBuckets)
		c.u32(binary.LittleEndian.Uint32(c.buf[bucket:]))
		c.bytes(t.guid[:])
		size := c.hole()
		c.fragment(t.root)
		c.fill(size)
		binary.LittleEndian.PutUint32(c.buf[bucket:], at)
		c.templates[t] = at
		c.newTemplates = append(c.newTemplates, t)
	}
	c.u32(uint32(len(values)))
	declarations := len(c.buf)
	for range values {
		c.u32(0)
	}
	for i, v := range values {
		before := len(c.buf)
		v.append(c)
		d := c.buf[declarations+4*i:]
		binary.LittleEndian.PutUint16(d, uint16(len(c.buf)-before))
		d[2] = uint8(v.kind)
	}
}

// A value stands in one slot: a plain value, or a nested template instance.
type value struct {
	kind   Type
	plain  any
	nested *template
	values []value
}

func (v value) append(c *chunk) {
	if v.nested == nil {
		c.buf = appendValue(c.buf, v.kind, v.plain)
		return
	}
	c.bytes(fragmentHeader)
	c.instance(v.nested, v.values)
	c.u8(tokenEnd)
}
