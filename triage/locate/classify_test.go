package locate

import (
	"regexp"
	"strings"
	"testing"

	"hivetriage/artifacts"
)

// kindOf guesses the hive from a test's file name.
func kindOf(path string) string {
	name := strings.ToUpper(lastName(path))
	for _, hive := range []string{"SECURITY", "SYSTEM"} {
		if strings.Contains(name, hive) {
			return hive
		}
	}
	return "SAM"
}

// knownPlaces has a path inside and near misses outside for each row of the
// table.
var knownPlaces = []struct {
	inside  string
	class   Class
	outside []string // Unexpected
}{
	{"/Windows/System32/config/SAM", Normal, []string{"/Windows/System32/config/SAM2", "/Windows/System32/SAM", "/Windows/SysWOW64/config/SAM", "/Users/eve/loot/Windows/System32/config/SAM"}},
	{"/WINDOWS/system32/CONFIG/security", Normal, []string{"/Windows/System32/config/security.bak", "/Windows/System32/config/x/SECURITY"}},
	{"/WINNT/System32/config/SYSTEM", Normal, []string{"/WINNT2/System32/config/SYSTEM"}},
	{"/Windows/System32/config/SAM.LOG", Normal, []string{"/Windows/System32/config/SAM.LOG3"}},
	{"/Windows/System32/config/SYSTEM.LOG1", Normal, []string{"/Windows/Temp/SYSTEM.LOG1"}},
	{"/Windows/System32/config/SECURITY.LOG2", Normal, nil},
	{"/WINDOWS/system32/config/system.sav", Normal, []string{"/WINDOWS/system32/system.sav"}},
	{"/WINDOWS/system32/config/SYSTEM.ALT", Normal, []string{"/WINDOWS/system32/config/SAM.ALT"}},
	{"/Windows/System32/config/SAM{aa-bb}.TM.blf", Normal, []string{"/Windows/System32/config/x.blf"}},
	{"/Windows/System32/config/SYSTEM{aa}.TMContainer00000000000000000001.regtrans-ms", Normal, nil},
	{"/Windows/System32/config/TxR/{aa}.TxR.0.regtrans-ms", Normal, []string{"/Windows/System32/config/TxR2/x"}},
	{"/$WinREAgent/Scratch/Mount/Windows/System32/config/SAM", Normal, []string{"/$WinREAgent/Scratch/Windows/System32/config/SAM"}},
	{"/Recovery/WindowsRE/Winre.wim/1/Windows/System32/config/SAM", Normal, []string{"/Recovery/WindowsRE/SAM"}},
	{"/Windows/System32/Recovery/Winre.wim/SAM", Normal, []string{"/Windows/Recovery/SAM"}},
	{"/pagefile.sys", Normal, []string{"/Users/pagefile.sys"}},
	{"/System Volume Information/{12345678-1234-1234-1234-123456789abc}{3808876b-c176-4e48-b7ae-04046e6cc752}", Normal,
		[]string{"/System Volume Information/{12345678-1234-1234-1234-123456789abc}{3808876b-c176-4e48-b7ae-04046e6cc753}"}},

	{"/Windows/System32/config/RegBack/SAM", Informational, []string{"/Windows/System32/RegBack/SAM", "/Windows/System32/config/RegBack2/SAM"}},
	{"/WINDOWS/repair/sam", Informational, []string{"/repair/sam", "/WINDOWS/repairs/sam"}},
	{"/System Volume Information/_restore{AB-12}/RP7/snapshot/_REGISTRY_MACHINE_SAM", Informational,
		[]string{"/System Volume Information/_restore{AB-12}/RP7/_REGISTRY_MACHINE_SAM", "/tt/_restore{AB-12}/RP7/snapshot/_REGISTRY_MACHINE_SAM"}},
	{"/Windows.old/Windows/System32/config/SAM", Informational, []string{"/Windows.older/Windows/System32/config/SAM", "/tt/Windows.old/Windows/System32/config/SAM"}},
	{"/Windows.old/Windows/System32/config/RegBack/SYSTEM", Informational, nil},
	{"/Windows.old(1)/Windows/System32/config/SAM", Informational, nil},
	{"/Windows.old.000/WINDOWS/System32/config/SECURITY", Informational, []string{"/Windows.old.0000/WINDOWS/System32/config/SECURITY"}},
	{"/$WINDOWS.~BT/NewOS/Windows/System32/config/SAM", Informational, []string{"/$WINDOWS.~BU/NewOS/Windows/System32/config/SAM"}},
	{"/$Windows.~WS/Sources/SafeOS/SafeOS.Mount/Windows/System32/config/SYSTEM", Informational, nil},
	{"/$GetCurrent/Windows/System32/config/SAM", Informational, []string{"/$GetCurrent/SAM"}},
	{"/$SysReset/OldOS/Windows/System32/config/RegBack/SAM", Informational, nil},
	{"/ProgramData/Microsoft/Windows/Containers/BaseImages/a/Files/Windows/System32/config/SAM", Informational, []string{"/ProgramData/Microsoft/Windows/Containers/SAM"}},
	{"/ProgramData/docker/windowsfilter/a1/Hives/SAM_Base", Informational, []string{"/ProgramData/docker/windowsfilter/a1/Hives/SAM", "/ProgramData/docker/Hives/SAM_Base"}},
	{"/ProgramData/docker/windowsfilter/a1/Hives/SYSTEM_Delta", Informational, nil},
	{"/ProgramData/docker/windowsfilter/a1/Files/Windows/System32/config/SAM", Informational, []string{"/ProgramData/docker/a1/Files/Windows/System32/config/SAM"}},
	{"/WindowsImageBackup/HOST/Backup 1/x.vhdx", Informational, []string{"/tt/WindowsImageBackup/x.vhdx"}},
	{"/VMs/a.vhdx/Windows/System32/config/SAM", Informational, []string{"/VMs/a.vhdx/SAM"}},
	{"/Windows/ERDNT/subs/SAM", Informational, []string{"/ERDNT/SAM"}},
	{"/Windows/erunt/SAM", Informational, nil},
	{"/Qoobox/BackEnv/SAM", Informational, []string{"/tt/Qoobox/SAM"}},
	{"/FRST/Hives/SAM", Informational, []string{"/FRST/SAM", "/tt/FRST/Hives/SAM"}},
	{"/RegBackup/HOST/2020/SAM", Informational, []string{"/RegBackup/SAM"}},
	{"/ProgramData/Bitdefender/ForensicArtefacts/System/Config/SAM", Informational, []string{"/ProgramData/Bitdefender/SAM"}},
	{"/Program Files/Rapid7/Insight Agent/components/insight_agent/common/ir_agent_tmp/SAM", Informational, []string{"/Program Files/Rapid7/Insight Agent/SAM"}},
	{"/Program Files (x86)/Rapid7/Insight Agent/components/insight_agent/3.1.2/ir_agent_tmp/x/SYSTEM", Informational, nil},
	{"/Windows/Netwrix/Temp/abcdefgh.xyz.offreg", Informational, []string{"/Windows/Netwrix/Temp/abcdefg.xyz.offreg"}},
	{"/MS_DATA/2024/SYSTEM", Informational, []string{"/tt/MS_DATA/SYSTEM"}},
	{"/Windows/WinSxS/amd64_x/SAM", Informational, []string{"/WinSxS/SAM"}},

	{"/ifm/registry/SYSTEM", Check, []string{"/ifm/registry/SAM", "/ifm/registry/SYSTEM.1"}},
	{"/a/b/Registry/SECURITY", Check, nil},

	{"/Windows/Temp/abCDefgh.tmp", Alert, []string{"/Windows/Temp/abCDefg.tmp", "/Windows/Temp/abCDefg1.tmp", "/Windows/Temp/x/abCDefgh.tmp", "/Users/eve/abcdefgh.tmp"}},
	{"/Windows/System32/NMdzZfem.tmp", Alert, []string{"/Windows/System32/NMdzZfem.tmp2", "/Windows/System32/config/NMdzZfem.tmp"}},
	{"/Windows/SYSVOL/sysvol/SAM_abcdefgh", Alert, []string{"/x/sysvols/SAM_abcdefgh"}},
	{"/Windows/SYSVOL/sysvol/dom.example/x", Alert, nil},
	{"/data/NETLOGON/SYSTEM_abcdefgh", Alert, []string{"/data/NETLOGON/SYSTEMabcdefgh"}},
	{"/Users/eve/SAM-haxx", Alert, []string{"/Users/eve/SAM-hax"}},
	{"/Users/eve/SYSTEM-2021-07-20", Alert, []string{"/Users/eve/SYSTEM-2021-07"}},
	{"/Users/eve/hive_sam_2021", Alert, []string{"/Users/eve/hive_sam"}},
	{"/Windows/Temp/sam", Alert, []string{"/Temp/sam"}},
	{"/x/SECURITY.out", Alert, []string{"/x/SECURITY.out2"}},
	{"/Users/eve/AppData/Local/Temp/SAM-12345.dmp", Alert, []string{"/Users/eve/SAM-12345.dmp"}},
	{"/x/SYSTEM.save", Alert, []string{"/x/SYSTEM.saved"}},
	{"/x/Sam.hive", Alert, []string{"/x/Samx.hive"}},
}

func TestKnownPlaces(t *testing.T) {
	for _, row := range knownPlaces {
		got := Classify(Place{Path: row.inside, Hive: kindOf(row.inside), Size: 32768, State: "live"})
		if got.Class != row.class || !strings.HasSuffix(got.Why, ".") {
			t.Errorf("%s: %q (%s), want %q", row.inside, got.Class, got.Why, row.class)
		}
		for _, path := range row.outside {
			if got := Classify(Place{Path: path, Hive: kindOf(path), Size: 32768, State: "live"}); got.Class != Unexpected || got.Why == "" {
				t.Errorf("%s: %q (%s), want unexpected", path, got.Class, got.Why)
			}
		}
		if got := Classify(Place{Path: row.inside, Stream: "s", Hive: kindOf(row.inside), Size: 32768}); got.Class != Unexpected || !strings.Contains(got.Why, "alternate data stream") {
			t.Errorf("%s:s: %q (%s)", row.inside, got.Class, got.Why)
		}
	}
}

// TestEveryRowIsTried fails when a row is added without a path in knownPlaces
// that it answers for.
func TestEveryRowIsTried(t *testing.T) {
	for _, matchers := range [][]matcher{alertMatchers, placeMatchers} {
		for _, m := range matchers {
			tried := false
			for _, known := range knownPlaces {
				got, ok := find(matchers, strings.ToLower(known.inside))
				tried = tried || ok && got.pattern == m.pattern
			}
			if !tried || m.why == "" || m.systems == "" || m.class == Unexpected {
				t.Errorf("row %q is never tried or incomplete", m.pattern)
			}
		}
	}
}

func TestFactsAboutAKnownPlace(t *testing.T) {
	const sam = "/Windows/System32/config/SAM"
	saved := Provenance{Method: "RegSaveKey", Confidence: "certain"}
	for _, row := range []struct {
		name  string
		place Place
		class Class
		says  string
	}{
		{"another hive under the name", Place{Path: sam, Hive: "SYSTEM", Size: 1}, Check, "holds SYSTEM"},
		{"another hive in RegBack", Place{Path: "/Windows/System32/config/RegBack/SYSTEM", Hive: "SAM", Size: 1}, Check, "holds SAM"},
		{"saved into the live place", Place{Path: sam + ".sav", Hive: "SAM", Size: 1, Provenance: saved}, Check, "RegSaveKey"},
		{"saved, but not surely", Place{Path: sam, Hive: "SAM", Size: 1, Provenance: Provenance{Method: "RegSaveKey", Confidence: "likely"}}, Normal, "live hive"},
		{"deleted live hive", Place{Path: sam, Hive: "SAM", Size: 1, State: "deleted"}, Informational, "deleted"},
		{"overwritten live hive", Place{Path: sam, Hive: "SAM", Size: 1, State: "overwritten"}, Informational, "deleted"},
		{"deleted in a tool's place", Place{Path: "/Windows/Temp/abcdefgh.tmp", Hive: "SAM", State: "deleted"}, Alert, "impacket"},
		{"empty RegBack", Place{Path: "/Windows/System32/config/RegBack/SAM", Hive: "SAM"}, Normal, "empty"},
		{"template", Place{Path: "/Windows/WinSxS/a/SAM", Hive: "SAM", Size: 1, Template: true}, Normal, "template"},
		{"mounted image", Place{Path: "/mount/Windows/System32/config/SAM", Hive: "SAM", Size: 1, ImageMount: true}, Informational, "mounted"},
		{"not a mounted image", Place{Path: "/mount/Windows/System32/config/SAM", Hive: "SAM", Size: 1}, Unexpected, "volume's root"},
		{"no leading slash", Place{Path: "Windows/System32/config/SAM", Hive: "SAM", Size: 1}, Normal, "live hive"},
	} {
		if got := Classify(row.place); got.Class != row.class || !strings.Contains(got.Why, row.says) {
			t.Errorf("%s: %q (%s), want %q, %q", row.name, got.Class, got.Why, row.class, row.says)
		}
	}
}

func TestUnpackedCollections(t *testing.T) {
	for _, row := range []struct {
		path               string
		unpacked, onVolume Class
	}{
		{"/C/Windows/System32/config/SAM", Normal, Check},
		{"/uploads/auto/C%3A/Windows/System32/config/SAM", Normal, Informational},
		{"/uploads/ntfs/%5C%5C.%5CC%3A/Windows/System32/config/SAM", Normal, Informational},
		{"/uploads/ntfs_vss/%5C%5C%3F%5CGLOBALROOT%5CDevice%5CHarddiskVolumeShadowCopy2/Windows/System32/config/SAM", Normal, Informational},
		{"/mnt/x/Windows/System32/config/SAM", Normal, Check},
		{"/fs/c:/Windows/System32/config/SYSTEM", Normal, Check},
		{"/fs/$fs$/fs0/Windows/System32/config/SYSTEM", Normal, Check},
		{"/sysvol/Windows/System32/config/SAM", Normal, Check},
		{"/$rootfs$/Windows/System32/config/SAM", Normal, Check},
		{"/[root]/Windows/System32/config/SAM", Normal, Check},
		{"/kape/out/C/Windows/System32/config/RegBack/SAM", Informational, Informational},
		{"/C/VSS1/Windows/System32/config/SAM", Normal, Check},
		{"/HOST/file/D/Windows.old/Windows/System32/config/SAM", Informational, Check},
		{"/sysvol/ProgramData/docker/windowsfilter/a/Hives/SAM_Base", Informational, Check},
		// An attacker's tree inside an installed system is no drive's root.
		{"/Users/eve/C/Windows/System32/config/SAM", Unexpected, Unexpected},
		{"/C/Users/eve/D/Windows/System32/config/SAM", Unexpected, Unexpected},
		{"/C/Windows/Temp/C/Windows/System32/config/SAM", Unexpected, Unexpected},
		{"/ProgramData/x/Windows/System32/config/SAM", Unexpected, Unexpected},
		{"/CC/Windows/System32/config/SAM", Unexpected, Unexpected},
		{"/1/Windows/System32/config/SAM", Unexpected, Unexpected},
		{"/case/Windows/System32/config/SAM", Unexpected, Unexpected},
		// What a tool left is an alert wherever the drive's root is.
		{"/C/Windows/Temp/abcdefgh.tmp", Alert, Alert},
		{"/uploads/auto/C%3A/Windows/System32/abcdefgh.tmp", Alert, Alert},
		{"/C/ProgramData/SAM", Unexpected, Unexpected},
	} {
		for _, unpacked := range []bool{true, false} {
			want := row.onVolume
			if unpacked {
				want = row.unpacked
			}
			got := Classify(Place{Path: row.path, Hive: kindOf(row.path), Size: 32768, State: "live", Unpacked: unpacked})
			if got.Class != want {
				t.Errorf("%s, unpacked %v: %q (%s), want %q", row.path, unpacked, got.Class, got.Why, want)
			}
		}
	}
}

func TestUnexpectedSaysWhere(t *testing.T) {
	for path, says := range map[string]string{
		"/Users/eve/loot/Windows/System32/config/SAM": "does not begin at a volume's root",
		"/$Recycle.Bin/S-1-5-21-1/$RABCDEF":           "Recycle Bin",
		"/inetpub/wwwroot/a.gif":                      "web server",
		"/Users/Public/x":                             "public profile",
		"/ProgramData/SAM":                            "ProgramData",
		"/Windows/System32/sam":                       "relative file name",
		"/Users/eve/Desktop/notes.docx":               "user's profile",
		"/x":                                          "No program is known",
	} {
		if got := Classify(Place{Path: path, Hive: "SAM", Size: 1}); got.Class != Unexpected || !strings.Contains(got.Why, says) {
			t.Errorf("%s: %q (%s), want %q", path, got.Class, got.Why, says)
		}
	}
}

func TestExportID(t *testing.T) {
	base := Export{Hive: "SAM", Form: "regf", State: "live", Size: 32768, SHA256: "ab",
		At: artifacts.Locator{Source: "disk.raw", Volume: "gpt:2", Path: "/Temp/x", Stream: "s"}}
	id := ExportID(base)
	if !regexp.MustCompile(`^exp-[0-9a-f]{12}$`).MatchString(id) || id != ExportID(base) {
		t.Fatalf("id %q", id)
	}
	seen := map[string]bool{id: true}
	for _, change := range []func(*Export){
		func(e *Export) { e.Hive = "SYSTEM" },
		func(e *Export) { e.State = "deleted" },
		func(e *Export) { e.Size++ },
		func(e *Export) { e.SHA256 = "ac" },
		func(e *Export) { e.At.Path, e.At.Stream = "/Temp/xs", "" },
		func(e *Export) { e.At.Stream = "" },
	} {
		e := base
		change(&e)
		if seen[ExportID(e)] {
			t.Errorf("the id of %+v is not its own", e)
		}
		seen[ExportID(e)] = true
	}
	other := base
	other.ID, other.IdentifiedBy, other.Location.Class = "x", []string{"y"}, Alert
	if ExportID(other) != id {
		t.Error("the id depends on a judgement")
	}
	other = base
	other.At.Source, other.At.Volume, other.MFTRecord = "disk.E01", "ewf/gpt:2", 5
	if ExportID(other) != id {
		t.Error("the id depends on the form of the evidence")
	}
}

func FuzzClassify(f *testing.F) {
	f.Add("/Windows/System32/config/SAM", "", "SAM", true)
	f.Add("/uploads/auto/C%3A/Windows/Temp/abcdefgh.tmp", "s", "SYSTEM", false)
	f.Add("//..//\x00\xff/{a,b}/[x]", "", "", true)
	f.Fuzz(func(t *testing.T, path, stream, hive string, unpacked bool) {
		got := Classify(Place{Path: path, Stream: stream, Hive: hive, Size: 1, Unpacked: unpacked})
		if got.Class == "" || got.Why == "" {
			t.Fatalf("%q: no verdict", path)
		}
		if stream != "" && got.Class == Normal {
			t.Fatalf("%q:%q is normal", path, stream)
		}
	})
}

func BenchmarkClassify(b *testing.B) {
	p := Place{Path: "/Users/eve/AppData/Local/Temp/notes.docx", Hive: "SAM", Size: 32768}
	for b.Loop() {
		Classify(p)
	}
}
