package ese

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"testing"

	"hivetriage/artifacts"
	"hivetriage/artifacts/ese/esetest"
)

func TestLook(t *testing.T) {
	for _, row := range []struct {
		name      string
		b         []byte
		state     string
		directory bool
	}{
		{"directory", esetest.Database(esetest.Clean, 20, esetest.Directory...), "clean shutdown", true},
		{"directory in use", esetest.Database(esetest.Dirty, 6, esetest.Directory...), "dirty shutdown", true},
		{"larger than what is looked at", esetest.Database(esetest.Clean, 300, esetest.Directory...), "clean shutdown", true},
		{"another database", esetest.Database(esetest.Clean, 20, "MSysObjects", "SruDbIdMapTable"), "clean shutdown", false},
		{"one table of them", esetest.Database(esetest.Clean, 20, "datatable", "link_table"), "clean shutdown", false},
		{"state not known", esetest.Database(77, 20, esetest.Directory...), "", true},
	} {
		if !Is(row.b[:8]) {
			t.Errorf("%s: not told by its head", row.name)
		}
		d, err := Look(bytes.NewReader(row.b), int64(len(row.b)))
		if err != nil || d.PageSize != esetest.PageSize || d.State != row.state || d.Directory != row.directory || d.Looked != min(int64(len(row.b)), maxLook) {
			t.Errorf("%s: %+v, %v", row.name, d, err)
		}
	}
}

type broken struct{ at int64 }

func (b broken) ReadAt(p []byte, off int64) (int, error) {
	n := copy(p, esetest.Database(esetest.Clean, 20, esetest.Directory...)[:b.at])
	return n, io.ErrUnexpectedEOF
}

func TestDamaged(t *testing.T) {
	whole := esetest.Database(esetest.Clean, 6, esetest.Directory...)
	odd := bytes.Clone(whole)
	binary.LittleEndian.PutUint32(odd[236:], 5000)
	for _, row := range []struct {
		name string
		r    io.ReaderAt
		size int64
		kind artifacts.Kind
	}{
		{"empty", bytes.NewReader(nil), 0, artifacts.Malformed},
		{"negative size", bytes.NewReader(nil), -1, artifacts.Malformed},
		{"header cut", bytes.NewReader(whole[:239]), 239, artifacts.Malformed},
		{"another format", bytes.NewReader(make([]byte, 5000)), 5000, artifacts.Malformed},
		{"odd pages", bytes.NewReader(odd), int64(len(odd)), artifacts.Malformed},
		{"unreadable header", broken{100}, 5000, artifacts.IO},
		{"unreadable catalog", broken{5000}, 1 << 20, artifacts.IO},
	} {
		d, err := Look(row.r, row.size)
		var p *artifacts.Problem
		if !errors.As(err, &p) || p.Kind != row.kind || d.Directory {
			t.Errorf("%s: %+v, %v", row.name, d, err)
		}
	}
	oldest := bytes.Clone(whole)
	binary.LittleEndian.PutUint32(oldest[236:], 0)
	if d, err := Look(bytes.NewReader(oldest), int64(len(oldest))); err != nil || d.PageSize != 4096 {
		t.Errorf("page size of the oldest: %+v, %v", d, err)
	}
	if Is(whole[:7]) || Is(nil) || Is([]byte("regf\x01\x02\x03\x04")) {
		t.Error("told by too little")
	}
}

func FuzzLook(f *testing.F) {
	f.Add(esetest.Database(esetest.Clean, 6, esetest.Directory...)[:10000])
	f.Add([]byte("\x00\x00\x00\x00\xef\xcd\xab\x89"))
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := Look(bytes.NewReader(b), int64(len(b)))
		var p *artifacts.Problem
		if err != nil && !errors.As(err, &p) || err == nil && d.PageSize == 0 {
			t.Fatalf("%+v, %v", d, err)
		}
	})
}
