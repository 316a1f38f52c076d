package defender

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"hivetriage/artifacts"
	"hivetriage/artifacts/execution/defender/defendertest"
	"hivetriage/artifacts/internal/readtest"
)

func readLog(t testing.TB, data []byte) ([]artifacts.Trace, []*artifacts.Problem) {
	return readtest.All(t, Log(context.Background(), bytes.NewReader(data), int64(len(data))))
}

// brief writes a trace in one line.
func brief(t artifacts.Trace) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", t.Entry, t.Deed)
	for _, s := range t.Times {
		fmt.Fprintf(&b, " %s=%s", s.Means, s.Time.Format(time.RFC3339Nano))
	}
	if t.Program != "" {
		fmt.Fprintf(&b, " program=%s", t.Program)
	}
	if t.Command != "" {
		fmt.Fprintf(&b, " command=%s", t.Command)
	}
	for _, p := range t.Paths {
		fmt.Fprintf(&b, " path=%s", p)
	}
	for _, d := range t.Details {
		fmt.Fprintf(&b, " %s=%s", d.Name, d.Value)
	}
	if t.Damaged != "" {
		fmt.Fprintf(&b, " damaged=%s", t.Damaged)
	}
	return b.String()
}

// lines are of the kinds that logs of 2018 to 2026 have.
var lines = strings.Split(`MpCmdRun: nothing that is known
Product Version: 4.18.23110.3
2023-12-19T09:30:00.001Z Service started (MsMpEng.exe pid 3120)
2023-12-19T09:31:02.472Z ProcessImageName: powershell.exe, Pid: 7968, TotalTime: 6070, Count: 24, MaxTime: 828, MaxTimeFile: \Device\HarddiskVolume3\Users\alice\stage, one.ps1, EstimatedImpact: 100%
2023-12-19T09:31:05.010Z ProcessImageName: 7z.exe, Pid: 4104, TotalTime: 30, Count: 11, MaxTime: 9, MaxTimeFile: \Device\HarddiskVolume3\a.zip->(ZIP), EstimatedImpact: 9%
2023-12-19T09:32:10.554Z Engine:command line reported as lowfi: C:\Windows\System32\reg.exe(reg save HKLM\SAM C:\Temp\s (1).hiv)
2023-12-19T09:32:11.580Z Engine:command line reported as threat: C:\Program Files (x86)\a b\x.exe(x.exe -p (a))
2023-12-19T09:33:18.854Z DETECTIONEVENT MPSOURCE_SYSTEM HackTool:Win32/Example!MSR file:C:\Users\alice\to;ol.exe;process:pid:7968,ProcessStart:133474519288037348;
2023-12-19T09:33:18.856Z DETECTION_ADD#1 HackTool:Win32/Example!MSR file:_C:\a.zip->tool.exe PropBag [length: 0, data: (null)]
2023-12-19T09:33:19.001Z DETECTION Behavior:Win32/Example.A behavior:_process: C:\Windows\System32\reg.exe, pid:7652:76635945671937
2023-12-19T09:33:19.002Z DETECTION Trojan:Win32/Example webfile:_C:\d\x.exe|https://h.example/x.exe|pid:4,ProcessStart:133474519288037348
2023-12-19T09:33:19.003Z DETECTION Trojan:Win32/Example CmdLine:_C:\Windows\System32\reg.exe save hklm\sam s
2023-12-19T09:35:01.549Z DETECTION_CLEANEVENT MPSOURCE_REALTIME MP_THREAT_ACTION_QUARANTINE 0x80508033 HackTool:Win32/Example!MSR file:C:\Users\alice\tool.exe;
2023-12-19T09:33:29.027Z [RTP] [Mini-filter] Blocked file(#74): \Device\HarddiskVolume3\tool.exe. Process: \Device\HarddiskVolume3\Windows\explorer.exe, Status: 0x0, State: 16, ScanRequest #1, Reason: OnOpen, IoStatus: 1
2023-12-19T09:36:32.600Z Filter caching disabled for \Device\HarddiskVolume3\PsExec.exe (runtime MpDisableCaching from 0x0)
2023-12-19T09:36:34.869Z SDN:Issuing SDN query for \Device\x (1).aspx (\Device\x (1).aspx) (sha1=12345678900B1a36ee0e7f932386ca0000000001, sha2=1234567899876543215059e9780f802a2f75b432b0d87a000000000000000123)
2023-12-19T09:37:18.140Z Engine:Setting original file name "reg.exe" for "c:\users\alice\svc.exe", hr=0x0
2023-12-19T09:38:53.270Z Engine:EMS scan for process: lsass pid: 700, sigseq: 0x0000123456789B73, sendMemoryScanReport: 0, source: 1
2023-12-19T09:38:53.272Z Engine:EMS detection: HackTool:Win64/Example.A!!Example.A64, sigseq=0x0000C0C53E1F0B73, pid=6108
2023-12-19T11:40:00.000+02:00 ProcessImageName: cmd.exe, Pid: 1, TotalTime: 1, Count: 1, MaxTime: 1, MaxTimeFile: , EstimatedImpact: 1%
2026-04-27T09:00:26.649 Engine:Setting original file name "dwm.exe" for "c:\x.dll", hr=0x0`, "\n")

func TestLines(t *testing.T) {
	traces, problems := readLog(t, defendertest.Log(lines...))
	if len(problems) != 0 {
		t.Errorf("problems %v", problems)
	}
	want := strings.Split(`line 4 ran logged=2023-12-19T09:31:02.472Z program=powershell.exe path=\Device\HarddiskVolume3\Users\alice\stage, one.ps1 Pid=7968 FilesScanned=24 TotalTime=6070
line 5 ran logged=2023-12-19T09:31:05.01Z program=7z.exe path=\Device\HarddiskVolume3\a.zip Pid=4104 FilesScanned=11 TotalTime=30 MaxTimeFile=\Device\HarddiskVolume3\a.zip->(ZIP)
line 6 ran logged=2023-12-19T09:32:10.554Z program=C:\Windows\System32\reg.exe command=reg save HKLM\SAM C:\Temp\s (1).hiv Verdict=lowfi
line 7 ran logged=2023-12-19T09:32:11.58Z program=C:\Program Files (x86)\a b\x.exe command=x.exe -p (a) Verdict=threat
line 8 detected process started=2023-12-19T09:32:08.8037348Z logged=2023-12-19T09:33:18.854Z path=C:\Users\alice\to;ol.exe Threat=HackTool:Win32/Example!MSR Line=DETECTIONEVENT Source=MPSOURCE_SYSTEM Resource=file: C:\Users\alice\to;ol.exe Resource=process: pid:7968,ProcessStart:133474519288037348 Pid=7968
line 9 detected logged=2023-12-19T09:33:18.856Z path=C:\a.zip Threat=HackTool:Win32/Example!MSR Line=DETECTION_ADD#1 Resource=file: C:\a.zip->tool.exe
line 10 detected logged=2023-12-19T09:33:19.001Z path=C:\Windows\System32\reg.exe Threat=Behavior:Win32/Example.A Line=DETECTION Resource=behavior: process: C:\Windows\System32\reg.exe, pid:7652:76635945671937 Pid=7652
line 11 detected process started=2023-12-19T09:32:08.8037348Z logged=2023-12-19T09:33:19.002Z path=C:\d\x.exe Threat=Trojan:Win32/Example Line=DETECTION Resource=webfile: C:\d\x.exe|https://h.example/x.exe|pid:4,ProcessStart:133474519288037348 Pid=4
line 12 detected logged=2023-12-19T09:33:19.003Z command=C:\Windows\System32\reg.exe save hklm\sam s Threat=Trojan:Win32/Example Line=DETECTION Resource=CmdLine: C:\Windows\System32\reg.exe save hklm\sam s
line 13 detected logged=2023-12-19T09:35:01.549Z path=C:\Users\alice\tool.exe Threat=HackTool:Win32/Example!MSR Line=DETECTION_CLEANEVENT Source=MPSOURCE_REALTIME Action=MP_THREAT_ACTION_QUARANTINE Result=0x80508033 Resource=file: C:\Users\alice\tool.exe
line 14 detected logged=2023-12-19T09:33:29.027Z program=\Device\HarddiskVolume3\Windows\explorer.exe path=\Device\HarddiskVolume3\tool.exe Line=Blocked file Reason=OnOpen
line 15 existed logged=2023-12-19T09:36:32.6Z path=\Device\HarddiskVolume3\PsExec.exe Reason=MpDisableCaching from 0x0
line 16 existed logged=2023-12-19T09:36:34.869Z path=\Device\x (1).aspx SHA1=12345678900b1a36ee0e7f932386ca0000000001 SHA256=1234567899876543215059e9780f802a2f75b432b0d87a000000000000000123
line 17 existed logged=2023-12-19T09:37:18.14Z program=c:\users\alice\svc.exe path=c:\users\alice\svc.exe OriginalFileName=reg.exe
line 18 ran logged=2023-12-19T09:38:53.27Z program=lsass Pid=700
line 19 detected logged=2023-12-19T09:38:53.272Z Threat=HackTool:Win64/Example.A!!Example.A64 Line=EMS detection Pid=6108
line 20 ran logged=2023-12-19T09:40:00Z program=cmd.exe Pid=1 FilesScanned=1 TotalTime=1
line 21 existed logged=2026-04-27T09:00:26.649Z program=c:\x.dll path=c:\x.dll OriginalFileName=dwm.exe`, "\n")
	for i := range max(len(want), len(traces)) {
		got := ""
		if i < len(traces) {
			got = brief(traces[i])
		}
		if i >= len(want) || got != want[i] {
			t.Errorf("got  %s", got)
			if i < len(want) {
				t.Errorf("want %s", want[i])
			}
		}
	}
	for _, trace := range traces {
		if trace.Artefact != ArtefactLog || trace.Offset <= 0 {
			t.Errorf("%+v", trace)
		}
	}
}

// TestNotTold holds lines that look like those that are known.
func TestNotTold(t *testing.T) {
	at := time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, text := range []string{
		"", "ProcessImageName: , Pid: 5", "DETECTION", "DETECTION_ADD#1 ", "DETECTIONEVENT MPSOURCE_SYSTEM", "DETECTION_CLEANEVENT A B C", "DETECTION_OTHER x y",
		"Blocked file(#4)", "Blocked file: x", "SDN:Issuing SDN query for x", "Filter caching disabled for ", `Engine:Setting original file name "x`,
		`Engine:Setting original file name "x" for "`, "Engine:command line reported as lowfi", "Engine:EMS scan for process: lsass", "Engine:EMS detection: x", "Engine:EMS other", "Engine:other", "[RTP] nothing", "[",
	} {
		if traces, problems := readLog(t, defendertest.Log(defendertest.Line(at, text))); len(traces)+len(problems) != 0 {
			t.Errorf("%q: %v %v", text, traces, problems)
		}
	}
	for _, text := range []string{"2024-13-01T00:00:00.000Z ProcessImageName: a.exe, Pid: 1", "2024-01-01 ProcessImageName: a.exe, Pid: 1", "Current time: 13/13/2024 UTC", "Current time: now"} {
		if traces, problems := readLog(t, defendertest.Log(text)); len(traces)+len(problems) != 0 {
			t.Errorf("%q: %v %v", text, traces, problems)
		}
	}
}

// TestOdd holds what is told of lines that are known but incomplete.
func TestOdd(t *testing.T) {
	at := time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC)
	for text, want := range map[string]string{
		"ProcessImageName: a.exe":                                 "line 1 ran logged=2024-01-02T03:04:05Z program=a.exe",
		"DETECTION Threat:X":                                      "line 1 detected logged=2024-01-02T03:04:05Z Threat=Threat:X Line=DETECTION",
		`DETECTION Threat:X C:\x.exe`:                             `line 1 detected logged=2024-01-02T03:04:05Z Threat=Threat:X Line=DETECTION Resource=C:\x.exe`,
		"DETECTION Threat:X amsi:_a;regkey:b;":                    "line 1 detected logged=2024-01-02T03:04:05Z Threat=Threat:X Line=DETECTION Resource=amsi: a Resource=regkey: b",
		"DETECTION Threat:X process:7":                            "line 1 detected logged=2024-01-02T03:04:05Z Threat=Threat:X Line=DETECTION Resource=process: 7",
		"DETECTION Threat:X process:pid:7,ProcessStart:x":         "line 1 detected logged=2024-01-02T03:04:05Z Threat=Threat:X Line=DETECTION Resource=process: pid:7,ProcessStart:x Pid=7",
		"Engine:command line reported as lowfi: curl -o x":        "line 1 ran logged=2024-01-02T03:04:05Z command=curl -o x Verdict=lowfi",
		"Engine:command line reported as lowfi: a (b) c":          "line 1 ran logged=2024-01-02T03:04:05Z command=a (b) c Verdict=lowfi",
		"SDN:Issuing SDN query for x (y) (sha1=12, sha2=g)":       "line 1 existed logged=2024-01-02T03:04:05Z path=x (y)",
		defendertest.Impact("reg.exe", 5, `\Device\x`):            `line 1 ran logged=2024-01-02T03:04:05Z program=reg.exe path=\Device\x Pid=5 FilesScanned=24 TotalTime=6070`,
		defendertest.Command("lowfi", `C:\reg.exe`, "reg save x"): `line 1 ran logged=2024-01-02T03:04:05Z program=C:\reg.exe command=reg save x Verdict=lowfi`,
		defendertest.Original("reg.exe", `c:\a.exe`):              `line 1 existed logged=2024-01-02T03:04:05Z program=c:\a.exe path=c:\a.exe OriginalFileName=reg.exe`,
		defendertest.Detection("T:X", `file:C:\a`, `file:C:\b`):   `line 1 detected logged=2024-01-02T03:04:05Z path=C:\a path=C:\b Threat=T:X Line=DETECTION_ADD#1 Resource=file: C:\a Resource=file: C:\b`,
	} {
		traces, problems := readLog(t, defendertest.Log(defendertest.Line(at, text)))
		if len(traces) != 1 || len(problems) != 0 || brief(traces[0]) != want {
			t.Errorf("%q:\n got %v %v\nwant %s", text, traces, problems, want)
		}
	}
}

var blocks = strings.Split(`2023-12-19T09:33:30.100Z Something
Begin Resource Scan
Scan ID:{C343E826-0000-4000-8000-000000000001}
Scan Source:6
Start Time:12-19-2023 10:33:33
Explicit resource to scan
Resource Schema:file
Resource Path:C:\Users\alice\tool.exe
Result Count:1
Threat Name:HackTool:Win32/Example!MSR
ID:2147805916
Severity:4
Resource Path:C:\Users\alice\tool.exe
Resource Path:C:\Users\alice\other.exe
2023-12-19T09:33:31.100Z Something in between
End Scan
Begin Resource Scan
Resource Path:C:\clean.exe
End Scan
************
2023-12-19T09:34:47.000Z Beginning threat actions
Start time:12-19-2023 10:34:46
Threat Name:HackTool:Win32/Example!MSR
Threat ID:2147805916
Action:quarantine
Path:\\?\C:\Users\alice\tool.exe
File to act on SHA1:343051CC1B3F33201D076478EA9BADC700000001
File owner:EXAMPLE\alice
File Name:C:\Users\alice\tool.exe
Finished threat actions
BEGIN BM telemetry
GUID:{12345678-ACEA-905D-0234-000000000001}
ProcessID:7968
ProcessCreationTime:133474519288037348
CreationTime:12-19-2023 10:32:08
ImagePath:C:\Windows\System32\reg.exe
Taint Info:Friendly: Y; Parents: C:\agent.exe:2504:3,
BEGIN BM telemetry
ImagePath:C:\second.exe
Current time: 12/20/2023 01:00:00.000 UTC (system)
2023-12-20T03:00:00.500 ProcessImageName: late.exe, Pid: 9
2023-12-20T03:00:01.500Z ProcessImageName: zoned.exe, Pid: 9
Begin Resource Scan
Threat Name:Cut:Off`, "\n")

func TestBlocks(t *testing.T) {
	traces, problems := readLog(t, defendertest.Log(blocks...))
	if len(problems) != 0 {
		t.Errorf("problems %v", problems)
	}
	var got []string
	for _, trace := range traces {
		got = append(got, brief(trace))
	}
	want := strings.Split(`line 2 detected logged after=2023-12-19T09:33:30.1Z path=C:\Users\alice\tool.exe path=C:\Users\alice\other.exe ScanID={C343E826-0000-4000-8000-000000000001} ScanSource=6 LocalStart=12-19-2023 10:33:33 Threat=HackTool:Win32/Example!MSR ThreatID=2147805916 Severity=4
line 21 detected logged after=2023-12-19T09:34:47Z path=C:\Users\alice\tool.exe LocalStart=12-19-2023 10:34:46 Threat=HackTool:Win32/Example!MSR ThreatID=2147805916 Action=quarantine SHA1=343051CC1B3F33201D076478EA9BADC700000001 FileOwner=EXAMPLE\alice
line 31 ran process started=2023-12-19T09:32:08.8037348Z logged after=2023-12-19T09:34:47Z program=C:\Windows\System32\reg.exe GUID={12345678-ACEA-905D-0234-000000000001} Pid=7968 LocalTime=12-19-2023 10:32:08 TaintInfo=Friendly: Y; Parents: C:\agent.exe:2504:3, damaged=the block of lines has no end: another begins in it
line 38 ran logged after=2023-12-19T09:34:47Z program=C:\second.exe damaged=the block of lines has no end: a new session begins in it
line 41 ran logged=2023-12-20T01:00:00.5Z program=late.exe Pid=9 TimeNote=-2h0m0s added: the lines have no zone and differ by that from the header, which is in UTC
line 42 ran logged=2023-12-20T03:00:01.5Z program=zoned.exe Pid=9
line 43 detected logged after=2023-12-20T03:00:01.5Z Threat=Cut:Off damaged=the block of lines has no end: the log ends in it`, "\n")
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestEncodings(t *testing.T) {
	text := "2024-01-02T03:04:05.000Z ProcessImageName: r\u0A0Ag\u410A.exe, Pid: 5, MaxTimeFile: C:\\\u00E9, EstimatedImpact: 1%"
	wide := defendertest.Log(text, text)
	for name, data := range map[string][]byte{
		"UTF-16": wide, "UTF-16 without a mark": wide[2:], "UTF-16 without an end": wide[:len(wide)-4], "UTF-16, half a character more": append(slices.Clone(wide), 0x0A),
		"UTF-8": []byte(text + "\n" + text), "UTF-8 with a mark": []byte("\uFEFF" + text + "\r\n" + text + "\r\n"),
	} {
		traces, problems := readLog(t, data)
		if len(traces) != 2 || len(problems) != 0 {
			t.Errorf("%s: %d traces, %v", name, len(traces), problems)
			continue
		}
		for _, trace := range traces {
			if trace.Program != "r\u0A0Ag\u410A.exe" || !slices.Equal(trace.Paths, []string{"C:\\\u00E9"}) {
				t.Errorf("%s: %s", name, brief(trace))
			}
		}
	}
	if traces, _ := readLog(t, []byte("2024-01-02T03:04:05.000Z ProcessImageName: \xFF.exe, Pid: 5")); len(traces) != 1 || traces[0].Program != "\uFFFD.exe" {
		t.Errorf("%v", traces)
	}
}

func TestLongLines(t *testing.T) {
	at := time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC)
	long := defendertest.Line(at, defendertest.Impact("reg.exe", 5, strings.Repeat("a", maxLine)))
	short := defendertest.Line(at, defendertest.Impact("cmd.exe", 5, "b"))
	traces, problems := readLog(t, defendertest.Log(long, short, long, long, short))
	if len(problems) != 3 || problems[0].Kind != artifacts.Limit || problems[0].Offset != 2 || len(traces) != 5 {
		t.Fatalf("%d traces, problems %v", len(traces), problems)
	}
	for i, trace := range traces {
		if cut := i != 1 && i != 4; cut != (trace.Damaged != "") || cut && len(trace.Paths[0]) > maxLine/2 || trace.Entry != fmt.Sprintf("line %d", i+1) {
			t.Errorf("%d: %.100s damaged %q", i, brief(trace), trace.Damaged)
		}
	}
}

// A broken disk fails behind its first bytes.
type broken struct{ data []byte }

func (b broken) ReadAt(p []byte, off int64) (int, error) {
	if off >= int64(len(b.data)) {
		return 0, io.ErrClosedPipe
	}
	n := copy(p, b.data[off:])
	if n < len(p) {
		return n, io.ErrClosedPipe
	}
	return n, nil
}

func TestReading(t *testing.T) {
	data := defendertest.Log(lines...)
	var last error
	n := 0
	for _, err := range Log(context.Background(), broken{data}, int64(len(data))+1000) {
		if last = err; err == nil {
			n++
		}
	}
	if n != 18 || !errors.Is(last, io.ErrClosedPipe) {
		t.Errorf("%d traces, then %v", n, last)
	}
	traces, problems := readtest.All(t, Log(context.Background(), bytes.NewReader(data), int64(len(data))+1000))
	if len(traces) != 18 || len(problems) != 1 || problems[0].Kind != artifacts.Truncated || problems[0].Offset != int64(len(data)) {
		t.Errorf("%d traces, problems %v", len(traces), problems)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, err := range Log(ctx, bytes.NewReader(data), int64(len(data))) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%v after it was cancelled", err)
		}
	}
	for range Log(context.Background(), bytes.NewReader(data), int64(len(data))) {
		break
	}
}

func TestNames(t *testing.T) {
	for p, want := range map[string]bool{
		"/ProgramData/Microsoft/Windows Defender/Support/MPLog-20231219-093000.log": true, "/C/x/mpdetection-20231219.LOG": true,
		"/x/MPScanSkip-20231219.log": false, "/x/MPLog-1.txt": false, "/MPLog-.log/x": false,
	} {
		if LogNamed(p) != want {
			t.Errorf("%s: named is not %v", p, want)
		}
	}
	for p, want := range map[string]bool{
		"/C/ProgramData/Microsoft/Windows Defender/Scans/History/Service/DetectionHistory/00/513F108E-C674-4D19-AE23-79C9AD68A0E6": true,
		"/ProgramData/Microsoft/Windows Defender/Scans/History/Results/x":                                                          false,
	} {
		if HistoryNamed(p) != want {
			t.Errorf("%s: named is not %v", p, want)
		}
	}
}

func FuzzLog(f *testing.F) {
	f.Add(defendertest.Log(lines...))
	f.Add(defendertest.Log(blocks...))
	f.Add([]byte(strings.Join(lines, "\n")))
	f.Fuzz(func(t *testing.T, data []byte) {
		traces, _ := readLog(t, data)
		last := int64(-1)
		for _, trace := range traces {
			if trace.Offset < 0 || trace.Offset > int64(len(data)) || !utf8.ValidString(brief(trace)) || len(trace.Times) > 0 && trace.When().Before(trace.Times[0].Time) {
				t.Fatalf("%+v", trace)
			}
			last = max(last, trace.Offset)
		}
		if len(traces) > len(data) || last > int64(len(data)) {
			t.Fatalf("%d traces of %d bytes", len(traces), len(data))
		}
	})
}

func BenchmarkLog(b *testing.B) {
	var all []string
	for range 2000 {
		all = append(all, lines...)
		all = append(all, "2023-12-19T09:30:00.120Z [Cloud] Engine is requesting config to do cloud query [regular network].")
	}
	data := defendertest.Log(all...)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		for range Log(context.Background(), bytes.NewReader(data), int64(len(data))) {
			n++
		}
		if n != 18*2000 {
			b.Fatal(n)
		}
	}
}

func BenchmarkLogOfNothing(b *testing.B) {
	var all []string
	for range 20000 {
		all = append(all, "2023-12-19T09:30:00.120Z [Cloud] Engine is requesting config to do cloud query [regular network].", "Internal signature match:subtype=Lowfi, sigseq=0x0")
	}
	data := defendertest.Log(all...)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		for trace := range Log(context.Background(), bytes.NewReader(data), int64(len(data))) {
			b.Fatal(trace)
		}
	}
}
