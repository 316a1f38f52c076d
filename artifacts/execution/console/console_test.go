package console

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"hivetriage/artifacts"
	"hivetriage/artifacts/internal/readtest"
)

func read(t testing.TB, file string) ([]artifacts.Trace, []*artifacts.Problem) {
	t.Helper()
	return readtest.All(t, Read(context.Background(), strings.NewReader(file), int64(len(file))))
}

func TestHistory(t *testing.T) {
	type want struct {
		entry   string
		offset  int64
		command string
	}
	for _, c := range []struct {
		name, file string
		want       []want
		problems   int
	}{
		{name: "empty"},
		{name: "plain", file: "whoami\nreg save HKLM\\SAM C:\\x\n", want: []want{{"line 1", 0, "whoami"}, {"line 2", 7, `reg save HKLM\SAM C:\x`}}},
		{name: "mark and CR LF", file: "\xEF\xBB\xBFdir\r\n\r\n  cd x  ", want: []want{{"line 1", 3, "dir"}, {"line 3", 10, "cd x"}}},
		{name: "continued", file: "if (1) {`\n  reg save`\n}\nb\n", want: []want{{"lines 1-3", 0, "if (1) {\n  reg save\n}"}, {"line 4", 24, "b"}}},
		{name: "continued by nothing", file: "a`", want: []want{{"line 1", 0, "a"}}},
		{name: "not ASCII", file: "echo gr\u00fc\u00df\n", want: []want{{"line 1", 0, "echo gr\u00fc\u00df"}}},
		{name: "zeros", file: "a\n\x00\x00\x00\nb\n", want: []want{{"line 1", 0, "a"}, {"line 3", 6, "b"}}, problems: 1},
		{name: "stars alone", file: "**********************\nb\n", want: []want{{"line 1", 0, "**********************"}, {"line 2", 23, "b"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			traces, problems := read(t, c.file)
			if len(traces) != len(c.want) || len(problems) != c.problems {
				t.Fatalf("%+v, problems %v", traces, problems)
			}
			for i, w := range c.want {
				if got := traces[i]; got.Entry != w.entry || got.Offset != w.offset || got.Command != w.command || got.Artefact != PSReadLine || got.Deed != artifacts.Typed || len(got.Times) != 0 || got.Damaged != "" {
					t.Errorf("got %+v, want %+v", got, w)
				}
			}
		})
	}
}

func TestDamagedHistory(t *testing.T) {
	for name, file := range map[string]string{
		"zero bytes in a command": "reg\x00 save\n",
		"a line too long":         strings.Repeat("x", maxLine+1) + "\n",
		"a command too long":      strings.Repeat(strings.Repeat("x", maxLine-2)+"`\n", 5) + "x\n",
	} {
		traces, problems := read(t, file)
		if len(traces) != 1 || len(problems) != 0 || traces[0].Damaged == "" || len(traces[0].Command) > maxCommand {
			t.Errorf("%s: %d traces, %v", name, len(traces), problems)
		}
	}
	for _, err := range ReadHistory(context.Background(), strings.NewReader("a`\n"), 100) {
		var p *artifacts.Problem
		if err != nil && (!errors.As(err, &p) || p.Kind != artifacts.IO) {
			t.Errorf("%v", err)
		}
	}
}

const stars = "**********************\n"

const english = stars + `Windows PowerShell transcript start
Start time: 20240301101112
Username: DESK\mallory
RunAs User: DESK\admin
Configuration Name: 
Machine: DESK (Microsoft Windows NT 10.0.19045.0)
Host Application: C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe -NoProfile
Process ID: 4711
PSVersion: 5.1.19041.3803
PSEdition: Desktop
` + stars

const german = stars + `Start der Windows PowerShell-Aufzeichnung
Startzeit: 20240301101112
Benutzername: DESK\mallory
RunAs-Benutzer: DESK\admin
Konfigurationsname: 
Computer: DESK (Microsoft Windows NT 10.0.19045.0)
Hostanwendung: C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe -NoProfile
Prozess-ID: 4711
PSVersion: 5.1.19041.3803
` + stars

const french = stars + `Démarrage de la transcription Windows PowerShell
Heure de début : 20240301101112
Nom d'utilisateur : DESK\mallory
Utilisateur runAs : DESK\admin
Nom de la configuration : 
Machine : DESK (Microsoft Windows NT 10.0.19045.0)
Application hôte : C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe -NoProfile
ID de processus : 4711
` + stars

const chinese = stars + `Windows PowerShell 脚本开始
开始时间： 20240301101112
用户名： DESK\mallory
RunAs 用户： DESK\admin
配置名称： 
计算机： DESK (Microsoft Windows NT 10.0.19045.0)
主机应用程序： C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe -NoProfile
进程 ID： 4711
` + stars

const body = "Transcript started, output file is C:\\t.txt\n" +
	"PS C:\\Users\\mallory> reg save HKLM\\SAM C:\\sam\nThe operation completed successfully.\n" +
	stars + "Command start time: 20240301101200\n" + stars +
	"PS C:\\> if (1) {\n>> dir\n>> }\n\n    Directory: C:\\\n" + stars + "only a banner\n" + stars +
	"[dc01]: PS C:\\> whoami\nd\\x\n[DBG]: PS C:\\>> q\n" +
	stars + "Windows PowerShell transcript end\nEnd time: 20240301101500\n" + stars

func TestTranscript(t *testing.T) {
	crlf := strings.ReplaceAll(english+body, "\n", "\r\n")
	wide := []byte{0xFF, 0xFE}
	for _, u := range utf16.Encode([]rune(crlf)) {
		wide = binary.LittleEndian.AppendUint16(wide, u)
	}
	for name, file := range map[string]string{
		"English": english + body, "German": german + body, "French": french + body, "Chinese": chinese + body,
		"CR LF": "\xEF\xBB\xBF" + crlf, "UTF-16": string(wide),
	} {
		t.Run(name, func(t *testing.T) {
			if !IsTranscript([]byte(file)[:500]) {
				t.Error("not recognised")
			}
			traces, problems := read(t, file)
			if len(traces) != 5 || len(problems) != 0 {
				t.Fatalf("%+v, problems %v", traces, problems)
			}
			session := traces[0]
			if session.Deed != artifacts.Ran || session.Command != `C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe -NoProfile` || session.Detail("Local time") != "2024-03-01 10:11:12" {
				t.Errorf("%+v", session)
			}
			for i, w := range []struct{ command, folder, at, remote string }{
				{`reg save HKLM\SAM C:\sam`, `C:\Users\mallory`, "", ""},
				{"if (1) {\ndir\n}", `C:\`, "2024-03-01 10:12:00", ""},
				{"whoami", `C:\`, "", "dc01"},
				{"q", `C:\`, "", ""},
			} {
				got := traces[i+1]
				if got.Command != w.command || got.Deed != artifacts.Typed || got.Detail("Working directory") != w.folder || got.Detail("Local time") != w.at || got.Detail("Remote prompt") != w.remote {
					t.Errorf("got %+v, want %+v", got, w)
				}
			}
			for _, trace := range traces {
				if trace.Host != "DESK" || trace.User.Domain != "DESK" || trace.User.Name != "mallory" || len(trace.Times) != 0 || trace.Detail("Process ID") != "4711" || trace.Detail("RunAs User") != `DESK\admin` || trace.Artefact != Transcript {
					t.Errorf("%+v", trace)
				}
			}
		})
	}
}

func TestOtherTranscripts(t *testing.T) {
	old := stars + "Windows PowerShell Transcript Start\nStart time: 20120301101112\nUsername  : DESK\\u \nMachine	  : DESK (Microsoft Windows NT 6.1.7601 Service Pack 1) \n" + stars + "PS C:\\> a\n"
	short := stars + "PowerShell transcript start\nStart time: 20240301101112\n" + stars
	end := stars + "PowerShell transcript end\nEnd time: 20240301101500\n" + stars
	for _, c := range []struct {
		name, file string
		want       string // commands
	}{
		{"PowerShell 2", old, "a"},
		{"short header", short + "PS /home/u> a\nout\nPS /home/u> b", "a|b"},
		{"appended", short + "PS C:\\> a\n" + end + short + "PS C:\\> b\n" + end, "a|b"},
		{"no end", english + "PS C:\\> a\n" + english + "PS C:\\> b\n", "POWERSHELL|a|POWERSHELL|b"},
		{"prompt of one's own", short + stars + "Command start time: 20240301101200\n" + stars + "me@desk ~> a\nout\nout\n", "me@desk ~> a"},
		{"handed over", short + "PS>reg save x y\nPS>CommandInvocation(Out-Default): \"Out-Default\"\n>> ParameterBinding(Out-Default): name=\"x\"\nout\n", "reg save x y"},
		{"environment", short + "(base) PS C:\\> a\n(x) (y) PS HKLM:\\> b\n", "a|b"},
		{"a block that is none", short + stars + strings.Repeat("x\n", maxBlock+5) + "PS C:\\> a\n", "a"},
		{"a block that does not end", short + stars + "PS C:\\> a\n", "a"},
	} {
		t.Run(c.name, func(t *testing.T) {
			traces, problems := read(t, c.file)
			var got []string
			for _, trace := range traces {
				if trace.Deed == artifacts.Ran {
					got = append(got, "POWERSHELL")
					continue
				}
				got = append(got, trace.Command)
			}
			if strings.Join(got, "|") != c.want || len(problems) != 0 {
				t.Errorf("got %q, problems %v", got, problems)
			}
			if traces[len(traces)-1].Host != "DESK" && c.name == "PowerShell 2" {
				t.Errorf("%+v", traces)
			}
		})
	}
}

func TestNamed(t *testing.T) {
	const folder = "/Users/a/AppData/Roaming/Microsoft/Windows/PowerShell/PSReadLine/"
	for path, want := range map[string]bool{
		folder + "ConsoleHost_history.txt":                                              true,
		"/C" + strings.ToUpper(folder) + "VISUAL STUDIO CODE HOST_HISTORY.TXT":          true,
		folder + "notes.txt":                                                            false,
		"/Users/a/ConsoleHost_history.txt":                                              false,
		"/Users/a/Documents/20240301/PowerShell_transcript.DESK.abc.20240301101112.txt": true,
		"/Users/a/Documents/PowerShell_transcript.docx":                                 false,
	} {
		if got := Named(path); got != want {
			t.Errorf("%s: %v", path, got)
		}
	}
	for head, want := range map[string]bool{"": false, stars: false, stars + "x\nStart time: 2024\n": false, english: true, "PS C:\\> a\n": false} {
		if got := IsTranscript([]byte(head)); got != want {
			t.Errorf("%q: %v", head, got)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, seed := range []string{english + body, german + body, chinese, "a`\nb\n", "\xFF\xFEa\x00\n\x00"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		last := int64(-1)
		for trace, err := range Read(context.Background(), bytes.NewReader(b), int64(len(b))) {
			switch {
			case err != nil:
			case trace.Command == "" || trace.Offset <= last || trace.Offset >= int64(len(b)):
				t.Errorf("%+v behind %d", trace, last)
			default:
				last = trace.Offset
			}
		}
	})
}

func BenchmarkRead(b *testing.B) {
	var history strings.Builder
	for i := range 4096 { // PSReadLine's default number of commands
		fmt.Fprintf(&history, "Get-ChildItem -Path C:\\Users\\mallory\\Documents\\%d -Recurse | Select-Object Name\n", i)
	}
	for name, file := range map[string]string{"history": history.String(), "transcript": english + strings.Repeat(body, 200)} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(file)))
			for b.Loop() {
				for _, err := range Read(context.Background(), strings.NewReader(file), int64(len(file))) {
					if err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
