package vhd

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"strings"
	"testing"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/image/imagetest"
	"hivetriage/artifacts/evidence/image/vhd/vhdtest"
)

// testMedia has runs of noise and of zeros.
func testMedia(size int, seed uint64) []byte {
	rng := rand.New(rand.NewPCG(seed, 1))
	b := make([]byte, size)
	for at := 0; at < size; {
		n := min(512*(1+rng.IntN(60)), size-at)
		if rng.IntN(3) > 0 {
			for i := range n {
				b[at+i] = byte(rng.Uint32())
			}
		}
		at += n
	}
	return b
}

// changed returns media with some sectors rewritten, some to zeros.
func changed(media []byte, seed uint64) []byte {
	rng := rand.New(rand.NewPCG(seed, 2))
	b := bytes.Clone(media)
	for at := 0; at+512 <= len(b); at += 512 {
		switch rng.IntN(9) {
		case 0:
			clear(b[at : at+512])
		case 1:
			copy(b[at:], "a new sector")
		}
	}
	return b
}

// folder opens siblings from memory.
type folder map[string][]byte

func (f folder) disk(name string) (*Disk, error) {
	return Open(name, bytes.NewReader(f[name]), int64(len(f[name])), imagetest.Folder(f).Sibling)
}

func TestDisks(t *testing.T) {
	media := testMedia(700_000, 1)
	media = media[:len(media)/512*512]
	tests := map[string][]byte{
		"fixed":        vhdtest.Fixed(media, [16]byte{1}),
		"dynamic":      vhdtest.Sparse(media, vhdtest.Options{}),
		"small blocks": vhdtest.Sparse(media, vhdtest.Options{BlockSize: 4096}),
		"reverse":      vhdtest.Sparse(media, vhdtest.Options{BlockSize: 16 << 10, Reverse: true}),
	}
	for name, b := range tests {
		t.Run(name, func(t *testing.T) {
			if !Detect(b[:512], b[len(b)-512:]) {
				t.Error("not detected")
			}
			d, err := folder{"d.vhd": b}.disk("d.vhd")
			if err != nil || len(d.Problems()) != 0 {
				t.Fatal(err, d.Problems())
			}
			imagetest.Check(t, d, media)
		})
	}
}

// chain is a disk on a disk on a fixed disk. The top is larger than the rest.
func chain() (folder, [][]byte) {
	base := testMedia(300*512, 3)
	middle := changed(base, 1)
	top := append(changed(middle, 2), testMedia(40*512, 4)...)
	f := folder{
		"base.vhd":   vhdtest.Fixed(base, [16]byte{1}),
		"middle.vhd": vhdtest.Sparse(middle, vhdtest.Options{ID: [16]byte{2}, Parent: base, ParentID: [16]byte{1}, ParentName: `.\base.vhd`, BlockSize: 16 << 10}),
		"top.avhd":   vhdtest.Sparse(top, vhdtest.Options{ID: [16]byte{3}, Parent: middle, ParentID: [16]byte{2}, ParentName: `..\other\middle.vhd`, BlockSize: 8 << 10, Reverse: true}),
	}
	return f, [][]byte{base, middle, top}
}

func TestDifferencing(t *testing.T) {
	f, media := chain()
	for i, name := range []string{"base.vhd", "middle.vhd", "top.avhd"} {
		d, err := f.disk(name)
		if err != nil || len(d.Problems()) != 0 {
			t.Fatal(name, err)
		}
		imagetest.Check(t, d, media[i])
	}
	for _, code := range []string{"W2ru", "W2ku", "Wi2r", "Wi2k", "MacX"} {
		f["one.vhd"] = vhdtest.Sparse(media[1], vhdtest.Options{ID: [16]byte{9}, Parent: media[0], ParentID: [16]byte{1}, ParentName: `base.vhd`, Locators: []string{code}})
		d, err := f.disk("one.vhd")
		if err != nil {
			t.Fatal(code, err)
		}
		imagetest.Check(t, d, media[1])
	}
}

func TestParentsThatCannotBeUsed(t *testing.T) {
	media := testMedia(64*512, 1)
	child := func(id, parent byte, name string) []byte {
		return vhdtest.Sparse(changed(media, 1), vhdtest.Options{ID: [16]byte{id}, Parent: media, ParentID: [16]byte{parent}, ParentName: name})
	}
	long := folder{}
	for i := range byte(100) {
		long[string(rune('a'+i))] = child(i, i+1, string(rune('a'+i+1)))
	}
	tests := map[string]struct {
		folder folder
		kind   artifacts.Kind
		want   []string
		absent bool
	}{
		"missing":             {folder{"a": child(1, 2, "base.vhd")}, artifacts.Truncated, []string{"base.vhd", "put", "a: its parent"}, true},
		"parent's missing":    {folder{"a": child(1, 2, "b"), "b": child(2, 3, "base.vhd")}, artifacts.Truncated, []string{"base.vhd", "b: its parent"}, true},
		"another disk":        {folder{"a": child(1, 2, "b"), "b": vhdtest.Fixed(media, [16]byte{7})}, artifacts.Malformed, []string{"{02000000", "{07000000", "right one"}, false},
		"no VHD":              {folder{"a": child(1, 2, "b"), "b": media}, artifacts.Malformed, []string{"b at offset", "no VHD footer"}, false},
		"itself":              {folder{"a": child(1, 1, "a")}, artifacts.Malformed, []string{"depends on this one"}, false},
		"a circle":            {folder{"a": child(1, 2, "b"), "b": child(2, 1, "a")}, artifacts.Malformed, []string{"depends on this one"}, false},
		"too long":            {long, artifacts.Limit, []string{"64"}, false},
		"no name":             {folder{"a": child(1, 2, "")}, artifacts.Malformed, []string{"does not name its parent"}, false},
		"a folder, no parent": {folder{"a": child(1, 2, `..\`)}, artifacts.Malformed, []string{"does not name its parent"}, false},
	}
	for name, tt := range tests {
		d, err := tt.folder.disk("a")
		var p *artifacts.Problem
		if d != nil || !errors.As(err, &p) || p.Kind != tt.kind || errors.Is(err, fs.ErrNotExist) != tt.absent {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, want := range tt.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %q has no %q", name, err, want)
			}
		}
	}
}

func TestFooters(t *testing.T) {
	media := testMedia(64*512, 1)
	dynamic, fixed := vhdtest.Sparse(media, vhdtest.Options{BlockSize: 4096}), vhdtest.Fixed(media, [16]byte{})
	edit := func(b []byte, at ...int) []byte {
		b = bytes.Clone(b)
		for _, at := range at {
			if at < 0 {
				at += len(b)
			}
			b[at] ^= 0x10
		}
		return b
	}
	tests := map[string]struct {
		file     []byte
		opens    bool
		problems int
		kind     artifacts.Kind
	}{
		"tail changed":             {edit(dynamic, -400), true, 1, artifacts.Checksum},
		"tail without cookie":      {edit(dynamic, -512), true, 1, artifacts.Malformed},
		"copy changed":             {edit(dynamic, 100), true, 0, 0},
		"both changed":             {edit(dynamic, 100, -400), false, 0, artifacts.Checksum},
		"both cookies gone":        {edit(dynamic, 0, -512), false, 0, artifacts.Malformed},
		"tail gone, copy changed":  {edit(dynamic, 100, -512), false, 0, artifacts.Checksum},
		"header changed":           {edit(dynamic, 512+600), false, 0, artifacts.Checksum},
		"header's cookie":          {edit(dynamic, 512), false, 0, artifacts.Malformed},
		"fixed, changed":           {edit(fixed, -400), true, 1, artifacts.Checksum},
		"fixed, size changed":      {edit(fixed, -512+55), false, 0, artifacts.Checksum},
		"fixed, type changed":      {edit(fixed, -512+63), false, 0, artifacts.Checksum},
		"fixed, shorter than said": {fixed[512:], true, 1, artifacts.Truncated},
		"fixed, longer than said":  {append(make([]byte, 512), fixed...), true, 1, artifacts.Malformed},
		"only a footer":            {dynamic[:512], false, 0, artifacts.Truncated},
		"without blocks":           {dynamic[:2048], true, 2, artifacts.Malformed},
		"cut in the table":         {dynamic[:1540], false, 0, artifacts.Truncated},
		"of an early QEMU":         {earlyQEMU(media, "qemu"), true, 0, 0},
		"that of another program":  {earlyQEMU(media, "conv"), false, 0, artifacts.Checksum},
		"a fixed disk's at first":  {append(bytes.Clone(fixed[len(fixed)-512:]), media...), false, 0, artifacts.Malformed},
		"fixed, and both differ":   {append(bytes.Clone(fixed[len(fixed)-512:]), edit(fixed, -400)...), false, 0, artifacts.Checksum},
		"short":                    {[]byte("conectix"), false, 0, artifacts.Truncated},
		"nothing":                  {nil, false, 0, artifacts.Truncated},
	}
	for name, tt := range tests {
		d, err := folder{"d": tt.file}.disk("d")
		var p *artifacts.Problem
		if !tt.opens {
			if !errors.As(err, &p) || p.Kind != tt.kind {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err != nil || len(d.Problems()) != tt.problems {
			t.Errorf("%s: %v, %v", name, err, d)
			continue
		}
		if tt.problems > 0 && d.Problems()[0].Kind != tt.kind {
			t.Errorf("%s: %v", name, d.Problems())
		}
		if tt.problems == 0 || tt.kind == artifacts.Checksum {
			imagetest.Check(t, d, media)
		}
	}
}

// earlyQEMU is a dynamic disk with footers whose checksum leaves the
// identifier out.
func earlyQEMU(media []byte, creator string) []byte {
	b := vhdtest.Sparse(media, vhdtest.Options{BlockSize: 4096})
	for _, f := range [][]byte{b[:512], b[len(b)-512:]} {
		copy(f[28:], creator)
		binary.BigEndian.PutUint32(f[64:], checksum(f, 64))
		f[70] = 0xA7
	}
	return b
}

// TestMisplacedBlocks gives blocks a place that cannot be theirs: reads fail
// there and nowhere else.
func TestMisplacedBlocks(t *testing.T) {
	media := bytes.Repeat([]byte("0123456789abcdef"), 64*512/16)
	good := vhdtest.Sparse(media, vhdtest.Options{BlockSize: 4096})
	entry := func(b []byte, i int) []byte { return b[1536+4*i:] }
	tests := map[string]struct {
		value uint32
		bad   []int // blocks that cannot be read
	}{
		"beyond the end":   {0x7FFFFFFF, []int{3}},
		"over the footer":  {uint32(len(good)/512 - 3), []int{3, 7}},
		"on the footer":    {uint32(len(good)/512 - 1), []int{3}},
		"on another block": {binary.BigEndian.Uint32(entry(good, 5)), []int{3, 5}},
		"between blocks":   {binary.BigEndian.Uint32(entry(good, 5)) + 1, []int{3, 5, 6}},
		"on the header":    {1, []int{3, 0}},
		"on the table":     {3, []int{3, 0}},
		"at the beginning": {0, []int{3, 0}},
	}
	for name, tt := range tests {
		b := bytes.Clone(good)
		binary.BigEndian.PutUint32(entry(b, 3), tt.value)
		d, err := folder{"d": b}.disk("d")
		if err != nil || len(d.Problems()) == 0 {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var bad int
		for i := range 8 {
			got := make([]byte, 4096)
			n, err := d.ReadAt(got, int64(i)*4096)
			if !bytes.Equal(got[:n], media[:n]) {
				t.Errorf("%s: wrong bytes in block %d", name, i)
			}
			expected := false
			for _, b := range tt.bad {
				expected = expected || b == i
			}
			var p *artifacts.Problem
			if (err != nil) != expected || err != nil && (!errors.As(err, &p) || p.Offset/4096 != int64(i) || !strings.Contains(err.Error(), "d at offset")) {
				t.Errorf("%s: block %d: %v", name, i, err)
			}
			if err != nil {
				bad++
			}
		}
		if bad != len(tt.bad) {
			t.Errorf("%s: %d blocks cannot be read", name, bad)
		}
	}
}

// TestTruncated cuts a disk everywhere: what is read is right or an error.
func TestTruncated(t *testing.T) {
	f, media := chain()
	whole := f["middle.vhd"]
	opened := 0
	for size := 0; size < len(whole); size += 509 {
		f["middle.vhd"] = whole[:size]
		d, err := f.disk("middle.vhd")
		if err != nil {
			continue
		}
		opened++
		if len(d.Problems()) == 0 {
			t.Fatalf("cut to %d bytes: no problem", size)
		}
		readable(t, d, media[1])
	}
	if opened < 100 {
		t.Errorf("opened %d times", opened)
	}
}

// readable counts the reads that fail; those that do not must be right.
func readable(t *testing.T, d *Disk, media []byte) (bad int) {
	t.Helper()
	for off := 0; off < len(media); off += 4000 {
		b := make([]byte, 4000)
		n, err := d.ReadAt(b, int64(off))
		if off+n > len(media) || !bytes.Equal(b[:n], media[off:off+n]) {
			t.Fatalf("wrong bytes at %d", off)
		}
		if err != nil && err != io.EOF {
			bad++
		}
	}
	return bad
}

// TestFlips changes every bit of the structures that carry a checksum.
func TestFlips(t *testing.T) {
	f, media := chain()
	b := f["middle.vhd"]
	refused, told := 0, 0
	for bit := range 8 * (512 + 1024 + 512) {
		at := bit / 8
		if at >= 1536 {
			at = len(b) - 512 + at - 1536
		}
		b[at] ^= 1 << (bit % 8)
		d, err := f.disk("middle.vhd")
		switch {
		case err != nil:
			refused++
		case len(d.Problems()) > 0:
			told++
			fallthrough
		default:
			if bit%64 == 0 && readable(t, d, media[1]) != 0 {
				t.Fatalf("bit %d: a footer is bad and the media is too", bit)
			}
		}
		b[at] ^= 1 << (bit % 8)
	}
	if refused != 8*1024 || told != 8*512 {
		t.Errorf("%d flips refused, %d told", refused, told)
	}
}

func FuzzOpen(f *testing.F) {
	disks, _ := chain()
	for _, b := range disks {
		f.Add(b)
	}
	f.Add(vhdtest.Sparse(testMedia(64*512, 1), vhdtest.Options{BlockSize: 4096}))
	f.Add(vhdtest.Sparse(testMedia(64*512, 1), vhdtest.Options{Parent: []byte{}, ParentName: "fuzz", BlockSize: 4096}))
	f.Fuzz(func(t *testing.T, b []byte) {
		repair(b)
		disks["fuzz"] = b
		d, err := disks.disk("fuzz")
		imagetest.Opened(t, d, err)
	})
}

// repair makes the checksums fit, so that what they guard is reached.
func repair(b []byte) {
	for _, at := range []int{0, len(b) - 512} {
		if at >= 0 && at+512 <= len(b) {
			binary.BigEndian.PutUint32(b[at+64:], checksum(b[at:at+512], 64))
		}
	}
	if len(b) >= 1536 {
		binary.BigEndian.PutUint32(b[512+36:], checksum(b[512:1536], 36))
	}
}

func BenchmarkSequential(b *testing.B) {
	media := testMedia(64<<20, 1)
	for name, file := range map[string][]byte{
		"fixed":   vhdtest.Fixed(media, [16]byte{}),
		"dynamic": vhdtest.Sparse(media, vhdtest.Options{}),
	} {
		b.Run(name, func(b *testing.B) {
			d, err := folder{"d": file}.disk("d")
			if err != nil {
				b.Fatal(err)
			}
			p := make([]byte, 1<<20)
			b.SetBytes(int64(len(media)))
			for b.Loop() {
				for off := int64(0); off < d.Size(); off += int64(len(p)) {
					if _, err := d.ReadAt(p, off); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
