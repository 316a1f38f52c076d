package registry_test

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"

	"hivetriage/artifacts"
	"hivetriage/artifacts/execution/registry"
	"hivetriage/artifacts/hive"
	"hivetriage/testdata/corpora"
)

func browse(t testing.TB, name string) hive.Node {
	t.Helper()
	b := corpora.Read(t, "hives", name)
	browser, err := hive.Browse(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := browser.Err(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	})
	return browser.Root()
}

func all(t testing.TB, seq traces, want int) []artifacts.Trace {
	t.Helper()
	all, errs := collect(t, seq)
	if len(all) != want || len(errs) != 0 {
		t.Fatalf("%d traces, want %d; %v", len(all), want, errs)
	}
	return all
}

func having(t *testing.T, all []artifacts.Trace, program string) artifacts.Trace {
	t.Helper()
	for _, trace := range all {
		if trace.Program == program {
			return trace
		}
	}
	t.Fatalf("there is no %s", program)
	return artifacts.Trace{}
}

// TestRealAmcache: Windows 10 1809; 85 subkeys by reglookup.
func TestRealAmcache(t *testing.T) {
	files := all(t, registry.Amcache(browse(t, "velociraptor_Amcache.hve")), 85)
	hashed := 0
	for _, f := range files {
		if len(f.Detail("SHA1")) == 40 && len(f.Times) == 1 && f.Program != "" && f.Detail("Size") != "" {
			hashed++
		}
	}
	if hashed != 85 {
		t.Errorf("%d have everything", hashed)
	}
	cmd := having(t, files, `c:\windows\system32\cmd.exe`)
	check(t, cmd, map[string]string{"deed": "existed", "SHA1": "08cc2e8dca652bdda1acca9c446560d4bc1bcdf9", "Size": "278528",
		"LinkDate": "11/20/1975 20:18:58", "Publisher": "microsoft corporation", "ProductName": "microsoft® windows® operating system",
		"SHA1Covers": "the first 31457280 bytes, which is the whole file"})
	if got := cmd.When().Format("2006-01-02 15:04:05"); got != "2019-03-02 08:10:35" {
		t.Errorf("inventoried %s", got)
	}
	// 73 MB: the hash is not that of the file.
	check(t, having(t, files, `c:\windows\softwaredistribution\download\install\am_base.exe`), map[string]string{"SHA1Covers": "the first 31457280 bytes", "Size": "73585544"})
}

// TestRealShimCache: Windows 8.1, a value in segments; entries and flags were
// counted with a walk over what hivexget gives.
func TestRealShimCache(t *testing.T) {
	cache := all(t, registry.ShimCache(browse(t, "regipy_SYSTEM_2")), 112)
	ran := 0
	for _, c := range cache {
		if c.Deed == artifacts.Ran {
			ran++
		}
	}
	if ran != 57 {
		t.Errorf("%d have the flag", ran)
	}
	check(t, cache[0], map[string]string{"deed": "ran", "program": `SYSVOL\Windows\System32\rundll32.exe`, "InsertionFlags": "0xf3", "times": "file modified 2013-08-22T11:03:41.8766734"})
	check(t, cache[17], map[string]string{"deed": "ran", "program": `SYSVOL\Program Files\Windows Defender\NisSrv.exe`, "InsertionFlags": "0x2", "times": "file modified 2013-08-22T12:32:01.0115625"})
	check(t, cache[111], map[string]string{"deed": "existed", "program": `SYSVOL\Windows\System32\dpnsvr.exe`, "InsertionFlags": "0xf1", "times": "file modified 2013-08-22T11:33:50.9988697"})
}

// TestRealSystem: what else the hive tells: counted with reglookup where it is
// installed.
func TestRealSystem(t *testing.T) {
	n := browse(t, "regipy_SYSTEM_2")
	services := all(t, registry.Services(n), 426)
	libraries, failures := 0, 0
	for _, s := range services {
		if s.Detail("ServiceDll") != "" {
			libraries++
		}
		if s.Detail("Kind") == "command on failure" {
			failures++
		}
	}
	if libraries != 144 || failures != 3 {
		t.Errorf("%d have a library, %d are commands on failure", libraries, failures)
	}
	remote := having(t, services, "RemoteRegistry")
	check(t, remote, map[string]string{"deed": "planned", "command": `%SystemRoot%\system32\svchost.exe -k localService`, "Kind": "share process",
		"Start": "disabled", "ObjectName": `NT AUTHORITY\LocalService`, "ServiceDll": `%SystemRoot%\system32\regsvc.dll`})
	if got := remote.When().Format("2006-01-02 15:04:05"); got != "2013-08-22 15:37:10" {
		t.Errorf("written %s", got)
	}
	mounts := all(t, registry.Mounts(n), 5)
	check(t, mounts[0], map[string]string{"paths": "C:", "DiskSignature": "273E4CFE", "PartitionOffset": "368050176"})
	check(t, mounts[4], map[string]string{"paths": "D:", "Device": `\??\SCSI#CdRom&Ven_VBOX&Prod_CD-ROM#4&8f5d389&0&010000#{53f5630d-b6bf-11d0-94f2-00a0c91efb8b}`})
	all(t, registry.USB(n), 0)
	all(t, registry.Shares(n), 0)
	all(t, registry.BAM(n), 0)
}

// TestReglookup: the services that another reader finds.
func TestReglookup(t *testing.T) {
	tool, err := exec.LookPath("reglookup")
	if err != nil {
		t.Skip("reglookup is not installed")
	}
	out, err := exec.Command(tool, "-p", "ControlSet001/Services", corpora.Path(t, "hives", "regipy_SYSTEM_2")).Output()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{}
	for line := range strings.Lines(string(out)) {
		path, _, _ := strings.Cut(line, ",")
		if p := strings.Split(path, "/"); len(p) == 5 && (p[4] == "ImagePath" || p[4] == "Type") {
			want[strings.NewReplacer("%20", " ", "%2C", ",", "%2F", "/").Replace(p[3])] = true
		}
	}
	got := map[string]bool{}
	for trace := range registry.Services(browse(t, "regipy_SYSTEM_2")) {
		got[trace.Program] = true
		if !want[trace.Program] {
			t.Errorf("reglookup has no %s", trace.Program)
		}
	}
	if len(want) != 423 || len(got) != len(want) {
		t.Errorf("%d services, reglookup has %d", len(got), len(want))
	}
}

func TestRealRunKeys(t *testing.T) {
	// The hive's root is the key Software.
	run := all(t, registry.RunKeys(browse(t, "ntuser_software_partial"), ""), 5)
	check(t, run[0], map[string]string{"command": `"C:\Users\tony\AppData\Local\Microsoft\OneDrive\OneDrive.exe" /background`, "entry": `Microsoft\Windows\CurrentVersion\Run\OneDrive`})
	run = all(t, registry.RunKeys(browse(t, "regparser_NTUSER.DAT"), "Software"), 1)
	check(t, run[0], map[string]string{"command": `C:\WINDOWS\system32\ctfmon.exe`})
}
