package collection

import (
	"archive/zip"
	"bytes"
	"context"
	"testing"
	"time"

	"hivetriage/artifacts"
)

// TestDOSTime: what stands in every member's header is a clock's time, or
// nothing.
func TestDOSTime(t *testing.T) {
	date := func(y, m, d int) uint16 { return uint16((y-1980)<<9 | m<<5 | d) }
	clock := func(h, m, s int) uint16 { return uint16(h<<11 | m<<5 | s/2) }
	for _, row := range []struct {
		date, clock uint16
		want        time.Time
	}{
		{date(2026, 3, 14), clock(15, 7, 42), time.Date(2026, 3, 14, 15, 7, 42, 0, time.UTC)},
		{date(1980, 1, 1), 0, time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)},
		{0, clock(15, 7, 42), time.Time{}},
		{date(2026, 13, 1), 0, time.Time{}},
		{date(2026, 2, 30), 0, time.Time{}},
		{date(2026, 2, 3), clock(24, 0, 0), time.Time{}},
		{date(2026, 2, 3), clock(0, 60, 0), time.Time{}},
		{date(2026, 2, 3), 30, time.Time{}}, // 60 seconds
	} {
		if got := dosTime(row.date, row.clock); !got.Equal(row.want) {
			t.Errorf("%#x %#x: %v, want %v", row.date, row.clock, got, row.want)
		}
	}
}

// TestZipClock: a member without a better time has the clock's, marked as one
// of an unknown zone, also where the directory is lost; one with a better time
// has that.
func TestZipClock(t *testing.T) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, h := range []*zip.FileHeader{
		{Name: "clock", Method: zip.Store, ModifiedDate: (2026-1980)<<9 | 3<<5 | 14, ModifiedTime: 15<<11 | 7<<5 | 21},
		{Name: "utc", Method: zip.Store, Modified: time.Date(2026, 3, 14, 14, 7, 42, 0, time.UTC)},
	} {
		f, err := w.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte("regf and more")); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	whole := b.Bytes()
	for name, data := range map[string][]byte{"whole": whole, "without its directory": whole[:bytes.Index(whole, []byte("PK\x01\x02"))]} {
		s := mustOpen(t, "a.zip", data, "")
		found := 0
		for v, err := range s.Volumes(context.Background()) {
			if err != nil {
				t.Fatal(err)
			}
			for e, err := range v.Find(context.Background(), artifacts.Scan{Head: func([]byte) bool { return true }, Workers: 1}) {
				if err != nil {
					t.Fatal(err)
				}
				found++
				m := e.Meta()
				want := time.Date(2026, 3, 14, 14, 7, 42, 0, time.UTC)
				if local := e.Locator().Path == "/clock"; local {
					want = want.Add(time.Hour)
				}
				if !m.Times.Modified.Equal(want) || m.LocalTimes != (e.Locator().Path == "/clock") {
					t.Errorf("%s: %s: %v, local %v", name, e.Locator().Path, m.Times.Modified, m.LocalTimes)
				}
			}
		}
		if found != 2 {
			t.Errorf("%s: %d members", name, found)
		}
	}
}
