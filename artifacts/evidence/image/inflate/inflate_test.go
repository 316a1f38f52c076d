package inflate

import (
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"
)

// content is bytes of one sort that compress in their own way.
func content(sort string, n int) []byte {
	rng := rand.New(rand.NewPCG(7, uint64(n)))
	b := make([]byte, n)
	words := []string{"registry ", "hive ", "\\Windows\\System32\\config\\", "SAM", "\r\n", "\x00\x00\x00\x00", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}
	for i := 0; i < n; {
		switch sort {
		case "zeros":
			return b
		case "random":
			b[i] = byte(rng.Uint32())
			i++
		case "odd": // Huffman codes and hardly a match
			b[i] = byte(rng.Uint32()) | 1
			i++
		case "skewed": // codes of very different lengths
			b[i] = byte(rng.ExpFloat64() * 12)
			i++
		case "text":
			i += copy(b[i:], words[rng.IntN(len(words))])
		case "records":
			if i%64 < 8 {
				b[i] = byte(rng.Uint32())
			}
			i++
		}
	}
	return b
}

var sorts = []string{"zeros", "random", "odd", "skewed", "text", "records"}

func deflate(t testing.TB, b []byte, level int) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, level)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestDecode decompresses what compress/flate wrote: at once, and by and by.
func TestDecode(t *testing.T) {
	var d Decoder
	for _, sort := range sorts {
		for _, n := range []int{0, 1, 2, 258, 300, 4096, 32 << 10, 65536, 70001, 1 << 18} {
			b := content(sort, n)
			for level := flate.HuffmanOnly; level <= flate.BestCompression; level++ {
				packed := deflate(t, b, level)
				name := fmt.Sprintf("%s, %d bytes, level %d", sort, n, level)
				got := make([]byte, n)
				d.Reset(append(packed[:len(packed):len(packed)], "more"...))
				if err := d.Decode(got, n+1); err != nil || !d.Ended() || d.Out() != n || d.Used() != len(packed) || !bytes.Equal(got, b) {
					t.Fatalf("%s: %d bytes of %d (ended: %t), %v", name, d.Out(), n, d.Ended(), err)
				}
				got = make([]byte, n)
				d.Reset(packed)
				for want := 0; want < n; want += 1 + n/7 {
					if err := d.Decode(got, want); err != nil || d.Out() < want || !bytes.Equal(got[:d.Out()], b[:d.Out()]) {
						t.Fatalf("%s: %d bytes of the first %d, %v", name, d.Out(), want, err)
					}
				}
			}
		}
	}
}

// TestFull gives less room than the stream needs: what fits is there, and only
// who asks for more is told of the rest.
func TestFull(t *testing.T) {
	var d Decoder
	for _, sort := range sorts {
		b := content(sort, 5000)
		for _, level := range []int{flate.NoCompression, flate.HuffmanOnly, flate.BestSpeed, flate.DefaultCompression} {
			packed := deflate(t, b, level)
			for _, room := range []int{0, 1, 7, 300, 4095, 4999} {
				for _, ask := range []int{room, room + 1} {
					got := make([]byte, room)
					d.Reset(packed)
					err := d.Decode(got, ask)
					if again := d.Decode(got, room+1); again != ErrFull {
						t.Errorf("%s, level %d, room for %d, asked again: %v", sort, level, room, again)
					}
					if d.Out() != room || !bytes.Equal(got, b[:room]) || errors.Is(err, ErrFull) != (ask > room) || ask == room && err != nil {
						t.Errorf("%s, level %d, room for %d, asked for %d: %d, %v", sort, level, room, ask, d.Out(), err)
					}
				}
			}
		}
	}
}

// TestCut ends streams early: what is out is right, and the end is missed.
func TestCut(t *testing.T) {
	var d Decoder
	for _, sort := range sorts {
		b := content(sort, 3000)
		for _, level := range []int{flate.NoCompression, flate.HuffmanOnly, flate.BestSpeed, flate.DefaultCompression} {
			packed := deflate(t, b, level)
			for n := range len(packed) {
				got := make([]byte, len(b))
				d.Reset(packed[:n])
				if err := d.Decode(got, len(b)+1); err != io.ErrUnexpectedEOF || !bytes.Equal(got[:d.Out()], b[:d.Out()]) {
					t.Fatalf("%s, level %d, %d of %d bytes: %d bytes out, %v", sort, level, n, len(packed), d.Out(), err)
				}
			}
		}
	}
}

func TestCorrupt(t *testing.T) {
	tests := map[string]struct {
		stream string
		at     Corrupt
	}{
		"block of a fourth kind": {"\x07", 1},
		"stored, length wrong":   {"\x01\x01\x00\xff\xff", 1},
		"286 literals at most":   {"\xfd\x00\x00\x00\x00\x00", 3},
		"distance before start":  {"\x03\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", 0},
	}
	var d Decoder
	for name, tt := range tests {
		d.Reset([]byte(tt.stream))
		err := d.Decode(make([]byte, 1000), 1001)
		var c Corrupt
		if !errors.As(err, &c) || tt.at != 0 && c != tt.at {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// judged is what compress/flate makes of a stream.
func judged(packed []byte, room int) (out []byte, rest int, err error) {
	in := bytes.NewReader(packed)
	out, err = io.ReadAll(io.LimitReader(flate.NewReader(in), int64(room)+1))
	return out, in.Len(), err
}

// FuzzDecode holds the decoder against compress/flate: both take the same
// streams, and take the same from them.
func FuzzDecode(f *testing.F) {
	for _, sort := range sorts {
		for _, n := range []int{1, 40, 600} {
			for _, level := range []int{flate.NoCompression, flate.HuffmanOnly, flate.BestSpeed, flate.DefaultCompression} {
				f.Add(deflate(f, content(sort, n), level), uint16(n), uint16(n/3))
			}
		}
	}
	var d Decoder
	f.Fuzz(func(t *testing.T, packed []byte, room, first uint16) {
		want, rest, bad := judged(packed, int(room))
		got := make([]byte, room)
		d.Reset(packed)
		err := d.Decode(got, min(int(first), int(room)))
		if err == nil {
			err = d.Decode(got, int(room)+1)
		}
		switch {
		case len(want) > int(room):
			if err != ErrFull || !bytes.Equal(got, want[:room]) {
				t.Fatalf("%d bytes of more than %d, %v", d.Out(), room, err)
			}
		case bad == nil:
			if err != nil || !d.Ended() || !bytes.Equal(got[:d.Out()], want) || d.Used() != len(packed)-rest {
				t.Fatalf("%d bytes of %d, %d used of %d, %v", d.Out(), len(want), d.Used(), len(packed)-rest, err)
			}
		case err == nil || d.Ended():
			t.Fatalf("%d bytes and no error, but %v", d.Out(), bad)
		case !bytes.HasPrefix(got[:d.Out()], want):
			// compress/flate gives what its window held when it failed
			t.Fatalf("%d bytes that do not begin like the %d others", d.Out(), len(want))
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	for _, sort := range sorts {
		data := content(sort, 32<<10)
		packed := deflate(b, data, flate.BestSpeed)
		out := make([]byte, len(data))
		b.Run(sort, func(b *testing.B) {
			var d Decoder
			b.SetBytes(int64(len(out)))
			for b.Loop() {
				d.Reset(packed)
				if err := d.Decode(out, len(out)+1); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
