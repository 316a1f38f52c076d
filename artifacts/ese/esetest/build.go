package esetest

import (
	"encoding/binary"
	"fmt"
)

// The types of columns (JET_coltyp) that a Spec may use.
const (
	Bit           = 1
	UnsignedByte  = 2
	Short         = 3
	Long          = 4
	Currency      = 5
	Single        = 6
	Double        = 7
	DateTime      = 8
	Binary        = 9
	Text          = 10
	LongBinary    = 11
	LongText      = 12
	UnsignedLong  = 14
	LongLong      = 15
	GUID          = 16
	UnsignedShort = 17
)

// The code pages of text.
const (
	ASCII   = 1252
	Unicode = 1200
)

// A Spec is a database to be written.
type Spec struct {
	PageSize int    // 4096, 8192, 16384 or 32768; 0 is 4096
	State    uint32 // 0 is Clean
	PerPage  int    // most nodes of a page, to make trees deep; 0 is what fits
	Apart    int    // tagged values above so many bytes become long values; 0 is a quarter of a page
	OldSums  bool   // pages have the checksums of format revisions before 0x0B
	Tables   []Table
}

// A Table of a Spec. Each row has a value for each column: nil for null, an
// integer, a float64, a string, bytes, or [][]byte for several values.
type Table struct {
	Name    string
	Columns []Column
	Rows    [][]any
}

// A Column of a Table. Those of type LongBinary and LongText are tagged, those
// of type Binary and Text of variable size, the others fixed.
type Column struct {
	Name       string
	Type       int
	CodePage   uint32 // of text, 0 is ASCII
	Compressed bool   // values are compressed where they get shorter
	Default    []byte // what records that do not reach the column are read as

	id uint32
}

const (
	catalogRoot, shadowRoot     = 4, 24
	catalogObject, shadowObject = 2, 3
	firstFree                   = 32 // page of what has no fixed place
	firstObject                 = 10
)

// A builder writes the pages of a database.
type builder struct {
	Spec
	pages map[uint32][]byte
	free  uint32
}

// Build writes a database. It panics if a Spec cannot be one.
func Build(s Spec) []byte {
	if s.PageSize == 0 {
		s.PageSize = 4096
	}
	if s.State == 0 {
		s.State = Clean
	}
	if s.Apart == 0 {
		s.Apart = s.PageSize / 4
	}
	b := &builder{Spec: s, pages: map[uint32][]byte{}, free: firstFree}
	b.tree(1, 1, 0, nil)
	catalog := describe(catalogObject, catalogRoot, "MSysObjects", catalogColumns)
	object := uint32(firstObject)
	for i := range s.Tables {
		t := &s.Tables[i]
		columns := numbered(t.Columns)
		root := b.take()
		catalog = append(catalog, describe(object, root, t.Name, columns)...)
		long := &longs{object: object + 1}
		var rows []node
		for j, row := range t.Rows {
			key := []byte{0x7F, 0x80, byte(j >> 16), byte(j >> 8), byte(j)}
			rows = append(rows, node{key: key, data: b.record(columns, row, long)})
		}
		b.tree(root, object, 0, rows)
		if len(long.nodes) > 0 {
			at := b.take()
			catalog = append(catalog, entry(object, 4, long.object, at, 0, 0, "LV", nil))
			b.tree(at, long.object, longPage, long.nodes)
		}
		object += 2
	}
	sortNodes(catalog)
	b.tree(catalogRoot, catalogObject, 0, catalog)
	b.tree(shadowRoot, shadowObject, 0, catalog)
	return b.bytes(object)
}

func (b *builder) take() uint32 {
	b.free++
	return b.free - 1
}

// bytes puts the header, its copy and the pages together.
func (b *builder) bytes(lastObject uint32) []byte {
	le := binary.LittleEndian
	out := make([]byte, (int(b.free)+2)*b.PageSize)
	for _, at := range []int{0, b.PageSize} {
		h := out[at : at+b.PageSize]
		le.PutUint32(h[4:], seed)
		le.PutUint32(h[8:], 0x620)
		le.PutUint32(h[52:], b.State)
		le.PutUint32(h[212:], lastObject)
		le.PutUint32(h[216:], 10)
		le.PutUint32(h[232:], 0x14)
		le.PutUint32(h[236:], uint32(b.PageSize))
		le.PutUint32(h[340:], 0x620)
		le.PutUint32(h[344:], 0x14)
		le.PutUint32(h, xor(h))
	}
	for number, p := range b.pages {
		Seal(p, number)
		copy(out[(int(number)+1)*b.PageSize:], p)
	}
	return out
}

// numbered gives the columns their identifiers.
func numbered(columns []Column) []Column {
	out := append([]Column(nil), columns...)
	fixed, variable, tagged := uint32(1), uint32(128), uint32(256)
	for i := range out {
		next := &fixed
		switch out[i].Type {
		case Binary, Text:
			next = &variable
		case LongBinary, LongText:
			next = &tagged
		}
		out[i].id = *next
		*next++
	}
	return out
}

// catalogColumns are those of the catalog itself that are written.
var catalogColumns = numbered([]Column{
	{Name: "ObjidTable", Type: Long}, {Name: "Type", Type: Short}, {Name: "Id", Type: Long},
	{Name: "ColtypOrPgnoFDP", Type: Long}, {Name: "SpaceUsage", Type: Long}, {Name: "Flags", Type: Long},
	{Name: "PagesOrLocale", Type: Long}, {Name: "RootFlag", Type: Bit}, {Name: "RecordOffset", Type: Short},
	{Name: "LCMapFlags", Type: Long}, {Name: "KeyMost", Type: UnsignedShort},
	{Name: "Name", Type: Text, CodePage: ASCII}, {Name: "Stats", Type: Binary},
	{Name: "TemplateTable", Type: Text, CodePage: ASCII}, {Name: "DefaultValue", Type: Binary},
})

// describe is what the catalog has of a table.
func describe(object, root uint32, name string, columns []Column) []node {
	out := []node{entry(object, 1, object, root, 80, 20, name, nil)}
	for _, c := range columns {
		page := c.CodePage
		if page == 0 {
			page = ASCII
		}
		size := sizes[c.Type]
		if size == 0 {
			size = 255
		}
		out = append(out, entry(object, 2, c.id, uint32(c.Type), size, page, c.Name, c.Default))
	}
	return out
}

// entry is one row of the catalog, by its key.
func entry(table uint32, kind int, id, typeOrRoot uint32, space int, pages uint32, name string, value []byte) node {
	key := []byte{0x7F, 0x80, byte(table >> 16), byte(table >> 8), byte(table), 0x7F, 0x80, byte(kind), 0x7F, 0x80, byte(id >> 16), byte(id >> 8), byte(id)}
	row := []any{table, kind, id, typeOrRoot, space, 0, pages, 1, nil, nil, nil, name, nil, nil, nil}
	if value != nil {
		row[14] = value
	}
	return node{key: key, data: (&builder{}).record(catalogColumns, row, nil)}
}

func must(ok bool, format string, args ...any) {
	if !ok {
		panic(fmt.Sprintf("esetest: "+format, args...))
	}
}
