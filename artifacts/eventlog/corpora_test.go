package eventlog

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Velocidex/ordereddict"
	"www.velocidex.com/golang/evtx"

	"hivetriage/artifacts"
	"hivetriage/testdata/corpora"
)

// logs returns the EVTX files below dir, sorted.
func logs(t testing.TB, dir string) []string {
	var found []string
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".evtx") {
			found = append(found, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// every selects all records.
var every = sync.OnceValue(func() []Selector {
	s := make([]Selector, 1<<16)
	for i := range s {
		s[i].ID = uint32(i)
	}
	return s
})

// read runs a query over a log in memory.
func read(b []byte, q Query) (events []artifacts.Event, problems []error, s Stats) {
	l, err := Open(bytes.NewReader(b), int64(len(b)), artifacts.Locator{Path: "/x.evtx"})
	if err != nil {
		problems = append(problems, err)
	}
	if l == nil {
		return events, problems, s
	}
	for e, err := range l.Events(context.Background(), q) {
		if err != nil {
			problems = append(problems, err)
		} else {
			events = append(events, e)
		}
	}
	return events, problems, l.Stats()
}

func readFile(t testing.TB, path string) []byte {
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestCorpora decodes every record of every real log in full.
func TestCorpora(t *testing.T) {
	var total Stats
	files := logs(t, corpora.Path(t, "evtx"))
	for _, path := range files {
		events, problems, s := read(readFile(t, path), Query{Select: every()})
		if len(problems) > 0 {
			t.Errorf("%s: %v", path, problems)
		}
		if int64(len(events)) != s.Records+s.RecoveredFromSlack {
			t.Errorf("%s: %d events of %d records and %d from slack", path, len(events), s.Records, s.RecoveredFromSlack)
		}
		for _, e := range events {
			if e.Host == "" || e.Channel == "" || e.Provider == "" || e.Time.IsZero() || e.RecordID == 0 {
				t.Errorf("%s: record at %d lacks something: %+v", path, e.Offset, e)
			}
			if live := e.Damaged == ""; live && (e.Time.Add(time.Second).Before(s.Oldest) || e.Time.Add(-time.Second).After(s.Newest)) {
				t.Errorf("%s: record %d of %v lies outside %v to %v", path, e.RecordID, e.Time, s.Oldest, s.Newest)
			}
		}
		total.Records += s.Records
		total.RecoveredFromSlack += s.RecoveredFromSlack
		total.CopiesInSlack += s.CopiesInSlack
		total.LostInSlack += s.LostInSlack
		total.Chunks += s.Chunks
	}
	// The first number is evtxexport's; the next three are of this decoder.
	if len(files) != 67 || total.Records != 1466 || total.RecoveredFromSlack != 274 || total.CopiesInSlack != 40 || total.LostInSlack != 2233 {
		t.Errorf("%d files: %+v", len(files), total)
	}
}

// evtxexport counts a log's records; ok is false if it gave up on the way.
func evtxexport(t testing.TB, path string) (n int64, ok bool) {
	tool, err := exec.LookPath("evtxexport")
	if err != nil {
		t.Skip("SKIPPED: evtxexport (Debian libevtx-utils) is not here to count")
	}
	out, err := exec.Command(tool, "-m", "items", path).Output()
	return int64(bytes.Count(append([]byte("\n"), out...), []byte("\nEvent number"))), err == nil
}

func TestCountsEqualEvtxexport(t *testing.T) {
	for _, path := range logs(t, corpora.Path(t, "evtx")) {
		want, ok := evtxexport(t, path)
		_, _, s := read(readFile(t, path), Query{})
		if !ok || s.Records != want {
			t.Errorf("%s: %d records, evtxexport has %d (to the end: %v)", path, s.Records, want, ok)
		}
	}
}

// TestWholeMachine counts the 109 logs of a Windows 10 machine. On one of
// them evtxexport gives up in the middle of a record, at 33 of 211.
func TestWholeMachine(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: -short")
	}
	archive := corpora.Path(t, "machine", "RathbunVM_W10EventLogs.7z")
	tool, err := exec.LookPath("7z")
	if err != nil {
		t.Skip("SKIPPED: 7z (Debian p7zip-full) is not here to unpack the logs")
	}
	dir := t.TempDir()
	if out, err := exec.Command(tool, "x", "-y", "-o"+dir, archive).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var total, exported int64
	for _, path := range logs(t, dir) {
		want, ok := evtxexport(t, path)
		events, problems, s := read(readFile(t, path), Query{Select: every(), Workers: 2})
		if ok && s.Records != want || !ok && s.Records < want {
			t.Errorf("%s: %d records, evtxexport has %d (to the end: %v)", path, s.Records, want, ok)
		}
		if len(problems) > 0 || int64(len(events)) != s.Records+s.RecoveredFromSlack {
			t.Errorf("%s: %d events, %+v, %v", path, len(events), s, problems)
		}
		total += s.Records
		exported += want
	}
	if total != 42409 || exported != 42409-211+33 {
		t.Errorf("%d records, evtxexport has %d", total, exported)
	}
}

// TestVelocidexReadsTheSame compares every record, and the process records
// field by field, with an independent decoder in Go.
func TestVelocidexReadsTheSame(t *testing.T) {
	records, processes := 0, 0
	for _, path := range logs(t, corpora.Path(t, "evtx")) {
		b := readFile(t, path)
		chunks, err := evtx.GetChunks(bytes.NewReader(b))
		if err != nil {
			t.Fatal(path, err)
		}
		events, _, _ := read(b, Query{Select: every(), Match: func(e *artifacts.Event) bool { return e.Damaged == "" }})
		for _, c := range chunks {
			got, err := c.Parse(0)
			if err != nil || len(got) > len(events) {
				t.Fatalf("%s: %d records for %d events, %v", path, len(got), len(events), err)
			}
			for i, record := range got {
				processes += sameEvent(t, path, record, events[i])
			}
			records += len(got)
			events = events[len(got):]
		}
		if len(events) > 0 {
			t.Errorf("%s: %d events too many", path, len(events))
		}
	}
	if records != 1466 || processes != 240 {
		t.Errorf("%d records, %d of them process records", records, processes)
	}
}

// sameEvent compares e with what velocidex/evtx read and returns 1 if it is a
// process record.
func sameEvent(t *testing.T, path string, record *evtx.EventRecord, e artifacts.Event) int {
	d, ok := record.Event.(*ordereddict.Dict)
	if !ok {
		t.Fatalf("%s: record is %T", path, record.Event)
	}
	root, _ := ordereddict.GetMap(d, "Event")
	want := map[string]string{
		"System.EventID.Value": fmt.Sprint(e.Code),
		"System.EventRecordID": fmt.Sprint(e.RecordID),
		"System.Channel":       e.Channel,
		"System.Provider.Name": e.Provider,
		"System.Computer":      e.Host,
	}
	isProcess := 0
	if e.Process != nil && (e.Code == 4688 || e.Code == 1) {
		isProcess = 1
		want["EventData.CommandLine"] = e.Process.CommandLine
		want["EventData.NewProcessName"] = e.Process.Executable
		want["EventData.Image"] = e.Process.Executable
		want["EventData.CurrentDirectory"] = e.Process.WorkingDirectory
		want["EventData.Hashes"] = e.Process.Hashes
		want["EventData.SubjectUserName"] = e.User.Name
		want["EventData.User"] = e.User.Domain + `\` + e.User.Name
		if e.Process.Parent != nil {
			want["EventData.ParentImage"] = e.Process.Parent.Executable
			want["EventData.ParentCommandLine"] = e.Process.Parent.CommandLine
			want["EventData.ParentProcessName"] = e.Process.Parent.Executable
		}
	}
	for name, want := range want {
		got, ok := ordereddict.GetAny(root, name)
		if text := fmt.Sprint(got); ok && text != want && text != "-" {
			t.Errorf("%s: record %d: %s is %q, velocidex/evtx has %q", path, e.RecordID, name, want, text)
		}
	}
	return isProcess
}

// TestExpectedRows finds the process records that EXPECTED.tsv lists.
func TestExpectedRows(t *testing.T) {
	dir := corpora.Path(t)
	lines := strings.Split(string(readFile(t, filepath.Join(dir, "EXPECTED.tsv"))), "\n")
	column := make(map[string]int)
	for i, name := range strings.Split(lines[0], "\t") {
		column[name] = i
	}
	query := Query{Select: []Selector{{Provider: providerSecurity, ID: 4688}, {Provider: providerSysmon, ID: 1}, {Provider: providerSysmon, ID: 11}}}
	rows := 0
	for _, line := range lines[1:] {
		cells := strings.Split(line, "\t")
		cell := func(name string) string { return cells[column[name]] }
		if len(cells) < len(column) || !strings.HasSuffix(cell("file"), ".evtx") || cell("verdict") != "POSITIVE" ||
			!slices.Contains([]string{"4688", "1", "11"}, cell("event_id")) {
			continue
		}
		rows++
		id, _ := strconv.ParseUint(cell("record_id"), 10, 64)
		at, err := time.Parse(time.RFC3339, cell("time_utc"))
		if err != nil {
			t.Fatal(err)
		}
		events, _, _ := read(readFile(t, filepath.Join(dir, cell("file"))), query)
		i := slices.IndexFunc(events, func(e artifacts.Event) bool { return e.RecordID == id })
		if i < 0 {
			t.Errorf("%s: no record %d", cell("file"), id)
			continue
		}
		e := events[i]
		happened := e.Time
		if !e.Started.IsZero() {
			happened = e.Started
		}
		if e.Host != cell("host") || e.User.Domain+`\`+e.User.Name != cell("user") && e.User.Name != cell("user") ||
			!happened.Truncate(time.Millisecond).Equal(at) || e.Channel != cell("channel") ||
			strconv.Itoa(int(e.Code)) != cell("event_id") || e.Damaged != "" {
			t.Errorf("%s: record %d is %+v", cell("file"), id, e)
		}
		target := e.Process.CommandLine
		if e.Code == 11 {
			target = e.File.Path
		}
		if e.Process.Executable != cell("image") || target != cell("command_or_target") {
			t.Errorf("%s: record %d: %q %q", cell("file"), id, e.Process.Executable, target)
		}
	}
	if rows != 9 {
		t.Errorf("%d rows, want 9", rows)
	}
}
