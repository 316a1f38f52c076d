package ntfs

import (
	"bytes"
	"context"
	"encoding/binary"
	"strings"
	"testing"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/ntfs/ntfstest"
)

var usersRead = []ntfstest.ACE{{Flags: 0x10, Mask: 0x1200A9, SID: "S-1-5-32-545"}}

const someone = "S-1-5-21-1-2-3-1001"

// guardedFiles have descriptors in $Secure and in their records.
func guardedFiles() []ntfstest.File {
	content := bytes.Repeat([]byte("regf"), 3000)
	return []ntfstest.File{
		{Path: "/closed", Data: content},
		{Path: "/open", Data: content, Owner: someone, Access: usersRead},
		{Path: "/own", Data: content, Owner: someone, Access: usersRead, OwnDescriptor: true},
		{Path: "/parts", Data: content, Access: usersRead, Layout: ntfstest.Layout{Fragments: 3}, AttributeList: true},
		{Path: "/gone", Data: content, Owner: someone, Access: usersRead, Deleted: true},
	}
}

// wantDescriptors compares what the entries give with what was written.
func wantDescriptors(t *testing.T, entries map[string]artifacts.Entry) {
	t.Helper()
	for _, f := range guardedFiles() {
		var e artifacts.Entry
		for path, found := range entries {
			if strings.EqualFold(path, f.Path) {
				e = found
			}
		}
		if e == nil {
			t.Errorf("no %s", f.Path)
			continue
		}
		want, err := ntfstest.Descriptor(f.Owner, f.Access...)
		if err != nil {
			t.Fatal(err)
		}
		got, err := e.(artifacts.Guarded).Descriptor(t.Context())
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %d bytes, %v, want %d", f.Path, len(got), err, len(want))
		}
	}
}

func TestDescriptors(t *testing.T) {
	image, _ := build(t, ntfstest.Options{}, guardedFiles()...)
	v := openBytes(t, image)
	entries, _ := find(t, v, everything)
	found := index(entries)
	wantDescriptors(t, found)
	if owner := found["/own"].Meta().Owner; owner != someone {
		t.Errorf("owner by the record's own descriptor: %q", owner)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := found["/open"].(artifacts.Guarded).Descriptor(ended); err == nil {
		t.Error("read after the end")
	}

	// The file table with the descriptors that were collected with it.
	sds, err := read(found["/$Secure:$SDS"])
	if err != nil {
		t.Fatal(err)
	}
	b := tableBytes(t, v)
	table, err := OpenTable(bytes.NewReader(b), int64(len(b)), testAt)
	if err != nil {
		t.Fatal(err)
	}
	table.Owners(bytes.NewReader(sds), int64(len(sds)))
	var collected []artifacts.Entry
	for e, err := range table.Find(t.Context(), everything) {
		if err != nil {
			t.Fatal(err)
		}
		collected = append(collected, e)
	}
	wantDescriptors(t, index(collected))
	clear(sds[:sdsBlock]) // the first block is empty, its copy is whole
	sds[16] = 1
	table, _ = OpenTable(bytes.NewReader(b), int64(len(b)), testAt)
	table.Owners(bytes.NewReader(sds), int64(len(sds)))
	collected = nil
	for e := range table.Find(t.Context(), everything) {
		collected = append(collected, e)
	}
	wantDescriptors(t, index(collected))
}

// TestNoDescriptors: what is missing is an error, never an open list.
func TestNoDescriptors(t *testing.T) {
	image, _ := build(t, ntfstest.Options{}, guardedFiles()...)
	v := openBytes(t, image)
	b := tableBytes(t, v)
	entries, _ := findInTable(t, b)
	for path, e := range index(entries) {
		_, err := e.(artifacts.Guarded).Descriptor(t.Context())
		if want := !strings.HasPrefix(path, "/own"); (err != nil) != want {
			t.Errorf("%s, without $SDS: %v", path, err)
		}
	}
	// The $STANDARD_INFORMATION of one file names an id that there is not.
	strange := bytes.Clone(b)
	record := index(entries)["/open"].(*entry).record
	si := attributeOf(strange[int(record)*v.recordSize:][:v.recordSize], attrStandardInformation)
	binary.LittleEndian.PutUint32(si[24+52:], 0x7FFFFFFF)
	full, _ := find(t, v, everything)
	sds, err := read(index(full)["/$Secure:$SDS"])
	if err != nil {
		t.Fatal(err)
	}
	table, err := OpenTable(bytes.NewReader(strange), int64(len(strange)), testAt)
	if err != nil {
		t.Fatal(err)
	}
	table.Owners(bytes.NewReader(sds), int64(len(sds)))
	for e := range table.Find(t.Context(), everything) {
		if path := pathOf(e); path == "/open" {
			if _, err := e.(artifacts.Guarded).Descriptor(t.Context()); err == nil || !strings.Contains(err.Error(), "none with the id") {
				t.Errorf("%s: %v", path, err)
			}
		}
	}
}
