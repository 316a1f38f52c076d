package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"hivetriage/testdata/scene"
	"hivetriage/triage"
)

// writeNested writes the disk with disk images on it, the same as an archive's
// member, and a disk with a locked volume.
func writeNested(dir string) error {
	disk, err := scene.Nested(nil)
	if err != nil {
		return err
	}
	files := map[string][]byte{"nested.raw": disk, "locked.raw": scene.Locked()}
	if raw, err := scene.Workstation().Raw(); err != nil {
		return err
	} else if files["stored.zip"], err = zipped("KAPE/host.raw", raw, zip.Store); err != nil {
		return err
	} else if files["deflated.zip"], err = zipped("KAPE/host.raw", raw, zip.Deflate); err != nil {
		return err
	} else if files["large.zip"], err = zipped("KAPE/host.raw", disk, zip.Deflate); err != nil {
		return err
	} else if files["packed.tar.gz"], err = tarred("KAPE/host.raw", raw); err != nil {
		return err
	}
	for name, b := range files {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o444); err != nil {
			return err
		}
	}
	return nil
}

func zipped(name string, data []byte, method uint16) ([]byte, error) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: method})
	if err == nil {
		_, err = w.Write(data)
	}
	if err != nil {
		return nil, err
	}
	err = z.Close()
	return b.Bytes(), err
}

func tarred(name string, data []byte) ([]byte, error) {
	var b bytes.Buffer
	g := gzip.NewWriter(&b)
	t := tar.NewWriter(g)
	err := t.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Size: int64(len(data)), Mode: 0o644})
	if err == nil {
		_, err = t.Write(data)
	}
	for _, c := range []io.Closer{t, g} {
		if err == nil {
			err = c.Close()
		}
	}
	return b.Bytes(), err
}

// TestNestedOracle puts what qemu-img makes of the workstation's disk onto a
// disk: the exports in it are those of the workstation.
func TestNestedOracle(t *testing.T) {
	if _, err := exec.LookPath("qemu-img"); err != nil {
		t.Skip("SKIPPED: qemu-img is not installed (Debian: qemu-utils)")
	}
	dir, err := images()
	if err != nil {
		t.Fatal(err)
	}
	raw := filepath.Join(dir, "workstation.raw")
	exports := func(path, volume string) map[string]bool {
		c, err := triage.Run(context.Background(), triage.Config{Inputs: []triage.Input{{Path: path}}, Workers: 2, Window: time.Hour, Now: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		found := map[string]bool{}
		for _, e := range c.Exports {
			if e.At.Volume == volume {
				found[e.ID+" "+e.At.Path+" "+e.SHA256] = true
			}
		}
		return found
	}
	want := exports(raw, "gpt:1")
	if len(want) == 0 {
		t.Fatal("the workstation has no exports")
	}
	compared := 0
	for _, format := range []string{"vhdx", "vpc", "vmdk", "qcow2"} {
		work := t.TempDir()
		disk := filepath.Join(work, "disk")
		if out, err := exec.Command("qemu-img", "convert", "-O", format, raw, disk).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		data, err := os.ReadFile(disk)
		if err != nil {
			t.Fatal(err)
		}
		outer, err := scene.Carrier("/Users/Public/copy.bin", data)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(work, "outer.raw")
		if err := os.WriteFile(path, outer, 0o444); err != nil {
			t.Fatal(err)
		}
		kind := format
		if format == "vpc" {
			kind = "vhd"
		}
		got := exports(path, "gpt:1/Users/Public/copy.bin!"+kind+"/gpt:1")
		for e := range want {
			if !got[e] {
				t.Errorf("%s: %s is not found in it", format, e)
			}
		}
		if len(got) != len(want) {
			t.Errorf("%s: %d exports, the workstation has %d", format, len(got), len(want))
		}
		compared++
	}
	if compared != 4 {
		t.Errorf("%d formats compared", compared)
	}
}
