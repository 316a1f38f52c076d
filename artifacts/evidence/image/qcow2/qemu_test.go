package qcow2

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"hivetriage/artifacts/evidence/image/imagetest"
)

// TestQemuWrites reads what qemu-img writes.
func TestQemuWrites(t *testing.T) {
	media := imagetest.Media(4<<20 + 3*512)
	for name, args := range map[string][]string{
		"plain":               {"-o", "compat=1.1"},
		"version 2":           {"-o", "compat=0.10"},
		"clusters of 512":     {"-o", "cluster_size=512"},
		"clusters of 2 MiB":   {"-o", "cluster_size=2M"},
		"compressed":          {"-c"},
		"compressed, 512":     {"-c", "-o", "cluster_size=512"},
		"compressed, 2 MiB":   {"-c", "-o", "cluster_size=2M"},
		"zstd":                {"-c", "-o", "compression_type=zstd"},
		"zstd, 512":           {"-c", "-o", "compression_type=zstd,cluster_size=512"},
		"zstd, 2 MiB":         {"-c", "-o", "compression_type=zstd,cluster_size=2M"},
		"subclusters":         {"-o", "extended_l2=on"},
		"subclusters, packed": {"-c", "-o", "extended_l2=on"},
		"subclusters, 16 KiB": {"-o", "extended_l2=on,cluster_size=16k"},
		"metadata first":      {"-o", "preallocation=metadata"},
		"all first":           {"-o", "preallocation=full"},
		"lazy references":     {"-o", "lazy_refcounts=on"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			raw := filepath.Join(dir, "raw")
			if err := os.WriteFile(raw, media, 0o644); err != nil {
				t.Fatal(err)
			}
			imagetest.QemuImg(t, append(append([]string{"convert", "-O", "qcow2"}, args...), raw, filepath.Join(dir, "disk"))...)
			d, err := folder(imagetest.ReadFolder(t, dir)).open("disk")
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

// TestQemuOverlays reads overlays that qemu-img made, and a snapshot beside.
func TestQemuOverlays(t *testing.T) {
	media := imagetest.Media(3 << 20)
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	write := func(name string, data []byte) {
		if err := os.WriteFile(at(name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("raw", media)
	imagetest.QemuImg(t, "convert", "-c", "-O", "qcow2", at("raw"), at("base"))
	below, format := "base", "qcow2"
	for i, name := range []string{"middle", "disk"} {
		imagetest.QemuImg(t, "create", "-q", "-f", "qcow2", "-o", "extended_l2=on", "-b", below, "-F", format, at(name))
		copy(media[1<<20+i*300_000:], bytes.Repeat([]byte("later"), 70_000))
		clear(media[2<<20 : 2<<20+5000])
		write("raw", media)
		imagetest.QemuImg(t, "convert", "-n", "-O", "qcow2", "-B", at(below), "-F", format, at("raw"), at(name))
		below = name
	}
	imagetest.QemuImg(t, "snapshot", "-c", "before", at("disk"))
	d, err := folder(imagetest.ReadFolder(t, dir)).open("disk")
	if err != nil {
		t.Fatal(err)
	}
	equalMedia(t, d, media)
	if n := len(d.Problems()); n != 1 {
		t.Errorf("%d problems: %v", n, d.Problems())
	}
}

// TestQemuDataFile reads a disk whose clusters qemu-img put into another file.
func TestQemuDataFile(t *testing.T) {
	media := imagetest.Media(1 << 20)
	dir := t.TempDir()
	raw := filepath.Join(dir, "raw")
	if err := os.WriteFile(raw, media, 0o644); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir) // so that the header has the bare name
	imagetest.QemuImg(t, "convert", "-O", "qcow2", "-o", "data_file=data", "raw", "disk")
	d, err := folder(imagetest.ReadFolder(t, dir)).open("disk")
	if err != nil {
		t.Fatal(err)
	}
	equalMedia(t, d, media)
}

// TestQemuReads holds the builder against qemu-img, which reads every form.
func TestQemuReads(t *testing.T) {
	media := imagetest.Media(mediaSize)
	for name, form := range forms(media) {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for name, data := range form {
				if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			t.Chdir(dir) // where qemu-img looks for the data file
			imagetest.QemuImg(t, "convert", "-f", "qcow2", "-O", "raw", "disk", "out")
			got, err := os.ReadFile("out")
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, media) {
				t.Errorf("qemu-img reads other bytes, %d of them", len(got))
			}
		})
	}
}
