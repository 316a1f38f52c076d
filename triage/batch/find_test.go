package batch

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts/evidence/image/vhdx/vhdxtest"
	"hivetriage/artifacts/evidence/image/vmdk/vmdktest"
)

// The beginnings of files, by which they are known.
const (
	aZip  = "PK\x03\x04\x14\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x05\x00\x00\x00C/a.b"
	aDocx = "PK\x03\x04\x14\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x13\x00\x00\x00[Content_Types].xml"
	a7z   = "7z\xbc\xaf\x27\x1c\x00\x04"
	anE01 = "EVF\x09\r\n\xff\x00\x01\x01\x00\x00\x00"
	aLog  = "ElfFile\x00\x00\x00\x00\x00"
	aHive = "regf\x01\x00\x00\x00"
)

// aDisk begins like a volume of NTFS.
func aDisk() string {
	b := make([]byte, 512)
	copy(b[3:], "NTFS    ")
	return string(b)
}

// build writes files below a new folder. Those whose content is the same get a
// serial number, so that they are no copies of one another; a content that
// begins with "=" is written as it is.
func build(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "ROOT")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	serial := 0
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		content, exact := strings.CutPrefix(files[name], "=")
		if !exact && content != "" {
			serial++
			content += fmt.Sprintf("%512d", serial)
		}
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		at := time.Date(2026, 3, 14, 10, 0, 0, 0, time.UTC)
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// find plans the roots, which must not fail.
func find(t testing.TB, opt Options, roots ...string) *Plan {
	t.Helper()
	p, err := Find(context.Background(), roots, opt)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// itemRows are the items in short: "NAME KIND: part part > path path", the paths
// below dir.
func itemRows(p *Plan, dir string) (rows []string) {
	for _, item := range p.Items {
		row := item.Name + " " + item.Kind + ":"
		for _, part := range item.Parts {
			row += " " + part.Path
		}
		row += " >"
		for _, path := range item.Paths {
			rel, err := filepath.Rel(dir, path)
			if err != nil {
				rel = path
			}
			row += " " + filepath.ToSlash(rel)
		}
		rows = append(rows, row)
	}
	return rows
}

// leftRows are the other rows: "path: why", "!" before what could not be looked at.
func leftRows(p *Plan, dir string) (rows []string) {
	for _, l := range p.Left {
		row := strings.TrimPrefix(filepath.ToSlash(strings.TrimPrefix(l.Path, dir)), "/") + ": " + strings.ReplaceAll(l.Why, dir+string(filepath.Separator), "")
		if l.Unread {
			row = "!" + row
		}
		rows = append(rows, row)
	}
	return rows
}

// A findCase is a tree and the plan of it. A row that is left is compared up to
// the length that is wanted.
type findCase struct {
	name  string
	files map[string]string
	items []string
	left  []string
}

func (c findCase) check(t *testing.T) {
	dir := build(t, c.files)
	p := find(t, Options{}, dir)
	if got := itemRows(p, dir); !slices.Equal(got, c.items) {
		t.Errorf("%s: items\n%s\nwant\n%s", c.name, strings.Join(got, "\n"), strings.Join(c.items, "\n"))
	}
	got := leftRows(p, dir)
	fits := slices.EqualFunc(got, c.left, func(a, b string) bool { return strings.HasPrefix(a, b) })
	if !fits {
		t.Errorf("%s: left\n%s\nwant\n%s", c.name, strings.Join(got, "\n"), strings.Join(c.left, "\n"))
	}
}

func TestFindKinds(t *testing.T) {
	for _, c := range []findCase{
		{"one of each", map[string]string{"a.zip": aZip, "b.7z": a7z, "c.E01": anE01, "d.dd": aDisk(), "e/x.evtx": aLog, "f/SAM": aHive, "notes.txt": "hello", "slides.pptx": aDocx, "ram.raw": "\x00\x01", "empty.bin": ""},
			[]string{"a archive: a.zip > a.zip", "b archive: b.7z > b.7z", "c disk image: c.E01 > c.E01", "d disk image: d.dd > d.dd", "x event log: e/x.evtx > e/x.evtx", "SAM hive: f/SAM > f/SAM"},
			[]string{"empty.bin: empty", "notes.txt: text", "ram.raw: it does not begin like a disk", "slides.pptx: a document"}},
		{"named like evidence", map[string]string{"a.zip": "", "b.E01": "what", "c.vhdx": "\x00\x00"},
			[]string{"a archive by its name, empty: a.zip > a.zip", "b disk image by its name alone: b.E01 > b.E01", "c disk image by its name alone: c.vhdx > c.vhdx"}, nil},
		{"folders of hosts", map[string]string{"WS1/Windows/System32/config/SAM": aHive, "WS1/Users/x": "x", "WS1/a.zip": aZip, "WS2/C/Windows/System32/config/SAM": aHive, "WS2/2026_ConsoleLog.txt": "x",
			"WS3/uploads/auto/C%3A/x": "x", "WS3/client_info.json": "{}", "case/WS4/D/$MFT": "x", "WS1.zip": aZip},
			[]string{"WS4 folder: case/WS4 > case/WS4", "WS1 folder: WS1 > WS1", "WS1-2 archive: WS1.zip > WS1.zip", "WS2 folder: WS2 > WS2", "WS3 folder: WS3 > WS3"},
			[]string{"WS1: named like the archive WS1.zip beside it"}},
		{"drives beside other hosts", map[string]string{"C/Windows/System32/config/SAM": aHive, "D/data": "x", "WS2.zip": aZip, "sub/WS3.zip": aZip},
			[]string{"ROOT folder: C D > C D", "WS3 archive: sub/WS3.zip > sub/WS3.zip", "WS2 archive: WS2.zip > WS2.zip"}, nil},
		{"Windows beside other hosts", map[string]string{"Windows/System32/config/SAM": aHive, "WS2.zip": aZip, "sub/WS3.zip": aZip},
			[]string{"ROOT folder: ROOT > .", "WS3 archive: sub/WS3.zip > sub/WS3.zip", "WS2 archive: WS2.zip > WS2.zip"}, []string{": a folder of Windows lies in it"}},
		{"a $MFT beside other hosts", map[string]string{"case/$MFT": "FILE0\x00", "case/WS2.zip": aZip},
			[]string{"MFT file table: case/$MFT > case/$MFT", "WS2 archive: case/WS2.zip > case/WS2.zip"}, nil},
		{"loose files", map[string]string{"logs/a.evtx": aLog, "logs/b.evtx": aLog, "logs/SAM": aHive, "logs/readme.txt": "x", "z.zip": aZip},
			[]string{"logs folder of logs and artefacts: logs > logs", "z archive: z.zip > z.zip"}, []string{"logs/readme.txt: text"}},
		{"loose files beside others", map[string]string{"x/a.evtx": aLog, "x/b.evtx": aLog, "x/z.zip": aZip},
			[]string{"x loose logs and artefacts: x/a.evtx x/b.evtx > x/a.evtx x/b.evtx", "z archive: x/z.zip > x/z.zip"}, nil},
		{"folders by kind", map[string]string{"WS1/evtx/a.evtx": aLog, "WS1/evtx/b.evtx": aLog, "WS1/registry/SAM": aHive, "WS2/evtx/a.evtx": aLog, "WS2/evtx/b.evtx": aLog, "WS2/x.zip": aZip},
			[]string{"WS1 folder of logs and artefacts: WS1 > WS1", "evtx folder of logs and artefacts: WS2/evtx > WS2/evtx", "x archive: WS2/x.zip > WS2/x.zip"}, nil},
		{"beside", map[string]string{"2026-03-14T101010_WS1.zip": aZip, "2026-03-14T101010_ConsoleLog.txt": "x", "2026-03-14T101010_WS1.zip.sha256": "x", "WS2.E01": anE01, "WS2.E01.txt": "x", "WS2.md5": "x", "WS22.md5": "x"},
			[]string{"2026-03-14T101010_WS1 archive: 2026-03-14T101010_WS1.zip > 2026-03-14T101010_WS1.zip", "WS2 disk image: WS2.E01 > WS2.E01"},
			[]string{"2026-03-14T101010_ConsoleLog.txt: belongs to 2026-03-14T101010_WS1.zip", "2026-03-14T101010_WS1.zip.sha256: belongs to", "WS2.E01.txt: belongs to WS2.E01", "WS2.md5: belongs to WS2.E01", "WS22.md5: text"}},
		{"outputs of this program", map[string]string{"out/case.json": "={\n  \"schema\": \"hivetriage/case\",", "out/exports/SAM": aHive, "taken/manifest.json": "={\n  \"note\": \"These files are copies of registry hives and hold credentials: keep", "taken/e1-sam.bin": aHive, "other/case.json": "{}"},
			nil, []string{"other/case.json: text", "out: outputs of this program", "taken: outputs of this program"}},
		{"a host that claims to be outputs", map[string]string{"WS/batch.json": "={\n  \"schema\": \"hivetriage/batch\"", "WS/Windows/System32/config/SAM": aHive},
			[]string{"WS folder: WS > WS"}, nil},
	} {
		t.Run(c.name, c.check)
	}
}

func TestFindSets(t *testing.T) {
	media := make([]byte, 2<<20)
	copy(media, aDisk())
	base := vhdxtest.Build(media, vhdxtest.Options{ID: [16]byte{1}})
	child := vhdxtest.Build(media, vhdxtest.Options{ID: [16]byte{2}, Parent: media, ParentID: [16]byte{1}, ParentName: `.\base.vhdx`})
	text := vmdktest.Text{Type: "monolithicFlat", Extents: []string{`RW 4096 FLAT "vm-flat.vmdk" 0`}}.String()
	lost := vmdktest.Text{Type: "twoGbMaxExtentFlat", Extents: []string{`RW 4096 FLAT "lost-f001.vmdk" 0`, `RW 4096 FLAT "lost-f002.vmdk" 0`}}.String()
	for _, c := range []findCase{
		{"E01", map[string]string{"a.E01": anE01, "a.E02": anE01, "a.E10": "damaged", "a.EAA": anE01, "a.EXE": "MZ", "a.TXT": "report", "b.e01": anE01, "a.s01": anE01},
			[]string{"a disk image: a.E01 a.E02 a.E10 a.EAA > a.E01", "a-2 disk image: a.s01 > a.s01", "b disk image: b.e01 > b.e01"},
			[]string{"a.EXE: text", "a.TXT: belongs to a.E01"}},
		{"E01 without its first", map[string]string{"a.E02": anE01, "a.E03": anE01}, []string{"a disk image: a.E02 a.E03 > a.E02"}, nil},
		{"split raw", map[string]string{"a.001": aDisk(), "a.002": "x", "a.003": "x", "b.dd.00": aDisk(), "b.dd.01": "x", "log.001": "text", "log.002": "text", "c.2023": aDisk(), "c.2024": aDisk()},
			[]string{"a disk image: a.001 a.002 a.003 > a.001", "b disk image: b.dd.00 b.dd.01 > b.dd.00", "c disk image: c.2023 > c.2023", "c-2 disk image: c.2024 > c.2024"},
			[]string{"log.001: it does not begin", "log.002: text"}},
		{"volumes of archives", map[string]string{"a.7z.001": a7z, "a.7z.002": "x", "b.z01": "x", "b.z02": "x", "b.zip": aZip, "c.part1.rar": "Rar!\x1a\x07", "c.part2.rar": "Rar!\x1a\x07", "d.ad1": "ADSEGMENTEDFILE\x00", "d.ad2": "ADSEGMENTEDFILE\x00"},
			[]string{"a archive: a.7z.001 a.7z.002 > a.7z.001", "b archive: b.z01 b.z02 b.zip > b.zip", "c archive: c.part1.rar c.part2.rar > c.part1.rar", "d disk image: d.ad1 d.ad2 > d.ad1"}, nil},
		{"a differencing disk", map[string]string{"base.vhdx": "=" + string(base), "child.avhdx": "=" + string(child), "other.vhdx": "=" + string(base) + "x"},
			[]string{"child disk image: child.avhdx base.vhdx > child.avhdx", "other disk image: other.vhdx > other.vhdx"}, nil},
		{"a descriptor's extents", map[string]string{"vm.vmdk": "=" + text, "vm-flat.vmdk": "=" + string(media), "lost.vmdk": "=" + lost, "lost-f002.vmdk": "x"},
			[]string{"lost disk image: lost.vmdk lost-f002.vmdk > lost.vmdk", "vm disk image: vm.vmdk vm-flat.vmdk > vm.vmdk"}, nil},
	} {
		t.Run(c.name, c.check)
	}
}

func TestFindHosts(t *testing.T) {
	for _, c := range []findCase{
		{"disks of a host", map[string]string{"WS01-disk0.E01": anE01, "WS01-disk0.E02": anE01, "ws01-disk1.E01": anE01, "WS02-disk0.E01": anE01, "WS03_disk_1.dd": aDisk(), "WS03_disk_10.dd": aDisk(), "WS03_disk_2.dd": aDisk()},
			[]string{"WS01 disk images: WS01-disk0.E01 WS01-disk0.E02 ws01-disk1.E01 > WS01-disk0.E01 ws01-disk1.E01", "WS02-disk0 disk image: WS02-disk0.E01 > WS02-disk0.E01",
				"WS03 disk images: WS03_disk_1.dd WS03_disk_2.dd WS03_disk_10.dd > WS03_disk_1.dd WS03_disk_2.dd WS03_disk_10.dd"}, nil},
		{"letters", map[string]string{"WS01_C.E01": anE01, "WS01_D.E01": anE01, "WS02_D.E01": anE01, "WS02_E.E01": anE01, "WS03_C.zip": aZip, "WS03_D.zip": aZip},
			[]string{"WS01 disk images: WS01_C.E01 WS01_D.E01 > WS01_C.E01 WS01_D.E01", "WS02_D disk image: WS02_D.E01 > WS02_D.E01", "WS02_E disk image: WS02_E.E01 > WS02_E.E01",
				"WS03_C archive: WS03_C.zip > WS03_C.zip", "WS03_D archive: WS03_D.zip > WS03_D.zip"}, nil},
		{"in a folder of the host's name", map[string]string{"WS01/PhysicalDrive0.E01": anE01, "WS01/PhysicalDrive1.E01": anE01, "WS02/sda.dd": aDisk(), "WS02/sdb.dd": aDisk(), "WS02/sda.md5": "x", "mixed/sda.dd": aDisk(), "mixed/sdb.dd": aDisk(), "mixed/WS9.dd": aDisk()},
			[]string{"sda disk image: mixed/sda.dd > mixed/sda.dd", "sdb disk image: mixed/sdb.dd > mixed/sdb.dd", "WS9 disk image: mixed/WS9.dd > mixed/WS9.dd",
				"WS01 disk images: WS01/PhysicalDrive0.E01 WS01/PhysicalDrive1.E01 > WS01/PhysicalDrive0.E01 WS01/PhysicalDrive1.E01", "WS02 disk images: WS02/sda.dd WS02/sdb.dd > WS02/sda.dd WS02/sdb.dd"},
			[]string{"WS02/sda.md5: belongs to sda.dd"}},
		{"in the folder given", map[string]string{"disk1.E01": anE01, "disk2.E01": anE01},
			[]string{"disk1 disk image: disk1.E01 > disk1.E01", "disk2 disk image: disk2.E01 > disk2.E01"}, nil},
		{"the same disk twice", map[string]string{"WS01-disk0.E01": anE01, "WS01-disk0.dd": aDisk(), "WS01-disk1.E01": anE01},
			[]string{"WS01-disk0 disk image: WS01-disk0.dd > WS01-disk0.dd", "WS01-disk0-2 disk image: WS01-disk0.E01 > WS01-disk0.E01", "WS01-disk1 disk image: WS01-disk1.E01 > WS01-disk1.E01"}, nil},
		{"raw images that begin like none", map[string]string{"a.dd": "\x00\x01", "b.IMG": "\x00\x01", "c.raw": "\x00\x01", "d.dd": "text", "e.dd": ""}, nil,
			[]string{"!a.dd: it does not begin like a disk or a volume: a dump of memory, or a disk that is encrypted or damaged; give it with --image to see",
				"!b.IMG: it does not begin like a disk or a volume: a dump of memory, or a disk that is encrypted or damaged; give it with --image to see",
				"c.raw: it does not begin like a disk or a volume: a dump of memory, or a disk that is encrypted or damaged; give it with --image to see",
				"d.dd: it does not begin like a disk or a volume: a dump of memory, or a disk that is encrypted or damaged; give it with --image to see", "!e.dd: empty"}},
		{"ESXi", map[string]string{"vm.vmdk": "KDMV", "vm_1.vmdk": "KDMV", "other_1.vmdk": "KDMV", "vm2-000001.vmdk": "KDMV", "vm2_1-000002.vmdk": "KDMV"},
			[]string{"other_1 disk image: other_1.vmdk > other_1.vmdk", "vm disk images: vm.vmdk vm_1.vmdk > vm.vmdk vm_1.vmdk", "vm2 disk images: vm2-000001.vmdk vm2_1-000002.vmdk > vm2-000001.vmdk vm2_1-000002.vmdk"}, nil},
	} {
		t.Run(c.name, c.check)
	}
}
