package ntfs

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"hivetriage/artifacts"
)

// maxTroubles bounds the problems that one scan tells one by one; how many
// more there were is told in one.
const maxTroubles = 1000

// joinRecords is the number of records that a trouble can span when it is
// met: a divisor of the records in a block, whatever their size.
const joinRecords = tableBlock / maxRecordSize

// A trouble is a problem with records of the table, or with one stream.
type trouble struct {
	kind         artifacts.Kind
	record, last uint32
	offset       uint16 // of the stream's attribute in the record; 0: the whole record
	text         string
}

// troubles gathers what went wrong, whichever worker met it: the first
// maxTroubles in the order of the table are kept, the others counted.
type troubles struct {
	list []trouble
	more int64 // records and streams
}

// add takes in a trouble. One that goes on with the next record joins the
// one before, but not across blocks of the table: what is kept must not
// depend on who parsed which block.
func (t *troubles) add(x trouble) {
	if n := len(t.list); n > 0 && t.list[n-1].joins(x) && x.record%joinRecords != 0 {
		t.list[n-1].last = x.last
		return
	}
	t.list = append(t.list, x)
	if len(t.list) >= 4*maxTroubles {
		t.prune()
	}
}

// prune keeps the first maxTroubles.
func (t *troubles) prune() {
	slices.SortStableFunc(t.list, func(a, b trouble) int {
		return cmp.Or(cmp.Compare(a.record, b.record), cmp.Compare(a.offset, b.offset), cmp.Compare(a.kind, b.kind), cmp.Compare(a.text, b.text))
	})
	if len(t.list) <= maxTroubles {
		return
	}
	for _, x := range t.list[maxTroubles:] {
		t.more += int64(x.last-x.record) + 1
	}
	clear(t.list[maxTroubles:])
	t.list = t.list[:maxTroubles]
}

func (t trouble) joins(x trouble) bool {
	return t.offset == 0 && x.offset == 0 && t.kind == x.kind && t.text == x.text && t.last+1 == x.record
}

// stream takes in the error that keeps the stream at offset in record from
// being read.
func (t *troubles) stream(record uint32, offset uint16, err error) {
	kind, text := artifacts.IO, err.Error()
	var p *artifacts.Problem
	if errors.As(err, &p) {
		kind, text = p.Kind, p.Err.Error()
		if p.Offset >= 0 {
			text = fmt.Sprintf("%s (byte %d of the volume)", text, p.Offset)
		}
	}
	t.add(trouble{kind: kind, record: record, last: record, offset: offset, text: text})
}

// joined returns what was kept, in the order of the table, runs of records
// with the same trouble as one.
func (t *troubles) joined() []trouble {
	t.prune()
	var all []trouble
	for _, x := range t.list {
		if n := len(all); n > 0 && all[n-1].joins(x) {
			all[n-1].last = x.last
			continue
		}
		all = append(all, x)
	}
	return all
}

// problem gives the trouble its place: the stream's path, or the record's
// byte in the volume.
func (v *Volume) problem(t trouble) *artifacts.Problem {
	p := &artifacts.Problem{At: v.at, Offset: v.table.place(int64(t.record) * int64(v.recordSize)), Kind: t.kind}
	switch {
	case t.offset != 0:
		p.At = (&entry{v: v, record: t.record, offset: t.offset}).Locator()
		p.Offset = -1
		p.Err = fmt.Errorf("MFT record %d: the beginning cannot be read: %s", t.record, t.text)
	case t.record == t.last:
		p.Err = fmt.Errorf("MFT record %d %s", t.record, t.text)
	default:
		p.Err = fmt.Errorf("MFT records %d to %d (%d): %s", t.record, t.last, t.last-t.record+1, t.text)
	}
	return p
}
