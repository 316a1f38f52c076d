package profile

import (
	"strings"

	"hivetriage/artifacts"
	"hivetriage/artifacts/execution/registry"
	"hivetriage/artifacts/hive"
)

// Startup yields what Windows runs when the user logs on: Run and RunOnce,
// as registry.RunKeys, the old values Load and Run, and the logon script in
// Environment. Planned.
func Startup(root hive.Node) traces {
	return func(yield func(artifacts.Trace, error) bool) {
		if root == nil {
			return
		}
		below := "Software"
		if strings.EqualFold(root.Name(), below) {
			below = ""
		}
		for t, err := range registry.RunKeys(root, below) {
			if !yield(t, err) {
				return
			}
		}
		for _, v := range []struct{ key, value, artefact string }{
			{`Software\Microsoft\Windows NT\CurrentVersion\Windows`, "Load", registry.InRunKey},
			{`Software\Microsoft\Windows NT\CurrentVersion\Windows`, "Run", registry.InRunKey},
			{"Environment", "UserInitMprLogonScript", InLogonScript},
		} {
			if !planned(root, v.key, v.value, v.artefact, yield) {
				return
			}
		}
	}
}

func planned(root hive.Node, path, value, artefact string, yield func(artifacts.Trace, error) bool) bool {
	key, ok := find(root, path)
	if !ok {
		return true
	}
	d, ok := hive.FindValue(key.Node, value)
	if !ok {
		return true
	}
	command, err := textOf(d)
	if command != "" {
		t := artifacts.Trace{Artefact: artefact, Deed: artifacts.Planned, Offset: d.Offset(), Entry: path + `\` + d.Name(), Command: command}
		t.AddTime(key.LastWritten(), KeyWritten)
		if !yield(t, nil) {
			return false
		}
	}
	return tell(err, yield)
}
