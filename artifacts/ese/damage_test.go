package ese

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"hivetriage/artifacts"
	"hivetriage/artifacts/ese/esetest"
)

// pageOf returns page n of a database of 4 KiB pages.
func pageOf(b []byte, n int) []byte { return b[(n+1)*4096 : (n+2)*4096] }

// TestDamagedTables changes one thing at a time in a table of 200 rows in a
// tree of pages of 10: a root, two branches and 20 leaves. What a branch does
// not lead to any more is found from the leaf to its left.
func TestDamagedTables(t *testing.T) {
	s := spec(4096, 10, 200)
	s.Tables[0].Columns, s.Tables[0].Rows = kinds[:1], nil
	for i := range 200 {
		s.Tables[0].Rows = append(s.Tables[0].Rows, []any{i})
	}
	le := binary.LittleEndian
	sealed := func(n int, change func(p []byte)) func(b []byte) {
		return func(b []byte) { change(pageOf(b, n)); esetest.Seal(pageOf(b, n), uint32(n)) }
	}
	const root, leaf, second = 32, 33, 34
	for _, c := range []struct {
		name     string
		change   func(b []byte)
		rows     int
		problems []artifacts.Kind
		damaged  int
	}{
		{"whole", func([]byte) {}, 200, nil, 0},
		{"a bit of a leaf", func(b []byte) { pageOf(b, leaf)[2000] ^= 1 }, 200, []artifacts.Kind{artifacts.Checksum}, 10},
		{"a leaf of another table", sealed(leaf, func(p []byte) { le.PutUint32(p[24:], 99) }), 190, []artifacts.Kind{artifacts.Malformed}, 0},
		{"a leaf of an index", sealed(leaf, func(p []byte) { p[36] |= indexPage }), 190, []artifacts.Kind{artifacts.Malformed}, 0},
		{"a leaf never written", func(b []byte) { clear(pageOf(b, leaf)) }, 190, []artifacts.Kind{artifacts.Malformed}, 0},
		{"more tags than fit", sealed(leaf, func(p []byte) { le.PutUint16(p[34:], 0xFFF) }), 190, []artifacts.Kind{artifacts.Malformed}, 0},
		{"a deleted row", sealed(leaf, func(p []byte) { p[4096-4*3+3] |= deletedNode << 5 }), 199, nil, 0},
		{"a record outside of its page", sealed(leaf, func(p []byte) { le.PutUint16(p[4096-4*3:], 4095) }), 199, []artifacts.Kind{artifacts.Malformed}, 0},
		{"a record of no bytes", sealed(leaf, func(p []byte) { le.PutUint16(p[4096-4*3:], 0) }), 199, []artifacts.Kind{artifacts.Malformed}, 0},
		{"a page that is not there", sealed(root, func(p []byte) { setChild(p, 1, 1<<30) }), 100, []artifacts.Kind{artifacts.Truncated}, 0},
		{"a page twice", sealed(root, func(p []byte) { copyChild(p, 2, 1) }), 200, []artifacts.Kind{artifacts.Malformed}, 0},
		{"a root that leads to itself", sealed(root, func(p []byte) { setChild(p, 1, root) }), 100, []artifacts.Kind{artifacts.Malformed}, 0},
		{"a page above not written after a division", sealed(root, func(p []byte) { le.PutUint16(p[34:], le.Uint16(p[34:])-1) }), 200, nil, 0},
		{"the checksum of the header", func(b []byte) { b[100] ^= 1 }, 200, nil, 0},
		{"the neighbours in a circle", sealed(second, func(p []byte) { le.PutUint32(p[20:], leaf) }), 200, nil, 0},
	} {
		b := esetest.Build(s)
		c.change(b)
		f := open(t, b)
		if name := c.name; (name == "the checksum of the header") != (len(f.Problems) == 1) {
			t.Errorf("%s: %v", name, f.Problems)
		}
		rows, damaged := 0, 0
		var kinds []artifacts.Kind
		for r, err := range f.Rows(context.Background(), f.Table("Kinds")) {
			if err != nil {
				kinds = append(kinds, kindOf(err))
				continue
			}
			rows++
			if r.Damaged {
				damaged++
			}
		}
		if rows != c.rows || damaged != c.damaged || len(kinds) != len(c.problems) || len(kinds) > 0 && kinds[0] != c.problems[0] {
			t.Errorf("%s: %d rows, %d damaged, problems %v", c.name, rows, damaged, kinds)
		}
	}
}

// TestDamagedLongValues changes one thing at a time in the tree of long values
// of a table of three rows, whose first two have one of 3 pages each.
func TestDamagedLongValues(t *testing.T) {
	columns := []esetest.Column{{Name: "Id", Type: esetest.Long}, {Name: "Text", Type: esetest.LongBinary}}
	s := esetest.Spec{Apart: 100, Tables: []esetest.Table{{Name: "T", Columns: columns, Rows: [][]any{
		{1, bytes.Repeat([]byte("first "), 2000)}, {2, bytes.Repeat([]byte("second "), 1500)}, {3, []byte("third")}}}}}
	le := binary.LittleEndian
	const rows, root, first, second = 32, 33, 34, 35 // pages: the table, and the tree of its long values
	sealed := func(n int, change func(p []byte)) func(b []byte) {
		return func(b []byte) { change(pageOf(b, n)); esetest.Seal(pageOf(b, n), uint32(n)) }
	}
	for _, c := range []struct {
		name    string
		change  func(b []byte)
		sizes   []int // of the values, -1 where there is an error
		damaged bool
		kind    artifacts.Kind
	}{
		{"whole", func([]byte) {}, []int{12000, 10500, 5}, false, 0},
		{"a bit", func(b []byte) { pageOf(b, first)[300] ^= 1 }, []int{12000, 10500, 5}, true, 0},
		{"no root", func(b []byte) { clear(pageOf(b, root)) }, []int{-1, -1, 5}, false, artifacts.Malformed},
		{"a root that leads to itself", sealed(root, func(p []byte) { setChild(p, 1, root) }), []int{-1, 10500, 5}, false, artifacts.Malformed},
		{"a page of another table", sealed(first, func(p []byte) { p[24]++ }), []int{-1, 10500, 5}, false, artifacts.Malformed},
		{"a page that is missing on the way", sealed(first, func(p []byte) { le.PutUint32(p[20:], 1<<30) }), []int{-1, 10500, 5}, false, artifacts.Truncated},
		{"no page on the way", sealed(first, func(p []byte) { le.PutUint32(p[20:], 0) }), []int{-1, 10500, 5}, false, artifacts.Malformed},
		{"neighbours in a circle", sealed(second, func(p []byte) { le.PutUint32(p[20:], second) }), []int{-1, 10500, 5}, false, artifacts.Malformed},
		{"a size that is too large", sealed(first, func(p []byte) { le.PutUint32(p[40+4+2+4+4-2:], 1<<30) }), []int{-1, 10500, 5}, false, artifacts.Limit},
		{"a size that is wrong", sealed(first, func(p []byte) { le.PutUint32(p[40+4+2+4+4-2:], 11000) }), []int{-1, 10500, 5}, false, artifacts.Malformed},
		{"a number that is not there", sealed(rows, func(p []byte) { p[bytes.Index(p, []byte{0, 1, 4, 0x40, 5, 1, 0, 0, 0})+5] = 9 }), []int{-1, 10500, 5}, false, artifacts.Malformed},
	} {
		b := esetest.Build(s)
		c.change(b)
		f := open(t, b)
		i := 0
		for r, err := range f.Rows(context.Background(), f.Table("T")) {
			if err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			v, err := r.Bytes(f.Table("T").Column("Text"))
			if (err != nil) != (c.sizes[i] < 0) || err == nil && len(v) != c.sizes[i] || err != nil && kindOf(err) != c.kind {
				t.Errorf("%s: row %d: %d bytes, %v", c.name, i, len(v), err)
			}
			if i == 0 && r.Damaged != c.damaged {
				t.Errorf("%s: damaged %v", c.name, r.Damaged)
			}
			i++
		}
	}
}

// setChild makes tag i of a branch lead to another page; copyChild to that of
// another tag.
func setChild(p []byte, i int, child uint32) {
	size, at := binary.LittleEndian.Uint16(p[4096-4*(i+1):]), binary.LittleEndian.Uint16(p[4096-4*(i+1)+2:])&0x1FFF
	binary.LittleEndian.PutUint32(p[40+int(at)+int(size)-4:], child)
}

func copyChild(p []byte, i, from int) {
	size, at := binary.LittleEndian.Uint16(p[4096-4*(from+1):]), binary.LittleEndian.Uint16(p[4096-4*(from+1)+2:])&0x1FFF
	setChild(p, i, binary.LittleEndian.Uint32(p[40+int(at)+int(size)-4:]))
}

// TestUnreadable gives what Open cannot read.
func TestUnreadable(t *testing.T) {
	whole := esetest.Build(spec(4096, 0, 5))
	lost := bytes.Clone(whole)
	clear(pageOf(lost, 4))
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	for _, c := range []struct {
		name string
		ctx  context.Context
		b    []byte
		kind artifacts.Kind
	}{
		{"empty", context.Background(), nil, artifacts.Malformed},
		{"no database", context.Background(), make([]byte, 9000), artifacts.Malformed},
		{"header only", context.Background(), whole[:4096], artifacts.Truncated},
		{"no catalog", context.Background(), lost, artifacts.Malformed},
		{"names of tables only", context.Background(), esetest.Database(esetest.Clean, 6, esetest.Directory...), artifacts.Malformed},
		{"cancelled", cancelled, whole, artifacts.IO},
	} {
		f, err := Open(c.ctx, bytes.NewReader(c.b), int64(len(c.b)))
		if kindOf(err) != c.kind || f != nil {
			t.Errorf("%s: %v, %v", c.name, f, err)
		}
	}
	// A file that ends early has the tables whose pages are left.
	cut := whole[:len(whole)-3*4096]
	f := open(t, cut)
	if len(f.Tables) == 0 {
		t.Error("nothing of a file that was cut")
	}
}

func TestExpand(t *testing.T) {
	for _, c := range []struct {
		name string
		b    []byte
		want string
		err  string
	}{
		{"seven bits", []byte{1 << 3, 0xE1, 0x31, 0x01}, "", ""},
		{"empty", nil, "", "damaged"},
		{"seven bits of nothing", []byte{1 << 3}, "", "damaged"},
		{"LZ77 without size", []byte{3 << 3, 1}, "", "damaged"},
		{"LZ77 cut", []byte{3 << 3, 9, 0, 0, 0, 0, 0, 'a'}, "", "damaged"},
		{"LZ77 before the beginning", []byte{3 << 3, 9, 0, 0, 0, 0, 0x80, 8, 0}, "", "damaged"},
		{"LZ77 beyond the end", []byte{3 << 3, 2, 0, 0, 0, 0, 0x40, 'a', 0, 0}, "", "damaged"},
		{"erased", []byte{4 << 3, 0}, "", "erased"},
		{"XPRESS9", []byte{5 << 3, 0}, "", "not read: 5"},
		{"not known", []byte{12 << 3, 0}, "", "damaged"},
		{"literals", []byte{3 << 3, 3, 0, 0, 0, 0, 0, 'a', 'b', 'c'}, "abc", ""},
		{"a match over itself", []byte{3 << 3, 5, 0, 0xFF, 0xFF, 0xFF, 0x7F, 'a', 1, 0}, "aaaaa", ""},
	} {
		got, err := expand(c.b)
		if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) || c.want != "" && string(got) != c.want {
			t.Errorf("%s: %q, %v", c.name, got, err)
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	for size := range 3000 {
		b := make([]byte, size)
		for i := range b {
			b[i] = byte(random.IntN(1 + size%7))
		}
		packed := esetest.LZ77(b)
		if got, err := expandLZ77(packed, size); err != nil || !bytes.Equal(got, b) {
			t.Fatalf("size %d: %v", size, err)
		}
	}
	for _, size := range []int{280, 281, 282, 300, 60000} { // lengths that take more than a byte
		b := bytes.Repeat([]byte{'x'}, size)
		if got, err := expandLZ77(esetest.LZ77(b), size); err != nil || !bytes.Equal(got, b) {
			t.Fatalf("size %d: %v", size, err)
		}
	}
}

func FuzzTables(f *testing.F) {
	small := spec(4096, 4, 6)
	small.Apart = 20
	f.Add(esetest.Build(small))
	f.Add(esetest.Build(esetest.Spec{PageSize: 16384, Tables: []esetest.Table{{Name: "T", Columns: kinds, Rows: [][]any{row(1), row(2), row(3)}}}}))
	f.Fuzz(func(t *testing.T, b []byte) { readAll(t, b) })
}

// FuzzRecord puts bytes into a page as a record, as the page's tags and as a
// compressed value, and leaves the rest of the database whole.
func FuzzRecord(f *testing.F) {
	whole := esetest.Build(esetest.Spec{Tables: []esetest.Table{{Name: "T", Columns: kinds, Rows: [][]any{row(1)}}}})
	p := pageOf(whole, 32)
	f.Add(bytes.Clone(p[40+16:400]), bytes.Clone(p[4096-8:]))
	f.Fuzz(func(t *testing.T, record, tags []byte) {
		b := bytes.Clone(whole)
		p := pageOf(b, 32)
		copy(p[40+16:], record)
		if n := min(len(tags), 4000); n > 0 {
			copy(p[4096-n:], tags[len(tags)-n:])
		}
		readAll(t, b)
		if out, err := expand(record); err == nil && len(out) > 1<<16 && len(out) > 3*len(record) {
			t.Fatalf("%d bytes of %d", len(out), len(record))
		}
	})
}

func readAll(t *testing.T, b []byte) {
	var p *artifacts.Problem
	f, err := Open(context.Background(), bytes.NewReader(b), int64(len(b)))
	if err != nil {
		if !errors.As(err, &p) {
			t.Fatal(err)
		}
		return
	}
	for i := range f.Tables {
		tb := &f.Tables[i]
		for row, err := range f.Rows(context.Background(), tb) {
			if err != nil {
				if !errors.As(err, &p) {
					t.Fatal(err)
				}
				continue
			}
			for j := range min(len(tb.Columns), 64) {
				if _, err := row.Values(&tb.Columns[j]); err != nil && !errors.As(err, &p) {
					t.Fatal(err)
				}
			}
		}
	}
}

func BenchmarkRows(b *testing.B) {
	s := esetest.Spec{Tables: []esetest.Table{{Name: "T", Columns: kinds}}}
	for i := range 4000 {
		s.Tables[0].Rows = append(s.Tables[0].Rows, row(i))
	}
	db := esetest.Build(s)
	b.SetBytes(int64(len(db)))
	for b.Loop() {
		f := open(b, db)
		tb := f.Table("T")
		id, rows := tb.Column("Id"), 0
		for r, err := range f.Rows(context.Background(), tb) {
			if err != nil || r.Int(id) > 0 {
				b.Fatal(err)
			}
			rows++
		}
		if rows != 4000 {
			b.Fatal(rows)
		}
	}
}
