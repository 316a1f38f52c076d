package blocks

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"testing"

	"hivetriage/artifacts"
)

// A failing reader has a bad sector behind its bytes.
type failing struct{ b []byte }

func (f failing) ReadAt(p []byte, off int64) (int, error) {
	n := copy(p, f.b[min(off, int64(len(f.b))):])
	if n < len(p) {
		return n, errors.New("bad sector")
	}
	return n, nil
}

func TestReadFull(t *testing.T) {
	b := []byte("0123456789")
	tests := map[string]struct {
		file  File
		at, n int64
		got   string
		text  string // of the error
	}{
		"inside":       {File{"d", bytes.NewReader(b), 10}, 3, 4, "3456", ""},
		"to the end":   {File{"d", bytes.NewReader(b), 10}, 3, 7, "3456789", ""},
		"over the end": {File{"d", bytes.NewReader(b), 10}, 3, 8, "3456789", "truncated: d at offset 3: the file ends at 10"},
		"at the end":   {File{"d", bytes.NewReader(b), 10}, 10, 1, "", "truncated: d at offset 10: the file ends at 10"},
		"behind it":    {File{"d", bytes.NewReader(b), 10}, 11, 1, "", "truncated: d at offset 11: the file ends at 10"},
		"negative":     {File{"d", bytes.NewReader(b), 10}, -1, 1, "", "truncated: d at offset -1: the file ends at 10"},
		"shrunk":       {File{"d", bytes.NewReader(b), 20}, 8, 8, "89", "truncated: d at offset 8: the file ends at 10"},
		"bad sector":   {File{"d", failing{b}, 20}, 8, 8, "89", "io: d at offset 8: bad sector"},
		"in an image":  {File{"d", problematic{}, 20}, 8, 8, "", "checksum: d at offset 8: chunk 7"},
	}
	for name, tt := range tests {
		p := make([]byte, tt.n)
		n, err := tt.file.ReadFull(p, tt.at)
		if string(p[:n]) != tt.got || (err == nil) != (tt.text == "") || err != nil && err.Error() != tt.text {
			t.Errorf("%s: %q, %v", name, p[:n], err)
		}
	}
}

type problematic struct{}

func (problematic) ReadAt([]byte, int64) (int, error) {
	return 0, artifacts.NewProblem(artifacts.Checksum, 5, "chunk 7")
}

// TestMedia reads a disk of four blocks of 10 bytes: stored, from the parent,
// zeros, and lost behind the end of the file.
func TestMedia(t *testing.T) {
	parent := &Media{File: File{"p", bytes.NewReader([]byte("abcdefghijklmnopqrs")), 19}, Size: 15}
	parent.Locate = func(off int64) (Span, error) { return Span{Stored, off, 100}, nil }
	m := &Media{File: File{"d", bytes.NewReader([]byte("__0123456789")), 12}, Size: 38, Parent: parent}
	m.Locate = func(off int64) (Span, error) {
		inside := off % 10
		return []Span{{Stored, 2 + inside, 10 - inside}, {Above, 0, 10 - inside}, {Zeros, 0, 10 - inside}, {Stored, 12 + inside, 10 - inside}}[off/10], nil
	}
	want := "0123456789klmno" + string(make([]byte, 15))
	for off := range 30 {
		for n := range 31 - off {
			p := bytes.Repeat([]byte{0xEE}, n)
			if got, err := m.ReadAt(p, int64(off)); got != n || err != nil || string(p) != want[off:off+n] {
				t.Fatalf("%d bytes at %d: %q, %v", n, off, p[:got], err)
			}
		}
	}
	n, err := m.ReadAt(make([]byte, 15), 20)
	var p *artifacts.Problem
	if n != 10 || !errors.As(err, &p) || p.Offset != 30 || p.Kind != artifacts.Truncated {
		t.Errorf("%d bytes, %v", n, err)
	}
	if n, err := m.ReadAt(make([]byte, 1), 38); n != 0 || err != io.EOF {
		t.Errorf("at the end: %d, %v", n, err)
	}
	if _, err := m.ReadAt(make([]byte, 1), -1); err == nil {
		t.Error("read before the beginning")
	}
}

// TestStored asks for the media bytes 100 to 199, which are in the file from
// 30 on, while the file ends at 80.
func TestStored(t *testing.T) {
	f := File{Name: "d"}
	block := Range{100, 200}
	for media := int64(100); media < 200; media++ {
		for _, length := range []int64{1, 20, 200 - media} {
			span, err := f.Stored(media, media-70, length, 80, block)
			if media < 150 {
				if want := (Span{Stored, media - 70, min(length, 150-media)}); err != nil || span != want {
					t.Errorf("%d: %v, want %v, %v", media, span, want, err)
				}
			} else if err == nil || err.Error() != "truncated at offset 150: d at offset 80: media bytes 150 to 199 lie beyond the end of the file at 80" {
				t.Errorf("%d: %v", media, err)
			}
		}
	}
	if _, err := f.Stored(150, 550, 10, 80, block); err == nil || err.Error() != "truncated at offset 100: d at offset 500: media bytes 100 to 199 lie beyond the end of the file at 80" {
		t.Errorf("a block beyond the end: %v", err)
	}
}

func TestCollisions(t *testing.T) {
	tests := map[string]struct {
		blocks   []Range
		reserved []Range
		want     []int64
	}{
		"apart":        {[]Range{{10, 20}, {30, 40}, {20, 30}}, []Range{{0, 10}, {40, 50}}, nil},
		"the same":     {[]Range{{10, 20}, {30, 40}, {10, 20}}, nil, []int64{0, 2}},
		"by a byte":    {[]Range{{10, 20}, {19, 29}}, nil, []int64{0, 1}},
		"in a row":     {[]Range{{0, 10}, {9, 19}, {18, 28}}, nil, []int64{0, 1, 2}},
		"a long one":   {[]Range{{0, 100}, {20, 30}, {50, 60}, {99, 101}, {101, 110}}, nil, []int64{0, 1, 2, 3}},
		"not there":    {[]Range{{10, 20}, {-1, -1}, {-1, -1}}, nil, nil},
		"on reserved":  {[]Range{{10, 20}, {30, 40}}, []Range{{0, 11}, {39, 40}}, []int64{0, 1}},
		"two hundred":  {slices.Repeat([]Range{{5, 6}}, 200), nil, numbers(200)},
		"around it":    {[]Range{{10, 50}, {60, 70}}, []Range{{20, 30}}, []int64{0}},
		"no block":     {nil, []Range{{0, 1}}, nil},
		"begin at one": {[]Range{{10, 20}, {10, 15}, {15, 20}}, nil, []int64{0, 1, 2}},
	}
	for name, tt := range tests {
		set, count := Collisions(int64(len(tt.blocks)), func(n int64) (Range, bool) { return tt.blocks[n], tt.blocks[n].Begin >= 0 }, tt.reserved...)
		var got []int64
		for n := range tt.blocks {
			if set.Has(int64(n)) {
				got = append(got, int64(n))
			}
		}
		if !slices.Equal(got, tt.want) || count != int64(len(tt.want)) {
			t.Errorf("%s: %v (%d), want %v", name, got, count, tt.want)
		}
	}
}

func numbers(n int64) (list []int64) {
	for i := range n {
		list = append(list, i)
	}
	return list
}

func TestBitmaps(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	maps := make([][]byte, 50)
	for i := range maps {
		maps[i] = make([]byte, 64)
		for at := 0; at < 512; {
			n := min(1+rng.IntN(100), 512-at)
			for j := at; j < at+n && i%2 == n%2; j++ {
				maps[i][j/8] |= 0x80 >> (j % 8)
			}
			at += n
		}
	}
	maps[7] = bytes.Repeat([]byte{0xFF}, 64)
	loads := 0
	m := NewBitmaps(512, func(block int64) ([]byte, error) {
		loads++
		if block == 13 {
			return nil, errors.New("lost")
		}
		return maps[block], nil
	})
	for range 2 {
		for block := range int64(50) {
			for sector := int64(0); sector < 512; sector++ {
				set, length, err := m.Run(block, sector)
				if block == 13 {
					if err == nil {
						t.Fatal("a bitmap that is lost")
					}
					break
				}
				end := sector
				for end < 512 && bit(maps[block], end) == set {
					end++
				}
				if err != nil || set != bit(maps[block], sector) || length != end-sector {
					t.Fatalf("block %d sector %d: %v, %d (want %d), %v", block, sector, set, length, end-sector, err)
				}
			}
		}
	}
	if loads != 51 {
		t.Errorf("%d bitmaps were read", loads)
	}
}
