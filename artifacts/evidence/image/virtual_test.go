package image

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/image/imagetest"
	"hivetriage/testdata/corpora"
)

// TestRealVirtualDisks holds disks that others wrote against qemu-img.
func TestRealVirtualDisks(t *testing.T) {
	dir := corpora.Path(t, "images")
	for _, tt := range []struct {
		file, kind string
		size       int64
	}{
		{"image.vmdk", "vmdk", 200 * 512},
		{"vsstest.qcow2", "qcow2", 1 << 30},
	} {
		t.Run(tt.file, func(t *testing.T) {
			if tt.size > 1<<20 && testing.Short() {
				t.Skip("SKIPPED: reads a gigabyte")
			}
			raw := filepath.Join(t.TempDir(), "raw")
			imagetest.QemuImg(t, "convert", "-O", "raw", filepath.Join(dir, tt.file), raw)
			want, err := os.Open(raw)
			if err != nil {
				t.Fatal(err)
			}
			defer want.Close()
			m, err := Open(filepath.Join(dir, tt.file))
			if err != nil {
				t.Fatal(err)
			}
			defer m.Close()
			if m.Kind() != tt.kind || m.Layer() != tt.kind || m.Size() != tt.size {
				t.Errorf("%s in %s, %d bytes", m.Kind(), m.Layer(), m.Size())
			}
			sameBytes(t, m, want)
			if p := m.Problems(); len(p) != 0 {
				t.Errorf("problems: %v", p)
			}
		})
	}
}

// sameBytes reads an image and a file side by side.
func sameBytes(t *testing.T, m *Image, want io.Reader) {
	t.Helper()
	got := io.NewSectionReader(m, 0, m.Size())
	a, b := make([]byte, 1<<20), make([]byte, 1<<20)
	for at := int64(0); ; at += int64(len(a)) {
		n, err := io.ReadFull(got, a)
		k, _ := io.ReadFull(want, b)
		if n != k || !bytes.Equal(a[:n], b[:n]) {
			t.Fatalf("other bytes behind offset %d: %d read, want %d, %v", at, n, k, err)
		}
		if err != nil {
			if at+int64(n) != m.Size() {
				t.Errorf("%v at %d", err, at+int64(n))
			}
			return
		}
	}
}

// TestVirtualDiskOfSeveralFiles opens the files a descriptor names, whatever
// folders it says, in its own folder only, and tells what is missing.
func TestVirtualDiskOfSeveralFiles(t *testing.T) {
	media := testMedia(64 * 512)
	text := "# Disk DescriptorFile\nversion=1\nCID=1\nparentCID=ffffffff\ncreateType=\"vmfs\"\n" +
		"RW 32 VMFS \"/vmfs/volumes/1/DISK-flat.vmdk\"\nRW 32 FLAT \"sub\\disk-f002.vmdk\" 32\n"
	dir := writeFiles(t, map[string][]byte{"disk.vmdk": []byte(text), "disk-flat.vmdk": media[:32*512], "disk-f002.vmdk": media})
	m, err := Open(filepath.Join(dir, "disk.vmdk"))
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	sameBytes(t, m, bytes.NewReader(media))
	if got := strings.Join(m.Segments(), " "); got != "disk.vmdk disk-flat.vmdk disk-f002.vmdk" {
		t.Errorf("segments: %s", got)
	}
	if err := os.Remove(filepath.Join(dir, "disk-f002.vmdk")); err != nil {
		t.Fatal(err)
	}
	cut, err := Open(filepath.Join(dir, "disk.vmdk"))
	if err != nil {
		t.Fatal(err)
	}
	defer cut.Close()
	p := cut.Problems()
	if len(p) != 1 || p[0].Kind != artifacts.Truncated || p[0].Offset != 32*512 || !strings.Contains(p[0].Error(), "disk-f002.vmdk") {
		t.Errorf("problems: %v", p)
	}
}
