package batch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// standardInput is the root that stands for a list of paths.
const standardInput = "-"

// maxLeft bounds the rows of a plan that are no items.
const maxLeft = 10_000

// A finder gathers the plan.
type finder struct {
	ctx    context.Context
	output fs.FileInfo // nil where there is none yet
	found  []*evidenceItem
	left   []Left
	unseen int    // rows of left beyond maxLeft
	folder string // that paths are relative to: the root that is looked at
	home   string // the same without links
	alone  bool   // it is the only root
}

// An evidenceItem is an Item with what only the planning needs.
type evidenceItem struct {
	Item
	base  string   // what the name is made of
	files []string // paths of the parts
	whole []string // their digests, of all bytes, where those were asked for
}

// Find looks for evidence at the roots: files, folders with all that is below
// them, patterns such as "*.zip" where nothing has that name, and "-" for the
// paths in opt.List. It reads the first bytes of files, and the whole of those
// that may be copies of one another. The error is that of a root that is not
// there, or ctx's; what cannot be looked at below a root is a row of the plan.
// The plan does not depend on the order of the roots.
func Find(ctx context.Context, roots []string, opt Options) (*Plan, error) {
	f := &finder{ctx: ctx}
	if opt.Output != "" {
		f.output, _ = os.Stat(opt.Output) // a folder that is not there yet holds nothing
	}
	given, err := f.given(roots, opt.List)
	if err != nil {
		return nil, err
	}
	files := map[string][]string{} // by folder
	given = f.withoutTwice(given)
	f.alone = len(given) == 1
	for _, r := range given {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		switch {
		case r.info.IsDir():
			f.root(r)
		case r.info.Mode().IsRegular():
			files[filepath.Dir(r.path)] = append(files[filepath.Dir(r.path)], filepath.Base(r.path))
		default:
			f.leave(r.path, fmt.Sprintf("neither a file nor a folder (%s): give it to a run of its own", kindOfMode(r.info.Mode())), true)
		}
	}
	for _, dir := range slices.Sorted(maps.Keys(files)) {
		f.folder = dir
		f.named(dir, files[dir])
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return f.plan()
}

// A root is one of the paths given.
type root struct {
	path string // as given, cleaned
	real string // without links
	info fs.FileInfo
}

// given resolves the roots: patterns, lists, and what each of them is.
func (f *finder) given(roots []string, list io.Reader) ([]root, error) {
	var all []root
	for _, r := range roots {
		paths, listed := []string{r}, false
		if r == standardInput && list != nil {
			var err error
			if paths, err = readList(list); err != nil {
				return nil, err
			}
			listed = true
		} else if _, err := os.Lstat(r); errors.Is(err, fs.ErrNotExist) && strings.ContainsAny(r, "*?[") {
			if paths, err = filepath.Glob(r); err != nil || len(paths) == 0 {
				return nil, fmt.Errorf("nothing is named like %s: check the pattern", r)
			}
		}
		for _, p := range paths {
			resolved, err := resolve(p)
			switch {
			case err == nil:
				all = append(all, resolved)
			case listed:
				f.leave(p, "in the list, but it cannot be looked at: "+cause(err), true)
			default:
				return nil, fmt.Errorf("%s cannot be looked at: %s", p, cause(err))
			}
		}
	}
	return all, nil
}

func resolve(path string) (root, error) {
	if path == "" {
		return root{}, errors.New("an empty name")
	}
	r := root{path: filepath.Clean(path)}
	info, err := os.Stat(r.path)
	if err != nil {
		return r, err
	}
	r.info = info
	if r.real, err = filepath.Abs(r.path); err != nil {
		return r, err
	}
	if real, err := filepath.EvalSymlinks(r.real); err == nil {
		r.real = real
	}
	return r, nil
}

// cause is what the system says, without the path, which the row has.
func cause(err error) string {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
}

// withoutTwice drops the roots that lie in another, and tells of them.
func (f *finder) withoutTwice(given []root) []root {
	slices.SortStableFunc(given, func(a, b root) int {
		return strings.Compare(a.real+string(filepath.Separator), b.real+string(filepath.Separator))
	})
	var kept []root
	for _, r := range given {
		if len(kept) == 0 { // what lies in a folder follows it
			kept = append(kept, r)
			continue
		}
		switch last := kept[len(kept)-1]; {
		case last.real == r.real:
			if last.path != r.path {
				f.leave(r.path, "given twice: it is "+shown(last.path), false)
			}
		case last.info.IsDir() && strings.HasPrefix(r.real, strings.TrimSuffix(last.real, string(filepath.Separator))+string(filepath.Separator)):
			f.leave(r.path, "given twice: it lies in "+shown(last.path)+", which is given, too", false)
		default:
			kept = append(kept, r)
		}
	}
	return kept
}

// root looks at a folder that was given. Where it is a host's own its name is
// what its part is called.
func (f *finder) root(r root) {
	f.folder, f.home = r.path, r.real
	f.settle(f.look(r.path, 0))
}

// leave notes a row.
func (f *finder) leave(path, why string, unread bool) {
	if len(f.left) >= maxLeft {
		f.unseen++
		return
	}
	f.left = append(f.left, Left{Path: shown(path), Why: why, Unread: unread})
}

// relative is a path below the root, "/"-separated; the root's own name for the
// root itself.
func (f *finder) relative(path string) string {
	rel, err := filepath.Rel(f.folder, path)
	if err != nil || rel == "." {
		rel = baseName(path)
	}
	return shown(filepath.ToSlash(rel))
}

// baseName is the last component of a path; of "." it is the folder's name.
func baseName(path string) string {
	if base := filepath.Base(path); base != "." && base != ".." && base != string(filepath.Separator) {
		return base
	}
	full, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	return filepath.Base(full)
}
