package prefetch

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/execution/prefetch/prefetchtest"
	"hivetriage/artifacts/internal/readtest"
	"hivetriage/testdata/corpora"
)

// read returns the traces of a file and the problems, in order.
func read(t testing.TB, data []byte) ([]artifacts.Trace, []*artifacts.Problem) {
	return readtest.All(t, Read(context.Background(), bytes.NewReader(data), int64(len(data))))
}

func detail(t artifacts.Trace, name string) string {
	var all []string
	for _, d := range t.Details {
		if d.Name == name {
			all = append(all, d.Value)
		}
	}
	return strings.Join(all, " | ")
}

func TestRealFiles(t *testing.T) {
	const (
		vol10 = `\VOLUME{01d0f9a19c586134-d49d126f}`
		vol2  = `\DEVICE\HARDDISKVOLUME2`
	)
	for name, c := range map[string]struct {
		version, hash, program, fits string
		ran                          []string
		count                        int64
		paths                        int
		first, last                  string
		reference, volume            string
	}{
		"REG.EXE-4978446A.pf": {"30", "4978446A", vol10 + `\WINDOWS\SYSWOW64\REG.EXE`, `fits \DEVICE\HARDDISKVOLUME2\WINDOWS\SYSWOW64\REG.EXE`,
			[]string{"2022-10-26T01:50:38.8366914Z", "2022-10-26T01:50:38.8677495Z", "2022-10-26T01:50:38.8949453Z", "2022-10-26T01:50:38.9253334Z",
				"2022-10-26T01:50:38.9583804Z", "2022-10-26T01:50:38.9821033Z", "2022-10-26T01:50:39.0129954Z", "2022-10-26T01:50:39.0452859Z"},
			10, 21, vol10 + `\WINDOWS\SYSTEM32\NTDLL.DLL`, vol10 + `\WINDOWS\SYSWOW64\EN-US\REG.EXE.MUI`, "", vol10 + " serial D49D-126F created 2015-09-28T03:56:10.1833012Z"},
		"REG.EXE-E7E8BD26.pf": {"26", "E7E8BD26", vol2 + `\WINDOWS\SYSTEM32\REG.EXE`, `fits \DEVICE\HARDDISKVOLUME2\WINDOWS\SYSTEM32\REG.EXE`,
			[]string{"2019-12-19T00:23:06.535401Z", "2019-12-19T00:23:15.6991433Z", "2019-12-19T00:23:15.7170164Z", "2019-12-19T00:23:15.7294891Z",
				"2020-01-09T01:44:19.1690798Z", "2020-01-09T01:44:19.1771623Z", "2020-01-09T01:44:19.1877508Z", "2021-07-28T00:22:32.177531Z"},
			14, 15, vol2 + `\WINDOWS\SYSTEM32\NTDLL.DLL`, vol2 + `\WINDOWS\SYSWOW64\EN-US\REG.EXE.MUI`, "47109-1", vol2 + " serial 7ADC-E687 created 2019-12-17T04:53:01.9627282Z"},
		"REGEDIT.EXE-90FEEA06.pf": {"26", "90FEEA06", vol2 + `\WINDOWS\REGEDIT.EXE`, `fits \DEVICE\HARDDISKVOLUME2\WINDOWS\REGEDIT.EXE`,
			[]string{"2019-12-17T02:29:32.2447489Z", "2019-12-18T05:34:14.4651594Z", "2020-01-09T01:25:37.7271031Z"},
			3, 50, vol2 + `\WINDOWS\SYSTEM32\NTDLL.DLL`, vol2 + `\WINDOWS\WINSXS\AMD64_MICROSOFT-WINDOWS-F..TEMUTILITYLIBRARIES_31BF3856AD364E35_6.3.9600.17415_NONE_DAA152BEC36ACC94\ULIB.DLL`, "", vol2 + " serial 7ADC-E687 created 2019-12-17T04:53:01.9627282Z"},
		"ae8997_REGEDIT.EXE-90FEEA06.pf": {"26", "90FEEA06", vol2 + `\WINDOWS\REGEDIT.EXE`, `fits \DEVICE\HARDDISKVOLUME2\WINDOWS\REGEDIT.EXE`,
			[]string{"2016-01-16T21:36:18.718698Z"},
			1, 42, vol2 + `\WINDOWS\SYSTEM32\NTDLL.DLL`, vol2 + `\WINDOWS\SYSTEM32\BCRYPTPRIMITIVES.DLL`, "", vol2 + " serial 2E25-F20A created 2016-01-16T22:20:46.1666157Z"},
	} {
		data := corpora.Read(t, "prefetch", name)
		if !IsPrefetch(data[:512]) || !Named("/Windows/Prefetch/"+name) {
			t.Errorf("%s is not seen to be a Prefetch file", name)
		}
		traces, problems := read(t, data)
		if len(traces) != 1 || len(problems) != 0 {
			t.Fatalf("%s: %d traces, problems %v", name, len(traces), problems)
		}
		got := traces[0]
		var ran []string
		for _, s := range got.Times {
			ran = append(ran, s.Time.Format(time.RFC3339Nano))
		}
		if !slices.Equal(ran, c.ran) || got.Times[0].Means != "ran" || got.Count != c.count || got.Deed != artifacts.Ran || got.Artefact != Artefact || got.Damaged != "" {
			t.Errorf("%s: %v ran %v, %d times, damaged %q", name, got.Entry, ran, got.Count, got.Damaged)
		}
		if got.Program != c.program || detail(got, "PathHash") != c.fits || detail(got, "Version") != c.version || detail(got, "Hash") != c.hash {
			t.Errorf("%s: %q %v", name, got.Program, got.Details)
		}
		if len(got.Paths) != c.paths || got.Paths[0] != c.first || got.Paths[len(got.Paths)-1] != c.last {
			t.Errorf("%s: %d paths, %q to %q", name, len(got.Paths), got.Paths[0], got.Paths[len(got.Paths)-1])
		}
		if detail(got, "FileReference") != c.reference || detail(got, "Volume") != c.volume {
			t.Errorf("%s: reference %q, volume %q", name, detail(got, "FileReference"), detail(got, "Volume"))
		}
		if want := strings.HasPrefix(name, "ae"); Misnamed("/x/"+name, &got) != want {
			t.Errorf("%s: misnamed is not %v", name, want)
		}
	}
}

var (
	start   = time.Date(2024, 5, 6, 7, 8, 9, 1234500, time.UTC)
	created = time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC)
)

const guid = `\VOLUME{01d0f9a19c586134-d49d126f}`

// saved is the file of a reg.exe that wrote a hive.
func saved(version uint32, packing prefetchtest.Packing) prefetchtest.Spec {
	volume := guid
	if version < 30 {
		volume = `\DEVICE\HARDDISKVOLUME3`
	}
	s := prefetchtest.Spec{
		Version: version, Path: `\DEVICE\HARDDISKVOLUME3\WINDOWS\SYSTEM32\REG.EXE`, Count: 23, Packing: packing, Hashed: true,
		Files: []prefetchtest.Loaded{
			{Path: volume + `\WINDOWS\SYSTEM32\NTDLL.DLL`, Reference: 1<<48 | 77},
			{Path: volume + `\WINDOWS\SYSWOW64\REG.EXE`, Reference: 1<<48 | 78},
			{Path: volume + `\WINDOWS\SYSTEM32\REG.EXE`, Reference: 2<<48 | 79},
			{Path: volume + `\TEMP\SAM.SAV`, Reference: 9<<48 | 1234567},
		},
		Volumes: []prefetchtest.Volume{{Device: volume, Created: created, Serial: 0xD49D126F}, {Device: `\DEVICE\MUP\SRV\C$`}},
	}
	for i := range 8 {
		s.Ran = append(s.Ran, start.Add(-time.Duration(i)*time.Hour))
	}
	return s
}

func TestVersions(t *testing.T) {
	ok := 0
	for _, c := range []struct {
		version  uint32
		long     bool
		packings []prefetchtest.Packing
		times    int
	}{
		{17, false, []prefetchtest.Packing{prefetchtest.Plain}, 1},
		{23, false, []prefetchtest.Packing{prefetchtest.Plain}, 1},
		{26, false, []prefetchtest.Packing{prefetchtest.Plain, prefetchtest.MAM}, 8},
		{30, true, []prefetchtest.Packing{prefetchtest.Plain, prefetchtest.MAM, prefetchtest.Checked}, 8},
		{30, false, []prefetchtest.Packing{prefetchtest.Plain, prefetchtest.MAM, prefetchtest.Checked}, 8},
		{31, false, []prefetchtest.Packing{prefetchtest.Plain, prefetchtest.MAM, prefetchtest.Checked}, 8},
	} {
		for _, packing := range c.packings {
			name := fmt.Sprintf("version %d, long %v, packing %d", c.version, c.long, packing)
			spec := saved(c.version, packing)
			spec.Long = c.long
			data := prefetchtest.File(spec)
			if !IsPrefetch(data[:min(len(data), 512)]) {
				t.Errorf("%s: not seen to be a Prefetch file", name)
			}
			traces, problems := read(t, data)
			if len(traces) != 1 || len(problems) != 0 {
				t.Fatalf("%s: %d traces, problems %v", name, len(traces), problems)
			}
			got := traces[0]
			volume := spec.Volumes[0].Device
			if got.Entry != "REG.EXE" || got.Program != volume+`\WINDOWS\SYSTEM32\REG.EXE` || got.Count != 23 || got.Damaged != "" ||
				len(got.Times) != c.times || !got.When().Equal(start) || !got.Times[0].Time.Equal(start.Add(-time.Duration(c.times-1)*time.Hour)) {
				t.Errorf("%s: %+v", name, got)
			}
			if len(got.Paths) != 4 || got.Paths[3] != volume+`\TEMP\SAM.SAV` {
				t.Errorf("%s: paths %q", name, got.Paths)
			}
			reference, hashed, packed := "79-2", "", ""
			if c.version == 17 {
				reference = ""
			}
			if c.version >= 30 {
				hashed = spec.Path
			}
			if packing != prefetchtest.Plain {
				packed = "MAM"
			}
			if detail(got, "FileReference") != reference || detail(got, "HashString") != hashed || detail(got, "Packed") != packed ||
				detail(got, "Volume") != volume+` serial D49D-126F created 2020-01-02T03:04:05Z | \DEVICE\MUP\SRV\C$ serial 0000-0000` ||
				detail(got, "PathHash") != "fits "+spec.Path {
				t.Errorf("%s: %v", name, got.Details)
			}
			if p := "/C/Windows/Prefetch/" + prefetchtest.FileName(spec); Misnamed(p, &got) {
				t.Errorf("%s: %s is misnamed", name, p)
			}
			ok++
		}
	}
	if ok != 13 {
		t.Errorf("%d files were read", ok)
	}
}

// TestKnownHashes holds the hashes against names that Windows gave.
func TestKnownHashes(t *testing.T) {
	for _, c := range []struct {
		version uint32
		path    string
		want    uint32
	}{
		{17, `\DEVICE\HARDDISKVOLUME1\WINDOWS\NOTEPAD.EXE`, 0x189578DA},
		{26, `\DEVICE\HARDDISKVOLUME2\WINDOWS\REGEDIT.EXE`, 0x90FEEA06},
		{30, `\DEVICE\HARDDISKVOLUME3\WINDOWS\SYSTEM32\REG.EXE`, 0xA93A1343},
		{31, `\Device\HarddiskVolume3\Windows\System32\reg.exe`, 0xA93A1343},
	} {
		f := &file{data: binary.LittleEndian.AppendUint32(nil, c.version)}
		if got := f.hashOf(c.path); got != c.want {
			t.Errorf("version %d, %s: %08X, want %08X", c.version, c.path, got, c.want)
		}
	}
}

func TestPathHash(t *testing.T) {
	reg := `\DEVICE\HARDDISKVOLUME3\WINDOWS\SYSTEM32\REG.EXE`
	for name, c := range map[string]struct {
		change        func(*prefetchtest.Spec)
		program, want string
	}{
		"on another volume": {func(s *prefetchtest.Spec) { s.Path = `\DEVICE\HARDDISKVOLUME17\WINDOWS\SYSWOW64\REG.EXE` },
			guid + `\WINDOWS\SYSWOW64\REG.EXE`, `fits \DEVICE\HARDDISKVOLUME17\WINDOWS\SYSWOW64\REG.EXE`},
		"an argument /prefetch": {func(s *prefetchtest.Spec) { s.Hash = prefetchtest.Hash(31, reg) + 5 },
			guid + `\WINDOWS\SYSTEM32\REG.EXE`, "fits " + reg + " with /prefetch:5"},
		"another program's name": {func(s *prefetchtest.Spec) { s.Hash = 0xDEADBEEF; s.Hashed = false },
			"REG.EXE", "does not fit " + guid + `\WINDOWS\SYSWOW64\REG.EXE, ` + guid + `\WINDOWS\SYSTEM32\REG.EXE`},
		"not in the list": {func(s *prefetchtest.Spec) { s.Files = s.Files[:1]; s.Hashed = false },
			"REG.EXE", "not checked: the program is not in the list of files"},
		"told by the file only": {func(s *prefetchtest.Spec) { s.Files = s.Files[:1] },
			reg, "fits HashString, which is not in the list of files"},
		"a host": {func(s *prefetchtest.Spec) {
			s.Path, s.Hash = `\DEVICE\HARDDISKVOLUME3\WINDOWS\SYSTEM32\RUNDLL32.EXE`, 0x12345678
			s.Files[1].Path = guid + `\WINDOWS\SYSTEM32\RUNDLL32.EXE`
		}, guid + `\WINDOWS\SYSTEM32\RUNDLL32.EXE`, "not checked: the hash of a hosting program covers its command line"},
		"a host twice": {func(s *prefetchtest.Spec) {
			s.Path, s.Hash = `\DEVICE\HARDDISKVOLUME3\WINDOWS\SYSTEM32\RUNDLL32.EXE`, 0x12345678
			s.Files[1].Path, s.Files[2].Path = guid+`\WINDOWS\SYSTEM32\RUNDLL32.EXE`, guid+`\WINDOWS\SYSWOW64\RUNDLL32.EXE`
		}, "RUNDLL32.EXE", "not checked: the hash of a hosting program covers its command line, and 2 listed files have its name"},
		"a long name": {func(s *prefetchtest.Spec) {
			s.Path = `\DEVICE\HARDDISKVOLUME3\TOOLS\A PROGRAM OF MORE THAN 29 CHARACTERS.EXE`
			s.Files[1].Path = guid + `\TOOLS\A PROGRAM OF MORE THAN 29 CHARACTERS.EXE`
		}, guid + `\TOOLS\A PROGRAM OF MORE THAN 29 CHARACTERS.EXE`, `fits \DEVICE\HARDDISKVOLUME3\TOOLS\A PROGRAM OF MORE THAN 29 CHARACTERS.EXE`},
		"from a share": {func(s *prefetchtest.Spec) {
			s.Path = `\DEVICE\MUP\SRV\C$\REG.EXE`
			s.Files[1].Path = s.Path
		}, `\DEVICE\MUP\SRV\C$\REG.EXE`, `fits \DEVICE\MUP\SRV\C$\REG.EXE`},
		"the boot": {func(s *prefetchtest.Spec) { s.Name, s.Hash, s.Boot = "NTOSBOOT", 0xB00DFAAD, true }, "NTOSBOOT", ""},
	} {
		spec := saved(31, prefetchtest.MAM)
		c.change(&spec)
		traces, problems := read(t, prefetchtest.File(spec))
		if len(traces) != 1 || len(problems) != 0 {
			t.Fatalf("%s: %d traces, problems %v", name, len(traces), problems)
		}
		if got := traces[0]; got.Program != c.program || detail(got, "PathHash") != c.want || spec.Boot != (detail(got, "Boot") == "yes") {
			t.Errorf("%s: %q %v", name, got.Program, got.Details)
		}
	}
}

func TestNames(t *testing.T) {
	traces, _ := read(t, prefetchtest.File(saved(31, prefetchtest.Plain)))
	for name, want := range map[string]bool{
		"/Windows/Prefetch/REG.EXE-A93A1343.pf": false, "/REG.EXE-a93a1343.PF": false,
		"/CMD.EXE-A93A1343.pf": true, "/REG.EXE-A93A1344.pf": true, "/REG.EXE.pf": true, "/REG.EXE-A93A1343": true,
	} {
		if Misnamed(name, &traces[0]) != want {
			t.Errorf("%s: misnamed is not %v", name, want)
		}
	}
	boot := saved(31, prefetchtest.Plain)
	boot.Name, boot.Boot = "EXPLORER.EXE", true
	if traces, _ := read(t, prefetchtest.File(boot)); Misnamed("/Op-EXPLORER.EXE-A80E4F97-000000F5.pf", &traces[0]) {
		t.Error("a phase's file is misnamed")
	}
	if !Misnamed("/a-1.pf", &artifacts.Trace{}) {
		t.Error("a trace without a hash is named well")
	}
	for name, want := range map[string]bool{"/C/WINDOWS/prefetch/X.PF": true, "/x.pf": true, "/x.pfx": false, "/pf": false} {
		if Named(name) != want {
			t.Errorf("%s: named is not %v", name, want)
		}
	}
}
