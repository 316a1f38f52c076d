package triage

import (
	"bytes"
	"context"
	"crypto"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/eventlog/eventlogtest"
	"hivetriage/artifacts/evidence/ntfs/ntfstest"
	"hivetriage/artifacts/executable/executabletest"
	"hivetriage/artifacts/execution/prefetch/prefetchtest"
	"hivetriage/artifacts/hive/hivetest"
	"hivetriage/artifacts/journal/recyclebin/recyclebintest"
	"hivetriage/triage/coverage"
	"hivetriage/triage/program"
)

// saved is when the copy of SAM on the disks of these tests came to be.
var saved = time.Date(2026, 3, 14, 14, 7, 2, 0, time.UTC)

const (
	securityLog = "/Windows/System32/winevt/Logs/Security.evtx"
	copyPlace   = "/Users/Public/sam.hiv"
	catalogRoot = "/Windows/System32/CatRoot/{F750E6C3-38EE-11D1-85E5-00C04FC295EE}/"
)

func fileAt(path string, data []byte, at time.Time) ntfstest.File {
	times := artifacts.Times{Created: at, Modified: at, Changed: at, Accessed: at}
	return ntfstest.File{Path: path, Data: data, SI: times, FN: times}
}

// startOf is a record of a process start as Windows writes it where command
// lines are not audited, or with one.
func startOf(computer, image, line string, at time.Time) eventlogtest.Record {
	return eventlogtest.Security4688(at, computer, eventlogtest.NewProcess{
		Subject: eventlogtest.Account{SID: "S-1-5-21-1-2-3-1001", Name: "eve", Domain: "WS01", LogonID: 0x77}, PID: 4711, Image: image, CommandLine: line,
		ParentPID: 4000, ParentImage: `C:\Windows\System32\cmd.exe`})
}

func logOf(records ...eventlogtest.Record) ntfstest.File {
	for i := range records {
		records[i].RecordID = uint64(100 + i)
	}
	return fileAt(securityLog, eventlogtest.New(eventlogtest.Options{}).Add(records...).Bytes(), saved.Add(time.Hour))
}

// machineFiles are the live hives of a computer, and a copy of SAM.
func machineFiles(name string) []ntfstest.File {
	h := hivetest.Host{Name: name, SID: "S-1-5-21-1-2-3", Time: saved.Add(-time.Hour)}
	const config = "/Windows/System32/config/"
	at := saved.Add(-time.Hour)
	return []ntfstest.File{fileAt(config+"SAM", hivetest.SAM(h, hivetest.Live), at), fileAt(config+"SECURITY", hivetest.SECURITY(h, hivetest.Live), at),
		fileAt(config+"SYSTEM", hivetest.SYSTEM(h, hivetest.Live), at), fileAt(config+"SOFTWARE", hivetest.SOFTWARE(h, hivetest.Live), at),
		fileAt(copyPlace, hivetest.SAM(h, hivetest.RegSave), saved)}
}

func volumeOf(t *testing.T, files ...ntfstest.File) []byte {
	t.Helper()
	b := ntfstest.New(ntfstest.Options{Time: saved.Add(-1000 * time.Hour), Size: 12 << 20})
	for _, f := range files {
		b.Add(f)
	}
	data, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// inFolder writes the files to a folder, as unpacked evidence has them, and
// returns it.
func inFolder(t *testing.T, dir string, files ...ntfstest.File) string {
	t.Helper()
	for _, f := range files {
		path := filepath.Join(dir, filepath.FromSlash(f.Path))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, f.SI.Modified, f.SI.Modified); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// judged triages inputs; the roots are trusted beside those of Windows.
func judged(t *testing.T, roots []*executabletest.Identity, inputs ...string) *Case {
	t.Helper()
	cfg := Config{Workers: 2, Window: time.Hour, Now: func() time.Time { return saved.AddDate(0, 6, 0) }}
	for _, path := range inputs {
		cfg.Inputs = append(cfg.Inputs, Input{Path: path})
	}
	r := newRun(cfg)
	for _, root := range roots {
		r.signatures.Trust = append(r.signatures.Trust, root.Certificate)
	}
	c, err := r.triage(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func programAt(t *testing.T, c *Case, path string) program.Executable {
	t.Helper()
	i := slices.IndexFunc(c.Executables, func(e program.Executable) bool { return strings.EqualFold(e.Path, path) })
	if i < 0 {
		var all []string
		for _, e := range c.Executables {
			all = append(all, e.Path)
		}
		t.Fatalf("%s is not among the programs: %v", path, all)
	}
	return c.Executables[i]
}

const regPlace, regImage, regLine = "/Windows/System32/reg.exe", `C:\Windows\System32\reg.exe`, `reg  save HKLM\SAM C:\Users\Public\sam.hiv`

func regFile(code string) []byte {
	return executabletest.PE(executabletest.Spec{OriginalFilename: "reg.exe", FileDescription: "Registry Console Tool", CompanyName: "Nordwind", FileVersion: "1.2.3.4",
		Compiled: saved.AddDate(-1, 0, 0), Code: bytes.Repeat([]byte(code), 400)})
}

// TestProgramFiles looks at the file of the program that made a copy.
func TestProgramFiles(t *testing.T) {
	authority := executabletest.NewIdentity(executabletest.Person{Name: "Nordwind Root", Authority: true})
	signer := authority.Issue(executabletest.Person{Name: "Nordwind Tools", Organisation: "Nordwind"})
	self := executabletest.NewIdentity(executabletest.Person{Name: "Nobody"})
	plain := regFile("a")
	good := executabletest.Sign(plain, executabletest.Signing{By: signer})
	bad := bytes.Clone(good)
	bad[0x400+20] ^= 1
	list := func(by *executabletest.Identity, of []byte) []byte {
		return executabletest.Catalog(saved.AddDate(-1, 0, 0), []executabletest.Listed{{Digest: executabletest.ImageHash(of, crypto.SHA256), File: "reg.exe"}}, executabletest.Signing{By: by})
	}
	at := saved.AddDate(0, -2, 0)
	deleted, gone := fileAt(regPlace, good, at), fileAt(regPlace, good, at)
	deleted.Deleted, deleted.Data = true, append(bytes.Clone(good), make([]byte, 0)...)
	deleted.Layout.NonResident = true
	gone.Deleted, gone.Overwrite, gone.Layout.NonResident = true, 1, true
	marked := fileAt(regPlace, good, at)
	marked.Streams = []ntfstest.Stream{{Name: "Zone.Identifier", Data: []byte("[ZoneTransfer]\r\nZoneId=3\r\nReferrerUrl=https://example.org/\r\nHostUrl=https://example.org/tools.zip\r\n")}}
	for _, c := range []struct {
		name, state, signature, catalog string
		files                           []ntfstest.File
		notes                           []string
	}{
		{"signed", "live", "valid", "", []ntfstest.File{fileAt(regPlace, good, at)}, []string{"it lies where Windows' own programs do and is signed by Nordwind Tools"}},
		{"tampered", "live", "tampered", "", []ntfstest.File{fileAt(regPlace, bad, at)}, []string{"its signature does not fit"}},
		{"self-signed", "live", "self-signed", "", []ntfstest.File{fileAt(regPlace, executabletest.Sign(plain, executabletest.Signing{By: self}), at)}, []string{"its signature is not valid: self-signed"}},
		{"unsigned, no catalogs", "live", "unsigned", "", []ntfstest.File{fileAt(regPlace, plain, at)}, nil},
		{"unsigned, in a catalog", "live", "valid", catalogRoot + "nordwind.cat", []ntfstest.File{fileAt(regPlace, plain, at),
			fileAt(catalogRoot+"a.cat", list(signer, regFile("b")), at), fileAt(catalogRoot+"nordwind.cat", list(signer, plain), at)}, []string{"it lies where"}},
		{"in a catalog that nobody vouches for and in one that holds", "live", "valid", catalogRoot + "b.cat", []ntfstest.File{fileAt(regPlace, plain, at),
			fileAt(catalogRoot+"a.cat", list(self, plain), at), fileAt(catalogRoot+"b.cat", list(signer, plain), at), fileAt(catalogRoot+"c.cat", list(self, plain), at)}, []string{"it lies where"}},
		{"in no catalog", "live", "unsigned", "", []ntfstest.File{fileAt(regPlace, plain, at), fileAt(catalogRoot+"a.cat", list(signer, regFile("b")), at)},
			[]string{"it is not signed, by itself or by one of the catalogs in the evidence (1), though"}},
		{"a catalog elsewhere does not count", "live", "unsigned", "", []ntfstest.File{fileAt(regPlace, plain, at), fileAt("/Users/Public/a.cat", list(signer, plain), at)}, nil},
		{"deleted", "deleted", "valid", "", []ntfstest.File{deleted}, []string{"it lies where", "its file was deleted"}},
		{"overwritten", "overwritten", "", "", []ntfstest.File{gone}, []string{"its file was deleted"}},
		{"downloaded", "live", "valid", "", []ntfstest.File{marked}, []string{"it lies where", "it was downloaded from the Internet: https://example.org/tools.zip"}},
		{"no program", "live", "", "", []ntfstest.File{fileAt(regPlace, []byte("MZ no program"), at)}, nil},
		{"replaced since", "live", "unsigned", "", []ntfstest.File{fileAt(regPlace, plain, saved.Add(time.Hour))}, []string{"its file was written at 2026-03-14T15:07:02Z"}},
		{"not there", program.NotFound, "", "", nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := append(machineFiles("WS01"), logOf(startOf("WS01.example.org", regImage, regLine, saved.Add(-100*time.Millisecond))))
			got := judged(t, []*executabletest.Identity{authority}, onDisk(t, volumeOf(t, append(files, c.files...)...)))
			e := programAt(t, got, regImage)
			state, catalog := "", ""
			if e.Signature != nil {
				state = e.Signature.State
				if _, path, ok := strings.Cut(e.Signature.Catalog, "/"); ok {
					catalog = "/" + path
				}
			}
			if e.State != c.state || state != c.signature || catalog != c.catalog {
				t.Errorf("%s, signature %q by %q; want %s, %q by %q", e.State, state, catalog, c.state, c.signature, c.catalog)
			}
			if len(e.Notes) != len(c.notes) || !slices.EqualFunc(e.Notes, c.notes, strings.HasPrefix) {
				t.Errorf("notes %q\nwant %q", e.Notes, c.notes)
			}
			if e.Starts != 1 || len(e.Acts) != 1 || e.Host != "WS01.example.org" {
				t.Errorf("%d starts on %s in acts %v", e.Starts, e.Host, e.Acts)
			}
			if (e.State == "overwritten") != (e.Unreliable != "") {
				t.Errorf("unreliable: %q", e.Unreliable)
			}
			if c.signature != "" && (e.Original != "reg.exe" || e.Machine != "x64" || len(e.SHA256) != 64 || e.Version != "1.2.3.4" || e.Compiled.IsZero()) {
				t.Errorf("facts %+v", e)
			}
		})
	}
}

func TestBrokenCatalog(t *testing.T) {
	plain := regFile("a")
	good := executabletest.Catalog(saved, []executabletest.Listed{{Digest: executabletest.ImageHash(plain, crypto.SHA256)}},
		executabletest.Signing{By: executabletest.NewIdentity(executabletest.Person{Name: "Nobody"})})
	files := append(machineFiles("WS01"), logOf(startOf("WS01", regImage, regLine, saved.Add(-100*time.Millisecond))), fileAt(regPlace, plain, saved.AddDate(0, -1, 0)))
	for i := range 3 { // the wanted hash is in it, and its end is not
		files = append(files, fileAt(catalogRoot+string(rune('a'+i))+".cat", good[:len(good)-40-i], saved))
	}
	c := judged(t, nil, onDisk(t, volumeOf(t, files...)))
	var rows []coverage.Row
	for _, row := range c.Coverage.Sources {
		if row.What == "catalogs" {
			rows = append(rows, row)
		}
	}
	if len(rows) != 1 || rows[0].Records != 3 || rows[0].State != coverage.Failed || !strings.Contains(rows[0].Why, "3 catalogs could not be read") || !strings.Contains(rows[0].Why, "a.cat") {
		t.Errorf("rows %+v", rows)
	}
}

// TestRenamedProgram finds a renamed reg.exe by its version resource: the log
// has neither its command line nor its original name.
func TestRenamedProgram(t *testing.T) {
	const volume = `\VOLUME{01d8000000000000-1a2b3c4d}`
	ran := saved.Add(-150 * time.Millisecond)
	prefetched := func(path string) ntfstest.File {
		s := prefetchtest.Spec{Version: 30, Path: `\DEVICE\HARDDISKVOLUME3` + strings.ToUpper(path), Ran: []time.Time{saved.Add(time.Hour), ran}, Packing: prefetchtest.MAM, Hashed: true,
			Files: []prefetchtest.Loaded{{Path: volume + strings.ToUpper(path)}}}
		return fileAt("/Windows/Prefetch/"+prefetchtest.FileName(s), prefetchtest.File(s), saved.Add(time.Hour))
	}
	at := saved.AddDate(0, 0, -1)
	for _, c := range []struct {
		name, image, artefact string
		files                 []ntfstest.File
	}{
		{"in the public profile", `C:\Users\Public\dllsvc.exe`, "Renamed program", []ntfstest.File{logOf(startOf("WS01", `C:\Users\Public\dllsvc.exe`, "", ran)), fileAt("/Users/Public/dllsvc.exe", regFile("a"), at)}},
		{"in System32, among other starts", `C:\Windows\System32\dllsvc.exe`, "Renamed program", []ntfstest.File{fileAt("/Windows/System32/dllsvc.exe", regFile("a"), at), logOf(
			startOf("WS01", `C:\Windows\System32\dllsvc.exe`, "", ran.Add(-time.Hour)), startOf("WS01", `C:\Windows\System32\dllsvc.exe`, "", ran), startOf("WS01", `C:\Windows\System32\dllsvc.exe`, "", ran.Add(time.Hour)))}},
		{"by its 8.3 name", `C:\PROGRA~2\dllsvc.exe`, "Renamed program", []ntfstest.File{logOf(startOf("WS01", `C:\PROGRA~2\dllsvc.exe`, "", ran)), fileAt("/ProgramData/dllsvc.exe", regFile("a"), at)}},
		{"in Prefetch alone", volume + `\USERS\PUBLIC\DLLSVC.EXE`, "Prefetch", []ntfstest.File{prefetched(`\Users\Public\dllsvc.exe`), fileAt("/Users/Public/dllsvc.exe", regFile("a"), at)}},
		{"in the Recycle Bin", `C:\Users\Public\dllsvc.exe`, "Renamed program", []ntfstest.File{logOf(startOf("WS01", `C:\Users\Public\dllsvc.exe`, "", ran)),
			fileAt("/$Recycle.Bin/S-1-5-21-1-2-3-1001/$RABC123.exe", regFile("a"), at),
			fileAt("/$Recycle.Bin/S-1-5-21-1-2-3-1001/$IABC123.exe", recyclebintest.V2(recyclebintest.File{Path: `C:\Users\Public\dllsvc.exe`, Size: 2000, Deleted: saved.Add(time.Hour)}), saved.Add(time.Hour))}},
		{"in an alternate stream", `C:\Users\Public\a.txt:dllsvc.exe`, "Renamed program", []ntfstest.File{logOf(startOf("WS01", `C:\Users\Public\a.txt:dllsvc.exe`, "", ran)),
			{Path: "/Users/Public/a.txt", Data: []byte("text"), Streams: []ntfstest.Stream{{Name: "dllsvc.exe", Data: regFile("a")}}}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := judged(t, nil, onDisk(t, volumeOf(t, append(machineFiles("WS01"), c.files...)...)))
			e := programAt(t, got, c.image)
			if e.State != "live" || e.Original != "reg.exe" {
				t.Fatalf("%s, built as %q: %+v", e.State, e.Original, e)
			}
			var told []string
			for _, rec := range got.Records {
				if rec.Kind == "execution" && slices.Contains(got.Acts[0].Records, rec.ID) {
					told = append(told, rec.From.Artefact)
				}
			}
			if len(got.Acts) != 1 || strings.Join(told, " ") != c.artefact {
				t.Errorf("%d acts, with runs told by %q", len(got.Acts), told)
			}
		})
	}
}

// TestProgramsOfTwoHosts gives each host's program the file of that host.
func TestProgramsOfTwoHosts(t *testing.T) {
	host := func(name, code string, file bool) []ntfstest.File {
		files := append(machineFiles(name), logOf(startOf(name+".example.org", regImage, regLine, saved.Add(-100*time.Millisecond))))
		if file {
			files = append(files, fileAt(regPlace, regFile(code), saved.AddDate(0, -1, 0)))
		}
		return files
	}
	check := func(t *testing.T, c *Case, want map[string]string) {
		t.Helper()
		n := 0
		for _, e := range c.Executables {
			if e.Path != regImage {
				continue
			}
			n++
			name, _, _ := strings.Cut(e.Host, ".")
			place := ""
			if e.At != nil {
				place = filepath.Base(e.At.Source) + " " + e.At.Volume + e.At.Path
			}
			if place != want[name] {
				t.Errorf("%s: %q, want %q", name, place, want[name])
			}
			if len(e.Acts) != 1 || e.Starts != 1 {
				t.Errorf("%s: acts %v, %d starts", name, e.Acts, e.Starts)
			}
		}
		if n != len(want) {
			t.Errorf("%d programs, want %d", n, len(want))
		}
	}
	t.Run("two images", func(t *testing.T) {
		one, two := onDisk(t, volumeOf(t, host("WS01", "a", true)...)), onDisk(t, volumeOf(t, host("WS02", "b", false)...))
		renamed := filepath.Join(filepath.Dir(two), "two.raw")
		if err := os.Rename(two, renamed); err != nil {
			t.Fatal(err)
		}
		check(t, judged(t, nil, one, renamed), map[string]string{"WS01": "outer.raw ntfs" + regPlace, "WS02": ""})
	})
	t.Run("one folder of two collections", func(t *testing.T) {
		dir := t.TempDir()
		inFolder(t, filepath.Join(dir, "WS01", "C"), host("WS01", "a", true)...)
		inFolder(t, filepath.Join(dir, "WS02", "C"), host("WS02", "b", true)...)
		base := filepath.Base(dir)
		check(t, judged(t, nil, dir), map[string]string{"WS01": base + " drives/WS01/C:" + regPlace, "WS02": base + " drives/WS02/C:" + regPlace})
	})
	t.Run("a guest on its host", func(t *testing.T) {
		guest := fileAt("/vm/guest.raw", volumeOf(t, host("WS02", "b", false)...), saved)
		image := onDisk(t, volumeOfSize(t, 40<<20, append(host("WS01", "a", true), guest)...))
		check(t, judged(t, nil, image), map[string]string{"WS01": "outer.raw ntfs" + regPlace, "WS02": ""})
	})
}

func volumeOfSize(t *testing.T, size int64, files ...ntfstest.File) []byte {
	t.Helper()
	b := ntfstest.New(ntfstest.Options{Time: saved.Add(-1000 * time.Hour), Size: size})
	for _, f := range files {
		b.Add(f)
	}
	data, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return data
}
