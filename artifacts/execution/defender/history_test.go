package defender

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"hivetriage/artifacts"
	"hivetriage/artifacts/execution/defender/defendertest"
	"hivetriage/artifacts/internal/readtest"
	"hivetriage/artifacts/internal/windows"
)

func readHistory(t testing.TB, data []byte) ([]artifacts.Trace, []*artifacts.Problem) {
	return readtest.All(t, History(context.Background(), bytes.NewReader(data), int64(len(data))))
}

var (
	found = time.Date(2025, 1, 28, 16, 44, 51, 243160000, time.UTC)
	// dumped is a detection of reg.exe that saved a hive.
	dumped = defendertest.Spec{
		Threat: "HackTool:Win32/Example", ThreatID: 2147686744, GUID: [16]byte{0xCF, 0xE9, 0xBB, 0x94, 0xEB, 0xCD, 0x85, 0x48, 0x91, 0x78, 0xCC, 0x93, 0xFB, 0x10, 0x82, 0x2D},
		Status: 3, Changed: found.Add(time.Minute), Detected: found, Remediated: found.Add(time.Minute),
		User: `DESKTOP-O8964S4\Raptor`, Process: `C:\Windows\System32\cmd.exe`, OtherUser: `NT AUTHORITY\SYSTEM`,
		Resources: []defendertest.Resource{
			{Kind: "file", Place: `C:\Users\Raptor\Downloads\a.zip->x.exe`, Tracking: []defendertest.Tracking{
				{Name: "ThreatTrackingSha256", Value: strings.Repeat("ab", 32)}, {Name: "ThreatTrackingStartTime", Value: windows.ToFiletime(found)},
				{Name: "ThreatTrackingScanFlags", Value: uint32(16)}, {Name: "ThreatTrackingIsEsuSig", Value: true}, {Name: "ThreatTrackingResearchData", Value: []byte{1}},
				{Name: "ThreatTrackingSize", Value: uint64(1234)},
			}},
			{Kind: "CmdLine", Place: `C:\Windows\System32\reg.exe save hklm\sam s`, Header: true, Tracking: []defendertest.Tracking{{Name: "ThreatTrackingId", Value: "X"}}},
			{Kind: "containerfile", Place: `C:\Users\Raptor\Downloads\a.zip`, Header: true},
		},
	}
)

const dumpedBrief = `{94BBE9CF-CDEB-4885-9178-CC93FB10822D} detected detected=2025-01-28T16:44:51.24316Z status changed=2025-01-28T16:45:51.24316Z remediated=2025-01-28T16:45:51.24316Z` +
	` program=C:\Windows\System32\cmd.exe command=C:\Windows\System32\reg.exe save hklm\sam s path=C:\Users\Raptor\Downloads\a.zip` +
	` DetectionID={94BBE9CF-CDEB-4885-9178-CC93FB10822D} ThreatID=2147686744 Threat=HackTool:Win32/Example Status=quarantined` +
	` Resource=file: C:\Users\Raptor\Downloads\a.zip->x.exe ThreatTrackingSha256=abababababababababababababababababababababababababababababababab` +
	` ThreatTrackingStartTime=2025-01-28T16:44:51.24316Z ThreatTrackingScanFlags=16 ThreatTrackingIsEsuSig=true ThreatTrackingSize=1234` +
	` Resource=CmdLine: C:\Windows\System32\reg.exe save hklm\sam s ThreatTrackingId=X Resource=containerfile: C:\Users\Raptor\Downloads\a.zip OtherUser=NT AUTHORITY\SYSTEM`

func TestHistory(t *testing.T) {
	for name, old := range map[string]bool{"of today": false, "of Windows Server 2016": true} {
		spec := dumped
		spec.Old = old
		data := defendertest.History(spec)
		if !IsHistory(data[:24]) {
			t.Errorf("%s: not seen to be a detection", name)
		}
		traces, problems := readHistory(t, data)
		if len(traces) != 1 || len(problems) != 0 {
			t.Fatalf("%s: %d traces, problems %v", name, len(traces), problems)
		}
		got := traces[0]
		if brief(got) != dumpedBrief || got.User != (artifacts.User{Domain: "DESKTOP-O8964S4", Name: "Raptor"}) || got.Artefact != ArtefactHistory {
			t.Errorf("%s:\n got %s %+v\nwant %s", name, brief(got), got.User, dumpedBrief)
		}
	}
}

func TestHistoryVariants(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*defendertest.Spec)
		has    string
		hasNot string
	}{
		"another status":     {func(s *defendertest.Spec) { s.Status = 999 }, " Status=999", "quarantined"},
		"removal failed":     {func(s *defendertest.Spec) { s.Status = 103 }, " Status=remove failed", ""},
		"not remediated":     {func(s *defendertest.Spec) { s.Remediated = time.Time{} }, "detected=2025-01-28", "remediated="},
		"an unknown process": {func(s *defendertest.Spec) { s.Process = "Unknown" }, "command=", "program="},
		"a behaviour": {func(s *defendertest.Spec) {
			s.Resources[0].Kind = "behavior"
			s.Resources[0].Place = `process: C:\x.exe, pid:5:7`
		}, `path=C:\x.exe`, ""},
		"a user of no domain": {func(s *defendertest.Spec) { s.User = "me" }, "detected", ""},
	} {
		spec := dumped
		spec.Resources = append([]defendertest.Resource(nil), dumped.Resources...)
		c.change(&spec)
		traces, problems := readHistory(t, defendertest.History(spec))
		if len(traces) != 1 || len(problems) != 0 || !strings.Contains(brief(traces[0]), c.has) || c.hasNot != "" && strings.Contains(brief(traces[0]), c.hasNot) {
			t.Errorf("%s: %v %v", name, traces, problems)
		}
	}
}

func TestHistoryDamage(t *testing.T) {
	whole := defendertest.History(dumped)
	account := windows.AppendUTF16(nil, dumped.User)
	text := whole[bytes.Index(whole, account)-8:][:8] // in front of it
	for name, c := range map[string]struct {
		data   []byte
		kind   artifacts.Kind
		want   string
		traces int
	}{
		"empty":                  {nil, artifacts.Malformed, "no detection", 0},
		"another file":           {[]byte(strings.Repeat("x", 100)), artifacts.Malformed, "no detection", 0},
		"a number alone":         {whole[:30], artifacts.Truncated, "a value of 16 bytes", 0},
		"no name":                {whole[:40], artifacts.Malformed, "the name of the threat is absent", 1},
		"the name alone":         {whole[:144], artifacts.Malformed, "the times of the detection are absent", 1},
		"cut in a value":         {whole[:len(whole)/2+4], artifacts.Truncated, "a value of", 1},
		"no resource":            {defendertest.History(defendertest.Spec{Threat: "X", Changed: found, Detected: found}), artifacts.Malformed, "no resource", 1},
		"an enormous value":      {append(bytes.Clone(whole[:40]), 0xFF, 0xFF, 0xFF, 0xFF, 6, 0, 0, 0), artifacts.Truncated, "a value of 4294967295 bytes", 1},
		"texts instead of times": {bytes.ReplaceAll(whole, []byte{8, 0, 0, 0, 0x0A, 0, 0, 0}, []byte{8, 0, 0, 0, 0x15, 0, 0, 0}), artifacts.Malformed, "times of the detection are absent", 1},
		"a number for the user":  {bytes.Replace(whole, append(bytes.Clone(text), account...), append(append(bytes.Clone(text[:4]), 6, 0, 0, 0), account...), 1), artifacts.Malformed, "user and process", 1},
	} {
		traces, problems := readHistory(t, c.data)
		if len(traces) != c.traces || len(problems) != 1 || problems[0].Kind != c.kind || !strings.Contains(problems[0].Error(), c.want) {
			t.Errorf("%s: %v, problems %v", name, traces, problems)
			continue
		}
		if c.traces == 1 && (traces[0].Damaged == "" || traces[0].Entry == "") {
			t.Errorf("%s: %+v", name, traces[0])
		}
	}
	for _, c := range []struct {
		r    io.ReaderAt
		size int64
		want string
	}{
		{broken{whole}, int64(len(whole)) + 1, io.ErrClosedPipe.Error()},
		{bytes.NewReader(whole), int64(len(whole)) + 1, "could be read of"},
		{bytes.NewReader(whole), maxHistory + 1, "read are at most"},
	} {
		var last error
		for _, err := range History(context.Background(), c.r, c.size) {
			last = err
		}
		if last == nil || !strings.Contains(last.Error(), c.want) {
			t.Errorf("%v, want %q", last, c.want)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, err := range History(ctx, bytes.NewReader(whole), int64(len(whole))) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%v after it was cancelled", err)
		}
	}
}

// TestTracked holds what was tracked against bytes that end anywhere.
func TestTracked(t *testing.T) {
	data := defendertest.History(dumped)
	at := bytes.Index(data, windows.AppendUTF16(nil, "ThreatTrackingSha256")) - 8
	blob := data[at : at+600]
	for n := range len(blob) {
		var trace artifacts.Trace
		tracked(&trace, blob[:n])
		if len(trace.Details) > 6 {
			t.Fatalf("%d bytes give %v", n, trace.Details)
		}
	}
	var trace artifacts.Trace
	tracked(&trace, append(binary.LittleEndian.AppendUint32(make([]byte, 4), 28), append(windows.AppendUTF16(nil, "ThreatTracking"), 99, 0, 0, 0)...))
	if len(trace.Details) != 0 {
		t.Errorf("a value of an unknown type gives %v", trace.Details)
	}
}

func FuzzHistory(f *testing.F) {
	f.Add(defendertest.History(dumped))
	old := dumped
	old.Old = true
	f.Add(defendertest.History(old))
	f.Fuzz(func(t *testing.T, data []byte) {
		traces, problems := readHistory(t, data)
		if len(traces) > 1 || len(problems) > 1 || len(traces)+len(problems) == 0 {
			t.Fatalf("%d traces, %d problems", len(traces), len(problems))
		}
		for _, trace := range traces {
			if (trace.Damaged != "") != (len(problems) == 1) || !utf8.ValidString(brief(trace)) || len(trace.Details) > maxResources*(maxTracked+2)+5 {
				t.Fatalf("%+v", trace)
			}
		}
		for _, p := range problems {
			if p.Offset < 0 || p.Offset > int64(len(data)) {
				t.Fatal(p)
			}
		}
	})
}

func BenchmarkHistory(b *testing.B) {
	data := defendertest.History(dumped)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if traces, _ := readHistory(b, data); len(traces) != 1 {
			b.Fatal("no trace")
		}
	}
}
