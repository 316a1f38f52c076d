package image

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// TestReadPassing reads the same bytes in passing and the usual way, wherever
// the part and the memory for it begin.
func TestReadPassing(t *testing.T) {
	const size = 3<<20 + 700
	want := make([]byte, size)
	for i := range want {
		want[i] = byte(i * 31 >> 7)
	}
	dir := t.TempDir()
	write := func(name string, b []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for kind, path := range map[string]string{
		"raw":       write("disk.raw", want),
		"split raw": write("disk.001", want[:1<<20]),
	} {
		write("disk.002", want[1<<20:])
		m, err := Open(path)
		if err != nil || m.Kind() != kind {
			t.Fatal(kind, err)
		}
		buf := make([]byte, 1<<20+1)
		for _, c := range []struct {
			off     int64
			n, skew int
		}{{0, 1 << 20, 0}, {1 << 20, 1 << 20, 0}, {512, 4096, 0}, {63 * 512, 1 << 20, 0}, {1, 4096, 0}, {0, 4097, 1}, {1<<20 - 512, 1024, 0},
			{3 << 20, 700, 0}, {3<<20 + 512, 188, 0}, {3 << 20, 4096, 0}, {size, 512, 0}, {0, 0, 0}} {
			p := buf[c.skew : c.skew+c.n]
			n, err := m.ReadPassing(p, c.off)
			end := min(c.off+int64(c.n), size)
			if int64(n) != end-c.off || !bytes.Equal(p[:n], want[c.off:end]) || (err == io.EOF) != (n < c.n) || err != nil && err != io.EOF {
				t.Errorf("%s: %+v: %d bytes, %v", kind, c, n, err)
			}
		}
		if n, err := m.ReadPassing(buf, -1); n != 0 || err == nil {
			t.Errorf("%s: %d bytes before the beginning, %v", kind, n, err)
		}
		if err := m.Close(); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
	a := alignedReader{r: bytes.NewReader(want[:3<<20]), size: 3 << 20}
	for _, off := range []int64{0, 4096, 512, 1, 3<<20 - 4096, 3<<20 - 100} {
		p := make([]byte, 8192)
		n, err := a.ReadPassing(p, off)
		if end := min(off+8192, 3<<20); int64(n) != end-off || !bytes.Equal(p[:n], want[off:end]) || (err == io.EOF) != (n < len(p)) {
			t.Errorf("device at %d: %d bytes, %v", off, n, err)
		}
	}
}

// BenchmarkReadPassing reads a file that is in the system's cache both ways.
func BenchmarkReadPassing(b *testing.B) {
	path := filepath.Join(b.TempDir(), "disk.raw")
	if err := os.WriteFile(path, bytes.Repeat([]byte("0123456789abcdef"), 4<<20), 0o600); err != nil {
		b.Fatal(err)
	}
	m, err := Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer m.Close()
	p := make([]byte, 1<<20)
	for name, read := range map[string]func([]byte, int64) (int, error){"usual": m.ReadAt, "passing": m.ReadPassing} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(m.Size())
			for b.Loop() {
				for at := int64(0); at < m.Size(); at += int64(len(p)) {
					if _, err := read(p, at); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
