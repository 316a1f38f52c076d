package rule

import (
	"strings"
	"testing"

	"hivetriage/artifacts"
	"hivetriage/triage/command"
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

// child makes a Sysmon 1 event of reg.exe under a parent.
func child(parent string) *artifacts.Event {
	e := sysmon(reg, "reg.exe")
	e.Process.Parent = &artifacts.Process{Executable: parent}
	return e
}

// told makes a Sysmon 1 event of reg.exe whose document tells a field itself.
func told(field, value string) *artifacts.Event {
	e := sysmon(reg, "reg.exe")
	e.Data = []artifacts.Datum{{Name: field, Value: value}}
	return e
}

const (
	reg    = `C:\Windows\System32\reg.exe`
	rapid  = `C:\Program Files\Rapid7\Insight Agent\components\insight_agent\3.2.5.31\ir_agent.exe`
	rapid8 = `C:\Program Files (x86)\Rapid7\Insight Agent\components\insight_agent\3.2.5.31\IR_AGENT.EXE`
)

// letters name the conditions of the seed rule's versions by how their
// sentences begin.
var letters = []struct{ letter, asks string }{
	{"c", "a process event"}, {"o", "host.os.type"}, {"e", "event.type"}, {"n", "process.pe.original_file_name"}, {"n", "(?process.pe.original_file_name"},
	{"v", `process.args : ("save"`}, {"k", `process.args : ("hklm`}, {"r", "not process.parent.executable"},
}

// failing spells the conditions that did not hold, "-" if all did.
func failing(t *testing.T, m Match) string {
	spelled := ""
	for _, s := range m.Against() {
		asks := strings.TrimPrefix(s, "The rule asks for ")
		found := false
		for _, l := range letters {
			if strings.HasPrefix(asks, l.asks) {
				spelled, found = spelled+l.letter, true
				break
			}
		}
		if !found {
			t.Fatalf("no condition begins like %q", asks)
		}
	}
	if spelled == "" {
		return "-"
	}
	return spelled
}

// TestTruth is the truth table of the seed rule. A row's last column has for
// each version, in the order of Evaluate, the conditions that fail there: c
// category, o operating system, e event type, n name, v verb, k key, r the
// Rapid7 exclusion; "-" where it matches. The order is: the seed's, the
// current one, 2020-12, 2022-09, 2023-03, 2024-01. The arguments are what
// CommandLineToArgvW makes of the line.
func TestTruth(t *testing.T) {
	const (
		all   = "- - - - - -"
		fresh = "k - k k k k" // only the current version knows the key
		image = "n - n n n -" // only the image's name tells
		key   = "k k k k k k"
		verb  = "v v v v v v"
		both  = "vk vk vk vk vk vk"
		name  = "n n n n n n"
		kind  = "c c c c c c"
	)
	ours := sysmon(reg, "reg.exe")
	for _, row := range []struct {
		name  string
		event *artifacts.Event
		line  string
		want  string
	}{
		{"save SAM", ours, `reg save HKLM\SAM x`, all},
		{"save SECURITY", ours, `reg save HKLM\Security x`, all},
		{"export SAM", ours, `reg export hklm\sam x`, all},
		{"export SECURITY to a .reg", ours, `reg export hklm\security x.reg /y`, all},
		{"upper case", ours, `REG SAVE HKLM\SAM X`, all},
		{"full path, quoted", ours, `"C:\Windows\System32\reg.exe" save hklm\sam x`, all},
		{"doubled spaces", ours, `reg  save   HKLM\SAM    x`, all},
		{"tabs", ours, "reg\tsave\tHKLM\\SAM\tx", all},
		{"quoted key", ours, `reg save "HKLM\SAM" x`, all},
		{"quotes inside the verb", ours, `reg sa""ve hklm\sam x`, all},
		{"quotes inside the key", ours, `reg save HK"LM\S"AM x`, all},
		{"an escaped quote stays in the key", ours, `reg save \"hklm\sam\" x`, key},
		{"apostrophes stay", ours, `reg save 'hklm\sam' x`, key},
		{"/reg:64", ours, `reg save HKLM\SAM x /reg:64`, all},
		{"/y before the file", ours, `reg save HKLM\SAM /y x`, all},
		{"no output file", ours, `reg save HKLM\SAM`, all},
		{"SYSTEM is new", ours, `reg save HKLM\SYSTEM x`, fresh},
		{"export of SYSTEM is new", ours, `reg export hklm\system x`, fresh},
		{"long SAM is new", ours, `reg save HKEY_LOCAL_MACHINE\SAM x`, fresh},
		{"long SECURITY is new", ours, `reg save hkey_local_machine\security x`, fresh},
		{"long SYSTEM is new", ours, `reg save hkey_local_machine\system x`, fresh},
		{"SOFTWARE", ours, `reg save HKLM\SOFTWARE x`, key},
		{"HKCU", ours, `reg save HKCU\SAM x`, key},
		{"query", ours, `reg query HKLM\SAM`, verb},
		{"copy", ours, `reg copy HKLM\SAM HKLM\X`, verb},
		{"restore", ours, `reg restore HKLM\SAM x`, verb},
		{"query of a value named save", ours, `reg query HKLM\SAM /v save`, all},
		{"another key and a file named as a key", ours, `reg save HKLM\SOFTWARE hklm\sam`, all},
		{"a verb in a word", ours, `reg saved HKLM\SAM x`, verb},
		{"any order", ours, `hklm\sam save`, all},
		{"the verb as argv[0]", ours, `save hklm\sam`, all},
		{"only the verb", ours, `reg save`, key},
		{"only the key", ours, `reg hklm\sam`, verb},
		{"no arguments but the name", ours, `reg`, both},
		{"remote key", ours, `reg save \\HOST\hklm\sam x`, key},
		{"subkey SAM", ours, `reg save HKLM\SAM\SAM x`, key},
		{"subkey Policy", ours, `reg save HKLM\SECURITY\Policy x`, key},
		{"subkey of SYSTEM", ours, `reg export HKLM\SYSTEM\CurrentControlSet\Control\Lsa x`, key},
		{"trailing backslash", ours, `reg save HKLM\SAM\ x`, key},
		{"doubled backslash", ours, `reg save HKLM\\SAM x`, key},
		{"forward slash", ours, `reg save HKLM/SAM x`, key},
		{"a blank in the quoted key", ours, `reg save "HKLM\SAM " x`, key},
		{"modifier letter in the verb", ours, `reg ˢave hklm\sam x`, verb},
		{"modifier letter in export", ours, `reg eˣport hklm\sam x`, verb},
		{"modifier letter in the key", ours, `reg save hk˪m\sam x`, key},
		{"Kelvin sign for k", ours, "reg save h\u212alm\\sam x", key},
		{"long s", ours, `reg ſave hklm\sam x`, verb},
		{"a star is no wildcard in an argument", ours, `reg save hklm\s* x`, key},
		{"a caret that cmd.exe has not eaten", ours, `reg s^ave hklm\sam x`, verb},
		{"renamed", sysmon(`C:\t\r.exe`, "reg.exe"), `r save hklm\sam x`, all},
		{"renamed, SYSTEM", sysmon(`C:\t\r.exe`, "reg.exe"), `r save hklm\system x`, fresh},
		{"renamed, no original name", sysmon(`C:\t\r.exe`, ""), `r save hklm\sam x`, name},
		{"original name in another case", sysmon(reg, "REG.EXE"), `reg save hklm\sam x`, image},
		{"original name in another case, renamed", sysmon(`C:\t\r.exe`, "REG.EXE"), `r save hklm\sam x`, name},
		{"original name unknown", sysmon(reg, ""), `reg save hklm\sam x`, image},
		{"original name a dash", sysmon(reg, "-"), `reg save hklm\sam x`, image},
		{"another program", sysmon(`C:\t\r.exe`, "r.exe"), `reg save hklm\sam x`, name},
		{"named reg.exe but another", sysmon(`C:\t\reg.exe`, "x.exe"), `reg save hklm\sam x`, image},
		{"SysWOW64", sysmon(`C:\Windows\SysWOW64\reg.exe`, "reg.exe"), `reg save hklm\sam x`, all},
		{"no image", sysmon("", ""), `reg save hklm\sam x`, name},
		{"4688", security(reg), `reg save hklm\sam x`, image},
		{"4688 in upper case", security(`C:\WINDOWS\SYSTEM32\REG.EXE`), `reg save hklm\sam x`, image},
		{"4688, SYSTEM", security(reg), `reg save hklm\system x`, "nk - nk nk nk k"},
		{"4688 renamed", security(`C:\t\r.exe`), `r save hklm\sam x`, name},
		{"4688 without the command line", security(reg), ``, "nvk vk nvk nvk nvk vk"},
		{"Rapid7's agent", child(rapid), `reg save hklm\sam x`, "- - r - - -"},
		{"Rapid7's agent, 32 bits, upper case", child(rapid8), `reg save hklm\sam x`, "- - r - - -"},
		{"a fake of Rapid7's agent", child(`C:\ProgramData\Rapid7\Insight Agent\components\insight_agent\3\ir_agent.exe`), `reg save hklm\sam x`, all},
		{"Rapid7's other program", child(strings.Replace(rapid, "ir_agent", "insight_agent", 1)), `reg save hklm\sam x`, all},
		{"another parent", child(`C:\Windows\System32\cmd.exe`), `reg save hklm\sam x`, all},
		{"process_started", told("event.type", "process_started"), `reg save hklm\sam x`, "- e - e e e"},
		{"start", told("event.type", "start"), `reg save hklm\sam x`, all},
		{"end", told("event.type", "end"), `reg save hklm\sam x`, "e e e e e e"},
		{"host.os.type windows", told("host.os.type", "windows"), `reg save hklm\sam x`, all},
		{"host.os.type linux", told("host.os.type", "linux"), `reg save hklm\sam x`, "- o - - o o"},
		{"host.os.type in another case", told("host.os.type", "Windows"), `reg save hklm\sam x`, "- o - - o o"},
		{"cmd.exe that carries it", sysmon(`C:\Windows\System32\cmd.exe`, "Cmd.Exe"), `cmd /c reg save hklm\sam x`, name},
		{"cmd.exe that carries it in one argument", sysmon(`C:\Windows\System32\cmd.exe`, "Cmd.Exe"), `cmd /c "reg save hklm\sam x"`, "nvk nvk nvk nvk nvk nvk"},
		{"regedit", sysmon(`C:\Windows\regedit.exe`, "REGEDIT.EXE"), `regedit /e f HKEY_LOCAL_MACHINE\SAM`, "nvk nv nvk nvk nvk nvk"},
		{"esentutl", sysmon(`C:\Windows\System32\esentutl.exe`, "esentutl.exe"), `esentutl /y /vss C:\windows\system32\config\SAM /d x`, "nvk nvk nvk nvk nvk nvk"},
		{"a file event", &artifacts.Event{Code: 11, Provider: "Microsoft-Windows-Sysmon", Process: &artifacts.Process{Executable: reg},
			File: &artifacts.File{Path: `C:\x`}}, `reg save hklm\sam x`, kind},
		{"another log's event 1", &artifacts.Event{Code: 1, Provider: "Microsoft-Windows-Kernel-General",
			Process: &artifacts.Process{Executable: reg, OriginalFileName: "reg.exe"}}, `reg save hklm\sam x`, kind},
		{"Sysmon by its channel", &artifacts.Event{Code: 1, Channel: "microsoft-windows-sysmon/operational",
			Process: &artifacts.Process{Executable: reg, OriginalFileName: "reg.exe"}}, `reg save hklm\sam x`, all},
		{"a logon", &artifacts.Event{Code: 4624, Logon: &artifacts.Logon{}}, ``, kind},
	} {
		var args []string
		if row.line != "" {
			args = command.Split(row.line)
		}
		got := seedMatches(Evaluate(row.event, args))
		want := strings.Fields(row.want)
		if len(got) != len(want) {
			t.Fatalf("%s: %d versions, want %d", row.name, len(got), len(want))
		}
		any := false
		for i, m := range got {
			if spelled := failing(t, m); spelled != want[i] {
				t.Errorf("%s, version %s: %s fail, want %s\n%s", row.name, m.Version, spelled, want[i], strings.Join(m.Because, "\n"))
			}
			if m.Matched != (want[i] == "-") || len(m.Because) == 0 || len(m.NotRecorded) != 0 {
				t.Errorf("%s, version %s: %+v does not explain itself", row.name, m.Version, m)
			}
			any = any || m.Matched
		}
		if MatchesSeed(row.event, args) != any {
			t.Errorf("%s: MatchesSeed says %v", row.name, !any)
		}
	}
}

// seedMatches are the matches of the seed rule, which stand first.
func seedMatches(matches []Match) []Match {
	n := 0
	for n < len(matches) && matches[n].ID == SeedID {
		n++
	}
	return matches[:n]
}
