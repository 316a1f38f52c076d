package batch

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"hivetriage/triage/fleet"
)

// Names in the folder of a batch. What is not finished begins with a dot.
const (
	RecordName    = "batch.json"     // what the batch is of
	HostsName     = "hosts"          // a folder for each host
	StatusName    = "status.json"    // in a host's folder: how its run ended
	CaseName      = "case.json"      // in a host's folder
	FootprintName = "footprint.json" // in a host's folder: what other hosts may ask about it
	lockName      = ".lock"          // held while a batch runs in the folder
	partSuffix    = ".part"          // ends the name of a host's folder until its run has ended
)

// leftGrace is how long a folder may still be written into by the process of a
// run that was killed.
const leftGrace = 10 * time.Second

// Schema names the record of a batch, and of a host's run, and its version.
const (
	RecordSchema = "hivetriage/batch-record"
	StatusSchema = "hivetriage/batch-status"
	stateVersion = "1.0"
)

// Modes of what a batch writes: it is for its owner alone.
const (
	folderMode fs.FileMode = 0o700
	fileMode   fs.FileMode = 0o600
)

// A Record is what a batch is of, with which settings, and which of it is this
// folder's. Two runs of one batch write the same bytes.
type Record struct {
	Schema        string    `json:"schema"`
	SchemaVersion string    `json:"schema_version"`
	Version       string    `json:"version"` // of the program
	Commit        string    `json:"commit,omitempty"`
	Plan          string    `json:"plan"`             // Plan.Digest of the whole batch
	Shard         int       `json:"shard,omitempty"`  // from 1; absent: all
	Shards        int       `json:"shards,omitempty"` // that the batch was divided into
	Settings      []string  `json:"settings"`         // that bear on the result, as flags
	Items         []Planned `json:"items"`            // of the whole batch
	Left          []Left    `json:"left"`
}

// A Planned is one item of the batch.
type Planned struct {
	Name     string   `json:"name"`
	Paths    []string `json:"paths"`
	Kind     string   `json:"kind"`
	Size     int64    `json:"size"`
	Identity string   `json:"identity"`        // Item.Identity
	Shard    int      `json:"shard,omitempty"` // that it is in; absent: the batch is not divided
}

// A Status is how the run of one host ended.
type Status struct {
	Schema        string    `json:"schema"`
	SchemaVersion string    `json:"schema_version"`
	Name          string    `json:"name"`
	Paths         []string  `json:"paths"`
	Identity      string    `json:"identity"`
	State         string    `json:"state"` // of fleet: "done", "timed out", "failed"
	Why           string    `json:"why,omitempty"`
	Code          int       `json:"exit_code"` // -1: it was ended by a signal
	Run           StatusRun `json:"run"`
}

// StatusRun is the part in which two runs on the same evidence differ.
type StatusRun struct {
	Started string  `json:"started"` // RFC 3339
	Seconds float64 `json:"seconds"`
	Workers int     `json:"workers"`
}

// record makes the record of a batch.
func (c *Config) record() *Record {
	r := &Record{
		Schema: RecordSchema, SchemaVersion: stateVersion, Version: c.Tool.Version, Commit: c.Tool.Commit,
		Plan: c.Plan.Digest(), Settings: append([]string{}, c.Settings...), Items: []Planned{}, Left: append([]Left{}, c.Plan.Left...),
	}
	shards := map[string]int{}
	if c.Shards > 1 {
		r.Shard, r.Shards = c.Shard, c.Shards
		for i := 1; i <= c.Shards; i++ {
			for _, item := range c.Plan.Shard(i, c.Shards).Items {
				shards[item.Name] = i
			}
		}
	}
	for i := range c.Plan.Items {
		item := &c.Plan.Items[i]
		r.Items = append(r.Items, Planned{item.Name, item.Paths, item.Kind, item.Size, item.Identity(), shards[item.Name]})
	}
	return r
}

// mine are the items of the record that are this folder's.
func (r *Record) mine() []Planned {
	if r.Shards == 0 {
		return r.Items
	}
	var out []Planned
	for _, p := range r.Items {
		if p.Shard == r.Shard {
			out = append(out, p)
		}
	}
	return out
}

// readRecord reads the record in a folder. The error is fs.ErrNotExist where
// there is none.
func readRecord(folder string) (*Record, error) {
	var r Record
	if err := readJSON(folder, RecordName, maxRecord, &r); err != nil {
		return nil, err
	}
	path := filepath.Join(folder, RecordName)
	if r.Schema != RecordSchema || r.SchemaVersion != stateVersion {
		return nil, fmt.Errorf("%s is a document %q of version %q, not %q of version %q", path, r.Schema, r.SchemaVersion, RecordSchema, stateVersion)
	}
	if err := r.check(); err != nil {
		return nil, fmt.Errorf("%s %w", path, err)
	}
	return &r, nil
}

// check says what of a record no batch writes.
func (r *Record) check() error {
	if r.Shards < 0 || r.Shards > maxShards || r.Shard < 0 || r.Shard > r.Shards || r.Shard == 0 && r.Shards > 0 {
		return fmt.Errorf("is of shard %d of %d, which there cannot be", r.Shard, r.Shards)
	}
	seen := map[string]bool{}
	digest := sha256.New()
	for i := range r.Items {
		p := &r.Items[i]
		switch {
		case !safeName(p.Name) || seen[folded(p.Name)]:
			return fmt.Errorf("names an item %q, which cannot be a folder of its own", shortened(p.Name, maxErrors))
		case p.Size < 0 || p.Shard < 0 || p.Shard > r.Shards || p.Shard == 0 && r.Shards > 0:
			return fmt.Errorf("has the item %s with %d bytes in shard %d of %d, which there cannot be", p.Name, p.Size, p.Shard, r.Shards)
		}
		seen[folded(p.Name)] = true
		writeFields(digest, p.Name, p.Identity)
	}
	if hex.EncodeToString(digest.Sum(nil)) != r.Plan {
		return errors.New("was changed: its items are not those of its plan")
	}
	return nil
}

// safeName reports whether a name is one that a plan gives, so that it is that
// of one folder in hosts/ on every system.
func safeName(name string) bool {
	return len(name) <= maxName && filepath.IsLocal(name) && safe(name) == name
}

// readStatus reads how the run of a host ended. The error is fs.ErrNotExist
// where it is not finished.
func readStatus(folder, name string) (*Status, error) {
	var s Status
	path := filepath.Join(HostsName, name, StatusName)
	if err := readJSON(folder, path, maxStatus, &s); err != nil {
		return nil, err
	}
	path = filepath.Join(folder, path)
	switch {
	case s.Schema != StatusSchema || s.SchemaVersion != stateVersion || s.Name != name:
		return nil, fmt.Errorf("%s is not the status of %s", path, name)
	case s.State != fleet.Done && s.State != fleet.TimedOut && s.State != fleet.Failed:
		return nil, fmt.Errorf("%s tells of a run that ended %q, which none does", path, shortened(s.State, maxErrors))
	}
	return &s, nil
}

// encoded is a document as it is written: indented by two spaces, with a
// newline at its end.
func encoded(document any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(document)
	return b.Bytes(), err
}

// replace writes a file whole: beside its place, and renamed when its bytes
// are on the disk. Where they are what stands there already, nothing is
// changed.
func replace(path string, write func(io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return &OutputError{fmt.Errorf("cannot write %s: %w", path, err)}
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
			err = &OutputError{fmt.Errorf("writing %s: %w", path, err)}
		}
	}()
	if err := buffered(f, write); err != nil {
		return err
	}
	same, err := sameBytes(f, path)
	if err != nil {
		return err
	}
	if same {
		return errors.Join(f.Close(), os.Remove(f.Name()))
	}
	if err := errors.Join(f.Chmod(fileMode), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// sameBytes reports whether a file that was just written has the bytes of the
// one at path.
func sameBytes(f *os.File, path string) (bool, error) {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	size, err := f.Seek(0, io.SeekCurrent)
	if err != nil || !info.Mode().IsRegular() || info.Size() != size {
		return false, err
	}
	old, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer old.Close() // opened read-only: there is nothing to lose
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return false, err
	}
	a, b := make([]byte, 1<<16), make([]byte, 1<<16)
	for {
		n, err := io.ReadFull(f, a)
		m, other := io.ReadFull(old, b)
		if !bytes.Equal(a[:n], b[:m]) {
			return false, nil
		}
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			return other == err, nil
		}
		if err := errors.Join(err, other); err != nil {
			return false, err
		}
	}
}

// settle makes the folder of a host final: its status is written, all its
// bytes are put on the disk, and it is renamed.
func settle(folder, part string, s *Status) error {
	text, err := encoded(s)
	if err != nil {
		return err
	}
	if err := replace(filepath.Join(part, StatusName), func(w io.Writer) error { _, err := w.Write(text); return err }); err != nil {
		return err
	}
	if err := syncFiles(part); err != nil {
		return &OutputError{err}
	}
	final := filepath.Join(folder, HostsName, s.Name)
	if err := os.Rename(part, final); err != nil {
		return &OutputError{err}
	}
	if err := syncFolder(filepath.Dir(final)); err != nil {
		return &OutputError{err}
	}
	return nil
}

// syncFiles makes the files of a folder the owner's alone and puts them, and
// their names, on the disk.
func syncFiles(folder string) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, e := range entries {
		f, err := os.OpenFile(filepath.Join(folder, e.Name()), os.O_RDWR, 0)
		if err != nil {
			return err
		}
		if err := errors.Join(f.Chmod(fileMode), f.Sync(), f.Close()); err != nil {
			return err
		}
	}
	return syncFolder(folder)
}

// removeHost removes the folder of a host with the files that the program
// writes into it. What is not the program's is never removed: the error names
// it. A link is no folder.
func (c *Config) removeHost(folder string) error {
	info, err := os.Lstat(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil && !info.IsDir() {
		err = fmt.Errorf("%s is no folder", folder)
	}
	if err != nil {
		return err
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !e.Type().IsRegular() || !c.ours(e.Name()) {
			return fmt.Errorf("%s is no output of this program; take it out of the folder", filepath.Join(folder, e.Name()))
		}
	}
	for _, e := range entries {
		if err := os.Remove(filepath.Join(folder, e.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return os.Remove(folder)
}

// removeLeft removes the folder of a run that did not end. Where that run was
// killed, the process of the host ends a moment later and may write until then.
func (c *Config) removeLeft(folder string) error {
	for deadline := time.Now().Add(leftGrace); ; time.Sleep(leftGrace / 100) {
		err := c.removeHost(folder)
		var path *fs.PathError
		if !errors.As(err, &path) || path.Op != "remove" || time.Now().After(deadline) {
			return err
		}
	}
}

// ours reports whether a name in a host's folder is an output, or what is left
// of one that was not finished.
func (c *Config) ours(name string) bool { return isOurs(name, c.hostNames()) }

func isOurs(name string, names []string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return name == n || strings.HasPrefix(name, "."+n+".") })
}

// hostNames are all files in the folder of a host.
func (c *Config) hostNames() []string {
	names := []string{StatusName, FootprintName}
	for _, f := range c.Files {
		names = append(names, f.Name)
	}
	return names
}

// caseNames are all files in the folder of a batch but the lock.
func (c *Config) caseNames() []string {
	names := []string{RecordName}
	for _, f := range c.CaseFiles {
		names = append(names, f.Name)
	}
	return names
}
