package qcow2

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
	"hivetriage/artifacts/evidence/image/qcow2/qcow2test"
)

// TestCuts opens every form with its disk cut: right bytes or an error. A raw
// backing file that is cut cannot be told from a short one.
func TestCuts(t *testing.T) {
	media := imagetest.Media(mediaSize)
	for name, form := range forms(media) {
		t.Run(name, func(t *testing.T) {
			refused, damaged := 0, 0
			for file, data := range form {
				if !Detect(data, nil) && file != "data" {
					continue
				}
				for cut := 0; cut < len(data); cut += max(1, len(data)/23) {
					if cut == 0 && file != "disk" {
						continue // an empty backing file is a raw one
					}
					form[file] = data[:cut]
					d, err := form.open("disk")
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
				form[file] = data
			}
			if refused == 0 || refused+damaged < 12 {
				t.Errorf("%d cuts were refused, %d gave errors", refused, damaged)
			}
		})
	}
}

func TestDamagedTables(t *testing.T) {
	media := imagetest.Media(mediaSize)
	be := binary.BigEndian
	tests := []struct {
		name   string
		layout qcow2test.Layout
		l1     uint64 // replaces the first L1 entry, unless 0
		word   int    // of the L2 table
		value  uint64 // replaces that word, where l1 is 0
		kind   artifacts.Kind
		text   string
	}{
		{"table outside", qcow2test.Layout{}, 1 << 40, 0, 0, artifacts.Truncated, "outside"},
		{"table beside a cluster", qcow2test.Layout{}, 0x10200, 0, 0, artifacts.Malformed, "first table"},
		{"reserved in L1", qcow2test.Layout{}, 0x10001, 0, 0, artifacts.Malformed, "first table"},
		{"cluster outside", qcow2test.Layout{}, 0, 0, 1 << 40, artifacts.Truncated, "ends at"},
		{"cluster beside a cluster", qcow2test.Layout{}, 0, 0, 0x10200, artifacts.Malformed, "reserved"},
		{"reserved in L2", qcow2test.Layout{}, 0, 0, 0x10002, artifacts.Malformed, "reserved"},
		{"zeros in version 2", qcow2test.Layout{Version: 2}, 0, 0, 1, artifacts.Malformed, "version 2"},
		{"packed outside", qcow2test.Layout{}, 0, 0, 1<<62 | 1<<40, artifacts.Truncated, "outside"},
		{"packed header", qcow2test.Layout{}, 0, 0, 1<<62 | 1<<54, artifacts.Malformed, "damaged"},
		{"zstd of no frame", qcow2test.Layout{Zstd: true}, 0, 0, 1<<62 | 1<<54, artifacts.Malformed, "damaged"},
		{"packed in a data file", qcow2test.Layout{DataFile: "data", Absent: func(int) bool { return false }}, 0, 0, 1 << 62, artifacts.Malformed, "external"},
		{"zero bit with subclusters", qcow2test.Layout{Extended: true}, 0, 0, 1, artifacts.Malformed, "subclusters"},
		{"zeros and written", qcow2test.Layout{Extended: true}, 0, 1, 1<<32 | 1, artifacts.Malformed, "both"},
		{"written nowhere", qcow2test.Layout{Extended: true, Absent: func(int) bool { return false }}, 0, 0, 0, artifacts.Malformed, "nowhere"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			disk, data := qcow2test.Disk(media, tt.layout)
			l1 := be.Uint64(disk[40:])
			if tt.l1 != 0 {
				be.PutUint64(disk[l1:], tt.l1)
			} else {
				be.PutUint64(disk[be.Uint64(disk[l1:])&offsetMask+8*uint64(tt.word):], tt.value)
			}
			d, err := folder{"disk": disk, "data": data}.open("disk")
			if err != nil {
				t.Fatal(err)
			}
			p := make([]byte, 512)
			n, err := d.ReadAt(p, 0)
			var problem *artifacts.Problem
			if n != 0 || !errors.As(err, &problem) || problem.Kind != tt.kind || problem.Offset != 0 || !strings.Contains(err.Error(), tt.text) {
				t.Errorf("%d bytes, %v, want %s with %q", n, err, tt.kind, tt.text)
			}
		})
	}
}

// TestFlips changes some bytes of a compressed disk. The format has no checksum, so
// other bytes may come out; nothing worse may.
func TestFlips(t *testing.T) {
	media := imagetest.Media(152 << 10)[120<<10:]
	for name, l := range map[string]qcow2test.Layout{
		"deflate": {Compressed: true, ClusterBits: 12}, "zstd": {Compressed: true, Zstd: true, ClusterBits: 12}, "subclusters": {Extended: true, ClusterBits: 14},
	} {
		t.Run(name, func(t *testing.T) {
			data := disk(media, l)
			var refused, damaged int
			for i := 0; i < len(data); i += 11 {
				data[i] ^= 0x41
				if d, err := (folder{"disk": data}).open("disk"); err != nil {
					refused++
				} else if _, bad, _ := imagetest.Pieces(t, d, media); bad > 0 {
					damaged++
				}
				data[i] ^= 0x41
			}
			if refused == 0 || damaged == 0 {
				t.Errorf("%d flips refused, %d gave errors", refused, damaged)
			}
		})
	}
}

func TestCorruptMark(t *testing.T) {
	media := imagetest.Media(mediaSize)
	b := disk(media, qcow2test.Layout{})
	b[79] |= featureCorrupt | featureDirty
	d, err := folder{"disk": b}.open("disk")
	if err != nil {
		t.Fatal(err)
	}
	if p := d.Problems(); len(p) != 1 || p[0].Kind != artifacts.Malformed {
		t.Errorf("problems: %v", p)
	}
	equalMedia(t, d, media)
}

func TestConcurrentReads(t *testing.T) {
	media := imagetest.Media(mediaSize)
	for _, name := range []string{"compressed", "zstd", "over qcow2"} {
		d, err := forms(media)[name].open("disk")
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

// FuzzOpen opens any bytes as a disk over other bytes: no panic, no hang,
// errors that are problems.
func FuzzOpen(f *testing.F) {
	media := imagetest.Media(200 << 10)
	for name, form := range forms(media) {
		if strings.Contains(name, "2 MiB") {
			continue // large files make fuzzing slow
		}
		beside := form["base"]
		if beside == nil {
			beside = form["data"]
		}
		f.Add(form["disk"], beside)
	}
	f.Fuzz(func(t *testing.T, data, beside []byte) {
		sibling := func(string) (io.ReaderAt, int64, error) { return bytes.NewReader(beside), int64(len(beside)), nil }
		d, err := Open("disk", bytes.NewReader(data), int64(len(data)), sibling)
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

// BenchmarkCompressed reads a compressed disk in order.
func BenchmarkCompressed(b *testing.B) {
	media := imagetest.Media(16 << 20)
	for name, l := range map[string]qcow2test.Layout{"plain": {}, "deflate": {Compressed: true}, "zstd": {Compressed: true, Zstd: true}} {
		b.Run(name, func(b *testing.B) {
			d, err := folder{"disk": disk(media, l)}.open("disk")
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
		})
	}
}
