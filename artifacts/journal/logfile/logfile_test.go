package logfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/internal/readtest"
	"hivetriage/artifacts/journal/logfile/logfiletest"
)

var noon = time.Date(2026, 3, 14, 12, 0, 0, 123456700, time.UTC)

func all([]byte) bool { return true }

// names runs a pass and tells names and problems apart.
func names(t testing.TB, l *Log, want func([]byte) bool) (found []*Name, problems []*artifacts.Problem, tally Tally) {
	t.Helper()
	found, problems = readtest.All(t, l.Names(t.Context(), want))
	return found, problems, l.Tally()
}

func open(t testing.TB, b []byte) *Log {
	t.Helper()
	l, err := Open(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func export(record uint64, name string) logfiletest.FileName {
	return logfiletest.FileName{Record: record, Sequence: 4, Parent: 5, ParentSequence: 5, Time: noon, Size: 49152, Attributes: 0x20, Name: name}
}

// TestOperations reads every operation that carries names, in both versions.
func TestOperations(t *testing.T) {
	always := artifacts.Times{Created: noon, Modified: noon, Changed: noon, Accessed: noon}
	for _, opt := range []logfiletest.Options{{Major: 1, Minor: 1}, {}} {
		b := logfiletest.New(opt)
		folder := export(42, "folder")
		folder.Attributes = 0x10000000
		short := export(41, "SAM~1.SAV")
		short.Space = 2
		view := make([]byte, 48) // an entry of $SII: a key of 4 bytes
		view[8], view[10] = 48, 4
		type wanted struct {
			op     Operation
			offset int64
			lsn    uint64
		}
		var want []wanted
		for _, r := range []struct {
			op   Operation
			data []byte
		}{
			{"", logfiletest.Client(0x1B, 0, nil, nil)}, // ForgetTransaction
			{Created, logfiletest.Created(export(41, "sam.save"))},
			{Added, logfiletest.Added(export(41, "sam.save"))},
			{Added, logfiletest.Client(0xC, 0xD, short.Entry(), nil)},
			{"", logfiletest.Client(0xE, 0xF, view, nil)},
			{Removed, logfiletest.Client(0xD, 0xC, nil, folder.Entry())},
			{Freed, logfiletest.Freed(export(41, "sam.save"))},
			{"", []byte("short")},
		} {
			offset, lsn := b.Add(r.data)
			if r.op != "" {
				want = append(want, wanted{r.op, offset, lsn})
			}
		}
		found, problems, tally := names(t, open(t, b.Bytes()), all)
		if len(found) != len(want) || len(problems) != 0 {
			t.Fatalf("version %d: %d names, %v", opt.Major, len(found), problems)
		}
		for i, n := range found {
			w := want[i]
			file := artifacts.FileReference{Record: 41, Sequence: 4}
			if i == 3 {
				file.Record = 42
			}
			if n.Operation != w.op || n.Offset != w.offset || n.LSN != w.lsn || n.File != file || n.Parent != (artifacts.FileReference{Record: 5, Sequence: 5}) ||
				n.Times != always || n.Size != 49152 || n.Directory != (i == 3) || n.DOS != (i == 2) {
				t.Errorf("version %d: %+v, want %+v", opt.Major, n, w)
			}
		}
		version := "2.0"
		if opt.Major == 1 {
			version = "1.1"
		}
		if tally.Version != version || tally.Records != 8 || tally.Names != 5 || tally.Torn != 0 || tally.Pages == 0 || tally.First >= want[0].lsn || tally.Last <= want[4].lsn {
			t.Errorf("%+v", tally)
		}
	}
}

// Records go on in the next page, and from the last page in the first one.
func TestRecordsOverPages(t *testing.T) {
	b := logfiletest.New(logfiletest.Options{Major: 1, Minor: 1, Pages: 16})
	padded := append(logfiletest.Client(0xE, 0xF, export(41, "sam.save").Entry(), nil), make([]byte, 9000)...)
	n := 0
	for range 12 { // some 100 KiB in 48 KiB
		b.Add(padded)
		b.Add(logfiletest.Added(export(42, "security.save")))
		n++
	}
	b.SkipTo(8*4096 - 64)
	at, _ := b.Add(logfiletest.Added(export(43, "cut.save"))) // its header alone stands in the page
	found, problems, _ := names(t, open(t, b.Bytes()), all)
	cut := 0
	for _, f := range found {
		if f.Offset == at {
			cut++
		}
	}
	if len(problems) != 0 || cut != 1 || len(found) < 4 || len(found) > 2*n {
		t.Errorf("%d names, %d of the cut one, %v", len(found), cut, problems)
	}
}

// A page of copies tells what its page does not, and nothing twice.
func TestCopies(t *testing.T) {
	for _, opt := range []logfiletest.Options{{Major: 1, Minor: 1}, {}} {
		b := logfiletest.New(opt)
		at, _ := b.Add(logfiletest.Added(export(41, "sam.save")))
		log := b.Bytes()
		logfiletest.Copy(log, at, 1)
		found, _, _ := names(t, open(t, log), all)
		if len(found) != 1 || found[0].Offset != at {
			t.Errorf("version %d: %d names", opt.Major, len(found))
		}
		clear(log[at/4096*4096:][:4096])
		found, _, _ = names(t, open(t, log), all)
		if len(found) != 1 || found[0].Offset != 3*4096+at%4096 || found[0].Name != "sam.save" {
			t.Errorf("version %d: %d names from the copy", opt.Major, len(found))
		}
	}
}

func TestDamage(t *testing.T) {
	b := logfiletest.New(logfiletest.Options{})
	var offsets []int64
	for i := range 100 {
		at, _ := b.Add(logfiletest.Added(export(uint64(100+i), fmt.Sprintf("file %d", i))))
		offsets = append(offsets, at)
	}
	clean := b.Bytes()
	for _, tt := range []struct {
		name     string
		edit     func(b []byte)
		names    int
		problems int
		opening  bool
	}{
		{"nothing", func([]byte) {}, 100, 0, false},
		{"one restart page", func(b []byte) { clear(b[:4096]) }, 100, 0, false},
		{"torn restart page", func(b []byte) { b[510]++ }, 100, 0, false},
		{"both restart pages", func(b []byte) { clear(b[:8192]) }, 100, 0, true},
		{"header of a record", func(b []byte) { b[offsets[5]]++ }, 99, 0, false},
		{"length of a record", func(b []byte) { b[offsets[5]+27] = 0x7F }, 99, 0, false},
		{"length beyond the page", func(b []byte) { b[offsets[5]+25] = 0x7F }, 100, 0, false},
		{"place of the value", func(b []byte) { b[offsets[5]+0x30+5] = 0xFF }, 99, 0, false},
		{"length of the key", func(b []byte) { b[offsets[5]+0x30+40+11] = 0xFF }, 99, 0, false},
		{"length of the name", func(b []byte) { b[offsets[5]+0x30+40+16+64]++ }, 99, 0, false},
		{"torn page", func(b []byte) { b[offsets[0]/4096*4096+1022]++ }, 100, 1, false},
		{"no page", func(b []byte) { b[offsets[0]/4096*4096]++ }, 0, 0, false},
	} {
		log := bytes.Clone(clean)
		tt.edit(log)
		l, err := Open(bytes.NewReader(log), int64(len(log)))
		if l == nil || (err != nil) != tt.opening {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		found, problems, tally := names(t, l, all)
		if tt.name == "no page" {
			tt.names = len(found)
			if tt.names == 0 || tt.names > 90 {
				t.Errorf("%s: %d names", tt.name, len(found))
			}
		}
		if len(found) != tt.names && !(tt.name == "length beyond the page" && len(found) > 60) || len(problems) != tt.problems || tally.Torn != int64(tt.problems) {
			t.Errorf("%s: %d names, %v", tt.name, len(found), problems)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	for name, tt := range map[string]struct {
		b    []byte
		kind artifacts.Kind
	}{
		"reset":   {bytes.Repeat([]byte{0xFF}, 1<<20), artifacts.Unsupported},
		"zeros":   {make([]byte, 1<<20), artifacts.Malformed},
		"nothing": {nil, artifacts.Truncated},
		"short":   {make([]byte, 12000), artifacts.Truncated},
	} {
		l, err := Open(bytes.NewReader(tt.b), int64(len(tt.b)))
		var p *artifacts.Problem
		if l != nil || !errors.As(err, &p) || p.Kind != tt.kind {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What cannot be read is told, and the rest is read.
func TestUnreadable(t *testing.T) {
	b := logfiletest.New(logfiletest.Options{Pages: 512})
	for range 300 {
		b.Add(logfiletest.Added(export(41, "sam.save")))
	}
	log := b.Bytes()
	l, err := Open(shorter{log, 1 << 20}, int64(len(log)))
	if err != nil {
		t.Fatal(err)
	}
	found, problems, _ := names(t, l, all)
	if len(found) != 300 || len(problems) != 1 || problems[0].Kind != artifacts.Truncated || problems[0].Offset != 1<<20 {
		t.Errorf("%d names, %v", len(found), problems)
	}
}

type shorter struct {
	b   []byte
	end int64
}

func (s shorter) ReadAt(p []byte, off int64) (int, error) {
	if off >= s.end {
		return 0, io.EOF
	}
	if n := copy(p, s.b[off:s.end]); n < len(p) {
		return n, io.EOF
	}
	return len(p), nil
}

func TestWant(t *testing.T) {
	b := logfiletest.New(logfiletest.Options{})
	for i := range 50 {
		b.Add(logfiletest.Added(export(uint64(i+30), fmt.Sprintf("%d.save", i))))
	}
	found, _, tally := names(t, open(t, b.Bytes()), func(n []byte) bool { return string(n) == "7.save" })
	if len(found) != 1 || found[0].File.Record != 37 || tally.Names != 50 {
		t.Errorf("%d names, %+v", len(found), tally)
	}
	n := 0
	for range open(t, b.Bytes()).Names(t.Context(), all) {
		if n++; n == 3 {
			break
		}
	}
	if n != 3 {
		t.Errorf("%d names after the third was the last", n)
	}
}
