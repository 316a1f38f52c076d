package ese

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"testing"

	"hivetriage/artifacts"
	"hivetriage/artifacts/ese/esetest"
)

func TestSplit(t *testing.T) {
	for _, c := range []struct {
		name  string
		b     []byte
		flags byte
		parts string
		apart string
		ok    bool
	}{
		{"two", []byte("\x03abcde"), several | two, "[abc de]", "[false false]", true},
		{"two, the second empty", []byte("\x03abc"), several | two, "[abc ]", "[false false]", true},
		{"two, the first beyond the end", []byte("\x04abc"), several | two, "[]", "[]", false},
		{"two of nothing", nil, several | two, "[]", "[]", false},
		{"offsets", []byte("\x06\x00\x07\x80\x09\x00abbc"), several, "[a bb c]", "[false true false]", true},
		{"one", []byte("\x02\x00x"), several, "[x]", "[false]", true},
		{"none", []byte("\x00\x00x"), several, "[]", "[]", false},
		{"offsets beyond the end", []byte("\x04\x00\x09\x00x"), several, "[]", "[]", false},
		{"offsets that go back", []byte("\x04\x00\x03\x00x"), several, "[]", "[]", false},
		{"more offsets than bytes", []byte("\xFE\x00"), several, "[]", "[]", false},
		{"cut", []byte("\x02"), several, "[]", "[]", false},
	} {
		parts, apart, err := split(c.b, c.flags)
		if got := fmt.Sprintf("%s", parts); got != c.parts || fmt.Sprint(apart) != c.apart || (err == nil) != c.ok {
			t.Errorf("%s: %s, %v, %v", c.name, got, apart, err)
		}
	}
}

// TestTagged changes the flags of a tagged value, and what is around it.
func TestTagged(t *testing.T) {
	columns := []esetest.Column{{Name: "Id", Type: esetest.Long}, {Name: "Name", Type: esetest.Text}, {Name: "Text", Type: esetest.LongText, CodePage: esetest.Unicode, Compressed: true}}
	whole := esetest.Build(esetest.Spec{Tables: []esetest.Table{{Name: "T", Columns: columns, Rows: [][]any{{1, "abc", "compressed text"}}}}})
	p := pageOf(whole, 32)
	const record = 40 + 16 + 2 + 5 // in the page: header, the tree's, the key
	variable := record + int(binary.LittleEndian.Uint16(p[record+2:]))
	tags := variable + 2 + len("abc")
	for _, c := range []struct {
		name   string
		change func(p []byte)
		text   string
		kind   artifacts.Kind
	}{
		{"whole", func([]byte) {}, "compressed text", 0},
		{"null", func(p []byte) { p[tags+4] |= null }, "", 0},
		{"null in the array", func(p []byte) { p[tags+3] |= 0x20 }, "", 0},
		{"encrypted", func(p []byte) { p[tags+4] |= encrypted }, "", artifacts.Encrypted},
		{"XPRESS10", func(p []byte) { p[tags+5] = 6 << 3 }, "", artifacts.Unsupported},
		{"a long value in a table without", func(p []byte) { p[tags+4] |= separated }, "", artifacts.Malformed},
		{"an array beyond the end", func(p []byte) { binary.LittleEndian.PutUint16(p[tags+2:], 0x4FF0) }, "", artifacts.Malformed},
		{"another column", func(p []byte) { p[tags]++ }, "", 0},
		{"a page of before revision 9", func(p []byte) { p[37] &^= newRecord >> 8 }, "", artifacts.Unsupported},
		{"variable columns beyond the end", func(p []byte) { binary.LittleEndian.PutUint16(p[variable:], 0x7000) }, "", artifacts.Malformed},
	} {
		b := bytes.Clone(whole)
		c.change(pageOf(b, 32))
		esetest.Seal(pageOf(b, 32), 32)
		f := open(t, b)
		tb := f.Table("T")
		n := 0
		for r, err := range f.Rows(context.Background(), tb) {
			if err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			_, err = r.Bytes(tb.Column("Text"))
			if text := r.Text(tb.Column("Text")); text != c.text || kindOf(err) != c.kind {
				t.Errorf("%s: %q, %v", c.name, text, err)
			}
			n++
		}
		if n != 1 {
			t.Errorf("%s: %d rows", c.name, n)
		}
	}
}

// TestCancelled stops between pages, and where nothing more is wanted.
func TestCancelled(t *testing.T) {
	f := open(t, esetest.Build(spec(4096, 3, 60)))
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	rows, problems := 0, 0
	for _, err := range f.Rows(ctx, f.Table("Kinds")) {
		if err != nil {
			problems++
			continue
		}
		rows++
		cancel()
	}
	if rows != 3 || problems != 1 {
		t.Errorf("%d rows, %d problems", rows, problems)
	}
	for range f.Rows(context.Background(), f.Table("Kinds")) {
		if rows++; rows == 10 {
			break
		}
	}
}
