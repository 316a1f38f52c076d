package directory

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/collection/layout"
)

// A tree is what a walk met.
type tree struct {
	ctx      context.Context
	root     string
	files    []*entry
	folders  []string // names inside the root, "" for the root
	problems []*artifacts.Problem
}

// walk collects the regular files and deals them out to volumes. Links are
// not followed, and what is neither a file nor a directory is not opened.
func (s *Source) walk(ctx context.Context) []*volume {
	t := &tree{ctx: ctx, root: s.path}
	t.walk()
	l := t.recognise()
	s.mu.Lock()
	s.layout = l
	s.mu.Unlock()
	if l == nil {
		slices.SortFunc(t.files, byPlace)
		return []*volume{{source: s.path, info: artifacts.VolumeInfo{FileSystem: "directory"},
			files: t.files, folders: int64(len(t.folders)), problems: t.problems}}
	}
	return s.deal(t, l)
}

func byPlace(a, b *entry) int {
	return cmp.Or(strings.Compare(a.at.Path, b.at.Path), strings.Compare(a.at.Stream, b.at.Stream), strings.Compare(a.path, b.path))
}

func (t *tree) walk() {
	home, err := filepath.EvalSymlinks(t.root)
	if err != nil {
		t.problem(artifacts.IO, t.root, err)
		return
	}
	// The walk's own errors are noted where they are met. A root that is a
	// link itself was chosen by the user.
	err = filepath.WalkDir(t.root+string(filepath.Separator), func(path string, d fs.DirEntry, err error) error {
		if t.ctx.Err() != nil {
			return t.ctx.Err()
		}
		if err != nil {
			t.problem(artifacts.IO, path, err)
			return nil
		}
		t.meet(path, d, home)
		return nil
	})
	if err != nil {
		t.problem(artifacts.Limit, t.root, fmt.Errorf("the walk ended early: %w", err))
	}
}

func (t *tree) meet(path string, d fs.DirEntry, home string) {
	switch mode := d.Type(); {
	case mode.IsDir():
		t.folders = append(t.folders, t.inside(path))
	case mode.IsRegular():
		info, err := d.Info()
		if err != nil {
			t.problem(artifacts.IO, path, err)
			return
		}
		t.files = append(t.files, &entry{at: t.locate(path), path: path, info: info})
	case mode&(fs.ModeSymlink|fs.ModeIrregular) != 0:
		if leaves(path, home) {
			t.problem(artifacts.Unsupported, path, fmt.Errorf("a link to something outside of this folder, or to nothing, is not followed: give its target as an input of its own"))
		}
	default:
		t.problem(artifacts.Unsupported, path, fmt.Errorf("neither a file nor a directory (%s): not opened", mode))
	}
}

// leaves tells whether a link leads anywhere but into the tree at home, where
// the walk comes by anyway.
func leaves(path, home string) bool {
	target, err := filepath.EvalSymlinks(path)
	if err != nil {
		return true
	}
	rel, err := filepath.Rel(home, target)
	return err != nil || rel == ".." || strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

// problem notes an item that is not examined, at its path inside the root.
func (t *tree) problem(kind artifacts.Kind, path string, err error) {
	t.problems = append(t.problems, &artifacts.Problem{At: t.locate(path), Offset: -1, Kind: kind, Err: err})
}

// inside is a path's name inside the root, with "/" between components.
func (t *tree) inside(path string) string {
	rel, err := filepath.Rel(t.root, path)
	if err != nil || rel == "." {
		return ""
	}
	return filepath.ToSlash(rel)
}

func (t *tree) locate(path string) artifacts.Locator {
	return artifacts.Locator{Source: t.root, Path: located(t.inside(path))}
}

// recognise asks which collector made the tree.
func (t *tree) recognise() *layout.Layout {
	members := make([]layout.Member, 0, len(t.files)+len(t.folders))
	named := make(map[string]*entry, len(t.files))
	for _, name := range t.folders {
		members = append(members, layout.Member{Name: name, Dir: true})
	}
	for _, e := range t.files {
		name := t.inside(e.path)
		named[name] = e
		members = append(members, layout.Member{Name: name, Size: e.info.Size(), Modified: e.info.ModTime()})
	}
	return layout.Recognise(members, func(name string) ([]byte, error) {
		f, err := named[name].open()
		if err != nil {
			return nil, err
		}
		defer f.Close() // opened read-only: there is nothing to lose
		return io.ReadAll(io.NewSectionReader(f.f, 0, min(f.size, layout.MaxMetadata)))
	})
}

// deal gives every file to the volume of its drive. What lies in no drive has
// a volume too.
func (s *Source) deal(t *tree, l *layout.Layout) []*volume {
	volumes := map[string]*volume{}
	volumeOf := func(p layout.Placement) *volume {
		name := l.VolumeName(p)
		if volumes[name] == nil {
			volumes[name] = &volume{source: s.path, name: name, info: l.VolumeInfo(p)}
		}
		return volumes[name]
	}
	for _, e := range t.files {
		p, ok := l.Place(t.inside(e.path))
		if !ok || p.Metadata {
			v := volumeOf(layout.Placement{})
			e.at.Volume = v.name
			v.files = append(v.files, e)
			continue
		}
		v := volumeOf(p)
		e.at.Volume, e.at.Path, e.at.Stream = v.name, p.Path, p.Stream
		e.placed = &placed{p, s, l.OwnTimes}
		v.files = append(v.files, e)
	}
	for _, p := range t.problems {
		v := volumeOf(layout.Placement{})
		p.At.Volume = v.name
		v.problems = append(v.problems, p)
	}
	for _, name := range t.folders {
		p, _ := l.Place(name)
		if v := volumes[l.VolumeName(p)]; v != nil {
			v.folders++
		}
	}
	list := make([]*volume, 0, len(volumes))
	for _, v := range volumes {
		slices.SortFunc(v.files, byPlace)
		list = append(list, v)
	}
	slices.SortFunc(list, func(a, b *volume) int { return strings.Compare(a.name, b.name) })
	return list
}
