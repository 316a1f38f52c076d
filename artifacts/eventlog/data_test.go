package eventlog

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"hivetriage/artifacts"
	"hivetriage/artifacts/eventlog/eventlogtest"
)

// TestData: names and values come out in order, with the accounts of the
// record, and only where they are asked for.
func TestData(t *testing.T) {
	w := eventlogtest.New(eventlogtest.Options{})
	w.Add(eventlogtest.Security5145(at, "WS", eventlogtest.ShareAccess{Subject: admin, IP: "10.0.0.9", Port: "50222", Share: `\\*\IPC$`, Target: "winreg", Mask: 0x3}))
	w.Add(eventlogtest.System7045(at, "WS", other.SID, "BTOBTO", `%COMSPEC% /C echo x`))
	w.Add(eventlogtest.PowerShell4104(at, "WS", admin.SID, 4242, 1, 2, "Get-Item x", "0b-1"))
	w.Add(eventlogtest.System104(at, "WS", admin, "Windows PowerShell"))
	w.Add(eventlogtest.Sysmon11(at, "WS", eventlogtest.SysmonFile{PID: 4, Image: "System", Target: `C:\Temp\x`}))
	log := w.Bytes()
	ids := []uint32{5145, 7045, 4104, 104, 11}
	for _, told := range []bool{true, false} {
		var q Query
		for _, id := range ids {
			q.Select = append(q.Select, Selector{ID: id, Data: told && id != 11})
		}
		events, problems, _ := read(log, q)
		if len(events) != len(ids) || len(problems) != 0 {
			t.Fatalf("%d events, %d problems", len(events), len(problems))
		}
		for i, e := range events {
			if want := told && ids[i] != 11; (len(e.Data) > 0) != want {
				t.Errorf("%d: data %v, want any: %v", e.Code, e.Data, want)
			}
		}
		if !told {
			continue
		}
		want := []artifacts.Datum{{Name: "ServiceName", Value: "BTOBTO"}, {Name: "ImagePath", Value: `%COMSPEC% /C echo x`},
			{Name: "ServiceType", Value: "user mode service"}, {Name: "StartType", Value: "demand start"}, {Name: "AccountName", Value: "LocalSystem"}}
		if !slices.Equal(events[1].Data, want) || events[1].User.SID != other.SID {
			t.Errorf("7045: %v by %v", events[1].Data, events[1].User)
		}
		if e := events[0]; e.User.Name != admin.Name || e.Value("RelativeTargetName") != "winreg" || e.Value("AccessMask") != "0x3" || e.Value("AccessReason") != "" {
			t.Errorf("5145: %+v", e)
		}
		if e := events[2]; e.Process == nil || e.Process.PID != 4242 || e.Value("MessageTotal") != "2" {
			t.Errorf("4104: %+v", e)
		}
		if e := events[3]; e.Value("Channel") != "Windows PowerShell" || e.Cleared == "" {
			t.Errorf("104: %+v", e)
		}
	}
}

// TestDataOfProvider: one provider's data are asked for, those of another with
// the same ID are not.
func TestDataOfProvider(t *testing.T) {
	w := eventlogtest.New(eventlogtest.Options{})
	w.Add(eventlogtest.KernelGeneral16(at, "WS", other.SID, `\??\C:\x`))
	w.Add(eventlogtest.SysmonEvent(16, at, "WS", eventlogtest.SysmonFile{PID: 9}))
	events, problems, _ := read(w.Bytes(), Query{Select: []Selector{{Provider: "Microsoft-Windows-Kernel-General", ID: 16, Data: true}, {Provider: providerSysmon, ID: 16}}})
	if len(events) != 2 || len(problems) != 0 || len(events[0].Data) != 4 || events[1].Data != nil {
		t.Errorf("%+v, %d problems", events, len(problems))
	}
}

// TestDataBounds: more values than any record has are cut.
func TestDataBounds(t *testing.T) {
	r := eventlogtest.Record{Provider: "Many", ID: 700, Channel: "Many", Computer: "WS", Time: at}
	for range 200 {
		r.Data = append(r.Data, eventlogtest.Field{Name: "x", Type: eventlogtest.String, Value: "y"})
	}
	w := eventlogtest.New(eventlogtest.Options{})
	w.Add(r)
	events, problems, _ := read(w.Bytes(), Query{Select: []Selector{{ID: 700, Data: true}}})
	if len(events) != 1 || len(problems) != 0 || len(events[0].Data) != maxData {
		t.Fatalf("%d events, %d problems", len(events), len(problems))
	}
}

// BenchmarkThirdTold is BenchmarkThirdDecoded with all data asked for.
func BenchmarkThirdTold(b *testing.B) {
	benchEvents(b, benchLog(3), Query{Select: []Selector{{Provider: providerSecurity, ID: 4688, Data: true}}}, 8000)
}

// TestHolds: a record that nowhere has the text is left out, whatever the case
// of the letters; where another selector asks for the same ID without a text,
// none is.
func TestHolds(t *testing.T) {
	w := eventlogtest.New(eventlogtest.Options{})
	for _, loaded := range []string{`C:\Windows\System32\ntdll.dll`, `C:\Tools\OffReg.DLL`, `C:\Tools\offreg.dl`, `C:\Tools\oOffreg.dll`} {
		w.Add(eventlogtest.SysmonEvent(7, at, "WS", eventlogtest.SysmonFile{PID: 7, Image: `C:\Tools\x.exe`}, eventlogtest.Field{Name: "ImageLoaded", Type: eventlogtest.String, Value: loaded}))
	}
	w.Add(eventlogtest.Sysmon11(at, "WS", eventlogtest.SysmonFile{PID: 4, Image: "System", Target: `C:\Temp\x`}))
	holding := Selector{Provider: providerSysmon, ID: 7, Data: true, Holds: "offreg.dll"}
	for name, c := range map[string]struct {
		selectors []Selector
		want      int
	}{
		"one text":        {[]Selector{holding}, 2},
		"one of two":      {[]Selector{holding, {Provider: providerSysmon, ID: 7, Holds: "ntdll"}}, 3},
		"no text as well": {[]Selector{holding, {Provider: providerSysmon, ID: 7}}, 4},
		"another ID":      {[]Selector{holding, {Provider: providerSysmon, ID: 11}}, 3},
		"absent":          {[]Selector{{Provider: providerSysmon, ID: 7, Holds: "lsass.exe"}}, 0},
	} {
		events, problems, _ := read(w.Bytes(), Query{Select: c.selectors})
		if len(events) != c.want || len(problems) != 0 {
			t.Errorf("%s: %d events, want %d; %d problems", name, len(events), c.want, len(problems))
		}
	}
}

func TestHoldsText(t *testing.T) {
	wide := func(s string) []byte {
		var b []byte
		for i := range len(s) {
			b = append(b, s[i], 0)
		}
		return b
	}
	for data, want := range map[string]bool{"": false, "lsass": false, "lsass.exe": true, `C:\LSASS.EXE`: true, "lslsass.exe": true, "lsass.ex": false, "LLLlsass.eXe!": true} {
		if got := holdsText(wide(data), "lsass.exe"); got != want {
			t.Errorf("%q: %v", data, got)
		}
	}
	if holdsText([]byte("lsass.exe"), "lsass.exe") {
		t.Error("bytes are not UTF-16")
	}
}

// TestAsk: records are asked for their values before they are made into
// events, the first of a chunk is taken unasked, and another selector of the
// same ID takes all.
func TestAsk(t *testing.T) {
	w := eventlogtest.New(eventlogtest.Options{RecordsPerChunk: 50})
	for i := range 100 {
		w.Add(eventlogtest.Security5145(at, "WS.example.org", eventlogtest.ShareAccess{Subject: admin, Share: `\\*\C$`, Target: fmt.Sprintf("file%d", i)}),
			eventlogtest.Sysmon11(at, "WS.example.org", eventlogtest.SysmonFile{Image: `C:\a.exe`, Target: fmt.Sprintf("file%d", i)}))
	}
	log := w.Bytes()
	ask := func(name, want string) func(Values) bool {
		return func(v Values) bool { return len(v("NoSuchName")) == 0 && string(v(name)) == want }
	}
	share := Selector{Provider: providerSecurity, ID: 5145, Data: true, Ask: ask("RelativeTargetName", "file77")}
	file := Selector{Provider: providerSysmon, ID: 11, Ask: ask("TargetFilename", "file33")}
	for _, c := range []struct {
		name string
		q    Query
		want int
	}{
		{"data", Query{Select: []Selector{share}}, 4 + 1},
		{"fields", Query{Select: []Selector{file}}, 4 + 1},
		{"both, one first record for each chunk", Query{Select: []Selector{share, file}}, 4 + 2},
		{"another selector", Query{Select: []Selector{share, {Provider: providerSecurity, ID: 5145}}}, 100},
		{"nobody", Query{Select: []Selector{{Provider: providerSecurity, ID: 5145, Ask: func(Values) bool { return false }}}}, 4},
	} {
		l, err := Open(bytes.NewReader(log), int64(len(log)), artifacts.Locator{})
		if err != nil {
			t.Fatal(err)
		}
		got := 0
		for e, err := range l.Events(t.Context(), c.q) {
			if err != nil {
				t.Fatal(err)
			}
			if e.Host != "WS.example.org" {
				t.Errorf("%s: host %q", c.name, e.Host)
			}
			got++
		}
		if got != c.want {
			t.Errorf("%s: %d events, want %d", c.name, got, c.want)
		}
	}
}
