package ntfs

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/bounded"
	"hivetriage/artifacts/evidence/ntfs/ntfstest"
)

// A shown notes what a sweep is shown.
type shown struct {
	mu         sync.Mutex
	seen, lost int64
	err        error
}

func (s *shown) Block(b []byte, at int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen += int64(len(b))
}

func (s *shown) Lost(n, at int64, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lost, s.err = s.lost+n, err
}

// outcome is what a scan of v gives, its heads known or read.
func outcome(t *testing.T, v *Volume, sweep artifacts.Sweep, workers int) (lines []string, tally artifacts.Tally, known int) {
	t.Helper()
	ask := artifacts.Scan{Workers: workers, Sweep: sweep, Head: func(head []byte) bool { return len(head) > 0 && head[0] != 0 }}
	for e, err := range v.Find(t.Context(), ask) {
		if err != nil {
			lines = append(lines, err.Error())
			continue
		}
		lines = append(lines, fmt.Sprintf("%s %d", e.Locator(), e.Size()))
		if head := e.(artifacts.Known).Head(); head != nil {
			known++
			c, err := e.Open(t.Context())
			if err != nil {
				t.Fatal(e.Locator(), err)
			}
			b := make([]byte, min(c.Size(), artifacts.KnownHead))
			if n, _ := c.ReadAt(b, 0); n != len(b) || !bytes.Equal(b, head) {
				t.Errorf("%s: the head that was kept is another", e.Locator())
			}
			c.Close()
		}
	}
	return lines, v.Tally(), known
}

// TestPassing holds a scan that reads every byte against one that reads the
// heads alone, with clusters of every size, and with damage.
func TestPassing(t *testing.T) {
	for _, cluster := range []int{512, 4096, 65536} {
		w := ntfstest.New(ntfstest.Options{ClusterSize: cluster})
		for _, f := range planted() {
			if cluster > 4096 && f.Layout.Compressed {
				continue // NTFS does not
			}
			w.Add(f)
		}
		w.Fill(500, small)
		image, err := w.Bytes()
		if err != nil {
			t.Fatal(cluster, err)
		}
		for _, damaged := range []bool{false, true} {
			open := func() (*Volume, int64) {
				v := openBytes(t, image)
				_, size := v.Raw()
				if damaged {
					// The block in the middle cannot be read at once.
					v.disk = bounded.New(unwilling{bytes.NewReader(image), size / 2 / bounded.SweepBlock * bounded.SweepBlock}, v.disk.Size)
				}
				return v, size
			}
			v, size := open()
			want, tally, known := outcome(t, v, nil, 2)
			if known != 0 || len(want) < 100 {
				t.Fatalf("%d: %d streams, %d known", cluster, len(want), known)
			}
			for _, workers := range []int{1, 3} {
				v, _ := open()
				s := &shown{}
				got, passed, known := outcome(t, v, s, workers)
				if !slices.Equal(got, want) || known < 100 {
					t.Errorf("%d, damaged %v: %d streams, %d of them known, want %d", cluster, damaged, len(got), known, len(want))
				}
				if damaged { // what is read twice counts twice
					tally.Bytes, passed.Bytes = 0, 0
				}
				if passed != tally {
					t.Errorf("%d, damaged %v: %+v, want %+v", cluster, damaged, passed, tally)
				}
				if s.seen != size || s.lost != 0 {
					t.Errorf("%d, damaged %v: %d of %d bytes, %d lost: %v", cluster, damaged, s.seen, size, s.lost, s.err)
				}
			}
		}
	}
}

// An unwilling disk refuses to read a whole block at one place.
type unwilling struct {
	*bytes.Reader
	at int64
}

func (u unwilling) ReadAt(p []byte, off int64) (int, error) {
	if off == u.at && len(p) > 256<<10 {
		return 0, errors.New("too much")
	}
	return u.Reader.ReadAt(p, off)
}

// BenchmarkPassing is a scan that is shown every byte.
func BenchmarkPassing(b *testing.B) {
	v := filled(b, 20_000)
	_, size := v.Raw()
	s := artifacts.Scan{Workers: 2, Sweep: &shown{}, Head: func(head []byte) bool { return bytes.HasPrefix(head, []byte("regf\x00")) }}
	b.SetBytes(size)
	for b.Loop() {
		for _, err := range v.Find(b.Context(), s) {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
}
