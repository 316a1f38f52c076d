package profile

import (
	"errors"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/hive"
	"hivetriage/artifacts/journal/shelllink"
)

// ComDlg32 yields what the dialogs to open and save files remember.
//
//   - OpenSavePidlMRU, by extension and for all of them ("*"): the files that
//     were chosen. Opened; saving counts as opening. XP has OpenSaveMRU.
//   - LastVisitedPidlMRU, LastVisitedPidlMRULegacy: programs and the folders
//     that they last used. Opened; Ran where the folder is not told. XP has
//     LastVisitedMRU.
//   - CIDSizeMRU: programs that showed such a dialog. Ran.
//
// An export by regedit writes to all of them within milliseconds.
func ComDlg32(root hive.Node) traces {
	return func(yield func(artifacts.Trace, error) bool) {
		key, ok := find(root, explorer+`\ComDlg32`)
		if !ok {
			return
		}
		for _, list := range []struct {
			name string
			make func(item) (artifacts.Trace, error)
		}{
			{"OpenSavePidlMRU", chosen}, {"OpenSaveMRU", chosenXP}, {"LastVisitedPidlMRU", visited},
			{"LastVisitedPidlMRULegacy", visited}, {"LastVisitedMRU", visitedXP}, {"CIDSizeMRU", visitedSize},
		} {
			top, ok := key.below(list.name)
			if !ok {
				continue
			}
			all, err := top.items()
			if !each(all, err, yield, list.make) {
				return
			}
			for sub, err := range top.keys() {
				if err != nil {
					yield(artifacts.Trace{}, err)
					return
				}
				all, err := sub.items()
				if !each(all, err, yield, list.make) {
					return
				}
			}
		}
	}
}

// chosen takes an item list.
func chosen(i item) (artifacts.Trace, error) {
	b, err := bytesOf(i)
	if b == nil {
		return artifacts.Trace{}, err
	}
	t := i.trace(InComDlg32, artifacts.Opened)
	return t, errors.Join(err, follow(&t, b, i.Offset()))
}

// follow adds where an item list leads. The file's times in it are those of
// the moment when it was chosen.
func follow(t *artifacts.Trace, list []byte, offset int64) error {
	target, err := shelllink.ItemPath(list)
	if target.Path != "" {
		t.Paths = append(t.Paths, target.Path)
	}
	for _, s := range []artifacts.Stamp{
		{Time: target.Created, Means: "created, when recorded"},
		{Time: target.Modified, Means: "modified, when recorded"},
		{Time: target.Accessed, Means: "accessed, when recorded"},
	} {
		if !s.Time.IsZero() {
			t.AddDetail(s.Means, s.Time.Format(time.RFC3339))
		}
	}
	if target.File.Record != 0 {
		t.AddDetail("MFT reference", target.File.String())
	}
	if err == nil {
		return nil
	}
	problem := artifacts.Located(artifacts.Locator{}, err)
	return artifacts.NewProblem(problem.Kind, offset, "item list at %d: %w", problem.Offset, problem.Err)
}

// chosenXP takes a path.
func chosenXP(i item) (artifacts.Trace, error) {
	path, err := textOf(i)
	if path == "" {
		return artifacts.Trace{}, err
	}
	t := i.trace(InComDlg32, artifacts.Opened)
	t.Paths = []string{path}
	return t, err
}

// visited takes a program's name and an item list.
func visited(i item) (artifacts.Trace, error) {
	t, rest, err := program(i)
	if len(rest) <= 2 || t.Artefact == "" {
		return t, err
	}
	err = errors.Join(err, follow(&t, rest, i.Offset()))
	if len(t.Paths) > 0 {
		t.Deed = artifacts.Opened
	}
	return t, err
}

// visitedXP takes a program's name and a folder.
func visitedXP(i item) (artifacts.Trace, error) {
	t, rest, err := program(i)
	if folder := untilNUL(rest); folder != "" {
		t.Deed, t.Paths = artifacts.Opened, []string{folder}
	}
	return t, err
}

// visitedSize takes a program's name; the size of its dialog follows.
func visitedSize(i item) (artifacts.Trace, error) {
	t, _, err := program(i)
	return t, err
}

// program takes the program's name at the beginning of a value.
func program(i item) (t artifacts.Trace, rest []byte, err error) {
	b, err := bytesOf(i)
	if b == nil {
		return artifacts.Trace{}, nil, err
	}
	name, rest, ok := cutText(b)
	t = i.trace(InComDlg32, artifacts.Ran)
	t.Program = name
	if err == nil && (!ok || name == "") {
		err = artifacts.NewProblem(artifacts.Malformed, i.Offset(), "no name of a program in ComDlg32")
	}
	return t, rest, err
}
