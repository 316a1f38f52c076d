package bounded

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"sync"
	"testing"
)

// media tells which of its reads were in passing, and cannot read some bytes.
type media struct {
	b        []byte
	from, to int64
	mu       sync.Mutex
	passed   int
}

var errBad = errors.New("bad sector")

func (m *media) ReadAt(p []byte, off int64) (int, error) {
	if off < m.to && off+int64(len(p)) > m.from {
		return 0, errBad
	}
	return bytes.NewReader(m.b).ReadAt(p, off)
}

func (m *media) ReadPassing(p []byte, off int64) (int, error) {
	m.mu.Lock()
	m.passed++
	m.mu.Unlock()
	return m.ReadAt(p, off)
}

func TestSweep(t *testing.T) {
	const start, size = 512, 3*SweepBlock + 1000
	b := make([]byte, start+size)
	for i := range b {
		b[i] = byte(i * 7 >> 8)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		name     string
		ctx      context.Context
		from, to int64 // cannot be read
		section  bool
		size     int64
		whole    int
		lost     int64
		at       int64
		err      error
	}{
		{"whole", t.Context(), 0, 0, true, size, 4, 0, 0, nil},
		{"not in passing", t.Context(), 0, 0, false, size, 4, 0, 0, nil},
		{"damaged", t.Context(), start + SweepBlock + retrySize + 5, start + SweepBlock + retrySize + 6, true, size, 3, retrySize, SweepBlock + retrySize, errBad},
		{"ends early", t.Context(), 0, 0, true, size + 100, 3, 100, size, io.EOF},
		{"small", t.Context(), 0, 0, true, 700, 1, 0, 0, nil},
		{"empty", t.Context(), 0, 0, true, 0, 0, 0, 0, nil},
		{"ended before it began", ended, 0, 0, true, size, 0, size, 0, context.Canceled},
	} {
		m := &media{b: b, from: c.from, to: c.to}
		var r io.ReaderAt = io.NewSectionReader(m, start, size)
		if !c.section {
			r = bytes.NewReader(b[start:])
		}
		d := New(r, c.size)
		var mu sync.Mutex
		var seen, lost, whole int64
		var where []int64
		var why error
		see := func(p []byte, at int64) {
			mu.Lock()
			defer mu.Unlock()
			seen += int64(len(p))
			if IsBlock(p, at, c.size) {
				whole++
			}
			if at%512 != 0 || !bytes.Equal(p, b[start+at:start+at+int64(len(p))]) {
				t.Errorf("%s: other bytes at %d", c.name, at)
			}
		}
		d.Sweep(c.ctx, c.size, []func([]byte, int64){see, see}, func(n, at int64, err error) {
			mu.Lock()
			defer mu.Unlock()
			lost, where, why = lost+n, append(where, at), err
		})
		if seen != c.size-c.lost || lost != c.lost || int(whole) != c.whole || !errors.Is(why, c.err) || c.lost > 0 && !slices.Equal(where, []int64{c.at}) {
			t.Errorf("%s: %d bytes in %d whole blocks, %d lost at %d, %v", c.name, seen, whole, lost, where, why)
		}
		if c.section != (m.passed > 0) && c.size > 0 && c.ctx.Err() == nil || d.Read() != 0 {
			t.Errorf("%s: %d reads in passing, %d bytes counted", c.name, m.passed, d.Read())
		}
	}
}
