package vmdk

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/image/imagetest"
	"hivetriage/artifacts/evidence/image/vmdk/vmdktest"
)

// TestCuts opens every form with one of its files cut: right bytes or an error.
func TestCuts(t *testing.T) {
	media := imagetest.Media(mediaSize)
	for name, form := range forms(media) {
		t.Run(name, func(t *testing.T) {
			refused, damaged := 0, 0
			for file, data := range form.folder {
				if isDescriptor(data) {
					continue // a text that is cut says less, but what it says is right
				}
				for cut := 0; cut < len(data); cut += max(1, len(data)/37) {
					form.folder[file] = data[:cut]
					d, err := form.folder.open(form.open)
					if err != nil {
						refused++
						continue
					}
					_, bad, wrong := imagetest.Pieces(t, d, media)
					if wrong >= 0 {
						t.Fatalf("%s cut to %d: wrong bytes at %d", file, cut, wrong)
					}
					if bad > 0 {
						damaged++
					}
				}
				form.folder[file] = data
			}
			if refused+damaged < 37 && name != "zeroed grains over a parent" {
				t.Errorf("%d cuts were refused, %d gave errors", refused, damaged)
			}
		})
	}
}

// TestEveryFlip changes each byte of the parts of a stream-optimized disk that
// are not text: right bytes, an error, or a problem that says so.
func TestEveryFlip(t *testing.T) {
	media := imagetest.Media(148 << 10)[124<<10:] // 4 KiB of zeros at the beginning
	data := single("streamOptimized", media, vmdktest.Layout{Compressed: true, GrainSectors: 8})
	skip := data[512 : 512+20*512]
	var refused, damaged, told, intact int
	for i := range data {
		if i >= 512 && i < 512+len(skip) {
			continue
		}
		data[i] ^= 0x41
		d, err := folder{"disk.vmdk": data}.open("disk.vmdk")
		if err != nil {
			refused++
		} else {
			_, bad, wrong := imagetest.Pieces(t, d, media)
			switch {
			case bad > 0:
				damaged++
			case len(d.Problems()) > 0:
				told++
			default:
				intact++
			}
			if wrong >= 0 && len(d.Problems()) == 0 {
				t.Fatalf("byte %d: wrong bytes at %d and no word of it", i, wrong)
			}
		}
		data[i] ^= 0x41
	}
	if refused == 0 || told == 0 || damaged < len(data)/8 || intact == 0 {
		t.Errorf("%d flips refused, %d gave errors, %d problems, %d were harmless", refused, damaged, told, intact)
	}
}

// TestRedundantTables damages the grain directory or a table: the copy is used
// and the damage told.
func TestRedundantTables(t *testing.T) {
	media := imagetest.Media(mediaSize)
	plain := single("monolithicSparse", media, vmdktest.Layout{})
	le := binary.LittleEndian
	gd := int(le.Uint64(plain[56:])) * 512
	gt := int(le.Uint32(plain[gd:])) * 512
	entry := gt
	for le.Uint32(plain[entry:]) == 0 {
		entry += 4
	}
	tests := []struct {
		name   string
		damage func(b []byte)
		lost   bool // that grain cannot be read
	}{
		{"directory outside", func(b []byte) { le.PutUint64(b[56:], 1<<40) }, false},
		{"no directory", func(b []byte) { le.PutUint64(b[56:], 0) }, false},
		{"copy of the directory outside", func(b []byte) { le.PutUint64(b[48:], 1<<40) }, false},
		{"table outside", func(b []byte) { le.PutUint32(b[gd:], 1<<30) }, false},
		{"no table", func(b []byte) { le.PutUint32(b[gd:], 0) }, false},
		{"table overwritten with zeros", func(b []byte) { clear(b[gt : gt+2048]) }, false},
		{"table overwritten with ones", func(b []byte) { copy(b[gt:], bytes.Repeat([]byte{0xff}, 2048)) }, false},
		{"grain outside", func(b []byte) { le.PutUint32(b[entry:], 1<<30) }, false},
		{"grain elsewhere", func(b []byte) { le.PutUint32(b[entry:], le.Uint32(b[entry:])+128) }, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := bytes.Clone(plain)
			tt.damage(b)
			d, err := folder{"disk.vmdk": b}.open("disk.vmdk")
			if err != nil {
				t.Fatal(err)
			}
			_, bad, wrong := imagetest.Pieces(t, d, media)
			if problems := d.Problems(); (bad > 0) != tt.lost || wrong >= 0 || len(problems) != 1 || problems[0].Kind != artifacts.Malformed {
				t.Errorf("%d errors, wrong bytes at %d, problems %v", bad, wrong, problems)
			}
		})
	}
}

func TestMissingExtent(t *testing.T) {
	media := imagetest.Media(mediaSize)
	form := forms(media)["twoGbMaxExtentSparse"]
	delete(form.folder, "disk-s001.vmdk")
	d, err := form.folder.open("disk.vmdk")
	if err != nil {
		t.Fatal(err)
	}
	problems := d.Problems()
	if len(problems) != 1 || problems[0].Offset != 0 || !strings.Contains(problems[0].Error(), "disk-s001.vmdk") {
		t.Errorf("problems: %v", problems)
	}
	if good, bad, wrong := imagetest.Pieces(t, d, media); good == 0 || bad == 0 || wrong >= 0 {
		t.Errorf("%d pieces read, %d lost, wrong bytes at %d", good, bad, wrong)
	}
}

// TestGrainOfAnotherPlace swaps two compressed grains in both tables: their
// markers say so.
func TestGrainOfAnotherPlace(t *testing.T) {
	media := imagetest.Media(mediaSize)
	b := single("streamOptimized", media, vmdktest.Layout{Compressed: true, NoRedundant: true})
	gt := int(binary.LittleEndian.Uint64(b[56:]))*512 - 2048
	for i := gt; ; i += 4 {
		if x, y := b[i:i+4], b[i+4:i+8]; binary.LittleEndian.Uint32(x) != 0 && binary.LittleEndian.Uint32(y) != 0 {
			for k := range x {
				x[k], y[k] = y[k], x[k]
			}
			break
		}
	}
	d, err := folder{"disk.vmdk": b}.open("disk.vmdk")
	if err != nil {
		t.Fatal(err)
	}
	if _, bad, wrong := imagetest.Pieces(t, d, media); bad != 32 || wrong >= 0 { // two grains in pieces of 4 KiB
		t.Errorf("%d errors, wrong bytes at %d", bad, wrong)
	}
}

func TestConcurrentReads(t *testing.T) {
	media := imagetest.Media(mediaSize)
	for _, name := range []string{"streamOptimized", "delta"} {
		form := forms(media)[name]
		d, err := form.folder.open(form.open)
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for i := range 4 {
			wg.Go(func() {
				p := make([]byte, 100_000)
				for off := i * 10_000; off < len(media); off += 50_000 {
					if n, err := d.ReadAt(p, int64(off)); err != nil && err != io.EOF || !bytes.Equal(p[:n], media[off:off+n]) {
						t.Errorf("%s: %d bytes at %d: %v", name, n, off, err)
					}
				}
			})
		}
		wg.Wait()
	}
}

// FuzzOpen opens any bytes as a disk whose extents and parent are other bytes:
// no panic, no hang, errors that are problems.
func FuzzOpen(f *testing.F) {
	media := imagetest.Media(200 << 10)
	for _, form := range forms(media) {
		var beside []byte
		for name, data := range form.folder {
			if name != form.open {
				beside = data
			}
		}
		f.Add(form.folder[form.open], beside)
	}
	f.Fuzz(func(t *testing.T, data, beside []byte) {
		sibling := func(string) (io.ReaderAt, int64, error) { return bytes.NewReader(beside), int64(len(beside)), nil }
		d, err := Open("a.vmdk", bytes.NewReader(data), int64(len(data)), sibling)
		var problem *artifacts.Problem
		if err != nil {
			if !errors.As(err, &problem) {
				t.Fatalf("%T: %v", err, err)
			}
			return
		}
		p := make([]byte, 256<<10)
		for _, off := range []int64{0, d.Size() / 3, d.Size() / 2, max(0, d.Size()-int64(len(p)))} {
			n, err := d.ReadAt(p, off)
			if err == nil && n < len(p) || err != nil && err != io.EOF && !errors.As(err, &problem) || err == io.EOF && off+int64(n) != d.Size() {
				t.Fatalf("%d bytes of %d at %d: %v", n, d.Size(), off, err)
			}
		}
		d.Problems()
	})
}

// BenchmarkStreamOptimized reads a stream-optimized disk in order.
func BenchmarkStreamOptimized(b *testing.B) {
	media := imagetest.Media(16 << 20)
	d, err := folder{"disk.vmdk": single("streamOptimized", media, vmdktest.Layout{Compressed: true})}.open("disk.vmdk")
	if err != nil {
		b.Fatal(err)
	}
	p := make([]byte, 1<<20)
	b.SetBytes(d.Size())
	for b.Loop() {
		for off := int64(0); off < d.Size(); off += int64(len(p)) {
			if _, err := d.ReadAt(p, off); err != nil {
				b.Fatal(err)
			}
		}
	}
}
