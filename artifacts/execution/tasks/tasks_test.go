package tasks

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/execution/tasks/taskstest"
	"hivetriage/artifacts/internal/readtest"
)

func read(t testing.TB, b []byte) ([]artifacts.Trace, []*artifacts.Problem) {
	t.Helper()
	return readtest.All(t, Read(context.Background(), bytes.NewReader(b), int64(len(b))))
}

var export = taskstest.Spec{
	URI: `\Updater`, Author: `DESK\mallory`, Date: "2024-03-01T10:11:12.1234567Z",
	UserID: "S-1-5-18", LogonType: "ServiceAccount", RunLevel: "HighestAvailable",
	Command: `%windir%\system32\reg.exe`, Arguments: `save HKLM\SAM C:\a & b <x>`, Folder: `C:\Windows\Temp`,
	Triggers: `<CalendarTrigger><StartBoundary>2024-03-01T02:00:00</StartBoundary><ScheduleByWeek><DaysOfWeek><Monday /></DaysOfWeek></ScheduleByWeek></CalendarTrigger><BootTrigger/>`,
	Class:    "{0F87369F-A4E5-4CFC-BD3E-73E6154572DD}", Hidden: "true",
}

func TestXML(t *testing.T) {
	for name, file := range map[string][]byte{
		"UTF-16":               taskstest.XML(export),
		"UTF-8":                []byte(taskstest.Text(export, "UTF-8")),
		"UTF-8 with mark":      []byte("\xEF\xBB\xBF" + taskstest.Text(export, "UTF-8")),
		"text of UTF-16":       []byte(taskstest.Text(export, "UTF-16")),
		"UTF-16 without mark":  taskstest.XML(export)[2:],
		"zeros behind the end": append(taskstest.XML(export), make([]byte, 64)...),
	} {
		t.Run(name, func(t *testing.T) {
			if !IsTask(file[:1000]) {
				t.Error("not recognised")
			}
			traces, problems := read(t, file)
			if len(traces) != 2 || len(problems) != 0 {
				t.Fatalf("%d traces, problems %v", len(traces), problems)
			}
			exec, com := traces[0], traces[1]
			if exec.Program != export.Command || exec.Command != export.Command+" "+export.Arguments || exec.Deed != artifacts.Planned || exec.Entry != `\Updater action 1` {
				t.Errorf("%+v", exec)
			}
			if want := time.Date(2024, 3, 1, 10, 11, 12, 123456700, time.UTC); len(exec.Times) != 1 || !exec.When().Equal(want) || exec.Times[0].Means != "registered" {
				t.Errorf("times %v", exec.Times)
			}
			if exec.User.SID != "S-1-5-18" || exec.Damaged != "" {
				t.Errorf("%+v", exec)
			}
			var triggers []string
			for _, d := range exec.Details {
				if d.Name == "Trigger" {
					triggers = append(triggers, d.Value)
				}
			}
			if got := strings.Join(triggers, "; "); got != "Calendar: StartBoundary=2024-03-01T02:00:00, ScheduleByWeek/DaysOfWeek/Monday; Boot" {
				t.Errorf("triggers %q", got)
			}
			for name, want := range map[string]string{"Author": export.Author, "Run level": "HighestAvailable", "Logon type": "ServiceAccount", "Working directory": export.Folder, "Hidden": "true", "Enabled": ""} {
				if got := exec.Detail(name); got != want {
					t.Errorf("%s: %q, want %q", name, got, want)
				}
			}
			if com.Command != "" || com.Detail("Action") != "ComHandler" || com.Detail("Class") != export.Class || com.Offset <= exec.Offset {
				t.Errorf("%+v", com)
			}
			if at := file[exec.Offset:]; !bytes.Contains(bytes.ReplaceAll(at[:60], []byte{0}, nil), []byte("<Command>")) {
				t.Errorf("offset %d is before %q", exec.Offset, at[:60])
			}
		})
	}
}

func TestLocalTimeStaysOutOfTimes(t *testing.T) {
	for date, want := range map[string]struct{ utc, local string }{
		"2024-03-01T10:11:12":       {local: "2024-03-01T10:11:12"},
		"2024-03-01T10:11:12.5":     {local: "2024-03-01T10:11:12.5"},
		"2024-03-01T10:11:12+02:00": {utc: "2024-03-01T08:11:12Z"},
		"soon":                      {local: "soon"},
		"":                          {},
	} {
		traces, problems := read(t, taskstest.XML(taskstest.Spec{Command: "x", Date: date, UserID: `DOM\u`}))
		if len(traces) != 1 || len(problems) != 0 {
			t.Fatalf("%q: %v %v", date, traces, problems)
		}
		utc := ""
		if at := traces[0].When(); !at.IsZero() {
			utc = at.Format(time.RFC3339)
		}
		if utc != want.utc || traces[0].Detail("Registered (local time)") != want.local {
			t.Errorf("%q: %q in UTC, %+v", date, utc, traces[0].Details)
		}
		if u := traces[0].User; u.Domain != "DOM" || u.Name != "u" {
			t.Errorf("user %+v", u)
		}
	}
}

func TestSeveralTasksInOneFile(t *testing.T) {
	one := taskstest.Text(taskstest.Spec{Command: "a"}, "UTF-8")
	_, one, _ = strings.Cut(one, "?>")
	traces, problems := read(t, []byte("<?xml version=\"1.0\" encoding=\"UTF-16\"?><Tasks><!-- \\A -->"+one+one+"</Tasks>"))
	if len(traces) != 2 || len(problems) != 0 {
		t.Errorf("%d traces, %v", len(traces), problems)
	}
}

func TestDamagedXML(t *testing.T) {
	whole := taskstest.Text(export, "UTF-8")
	deep := "<Task>" + strings.Repeat("<a>", 100)
	bomb := `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><Task><Actions><Exec><Command>&b;</Command></Exec></Actions></Task>`
	many := "<Task><Actions>" + strings.Repeat("<Exec><Command>a</Command></Exec>", 40) + "</Actions></Task>"
	for _, c := range []struct {
		name   string
		file   string
		traces int
		kinds  []artifacts.Kind
	}{
		{"cut behind the program", whole[:strings.Index(whole, "<Arguments>")], 1, []artifacts.Kind{artifacts.Malformed}},
		{"cut before the actions", whole[:strings.Index(whole, "<Principals>")], 0, []artifacts.Kind{artifacts.Malformed}},
		{"deep", deep, 0, []artifacts.Kind{artifacts.Malformed}},
		{"entities of its own", bomb, 1, []artifacts.Kind{artifacts.Malformed}},
		{"actions without end", many, 32, []artifacts.Kind{artifacts.Malformed}},
		{"no action", "<Task></Task>", 0, []artifacts.Kind{artifacts.Malformed}},
		{"zeros", strings.Repeat("\x00", 4096), 0, []artifacts.Kind{artifacts.Malformed}},
		{"odd UTF-16", "\xFF\xFE<\x00T\x00\x00\xD8a", 0, []artifacts.Kind{artifacts.Malformed}},
		{"empty", "", 0, []artifacts.Kind{artifacts.Malformed}},
		{"too large", whole + strings.Repeat(" ", maxFile), 2, []artifacts.Kind{artifacts.Limit}},
	} {
		t.Run(c.name, func(t *testing.T) {
			traces, problems := read(t, []byte(c.file))
			if len(traces) != c.traces || len(problems) != len(c.kinds) {
				t.Fatalf("%d traces, problems %v", len(traces), problems)
			}
			for i, p := range problems {
				if p.Offset > int64(len(c.file)) {
					t.Errorf("%v is behind the end", p)
				}
				if p.Kind != c.kinds[i] {
					t.Errorf("%v", p)
				}
			}
			for _, trace := range traces {
				if trace.Damaged == "" && c.kinds[0] == artifacts.Malformed {
					t.Errorf("%+v is not marked as damaged", trace)
				}
				if strings.Contains(trace.Command, "aaaa") {
					t.Errorf("an entity was expanded: %q", trace.Command)
				}
			}
		})
	}
}

func TestJob(t *testing.T) {
	spec := taskstest.Spec{Command: `C:\WINDOWS\system32\ntbackup.exe`, Arguments: `backup systemstate /F "C:\b.bkf"`, Folder: `C:\`, Author: "SYSTEM", Comment: "Created by NetScheduleJobAdd.", LastRun: time.Date(2008, 2, 3, 4, 5, 6, 7e6, time.UTC)}
	file := taskstest.Job(spec)
	if !IsTask(file[:68]) {
		t.Error("not recognised")
	}
	traces, problems := read(t, file)
	if len(traces) != 1 || len(problems) != 0 {
		t.Fatalf("%v %v", traces, problems)
	}
	trace := traces[0]
	if trace.Program != spec.Command || trace.Command != spec.Command+" "+spec.Arguments || len(trace.Times) != 0 || trace.Entry != "{12345678-1234-1234-1234-123456789ABC}" {
		t.Errorf("%+v", trace)
	}
	for name, want := range map[string]string{
		"Last run (local time)": "2008-02-03 04:05:06.007", "Author": "SYSTEM", "Comment": spec.Comment, "Working directory": `C:\`,
		"Trigger": "Daily: from 2008-02-01 09:30 (local time)", "Exit code": "0", "Status": "",
	} {
		if got := trace.Detail(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	spec.LastRun = time.Time{}
	if traces, _ := read(t, taskstest.Job(spec)); len(traces) != 1 || traces[0].Detail("Status") != "has not run" || traces[0].Detail("Last run (local time)") != "" {
		t.Errorf("%+v", traces)
	}
}

func TestCutJob(t *testing.T) {
	file := taskstest.Job(taskstest.Spec{Command: "reg.exe", Arguments: "save", Author: "x"})
	ok, failed := 0, 0
	for n := 68; n < len(file); n++ {
		traces, problems := read(t, file[:n])
		ok, failed = ok+len(traces), failed+len(problems)
		if len(problems) != 1 || problems[0].Offset > int64(n) {
			t.Errorf("%d bytes: %v", n, problems)
		}
	}
	if want := len(file) - 68; failed != want || ok == 0 || ok >= want {
		t.Errorf("%d traces and %d problems of %d cuts", ok, failed, want)
	}
}

func TestNamed(t *testing.T) {
	for path, want := range map[string]bool{
		"/Windows/System32/Tasks/Updater":                 true,
		"/C/Windows/System32/Tasks/Microsoft/Windows/X/Y": true,
		"/WINDOWS/SysWOW64/tasks/a":                       true,
		"/Windows/Tasks/At1.job":                          true,
		"/WINNT/Tasks/At1.JOB":                            true,
		"/Windows/Tasks/SA.DAT":                           false,
		"/Users/a/x.job":                                  false,
		"/Windows/System32/TasksX/a":                      false,
		"/Windows.old/Windows/System32/Tasks/Old":         true,
	} {
		if got := Named(path); got != want {
			t.Errorf("%s: %v", path, got)
		}
	}
	for head, want := range map[string]bool{"": false, "<html>": false, "<?xml version=\"1.0\"?><Task version=": true, "text <Task >": false, "<Tasks>": true} {
		if got := IsTask([]byte(head)); got != want {
			t.Errorf("%q: %v", head, got)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(taskstest.XML(export))
	f.Add([]byte(taskstest.Text(export, "UTF-8")))
	f.Add(taskstest.Job(taskstest.Spec{Command: "reg.exe", Arguments: "save", Author: "x", LastRun: time.Unix(1e9, 0)}))
	f.Fuzz(func(t *testing.T, b []byte) {
		traces, problems := read(t, b)
		if len(traces) == 0 && len(problems) == 0 {
			t.Error("neither a trace nor a problem")
		}
		readtest.Within(t, problems, int64(len(b)))
	})
}

func BenchmarkRead(b *testing.B) {
	for name, file := range map[string][]byte{"xml": taskstest.XML(export), "job": taskstest.Job(export)} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(file)))
			for b.Loop() {
				for _, err := range Read(context.Background(), bytes.NewReader(file), int64(len(file))) {
					if err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
