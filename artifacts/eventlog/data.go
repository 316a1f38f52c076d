package eventlog

import (
	"hivetriage/artifacts"
)

// Bounds of Event.Data.
const (
	maxData     = 96      // of one record; Windows' own have up to 50
	maxDataText = 1 << 18 // bytes of all its values; those of one chunk hardly reach it
	maxDataName = 128     // bytes of a name in UTF-16
)

// A datum is a name and a value of the record at hand, not yet text.
type datum struct{ name, value value }

// tell keeps a leaf's value for Event.Data.
func (d *decoder) tell(l *leaf, v value) *flaw {
	if len(d.data) >= maxData || v.kind == typeNull || v.kind == typeBinXML {
		return nil
	}
	if d.room -= len(v.data); d.room < 0 {
		return flawText
	}
	name := d.name
	if l.told == called {
		name = value{typeString, d.chunk[l.name.at : l.name.at+l.name.n]}
	}
	d.data = append(d.data, datum{name, v})
	return nil
}

// tellAll sets Event.Data. An array of strings, as older providers write their
// positional values, is as many data. Records of a channel's own provider are
// by the account that logged them.
func (d *decoder) tellAll(e *artifacts.Event) {
	e.Data = make([]artifacts.Datum, 0, len(d.data))
	room := maxDataText
	add := func(name, v value) {
		d.text8 = v.appendText(d.text8[:0])
		if room -= len(d.text8); room < 0 || len(e.Data) >= maxData {
			return
		}
		text := d.keep(d.text8)
		d.text8 = d.text8[:0]
		if len(name.data) <= maxDataName {
			d.text8 = name.appendText(d.text8)
		}
		e.Data = append(e.Data, artifacts.Datum{Name: d.keep(d.text8), Value: text})
	}
	for _, x := range d.data {
		if x.value.kind != typeString|typeArray {
			add(x.name, x.value)
			continue
		}
		for rest := x.value.data; len(rest) > 1 && len(e.Data) < maxData; {
			n := indexNUL16(rest)
			add(x.name, value{typeString, rest[:n]})
			rest = rest[min(n+2, len(rest)):]
		}
	}
	if e.Provider == providerSysmon || e.Provider == providerSecurity {
		return
	}
	if e.User.SID == "" {
		e.User.SID = d.text(systemUser)
	}
	if pid := uint32(d.number(systemProcess)); e.Process == nil && pid != 0 {
		e.Process = &artifacts.Process{PID: pid}
	}
}
