package eventlog

import (
	"bytes"
	"context"
	"errors"
	"io"
	"reflect"
	"runtime"
	"slices"
	"testing"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/eventlog/eventlogtest"
)

var (
	at    = time.Date(2026, 3, 14, 9, 26, 53, 589793200, time.UTC)
	utc   = time.Date(2026, 3, 14, 9, 26, 53, 571e6, time.UTC)
	admin = eventlogtest.Account{SID: "S-1-5-21-1004336348-1177238915-682003330-1107", Name: "admin.jansen", Domain: "NORDWIND", LogonID: 0x5C1A2F}
	other = eventlogtest.Account{SID: "S-1-5-18", Name: "SYSTEM", Domain: "NT AUTHORITY", LogonID: 0x3E7}

	known = []Selector{{Provider: providerSecurity, ID: 4688}, {Provider: providerSecurity, ID: 4624}, {Provider: providerSecurity, ID: 4634},
		{Provider: providerEventlog, ID: 1102}, {Provider: providerEventlog, ID: 104}, {Provider: providerSysmon, ID: 1}, {Provider: providerSysmon, ID: 11}}
)

const (
	regGUID = "{5AA13A44-ACA6-68FE-DE5D-000000004002}"
	cmdGUID = "{5AA13A44-ACA6-68FE-DD5D-000000004002}"
)

// records are one of each kind that is mapped; mapped says what comes out.
func records() []eventlogtest.Record {
	return []eventlogtest.Record{
		eventlogtest.Security4688(at, "WS", eventlogtest.NewProcess{Subject: admin, Target: other, PID: 0x1D28, Image: `C:\Windows\System32\reg.exe`,
			ParentPID: 0x2924, CommandLine: `reg  save "HKLM\SAM" C:\é𝛼\sam & <x>`, ParentImage: `C:\Windows\System32\cmd.exe`, Label: "S-1-16-16384"}),
		eventlogtest.Security4688(at, "WS", eventlogtest.NewProcess{Subject: admin, PID: 0x1D2C, Image: `C:\Windows\System32\net.exe`, ParentPID: 0x2924}),
		eventlogtest.Security4624(at, "WS", eventlogtest.Logon{Subject: other, Target: admin, Type: 10, Process: "User32 ", Package: "Negotiate",
			Workstation: "WS", PID: 0x2B4, Image: `C:\Windows\System32\svchost.exe`, IP: "10.20.30.44", Port: "0", LinkedID: 0x5C1A30, Elevated: true}),
		eventlogtest.Security4624(at, "WS", eventlogtest.Logon{Target: admin, Type: 3}),
		eventlogtest.Security4634(at, "WS", admin, 10),
		eventlogtest.Security1102(at, "WS", admin),
		eventlogtest.System104(at, "WS", admin, "Application"),
		eventlogtest.Sysmon1(at, "WS", eventlogtest.SysmonProcess{UTC: utc, GUID: regGUID, PID: 7464, Image: `C:\Users\Public\r.exe`,
			Description: "Registry Console Tool", Company: "Microsoft Corporation", OriginalFileName: "reg.exe", CommandLine: `r.exe save hklm\security s`,
			CurrentDirectory: `C:\Users\Public\`, User: `NORDWIND\admin.jansen`, LogonID: 0x5C1A2F, Integrity: "High", Hashes: "MD5=00",
			ParentGUID: cmdGUID, ParentPID: 10532, ParentImage: `C:\Windows\System32\cmd.exe`, ParentCommandLine: `cmd.exe /c "r"`}),
		eventlogtest.Sysmon11(at, "WS", eventlogtest.SysmonFile{UTC: utc, GUID: regGUID, PID: 7464, Image: `C:\Users\Public\r.exe`,
			Target: `C:\Users\Public\s`, Created: utc, User: `NORDWIND\admin.jansen`}),
		{Provider: "Service Control Manager", ID: 7036, Time: at, Channel: "System", Computer: "WS", Data: []eventlogtest.Field{{Name: "CommandLine", Type: eventlogtest.String, Value: "x"}}},
	}
}

func mapped() []artifacts.Event {
	security := artifacts.Event{From: artifacts.Locator{Path: "/x.evtx"}, Time: at, Channel: "Security", Provider: providerSecurity, Host: "WS"}
	jansen := artifacts.User{Name: "admin.jansen", Domain: "NORDWIND", SID: admin.SID, LogonID: "0x5c1a2f"}
	local := artifacts.User{Name: "SYSTEM", Domain: "NT AUTHORITY", SID: "S-1-5-18", LogonID: "0x3e7"}
	e := make([]artifacts.Event, 10)
	for i := range e {
		e[i] = security
		e[i].RecordID = uint64(i + 1)
	}
	e[0].Code, e[0].User, e[0].Target = 4688, jansen, local
	e[0].Process = &artifacts.Process{PID: 7464, Executable: `C:\Windows\System32\reg.exe`, CommandLine: `reg  save "HKLM\SAM" C:\é𝛼\sam & <x>`,
		IntegrityLevel: "System", Parent: &artifacts.Process{PID: 10532, Executable: `C:\Windows\System32\cmd.exe`}}
	e[1].Code, e[1].User = 4688, jansen
	e[1].Process = &artifacts.Process{PID: 7468, Executable: `C:\Windows\System32\net.exe`, IntegrityLevel: "High", Parent: &artifacts.Process{PID: 10532}}
	e[2].Code, e[2].User, e[2].Target = 4624, local, jansen
	e[2].Process = &artifacts.Process{PID: 692, Executable: `C:\Windows\System32\svchost.exe`}
	e[2].Logon = &artifacts.Logon{Type: 10, SourceIP: "10.20.30.44", SourcePort: "0", Workstation: "WS", Process: "User32", Package: "Negotiate",
		LinkedID: "0x5c1a30", Elevated: "yes"}
	e[3].Code, e[3].Target, e[3].Logon = 4624, jansen, &artifacts.Logon{Type: 3, Elevated: "no"}
	e[4].Code, e[4].Target, e[4].Logon = 4634, jansen, &artifacts.Logon{Type: 10}
	e[5].Code, e[5].Provider, e[5].User, e[5].Cleared = 1102, providerEventlog, jansen, "Security"
	e[6].Code, e[6].Provider, e[6].Channel, e[6].Cleared = 104, providerEventlog, "System", "Application"
	e[6].User = artifacts.User{Name: "admin.jansen", Domain: "NORDWIND"}
	for _, i := range []int{7, 8} {
		e[i].Provider, e[i].Channel, e[i].Started = providerSysmon, "Microsoft-Windows-Sysmon/Operational", utc
		e[i].User = artifacts.User{Name: "admin.jansen", Domain: "NORDWIND"}
		e[i].Process = &artifacts.Process{PID: 7464, EntityID: regGUID, Executable: `C:\Users\Public\r.exe`}
	}
	e[7].Code, e[7].User.LogonID = 1, "0x5c1a2f"
	p := e[7].Process
	p.CommandLine, p.OriginalFileName, p.WorkingDirectory = `r.exe save hklm\security s`, "reg.exe", `C:\Users\Public\`
	p.IntegrityLevel, p.Hashes, p.Description, p.Company = "High", "MD5=00", "Registry Console Tool", "Microsoft Corporation"
	p.Parent = &artifacts.Process{PID: 10532, EntityID: cmdGUID, Executable: `C:\Windows\System32\cmd.exe`, CommandLine: `cmd.exe /c "r"`}
	e[8].Code, e[8].File = 11, &artifacts.File{Path: `C:\Users\Public\s`, Created: utc}
	e[9].Code, e[9].Provider, e[9].Channel = 7036, "Service Control Manager", "System"
	return e
}

func TestMapping(t *testing.T) {
	for name, o := range map[string]eventlogtest.Options{
		"values": {}, "literals": {Literal: true}, "renumbered": {Renumber: true}, "a chunk each": {RecordsPerChunk: 1},
	} {
		for _, inline := range []bool{false, true} {
			rs := records()
			for i := range rs {
				rs[i].Inline = inline
			}
			events, problems, _ := read(eventlogtest.New(o).Add(rs...).Bytes(), Query{Select: every()})
			if len(problems) > 0 {
				t.Errorf("%s, inline %v: %v", name, inline, problems)
			}
			want := mapped()
			if len(events) != len(want) {
				t.Fatalf("%s, inline %v: %d events", name, inline, len(events))
			}
			for i := range want {
				if events[i].Offset < firstChunkAt+chunkHeaderSize {
					t.Errorf("offset %d", events[i].Offset)
				}
				events[i].Offset = 0
				if !reflect.DeepEqual(events[i], want[i]) {
					t.Errorf("%s, inline %v: got\n%+v %+v %+v, want\n%+v %+v %+v", name, inline, events[i], events[i].Process, events[i].Logon,
						want[i], want[i].Process, want[i].Logon)
				}
			}
		}
	}
}

// long returns a log of n records, many to a chunk.
func long(n int, o eventlogtest.Options) []byte {
	w := eventlogtest.New(o)
	kinds := records()
	for i := range n {
		r := kinds[i%len(kinds)]
		r.Time = at.Add(time.Duration(i) * time.Second)
		w.Add(r)
	}
	return w.Bytes()
}

func TestQuery(t *testing.T) {
	log := long(1000, eventlogtest.Options{})
	for name, c := range map[string]struct {
		q      Query
		events int
	}{
		"nothing":               {Query{}, 0},
		"an ID":                 {Query{Select: []Selector{{ID: 4688}}}, 200},
		"the provider in caps":  {Query{Select: []Selector{{Provider: "MICROSOFT-WINDOWS-SYSMON", ID: 1}}}, 100},
		"another provider":      {Query{Select: []Selector{{Provider: providerSecurity, ID: 1}}}, 0},
		"two providers":         {Query{Select: []Selector{{Provider: providerSecurity, ID: 1}, {Provider: providerSysmon, ID: 1}}}, 100},
		"known":                 {Query{Select: known}, 900},
		"no such ID":            {Query{Select: []Selector{{ID: 70000}}}, 0},
		"since":                 {Query{Select: every(), Since: at.Add(990 * time.Second)}, 10},
		"until":                 {Query{Select: every(), Until: at.Add(9 * time.Second)}, 10},
		"since and until":       {Query{Select: known, Since: at.Add(10 * time.Second), Until: at.Add(29 * time.Second)}, 18},
		"match":                 {Query{Select: known, Match: func(e *artifacts.Event) bool { return e.Cleared != "" }}, 200},
		"pick by ID":            {Query{Select: known, Pick: func(id uint32, _ int64) bool { return id == 4688 }}, 200},
		"pick by offset":        {Query{Select: known, Workers: 3, Pick: func(_ uint32, at int64) bool { return at == firstChunkAt+chunkHeaderSize }}, 1},
		"match in many workers": {Query{Select: known, Workers: 8, Match: func(e *artifacts.Event) bool { return e.Cleared != "" }}, 200},
	} {
		events, problems, s := read(log, c.q)
		if len(events) != c.events || len(problems) > 0 || s.Records != 1000 {
			t.Errorf("%s: %d events, want %d; %v; %+v", name, len(events), c.events, problems, s)
		}
	}
}

// TestPrefilterAgrees decodes in full what the prefilter judges.
func TestPrefilterAgrees(t *testing.T) {
	logged := long(500, eventlogtest.Options{Literal: true})
	whole, _, _ := read(logged, Query{Select: every()})
	for _, s := range known {
		some, _, stats := read(logged, Query{Select: []Selector{s}})
		var want []artifacts.Event
		for _, e := range whole {
			if e.Code == s.ID && e.Provider == s.Provider {
				want = append(want, e)
			}
		}
		if len(want) == 0 || !reflect.DeepEqual(some, want) || stats.PerID[s.ID] != int64(len(want)) {
			t.Errorf("%v: %d events, want %d; %v", s, len(some), len(want), stats.PerID)
		}
	}
}

func TestWorkersGiveTheSame(t *testing.T) {
	log := long(6000, eventlogtest.Options{})
	log[firstChunkAt+20*chunkSize+30000] ^= 1 // a wrong checksum on the way
	want, problems, stats := read(log, Query{Select: known})
	if stats.Chunks < 3*batchChunks || len(problems) == 0 {
		t.Fatalf("%+v %v", stats, problems)
	}
	for _, workers := range []int{2, 3, 16} {
		got, p, s := read(log, Query{Select: known, Workers: workers})
		if !reflect.DeepEqual(got, want) || !reflect.DeepEqual(p, problems) || !reflect.DeepEqual(s, stats) {
			t.Errorf("%d workers: %d events, %v, %+v; want %d, %v, %+v", workers, len(got), p, s, len(want), problems, stats)
		}
	}
}

func TestStats(t *testing.T) {
	log := long(600, eventlogtest.Options{SpareChunks: 2})
	_, _, s := read(log, Query{Select: []Selector{{ID: 4688}, {ID: 1}}, Until: at})
	chunks := int64(len(log)-firstChunkAt)/chunkSize - 2
	want := Stats{Records: 600, Chunks: chunks, Oldest: at, Newest: at.Add(599 * time.Second),
		PerID: map[uint32]int64{4688: 120, 1: 60}, Bytes: int64(len(log) - firstChunkAt)}
	if !reflect.DeepEqual(s, want) {
		t.Errorf("got %+v, want %+v", s, want)
	}
	rs := records()
	for i := range rs {
		rs[i].RecordID = uint64(i + 1)
		if i > 3 {
			rs[i].RecordID += 7
		}
		if i > 6 {
			rs[i].RecordID += 2
		}
	}
	for _, per := range []int{0, 1, 4} {
		_, _, s = read(eventlogtest.New(eventlogtest.Options{RecordsPerChunk: per}).Add(rs...).Bytes(), Query{})
		if s.Gaps != 2 || s.FirstGap != 4 {
			t.Errorf("%d a chunk: %d gaps, the first after %d", per, s.Gaps, s.FirstGap)
		}
	}
}

func TestStopping(t *testing.T) {
	log := long(6000, eventlogtest.Options{})
	before := runtime.NumGoroutine()
	for _, workers := range []int{0, 4} {
		l, err := Open(bytes.NewReader(log), int64(len(log)), artifacts.Locator{})
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for range l.Events(context.Background(), Query{Select: known, Workers: workers}) {
			if n++; n == 5 {
				break
			}
		}
		if n != 5 {
			t.Errorf("%d workers: broke off after %d events", workers, n)
		}
		ctx, cancel := context.WithCancel(context.Background())
		var last error
		n = 0
		for _, err := range l.Events(ctx, Query{Select: known, Workers: workers}) {
			if last = err; err == nil {
				n++
				cancel()
			}
		}
		if !errors.Is(last, context.Canceled) || n == 0 || n > 5000 {
			t.Errorf("%d workers: %d events after cancelling, the last error is %v", workers, n, last)
		}
		cancel()
	}
	for tries := 0; runtime.NumGoroutine() > before; tries++ { // one that has ended may still be counted
		if tries == 500 {
			t.Fatalf("%d goroutines are left", runtime.NumGoroutine()-before)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// TestPanicIsAProblem makes a bug: the chunk it strikes is lost, the others
// are not.
func TestPanicIsAProblem(t *testing.T) {
	log := long(100, eventlogtest.Options{RecordsPerChunk: 20})
	for _, workers := range []int{1, 2} {
		bug := func(e *artifacts.Event) bool {
			if e.RecordID == 25 {
				panic("bug")
			}
			return true
		}
		events, problems, _ := read(log, Query{Select: every(), Match: bug, Workers: workers})
		if k, _ := kinds(t, problems); len(events) != 84 || !slices.Equal(k, []artifacts.Kind{artifacts.Bug}) {
			t.Errorf("%d events, %v", len(events), problems)
		}
	}
}

// endless is a log whose chunks are all the same.
type endless []byte

func (e endless) ReadAt(b []byte, off int64) (n int, err error) {
	for n < len(b) {
		from := off + int64(n)
		if from >= firstChunkAt {
			from = firstChunkAt + (from-firstChunkAt)%chunkSize
		}
		n += copy(b[n:], e[from:])
	}
	return n, nil
}

// TestMemoryDoesNotGrow reads 8 and 256 MB.
func TestMemoryDoesNotGrow(t *testing.T) {
	r := endless(long(300, eventlogtest.Options{})[:firstChunkAt+chunkSize])
	allocated := func(chunks int64) uint64 {
		l, err := Open(r, firstChunkAt+chunks*chunkSize, artifacts.Locator{})
		if err != nil {
			t.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for _, err := range l.Events(context.Background(), Query{Select: []Selector{{ID: 4242}}}) {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		if l.Stats().Chunks != chunks {
			t.Errorf("%+v", l.Stats())
		}
		return after.TotalAlloc - before.TotalAlloc
	}
	allocated(8)
	if short, long := allocated(128), allocated(4096); long > short+1<<20 {
		t.Errorf("%d bytes allocated for 8 MB, %d for 256 MB", short, long)
	}
}

// failing is a log on a medium with a bad spot.
type failing struct {
	*bytes.Reader
	from, to int64
}

var errMedium = errors.New("unreadable sector")

func (f failing) ReadAt(b []byte, off int64) (int, error) {
	if off < f.to && off+int64(len(b)) > f.from {
		n, err := f.Reader.ReadAt(b[:max(0, f.from-off)], off)
		return n, errors.Join(err, errMedium)
	}
	return f.Reader.ReadAt(b, off)
}

func TestUnreadable(t *testing.T) {
	log := long(2000, eventlogtest.Options{})
	_, _, whole := read(log, Query{})
	spot := int64(firstChunkAt + 2*chunkSize + 100)
	l, err := Open(failing{bytes.NewReader(log), spot, spot + 512}, int64(len(log)), artifacts.Locator{})
	if err != nil {
		t.Fatal(err)
	}
	var problems []error
	for _, err := range l.Events(context.Background(), Query{}) {
		problems = append(problems, err)
	}
	var p *artifacts.Problem
	if len(problems) == 0 || !errors.As(problems[0], &p) || p.Kind != artifacts.IO || p.Offset != spot || !errors.Is(p, errMedium) {
		t.Errorf("%v", problems)
	}
	if s := l.Stats(); s.Records >= whole.Records || s.Records < whole.Records*8/10 {
		t.Errorf("%d of %d records", s.Records, whole.Records)
	}

	// A size that is not true ends the log where its bytes end.
	l, err = Open(bytes.NewReader(log), 1<<60, artifacts.Locator{})
	if err != nil {
		t.Fatal(err)
	}
	problems = nil
	for _, err := range l.Events(context.Background(), Query{Workers: 2}) {
		problems = append(problems, err)
	}
	if s := l.Stats(); len(problems) != 1 || !errors.Is(problems[0], io.EOF) || s.Records != 2000 || !s.Truncated {
		t.Errorf("%v %+v", problems, s)
	}
}
