package registry_test

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"hivetriage/artifacts"
	"hivetriage/artifacts/execution/registry"
	"hivetriage/artifacts/execution/registry/registrytest"
	"hivetriage/artifacts/hive/hivetest"
)

func TestTaskCache(t *testing.T) {
	for version := range uint16(3) {
		version++
		task := registrytest.Task{ID: "{11111111-0000-0000-0000-000000000001}", Path: `\Backup\Nightly`, Author: `WS1\anna`, Date: "2026-03-02T09:15:30",
			Actions:    registrytest.Actions(version, "LocalSystem", registrytest.Exec(`C:\Program Files\r.exe`, `save hklm\sam C:\s`, `C:\temp`)),
			Registered: old, Run: day, Completed: late, Written: late}
		context := ""
		if version == 3 {
			context = "LocalSystem"
		}
		trace := only(t, registry.TaskCache(root(t, registrytest.Tasks(task))))
		check(t, trace, map[string]string{"deed": "planned", "artefact": "TaskCache", "program": `\Backup\Nightly`,
			"command": `"C:\Program Files\r.exe" save hklm\sam C:\s`, "paths": `C:\Program Files\r.exe`, "Hidden": "", "Context": context,
			"Author": `WS1\anna`, "Date": "2026-03-02T09:15:30", "Action": "run", "WorkingDirectory": `C:\temp`,
			"times": "task registered 2024-03-02T08:15:30.1234567; last run started 2026-03-02T08:15:30.1234567; last completed run ended 2026-03-03T20:15:30.1234567",
			"entry": `Microsoft\Windows NT\CurrentVersion\Schedule\TaskCache\Tasks\{11111111-0000-0000-0000-000000000001}`})
		if len(trace.Times) != 4 {
			t.Errorf("times %v", trace.Times)
		}
		task.Old = true
		check(t, only(t, registry.TaskCache(root(t, registrytest.Tasks(task)))), map[string]string{
			"times": "task registered 2024-03-02T08:15:30.1234567; last run started 2026-03-02T08:15:30.1234567"})
	}
}

// TestTaskActions: a task does several things, each a trace of its own.
func TestTaskActions(t *testing.T) {
	for version := range uint16(3) {
		version++
		task := registrytest.Task{ID: "{t}", Path: `\t`, Registered: day, Actions: registrytest.Actions(version, "Author",
			registrytest.Exec("a.exe", "", ""), registrytest.Handler(1, "data"), registrytest.Mail("x@example.com", "hello", `C:\sam.zip`),
			registrytest.Message("Title", "Text"), registrytest.Exec("b.exe", "/q", ""))}
		all, errs := collect(t, registry.TaskCache(root(t, registrytest.Tasks(task))))
		if len(all) != 5 || len(errs) != 0 {
			t.Fatalf("version %d: %d traces, %v", version, len(all), errs)
		}
		check(t, all[0], map[string]string{"command": "a.exe", "Action": "run", "entry": `Microsoft\Windows NT\CurrentVersion\Schedule\TaskCache\Tasks\{t}, action 0`})
		check(t, all[1], map[string]string{"command": "", "Action": "COM handler", "CLSID": "{04030201-0605-0807-090A-0B0C0D0E0F10}", "Data": "data"})
		check(t, all[2], map[string]string{"Action": "send mail", "To": "x@example.com", "Server": "mail.example.com", "Subject": "hello", "paths": `C:\sam.zip`})
		check(t, all[3], map[string]string{"Action": "show message", "Title": "Title", "Text": "Text", "CLSID": ""})
		check(t, all[4], map[string]string{"command": "b.exe /q", "Action": "run", "Title": ""})
		for _, trace := range all {
			check(t, trace, map[string]string{"times": "task registered 2026-03-02T08:15:30.1234567", "program": `\t`})
		}
	}
}

// TestHiddenTasks: a task that lists do not show says why.
func TestHiddenTasks(t *testing.T) {
	actions := registrytest.Actions(3, "Author", registrytest.Exec("a.exe", "", ""))
	shown := registrytest.Task{ID: "{0}", Path: `\shown`, Actions: actions}
	for _, c := range []struct {
		task registrytest.Task
		why  string
	}{
		{registrytest.Task{}, ""},
		{registrytest.Task{NoTree: true}, "Tree has no entry for it"},
		{registrytest.Task{NoSD: true}, "its entry in Tree has no security descriptor (SD)"},
		{registrytest.Task{IndexZero: true}, "Index is 0 or absent in its entry in Tree"},
	} {
		c.task.ID, c.task.Path, c.task.Actions = "{1}", `\A\b`, actions
		all, errs := collect(t, registry.TaskCache(root(t, registrytest.Tasks(shown, c.task))))
		if len(all) != 2 || len(errs) != 0 || all[0].Detail("Hidden") != "" || all[1].Detail("Hidden") != c.why {
			t.Errorf("%+v: %d traces, %v, %q", c.task, len(all), errs, all[len(all)-1].Detail("Hidden"))
		}
	}
	// Windows 7 keeps no descriptors in Tree.
	seven := registrytest.Task{ID: "{1}", Path: `\a`, Actions: actions, NoSD: true}
	check(t, only(t, registry.TaskCache(root(t, registrytest.Tasks(seven)))), map[string]string{"Hidden": ""})
	// Without Tree nothing is said of it.
	treeless := registrytest.Tasks(seven)
	cache := treeless.Keys[0].Keys[0].Keys[0].Keys[0].Keys[0]
	cache.Keys = cache.Keys[:1]
	check(t, only(t, registry.TaskCache(root(t, treeless))), map[string]string{"Hidden": ""})
	other := registrytest.Tasks(shown)
	other.Merge(registrytest.At(`Microsoft\Windows NT\CurrentVersion\Schedule\TaskCache\Tasks`,
		&hivetest.Key{Name: "{9}", Values: []hivetest.Value{hivetest.Text("Path", `\shown`)}}))
	all, errs := collect(t, registry.TaskCache(root(t, other)))
	if len(all) != 2 || len(errs) != 0 || all[1].Detail("Hidden") != "Tree's entry for its path is of the task {0}" {
		t.Errorf("%+v, %v", all, errs)
	}
}

// TestTaskDamaged: a task is told even where its actions or its times cannot
// be read.
func TestTaskDamaged(t *testing.T) {
	whole := registrytest.Actions(3, "Author", registrytest.Exec("a.exe", "", ""), registrytest.Exec("b.exe", "", ""))
	half := (len(whole) - 2 - 4 - 12) / 2
	unknown := append(registrytest.Actions(3, "Author", registrytest.Exec("a.exe", "", "")), 0x55, 0x55, 0, 0, 0, 0)
	huge := append([]byte(nil), whole...)
	binary.LittleEndian.PutUint32(huge[2:], 0xFFFFFFFF)
	for _, c := range []struct {
		name     string
		actions  []byte
		commands string
		wrong    int
	}{
		{"whole", whole, "a.exe,b.exe", 0},
		{"cut", whole[:len(whole)-half/2], "a.exe", 1},
		{"an unknown kind", unknown, "a.exe", 1},
		{"a context of 4 GiB", huge, "", 1},
		{"version 9", []byte{9, 0}, "", 1},
		{"one byte", []byte{3}, "", 1},
		{"no actions", []byte{1, 0}, "", 0},
	} {
		all, errs := collect(t, registry.TaskCache(root(t, registrytest.Tasks(registrytest.Task{ID: "{1}", Path: `\a`, Actions: c.actions, Registered: day}))))
		var commands []string
		for _, trace := range all {
			commands = append(commands, trace.Command)
			if trace.Program != `\a` {
				t.Errorf("%s: %+v", c.name, trace)
			}
		}
		last := all[len(all)-1]
		if got := strings.Join(commands, ","); got != c.commands || len(errs) != c.wrong || (last.Damaged != "") != (c.wrong > 0) {
			t.Errorf("%s: %s, %v", c.name, got, errs)
		}
	}
	keys := registrytest.Tasks(registrytest.Task{ID: "{1}", Path: `\a`, Actions: whole[:2+4+12]})
	values := keys.Keys[0].Keys[0].Keys[0].Keys[0].Keys[0].Keys[0].Keys[0].Values
	for _, wrong := range [][]byte{{3, 0, 0, 0}, make([]byte, 36), {1}} {
		values[len(values)-1].Data = wrong
		if all, errs := collect(t, registry.TaskCache(root(t, keys))); len(all) != 1 || len(errs) != 1 || all[0].Damaged == "" {
			t.Errorf("DynamicInfo % x: %+v, %v", wrong, all, errs)
		}
	}
}

// tasks are n tasks in ten folders.
func tasks(n int) *hivetest.Key {
	var all []registrytest.Task
	for i := range n {
		all = append(all, registrytest.Task{ID: fmt.Sprintf("{%08d-0000-0000-0000-000000000000}", i), Path: fmt.Sprintf(`\Vendor %d\Task %d`, i%10, i), Registered: day,
			Actions: registrytest.Actions(3, "LocalSystem", registrytest.Exec(`C:\Windows\System32\a.exe`, fmt.Sprint("/n ", i), ""))})
	}
	return registrytest.Tasks(all...)
}

func TestManyTasks(t *testing.T) {
	all, errs := collect(t, registry.TaskCache(root(t, tasks(250))))
	if len(all) != 250 || len(errs) != 0 || all[249].Command != `C:\Windows\System32\a.exe /n 249` || all[249].Detail("Hidden") != "" {
		t.Errorf("%d traces, %v", len(all), errs)
	}
}

// TestDynamicInfo: examples of Windows 7 and 8 from winreg-kb's "Task
// scheduler", and of the form that Windows 10 gives a run that failed.
func TestDynamicInfo(t *testing.T) {
	for _, c := range []struct{ data, times, result string }{
		{"03000000166f4a0f7ffec60166b76c0d6b4cc9012b04078000000000",
			"task registered 2006-11-02T13:01:49.7475862; last run started 2008-11-22T06:25:02.7210086", "0x8007042b"},
		{"030000004b5a0b60ff6acd015c32e7451bb6ce012004078000000000a2b1864f1bb6ce01",
			"task registered 2012-07-26T07:22:12.4173899; last run started 2013-09-20T16:05:49.3474908; last completed run ended 2013-09-20T16:06:05.4922658", "0x80070420"},
		{"030000004b5a0b60ff6acd015c32e7451bb6ce010000000002000780" + "0000000000000000",
			"task registered 2012-07-26T07:22:12.4173899; last run started 2013-09-20T16:05:49.3474908", "0x80070002"},
	} {
		data, err := hex.DecodeString(c.data)
		if err != nil {
			t.Fatal(err)
		}
		keys := registrytest.Tasks(registrytest.Task{ID: "{1}", Path: `\a`, Actions: []byte{1, 0}})
		values := keys.Keys[0].Keys[0].Keys[0].Keys[0].Keys[0].Keys[0].Keys[0].Values
		values[len(values)-1].Data = data
		check(t, only(t, registry.TaskCache(root(t, keys))), map[string]string{"times": c.times, "LastResult": c.result})
	}
}

// TestTreeLimit: a Tree that is too much is not kept, and nothing is said then
// about what it hides.
func TestTreeLimit(t *testing.T) {
	deep := strings.Repeat(`\`+strings.Repeat("x", 200), 30)
	keys := registrytest.Tasks(registrytest.Task{ID: "{1}", Path: `\a`, Actions: []byte{1, 0}, NoTree: true}, registrytest.Task{ID: "{2}", Path: deep, Actions: []byte{1, 0}})
	all, errs := collect(t, registry.TaskCache(root(t, keys)))
	if len(all) != 2 || len(errs) != 1 || errs[0].Kind != artifacts.Limit || all[0].Detail("Hidden") != "" {
		t.Errorf("%d traces, %v", len(all), errs)
	}
}
