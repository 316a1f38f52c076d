package snapshot

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/snapshot/snapshottest"
)

var made = time.Date(2026, 3, 14, 20, 0, 0, 1234500, time.UTC)

const volumeBlocks = 96

// marked is a volume whose first 40 blocks each hold their number in every
// sector; the others are zero.
func marked() []byte {
	v := make([]byte, volumeBlocks*blockSize)
	for at := 0; at < 40*blockSize; at += 8 {
		binary.LittleEndian.PutUint64(v[at:], uint64(at/blockSize)<<32|uint64(at/sectorSize%32)<<8|1)
	}
	return v
}

// at reads what block and sector the marked bytes at an offset come from.
func at(t *testing.T, s *Store, off int64) string {
	t.Helper()
	b := make([]byte, 8)
	if _, err := s.ReadAt(b, off); err != nil {
		return "error: " + err.Error()
	}
	v := binary.LittleEndian.Uint64(b)
	if v == 0 {
		return "zero"
	}
	return fmt.Sprintf("%d.%d", v>>32, v>>8&0xff)
}

func list(t *testing.T, v []byte, want int) []*Store {
	t.Helper()
	stores, problems := List(bytes.NewReader(v), int64(len(v)))
	if len(problems) > 0 || len(stores) != want {
		t.Fatalf("%d stores, %v", len(stores), problems)
	}
	return stores
}

// TestDescriptors: what the block lists of two stores make of a block.
func TestDescriptors(t *testing.T) {
	const k = blockSize
	plain := func(original, target int64) snapshottest.Descriptor {
		return snapshottest.Descriptor{Original: original * k, Relative: k, Target: target * k}
	}
	forward := func(original, to int64) snapshottest.Descriptor {
		return snapshottest.Descriptor{Original: original * k, Relative: to * k, Flags: snapshottest.Forwarder}
	}
	overlay := func(original, target int64, sectors uint32) snapshottest.Descriptor {
		return snapshottest.Descriptor{Original: original * k, Relative: 1, Target: target * k, Flags: snapshottest.Overlay, Sectors: sectors}
	}
	unused := snapshottest.Descriptor{Original: 5 * k, Target: 20 * k, Flags: snapshottest.NotUsed}
	type ds = []snapshottest.Descriptor
	tests := map[string]struct {
		older, newer ds
		want         map[float64]string // block.sector/100 → in the older, in the newer
	}{
		"nothing":              {nil, nil, map[float64]string{5: "5.0 5.0"}},
		"own copy":             {ds{plain(5, 20)}, nil, map[float64]string{5: "20.0 5.0", 5.07: "20.7 5.7", 6: "6.0 6.0"}},
		"through the newer":    {nil, ds{plain(5, 20)}, map[float64]string{5.31: "20.31 20.31"}},
		"own before the newer": {ds{plain(5, 21)}, ds{plain(5, 20)}, map[float64]string{5: "21.0 20.0"}},
		"the last one counts":  {ds{plain(5, 21), plain(5, 22)}, nil, map[float64]string{5: "22.0 5.0"}},
		"not used":             {ds{unused}, ds{unused}, map[float64]string{5: "5.0 5.0"}},
		"forwarder":            {ds{forward(5, 9)}, ds{plain(9, 20)}, map[float64]string{5: "20.0 5.0", 9: "20.0 20.0"}},
		"forwarder to nothing": {ds{forward(5, 9)}, nil, map[float64]string{5: "9.0 5.0"}},
		"of the newest":        {nil, ds{forward(5, 9)}, map[float64]string{5: "9.0 9.0", 9: "9.0 9.0"}},
		"of both":              {ds{forward(5, 9)}, ds{forward(9, 12)}, map[float64]string{5: "12.0 5.0"}},
		"led on":               {ds{forward(5, 9), plain(9, 20)}, nil, map[float64]string{5: "20.0 5.0", 9: "9.0 9.0"}},
		"led on twice":         {ds{forward(5, 9), forward(9, 11), plain(11, 20)}, nil, map[float64]string{5: "20.0 5.0", 9: "9.0 9.0", 11: "11.0 11.0"}},
		"in a circle":          {ds{forward(5, 9), forward(9, 5)}, nil, map[float64]string{5: "9.0 5.0", 9: "9.0 9.0"}},
		"to itself":            {ds{forward(5, 5)}, nil, map[float64]string{5: "5.0 5.0"}},
		"overlay":              {ds{overlay(5, 20, 0x80000006)}, nil, map[float64]string{5: "5.0 5.0", 5.01: "20.1 5.1", 5.02: "20.2 5.2", 5.03: "5.3 5.3", 5.31: "20.31 5.31"}},
		"overlay on own copy":  {ds{plain(5, 21), overlay(5, 20, 2)}, nil, map[float64]string{5: "21.0 5.0", 5.01: "20.1 5.1"}},
		"own copy on overlay":  {ds{overlay(5, 20, 2), plain(5, 21)}, nil, map[float64]string{5: "21.0 5.0", 5.01: "20.1 5.1"}},
		"overlays add up":      {ds{overlay(5, 20, 1), overlay(5, 25, 4)}, nil, map[float64]string{5: "20.0 5.0", 5.01: "5.1 5.1", 5.02: "20.2 5.2"}},
		"overlay of the newer": {nil, ds{overlay(5, 20, 1)}, map[float64]string{5: "5.0 20.0"}},
		"overlay and newer":    {ds{overlay(5, 20, 1)}, ds{plain(5, 21)}, map[float64]string{5: "20.0 21.0", 5.01: "21.1 21.1"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			v := marked()
			err := snapshottest.Write(snapshottest.FreeArea(v), 1, []snapshottest.Store{
				{Created: made, Descriptors: tt.older}, {Created: made.Add(time.Hour), Descriptors: tt.newer}})
			if err != nil {
				t.Fatal(err)
			}
			stores := list(t, v, 2)
			for place, want := range tt.want {
				block := int64(place)
				off := block*blockSize + int64((place-float64(block))*100+0.5)*sectorSize
				if got := at(t, stores[0], off) + " " + at(t, stores[1], off); got != want {
					t.Errorf("block %.2f: %s, want %s", place, got, want)
				}
			}
		})
	}
}

// TestUnused: blocks that were not in use read as zeros in the newest shadow
// copy, unless it has them or a forwarder leads to them.
func TestUnused(t *testing.T) {
	bitmap := func(blocks ...int) []byte {
		b := make([]byte, volumeBlocks/8)
		for _, n := range blocks {
			b[n/8] |= 1 << (n % 8)
		}
		return b
	}
	v := marked()
	err := snapshottest.Write(snapshottest.FreeArea(v), 2, []snapshottest.Store{
		{Created: made, Unused: bitmap(3)},
		{Created: made.Add(time.Hour), Unused: bitmap(5, 6, 7, 8), Previous: bitmap(5, 6, 7), Descriptors: []snapshottest.Descriptor{
			{Original: 6 * blockSize, Relative: blockSize, Target: 20 * blockSize},
			{Original: 4 * blockSize, Relative: 7 * blockSize, Flags: snapshottest.Forwarder}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	stores := list(t, v, 2)
	for block, want := range map[int64]string{3: "3.0 3.0", 5: "5.0 zero", 6: "20.0 20.0", 7: "7.0 7.0", 8: "8.0 8.0"} {
		if got := at(t, stores[0], block*blockSize) + " " + at(t, stores[1], block*blockSize); got != want {
			t.Errorf("block %d: %s, want %s", block, got, want)
		}
	}
}

func TestList(t *testing.T) {
	v := marked()
	err := snapshottest.Write(snapshottest.FreeArea(v), 2, []snapshottest.Store{{Created: made}, {Created: made.Add(time.Hour)}})
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range list(t, v, 2) {
		guid := strings.TrimSuffix(snapshottest.FileName(i), snapshottest.Identifier)
		if s.Index != i+1 || !strings.EqualFold(s.GUID, guid) || s.CopyID != snapshottest.CopyID(i) ||
			!s.Created.Equal(made.Add(time.Duration(i)*time.Hour)) || s.Size != int64(len(v)) {
			t.Errorf("store %d: %+v", i, s)
		}
		b, err := io.ReadAll(io.NewSectionReader(s, 0, 1<<40))
		if err != nil || len(b) != len(v) {
			t.Errorf("store %d: %d bytes, %v", i, len(b), err)
		}
		if _, err := s.ReadAt(make([]byte, 1), -1); err == nil {
			t.Error("a negative offset can be read")
		}
	}
	list(t, nil, 0)
	list(t, marked(), 0)
	if err := snapshottest.Write(snapshottest.FreeArea(v), 2, nil); err != nil {
		t.Fatal(err)
	}
	list(t, v, 0) // had some once
}

// TestStates: former states of a volume are read as they were, whatever the
// lengths of the reads.
func TestStates(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	live := make([]byte, 600*blockSize)
	for i := range live[:200*blockSize] {
		live[i] = byte(random.Uint32())
	}
	var states []snapshottest.State
	v := bytes.Clone(live)
	for i := range 3 {
		v = bytes.Clone(v)
		for range 12 {
			n := random.IntN(190) * blockSize
			copy(v[n:], v[random.IntN(190)*blockSize:][:blockSize]) // moved
			v[random.IntN(190*blockSize)]++                         // a sector
			n = random.IntN(150) * blockSize
			for j := range blockSize { // a block
				v[n+j] ^= 0x55
			}
		}
		states = append([]snapshottest.State{{Volume: v, Created: made.Add(-time.Duration(i) * time.Hour)}}, states...)
	}
	for i := range states {
		clear(states[i].Volume[headerOffset : headerOffset+512])
	}
	clear(live[headerOffset : headerOffset+512])
	image, err := snapshottest.Build(live, states...)
	if err != nil {
		t.Fatal(err)
	}
	const compared = 200 * blockSize // what lies behind is the stores
	for i, s := range list(t, image, 3) {
		if len(s.layers[0].blocks) < 10 || len(s.layers[0].overlays) < 2 {
			t.Errorf("store %d has only %d blocks and %d overlays", i, len(s.layers[0].blocks), len(s.layers[0].overlays))
		}
		b := make([]byte, compared)
		for off := 0; off < compared; {
			n := min(1+random.IntN(5*blockSize), compared-off)
			if m, err := s.ReadAt(b[off:off+n], int64(off)); m != n || err != nil {
				t.Fatal(m, err)
			}
			off += n
		}
		clear(b[headerOffset : headerOffset+512])
		if !bytes.Equal(b, states[i].Volume[:compared]) {
			t.Errorf("store %d is not the state", i)
		}
	}
}

// TestDamage: damage is told with its place, the other stores stay, and a
// block that the damage may concern cannot be read.
func TestDamage(t *testing.T) {
	const k = blockSize
	area := int64(40) // the catalog comes last: 2 × (header, list, ranges, bitmap) before it, the newer first
	const newerHeader, newerList, newerBitmap, olderList, catalogBlock = 40, 41, 43, 45, 48
	tests := map[string]struct {
		spoil        func(v []byte)
		stores       int
		kind         artifacts.Kind
		offset       int64
		older, newer string // block 5, which the older has a copy of; block 6 of the newer
	}{
		"catalog GUID":    {func(v []byte) { v[catalogBlock*k]++ }, 0, artifacts.Malformed, catalogBlock * k, "", ""},
		"catalog nowhere": {func(v []byte) { v[headerOffset+55] = 1 }, 0, artifacts.Malformed, -1, "", ""},
		"header version":  {func(v []byte) { v[headerOffset+16] = 9 }, 0, artifacts.Unsupported, headerOffset, "", ""},
		"older list":      {func(v []byte) { v[olderList*k+20] = 4 }, 2, artifacts.Malformed, olderList * k, "error", "6.0"},
		"newer list":      {func(v []byte) { v[newerList*k+32]++ }, 2, artifacts.Malformed, newerList * k, "20.0", "error"},
		"list circle":     {func(v []byte) { binary.LittleEndian.PutUint64(v[olderList*k+40:], olderList*k) }, 2, artifacts.Malformed, olderList * k, "20.0", "6.0"},
		"bad descriptor":  {func(v []byte) { v[olderList*k+128+16+7] = 0x7f }, 2, artifacts.Malformed, olderList*k + 128, "error", "6.0"},
		"bitmap":          {func(v []byte) { v[newerBitmap*k] = 0 }, 2, artifacts.Malformed, newerBitmap * k, "20.0", "6.0"},
		"store header":    {func(v []byte) { v[newerHeader*k] = 0 }, 2, artifacts.Malformed, newerHeader * k, "20.0", "6.0"},
		"volume size":     {func(v []byte) { v[catalogBlock*k+128+8+6] = 1 }, 2, artifacts.Malformed, catalogBlock*k + 128, "20.0", "6.0"},
		"no time":         {func(v []byte) { clear(v[catalogBlock*k+128+48:][:8]) }, 2, artifacts.Malformed, catalogBlock*k + 128, "", ""},
		"unknown entry":   {func(v []byte) { v[catalogBlock*k+128+256] = 7 }, 2, artifacts.Unsupported, catalogBlock*k + 128 + 256, "20.0", "6.0"},
		"entry twice":     {func(v []byte) { copy(v[catalogBlock*k+128+256:], v[catalogBlock*k+128:][:128]) }, 2, artifacts.Malformed, catalogBlock*k + 128 + 256, "20.0", "6.0"},
		"no description":  {func(v []byte) { v[catalogBlock*k+128+384] = 1 }, 2, artifacts.Malformed, -1, "", ""},
		"no store":        {func(v []byte) { v[catalogBlock*k+128+512] = 1 }, 2, artifacts.Unsupported, -1, "error", "6.0"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			v := marked()
			err := snapshottest.Write(snapshottest.FreeArea(v), 1, []snapshottest.Store{
				{Created: made, Descriptors: []snapshottest.Descriptor{{Original: 5 * k, Relative: k, Target: 20 * k}}}, {Created: made.Add(time.Hour)}})
			if err != nil || area != 40 {
				t.Fatal(err)
			}
			tt.spoil(v)
			stores, problems := List(bytes.NewReader(v), int64(len(v)))
			if len(problems) != 1 || problems[0].Kind != tt.kind || problems[0].Offset != tt.offset || len(stores) != tt.stores {
				t.Fatalf("%d stores, problems %v", len(stores), problems)
			}
			if tt.older == "" {
				return
			}
			if got := at(t, stores[0], 5*k); !strings.HasPrefix(got, tt.older) {
				t.Errorf("the older has %s, want %s", got, tt.older)
			}
			if got := at(t, stores[1], 6*k); !strings.HasPrefix(got, tt.newer) {
				t.Errorf("the newer has %s, want %s", got, tt.newer)
			}
		})
	}
}

// A broken reader fails as a bad disk does.
type broken struct {
	io.ReaderAt
	from int64
}

func (b broken) ReadAt(p []byte, off int64) (int, error) {
	if off+int64(len(p)) > b.from {
		return 0, errors.New("bad disk")
	}
	return b.ReaderAt.ReadAt(p, off)
}

func TestReadErrors(t *testing.T) {
	v := marked()
	if err := snapshottest.Write(snapshottest.FreeArea(v), 1, []snapshottest.Store{{Created: made}}); err != nil {
		t.Fatal(err)
	}
	for from, want := range map[int64]artifacts.Kind{100: artifacts.IO, 40 * blockSize: artifacts.IO, 60 * blockSize: 0} {
		stores, problems := List(broken{bytes.NewReader(v), from}, int64(len(v)))
		if want != 0 && (len(problems) != 1 || problems[0].Kind != want) || want == 0 && len(problems) > 0 {
			t.Errorf("from %d: %v", from, problems)
		}
		for _, s := range stores {
			var p *artifacts.Problem
			if _, err := s.ReadAt(make([]byte, 2*blockSize), from-blockSize); !errors.As(err, &p) || p.Kind != artifacts.IO {
				t.Errorf("from %d: %v", from, err)
			}
		}
	}
	if _, problems := List(bytes.NewReader(v[:45*blockSize/2]), int64(len(v))); len(problems) != 1 || problems[0].Kind != artifacts.Truncated {
		t.Errorf("a truncated volume: %v", problems)
	}
}

func FuzzList(f *testing.F) {
	v := marked()
	err := snapshottest.Write(snapshottest.FreeArea(v), 2, []snapshottest.Store{
		{Created: made, Descriptors: []snapshottest.Descriptor{{Original: 5 * blockSize, Relative: 1, Target: 20 * blockSize, Flags: snapshottest.Overlay, Sectors: 6}, {Original: 7 * blockSize, Relative: 5 * blockSize, Flags: snapshottest.Forwarder}}},
		{Created: made.Add(time.Hour), Descriptors: []snapshottest.Descriptor{{Original: 5 * blockSize, Relative: 1, Target: 21 * blockSize}}, Unused: bytes.Repeat([]byte{0xa5}, 12)}})
	if err != nil {
		f.Fatal(err)
	}
	// An input patches the volume: pairs of an offset behind its start and
	// eight bytes, so that the fuzzer need not carry what it does not change.
	f.Add([]byte{})
	for _, place := range []uint32{headerOffset + 48, 41 * blockSize, 41*blockSize + 128, 43 * blockSize, 45*blockSize + 40, 48*blockSize + 128} {
		f.Add(append(binary.LittleEndian.AppendUint32(nil, place), v[place:place+8]...))
	}
	f.Fuzz(func(t *testing.T, patch []byte) {
		b := bytes.Clone(v)
		for ; len(patch) >= 12; patch = patch[12:] {
			copy(b[binary.LittleEndian.Uint32(patch)%uint32(len(b)-8):], patch[4:12])
		}
		stores, problems := List(bytes.NewReader(b), int64(len(b)))
		for _, p := range problems {
			if p.Kind == 0 || p.Err == nil {
				t.Errorf("problem %+v", p)
			}
		}
		for _, s := range stores {
			if s.Size < 0 || s.Size > int64(len(b)) || s.Index < 1 || s.Index > len(stores) {
				t.Fatalf("store %+v", s)
			}
			p := make([]byte, blockSize)
			for off := int64(0); off < s.Size; off += blockSize {
				n, err := s.ReadAt(p, off)
				if n < 0 || n > len(p) || n < len(p) && err == nil {
					t.Fatalf("%d bytes at %d, %v", n, off, err)
				}
			}
		}
	})
}

func BenchmarkStore(b *testing.B) {
	v := marked()
	var ds []snapshottest.Descriptor
	for i := range int64(40) {
		ds = append(ds, snapshottest.Descriptor{Original: i * blockSize, Relative: 1, Target: (39 - i) * blockSize})
	}
	if err := snapshottest.Write(snapshottest.FreeArea(v), 2, []snapshottest.Store{{Created: made, Descriptors: ds}}); err != nil {
		b.Fatal(err)
	}
	stores, _ := List(bytes.NewReader(v), int64(len(v)))
	p := make([]byte, 40*blockSize)
	b.SetBytes(int64(len(p)))
	for b.Loop() {
		if _, err := stores[0].ReadAt(p, 0); err != nil {
			b.Fatal(err)
		}
	}
}
