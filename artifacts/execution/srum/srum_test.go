package srum

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/ese/esetest"
	"hivetriage/artifacts/execution/srum/srumtest"
	"hivetriage/artifacts/internal/readtest"
	"hivetriage/testdata/corpora"
)

const (
	user   = "S-1-5-21-1-2-3-1001"
	system = "S-1-5-18"
	reg    = `\Device\HarddiskVolume3\Windows\System32\reg.exe`
	app    = "Microsoft.App_1.0_x64__8wekyb3d8bbwe!App!app.exe!2084/01/10:14:37:02!1417a!"
	svc    = "!!svchost.exe!2037/07/18:06:45:20!15eca![netsvcs] [BITS]"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func scene() srumtest.Spec {
	return srumtest.Spec{
		Uses: []srumtest.Use{
			{At: noon, Program: reg, SID: user, Cycles: 100, Written: 8192},
			{At: noon.Add(time.Hour), Program: svc, SID: system, Read: 7},
			{Program: "", SID: ""},
		},
		Activities: []srumtest.Activity{{At: noon, Ended: noon.Add(-17 * time.Minute), Program: app, SID: user, Duration: 59 * time.Second}},
		Transfers: []srumtest.Transfer{
			{At: noon, Program: reg, SID: user, Sent: 5 << 20, Received: 900},
			{At: noon.Add(2 * time.Hour), Program: svc, SID: system, Wireless: true},
		},
	}
}

func collect(t testing.TB, q Query, b []byte) ([]artifacts.Trace, []*artifacts.Problem) {
	t.Helper()
	return readtest.All(t, q.Read(context.Background(), bytes.NewReader(b), int64(len(b))))
}

func TestRead(t *testing.T) {
	recorded := func(t time.Time) []artifacts.Stamp { return []artifacts.Stamp{{Time: t, Means: Recorded}} }
	want := []artifacts.Trace{
		{Entry: "application resource usage 1", Deed: artifacts.Ran, Times: recorded(noon), Program: reg, User: artifacts.User{SID: user},
			Details: []artifacts.Datum{{Name: "ForegroundCycleTime", Value: "100"}, {Name: "BackgroundBytesWritten", Value: "8192"}}},
		{Entry: "application resource usage 2", Deed: artifacts.Ran, Times: recorded(noon.Add(time.Hour)), Program: "svchost.exe", User: artifacts.User{SID: system},
			Details: []artifacts.Datum{{Name: "AppId", Value: svc}, {Name: "Service", Value: "[netsvcs] [BITS]"}, {Name: "BackgroundBytesRead", Value: "7"}}},
		{Entry: "application resource usage 3", Deed: artifacts.Ran, Details: []artifacts.Datum{{Name: "AppId", Value: "1048576"}}},
		{Entry: "application timeline 1", Deed: artifacts.Ran, Program: "app.exe", User: artifacts.User{SID: user},
			Times:   []artifacts.Stamp{{Time: noon.Add(-17 * time.Minute), Means: Ended}, {Time: noon, Means: Recorded}},
			Details: []artifacts.Datum{{Name: "AppId", Value: app}, {Name: "DurationMS", Value: "59000"}, {Name: "SpanMS", Value: "59000"}}},
		{Entry: "network data usage 1", Deed: artifacts.Sent, Times: recorded(noon), Program: reg, User: artifacts.User{SID: user},
			Details: []artifacts.Datum{{Name: "BytesSent", Value: "5242880"}, {Name: "BytesRecvd", Value: "900"}, {Name: "Interface", Value: "Ethernet"}}},
		{Entry: "network data usage 2", Deed: artifacts.Sent, Times: recorded(noon.Add(2 * time.Hour)), Program: "svchost.exe", User: artifacts.User{SID: system},
			Details: []artifacts.Datum{{Name: "AppId", Value: svc}, {Name: "Service", Value: "[netsvcs] [BITS]"}, {Name: "BytesSent", Value: "0"},
				{Name: "BytesRecvd", Value: "0"}, {Name: "L2ProfileId", Value: "268435461"}, {Name: "Interface", Value: "wireless"}}},
	}
	b := srumtest.File(scene())
	got, problems := collect(t, Query{}, b)
	if len(problems) != 0 || len(got) != len(want) {
		t.Fatalf("%d traces, problems %v", len(got), problems)
	}
	for i := range want {
		if got[i].Offset <= 0 || got[i].Offset >= int64(len(b)) {
			t.Errorf("trace %d: offset %d", i, got[i].Offset)
		}
		want[i].Offset, want[i].Artefact = got[i].Offset, Artefact
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Errorf("trace %d:\n%+v\n%+v", i, got[i], want[i])
		}
	}
	n := 0
	for range Read(context.Background(), bytes.NewReader(b), int64(len(b))) {
		n++
	}
	if n != len(want) {
		t.Errorf("Read: %d traces", n)
	}
}

func TestQuery(t *testing.T) {
	b := srumtest.File(scene())
	for _, c := range []struct {
		name string
		q    Query
		want int
	}{
		{"all", Query{}, 6},
		{"until noon, and what has no time", Query{Until: noon}, 4},
		{"an activity that ended before it was recorded, and what has no time", Query{From: noon.Add(-time.Hour), Until: noon.Add(-time.Minute)}, 2},
		{"after noon, and what has no time", Query{From: noon.Add(time.Second)}, 3},
		{"an hour", Query{From: noon.Add(time.Minute), Until: noon.Add(time.Hour)}, 2},
		{"reg.exe", Query{Program: func(p string) bool { return strings.HasSuffix(p, `\reg.exe`) }}, 2},
		{"svchost.exe after two", Query{From: noon.Add(2 * time.Hour), Program: func(p string) bool { return p == "svchost.exe" }}, 1},
		{"programs without a name", Query{Program: func(p string) bool { return p == "" }}, 1},
		{"none", Query{Program: func(string) bool { return false }}, 0},
	} {
		traces, problems := collect(t, c.q, b)
		if len(traces) != c.want || len(problems) != 0 {
			t.Errorf("%s: %d traces, %v", c.name, len(traces), problems)
		}
	}
	asked := 0
	collect(t, Query{Program: func(string) bool { asked++; return true }}, b)
	if asked != 4 {
		t.Errorf("asked %d times for 4 programs", asked)
	}
	n := 0
	for range (Query{}).Read(context.Background(), bytes.NewReader(b), int64(len(b))) {
		if n++; n == 2 {
			break
		}
	}
}

func TestDamaged(t *testing.T) {
	dirty := scene()
	dirty.Dirty = true
	whole := srumtest.File(scene())
	other := esetest.Build(esetest.Spec{Tables: []esetest.Table{{Name: "T", Columns: []esetest.Column{{Name: "A", Type: esetest.Long}}}}})
	lacking := esetest.Build(esetest.Spec{Tables: []esetest.Table{
		{Name: "SruDbIdMapTable", Columns: []esetest.Column{{Name: "A", Type: esetest.Long}}},
		{Name: sources[0].table, Columns: []esetest.Column{{Name: "AppId", Type: esetest.Long}}},
	}})
	flipped := bytes.Clone(whole)
	flipped[34*4096+3000] ^= 1 // of page 33, the first table's second
	flipped[35*4096+3000] ^= 1
	for _, c := range []struct {
		name   string
		b      []byte
		traces int
		kinds  []artifacts.Kind
	}{
		{"not closed", srumtest.File(dirty), 6, []artifacts.Kind{artifacts.Unsupported}},
		{"no database", []byte("MZ"), 0, []artifacts.Kind{artifacts.Malformed}},
		{"another database", other, 0, []artifacts.Kind{artifacts.Malformed, artifacts.Malformed}},
		{"tables without columns", lacking, 0, []artifacts.Kind{artifacts.Malformed, artifacts.Malformed}},
		{"bits", flipped, 6, []artifacts.Kind{artifacts.Checksum, artifacts.Checksum}},
	} {
		traces, problems := collect(t, Query{}, c.b)
		if len(traces) != c.traces || !slices.Equal(readtest.Kinds(problems), c.kinds) {
			t.Errorf("%s: %d traces, %v", c.name, len(traces), problems)
		}
		if c.name == "bits" && (traces[0].Damaged == "" || traces[4].Damaged != "") {
			t.Errorf("%s: %+v", c.name, traces)
		}
	}
}

func TestNamed(t *testing.T) {
	for path, want := range map[string]bool{
		"/Windows/System32/sru/SRUDB.dat": true, `C:\Windows\System32\sru\srudb.DAT`: true, "SRUDB.dat": true,
		"/Windows/System32/sru/SRUDB.jfm": false, "/x/notsrudb.dat": false, "": false,
	} {
		if Named(path) != want {
			t.Errorf("%s", path)
		}
	}
}

func TestNames(t *testing.T) {
	for text, want := range map[string]name{
		reg: {program: reg}, app: {program: "app.exe"}, svc: {program: "svchost.exe", service: "[netsvcs] [BITS]"},
		"!!": {program: "!!"}, "!2037/07/18:06:45:20!": {program: "!2037/07/18:06:45:20!"}, "!!a!2037/07/18:06:45:20": {program: "a"}, "plain": {program: "plain"},
	} {
		want.full = text
		if got := parse(0, esetest.Encoded(esetest.Column{CodePage: esetest.Unicode}, text+"\x00\x00")); got != want {
			t.Errorf("%s: %+v", text, got)
		}
	}
	if got := parse(userName, srumtest.SID(user)); got.sid != user {
		t.Errorf("%+v", got)
	}
	if got := parse(userName, []byte{1, 99}); got.sid != "" {
		t.Errorf("%+v", got)
	}
	if got := adapter(int64(200) << 48); got != "kind 200" {
		t.Error(got)
	}
}

// TestReal reads the database of a Windows 10.
func TestReal(t *testing.T) {
	b := real(t)
	traces, problems := collect(t, Query{}, b)
	if len(problems) != 0 {
		t.Fatal(problems)
	}
	counts := map[string]int{}
	unnamed := 0
	for _, tr := range traces {
		counts[tr.Entry[:strings.LastIndexByte(tr.Entry, ' ')]]++
		for _, s := range tr.Times {
			if s.Means == Recorded && s.Time.Truncate(time.Minute) != s.Time {
				t.Fatalf("%s was recorded at %v", tr.Entry, s.Time)
			}
		}
		if tr.Program == "" {
			unnamed++
		}
	}
	want := map[string]int{"application resource usage": 1778, "application timeline": 4038, "network data usage": 255}
	if !reflect.DeepEqual(counts, want) || unnamed != 14 { // number 1 of the table of names has none
		t.Errorf("%v, %d without a program", counts, unnamed)
	}
	some, problems := collect(t, Query{Program: func(p string) bool { return p == "reg.exe" }}, b)
	if len(some) != 1 || len(problems) != 0 {
		t.Fatalf("%v, %v", some, problems)
	}
	reg := artifacts.Trace{
		Offset: 2782127, Entry: "application timeline 3444", Artefact: Artefact, Deed: artifacts.Ran, Program: "reg.exe",
		Times: []artifacts.Stamp{
			{Time: time.Date(2021, 10, 13, 13, 27, 0, 4953200, time.UTC), Means: Ended},
			{Time: time.Date(2021, 10, 13, 13, 34, 0, 0, time.UTC), Means: Recorded},
		},
		User:    artifacts.User{SID: "S-1-5-21-3442094626-3791537600-2028639842-1001"},
		Details: []artifacts.Datum{{Name: "AppId", Value: "!!reg.exe!2087/02/01:10:29:06!1a240!"}, {Name: "DurationMS", Value: "120004"}, {Name: "SpanMS", Value: "119999"}},
	}
	if !reflect.DeepEqual(some[0], reg) {
		t.Errorf("%+v", some[0])
	}
}

func real(t testing.TB) []byte {
	t.Helper()
	b, err := os.ReadFile(corpora.Database(t, "SRUM/SRUDB.dat"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func FuzzRead(f *testing.F) {
	f.Add(srumtest.File(srumtest.Spec{}))
	s := scene()
	s.PerPage = 2
	f.Add(srumtest.File(s))
	f.Fuzz(func(t *testing.T, b []byte) {
		collect(t, Query{}, b)
	})
}

// FuzzName reads names of programs and users.
func FuzzName(f *testing.F) {
	f.Add(int64(0), []byte(svc))
	f.Add(int64(userName), srumtest.SID(user))
	f.Fuzz(func(t *testing.T, kind int64, b []byte) {
		parse(kind, b)
		if len(b) >= 8 {
			if at := oleTime(float64(int64(binary.LittleEndian.Uint64(b)))); !at.IsZero() && (at.Year() < 1600 || at.Year() > 9999) {
				t.Fatal(at)
			}
		}
	})
}

// large is a database of 20 MB: 166,000 rows of 300 programs.
func large() []byte {
	var s srumtest.Spec
	for i := range 166_000 {
		program := fmt.Sprintf(`\Device\HarddiskVolume3\Program Files\Vendor\program%d.exe`, i%300)
		at := noon.Add(time.Duration(i/100) * time.Hour)
		switch i % 4 {
		case 0:
			s.Transfers = append(s.Transfers, srumtest.Transfer{At: at, Program: program, SID: user, Sent: int64(i)})
		default:
			s.Uses = append(s.Uses, srumtest.Use{At: at, Program: program, SID: user, Cycles: int64(i), Written: 4096})
		}
	}
	return srumtest.File(s)
}

func BenchmarkRead(b *testing.B) {
	db := large()
	for _, c := range []struct {
		name string
		q    Query
		want int
	}{
		{"all", Query{}, 166_000},
		{"one program", Query{Program: func(p string) bool { return strings.HasSuffix(p, "program7.exe") }}, 553},
		{"one day", Query{From: noon, Until: noon.Add(23 * time.Hour)}, 2400},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(db)))
			for b.Loop() {
				n := 0
				for _, err := range c.q.Read(context.Background(), io.NewSectionReader(bytes.NewReader(db), 0, int64(len(db))), int64(len(db))) {
					if err != nil {
						b.Fatal(err)
					}
					n++
				}
				if n < c.want || n > c.want+1 {
					b.Fatal(n)
				}
			}
		})
	}
}
