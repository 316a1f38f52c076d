package image

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/image/imagetest"
	"hivetriage/artifacts/evidence/image/vhd/vhdtest"
	"hivetriage/artifacts/evidence/image/vhdx/vhdxtest"
	"hivetriage/artifacts/evidence/partition/partitiontest"
)

// A memoryFolder holds files by name.
type memoryFolder map[string][]byte

func (m memoryFolder) Names() ([]string, error) { return slices.Collect(maps.Keys(m)), nil }

func (m memoryFolder) Open(name string) (io.ReaderAt, int64, error) {
	b, ok := m[name]
	if !ok {
		return nil, 0, fs.ErrNotExist
	}
	return bytes.NewReader(b), int64(len(b)), nil
}

func TestKindOf(t *testing.T) {
	media := testMedia(1 << 20)
	disk := partitiontest.MBR([]partitiontest.Volume{partitiontest.Bytes(media)}, partitiontest.Options{}).Bytes()
	named := map[string]string{
		string(vhdxtest.Build(media, vhdxtest.Options{})): "vhdx",
		string(vhdtest.Sparse(media, vhdtest.Options{})):  "vhd",
		string(vhdtest.Fixed(disk, [16]byte{1})):          "raw",
		"KDMV":                                            "vmdk", "# Disk DescriptorFile\nversion=1": "vmdk", "QFI\xFB\x00\x00\x00\x03": "qcow2",
		"EVF\x09\r\n\xff\x00\x01": "ewf", "MSWIM\x00\x00\x00": "Windows imaging file (WIM)", "Rar!\x1a\x07\x00": "rar archive",
		strings.Repeat("\x00", 0x40) + "\x7f\x10\xda\xbe": "VDI",
		string(disk):                             "raw",
		strings.Repeat("\x00", 510) + "\x55\xAA": "", "": "", "regf": "", string(disk[:511]): "", string(media[:4096]): "",
	}
	for head, want := range named {
		if got := KindOf([]byte(head[:min(len(head), 512)])); got != want {
			t.Errorf("%.16q: %q, want %q", head, got, want)
		}
	}
}

func TestOpenIn(t *testing.T) {
	media := testMedia(1 << 20)
	base := bytes.Clone(media)
	copy(base[4096:], bytes.Repeat([]byte("as it was "), 400))
	folder := memoryFolder{
		"disk.vhdx": vhdxtest.Build(media, vhdxtest.Options{}),
		"Base.vhd":  vhdtest.Sparse(base, vhdtest.Options{ID: [16]byte{1}}),
		"child.vhd": vhdtest.Sparse(media, vhdtest.Options{ID: [16]byte{2}, Parent: base, ParentID: [16]byte{1}, ParentName: `c:\vm\base.vhd`}),
		"lost.vhd":  vhdtest.Sparse(media, vhdtest.Options{ID: [16]byte{2}, Parent: base, ParentID: [16]byte{1}, ParentName: `c:\vm\gone.vhd`}),
		"raw.001":   media[:512<<10], "raw.002": media[512<<10:],
		"plain": media, "empty": {}, "old.wim": append([]byte("MSWIM\x00\x00\x00"), media...),
	}
	segments, err := imagetest.E01("set", bytes.NewReader(media), int64(len(media)), imagetest.Options{SegmentSize: 128 << 10})
	if err != nil || len(segments) < 2 {
		t.Fatal(len(segments), err)
	}
	for _, s := range segments {
		folder[s.Name] = s.Data
	}
	at := artifacts.Locator{Source: "outer.raw", Volume: "gpt:1", Path: "/vm/x"}
	opened, refused := 0, 0
	for name, want := range map[string]string{"disk.vhdx": "vhdx", "child.vhd": "vhd", "raw.001": "split raw", "set.E02": "ewf", "plain": "raw",
		"lost.vhd": "gone.vhd", "empty": "is empty", "old.wim": "(WIM)", "nothing": "not exist"} {
		m, err := OpenIn(folder, name, at)
		var p *artifacts.Problem
		if errors.As(err, &p) {
			refused++
			if p.At != at || !strings.Contains(p.Error(), want) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		opened++
		got := make([]byte, m.Size())
		if _, err := m.ReadAt(got, 0); err != nil || !bytes.Equal(got, media) || m.Kind() != want {
			t.Errorf("%s: kind %q, %d bytes, %v", name, m.Kind(), len(got), err)
		}
		if err := m.Close(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if opened != 5 || refused != 4 {
		t.Errorf("%d opened, %d refused", opened, refused)
	}
}

func BenchmarkKindOf(b *testing.B) {
	head := bytes.Repeat([]byte("MZ\x90\x00\x03"), 1000)[:4096]
	for b.Loop() {
		if KindOf(head) != "" {
			b.Fatal("a program is a disk image")
		}
	}
}
