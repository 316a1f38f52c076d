package registry

import (
	"fmt"
	"iter"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/artifacts/hive"
)

// serviceKinds are the bits of Type (winnt.h, SERVICE_*).
var serviceKinds = []struct {
	bit  uint64
	name string
}{
	{0x1, "kernel driver"}, {0x2, "file system driver"}, {0x4, "adapter"}, {0x8, "recognizer driver"},
	{0x10, "own process"}, {0x20, "share process"}, {0x40, "per-user"}, {0x80, "per-user instance"},
	{0x100, "interactive"}, {0x200, "packaged"},
}

// starts are the values of Start.
var starts = []string{"boot", "system", "automatic", "on demand", "disabled"}

// Services yields the services and drivers of a SYSTEM's current control set,
// one trace each; and a second one where the service has a command that is run
// when it fails.
//
// Planned; Command is ImagePath as recorded, "" where Windows takes its
// default, a driver's name in System32\drivers. The time is when anything of
// the key was changed.
func Services(root hive.Node) iter.Seq2[artifacts.Trace, error] {
	return func(yield func(artifacts.Trace, error) bool) {
		services, path, ok := currentSet(root, "Services")
		if !ok {
			return
		}
		for key := range services.Children() {
			if !service(key, path+`\`+key.Name(), yield) {
				return
			}
		}
	}
}

func service(key hive.Node, path string, yield func(artifacts.Trace, error) bool) bool {
	e := open(key, path, "ImagePath", "Type", "Start", "ObjectName", "DisplayName", "Description", "FailureCommand", "DelayedAutostart", "ServiceDll")
	kind, typed := e.number("Type")
	if _, imaged := e.values["ImagePath"]; !typed && !imaged {
		return true // settings of something else: performance counters, event sources
	}
	t := e.trace(InService, artifacts.Planned)
	t.Program, t.Command = key.Name(), e.text("ImagePath")
	if typed {
		t.AddDetail("Kind", serviceKind(kind))
	}
	if start, ok := e.number("Start"); ok {
		t.AddDetail("Start", serviceStart(start))
	}
	if delayed, _ := e.number("DelayedAutostart"); delayed != 0 {
		t.AddDetail("DelayedAutostart", "yes")
	}
	for _, name := range []string{"DisplayName", "Description", "ObjectName"} {
		t.AddDetail(name, e.text(name))
	}
	if library := serviceLibrary(e); library != "" {
		t.Paths = append(t.Paths, library)
		t.AddDetail("ServiceDll", library)
	}
	t.AddTime(key.LastWritten(), keyWritten)
	failure := e.text("FailureCommand")
	if !e.give(t, yield) {
		return false
	}
	if failure == "" {
		return true
	}
	t.Command, t.Paths, t.Details, t.Damaged = failure, nil, []artifacts.Datum{{Name: "Kind", Value: "command on failure"}}, ""
	return yield(t, nil)
}

// serviceLibrary returns ServiceDll, which a service of svchost.exe has in
// Parameters and now and then in its own key.
func serviceLibrary(e *entry) string {
	if parameters, ok := hive.Find(e.key, "Parameters"); ok {
		p := open(parameters, e.path+`\Parameters`, "ServiceDll")
		library := p.text("ServiceDll")
		if p.failed != nil && e.failed == nil {
			e.failed = p.failed
		}
		if library != "" {
			return library
		}
	}
	return e.text("ServiceDll")
}

func serviceKind(kind uint64) string {
	var names []string
	for _, k := range serviceKinds {
		if kind&k.bit != 0 {
			names = append(names, k.name)
			kind &^= k.bit
		}
	}
	if kind != 0 || len(names) == 0 {
		names = append(names, fmt.Sprintf("%#x", kind))
	}
	return strings.Join(names, ", ")
}

func serviceStart(start uint64) string {
	if start < uint64(len(starts)) {
		return starts[start]
	}
	return fmt.Sprint(start)
}
