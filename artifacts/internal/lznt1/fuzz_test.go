package lznt1

import (
	"bytes"
	"testing"
)

// FuzzDecompress holds what is decoded within its bounds: no more than there
// is room for, from no more than there is, and nothing behind it.
func FuzzDecompress(f *testing.F) {
	for _, in := range []string{"", "\x03\xB0\x00abc", "\x05\xB0\x08abc\x09\x20", "\x02\x30abc", "\x02\x30abc\x00\x00\x02\x30def", "\x03\xB0\x01\x09\x20a", "\x00\x30a\x00\x30b"} {
		f.Add([]byte(in), uint16(2*ChunkSize))
	}
	f.Fuzz(func(t *testing.T, src []byte, size uint16) {
		dst := bytes.Repeat([]byte{0xEE}, int(size))
		covered, used, err := Decompress(dst, src)
		if covered < 0 || covered > len(dst) || used < 0 || used > len(src) {
			t.Fatalf("%d bytes of %d from %d of %d", covered, len(dst), used, len(src))
		}
		if len(bytes.Trim(dst[covered:], "\x00")) != 0 {
			t.Fatal("bytes behind what was decoded")
		}
		if err != nil {
			return
		}
		again := make([]byte, len(dst))
		if n, _, err := Decompress(again, src[:used]); n != covered || err != nil || !bytes.Equal(again, dst) {
			t.Fatalf("what was used gives %d bytes, not %d: %v", n, covered, err)
		}
	})
}
