package ntfs

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/ntfs/ntfstest"
)

// TestRootNames: the names of a root whose index is resident, and of one with
// many blocks; what is damaged or lies below the root is left out.
func TestRootNames(t *testing.T) {
	for _, n := range []int{0, 3, 400} {
		b := ntfstest.New(ntfstest.Options{})
		var want []string
		for i := range n {
			name := fmt.Sprintf("a file with quite a long name %03d.txt", i)
			b.Add(ntfstest.File{Path: "/" + name, Data: []byte("x")})
			b.Add(ntfstest.File{Path: "/folder/" + name, Data: []byte("x")})
			want = append(want, name)
		}
		b.Add(ntfstest.File{Path: "/gone", Data: []byte("x"), Deleted: true})
		raw, err := b.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		v, err := Open(bytes.NewReader(raw), int64(len(raw)), artifacts.Locator{}, 0)
		if err != nil {
			t.Fatal(err)
		}
		before := v.disk.Read()
		names := v.RootNames()
		if read := v.disk.Read() - before; read > 1<<20 {
			t.Errorf("%d names: %d bytes read", n, read)
		}
		found := 0
		for _, name := range want {
			if slices.Contains(names, name) {
				found++
			}
		}
		if found != n || !slices.Contains(names, "$MFT") || slices.Contains(names, "gone") || (n > 0) != slices.Contains(names, "folder") {
			t.Errorf("%d of %d names in %d, first %q", found, n, len(names), names[:min(20, len(names))])
		}
	}
}

func FuzzIndexNames(f *testing.F) {
	b := ntfstest.New(ntfstest.Options{})
	b.Add(ntfstest.File{Path: "/name", Data: []byte("x")})
	raw, err := b.Bytes()
	if err != nil {
		f.Fatal(err)
	}
	if i := bytes.Index(raw, []byte("INDX")); i > 0 {
		f.Add(raw[i+indexBlockHeader:][:512])
	}
	f.Add([]byte{16, 0, 0, 0, 255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, node []byte) {
		if names := indexNames(nil, node); len(names) > len(node)/indexEntryHeader {
			t.Errorf("%d names in %d bytes", len(names), len(node))
		}
	})
}
