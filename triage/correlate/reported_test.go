package correlate

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"hivetriage/triage/locate"
)

func reported(id, hive, path string, created time.Time) locate.Export {
	e := export(id, hive, path, created)
	e.State, e.SHA256 = locate.StateReported, ""
	return e
}

// What a file table tells weighs less than content, and a command more than
// makes up for it.
func TestReportedWeighsLess(t *testing.T) {
	sam := reported("e1", "SAM", "/Users/Public/sam.save", at(time.Second))
	system := reported("e2", "SYSTEM", "/Users/Public/system.save", at(2*time.Second))
	tool := sam
	tool.Location.Class, tool.Deleted = locate.Alert, true
	saved := save("r1", "SAM", `C:\Users\Public\sam.save`, at(0), 100, 50)
	content := export("e3", "SYSTEM", "/Users/Public/sys.save", at(3*time.Second))
	for _, c := range []struct {
		name    string
		exports []locate.Export
		records []Record
		verdict string
		says    string
	}{
		{"alone", []locate.Export{sam}, nil, "suspicious", "fitting name and size"},
		{"everything for it but content and a command", []locate.Export{tool, system}, nil, "suspicious", "(+20)"},
		{"with the command", []locate.Export{sam}, []Record{saved}, "confirmed", "(+20)"},
		{"beside content", []locate.Export{sam, content}, nil, "probable", "known by their keys: SYSTEM at /Users/Public/sys.save (+50)"},
	} {
		acts := Join(c.exports, c.records, Known{})
		if len(acts) != 1 || acts[0].Verdict != c.verdict || !strings.Contains(strings.Join(acts[0].For, "\n"), c.says) {
			t.Errorf("%s: %+v", c.name, acts)
		}
		if len(c.records) == 0 && len(acts) == 1 && c.verdict == "suspicious" && acts[0].Confidence >= probableFrom {
			t.Errorf("%s: confidence %d", c.name, acts[0].Confidence)
		}
	}
	if acts := Join([]locate.Export{tool}, nil, Known{}); !slices.Contains(acts[0].Attack, "T1070.004") || acts[0].Whereabouts[0].State != locate.StateReported {
		t.Errorf("a deleted one: %+v", acts[0])
	}
	if acts := Join([]locate.Export{sam}, nil, Known{}); slices.Contains(acts[0].Attack, "T1070.004") {
		t.Errorf("one that is not deleted: %+v", acts[0])
	}
}

func TestOutput(t *testing.T) {
	benign := save("r3", "SAM", `C:\other\x.tmp`, at(0), 7, 8)
	benign.Assessment = "benign"
	guessed := save("r2", "SAM", "a.bin", at(0), 101, 50)
	guessed.Process.WorkingDirectory = ""
	records := []Record{
		guessed,
		save("r1", "SECURITY", `C:\Users\Public\D.tmp`, at(0), 100, 50),
		save("r4", "SAM", `C:\Users\Public\notes.txt:sam`, at(0), 102, 50),
		benign,
	}
	want := []string{"a.bin", "d.tmp", "notes.txt"}
	if got := slices.Sorted(maps.Keys(OutputNames(records))); !slices.Equal(got, want) {
		t.Errorf("names %q, want %q", got, want)
	}
	stream := reported("", "", "/Users/Public/notes.txt", at(-time.Hour))
	stream.At.Stream = "sam"
	for _, c := range []struct {
		e    locate.Export
		hive string
	}{
		{reported("", "", "/Users/Public/d.TMP", at(-24*time.Hour)), "SECURITY"},
		{reported("", "SECURITY", "/C/Users/Public/d.tmp", at(0)), "SECURITY"},
		{reported("", "", "/Windows/System32/a.bin", at(time.Second)), "SAM"},
		{reported("", "", "/Windows/System32/a.bin", at(time.Hour)), ""}, // the folder is guessed and the time does not fit
		{stream, "SAM"},
		{reported("", "", "/Users/Public/notes.txt", at(0)), ""},
		{reported("", "", "/Temp/d.tmp", at(0)), ""},
		{reported("", "SAM", "/other/x.tmp", at(0)), ""},
	} {
		if got := Output(records, &c.e); got != c.hive {
			t.Errorf("%v: %q, want %q", c.e.At, got, c.hive)
		}
	}
}

// A command's drive letter tells volumes apart where theirs are known.
func TestDrive(t *testing.T) {
	for _, c := range []struct {
		line, drive string
		joined      bool
	}{
		{`D:\stage\s.bin`, "D:", true}, {`d:\stage\s.bin`, "D:", true}, {`D:\stage\s.bin`, "C:", false}, {`D:\stage\s.bin`, "", true},
		{`\\?\Volume{01d8000000000000-1a2b3c4d}\stage\s.bin`, "C:", true},
	} {
		e := export("e1", "SAM", "/stage/s.bin", at(time.Second))
		e.Drive = c.drive
		r := save("r1", "SAM", c.line, at(0), 100, 50)
		why, _ := (&Known{}).joinExport(&r, targets(&r), &e)
		if joined := why != ""; joined != c.joined || (Output([]Record{r}, &e) != "") != c.joined {
			t.Errorf("%s and a copy on %q: %q", c.line, c.drive, why)
		}
	}
}

func TestOutputFolders(t *testing.T) {
	benign := save("r3", "SAM", `C:\other\x.tmp`, at(0), 7, 8)
	benign.Assessment = "benign"
	got := OutputFolders([]Record{save("r1", "SAM", `D:\Stage\s.bin`, at(0), 1, 2), save("r2", "SYSTEM", `C:\stage\t.bin`, at(0), 1, 2), benign})
	if !slices.Equal(got, []string{"/stage"}) {
		t.Errorf("%q", got)
	}
}
