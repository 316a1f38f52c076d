package snapshot

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/ntfs"
	"hivetriage/artifacts/evidence/snapshot/snapshottest"
	"hivetriage/testdata/corpora"
)

// tool skips the test, aloud, where a program is not there.
func tool(t *testing.T, names ...string) {
	t.Helper()
	for _, name := range names {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("%s is not installed: nothing to compare with", name)
		}
	}
}

func output(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
	return string(out)
}

// corpus returns the real volume with two shadow copies as a raw image.
func corpus(t *testing.T) string {
	t.Helper()
	image := corpora.Path(t, "images", "vsstest.qcow2")
	tool(t, "qemu-img")
	raw := filepath.Join(t.TempDir(), "vsstest.raw")
	output(t, "qemu-img", "convert", "-O", "raw", image, raw)
	return raw
}

// sum is the SHA-256 of a whole shadow copy, read in pieces of an odd size.
func sum(t *testing.T, r io.ReaderAt, size int64) string {
	t.Helper()
	h := sha256.New()
	if _, err := io.CopyBuffer(h, struct{ io.Reader }{io.NewSectionReader(r, 0, size)}, make([]byte, 1<<20-512)); err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// TestCorpus reads a volume of Windows 8 with two shadow copies. The sums of
// the whole volumes are those of libvshadow's.
func TestCorpus(t *testing.T) {
	want := []Store{
		{GUID: "{600F0B69-5BDF-11E3-9D6C-005056C00008}", CopyID: "{4E3C03C2-7BC6-4288-AD96-C1EAC1A55F71}", Created: time.Date(2013, 12, 3, 6, 35, 9, 736378700, time.UTC)},
		{GUID: "{600F0B6D-5BDF-11E3-9D6C-005056C00008}", CopyID: "{18F1AC6E-959D-436F-BDCC-E797A729E290}", Created: time.Date(2013, 12, 3, 6, 37, 48, 919058300, time.UTC)},
	}
	sums := []string{"c8ada35c641a68447640b250f35e623b7f619aaae26bd55a06b8d4c34ebed1da", "41f940d92a534dd8e940a4983d2a766bcb262373f9dc2006851e81fa3a1fa2f2"}
	files := []string{"/syslog", "/another_file /syslog.gz"}
	path := corpus(t)
	t.Run("vshadowinfo", func(t *testing.T) { compare(t, path) })
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	stores, problems := List(f, 1<<30)
	if len(stores) != len(want) || len(problems) > 0 {
		t.Fatalf("%d stores, problems %v", len(stores), problems)
	}
	for i, s := range stores {
		if s.GUID != want[i].GUID || s.CopyID != want[i].CopyID || !s.Created.Equal(want[i].Created) || s.Size != 1<<30 || s.Index != i+1 {
			t.Errorf("store %+v", s)
		}
		if got := sum(t, s, s.Size); got != sums[i] {
			t.Errorf("store %d has SHA-256 %s, want %s", s.Index, got, sums[i])
		}
		v, err := ntfs.Open(s, s.Size, artifacts.Locator{}, 0)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for e, err := range v.Find(t.Context(), artifacts.Scan{Name: func(name, _ []byte) bool {
			return !bytes.HasPrefix(name, []byte("$")) && !bytes.HasPrefix(name, []byte("{"))
		}}) {
			if err != nil {
				t.Error(err)
				continue
			}
			if path := e.Locator().Path; strings.Count(path, "/") == 1 {
				names = append(names, path)
			}
		}
		slices.Sort(names)
		if got := strings.Join(names, " "); got != files[i] {
			t.Errorf("store %d has the files %s, want %s", s.Index, got, files[i])
		}
	}
}

// TestLibvshadow holds the bytes of a built volume against vshadowmount's,
// where FUSE can be used.
func TestLibvshadow(t *testing.T) {
	path := filepath.Join(t.TempDir(), "built.raw")
	if err := os.WriteFile(path, changed(t), 0o644); err != nil {
		t.Fatal(err)
	}
	stores := compare(t, path)
	mounted := mount(t, path)
	for _, s := range stores {
		m, err := os.Open(filepath.Join(mounted, fmt.Sprintf("vss%d", s.Index)))
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		if got, want := sum(t, s, s.Size), sum(t, m, s.Size); got != want {
			t.Errorf("store %d has SHA-256 %s, libvshadow's %s", s.Index, got, want)
		}
	}
}

// changed is a volume with three shadow copies; libvshadow wants the boot
// sector of NTFS for the size of the volume.
func changed(t *testing.T) []byte {
	t.Helper()
	live := marked()
	clear(live[:blockSize])
	copy(live[3:], "NTFS    ")
	live[12], live[13], live[510], live[511] = 2, 8, 0x55, 0xaa
	live[40], live[41] = byte(len(live)/sectorSize-1), byte((len(live)/sectorSize-1)>>8)
	var states []snapshottest.State
	v := bytes.Clone(live)
	for i := range 3 {
		v = bytes.Clone(v)
		copy(v[(5+i)*blockSize:], v[20*blockSize:][:3*blockSize])
		v[(10+2*i)*blockSize+700]++
		clear(v[(30+i)*blockSize : (31+i)*blockSize])
		states = append([]snapshottest.State{{Volume: v, Created: made.Add(-time.Duration(i) * time.Hour)}}, states...)
	}
	image, err := snapshottest.Build(live, states...)
	if err != nil {
		t.Fatal(err)
	}
	return image
}

// compare holds the shadow copies in an image against what vshadowinfo says.
func compare(t *testing.T, path string) []*Store {
	tool(t, "vshadowinfo")
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	stores, problems := List(f, info.Size())
	if len(stores) == 0 || len(problems) > 0 {
		t.Fatalf("%d stores, problems %v", len(stores), problems)
	}
	told := output(t, "vshadowinfo", path)
	if !strings.Contains(told, fmt.Sprintf("Number of stores:\t%d\n", len(stores))) {
		t.Errorf("%d stores, but vshadowinfo says\n%s", len(stores), told)
	}
	for _, s := range stores {
		for _, want := range []string{strings.ToLower(strings.Trim(s.GUID, "{}")), strings.ToLower(strings.Trim(s.CopyID, "{}")),
			s.Created.Format("Jan 02, 2006 15:04:05.0000000")} {
			if !strings.Contains(told, want) {
				t.Errorf("vshadowinfo does not say %s:\n%s", want, told)
			}
		}
	}
	return stores
}

// mount mounts the shadow copies with FUSE or skips the test.
func mount(t *testing.T, path string) string {
	t.Helper()
	tool(t, "vshadowmount", "fusermount")
	dir := t.TempDir()
	if out, err := exec.Command("vshadowmount", path, dir).CombinedOutput(); err != nil {
		t.Skipf("FUSE cannot be used here: %v: %s", err, out)
	}
	t.Cleanup(func() { output(t, "fusermount", "-u", dir) })
	return dir
}
