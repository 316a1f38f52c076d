package qcow2

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/image/imagetest"
	"hivetriage/artifacts/evidence/image/qcow2/qcow2test"
)

// A folder is a set of files by name.
type folder map[string][]byte

func (f folder) open(name string) (*Disk, error) {
	return Open(name, bytes.NewReader(f[name]), int64(len(f[name])), imagetest.Folder(f).Sibling)
}

func disk(media []byte, l qcow2test.Layout) []byte {
	b, _ := qcow2test.Disk(media, l)
	return b
}

const mediaSize = 700<<10 + 3*512

// forms are a disk in every form; disk is the file to open.
func forms(media []byte) map[string]folder {
	odd := func(unit int) bool { return unit%2 == 1 }
	// Two layers that make the media together.
	below := func(unit int) []byte {
		b := bytes.Repeat([]byte{0xee}, len(media))
		for i := range b {
			if odd(i / unit) {
				b[i] = media[i]
			}
		}
		return b
	}
	zero := func(unit int) func(int) bool {
		return func(n int) bool {
			at := min(n*unit, len(media))
			return len(bytes.Trim(media[at:min(at+unit, len(media))], "\x00")) == 0
		}
	}
	never := func(int) bool { return false }
	external, data := qcow2test.Disk(media, qcow2test.Layout{DataFile: "data", Absent: never})
	last := len(media) / 65536 * 65536
	return map[string]folder{
		"plain":              {"disk": disk(media, qcow2test.Layout{})},
		"version 2":          {"disk": disk(media, qcow2test.Layout{Version: 2})},
		"clusters of 512":    {"disk": disk(media, qcow2test.Layout{ClusterBits: 9})},
		"clusters of 2 MiB":  {"disk": disk(media, qcow2test.Layout{ClusterBits: 21})},
		"compressed":         {"disk": disk(media, qcow2test.Layout{Compressed: true})},
		"compressed, 512":    {"disk": disk(media, qcow2test.Layout{Compressed: true, ClusterBits: 9})},
		"compressed, 2 MiB":  {"disk": disk(media, qcow2test.Layout{Compressed: true, ClusterBits: 21})},
		"zstd":               {"disk": disk(media, qcow2test.Layout{Compressed: true, Zstd: true})},
		"subclusters":        {"disk": disk(media, qcow2test.Layout{Extended: true})},
		"subclusters packed": {"disk": disk(media, qcow2test.Layout{Extended: true, Compressed: true})},
		"data file":          {"disk": external, "data": data},
		"over raw":           {"disk": disk(media, qcow2test.Layout{Backing: "base", BackingFormat: "raw", Absent: odd}), "base": below(65536)},
		"over raw, not said": {"disk": disk(media, qcow2test.Layout{Backing: "base", Absent: odd}), "base": below(65536)},
		"over qcow2":         {"disk": disk(media, qcow2test.Layout{Backing: "base", BackingFormat: "qcow2", Absent: odd}), "base": disk(below(65536), qcow2test.Layout{Compressed: true})},
		"subclusters over a disk": {"disk": disk(media, qcow2test.Layout{Backing: "base", Extended: true, Absent: odd}),
			"base": disk(below(2048), qcow2test.Layout{ClusterBits: 12})},
		"three layers": {"disk": disk(media, qcow2test.Layout{Backing: "b", Absent: odd}), "b": disk(make([]byte, len(media)), qcow2test.Layout{Backing: "c"}), "c": below(65536)},
		"zeros over a disk": {"disk": disk(media, qcow2test.Layout{ClusterBits: 12, Backing: "base", Absent: never, Zeroed: zero(4096)}),
			"base": bytes.Repeat([]byte{0xee}, len(media))},
		"zero subclusters over a disk": {"disk": disk(media, qcow2test.Layout{Extended: true, Backing: "base", Absent: never, Zeroed: zero(2048)}),
			"base": bytes.Repeat([]byte{0xee}, len(media))},
		"over a shorter disk": {"disk": disk(media, qcow2test.Layout{Backing: "base", BackingFormat: "raw",
			Absent: func(unit int) bool { return zero(65536)(unit) || unit == 5 }}), "base": media[:last-65536]},
	}
}

func TestForms(t *testing.T) {
	media := imagetest.Media(mediaSize)
	for name, form := range forms(media) {
		t.Run(name, func(t *testing.T) {
			if !Detect(form["disk"], nil) {
				t.Error("not recognised")
			}
			d, err := form.open("disk")
			if err != nil {
				t.Fatal(err)
			}
			equalMedia(t, d, media)
			if problems := d.Problems(); len(problems) != 0 {
				t.Errorf("problems: %v", problems)
			}
		})
	}
}

// equalMedia reads a disk whole and in odd pieces.
func equalMedia(t *testing.T, d *Disk, media []byte) {
	t.Helper()
	if d.Size() != int64(len(media)) {
		t.Fatalf("%d bytes, want %d", d.Size(), len(media))
	}
	got := make([]byte, len(media))
	if n, err := d.ReadAt(got, 0); n != len(got) || err != nil || !bytes.Equal(got, media) {
		t.Errorf("whole: %d bytes, %v, equal %v", n, err, bytes.Equal(got, media))
	}
	for off := 0; off < len(media); off += 70_001 {
		p := make([]byte, 130_003)
		n, err := d.ReadAt(p, int64(off))
		if want := media[off:min(len(media), off+len(p))]; !bytes.Equal(p[:n], want) || (n < len(p)) != (err == io.EOF) || err != nil && err != io.EOF {
			t.Errorf("at %d: %d bytes of %d, %v, equal %v", off, n, len(want), err, bytes.Equal(p[:n], want))
		}
	}
	if n, err := d.ReadAt(got[:1], d.Size()); n != 0 || err != io.EOF {
		t.Errorf("at the end: %d, %v", n, err)
	}
}

func TestSnapshotsAreSaid(t *testing.T) {
	media := imagetest.Media(mediaSize)
	f := folder{"disk": disk(media, qcow2test.Layout{Backing: "base"}), "base": disk(make([]byte, mediaSize), qcow2test.Layout{Snapshots: 2})}
	d, err := f.open("disk")
	if err != nil {
		t.Fatal(err)
	}
	problems := d.Problems()
	if len(problems) != 1 || problems[0].Kind != artifacts.Unsupported || !strings.Contains(problems[0].Error(), "base holds 2 internal snapshots") {
		t.Errorf("problems: %v", problems)
	}
	equalMedia(t, d, media)
}

func TestRefusals(t *testing.T) {
	media := imagetest.Media(mediaSize)
	plain := disk(media, qcow2test.Layout{})
	changed := func(at int, b ...byte) folder {
		c := bytes.Clone(plain)
		copy(c[at:], b)
		return folder{"disk": c}
	}
	over := func(name, format string, base []byte) folder {
		return folder{"disk": disk(media, qcow2test.Layout{Backing: name, BackingFormat: format}), "base": base}
	}
	tests := []struct {
		name string
		folder
		kind artifacts.Kind
		text string
	}{
		{"version 1", changed(7, 1), artifacts.Unsupported, "version 1"},
		{"version 4", changed(7, 4), artifacts.Unsupported, "version 4"},
		{"AES", folder{"disk": disk(media, qcow2test.Layout{Crypt: 1})}, artifacts.Encrypted, "AES"},
		{"LUKS", folder{"disk": disk(media, qcow2test.Layout{Crypt: 2})}, artifacts.Encrypted, "LUKS"},
		{"other encryption", folder{"disk": disk(media, qcow2test.Layout{Crypt: 3})}, artifacts.Malformed, "method 3"},
		{"small clusters", changed(23, 8), artifacts.Malformed, "clusters"},
		{"huge clusters", changed(23, 62), artifacts.Malformed, "clusters"},
		{"no media", changed(24, 0, 0, 0, 0, 0, 0, 0, 0), artifacts.Malformed, "media of 0"},
		{"endless media", changed(24, 0xff), artifacts.Malformed, "media of"},
		{"huge media", changed(24, 0x0f), artifacts.Limit, "at most"},
		{"media without table", changed(27, 0xf), artifacts.Malformed, "first table of 1 entries"},
		{"huge table of huge media", changed(26, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0xff), artifacts.Truncated, "outside the file"},
		{"no table", changed(40, 0, 0, 0, 0, 0, 0, 0, 0), artifacts.Malformed, "first table"},
		{"table beside a cluster", changed(47, 8), artifacts.Malformed, "first table"},
		{"table outside", changed(40, 1), artifacts.Truncated, "first table"},
		{"feature", changed(72, 0x80), artifacts.Unsupported, "0x8000000000000000"},
		{"short header", changed(100, 0, 0, 0, 80), artifacts.Malformed, "header"},
		{"long header", changed(100, 0, 2, 0, 0), artifacts.Malformed, "header"},
		{"compression", folder{"disk": append(append(disk(media, qcow2test.Layout{Zstd: true})[:104:104], 7), plain[105:]...)}, artifacts.Unsupported, "type 7"},
		{"small subclusters", folder{"disk": disk(media, qcow2test.Layout{ClusterBits: 12, Extended: true})}, artifacts.Malformed, "subclusters"},
		{"name outside", changed(8, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 9), artifacts.Malformed, "backing"},
		{"long name", changed(8, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 9, 0), artifacts.Malformed, "backing"},
		{"extension outside", changed(112, 9, 9, 9, 9, 0xff), artifacts.Malformed, "extension"},
		{"missing backing", folder{"disk": disk(media, qcow2test.Layout{Backing: "gone.raw"})}, artifacts.Truncated, "gone.raw"},
		{"backing elsewhere", over("../base", "raw", media), artifacts.Unsupported, "beside the image"},
		{"absolute backing", over("/etc/passwd", "raw", media), artifacts.Unsupported, "beside the image"},
		{"backing by protocol", over("nbd:unix", "raw", media), artifacts.Unsupported, "beside the image"},
		{"backing as json", over(`json:{"driver":"raw"}`, "", media), artifacts.Unsupported, "beside the image"},
		{"backing format", over("base", "vmdk", media), artifacts.Unsupported, "format vmdk"},
		{"probed format", over("base", "", []byte("KDMV")), artifacts.Unsupported, "format vmdk"},
		{"encrypted backing", over("base", "", disk(media, qcow2test.Layout{Crypt: 2})), artifacts.Encrypted, "base"},
		{"own backing", over("disk", "qcow2", nil), artifacts.Malformed, "own backing"},
		{"tables of many layers", func() folder {
			f := make(folder)
			for i := range 5 { // each needs a quarter of the entries
				below := string(rune('a' + i))
				f[below] = append(disk(media, qcow2test.Layout{ClusterBits: 9, Backing: below + "x", BackingFormat: "qcow2"}), make([]byte, 2*maxL1)...)
				binary.BigEndian.PutUint64(f[below][24:], maxL1/4*64*512)
				binary.BigEndian.PutUint32(f[below][36:], maxL1/4)
			}
			return folder{"disk": f["a"], "ax": f["b"], "bx": f["c"], "cx": f["d"], "dx": f["e"]}
		}(), artifacts.Limit, "first tables"},
		{"missing data", folder{"disk": disk(media, qcow2test.Layout{DataFile: "data"})}, artifacts.Truncated, "data"},
		{"data elsewhere", folder{"disk": disk(media, qcow2test.Layout{DataFile: "/dev/sda"})}, artifacts.Unsupported, "/dev/sda"},
		{"cut header", folder{"disk": plain[:80]}, artifacts.Truncated, "header"},
		{"cut short", folder{"disk": plain[:40]}, artifacts.Truncated, "40"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := tt.folder.open("disk")
			var p *artifacts.Problem
			if !errors.As(err, &p) || p.Kind != tt.kind || !strings.Contains(p.Error(), tt.text) {
				t.Errorf("%v, want %s with %q", err, tt.kind, tt.text)
			}
		})
	}
}
