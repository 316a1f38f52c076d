package ntfs

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"testing"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/bounded"
)

// bootSector is a valid one of 4096-byte clusters, 100,000 sectors.
func bootSector() []byte {
	b := make([]byte, bootSize)
	copy(b[3:], "NTFS    ")
	binary.LittleEndian.PutUint16(b[0x0B:], 512)
	b[0x0D] = 8
	binary.LittleEndian.PutUint64(b[0x28:], 100_000)
	binary.LittleEndian.PutUint64(b[0x30:], 4)
	binary.LittleEndian.PutUint64(b[0x38:], 2)
	b[0x40] = 0xF6
	return b
}

func TestParseBoot(t *testing.T) {
	for _, c := range []struct {
		name    string
		change  func(b []byte)
		cluster int64 // 0: refused
		record  int
	}{
		{"usual", func(b []byte) {}, 4096, 1024},
		{"512-byte clusters", func(b []byte) { b[0x0D] = 1 }, 512, 1024},
		{"64 KiB clusters", func(b []byte) { b[0x0D] = 128 }, 64 << 10, 1024},
		{"128 KiB clusters", func(b []byte) { b[0x0D] = 0xF8 }, 128 << 10, 1024},
		{"2 MiB clusters", func(b []byte) { b[0x0D] = 0xF4 }, 2 << 20, 1024},
		{"4 MiB clusters", func(b []byte) { b[0x0D] = 0xF3 }, 0, 0},
		{"4K sectors, 2 MiB clusters", func(b []byte) { b[0x0C] = 0x10; b[0x0D] = 0xF7 }, 2 << 20, 1024},
		{"4096-byte records in clusters", func(b []byte) { b[0x40] = 1 }, 4096, 4096},
		{"4096-byte records", func(b []byte) { b[0x40] = 0xF4 }, 4096, 4096},
		{"no record size", func(b []byte) { b[0x40] = 0 }, 0, 0},
		{"record size too large", func(b []byte) { b[0x40] = 0x80 }, 0, 0},
		{"no sector size", func(b []byte) { b[0x0C] = 0 }, 0, 0},
		{"odd sector size", func(b []byte) { b[0x0B] = 1 }, 0, 0},
		{"no cluster size", func(b []byte) { b[0x0D] = 0 }, 0, 0},
		{"odd cluster size", func(b []byte) { b[0x0D] = 3 }, 0, 0},
		{"no sectors", func(b []byte) { clear(b[0x28:0x30]) }, 0, 0},
		{"too many sectors", func(b []byte) { b[0x2F] = 0xFF }, 0, 0},
		{"table outside", func(b []byte) { b[0x33] = 1 }, 0, 0},
		{"table at a negative cluster", func(b []byte) { b[0x37] = 0x80 }, 0, 0},
		{"mirror outside", func(b []byte) { b[0x3F] = 0x80 }, 4096, 1024},
		{"no signature", func(b []byte) { b[3] = 'n' }, 0, 0},
	} {
		b := bootSector()
		c.change(b)
		g, err := parseBoot(b)
		if (err == nil) != (c.cluster != 0) || err == nil && (g.clusterSize != c.cluster || g.recordSize != c.record) {
			t.Errorf("%s: cluster %d, record %d, %v; want %d, %d", c.name, g.clusterSize, g.recordSize, err, c.cluster, c.record)
		}
		var p *artifacts.Problem
		if err != nil && (!errors.As(err, &p) || p.Kind != artifacts.Malformed) {
			t.Errorf("%s: error %v", c.name, err)
		}
	}
	if _, err := parseBoot(bootSector()[:511]); err == nil {
		t.Error("a short boot sector is accepted")
	}
}

func TestRuns(t *testing.T) {
	g := geometry{clusterSize: 4096, clusters: 1000}
	for _, c := range []struct {
		in   string
		want string
		err  bool
	}{
		{"", "[]", false},
		{"\x00", "[]", false},
		{"\x11\x05\x0A\x00", "[{0 10 5}]", false},
		{"\x11\x05\x0A\x11\x03\xFB\x00", "[{0 10 5} {5 5 3}]", false},
		{"\x01\x10\x11\x04\x20", "[{0 -1 16} {16 32 4}]", false},
		{"\x22\x05\x00\x00\x01\x01\x0B", "[{0 256 5} {5 -1 11}]", false},
		{"\x11\x05\x0A\x11\x03\xF5", "[{0 10 5}]", true},                             // before the volume
		{"\x21\x05\xE4\x03", "[]", true},                                             // over its end
		{"\x21\x05\xE3\x03", "[{0 995 5}]", false},                                   // to its end
		{"\x11\x00\x0A", "[]", true},                                                 // no clusters
		{"\x11\xFF\x0A", "[]", true},                                                 // less than none
		{"\x10\x0A", "[]", true},                                                     // no length
		{"\x19\x05", "[]", true},                                                     // nine bytes of length
		{"\x91\x05", "[]", true},                                                     // nine bytes of distance
		{"\x11\x05", "[]", true},                                                     // cut short
		{"\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F", "[]", true},                         // more than any stream
		{"\x81\x05\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F", "[]", true},                     // beyond all volumes
		{"\x11\x05\x0A\x81\x05\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F", "[{0 10 5}]", true}, // the sum wraps
	} {
		r := g.runs(&attribute{runs: []byte(c.in)})
		got := []extent{}
		var err error
		for {
			x, ok, e := r.next()
			if err = e; !ok {
				break
			}
			got = append(got, x)
		}
		if fmt.Sprint(got) != c.want || (err != nil) != c.err {
			t.Errorf("% x: %v, %v; want %s, error %v", c.in, got, err, c.want, c.err)
		}
	}
}

func TestDecompress(t *testing.T) {
	plain := append([]byte{0xFF, 0x3F}, noise(4096)[:4096]...)
	plain[1] = 0x3F // an uncompressed chunk of 4096 bytes
	for _, c := range []struct {
		name string
		in   []byte
		size int
		want []byte
		n    int
		err  bool
	}{
		{"nothing", nil, 8, make([]byte, 8), 0, false},
		{"end mark", []byte{0, 0, 1, 2}, 8, make([]byte, 8), 0, false},
		{"literals", []byte{0x03, 0xB0, 0x00, 'a', 'b', 'c'}, 5, []byte("abc\x00\x00"), 3, false},
		{"repeat", []byte{0x03, 0xB0, 0x02, 'a', 0x04, 0x00}, 10, []byte("aaaaaaaa\x00\x00"), 8, false},
		{"stored", plain, 4096, plain[2:], 4096, false},
		{"stored, half wanted", plain, 2048, plain[2:2050], 2048, false},
		{"cut short", []byte{0x03, 0xB0, 0x00}, 4, make([]byte, 4), 0, true},
		{"before the beginning", []byte{0x02, 0xB0, 0x01, 0x00, 0x00}, 4, make([]byte, 4), 0, true},
		{"half a pair", []byte{0x02, 0xB0, 0x02, 'a', 0x00}, 4, make([]byte, 4), 0, true},
		// The example of [MS-XCA] 3.2.
		{"[MS-XCA]", msxca, 142, []byte(msxcaText), 142, false},
	} {
		dst := bytes.Repeat([]byte{0xEE}, c.size)
		n, err := decompress(dst, c.in)
		if !bytes.Equal(dst, c.want) || n != c.n || (err != nil) != c.err {
			t.Errorf("%s: %q, %d, %v; want %q, %d, error %v", c.name, dst, n, err, c.want, c.n, c.err)
		}
	}
}

// The example of [MS-XCA] section 3.2.
var msxca = []byte("\x38\xb0\x88\x46\x23\x20\x00\x20\x47\x20\x41\x00\x10\xa2\x47\x01\xa0\x45\x20\x44\x00\x08\x45\x01\x50\x79\x00\xc0" +
	"\x45\x20\x05\x24\x13\x88\x05\xb4\x02\x4a\x44\xef\x03\x58\x02\x8c\x09\x16\x01\x48\x45\x00\xbe\x00\x9e\x00\x04\x01\x18\x90\x00")

const msxcaText = "F# F# G A A G F# E D D E F# F# E E F# F# G A A G F# E D D E F# E D D E E F# D E F# G F# D " +
	"E F# G F# E D E A F# F# G A A G F# E D D E F# E D D\x00"

// A hole may begin in one unit and end in a later one.
func TestCompressedUnits(t *testing.T) {
	data := text(64 << 10)
	image := make([]byte, 64<<12)
	copy(image, mustCompress(data[:4096]))
	for _, c := range []struct {
		name    string
		extents []extent
		size    int64
		ok      bool
	}{
		{"hole to the end of the unit", []extent{{0, 0, 1}, {1, hole, 15}}, 4096, true},
		{"hole over two units", []extent{{0, 0, 1}, {1, hole, 31}}, 128 << 10, false}, // decompresses to less than the unit
		{"hole before clusters", []extent{{0, hole, 8}, {8, 0, 8}}, 64 << 10, false},
		{"list ends early", []extent{{0, 0, 2}}, 64 << 10, false},
		{"list ends with the stream", []extent{{0, 0, 2}}, 8192, true},
		{"only a hole", []extent{{0, hole, 32}}, 128 << 10, true},
	} {
		v := bounded.New(bytes.NewReader(image), int64(len(image)))
		r := newCompressed(&runs{disk: v, clusterSize: 4096, extents: c.extents, size: c.size, valid: c.size, unit: 16})
		n, err := r.ReadAt(make([]byte, c.size), 0)
		if (err == nil) != c.ok || c.ok && int64(n) != c.size {
			t.Errorf("%s: %d bytes, %v", c.name, n, err)
		}
	}
}

// mustCompress stores b as one LZNT1 chunk of literals.
func mustCompress(b []byte) []byte {
	var body []byte
	for i, c := range b[:3000] {
		if i%8 == 0 {
			body = append(body, 0)
		}
		body = append(body, c)
	}
	return append(binary.LittleEndian.AppendUint16(nil, 0xB000|uint16(len(body)-1)), body...)
}

func TestSDS(t *testing.T) {
	sid := []byte{1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0}
	descriptor := append([]byte{1, 0, 0, 0x80, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, sid...)
	entry := func(id uint32, at uint64) []byte {
		b := binary.LittleEndian.AppendUint32(nil, 0x1234)
		b = binary.LittleEndian.AppendUint32(b, id)
		b = binary.LittleEndian.AppendUint64(b, at)
		b = binary.LittleEndian.AppendUint32(b, uint32(20+len(descriptor)))
		b = append(b, descriptor...)
		return append(b, make([]byte, -len(b)&15)...)
	}
	whole := append(entry(256, 0), entry(257, 64)...)
	for _, c := range []struct {
		name  string
		b     []byte
		at    int64
		want  []uint32
		whole bool
	}{
		{"two", whole, 0, []uint32{256, 257}, true},
		{"then zeros", append(bytes.Clone(whole), make([]byte, 64)...), 0, []uint32{256, 257}, true},
		{"wrong place", whole, 512 << 10, nil, false},
		{"cut short", whole[:100], 0, []uint32{256}, false},
		{"nothing", nil, 0, nil, false},
	} {
		var got []uint32
		ok := parseSDS(c.b, c.at, func(id uint32, d []byte) {
			got = append(got, id)
			if s := ownerSID(d); s != "S-1-5-18" {
				t.Errorf("%s: owner %q", c.name, s)
			}
		})
		if !slices.Equal(got, c.want) || ok != c.whole {
			t.Errorf("%s: %v, %v", c.name, got, ok)
		}
	}
	for _, b := range [][]byte{nil, descriptor[:19], descriptor[:25], append([]byte{1, 0, 0, 0x80, 0xFF, 0xFF, 0xFF, 0xFF}, descriptor[8:]...)} {
		if s := ownerSID(b); s != "" {
			t.Errorf("ownerSID(%x) = %q", b, s)
		}
	}
}

func TestCountBits(t *testing.T) {
	b := []byte{0b1010_0101, 0xFF, 0b0000_0001}
	for _, c := range []struct{ first, n, want int64 }{
		{0, 24, 13}, {0, 8, 4}, {1, 7, 3}, {7, 1, 1}, {6, 1, 0}, {7, 10, 10}, {8, 8, 8}, {16, 1, 1}, {17, 7, 0}, {3, 2, 0},
	} {
		if got := countBits(b, c.first, c.n); got != c.want {
			t.Errorf("countBits(%d, %d) = %d, want %d", c.first, c.n, got, c.want)
		}
	}
}

func TestFix(t *testing.T) {
	record := func() []byte {
		b := make([]byte, 1024)
		copy(b, "FILE")
		b[4], b[6] = 48, 3
		b[48], b[50], b[51], b[52], b[53] = 7, 0xAA, 0xBB, 0xCC, 0xDD
		b[510], b[1022] = 7, 7
		return b
	}
	b := record()
	if s := fix(b); s != recordWhole || b[510] != 0xAA || b[511] != 0xBB || b[1022] != 0xCC || b[1023] != 0xDD {
		t.Errorf("state %d, % x % x", s, b[510:512], b[1022:])
	}
	for name, c := range map[string]struct {
		change func(b []byte)
		want   recordState
	}{
		"second sector old": {func(b []byte) { b[1022] = 6 }, recordTorn},
		"wrong count":       {func(b []byte) { b[6] = 2 }, recordTorn},
		"array outside":     {func(b []byte) { b[5] = 0xFF }, recordTorn},
		"array in header":   {func(b []byte) { b[4] = 4 }, recordTorn},
		"BAAD":              {func(b []byte) { copy(b, "BAAD") }, recordTorn},
		"zeros":             {func(b []byte) { clear(b) }, recordUnused},
		"junk":              {func(b []byte) { copy(b, "junk") }, recordStrange},
	} {
		b := record()
		c.change(b)
		if s := fix(b); s != c.want {
			t.Errorf("%s: state %d, want %d", name, s, c.want)
		}
	}
}

func TestSucceeds(t *testing.T) {
	for _, c := range []struct {
		record, ref uint16
		inUse, want bool
	}{
		{5, 5, true, true}, {5, 5, false, true}, {6, 5, true, false}, {6, 5, false, true}, {7, 5, false, false},
		{1, 0xFFFF, false, true}, {0, 0xFFFF, false, false}, {4, 5, false, false},
	} {
		h := header{sequence: c.record}
		if c.inUse {
			h.flags = recordInUse
		}
		if got := succeeds(h, c.ref); got != c.want {
			t.Errorf("record %d, reference %d, in use %v: %v", c.record, c.ref, c.inUse, got)
		}
	}
}
