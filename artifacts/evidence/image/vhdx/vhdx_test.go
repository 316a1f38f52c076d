package vhdx

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/image/imagetest"
	"hivetriage/artifacts/evidence/image/vhdx/vhdxtest"
)

// testMedia has sectors of noise among many more of zeros.
func testMedia(size int, seed uint64) []byte {
	rng := rand.New(rand.NewPCG(seed, 1))
	b := make([]byte, size)
	for at := 0; at < size; at += 4096 * (1 + rng.IntN(40)) {
		for i := range min(4096*(1+rng.IntN(3)), size-at) {
			b[at+i] = byte(rng.Uint32())
		}
	}
	return b
}

// changed returns media with some sectors rewritten, some to zeros, and with
// the second block wholly new.
func changed(media []byte, seed uint64) []byte {
	rng := rand.New(rand.NewPCG(seed, 2))
	b := bytes.Clone(media)
	for at := 0; at+4096 <= len(b); at += 4096 {
		switch {
		case at/mib == 1:
			for i := range 4096 {
				b[at+i] = media[at+i] + 1
			}
		case rng.IntN(20) == 0:
			clear(b[at : at+4096])
		case rng.IntN(20) == 0:
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
	media := testMedia(5*mib/2, 1)
	tests := map[string][]byte{
		"dynamic":           vhdxtest.Build(media, vhdxtest.Options{}),
		"fixed":             vhdxtest.Build(media, vhdxtest.Options{Fixed: true}),
		"blocks of 2 MiB":   vhdxtest.Build(media, vhdxtest.Options{BlockSize: 2 * mib}),
		"sectors of 4096":   vhdxtest.Build(media, vhdxtest.Options{Sector: 4096}),
		"last block first":  vhdxtest.Build(media, vhdxtest.Options{Reverse: true}),
		"cut behind itself": vhdxtest.Build(media, vhdxtest.Options{Fixed: true})[:vhdxtest.TableAt+mib+len(media)],
	}
	for name, b := range tests {
		t.Run(name, func(t *testing.T) {
			if !Detect(b[:512], b[len(b)-512:]) {
				t.Error("not detected")
			}
			d, err := folder{"d": b}.disk("d")
			if err != nil || len(d.Problems()) != 0 {
				t.Fatal(err, d)
			}
			imagetest.Check(t, d, media)
		})
	}
}

// chain is a disk on a disk on a dynamic disk. The top is larger than the rest.
func chain(sector int) (folder, [][]byte) {
	base := testMedia(5*mib/2, 3)
	middle := changed(base, 1)
	top := append(changed(middle, 2), testMedia(mib, 4)...)
	f := folder{
		"base.vhdx":   vhdxtest.Build(base, vhdxtest.Options{ID: [16]byte{1}, Sector: sector}),
		"middle.vhdx": vhdxtest.Build(middle, vhdxtest.Options{ID: [16]byte{2}, Parent: base, ParentID: [16]byte{1}, ParentName: `.\base.vhdx`, Sector: sector}),
		"top.avhdx":   vhdxtest.Build(top, vhdxtest.Options{ID: [16]byte{3}, Parent: middle, ParentID: [16]byte{2}, ParentName: `..\other\middle.vhdx`, Sector: sector, BlockSize: 2 * mib, Reverse: true}),
	}
	return f, [][]byte{base, middle, top}
}

func TestDifferencing(t *testing.T) {
	for _, sector := range []int{512, 4096} {
		f, media := chain(sector)
		for i, name := range []string{"base.vhdx", "middle.vhdx", "top.avhdx"} {
			d, err := f.disk(name)
			if err != nil || len(d.Problems()) != 0 {
				t.Fatal(name, err)
			}
			imagetest.Check(t, d, media[i])
		}
	}
}

// TestBeyondOneBitmap reads blocks on both sides of 4 GiB, where the entries
// of sector bitmaps shift those of the blocks.
func TestBeyondOneBitmap(t *testing.T) {
	base := testMedia(3*mib, 3)
	media := changed(base, 1)
	const skip = 4095
	f := folder{
		"b": vhdxtest.Build(base, vhdxtest.Options{ID: [16]byte{1}, Skip: skip}),
		"a": vhdxtest.Build(media, vhdxtest.Options{ID: [16]byte{2}, Skip: skip, Parent: base, ParentID: [16]byte{1}, ParentName: "b"}),
	}
	for name, want := range map[string][]byte{"b": base, "a": media} {
		d, err := f.disk(name)
		if err != nil || len(d.Problems()) != 0 || d.Size() != int64(skip*mib+len(want)) {
			t.Fatal(name, err)
		}
		got := make([]byte, mib+len(want))
		if _, err := d.ReadAt(got, (skip-1)*mib); err != nil || !bytes.Equal(got[mib:], want) || bytes.Count(got[:mib], []byte{0}) != mib {
			t.Errorf("%s: wrong bytes, %v", name, err)
		}
	}
}

func TestParentsThatCannotBeUsed(t *testing.T) {
	media := testMedia(mib, 1)
	child := func(id, parent byte, name string) []byte {
		return vhdxtest.Build(changed(media, 1), vhdxtest.Options{ID: [16]byte{id}, Parent: media, ParentID: [16]byte{parent}, ParentName: name})
	}
	long := folder{}
	for i := range byte(maxParents + 2) {
		long[string(rune('a'+i))] = vhdxtest.Build(media, vhdxtest.Options{ID: [16]byte{i}, Parent: media, ParentID: [16]byte{i + 1}, ParentName: string(rune('a' + i + 1))})
	}
	tests := map[string]struct {
		folder folder
		kind   artifacts.Kind
		want   []string
		absent bool
	}{
		"missing":             {folder{"a": child(1, 2, "base.vhdx")}, artifacts.Truncated, []string{"base.vhdx", "put", "a: its parent"}, true},
		"parent's missing":    {folder{"a": child(1, 2, "b"), "b": child(2, 3, "base.vhdx")}, artifacts.Truncated, []string{"base.vhdx", "b: its parent"}, true},
		"another disk":        {folder{"a": child(1, 2, "b"), "b": vhdxtest.Build(media, vhdxtest.Options{ID: [16]byte{7}})}, artifacts.Malformed, []string{"{00000002", "{00000007", "right one"}, false},
		"no VHDX":             {folder{"a": child(1, 2, "b"), "b": media}, artifacts.Malformed, []string{"b at offset", "head"}, false},
		"itself":              {folder{"a": child(1, 1, "a")}, artifacts.Malformed, []string{"depends on this one"}, false},
		"a circle":            {folder{"a": child(1, 2, "b"), "b": child(2, 1, "a")}, artifacts.Malformed, []string{"depends on this one"}, false},
		"too long":            {long, artifacts.Limit, []string{"64"}, false},
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

// TestStructures damages what the disk keeps twice, and what it keeps once.
func TestStructures(t *testing.T) {
	media := testMedia(2*mib, 1)
	good := vhdxtest.Build(media, vhdxtest.Options{})
	const head1, head2, regi1, regi2 = 64 << 10, 128 << 10, 192 << 10, 256 << 10
	required := func(b []byte, at int) []byte { // makes a region or an item unknown, and required
		b = bytes.Clone(b)
		b[at] ^= 1
		return b
	}
	unknownRegion := required(good, regi1+16)
	vhdxtest.Seal(unknownRegion[regi1:][:64<<10])
	future := bytes.Clone(good)
	future[head2+66] = 2
	vhdxtest.Seal(future[head2:][:4096])
	edit := func(at ...int) []byte {
		b := bytes.Clone(good)
		for _, at := range at {
			b[at] ^= 0x10
		}
		return b
	}
	const items = vhdxtest.MetadataAt + 64<<10
	tests := map[string]struct {
		file     []byte
		opens    bool
		problems int
		kind     artifacts.Kind
	}{
		"older header":          {edit(head1 + 3000), true, 1, artifacts.Checksum},
		"newer header":          {edit(head2 + 8), true, 1, artifacts.Checksum},
		"header's signature":    {edit(head2), true, 1, artifacts.Malformed},
		"both headers":          {edit(head1+500, head2), false, 0, artifacts.Checksum},
		"first regions":         {edit(regi1 + 60000), true, 1, artifacts.Checksum},
		"second regions":        {edit(regi2 + 16), true, 1, artifacts.Checksum},
		"both regions":          {edit(regi1+16, regi2+16), false, 0, artifacts.Checksum},
		"unknown region":        {unknownRegion, false, 0, artifacts.Unsupported},
		"version 2":             {future, false, 0, artifacts.Unsupported},
		"metadata's signature":  {edit(vhdxtest.MetadataAt), false, 0, artifacts.Malformed},
		"unknown item":          {required(good, vhdxtest.MetadataAt+32+64), false, 0, artifacts.Unsupported},
		"block size":            {edit(items), false, 0, artifacts.Malformed},
		"sector size":           {edit(items + 8 + 8 + 16), false, 0, artifacts.Malformed},
		"disk size":             {edit(items + 8 + 7), false, 0, artifacts.Malformed},
		"parent, but no name":   {edit2(good, items+4, 2), false, 0, artifacts.Malformed},
		"item outside":          {edit2(good, vhdxtest.MetadataAt+32+19, 0x7F), false, 0, artifacts.Malformed},
		"table too small":       {edit2(good, items+8+5, 1), false, 0, artifacts.Malformed},
		"too many blocks":       {edit2(good, items+8+5, 0x10), false, 0, artifacts.Limit},
		"only the headers":      {good[:192<<10], false, 0, artifacts.Truncated},
		"only the identifier":   {good[:512], false, 0, artifacts.Truncated},
		"without metadata":      {good[:vhdxtest.MetadataAt], false, 0, artifacts.Truncated},
		"without table":         {good[:vhdxtest.TableAt], false, 0, artifacts.Truncated},
		"without blocks":        {good[:vhdxtest.TableAt+mib], true, 1, artifacts.Truncated},
		"physical sector, size": {edit(items + 8 + 8 + 16 + 4), true, 0, 0},
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
		if err != nil || len(d.Problems()) != tt.problems || tt.problems > 0 && d.Problems()[0].Kind != tt.kind {
			t.Errorf("%s: %v, %v", name, err, d)
			continue
		}
		if tt.kind != artifacts.Truncated {
			imagetest.Check(t, d, media)
		} else if bad := readable(t, d, media); bad == 0 {
			t.Errorf("%s: all can be read", name)
		}
	}
}

func edit2(b []byte, at int, value byte) []byte {
	b = bytes.Clone(b)
	b[at] = value
	return b
}

// readable counts the reads that fail; those that do not must be right.
func readable(t *testing.T, d *Disk, media []byte) (bad int) {
	t.Helper()
	for off := 0; off < len(media); off += 60_000 {
		b := make([]byte, 60_000)
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

// TestFlips changes bits of the headers and the region tables: each is told,
// and the media are right.
func TestFlips(t *testing.T) {
	media := testMedia(2*mib, 1)
	b := vhdxtest.Build(media, vhdxtest.Options{})
	flips := 0
	for _, at := range []int{64 << 10, 128 << 10, 192 << 10, 256 << 10} {
		for bit := 0; bit < 8*4096; bit += 1 + bit/32 {
			b[at+bit/8] ^= 1 << (bit % 8)
			d, err := folder{"d": b}.disk("d")
			if err != nil || len(d.Problems()) != 1 {
				t.Fatalf("bit %d at %d: %v, %v", bit, at, err, d)
			}
			if flips%16 == 0 {
				readable(t, d, media)
			}
			b[at+bit/8] ^= 1 << (bit % 8)
			flips++
		}
	}
	if flips < 500 {
		t.Errorf("%d flips", flips)
	}
}

// TestMisplacedBlocks gives a block of a differencing disk a place or a state
// that cannot be its own: reads fail there and nowhere else.
func TestMisplacedBlocks(t *testing.T) {
	base := testMedia(4*mib, 1)
	media := changed(base, 1)
	good := vhdxtest.Build(media, vhdxtest.Options{Parent: base, ParentID: [16]byte{1}, ParentName: "base", ID: [16]byte{2}})
	f := folder{"base": vhdxtest.Build(base, vhdxtest.Options{ID: [16]byte{1}})}
	entry := func(b []byte, i int) []byte { return b[vhdxtest.TableAt+8*i:] }
	at := func(i int) uint64 { return binary.LittleEndian.Uint64(entry(good, i)) }
	const bitmap = 4096
	tests := map[string]struct {
		index int
		value uint64
		bad   []int64 // blocks that cannot be read
		told  int
	}{
		"beyond the end":          {2, 1<<40 | 7, []int64{2}, 1},
		"on another block":        {2, at(3), []int64{2, 3}, 1},
		"on the headers":          {2, 7, []int64{2}, 1},
		"on the metadata":         {2, 2<<20 | 6, []int64{2}, 1},
		"no such state":           {2, at(2)&^7 | 5, []int64{2}, 0},
		"bitmap not there":        {bitmap, 0, []int64{0, 2, 3}, 0},
		"bitmap beyond the end":   {bitmap, 1<<40 | 6, []int64{0, 2, 3}, 0},
		"bitmap on the table":     {bitmap, 3<<20 | 6, []int64{0, 2, 3}, 1},
		"bitmap on another block": {bitmap, at(1)&^7 | 6, []int64{0, 1, 2, 3}, 1},
	}
	for name, tt := range tests {
		f["d"] = bytes.Clone(good)
		binary.LittleEndian.PutUint64(entry(f["d"], tt.index), tt.value)
		d, err := f.disk("d")
		if err != nil || len(d.Problems()) != tt.told {
			t.Errorf("%s: %v, %v", name, err, d)
			continue
		}
		for i := range int64(4) {
			got := make([]byte, mib)
			n, err := d.ReadAt(got, i*mib)
			if !bytes.Equal(got[:n], media[i*mib:][:n]) {
				t.Errorf("%s: wrong bytes in block %d", name, i)
			}
			var p *artifacts.Problem
			if (err != nil) != slices.Contains(tt.bad, i) || err != nil && (!errors.As(err, &p) || p.Offset/mib != i || !strings.Contains(err.Error(), "d at offset")) {
				t.Errorf("%s: block %d: %v", name, i, err)
			}
		}
	}
}

// TestBlocksWithoutContent reads the states of blocks that are not stored.
func TestBlocksWithoutContent(t *testing.T) {
	base := testMedia(4*mib, 1)
	f := folder{
		"base": vhdxtest.Build(base, vhdxtest.Options{ID: [16]byte{1}}),
		"d":    vhdxtest.Build(base, vhdxtest.Options{Parent: base, ParentID: [16]byte{1}, ParentName: "base", ID: [16]byte{2}}),
	}
	want := make([]byte, 4*mib)
	copy(want, base[:mib])
	for i, s := range []byte{notPresent, undefined, zero, unmapped} {
		f["d"][vhdxtest.TableAt+8*i] = s
	}
	d, err := f.disk("d")
	if err != nil || len(d.Problems()) != 0 {
		t.Fatal(err, d)
	}
	imagetest.Check(t, d, want)
}

// TestTruncated cuts a disk everywhere: what is read is right or an error.
func TestTruncated(t *testing.T) {
	f, media := chain(512)
	whole := f["middle.vhdx"]
	opened := 0
	for size := 0; size < len(whole); size += 60_007 {
		f["middle.vhdx"] = whole[:size]
		d, err := f.disk("middle.vhdx")
		if err != nil {
			continue
		}
		opened++
		readable(t, d, media[1])
		if last := int64(len(whole) - mib/2); len(d.Problems()) == 0 && int64(size) < last {
			t.Fatalf("cut to %d of %d bytes: no problem", size, len(whole))
		}
	}
	if opened < 10 {
		t.Errorf("opened %d times", opened)
	}
}

func BenchmarkSequential(b *testing.B) {
	media := make([]byte, 64*mib)
	rng := rand.NewChaCha8([32]byte{1})
	rng.Read(media)
	base := bytes.Clone(media)
	for at := 0; at < len(base); at += 8192 {
		base[at]++
	}
	for name, f := range map[string]folder{
		"fixed":        {"d": vhdxtest.Build(media, vhdxtest.Options{Fixed: true})},
		"dynamic":      {"d": vhdxtest.Build(media, vhdxtest.Options{BlockSize: 32 * mib})},
		"differencing": {"b": vhdxtest.Build(base, vhdxtest.Options{ID: [16]byte{1}}), "d": vhdxtest.Build(media, vhdxtest.Options{ID: [16]byte{2}, Parent: base, ParentID: [16]byte{1}, ParentName: "b"})},
	} {
		b.Run(name, func(b *testing.B) {
			d, err := f.disk("d")
			if err != nil {
				b.Fatal(err)
			}
			p := make([]byte, mib)
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
