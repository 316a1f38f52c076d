package directory

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"hivetriage/artifacts"
)

// batch is how many heads are read before their verdicts are yielded.
const batch = 1024

// A volume is the tree below root, or the one file.
type volume struct {
	root string
	file *File

	mu    sync.Mutex
	tally artifacts.Tally
}

func (v *volume) Name() string { return "" }

func (v *volume) Info() artifacts.VolumeInfo {
	switch {
	case v.file == nil:
		return artifacts.VolumeInfo{FileSystem: "directory"}
	case v.file.kind == "evtx":
		return artifacts.VolumeInfo{FileSystem: "log", Size: v.file.info.Size()}
	}
	return artifacts.VolumeInfo{FileSystem: v.file.kind, Size: v.file.info.Size()}
}

func (v *volume) Tally() artifacts.Tally {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.tally
}

// Find yields first what could not be walked, then the wanted files in the
// order of their paths, and among them those whose head could not be read as
// errors.
func (v *volume) Find(ctx context.Context, ask artifacts.Scan) iter.Seq2[artifacts.Entry, error] {
	return func(yield func(artifacts.Entry, error) bool) {
		s := &search{v: v, ctx: ctx, ask: ask}
		if v.file != nil {
			s.add(&entry{artifacts.Locator{Source: v.root, Path: v.root}, v.root, v.file.info})
		} else {
			s.walk()
		}
		for _, p := range s.problems {
			if !yield(nil, p) {
				return
			}
		}
		if !s.heads(yield) {
			return
		}
		v.mu.Lock()
		v.tally = s.tally
		v.mu.Unlock()
	}
}

// A search is one run of Find.
type search struct {
	v        *volume
	ctx      context.Context
	ask      artifacts.Scan
	found    []*entry
	problems []*artifacts.Problem
	tally    artifacts.Tally
	planned  int64 // bytes of heads
	done     int64
}

func (s *search) add(e *entry) {
	s.found = append(s.found, e)
	s.tally.Files++
	s.tally.Streams++
	s.planned += min(e.info.Size(), artifacts.MaxHead)
}

// problem notes an item that is not examined, at its path inside the root.
func (s *search) problem(kind artifacts.Kind, path string, err error) {
	s.problems = append(s.problems, &artifacts.Problem{At: s.locate(path), Offset: -1, Kind: kind, Err: err})
}

func (s *search) locate(path string) artifacts.Locator {
	rel, err := filepath.Rel(s.v.root, path)
	if err != nil || rel == "." {
		rel = ""
	}
	return artifacts.Locator{Source: s.v.root, Path: located(rel)}
}

// walk collects the regular files. Links are not followed, and what is neither
// a file nor a directory is not opened.
func (s *search) walk() {
	home, err := filepath.EvalSymlinks(s.v.root)
	if err != nil {
		s.problem(artifacts.IO, s.v.root, err)
		return
	}
	// The walk's own errors are noted where they are met. A root that is a
	// link itself was chosen by the user.
	err = filepath.WalkDir(s.v.root+string(filepath.Separator), func(path string, d fs.DirEntry, err error) error {
		if s.ctx.Err() != nil {
			return s.ctx.Err()
		}
		if err != nil {
			s.problem(artifacts.IO, path, err)
			return nil
		}
		s.meet(path, d, home)
		return nil
	})
	if err != nil {
		s.problem(artifacts.Limit, s.v.root, fmt.Errorf("the walk ended early: %w", err))
	}
	slices.SortFunc(s.found, func(a, b *entry) int {
		if c := strings.Compare(a.at.Path, b.at.Path); c != 0 {
			return c
		}
		return strings.Compare(a.path, b.path)
	})
}

func (s *search) meet(path string, d fs.DirEntry, home string) {
	switch mode := d.Type(); {
	case mode.IsDir():
		s.tally.Files++
	case mode.IsRegular():
		info, err := d.Info()
		if err != nil {
			s.problem(artifacts.IO, path, err)
			return
		}
		s.add(&entry{s.locate(path), path, info})
	case mode&(fs.ModeSymlink|fs.ModeIrregular) != 0:
		if leaves(path, home) {
			s.problem(artifacts.Unsupported, path, fmt.Errorf("a link to something outside of this folder, or to nothing, is not followed: give its target as an input of its own"))
		}
	default:
		s.problem(artifacts.Unsupported, path, fmt.Errorf("neither a file nor a directory (%s): not opened", mode))
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

// A verdict is what became of one file's head.
type verdict struct {
	wanted bool
	read   int
	err    error
}

// heads judges all files in batches and yields in their order. It returns
// false if the caller has enough.
func (s *search) heads(yield func(artifacts.Entry, error) bool) bool {
	for rest := s.found; len(rest) > 0; {
		if err := s.ctx.Err(); err != nil {
			s.tally.Failed += int64(len(rest))
			return yield(nil, &artifacts.Problem{At: s.locate(s.v.root), Offset: -1, Kind: artifacts.Limit,
				Err: fmt.Errorf("%d files were not examined: %w", len(rest), err)})
		}
		now := rest[:min(batch, len(rest))]
		rest = rest[len(now):]
		for i, v := range s.judge(now) {
			s.count(now[i], v)
			switch {
			case v.err != nil:
				if !yield(nil, artifacts.Located(now[i].at, v.err)) {
					return false
				}
			case v.wanted:
				if !yield(now[i], nil) {
					return false
				}
			}
		}
	}
	return true
}

func (s *search) count(e *entry, v verdict) {
	s.tally.Bytes += int64(v.read)
	switch {
	case v.err != nil:
		s.tally.Failed++
	case e.info.Size() == 0:
		s.tally.Empty++
	default:
		s.tally.Examined++
	}
	s.done += min(e.info.Size(), artifacts.MaxHead)
	if s.ask.Progress != nil {
		s.ask.Progress(s.done, s.planned)
	}
}

// judge reads the heads of some files with all workers.
func (s *search) judge(files []*entry) []verdict {
	verdicts := make([]verdict, len(files))
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(max(s.ask.Workers, 1), len(files)) {
		wg.Go(func() {
			head := make([]byte, artifacts.MaxHead)
			for i := next.Add(1) - 1; i < int64(len(files)); i = next.Add(1) - 1 {
				verdicts[i] = s.examine(files[i], head)
			}
		})
	}
	wg.Wait()
	return verdicts
}

func (s *search) examine(e *entry, head []byte) (v verdict) {
	v.wanted = s.ask.Name != nil && s.ask.Name([]byte(filepath.Base(e.path)), nil)
	if s.ask.Head == nil || e.info.Size() == 0 {
		return v
	}
	f, err := e.open()
	if err != nil {
		return verdict{err: err}
	}
	defer f.Close() // opened read-only: there is nothing to lose
	n, err := f.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return verdict{read: n, err: err}
	}
	v.read = n
	v.wanted = s.ask.Head(head[:n]) || v.wanted
	return v
}
