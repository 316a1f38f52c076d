package ese

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"hivetriage/artifacts"
	"hivetriage/artifacts/ese/esetest"
)

// columns of all kinds, for the tables of the tests.
var kinds = []esetest.Column{
	{Name: "Id", Type: esetest.Long},
	{Name: "Flag", Type: esetest.Bit},
	{Name: "Byte", Type: esetest.UnsignedByte},
	{Name: "Small", Type: esetest.Short},
	{Name: "Big", Type: esetest.LongLong},
	{Name: "When", Type: esetest.DateTime},
	{Name: "Unsigned", Type: esetest.UnsignedLong},
	{Name: "Word", Type: esetest.UnsignedShort},
	{Name: "Guid", Type: esetest.GUID},
	{Name: "Later", Type: esetest.Long, Default: []byte{7, 0, 0, 0}},
	{Name: "Name", Type: esetest.Text, CodePage: esetest.Unicode},
	{Name: "Sid", Type: esetest.Binary},
	{Name: "Ascii", Type: esetest.LongText},
	{Name: "Wide", Type: esetest.LongText, CodePage: esetest.Unicode},
	{Name: "Packed", Type: esetest.LongText, CodePage: esetest.Unicode, Compressed: true},
	{Name: "PackedBytes", Type: esetest.LongBinary, Compressed: true},
	{Name: "Several", Type: esetest.LongBinary},
	{Name: "Absent", Type: esetest.LongBinary, Default: []byte("if absent")},
}

var guid = []byte("0123456789abcdef")

// row i of the tables of the tests.
func row(i int) []any {
	r := []any{-i, i % 2, i % 256, -i % 1000, int64(i) << 40, float64(i) + 0.5, uint32(1<<31 + i), 65535 - i%1000, guid, nil,
		fmt.Sprintf("näme %d", i), []byte{1, byte(i)}, fmt.Sprintf("text %d", i), strings.Repeat("wide ", i%7),
		fmt.Sprintf("C:\\Windows\\System32\\program%d.exe", i), bytes.Repeat([]byte{byte(i), 200, 3}, 20+i%50),
		[][]byte{{1, 2}, {9}, []byte(fmt.Sprint("third of ", i))}, nil}
	if i%5 == 1 {
		r[9], r[10], r[11] = 1234, nil, nil
	}
	if i%7 == 2 {
		r[12], r[13], r[17] = nil, nil, "present"
	}
	if i%50 == 3 { // long values, the second of several pages
		r[13], r[15] = strings.Repeat(fmt.Sprint("long ", i, " "), 400), bytes.Repeat([]byte(fmt.Sprint("longer ", i, "\xff ")), 3000)
	}
	return r
}

func spec(pageSize, perPage, rows int) esetest.Spec {
	s := esetest.Spec{PageSize: pageSize, PerPage: perPage, Apart: 700, Tables: []esetest.Table{
		{Name: "Kinds", Columns: kinds},
		{Name: "Empty", Columns: kinds[:3]},
		{Name: "Narrow", Columns: kinds[:2], Rows: [][]any{{1, 0}, {2, 1}}},
	}}
	for i := range rows {
		s.Tables[0].Rows = append(s.Tables[0].Rows, row(i))
	}
	return s
}

// table reads all rows of a table, each column's values as text.
func table(t testing.TB, f *File, name string) (rows [][]string, problems []error) {
	t.Helper()
	tb := f.Table(name)
	if tb == nil {
		t.Fatalf("no table %s in %+v", name, f.Tables)
	}
	for r, err := range f.Rows(context.Background(), tb) {
		if err != nil {
			problems = append(problems, err)
			continue
		}
		var row []string
		for i := range tb.Columns {
			v, err := r.Values(&tb.Columns[i])
			if err != nil {
				problems = append(problems, err)
			}
			if v == nil {
				row = append(row, "null")
				continue
			}
			row = append(row, fmt.Sprintf("%x", v))
		}
		rows = append(rows, row)
	}
	return rows, problems
}

func open(t testing.TB, b []byte) *File {
	t.Helper()
	f, err := Open(context.Background(), bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// wanted is what row i of Kinds reads as.
func wanted(i int) []string {
	var out []string
	for j, v := range row(i) {
		c := kinds[j]
		switch {
		case v == nil && c.Name == "Absent":
			out = append(out, fmt.Sprintf("%x", [][]byte{c.Default}))
		case v == nil:
			out = append(out, "null")
		default:
			if several, ok := v.([][]byte); ok {
				out = append(out, fmt.Sprintf("%x", several))
			} else {
				out = append(out, fmt.Sprintf("%x", [][]byte{esetest.Encoded(c, v)}))
			}
		}
	}
	return out
}

func TestTables(t *testing.T) {
	for _, c := range []struct {
		name            string
		s               esetest.Spec
		rows            int
		problems, depth int
	}{
		{"4 KiB", spec(4096, 0, 300), 300, 0, 0},
		{"8 KiB", spec(8192, 0, 300), 300, 0, 0},
		{"16 KiB", spec(16384, 0, 300), 300, 0, 0},
		{"32 KiB", spec(32768, 0, 300), 300, 0, 0},
		{"one page", spec(4096, 0, 3), 3, 0, 0},
		{"deep", spec(4096, 3, 200), 200, 0, 0},
		{"deep and large", spec(16384, 3, 60), 60, 0, 0},
		{"old checksums", func() esetest.Spec { s := spec(4096, 0, 60); s.OldSums = true; return s }(), 60, 0, 0},
	} {
		f := open(t, esetest.Build(c.s))
		if len(f.Problems) != 0 || len(f.Tables) != 4 || f.Front.State != "clean shutdown" {
			t.Errorf("%s: %v, %d tables, %+v", c.name, f.Problems, len(f.Tables), f.Front)
		}
		rows, problems := table(t, f, "Kinds")
		if len(rows) != c.rows || len(problems) != c.problems {
			t.Errorf("%s: %d rows, problems %v", c.name, len(rows), problems)
			continue
		}
		for i, r := range rows {
			if want := wanted(i); fmt.Sprint(r) != fmt.Sprint(want) {
				t.Errorf("%s: row %d\n%.600v\n%.600v", c.name, i, r, want)
				break
			}
		}
		if rows, problems := table(t, f, "Empty"); len(rows) != 0 || len(problems) != 0 {
			t.Errorf("%s: empty table: %v, %v", c.name, rows, problems)
		}
		if rows, problems := table(t, f, "Narrow"); len(rows) != 2 || len(problems) != 0 {
			t.Errorf("%s: narrow table: %v, %v", c.name, rows, problems)
		}
	}
}

// TestKinds reads values through the methods that know their type.
func TestKinds(t *testing.T) {
	f := open(t, esetest.Build(spec(4096, 0, 12)))
	tb := f.Table("Kinds")
	i := 0
	for r, err := range f.Rows(context.Background(), tb) {
		if err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]int64{"Id": int64(-i), "Flag": int64(i % 2), "Byte": int64(i), "Small": int64(-i), "Big": int64(i) << 40, "Unsigned": int64(1<<31 + i), "Word": int64(65535 - i)} {
			if got := r.Int(tb.Column(name)); got != want {
				t.Errorf("row %d: %s %d, want %d", i, name, got, want)
			}
		}
		if got := r.Float(tb.Column("When")); got != float64(i)+0.5 {
			t.Errorf("row %d: %v", i, got)
		}
		if name := r.Text(tb.Column("Name")); i%5 != 1 && name != fmt.Sprint("näme ", i) || i%5 == 1 && name != "" {
			t.Errorf("row %d: %q", i, name)
		}
		if text := r.Text(tb.Column("Packed")); text != fmt.Sprintf(`C:\Windows\System32\program%d.exe`, i) {
			t.Errorf("row %d: %q", i, text)
		}
		if r.Damaged || r.Offset == 0 {
			t.Errorf("row %d: %+v", i, r)
		}
		i++
	}
	if tb.Column("None") != nil || f.Table("None") != nil {
		t.Error("a column or table that is not there")
	}
}

// TestBeyond reads records that were written before a column was added.
func TestBeyond(t *testing.T) {
	columns := []esetest.Column{{Name: "A", Type: esetest.Long}, {Name: "B", Type: esetest.Long, Default: []byte{9, 0, 0, 0}}, {Name: "C", Type: esetest.Long}}
	f := open(t, esetest.Build(esetest.Spec{Tables: []esetest.Table{{Name: "T", Columns: columns, Rows: [][]any{{1, esetest.Beyond, esetest.Beyond}, {1, 2, 3}}}}}))
	rows, problems := table(t, f, "T")
	if want := "[[[01000000] [09000000] null] [[01000000] [02000000] [03000000]]]"; fmt.Sprint(rows) != want || len(problems) != 0 {
		t.Errorf("%v, %v", rows, problems)
	}
}

func kindOf(err error) artifacts.Kind {
	var p *artifacts.Problem
	if errors.As(err, &p) {
		return p.Kind
	}
	return 0
}
