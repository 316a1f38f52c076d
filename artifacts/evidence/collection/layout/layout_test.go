package layout_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/collection/layout"
)

// placed renders where a member comes from.
func placed(l *layout.Layout, name string) string {
	p, ok := l.Place(name)
	if !ok {
		return "-"
	}
	if p.Metadata {
		return "metadata"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", l.VolumeName(p), p.Path)
	if p.Stream != "" {
		fmt.Fprintf(&b, ":%s", p.Stream)
	}
	if p.Sparse != nil {
		fmt.Fprintf(&b, " sparse %d", p.Sparse.Size)
	}
	return b.String()
}

func checkDrives(t *testing.T, l *layout.Layout, want string) {
	t.Helper()
	if got := fmt.Sprint(l.Drives); got != want {
		t.Errorf("drives %s, want %s", got, want)
	}
}

// collection makes members out of names, each with its content.
func collection(files map[string]string) ([]layout.Member, func(string) ([]byte, error)) {
	var members []layout.Member
	for _, name := range slices.Sorted(maps.Keys(files)) {
		members = append(members, layout.Member{Name: strings.TrimSuffix(name, "/"), Size: int64(len(files[name])), Dir: strings.HasSuffix(name, "/")})
	}
	return members, func(name string) ([]byte, error) {
		content, ok := files[name]
		if !ok {
			return nil, errors.New("no such member")
		}
		return []byte(content), nil
	}
}

// kinds lists the kinds of a layout's problems.
func kinds(l *layout.Layout) string {
	var out []string
	for _, p := range l.Problems {
		out = append(out, p.Kind.String()+" "+p.At.Member)
	}
	return strings.Join(out, ", ")
}

const (
	copyLogHead = "CopiedTimestamp,SourceFile,DestinationFile,FileSize,SourceFileSha1,DeferredCopy,CreatedOnUtc,ModifiedOnUtc,LastAccessedOnUtc,CopyDuration\r\n"
	getThisHead = "ComputerName,VolumeID,ParentFRN,FRN,FullName,SampleName,SizeInBytes,MD5,SHA1,FindMatch,ContentType,SampleCollectionDate,CreationDate,LastModificationDate,LastAccessDate,LastAttrChangeDate,FileNameCreationDate,AttrType,AttrName,AttrID,SnapshotID,SHA256,YaraRules\r\n"
	noSnapshot  = "{00000000-0000-0000-0000-000000000000}"
)

// layouts has a small collection of every collector, and near misses: names
// that look like it and are not.
var layouts = map[string]struct {
	files                   map[string]string
	collector, drives, host string
	problems                string
	want                    map[string]string
}{
	"KAPE": {files: map[string]string{
		"2024_CopyLog.csv": "\xEF\xBB\xBF" + copyLogHead +
			`2024-05-01 10:00:00.1234567,C:\Windows\System32\config\SAM,D:\out\C\Windows\System32\config\SAM,65536,,False,2023-01-01 00:00:00.0000001,2024-04-30 08:00:00.5,2024-05-01 09:59:59,00:00:00` + "\r\n" +
			`2024-05-01 10:00:00,C:\$Extend\$UsnJrnl:$J,D:\out\C\$Extend\$J,5,,True,2023-01-01,2023-01-01,2023-01-01,0` + "\r\n" +
			`2024-05-01 10:00:00,C:\..\x,D:\out\C\Temp\odd,5,,True,,,,0` + "\r\n",
		"2024_SkipLog.csv.csv":             "SourceFile,SourceFileSha1,Reason\r\nC:\\Temp\\sam,aa,Deduped\r\n",
		"2024_ConsoleLog.txt":              "System info: Machine name: WS-1, 64-bit: True",
		"C/Windows/System32/config/SAM":    "regf",
		"C/$Extend/$J":                     "journal",
		"C/Temp/odd":                       "x",
		"D/data/file":                      "x",
		"VSS2/Windows/System32/config/SAM": "regf",
	}, collector: "KAPE", drives: "[C D]", host: "WS-1", problems: "unsupported 2024_SkipLog.csv.csv", want: map[string]string{
		"C/Windows/System32/config/SAM":    "kape/C: /Windows/System32/config/SAM",
		`C/$Extend/$J`:                     "kape/C: /$Extend/$UsnJrnl:$J",
		"C/Temp/odd":                       "kape/C: /Temp/odd",
		"D/data/file":                      "kape/D: /data/file",
		"VSS2/Windows/System32/config/SAM": "kape/vss:2 /Windows/System32/config/SAM",
		"2024_CopyLog.csv":                 "metadata",
		"2024_ConsoleLog.txt":              "metadata",
	}},
	"KAPE without its log": {files: map[string]string{
		`out\C\$Extend\$J`: "", `out\C\$Secure_$SDS`: "", `out\C\Users\eve\C\Windows\System32\config\SAM`: "",
		`out\VSS1\C\Windows\System32\config\SAM`: "",
	}, collector: "KAPE", drives: "[C]", want: map[string]string{
		`out\C\$Secure_$SDS`:                            "kape/C: /$Secure:$SDS",
		`out\C\Users\eve\C\Windows\System32\config\SAM`: "kape/C: /Users/eve/C/Windows/System32/config/SAM",
		`out\VSS1\C\Windows\System32\config\SAM`:        "kape/C:/vss:1 /Windows/System32/config/SAM",
		`out/C/$Secure_$SDS`:                            "kape/C: /$Secure:$SDS",
		`out\..\C\$Secure_$SDS`:                         "-",
	}},
	"another CopyLog": {files: map[string]string{"x_CopyLog.csv": "a,b\r\n1,2\r\n", "C/file": ""}},
	"Velociraptor": {files: map[string]string{
		"uploads/auto/C%3A/Windows/System32/config/SAM":         "regf",
		"uploads/auto/C%3A/Temp/100%25/a%22b%":                  "x",
		"uploads/auto/C%3A/Temp/..%5Cup":                        "x",
		"uploads/auto/C%3A/Temp/%2E%2E/up":                      "x",
		"uploads/lazy_ntfs/%5C%5C.%5CD%3A/$MFT":                 "x",
		"uploads/ntfs/%5C%5C.%5CC%3A/$Secure%3A$SDS":            "x",
		"uploads/ntfs/%5C%5C.%5CC%3A/$Extend/$UsnJrnl%3A$J":     "01234567",
		"uploads/ntfs/%5C%5C.%5CC%3A/$Extend/$UsnJrnl%3A$J.idx": `{"Ranges":[{"FileOffset":0,"OriginalOffset":0,"FileLength":0,"Length":100},{"FileOffset":0,"OriginalOffset":100,"FileLength":8,"Length":8}]}`,
		"uploads/ntfs_vss/%5C%5C%3F%5CGLOBALROOT%5CDevice%5CHarddiskVolumeShadowCopy12/Windows/System32/config/SAM": "regf",
		"uploads/auto/C%3A/icons/icon.idx": "not an index", "uploads/auto/C%3A/icons/icon": "x",
		"uploads/auto/C%3A/long/h4sh":        "x",
		"uploads.json":                       `{"vfs_path":"C:\\long\\a very long name","_Components":["uploads","auto","C:","long","h4sh"]}` + "\nbroken\n",
		"client_info.json":                   `{"os_info":{"hostname":"ws-2"}}`,
		"results/X%2FAll File Metadata.json": "",
		"evil/../../x":                       "x",
	}, collector: "Velociraptor", drives: "[C D]", host: "ws-2",
		problems: "malformed uploads.json, malformed evil/../../x, malformed uploads/auto/C%3A/Temp/%2E%2E/up, malformed uploads/auto/C%3A/Temp/..%5Cup", want: map[string]string{
			"uploads/auto/C%3A/Windows/System32/config/SAM":     "velociraptor/C: /Windows/System32/config/SAM",
			"uploads/auto/C%3A/Temp/100%25/a%22b%":              `velociraptor/C: /Temp/100%/a"b`,
			"uploads/auto/C%3A/Temp/..%5Cup":                    "-",
			"uploads/auto/C%3A/Temp/%2E%2E/up":                  "-",
			"uploads/lazy_ntfs/%5C%5C.%5CD%3A/$MFT":             "velociraptor/D: /$MFT",
			"uploads/ntfs/%5C%5C.%5CC%3A/$Secure%3A$SDS":        "velociraptor/C: /$Secure:$SDS",
			"uploads/ntfs/%5C%5C.%5CC%3A/$Extend/$UsnJrnl%3A$J": "velociraptor/C: /$Extend/$UsnJrnl:$J sparse 108",
			"uploads/ntfs_vss/%5C%5C%3F%5CGLOBALROOT%5CDevice%5CHarddiskVolumeShadowCopy12/Windows/System32/config/SAM": "velociraptor/vss:12 /Windows/System32/config/SAM",
			"uploads/auto/C%3A/icons/icon.idx": "velociraptor/C: /icons/icon.idx",
			"uploads/auto/C%3A/icons/icon":     "velociraptor/C: /icons/icon",
			"uploads/auto/C%3A/long/h4sh":      "velociraptor/C: /long/a very long name",
			"evil/../../x":                     "-",
			"client_info.json":                 "metadata",
		}},
	"uploads of something else": {files: map[string]string{"uploads/auto/x": "", "uploads/readme.txt": "", "client.json": ""}},
	"CyLR": {files: map[string]string{
		"C/Windows/System32/config/SAM": "", "C/$Extend/$UsnJrnl$J": "", "C/$MFT": "", "CyLR_Collection_Log.log": "",
	}, collector: "CyLR", drives: "[C]", want: map[string]string{
		"C/Windows/System32/config/SAM": "cylr/C: /Windows/System32/config/SAM",
		"C/$Extend/$UsnJrnl$J":          "cylr/C: /$Extend/$UsnJrnl:$J",
		"CyLR_Collection_Log.log":       "metadata",
	}},
	"acquire": {files: map[string]string{
		"HOST_2024/fs/c:/Windows/System32/config/SAM": "", "HOST_2024/fs/c:/$Extend/$Usnjrnl:$J": "", "HOST_2024/fs/$fs$/fs0/file": "",
		"HOST_2024/fs/D_/file": "", "HOST_2024/fs/elsewhere/file": "",
		"HOST_2024/x_report.json": `{"system":{"Hostname":"HOST"}}`,
	}, collector: "dissect acquire", drives: "[C D fs0]", host: "HOST", want: map[string]string{
		"HOST_2024/fs/c:/Windows/System32/config/SAM": "acquire/C: /Windows/System32/config/SAM",
		"HOST_2024/fs/c:/$Extend/$Usnjrnl:$J":         "acquire/C: /$Extend/$UsnJrnl:$J",
		"HOST_2024/fs/$fs$/fs0/file":                  "acquire/fs0 /file",
		"HOST_2024/fs/D_/file":                        "acquire/D: /file",
		"HOST_2024/fs/elsewhere/file":                 "-",
	}},
	"acquire of old": {files: map[string]string{"sysvol/Windows/System32/config/SAM": "", "sysvol/Users/eve/sam": ""},
		collector: "dissect acquire", drives: "[C]", want: map[string]string{"sysvol/Users/eve/sam": "acquire/C: /Users/eve/sam"}},
	"a domain controller's sysvol": {files: map[string]string{"sysvol/corp.example/Policies/x": "", "sysvol/SAM_1": ""}},
	"DFIR-ORC": {files: map[string]string{
		"SAM/GetThis.csv": "\xEF\xBB\xBF" + getThisHead +
			`DC-1,0x00AB12CD34EF5678,0x1,0x2,\Windows\System32\config\SAM,AB_SAM_data,65536,,,x,data,2024-05-01 10:00:00.000,2023-01-01 00:00:00.000,2024-04-30 08:00:00.500,2024-05-01 00:00:00.000,2024-04-30 08:00:00.501,,$DATA,,3,` + noSnapshot + ",,\r\n" +
			`DC-1,0x00AB12CD34EF5678,0x1,0x2,\Windows\System32\config\SAM,AB_SAM_strings,9,,,x,strings,,,,,,,,,3,` + noSnapshot + ",,\r\n" +
			`DC-1,0x00AB12CD34EF5678,0x1,0x2,\Temp\a.txt,in\AB_a_s,9,,,x,data,,,,,,,$DATA,hidden,3,{11111111-2222-3333-4444-555555555555},,` + "\r\n" +
			`DC-1,0x77,0x1,0x2,\other,AB_other,9,,,x,data,,,,,,,,,3,` + noSnapshot + ",,\r\n" +
			"DC-1,0\x88/..,0x1,0x2,\\odd,AB_odd,9,,,x,data,,,,,,,,s\x88,3,{1111111\x88-/222-3333-4444-555555555555},,\r\n" +
			`DC-1,0x77,0x1,0x2,\..\other,AB_up,9,,,x,data,,,,,,,,,3,` + noSnapshot + ",,\r\n",
		"SAM/AB_SAM_data": "", "SAM/AB_SAM_strings": "", "SAM/in/AB_a_s": "", "SAM/AB_other": "", "SAM/AB_up": "", "SAM/AB_odd": "", "SAM/GetThis.log": "",
		"x_volstats.csv": "ComputerName,VolumeID,MountPoint\r\nDC-1,0x00AB12CD34EF5678,C:\\\r\n",
	}, collector: "DFIR-ORC", drives: "[77 C unknown]", host: "DC-1", want: map[string]string{
		"SAM/AB_SAM_data":    "orc/C: /Windows/System32/config/SAM",
		"SAM/AB_SAM_strings": "-",
		"SAM/in/AB_a_s":      "orc/C:/vss:11111111-2222-3333-4444-555555555555 /Temp/a.txt:hidden",
		"SAM/AB_other":       "orc/77 /other",
		"SAM/AB_up":          "-",
		"SAM/AB_odd":         `orc/unknown /odd:s\x88`,
		"SAM/GetThis.log":    "-",
		"SAM/GetThis.csv":    "metadata",
	}},
	"another GetThis.csv": {files: map[string]string{"GetThis.csv": "what,when\r\nmilk,now\r\n"}},
	"UAC": {files: map[string]string{
		"uac.log": "", "[root]/etc/passwd": "", "[root]/mnt/win/Windows/System32/config/SAM": "", "bodyfile/bodyfile.txt": "", "[root]/home/a:b": "",
	}, collector: "UAC", drives: "[mnt/win root]", want: map[string]string{
		"[root]/etc/passwd":                          "uac/root /etc/passwd",
		"[root]/home/a:b":                            "uac/root /home/a:b",
		"[root]/mnt/win/Windows/System32/config/SAM": "uac/mnt/win /Windows/System32/config/SAM",
		"bodyfile/bodyfile.txt":                      "-",
		"uac.log":                                    "metadata",
	}},
	"a folder called root": {files: map[string]string{"[root]/etc/passwd": "", "log.txt": ""}},
	"Tanium": {files: map[string]string{
		"2024-HOST/file/C/Windows/System32/config/SAM": "", "2024-HOST/file/C/$Extend/$UsnJrnl_$J": "", "2024-HOST/collector/info.txt": "",
	}, collector: "Tanium", drives: "[C]", want: map[string]string{
		"2024-HOST/file/C/Windows/System32/config/SAM": "tanium/C: /Windows/System32/config/SAM",
		"2024-HOST/file/C/$Extend/$UsnJrnl_$J":         "tanium/C: /$Extend/$UsnJrnl:$J",
		"2024-HOST/collector/info.txt":                 "-",
	}},
	"file without collector": {files: map[string]string{"file/C/readme": "", "collector/info.bin": ""}},
	"Defender": {files: map[string]string{
		"Autoruns/a.csv": "", "Prefetch files/p": "", "Processes/p.csv": "", "Security event log/Security.evtx": "", "Temp Directories/t.txt": "",
		"System Information/SystemInformation.txt": "\xFF\xFE\n\x00H\x00o\x00s\x00t\x00 \x00N\x00a\x00m\x00e\x00:\x00 \x00W\x00S\x003\x00\r\x00\n\x00",
	}, collector: "Defender for Endpoint investigation package", drives: "[]", host: "WS3", want: map[string]string{
		"Security event log/Security.evtx":         "-",
		"System Information/SystemInformation.txt": "metadata",
	}},
	"four folders of the package": {files: map[string]string{"Autoruns/a": "", "Services/p": "", "Processes/p": "", "SMB sessions/s": ""}},
	"ir-rescue": {files: map[string]string{
		"H-1/data/reg/sys/SAM-live": "", "H-1/data/reg/sys/SYSTEM-vss3": "", "H-1/data/evt/evtx/Security.evtx": "", "H-1/data/fs/$MFT-c.bin": "",
		"H-1/data/fs/$UsnJrnl_$J-d.bin": "", "H-1/data/reg/sys/SAM-v\xff": "", "H-1/data/log.txt": "",
	}, collector: "ir-rescue", drives: "[C D]", want: map[string]string{
		"H-1/data/reg/sys/SAM-live":       "ir-rescue/C: /Windows/System32/config/SAM",
		"H-1/data/reg/sys/SYSTEM-vss3":    "ir-rescue/C:/vss:3 /Windows/System32/config/SYSTEM",
		"H-1/data/evt/evtx/Security.evtx": "ir-rescue/C: /Windows/System32/winevt/Logs/Security.evtx",
		"H-1/data/fs/$MFT-c.bin":          "ir-rescue/C: /$MFT",
		"H-1/data/fs/$UsnJrnl_$J-d.bin":   "ir-rescue/D: /$Extend/$UsnJrnl:$J",
		"H-1/data/log.txt":                "-",
		"H-1/data/reg/sys/SAM-v\xff":      `ir-rescue/C:/vss:v\xFF /Windows/System32/config/SAM`,
	}},
	"hives in a folder reg": {files: map[string]string{"reg/sys/SAM-live": "", "reg/sys/SYSTEM": ""}},
	"drive folders": {files: map[string]string{
		"case/c/Windows/System32/config/SAM": "", "case/D%3A/": "", "case/D%3A/a%20b": "", "case/notes.txt": "",
	}, collector: "drive folders", drives: "[C D]", want: map[string]string{
		"case/c/Windows/System32/config/SAM": "drives/C: /Windows/System32/config/SAM",
		"case/D%3A/a%20b":                    "drives/D: /a b",
		"case/notes.txt":                     "-",
	}},
	"two cases": {files: map[string]string{
		"one/C/$MFT": "", "two/C/Windows/System32/winevt/Logs/Security.evtx": "",
	}, collector: "drive folders", drives: "[C]", want: map[string]string{
		"one/C/$MFT": "drives/one/C: /$MFT",
		"two/C/Windows/System32/winevt/Logs/Security.evtx": "drives/two/C: /Windows/System32/winevt/Logs/Security.evtx",
	}},
	"names that are not UTF-8": {files: map[string]string{"\x88/C/$MFT": "", "b/C/$MFT": "", "b/C/\xff": ""}, collector: "drive folders", drives: "[C]", want: map[string]string{
		"\x88/C/$MFT": `drives/\x88/C: /$MFT`,
		"b/C/\xff":    `drives/b/C: /\xFF`,
		"b/C/..\xff":  `drives/b/C: /..\xFF`,
	}},
	"a Windows drive":            {files: map[string]string{"Windows/System32/config/SAM": "", "C/Windows/System32/config/SAM": "", "Users/eve/C/Windows/System32/config/SAM": ""}},
	"a drive with only an MFT":   {files: map[string]string{"$MFT": "", "c/Windows/System32/config/SAM": ""}},
	"a letter without a Windows": {files: map[string]string{"C/file": "", "C/Windows/notepad.exe": ""}},
	"a word for a drive":         {files: map[string]string{"CC/Windows/System32/config/SAM": "", "1/$MFT": ""}},
	"nothing":                    {files: map[string]string{}},
}

func TestRecognise(t *testing.T) {
	for name, tt := range layouts {
		t.Run(name, func(t *testing.T) {
			l := layout.Recognise(collection(tt.files))
			if tt.collector == "" {
				if l != nil {
					t.Fatalf("recognised as %s because %q", l.Collector, l.Because)
				}
				return
			}
			if l == nil || l.Collector != tt.collector || l.Host != tt.host || (l.HostBecause == "") != (tt.host == "") || len(l.Because) == 0 {
				t.Fatalf("%+v", l)
			}
			checkDrives(t, l, tt.drives)
			if got := kinds(l); got != tt.problems {
				t.Errorf("problems %s\n    want %s", got, tt.problems)
			}
			for member, want := range tt.want {
				if got := placed(l, member); got != want {
					t.Errorf("%s\n got %s\nwant %s", member, got, want)
				}
			}
		})
	}
}

// TestCollectionsOnADrive takes what a collector left on a drive for files of
// that drive: a copy of a hive in it is a copy.
func TestCollectionsOnADrive(t *testing.T) {
	for name, tt := range layouts {
		drive := map[string]string{"Windows/System32/config/SAM": ""}
		kape := map[string]string{"C/$MFT": "", "x_CopyLog.csv": copyLogHead}
		for member, content := range tt.files {
			member = strings.ReplaceAll(member, `\`, "/")
			drive["Temp/"+member] = content
			kape["C/Temp/"+member] = content
		}
		if l := layout.Recognise(collection(drive)); l != nil {
			t.Errorf("%s on a drive: %s because %q", name, l.Collector, l.Because)
		}
		l := layout.Recognise(collection(kape))
		if l == nil || l.Collector != "KAPE" || fmt.Sprint(l.Drives) != "[C]" {
			t.Errorf("%s in a collection: %+v", name, l)
			continue
		}
		for member := range kape {
			if got := placed(l, member); strings.HasPrefix(member, "C/Temp/") && got != "-" && !strings.HasPrefix(got, "kape/C: /Temp/") {
				t.Errorf("%s: %s is %s", name, member, got)
			}
		}
	}
}

// TestShadowCopies says of which volume a shadow copy is one.
func TestShadowCopies(t *testing.T) {
	l := layout.Recognise(collection(layouts["KAPE without its log"].files))
	for name, want := range map[string]string{`out\VSS1\C\Windows\System32\config\SAM`: "kape/C: 1 snapshot", `out\C\$Secure_$SDS`: "live"} {
		p, _ := l.Place(name)
		info, got := l.VolumeInfo(p), p.Allocation().String()
		if info.Snapshot != nil {
			got = info.Snapshot.Of + " " + info.Snapshot.Store + " " + got
		}
		if got != want || info.FileSystem != layout.FileSystem || info.Label != "KAPE" {
			t.Errorf("%s: %s, %+v", name, got, info)
		}
	}
}

// TestTimesAndDigests reads what each collector noted.
func TestTimesAndDigests(t *testing.T) {
	const sha1, sha256, md5 = "0123456789abcdef0123456789ABCDEF01234567", "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "0123456789abcdef0123456789abcdef"
	tests := map[string]struct {
		member string
		files  map[string]string
		times  string
		want   layout.Digests
	}{
		"KAPE": {"C/sam", map[string]string{"C/sam": "", "x_CopyLog.csv": copyLogHead +
			`,C:\sam,X:\C\sam,1,` + sha1 + `,False,2023-01-01 00:00:00.00000019,2024-04-30 08:00:00.5,1601-01-01 00:00:00,`},
			"2023-01-01T00:00:00.0000001Z 2024-04-30T08:00:00.5Z - -", layout.Digests{SHA1: strings.ToLower(sha1)}},
		"KAPE, nonsense": {"C/sam", map[string]string{"C/sam": "", "x_CopyLog.csv": copyLogHead + `,C:\sam,X:\C\sam,1,zz,False,yesterday,"2024,",,`},
			"- - - -", layout.Digests{}},
		"Velociraptor": {"uploads/auto/C%3A/sam", map[string]string{"uploads/auto/C%3A/sam": "", "log.json": "",
			"results/A%2FUploads.json":           `[{"sourcefile":"\\\\.\\c:\\SAM","SourceFileSha256":"` + sha256 + `","Modified":1714464000.5,"Created":null}]`,
			"results/A%2FAll File Metadata.json": `{"SourceFile":"C:\\sam","Created":"2023-01-01T02:00:00+02:00","LastAccessed":[],"Changed":"2024-05-01T00:00:00Z"}`},
			"2023-01-01T00:00:00Z 2024-04-30T08:00:00.5Z 2024-05-01T00:00:00Z -", layout.Digests{SHA256: sha256}},
		"DFIR-ORC": {"s", map[string]string{"s": "", "GetThis.csv": "FRN,SampleName,FullName,MD5,SHA256,CreationDate,LastAccessDate\r\n" +
			`1,s,\sam,` + md5 + `,` + sha256 + `,2023-01-01 00:00:00.123,2024-01-01 00:00:00` + "\r\n"},
			"2023-01-01T00:00:00.123Z - - 2024-01-01T00:00:00Z", layout.Digests{MD5: md5, SHA256: sha256}},
	}
	for name, tt := range tests {
		l := layout.Recognise(collection(tt.files))
		if l == nil {
			t.Errorf("%s: not recognised", name)
			continue
		}
		p, ok := l.Place(tt.member)
		var got []string
		for _, moment := range []any{p.Times.Created, p.Times.Modified, p.Times.Changed, p.Times.Accessed} {
			text, err := moment.(interface{ MarshalText() ([]byte, error) }).MarshalText()
			if err != nil {
				t.Error(err)
			}
			got = append(got, strings.Replace(string(text), "0001-01-01T00:00:00Z", "-", 1))
		}
		if times := strings.Join(got, " "); !ok || times != tt.times || p.Digests != tt.want {
			t.Errorf("%s: %v\n got %s %+v\nwant %s %+v", name, ok, times, p.Digests, tt.times, tt.want)
		}
	}
}

// TestMetadataThatCannotBeRead keeps the layout and tells the trouble.
func TestMetadataThatCannotBeRead(t *testing.T) {
	files := map[string]string{"uploads/auto/C%3A/sam": "", "uploads.json": "", "client_info.json": "{", "results/A%2FUploads.json": ""}
	members, read := collection(files)
	for i := range members {
		if members[i].Name == "results/A%2FUploads.json" {
			members[i].Size = layout.MaxMetadata + 1
		}
	}
	l := layout.Recognise(members, func(name string) ([]byte, error) {
		if name == "uploads.json" {
			return nil, errors.New("a bad block")
		}
		return read(name)
	})
	if l == nil || placed(l, "uploads/auto/C%3A/sam") != "velociraptor/C: /sam" || kinds(l) != "malformed client_info.json, io uploads.json, limit results/A%2FUploads.json" {
		t.Fatalf("%+v: %s", l, kinds(l))
	}
	for _, p := range l.Problems {
		if p.Err == nil || strings.Contains(p.Error(), "\n") || p.Offset != -1 {
			t.Errorf("%v", p)
		}
	}
}

// TestManyProblems lists a bounded number.
func TestManyProblems(t *testing.T) {
	files := map[string]string{"C/$MFT": ""}
	for i := range 5000 {
		files[fmt.Sprintf("C/../%d", i)] = ""
	}
	l := layout.Recognise(collection(files))
	if l == nil || len(l.Problems) != 100 || l.Problems[99].Kind != artifacts.Limit {
		t.Fatalf("%d problems", len(l.Problems))
	}
}

func BenchmarkRecognise(b *testing.B) {
	for name, root := range map[string]string{"Velociraptor": "uploads/auto/C%3A/", "nothing": ""} {
		b.Run(name, func(b *testing.B) {
			files := map[string]string{"uploads.json": ""}
			for i := range 100_000 {
				files[fmt.Sprintf("%sUsers/u%d/AppData/Local/Temp/%d.tmp", root, i%50, i)] = ""
			}
			members, read := collection(files)
			for b.Loop() {
				if l := layout.Recognise(members, read); (l == nil) != (root == "") {
					b.Fatal(l)
				}
			}
		})
	}
}
