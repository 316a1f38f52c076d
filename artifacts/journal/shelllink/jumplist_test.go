package shelllink_test

import (
	"bytes"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/internal/readtest"
	"hivetriage/artifacts/journal/shelllink"
	"hivetriage/artifacts/journal/shelllink/shelllinktest"
)

func readJumps(t *testing.T, b []byte) ([]artifacts.Trace, []*artifacts.Problem) {
	t.Helper()
	return readtest.All(t, shelllink.ReadJumpList(t.Context(), bytes.NewReader(b), int64(len(b))))
}

func entries() []shelllinktest.Entry {
	link := sample()
	return []shelllinktest.Entry{
		{Path: link.Path, Opened: opened, Count: 3, Machine: "ws07", Object: link.Object, Link: &link},
		{Path: `\\fs01\drop\system.hiv`, Opened: opened.Add(-time.Hour), Pinned: true, Count: 1, Machine: "ws07"},
		{Path: `{374DE290-123F-4565-9164-39C4925E467B}\a.7z`, NoLink: true},
	}
}

func TestAutomatic(t *testing.T) {
	for version := 1; version <= 4; version++ {
		t.Run(strconv.Itoa(version), func(t *testing.T) {
			traces, errs := readJumps(t, shelllinktest.Automatic(version, entries()...))
			if len(traces) != 3 || len(errs) != 0 {
				t.Fatalf("%d traces, errors %v", len(traces), errs)
			}
			first := traces[0]
			if first.Artefact != shelllink.JumpList || first.Deed != artifacts.Opened || first.Host != "ws07" || first.Offset != -1 || first.Entry != "DestList entry 1" {
				t.Errorf("%+v", first)
			}
			if !slices.Equal(first.Paths, []string{sample().Path}) || !first.When().Equal(opened) || first.Times[len(first.Times)-1].Means != shelllink.LastOpened || len(first.Times) != 4 {
				t.Errorf("paths %q, times %v", first.Paths, first.Times)
			}
			count := map[bool]string{true: "3 times"}[version > 1]
			if first.Detail("opened") != count || first.Detail("pinned") != "" || first.Detail("working directory") != `C:\Users\bob\Desktop` {
				t.Errorf("details %v", first.Details)
			}
			if traces[1].Detail("pinned") != "yes" || traces[1].Paths[0] != `\\fs01\drop\system.hiv` {
				t.Errorf("%+v", traces[1])
			}
			if !slices.Equal(traces[2].Paths, []string{`%USERPROFILE%\Downloads\a.7z`}) || len(traces[2].Times) != 0 {
				t.Errorf("%+v", traces[2])
			}
		})
	}
}

// TestLargeStreams reads streams that lie outside of the mini stream, and a
// FAT of more than one sector.
func TestLargeStreams(t *testing.T) {
	var all []shelllinktest.Entry
	for i := range 300 {
		link := shelllinktest.Link{Path: `C:\Data\file ` + strconv.Itoa(i), Store: 50 * i}
		all = append(all, shelllinktest.Entry{Path: link.Path, Opened: opened.Add(time.Duration(i)), Link: &link})
	}
	traces, errs := readJumps(t, shelllinktest.Automatic(4, all...))
	if len(traces) != 300 || len(errs) != 0 {
		t.Fatalf("%d traces, errors %v", len(traces), errs)
	}
	for i, got := range traces {
		store := ""
		if i > 0 {
			store = strconv.Itoa(50*i+8) + " bytes"
		}
		if !slices.Equal(got.Paths, []string{`C:\Data\file ` + strconv.Itoa(i)}) || got.Detail("property store not read") != store {
			t.Fatalf("entry %d: %+v", i, got)
		}
	}
}

func TestDamagedDestList(t *testing.T) {
	link := shelllinktest.Stream{Name: "1", Data: shelllinktest.File(sample())}
	whole := shelllinktest.DestList(3, entries()...)
	version := slices.Clone(whole)
	version[0] = 77
	more := slices.Clone(whole)
	more[4] = 9
	for _, test := range []struct {
		name    string
		streams []shelllinktest.Stream
		traces  int
		kinds   []artifacts.Kind
	}{
		{"empty", []shelllinktest.Stream{{Name: "DestList"}}, 0, nil},
		{"none", []shelllinktest.Stream{link}, 1, []artifacts.Kind{artifacts.Malformed}},
		{"link without entry", []shelllinktest.Stream{link, {Name: "DestList"}}, 1, nil},
		{"header cut off", []shelllinktest.Stream{link, {Name: "DestList", Data: whole[:20]}}, 1, []artifacts.Kind{artifacts.Truncated}},
		{"entry cut off", []shelllinktest.Stream{{Name: "DestList", Data: whole[:len(whole)-140]}}, 2, []artifacts.Kind{artifacts.Truncated}},
		{"path cut off", []shelllinktest.Stream{{Name: "DestList", Data: whole[:len(whole)-20]}}, 2, []artifacts.Kind{artifacts.Truncated}},
		{"entries missing", []shelllinktest.Stream{{Name: "DestList", Data: more}}, 3, []artifacts.Kind{artifacts.Truncated}},
		{"unknown version", []shelllinktest.Stream{link, {Name: "DestList", Data: version}}, 1, []artifacts.Kind{artifacts.Unsupported}},
		{"broken link", []shelllinktest.Stream{{Name: "1", Data: link.Data[:200]}, {Name: "DestList", Data: whole}}, 3, []artifacts.Kind{artifacts.Truncated}},
		{"no link in the stream", []shelllinktest.Stream{{Name: "7", Data: []byte("nothing")}, {Name: "DestList"}}, 0, []artifacts.Kind{artifacts.Truncated}},
	} {
		t.Run(test.name, func(t *testing.T) {
			traces, errs := readJumps(t, shelllinktest.Compound(test.streams...))
			if len(traces) != test.traces || !slices.Equal(readtest.Kinds(errs), test.kinds) {
				t.Errorf("%d traces, errors %v", len(traces), errs)
			}
		})
	}
}

func TestDamagedCompound(t *testing.T) {
	whole := shelllinktest.Automatic(4, entries()...)
	put := func(at int, v uint32) func([]byte) []byte {
		return func(b []byte) []byte { binary.LittleEndian.PutUint32(b[at:], v); return b }
	}
	for _, test := range []struct {
		name   string
		change func([]byte) []byte
		kind   artifacts.Kind
	}{
		{"header cut off", func(b []byte) []byte { return b[:300] }, artifacts.Truncated},
		{"sectors of 2 bytes", func(b []byte) []byte { b[30] = 1; return b }, artifacts.Malformed},
		{"directory outside", put(48, 4000), artifacts.Malformed},
		{"mini FAT outside", put(60, 4000), artifacts.Malformed},
		{"FAT outside", put(76, 4000), artifacts.Malformed},
		{"list of the FAT's sectors outside", put(68, 4000), artifacts.Malformed},
		{"list of the FAT's sectors in a circle", func(b []byte) []byte {
			return put(512+508, 0)(put(68, 0)(b))
		}, artifacts.Malformed},
		{"directory in a circle", func(b []byte) []byte {
			fat := (int(binary.LittleEndian.Uint32(b[76:])) + 1) * 512
			first := binary.LittleEndian.Uint32(b[48:])
			return put(fat+4*int(first), first)(b)
		}, artifacts.Malformed},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := test.change(slices.Clone(whole))
			_, errs := readJumps(t, b)
			readtest.Within(t, errs, int64(len(b)))
			if kinds := readtest.Kinds(errs); !slices.Contains(kinds, test.kind) || slices.Contains(kinds, artifacts.Kind(0)) {
				t.Errorf("errors %v", errs)
			}
		})
	}
}

func TestCustom(t *testing.T) {
	second := shelllinktest.Link{Path: `C:\Windows\System32\mstsc.exe`, Arguments: "/v:fs01"}
	whole := shelllinktest.Custom(
		shelllinktest.Category{Title: "Recent", Links: []shelllinktest.Link{sample(), {Path: `D:\x`}}},
		shelllinktest.Category{Links: []shelllinktest.Link{second}})
	traces, errs := readJumps(t, whole)
	if len(traces) != 3 || len(errs) != 0 {
		t.Fatalf("%d traces, errors %v", len(traces), errs)
	}
	for i, deed := range []artifacts.Deed{artifacts.Opened, artifacts.Opened, artifacts.Existed} {
		if traces[i].Deed != deed || !shelllink.IsLink(whole[traces[i].Offset:]) {
			t.Errorf("%+v", traces[i])
		}
	}
	if traces[2].Command != `C:\Windows\System32\mstsc.exe /v:fs01` {
		t.Errorf("command %q", traces[2].Command)
	}
	at := int(traces[1].Offset)
	for name, test := range map[string]struct {
		b      []byte
		traces int
		kinds  []artifacts.Kind
	}{
		"cut off":         {whole[:at+90], 2, []artifacts.Kind{artifacts.Truncated}},
		"damaged inside":  {append(append(slices.Clone(whole[:at+78]), 1, 0), whole[at+80:]...), 3, []artifacts.Kind{artifacts.Malformed}},
		"header is wrong": {append([]byte{9, 0, 0, 0}, whole[4:]...), 3, []artifacts.Kind{artifacts.Malformed}},
		"too short":       {whole[:6], 0, []artifacts.Kind{artifacts.Truncated}},
		"empty":           {whole[:12], 0, nil},
	} {
		traces, errs := readJumps(t, test.b)
		if len(traces) != test.traces || !slices.Equal(readtest.Kinds(errs), test.kinds) {
			t.Errorf("%s: %d traces, errors %v", name, len(traces), errs)
		}
	}
}

// TestApplicationID compares with identifiers that public lists give for these
// programs.
func TestApplicationID(t *testing.T) {
	for model, id := range map[string]string{
		"Microsoft.Windows.Explorer":                                                   "f01b4d95cf55d32a",
		`{F38BF404-1D43-42F2-9305-67DE0B28FC23}\explorer.exe`:                          "1b4dd67f29cb1962",
		"Microsoft.Windows.RemoteDesktop":                                              "1bc392b8e104a00e",
		`{1AC14E77-02E7-4E5D-B744-2EB1AE5198B7}\notepad.exe`:                           "9b9cdc69c1c24e2b",
		`{D65231B0-B2F1-4857-A4CE-A8E7C6EA7D27}\notepad.exe`:                           "918e0ecb43d17e23",
		`{1AC14E77-02E7-4E5D-B744-2EB1AE5198B7}\WindowsPowerShell\v1.0\powershell.exe`: "590aee7bdd69b59b",
		`{7C5A40EF-A0FB-4BFC-874A-C0F2E0B9FA8E}\WinRAR\WinRAR.exe`:                     "290532160612e071",
		`{7C5A40EF-A0FB-4BFC-874A-C0F2E0B9FA8E}\Notepad++\notepad++.exe`:               "e70d383b15687e37",
		"FileZilla.Client.AppID":                                                       "e107946bb682ce47",
		"Microsoft.Windows.ControlPanel":                                               "7e4dca80246863e3",
	} {
		if got := shelllink.ApplicationID(model); got != id {
			t.Errorf("%s: %s, want %s", model, got, id)
		}
	}
	for file, want := range map[string]string{
		"/Users/bob/AppData/Roaming/Microsoft/Windows/Recent/AutomaticDestinations/1BC392B8E104A00E.automaticDestinations-ms": "Remote Desktop Connection",
		`C:\x\0` + shelllink.ApplicationID(`{1AC14E77-02E7-4E5D-B744-2EB1AE5198B7}\mstsc.exe`) + ".customDestinations-ms":     "Remote Desktop Connection",
		shelllink.ApplicationID(`{F38BF404-1D43-42F2-9305-67DE0B28FC23}\regedit.exe`) + ".automaticDestinations-ms":           "Registry Editor",
		"0123456789abcdef.automaticDestinations-ms": "",
	} {
		if id, program := shelllink.Application(file); program != want || !strings.Contains(strings.ToLower(file), id) {
			t.Errorf("%s: %q, %q", file, id, program)
		}
	}
	for path, want := range map[string]bool{"/c/ABC.automaticDestinations-ms": true, "/c/a.CUSTOMDESTINATIONS-MS": true, "/c/a.lnk": false} {
		if shelllink.Named(path) != want {
			t.Errorf("Named(%q)", path)
		}
	}
}

// TestOlecfexport lets libolecf take the streams out of what the builder
// writes.
func TestOlecfexport(t *testing.T) {
	olecfexport, err := exec.LookPath("olecfexport")
	if err != nil {
		t.Skip("olecfexport of libolecf-utils is not installed: the builder is not checked against it")
	}
	dir := t.TempDir()
	name := filepath.Join(dir, "f01b4d95cf55d32a.automaticDestinations-ms")
	if err := os.WriteFile(name, shelllinktest.Automatic(4, entries()...), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(olecfexport, "-t", filepath.Join(dir, "out"), name).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	streams := map[int]int{} // by length
	err = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || path == name {
			return err
		}
		b, err := os.ReadFile(path)
		streams[len(b)]++
		return err
	})
	link := sample()
	for _, want := range []int{len(shelllinktest.File(link)), len(shelllinktest.DestList(4, entries()...))} {
		if err != nil || streams[want] != 1 {
			t.Errorf("no stream of %d bytes among %v, %v", want, streams, err)
		}
	}
}
