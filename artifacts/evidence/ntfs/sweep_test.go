package ntfs

import (
	"bytes"
	"slices"
	"testing"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/ntfs/ntfstest"
)

func TestOwners(t *testing.T) {
	content := bytes.Repeat([]byte("0123456789abcdef"), 4096)
	image, b := build(t, ntfstest.Options{Size: 8 << 20},
		ntfstest.File{Path: "/live", Data: content, Layout: ntfstest.Layout{Fragments: 3}},
		ntfstest.File{Path: "/gone", Data: content, Deleted: true},
		ntfstest.File{Path: "/lost", Data: content, Deleted: true, Overwrite: 3},
		ntfstest.File{Path: "/parts", Data: content, Layout: ntfstest.Layout{Fragments: 8}, AttributeList: true},
	)
	v := openBytes(t, image)
	type wanted struct {
		offset int64
		path   string
		at     int64
		live   bool
		free   bool
		owners int
	}
	var want []wanted
	for _, f := range []struct {
		path    string
		cluster int64
		live    bool
		free    bool
		owners  int
	}{{"/live", 9, true, false, 1}, {"/gone", 0, false, true, 1}, {"/lost", 1, false, false, 2}, {"/lost", 5, false, true, 1}, {"/parts", 0, true, false, 1}, {"/parts", 15, true, false, 1}} {
		placed, _ := b.Lookup(f.path)
		vcn := f.cluster
		for _, r := range placed.Runs {
			if vcn < r.Length {
				want = append(want, wanted{(r.LCN+vcn)*4096 + 512, f.path, f.cluster*4096 + 512, f.live, f.free, f.owners})
				break
			}
			vcn -= r.Length
		}
	}
	slices.SortFunc(want, func(a, b wanted) int { return int(a.offset - b.offset) })
	var offsets []int64
	for _, w := range want {
		offsets = append(offsets, w.offset)
	}
	if len(want) != 6 {
		t.Fatalf("%d places", len(want))
	}
	got, err := v.Owners(t.Context(), offsets)
	if err != nil || len(got) != len(want) {
		t.Fatal(len(got), err)
	}
	for i, w := range want {
		if got[i].Free != w.free || len(got[i].Owners) != w.owners {
			t.Errorf("%+v: free %v, %d owners", w, got[i].Free, len(got[i].Owners))
			continue
		}
		j := slices.IndexFunc(got[i].Owners, func(o artifacts.Owner) bool { return o.Entry.Locator().Path == w.path || !w.live && !o.Live })
		if j < 0 {
			t.Errorf("%+v: %v", w, got[i].Owners)
			continue
		}
		if o := got[i].Owners[j]; o.Offset != w.at || o.Live != w.live || o.Entry.Size() != int64(len(content)) {
			t.Errorf("%+v: offset %d, live %v, size %d, %s", w, o.Offset, o.Live, o.Entry.Size(), o.Entry.Locator())
		}
	}
	if got, err := v.Owners(t.Context(), nil); len(got) != 0 || err != nil {
		t.Error(got, err)
	}
}

func TestFree(t *testing.T) {
	image, _ := build(t, ntfstest.Options{Size: 8 << 20}, ntfstest.File{Path: "/a", Size: 1 << 20})
	v := openBytes(t, image)
	_, size := v.Raw()
	free, err := v.Free()
	if err != nil || size > 8<<20 || size < 8<<20-8192 || free < 5<<20 || free > 7<<20 {
		t.Errorf("%d of %d bytes are free, %v", free, size, err)
	}
}
