package lznt1

import (
	"bytes"
	"errors"
	"testing"
)

func TestDecompress(t *testing.T) {
	for _, c := range []struct {
		name    string
		in      string
		out     string
		used    int
		failure int64 // offset of the error, -1 for none
	}{
		{"nothing", "", "", 0, -1},
		{"literals", "\x03\xB0\x00abc", "abc", 6, -1},
		{"a pair", "\x05\xB0\x08abc\x09\x20", "abcabcabcabcabc", 8, -1},
		{"stored", "\x02\x30abc", "abc", 5, -1},
		{"an end", "\x02\x30abc\x00\x00\x02\x30def", "abc", 5, -1},
		{"cut", "\x02\x30abc\x09\xB0\x00a", "abc", 5, 5},
		{"a pair before the chunk", "\x03\xB0\x01\x09\x20a", "", 0, 0},
	} {
		dst := bytes.Repeat([]byte{0xEE}, 2*ChunkSize)
		n, used, err := Decompress(dst, []byte(c.in))
		var format *FormatError
		if c.failure >= 0 != errors.As(err, &format) || format != nil && format.Offset != c.failure {
			t.Errorf("%s: error %v", c.name, err)
		}
		if used != c.used || n != len(c.out) || string(dst[:n]) != c.out || len(bytes.Trim(dst[n:], "\x00")) != 0 {
			t.Errorf("%s: %d bytes %q from %d", c.name, n, dst[:min(n, 32)], used)
		}
	}
	dst := make([]byte, 2*ChunkSize)
	n, used, err := Decompress(dst, []byte("\x00\x30a\x00\x30b\x00\x30c"))
	if n != ChunkSize+1 || used != 6 || err != nil || dst[0] != 'a' || dst[ChunkSize] != 'b' {
		t.Errorf("chunks begin at multiples: %d, %d, %v", n, used, err)
	}
}
