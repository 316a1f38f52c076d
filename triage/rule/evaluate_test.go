package rule

import (
	"os"
	"strings"
	"testing"

	"hivetriage/artifacts"
)

// sysmon makes a Sysmon 1 event of an image with its original file name.
func sysmon(image, original string) *artifacts.Event {
	return &artifacts.Event{Code: 1, Provider: "Microsoft-Windows-Sysmon", Channel: "Microsoft-Windows-Sysmon/Operational",
		Process: &artifacts.Process{Executable: image, OriginalFileName: original}}
}

// security makes a Security 4688 event, which has no original file name.
func security(image string) *artifacts.Event {
	return &artifacts.Event{Code: 4688, Provider: "Microsoft-Windows-Security-Auditing", Channel: "Security",
		Process: &artifacts.Process{Executable: image}}
}

const reg = `C:\Windows\System32\reg.exe`

// TestTruth is the truth table of both versions. An argument list is written
// with blanks between.
func TestTruth(t *testing.T) {
	for _, row := range []struct {
		name          string
		event         *artifacts.Event
		args          string
		seed, current bool
	}{
		{"save SAM", sysmon(reg, "reg.exe"), `reg save HKLM\SAM x`, true, true},
		{"save SECURITY", sysmon(reg, "reg.exe"), `reg save HKLM\Security x`, true, true},
		{"export SAM", sysmon(reg, "reg.exe"), `reg export hklm\sam x`, true, true},
		{"upper case", sysmon(reg, "reg.exe"), `REG SAVE HKLM\SAM X`, true, true},
		{"SYSTEM is new", sysmon(reg, "reg.exe"), `reg save HKLM\SYSTEM x`, false, true},
		{"long SAM is new", sysmon(reg, "reg.exe"), `reg save HKEY_LOCAL_MACHINE\SAM x`, false, true},
		{"long SECURITY is new", sysmon(reg, "reg.exe"), `reg save hkey_local_machine\security x`, false, true},
		{"long SYSTEM is new", sysmon(reg, "reg.exe"), `reg save hkey_local_machine\system x`, false, true},
		{"SOFTWARE", sysmon(reg, "reg.exe"), `reg save HKLM\SOFTWARE x`, false, false},
		{"query", sysmon(reg, "reg.exe"), `reg query HKLM\SAM`, false, false},
		{"query of a value named save", sysmon(reg, "reg.exe"), `reg query HKLM\SAM /v save`, true, true},
		{"another key and a file named as a key", sysmon(reg, "reg.exe"), `reg save HKLM\SOFTWARE hklm\sam`, true, true},
		{"any order", sysmon(reg, "reg.exe"), `hklm\sam save`, true, true},
		{"renamed", sysmon(`C:\t\r.exe`, "reg.exe"), `r save hklm\sam x`, true, true},
		{"original name in another case", sysmon(reg, "REG.EXE"), `reg save hklm\sam x`, false, true},
		{"original name in another case, renamed", sysmon(`C:\t\r.exe`, "REG.EXE"), `r save hklm\sam x`, false, false},
		{"original name unknown", sysmon(reg, ""), `reg save hklm\sam x`, false, true},
		{"original name a dash", sysmon(reg, "-"), `reg save hklm\sam x`, false, true},
		{"another program", sysmon(`C:\t\r.exe`, "r.exe"), `reg save hklm\sam x`, false, false},
		{"named reg.exe but another", sysmon(`C:\t\reg.exe`, "x.exe"), `reg save hklm\sam x`, false, true},
		{"image in upper case", security(`C:\WINDOWS\SYSTEM32\REG.EXE`), `reg save hklm\sam x`, false, true},
		{"4688", security(reg), `reg save hklm\sam x`, false, true},
		{"4688 renamed", security(`C:\t\r.exe`), `r save hklm\sam x`, false, false},
		{"4688 without the command line", security(reg), ``, false, false},
		{"remote key", sysmon(reg, "reg.exe"), `reg save \\HOST\hklm\sam x`, false, false},
		{"subkey", sysmon(reg, "reg.exe"), `reg save HKLM\SAM\SAM x`, false, false},
		{"trailing backslash", sysmon(reg, "reg.exe"), `reg save HKLM\SAM\ x`, false, false},
		{"policy", sysmon(reg, "reg.exe"), `reg save HKLM\SECURITY\Policy x`, false, false},
		{"doubled backslash", sysmon(reg, "reg.exe"), `reg save HKLM\\SAM x`, false, false},
		{"forward slash", sysmon(reg, "reg.exe"), `reg save HKLM/SAM x`, false, false},
		{"modifier letter in the verb", sysmon(reg, "reg.exe"), `reg ˢave hklm\sam x`, false, false},
		{"modifier letter in the key", sysmon(reg, "reg.exe"), `reg save hk˪m\sam x`, false, false},
		{"Kelvin sign for k", sysmon(reg, "reg.exe"), "reg save h\u212alm\\sam x", false, false},
		{"long s", sysmon(reg, "reg.exe"), `reg ſave hklm\sam x`, false, false},
		{"quotes kept in an argument", sysmon(reg, "reg.exe"), `reg save "hklm\sam" x`, false, false},
		{"cmd.exe that carries it", sysmon(`C:\Windows\System32\cmd.exe`, "Cmd.Exe"), `cmd /c reg save hklm\sam x`, false, false},
		{"regedit", sysmon(`C:\Windows\regedit.exe`, "REGEDIT.EXE"), `regedit /e f HKEY_LOCAL_MACHINE\SAM`, false, false},
		{"esentutl", sysmon(`C:\Windows\System32\esentutl.exe`, "esentutl.exe"), `esentutl /y /vss C:\windows\system32\config\SAM /d x`, false, false},
		{"no image", sysmon("", ""), `reg save hklm\sam x`, false, false},
		{"a file event", &artifacts.Event{Code: 11, Provider: "Microsoft-Windows-Sysmon", Process: &artifacts.Process{Executable: reg},
			File: &artifacts.File{Path: `C:\x`}}, `reg save hklm\sam x`, false, false},
		{"another log's event 1", &artifacts.Event{Code: 1, Provider: "Microsoft-Windows-Kernel-General",
			Process: &artifacts.Process{Executable: reg, OriginalFileName: "reg.exe"}}, `reg save hklm\sam x`, false, false},
		{"Sysmon by its channel", &artifacts.Event{Code: 1, Channel: "microsoft-windows-sysmon/operational",
			Process: &artifacts.Process{Executable: reg, OriginalFileName: "reg.exe"}}, `reg save hklm\sam x`, true, true},
		{"a logon", &artifacts.Event{Code: 4624, Logon: &artifacts.Logon{}}, ``, false, false},
	} {
		got := Evaluate(row.event, strings.Fields(row.args))
		if len(got) != 2 {
			t.Fatalf("%s: %d matches", row.name, len(got))
		}
		if got[0].Matched != row.seed || got[1].Matched != row.current {
			t.Errorf("%s: seed %v, current %v, want %v, %v\n%+v", row.name, got[0].Matched, got[1].Matched, row.seed, row.current, got)
		}
		for _, m := range got {
			failed := strings.Count(strings.Join(m.Because, "\n"), "; did not hold.")
			if m.Matched != (failed == 0) || len(m.Because) == 0 || m.ID != hiveDumpID {
				t.Errorf("%s: %+v does not explain itself", row.name, m)
			}
		}
	}
}

func TestSentences(t *testing.T) {
	got := Evaluate(sysmon(reg, "reg.exe"), []string{"reg", "save", `HKLM\SAM\`, "x"})
	want := []string{
		`The rule asks for event.type in ("start", "process_started"): the event has event.type "start"; held.`,
		`The rule asks for process.pe.original_file_name == "reg.exe": the event has process.pe.original_file_name "reg.exe"; held.`,
		`The rule asks for process.args : ("save", "export"): the event has process.args "reg", "save", "HKLM\\SAM\\", "x"; held.`,
		`The rule asks for process.args : ("hklm\\sam", "hklm\\security"): the event has process.args "reg", "save", "HKLM\\SAM\\", "x", of which "HKLM\\SAM\\" has it inside but is not equal to it; did not hold.`,
	}
	if strings.Join(got[0].Because, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s", strings.Join(got[0].Because, "\n"))
	}
	if got[0].Version != "seed (6)" || got[1].Version != "current (2026-07-02)" {
		t.Errorf("versions %q, %q", got[0].Version, got[1].Version)
	}
	missing := Evaluate(security(reg), nil)[1].Because
	if all := strings.Join(missing, "\n"); !strings.Contains(all, "no process.pe.original_file_name and process.name \"reg.exe\"; held") ||
		!strings.Contains(all, "the event has no process.args; did not hold") {
		t.Errorf("got\n%s", all)
	}
}

func TestSentencesAreBounded(t *testing.T) {
	args := make([]string, 5000)
	for i := range args {
		args[i] = strings.Repeat("é", 5000)
	}
	for _, m := range Evaluate(sysmon(reg, "reg.exe"), args) {
		for _, s := range m.Because {
			if len(s) > 8192 || strings.Contains(s, "\ufffd") {
				t.Errorf("a sentence of %d bytes", len(s))
			}
		}
	}
}

// TestText holds the evaluated conditions against the published text.
func TestText(t *testing.T) {
	want, err := os.ReadFile("testdata/rules.eql")
	if err != nil {
		t.Fatal(err)
	}
	if got := text(); got != strings.ReplaceAll(string(want), "\r\n", "\n") {
		t.Errorf("got\n%s", got)
	}
	if got := SHA256(); len(got) != 64 {
		t.Errorf("digest %q", got)
	}
}

func FuzzEvaluate(f *testing.F) {
	f.Add(uint32(1), reg, "reg.exe", `reg save HKLM\SAM x`)
	f.Add(uint32(4688), `reg.exe`, "", "")
	f.Fuzz(func(t *testing.T, code uint32, image, original, args string) {
		e := sysmon(image, original)
		e.Code = code
		for _, m := range Evaluate(e, strings.Split(args, " ")) {
			if len(m.Because) == 0 {
				t.Fatal("no reasons")
			}
		}
	})
}

func BenchmarkEvaluate(b *testing.B) {
	e, args := sysmon(reg, "reg.exe"), []string{"reg", "save", `HKLM\SAM`, "x"}
	for b.Loop() {
		Evaluate(e, args)
	}
}
