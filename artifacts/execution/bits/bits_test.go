package bits

import (
	"bytes"
	"context"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/ese/esetest"
	"hivetriage/artifacts/execution/bits/bitstest"
	"hivetriage/artifacts/internal/readtest"
	"hivetriage/testdata/corpora"
)

const user = "S-1-5-21-1-2-3-1001"

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// jobs of the tests: an upload with a command and two files, and a download
// without any.
func jobs() []bitstest.Job {
	return []bitstest.Job{
		{Kind: bitstest.Upload, State: bitstest.Transferred, Name: "backup", Description: "of the day", Command: `C:\Windows\System32\cmd.exe`, Arguments: "/c del x",
			SID: user, Created: noon, Modified: noon.Add(time.Minute), Transferred: noon.Add(2 * time.Minute), Errors: 2,
			Files: []bitstest.File{
				{Local: `C:\Users\Public\sam.hiv`, Remote: "https://203.0.113.5/up/sam", Done: 40960, Total: 40960},
				{Local: `\\server\share\system.hiv`, Remote: "https://203.0.113.5/up/system", Temporary: `C:\Users\Public\BIT1.tmp`, Done: 7, Total: 1<<64 - 1},
			}},
		{Kind: bitstest.Download, State: bitstest.Suspended, Name: "none", SID: "S-1-5-18", Created: noon},
	}
}

// wanted are the traces of jobs, without what differs between the formats.
func wanted() []artifacts.Trace {
	detail := func(pairs ...string) (d []artifacts.Datum) {
		for i := 0; i < len(pairs); i += 2 {
			d = append(d, artifacts.Datum{Name: pairs[i], Value: pairs[i+1]})
		}
		return d
	}
	times := []artifacts.Stamp{{Time: noon, Means: Created}, {Time: noon.Add(time.Minute), Means: Modified}, {Time: noon.Add(2 * time.Minute), Means: Transferred}}
	upload := artifacts.Trace{Artefact: Artefact, Deed: artifacts.Sent, Times: times, Command: `C:\Windows\System32\cmd.exe /c del x`, User: artifacts.User{SID: user}}
	first, second := upload, upload
	first.Paths, second.Paths = []string{`C:\Users\Public\sam.hiv`}, []string{`\\server\share\system.hiv`}
	first.Details = detail("Kind", "upload", "State", "transferred", "JobName", "backup", "Description", "of the day", "URL", "https://203.0.113.5/up/sam",
		"DownloadSize", "40960", "TransferSize", "40960")
	second.Details = detail("Kind", "upload", "State", "transferred", "JobName", "backup", "Description", "of the day", "URL", "https://203.0.113.5/up/system",
		"TemporaryFile", `C:\Users\Public\BIT1.tmp`, "DownloadSize", "7")
	return []artifacts.Trace{first, second, {Artefact: Artefact, Deed: artifacts.Sent, Times: times[:1], User: artifacts.User{SID: "S-1-5-18"},
		Details: detail("Kind", "download", "State", "suspended", "JobName", "none")}}
}

func collect(t testing.TB, b []byte) ([]artifacts.Trace, []*artifacts.Problem) {
	t.Helper()
	return readtest.All(t, Read(context.Background(), bytes.NewReader(b), int64(len(b))))
}

func TestRead(t *testing.T) {
	for name, b := range map[string][]byte{"database": bitstest.Database(false, jobs()), "queue": bitstest.Queue(jobs()...)} {
		traces, problems := collect(t, b)
		want := wanted()
		if len(traces) != len(want) || len(problems) != 0 {
			t.Errorf("%s: %+v, %v", name, traces, problems)
			continue
		}
		for i := range want {
			if traces[i].Offset <= 0 || !strings.HasPrefix(traces[i].Entry, "job {") {
				t.Errorf("%s: %d: %+v", name, i, traces[i])
			}
			want[i].Offset, want[i].Entry = traces[i].Offset, traces[i].Entry
			if !reflect.DeepEqual(traces[i], want[i]) {
				t.Errorf("%s: %d:\n%+v\n%+v", name, i, traces[i], want[i])
			}
		}
		for range Read(context.Background(), bytes.NewReader(b), int64(len(b))) {
			break
		}
	}
	alone, problems := collect(t, bitstest.Database(false, nil, jobs()[0].Files...))
	if len(alone) != 2 || len(problems) != 0 || alone[0].Entry != "file without a job" || alone[0].Paths[0] != `C:\Users\Public\sam.hiv` || alone[0].Times != nil {
		t.Errorf("%+v, %v", alone, problems)
	}
}

func TestDamaged(t *testing.T) {
	queue := bitstest.Queue(jobs()...)
	change := func(b []byte, at int, v byte) []byte { b = bytes.Clone(b); b[at] = v; return b }
	mark := bytes.Index(queue, []byte(jobMarks[2])) + 16
	noTables := esetest.Build(esetest.Spec{Tables: []esetest.Table{{Name: "T", Columns: []esetest.Column{{Name: "A", Type: esetest.Long}}}}})
	columns := []esetest.Column{{Name: "Id", Type: esetest.GUID}, {Name: "Blob", Type: esetest.LongBinary}}
	odd := esetest.Build(esetest.Spec{Tables: []esetest.Table{
		{Name: "Jobs", Columns: columns, Rows: [][]any{{make([]byte, 16), make([]byte, 20)}, {make([]byte, 16), nil}}},
		{Name: "Files", Columns: columns, Rows: [][]any{{make([]byte, 16), make([]byte, 20)}}},
	}})
	page := 34 * 16384 // with the rows of the second table
	flipped := change(bitstest.Database(false, jobs()), page+9000, 1)
	for _, c := range []struct {
		name   string
		b      []byte
		traces int
		kinds  []artifacts.Kind
	}{
		{"not closed", bitstest.Database(true, jobs()), 3, []artifacts.Kind{artifacts.Unsupported}},
		{"neither", []byte("MZ"), 0, []artifacts.Kind{artifacts.Malformed}},
		{"without tables", noTables, 0, []artifacts.Kind{artifacts.Malformed, artifacts.Malformed}},
		{"rows of something else", odd, 0, []artifacts.Kind{artifacts.Malformed, artifacts.Malformed, artifacts.Malformed}},
		{"a bit", flipped, 3, []artifacts.Kind{artifacts.Checksum}},
		{"a kind of job that is not known", change(queue, mark, 9), 1, []artifacts.Kind{artifacts.Malformed}},
		{"a name that is too long", change(queue, mark+35, 0x7F), 1, []artifacts.Kind{artifacts.Malformed}},
		{"no head", change(queue, 32, 0), 3, []artifacts.Kind{artifacts.Truncated}},
		{"no end", queue[:len(queue)-220], 3, []artifacts.Kind{artifacts.Truncated}},
		{"no marks", queue[:32], 0, []artifacts.Kind{artifacts.Malformed}},
	} {
		traces, problems := collect(t, c.b)
		if c.name == "no head" { // the mark at the end is taken for it, and nothing is behind it
			c.traces = 0
		}
		if len(traces) != c.traces || !slices.Equal(readtest.Kinds(problems), c.kinds) {
			t.Errorf("%s: %d traces, %v", c.name, len(traces), problems)
		}
	}
}

func TestNamed(t *testing.T) {
	for path, want := range map[string]bool{
		"/ProgramData/Microsoft/Network/Downloader/qmgr.db": true, `C:\x\QMGR0.DAT`: true, "qmgr1.dat": true,
		"/x/qmgr2.dat": false, "/x/qmgr.jfm": false, "": false,
	} {
		if Named(path) != want {
			t.Error(path)
		}
	}
	if b := bitstest.Queue(); !IsQueue(b) || IsQueue(b[:31]) || IsQueue(bitstest.Database(false, nil)) {
		t.Error("IsQueue")
	}
}

// TestReal reads the queue of a Windows 10: the test data of the module
// www.velocidex.com/golang/go-ese (Apache-2.0), where it lies in the cache.
func TestReal(t *testing.T) {
	b, err := os.ReadFile(corpora.Database(t, "Samples/qmgr.db"))
	if err != nil {
		t.Fatal(err)
	}
	traces, problems := collect(t, b)
	if len(traces) != 1 || len(problems) != 1 {
		t.Fatalf("%+v, %v", traces, problems)
	}
	got := traces[0]
	if got.Entry != "job {D387E452-E2B3-472D-B3B3-85C2BE33CBB3}" || got.User.SID != "S-1-5-21-549467458-3727351111-1684278619-1001" || got.Command != "" || len(got.Times) != 3 ||
		got.Times[0] != (artifacts.Stamp{Time: time.Date(2024, 7, 29, 4, 34, 53, 137451600, time.UTC), Means: Created}) || got.Times[2].Means != Transferred ||
		!reflect.DeepEqual(got.Paths, []string{`C:\Users\bob\AppData\Local\Temp\edge_BITS_2972_515758394\2132f61f-f790-4ae6-a355-8cf9a1533800`}) {
		t.Errorf("%+v", got)
	}
	for i, name := range []string{"Kind download", "State transferred", "JobName Edge Component Updater", "Description 2132f61f-f790-4ae6-a355-8cf9a1533800", "URL http://msedge.b.tlu.dl.delivery.mp.microsoft.com/", "TemporaryFile C:\\Users\\bob\\", "DownloadSize 975576", "TransferSize 975576"} {
		if d := got.Details[i]; !strings.HasPrefix(d.Name+" "+d.Value, name) {
			t.Errorf("%v, want %s", d, name)
		}
	}
}

func FuzzQueue(f *testing.F) {
	f.Add(bitstest.Queue(jobs()...))
	f.Add(bitstest.Queue())
	f.Fuzz(func(t *testing.T, b []byte) {
		collect(t, b)
	})
}

// FuzzRows puts bytes into the rows of a database.
func FuzzRows(f *testing.F) {
	all := jobs()
	f.Add(bitstest.Queue(all[0])[68:], []byte("x"))
	f.Add([]byte{}, make([]byte, 100))
	f.Fuzz(func(t *testing.T, jobBytes, fileBytes []byte) {
		if j, ok := parseJob(jobBytes); ok {
			j.references()
			j.tell(j.carved(), func(artifacts.Trace, error) bool { return true })
		}
		parseFile(fileBytes)
	})
}

func BenchmarkRead(b *testing.B) {
	var many []bitstest.Job
	for range 100 {
		many = append(many, jobs()...)
	}
	for name, db := range map[string][]byte{"database": bitstest.Database(false, many), "queue": bitstest.Queue(many...)} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(db)))
			for b.Loop() {
				if traces, problems := collect(b, db); len(traces) != 300 || len(problems) != 0 {
					b.Fatal(len(traces), problems)
				}
			}
		})
	}
}
