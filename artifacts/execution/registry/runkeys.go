package registry

import (
	"iter"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/artifacts/hive"
)

// runPaths are the keys below Microsoft\Windows\CurrentVersion whose values
// are commands that Windows runs when somebody logs on.
var runPaths = []string{"Run", "RunOnce", `Policies\Explorer\Run`}

// views are the keys below which SOFTWARE keeps what 64-bit and what 32-bit
// programs see.
var views = []string{"", `WOW6432Node\`}

// RunKeys yields the commands of Run and RunOnce. below is the key that holds
// Microsoft: "" in a SOFTWARE, "Software" in a user's hive.
//
// Planned; Command is the value; the time is that of the key, which any of
// its values may have changed.
func RunKeys(root hive.Node, below string) iter.Seq2[artifacts.Trace, error] {
	return func(yield func(artifacts.Trace, error) bool) {
		if below != "" {
			below = strings.TrimSuffix(below, `\`) + `\`
		}
		for _, view := range views {
			top := below + view + `Microsoft\Windows\CurrentVersion`
			current, ok := hive.Find(root, top)
			if !ok {
				continue
			}
			for _, run := range runPaths {
				key, ok := hive.Find(current, run)
				if ok && !runKey(key, top+`\`+run, yield) {
					return
				}
			}
		}
	}
}

func runKey(key hive.Node, path string, yield func(artifacts.Trace, error) bool) bool {
	for d := range key.Data() {
		e := &entry{key: key, path: path + `\` + d.Name(), values: map[string]hive.Datum{"": d}}
		command := e.text("")
		if command == "" && e.failed == nil {
			continue
		}
		t := e.trace(InRunKey, artifacts.Planned)
		t.Offset, t.Command = d.Offset(), command
		t.AddTime(key.LastWritten(), keyWritten)
		if !e.give(t, yield) {
			return false
		}
	}
	return true
}
