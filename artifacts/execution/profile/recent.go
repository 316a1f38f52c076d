package profile

import (
	"strings"

	"hivetriage/artifacts"
	"hivetriage/artifacts/hive"
)

// RunMRU yields what was entered in the Run dialog: Typed, without the two
// characters "\1" at the end.
func RunMRU(root hive.Node) traces {
	return func(yield func(artifacts.Trace, error) bool) {
		key, ok := find(root, explorer+`\RunMRU`)
		if !ok {
			return
		}
		all, err := key.items()
		each(all, err, yield, func(i item) (artifacts.Trace, error) {
			s, err := textOf(i)
			if s == "" {
				return artifacts.Trace{}, err
			}
			t := i.trace(InRunMRU, artifacts.Typed)
			t.Command = strings.TrimSuffix(s, `\1`)
			return t, err
		})
	}
}

// TypedPaths yields what was entered in Explorer's address bar, or chosen
// there: Typed. Explorer writes the key when its window is closed.
func TypedPaths(root hive.Node) traces {
	return func(yield func(artifacts.Trace, error) bool) {
		key, ok := find(root, explorer+`\TypedPaths`)
		if !ok {
			return
		}
		all, err := key.numbered("url", 1)
		each(all, err, yield, func(i item) (artifacts.Trace, error) {
			s, err := textOf(i)
			if s == "" {
				return artifacts.Trace{}, err
			}
			t := i.trace(InTypedPaths, artifacts.Typed)
			t.Command = s
			if strings.ContainsAny(s, `\:`) {
				t.Paths = []string{s}
			}
			return t, err
		})
	}
}

// RecentDocs yields the files and folders that were opened through Explorer or
// a dialog: Opened, their names without the folder. Each is in the key itself
// and again in the one of its extension.
func RecentDocs(root hive.Node) traces {
	return func(yield func(artifacts.Trace, error) bool) {
		key, ok := find(root, explorer+`\RecentDocs`)
		if !ok {
			return
		}
		all, err := key.items()
		if !each(all, err, yield, recent) {
			return
		}
		for sub, err := range key.keys() {
			if err != nil {
				yield(artifacts.Trace{}, err)
				return
			}
			all, err := sub.items()
			if !each(all, err, yield, recent) {
				return
			}
		}
	}
}

// recent takes a name and, behind it, the shell item of its shortcut in the
// folder Recent.
func recent(i item) (artifacts.Trace, error) {
	b, err := bytesOf(i)
	if b == nil {
		return artifacts.Trace{}, err
	}
	name, _, ok := cutText(b)
	t := i.trace(InRecentDocs, artifacts.Opened)
	if name != "" {
		t.Paths = []string{name}
	}
	if err == nil && (!ok || name == "") {
		err = artifacts.NewProblem(artifacts.Malformed, i.Offset(), "no name in RecentDocs")
	}
	return t, err
}
