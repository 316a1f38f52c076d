package layout_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/collection/layout"
)

// TestParseIndex reads the same ranges in every spelling.
func TestParseIndex(t *testing.T) {
	const want = "[{100 0 3} {108 3 5}] 120 8"
	for name, text := range map[string]string{
		"upper camel": `{"Ranges":[{"FileOffset":0,"OriginalOffset":0,"FileLength":0,"Length":100},{"FileOffset":0,"OriginalOffset":100,"FileLength":3,"Length":8},{"FileOffset":3,"OriginalOffset":108,"FileLength":5,"Length":5},{"FileOffset":8,"OriginalOffset":113,"FileLength":0,"Length":7}]}`,
		"lower camel": `{"ranges":[{"length":"100"},{"originalOffset":"100","fileLength":"3","length":"8"},{"fileOffset":"3","originalOffset":"108","fileLength":"5","length":"5"},{"fileOffset":"8","originalOffset":"113","length":"7"}]}`,
		"snake":       `{"ranges":[{"length":100},{"original_offset":100,"file_length":3,"length":8},{"file_offset":3,"original_offset":108,"file_length":5,"length":5},{"original_offset":113,"length":7}]}`,
		"a line each": "{\"FileOffset\":0,\"FileLength\":0,\"Length\":100}\n\n{\"FileOffset\":0,\"FileLength\":3,\"Length\":8}\r\n{\"FileOffset\":3,\"FileLength\":5,\"Length\":5}\n{\"FileOffset\":8,\"Length\":7}",
		"with a gap":  `{"ranges":[{"original_offset":100,"file_length":3,"length":8},{"file_offset":3,"original_offset":108,"file_length":5,"length":12}]}`,
	} {
		s, err := layout.ParseIndex([]byte(text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := fmt.Sprint(s.Ranges, s.Size, s.Stored); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

func TestParseIndexRefuses(t *testing.T) {
	for text, kind := range map[string]artifacts.Kind{
		"":                            artifacts.Malformed,
		"{}":                          artifacts.Malformed,
		"[]":                          artifacts.Malformed,
		"\x00\x00\x01\x00icon":        artifacts.Malformed,
		`{"ranges":[{"length":-1}]}`:  artifacts.Malformed,
		`{"ranges":[{"length":"x"}]}`: artifacts.Malformed,
		`{"ranges":[{"original_offset":5,"length":5},{"original_offset":9,"length":5}]}`: artifacts.Malformed,
		`{"ranges":[{"file_length":6,"length":5}]}`:                                      artifacts.Malformed,
		`{"ranges":[{"length":9223372036854775807}]}`:                                    artifacts.Limit,
		`{"ranges":[{"original_offset":70368744177664,"length":1}]}`:                     artifacts.Limit,
		`{"ranges":[{"file_offset":9223372036854775807,"file_length":1,"length":1}]}`:    artifacts.Limit,
		`{"ranges":[{"file_offset":-1,"file_length":1,"length":1}]}`:                     artifacts.Malformed,
	} {
		s, err := layout.ParseIndex([]byte(text))
		var p *artifacts.Problem
		if s != nil || !errors.As(err, &p) || p.Kind != kind || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %+v, %v", text, s, err)
		}
	}
}

// whole is the file that the index of TestParseIndex describes.
var whole = append(append(append(make([]byte, 100), "abc\x00\x00\x00\x00\x00"...), "defgh"...), make([]byte, 7)...)

func TestExpand(t *testing.T) {
	s, err := layout.ParseIndex([]byte(`{"ranges":[{"length":100},{"original_offset":100,"file_length":3,"length":8},{"file_offset":3,"original_offset":108,"file_length":5,"length":5},{"original_offset":113,"length":7}]}`))
	if err != nil {
		t.Fatal(err)
	}
	r := s.Reader(strings.NewReader("abcdefgh"))
	if err := iotest.TestReader(io.NewSectionReader(r, 0, s.Size), whole); err != nil {
		t.Error(err)
	}
	for off := range s.Size {
		for length := range s.Size - off + 2 {
			buf := bytes.Repeat([]byte{0xEE}, int(length))
			n, err := r.ReadAt(buf, off)
			want := whole[off:min(off+length, s.Size)]
			if !bytes.Equal(buf[:n], want) || (err == io.EOF) != (off+length > s.Size) || err != nil && err != io.EOF {
				t.Fatalf("%d bytes at %d: %q, %v", length, off, buf[:n], err)
			}
		}
	}
	short := s.Reader(strings.NewReader("abcdef"))
	buf := make([]byte, 120)
	var p *artifacts.Problem
	if n, err := short.ReadAt(buf, 0); n != 111 || !errors.As(err, &p) || p.Kind != artifacts.Truncated || p.Offset != 111 {
		t.Errorf("a member that is cut: %d, %v", n, err)
	}
	if n, err := short.ReadAt(buf[:5], 113); n != 5 || err != nil {
		t.Errorf("the hole behind the cut: %d, %v", n, err)
	}
	if _, err := r.ReadAt(buf, -1); err == nil {
		t.Error("a negative offset was read")
	}
}

// TestIndexesOfACollection keeps what is no index as it is, and tells of those
// that cannot be right.
func TestIndexesOfACollection(t *testing.T) {
	const dir = "uploads/ntfs/%5C%5C.%5CC%3A/"
	const huge = `{"ranges":[{"length":17179869185},{"original_offset":17179869185,"file_length":1,"length":1}]}`
	l := layout.Recognise(collection(map[string]string{
		"uploads.json": "",
		dir + "a":      "", dir + "a.idx": "regf",
		dir + "b": "x", dir + "b.idx": `{"Ranges":[{"Length":-1}]}`,
		dir + "c": "x", dir + "c.idx": `{"Ranges":[{"FileLength":2,"Length":2}]}`,
		dir + "d": "x", dir + "d.idx": huge,
		dir + "$Extend/$UsnJrnl%3A$J": "x", dir + "$Extend/$UsnJrnl%3A$J.idx": huge,
		dir + "e.idx": huge,
	}))
	if got := kinds(l); got != "malformed "+dir+"b.idx, truncated "+dir+"c, limit "+dir+"d.idx" {
		t.Errorf("problems %s", got)
	}
	for name, want := range map[string]string{
		"a": "/a", "a.idx": "/a.idx", "b": "/b", "c": "/c sparse 2", "c.idx": "", "d": "/d",
		"$Extend/$UsnJrnl%3A$J": "/$Extend/$UsnJrnl:$J sparse 17179869186", "e.idx": "/e.idx",
	} {
		if want = "velociraptor/C: " + want; name == "c.idx" {
			want = "metadata"
		}
		if got := placed(l, dir+name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

func TestVerify(t *testing.T) {
	const md5, sha1, sha256 = "900150983cd24fb0d6963f7d28e17f72", "a9993e364706816aba3e25717850c26c9cd0d89d", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
	ctx := context.Background()
	for _, d := range []layout.Digests{{}, {MD5: md5}, {SHA1: sha1}, {SHA256: sha256}, {MD5: "wrong", SHA256: sha256}} {
		if err := d.Verify(ctx, strings.NewReader("abc")); err != nil || d.Known() != (d != layout.Digests{}) {
			t.Errorf("%+v: %v", d, err)
		}
		err := d.Verify(ctx, strings.NewReader("abd"))
		var p *artifacts.Problem
		if d.Known() && (!errors.As(err, &p) || p.Kind != artifacts.Checksum || !strings.Contains(err.Error(), d.SHA256+d.SHA1)) {
			t.Errorf("%+v: %v", d, err)
		}
	}
	bad := errors.New("a bad block")
	if err := (layout.Digests{MD5: md5}).Verify(ctx, iotest.ErrReader(bad)); !errors.Is(err, bad) {
		t.Errorf("a reader that fails: %v", err)
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if err := (layout.Digests{MD5: md5}).Verify(ended, strings.NewReader("abc")); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// What is stored is told, so that holes need not be read.
func TestStored(t *testing.T) {
	s, err := layout.ParseIndex([]byte(`{"ranges":[{"length":100},{"original_offset":100,"file_length":3,"length":8},{"file_offset":3,"original_offset":108,"file_length":5,"length":5},{"original_offset":113,"length":7}]}`))
	if err != nil {
		t.Fatal(err)
	}
	h, ok := s.Reader(strings.NewReader("abcdefgh")).(artifacts.Holed)
	if !ok {
		t.Fatal("the reader does not tell of its holes")
	}
	for off, want := range map[int64][2]int64{0: {100, 103}, 101: {101, 103}, 103: {108, 113}, 113: {120, 120}, 500: {500, 120}} {
		if from, to := h.Stored(off); from != want[0] || to != want[1] {
			t.Errorf("at %d: stored from %d to %d, want %v", off, from, to, want)
		}
	}
}
