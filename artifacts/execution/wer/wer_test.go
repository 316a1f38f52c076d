package wer

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/execution/wer/wertest"
	"hivetriage/artifacts/internal/readtest"
)

func read(t testing.TB, data []byte) ([]artifacts.Trace, []*artifacts.Problem) {
	return readtest.All(t, Read(context.Background(), bytes.NewReader(data), int64(len(data))))
}

var (
	event = time.Date(2024, 1, 13, 5, 21, 55, 302243000, time.UTC)
	spec  = wertest.Spec{
		EventType: "BEX64", Event: event, Uploaded: event.Add(time.Hour), Identifier: "af591e90-8a5e-4a3c-a9f1-3ddaa5e0b04b",
		NsAppName: "update.exe", OriginalFilename: "reg.exe", AppName: "Registry Console Tool", AppPath: `C:\users\admin\desktop\update.exe`,
		TargetAppID: "W:0006d60e4d727c5556b492c242c0fa567c630000ffff!00000140AE80d8abddbb12582ce734016833b2871e36!update.exe",
		Signature:   [][2]string{{"Application Name", "update.exe"}, {"Exception Code", "c0000005"}, {"Nothing", ""}},
		Modules:     []string{`C:\users\admin\desktop\update.exe`, `C:\Windows\SYSTEM32\ntdll.dll`},
	}
)

func details(t artifacts.Trace) []string {
	var out []string
	for _, d := range t.Details {
		out = append(out, d.Name+"="+d.Value)
	}
	return out
}

func TestReport(t *testing.T) {
	traces, problems := read(t, wertest.Report(spec))
	if len(traces) != 1 || len(problems) != 0 {
		t.Fatalf("%d traces, problems %v", len(traces), problems)
	}
	got := traces[0]
	if got.Program != spec.AppPath || got.Deed != artifacts.Ran || got.Artefact != Artefact || got.Entry != spec.Identifier || !slices.Equal(got.Paths, spec.Modules) {
		t.Errorf("%+v", got)
	}
	if want := []artifacts.Stamp{{Time: event, Means: "crashed"}, {Time: event.Add(time.Hour), Means: "report sent"}}; !slices.Equal(got.Times, want) {
		t.Errorf("times %v", got.Times)
	}
	if want := []string{"EventType=BEX64", "NsAppName=update.exe", "AppName=Registry Console Tool", "OriginalFilename=reg.exe",
		"ReportIdentifier=af591e90-8a5e-4a3c-a9f1-3ddaa5e0b04b", "SHA1=0140ae80d8abddbb12582ce734016833b2871e36",
		"Signature=Application Name: update.exe", "Signature=Exception Code: c0000005"}; !slices.Equal(details(got), want) {
		t.Errorf("details %q", details(got))
	}
}

func TestMeans(t *testing.T) {
	for eventType, want := range map[string]string{
		"APPCRASH": "crashed", "BEX": "crashed", "CLR20r3": "crashed", "MoAppCrash": "crashed", "InPageError": "crashed", "PowerShell": "crashed",
		"AppHangB1": "hung", "AppHangXProcB1": "hung", "MoAppHang": "hung", "WindowsUpdateFailure3": "reported", "AppTermFailureEvent": "reported",
	} {
		s := spec
		s.EventType = eventType
		if traces, _ := read(t, wertest.Report(s)); len(traces) != 1 || traces[0].Times[0].Means != want {
			t.Errorf("%s: %v, want %s", eventType, traces, want)
		}
	}
}

func TestProgram(t *testing.T) {
	change := func(f func(*wertest.Spec)) wertest.Spec {
		s := spec
		f(&s)
		return s
	}
	for name, c := range map[string]struct {
		spec wertest.Spec
		want string
	}{
		"its path":        {spec, spec.AppPath},
		"its module":      {change(func(s *wertest.Spec) { s.AppPath = "" }), spec.Modules[0]},
		"its description": {change(func(s *wertest.Spec) { s.AppPath, s.Modules = "", nil }), spec.AppName},
		"its name":        {change(func(s *wertest.Spec) { s.AppPath, s.Modules, s.AppName = "", nil, "" }), spec.NsAppName},
		"its first name":  {change(func(s *wertest.Spec) { s.AppPath, s.Modules, s.AppName, s.NsAppName = "", nil, "", "" }), spec.OriginalFilename},
		"none":            {wertest.Spec{EventType: "LiveKernelEvent", Event: event}, ""},
	} {
		traces, problems := read(t, wertest.Report(c.spec))
		if len(problems) != 0 || len(traces) != min(1, len(c.want)) || len(traces) == 1 && traces[0].Program != c.want {
			t.Errorf("%s: %+v %v, want %q", name, traces, problems, c.want)
		}
	}
}

type broken struct{}

func (broken) ReadAt([]byte, int64) (int, error) { return 0, io.ErrClosedPipe }

func TestDamage(t *testing.T) {
	whole := wertest.Report(spec)
	long := wertest.Report(spec)
	for len(long) <= maxSize {
		long = append(long, long[2:]...)
	}
	for name, c := range map[string]struct {
		data           []byte
		size           int64
		traces         int
		want           string
		damaged, times int
	}{
		"empty":             {nil, 0, 0, "EventType is absent", 0, 0},
		"another file":      {[]byte("PK\x03\x04 something"), 0, 0, "EventType is absent", 0, 0},
		"half":              {whole[:len(whole)/2], int64(len(whole)), 1, "could be read of", 1, 2},
		"nothing of it":     {nil, 100, 0, "could be read of", 0, 0},
		"too long":          {long, 0, 1, "a report of", 1, 2},
		"UTF-8":             {[]byte("\xEF\xBB\xBFVersion=1\nEventType=APPCRASH\nEventTime=1\nAppPath=C:\\x\xFF.exe\n"), 0, 1, "", 0, 1},
		"no mark":           {whole[2:], 0, 1, "", 0, 2},
		"an impossible day": {[]byte("EventType=APPCRASH\nEventTime=18446744073709551615\nUploadTime=x\nAppPath=a\n"), 0, 1, "", 0, 0},
		"sent before":       {[]byte("EventType=APPCRASH\nEventTime=900\nUploadTime=800\nAppPath=a\n"), 0, 1, "", 0, 2},
	} {
		if c.size == 0 {
			c.size = int64(len(c.data))
		}
		var traces []artifacts.Trace
		var errs []error
		for trace, err := range Read(context.Background(), bytes.NewReader(c.data), c.size) {
			if err != nil {
				errs = append(errs, err)
				continue
			}
			traces = append(traces, trace)
		}
		if len(traces) != c.traces || (c.want == "") != (len(errs) == 0) || c.want != "" && !strings.Contains(errs[0].Error(), c.want) {
			t.Errorf("%s: %d traces, %v", name, len(traces), errs)
			continue
		}
		if c.traces == 1 && (len(traces[0].Times) != c.times || (traces[0].Damaged != "") != (c.damaged == 1)) {
			t.Errorf("%s: %+v", name, traces[0])
		}
		if len(traces) == 1 && len(traces[0].Times) == 2 && traces[0].When().Before(traces[0].Times[0].Time) {
			t.Errorf("%s: the oldest is not first", name)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	for _, err := range Read(ctx, broken{}, 5) {
		if !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("a broken disk gives %v", err)
		}
	}
	cancel()
	for _, err := range Read(ctx, bytes.NewReader(whole), int64(len(whole))) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%v after it was cancelled", err)
		}
	}
}

func TestNamed(t *testing.T) {
	for p, want := range map[string]bool{
		"/ProgramData/Microsoft/Windows/WER/ReportArchive/AppCrash_x.exe_1_2/Report.wer":    true,
		"/C/Users/a/AppData/Local/Microsoft/Windows/WER/ReportQueue/NonCritical/report.WER": true,
		"/ProgramData/Microsoft/Windows/WER/Temp/Report.wer":                                false,
		"/ProgramData/Microsoft/Windows/WER/ReportArchive/AppCrash_x.exe_1_2/memory.hdmp":   false,
	} {
		if Named(p) != want {
			t.Errorf("%s: named is not %v", p, want)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(wertest.Report(spec))
	f.Add([]byte("EventType=APPCRASH\nEventTime=900\nSig[0].Value=b\nSig[0].Name=a\nSig[=1\nLoadedModule[=x\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		traces, problems := read(t, data)
		if len(traces) > 1 || len(problems) > 1 {
			t.Fatalf("%d traces, %d problems", len(traces), len(problems))
		}
		for _, trace := range traces {
			if trace.Program == "" || len(trace.Times) > 2 || len(trace.Paths) > maxModules {
				t.Fatalf("%+v", trace)
			}
		}
	})
}

func BenchmarkRead(b *testing.B) {
	s := spec
	for range 200 {
		s.Modules = append(s.Modules, `C:\Windows\System32\some.dll`)
	}
	data := wertest.Report(s)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if traces, _ := read(b, data); len(traces) != 1 {
			b.Fatal("no trace")
		}
	}
}
