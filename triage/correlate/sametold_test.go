package correlate

import (
	"slices"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts"
	"hivetriage/triage/command"
	"hivetriage/triage/locate"
)

// scripted is what PowerShell's log tells of a command: neither its process
// nor its account.
func scripted(id, hive, destination string, when time.Time) Record {
	r := save(id, hive, destination, when, 0, 0)
	r.Kind, r.User, r.Process = "script", artifacts.User{}, nil
	r.From = From{Path: "PowerShell.evtx", Channel: "Microsoft-Windows-PowerShell/Operational", EventCode: "4103"}
	return r
}

func TestOneCommandInTwoLogs(t *testing.T) {
	run := save("r1", "SAM", "sam", at(0), 100, 50)
	other := scripted("r2", "SAM", "sam", at(0))
	other.User.Name = "mallory"
	key := scripted("r2", "SAM", "sam", at(0))
	key.Commands = slices.Clone(key.Commands)
	key.Commands[0].Key = `HKLM\SYSTEM`
	for _, c := range []struct {
		name string
		told Record
		acts int
	}{
		{"at once", scripted("r2", "SAM", "SAM", at(time.Second)), 1},
		{"later", scripted("r2", "SAM", "sam", at(5*time.Second)), 2},
		{"to another file", scripted("r2", "SAM", "sam2", at(0)), 2},
		{"of another hive", key, 2},
		{"by another account", other, 2},
	} {
		acts := Join(nil, []Record{run, c.told}, Known{})
		if len(acts) != c.acts {
			t.Errorf("%s: %d acts, want %d: %q", c.name, len(acts), c.acts, ids(acts))
		}
		if c.acts == 1 && len(acts[0].Whereabouts) != 1 {
			t.Errorf("%s: one file is at %+v", c.name, acts[0].Whereabouts)
		}
	}
}

// A file that is named without its folder is no further copy where one of
// that name is in the act.
func TestNamedWithoutFolder(t *testing.T) {
	named := save("r2", "SAM", "", at(time.Second), 0, 0)
	named.Kind, named.Process, named.Commands, named.Destination, named.File = "journal", nil, nil, "Sam.save", "Sam.save"
	run := save("r1", "SAM", `C:\Users\Public\sam.save`, at(0), 100, 50)
	acts := Join([]locate.Export{export("e1", "SAM", "/Users/Public/sam.save", at(0))}, []Record{run, named}, Known{})
	if len(acts) != 1 || len(acts[0].Whereabouts) != 1 {
		t.Errorf("beside the copy: %+v", acts)
	}
	acts = Join(nil, []Record{named}, Known{})
	if w := acts[0].Whereabouts; len(w) != 1 || w[0].Path != "Sam.save (its folder was not recorded)" {
		t.Errorf("alone: %+v", w)
	}
}

func TestCountedInWords(t *testing.T) {
	one := save("r1", "SAM", `C:\x\sam`, at(0), 100, 50)
	twice := one
	twice.ID, twice.From = "r2", From{Path: "Sysmon.evtx", Channel: "Sysmon", EventCode: "1"}
	made := one
	made.ID, made.Kind, made.File, made.Commands = "r3", "file", `C:\x\sam`, nil
	for want, records := range map[string][]Record{
		"file creation was recorded for the copy (1 event)":  {one, made},
		"1 process or file is told by more than one record":  {one, twice},
		"2 processes or files are told by more than one rec": {one, twice, made},
	} {
		if text := strings.Join(Join(nil, records, Known{})[0].For, "\n"); !strings.Contains(text, want) {
			t.Errorf("%q is not in:\n%s", want, text)
		}
	}
}

// TestDisguiseTechnique: the sentences are those that the commands' analysis
// writes.
func TestDisguiseTechnique(t *testing.T) {
	for line, want := range map[string]string{
		`C:\x\dllsvc.exe save hklm\sam C:\x\s`: "T1036.003",
		`reg save hk"lm"\sam C:\x\s`:           "T1027.010",
	} {
		image := `C:\Windows\System32\reg.exe`
		if strings.Contains(line, "dllsvc") {
			image = `C:\x\dllsvc.exe`
		}
		commands := command.Analyze(artifacts.Process{Executable: image, CommandLine: line, OriginalFileName: "reg.exe"})
		if len(commands) != 1 || len(commands[0].Disguise) == 0 {
			t.Errorf("%s: %+v", line, commands)
			continue
		}
		for _, sentence := range commands[0].Disguise {
			if got := disguiseTechnique(sentence); got != want {
				t.Errorf("%s: %q is %s, want %s", line, sentence, got, want)
			}
		}
	}
}
