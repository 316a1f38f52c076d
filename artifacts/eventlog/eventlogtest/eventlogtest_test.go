package eventlogtest_test

import (
	"bytes"
	"encoding/binary"
	"encoding/xml"
	"fmt"
	"hash/crc32"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/Velocidex/ordereddict"
	"www.velocidex.com/golang/evtx"

	"hivetriage/artifacts/eventlog/eventlogtest"
)

var (
	at    = time.Date(2026, 3, 14, 9, 26, 53, 589793200, time.UTC)
	admin = eventlogtest.Account{SID: "S-1-5-21-1004336348-1177238915-682003330-1107", Name: "admin.jansen", Domain: "NORDWIND", LogonID: 0x5c1a2f}
)

// known is one record of every ready-made kind.
func known() []eventlogtest.Record {
	return []eventlogtest.Record{
		eventlogtest.Security4688(at, "WS", eventlogtest.NewProcess{Subject: admin, PID: 0x1d28, Image: `C:\Windows\System32\reg.exe`,
			ParentPID: 0x2924, CommandLine: `reg  save "HKLM\SAM" C:\é\sam`, ParentImage: `C:\Windows\System32\cmd.exe`}),
		eventlogtest.Security4624(at, "WS", eventlogtest.Logon{Target: admin, Type: 10, IP: "10.20.30.44", Port: "0", LinkedID: 0x5c1a30, Elevated: true}),
		eventlogtest.Security4634(at, "WS", admin, 10),
		eventlogtest.Security1102(at, "WS", admin),
		eventlogtest.System104(at, "WS", admin, "Application"),
		eventlogtest.Sysmon1(at, "WS", eventlogtest.SysmonProcess{GUID: "{5AA13A44-ACA6-68FE-DE5D-000000004002}", PID: 7464,
			Image: `C:\Users\Public\r.exe`, OriginalFileName: "reg.exe", CommandLine: `r.exe save hklm\security s`, LogonID: 0x5c1a2f}),
		eventlogtest.Sysmon11(at, "WS", eventlogtest.SysmonFile{PID: 7464, Image: `C:\Users\Public\r.exe`, Target: `C:\Users\Public\s`}),
	}
}

func many(n int) []eventlogtest.Record {
	kinds := known()
	var out []eventlogtest.Record
	for i := range n {
		r := kinds[i%len(kinds)]
		r.Time = at.Add(time.Duration(i) * time.Second)
		out = append(out, r)
	}
	return out
}

// An event is what the tests look at in evtxexport's XML.
type event struct {
	System struct {
		Provider struct {
			Name string `xml:",attr"`
			Guid string `xml:",attr"`
		}
		EventID       int
		EventRecordID uint64
		TimeCreated   struct {
			SystemTime string `xml:",attr"`
		}
		Execution struct {
			ProcessID int `xml:",attr"`
		}
		Channel, Computer string
		Security          struct {
			UserID string `xml:",attr"`
		}
	}
	EventData struct {
		Data []struct {
			Name string `xml:",attr"`
			Text string `xml:",chardata"`
		}
	}
	UserData struct {
		Inner string `xml:",innerxml"`
	}
}

func (e event) data(name string) string {
	for _, d := range e.EventData.Data {
		if d.Name == name {
			return d.Text
		}
	}
	return "<none>"
}

// export runs evtxexport, an independent reader, on a log.
func export(t *testing.T, log []byte) []event {
	t.Helper()
	tool, err := exec.LookPath("evtxexport")
	if err != nil {
		t.Skip("evtxexport (libevtx-utils) is not installed: nothing to compare the log with")
	}
	name := filepath.Join(t.TempDir(), "test.evtx")
	if err := os.WriteFile(name, log, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(tool, "-f", "xml", name).Output()
	if err != nil {
		t.Fatalf("evtxexport: %v\n%s", err, out)
	}
	var events []event
	_, rest, _ := bytes.Cut(out, []byte("\n"))
	d := xml.NewDecoder(bytes.NewReader(rest))
	for {
		var e event
		if err := d.Decode(&e); err != nil {
			break
		}
		events = append(events, e)
	}
	return events
}

func TestKnownRecordsInEvtxexport(t *testing.T) {
	type check struct{ got, want string }
	for _, inline := range []bool{false, true} {
		for _, literal := range []bool{false, true} {
			t.Run(fmt.Sprintf("inline=%v,literal=%v", inline, literal), func(t *testing.T) {
				records := known()
				for i := range records {
					records[i].Inline = inline
				}
				got := export(t, eventlogtest.New(eventlogtest.Options{Literal: literal}).Add(records...).Bytes())
				if len(got) != len(records) {
					t.Fatalf("%d events, want %d", len(got), len(records))
				}
				for i, e := range got {
					r := records[i]
					if e.System.EventID != int(r.ID) || e.System.Provider.Name != r.Provider || e.System.Channel != r.Channel ||
						e.System.EventRecordID != uint64(i+1) || e.System.Computer != "WS" || e.System.Security.UserID != r.UserSID ||
						!strings.EqualFold(e.System.Provider.Guid, r.ProviderGUID) || e.System.Execution.ProcessID != int(r.PID) ||
						!strings.HasPrefix(e.System.TimeCreated.SystemTime, "2026-03-14T09:26:53.5897932") {
						t.Errorf("event %d: System is %+v", i, e.System)
					}
				}
				for _, c := range []check{
					{got[0].data("CommandLine"), `reg  save "HKLM\SAM" C:\é\sam`},
					{got[0].data("SubjectUserSid"), admin.SID},
					{got[0].data("MandatoryLabel"), "S-1-16-12288"},
					{got[1].data("LogonType"), "10"},
					{got[1].data("IpAddress"), "10.20.30.44"},
					{got[2].data("TargetUserName"), "admin.jansen"},
					{got[5].data("OriginalFileName"), "reg.exe"},
					{got[5].data("ProcessGuid"), "{5AA13A44-ACA6-68FE-DE5D-000000004002}"},
					{got[6].data("CreationUtcTime"), "2026-03-14 09:26:53.589"},
					{fmt.Sprint(strings.Contains(got[3].UserData.Inner, "<SubjectUserName>admin.jansen</SubjectUserName>")), "true"},
					{fmt.Sprint(strings.Contains(got[4].UserData.Inner, "<Channel>Application</Channel>")), "true"},
				} {
					if c.got != c.want {
						t.Errorf("got %q, want %q", c.got, c.want)
					}
				}
				for i, name := range map[int]string{0: "SubjectLogonId", 2: "TargetLogonId", 5: "LogonId"} {
					if got := got[i].data(name); !strings.HasPrefix(got, "0x") || !strings.HasSuffix(got, "5c1a2f") {
						t.Errorf("event %d: %s is %q", i, name, got)
					}
				}
			})
		}
	}
}

func TestLayoutsInEvtxexport(t *testing.T) {
	const n = 500
	slack := known()[:2]
	for _, c := range []struct {
		name string
		opts eventlogtest.Options
		want int
	}{
		{"plain", eventlogtest.Options{}, n},
		{"literal", eventlogtest.Options{Literal: true}, n},
		{"small chunks", eventlogtest.Options{RecordsPerChunk: 40}, n},
		{"spare chunks", eventlogtest.Options{SpareChunks: 3}, n},
		{"renumbered", eventlogtest.Options{Renumber: true}, n},
		{"dirty", eventlogtest.Options{Dirty: true, RecordsPerChunk: 40}, n},
		{"slack", eventlogtest.Options{Slack: slack, RecordsPerChunk: 40}, n},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := export(t, eventlogtest.New(c.opts).Add(many(n)...).Bytes())
			if len(got) != c.want {
				t.Fatalf("%d events, want %d", len(got), c.want)
			}
			for i, e := range got {
				if e.System.EventRecordID != uint64(i+1) {
					t.Fatalf("event %d has record id %d", i, e.System.EventRecordID)
				}
			}
		})
	}
}

func TestVelocidexReadsTheSame(t *testing.T) {
	const n = 300
	records := many(n)
	log := eventlogtest.New(eventlogtest.Options{}).Add(records...).Bytes()
	chunks, err := evtx.GetChunks(bytes.NewReader(log))
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, c := range chunks {
		got, err := c.Parse(0)
		if err != nil {
			t.Fatal(err)
		}
		for _, record := range got {
			want := records[count]
			count++
			d, ok := record.Event.(*ordereddict.Dict)
			if !ok {
				t.Fatalf("record %d is %T", count, record.Event)
			}
			e, _ := ordereddict.GetMap(d, "Event")
			for path, want := range map[string]string{
				"System.EventID.Value": fmt.Sprint(want.ID),
				"System.EventRecordID": fmt.Sprint(count),
				"System.Channel":       want.Channel,
				"System.Provider.Name": want.Provider,
			} {
				if got, _ := ordereddict.GetAny(e, path); fmt.Sprint(got) != want {
					t.Fatalf("record %d: %s is %v, want %s", count, path, got, want)
				}
			}
			for _, f := range want.Data {
				if f.Type != eventlogtest.String {
					continue
				}
				if got, _ := ordereddict.GetAny(e, "EventData."+f.Name); fmt.Sprint(got) != fmt.Sprint(f.Value) {
					t.Fatalf("record %d: %s is %v, want %v", count, f.Name, got, f.Value)
				}
			}
		}
	}
	if count != n {
		t.Errorf("%d records, want %d", count, n)
	}
}

func TestAbsentValueInEvtxexport(t *testing.T) {
	r := known()[6]
	r.Data[1].Value = nil
	got := export(t, eventlogtest.New(eventlogtest.Options{}).Add(r).Bytes())
	if len(got) != 1 || got[0].data("UtcTime") != "" && got[0].data("UtcTime") != "<none>" || got[0].data("ProcessId") != "7464" {
		t.Errorf("got %+v", got)
	}
}

func TestChecksums(t *testing.T) {
	le := binary.LittleEndian
	state := func(log []byte, chunk int) (header, data bool) {
		c := log[4096+65536*chunk:][:65536]
		crc := crc32.Update(crc32.ChecksumIEEE(c[:120]), crc32.IEEETable, c[128:512])
		return crc == le.Uint32(c[124:]), crc32.ChecksumIEEE(c[512:le.Uint32(c[48:])]) == le.Uint32(c[52:])
	}
	log := eventlogtest.New(eventlogtest.Options{RecordsPerChunk: 3, Uncounted: 1, Slack: known()[:1]}).Add(many(8)...).Bytes()
	if crc32.ChecksumIEEE(log[:120]) != le.Uint32(log[124:]) {
		t.Error("the file header's checksum is wrong")
	}
	if n := (len(log) - 4096) / 65536; n != 3 {
		t.Fatalf("%d chunks, want 3", n)
	}
	for i := range 3 {
		if header, data := state(log, i); !header || !data {
			t.Errorf("chunk %d: checksums hold: header %v, data %v", i, header, data)
		}
	}
	eventlogtest.SpoilHeader(log, 0)
	eventlogtest.SpoilData(log, 1)
	if header, data := state(log, 0); header || !data {
		t.Errorf("spoilt header: header %v, data %v", header, data)
	}
	if header, data := state(log, 1); !header || data {
		t.Errorf("spoilt data: header %v, data %v", header, data)
	}
}

func TestStreamIsTheSameAsMemory(t *testing.T) {
	opts := eventlogtest.Options{SpareChunks: 1, Dirty: true, StaleChunks: 1, Uncounted: 2}
	f, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := eventlogtest.NewStream(f, opts).Add(many(400)...).Close(); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(f.Name())
	if err != nil {
		t.Fatal(err)
	}
	if want := eventlogtest.New(opts).Add(many(400)...).Bytes(); !bytes.Equal(got, want) {
		t.Errorf("stream and memory differ: %d and %d bytes", len(got), len(want))
	}
	if len(got)%65536 != 4096 {
		t.Errorf("%d bytes are not a header and chunks", len(got))
	}
}

func TestMistakesPanic(t *testing.T) {
	for name, r := range map[string]eventlogtest.Record{
		"too large":   {Data: []eventlogtest.Field{{Name: "x", Type: eventlogtest.String, Value: strings.Repeat("x", 40000)}}},
		"no SID":      {UserSID: "nobody"},
		"no GUID":     {ActivityID: "{1}"},
		"no integer":  {Data: []eventlogtest.Field{{Name: "x", Type: eventlogtest.UInt32, Value: "1"}}},
		"not written": {Data: []eventlogtest.Field{{Name: "x", Type: 0x7f, Value: 1}}},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			eventlogtest.New(eventlogtest.Options{}).Add(r)
		})
	}
}

func BenchmarkAdd(b *testing.B) {
	records := many(1000)
	b.SetBytes(int64(len(eventlogtest.New(eventlogtest.Options{}).Add(records...).Bytes())))
	for b.Loop() {
		eventlogtest.New(eventlogtest.Options{}).Add(records...).Bytes()
	}
}
