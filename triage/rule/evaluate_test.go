package rule

import (
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"hivetriage/artifacts"
)

var update = flag.Bool("update", false, "write the rules' text anew")

// TestOrder: the two versions that lead stand first, and only they do.
func TestOrder(t *testing.T) {
	matches := Evaluate(sysmon(reg, "reg.exe"), []string{"reg", "save", `HKLM\SAM`, "x"})
	var versions []string
	for _, m := range seedMatches(matches) {
		versions = append(versions, m.Version)
	}
	if want := []string{"seed (6)", "current (2026-07-02)", "2020-12-02", "2022-09-19", "2023-03", "2024-01-17"}; !slices.Equal(versions, want) {
		t.Errorf("versions %q", versions)
	}
	for i, m := range matches {
		if m.Leads() != (i < 2) {
			t.Errorf("%s %s leads: %v", m.Name, m.Version, m.Leads())
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
	if against := got[0].Against(); len(against) != 1 || against[0] != want[3] {
		t.Errorf("against %q", against)
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

func TestWildcards(t *testing.T) {
	for _, row := range []struct {
		pattern, value string
		want           bool
	}{
		{"", "", true}, {"", "a", false}, {"*", "", true}, {"**", "ab", true}, {"a", "A", true}, {"?", "", false}, {"?", "a", true}, {"?", "é", true},
		{"?", "ab", false}, {"a*c", "abbbc", true}, {"a*c", "ac", true}, {"a*c", "acb", false}, {"*b*", "abc", true}, {"*ab*ab", "abxabab", true},
		{`?:\*\x`, `C:\a\b\X`, true}, {`?:\*\x`, `\\h\a\x`, false}, {"a?c", "a\xffc", true}, {"é", "É", false}, {"a*", "b", false}, {"*a*a*a*b", strings.Repeat("a", 1000), false},
		{"????????.???.offreg", "12345678.abc.offreg", true}, {"????????.???.offreg", "1234567.abc.offreg", false},
	} {
		if got := matches(row.pattern, row.value); got != row.want {
			t.Errorf("%q against %q: %v", row.pattern, row.value, got)
		}
	}
}

func TestWords(t *testing.T) {
	for _, row := range []struct {
		text string
		want bool
	}{
		{"a-b", true}, {"x(a-b)", true}, {"xa-b a-b", true}, {"a-b_", false}, {"éa-b", false}, {"", false}, {"a-", false}, {"a-bc a-b9", false},
	} {
		if got := contains(row.text, "a-b"); got != row.want {
			t.Errorf("%q: %v", row.text, got)
		}
	}
}

// TestText holds the evaluated conditions against the published text.
func TestText(t *testing.T) {
	if *update {
		if err := os.WriteFile("testdata/rules.eql", []byte(text()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/rules.eql")
	if err != nil {
		t.Fatal(err)
	}
	if got := text(); got != strings.ReplaceAll(string(want), "\r\n", "\n") {
		t.Errorf("got\n%s", got)
	}
	if got := SHA256(); len(got) != 64 || got != SHA256() {
		t.Errorf("digest %q", got)
	}
}

// TestScopes: each rule is listed once, with what is done with it.
func TestScopes(t *testing.T) {
	ids := map[string]bool{}
	evaluated, not := 0, 0
	for _, s := range Scopes() {
		if ids[s.ID] || s.Name == "" {
			t.Errorf("%+v", s)
		}
		ids[s.ID] = true
		switch {
		case s.On != "" && s.Not == "" && len(s.Versions) > 0:
			evaluated++
		case s.On == "" && s.Not != "" && len(s.Versions) == 0:
			not++
		default:
			t.Errorf("%s is neither evaluated nor not: %+v", s.Name, s)
		}
	}
	if evaluated != 15 || not != 3 {
		t.Errorf("%d evaluated, %d not", evaluated, not)
	}
	for _, short := range strings.Fields("a4c7473a 850d901a d117cbb4 3bc6deaa 63e381a6 47e22836 b8386923 d93e61db 00140285 e7358500 fd877b94 4e87b8e2 252902e3 39f919f3 f8748f2c e7be6119 6ea858a8") {
		found := false
		for id := range ids {
			found = found || strings.HasPrefix(id, short+"-")
		}
		if !found {
			t.Errorf("no rule %s", short)
		}
	}
}

func FuzzEvaluate(f *testing.F) {
	f.Add(uint32(1), reg, "reg.exe", `reg save HKLM\SAM x`, "AccessMask", "0x2")
	f.Add(uint32(4688), `reg.exe`, "", "", "host.os.type", "linux")
	f.Add(uint32(5145), ``, "", "", "AccessMask", "0x6")
	f.Add(uint32(11), `System`, "", `C:\Windows\Temp\sam`, "file.size", "30000")
	f.Add(uint32(4104), ``, "", "", "ScriptBlockText", "Invoke-NinjaCopy")
	f.Fuzz(func(t *testing.T, code uint32, image, original, args, name, value string) {
		e := sysmon(image, original)
		e.Code, e.Data = code, []artifacts.Datum{{Name: name, Value: value}}
		if code == 11 {
			e.File = &artifacts.File{Path: args}
		}
		if code == 4104 {
			e.Provider, e.Process = "Microsoft-Windows-PowerShell", nil
		}
		for _, m := range EvaluateFound(e, []byte(original), int64(len(image))) {
			if m.Matched != (len(m.Against()) == 0) || len(m.Because) == 0 || m.Matched && len(m.NotRecorded) > 0 {
				t.Fatalf("%+v", m)
			}
		}
		for _, m := range Evaluate(e, strings.Split(args, " ")) {
			if m.Matched != (len(m.Against()) == 0) || len(m.Because) == 0 {
				t.Fatalf("%+v", m)
			}
		}
	})
}
