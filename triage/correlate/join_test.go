package correlate

import (
	"slices"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts"
	"hivetriage/triage/command"
	"hivetriage/triage/locate"
	"hivetriage/triage/rule"
)

var noon = time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)

func at(d time.Duration) time.Time { return noon.Add(d) }

// save is the record of one "reg save".
func save(id, hive, destination string, when time.Time, pid, parent uint32) Record {
	return Record{ID: id, Time: when, Kind: "process", Host: "WS1", Hives: []string{hive}, Assessment: "export",
		User: artifacts.User{Name: "eve", Domain: "WS1", SID: "S-1-5-21-1-2-3-1001", LogonID: "0x5a1c2"},
		Process: &artifacts.Process{PID: pid, Executable: `C:\Windows\System32\reg.exe`, CommandLine: `reg save HKLM\` + hive + " " + destination,
			WorkingDirectory: `C:\Users\eve\`, Parent: &artifacts.Process{PID: parent, Executable: `C:\Windows\System32\cmd.exe`}},
		Commands: []command.Command{{Tool: "reg.exe", Verb: "save", Hives: []string{hive}, Destination: destination, Impact: "export"}},
		From:     From{Path: "Security.evtx", Channel: "Security", EventCode: "4688"},
	}
}

func export(id, hive, path string, created time.Time) locate.Export {
	return locate.Export{ID: id, At: artifacts.Locator{Source: "disk.raw", Volume: "gpt:1", Path: path}, Hive: hive, State: "live", SHA256: id,
		Times:    locate.FileTimes{SI: artifacts.Times{Created: created, Modified: created}},
		Location: locate.Location{Class: locate.Unexpected}}
}

func ids(acts []Act) (out [][]string) {
	for _, a := range acts {
		out = append(out, append(slices.Clone(a.Exports), a.Records...))
	}
	return out
}

func TestJoin(t *testing.T) {
	trio := []Record{
		save("r1", "SAM", `C:\Users\Public\sam.save`, at(0), 100, 50),
		save("r2", "SYSTEM", `sys.save`, at(8*time.Second), 101, 50),
		save("r3", "SECURITY", `C:\Users\Public\sec.save`, at(20*time.Second), 102, 50),
	}
	otherHost := save("r4", "SAM", `C:\x\sam`, at(time.Second), 7, 8)
	otherHost.Host = "WS2"
	later := save("r5", "SAM", `C:\Users\Public\sam2.save`, at(3*time.Hour), 900, 60)
	benign := save("r6", "SYSTEM", `C:\x`, at(time.Second), 103, 50)
	benign.Assessment = "benign"
	for _, c := range []struct {
		name    string
		exports []locate.Export
		records []Record
		want    [][]string
	}{
		{"nothing", nil, nil, nil},
		{"three hives by one parent are one act", nil, trio, [][]string{{"r1", "r2", "r3"}}},
		{"another host is another act", nil, []Record{trio[0], otherHost}, [][]string{{"r1"}, {"r4"}}},
		{"hours later is another act", nil, []Record{trio[0], later}, [][]string{{"r1"}, {"r5"}}},
		{"a look-alike makes no act", nil, []Record{benign}, nil},
		{"absolute path and time", []locate.Export{export("e1", "SAM", "/Users/Public/sam.save", at(time.Second))}, trio[:1], [][]string{{"e1", "r1"}}},
		{"relative path against the working directory", []locate.Export{export("e1", "SYSTEM", "/Users/eve/sys.save", at(9*time.Second))}, trio[1:2], [][]string{{"e1", "r2"}}},
		{"case of the path does not matter", []locate.Export{export("e1", "SAM", "/users/PUBLIC/Sam.Save", at(time.Second))}, trio[:1], [][]string{{"e1", "r1"}}},
		{"an unpacked drive folder", []locate.Export{export("e1", "SAM", "/uploads/auto/C%3A/Users/Public/sam.save", at(time.Second))}, trio[:1], [][]string{{"e1", "r1"}}},
		{"renamed, known by hive and time", []locate.Export{export("e1", "SAM", "/ProgramData/gfx.dat", at(time.Second))}, trio[:1], [][]string{{"e1", "r1"}}},
		{"another hive is not the output", []locate.Export{export("e1", "SECURITY", "/Users/Public/sam.save", at(time.Second))}, trio[:1], [][]string{{"r1"}, {"e1"}}},
		{"a file of another day is not a renamed output", []locate.Export{export("e1", "SAM", "/ProgramData/gfx.dat", at(-30*time.Hour))}, trio[:1], [][]string{{"e1"}, {"r1"}}},
		{"same bytes, far apart in time", []locate.Export{withSameBytes(export("e1", "SAM", "/a", at(0))), withSameBytes(export("e2", "SAM", "/b", at(50*time.Hour)))}, nil, [][]string{{"e1", "e2"}}},
		{"exports without a command, minutes apart", []locate.Export{export("e1", "SAM", "/a", at(0)), export("e2", "SYSTEM", "/b", at(2*time.Minute))}, nil, [][]string{{"e1", "e2"}}},
		{"a clock of an unknown zone, known by path", []locate.Export{onLocalClock(export("e1", "SAM", "/Users/Public/sam.save", at(2*time.Hour)))}, trio[:1], [][]string{{"e1", "r1"}}},
		{"a clock of an unknown zone says nothing of a renamed output", []locate.Export{onLocalClock(export("e1", "SAM", "/gfx.dat", at(time.Second)))}, trio[:1], [][]string{{"e1"}, {"r1"}}},
		{"a clock of an unknown zone says nothing of a guessed folder", []locate.Export{onLocalClock(export("e1", "SYSTEM", "/Windows/System32/sys.save", at(9*time.Second)))}, trio[1:2], [][]string{{"e1"}, {"r2"}}},
		{"two on clocks of an unknown zone", []locate.Export{onLocalClock(export("e1", "SAM", "/a", at(0))), onLocalClock(export("e2", "SYSTEM", "/b", at(0)))}, nil, [][]string{{"e1"}, {"e2"}}},
		{"the stamp in the hive is not of that clock", []locate.Export{savedAt(onLocalClock(export("e1", "SAM", "/gfx.dat", at(2*time.Hour))), at(time.Second))}, trio[:1], [][]string{{"e1", "r1"}}},
		{"exports without a command, days apart", []locate.Export{export("e1", "SAM", "/a", at(0)), export("e2", "SYSTEM", "/b", at(48*time.Hour))}, nil, [][]string{{"e1"}, {"e2"}}},
	} {
		got := ids(Join(c.exports, c.records, Known{}))
		if len(got) != len(c.want) || !slices.EqualFunc(got, c.want, slices.Equal) {
			t.Errorf("%s: acts %v, want %v", c.name, got, c.want)
		}
	}
}

func withSameBytes(e locate.Export) locate.Export { e.SHA256 = "same"; return e }

func onLocalClock(e locate.Export) locate.Export { e.Clock = locate.LocalClock; return e }

func savedAt(e locate.Export, t time.Time) locate.Export { e.Taken.Exact = t; return e }

func TestADSIsItsOwnPlace(t *testing.T) {
	e := export("e1", "SAM", "/Users/Public/notes.txt", at(time.Second))
	r := save("r1", "SAM", `C:\Users\Public\notes.txt:sam`, at(0), 1, 2)
	if why, _ := (&Known{}).joinExport(&r, targets(&r), &e); why != "" {
		t.Errorf("the unnamed stream was joined with a named one: %s", why)
	}
	e.At.Stream = "SAM"
	if why, _ := (&Known{}).joinExport(&r, targets(&r), &e); why == "" {
		t.Error("the named stream was not joined")
	}
}

func TestTimeDoubtIsTold(t *testing.T) {
	e := export("e1", "SAM", "/Users/Public/sam.save", at(-100*time.Hour))
	acts := Join([]locate.Export{e}, []Record{save("r1", "SAM", `C:\Users\Public\sam.save`, at(0), 1, 2)}, Known{})
	if len(acts) != 1 {
		t.Fatalf("%d acts", len(acts))
	}
	if !slices.ContainsFunc(acts[0].Against, func(s string) bool { return strings.Contains(s, "before the record") }) {
		t.Errorf("against: %q", acts[0].Against)
	}
}

func TestSameProcessInTwoLogs(t *testing.T) {
	a := save("r1", "SAM", `C:\s`, at(0), 4711, 50)
	b := save("r2", "SAM", `C:\s`, at(40*time.Millisecond), 4711, 50)
	b.From.Channel = "Microsoft-Windows-Sysmon/Operational"
	acts := Join(nil, []Record{a, b}, Known{})
	if len(acts) != 1 || !strings.Contains(strings.Join(acts[0].For, "\n"), "told by more than one record") {
		t.Errorf("acts %+v", acts)
	}
	b.Process.PID, b.Process.Parent.PID, b.User = 4712, 51, artifacts.User{Name: "bob"}
	if acts := Join(nil, []Record{a, b}, Known{}); len(acts) != 2 {
		t.Errorf("strangers were joined: %v", ids(acts))
	}
}

// TestWeigh pins the verdicts: each case adds or takes away one kind of
// evidence.
func TestWeigh(t *testing.T) {
	command := save("r1", "SAM", `C:\Users\Public\sam.save`, at(0), 1, 2)
	command.Rules = []rule.Match{{ID: rule.SeedID, Matched: true}}
	system := save("r2", "SYSTEM", `C:\Users\Public\sys.save`, at(time.Second), 3, 2)
	launcher := save("r3", "SAM", `C:\s`, at(0), 1, 2)
	launcher.Commands[0].Wrapper = "cmd.exe /c"
	shell := save("r4", "SAM", `C:\s`, at(0), 1, 2)
	shell.Commands[0].Wrapper, shell.Commands[0].Tool = "cmd.exe /c", "copy"
	made := func(image string) Record {
		r := save("r5", "SAM", "", at(0), 1, 2)
		r.Kind, r.Commands, r.Assessment, r.File, r.Destination = "file", nil, "attempt", `C:\Users\Public\sam.save`, `C:\Users\Public\sam.save`
		r.Process = &artifacts.Process{Executable: image}
		return r
	}
	found := export("e1", "SAM", "/Users/Public/sam.save", at(time.Second))
	saved := found
	saved.Provenance.Method = "RegSaveKey"
	known := found
	known.Location.Class = locate.Check
	for _, c := range []struct {
		name       string
		exports    []locate.Export
		records    []Record
		verdict    string
		confidence int
	}{
		{"content, command, place and time, rule", []locate.Export{found}, []Record{command}, "confirmed", 99},
		{"content of saved form only", []locate.Export{saved}, nil, "probable", contentPoints + savedFormPoints + unseenPoints},
		{"content only", []locate.Export{found}, nil, "probable", contentPoints + unseenPoints},
		{"content at a place that products use", []locate.Export{known}, nil, "suspicious", contentPoints + knownPlacePoints + unseenPoints},
		{"command only", nil, []Record{command}, "probable", commandPoints + rulePoints + goneOutputPoints},
		{"two commands, a whole set", nil, []Record{command, system}, "probable", commandPoints + rulePoints + completePoints + goneOutputPoints},
		{"launcher only", nil, []Record{launcher}, "suspicious", launcherPoints + goneOutputPoints},
		{"what the shell does itself", nil, []Record{shell}, "probable", commandPoints + goneOutputPoints},
		{"a file that reg.exe made", nil, []Record{made(`C:\Windows\System32\reg.exe`)}, "suspicious", copierFilePoints},
		{"a file that some program made", nil, []Record{made(`C:\x.exe`)}, "suspicious", fileAlonePoints},
		{"SYSTEM only", nil, []Record{system}, "suspicious", commandPoints + systemOnlyPoints + goneOutputPoints},
	} {
		acts := Join(c.exports, c.records, Known{})
		if len(acts) != 1 {
			t.Fatalf("%s: %d acts", c.name, len(acts))
		}
		if a := acts[0]; a.Verdict != c.verdict || a.Confidence != c.confidence {
			t.Errorf("%s: %s %d, want %s %d\nfor %q\nagainst %q", c.name, a.Verdict, a.Confidence, c.verdict, c.confidence, a.For, a.Against)
		}
	}
}

func TestWhereabouts(t *testing.T) {
	remote := save("r2", "SYSTEM", `C:\t\sys`, at(time.Second), 3, 2)
	remote.Commands[0].Remote = "DC01"
	acts := Join([]locate.Export{export("e1", "SAM", "/Users/Public/sam.save", at(time.Second))},
		[]Record{save("r1", "SAM", `C:\Users\Public\sam.save`, at(0), 1, 2), remote, save("r3", "SECURITY", `C:\gone.save`, at(2*time.Second), 4, 2)}, Known{})
	var got []string
	for _, w := range acts[0].Whereabouts {
		got = append(got, w.Path+" "+w.State)
	}
	want := []string{"/Users/Public/sam.save live", `C:\gone.save not found on this evidence`, `C:\t\sys on host DC01 not found on this evidence`}
	if !slices.Equal(got, want) {
		t.Errorf("whereabouts %q, want %q", got, want)
	}
}

func TestJoinIsStable(t *testing.T) {
	records := []Record{save("r1", "SAM", `C:\a`, at(0), 1, 2), save("r2", "SYSTEM", `C:\b`, at(0), 3, 2), save("r3", "SECURITY", `C:\c`, at(0), 4, 2)}
	forward := Join(nil, records, Known{})
	slices.Reverse(records)
	backward := Join(nil, records, Known{})
	if forward[0].ID != backward[0].ID || !slices.Equal(forward[0].Records, backward[0].Records) {
		t.Errorf("%v and %v", forward[0].Records, backward[0].Records)
	}
}

func TestFloodOfRecordsIsBounded(t *testing.T) {
	var records []Record
	for i := range 1500 {
		records = append(records, save(ID("rec", string(rune(i))), "SAM", `C:\s`, at(time.Duration(i)*time.Millisecond), uint32(i+1), 2))
	}
	if acts := Join(nil, records, Known{}); len(acts) != 1 || len(acts[0].Records) != 1500 {
		t.Errorf("%d acts", len(acts))
	}
}
