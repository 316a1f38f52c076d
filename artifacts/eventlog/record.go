package eventlog

import (
	"hivetriage/artifacts/internal/windows"
)

// record decodes a record of the log proper if it is selected.
func (d *decoder) record(r rawRecord, damage string) {
	if !d.plan.any {
		return
	}
	pos, end := r.pos+recordHeaderSize, r.pos+r.size-4
	v, id := d.glance(pos, end)
	if v == unwanted || v == wanted && (d.plan.lacks(id, d.chunk[pos:end]) || d.plan.pick != nil && !d.plan.pick(id, d.at+int64(r.pos))) {
		return
	}
	d.whole = d.plan.anyTold && (v == unknown || d.plan.told.has(id))
	d.begin()
	if f := d.fragment(pos, end, document, 0); f != nil {
		d.problem(f.kind, int64(r.pos), "record %d: %w", r.number, f)
		damage = join(damage, f.text)
	}
	d.deliver(r, damage, 0)
}

// recover decodes a record found in slack and reports whether it is one.
func (d *decoder) recover(r rawRecord) bool {
	d.begin()
	d.strict, d.whole = true, d.plan.anyTold
	f := d.fragment(r.pos+recordHeaderSize, r.pos+r.size-4, document, 0)
	d.strict = false
	if f != nil || !d.sane() {
		return false
	}
	d.out.slack = append(d.out.slack, r.key())
	d.late = d.plan.bounded() && !d.plan.inTime(d.values[systemTime].time())
	d.deliver(r, d.damage, len(d.out.slack))
	return true
}

// sane reports whether a decoded record has what every record has.
func (d *decoder) sane() bool {
	for _, f := range []field{systemProvider, systemEventID, systemTime, systemRecordID, systemChannel, systemComputer} {
		if d.values[f].kind == typeNull {
			return false
		}
	}
	year := d.values[systemTime].time().Year()
	return firstYear <= year && year <= lastYear
}

// The years that a record found in slack may be of: those of the format.
const firstYear, lastYear = 2005, 2150

// deliver puts the decoded record out if it is selected after all. slack is
// the item's field of that name.
func (d *decoder) deliver(r rawRecord, damage string, slack int) {
	id, ok := d.values[systemEventID].number()
	if !ok || id >= 1<<16 || !d.plan.wants(uint32(id), d.values[systemProvider]) {
		return
	}
	if slack == 0 {
		d.out.tally.PerID[uint32(id)]++
	}
	if d.late || d.plan.asked.has(uint32(id)) && !d.useful(uint32(id)) {
		return
	}
	e := d.event(uint32(id), d.plan.tells(uint32(id), d.values[systemProvider]))
	e.Offset = d.at + int64(r.pos)
	e.Damaged = damage
	if e.Time.IsZero() {
		e.Time = windows.Filetime(r.filetime)
	}
	if d.plan.match != nil && !d.plan.match(&e) {
		return
	}
	d.out.items = append(d.out.items, item{event: e, slack: slack})
}

// useful asks whether a record that is asked for its values is of use. The
// first of each chunk is taken unasked, so that a log tells whose it is, but
// for those that are asked for aside.
func (d *decoder) useful(id uint32) bool {
	if !d.shown && !d.plan.aside.has(id) {
		d.shown = true
		return true
	}
	for _, x := range d.data {
		if x.value.kind&typeArray != 0 { // has several texts
			return true
		}
	}
	return d.plan.asks[id](d.asking)
}

// valueOf returns the text of the value of a name in the record's data.
func (d *decoder) valueOf(name string) []byte {
	var v value
	if f := dataFields[name]; f != noField {
		v = d.values[f]
	}
	for i := 0; i < len(d.data) && len(v.data) == 0; i++ {
		if d.data[i].name.equalFold(name) {
			v = d.data[i].value
		}
	}
	if len(v.data) == 0 {
		return nil
	}
	d.text8 = v.appendText(d.text8[:0])
	return d.text8
}
