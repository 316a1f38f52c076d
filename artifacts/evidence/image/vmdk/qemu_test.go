package vmdk

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"hivetriage/artifacts/evidence/image/imagetest"
)

// TestQemuWrites reads what qemu-img writes.
func TestQemuWrites(t *testing.T) {
	media := append(imagetest.Media(2<<20), make([]byte, 31<<20+3*512)...) // more than one grain table
	copy(media[len(media)-700:], "the end")
	for _, kind := range []string{"monolithicSparse", "monolithicFlat", "twoGbMaxExtentSparse", "twoGbMaxExtentFlat", "streamOptimized"} {
		t.Run(kind, func(t *testing.T) {
			dir := t.TempDir()
			raw := filepath.Join(dir, "raw")
			if err := os.WriteFile(raw, media, 0o644); err != nil {
				t.Fatal(err)
			}
			imagetest.QemuImg(t, "convert", "-O", "vmdk", "-o", "subformat="+kind, raw, filepath.Join(dir, "disk.vmdk"))
			d, err := folder(imagetest.ReadFolder(t, dir)).open("disk.vmdk")
			if err != nil {
				t.Fatal(err)
			}
			got := make([]byte, d.Size())
			if _, err := d.ReadAt(got, 0); err != nil || !bytes.Equal(got, media) || len(d.Problems()) != 0 {
				t.Errorf("%d bytes, %v, equal %v, problems %v", d.Size(), err, bytes.Equal(got, media), d.Problems())
			}
		})
	}
}

// TestQemuDelta reads a delta that qemu-img made, over its parent.
func TestQemuDelta(t *testing.T) {
	media := imagetest.Media(3 << 20)
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	if err := os.WriteFile(at("raw"), media, 0o644); err != nil {
		t.Fatal(err)
	}
	imagetest.QemuImg(t, "convert", "-O", "vmdk", at("raw"), at("disk.vmdk"))
	imagetest.QemuImg(t, "create", "-q", "-f", "vmdk", "-b", "disk.vmdk", "-F", "vmdk", at("delta.vmdk"))
	changed := bytes.Clone(media)
	copy(changed[1<<20:], bytes.Repeat([]byte("later"), 40_000))
	if err := os.WriteFile(at("raw2"), changed, 0o644); err != nil {
		t.Fatal(err)
	}
	imagetest.QemuImg(t, "convert", "-n", "-O", "vmdk", "-B", at("disk.vmdk"), "-F", "vmdk", at("raw2"), at("delta.vmdk"))
	d, err := folder(imagetest.ReadFolder(t, dir)).open("delta.vmdk")
	if err != nil {
		t.Fatal(err)
	}
	equalMedia(t, d, changed)
}

// TestQemuReads holds the builder against qemu-img, which reads every form.
func TestQemuReads(t *testing.T) {
	media := imagetest.Media(mediaSize)
	for name, form := range forms(media) {
		switch name {
		case "delta", "zeroed grains over a parent", "vmfs":
			continue // qemu-img follows the paths of another system, which are not here
		case "zero extent":
			continue // qemu-img leaves such extents out of the media
		}
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for name, data := range form.folder {
				if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			out := filepath.Join(dir, "out")
			imagetest.QemuImg(t, "convert", "-f", "vmdk", "-O", "raw", filepath.Join(dir, form.open), out)
			got, err := os.ReadFile(out)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, media) {
				t.Errorf("qemu-img reads %d other bytes", len(got))
			}
		})
	}
}
