package ese

import (
	"context"
	"encoding/binary"
	"errors"
	"iter"
	"math"

	"hivetriage/artifacts"
	"hivetriage/artifacts/internal/windows"
)

// A Row is a record of a table. It and what its methods return are valid
// until the next row is asked for.
type Row struct {
	Offset  int64 // of the record in the file
	Damaged bool  // the checksum of its page does not fit

	f     *File
	table *Table
	b     []byte // the record
	flags uint32 // of its page

	lastFixed, lastVariable int
	variable                int // where the array of ends begins
	tagged                  int // where the array of tagged columns begins; 0 before it is needed
}

// Rows reads the records of a table in the order of its primary key. What
// cannot be read is an error element, and reading goes on behind it.
func (f *File) Rows(ctx context.Context, t *Table) iter.Seq2[*Row, error] {
	return func(yield func(*Row, error) bool) {
		if t.template != "" && !yield(nil, artifacts.NewProblem(artifacts.Unsupported, -1, "table %s: columns of its template %s", t.Name, t.template)) {
			return
		}
		row := &Row{f: f, table: t}
		f.leaves(ctx, t.root, t.object, func(p *page, err error) bool {
			if err != nil {
				return yield(nil, err)
			}
			for i := p.first; i < p.tags; i++ {
				n, ok := p.node(i)
				if ok && n.deleted {
					continue
				}
				row.Offset, row.Damaged, row.flags, row.b = p.offset()+int64(n.at), !p.sound, p.flags, n.data
				if !ok || !row.begin() {
					if !yield(nil, artifacts.NewProblem(artifacts.Malformed, row.Offset, "table %s: page %d, record %d", t.Name, p.number, i)) {
						return false
					}
					continue
				}
				if !yield(row, nil) {
					return false
				}
			}
			return true
		})
	}
}

// begin reads the record's header.
func (r *Row) begin() bool {
	if len(r.b) < 4 {
		return false
	}
	r.lastFixed, r.lastVariable = int(r.b[0]), int(r.b[1])
	r.variable = int(binary.LittleEndian.Uint16(r.b[2:]))
	r.tagged = 0
	ends := 2 * max(r.lastVariable-firstVariable+1, 0)
	return r.lastFixed < firstVariable && r.variable+ends <= len(r.b) && r.variable >= 4+(r.lastFixed+7)/8
}

var errRecord = errors.New("a column does not lie in its record")

// Values returns all values that the record has of a column, none if it is
// null. Long values are fetched and compressed ones expanded.
func (r *Row) Values(c *Column) ([][]byte, error) {
	if c.ID >= firstTagged {
		return r.taggedValues(c)
	}
	v, err := r.plain(c)
	if v == nil || err != nil {
		return nil, err
	}
	return [][]byte{v}, nil
}

// Bytes returns the first value of a column, nil if it is null.
func (r *Row) Bytes(c *Column) ([]byte, error) {
	if c.ID < firstTagged {
		return r.plain(c)
	}
	v, err := r.taggedValues(c)
	if len(v) == 0 {
		return nil, err
	}
	return v[0], err
}

// plain returns the value of a fixed or variable column.
func (r *Row) plain(c *Column) ([]byte, error) {
	if c.ID < firstVariable {
		id := int(c.ID)
		if id == 0 || id > r.lastFixed {
			return c.absent, nil
		}
		nulls := r.variable - (r.lastFixed+7)/8
		if r.b[nulls+(id-1)/8]>>((id-1)%8)&1 != 0 {
			return nil, nil
		}
		if c.offset+c.size > nulls {
			return nil, r.problem(c, errRecord)
		}
		return r.b[c.offset : c.offset+c.size], nil
	}
	i := int(c.ID) - firstVariable
	if int(c.ID) > r.lastVariable {
		return c.absent, nil
	}
	end := r.end(i)
	if end&0x8000 != 0 {
		return nil, nil
	}
	from := 0
	if i > 0 {
		from = r.end(i-1) & 0x7FFF
	}
	data := r.b[r.variable+2*(r.lastVariable-firstVariable+1):]
	if from > end || end > len(data) {
		return nil, r.problem(c, errRecord)
	}
	return data[from:end:end], nil
}

// end is where the value of the variable column i ends; its top bit is set if
// it is null.
func (r *Row) end(i int) int { return int(binary.LittleEndian.Uint16(r.b[r.variable+2*i:])) }

func (r *Row) problem(c *Column, err error) error {
	kind := artifacts.Malformed
	var p *artifacts.Problem
	switch {
	case errors.As(err, &p):
		return err
	case errors.Is(err, errOldRecord), errors.Is(err, errScheme):
		kind = artifacts.Unsupported
	case errors.Is(err, errEncrypted):
		kind = artifacts.Encrypted
	}
	return artifacts.NewProblem(kind, r.Offset, "table %s, column %s: %w", r.table.Name, c.Name, err)
}

// Int returns the value of a column of whole numbers, 0 if it is null.
func (r *Row) Int(c *Column) int64 {
	b, _ := r.Bytes(c)
	switch {
	case len(b) >= 8:
		return int64(binary.LittleEndian.Uint64(b))
	case len(b) >= 4 && c.Type == UnsignedLong:
		return int64(binary.LittleEndian.Uint32(b))
	case len(b) >= 4:
		return int64(int32(binary.LittleEndian.Uint32(b)))
	case len(b) >= 2 && c.Type == UnsignedShort:
		return int64(binary.LittleEndian.Uint16(b))
	case len(b) >= 2:
		return int64(int16(binary.LittleEndian.Uint16(b)))
	case len(b) == 1:
		return int64(b[0])
	}
	return 0
}

// Float returns the value of a column of type Double or DateTime, 0 if it is
// null.
func (r *Row) Float(c *Column) float64 {
	if b, _ := r.Bytes(c); len(b) >= 8 {
		return math.Float64frombits(binary.LittleEndian.Uint64(b))
	}
	return 0
}

// Text returns the value of a column of text, "" if it is null or cannot be
// read. Text of other code pages than UTF-16 is taken as Latin-1.
func (r *Row) Text(c *Column) string {
	b, _ := r.Bytes(c)
	if c.CodePage == unicode {
		return windows.UTF16(b)
	}
	for i, x := range b {
		if x >= 0x80 {
			wide := make([]rune, len(b))
			for i, x := range b {
				wide[i] = rune(x)
			}
			return string(wide)
		}
		if x == 0 {
			return string(b[:i])
		}
	}
	return string(b)
}
