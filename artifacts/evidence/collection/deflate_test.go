package collection

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/klauspost/compress/flate"
)

// mixed is bytes of which about one in so many is random: 1 for all of them, 0
// for none.
func mixed(n, random int) []byte {
	rng := rand.New(rand.NewPCG(uint64(n), uint64(random)))
	b := make([]byte, n)
	for i := range b {
		if random > 0 && i%random == 0 {
			b[i] = byte(rng.Uint32())
		}
	}
	return b
}

func deflate(t testing.TB, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, flate.DefaultCompression)
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

// TestInflate reads streams for which the packed bytes that are loaded at first
// do and do not suffice, of a section and of a reader that has no size.
func TestInflate(t *testing.T) {
	for _, n := range []int{0, 1, 300, 4096, 40_000, 300_000, mostPacked + 100_000} {
		for _, random := range []int{0, 1, 3, 40} {
			want := mixed(n, random)
			packed := deflate(t, want)
			for _, few := range []bool{true, false} {
				for name, r := range map[string]io.Reader{
					"section": io.NewSectionReader(bytes.NewReader(packed), 0, int64(len(packed))),
					"larger":  io.NewSectionReader(bytes.NewReader(append(packed[:len(packed):len(packed)], "more"...)), 0, int64(len(packed))+4),
					"reader":  bytes.NewBuffer(packed),
				} {
					in := inflate(r, few)
					got, err := io.ReadAll(in)
					if err != nil || !bytes.Equal(got, want) {
						t.Errorf("%d bytes, random %d, few %t, %s: %d bytes, %v", n, random, few, name, len(got), err)
					}
					for range 2 { // the second one does nothing
						if err := in.Close(); err != nil {
							t.Error(err)
						}
					}
				}
			}
		}
	}
}

// TestInflateDamage: what comes before the end of a stream that was cut, or
// before a sector that cannot be read, is returned, and then the reason.
func TestInflateDamage(t *testing.T) {
	want := mixed(200_000, 2)
	packed := deflate(t, want)
	for _, cut := range []int{0, 1, fewPacked, headPacked + 1, somePacked - 1, somePacked + 5000, len(packed) - 1} {
		for _, few := range []bool{true, false} {
			bad := errors.New("bad sector")
			for name, tt := range map[string]struct {
				r    io.Reader
				size int
				want error
			}{
				"cut":        {io.NewSectionReader(bytes.NewReader(packed), 0, int64(cut)), cut, io.ErrUnexpectedEOF},
				"file ends":  {io.NewSectionReader(bytes.NewReader(packed[:cut]), 0, int64(len(packed))), cut, io.ErrUnexpectedEOF},
				"bad sector": {io.NewSectionReader(&failing{packed[:cut], bad}, 0, int64(len(packed))), cut, bad},
			} {
				in := inflate(tt.r, few)
				got, err := io.ReadAll(in)
				if !errors.Is(err, tt.want) || !bytes.HasPrefix(want, got) {
					t.Errorf("%s at %d, few %t: %d bytes, %v", name, cut, few, len(got), err)
				}
				if whole, _ := io.ReadAll(flate.NewReader(bytes.NewReader(packed[:cut]))); len(got) < len(whole) {
					t.Errorf("%s at %d, few %t: %d bytes of %d", name, cut, few, len(got), len(whole))
				}
				in.Close()
			}
		}
	}
	packed[100] ^= 0xFF
	in := inflate(io.NewSectionReader(bytes.NewReader(packed), 0, int64(len(packed))), false)
	defer in.Close()
	if got, err := io.ReadAll(in); err == nil && bytes.Equal(got, want) {
		t.Error("damage was not noticed")
	}
}

// failing has bytes before a place that cannot be read.
type failing struct {
	b   []byte
	err error
}

func (f *failing) ReadAt(p []byte, off int64) (int, error) {
	if n := copy(p, f.b[min(off, int64(len(f.b))):]); n == len(p) {
		return n, nil
	} else {
		return n, f.err
	}
}

// BenchmarkInflateHead reads the first 4 KiB of streams.
func BenchmarkInflateHead(b *testing.B) {
	for _, random := range []int{1, 3, 40} {
		packed := deflate(b, mixed(100_000, random))
		b.Run(fmt.Sprintf("random %d", random), func(b *testing.B) {
			head := make([]byte, 4096)
			b.SetBytes(int64(len(head)))
			for b.Loop() {
				in := inflate(io.NewSectionReader(bytes.NewReader(packed), 0, int64(len(packed))), true)
				if _, err := io.ReadFull(in, head); err != nil {
					b.Fatal(err)
				}
				in.Close()
			}
		})
	}
}
