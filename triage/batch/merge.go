package batch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"

	"hivetriage/triage/fleet"
)

// Merge puts the folders of a batch's shards together in Output, which must be
// new or empty, or with Resume of an earlier merge of them, and writes the
// answer across all hosts: the same as that of one run of the whole. Of the
// Config it needs besides Tool, Run, Files, CaseFiles and Now. Shards that are missing, or not finished, leave
// hosts that are told as not triaged. The shards' folders are only read.
func Merge(ctx context.Context, shards []string, c Config) (*fleet.Case, error) {
	whole, records, err := join(shards)
	if err != nil {
		return nil, err
	}
	if whole.Version != c.Tool.Version || whole.Commit != c.Tool.Commit {
		return nil, fmt.Errorf("--merge: the shards were made by version %s and this is %s; merge them with the same", version(whole), version(&Record{Version: c.Tool.Version, Commit: c.Tool.Commit}))
	}
	b := newBatch(&c, whole)
	for _, p := range records[0].Items {
		b.shards[p.Name] = p.Shard
	}
	for _, shard := range shards {
		if inside(c.Output, shard) || inside(shard, c.Output) {
			return nil, fmt.Errorf("--merge: %s and %s lie in one another; name another folder for the output", c.Output, shard)
		}
	}
	unlock, err := b.open(b.dropParts)
	if err != nil {
		return nil, err
	}
	defer unlock()
	for i, shard := range shards {
		if err := b.take(ctx, shard, records[i]); err != nil {
			return nil, err
		}
	}
	return b.finish(ctx)
}

// join reads the shards' records and makes that of the whole. It refuses
// shards that are not of one batch.
func join(shards []string) (whole *Record, records []*Record, err error) {
	by := map[int]string{}
	for _, folder := range shards {
		r, err := readRecord(folder)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil, nil, fmt.Errorf("--merge: %s holds no %s: it is not the folder of a batch", folder, RecordName)
		case err != nil:
			return nil, nil, fmt.Errorf("--merge: %w", err)
		}
		if len(records) > 0 {
			if why := another(records[0], r); why != "" {
				return nil, nil, fmt.Errorf("--merge: %s and %s are not of one batch: %s", shards[0], folder, why)
			}
		}
		if other := by[r.Shard]; other != "" {
			return nil, nil, fmt.Errorf("--merge: %s and %s are both %s", other, folder, part(r))
		}
		by[r.Shard] = folder
		records = append(records, r)
	}
	if len(records) == 0 {
		return nil, nil, fmt.Errorf("--merge: no folder of a shard is named")
	}
	return undivided(records), records, nil
}

// undivided is the record of the whole batch. Each item has the paths under
// which its own shard found it.
func undivided(records []*Record) *Record {
	w := *records[0]
	w.Shard, w.Shards = 0, 0
	w.Items = slices.Clone(w.Items)
	paths := map[string][]string{}
	for _, r := range records {
		for _, p := range r.mine() {
			paths[p.Name] = p.Paths
		}
	}
	for i := range w.Items {
		w.Items[i].Shard = 0
		if own, ok := paths[w.Items[i].Name]; ok {
			w.Items[i].Paths = own
		}
	}
	return &w
}

// another says why two records are not of shards of one batch.
func another(a, b *Record) string {
	switch {
	case a.Version != b.Version || a.Commit != b.Commit:
		return fmt.Sprintf("one was made by version %s, the other by %s", version(a), version(b))
	case a.Shards != b.Shards:
		return fmt.Sprintf("one is %s, the other %s", part(a), part(b))
	case !slices.Equal(a.Settings, b.Settings):
		return fmt.Sprintf("the settings of one are %s, of the other %s", settings(a), settings(b))
	case a.Plan != b.Plan:
		return "they found different evidence, or it has changed between them"
	case !slices.EqualFunc(a.Items, b.Items, func(p, q Planned) bool { return p.Name == q.Name && p.Shard == q.Shard }):
		return "they divided the batch in different ways"
	}
	return ""
}

// take brings the finished hosts of one shard into the batch's folder. A host
// whose files are not what a run writes is left out, and told of by the answer.
func (b *batch) take(ctx context.Context, shard string, r *Record) error {
	for _, item := range r.mine() {
		if ctx.Err() != nil {
			return ErrInterrupted
		}
		s, err := readStatus(shard, item.Name)
		if errors.Is(err, fs.ErrNotExist) {
			continue // told of by the answer
		}
		if err == nil && s.Identity != item.Identity {
			err = fmt.Errorf("%s was triaged from other evidence than the shard's record names", filepath.Join(shard, HostsName, item.Name))
		}
		if err == nil {
			err = b.takeHost(shard, s)
		}
		var bad *badHost
		switch {
		case errors.As(err, &bad) || s == nil || s.Identity != item.Identity:
			if err := b.leaveOut(item.Name, err); err != nil {
				return err
			}
		case err != nil:
			return err
		}
		b.ended[item.Name] = true
		b.tell(stageHosts)
	}
	return nil
}

// A badHost says what of a shard's host is not as a run leaves it.
type badHost struct{ error }

// leaveOut notes why a host is not taken from its shard, and removes what an
// earlier merge brought of it.
func (b *batch) leaveOut(name string, why error) error {
	b.refused[name] = why.Error()
	to := filepath.Join(b.Output, HostsName, name)
	if _, err := os.Lstat(to); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return b.drop(name)
}

// drop removes the folder of a host. Under the name that it has until then it
// is removed by any later run, should this one end here.
func (b *batch) drop(name string) error {
	if err := os.Rename(filepath.Join(b.Output, HostsName, name), b.part(name)); err != nil {
		return &OutputError{err}
	}
	if err := b.removeHost(b.part(name)); err != nil {
		return &OutputError{err}
	}
	return nil
}

// takeHost brings the folder of one host, whose files are linked where the
// file system can do that. The batch's answer replaces files, it never writes
// into them.
func (b *batch) takeHost(shard string, s *Status) error {
	from, to := filepath.Join(shard, HostsName, s.Name), filepath.Join(b.Output, HostsName, s.Name)
	names, err := b.outputsIn(from)
	if err != nil {
		return err
	}
	if old, err := readStatus(b.Output, s.Name); err == nil {
		if reflect.DeepEqual(old, s) {
			return b.dropHalves(to, b.hostNames()) // an earlier merge brought it
		}
		if err := b.drop(s.Name); err != nil {
			return err
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	part := b.part(s.Name)
	if err := os.Mkdir(part, folderMode); err != nil {
		return &OutputError{err}
	}
	for _, name := range names {
		if err := linkOrCopy(shard, filepath.Join(HostsName, s.Name, name), filepath.Join(part, name)); err != nil {
			return errors.Join(err, b.removeHost(part))
		}
	}
	return settle(b.Output, part, s)
}

// outputsIn lists the outputs in the folder of a shard's host, but not its
// status, which is written anew, nor what was not finished.
func (b *batch) outputsIn(folder string) (names []string, err error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, &badHost{err}
	}
	for _, e := range entries {
		switch {
		case !b.ours(e.Name()):
			return nil, fmt.Errorf("--merge: %s is no output of this program; take it out of the folder", filepath.Join(folder, e.Name()))
		case strings.HasPrefix(e.Name(), ".") || e.Name() == StatusName:
		case !e.Type().IsRegular():
			return nil, &badHost{fmt.Errorf("%s is no regular file", filepath.Join(folder, e.Name()))}
		default:
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// linkOrCopy makes a file that has the bytes of another in a shard's folder, or
// is it: where that is for its owner alone already, so that nothing of it needs
// to be changed.
func linkOrCopy(shard, name, to string) error {
	in, info, err := openFile(shard, name, maxOutput)
	if err != nil {
		return &badHost{fmt.Errorf("%s cannot be read: %w", filepath.Join(shard, name), err)}
	}
	defer in.Close() // opened read-only: there is nothing to lose
	if info.Mode().Perm() == fileMode || runtime.GOOS == "windows" {
		if os.Link(filepath.Join(shard, name), to) == nil {
			if linked, err := os.Lstat(to); err == nil && os.SameFile(linked, info) {
				return nil
			}
			if err := os.Remove(to); err != nil { // it was swapped
				return &OutputError{err}
			}
		}
	}
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
	if err != nil {
		return &OutputError{err}
	}
	if _, err = io.Copy(out, io.LimitReader(in, info.Size())); err != nil {
		err = &OutputError{err}
	}
	return errors.Join(err, out.Close())
}

// inside reports whether a path lies in a folder or is it.
func inside(path, folder string) bool {
	path, errPath := filepath.Abs(path)
	folder, errFolder := filepath.Abs(folder)
	relative, err := filepath.Rel(folder, path)
	return errors.Join(errPath, errFolder, err) == nil && filepath.IsLocal(relative)
}
