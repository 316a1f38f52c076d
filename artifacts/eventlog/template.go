package eventlog

import (
	"encoding/binary"

	"hivetriage/artifacts"
)

// BinXML tokens ([MS-EVEN6] 2.2.12). The bit moreFollows says that attributes
// or more data follow; it does not change the meaning.
const (
	tokenEnd           = 0x00
	tokenElement       = 0x01
	tokenCloseStart    = 0x02
	tokenCloseEmpty    = 0x03
	tokenCloseElement  = 0x04
	tokenValue         = 0x05
	tokenAttribute     = 0x06
	tokenCDATA         = 0x07
	tokenCharRef       = 0x08
	tokenEntityRef     = 0x09
	tokenPITarget      = 0x0A
	tokenPIData        = 0x0B
	tokenInstance      = 0x0C
	tokenSubstitution  = 0x0D
	tokenOptional      = 0x0E
	tokenFragment      = 0x0F
	moreFollows        = 0x40
	fragmentHeaderSize = 4 // token, major, minor, flags
)

// maxElementDepth bounds the nesting of elements inside one definition.
// Windows's own manifests stay below 10.
const maxElementDepth = 64

// A flaw is why a record cannot be decoded. Flaws are constants, so that
// hostile logs do not cost allocations.
type flaw struct {
	kind artifacts.Kind
	text string
}

func (f *flaw) Error() string { return f.text }

var (
	flawShort    = &flaw{artifacts.Malformed, "BinXML ends inside a token"}
	flawToken    = &flaw{artifacts.Malformed, "BinXML token unknown or out of place"}
	flawName     = &flaw{artifacts.Malformed, "BinXML name lies outside its chunk"}
	flawValue    = &flaw{artifacts.Malformed, "BinXML text of a type other than string"}
	flawBalance  = &flaw{artifacts.Malformed, "BinXML element closed that was not open"}
	flawOpen     = &flaw{artifacts.Malformed, "BinXML element not closed"}
	flawDepth    = &flaw{artifacts.Limit, "BinXML elements nested too deep"}
	flawWork     = &flaw{artifacts.Limit, "the chunk's templates take too much work"}
	flawTemplate = &flaw{artifacts.Malformed, "template definition lies outside its chunk"}
)

// A part is a piece of an element's text.
type part struct {
	kind  partKind
	at, n uint32
}

type partKind uint8

const (
	partText partKind = iota // n bytes of UTF-16 at chunk offset at
	partSub                  // substitution number at
	partRune                 // the character at
)

// A leaf is text in a template that sets a field, or a place where a document
// may be embedded. Its parts are template.parts[from:to].
type leaf struct {
	field    field
	in       place
	told     telling
	from, to uint32
	name     span // of the datum, in the chunk
}

// telling says whether a leaf is a datum of Event.Data, and how it is named.
type telling uint8

const (
	untold telling = iota
	called         // by the leaf's own name, which may be empty
	named          // by the substitution before it
)

// A span is UTF-16 text in a chunk.
type span struct{ at, n uint32 }

// A template is a definition boiled down to the leaves that matter. Offsets
// are into the chunk that holds the definition.
type template struct {
	leaves []leaf
	parts  []part
	flaw   *flaw // why the definition cannot be used
}

func (t *template) reset() { t.leaves, t.parts, t.flaw = t.leaves[:0], t.parts[:0], nil }

// A compiler walks the tokens of a definition, or of an element that stands
// in a record without one, and writes a template. It reads chunk[pos:end] and
// follows name offsets anywhere in chunk.
type compiler struct {
	chunk    []byte
	pos, end int
	// deps says that element starts carry a dependency identifier: so they do
	// everywhere but in elements that stand in a substitution value.
	deps  bool
	probe bool // stop when EventID is known
	whole bool // all of EventData and UserData is wanted, and who logged it
	last  span // the name that nameAt met last
	work  *int // tokens that may still be walked in this chunk

	t       *template
	stack   [maxElementDepth]frame
	depth   int // open elements
	pending int // t.parts from here on belong to no leaf yet
	target  field
	inStart bool // between an element's name and the end of its start tag
	name    [longestName]byte
}

// run compiles into t. It returns when the outermost element closes, at an
// end token, or, when probing, after EventID.
func (c *compiler) run(t *template, root place) *flaw {
	c.t, c.depth, c.pending, c.target, c.inStart = t, 0, len(t.parts), noField, false
	c.stack[0] = frame{in: root}
	opened := false
	for c.pos < c.end {
		if *c.work--; *c.work < 0 {
			return flawWork
		}
		token := c.chunk[c.pos]
		if token == tokenEnd {
			break
		}
		if f := c.token(token &^ moreFollows); f != nil {
			return f
		}
		opened = opened || c.depth > 0
		if opened && c.depth == 0 {
			return nil
		}
		if c.probe && len(t.leaves) > 0 && t.leaves[len(t.leaves)-1].field == systemEventID {
			return nil
		}
	}
	if c.depth > 0 {
		return flawOpen
	}
	return nil
}

// token handles one token at c.pos and moves past it.
func (c *compiler) token(token byte) *flaw {
	switch token {
	case tokenFragment:
		return c.skip(fragmentHeaderSize)
	case tokenElement:
		return c.open()
	case tokenAttribute:
		return c.attribute()
	case tokenCloseStart:
		c.flush()
		c.inStart = false
		c.target = c.stack[c.depth].field
		return c.skip(1)
	case tokenCloseEmpty, tokenCloseElement:
		return c.close()
	case tokenValue:
		return c.text(2, true)
	case tokenCDATA:
		return c.text(1, false)
	case tokenCharRef:
		if c.pos+3 > c.end {
			return flawShort
		}
		c.add(part{partRune, uint32(binary.LittleEndian.Uint16(c.chunk[c.pos+1:])), 0})
		return c.skip(3)
	case tokenEntityRef:
		return c.entity()
	case tokenPITarget:
		_, f := c.nameAt(1)
		return f
	case tokenPIData:
		kept := len(c.t.parts)
		f := c.text(1, false)
		c.t.parts = c.t.parts[:kept]
		return f
	case tokenSubstitution, tokenOptional:
		if c.pos+4 > c.end {
			return flawShort
		}
		c.add(part{partSub, uint32(binary.LittleEndian.Uint16(c.chunk[c.pos+1:])), 0})
		return c.skip(4)
	}
	return flawToken
}

func (c *compiler) skip(n int) *flaw {
	if c.pos+n > c.end {
		return flawShort
	}
	c.pos += n
	return nil
}

func (c *compiler) add(p part) { c.t.parts = append(c.t.parts, p) }

// open handles an element start: token, dependency identifier (2 bytes, not
// everywhere), size (4), name offset (4), the name itself if it is first used
// here, and, if the token says so, the size of the attribute list (4).
func (c *compiler) open() *flaw {
	c.flush()
	c.guessDependency()
	attributes := c.chunk[c.pos]&moreFollows != 0
	head := 5
	if c.deps {
		head = 7
	}
	name, f := c.nameAt(head)
	if f != nil {
		return f
	}
	if attributes {
		if f := c.skip(4); f != nil {
			return f
		}
	}
	if c.depth+1 >= maxElementDepth {
		return flawDepth
	}
	c.depth++
	c.stack[c.depth] = c.stack[c.depth-1].in.child(name, c.whole)
	if in := &c.stack[c.depth]; c.whole && (in.in == data || in.in == userRecord) {
		in.told = called
		if in.in == userRecord {
			in.name = c.last
		}
	}
	c.inStart, c.target = true, noField
	return nil
}

// guessDependency corrects c.deps at the outermost element: writers differ on
// whether elements in substitution values carry the identifier, and only one
// reading gives a name inside the chunk.
func (c *compiler) guessDependency() {
	if c.depth > 0 {
		return
	}
	with, without := c.plausibleName(7), c.plausibleName(5)
	if with != without {
		c.deps = with
	}
}

func (c *compiler) plausibleName(head int) bool {
	at := c.pos + head
	if at+4 > c.end {
		return false
	}
	name := int(binary.LittleEndian.Uint32(c.chunk[at:]))
	if name < chunkHeaderSize || name > at+4 || name+8 > len(c.chunk) {
		return false
	}
	n := int(binary.LittleEndian.Uint16(c.chunk[name+6:]))
	return n > 0 && name+8+2*n+2 <= len(c.chunk)
}

// nameAt reads the name offset that stands head bytes after c.pos, moves past
// it and past the name if it is stored right there. A name is: offset of the
// next name with the same hash (4), hash (2), characters (2), UTF-16, NUL.
// A name that cannot mean anything here comes back as nil.
func (c *compiler) nameAt(head int) ([]byte, *flaw) {
	if f := c.skip(head); f != nil {
		return nil, f
	}
	at := c.pos
	if f := c.skip(4); f != nil {
		return nil, f
	}
	name := int(binary.LittleEndian.Uint32(c.chunk[at:]))
	if name > len(c.chunk)-8 {
		return nil, flawName
	}
	n := int(binary.LittleEndian.Uint16(c.chunk[name+6:]))
	if name+8+2*n > len(c.chunk) {
		return nil, flawName
	}
	c.last = span{uint32(name) + 8, uint32(2 * n)}
	if name == c.pos {
		if f := c.skip(8 + 2*n + 2); f != nil {
			return nil, f
		}
	}
	return c.ascii(c.chunk[name+8 : name+8+2*n]), nil
}

// ascii narrows UTF-16 text to ASCII; nil if it is longer than any name of
// interest or has other characters.
func (c *compiler) ascii(text []byte) []byte {
	if len(text) > 2*longestName {
		return nil
	}
	for i := 0; i+1 < len(text); i += 2 {
		if text[i+1] != 0 || text[i] >= 0x80 {
			return nil
		}
		c.name[i/2] = text[i]
	}
	return c.name[:len(text)/2]
}

func (c *compiler) attribute() *flaw {
	if !c.inStart {
		return flawToken
	}
	c.flush()
	name, f := c.nameAt(1)
	if f != nil {
		return f
	}
	c.target = c.stack[c.depth].in.attribute(name)
	return nil
}

// close ends the innermost element.
func (c *compiler) close() *flaw {
	if c.depth == 0 {
		return flawBalance
	}
	c.flush()
	c.depth--
	c.inStart, c.target = false, c.stack[c.depth].field
	return c.skip(1)
}

// text adds UTF-16 text whose length in characters stands head bytes after
// c.pos. typed text has its value type before the length.
func (c *compiler) text(head int, typed bool) *flaw {
	if c.pos+head+2 > c.end {
		return flawShort
	}
	if typed && c.chunk[c.pos+1] != typeString {
		return flawValue
	}
	n := 2 * int(binary.LittleEndian.Uint16(c.chunk[c.pos+head:]))
	at := c.pos + head + 2
	if at+n > c.end {
		return flawShort
	}
	if n > 0 {
		c.add(part{partText, uint32(at), uint32(n)})
	}
	c.pos = at + n
	return nil
}

// entity adds the character of one of XML's five named entities. Others
// cannot be resolved and stand for nothing.
func (c *compiler) entity() *flaw {
	name, f := c.nameAt(1)
	if f != nil {
		return f
	}
	var r rune
	switch string(name) {
	case "amp":
		r = '&'
	case "lt":
		r = '<'
	case "gt":
		r = '>'
	case "quot":
		r = '"'
	case "apos":
		r = '\''
	default:
		return nil
	}
	c.add(part{partRune, uint32(r), 0})
	return nil
}

// flush makes a leaf of the parts gathered for c.target, or drops them if
// they mean nothing.
func (c *compiler) flush() {
	from, to := c.pending, len(c.t.parts)
	if from == to {
		return
	}
	in := &c.stack[c.depth]
	l := leaf{field: c.target, from: uint32(from), to: uint32(to)}
	if !c.inStart {
		if in.in.embeds() {
			l.in = in.in
		}
		l.told, l.name = in.told, in.name
	}
	if c.target == dataName {
		if p := c.t.parts[from]; to-from == 1 && p.kind == partText {
			in.field = dataFields[string(c.ascii(c.chunk[p.at:p.at+p.n]))]
			in.name = span{p.at, p.n}
			l.field = noField
		} else {
			in.field = namedData
			if in.told == called {
				in.told = named
			}
		}
	}
	if l.field == noField && l.in == ignored && l.told == untold {
		c.t.parts = c.t.parts[:from]
		return
	}
	c.t.leaves = append(c.t.leaves, l)
	c.pending = to
}
