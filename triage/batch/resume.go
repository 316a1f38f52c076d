package batch

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"hivetriage/triage/fleet"
)

// used reads the record of an earlier run in the folder, and refuses a folder
// that the batch must not write into. It is nil where there was no run.
func (b *batch) used() (*Record, error) {
	info, err := os.Lstat(b.Output)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, &OutputError{err}
	}
	entries, err := os.ReadDir(b.Output)
	if err != nil {
		return nil, &OutputError{fmt.Errorf("cannot write into %s: %w", b.Output, err)}
	}
	if info.Mode()&fs.ModeSymlink != 0 {
		return nil, fmt.Errorf("%s is a link; name the folder itself", b.Output)
	}
	if err := b.known(entries); err != nil {
		return nil, err
	}
	old, err := readRecord(b.Output)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, b.unrecorded()
	case err != nil:
		return nil, err
	case !b.Resume:
		return nil, fmt.Errorf("%s holds a batch already: give --resume to go on with it, or name a new folder", b.Output)
	}
	return old, nil
}

// known refuses a folder with anything that a batch does not write.
func (b *batch) known(entries []fs.DirEntry) error {
	for _, e := range entries {
		file := e.Type().IsRegular() && (e.Name() == lockName || isOurs(e.Name(), b.caseNames()))
		if !file && !(e.IsDir() && e.Name() == HostsName) {
			return fmt.Errorf("%s holds %s, which is no output of a batch; name a new or an empty folder", b.Output, e.Name())
		}
	}
	return nil
}

// unrecorded accepts a folder in which a run was ended before it began.
func (b *batch) unrecorded() error {
	entries, err := os.ReadDir(filepath.Join(b.Output, HostsName))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return &OutputError{err}
	case len(entries) > 0:
		return fmt.Errorf("%s has a folder %s without a %s: it is not of a batch; name a new or an empty folder", b.Output, HostsName, RecordName)
	}
	return nil
}

// compare refuses to go on with another batch, and says what differs.
func (b *batch) compare(old *Record) error {
	r := b.record
	var differs []string
	add := func(format string, args ...any) { differs = append(differs, fmt.Sprintf(format, args...)) }
	if old.Version != r.Version || old.Commit != r.Commit {
		add("it was begun by version %s and this is %s", version(old), version(r))
	}
	if old.Shard != r.Shard || old.Shards != r.Shards {
		add("it is %s and %s is asked for", part(old), part(r))
	}
	if !slices.Equal(old.Settings, r.Settings) {
		add("its settings are %s and now they are %s", settings(old), settings(r))
	}
	names := map[string]bool{}
	for _, p := range r.Items {
		names[p.Name] = true
	}
	for _, p := range old.Items {
		if !names[p.Name] {
			add("%s was in it and is not found any more", strings.Join(p.Paths, ", "))
		}
	}
	if len(differs) == 0 {
		return nil
	}
	more := ""
	if n := len(differs) - 5; n > 0 {
		differs, more = differs[:5], fmt.Sprintf("; and %d more", n)
	}
	return fmt.Errorf("--resume: the batch in %s is another: %s%s. Call it as it was called first, or name a new folder", b.Output, strings.Join(differs, "; "), more)
}

func version(r *Record) string {
	if r.Commit == "" {
		return r.Version
	}
	return r.Version + " (" + r.Commit + ")"
}

func part(r *Record) string {
	if r.Shards == 0 {
		return "the whole batch"
	}
	return fmt.Sprintf("shard %d of %d", r.Shard, r.Shards)
}

func settings(r *Record) string {
	if len(r.Settings) == 0 {
		return "the usual ones"
	}
	return strings.Join(r.Settings, " ")
}

// takeUp removes what is left of runs that did not end, keeps the hosts that
// are finished and has the rest wait.
func (b *batch) takeUp() error {
	if err := b.dropParts(); err != nil {
		return err
	}
	for _, item := range b.items {
		keep, err := b.keep(item)
		switch {
		case err != nil:
			return err
		case keep:
			if err := b.dropHalves(filepath.Join(b.Output, HostsName, item.Name), b.hostNames()); err != nil {
				return err
			}
			b.ended[item.Name] = true
			b.kept += item.Size
		default:
			b.waits = append(b.waits, item)
		}
	}
	return nil
}

// dropHalves removes files that an earlier run did not finish writing.
func (b *batch) dropHalves(folder string, names []string) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return &OutputError{err}
	}
	for _, e := range entries {
		if e.Type().IsRegular() && strings.HasPrefix(e.Name(), ".") && isOurs(e.Name(), names) {
			if err := os.Remove(filepath.Join(folder, e.Name())); err != nil {
				return &OutputError{err}
			}
		}
	}
	return nil
}

// dropParts removes what is left of runs that did not end.
func (b *batch) dropParts() error {
	if err := b.dropHalves(b.Output, b.caseNames()); err != nil {
		return err
	}
	hosts := filepath.Join(b.Output, HostsName)
	entries, err := os.ReadDir(hosts)
	if err != nil {
		return &OutputError{err}
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") && strings.HasSuffix(e.Name(), partSuffix) {
			if err := b.removeLeft(filepath.Join(hosts, e.Name())); err != nil {
				return &OutputError{err}
			}
		}
	}
	return nil
}

// keep reports whether an item is finished. What is to be run again is told of
// and removed; an error says what in its folder no run wrote.
func (b *batch) keep(item Planned) (bool, error) {
	folder := filepath.Join(b.Output, HostsName, item.Name)
	lacks, err := b.look(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	s, err := readStatus(b.Output, item.Name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, fmt.Errorf("%s has no %s: it is no host of this batch; take it out of the folder", folder, StatusName)
	case err != nil:
		b.event(Event{item.Name, Again, err.Error() + "; it is triaged again"})
	case s.Identity != item.Identity:
		b.event(Event{item.Name, Changed, "the evidence has changed since it was triaged; it is triaged again"})
	case s.State != fleet.Done:
		b.event(Event{item.Name, Again, "it " + ending(s) + "; it is tried again"})
	case lacks != "":
		b.event(Event{item.Name, Again, "its " + lacks + " is gone; it is triaged again"})
	default:
		return true, nil
	}
	return false, b.drop(item.Name)
}

// look refuses a folder of a host in which an output is a link or anything but
// a file, and names an output that is not there. The error is fs.ErrNotExist
// where there is no folder.
func (b *batch) look(folder string) (lacks string, err error) {
	info, err := os.Lstat(folder)
	if err == nil && !info.IsDir() {
		err = fmt.Errorf("%s is no folder", folder)
	}
	if err != nil {
		return "", err
	}
	for _, name := range b.hostNames() {
		info, err := os.Lstat(filepath.Join(folder, name))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			lacks = cmp.Or(lacks, name)
		case err != nil:
			return "", err
		case !info.Mode().IsRegular():
			return "", fmt.Errorf("%s is no regular file", filepath.Join(folder, name))
		}
	}
	return lacks, nil
}

// ending says how a run ended, after "it".
func ending(s *Status) string {
	if s.State == fleet.TimedOut {
		return "was ended after the time allowed"
	}
	return s.State + " (" + s.Why + ")"
}
