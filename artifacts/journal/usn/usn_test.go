package usn

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/internal/readtest"
	"hivetriage/artifacts/journal/usn/usntest"
	"hivetriage/testdata/corpora"
)

var noon = time.Date(2026, 3, 14, 12, 0, 0, 123456700, time.UTC)

func all(*Head) bool { return true }

// find runs a pass and tells records and problems apart.
func find(t testing.TB, r io.ReaderAt, size int64, want func(*Head) bool) (records []*Record, problems []*artifacts.Problem, tally Tally) {
	t.Helper()
	j := Open(r, size)
	records, problems = readtest.All(t, j.Find(t.Context(), want))
	return records, problems, j.Tally()
}

func TestVersions(t *testing.T) {
	const base = 7 << 32
	b := usntest.New(base)
	changes := []usntest.Change{
		{Time: noon, Record: 41, Sequence: 3, Parent: 5, ParentSequence: 5, Reason: uint32(FileCreate), Name: "sam.save"},
		{Version: 3, Time: noon.Add(time.Second), Record: 41, Sequence: 3, Parent: 5, ParentSequence: 5, Reason: uint32(FileDelete | Close), Source: 1, Attributes: 0x10, Name: "grüß\U0001F600"},
		{Version: 4, Record: 41, Sequence: 3, Parent: 5, Reason: uint32(DataOverwrite)},
		{Version: 3, Time: noon, Record: 9, Parent: 5, High: 7, Name: "refs"},
	}
	var offsets []int64
	for _, c := range changes {
		offsets = append(offsets, b.Add(c))
	}
	stream := b.Bytes()
	records, problems, tally := find(t, bytes.NewReader(stream), int64(len(stream)), all)
	want := []Record{
		{Offset: offsets[0], USN: base, Time: noon, File: artifacts.FileReference{Record: 41, Sequence: 3}, Parent: artifacts.FileReference{Record: 5, Sequence: 5},
			Reason: FileCreate, Attributes: 0x20, Name: "sam.save"},
		{Offset: offsets[1], USN: base + uint64(offsets[1]), Time: noon.Add(time.Second), File: artifacts.FileReference{Record: 41, Sequence: 3},
			Parent: artifacts.FileReference{Record: 5, Sequence: 5}, Reason: FileDelete | Close, Source: 1, Attributes: 0x10, Name: "grüß\U0001F600"},
	}
	if len(records) != len(want) || len(problems) != 0 {
		t.Fatalf("%d records, problems %v", len(records), problems)
	}
	for i := range want {
		if *records[i] != want[i] {
			t.Errorf("record %d: %+v, want %+v", i, *records[i], want[i])
		}
	}
	if records[0].Directory() || !records[1].Directory() {
		t.Error("the second record alone is about a folder")
	}
	if want := (Tally{Records: 2, Ranges: 1, Foreign: 1, Bytes: 4096, Oldest: noon, Newest: noon.Add(time.Second), First: base, Last: base + uint64(offsets[3])}); tally != want {
		t.Errorf("%+v, want %+v", tally, want)
	}
}

func TestFlagNames(t *testing.T) {
	for bits, want := range map[uint32]string{0: "", 0x80000200: "FILE_DELETE|CLOSE", 0x1000: "RENAME_OLD_NAME", 0x2000: "RENAME_NEW_NAME", 1 << 30: "bit 30", 0x100: "FILE_CREATE", 8: "bit 03"} {
		if got := Reason(bits).String(); got != want {
			t.Errorf("%#x: %q, want %q", bits, got, want)
		}
	}
	if got := (Source(5)).String(); got != "DATA_MANAGEMENT|REPLICATION_MANAGEMENT" {
		t.Errorf("source: %q", got)
	}
}

// many returns a journal of n records.
func many(n int) []byte {
	b := usntest.New(1 << 30)
	for i := range n {
		b.Add(usntest.Change{Time: noon.Add(time.Duration(i) * time.Millisecond), Record: uint64(100 + i%5000), Parent: 5, Reason: uint32(FileCreate), Name: fmt.Sprintf("%x-some usual name.dat", i*7919)})
	}
	return b.Bytes()
}

// Records that the blocks cut are put together, and pages that begin with
// zeros are passed over.
func TestBlocks(t *testing.T) {
	const n = 40000 // some 4 MiB
	stream := many(n)
	for _, pad := range []int{0, 8, 4096, 3<<20 + 8} {
		b := append(make([]byte, pad), stream...)
		records, problems, tally := find(t, bytes.NewReader(b), int64(len(b)), all)
		if len(records) != n || len(problems) != 0 || tally.Records != n || tally.Bytes != int64(len(b)) {
			t.Errorf("pad %d: %d records, %v", pad, len(records), problems)
		}
		if !slices.IsSortedFunc(records, func(a, b *Record) int { return int(a.Offset - b.Offset) }) {
			t.Errorf("pad %d: not in order", pad)
		}
	}
}

// Damage costs the records it hits and is told once, with its place.
func TestDamage(t *testing.T) {
	const n = 200
	clean := many(n)
	records, _, _ := find(t, bytes.NewReader(clean), int64(len(clean)), all)
	at := records[50].Offset
	length := records[51].Offset - at
	for _, tt := range []struct {
		name   string
		edit   func(b []byte) []byte
		lost   int
		offset int64
		kind   artifacts.Kind
	}{
		{"length", func(b []byte) []byte { b[at] += 4; return b }, 1, at, artifacts.Malformed},
		{"length of a page", func(b []byte) []byte { b[at], b[at+1] = 0, 0x10; return b }, 1, at, artifacts.Malformed},
		{"length zero", func(b []byte) []byte { b[at] = 0; return b }, 1, at, artifacts.Malformed},
		{"version", func(b []byte) []byte { b[at+4] = 9; return b }, 1, at, artifacts.Malformed},
		{"name beyond the record", func(b []byte) []byte { b[at+56] = 254; return b }, 1, at, artifacts.Malformed},
		{"odd name", func(b []byte) []byte { b[at+56]++; return b }, 1, at, artifacts.Malformed},
		{"name in the header", func(b []byte) []byte { b[at+58] = 8; return b }, 1, at, artifacts.Malformed},
		{"garbage", func(b []byte) []byte { copy(b[at:], bytes.Repeat([]byte{0xA5}, int(2*length))); return b }, 2, at, artifacts.Malformed},
		{"cut within a record", func(b []byte) []byte { return b[:at+20] }, n - 50, at, artifacts.Malformed},
		{"cut behind one", func(b []byte) []byte { return b[:at+3] }, n - 50, at, artifacts.Malformed},
	} {
		b := tt.edit(bytes.Clone(clean))
		got, problems, tally := find(t, bytes.NewReader(b), int64(len(b)), all)
		if len(got) != n-tt.lost {
			t.Errorf("%s: %d records of %d", tt.name, len(got), n)
		}
		if len(problems) != 1 || problems[0].Kind != tt.kind || problems[0].Offset != tt.offset || tally.Places != 1 || tally.Damaged < 1 {
			t.Errorf("%s: %v, %+v", tt.name, problems, tally)
		}
	}
}

// Many damaged places are counted, and some of them told.
func TestManyPlaces(t *testing.T) {
	const n = 3 * maxProblems
	b := many(n)
	records, _, _ := find(t, bytes.NewReader(b), int64(len(b)), all)
	for i := 0; i < n; i += 2 {
		b[records[i].Offset+4] = 0xFF
	}
	got, problems, tally := find(t, bytes.NewReader(b), int64(len(b)), all)
	if len(got) != n/2 || len(problems) != maxProblems || tally.Places != n/2 {
		t.Errorf("%d records, %d problems, %+v", len(got), len(problems), tally)
	}
}

// holed is a stream whose first bytes are a hole that must not be read.
type holed struct {
	t    *testing.T
	hole int64
	data []byte
	read int64
}

func (h *holed) Stored(off int64) (from, to int64) {
	return max(off, h.hole), h.hole + int64(len(h.data))
}

func (h *holed) ReadAt(p []byte, off int64) (int, error) {
	if off < h.hole {
		h.t.Errorf("read at %d, in the hole", off)
	}
	n := copy(p, h.data[off-h.hole:])
	h.read += int64(n)
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func TestHolesCostNothing(t *testing.T) {
	h := &holed{t: t, hole: 1 << 50, data: many(1000)}
	records, problems, tally := find(t, h, h.hole+int64(len(h.data)), all)
	if len(records) != 1000 || len(problems) != 0 || records[0].Offset != h.hole || tally.Bytes != int64(len(h.data)) || h.read != tally.Bytes {
		t.Errorf("%d records, %v, %+v, %d bytes read", len(records), problems, tally, h.read)
	}
}

// What cannot be read ends the pass, and what came before it is kept.
func TestUnreadable(t *testing.T) {
	b := many(20000)
	torn := artifacts.NewProblem(artifacts.Checksum, 5, "torn")
	for _, tt := range []struct {
		name string
		err  error
		kind artifacts.Kind
	}{
		{"bad disk", errors.New("bad sector"), artifacts.IO},
		{"shorter than stated", io.EOF, artifacts.Truncated},
		{"damaged container", torn, artifacts.Checksum},
	} {
		records, problems, _ := find(t, failing{b[:1<<20+500], tt.err}, int64(len(b)), all)
		if len(records) < 8000 || len(problems) == 0 || problems[len(problems)-1].Kind != tt.kind {
			t.Errorf("%s: %d records, %v", tt.name, len(records), problems)
		}
	}
}

type failing struct {
	b   []byte
	err error
}

func (f failing) ReadAt(p []byte, off int64) (int, error) {
	if n := copy(p, f.b[min(off, int64(len(f.b))):]); n < len(p) {
		return n, f.err
	}
	return len(p), nil
}

// Only what is wanted is handed out, and the caller can stop.
func TestWant(t *testing.T) {
	b := many(3000)
	records, _, tally := find(t, bytes.NewReader(b), int64(len(b)), func(h *Head) bool { return h.File.Record == 100 && strings.HasSuffix(string(h.Name), ".dat") })
	if len(records) != 1 || tally.Records != 3000 {
		t.Errorf("%d records, %+v", len(records), tally)
	}
	n := 0
	for range Open(bytes.NewReader(b), int64(len(b))).Find(t.Context(), all) {
		if n++; n == 5 {
			break
		}
	}
	if n != 5 {
		t.Errorf("%d records after the fifth was the last", n)
	}
}

// A journal that Velociraptor took from a Windows 10 machine: 5120 bytes of
// it, which end within the 51st record.
func TestRealJournal(t *testing.T) {
	archive, err := zip.OpenReader(corpora.Path(t, "collections", "Collection-WIN-E5K9RC5GU23-2021-11-21T18_05_56-08_00.zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	for _, f := range archive.File {
		if !strings.HasSuffix(f.Name, "$J") {
			continue
		}
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		records, problems, tally := find(t, bytes.NewReader(b), int64(len(b)), all)
		if len(records) != 50 || len(problems) != 1 || records[0].Name != "2024-08-14.json.tidx" || records[0].USN != 0x26000000 || tally.First != 0x26000000 {
			t.Errorf("%d records, %v, %+v", len(records), problems, tally)
		}
		for _, rec := range records {
			if rec.Time.Year() != 2024 || rec.File.Sequence == 0 || rec.Parent.Record < 5 || rec.Reason == 0 {
				t.Errorf("%+v", rec)
			}
		}
		return
	}
	t.Error("the collection has no $J")
}
