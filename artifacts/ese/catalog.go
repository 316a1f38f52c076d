package ese

import (
	"cmp"
	"context"
	"encoding/binary"
	"io"
	"slices"

	"hivetriage/artifacts"
)

const (
	catalogRoot   = 4
	catalogObject = 2
	maxObjects    = 1 << 18 // tables and columns that a catalog may name
	maxProblems   = 16      // of a catalog that are kept
)

// columns of the catalog
var (
	objidTable   = Column{ID: 1, Type: Long, offset: 4, size: 4}
	objectType   = Column{ID: 2, Type: Short, offset: 8, size: 2}
	objectID     = Column{ID: 3, Type: Long, offset: 10, size: 4}
	typeOrRoot   = Column{ID: 4, Type: Long, offset: 14, size: 4}
	spaceUsage   = Column{ID: 5, Type: Long, offset: 18, size: 4}
	objectFlags  = Column{ID: 6, Type: Long, offset: 22, size: 4}
	pagesOrPage  = Column{ID: 7, Type: Long, offset: 26, size: 4}
	objectName   = Column{ID: 128, Type: Text}
	templateName = Column{ID: 130, Type: Text}
	defaultValue = Column{ID: 131, Type: Binary}
)

// types of the catalog's objects
const (
	tableObject  = 1
	columnObject = 2
	longObject   = 4
)

// A File is an opened database. It is not to be used from several goroutines
// at once.
type File struct {
	Front    Database // what the header tells
	Tables   []Table  // as the catalog names them
	Problems []error  // that were met in the header and the catalog, *artifacts.Problem each

	r    io.ReaderAt
	size int64
	long long // where the last long value was read
}

// Doubts returns the problems, and behind them one about a database that was
// not closed: what was changed last may be in logs beside it. What it is of
// stands in the text.
func (f *File) Doubts(of string) []error {
	if f.Front.State == closed {
		return f.Problems
	}
	return append(slices.Clip(f.Problems), artifacts.NewProblem(artifacts.Unsupported, stateAt,
		"%s: state of the database: %q: its last changes may be in logs that are not read", of, f.Front.State))
}

// Open reads the header and the catalog of a database. Its tables are read
// when they are asked for. It fails if no catalog can be read.
func Open(ctx context.Context, r io.ReaderAt, size int64) (*File, error) {
	f := &File{r: r, size: size}
	b := make([]byte, max(min(size, 32768), 0))
	n, failed := r.ReadAt(b, 0)
	if n == len(b) {
		failed = nil
	}
	b = b[:n]
	var err error
	if f.Front, err = header(b, failed); err != nil {
		return nil, err
	}
	// The checksum covers the page, whose rest is zero.
	if p := f.Front.PageSize; len(b) >= p && headerSum(b[:p]) != binary.LittleEndian.Uint32(b) {
		f.Problems = append(f.Problems, artifacts.NewProblem(artifacts.Checksum, 0, "database: header"))
	}
	if err := f.catalog(ctx); err != nil {
		return nil, err
	}
	return f, nil
}

// Table returns the table of a name, nil if there is none.
func (f *File) Table(name string) *Table {
	for i := range f.Tables {
		if f.Tables[i].Name == name {
			return &f.Tables[i]
		}
	}
	return nil
}

// catalog reads the tables, their columns and the roots of their trees.
func (f *File) catalog(ctx context.Context) error {
	self := Table{Name: "MSysObjects", root: catalogRoot, object: catalogObject}
	tables := map[uint32]*Table{}
	objects := 0
	var last error
	for row, err := range f.Rows(ctx, &self) {
		if err != nil {
			if last = err; len(f.Problems) < maxProblems {
				f.Problems = append(f.Problems, err)
			}
			continue
		}
		if objects++; objects > maxObjects {
			f.Problems = append(f.Problems, artifacts.NewProblem(artifacts.Limit, row.Offset, "database: a catalog of more than %d objects", maxObjects))
			break
		}
		id := uint32(row.Int(&objidTable))
		t := tables[id]
		if t == nil {
			t = &Table{}
			tables[id] = t
		}
		row.describe(t)
	}
	if err := ctx.Err(); err != nil {
		return artifacts.NewProblem(artifacts.IO, -1, "database: %w", err)
	}
	for _, t := range tables {
		if t.root == 0 {
			continue // only remains of it are in the catalog
		}
		slices.SortStableFunc(t.Columns, func(a, b Column) int { return cmp.Compare(a.ID, b.ID) })
		t.settle()
		f.Tables = append(f.Tables, *t)
	}
	slices.SortFunc(f.Tables, func(a, b Table) int { return cmp.Compare(a.object, b.object) })
	if len(f.Tables) == 0 {
		return cmp.Or(last, error(artifacts.NewProblem(artifacts.Malformed, (catalogRoot+1)*int64(f.Front.PageSize), "database: its catalog names no tables")))
	}
	return nil
}

// describe adds to a table what a row of the catalog tells of it.
func (row *Row) describe(t *Table) {
	switch row.Int(&objectType) {
	case tableObject:
		t.object, t.root = uint32(row.Int(&objectID)), uint32(row.Int(&typeOrRoot))
		t.Name = row.Text(&objectName)
		t.template = row.Text(&templateName)
	case longObject:
		t.longObject, t.longRoot = uint32(row.Int(&objectID)), uint32(row.Int(&typeOrRoot))
	case columnObject:
		c := Column{
			Name:     row.Text(&objectName),
			ID:       uint32(row.Int(&objectID)),
			Type:     Type(row.Int(&typeOrRoot)),
			CodePage: uint32(row.Int(&pagesOrPage)),
			size:     int(uint16(row.Int(&spaceUsage))),
		}
		if row.Int(&objectFlags)&callbackDefault == 0 {
			if v, err := row.Bytes(&defaultValue); err == nil && len(v) > 0 {
				c.absent = slices.Clone(v)
			}
		}
		t.Columns = append(t.Columns, c)
	}
}
