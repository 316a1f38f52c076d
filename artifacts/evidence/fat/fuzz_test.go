package fat

import (
	"bytes"
	"context"
	"testing"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/fat/fattest"
)

// tiny are volumes that a fuzz target can change a million times.
func tiny(t testing.TB) (images [][]byte) {
	for _, opt := range []fattest.Options{
		{Kind: fattest.FAT12, Size: 128 << 10}, {Kind: fattest.FAT16, Size: 3 << 20, Cluster: 512}, {Kind: fattest.FAT32, Size: 160 << 10}, {Kind: fattest.ExFAT, Size: 160 << 10},
	} {
		image, _ := build(t, opt,
			fattest.File{Path: "/a.hiv", Data: hiveLike(1, 2000), Times: times},
			fattest.File{Path: "/folder/a long name.hiv", Data: hiveLike(2, 6000), Fragmented: true, Times: times},
			fattest.File{Path: "/gone.save", Data: hiveLike(3, 3000), Deleted: true},
			fattest.File{Path: "/old/inside.hiv", Data: hiveLike(4, 700), Deleted: true},
			fattest.File{Path: "/gone folder", Directory: true, Deleted: true},
			fattest.File{Path: "/gone folder/b.hiv", Data: hiveLike(5, 700), Deleted: true})
		images = append(images, image)
	}
	return images
}

// maxRead bounds what is read of one file.
const maxRead = 64 << 10

// FuzzVolume changes bytes of whole volumes: each four bytes of the patch are
// an offset of 24 bits and a value.
func FuzzVolume(f *testing.F) {
	images := tiny(f)
	for i := range images {
		f.Add(byte(i), []byte{})
		f.Add(byte(i), []byte{0, 0, 11, 2, 0, 0, 13, 0xff, 0, 2, 8, 7})
		f.Add(byte(i), []byte{0, 0, 0, 0, 0, 2, 3, 0, 0, 2, 5, 3})
	}
	f.Fuzz(func(t *testing.T, kind byte, patch []byte) {
		image := bytes.Clone(images[int(kind)%len(images)])
		for ; len(patch) >= 4; patch = patch[4:] {
			image[(int(patch[0])<<16|int(patch[1])<<8|int(patch[2]))%len(image)] = patch[3]
		}
		v, err := Open(bytes.NewReader(image), int64(len(image)), place, 0)
		if err != nil {
			return
		}
		exercise(t, v)
	})
}

// exercise scans, reads and describes everything on a volume.
func exercise(t *testing.T, v *Volume) {
	entries, _ := find(t, v, everything)
	again, _ := find(t, v, everything)
	if len(entries) != len(again) {
		t.Fatalf("%d entries, then %d", len(entries), len(again))
	}
	b := make([]byte, maxRead)
	for i, e := range entries {
		if e.Locator() != again[i].Locator() || e.Size() < 0 {
			t.Fatalf("%v, then %v", e.Locator(), again[i].Locator())
		}
		m := e.Meta()
		if m.Allocation == artifacts.Unknown {
			t.Fatalf("%v: what became of it is not said", e.Locator())
		}
		c, err := e.Open(context.Background())
		if err != nil {
			continue
		}
		n, err := c.ReadAt(b[:min(c.Size(), maxRead)], 0)
		if err == nil && int64(n) < min(c.Size(), maxRead) {
			t.Fatalf("%v: %d bytes without an error", e.Locator(), n)
		}
		_, _ = c.ReadAt(b[:16], c.Size()-8) // at the end
	}
}

// FuzzDirectory goes through the entries of both kinds.
func FuzzDirectory(f *testing.F) {
	for _, image := range tiny(f) {
		v := openBytes(f, image)
		b, _, _ := v.readDirectory(&directory{first: v.root, root: true}, nil)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		v := &Volume{geometry: geometry{kind: fat32, clusters: 1 << 20}}
		at := func(i int) int64 {
			if i < 0 || i >= len(b) || i%entrySize != 0 {
				t.Fatalf("entry at %d of %d", i, len(b))
			}
			return int64(i)
		}
		sets, _ := v.exfatFiles(b, at)
		for _, x := range append(v.fatFiles(b, at), sets...) {
			if x.size < 0 || x.valid < 0 || x.valid > x.size {
				t.Fatalf("%+v", x)
			}
			_, _ = x.created.time()
		}
		exfatSpecials(b)
		rootLabel(b)
	})
}

func FuzzBoot(f *testing.F) {
	for _, image := range tiny(f) {
		f.Add(image[:512])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		g, err := parseBoot(b)
		if err != nil {
			return
		}
		if g.clusters == 0 || g.clusterSize < 512 || g.clusterSize > maxCluster || g.heap <= 0 || g.size <= g.heap ||
			int64(g.clusters)*g.clusterSize > g.size-g.heap || g.table <= 0 {
			t.Fatalf("%+v", g)
		}
	})
}

func BenchmarkFind(b *testing.B) {
	n := fattest.New(fattest.Options{Kind: fattest.FAT32, Size: 64 << 20, Cluster: 4096})
	for i := range 10_000 {
		n.Add(fattest.File{Path: "/folder/some long name of a file " + string(rune('a'+i%26)) + string(rune('a'+i/26%26)) + string(rune('a'+i/676)) + ".dat", Data: noise(byte(i), 3000)})
	}
	image, err := n.Bytes()
	if err != nil {
		b.Fatal(err)
	}
	v := openBytes(b, image)
	b.SetBytes(int64(len(image)))
	for b.Loop() {
		for range v.Find(context.Background(), artifacts.Scan{Head: isHive, Workers: 2}) {
		}
	}
	b.ReportMetric(float64(v.Tally().Streams), "files")
}
