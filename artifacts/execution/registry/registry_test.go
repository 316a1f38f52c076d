package registry_test

import (
	"bytes"
	"errors"
	"fmt"
	"iter"
	"reflect"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/execution/registry"
	"hivetriage/artifacts/execution/registry/registrytest"
	"hivetriage/artifacts/hive"
	"hivetriage/artifacts/hive/hivetest"
	"hivetriage/artifacts/internal/readtest"
)

type traces = iter.Seq2[artifacts.Trace, error]

var (
	day  = time.Date(2026, 3, 2, 8, 15, 30, 123456700, time.UTC)
	old  = day.AddDate(-2, 0, 0)
	late = day.Add(36 * time.Hour)
)

// root browses a hive built from keys.
func root(t testing.TB, keys *hivetest.Key) hive.Node {
	t.Helper()
	b := registrytest.Hive(keys)
	browser, err := hive.Browse(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := browser.Err(); err != nil {
			t.Error(err)
		}
	})
	return browser.Root()
}

// collect returns what a function yields; each error must have its place.
func collect(t testing.TB, seq traces) ([]artifacts.Trace, []*artifacts.Problem) {
	t.Helper()
	all, problems := readtest.All(t, seq)
	for _, p := range problems {
		if p.Offset <= 0 {
			t.Errorf("an error without its place: %v", p)
		}
	}
	for _, trace := range all {
		if trace.Artefact == "" || trace.Deed == "" || trace.Offset <= 0 || trace.Entry == "" {
			t.Errorf("not self-contained: %+v", trace)
		}
		for i, s := range trace.Times {
			if s.Means == "" || s.Time.Location() != time.UTC || i > 0 && s.Time.Before(trace.Times[i-1].Time) {
				t.Errorf("times of %s: %v", trace.Entry, trace.Times)
			}
		}
	}
	return all, problems
}

// only returns the one trace that a function yields.
func only(t testing.TB, seq traces) artifacts.Trace {
	t.Helper()
	all, errs := collect(t, seq)
	if len(all) != 1 || len(errs) != 0 {
		t.Fatalf("%d traces, errors %v", len(all), errs)
	}
	return all[0]
}

// times writes the times of a trace without those of keys.
func times(t artifacts.Trace) string {
	var s []string
	for _, stamp := range t.Times {
		if !strings.Contains(stamp.Means, "key last written") {
			s = append(s, stamp.Means+" "+stamp.Time.Format("2006-01-02T15:04:05.9999999"))
		}
	}
	return strings.Join(s, "; ")
}

func check(t *testing.T, trace artifacts.Trace, want map[string]string) {
	t.Helper()
	got := map[string]string{}
	for name := range want {
		switch name {
		case "deed":
			got[name] = string(trace.Deed)
		case "artefact":
			got[name] = trace.Artefact
		case "program":
			got[name] = trace.Program
		case "command":
			got[name] = trace.Command
		case "paths":
			got[name] = strings.Join(trace.Paths, "|")
		case "sid":
			got[name] = trace.User.SID
		case "entry":
			got[name] = trace.Entry
		case "times":
			got[name] = times(trace)
		default:
			got[name] = trace.Detail(name)
		}
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\ngot  %q\nwant %q", trace.Entry, got, want)
	}
}

const hash = "0123456789abcdef0123456789abcdef01234567"

func TestAmcache(t *testing.T) {
	file := registrytest.File{Path: `C:\Users\Public\R.exe`, SHA1: strings.ToUpper(hash), Size: 77824, Original: "reg.exe", Publisher: "contoso",
		Product: "tool", Version: "1.2.3.4", Linked: old, Inventory: day, Created: day.Add(-time.Hour), Modified: old}
	trace := only(t, registry.Amcache(root(t, registrytest.Amcache(file))))
	check(t, trace, map[string]string{"deed": "existed", "artefact": "Amcache", "program": `c:\users\public\r.exe`, "SHA1": hash,
		"SHA1Covers": "the first 31457280 bytes, which is the whole file", "Size": "77824", "OriginalFileName": "reg.exe", "Name": "R.exe",
		"LinkDate": "03/02/2024 08:15:30", "Publisher": "contoso", "Version": "1.2.3.4",
		"entry": `Root\InventoryApplicationFile\r.exe|0000000000000000`})
	if s := trace.Times; len(s) != 1 || !s[0].Time.Equal(day) || s[0].Means != "inventoried (key last written)" {
		t.Errorf("times %v", s)
	}
	big := file
	big.Size = 31457281
	check(t, only(t, registry.Amcache(root(t, registrytest.Amcache(big)))), map[string]string{"SHA1Covers": "the first 31457280 bytes", "Size": "31457281"})

	check(t, only(t, registry.Amcache(root(t, registrytest.AmcacheDrivers(file)))), map[string]string{"deed": "existed", "Kind": "driver",
		"program": `c:\users\public\r.exe`, "SHA1": hash, "SHA1Covers": "the first 31457280 bytes", "LinkDate": "03/02/2024 08:15:30",
		"DriverSigned": "1", "times": "file modified 2024-03-02T08:15:30"})

	check(t, only(t, registry.Amcache(root(t, registrytest.AmcacheEight("{0a0b}", file)))), map[string]string{"deed": "existed",
		"program": `C:\Users\Public\R.exe`, "SHA1": hash, "Size": "77824", "LinkDate": "03/02/2024 08:15:30", "Volume": "{0a0b}",
		"FileReference": "100-7", "ProductName": "tool", "entry": `Root\File\{0a0b}\7000000000064`,
		"times": "file modified 2024-03-02T08:15:30.1234567; file created 2026-03-02T07:15:30.1234567"})
}

func TestBAM(t *testing.T) {
	const user, other = "S-1-5-21-1-2-3-1001", "S-1-5-18"
	const cmd = `\Device\HarddiskVolume3\Windows\System32\cmd.exe`
	runs := []registrytest.Run{{SID: user, Program: cmd, Ended: day}, {SID: other, Program: "Contoso.App_8wekyb3d8bbwe", Ended: late, Packaged: true}}
	for below, artefact := range map[string]string{`bam\State`: "BAM", "bam": "BAM", `dam\State`: "DAM", "dam": "DAM"} {
		all, errs := collect(t, registry.BAM(root(t, registrytest.BAM(below, runs...))))
		if len(all) != 2 || len(errs) != 0 {
			t.Fatalf("%s: %d traces, %v", below, len(all), errs)
		}
		check(t, all[1], map[string]string{"deed": "ran", "artefact": artefact, "program": cmd, "sid": user, "Kind": "",
			"times": "last run ended, or it was running then 2026-03-02T08:15:30.1234567",
			"entry": `ControlSet001\Services\` + below + `\UserSettings\` + user + `\` + cmd})
		check(t, all[0], map[string]string{"program": "Contoso.App_8wekyb3d8bbwe", "sid": other, "Kind": "packaged app"})
	}
	short := registrytest.At(`ControlSet001\Services\bam\State\UserSettings\S-1-5-18`)
	leaf := short.Keys[0].Keys[0].Keys[0].Keys[0].Keys[0].Keys[0]
	leaf.Values = []hivetest.Value{registrytest.Binary(cmd, make([]byte, 7))}
	all, errs := collect(t, registry.BAM(root(t, short)))
	if len(all) != 1 || len(errs) != 1 || all[0].Damaged == "" || all[0].Program != cmd {
		t.Errorf("a value of 7 bytes: %+v, %v", all, errs)
	}
}

func TestServices(t *testing.T) {
	keys := registrytest.Services(
		registrytest.Service{Name: "Updater", Path: `%SystemRoot%\svc.exe -k`, Account: "LocalSystem", Display: "Updates", Failure: `cmd /c reg save hklm\sam c:\s`, Kind: 0x10, Start: 2, Written: day},
		registrytest.Service{Name: "Shared", Path: `C:\Windows\system32\svchost.exe -k netsvcs`, Library: `C:\ProgramData\x.dll`, Kind: 0x20, Start: 3},
		registrytest.Service{Name: "Driver", Kind: 1, Start: 0},
		registrytest.Service{Name: "Odd", Kind: 0x810, Start: 9})
	keys.Merge(registrytest.At(`ControlSet001\Services\OnlyCounters\Performance`))
	all, errs := collect(t, registry.Services(root(t, keys)))
	if len(all) != 5 || len(errs) != 0 {
		t.Fatalf("%d traces, %v", len(all), errs)
	}
	check(t, all[3], map[string]string{"deed": "planned", "artefact": "Service", "program": "Updater", "command": `%SystemRoot%\svc.exe -k`,
		"Kind": "own process", "Start": "automatic", "ObjectName": "LocalSystem", "DisplayName": "Updates", "paths": ""})
	if s := all[3].Times; len(s) != 1 || !s[0].Time.Equal(day) || s[0].Means != "key last written" {
		t.Errorf("times %v", s)
	}
	check(t, all[4], map[string]string{"program": "Updater", "command": `cmd /c reg save hklm\sam c:\s`, "Kind": "command on failure", "Start": ""})
	check(t, all[2], map[string]string{"program": "Shared", "Kind": "share process", "Start": "on demand", "ServiceDll": `C:\ProgramData\x.dll`, "paths": `C:\ProgramData\x.dll`})
	check(t, all[0], map[string]string{"program": "Driver", "command": "", "Kind": "kernel driver", "Start": "boot"})
	check(t, all[1], map[string]string{"Kind": "own process, 0x800", "Start": "9"})
}

func TestRunKeys(t *testing.T) {
	for _, below := range []string{"", "Software"} {
		keys := registrytest.RunKey(below, "Run", "One", `"C:\a b.exe" /x`, day)
		keys.Merge(registrytest.RunKey(below, "RunOnce", "", `cmd /c del x`, late))
		keys.Merge(registrytest.RunKey(below, `Policies\Explorer\Run`, "1", `p.exe`, day))
		keys.Merge(registrytest.RunKey(strings.TrimPrefix(below+`\WOW6432Node`, `\`), "Run", "Three", `w.exe`, day))
		all, errs := collect(t, registry.RunKeys(root(t, keys), below))
		var got []string
		for _, trace := range all {
			got = append(got, trace.Command)
			check(t, trace, map[string]string{"deed": "planned", "artefact": "RunKey"})
		}
		if want := []string{`"C:\a b.exe" /x`, "cmd /c del x", "p.exe", "w.exe"}; !reflect.DeepEqual(got, want) || len(errs) != 0 {
			t.Errorf("below %q: %q, %v", below, got, errs)
		}
		if !all[1].When().Equal(late) || !strings.HasSuffix(all[0].Entry, `Microsoft\Windows\CurrentVersion\Run\One`) {
			t.Errorf("%v of %s", all[1].When(), all[0].Entry)
		}
	}
}

func TestImageOptions(t *testing.T) {
	keys := registrytest.Debugger("utilman.exe", `C:\Windows\System32\cmd.exe`, day)
	keys.Merge(registrytest.Monitor("lsass.exe", `C:\x\dump.exe`, late))
	filtered := hivetest.Key{Name: "0", Values: []hivetest.Value{hivetest.Text("Debugger", "f.exe"), hivetest.Text("FilterFullPath", `C:\t\tool.exe`)}}
	keys.Merge(registrytest.At(`Microsoft\Windows NT\CurrentVersion\Image File Execution Options\tool.exe`, &filtered))
	all, errs := collect(t, registry.ImageOptions(root(t, keys)))
	if len(all) != 3 || len(errs) != 0 {
		t.Fatalf("%d traces, %v", len(all), errs)
	}
	check(t, all[1], map[string]string{"deed": "planned", "artefact": "IFEO", "program": "utilman.exe", "command": `C:\Windows\System32\cmd.exe`,
		"entry": `Microsoft\Windows NT\CurrentVersion\Image File Execution Options\utilman.exe\Debugger`})
	check(t, all[0], map[string]string{"program": "tool.exe", "command": "f.exe", "FilterFullPath": `C:\t\tool.exe`})
	check(t, all[2], map[string]string{"artefact": "SilentProcessExit", "program": "lsass.exe", "command": `C:\x\dump.exe`, "ReportingMode": "0x1"})
}

func TestUSB(t *testing.T) {
	for _, seven := range []bool{false, true} {
		device := registrytest.Device{Vendor: "SanDisk", Product: "Cruzer_Blade", Revision: "1.27", Serial: "4C530001", Name: "SanDisk Cruzer USB Device",
			Installed: old, First: old, Connected: day, Removed: late, Seven: seven}
		trace := only(t, registry.USB(root(t, registrytest.Devices(device))))
		check(t, trace, map[string]string{"deed": "connected", "artefact": "USBSTOR", "program": "SanDisk Cruzer USB Device", "Type": "Disk",
			"Vendor": "SanDisk", "Product": "Cruzer_Blade", "Revision": "1.27", "Serial": "4C530001",
			"times": "driver installed 2024-03-02T08:15:30.1234567; first connected (first installed) 2024-03-02T08:15:30.1234567; " +
				"last connected 2026-03-02T08:15:30.1234567; last removed 2026-03-03T20:15:30.1234567"})
	}
}

func TestMounts(t *testing.T) {
	all, errs := collect(t, registry.Mounts(root(t, registrytest.Mounted(
		registrytest.Binary(`\DosDevices\C:`, registrytest.MBR(0x0A0B0C0D, 1<<20)),
		registrytest.Binary(`\??\Volume{a}`, registrytest.GPT(1)),
		registrytest.Binary(`\DosDevices\E:`, registrytest.DeviceName(`_??_USBSTOR#Disk&Ven_X#1&0#{g}`))))))
	if len(all) != 3 || len(errs) != 0 {
		t.Fatalf("%d traces, %v", len(all), errs)
	}
	check(t, all[0], map[string]string{"deed": "connected", "paths": "C:", "DiskSignature": "0A0B0C0D", "PartitionOffset": "1048576"})
	check(t, all[1], map[string]string{"paths": `\??\Volume{a}`, "PartitionGUID": "{04030201-0605-0807-090A-0B0C0D0E0F10}"})
	check(t, all[2], map[string]string{"paths": "E:", "Device": `_??_USBSTOR#Disk&Ven_X#1&0#{g}`})
}

func TestShares(t *testing.T) {
	check(t, only(t, registry.Shares(root(t, registrytest.Share("drop", `C:\drop`, "a=b")))), map[string]string{"deed": "existed",
		"artefact": "NetworkShare", "program": "drop", "paths": `C:\drop`, "Remark": "a=b", "Type": "0"})
}

func TestInterfaces(t *testing.T) {
	all, errs := collect(t, registry.Interfaces(root(t, registrytest.Interfaces(
		registrytest.Interface{ID: "{a}", Addresses: []string{"10.0.0.21", "10.0.0.22"}, Leased: "10.9.9.9", Obtained: day},
		registrytest.Interface{ID: "{b}", DHCP: true, Addresses: []string{"10.1.1.1"}, Leased: "10.0.0.23", Obtained: day},
		registrytest.Interface{ID: "{c}", DHCP: true, Leased: "0.0.0.0"},
		registrytest.Interface{ID: "{d}"}))))
	if len(all) != 2 || len(errs) != 0 {
		t.Fatalf("%d traces, %v", len(all), errs)
	}
	check(t, all[0], map[string]string{"deed": "existed", "artefact": "Tcpip interface", "program": "{a}", "paths": "10.0.0.21|10.0.0.22", "Kind": "static"})
	check(t, all[1], map[string]string{"paths": "10.0.0.23", "Kind": "DHCP", "times": "lease obtained " + day.UTC().Truncate(time.Second).Format("2006-01-02T15:04:05")})
	if all, _ := collect(t, registry.Interfaces(root(t, registrytest.Share("drop", `C:\drop`, "")))); len(all) != 0 {
		t.Errorf("interfaces of none: %+v", all)
	}
}

// readers are all functions of the package.
var readers = map[string]func(hive.Node) traces{
	"Amcache": registry.Amcache, "ShimCache": registry.ShimCache, "BAM": registry.BAM, "Services": registry.Services,
	"TaskCache": registry.TaskCache, "ImageOptions": registry.ImageOptions, "USB": registry.USB, "Mounts": registry.Mounts, "Shares": registry.Shares, "Interfaces": registry.Interfaces,
	"RunKeys": func(n hive.Node) traces { return registry.RunKeys(n, "") },
}

// whole is a hive with something for each function.
func whole() *hivetest.Key {
	file := registrytest.File{Path: `C:\a.exe`, SHA1: hash, Size: 1, Inventory: day}
	keys := registrytest.ShimCache(registrytest.TenCreator, registrytest.Cached{Path: `C:\a.exe`, Modified: day}, registrytest.Cached{Path: `C:\b.exe`, Modified: day})
	for _, more := range []*hivetest.Key{
		registrytest.Amcache(file), registrytest.AmcacheDrivers(file), registrytest.AmcacheEight("{v}", file),
		registrytest.BAM(`bam\State`, registrytest.Run{SID: "S-1-5-18", Program: `\Device\a.exe`, Ended: day}),
		registrytest.Services(registrytest.Service{Name: "s", Path: "s.exe", Failure: "f.exe", Library: "s.dll", Kind: 0x10, Start: 2}),
		registrytest.Tasks(registrytest.Task{ID: "{t}", Path: `\t`, Actions: registrytest.Actions(3, "Author", registrytest.Exec("a", "b", "c"), registrytest.Handler(1, "d")), Registered: day}),
		registrytest.RunKey("", "Run", "r", "r.exe", day),
		registrytest.Debugger("u.exe", "d.exe", day), registrytest.Monitor("u.exe", "m.exe", day),
		registrytest.Devices(registrytest.Device{Vendor: "V", Product: "P", Revision: "1", Serial: "S", Connected: day}),
		registrytest.Mounted(registrytest.Binary(`\DosDevices\C:`, registrytest.MBR(1, 2))),
		registrytest.Share("s", `C:\s`, ""), registrytest.Interfaces(registrytest.Interface{ID: "{i}", Addresses: []string{"10.0.0.21"}}),
	} {
		keys.Merge(more)
	}
	return keys
}

// TestStop: whoever has enough is not given more, and a hive without the keys
// yields nothing.
func TestStop(t *testing.T) {
	n := root(t, whole())
	empty := root(t, &hivetest.Key{Name: "ROOT"})
	for name, read := range readers {
		all, errs := collect(t, read(n))
		if len(all) == 0 || len(errs) != 0 {
			t.Errorf("%s: %d traces, %v", name, len(all), errs)
		}
		for stop := 1; stop <= len(all); stop++ {
			seen := 0
			for range read(n) {
				if seen++; seen == stop {
					break
				}
			}
			if seen != stop {
				t.Errorf("%s: %d of %d", name, seen, stop)
			}
		}
		for trace, err := range read(empty) {
			t.Errorf("%s of an empty hive: %+v, %v", name, trace, err)
		}
		for trace, err := range read(nil) {
			t.Errorf("%s of no hive: %+v, %v", name, trace, err)
		}
	}
}

// TestSecrets: values and keys by names that hold credentials elsewhere are
// refused, and the rest is told.
func TestSecrets(t *testing.T) {
	keys := registrytest.RunKey("", "Run", "DefaultPassword", hivetest.Filler, day)
	keys.Merge(registrytest.RunKey("", "Run", "Other", "o.exe", day))
	all, errs := collect(t, registry.RunKeys(root(t, keys), ""))
	if len(errs) != 1 || !errors.Is(errs[0], hive.ErrSecret) || len(all) != 2 || all[0].Command != "" || all[1].Command != "o.exe" {
		t.Errorf("%+v, %v", all, errs)
	}
	if s := fmt.Sprintf("%+v %v", all, errs); strings.Contains(s, hivetest.Filler) {
		t.Error("the value was read")
	}
}

// TestLoaded: a loaded hive tells what a browsed one does.
func TestLoaded(t *testing.T) {
	b := registrytest.Hive(whole())
	h, err := hive.Read(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	n := root(t, whole())
	for name, read := range readers {
		want, _ := collect(t, read(n))
		if got, errs := collect(t, read(h.Root())); !reflect.DeepEqual(got, want) || len(errs) != 0 {
			t.Errorf("%s: loaded %+v\nbrowsed %+v", name, got, want)
		}
	}
}
