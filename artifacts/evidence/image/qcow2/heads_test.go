package qcow2

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"sync"
	"testing"

	"hivetriage/artifacts/evidence/image/imagetest"
	"hivetriage/artifacts/evidence/image/qcow2/qcow2test"
)

// TestParts reads pieces of compressed clusters from several goroutines, in no
// order: a cluster that was inflated in part goes on where it stopped.
func TestParts(t *testing.T) {
	media := imagetest.Media(1 << 20)
	for name, l := range map[string]qcow2test.Layout{"deflate": {Compressed: true}, "zstd": {Compressed: true, Zstd: true}, "large": {Compressed: true, ClusterBits: 20}} {
		d, err := folder{"disk": disk(media, l)}.open("disk")
		if err != nil {
			t.Fatal(err)
		}
		var group sync.WaitGroup
		for w := range uint64(6) {
			group.Go(func() {
				rng := rand.New(rand.NewPCG(w, 9))
				p := make([]byte, 4096)
				for range 500 {
					off := rng.IntN(len(media) - len(p))
					if n, err := d.ReadAt(p, int64(off)); n != len(p) || err != nil || !bytes.Equal(p, media[off:off+n]) {
						t.Errorf("%s: %d bytes at %d, %v", name, n, off, err)
						return
					}
				}
			})
		}
		group.Wait()
	}
}

// TestDamageBehindHead breaks a deflate stream in its middle: what lies before
// is read, more of the cluster is an error, whatever was asked for first.
func TestDamageBehindHead(t *testing.T) {
	media := make([]byte, 64<<10)
	rng := rand.New(rand.NewPCG(5, 5))
	for i := range media {
		media[i] = byte(rng.Uint32()) | 1
	}
	b := disk(media, qcow2test.Layout{Compressed: true})
	at := binary.BigEndian.Uint64(b[binary.BigEndian.Uint64(b[40:]):]) & offsetMask // the second table
	entry := binary.BigEndian.Uint64(b[at:])
	if entry&packedBit == 0 {
		t.Fatal("the cluster is not compressed")
	}
	begin := entry & (1<<54 - 1)
	clear(b[begin+30<<10 : begin+50<<10]) // a stored block without its length comes, or no code
	for _, order := range [][]int{{4096, 64 << 10, 4096}, {64 << 10, 4096, 64 << 10}} {
		d, err := folder{"disk": b}.open("disk")
		if err != nil {
			t.Fatal(err)
		}
		for _, size := range order {
			p := make([]byte, size)
			n, err := d.ReadAt(p, 0)
			if whole := size == len(media); whole && (n != 0 || err == nil) || !whole && (n != size || err != nil || !bytes.Equal(p, media[:size])) {
				t.Errorf("%d bytes after %v: %d, %v", size, order, n, err)
			}
		}
	}
}
