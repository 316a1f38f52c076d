package eventlog

import (
	"encoding/binary"
	"strings"
	"time"

	"hivetriage/artifacts"
)

// A plan is a Query made ready for the decoders, which share it.
type plan struct {
	any          bool         // records are selected at all
	ids          [1024]uint64 // bitmap of the selected IDs
	chosen       []Selector
	since, until time.Time
	match        func(*artifacts.Event) bool
}

func newPlan(q Query) *plan {
	p := &plan{chosen: q.Select, since: q.Since, until: q.Until, match: q.Match}
	for _, s := range q.Select {
		if s.ID <= 0xFFFF {
			p.ids[s.ID/64] |= 1 << (s.ID % 64)
			p.any = true
		}
	}
	return p
}

func (p *plan) wantsID(id uint32) bool {
	return id <= 0xFFFF && p.ids[id/64]&(1<<(id%64)) != 0
}

// wants reports whether a selector names id and the provider whose name is
// the text in v.
func (p *plan) wants(id uint32, v value) bool {
	if !p.wantsID(id) {
		return false
	}
	for _, s := range p.chosen {
		if s.ID == id && (s.Provider == "" || v.equalFold(s.Provider)) {
			return true
		}
	}
	return false
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
// value is the EventID (number 3 in those of Windows), and that is looked up.
func (d *decoder) glance(pos, end int) verdict {
	if pos+fragmentHeaderSize >= end || d.chunk[pos] != tokenFragment || d.chunk[pos+fragmentHeaderSize] != tokenInstance {
		return unknown
	}
	in, f := readInstance(d.chunk, pos+fragmentHeaderSize, end)
	if f != nil {
		return unknown
	}
	t := d.template(in.def, document, true)
	if t.flaw != nil || len(t.leaves) == 0 {
		return unknown
	}
	l := t.leaves[len(t.leaves)-1]
	if l.field != systemEventID || l.to-l.from != 1 {
		return unknown
	}
	p := t.parts[l.from]
	if p.kind != partSub || int(p.at) >= in.count {
		return unknown
	}
	desc := d.chunk[in.desc : in.desc+4*int(p.at)+4]
	at := in.values
	for ; len(desc) > 4; desc = desc[4:] {
		at += int(binary.LittleEndian.Uint16(desc))
	}
	if at+2 > end || binary.LittleEndian.Uint32(desc) != 2|typeUint16<<16 {
		return unknown
	}
	id := uint32(binary.LittleEndian.Uint16(d.chunk[at:]))
	if !d.plan.wantsID(id) {
		return unwanted
	}
	for _, l := range t.leaves {
		if p := t.parts[l.from]; l.field == systemProvider && l.to-l.from == 1 && p.kind == partText &&
			!d.plan.wants(id, value{typeString, d.chunk[p.at : p.at+p.n]}) {
			return unwanted
		}
	}
	return wanted
}
