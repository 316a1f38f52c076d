package ntfs

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"hivetriage/artifacts"
)

// ntfs-3g writes volumes that nobody here laid out.
func TestNTFS3G(t *testing.T) {
	need(t, "fls", "icat", "mkfs.ntfs", "ntfs-3g", "fusermount")
	dir := t.TempDir()
	image, mount := filepath.Join(dir, "volume.img"), filepath.Join(dir, "mount")
	if err := os.WriteFile(image, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(image, 24<<20); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(mount, 0o700); err != nil {
		t.Fatal(err)
	}
	output(t, "mkfs.ntfs", "-F", "-Q", "-q", "-L", "three-g", image)
	if out, err := exec.Command("ntfs-3g", image, mount, "-o", "compression,streams_interface=windows").CombinedOutput(); err != nil {
		t.Skipf("ntfs-3g cannot mount here: %v: %s", err, out)
	}
	write3G(t, mount)
	if out, err := exec.Command("fusermount", "-u", mount).CombinedOutput(); err != nil {
		t.Fatalf("fusermount: %v: %s", err, out)
	}
	compareWithSleuthkit(t, image, map[string]string{})
	b, err := os.ReadFile(image)
	if err != nil {
		t.Fatal(err)
	}
	v := openBytes(t, b)
	if i := v.Info(); i.Label != "three-g" || i.FileSystem != "NTFS 3.1" || i.ClusterSize != 4096 {
		t.Errorf("info %+v", i)
	}
	entries, _ := find(t, v, everything)
	got := index(entries)
	if b, err := read(got["/comp/hole"]); err != nil || !bytes.Equal(b, holed()) {
		t.Errorf("/comp/hole: %d bytes, %v", len(b), err)
	}
	if m := got["/comp/text"].Meta(); !m.NTFS.Compressed {
		t.Error("ntfs-3g did not compress /comp/text")
	}
	if m := got["/gone"].Meta(); m.Allocation != artifacts.Deleted {
		t.Errorf("/gone is %v", m.Allocation)
	}
}

// write3G fills the mounted volume.
func write3G(t *testing.T, mount string) {
	t.Helper()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Error(err)
		}
	}
	at := func(path string) string { return filepath.Join(mount, path) }
	check(os.MkdirAll(at("comp"), 0o755))
	check(syscall.Setxattr(at("comp"), "system.ntfs_attrib_be", []byte{0, 0, 8, 0}, 0)) // FILE_ATTRIBUTE_COMPRESSED
	check(os.WriteFile(at("comp/text"), text(400_000), 0o644))
	check(os.WriteFile(at("comp/noise"), noise(400_000), 0o644))
	f, err := os.Create(at("comp/hole"))
	if err != nil {
		t.Error(err)
		return
	}
	_, err = f.WriteAt(text(4096), 0)
	check(err)
	_, err = f.WriteAt(text(4096), 1<<20)
	check(err)
	check(f.Close())
	check(os.WriteFile(at("small"), []byte("small"), 0o644))
	check(os.WriteFile(at("small:stream"), noise(9000), 0o644))
	check(os.Link(at("small"), at("comp/link")))
	for i := range 200 { // interleaved, so that both are fragmented
		for _, name := range []string{"one", "two"} {
			f, err := os.OpenFile(at(name), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
			if err != nil {
				t.Error(err)
				return
			}
			_, err = f.Write(noise(5000 + i))
			check(err)
			check(f.Close())
		}
	}
	check(os.WriteFile(at("gone"), noise(30_000), 0o644))
	check(os.Remove(at("gone")))
}
