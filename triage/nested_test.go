package triage

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/image/vhdx/vhdxtest"
	"hivetriage/artifacts/evidence/ntfs/ntfstest"
	"hivetriage/artifacts/hive/hivetest"
	"hivetriage/triage/coverage"
)

// A lying is a file in memory that lies at a place.
type lying struct {
	at     artifacts.Locator
	data   []byte
	packed bool // in an archive, compressed
	opens  *int
}

func (f lying) Locator() artifacts.Locator { return f.at }
func (f lying) Size() int64                { return int64(len(f.data)) }
func (f lying) Meta() artifacts.Meta       { return artifacts.Meta{} }

func (f lying) Open(context.Context) (artifacts.Content, error) {
	if f.opens != nil {
		*f.opens++
	}
	return memoryContent{bytes.NewReader(f.data)}, nil
}

type memoryContent struct{ *bytes.Reader }

func (memoryContent) Close() error { return nil }

// A member is a lying that an archive holds.
type member struct{ lying }

func (m member) Stored() io.ReaderAt {
	if m.packed {
		return nil
	}
	return bytes.NewReader(m.data)
}

func TestImageNames(t *testing.T) {
	for name, want := range map[string]bool{"a.VHDX": true, "a.vhd": true, "b.avhdx": true, "x-flat.vmdk": true, "d.E01": true, "d.e17": true, "d.001": true, "d.raw.002": true,
		"disk.img": true, "boot.wim": true, "a.exe": false, "b.e1": false, "b.exx": false, "c.01": false, "c.0001": false, "vhdx": false, "": false, "x.bin": false} {
		if got := isImageName(name); got != want {
			t.Errorf("%q: %v", name, got)
		}
	}
	if isImagePart([]byte("a.vhd"), []byte("stream")) || !isImagePart([]byte("a.vhd"), nil) {
		t.Error("an alternate stream is a part of an image")
	}
}

func TestHold(t *testing.T) {
	ctx := context.Background()
	opens := 0
	var held heldFiles
	file := func(size int, packed bool) *diskImage {
		return &diskImage{entry: member{lying{data: make([]byte, size), packed: packed, opens: &opens}}}
	}
	stored := file(maxHeldImage+1, false)
	if err := stored.hold(ctx, &held); err != nil || opens != 0 || held.bytes != 0 {
		t.Errorf("what lies uncompressed in an archive: %v, %d opens, %d bytes held", err, opens, held.bytes)
	}
	kept, refused := 0, 0
	for range 4 { // each at once, not more than so many together, none too large
		f := file(maxHeldImage, true)
		switch err := f.hold(ctx, &held); {
		case err == nil:
			kept++
			if again := f.hold(ctx, &held); again != nil || opens != kept {
				t.Errorf("held again: %v, %d opens", again, opens)
			}
		case strings.Contains(err.Error(), "extract it and give it with --image"):
			refused++
		default:
			t.Error(err)
		}
	}
	var none heldFiles
	if err := file(maxHeldImage+1, true).hold(ctx, &none); err == nil || none.bytes != 0 {
		t.Errorf("too large: %v, %d bytes held", err, none.bytes)
	}
	if kept != 2 || refused != 2 {
		t.Errorf("%d kept, %d refused", kept, refused)
	}
}

func TestImageFolder(t *testing.T) {
	f := &diskImage{entry: lying{data: []byte("parent")}, at: artifacts.Locator{Volume: "gpt:1", Path: "/vm/base.vhd"}}
	if folder, name := f.named(); folder != "gpt:1/vm/" || name != "base.vhd" {
		t.Errorf("%q %q", folder, name)
	}
	inZip := &diskImage{at: artifacts.Locator{Volume: "gpt:1", Path: "/a.zip", Member: "disk.vhd"}}
	if folder, name := inZip.named(); folder != "gpt:1/" || name != "a.zip!disk.vhd" {
		t.Errorf("%q %q", folder, name)
	}
	var held heldFiles
	d := &imageFolder{ctx: context.Background(), held: &held, files: map[string]*diskImage{"base.vhd": f}}
	r, size, err := d.Open("base.vhd")
	if err != nil || size != 6 || r == nil || len(d.asked) != 1 {
		t.Errorf("%d bytes, %d asked, %v", size, len(d.asked), err)
	}
	if _, _, err := d.Open("other.vhd"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
	held.close()
}

// nest wraps a volume in so many VHDX, each on a volume of its own.
func nest(t *testing.T, levels int) []byte {
	t.Helper()
	b := ntfstest.New(ntfstest.Options{Size: 4 << 20})
	b.Add(ntfstest.File{Path: "/deep.sav", Data: hivetest.SAM(hivetest.Host{Name: "H", SID: "S-1-5-21-1-2-3"}, hivetest.RegSave)})
	volume, err := b.Bytes()
	for range levels {
		if err != nil {
			t.Fatal(err)
		}
		b := ntfstest.New(ntfstest.Options{})
		b.Add(ntfstest.File{Path: "/a.vhdx", Data: vhdxtest.Build(volume, vhdxtest.Options{})})
		volume, err = b.Bytes()
	}
	if err != nil {
		t.Fatal(err)
	}
	return volume
}

// onDisk writes an image and returns its path.
func onDisk(t *testing.T, media []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "outer.raw")
	if err := os.WriteFile(path, media, 0o444); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestDepthOfImages(t *testing.T) {
	for levels, want := range map[int]struct{ exports, refused int }{maxImageDepth: {1, 0}, maxImageDepth + 1: {0, 1}} {
		c, err := Run(context.Background(), Config{Inputs: []Input{{Path: onDisk(t, nest(t, levels))}}, Workers: 1, Window: time.Hour, Now: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		refused := 0
		for _, row := range c.Coverage.Sources {
			if row.What == diskImageRow && row.State == coverage.Skipped && row.Gap && strings.Contains(row.Why, "to a depth of 4") {
				refused++
			}
		}
		if len(c.Exports) != want.exports || refused != want.refused {
			t.Errorf("%d levels: %d exports, %d refused", levels, len(c.Exports), refused)
		}
	}
}

// Images beyond the first maxImages are rows, each with its place.
func TestBudgetOfImages(t *testing.T) {
	inner, err := ntfstest.New(ntfstest.Options{}).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	b := ntfstest.New(ntfstest.Options{})
	for i := range maxImages + 3 {
		b.Add(ntfstest.File{Path: "/" + strings.Repeat("x", i+1) + ".img", Data: inner[:len(inner):len(inner)], Layout: ntfstest.Layout{Sparse: true}})
	}
	volume, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	c, err := Run(context.Background(), Config{Inputs: []Input{{Path: onDisk(t, volume)}}, Workers: 2, Window: time.Hour, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	read, refused := 0, 0
	for _, row := range c.Coverage.Sources {
		switch {
		case row.What != diskImageRow:
		case row.State == coverage.Read:
			read++
		case row.Gap && strings.Contains(row.Why, "beyond the first 64"):
			refused++
		}
	}
	if read != maxImages || refused != 3 || len(c.Coverage.Volumes) != 1+maxImages {
		t.Errorf("%d read, %d refused, %d volumes", read, refused, len(c.Coverage.Volumes))
	}
}
