package ntfs

import (
	"testing"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/ntfs/ntfstest"
)

// What a reference means is told as long as its record does.
func TestReferences(t *testing.T) {
	day := time.Date(2026, 3, 14, 0, 0, 0, 0, time.UTC)
	times := artifacts.Times{Created: day, Modified: day, Changed: day, Accessed: day}
	image, b := build(t, ntfstest.Options{},
		ntfstest.File{Path: "/Users/eve/sam.save", Data: text(5000), SI: times, Sequence: 7},
		ntfstest.File{Path: "/gone/old.dat", Data: text(10), SI: times, Deleted: true},
	)
	v := openBytes(t, image)
	live, _ := b.Lookup("/Users/eve/sam.save")
	gone, _ := b.Lookup("/gone/old.dat")
	for _, tt := range []struct {
		name string
		ref  artifacts.FileReference
		want Use
		ok   bool
	}{
		{"live", artifacts.FileReference{Record: live.Record, Sequence: 7}, Use{Same: true, InUse: true, Size: 5000, Times: times, Name: "sam.save"}, true},
		{"used again", artifacts.FileReference{Record: live.Record, Sequence: 6}, Use{InUse: true}, true},
		{"deleted", artifacts.FileReference{Record: gone.Record, Sequence: 1}, Use{Same: true, Size: 10, Times: times, Name: "old.dat"}, true},
		{"deleted earlier", artifacts.FileReference{Record: gone.Record, Sequence: 9}, Use{}, true},
		{"no record", artifacts.FileReference{Record: 1 << 40, Sequence: 9}, Use{}, false},
		{"beyond the table", artifacts.FileReference{Record: 1 << 24, Sequence: 9}, Use{}, false},
	} {
		if got, ok := v.Use(tt.ref); got != tt.want || ok != tt.ok {
			t.Errorf("%s: %+v, %v", tt.name, got, ok)
		}
	}
	e := index(mustFind(t, v))["/Users/eve/sam.save"]
	f, _, err := v.loadStream(e.(*entry).record, e.(*entry).offset)
	if err != nil {
		t.Fatal(err)
	}
	ref := artifacts.NewFileReference(f.best().parent)
	path := ""
	for range 5 {
		name, parent, ok := v.Folder(ref)
		if !ok {
			t.Fatalf("no folder at %v", ref)
		}
		if name == "" {
			break
		}
		path, ref = "/"+name+path, parent
	}
	if path != "/Users/eve" {
		t.Errorf("the file's folder is %q", path)
	}
	if _, _, ok := v.Folder(artifacts.FileReference{Record: live.Record, Sequence: 7}); ok {
		t.Error("a file passes for a folder")
	}
}

func mustFind(t *testing.T, v *Volume) []artifacts.Entry {
	entries, _ := find(t, v, everything)
	return entries
}

// A sparse stream tells which of its bytes are stored.
func TestStored(t *testing.T) {
	data := append(make([]byte, 1<<20), text(10000)...)
	image, _ := build(t, ntfstest.Options{}, ntfstest.File{Path: "/$Extend/$UsnJrnl", Streams: []ntfstest.Stream{{Name: "$J", Data: data, Layout: ntfstest.Layout{Sparse: true}}}},
		ntfstest.File{Path: "/plain", Data: data})
	entries := index(mustFind(t, openBytes(t, image)))
	for path, want := range map[string]int64{"/$Extend/$UsnJrnl:$J": 1 << 20, "/plain": 0} {
		c, err := entries[path].Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		h, ok := c.(artifacts.Holed)
		if !ok {
			t.Fatalf("%s: no holes are told", path)
		}
		if from, to := h.Stored(0); from != want || to < c.Size() {
			t.Errorf("%s: stored from %d to %d", path, from, to)
		}
		if from, _ := h.Stored(c.Size()); from < c.Size() {
			t.Errorf("%s: stored behind its end, from %d", path, from)
		}
		if from, _ := h.Stored(c.Size() - 5); from != c.Size()-5 {
			t.Errorf("%s: the end is stored from %d", path, from)
		}
	}
}
