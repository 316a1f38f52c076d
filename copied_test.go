package main

import (
	"archive/zip"
	"os"
	"path/filepath"
	"testing"

	"hivetriage/artifacts/evidence/image/vhdx/vhdxtest"
	"hivetriage/artifacts/evidence/partition/partitiontest"
	"hivetriage/testdata/scene"
)

// writeCopied writes the VHDX that KAPE makes, with what an earlier collection
// left on it, the same in a zip and on somebody's disk, and a disk of which no
// volume is read.
func writeCopied(dir string) error {
	disk, err := scene.ReusedDisk(scene.Workstation().KAPE())
	if err != nil {
		return err
	}
	vhdx := vhdxtest.Build(disk, vhdxtest.Options{})
	packed, err := zipped("kape.vhdx", vhdx, zip.Deflate)
	if err != nil {
		return err
	}
	carried, err := scene.Nested(map[string][]byte{"/Users/Public/kape.vhdx": vhdx})
	if err != nil {
		return err
	}
	for name, b := range map[string][]byte{"kape.vhdx": vhdx, "kape-vhdx.zip": packed, "kape-on-disk.raw": carried, "unread.raw": unread()} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o444); err != nil {
			return err
		}
	}
	return nil
}

// unread is a disk with a partition of zeros and one with ext4.
func unread() []byte {
	linux := make([]byte, 1<<20)
	linux[1080], linux[1081] = 0x53, 0xEF
	return partitiontest.MBR([]partitiontest.Volume{partitiontest.Bytes(make([]byte, 1<<20)), partitiontest.Bytes(linux)}, partitiontest.Options{}).Bytes()
}

// TestCopiedCollectors reads what each collector that is known in an image
// leaves: every member is accounted for once, in its place, with the times and
// digests that were noted. There is no other reader to compare with.
func TestCopiedCollectors(t *testing.T) {
	tested := 0
	for _, row := range collectorRows()[:3] {
		for changed := range 2 {
			row := row
			row.members = append([]scene.Member(nil), row.members...)
			for i, m := range row.members {
				if changed == 1 && filepath.Base(m.Name) == filepath.Base(stolenSAM) {
					row.members[i].Data = append([]byte(nil), m.Data...)
					row.members[i].Data[len(m.Data)-1] ^= 1
				}
			}
			disk, err := scene.CopiedDisk(row.members)
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(t.TempDir(), "collected.vhdx")
			if err := os.WriteFile(path, vhdxtest.Build(disk, vhdxtest.Options{}), 0o444); err != nil {
				t.Fatal(err)
			}
			c := collectedFrom(t, path)
			if in := c.Inputs[0]; in.Kind != "vhdx" || in.Collector != row.name {
				t.Errorf("%s: input %+v", row.name, in)
			}
			var streams int64
			for _, v := range c.Coverage.Volumes {
				if v.Tally.Failed > 0 {
					t.Errorf("%s: %+v", row.name, v)
				}
				streams += v.Tally.Streams
			}
			plain, err := scene.CopiedDisk(nil)
			if err != nil {
				t.Fatal(err)
			}
			own := streamsOf(t, plain)
			if want := int64(len(row.members)) + own; streams != want {
				t.Errorf("%s: %d streams, want those of %d members and %d of the file system", row.name, streams, len(row.members), own)
			}
			times, problems := c.export(t)
			if len(times) != len(row.times) || len(problems) > 0 != (row.digests && changed == 1) {
				t.Errorf("%s: times %v, want %q; problems %q", row.name, times, row.times, problems)
			}
			tested++
		}
	}
	if tested != 6 {
		t.Errorf("%d tested", tested)
	}
}

// streamsOf is how many streams a disk has.
func streamsOf(t *testing.T, disk []byte) (n int64) {
	path := filepath.Join(t.TempDir(), "disk.raw")
	if err := os.WriteFile(path, disk, 0o444); err != nil {
		t.Fatal(err)
	}
	for _, v := range collectedFrom(t, path).Coverage.Volumes {
		n += v.Tally.Streams
	}
	return n
}
