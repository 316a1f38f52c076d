package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// outputFiles are the named outputs. Each is written beside its place and
// renamed when it is whole, so that a failure leaves no half report and an
// older one stays.
type outputFiles struct {
	pending map[string]*os.File
}

// createOutputs opens every output before the evidence is read: hours of work
// must not end at a folder that does not exist.
func createOutputs(opt *options) (*outputFiles, error) {
	o := &outputFiles{pending: map[string]*os.File{}}
	for _, path := range []string{opt.html, opt.json} {
		if path == "" || path == "-" {
			continue
		}
		if _, twice := o.pending[path]; twice {
			o.discard()
			return nil, fmt.Errorf("two outputs have the same name %s", path)
		}
		if err := o.create(path, opt); err != nil {
			o.discard()
			return nil, err
		}
	}
	return o, nil
}

func (o *outputFiles) create(path string, opt *options) error {
	if info, err := os.Stat(path); err == nil {
		if info.IsDir() {
			return fmt.Errorf("cannot write %s: it is a folder", path)
		}
		for _, input := range opt.config.Inputs {
			if in, err := os.Stat(input.Path); err == nil && os.SameFile(in, info) {
				return fmt.Errorf("cannot write %s: it is the evidence", path)
			}
		}
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return o.open(path) // a device or a pipe is written to, never replaced
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", path, err)
	}
	o.pending[path] = f
	return nil
}

// open opens an output that is no regular file.
func (o *outputFiles) open(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", path, err)
	}
	o.pending[path] = f
	return nil
}

// commit renders one output into place. An empty path is no output, "-" is
// standard output.
func (o *outputFiles) commit(path string, stdout io.Writer, render func(io.Writer) error) error {
	if path == "" {
		return nil
	}
	if path == "-" {
		return render(stdout)
	}
	f := o.pending[path]
	if err := finish(f, path, render); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	delete(o.pending, path)
	return nil
}

func finish(f *os.File, path string, render func(io.Writer) error) error {
	buffered := bufio.NewWriterSize(f, 1<<16)
	if err := render(buffered); err != nil {
		return err
	}
	if err := buffered.Flush(); err != nil {
		return err
	}
	if f.Name() == path {
		return f.Close()
	}
	if err := f.Chmod(0o644); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// discard removes what was not committed.
func (o *outputFiles) discard() {
	for path, f := range o.pending {
		f.Close()
		if f.Name() != path {
			os.Remove(f.Name())
		}
	}
}
