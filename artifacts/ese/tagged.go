package ese

import (
	"encoding/binary"
	"errors"
)

// Flags of the value of a tagged column.
const (
	compressed = 0x02
	separated  = 0x04 // it is the number of a long value
	several    = 0x08
	two        = 0x10 // of several: two, the first's size in front
	null       = 0x20
	encrypted  = 0x40

	maxValues = 1 << 14 // of one column in one record
)

var errOldRecord = errors.New("tagged columns as they were before format revision 9")

// taggedValues returns the values of a tagged column. The array in front of
// them has an identifier and an offset for each column that is present.
func (r *Row) taggedValues(c *Column) ([][]byte, error) {
	b, flags, found, err := r.findTagged(c.ID)
	switch {
	case err != nil:
		return nil, r.problem(c, err)
	case !found && c.absent != nil:
		return [][]byte{c.absent}, nil
	case !found || flags&null != 0:
		return nil, nil
	}
	parts := [][]byte{b}
	apart := []bool{flags&separated != 0}
	if flags&several != 0 {
		if parts, apart, err = split(b, flags); err != nil {
			return nil, r.problem(c, err)
		}
	}
	for i := range parts {
		switch {
		case flags&encrypted != 0:
			err = errEncrypted
		case apart[i]:
			parts[i], err = r.f.longValue(r.table, parts[i])
			r.Damaged = r.Damaged || r.f.long.damaged
		case i == 0 && flags&compressed != 0: // of several, only the first is
			parts[i], err = expand(parts[i])
		}
		if err != nil {
			return parts[:i], r.problem(c, err)
		}
	}
	return parts, nil
}

// findTagged returns the bytes and the flags of a tagged column.
func (r *Row) findTagged(id uint32) (b []byte, flags byte, found bool, err error) {
	if r.tagged == 0 {
		r.tagged = r.variable
		if n := r.lastVariable - firstVariable + 1; n > 0 {
			r.tagged += 2*n + r.end(n-1)&0x7FFF
		}
	}
	if r.tagged+4 > len(r.b) {
		if r.tagged > len(r.b) {
			err = errRecord
		}
		return nil, 0, false, err
	}
	if r.flags&newRecord == 0 {
		return nil, 0, false, errOldRecord
	}
	all := r.b[r.tagged:]
	mask, always := 0x1FFF, false
	if r.f.Front.PageSize > 8192 {
		mask, always = 0x7FFF, true
	}
	le := binary.LittleEndian
	size := int(le.Uint16(all[2:])) & mask // the first value begins where the array ends
	if size > len(all) || size%4 != 0 {
		return nil, 0, false, errRecord
	}
	for at := 0; at < size; at += 4 {
		have := uint32(le.Uint16(all[at:]))
		if have != id {
			continue
		}
		place := int(le.Uint16(all[at+2:]))
		from, to := place&mask, len(all)
		if at+4 < size {
			to = int(le.Uint16(all[at+6:])) & mask
		}
		if from > to || to > len(all) {
			return nil, 0, false, errRecord
		}
		b = all[from:to:to]
		if !always && place&0x2000 != 0 {
			return nil, null, true, nil
		}
		if always || place&0x4000 != 0 {
			if len(b) == 0 {
				return nil, 0, false, errRecord
			}
			b, flags = b[1:], b[0]
		}
		return b, flags, true, nil
	}
	return nil, 0, false, nil
}

// split parts several values of one column and says which of them are numbers
// of long values.
func split(b []byte, flags byte) (parts [][]byte, apart []bool, err error) {
	if flags&two != 0 {
		if len(b) == 0 || int(b[0]) >= len(b) {
			return nil, nil, errRecord
		}
		first := 1 + int(b[0])
		return [][]byte{b[1:first], b[first:]}, make([]bool, 2), nil
	}
	if len(b) < 2 {
		return nil, nil, errRecord
	}
	le := binary.LittleEndian
	size := int(le.Uint16(b) & 0x7FFF)
	n := size / 2
	if size > len(b) || n == 0 || n > maxValues {
		return nil, nil, errRecord
	}
	parts, apart = make([][]byte, n), make([]bool, n)
	for i := range n {
		place := le.Uint16(b[2*i:])
		from, to := int(place&0x7FFF), len(b)
		if i+1 < n {
			to = int(le.Uint16(b[2*i+2:]) & 0x7FFF)
		}
		if from > to || to > len(b) {
			return nil, nil, errRecord
		}
		parts[i], apart[i] = b[from:to:to], place&0x8000 != 0
	}
	return parts, apart, nil
}
