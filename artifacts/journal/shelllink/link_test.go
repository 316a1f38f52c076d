package shelllink_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"iter"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/internal/readtest"
	"hivetriage/artifacts/journal/shelllink"
	"hivetriage/artifacts/journal/shelllink/shelllinktest"
)

var (
	made     = time.Date(2026, 9, 3, 10, 20, 30, 0, time.UTC)
	modified = time.Date(2026, 11, 2, 9, 14, 22, 0, time.UTC)
	opened   = time.Date(2026, 11, 2, 9, 15, 40, 123456700, time.UTC)
	mac      = [6]byte{0x00, 0x0c, 0x29, 0xab, 0xcd, 0xef}
)

func sample() shelllinktest.Link {
	return shelllinktest.Link{
		Path: `C:\Users\bob\Desktop\sam export.reg`, Created: modified, Modified: modified, Accessed: opened, Size: 61440,
		Serial: 0x1a2b3c4d, Label: "System", Relative: `..\..\Desktop\sam export.reg`, WorkingDir: `C:\Users\bob\Desktop`,
		Machine: "ws07", Object: shelllinktest.Object(made, mac), Volume: [16]byte{1, 2, 3, 4, 5, 6, 7, 8, 9}, Store: 40,
	}
}

func read(t *testing.T, b []byte) ([]artifacts.Trace, []*artifacts.Problem) {
	t.Helper()
	return readtest.All(t, shelllink.Read(t.Context(), bytes.NewReader(b), int64(len(b))))
}

func TestRead(t *testing.T) {
	traces, errs := read(t, shelllinktest.File(sample()))
	if len(traces) != 1 || len(errs) != 0 {
		t.Fatalf("%d traces, errors %v", len(traces), errs)
	}
	got := traces[0]
	if got.Artefact != shelllink.LNK || got.Deed != artifacts.Opened || got.Host != "ws07" || got.Command != "" || got.Damaged != "" {
		t.Errorf("%+v", got)
	}
	if !slices.Equal(got.Paths, []string{`C:\Users\bob\Desktop\sam export.reg`}) {
		t.Errorf("paths %q", got.Paths)
	}
	want := []artifacts.Stamp{{Time: modified, Means: shelllink.TargetCreated}, {Time: modified, Means: shelllink.TargetModified}, {Time: opened, Means: shelllink.TargetAccessed}}
	if !slices.Equal(got.Times, want) {
		t.Errorf("times %v", got.Times)
	}
	for name, want := range map[string]string{
		"target size": "61440", "drive type": "fixed", "volume serial": "1A2B-3C4D", "volume label": "System",
		"working directory": `C:\Users\bob\Desktop`, "machine": "ws07", "MFT reference": artifacts.FileReference{Record: 1003, Sequence: 3}.String(),
		"MAC address in the object identifier": "00:0C:29:AB:CD:EF", "time in the object identifier": "2026-09-03T10:20:30Z",
		"property store not read": "48 bytes", "birth droid object": "", "droid volume": "{04030201-0605-0807-0900-000000000000}",
	} {
		if got.Detail(name) != want {
			t.Errorf("%s is %q, want %q", name, got.Detail(name), want)
		}
	}
}

func TestTargets(t *testing.T) {
	for _, test := range []struct {
		name    string
		link    shelllinktest.Link
		paths   []string
		command string
		details map[string]string
	}{
		{"share", shelllinktest.Link{Path: `\\fs01\drop\hives\SAM`, Mapped: "Z:"}, []string{`\\fs01\drop\hives\SAM`}, "", map[string]string{"share": `\\fs01\drop`, "mapped drive": "Z:"}},
		{"share, list only", shelllinktest.Link{Path: `\\fs01\drop\hives\SAM`, NoInfo: true}, []string{`\\fs01\drop\hives\SAM`}, "", nil},
		{"share itself", shelllinktest.Link{Path: `\\fs01\drop`}, []string{`\\fs01\drop`}, "", nil},
		{"program", shelllinktest.Link{Path: `C:\Windows\System32\cmd.exe`, Arguments: `/c reg save HKLM\SAM C:\p\s`}, []string{`C:\Windows\System32\cmd.exe`}, `C:\Windows\System32\cmd.exe /c reg save HKLM\SAM C:\p\s`, nil},
		{"program, blanks", shelllinktest.Link{Path: `C:\Program Files\7-Zip\7zFM.exe`, ANSI: true, Comment: "archives"}, []string{`C:\Program Files\7-Zip\7zFM.exe`}, `"C:\Program Files\7-Zip\7zFM.exe"`, map[string]string{"comment": "archives"}},
		{"environment", shelllinktest.Link{Path: `x`, Environment: `%windir%\regedit.exe`, NoList: true, NoInfo: true}, []string{`%windir%\regedit.exe`}, `%windir%\regedit.exe`, nil},
		{"list only", shelllinktest.Link{Path: `D:\Sicherung\größte Datei.hiv`, NoInfo: true}, []string{`D:\Sicherung\größte Datei.hiv`}, "", nil},
		{"desktop", shelllinktest.Link{Path: `sam.reg`, NoInfo: true}, []string{`%USERPROFILE%\Desktop\sam.reg`}, "", nil},
		{"downloads", shelllinktest.Link{Path: `{374DE290-123F-4565-9164-39C4925E467B}\sam.reg`, NoInfo: true}, []string{`%USERPROFILE%\Downloads\sam.reg`}, "", nil},
		{"removable", shelllinktest.Link{Path: `E:\sam`, Drive: 2, Label: "STICK"}, []string{`E:\sam`}, "", map[string]string{"drive type": "removable", "volume label": "STICK"}},
		{"Unicode", shelllinktest.Link{Path: `C:\Данные\größe.hiv`, NoList: true}, []string{`C:\Данные\größe.hiv`}, "", nil},
		{"Unicode on a share", shelllinktest.Link{Path: `\\fs01\drop\größe.hiv`, NoList: true}, []string{`\\fs01\drop\größe.hiv`}, "", nil},
		{"code page", shelllinktest.Link{Path: "C:\\gr\xf6\xdfe.hiv", ANSI: true, NoList: true}, []string{`C:\größe.hiv`}, "", nil},
		{"relative only", shelllinktest.Link{Relative: `.\sam`, NoList: true, NoInfo: true}, []string{`.\sam`}, "", nil},
		{"empty", shelllinktest.Link{NoList: true, NoInfo: true}, nil, "", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			traces, errs := read(t, shelllinktest.File(test.link))
			if len(traces) != 1 || len(errs) != 0 {
				t.Fatalf("%d traces, errors %v", len(traces), errs)
			}
			if got := traces[0]; !slices.Equal(got.Paths, test.paths) || got.Command != test.command {
				t.Errorf("paths %q, command %q", got.Paths, got.Command)
			}
			for name, want := range test.details {
				if got := traces[0].Detail(name); got != want {
					t.Errorf("%s is %q, want %q", name, got, want)
				}
			}
		})
	}
}

func TestItemPath(t *testing.T) {
	times := shelllinktest.Times{Created: made, Modified: modified}
	file := shelllinktest.FileItem("sam.reg", times, false, 77)
	drive := append(shelllinktest.Root("{20D04FE0-3AEA-1069-A2D8-08002B30309D}"), shelllinktest.Drive(`C:\`)...)
	delegate := func(name string) []byte {
		inner := append([]byte{0x31, 0, 0, 0, 0, 0}, shelllinktest.FAT(modified)...)
		inner = append(inner, 0x10, 0)
		inner = append(append(inner, shelllinktest.ShortName(name)...), 0, 0)
		item := append([]byte{0x74, 0, 0, 0}, "CFSF"...)
		item = append(append(item, byte(len(inner)+2), 0), inner...)
		item = append(item, make([]byte, 32)...)
		item = append(item, shelllinktest.Extension(name, times, 5, len(item)+2)...)
		return append([]byte{byte(len(item) + 2), 0}, item...)
	}
	property := append([]byte{0, 0, 0x1a, 0, 0xee, 0xbb, 0xfe, 0x23, 0, 0, 16, 0}, shelllinktest.GUID("{FDD39AD0-238F-46AF-ADB4-6C85480369C7}")...)
	property = append([]byte{byte(len(property) + 2), 0}, property...)
	for _, test := range []struct {
		name    string
		list    []byte
		path    string
		skipped int
		kind    artifacts.Kind
	}{
		{"without an end", append(slices.Clone(drive), file...), `C:\sam.reg`, 0, 0},
		{"profile", slices.Concat(shelllinktest.Root("{59031A47-3F72-44A7-89C5-5595FE6B30EE}"), delegate("My Documents Folder"), file), `%USERPROFILE%\My Documents Folder\sam.reg`, 0, 0},
		{"library", slices.Concat(shelllinktest.Root("{031E4825-7B94-4DC3-B131-E946B44C8DD5}"), property, file), `%USERPROFILE%\Documents\sam.reg`, 1, 0},
		{"unknown item inside", slices.Concat(drive, shelllinktest.Opaque(40), file), `C:\sam.reg`, 1, 0},
		{"unknown folder", slices.Concat(shelllinktest.Root("{11111111-2222-3333-4444-555555555555}"), file), `{11111111-2222-3333-4444-555555555555}\sam.reg`, 1, 0},
		{"empty", nil, "", 0, artifacts.Truncated},
		{"end only", []byte{0, 0}, "", 0, 0},
		{"too small", append(slices.Clone(drive), 2, 0), `C:\`, 0, artifacts.Malformed},
		{"cut off", append(slices.Clone(drive), file[:20]...), `C:\`, 0, artifacts.Truncated},
		{"too many", bytes.Repeat([]byte{3, 0, 0x71}, 1025), "", 1024, artifacts.Limit},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := shelllink.ItemPath(test.list)
			if got.Path != test.path || got.Skipped != test.skipped {
				t.Errorf("%+v", got)
			}
			var p *artifacts.Problem
			if errors.As(err, &p); (p == nil) != (test.kind == 0) || p != nil && p.Kind != test.kind {
				t.Errorf("error %v", err)
			}
			if strings.HasSuffix(test.path, "sam.reg") && (got.Modified != modified || got.Created != made || got.File != artifacts.FileReference{Record: 77, Sequence: 3} || got.Folder) {
				t.Errorf("%+v", got)
			}
		})
	}
}

// TestOldItems reads the layouts of Windows XP to 7, by their versions.
func TestOldItems(t *testing.T) {
	for version, head := range map[byte]int{3: 20, 7: 38, 8: 42} {
		item := append([]byte{0x32, 0, 0, 0, 0, 0}, shelllinktest.FAT(modified)...)
		item = append(item, 0x20, 0)
		item = append(item, "LONGNA~1.TXT\x00\x00"...)
		at := len(item) + 2
		block := make([]byte, head)
		block[2] = version
		copy(block[4:], []byte{4, 0, 0xef, 0xbe})
		copy(block[8:], shelllinktest.FAT(made))
		if version >= 7 {
			copy(block[20:], []byte{42, 0, 0, 0, 0, 0, 7, 0})
		}
		for _, c := range "long name.txt\x00" {
			block = append(block, byte(c), 0)
		}
		block = append(block, byte(at), 0)
		block[0] = byte(len(block))
		item = append(item, block...)
		got, err := shelllink.ItemPath(append([]byte{byte(len(item) + 2), 0}, item...))
		if err != nil || got.Path != `%USERPROFILE%\Desktop\long name.txt` || got.Created != made || got.Modified != modified {
			t.Errorf("version %d: %+v, %v", version, got, err)
		}
		if want := (artifacts.FileReference{Record: 42, Sequence: 7}); version >= 7 && got.File != want {
			t.Errorf("version %d: %v", version, got.File)
		}
	}
}

// TestCut reads a link that ends anywhere: what was read stays, and the error
// is told with its place.
func TestCut(t *testing.T) {
	whole := shelllinktest.File(sample())
	for n := range len(whole) - 4 { // the last 4 bytes say only that there is no more
		traces, errs := read(t, whole[:n])
		if n < 76 {
			if len(traces) != 0 || len(errs) != 1 {
				t.Fatalf("%d bytes: %d traces, %v", n, len(traces), errs)
			}
			continue
		}
		if len(traces) != 1 || len(traces[0].Times) != 3 {
			t.Fatalf("%d bytes: %+v", n, traces)
		}
		for _, p := range errs {
			if p.Kind != artifacts.Truncated || p.Offset < 76 || p.Offset > int64(n) {
				t.Fatalf("%d bytes: %v", n, p)
			}
		}
		if (len(errs) > 0) != (traces[0].Damaged != "") {
			t.Fatalf("%d bytes: %v, %q", n, errs, traces[0].Damaged)
		}
	}
	if traces, errs := read(t, append(whole, "payload"...)); len(errs) != 0 || traces[0].Detail("bytes behind the link") != "7" {
		t.Errorf("%v, %v", traces, errs)
	}
}

func TestDamaged(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(b []byte) []byte
		kind   artifacts.Kind
	}{
		{"no link", func(b []byte) []byte { b[4]++; return b }, artifacts.Malformed},
		{"item of one byte", func(b []byte) []byte { b[78] = 1; b[79] = 0; return b }, artifacts.Malformed},
		{"LinkInfo too small", func(b []byte) []byte { b[infoAt(b)] = 8; return b }, artifacts.Malformed},
		{"LinkInfo too large", func(b []byte) []byte { b[infoAt(b)+3] = 1; return b }, artifacts.Truncated},
		{"VolumeID outside", func(b []byte) []byte { b[infoAt(b)+14] = 9; return b }, artifacts.Malformed},
		{"VolumeID too large", func(b []byte) []byte { b[infoAt(b)+30] = 9; return b }, artifacts.Malformed},
		{"extra block too small", func(b []byte) []byte { b[len(b)-4] = 5; return b }, artifacts.Malformed},
		{"extra block too large", func(b []byte) []byte { b[len(b)-4] = 50; return append(b, 1, 2, 3, 4) }, artifacts.Truncated},
		{"tracker too small", func(b []byte) []byte {
			return append(b[:len(b)-4], 16, 0, 0, 0, 3, 0, 0, 0xa0, 0, 0, 0, 0, 0, 0, 0, 0)
		}, artifacts.Malformed},
		{"environment too small", func(b []byte) []byte { return append(b[:len(b)-4], 8, 0, 0, 0, 1, 0, 0, 0xa0) }, artifacts.Malformed},
		{"blocks without end", func(b []byte) []byte {
			return append(b[:len(b)-4], bytes.Repeat([]byte{8, 0, 0, 0, 9, 0, 0, 0xa0}, 100)...)
		}, artifacts.Malformed},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, errs := read(t, test.change(shelllinktest.File(sample())))
			if len(errs) != 1 || errs[0].Kind != test.kind {
				t.Errorf("errors %v", errs)
			}
		})
	}
}

func infoAt(b []byte) int { return 78 + int(b[76]) + int(b[77])<<8 }

// failing is a file that cannot be read.
type failing struct{}

func (failing) ReadAt([]byte, int64) (int, error) { return 0, io.ErrClosedPipe }

func TestUnreadable(t *testing.T) {
	for name, seq := range map[string]iter.Seq2[artifacts.Trace, error]{
		"link": shelllink.Read(t.Context(), failing{}, 100), "jump list": shelllink.ReadJumpList(t.Context(), failing{}, 100),
	} {
		traces, errs := readtest.All(t, seq)
		if len(traces) != 0 || len(errs) == 0 || !errors.Is(errs[0], io.ErrClosedPipe) {
			t.Errorf("%s: %v, %v", name, traces, errs)
		}
	}
}

// TestLnkinfo lets liblnk read what the builder writes and compares.
func TestLnkinfo(t *testing.T) {
	lnkinfo, err := exec.LookPath("lnkinfo")
	if err != nil {
		t.Skip("lnkinfo of liblnk-utils is not installed: the builder is not checked against it")
	}
	name := filepath.Join(t.TempDir(), "sam.lnk")
	if err := os.WriteFile(name, shelllinktest.File(sample()), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(lnkinfo, name).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, want := range []string{
		`C:\Users\bob\Desktop\sam export.reg`, "0x1a2b3c4d", "System", "ws07", "Nov 02, 2026 09:14:22.000000000 UTC",
		"Nov 02, 2026 09:15:40.123456700 UTC", "61440 bytes", "16c7ab00-a781-11f1-8001-000c29abcdef",
	} {
		if !strings.Contains(string(out), want) {
			t.Errorf("lnkinfo does not show %q", want)
		}
	}
}

// TestForeign takes the item list's name where LinkInfo has a letter of some
// code page: here of 1251, in place of "я".
func TestForeign(t *testing.T) {
	for _, path := range []string{`C:\x`, `\\fs01\drop\x`} {
		b := shelllinktest.File(shelllinktest.Link{Path: path})
		item := bytes.Replace(b, []byte("x\x00\x00\x00"), []byte{0x4f, 0x04, 0, 0}, 1) // the long name
		at := infoAt(b) + bytes.Index(b[infoAt(b):], []byte("x\x00"))
		item[at] = 0xff
		traces, errs := read(t, item)
		want := strings.TrimSuffix(path, "x") + "я"
		if len(errs) != 0 || len(traces) != 1 || !slices.Equal(traces[0].Paths, []string{want}) {
			t.Errorf("%v, %v", traces, errs)
		}
	}
}

// TestSpecification reads the example of [MS-SHLLINK] 3.1.
func TestSpecification(t *testing.T) {
	b, err := base64.StdEncoding.DecodeString(
		"TAAAAAEUAgAAAAAAwAAAAAAAAEabAAgAIAAAANDp7vIVFckB0Onu8hUVyQHQ6e7yFRXJAQAAAAAA" +
			"AAAAAQAAAAAAAAAAAAAAAAAAAL0AFAAfUOBP0CDqOmkQotgIACswMJ0ZAC9DOlwAAAAAAAAAAAAA" +
			"AAAAAAAAAAAARgAxAAAAAAAsOWmjEAB0ZXN0AAAyAAcABADvviw5ZaMsOWmjJgAAAAMeAAAAAPUe" +
			"AAAAAAAAAAAAAHQAZQBzAHQAAAAUAEgAMgAAAAAALDlpoyAAYS50eHQANAAHAAQA774sOWmjLDlp" +
			"oyYAAAAtbgAAAACWAQAAAAAAAAAAAABhAC4AdAB4AHQAAAAUAAAAPAAAABwAAAABAAAAHAAAAC0A" +
			"AAAAAAAAOwAAABEAAAADAAAAgYp6MBAAAAAAQzpcdGVzdFxhLnR4dAAABwAuAFwAYQAuAHQAeAB0" +
			"AAcAQwA6AFwAdABlAHMAdABgAAAAAwAAoFgAAAAAAAAAY2hyaXMteHBzAAAAAAAAAEB4x5RH+sdG" +
			"s1ZcLca20RXsRs17In/dEZSZABNyFodKQHjHlEf6x0azVlwtxrbRFexGzXsif90RlJkAE3IWh0oA" +
			"AAAA")
	if err != nil {
		t.Fatal(err)
	}
	l, err := shelllink.Parse(b)
	written := time.Date(2008, 9, 12, 20, 27, 17, 101e6, time.UTC)
	if err != nil || l.Length != int64(len(b)) || !l.Created.Equal(written) || !l.Modified.Equal(written) || !l.Accessed.Equal(written) {
		t.Errorf("%+v, %v", l, err)
	}
	for what, pair := range map[string][2]any{
		"local path":        {l.Local, `C:\test\a.txt`},
		"item list":         {l.Target.Path, `C:\test\a.txt`},
		"items":             {l.Target.Items, 4},
		"item's creation":   {l.Target.Created.Format(time.DateTime), "2008-09-12 20:27:18"},
		"file":              {l.Target.File, artifacts.FileReference{Record: 0x6e2d, Sequence: 0x196}},
		"serial":            {l.Serial, uint32(0x307a8a81)},
		"drive":             {l.Drive, uint32(3)},
		"relative path":     {l.Relative, `.\a.txt`},
		"working directory": {l.WorkingDir, `C:\test`},
		"machine":           {l.Tracker.Machine, "chris-xps"},
		"volume":            {l.Tracker.Volume, "{94C77840-FA47-46C7-B356-5C2DC6B6D115}"},
		"object":            {l.Tracker.Object, "{7BCD46EC-7F22-11DD-9499-00137216874A}"},
		"MAC address":       {l.Tracker.MAC, "00:13:72:16:87:4A"},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s is %v, want %v", what, pair[0], pair[1])
		}
	}
}
