package registry

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/artifacts/hive"
)

const (
	schedulePath = `Microsoft\Windows NT\CurrentVersion\Schedule\TaskCache`
	maxActions   = 1 << 20 // bytes of Actions that are read
	maxTree      = 64      // folders of tasks within each other
	maxTasks     = 1 << 14 // entries of Tree that are kept; a Windows has about 250
	maxTaskPath  = 4096    // bytes of their paths
)

// TaskCache yields the tasks that a SOFTWARE lists, whether or not their XML
// files are still there: one trace for each action, and one for a task whose
// actions cannot be read.
//
// Planned; Program is the task's path, Command the command and its arguments.
// The detail Hidden tells why the task does not show in lists of tasks: no
// entry in Tree, an entry of another task, or one without SD or with Index 0.
func TaskCache(root hive.Node) iter.Seq2[artifacts.Trace, error] {
	return func(yield func(artifacts.Trace, error) bool) {
		cache, ok := hive.Find(root, schedulePath)
		if !ok {
			return
		}
		tasks, ok := hive.Find(cache, "Tasks")
		if !ok {
			return
		}
		shown := tree{byPath: map[string]branch{}}
		top, ok := hive.Find(cache, "Tree")
		if shown.there = ok; ok {
			shown.grow(top, "", 0)
		}
		if shown.failed != nil && !yield(artifacts.Trace{}, shown.failed) {
			return
		}
		for key := range tasks.Children() {
			if !task(key, shown, yield) {
				return
			}
		}
	}
}

// tree is what Tree has: the tasks that Windows shows.
type tree struct {
	byPath  map[string]branch // by path in lower case
	there   bool              // the key itself
	secured bool              // some have an SD: Windows 7 does not keep it here
	failed  error             // the first value that could not be read
}

// A branch is a key of Tree that stands for a task.
type branch struct {
	id      string
	secured bool // it has an SD
	index   uint64
}

// grow adds the tasks below a key.
func (t *tree) grow(key hive.Node, path string, depth int) {
	for sub := range key.Children() {
		below := path + `\` + sub.Name()
		if len(t.byPath) == maxTasks || len(below) > maxTaskPath {
			if t.failed == nil {
				t.failed = artifacts.NewProblem(artifacts.Limit, sub.Offset(), "registry: more than %d tasks, or a path of more than %d bytes, in Tree", maxTasks, maxTaskPath)
			}
			t.there = false // what is not in it may be shown nonetheless
			return
		}
		e := open(sub, below, "Id", "Index", "SD")
		if id := e.text("Id"); id != "" {
			_, secured := e.values["SD"]
			index, _ := e.number("Index")
			t.byPath[strings.ToLower(below)] = branch{id, secured, index}
			t.secured = t.secured || secured
		}
		if t.failed == nil {
			t.failed = e.failed
		}
		if depth < maxTree {
			t.grow(sub, below, depth+1)
		}
	}
}

// hides says why a task with this path and key name does not show, "" if it
// does.
func (t *tree) hides(path, id string) string {
	b, ok := t.byPath[strings.ToLower(path)]
	switch {
	case !t.there:
		return ""
	case !ok:
		return "Tree has no entry for it"
	case !strings.EqualFold(b.id, id):
		return "Tree's entry for its path is of the task " + b.id
	case !b.secured && t.secured:
		return "its entry in Tree has no security descriptor (SD)"
	case b.index == 0:
		return "Index is 0 or absent in its entry in Tree"
	}
	return ""
}

func task(key hive.Node, shown tree, yield func(artifacts.Trace, error) bool) bool {
	e := open(key, schedulePath+`\Tasks\`+key.Name(), "Path", "Actions", "DynamicInfo", "Author", "Date", "Description", "Source", "URI")
	t := e.trace(InTaskCache, artifacts.Planned)
	t.Program = e.text("Path")
	t.AddDetail("Hidden", shown.hides(t.Program, key.Name()))
	for _, name := range []string{"Author", "Date", "Description", "Source", "URI"} {
		t.AddDetail(name, e.text(name))
	}
	if d, ok := e.values["DynamicInfo"]; ok {
		if err := taskTimes(&t, e.data("DynamicInfo", 36)); err != nil && e.failed == nil {
			e.failed = problem(err, d.Offset())
		}
	}
	t.AddTime(key.LastWritten(), keyWritten)
	var acts []action
	var context string
	if d, ok := e.values["Actions"]; ok {
		var err error
		if context, acts, err = taskActions(e.data("Actions", maxActions)); err != nil && e.failed == nil {
			e.failed = problem(err, d.Offset())
		}
	}
	t.AddDetail("Context", context)
	return giveActions(e, t, acts, yield)
}

// giveActions yields a task's trace once for each action, or alone, and what
// could not be read for it behind the last.
func giveActions(e *entry, t artifacts.Trace, acts []action, yield func(artifacts.Trace, error) bool) bool {
	for i, a := range acts {
		each := t
		each.Details = append(each.Details[:len(each.Details):len(each.Details)], a.details...)
		each.Command, each.Paths = a.command, a.paths
		if len(acts) > 1 {
			each.Entry += fmt.Sprintf(", action %d", i)
		}
		if i == len(acts)-1 {
			return e.give(each, yield)
		}
		each.Times = slices.Clone(t.Times)
		if !yield(each, nil) {
			return false
		}
	}
	return e.give(t, yield)
}

// taskTimes reads DynamicInfo: u32 3, FILETIME registered, FILETIME last run,
// two u32 of which one is the last result (the first in examples of Windows 7
// and 8, the second in those of Windows 10); since Windows 8 FILETIME of when
// a run last completed, which one that could not be started does not change:
// it may be older than the last run. (winreg-kb, "Task scheduler"; winreg-tasks, dynamic_info.ksy.)
func taskTimes(t *artifacts.Trace, b []byte) error {
	f := fields{b: b}
	if magic := f.u32(); !f.short && magic != 3 {
		return fmt.Errorf("DynamicInfo begins with %#x, not 3", magic)
	}
	t.AddTime(f.filetime(), "task registered")
	t.AddTime(f.filetime(), "last run started")
	first, second := f.u32(), f.u32()
	if result := cmp.Or(second, first); result != 0 {
		t.AddDetail("LastResult", fmt.Sprintf("%#x", result))
	}
	if f.short {
		return fmt.Errorf("DynamicInfo has %d bytes", len(b))
	}
	if len(f.b) >= 8 {
		t.AddTime(f.filetime(), "last completed run ended")
	}
	return nil
}
