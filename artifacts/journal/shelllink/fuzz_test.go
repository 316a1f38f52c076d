package shelllink_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"
	"unicode/utf8"

	"hivetriage/artifacts"
	"hivetriage/artifacts/internal/readtest"
	"hivetriage/artifacts/journal/shelllink"
	"hivetriage/artifacts/journal/shelllink/shelllinktest"
)

const maxFuzz = 64 << 10

// judge checks what holds of every answer.
func judge(t *testing.T, b []byte, traces []artifacts.Trace, errs []*artifacts.Problem) {
	t.Helper()
	for _, trace := range traces {
		if trace.Artefact == "" || trace.Offset < -1 || trace.Offset > int64(len(b)) {
			t.Fatalf("%+v", trace)
		}
		for i := 1; i < len(trace.Times); i++ {
			if trace.Times[i].Time.Before(trace.Times[i-1].Time) {
				t.Fatalf("times %v", trace.Times)
			}
		}
		for _, p := range append(trace.Paths, trace.Command, trace.Host) {
			if !utf8.ValidString(p) {
				t.Fatalf("%q", p)
			}
		}
	}
	readtest.Within(t, errs, int64(len(b)))
	if kinds := readtest.Kinds(errs); slices.Contains(kinds, artifacts.IO) || slices.Contains(kinds, artifacts.Bug) {
		t.Fatal(errs)
	}
}

func FuzzLink(f *testing.F) {
	f.Add(shelllinktest.File(sample()))
	f.Add(shelllinktest.File(shelllinktest.Link{Path: `\\fs01\drop\SAM`, Mapped: "Z:", ANSI: true, Arguments: "x"}))
	f.Add(shelllinktest.File(shelllinktest.Link{Path: `x`, Environment: `%windir%\regedit.exe`, NoList: true, NoInfo: true}))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > maxFuzz {
			return
		}
		traces, errs := read(t, b)
		judge(t, b, traces, errs)
		if len(traces) > 1 || len(traces)+len(errs) == 0 {
			t.Fatalf("%d traces, %v", len(traces), errs)
		}
	})
}

func FuzzItemPath(f *testing.F) {
	f.Add(shelllinktest.Items(`C:\Users\bob\Desktop\sam export.reg`, shelllinktest.Times{Created: made}, false))
	f.Add(shelllinktest.Items(`\\fs01\drop\SAM`, shelllinktest.Times{}, false))
	f.Add(shelllinktest.Items(`{374DE290-123F-4565-9164-39C4925E467B}\a`, shelllinktest.Times{}, true))
	f.Add(shelllinktest.Opaque(30))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > maxFuzz {
			return
		}
		got, err := shelllink.ItemPath(b)
		var p *artifacts.Problem
		if err != nil && (!errors.As(err, &p) || p.Offset > int64(len(b))) {
			t.Fatal(err)
		}
		if !utf8.ValidString(got.Path) || got.Skipped > got.Items || got.Bytes > len(b) {
			t.Fatalf("%+v", got)
		}
	})
}

func FuzzJumpList(f *testing.F) {
	for version := 1; version <= 3; version += 2 {
		f.Add(shelllinktest.Automatic(version, entries()...))
	}
	f.Add(shelllinktest.Custom(shelllinktest.Category{Title: "a", Links: []shelllinktest.Link{sample()}}, shelllinktest.Category{Links: []shelllinktest.Link{{Path: `C:\x.exe`}}}))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > maxFuzz {
			return
		}
		traces, errs := readJumps(t, b)
		judge(t, b, traces, errs)
	})
}

// FuzzDestList reads a DestList in a sound file.
func FuzzDestList(f *testing.F) {
	f.Add(shelllinktest.DestList(1, entries()...))
	f.Add(shelllinktest.DestList(4, entries()...))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > maxFuzz {
			return
		}
		file := shelllinktest.Compound(shelllinktest.Stream{Name: "DestList", Data: b})
		traces, errs := readJumps(t, file)
		judge(t, file, traces, errs)
		if len(errs) > 1 {
			t.Fatal(errs)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	file := shelllinktest.File(sample())
	b.SetBytes(int64(len(file)))
	for b.Loop() {
		for _, err := range shelllink.Read(b.Context(), bytes.NewReader(file), int64(len(file))) {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkReadJumpList(b *testing.B) {
	var all []shelllinktest.Entry
	for range 100 {
		all = append(all, entries()...)
	}
	file := shelllinktest.Automatic(4, all...)
	b.SetBytes(int64(len(file)))
	for b.Loop() {
		n := 0
		for _, err := range shelllink.ReadJumpList(b.Context(), bytes.NewReader(file), int64(len(file))) {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
		if n != len(all) {
			b.Fatal(n)
		}
	}
}
