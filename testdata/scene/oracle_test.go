package scene

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"hivetriage/artifacts/hive/hivetest"
)

const image = "../workstation.E01"

// run runs an independent program, or skips the test if it is not installed.
func run(t *testing.T, name string, args ...string) []byte {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Skipf("%s is not installed: nothing to compare with", name)
	}
	var stderr bytes.Buffer
	cmd := exec.Command(name, args...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, stderr.Bytes())
	}
	return out
}

func write(t *testing.T, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// sectorOffset is where the volume starts, for The Sleuth Kit.
var sectorOffset = fmt.Sprint(volumeOffset / 512)

// listed runs fls and returns the address of each path, "path:stream" for
// named streams. Deleted files are in it too.
func listed(t *testing.T, raw string) map[string]string {
	t.Helper()
	out := make(map[string]string)
	for line := range strings.Lines(string(run(t, "fls", "-o", sectorOffset, "-r", "-p", raw))) {
		kind, path, ok := strings.Cut(strings.TrimSpace(line), ":\t")
		fields := strings.Fields(kind)
		if !ok || len(fields) < 2 {
			t.Fatalf("fls: %q", line)
		}
		path, _, _ = strings.Cut(path, "\t")
		out["/"+path] = fields[len(fields)-1]
	}
	return out
}

func TestCommittedImage(t *testing.T) {
	want, err := os.ReadFile(image)
	if err != nil {
		t.Fatal(err)
	}
	if len(want) > 3<<20 {
		t.Errorf("the image has %d bytes: it is to stay under 3 MB", len(want))
	}
	paths, err := Workstation().WriteE01(filepath.Join(t.TempDir(), "workstation"), 0)
	if err != nil {
		t.Fatal(err)
	}
	if len(paths) != 1 {
		t.Fatalf("%d segments", len(paths))
	}
	got, err := os.ReadFile(paths[0])
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("testdata/workstation.E01 is not what go generate writes: %d and %d bytes", len(want), len(got))
	}
}

func TestImageInLibewf(t *testing.T) {
	out := run(t, "ewfverify", "-q", image)
	if !bytes.Contains(out, []byte("SUCCESS")) {
		t.Errorf("ewfverify: %s", out)
	}
	target := filepath.Join(t.TempDir(), "raw")
	run(t, "ewfexport", "-q", "-u", "-f", "raw", "-t", target, image)
	got, err := os.ReadFile(target + ".raw")
	if errors.Is(err, fs.ErrNotExist) {
		got, err = os.ReadFile(target)
	}
	if err != nil {
		t.Fatal(err)
	}
	want, err := Workstation().Raw()
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("ewfexport gives %d bytes that are not the %d of the disk", len(got), len(want))
	}
}

func TestDiskInSleuthkit(t *testing.T) {
	m := Workstation()
	disk, err := m.Raw()
	if err != nil {
		t.Fatal(err)
	}
	raw := write(t, "disk.raw", disk)
	if table := string(run(t, "mmls", raw)); !strings.Contains(table, "Basic data partition") && !strings.Contains(table, "0000002048") {
		t.Errorf("mmls: %s", table)
	}
	at := listed(t, raw)
	for path, want := range map[string][]byte{
		samExport:                      hivetest.SAM(taken, hivetest.RegSave),
		systemExport:                   hivetest.SYSTEM(larger(taken), hivetest.RegSave),
		securityExport:                 hivetest.SECURITY(taken, hivetest.RegSave),
		streamHost + ":sam":            hivetest.SAM(taken, hivetest.RegSave),
		"/Windows/System32/config/SAM": hivetest.SAM(changed, hivetest.Live),
		logPath("Security"):            m.story.log("Security"),
	} {
		address, ok := at[path]
		if !ok {
			t.Errorf("fls does not list %s", path)
			continue
		}
		if got := run(t, "icat", "-o", sectorOffset, raw, address); !bytes.Equal(got, want) {
			t.Errorf("icat %s (%s): %d bytes that are not the %d planted", address, path, len(got), len(want))
		}
	}
}

func TestLogsInEvtxexport(t *testing.T) {
	m := Workstation()
	for channel := range m.story {
		t.Run(channel, func(t *testing.T) {
			out := run(t, "evtxexport", "-f", "xml", write(t, "log.evtx", m.story.log(channel)))
			records := m.Records(channel)
			if n := bytes.Count(out, []byte("<Event ")); n != len(records) {
				t.Fatalf("%d events, want %d", n, len(records))
			}
			for _, r := range records {
				if !bytes.Contains(out, fmt.Appendf(nil, "<EventRecordID>%d</EventRecordID>", r.RecordID)) {
					t.Errorf("record %d is not there", r.RecordID)
				}
			}
		})
	}
}

func TestHivesInOtherReaders(t *testing.T) {
	n := 0
	for _, f := range append(hives(), spoils()...) {
		streams := [][]byte{f.Data}
		for _, s := range f.Streams {
			streams = append(streams, s.Data)
		}
		for _, data := range streams {
			// Not the transaction logs.
			if !bytes.HasPrefix(data, []byte("regf")) || data[28] != 0 {
				continue
			}
			n++
			name := write(t, "hive", data)
			if out := run(t, "hivexml", name); !bytes.Contains(out, []byte("<node ")) {
				t.Errorf("%s: hivexml: %.200s", f.Path, out)
			}
			if out := run(t, "reglookup", name); !bytes.Contains(out, []byte("/")) {
				t.Errorf("%s: reglookup: %.200s", f.Path, out)
			}
		}
	}
	if n != 22 {
		t.Errorf("%d hives, want 22", n)
	}
}

func TestLargeInSleuthkit(t *testing.T) {
	raw := filepath.Join(t.TempDir(), "large.raw")
	f, err := os.Create(raw)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	manifest, err := WriteLarge(f, LargeOptions{Files: 1500})
	if err != nil {
		t.Fatal(err)
	}
	if len(manifest.Exports) != 15 || len(manifest.Decoys) < 20 {
		t.Errorf("%d exports and %d decoys", len(manifest.Exports), len(manifest.Decoys))
	}
	if info, err := f.Stat(); err != nil || info.Size() != manifest.Size {
		t.Errorf("the disk is %v, want %d bytes (%v)", info.Size(), manifest.Size, err)
	}
	at := listed(t, raw)
	for _, e := range manifest.Exports {
		path := e.Path
		if e.Stream != "" {
			path += ":" + e.Stream
		}
		address, ok := at[path]
		if !ok {
			t.Errorf("fls does not list %s (%s)", path, e.How)
			continue
		}
		got := sha256.Sum256(run(t, "icat", "-o", sectorOffset, raw, address))
		if hex.EncodeToString(got[:]) != e.SHA256 {
			t.Errorf("icat %s (%s, %s) does not give what was planted", address, path, e.How)
		}
		if !strings.HasPrefix(address, fmt.Sprint(e.Record)+"-") {
			t.Errorf("%s is at %s, the manifest says record %d", path, address, e.Record)
		}
	}
	for _, path := range manifest.Decoys {
		if at[path] == "" {
			t.Errorf("fls does not list the decoy %s", path)
		}
	}
}

func TestDamagedInLibewf(t *testing.T) {
	if _, err := exec.LookPath("ewfverify"); err != nil {
		t.Skip("ewfverify is not installed: nothing to compare with")
	}
	for _, d := range Damages {
		t.Run(string(d), func(t *testing.T) {
			paths, err := WriteDamaged(filepath.Join(t.TempDir(), "disk"), d)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range paths {
				if _, err := os.Stat(p); err != nil {
					t.Error(err)
				}
			}
			if out, err := exec.Command("ewfverify", append([]string{"-q"}, paths...)...).CombinedOutput(); err == nil {
				t.Errorf("ewfverify accepts it: %s", out)
			}
		})
	}
}

func TestLogForBenchmarks(t *testing.T) {
	for every, want := range map[int]int{0: 0, 3: 1} {
		t.Run(fmt.Sprint(every), func(t *testing.T) {
			f, err := os.Create(filepath.Join(t.TempDir(), "log.evtx"))
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			n, err := WriteLog(f, LogOptions{Size: 300 << 10, Every: every})
			if err != nil {
				t.Fatal(err)
			}
			out := run(t, "evtxexport", "-f", "xml", f.Name())
			if got := bytes.Count(out, []byte("<Event ")); got != n {
				t.Errorf("evtxexport reads %d of %d records", got, n)
			}
			creations := bytes.Count(out, []byte("<EventID>4688<"))
			if want == 0 && creations != 0 || want == 1 && creations != (n+every-1)/every {
				t.Errorf("%d process creations in %d records", creations, n)
			}
		})
	}
}
