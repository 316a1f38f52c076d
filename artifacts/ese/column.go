package ese

// A Type is that of a column (JET_coltyp).
type Type uint8

const (
	Bit           Type = 1
	UnsignedByte  Type = 2
	Short         Type = 3
	Long          Type = 4
	Currency      Type = 5
	Single        Type = 6
	Double        Type = 7
	DateTime      Type = 8 // days since 1899-12-30, or whatever its program puts there
	Binary        Type = 9
	Text          Type = 10
	LongBinary    Type = 11
	LongText      Type = 12
	UnsignedLong  Type = 14
	LongLong      Type = 15
	GUID          Type = 16
	UnsignedShort Type = 17
)

// sizes of the types that have one, in bytes.
var sizes = [...]int{Bit: 1, UnsignedByte: 1, Short: 2, Long: 4, Currency: 8, Single: 4, Double: 8, DateTime: 8, UnsignedLong: 4, LongLong: 8, GUID: 16, UnsignedShort: 2}

const (
	firstVariable = 128 // identifiers of columns of variable size
	firstTagged   = 256 // and of those that take room only where they have a value

	unicode         = 1200   // code page of text in UTF-16
	callbackDefault = 0x8000 // flag of a column whose default is no value
)

// A Column of a table.
type Column struct {
	Name     string
	ID       uint32
	Type     Type
	CodePage uint32 // of text

	offset int // of a fixed column in the record
	size   int
	absent []byte // the value where a record has none
}

// A Table of a database.
type Table struct {
	Name    string
	Columns []Column // by their identifiers

	object, root         uint32
	longObject, longRoot uint32 // of the tree of long values; 0 if there is none
	template             string // name of the table whose columns it has besides its own
}

// Column returns the column of a name, nil if there is none.
func (t *Table) Column(name string) *Column {
	for i := range t.Columns {
		if t.Columns[i].Name == name {
			return &t.Columns[i]
		}
	}
	return nil
}

// settle puts the columns in order and computes where the fixed ones lie: one
// behind the other, those of deleted columns included, behind the record's
// first 4 bytes.
func (t *Table) settle() {
	at := 4
	for i := range t.Columns {
		c := &t.Columns[i]
		if c.ID >= firstVariable {
			break
		}
		if int(c.Type) < len(sizes) && sizes[c.Type] != 0 {
			c.size = sizes[c.Type]
		}
		c.offset = at
		at += c.size
	}
}
