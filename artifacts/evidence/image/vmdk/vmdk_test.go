package vmdk

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/image/imagetest"
	"hivetriage/artifacts/evidence/image/vmdk/vmdktest"
)

// A folder is a set of files by name.
type folder map[string][]byte

func (f folder) open(name string) (*Disk, error) {
	return Open(name, bytes.NewReader(f[name]), int64(len(f[name])), imagetest.Folder(f).Sibling)
}

func single(kind string, media []byte, l vmdktest.Layout) []byte {
	l.Descriptor = vmdktest.Text{Type: kind, Extents: []string{fmt.Sprintf(`RW %d SPARSE "disk.vmdk"`, len(media)/512)}}.String()
	return vmdktest.Sparse(media, l)
}

// delta is a child of disk.vmdk, which has the CID 12345678.
func delta(media []byte, l vmdktest.Layout) []byte {
	l.Descriptor = vmdktest.Text{Type: "monolithicSparse", CID: "9abcdef0", ParentCID: "12345678", Parent: `C:\VMs\win\disk.vmdk`,
		Extents: []string{fmt.Sprintf(`RW %d SPARSE "delta.vmdk"`, len(media)/512)}}.String()
	return vmdktest.Sparse(media, l)
}

// forms are a disk in every form, each with the file to open.
func forms(media []byte) map[string]struct {
	open string
	folder
} {
	half := len(media) / (128 << 10) * (64 << 10)
	type form = struct {
		open string
		folder
	}
	line := func(n int, rest string) string { return fmt.Sprintf("RW %d %s", n/512, rest) }
	text := func(kind string, lines ...string) []byte {
		return []byte(vmdktest.Text{Type: kind, Extents: lines}.String())
	}
	odd := func(g int) bool { return g%2 == 1 }
	base := make([]byte, len(media))
	for i := range base {
		if odd(i / 65536) {
			base[i] = media[i]
		} else {
			base[i] = 0xee // covered by the delta
		}
	}
	return map[string]form{
		"monolithicSparse":     {"disk.vmdk", folder{"disk.vmdk": single("monolithicSparse", media, vmdktest.Layout{})}},
		"without copies":       {"disk.vmdk", folder{"disk.vmdk": single("monolithicSparse", media, vmdktest.Layout{NoRedundant: true})}},
		"grains of 4 KiB":      {"disk.vmdk", folder{"disk.vmdk": single("monolithicSparse", media, vmdktest.Layout{GrainSectors: 8})}},
		"streamOptimized":      {"disk.vmdk", folder{"disk.vmdk": single("streamOptimized", media, vmdktest.Layout{Compressed: true})}},
		"stream with a footer": {"disk.vmdk", folder{"disk.vmdk": single("streamOptimized", media, vmdktest.Layout{Compressed: true, Footer: true})}},
		"monolithicFlat":       {"disk.vmdk", folder{"disk.vmdk": text("monolithicFlat", line(len(media), `FLAT "disk-flat.vmdk" 0`)), "disk-flat.vmdk": media}},
		"flat with an offset":  {"disk.vmdk", folder{"disk.vmdk": text("monolithicFlat", line(len(media), `FLAT "x" 3`)), "x": append(make([]byte, 3*512), media...)}},
		"vmfs":                 {"disk.vmdk", folder{"disk.vmdk": text("vmfs", line(len(media), `VMFS "/vmfs/volumes/ds/vm/disk-flat.vmdk"`)), "disk-flat.vmdk": media}},
		"twoGbMaxExtentFlat": {"disk.vmdk", folder{"disk.vmdk": text("twoGbMaxExtentFlat", line(half, `FLAT "disk-f001.vmdk" 0`), line(len(media)-half, `FLAT "disk-f002.vmdk" 0`)),
			"disk-f001.vmdk": media[:half], "disk-f002.vmdk": media[half:]}},
		"twoGbMaxExtentSparse": {"disk.vmdk", folder{"disk.vmdk": text("twoGbMaxExtentSparse", line(half, `SPARSE "disk-s001.vmdk"`), line(len(media)-half, `SPARSE "disk-s002.vmdk"`)),
			"disk-s001.vmdk": vmdktest.Sparse(media[:half], vmdktest.Layout{}), "disk-s002.vmdk": vmdktest.Sparse(media[half:], vmdktest.Layout{})}},
		"zero extent": {"disk.vmdk", folder{"disk.vmdk": text("twoGbMaxExtentFlat", line(128<<10, "ZERO"), line(len(media)-128<<10, `FLAT "rest.vmdk" 0`)), "rest.vmdk": media[128<<10:]}},
		"vmfsSparse":  {"disk.vmdk", folder{"disk.vmdk": text("vmfsSparse", line(len(media), `VMFSSPARSE "disk-delta.vmdk"`)), "disk-delta.vmdk": vmdktest.COWD(media, 1, nil)}},
		"delta": {"delta.vmdk", folder{"disk.vmdk": single("monolithicSparse", base, vmdktest.Layout{}),
			"delta.vmdk": delta(media, vmdktest.Layout{Absent: odd})}},
		"zeroed grains over a parent": {"delta.vmdk", folder{"disk.vmdk": text("monolithicFlat", line(len(media), `FLAT "disk-flat.vmdk" 0`)), "disk-flat.vmdk": bytes.Repeat([]byte{0xee}, len(media)),
			"delta.vmdk": delta(media, vmdktest.Layout{GrainSectors: 8, Absent: func(int) bool { return false }, Zeroed: func(g int) bool {
				return len(bytes.Trim(media[g*4096:min(len(media), g*4096+4096)], "\x00")) == 0
			}})}},
	}
}

const mediaSize = 700<<10 + 3*512

func TestForms(t *testing.T) {
	media := imagetest.Media(mediaSize)
	for name, form := range forms(media) {
		t.Run(name, func(t *testing.T) {
			if !Detect(form.folder[form.open], nil) {
				t.Error("not recognised")
			}
			d, err := form.folder.open(form.open)
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

// TestUnallocatedGrainsAreZeros pins a trap: a reader that takes entry 0 for
// the offset 0 returns the header there.
func TestUnallocatedGrainsAreZeros(t *testing.T) {
	media := imagetest.Media(mediaSize)
	d, err := folder{"disk.vmdk": single("monolithicSparse", media, vmdktest.Layout{})}.open("disk.vmdk")
	if err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 64<<10)
	if _, err := d.ReadAt(got, 0); err != nil || len(bytes.Trim(got, "\x00")) != 0 {
		t.Errorf("%v, begins %q", err, got[:4])
	}
}

// wide is an extent of so many grain tables, none of them written.
func wide(tables int) []byte {
	b := vmdktest.Sparse(make([]byte, 512), vmdktest.Layout{GrainSectors: 1, NoRedundant: true})
	binary.LittleEndian.PutUint64(b[12:], uint64(tables)*512)
	binary.LittleEndian.PutUint64(b[56:], uint64(len(b)/512))
	return append(b, make([]byte, 4*tables)...)
}

// TestMemoryOfManyExtents opens a disk whose extents have larger directories
// together than one may have: those beyond the limit are lost.
func TestMemoryOfManyExtents(t *testing.T) {
	text := vmdktest.Text{Type: "twoGbMaxExtentSparse", Extents: slices.Repeat([]string{`RW 8 SPARSE "x"`}, 9)}
	d, err := folder{"a.vmdk": []byte(text.String()), "x": wide(maxDirectory / 8)}.open("a.vmdk")
	if err != nil {
		t.Fatal(err)
	}
	problems := d.Problems()
	if len(problems) != 1 || problems[0].Kind != artifacts.Limit || problems[0].Offset != 8*8*512 {
		t.Errorf("problems: %v", problems)
	}
}

func TestRefusals(t *testing.T) {
	media := imagetest.Media(mediaSize)
	lines := func(l ...string) []byte {
		return []byte(vmdktest.Text{Type: "custom", Extents: l}.String())
	}
	text := func(text vmdktest.Text) []byte { return []byte(text.String()) }
	sparse := single("monolithicSparse", media, vmdktest.Layout{})
	changed := func(at int, b ...byte) []byte {
		c := bytes.Clone(sparse)
		copy(c[at:], b)
		return c
	}
	whole := fmt.Sprintf(`RW %d SPARSE "disk.vmdk"`, mediaSize/512)
	tests := []struct {
		name string
		folder
		kind artifacts.Kind
		text string
	}{
		{"a part alone", folder{"a.vmdk": vmdktest.Sparse(media, vmdktest.Layout{})}, artifacts.Unsupported, "text file beside it"},
		{"cowd alone", folder{"a.vmdk": vmdktest.COWD(media, 1, nil)}, artifacts.Unsupported, "text file beside it"},
		{"sesparse alone", folder{"a.vmdk": append([]byte(seSparseMagic), media...)}, artifacts.Unsupported, "text file beside it"},
		{"sesparse", folder{"a.vmdk": lines(`RW 8 SESPARSE "x"`)}, artifacts.Unsupported, "vmkfstools"},
		{"raw device mapping", folder{"a.vmdk": lines(`RW 8 VMFSRDM "x"`)}, artifacts.Unsupported, "device"},
		{"device", folder{"a.vmdk": lines(`RW 8 FLAT "\\.\PhysicalDrive0" 0`)}, artifacts.Unsupported, "device"},
		{"unknown kind", folder{"a.vmdk": lines(`RW 8 ODD "x"`)}, artifacts.Unsupported, "ODD"},
		{"missing", folder{"a.vmdk": lines(`RW 8 FLAT "x" 0`)}, artifacts.Truncated, "x"},
		{"all missing", folder{"a.vmdk": lines(`RW 8 FLAT "x" 0`, `RW 8 FLAT "y" 0`)}, artifacts.Truncated, "none of its 2"},
		{"no extents", folder{"a.vmdk": lines()}, artifacts.Malformed, "no extents"},
		{"encrypted", folder{"a.vmdk": lines("RW 8 ZERO\nencryption.keySafe = \"x\"")}, artifacts.Encrypted, "encrypted"},
		{"no name", folder{"a.vmdk": lines("RW 8 FLAT")}, artifacts.Malformed, "extent line"},
		{"no size", folder{"a.vmdk": lines(`RW -8 FLAT "x"`)}, artifacts.Malformed, "extent line"},
		{"no number", folder{"a.vmdk": lines(`RW x FLAT "x"`)}, artifacts.Malformed, "extent line"},
		{"bad offset", folder{"a.vmdk": lines(`RW 8 FLAT "x" -1`)}, artifacts.Malformed, "extent line"},
		{"too many extents", folder{"a.vmdk": lines(strings.Repeat("RW 8 ZERO\n", maxExtents+1))}, artifacts.Limit, "extents"},
		{"a long descriptor", folder{"a.vmdk": append(lines("RW 8 ZERO"), make([]byte, maxDescriptor)...)}, artifacts.Limit, "descriptor"},
		{"extent of another disk", folder{"a.vmdk": lines(`RW 9999 SPARSE "x"`), "x": vmdktest.Sparse(media, vmdktest.Layout{})}, artifacts.Malformed, "another disk"},
		{"an extent that is none", folder{"a.vmdk": lines(`RW 8 SPARSE "x"`), "x": media}, artifacts.Malformed, "no sparse extent"},
		{"missing parent", folder{"a.vmdk": delta(media, vmdktest.Layout{})}, artifacts.Truncated, `C:\\VMs\\win\\disk.vmdk`},
		{"changed parent", folder{"a.vmdk": delta(media, vmdktest.Layout{}),
			"disk.vmdk": vmdktest.Sparse(media, vmdktest.Layout{Descriptor: vmdktest.Text{CID: "12345679", Extents: []string{whole}}.String()})}, artifacts.Malformed, "12345679"},
		{"nameless parent", folder{"a.vmdk": text(vmdktest.Text{ParentCID: "1", Extents: []string{"RW 8 ZERO"}})}, artifacts.Malformed, "does not name its parent"},
		{"own parent", folder{"a.vmdk": text(vmdktest.Text{ParentCID: "1", Parent: "A.vmdk", Extents: []string{"RW 8 ZERO"}}), "A.vmdk": nil}, artifacts.Malformed, "own parent"},
		{"copied as text", folder{"a.vmdk": changed(73, '\n', ' ', '\n', '\n')}, artifacts.Malformed, "as text"},
		{"version", folder{"a.vmdk": changed(4, 9)}, artifacts.Unsupported, "version 9"},
		{"no capacity", folder{"a.vmdk": changed(12, 0, 0, 0, 0)}, artifacts.Malformed, "capacity"},
		{"huge", folder{"a.vmdk": changed(12, 0, 0, 0, 0, 0, 0, 0, 0x80)}, artifacts.Malformed, "capacity"},
		{"many tables", folder{"a.vmdk": changed(12, 0, 0, 0, 0, 0, 1)}, artifacts.Limit, "directories"},
		{"large for its file", folder{"a.vmdk": changed(12, 0, 0, 0, 0, 4)}, artifacts.Truncated, "directory"},
		{"odd grains", folder{"a.vmdk": changed(20, 3)}, artifacts.Malformed, "grains"},
		{"huge grains", folder{"a.vmdk": changed(20, 0, 0, 0, 1)}, artifacts.Malformed, "grains"},
		{"huge tables", folder{"a.vmdk": changed(44, 0, 0, 1)}, artifacts.Malformed, "tables"},
		{"descriptor outside", folder{"a.vmdk": changed(28, 0, 0, 0, 1)}, artifacts.Malformed, "descriptor"},
		{"compression", folder{"a.vmdk": changed(77, 1)}, artifacts.Malformed, "compressed"},
		{"other compression", folder{"a.vmdk": changed(10, 3, 0)}, artifacts.Unsupported, "compressed"},
		{"no footer", folder{"a.vmdk": changed(56, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)}, artifacts.Truncated, "footer"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := tt.folder.open("a.vmdk")
			var p *artifacts.Problem
			if !errors.As(err, &p) || p.Kind != tt.kind || !strings.Contains(p.Error(), tt.text) {
				t.Errorf("%v, want %s with %q", err, tt.kind, tt.text)
			}
		})
	}
}
