package fat

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/fat/fattest"
)

func TestOwners(t *testing.T) {
	for name, opt := range volumes {
		image, b := build(t, opt, planted()...)
		v := openBytes(t, image)
		type wanted struct {
			offset int64
			owners []string
			at     int64 // in the first owner
			live   bool
			free   bool
		}
		want := []wanted{{0, nil, 0, false, false}, {v.table + 8, nil, 0, false, false}}
		add := func(path string, cluster int, live, free bool, owners ...string) {
			p, _ := b.Lookup(path)
			want = append(want, wanted{v.place(p.Clusters[cluster]) + 100, owners, int64(cluster)*v.clusterSize + 100, live, free})
		}
		add("/SAM.SAV", 1, true, false, "/SAM.SAV")
		add("/pieces", 3, true, false, "/pieces")
		add("/gone.save", 2, false, true, "/gone.save")
		add("/lost.hive", 0, false, false, "/lost.hive", "/newer.bin")
		add("/old folder/inside.hive", 0, false, true, "/old folder/inside.hive")
		p, _ := b.Lookup("/pieces")
		want = append(want, wanted{v.place(p.Clusters[0] + 1), nil, 0, false, true})
		slices.SortFunc(want, func(a, b wanted) int { return int(a.offset - b.offset) })
		var offsets []int64
		for _, w := range want {
			offsets = append(offsets, w.offset)
		}
		got, err := v.Owners(t.Context(), offsets)
		if err != nil || len(got) != len(want) {
			t.Fatal(len(got), err)
		}
		for i, w := range want {
			var owners []string
			for _, o := range got[i].Owners {
				owners = append(owners, o.Entry.Locator().Path)
			}
			if got[i].Free != w.free || !slices.Equal(owners, w.owners) {
				t.Errorf("%s: byte %d: free %v, owners %q, want %+v", name, w.offset, got[i].Free, owners, w)
				continue
			}
			if len(owners) > 0 && (got[i].Owners[0].Offset != w.at || got[i].Owners[0].Live != w.live) {
				t.Errorf("%s: byte %d: %+v, want %+v", name, w.offset, got[i].Owners[0], w)
			}
		}
		if got, err := v.Owners(t.Context(), nil); len(got) != 0 || err != nil {
			t.Error(got, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if none, err := v.Owners(ctx, offsets); !errors.Is(err, context.Canceled) || len(none[len(none)-1].Owners) > 0 {
			t.Errorf("%s: ended before it began: %v, %v", name, none, err)
		}
	}
}

func TestFree(t *testing.T) {
	for name, opt := range volumes {
		image, _ := build(t, opt, fattest.File{Path: "/a", Data: hiveLike(1, 20_000)}, fattest.File{Path: "/b", Data: hiveLike(1, 20_000), Deleted: true})
		v := openBytes(t, image)
		free, err := v.Free()
		used := v.clustersFor(20_000)
		switch v.kind {
		case fat32:
			used++ // root
		case exfat:
			used += 1 + v.clustersFor(int64(v.clusters+7)/8) + 1 // root, bitmap, up-case table
		}
		if want := (int64(v.clusters) - used) * v.clusterSize; err != nil || free != want {
			t.Errorf("%s: %d bytes free, want %d, %v", name, free, want, err)
		}
		raw, size := v.Raw()
		b := make([]byte, 512)
		if n, err := raw.ReadAt(b, 0); n != 512 || err != nil || size != int64(len(image)) || string(b) != string(image[:512]) {
			t.Errorf("%s: raw %d of %d bytes, %v", name, n, size, err)
		}
	}
}

// A shown counts what a sweep is shown.
type shown struct {
	mu         sync.Mutex
	seen, lost int64
}

func (s *shown) Block(b []byte, at int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen += int64(len(b))
}

func (s *shown) Lost(n, at int64, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lost += n
}

// TestSweep is shown every byte, and the same files are found.
func TestSweep(t *testing.T) {
	for name, opt := range volumes {
		image, _ := build(t, opt, planted()...)
		find := func(ctx context.Context, s artifacts.Sweep) (paths []string, tally artifacts.Tally) {
			v := openBytes(t, image)
			for e, err := range v.Find(ctx, artifacts.Scan{Sweep: s, Head: func(head []byte) bool { return head[0] == 'r' }}) {
				if err == nil {
					paths = append(paths, e.Locator().Path)
				}
			}
			return paths, v.Tally()
		}
		want, counts := find(t.Context(), nil)
		s := &shown{}
		got, tally := find(t.Context(), s)
		if len(want) == 0 || !slices.Equal(got, want) || tally != counts || s.seen != int64(len(image)) || s.lost != 0 {
			t.Errorf("%s: %q and %+v, want %q and %+v; %d bytes shown, %d lost", name, got, tally, want, counts, s.seen, s.lost)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		s = &shown{}
		if find(ctx, s); s.seen != 0 || s.lost != int64(len(image)) {
			t.Errorf("%s: ended before it began: %d bytes shown, %d lost", name, s.seen, s.lost)
		}
	}
}
