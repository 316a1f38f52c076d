package ntfs

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/ntfs/ntfstest"
)

var testAt = artifacts.Locator{Source: "test.img", Volume: "gpt:1"}

// build makes the volume with the files planted.
func build(t testing.TB, opt ntfstest.Options, files ...ntfstest.File) ([]byte, *ntfstest.Builder) {
	t.Helper()
	b := ntfstest.New(opt)
	for _, f := range files {
		b.Add(f)
	}
	image, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return image, b
}

func open(t testing.TB, r io.ReaderAt, size int64) *Volume {
	t.Helper()
	v, err := Open(r, size, testAt, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func openBytes(t testing.TB, b []byte) *Volume {
	t.Helper()
	return open(t, bytes.NewReader(b), int64(len(b)))
}

// everything wants all streams and looks at all heads.
var everything = artifacts.Scan{
	Name:    func(name, stream []byte) bool { return true },
	Head:    func(head []byte) bool { return false },
	Workers: 2,
}

// regf wants what begins like a registry hive.
var regf = artifacts.Scan{Head: func(head []byte) bool { return bytes.HasPrefix(head, []byte("regf")) }, Workers: 2}

// find runs the scan and checks what holds for every one.
func find(t testing.TB, v *Volume, s artifacts.Scan) (entries []artifacts.Entry, problems []*artifacts.Problem) {
	t.Helper()
	for e, err := range v.Find(t.Context(), s) {
		if err != nil {
			p, ok := err.(*artifacts.Problem)
			if !ok {
				t.Fatalf("error is a %T: %v", err, err)
			}
			if p.At.Source != testAt.Source || p.At.Volume != testAt.Volume {
				t.Errorf("problem without its place: %v", p)
			}
			problems = append(problems, p)
			continue
		}
		entries = append(entries, e)
	}
	checkTally(t, v.Tally())
	return entries, problems
}

func checkTally(t testing.TB, c artifacts.Tally) {
	t.Helper()
	if c.Streams != c.Examined+c.Empty+c.Failed+c.Gone {
		t.Errorf("tally does not balance: %+v", c)
	}
}

func wantProblems(t *testing.T, got []*artifacts.Problem, want ...string) {
	t.Helper()
	var left []string
	for _, p := range got {
		left = append(left, p.Error())
	}
	for _, w := range want {
		i := slices.IndexFunc(left, func(s string) bool { return strings.Contains(s, w) })
		if i < 0 {
			t.Errorf("no problem says %q; there are %q", w, left)
			continue
		}
		left = slices.Delete(left, i, i+1)
	}
	if len(left) > 0 {
		t.Errorf("problems that were not expected: %q", left)
	}
}

func pathOf(e artifacts.Entry) string {
	l := e.Locator()
	if l.Stream != "" {
		return l.Path + ":" + l.Stream
	}
	return l.Path
}

func read(e artifacts.Entry) ([]byte, error) {
	c, err := e.Open(context.Background())
	if err != nil {
		return nil, err
	}
	defer c.Close()
	return io.ReadAll(io.NewSectionReader(c, 0, c.Size()))
}

func index(entries []artifacts.Entry) map[string]artifacts.Entry {
	m := make(map[string]artifacts.Entry)
	for _, e := range entries {
		m[pathOf(e)] = e
	}
	return m
}

// text is n bytes that LZNT1 can shorten, and that tell their offset.
func text(n int) []byte {
	var b []byte
	for i := 0; len(b) < n; i++ {
		b = fmt.Appendf(b, "line %d of a text; ", i)
	}
	return b[:n]
}

// noise is n bytes that LZNT1 cannot shorten.
func noise(n int) []byte {
	b := make([]byte, n)
	x := uint32(n) + 1
	for i := range b {
		x ^= x << 13
		x ^= x >> 17
		x ^= x << 5
		b[i] = byte(x)
	}
	return b
}

func withHead(head string, b []byte) []byte { return append([]byte(head), b...) }

// holed is data at the beginning, a hole, and data at 1 MiB: with compression
// its holes adjoin.
func holed() []byte {
	b := make([]byte, 1<<20+4096)
	copy(b, text(4096))
	copy(b[1<<20:], text(4096))
	return b
}

func deep(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "/d%d", i)
	}
	return b.String()
}

// planted are files of every kind, each with a hive's signature.
func planted() []ntfstest.File {
	at := func(day int) time.Time { return time.Date(2026, 3, day, 10, 11, 12, 345678900, time.UTC) }
	big := withHead("regf", noise(200_000))
	return []ntfstest.File{
		{Path: "/Windows/System32/config/SAM", Data: withHead("regf", text(100)), Owner: "S-1-5-32-544", USN: 4711,
			SI: artifacts.Times{Created: at(1), Modified: at(2), Changed: at(3), Accessed: at(4)},
			FN: artifacts.Times{Created: at(5), Modified: at(6), Changed: at(7), Accessed: at(8)}},
		{Path: "/plain.hiv", Data: big},
		{Path: "/fragmented.hiv", Data: withHead("regf", noise(1<<20)), Layout: ntfstest.Layout{Fragments: 17}},
		{Path: "/listed.hiv", Data: withHead("regf", noise(1<<20)), Layout: ntfstest.Layout{Fragments: 40}, AttributeList: true},
		{Path: "/compressed.hiv", Data: withHead("regf", text(300_000)), Layout: ntfstest.Layout{Compressed: true, NonResident: true}},
		{Path: "/compressed-noise.hiv", Data: big, Layout: ntfstest.Layout{Compressed: true, NonResident: true}},
		{Path: "/compressed-hole.hiv", Data: withHead("regf", holed()), Layout: ntfstest.Layout{Compressed: true, NonResident: true}},
		{Path: "/compressed-short.hiv", Data: withHead("regf", text(2000)), Layout: ntfstest.Layout{Compressed: true, NonResident: true}},
		{Path: "/compressed-fragments.hiv", Data: withHead("regf", append(text(100_000), noise(50_000)...)), Layout: ntfstest.Layout{Compressed: true, Fragments: 5}},
		{Path: "/sparse.hiv", Data: withHead("regf", holed()), Layout: ntfstest.Layout{Sparse: true}},
		{Path: "/sparse-head", Data: append(make([]byte, 1<<20), "regf"...), Layout: ntfstest.Layout{Sparse: true}},
		{Path: "/valid.hiv", Data: withHead("regf", make([]byte, 20_000)), Layout: ntfstest.Layout{NonResident: true, Valid: 4}},
		{Path: "/host.txt", Data: []byte("host"), Streams: []ntfstest.Stream{
			{Name: "small", Data: withHead("regf", text(40))}, {Name: "big", Data: big}}},
		{Path: "/directory", Dir: true, Streams: []ntfstest.Stream{{Name: "hidden", Data: big}}},
		{Path: "/empty"},
		{Path: "/long name.hiv", ShortName: "LONGNA~1.HIV", Data: withHead("regf", text(60))},
		{Path: "/linked.hiv", Links: []string{"/Users/x/other.hiv", "/Users/another.hiv"}, Data: big},
		{Path: deep(1), Dir: true},
		{Path: deep(2), Dir: true},
		{Path: deep(3), Dir: true},
		{Path: deep(60) + "/deep.hiv", Data: withHead("regf", text(60))},
		{Path: "/deleted.hiv", Data: withHead("regf", noise(150_000)), Deleted: true},
		{Path: "/deleted-small.hiv", Data: withHead("regf", text(60)), Deleted: true},
		{Path: "/overwritten.hiv", Data: withHead("regf", noise(150_000)), Deleted: true, Overwrite: 3},
		{Path: "/gone", Dir: true, Deleted: true},
		{Path: "/gone/deeper", Dir: true},
		{Path: "/gone/deeper/child.hiv", Data: withHead("regf", noise(70_000))},
		{Path: "/surrogate", RawName: []uint16{'a', 0xD83D, '.', 'h'}, Data: withHead("regf", text(60))},
		{Path: "/surrogate2", RawName: []uint16{'a', 0xDC00, '.', 'h'}, Data: withHead("regf", text(60))},
		{Path: "/slash", RawName: []uint16{'a', '/', 'b'}, Data: withHead("regf", text(60))},
		{Path: "/wof.exe", Data: withHead("regf", noise(60_000)), WOF: true},
	}
}
