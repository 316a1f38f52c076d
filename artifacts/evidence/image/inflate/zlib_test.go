package inflate

import (
	"bytes"
	"compress/zlib"
	"errors"
	"io"
	"testing"
)

func zlibbed(t testing.TB, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zlib.NewWriter(&out)
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestZlib(t *testing.T) {
	var d Decoder
	for _, sort := range sorts {
		b := content(sort, 20000)
		packed := zlibbed(t, b)
		out := make([]byte, len(b)+100)
		n, used, err := d.Zlib(out, append(packed[:len(packed):len(packed)], 1, 2, 3))
		if err != nil || n != len(b) || used != len(packed) || !bytes.Equal(out[:n], b) {
			t.Errorf("%s: %d bytes from %d of %d, %v", sort, n, used, len(packed), err)
		}
		for _, cut := range []int{0, 1, 2, len(packed) / 2, len(packed) - 5, len(packed) - 1} {
			if _, _, err := d.Zlib(out, packed[:cut]); err != io.ErrUnexpectedEOF {
				t.Errorf("%s, %d bytes: %v", sort, cut, err)
			}
		}
		if _, _, err := d.Zlib(out[:len(b)-1], packed); err != ErrFull {
			t.Errorf("%s without room: %v", sort, err)
		}
		packed[len(packed)-1] ^= 1
		if _, _, err := d.Zlib(out, packed); err != ErrChecksum {
			t.Errorf("%s, another checksum: %v", sort, err)
		}
	}
	for name, head := range map[string]string{"other method": "\x79\x9c", "larger window": "\x88\x1c", "dictionary": "\x78\x20", "bad check": "\x78\x9d"} {
		if _, _, err := d.Zlib(make([]byte, 10), []byte(head+"\x03\x00\x00\x00\x00\x01")); err != ErrHeader {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzZlib holds it against compress/zlib: who takes a stream agrees on its
// bytes, and both take the same.
func FuzzZlib(f *testing.F) {
	for _, sort := range sorts {
		f.Add(zlibbed(f, content(sort, 500)))
	}
	var d Decoder
	f.Fuzz(func(t *testing.T, packed []byte) {
		const room = 1 << 16
		out := make([]byte, room)
		n, used, err := d.Zlib(out, packed)
		in := bytes.NewReader(packed)
		var want []byte
		r, bad := zlib.NewReader(in)
		if bad == nil {
			want, bad = io.ReadAll(io.LimitReader(r, room+1))
		}
		switch {
		case len(want) > room:
			if !errors.Is(err, ErrFull) {
				t.Fatalf("%d bytes of more, %v", n, err)
			}
		case (err == nil) != (bad == nil):
			t.Fatalf("%v, but %v", err, bad)
		case err == nil && (used != len(packed)-in.Len() || !bytes.Equal(out[:n], want)):
			t.Fatalf("%d bytes of %d, %d used of %d", n, len(want), used, len(packed)-in.Len())
		}
	})
}
