package profile

import (
	"strconv"

	"hivetriage/artifacts"
	"hivetriage/artifacts/hive"
)

// SevenZip yields the archives and folders that 7-Zip remembers: Opened. The
// key of a list holds other settings too, so its time, which the first entry
// has, may be that of another change.
func SevenZip(root hive.Node) traces {
	return func(yield func(artifacts.Trace, error) bool) {
		for _, list := range []struct{ key, value string }{
			{"Compression", "ArcHistory"}, {"Extraction", "PathHistory"}, {"FM", "FolderHistory"}, {"FM", "CopyHistory"},
		} {
			key, ok := find(root, `Software\7-Zip\`+list.key)
			if !ok {
				continue
			}
			if d, ok := hive.FindValue(key.Node, list.value); ok && !history(key, d, yield) {
				return
			}
		}
		panels(root, yield)
	}
}

// history yields the strings of a binary value, each with its NUL, the newest
// first.
func history(key place, d hive.Datum, yield func(artifacts.Trace, error) bool) bool {
	b, err := bytesOf(d)
	for n := 0; len(b) > 1; n++ {
		var path string
		if path, b, _ = cutText(b); path == "" {
			continue
		}
		i := item{d, key, n}
		t := i.trace(InSevenZip, artifacts.Opened)
		t.Entry += "[" + strconv.Itoa(n) + "]"
		t.Program, t.Paths = "7-Zip", []string{path}
		for k := range t.Times {
			t.Times[k].Means = KeyWritten
		}
		if !yield(t, nil) {
			return false
		}
	}
	return tell(err, yield)
}

func panels(root hive.Node, yield func(artifacts.Trace, error) bool) {
	key, ok := find(root, `Software\7-Zip\FM`)
	if !ok {
		return
	}
	for _, name := range []string{"PanelPath0", "PanelPath1"} {
		if !setting(key, name, InSevenZip, "7-Zip", yield) {
			return
		}
	}
}

// setting yields a value that is a path.
func setting(key place, name, artefact, program string, yield func(artifacts.Trace, error) bool) bool {
	d, ok := hive.FindValue(key.Node, name)
	return !ok || each([]item{{d, key, -1}}, nil, yield, pathOf(artefact, program))
}

// pathOf makes the trace of a value that is a path, with the key's time.
func pathOf(artefact, program string) func(item) (artifacts.Trace, error) {
	return func(i item) (artifacts.Trace, error) {
		path, err := textOf(i)
		if path == "" {
			return artifacts.Trace{}, err
		}
		t := i.trace(artefact, artifacts.Opened)
		t.Program, t.Paths = program, []string{path}
		t.AddTime(i.in.LastWritten(), KeyWritten)
		return t, err
	}
}

// WinRAR yields the archives that WinRAR opened (ArcHistory) and made
// (ArcName), and the folders that it unpacked to: Opened.
func WinRAR(root hive.Node) traces {
	return func(yield func(artifacts.Trace, error) bool) {
		for _, list := range []string{"ArcHistory", `DialogEditHistory\ArcName`, `DialogEditHistory\ExtrPath`} {
			key, ok := find(root, `Software\WinRAR\`+list)
			if !ok {
				continue
			}
			all, err := key.numbered("", 0)
			ok = each(all, err, yield, func(i item) (artifacts.Trace, error) {
				path, err := textOf(i)
				if path == "" {
					return artifacts.Trace{}, err
				}
				t := i.trace(InWinRAR, artifacts.Opened)
				t.Program, t.Paths = "WinRAR", []string{path}
				return t, err
			})
			if !ok {
				return
			}
		}
		if key, ok := find(root, `Software\WinRAR\General`); ok {
			setting(key, "LastFolder", InWinRAR, "WinRAR", yield)
		}
	}
}

// Regedit yields the registry key that regedit showed when it was closed, and
// its favourites: Opened; the Path is that of the key.
func Regedit(root hive.Node) traces {
	return func(yield func(artifacts.Trace, error) bool) {
		key, ok := find(root, `Software\Microsoft\Windows\CurrentVersion\Applets\Regedit`)
		if !ok || !setting(key, "LastKey", InRegedit, "regedit.exe", yield) {
			return
		}
		favourites, ok := key.below("Favorites")
		if !ok {
			return
		}
		all, err := favourites.rank(func(string) (int, bool) { return -1, true })
		each(all, err, yield, pathOf(InRegedit, "regedit.exe"))
	}
}

// Sysinternals yields the tools whose license the user accepted: Ran, since a
// tool asks when it starts. A script may have written the value instead. A
// tool with other settings keeps its key up to date.
func Sysinternals(root hive.Node) traces {
	return func(yield func(artifacts.Trace, error) bool) {
		key, ok := find(root, `Software\Sysinternals`)
		if !ok {
			return
		}
		for tool, err := range key.keys() {
			if err != nil {
				yield(artifacts.Trace{}, err)
				return
			}
			t := tool.trace(InSysinternals, artifacts.Existed)
			t.Program = tool.Name()
			values := 0
			for range tool.Data() {
				if values++; values > 1 {
					break
				}
			}
			if hive.NumberOf(tool.Node, "EulaAccepted").Value != 0 {
				t.Deed = artifacts.Ran
				if values == 1 {
					for k := range t.Times {
						t.Times[k].Means = LicenseAccepted
					}
				}
			}
			if !yield(t, nil) {
				return
			}
		}
	}
}
