package fat

import (
	"bytes"
	"slices"
	"testing"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/fat/fattest"
)

// TestRootNames: folders and files in use, and nothing from below the root.
func TestRootNames(t *testing.T) {
	for _, opt := range []fattest.Options{
		{Kind: fattest.FAT12, Size: 1440 << 10}, {Kind: fattest.FAT16, Size: 9 << 20, Cluster: 1024},
		{Kind: fattest.FAT32, Size: 34 << 20}, {Kind: fattest.ExFAT, Size: 4 << 20, Cluster: 4096},
	} {
		opt.Label = "STICK"
		b := fattest.New(opt)
		b.Add(fattest.File{Path: "/C/Windows/a.txt", Data: []byte("a")}, fattest.File{Path: "/2026-03-14T203000_CopyLog.csv", Data: []byte("b")},
			fattest.File{Path: "/gone.txt", Data: []byte("c"), Deleted: true})
		raw, err := b.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		v, err := Open(bytes.NewReader(raw), int64(len(raw)), artifacts.Locator{}, 0)
		if err != nil {
			t.Fatal(err)
		}
		got := v.RootNames()
		if slices.Sort(got); !slices.Equal(got, []string{"2026-03-14T203000_CopyLog.csv", "C"}) {
			t.Errorf("%v: %q", opt.Kind, got)
		}
	}
}
