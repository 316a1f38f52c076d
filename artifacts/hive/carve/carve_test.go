package carve

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"testing"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/hive"
	"hivetriage/artifacts/hive/hivetest"
)

var (
	host = hivetest.Host{Name: "WS-042", SID: "S-1-5-21-1-2-3", Time: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)}
	sam  = hivetest.SAM(host, hivetest.RegSaveKey)
	big  = func() []byte { h := host; h.Filler = 300 << 10; return hivetest.SYSTEM(h, hivetest.RegSave) }()
)

// long is a hive of several compression units: sam with a bin that is one free
// cell.
var long = func() []byte {
	const size = 160 << 10
	b := append(bytes.Clone(sam), make([]byte, size)...)
	bin := b[len(sam):]
	copy(bin, "hbin")
	le.PutUint32(bin[4:], uint32(len(sam)-baseSize))
	le.PutUint32(bin[8:], size)
	le.PutUint32(bin[32:], size-32)
	le.PutUint32(b[40:], uint32(len(b)-baseSize))
	le.PutUint32(b[508:], hive.Checksum(b))
	return b
}()

// compress is LZNT1 without any pair, in units of 64 KiB: of chunks that end
// in zeros the rest, as literals, the others as they are.
func compress(b []byte) (out []byte) {
	for len(b) > 0 {
		unit := b[:min(len(b), unitSize)]
		b = b[len(unit):]
		for len(unit) > 0 {
			chunk := unit[:min(len(unit), 4096)]
			unit = unit[len(chunk):]
			literals := bytes.TrimRight(chunk[1:], "\x00")
			literals = chunk[:1+len(literals)]
			var body []byte
			for i := 0; i < len(literals); i += 8 {
				body = append(body, 0)
				body = append(body, literals[i:min(i+8, len(literals))]...)
			}
			head := 0xB000
			if len(body) > 4096 {
				head, body = 0x3000, chunk
			}
			out = le.AppendUint16(out, uint16(head|(len(body)-1)))
			out = append(out, body...)
		}
		out = append(out, make([]byte, -len(out)&4095)...)
	}
	return out
}

// disk is 12 MiB of bytes without a pattern, with parts put in.
func disk(parts map[int64][]byte) []byte {
	b := make([]byte, 12<<20)
	x := uint32(1)
	for i := range b {
		x ^= x << 13
		x ^= x >> 17
		x ^= x << 5
		b[i] = byte(x)
	}
	for at, part := range parts {
		copy(b[at:], part)
	}
	return b
}

const blockSize = 1 << 20

// searched shows b in blocks.
func searched(b []byte) Sweep {
	s := NewSearch(bytes.NewReader(b), int64(len(b)))
	for at := 0; at < len(b); at += blockSize {
		s.Block(b[at:min(at+blockSize, len(b))], int64(at))
	}
	return s.Finish()
}

func search(t *testing.T, b []byte) []Hit {
	t.Helper()
	s := searched(b)
	if s.First != nil || s.Read != int64(len(b)) || s.Unread != 0 {
		t.Errorf("%d bytes read, %d not, %v", s.Read, s.Unread, s.First)
	}
	return s.Hits
}

func TestSearch(t *testing.T) {
	log := bytes.Clone(sam)
	log[28] = 6
	noBins := bytes.Clone(sam[:4096])
	noBins[100]++ // and no checksum
	b := disk(map[int64][]byte{
		0:                 sam,
		1 << 20:           big,
		2<<20 + 333:       sam,            // at no sector
		4<<20 - 2:         sam,            // its signature is in two blocks
		5 << 20:           compress(sam),  // compressed by NTFS
		6 << 20:           sam[4096:],     // without a base block
		7 << 20:           log,            // its bins are those of a log
		8 << 20:           noBins,         // neither checksum nor bins
		9 << 20:           []byte("regf"), // the signature alone
		10<<20 + 512:      big[:50000],
		int64(12<<20 - 8): sam[:8], // the end of the disk
	})
	want := []Hit{{0, Base}, {1 << 20, Base}, {2<<20 + 333, Base}, {4<<20 - 2, Base}, {5 << 20, Compressed}, {6 << 20, Bins},
		{7<<20 + 4096, Bins}, {10<<20 + 512, Base}}
	if got := search(t, b); !slices.Equal(got, want) {
		t.Errorf("got  %x\nwant %x", got, want)
	}
	if got := search(t, nil); len(got) != 0 {
		t.Errorf("%v in nothing", got)
	}
}

func TestOpen(t *testing.T) {
	for _, c := range []struct {
		name     string
		at       int64
		bytes    []byte
		kind     Kind
		hive     hive.Kind
		size     int64
		complete bool
	}{
		{"whole", 512, sam, Base, hive.SAM, int64(len(sam)), true},
		{"large", 4096, big, Base, hive.System, int64(len(big)), true},
		{"cut in a bin", 0, big[:100<<10], Base, hive.Unknown, 96 << 10, false},
		{"compressed", 8192, compress(sam), Compressed, hive.SAM, int64(len(sam)), true},
		{"compressed, several units", 8192, compress(long), Compressed, hive.SAM, int64(len(long)), true},
		{"bins", 0, sam[4096:], Bins, hive.SAM, int64(len(sam)), false},
	} {
		b := disk(map[int64][]byte{c.at: c.bytes})
		r, size := bytes.NewReader(b), int64(len(b))
		h, ok := Open(r, size, Hit{c.at, c.kind})
		if !ok || h.Complete() != c.complete || h.Because == "" {
			t.Errorf("%s: %v, %+v", c.name, ok, h)
			continue
		}
		if c.kind != Base && h.Size != c.size || h.Size > int64(len(big)) || h.Size < c.size-8192 {
			t.Errorf("%s: %d bytes, want %d", c.name, h.Size, c.size)
		}
		id, _ := hive.Identify(h, h.Size)
		if id.Kind != c.hive {
			t.Errorf("%s: %s", c.name, id.Kind)
		}
		whole := c.bytes
		if c.complete {
			if c.kind == Compressed {
				whole = map[int64][]byte{int64(len(sam)): sam, int64(len(long)): long}[c.size]
			}
			got := make([]byte, h.Size)
			if n, err := h.ReadAt(got, 0); err != nil && err != io.EOF || !bytes.Equal(got[:n], whole) {
				t.Errorf("%s: other bytes, %v", c.name, err)
			}
		}
	}
	for _, hit := range []Hit{{0, Base}, {0, Compressed}, {0, Bins}, {1 << 30, Base}, {1 << 30, Bins}, {1 << 30, Compressed}, {0, 0}} {
		if h, ok := Open(bytes.NewReader(make([]byte, 9000)), 9000, hit); ok {
			t.Errorf("%v: %+v", hit, h)
		}
	}
}

// TestLost tells of the first loss, whatever the order, and finds what stands
// in the rest.
func TestLost(t *testing.T) {
	b := disk(map[int64][]byte{blockSize: sam, 5 * blockSize: sam, 6 * blockSize: sam})
	s := NewSearch(bytes.NewReader(b), int64(len(b)))
	cause := artifacts.NewProblem(artifacts.Checksum, 5*blockSize, "damaged")
	s.Lost(1000, 9*blockSize, context.Canceled)
	s.Lost(blockSize, 5*blockSize, cause)
	s.Lost(24, 8*blockSize, nil)
	for _, at := range []int{6, 1} {
		s.Block(b[at*blockSize:(at+1)*blockSize], int64(at*blockSize))
	}
	w := s.Finish()
	if w.Unread != blockSize+1024 || w.Read != 2*blockSize || w.First != error(cause) {
		t.Errorf("%d read, %d not, %v", w.Read, w.Unread, w.First)
	}
	if want := []Hit{{blockSize, Base}, {6 * blockSize, Base}}; !slices.Equal(w.Hits, want) {
		t.Errorf("%v, want %v", w.Hits, want)
	}
	for _, err := range []error{nil, io.EOF, io.ErrClosedPipe, context.Canceled} {
		s := NewSearch(bytes.NewReader(b), int64(len(b)))
		s.Lost(1, 77, err)
		var p *artifacts.Problem
		if w := s.Finish(); !errors.As(w.First, &p) || p.Kind != artifacts.IO || p.Offset != 77 || err != nil && err != io.EOF && !errors.Is(p, err) {
			t.Errorf("%v: %v", err, w.First)
		}
	}
}

// TestMany keeps as many hits as it says and tells that there are more.
func TestMany(t *testing.T) {
	b := bytes.Repeat(append(bytes.Clone(sam[:4096]), make([]byte, 4096)...), 128)
	s := NewSearch(bytes.NewReader(b), int64(len(b)))
	for range maxHits/128 + 1 {
		s.Block(b, 0)
	}
	var p *artifacts.Problem
	if w := s.Finish(); len(w.Hits) != 128 || !errors.As(w.First, &p) || p.Kind != artifacts.Limit {
		t.Errorf("%d hits, %v", len(w.Hits), w.First)
	}
}

// FuzzCarve searches and opens whatever is there. Nothing panics or hangs,
// and what is opened lies in the bytes.
func FuzzCarve(f *testing.F) {
	f.Add(append(bytes.Clone(sam), sam...))
	f.Add(compress(sam))
	f.Add(sam[4096:])
	f.Add(append(make([]byte, 333), sam...))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, size := bytes.NewReader(b), int64(len(b))
		s := searched(b)
		if s.First != nil || s.Read != size || !slices.IsSortedFunc(s.Hits, func(a, b Hit) int { return int(a.Offset - b.Offset) }) {
			t.Errorf("%+v", s)
		}
		for _, hit := range s.Hits {
			h, ok := Open(r, size, hit)
			if !ok {
				continue
			}
			if hit.Offset < 0 || h.Stored > size-hit.Offset || hit.Kind == Base && h.Size > size-hit.Offset {
				t.Errorf("%+v: %+v", hit, h)
			}
			head := make([]byte, 32)
			if _, err := h.ReadAt(head, 0); err != nil || !hive.IsBaseBlock(head) {
				t.Errorf("%+v: %v", hit, err)
			}
			hive.Identify(h, h.Size)
		}
	})
}

// BenchmarkSearch is the search of bytes in memory, by one reader.
func BenchmarkSearch(b *testing.B) {
	random := disk(map[int64][]byte{1 << 20: big})
	text := bytes.Repeat([]byte("registry forensic reports refer for more regular records\r\n"), 12<<20/58)
	for _, c := range []struct {
		name string
		data []byte
	}{{"random", random}, {"text", text}, {"zeros", make([]byte, 12<<20)}} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(c.data)))
			for b.Loop() {
				searched(c.data)
			}
		})
	}
}
