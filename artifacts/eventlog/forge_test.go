package eventlog

import (
	"encoding/binary"

	"hivetriage/artifacts/internal/windows"
)

// A forge writes one chunk of BinXML that no sane writer would.
type forge struct{ b []byte }

func (f *forge) u8(v ...byte)     { f.b = append(f.b, v...) }
func (f *forge) u16(v int)        { f.b = binary.LittleEndian.AppendUint16(f.b, uint16(v)) }
func (f *forge) u32(v int)        { f.b = binary.LittleEndian.AppendUint32(f.b, uint32(v)) }
func (f *forge) text(s string)    { f.b = windows.AppendUTF16(f.b, s) }
func (f *forge) pos() int         { return len(f.b) }
func (f *forge) put(at, v int)    { binary.LittleEndian.PutUint32(f.b[at:], uint32(v)) }
func (f *forge) fragment()        { f.u8(tokenFragment, 1, 1, 0) }
func (f *forge) sub(i int)        { f.u8(tokenSubstitution); f.u16(i); f.u8(typeString) }
func (f *forge) value(s string)   { f.u8(tokenValue, typeString); f.u16(len([]rune(s))); f.text(s) }
func (f *forge) closeStart()      { f.u8(tokenCloseStart) }
func (f *forge) close()           { f.u8(tokenCloseElement) }
func (f *forge) element(n string) { f.open(n, false) }

// name writes a name offset and the name right behind it.
func (f *forge) name(n string) {
	f.u32(f.pos() + 4)
	f.u32(0)
	f.u16(0)
	f.u16(len(n))
	f.text(n + "\x00")
}

func (f *forge) open(n string, attributes bool) {
	token := byte(tokenElement)
	if attributes {
		token |= moreFollows
	}
	f.u8(token)
	f.u16(0xFFFF)
	f.u32(0)
	f.name(n)
	if attributes {
		f.u32(0)
	}
}

func (f *forge) attribute(n string) { f.u8(tokenAttribute); f.name(n) }

// forged returns a log of one chunk with one record whose BinXML body writes.
func forged(body func(f *forge)) []byte {
	f := &forge{make([]byte, chunkHeaderSize)}
	copy(f.b, chunkMagic)
	start := f.pos()
	f.u8('*', '*', 0, 0)
	f.u32(0)
	f.u32(1)
	f.u32(0)
	f.b = binary.LittleEndian.AppendUint64(f.b, windows.ToFiletime(at))
	body(f)
	f.u32(f.pos() - start + 4)
	f.put(start+4, f.pos()-start)
	f.put(chunkFreeAt, f.pos())
	if f.pos() > chunkSize {
		panic("the record does not fit")
	}
	log := append(make([]byte, firstChunkAt), f.b...)
	log = append(log, make([]byte, chunkSize-f.pos())...)
	seal(log, 0)
	return log
}

// system writes a System element with text for values.
func (f *forge) system(id string) {
	f.element("System")
	f.closeStart()
	f.open("Provider", true)
	f.attribute("Name")
	f.value(providerSysmon)
	f.u8(tokenCloseEmpty)
	f.element("EventID")
	f.closeStart()
	f.value(id)
	f.close()
	f.close()
}

// instance writes a template instance with its definition, and the offset of
// the argument count.
func (f *forge) instance(definition func()) {
	f.u8(tokenInstance, 1)
	f.u32(0)
	f.u32(f.pos() + 4)
	head := f.pos()
	f.b = append(f.b, make([]byte, templateHeaderSize)...)
	f.fragment()
	definition()
	f.u8(tokenEnd)
	f.put(head+20, f.pos()-head-templateHeaderSize)
}
