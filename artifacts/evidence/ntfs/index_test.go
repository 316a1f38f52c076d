package ntfs

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
	"unicode/utf16"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/ntfs/ntfstest"
)

// TestIndex looks folders up by their paths and reads their indexes: resident
// ones, ones of many blocks, and with clusters larger than a block.
func TestIndex(t *testing.T) {
	for _, cluster := range []int{512, 4096, 65536} {
		t.Run(fmt.Sprint(cluster), func(t *testing.T) {
			b := ntfstest.New(ntfstest.Options{ClusterSize: cluster})
			b.Add(ntfstest.File{Path: "/Few/Inner/one.txt", Data: []byte("x")})
			for i := range 300 {
				b.Add(ntfstest.File{Path: fmt.Sprintf("/Many/a file with quite a long name %03d.txt", i), Data: []byte("x")})
			}
			v := opened(t, b)
			many, ok := v.Reference("/many")
			if !ok {
				t.Fatal("/many was not found")
			}
			if name, parent, ok := v.Folder(many); !ok || name != "Many" || parent.Record != recordRoot {
				t.Errorf("%s is %q in %s", many, name, parent)
			}
			index, err := v.Index(many)
			blocks, inUse := index.Blocks, index.InUse
			if err != nil || blocks == nil || len(index.Root) < 32 {
				t.Fatalf("%+v, %v", index, err)
			}
			raw, err := io.ReadAll(io.NewSectionReader(blocks, 0, blocks.Size()))
			if err != nil {
				t.Fatal(err)
			}
			found, signed := 0, 0
			for at := 0; at+4096 <= len(raw); at += 4096 {
				if string(raw[at:at+4]) == "INDX" && inUse[at/4096/8]&(1<<(at/4096%8)) != 0 {
					signed++
				}
			}
			for i := range 300 { // a name across the end of a sector has an update sequence in it
				if bytes.Contains(raw, utf16Name(fmt.Sprintf("long name %03d", i))) {
					found++
				}
			}
			if signed < 10 || found < 200 {
				t.Errorf("%d blocks and %d of 300 names in %d bytes", signed, found, len(raw))
			}
			few, ok := v.Reference("/FEW/inner/")
			if !ok {
				t.Fatal("/FEW/inner was not found")
			}
			if index, err := v.Index(few); index.Blocks != nil || index.InUse != nil || err != nil || !bytes.Contains(index.Root, utf16Name("one.txt")) {
				t.Errorf("a small index: %+v %v", index, err)
			}
			for path, want := range map[string]bool{"/": true, "": true, "/Few/Inner/one.txt": true, "/Few/Inner/one.txt/x": false, "/nothing": false, "/Many/A FILE with quite a long name 299.TXT": true} {
				if _, ok := v.Reference(path); ok != want {
					t.Errorf("%q: %v", path, ok)
				}
			}
		})
	}
}

func TestIndexThatIsGone(t *testing.T) {
	b := ntfstest.New(ntfstest.Options{})
	for i := range 100 {
		b.Add(ntfstest.File{Path: fmt.Sprintf("/Temp/a file with quite a long name %03d.txt", i), Data: []byte("x")})
	}
	v := opened(t, b)
	folder, ok := v.Reference("/Temp")
	if !ok {
		t.Fatal("/Temp was not found")
	}
	for name, ref := range map[string]artifacts.FileReference{
		"other use":      {Record: folder.Record, Sequence: folder.Sequence + 5},
		"no such record": {Record: 1 << 40, Sequence: 1},
		"behind the end": {Record: 1 << 20, Sequence: 1},
	} {
		if index, err := v.Index(ref); index.Blocks != nil || index.Root != nil || err == nil {
			t.Errorf("%s: %+v %v", name, index, err)
		}
	}
	file, ok := v.Reference("/Temp/a file with quite a long name 007.txt")
	if !ok {
		t.Fatal("the file was not found")
	}
	if index, err := v.Index(file); index.Blocks != nil || index.Root != nil || err != nil {
		t.Errorf("a file has no index: %+v %v", index, err)
	}
}

func opened(t *testing.T, b *ntfstest.Builder) *Volume {
	t.Helper()
	raw, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	v, err := Open(bytes.NewReader(raw), int64(len(raw)), artifacts.Locator{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func utf16Name(s string) []byte {
	var b []byte
	for _, u := range utf16.Encode([]rune(strings.TrimSpace(s))) {
		b = append(b, byte(u), byte(u>>8))
	}
	return b
}
