package esetest

import (
	"encoding/binary"
	"math"
	"reflect"
	"unicode/utf16"
)

// sizes of the types that have one.
var sizes = map[int]int{Bit: 1, UnsignedByte: 1, Short: 2, Long: 4, Currency: 8, Single: 4, Double: 8, DateTime: 8, UnsignedLong: 4, LongLong: 8, GUID: 16, UnsignedShort: 2}

// longs are the long values of a table.
type longs struct {
	object uint32
	last   uint32
	nodes  []node
}

// record encodes a row: its header, the fixed columns and which of them are
// null, the ends of the variable ones and they, and the tagged ones.
func (b *builder) record(columns []Column, row []any, long *longs) []byte {
	must(len(row) == len(columns), "%d values for %d columns", len(row), len(columns))
	le := binary.LittleEndian
	var fixed, ends, variable, nulls []byte
	var tags []tagged
	lastFixed, lastVariable := 0, 127
	reach := len(columns)
	for reach > 0 && row[reach-1] == Beyond {
		reach--
	}
	for i, c := range columns[:reach] {
		switch {
		case c.id < 128:
			v := make([]byte, sizes[c.Type])
			copy(v, encode(c, row[i]))
			if lastFixed%8 == 0 {
				nulls = append(nulls, 0)
			}
			if row[i] == nil {
				nulls[lastFixed/8] |= 1 << (lastFixed % 8)
			}
			fixed, lastFixed = append(fixed, v...), lastFixed+1
		case c.id < 256:
			variable = append(variable, encode(c, row[i])...)
			end := uint16(len(variable))
			if row[i] == nil {
				end |= 0x8000
			}
			ends, lastVariable = le.AppendUint16(ends, end), lastVariable+1
		case row[i] != nil:
			tags = append(tags, b.tag(c, row[i], long))
		}
	}
	out := []byte{byte(lastFixed), byte(lastVariable), 0, 0}
	out = append(append(out, fixed...), nulls...)
	le.PutUint16(out[2:], uint16(len(out)))
	out = append(append(out, ends...), variable...)
	return append(out, b.tags(tags)...)
}

type beyond struct{}

// Beyond stands for the values at a row's end that were written before the
// columns were added: the record does not reach them.
var Beyond any = beyond{}

// A tagged is a value of a tagged column.
type tagged struct {
	id    uint32
	flags byte
	data  []byte
}

// tags encodes the tagged columns: an array of identifiers and offsets, and
// the values, each behind its flags where it has any, and always in large pages.
func (b *builder) tags(tags []tagged) []byte {
	le := binary.LittleEndian
	var array, values []byte
	for _, t := range tags {
		place := uint16(4*len(tags) + len(values))
		if t.flags != 0 || b.PageSize > 8192 {
			values = append(values, t.flags)
			if b.PageSize <= 8192 {
				place |= 0x4000
			}
		}
		values = append(values, t.data...)
		array = le.AppendUint16(le.AppendUint16(array, uint16(t.id)), place)
	}
	return append(array, values...)
}

// tag encodes one tagged value, as a long value if it is large.
func (b *builder) tag(c Column, v any, long *longs) tagged {
	t := tagged{id: c.id, flags: 1}
	if several, ok := v.([][]byte); ok {
		at := 2 * len(several)
		var data []byte
		for _, s := range several {
			t.data = binary.LittleEndian.AppendUint16(t.data, uint16(at))
			at += len(s)
			data = append(data, s...)
		}
		t.flags, t.data = t.flags|8, append(t.data, data...)
		return t
	}
	t.data = encode(c, v)
	if len(t.data) > b.Apart {
		t.flags |= 4
		t.data = b.apart(long, t.data, c.Compressed)
		return t
	}
	if c.Compressed {
		if packed := compress(t.data); len(packed) < len(t.data) {
			t.flags, t.data = t.flags|2, packed
		}
	}
	return t
}

// apart adds a long value and returns its number. Its key is the number with
// the highest byte first; the pieces' keys have their offsets behind it.
func (b *builder) apart(long *longs, data []byte, packed bool) []byte {
	le, be := binary.LittleEndian, binary.BigEndian
	long.last++
	key := be.AppendUint32(nil, long.last)
	head := le.AppendUint32(le.AppendUint32(nil, 1), uint32(len(data)))
	long.nodes = append(long.nodes, node{key: key, data: head})
	size := b.PageSize - b.header() - 128
	for at := 0; at < len(data); at += size {
		piece := data[at:min(at+size, len(data))]
		if packed {
			if c := compress(piece); len(c) < len(piece) {
				piece = c
			}
		}
		long.nodes = append(long.nodes, node{key: be.AppendUint32(append([]byte(nil), key...), uint32(at)), data: piece})
	}
	return le.AppendUint32(nil, long.last)
}

// encode turns a value into the bytes of its column.
func encode(c Column, v any) []byte {
	le := binary.LittleEndian
	switch v := v.(type) {
	case nil:
		return nil
	case []byte:
		return v
	case string:
		if c.CodePage != Unicode {
			return []byte(v)
		}
		var out []byte
		for _, u := range utf16.Encode([]rune(v)) {
			out = le.AppendUint16(out, u)
		}
		return out
	case float64:
		return le.AppendUint64(nil, math.Float64bits(v))
	}
	n := reflect.ValueOf(v)
	if n.CanInt() {
		return le.AppendUint64(nil, uint64(n.Int()))
	}
	must(n.CanUint(), "column %s: a value of type %T", c.Name, v)
	return le.AppendUint64(nil, n.Uint())
}

// Encoded is how a column stores a value, before it is compressed.
func Encoded(c Column, v any) []byte {
	b := encode(c, v)
	if n := sizes[c.Type]; n != 0 && len(b) > n {
		b = b[:n]
	}
	return b
}
