package image

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/image/imagetest"
	"hivetriage/artifacts/evidence/image/vhd/vhdtest"
	"hivetriage/artifacts/evidence/image/vhdx/vhdxtest"
	"hivetriage/testdata/corpora"
)

// TestHyperVDisksOfQEMU reads what qemu-img makes of a disk with holes.
func TestHyperVDisksOfQEMU(t *testing.T) {
	media := testMedia(9<<20 + 512*7)
	clear(media[1<<20 : 4<<20])
	clear(media[6<<20 : 8<<20])
	dir := writeFiles(t, map[string][]byte{"raw": media})
	for i, tt := range []struct{ format, options string }{
		{"vpc", "subformat=fixed,force_size=on"},
		{"vpc", "subformat=dynamic,force_size=on"},
		{"vhdx", "subformat=fixed"},
		{"vhdx", "subformat=dynamic"},
		{"vhdx", "subformat=fixed,block_size=1M"},
		{"vhdx", "subformat=dynamic,block_size=1M,block_state_zero=off"},
		{"vhdx", "subformat=dynamic,block_size=256M,log_size=2M"},
	} {
		t.Run(tt.format+" "+tt.options, func(t *testing.T) {
			disk := filepath.Join(dir, fmt.Sprint("disk", i))
			imagetest.QemuImg(t, "convert", "-f", "raw", "-O", tt.format, "-o", tt.options, filepath.Join(dir, "raw"), disk)
			m, err := Open(disk)
			if err != nil {
				t.Fatal(err)
			}
			defer m.Close()
			sameBytes(t, m, bytes.NewReader(media))
			if p := m.Problems(); len(p) != 0 || m.Kind() != strings.Replace(tt.format, "vpc", "vhd", 1) {
				t.Errorf("%s, problems: %v", m.Kind(), p)
			}
		})
	}
}

// TestLargeHyperVDisksOfQEMU reads around the places where numbers of 32 bits
// end and where, in VHDX, the next sector bitmap would begin.
func TestLargeHyperVDisksOfQEMU(t *testing.T) {
	const size, piece = 9<<30 + 5*512, 8192
	path := filepath.Join(t.TempDir(), "raw")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	places := []int64{0, 2<<30 - piece/2, 4<<30 - piece/2, 5<<30 + 777*512, 8<<30 - piece/2, size - piece}
	noise := rand.NewChaCha8([32]byte{7})
	b := make([]byte, piece)
	for _, at := range places {
		noise.Read(b)
		if _, err := f.WriteAt(b, at); err != nil {
			t.Fatal(err)
		}
	}
	for format, options := range map[string]string{"vpc": "subformat=dynamic,force_size=on", "vhdx": "subformat=dynamic,block_size=1M"} {
		disk := path + "." + format
		imagetest.QemuImg(t, "convert", "-f", "raw", "-O", format, "-o", options, path, disk)
		m, err := Open(disk)
		if err != nil {
			t.Fatal(err)
		}
		if m.Size() != size {
			t.Errorf("%s: %d bytes", format, m.Size())
		}
		for _, at := range places {
			begin := max(0, at-piece)
			want, got := make([]byte, 3*piece), make([]byte, 3*piece)
			k, _ := f.ReadAt(want, begin)
			if n, err := m.ReadAt(got, begin); n != k || !bytes.Equal(got, want) {
				t.Errorf("%s: other bytes around %d: %d of %d, %v", format, at, n, k, err)
			}
		}
		m.Close()
	}
}

// TestRealVHD reads a disk that an early QEMU wrote: its footers' checksum
// leaves the identifier out. With that mended QEMU of today reads it, too.
func TestRealVHD(t *testing.T) {
	path := corpora.Path(t, "images", "image.vhd")
	m, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if m.Kind() != "vhd" || m.Size() != 104448 || len(m.Problems()) != 0 {
		t.Errorf("%s, %d bytes, problems %v", m.Kind(), m.Size(), m.Problems())
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, footer := range [][]byte{b[:512], b[len(b)-512:]} {
		var sum uint32
		clear(footer[64:68])
		for _, c := range footer {
			sum += uint32(c)
		}
		binary.BigEndian.PutUint32(footer[64:], ^sum)
	}
	dir := writeFiles(t, map[string][]byte{"mended.vhd": b})
	imagetest.QemuImg(t, "convert", "-f", "vpc", "-O", "raw", filepath.Join(dir, "mended.vhd"), filepath.Join(dir, "raw"))
	want, err := os.ReadFile(filepath.Join(dir, "raw"))
	if err != nil {
		t.Fatal(err)
	}
	sameBytes(t, m, bytes.NewReader(want))
}

// TestParentsInTheFolder opens the parents of differencing disks by their
// last name, in the folder of the child alone.
func TestParentsInTheFolder(t *testing.T) {
	base := testMedia(64 * 512)
	media := bytes.Clone(base)
	copy(media[9*512:], "a new sector")
	id, parent := [16]byte{2}, [16]byte{1}
	diff := func(name string) []byte {
		return vhdtest.Sparse(media, vhdtest.Options{ID: id, Parent: base, ParentID: parent, ParentName: name})
	}
	fixed := vhdtest.Fixed(base, parent)
	diffx := vhdxtest.Build(media, vhdxtest.Options{ID: id, Parent: base, ParentID: parent, ParentName: `..\..\base.vhdx`})
	tests := map[string]struct {
		files map[string][]byte
		want  string // segments, or what the error says
		kind  artifacts.Kind
	}{
		"beside it":      {map[string][]byte{"d": diff(`.\base.vhd`), "base.vhd": fixed}, "d base.vhd", 0},
		"another folder": {map[string][]byte{"d": diff(`..\..\base.vhd`), "base.vhd": fixed}, "d base.vhd", 0},
		"a share":        {map[string][]byte{"d": diff(`\\host\share\base.vhd`), "base.vhd": fixed}, "d base.vhd", 0},
		"another case":   {map[string][]byte{"d": diff(`BASE.vhd`), "Base.VHD": fixed}, "d Base.VHD", 0},
		"VHDX":           {map[string][]byte{"d": diffx, "base.vhdx": vhdxtest.Build(base, vhdxtest.Options{ID: parent})}, "d base.vhdx", 0},
		"not there":      {map[string][]byte{"d": diff(`.\base.vhd`), "other.vhd": fixed}, `"base.vhd", without which`, artifacts.Truncated},
		"outside":        {map[string][]byte{"d": diff(`../outside`)}, `"outside", without which`, artifacts.Truncated},
		"a device":       {map[string][]byte{"d": diff(`/dev/null`)}, `"null", without which`, artifacts.Truncated},
		"a stream":       {map[string][]byte{"d": diff(`d:hidden`)}, `is not the name of a file`, artifacts.Malformed},
		"a folder":       {map[string][]byte{"d": diff(`..`)}, `is not the name of a file`, artifacts.Malformed},
	}
	for name, tt := range tests {
		dir := filepath.Join(writeFiles(t, map[string][]byte{"outside": fixed}), "in")
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		for file, b := range tt.files {
			if err := os.WriteFile(filepath.Join(dir, file), b, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		m, err := Open(filepath.Join(dir, "d"))
		if err != nil {
			p := artifacts.Located(artifacts.Locator{}, err)
			if p.Kind != tt.kind || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		sameBytes(t, m, bytes.NewReader(media))
		if got := strings.Join(m.Segments(), " "); !strings.EqualFold(got, tt.want) {
			t.Errorf("%s: segments %s", name, got)
		}
		m.Close()
	}
}

// TestDamageIsTold reads a disk of which a block is lost: it is told once,
// however often it is met, and a disk cut into parts is one, too.
func TestDamageIsTold(t *testing.T) {
	media := testMedia(96 << 10)
	b := vhdtest.Sparse(media, vhdtest.Options{BlockSize: 32 << 10, ID: [16]byte{1}})
	dir := writeFiles(t, map[string][]byte{"whole.vhd": b, "cut.vhd": b[:len(b)-20<<10], "d.001": b[:50_000], "d.002": b[50_000:]})
	m, err := Open(filepath.Join(dir, "cut.vhd"))
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	before := len(m.Problems()) // the footer, and the lost block
	for range 3 {
		p := make([]byte, 10_000)
		if n, err := m.ReadAt(p, m.Size()-10_000); n != 0 || err == nil || err == io.EOF {
			t.Errorf("%d bytes, %v", n, err)
		}
	}
	if after := m.Problems(); before != 2 || len(after) != 3 {
		t.Errorf("%d problems, then %v", before, after)
	}
	parts, err := Open(filepath.Join(dir, "d.002"))
	if err != nil {
		t.Fatal(err)
	}
	defer parts.Close()
	sameBytes(t, parts, bytes.NewReader(media))
	if got := strings.Join(parts.Segments(), " "); parts.Kind() != "vhd" || got != "d.001 d.002" {
		t.Errorf("%s of %s", parts.Kind(), got)
	}
}
