package eventlog

import (
	"encoding/binary"
	"errors"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts"
)

func TestForgedRecords(t *testing.T) {
	wide := strings.Repeat("x", 20000)
	for name, c := range map[string]struct {
		body func(f *forge)
		kind artifacts.Kind // 0: no problem
		text string         // in the problem
		user string         // of the event, where one comes out
	}{
		"arguments without end": {func(f *forge) {
			f.fragment()
			f.instance(func() { f.element("Event"); f.closeStart(); f.close() })
			f.u32(0x7FFFFFFF)
		}, artifacts.Malformed, "substitution values", ""},
		"values beyond the record": {func(f *forge) {
			f.fragment()
			f.instance(func() { f.element("Event"); f.closeStart(); f.system("1"); f.close() })
			f.u32(2)
			f.u32(0xFFFF | typeString<<16)
			f.u32(0xFFFF | typeString<<16)
		}, artifacts.Malformed, "substitution values", ""},
		"definition larger than its chunk": {func(f *forge) {
			f.fragment()
			f.instance(func() {})
			f.put(chunkHeaderSize+recordHeaderSize+4+10+20, 0x7FFFFFFF)
			f.u32(0)
		}, artifacts.Malformed, "template definition", ""},
		"elements without end": {func(f *forge) {
			f.fragment()
			for range maxElementDepth + 1 {
				f.element("E")
				f.closeStart()
			}
		}, artifacts.Limit, "elements nested", ""},
		"name outside": {func(f *forge) {
			f.fragment()
			f.u8(tokenElement)
			f.u16(0)
			f.u32(0)
			f.u32(0xFFFFFFF0)
		}, artifacts.Malformed, "name", ""},
		"name too long": {func(f *forge) {
			f.fragment()
			f.element("E")
			f.b[len(f.b)-6] = 0xFF // the length's high byte of a one-letter name
			f.b[len(f.b)-5] = 0xFF
			f.closeStart()
		}, artifacts.Malformed, "", ""},
		"text longer than the record": {func(f *forge) {
			f.fragment()
			f.element("E")
			f.closeStart()
			f.u8(tokenValue, typeString)
			f.u16(0xFFFF)
		}, artifacts.Malformed, "inside a token", ""},
		"text of another type": {func(f *forge) {
			f.fragment()
			f.element("E")
			f.closeStart()
			f.u8(tokenValue, typeUint32)
			f.u32(1)
		}, artifacts.Malformed, "other than string", ""},
		"close without open": {func(f *forge) { f.fragment(); f.close() }, artifacts.Malformed, "not open", ""},
		"open without close": {func(f *forge) { f.fragment(); f.element("Event"); f.closeStart() }, artifacts.Malformed, "not closed", ""},
		"no such token":      {func(f *forge) { f.fragment(); f.u8(0x1F) }, artifacts.Malformed, "unknown", ""},
		"attribute outside a start tag": {func(f *forge) {
			f.fragment()
			f.element("E")
			f.closeStart()
			f.attribute("A")
		}, artifacts.Malformed, "out of place", ""},
		"a document in itself": {func(f *forge) {
			f.fragment()
			// The value is BinXML that uses the definition again and again; each
			// of its instances embeds the rest of the value.
			f.instance(func() {
				for _, n := range []string{"Event", "UserData", "Item"} {
					f.element(n)
					f.closeStart()
				}
				f.sub(0)
				f.sub(0)
				f.close()
				f.close()
				f.close()
			})
			def := chunkHeaderSize + recordHeaderSize + fragmentHeaderSize + 10
			const levels, size = 40, 18 // an instance with one descriptor
			f.u32(1)
			f.u32(levels*size | typeBinXML<<16)
			for i := levels - 1; i >= 0; i-- {
				f.u8(tokenInstance, 1)
				f.u32(0)
				f.u32(def)
				f.u32(1)
				f.u32(i*size | typeBinXML<<16)
			}
		}, artifacts.Limit, "", ""},
		"a value a thousand times": {func(f *forge) {
			f.fragment()
			f.instance(func() {
				f.element("Event")
				f.closeStart()
				f.system("1")
				f.element("EventData")
				f.closeStart()
				f.open("Data", true)
				f.attribute("Name")
				f.value("User")
				f.closeStart()
				for range 1000 {
					f.sub(0)
				}
				f.close()
				f.close()
				f.close()
			})
			f.u32(1)
			f.u32(2*len(wide) | typeString<<16)
			f.text(wide)
		}, artifacts.Limit, "grows too long", ""},
		"entities, references and CDATA": {func(f *forge) {
			f.fragment()
			f.element("Event")
			f.closeStart()
			f.system("1")
			f.element("EventData")
			f.closeStart()
			f.open("Data", true)
			f.attribute("Name")
			f.value("User")
			f.closeStart()
			f.u8(tokenEntityRef)
			f.name("lt")
			f.value("a")
			f.u8(tokenEntityRef)
			f.name("amp")
			f.u8(tokenCDATA)
			f.u16(1)
			f.text("b")
			f.u8(tokenCharRef)
			f.u16('é')
			f.u8(tokenEntityRef)
			f.name("nbsp")
			f.u8(tokenPITarget)
			f.name("pi")
			f.u8(tokenPIData)
			f.u16(1)
			f.text("!")
			f.close()
			f.close()
			f.close()
			f.u8(tokenEnd)
		}, 0, "", "<a&bé"},
		"elements in a value, which have no dependency identifier": {func(f *forge) {
			f.fragment()
			f.instance(func() { f.element("Event"); f.closeStart(); f.system("1"); f.sub(0); f.close() })
			f.u32(1)
			size := f.pos()
			f.u32(typeBinXML << 16)
			from := f.pos()
			f.fragment()
			for _, name := range []string{"UserData", "Item", "User"} {
				f.u8(tokenElement)
				f.u32(0)
				f.name(name)
				f.closeStart()
			}
			f.value("eve")
			f.close()
			f.close()
			f.close()
			f.u8(tokenEnd)
			f.put(size, typeBinXML<<16|(f.pos()-from))
			f.u8(tokenEnd)
		}, 0, "", "eve"},
		"a name that is a value": {func(f *forge) {
			f.fragment()
			f.instance(func() {
				f.element("Event")
				f.closeStart()
				f.system("1")
				f.element("EventData")
				f.closeStart()
				f.open("Data", true)
				f.attribute("Name")
				f.sub(0)
				f.closeStart()
				f.sub(1)
				f.close()
				f.close()
				f.close()
			})
			f.u32(2)
			f.u32(8 | typeString<<16)
			f.u32(6 | typeString<<16)
			f.text("User")
			f.text("eve")
			f.u8(tokenEnd)
		}, 0, "", "eve"},
	} {
		began := time.Now()
		events, problems, s := read(forged(c.body), Query{Select: every()})
		problems = problems[1:] // the file header is of zeros
		switch {
		case c.kind == 0:
			if len(problems) > 0 || len(events) != 1 || events[0].User.Name != c.user || events[0].Code != 1 {
				t.Errorf("%s: %+v, %v", name, events, problems)
			}
		case len(problems) != 1:
			t.Errorf("%s: %v", name, problems)
		default:
			p := problems[0].(*artifacts.Problem)
			if p.Kind != c.kind || !strings.Contains(p.Error(), c.text) || p.Offset != firstChunkAt+chunkHeaderSize {
				t.Errorf("%s: %v", name, p)
			}
		}
		if s.Records != 1 {
			t.Errorf("%s: %+v", name, s)
		}
		if testing.Verbose() {
			t.Log(name, time.Since(began))
		}
	}
}

// fill adds small records to the chunk of a forged log until it is full, each
// an instance without values of the definition at the offset that def gives
// for its number. It returns how many records there are then.
func fill(log []byte, def func(number int) int) int {
	chunk := log[firstChunkAt:]
	free := int(binary.LittleEndian.Uint32(chunk[chunkFreeAt:]))
	number := 2
	for size := 48; free+size <= chunkSize; free += size {
		r := chunk[free:]
		copy(r, recordMagic)
		binary.LittleEndian.PutUint32(r[4:], uint32(size))
		binary.LittleEndian.PutUint64(r[8:], uint64(number))
		copy(r[recordHeaderSize:], []byte{tokenFragment, 1, 1, 0, tokenInstance, 1})
		binary.LittleEndian.PutUint32(r[recordHeaderSize+10:], uint32(def(number)))
		binary.LittleEndian.PutUint32(r[size-4:], uint32(size))
		number++
	}
	binary.LittleEndian.PutUint32(chunk[chunkFreeAt:], uint32(free))
	seal(log, 0)
	return number - 1
}

// TestTextIsBounded has a thousand small records share a definition with much
// text, 20 MB in all.
func TestTextIsBounded(t *testing.T) {
	log := forged(func(f *forge) {
		f.fragment()
		f.instance(func() {
			f.element("Event")
			f.closeStart()
			f.system("1")
			f.element("EventData")
			f.closeStart()
			for _, name := range []string{"CommandLine", "ParentCommandLine", "Hashes", "Company"} {
				f.open("Data", true)
				f.attribute("Name")
				f.value(name)
				f.closeStart()
				f.value(strings.Repeat(name, 200))
				f.close()
			}
			f.close()
			f.close()
		})
		f.u32(0)
		f.u8(tokenEnd)
	})
	n := fill(log, func(int) int { return chunkHeaderSize + recordHeaderSize + fragmentHeaderSize + 10 })
	events, problems, s := read(log, Query{Select: every()})
	text := 0
	for _, e := range events {
		text += len(e.Process.CommandLine) + len(e.Process.Hashes) + len(e.Process.Company) + len(e.Process.Parent.CommandLine)
	}
	var p *artifacts.Problem
	if text > 2*maxChunkText || text < maxChunkText/3 || s.Records != int64(n) || n < 500 ||
		!errors.As(problems[len(problems)-1], &p) || p.Kind != artifacts.Limit {
		t.Errorf("%d bytes of text in %d events of %d records; %v", text, len(events), n, problems[len(problems)-1])
	}
}

// TestManyTemplates fills a chunk with records that each point into the
// middle of one long definition: the work per chunk stays bounded.
func TestManyTemplates(t *testing.T) {
	log := forged(func(f *forge) {
		f.fragment()
		f.instance(func() {
			f.element("Event")
			f.closeStart()
			for range 9000 {
				f.sub(0)
			}
			f.close()
		})
		f.u32(0)
		f.u8(tokenEnd)
	})
	n := fill(log, func(number int) int { return 1000 + number*4 })
	_, problems, s := read(log, Query{Select: every()})
	limits := 0
	for _, err := range problems {
		if p := err.(*artifacts.Problem); p.Kind == artifacts.Limit {
			limits++
		}
	}
	if s.Records != int64(n) || len(problems) < n {
		t.Errorf("%d problems, %d of them limits; %+v", len(problems), limits, s)
	}
}
