package evidence

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"hivetriage/artifacts/evidence/image/imagetest"
	"hivetriage/artifacts/evidence/image/vhdx/vhdxtest"
)

func TestProbe(t *testing.T) {
	volume := make([]byte, 512)
	copy(volume[3:], "NTFS    ")
	tar := make([]byte, 512)
	copy(tar[257:], "ustar")
	json := func(path string, head []byte) string {
		if bytes.HasPrefix(head, []byte(`{"Event"`)) {
			return "json log"
		}
		return ""
	}
	for _, c := range []struct {
		name, head string
		class      Class
		format     string
	}{
		{"a.evtx", "ElfFile\x00", Lone, "evtx"}, {"SAM", "regf", Lone, "hive"}, {"sam.reg", "REGEDIT4", Lone, "hive"}, {"$MFT", "FILE0\x00", Lone, "$MFT"}, {"a.json", `{"Event":`, Lone, "json log"},
		{"a.zip", "PK\x03\x04", Archive, "zip"}, {"a.7z", "7z\xbc\xaf\x27\x1c", Archive, "7z"}, {"a.tar", string(tar), Archive, "tar"}, {"a.gz", "\x1f\x8b\x08", Archive, "gz"},
		{"a.E01", "EVF\x09\r\n\xff\x00", Disk, "ewf"}, {"a.dd", string(volume), Disk, "raw"}, {"a.ad1", "ADSEGMENTEDFILE\x00", Disk, "AD1 logical evidence"}, {"a.rar", "Rar!\x1a\x07", Disk, "rar archive"},
		{"a.txt", "hello", Nothing, ""}, {"a.zip", "", Nothing, ""}, {"a.dd", "\x00\x00", Nothing, ""},
	} {
		if class, format := Probe(c.name, []byte(c.head), json); class != c.class || format != c.format {
			t.Errorf("%s: class %d, %q; want %d, %q", c.name, class, format, c.class, c.format)
		}
	}
	if class, _ := Probe("a.json", []byte(`{"Event":`), nil); class != Nothing {
		t.Errorf("class %d without anybody to ask", class)
	}
}

func TestSegments(t *testing.T) {
	dir := t.TempDir()
	media := imagetest.Media(1 << 20)
	for name, data := range map[string][]byte{
		"base.vhdx":  vhdxtest.Build(media, vhdxtest.Options{ID: [16]byte{1}}),
		"child.vhdx": vhdxtest.Build(media, vhdxtest.Options{ID: [16]byte{2}, Parent: media, ParentID: [16]byte{1}, ParentName: `.\base.vhdx`}),
		"lost.vhdx":  vhdxtest.Build(media, vhdxtest.Options{ID: [16]byte{3}, Parent: media, ParentID: [16]byte{9}, ParentName: `.\gone.vhdx`}),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string][]string{"base.vhdx": {"base.vhdx"}, "child.vhdx": {"child.vhdx", "base.vhdx"}, "lost.vhdx": nil, "none": nil} {
		got, err := Segments(filepath.Join(dir, name))
		if !slices.Equal(got, want) || (err != nil) != (want == nil) {
			t.Errorf("%s: %q, %v; want %q", name, got, err, want)
		}
	}
}
