package windows

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
)

// utf16Text writes s as UTF-16 with the byte order that is asked for.
func utf16Text(s string, big bool) string {
	b := AppendUTF16(nil, s)
	for i := 0; big && i < len(b); i += 2 {
		b[i], b[i+1] = b[i+1], b[i]
	}
	return string(b)
}

func TestLines(t *testing.T) {
	for _, c := range []struct {
		name, file string
		limit      int
		want       []Line
		cuts       bool
	}{
		{name: "empty", limit: 10},
		{name: "only a mark", file: "\xEF\xBB\xBF", limit: 10},
		{name: "UTF-8", file: "\xEF\xBB\xBFgr\u00fcn\r\n\nend", limit: 10, want: []Line{{1, 3, "gr\u00fcn", false}, {2, 10, "", false}, {3, 11, "end", false}}},
		{name: "Windows-1252", file: "gr\xFCn \x80", limit: 10, want: []Line{{1, 0, "gr\u00fcn €", false}}},
		{name: "cut", file: "0123456789\nx\n", limit: 4, want: []Line{{1, 0, "0123", true}, {2, 11, "x", false}}},
		{name: "little-endian", file: "\xFF\xFE" + utf16Text("aĊ\r\nb", false), limit: 20, want: []Line{{1, 2, "aĊ", false}, {2, 10, "b", false}}},
		{name: "big-endian", file: "\xFE\xFF" + utf16Text("a\nb\n", true), limit: 20, want: []Line{{1, 2, "a", false}, {2, 6, "b", false}}},
		{name: "no mark", file: utf16Text("ab\n", false), limit: 20, want: []Line{{1, 0, "ab", false}}},
		{name: "no mark, big-endian", file: utf16Text("ab", true), limit: 20, want: []Line{{1, 0, "ab", false}}},
		{name: "cut in UTF-16", file: utf16Text("abcd\ne", false), limit: 4, want: []Line{{1, 0, "ab", true}, {2, 10, "e", false}}},
		{name: "odd", file: "\xFF\xFEa\x00b", limit: 20, want: []Line{{1, 2, "a", false}}},
		{name: "beyond the buffer", file: strings.Repeat("x", 100_000) + "\ny", limit: 5, want: []Line{{1, 0, "xxxxx", true}, {2, 100_001, "y", false}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []Line
			for line, err := range Lines(context.Background(), strings.NewReader(c.file), int64(len(c.file)), c.limit) {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, line)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

func TestLinesEnd(t *testing.T) {
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	for _, c := range []struct {
		ctx  context.Context
		size int64
		want error
		ok   int
	}{
		{cancelled, 4, context.Canceled, 0},
		{context.Background(), 9, io.ErrUnexpectedEOF, 1}, // the file is shorter than it was said to be
	} {
		ok, failed := 0, 0
		for line, err := range Lines(c.ctx, strings.NewReader("abc\n"), c.size, 10) {
			if err == nil {
				ok++
				continue
			}
			if failed++; err != c.want || line.Offset != int64(4*c.ok) {
				t.Errorf("got %v at %d, want %v", err, line.Offset, c.want)
			}
		}
		if ok != c.ok || failed != 1 {
			t.Errorf("%d lines and %d errors", ok, failed)
		}
	}
}

// A failing reader has its first bytes only.
type failing struct{ *strings.Reader }

func (f failing) ReadAt(p []byte, off int64) (int, error) {
	n, err := f.Reader.ReadAt(p, off)
	if err == io.EOF {
		err = io.ErrNoProgress
	}
	return n, err
}

// TestLinesBegun: what was read of a line before the file could not be read
// further is not lost.
func TestLinesBegun(t *testing.T) {
	const text = "first\nsecond, of which"
	var got []string
	failed := 0
	for line, err := range Lines(t.Context(), failing{strings.NewReader(text)}, 1000, 100) {
		if err != nil {
			failed++
			if line.Offset != int64(len(text)) {
				t.Errorf("at %d", line.Offset)
			}
			continue
		}
		got = append(got, fmt.Sprint(line.Text, line.Cut))
	}
	if want := []string{"firstfalse", "second, of whichtrue"}; !slices.Equal(got, want) || failed != 1 {
		t.Errorf("%q, %d errors, want %q", got, failed, want)
	}
}
