package eventlog

import (
	"encoding/binary"
	"hash/maphash"

	"hivetriage/artifacts"
)

// Limits on what one record or chunk may make the decoder do. Chunks are
// 64 KiB, so that real ones stay far below.
const (
	maxEmbedding   = 8       // documents inside documents; Windows nests 2
	maxRecordWork  = 8192    // leaves and parts applied for one record; a busy one has 60
	maxChunkApply  = 1 << 20 // the same for all records of a chunk
	maxChunkWork   = 4 << 16 // tokens compiled in one chunk, each at least a byte
	maxRecordText  = 1 << 18 // bytes of text put together for one record
	maxOneRendered = 1 << 17 // bytes of one value made from several parts
	maxChunkText   = 1 << 20 // bytes of the values kept for a chunk's records
	templateWork   = 16      // tokens that looking up a new definition counts for
)

var (
	flawEmbedding = &flaw{artifacts.Limit, "BinXML documents nested too deep"}
	flawRecord    = &flaw{artifacts.Limit, "the templates of a record or its chunk take too much work"}
	flawText      = &flaw{artifacts.Limit, "the text of a record or its chunk grows too long"}
	flawForeign   = &flaw{artifacts.Malformed, "template definition overwritten by another"}
	flawArguments = &flaw{artifacts.Malformed, "substitution values reach beyond the record"}
)

// templateHeaderSize is what stands before a definition's BinXML: offset of
// the next definition (4), GUID (16), size of the BinXML (4).
const templateHeaderSize = 24

// An instance is a use of a template in a record.
type instance struct {
	id     uint32 // the first four bytes of the definition's GUID
	def    uint32 // chunk offset of the definition
	count  int    // substitution values
	desc   int    // chunk offset of their descriptors: size (2), type (1), 0
	values int    // chunk offset of the first value
}

// readInstance reads the template instance at pos: token, unknown byte,
// identifier (4), offset of the definition (4), the definition itself if it
// is first used here, count of values (4), descriptors, values.
func readInstance(chunk []byte, pos, end int) (instance, *flaw) {
	var in instance
	if pos+14 > end {
		return in, flawShort
	}
	in.id = binary.LittleEndian.Uint32(chunk[pos+2:])
	in.def = binary.LittleEndian.Uint32(chunk[pos+6:])
	pos += 10
	if int(in.def) == pos {
		if pos+templateHeaderSize > end {
			return in, flawTemplate
		}
		size := int(binary.LittleEndian.Uint32(chunk[pos+20:]))
		if size > end-pos-templateHeaderSize-4 {
			return in, flawTemplate
		}
		pos += templateHeaderSize + size
	}
	count := binary.LittleEndian.Uint32(chunk[pos:])
	pos += 4
	if int64(count)*4 > int64(end-pos) {
		return in, flawArguments
	}
	in.count, in.desc, in.values = int(count), pos, pos+4*int(count)
	return in, nil
}

// A decoder turns the chunks it is given, one at a time, into items. It is
// used by one goroutine and keeps its buffers from chunk to chunk.
type decoder struct {
	log   *Log
	plan  *plan
	out   *result
	names [keptNames]string // strings that recur, made once, each in its slot
	seed  maphash.Seed

	asking Values // valueOf

	chunk   []byte
	at      int64 // of the chunk in the log
	damage  string
	cache   templateCache
	compile compiler
	work    int // tokens left to compile in this chunk
	effort  int // of maxChunkApply, what is left in this chunk
	room    int // of maxChunkText, what is left in this chunk

	// The record at hand.
	values  [fieldCount]value
	set     []field // those of values that are not zero
	offsets []uint32
	scratch []byte // text put together from several parts
	text8   []byte // the text being made into a string
	steps   int
	named   field // what namedData stands for
	name    value // of the Data element at hand, where a substitution gives it
	data    []datum
	late    bool // outside the plan's times, or nothing more is wanted of it
	shown   bool // a record of the chunk that is asked was taken unasked

	whole    bool // Event.Data is wanted
	strict   bool // the record is from slack: believe nothing
	timeOnly bool // only TimeCreated is wanted
	inline   template
}

// begin forgets the record before.
func (d *decoder) begin() {
	for _, f := range d.set {
		d.values[f] = value{}
	}
	d.set, d.offsets, d.scratch = d.set[:0], d.offsets[:0], d.scratch[:0]
	d.data, d.name = d.data[:0], value{}
	d.steps, d.named, d.late = maxRecordWork, noField, false
}

// spend takes n steps of work from what the record and the chunk may cost.
func (d *decoder) spend(n int) bool {
	d.steps -= n
	d.effort -= n
	return d.steps >= 0 && d.effort >= 0
}

// fragment reads the BinXML in chunk[pos:end] into d.values. nest counts the
// documents around it.
func (d *decoder) fragment(pos, end int, in place, nest int) *flaw {
	if nest > maxEmbedding {
		return flawEmbedding
	}
	for pos < end && !d.late {
		if !d.spend(1) {
			return flawRecord
		}
		switch d.chunk[pos] &^ moreFollows {
		case tokenEnd:
			return nil
		case tokenFragment:
			pos += fragmentHeaderSize
		case tokenInstance:
			next, f := d.instance(pos, end, in, nest)
			if f != nil {
				return f
			}
			pos = next
		default:
			next, f := d.element(pos, end, in, nest)
			if f != nil {
				return f
			}
			pos = next
		}
	}
	return nil
}

// instance applies the template instance at pos and returns where it ends.
func (d *decoder) instance(pos, end int, in place, nest int) (int, *flaw) {
	inst, f := readInstance(d.chunk, pos, end)
	if f != nil {
		return 0, f
	}
	if !d.spend(inst.count / 4) {
		return 0, flawRecord
	}
	base := len(d.offsets)
	at := inst.values
	for i := range inst.count {
		d.offsets = append(d.offsets, uint32(at))
		at += int(binary.LittleEndian.Uint16(d.chunk[inst.desc+4*i:]))
	}
	if at > end {
		return 0, flawArguments
	}
	t := d.template(inst.def, in, false)
	if t.flaw != nil {
		return 0, t.flaw
	}
	if d.strict && inst.id != binary.LittleEndian.Uint32(d.chunk[inst.def+4:]) {
		return 0, flawForeign
	}
	f = d.apply(t.leaves, t.parts, arguments{inst.desc, base, inst.count}, nest)
	d.offsets = d.offsets[:base]
	return at, f
}

// element reads an element that stands in the record itself.
func (d *decoder) element(pos, end int, in place, nest int) (int, *flaw) {
	c := &d.compile
	c.chunk, c.pos, c.end, c.work = d.chunk, pos, end, &d.work
	c.deps, c.probe, c.whole = nest == 0, false, d.whole
	d.inline.reset()
	if f := c.run(&d.inline, in); f != nil {
		return 0, f
	}
	next := c.pos
	// There are no substitutions, so nothing is embedded and d.inline stays.
	return next, d.apply(d.inline.leaves, d.inline.parts, arguments{}, nest)
}

// arguments are the substitution values of an instance; their chunk offsets
// are decoder.offsets[base : base+count].
type arguments struct{ desc, base, count int }

// argument returns substitution value i; absent ones are zero values.
func (d *decoder) argument(a arguments, i uint32) value {
	if int64(i) >= int64(a.count) {
		return value{}
	}
	desc := d.chunk[a.desc+4*int(i):]
	size := uint32(binary.LittleEndian.Uint16(desc))
	if size == 0 || desc[2] == typeUTF8 {
		return value{}
	}
	at := d.offsets[a.base+int(i)]
	return value{desc[2], d.chunk[at : at+size]}
}

// apply sets the fields of a template's leaves from a and reads the documents
// that are embedded there.
func (d *decoder) apply(leaves []leaf, parts []part, a arguments, nest int) *flaw {
	for i := range leaves {
		if !d.spend(1) {
			return flawRecord
		}
		l := &leaves[i]
		own := parts[l.from:l.to]
		if l.in != ignored {
			if f := d.embedded(own, l.in, a, nest); f != nil {
				return f
			}
		}
		if l.field != noField || l.told != untold {
			v, f := d.content(own, a)
			if f != nil {
				return f
			}
			if f := d.put(l.field, v); f != nil {
				return f
			}
			if l.told != untold {
				if f := d.tell(l, v); f != nil {
					return f
				}
			}
		}
		if d.late {
			return nil
		}
	}
	return nil
}

// embedded reads those of a leaf's values that are documents.
func (d *decoder) embedded(parts []part, in place, a arguments, nest int) *flaw {
	if !d.spend(len(parts)) {
		return flawRecord
	}
	for _, p := range parts {
		if p.kind != partSub {
			continue
		}
		if v := d.argument(a, p.at); v.kind == typeBinXML {
			at := int(d.offsets[a.base+int(p.at)])
			if f := d.fragment(at, at+len(v.data), in, nest+1); f != nil {
				return f
			}
		}
	}
	return nil
}

// content returns a leaf's value: one part's as it is, several as text.
func (d *decoder) content(parts []part, a arguments) (value, *flaw) {
	if p := parts[0]; len(parts) == 1 && p.kind != partRune {
		if p.kind == partText {
			return value{typeString, d.chunk[p.at : p.at+p.n]}, nil
		}
		v := d.argument(a, p.at)
		if v.kind == typeBinXML {
			v = value{}
		}
		return v, nil
	}
	text, f := d.render(parts, a)
	return value{typeUTF8, text}, f
}

// put sets a field. The first value stays: a record has no business naming a
// thing twice.
func (d *decoder) put(f field, v value) *flaw {
	switch f {
	case dataName:
		d.named, d.name = noField, v
		if len(v.data) <= 2*longestName {
			d.named = dataFields[string(v.appendText(nil))]
		}
		return nil
	case namedData:
		f = d.named
	}
	if f == noField || len(v.data) == 0 || v.kind == typeNull || d.values[f].data != nil {
		return nil
	}
	if d.room -= len(v.data); d.room < 0 {
		return flawText
	}
	d.values[f] = v
	d.set = append(d.set, f)
	if f == systemTime && !d.strict {
		d.late = d.timeOnly || d.plan.bounded() && !d.plan.inTime(v.time())
	}
	return nil
}

// render puts several parts together as UTF-8.
func (d *decoder) render(parts []part, a arguments) ([]byte, *flaw) {
	from := len(d.scratch)
	if !d.spend(len(parts)) {
		return nil, flawRecord
	}
	for _, p := range parts {
		switch p.kind {
		case partText:
			d.scratch = value{typeString, d.chunk[p.at : p.at+p.n]}.appendText(d.scratch)
		case partRune:
			d.scratch = appendRune(d.scratch, rune(p.at))
		case partSub:
			d.scratch = d.argument(a, p.at).appendText(d.scratch)
		}
		if len(d.scratch)-from > maxOneRendered || len(d.scratch) > maxRecordText {
			return nil, flawText
		}
	}
	return d.scratch[from:len(d.scratch):len(d.scratch)], nil
}
