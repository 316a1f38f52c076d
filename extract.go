package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"hivetriage/triage"
)

// manifestName is the file that lists what was extracted.
const manifestName = "manifest.json"

// extraction writes the copies out of the evidence, for its owner only: they
// hold credentials.
type extraction struct {
	dir   string
	files []extractedFile
	err   error // the first that ended the writing
}

// An extractedFile is one row of the manifest.
type extractedFile struct {
	ID      string `json:"id"`
	Hive    string `json:"hive"`
	Form    string `json:"form"`
	State   string `json:"state"`
	Source  string `json:"source"`
	Volume  string `json:"volume,omitempty"`
	Path    string `json:"path"`
	Stream  string `json:"stream,omitempty"`
	Member  string `json:"member,omitempty"`
	File    string `json:"file,omitempty"` // in this folder; absent where nothing was written
	Size    int64  `json:"size,omitempty"`
	SHA256  string `json:"sha256,omitempty"` // of the file in this folder
	Problem string `json:"problem,omitempty"`
}

// newExtraction makes the folder, which must be new or empty: copies of two
// runs must not mix.
func newExtraction(dir string) (*extraction, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("--extract: %w", err)
	}
	list, err := os.ReadDir(dir)
	switch {
	case err != nil:
		return nil, fmt.Errorf("--extract: %w", err)
	case len(list) > 0:
		return nil, fmt.Errorf("--extract: the folder %s is not empty; name a new one", dir)
	}
	return &extraction{dir: dir}, nil
}

// take writes one copy under a name of our own making.
func (x *extraction) take(e triage.Extracted) {
	row := extractedFile{ID: e.ID, Hive: e.Hive, Form: e.Form, State: e.State, Source: e.At.Source, Volume: e.At.Volume, Path: e.At.Path, Stream: e.At.Stream, Member: e.At.Member, Problem: e.Why}
	if e.Content != nil && x.err == nil {
		name := strings.ToLower(e.ID + "-" + e.Hive + ".bin")
		source := &readErrors{from: e.Content}
		row.File = name
		row.Size, row.SHA256, x.err = x.write(name, source)
		switch {
		case x.err != nil:
			row.Problem = x.err.Error()
			if row.SHA256 == "" {
				row.File = ""
			}
		case source.err != nil:
			row.Problem = "cut where the evidence could not be read: " + source.err.Error()
		case e.SHA256 != "" && e.SHA256 != row.SHA256:
			row.Problem = "the hive is encoded in this file, or a part of it: its own SHA-256 is " + e.SHA256
		}
	}
	x.files = append(x.files, row)
}

// readErrors ends a content where the evidence cannot be read, and says why.
type readErrors struct {
	from io.Reader
	err  error
}

func (r *readErrors) Read(b []byte) (int, error) {
	n, err := r.from.Read(b)
	if err != nil && err != io.EOF {
		r.err, err = err, io.EOF
	}
	return n, err
}

// write copies one content into a new file. What could be written before an
// error stays, with its digest.
func (x *extraction) write(name string, content io.Reader) (size int64, sum string, err error) {
	f, err := os.OpenFile(filepath.Join(x.dir, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return 0, "", err
	}
	digest := sha256.New()
	size, err = io.Copy(io.MultiWriter(f, digest), content)
	return size, hex.EncodeToString(digest.Sum(nil)), errors.Join(err, f.Close())
}

// finish writes the manifest.
func (x *extraction) finish() error {
	text, err := json.MarshalIndent(struct {
		Note  string          `json:"note"`
		Files []extractedFile `json:"files"`
	}{"These files are copies of registry hives and hold credentials: keep them as evidence, and nowhere else.", append([]extractedFile{}, x.files...)}, "", "  ")
	if err == nil {
		err = os.WriteFile(filepath.Join(x.dir, manifestName), append(text, '\n'), 0o600)
	}
	if err = errors.Join(x.err, err); err != nil {
		return fmt.Errorf("--extract: %w", err)
	}
	return nil
}
