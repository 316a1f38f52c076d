package triage

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"hivetriage/triage/rule/sigma"
)

// Limits on a folder of rules.
const (
	maxSigmaFiles = 50_000
	maxSigmaBytes = 256 << 20
)

// ReadSigma reads the Sigma rules in a folder and the folders below it (files
// called .yml or .yaml), or in a single file. What cannot be used is in the
// Set's refusals; an error says that there are no rules at all.
func ReadSigma(name string) (*sigma.Set, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	base, only := name, "."
	if !info.IsDir() {
		base, only = filepath.Dir(name), filepath.Base(name)
	}
	root, err := os.OpenRoot(base)
	if err != nil {
		return nil, err
	}
	defer root.Close() // opened read-only: there is nothing to lose
	reader := sigmaReader{fsys: root.FS()}
	if only != "." {
		reader.read(only)
	} else if err := fs.WalkDir(reader.fsys, ".", reader.walk); err != nil {
		return nil, err
	}
	if reader.files == 0 {
		return nil, fmt.Errorf("%s holds no file called .yml or .yaml", name)
	}
	return sigma.New(reader.rules, reader.refused), nil
}

// A sigmaReader gathers the rules of files.
type sigmaReader struct {
	fsys    fs.FS
	files   int
	bytes   int64
	rules   []*sigma.Rule
	refused []sigma.Refusal
}

// walk takes a file or folder. What cannot be read is refused, by its name.
func (s *sigmaReader) walk(name string, entry fs.DirEntry, err error) error {
	if err != nil {
		s.refuse(name, err)
		if entry != nil && entry.IsDir() {
			return fs.SkipDir
		}
		return nil
	}
	extension := strings.ToLower(path.Ext(name))
	if entry.IsDir() || extension != ".yml" && extension != ".yaml" {
		return nil
	}
	if s.files == maxSigmaFiles || s.bytes > maxSigmaBytes {
		s.refuse(name, fmt.Errorf("more than %d files or %d bytes of rules; this file and those after it are not read", maxSigmaFiles, maxSigmaBytes))
		return fs.SkipAll
	}
	s.read(name)
	return nil
}

func (s *sigmaReader) read(name string) {
	s.files++
	f, err := s.fsys.Open(name)
	if err != nil {
		s.refuse(name, err)
		return
	}
	defer f.Close() // opened read-only: there is nothing to lose
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		s.refuse(name, fmt.Errorf("not a regular file"))
		return
	}
	text, err := io.ReadAll(io.LimitReader(f, sigma.MaxFile+1))
	if err != nil {
		s.refuse(name, err)
		return
	}
	s.bytes += int64(len(text))
	rules, refused := sigma.Parse(name, text)
	s.rules, s.refused = append(s.rules, rules...), append(s.refused, refused...)
}

func (s *sigmaReader) refuse(name string, err error) {
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	s.refused = append(s.refused, sigma.Refusal{File: name, Why: err.Error()})
}
