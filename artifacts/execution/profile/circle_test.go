package profile_test

import (
	"bytes"
	"encoding/binary"
	"testing"

	"hivetriage/artifacts"
	"hivetriage/artifacts/execution/profile"
	"hivetriage/artifacts/execution/profile/profiletest"
	"hivetriage/artifacts/hive"
	"hivetriage/artifacts/internal/readtest"
)

// TestCircle reads a tree of folders whose keys lead back to the list that
// they are in: more ways through it than anybody can go.
func TestCircle(t *testing.T) {
	spec := profiletest.Spec{Time: made, Folders: profiletest.List{Newest: noon, Entries: []string{`C:\a`, `D:\a`, `E:\a`}}}
	b := profiletest.UsrClass(spec)
	const path = `Local Settings\Software\Microsoft\Windows\Shell\BagMRU\0`
	root := browse(t, b)
	above, ok := hive.Find(root, path)
	if !ok {
		t.Fatal("no " + path)
	}
	for key := range above.Children() {
		copyList(t, b, key.Offset(), above.Offset())
	}
	browser, err := hive.Browse(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	traces, errs := readtest.All(t, profile.ShellBags(browser.Root()))
	if len(traces) == 0 || len(errs) < 2 || len(errs) > 4 {
		t.Fatalf("%d traces, errors %v", len(traces), errs)
	}
	for _, p := range errs {
		if p.Kind != artifacts.Limit {
			t.Fatal(p)
		}
	}
}

// copyList gives a key the subkeys and the values of another one: in the
// record behind the cell's size the counts are at 20 and 36, the lists at 28
// and 40.
func copyList(t *testing.T, b []byte, to, from int64) {
	t.Helper()
	if string(b[to:to+2]) != "nk" {
		to, from = to+4, from+4
	}
	if string(b[to:to+2]) != "nk" || string(b[from:from+2]) != "nk" {
		t.Fatalf("no keys at %d and %d", to, from)
	}
	for _, at := range []int64{20, 28, 36, 40} {
		binary.LittleEndian.PutUint32(b[to+at:], binary.LittleEndian.Uint32(b[from+at:]))
	}
}
