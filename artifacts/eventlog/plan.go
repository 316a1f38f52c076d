package eventlog

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"time"

	"hivetriage/artifacts"
)

// A plan is a Query made ready for the decoders, which share it.
type plan struct {
	any          bool  // records are selected at all
	all          bool  // and all of them, with their data
	ids          idSet // selected
	everywhere   idSet // of them, those selected from every provider
	told         idSet // of them, those whose data are asked for
	anyTold      bool
	tellers      map[uint32][]string // the names of their providers, "" for all
	providers    map[uint32][]string // the names for the others
	held         idSet               // of the selected, those of which a text is asked for
	texts        map[uint32][]string // the texts, one of which a record must hold
	asked        idSet               // of the selected, those that are asked
	aside        idSet               // of them, those whose selector says so
	asks         map[uint32]func(Values) bool
	since, until time.Time
	pick         func(uint32, int64) bool
	match        func(*artifacts.Event) bool
}

// An idSet is a set of event IDs, which have 16 bits.
type idSet [1 << 16 / 64]uint64

func (s *idSet) add(id uint32)      { s[id/64] |= 1 << (id % 64) }
func (s *idSet) has(id uint32) bool { return id < 1<<16 && s[id/64]&(1<<(id%64)) != 0 }

func newPlan(q Query) *plan {
	p := &plan{providers: make(map[uint32][]string), tellers: make(map[uint32][]string), texts: make(map[uint32][]string), asks: make(map[uint32]func(Values) bool), since: q.Since, until: q.Until, pick: q.Pick, match: q.Match}
	if q.All {
		p.all, p.any, p.anyTold = true, true, true
		for i := range p.ids {
			p.ids[i], p.everywhere[i], p.told[i] = ^uint64(0), ^uint64(0), ^uint64(0)
		}
		return p
	}
	for _, s := range q.Select {
		if s.ID >= 1<<16 {
			continue
		}
		p.any = true
		p.ids.add(s.ID)
		if s.Data {
			p.told.add(s.ID)
			p.tellers[s.ID] = append(p.tellers[s.ID], s.Provider)
			p.anyTold = true
		}
		if s.Provider == "" {
			p.everywhere.add(s.ID)
		} else {
			p.providers[s.ID] = append(p.providers[s.ID], s.Provider)
		}
		p.texts[s.ID] = append(p.texts[s.ID], s.Holds)
		if s.Ask != nil {
			p.asks[s.ID] = s.Ask
		}
		if s.Aside {
			p.aside.add(s.ID)
		}
	}
	for id := range p.asks {
		if len(p.texts[id]) == 1 { // the only selector of this ID
			p.asked.add(id)
		}
	}
	for id, texts := range p.texts {
		if !slices.Contains(texts, "") {
			p.held.add(id)
		}
	}
	return p
}

// lacks reports whether a record of an ID holds none of the texts that are
// asked for, in UTF-16LE as BinXML has its strings.
func (p *plan) lacks(id uint32, record []byte) bool {
	return p.held.has(id) && !slices.ContainsFunc(p.texts[id], func(text string) bool { return holdsText(record, text) })
}

// holdsText reports whether data holds an ASCII text in UTF-16LE, whatever the
// case of its letters.
func holdsText(data []byte, text string) bool {
	first := lower(text[0])
	for {
		i := bytes.IndexByte(data, first)
		if upper := first &^ 0x20; 'a' <= first && first <= 'z' {
			end := len(data)
			if i >= 0 {
				end = i
			}
			if j := bytes.IndexByte(data[:end], upper); j >= 0 {
				i = j
			}
		}
		if i < 0 || len(data)-i < 2*len(text) {
			return false
		}
		n := 0
		for n < len(text) && lower(data[i+2*n]) == lower(text[n]) && data[i+2*n+1] == 0 {
			n++
		}
		if n == len(text) {
			return true
		}
		data = data[i+1:]
	}
}

// wants reports whether a selector names id and the provider whose name is
// the text in v.
func (p *plan) wants(id uint32, v value) bool {
	return p.everywhere.has(id) || slices.ContainsFunc(p.providers[id], v.equalFold)
}

// tells reports whether the data of a selected record are asked for.
func (p *plan) tells(id uint32, v value) bool {
	return p.all || p.told.has(id) && slices.ContainsFunc(p.tellers[id], func(name string) bool { return name == "" || v.equalFold(name) })
}

func (p *plan) bounded() bool { return !p.since.IsZero() || !p.until.IsZero() }

// inTime reports whether t lies in the plan's bounds. A record without a time
// is never left out.
func (p *plan) inTime(t time.Time) bool {
	return t.IsZero() || (p.since.IsZero() || !t.Before(p.since)) && (p.until.IsZero() || !t.After(p.until))
}

// equalFold reports whether the value is the text s, whatever the case of
// ASCII letters.
func (v value) equalFold(s string) bool {
	if v.kind != typeString {
		return strings.EqualFold(string(v.appendText(nil)), s)
	}
	b := trimNUL16(v.data)
	if len(b) != 2*len(s) {
		return false
	}
	for i := range len(s) {
		if b[2*i+1] != 0 || lower(b[2*i]) != lower(s[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}

// A verdict is what a look at a record's EventID says of it.
type verdict uint8

const (
	unwanted verdict = iota
	wanted
	unknown // only decoding the record in full can tell
)

// glance looks for the EventID of the record whose BinXML is chunk[pos:end]
// without decoding it: the definition of its template says which substitution
// value is the EventID (number 3 in those of Windows), and that is looked up
// and returned.
func (d *decoder) glance(pos, end int) (verdict, uint32) {
	if pos+fragmentHeaderSize >= end || d.chunk[pos] != tokenFragment || d.chunk[pos+fragmentHeaderSize] != tokenInstance {
		return unknown, 0
	}
	in, f := readInstance(d.chunk, pos+fragmentHeaderSize, end)
	if f != nil {
		return unknown, 0
	}
	t := d.template(in.def, document, true)
	if t.flaw != nil || len(t.leaves) == 0 {
		return unknown, 0
	}
	l := t.leaves[len(t.leaves)-1]
	if l.field != systemEventID || l.to-l.from != 1 {
		return unknown, 0
	}
	p := t.parts[l.from]
	if p.kind != partSub || int(p.at) >= in.count {
		return unknown, 0
	}
	desc := d.chunk[in.desc : in.desc+4*int(p.at)+4]
	at := in.values
	for ; len(desc) > 4; desc = desc[4:] {
		at += int(binary.LittleEndian.Uint16(desc))
	}
	if at+2 > end || binary.LittleEndian.Uint32(desc) != 2|typeUint16<<16 {
		return unknown, 0
	}
	id := uint32(binary.LittleEndian.Uint16(d.chunk[at:]))
	if !d.plan.ids.has(id) {
		return unwanted, id
	}
	for _, l := range t.leaves {
		if p := t.parts[l.from]; l.field == systemProvider && l.to-l.from == 1 && p.kind == partText &&
			!d.plan.wants(id, value{typeString, d.chunk[p.at : p.at+p.n]}) {
			return unwanted, id
		}
	}
	return wanted, id
}
