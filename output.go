package main

import (
	"bufio"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"hivetriage/report"
	"hivetriage/triage"
)

// An output is one file that the case is written to.
type output struct {
	path  string // "-" is standard output
	mode  os.FileMode
	write func(io.Writer, *triage.Case) error
}

// Modes of outputs: a file that the user names is one like any other, a folder
// of everything is for its owner alone.
const (
	namedMode  = 0o644
	folderMode = 0o600
)

// footprintFlag names the output for which more is gathered.
const footprintFlag = "footprint"

// outputForms are the outputs that are one file, by flag.
var outputForms = []struct {
	flag, usage string
	write       func(io.Writer, *triage.Case) error
}{
	{"html", "write the report as one HTML `FILE`", report.HTML},
	{"json", "write the case document as JSON `FILE` (\"-\": standard output, implies --quiet; so for all outputs)", report.JSON},
	{"markdown", "write a report for a ticket or a wiki as Markdown `FILE`", report.Markdown},
	{"timesketch", "write the times of the case as JSON lines for Timesketch, `FILE` should end in .jsonl", report.Timesketch},
	{"ecs", "write records and exports as documents of the Elastic Common Schema, NDJSON `FILE`: what matched the rule matches it again", report.ECS},
	{"navigator", "write the techniques as a layer `FILE` for the ATT&CK Navigator", report.Navigator},
	{"stix", "write a STIX 2.1 bundle as JSON `FILE`", report.STIX},
	{footprintFlag, "write what other hosts of a case may ask about this one as JSON `FILE`, for --merge; not among --output's files", report.Footprint},
}

// outputFlags defines the flags of outputs.
func outputFlags(flags *pflag.FlagSet, opt *options) {
	opt.files = map[string]*string{}
	for _, f := range outputForms {
		opt.files[f.flag] = flags.String(f.flag, "", f.usage)
	}
	flags.StringVar(&opt.csv, "csv", "", "write exports, records, timeline, exposure, executables, notices and coverage as CSV files into `FOLDER`")
	flags.StringVar(&opt.folder, "output", "", "write all of the above and the terminal's report into `FOLDER`, which must be new, empty, or of an earlier run; for its owner alone")
}

// outputs are all files that the command line asks for.
func (opt *options) outputs() []output {
	var all []output
	for _, f := range outputForms {
		if path := *opt.files[f.flag]; path != "" {
			all = append(all, output{path, namedMode, f.write})
		}
	}
	for _, in := range []struct {
		folder string
		files  []report.File
	}{{opt.csv, report.Tables()}, {opt.folder, report.Files()}} {
		if in.folder == "" {
			continue
		}
		for _, f := range in.files {
			all = append(all, output{filepath.Join(in.folder, f.Name), folderMode, f.Write})
		}
	}
	return all
}

// checkOutputs refuses two outputs of one name.
func (opt *options) checkOutputs() error {
	seen := map[string]bool{}
	for _, o := range opt.outputs() {
		name := filepath.Clean(o.path)
		if seen[name] {
			return fmt.Errorf("two outputs have the same name %s", o.path)
		}
		seen[name] = true
	}
	opt.quiet = opt.quiet || seen["-"]
	return nil
}

// outputFiles are the named outputs. Each is written beside its place and
// renamed when it is whole, so that a failure leaves no half report and an
// older one stays.
type outputFiles struct {
	pending map[string]*os.File
	folders []string // that were made
}

// createOutputs opens every output before the evidence is read: hours of work
// must not end at a folder that does not exist.
func createOutputs(opt *options) (*outputFiles, error) {
	o := &outputFiles{pending: map[string]*os.File{}}
	for _, folder := range []string{opt.csv, opt.folder} {
		if folder == "" {
			continue
		}
		if err := o.folder(folder, opt); err != nil {
			o.discard()
			return nil, fmt.Errorf("cannot write into %s: %w", folder, err)
		}
	}
	for _, out := range opt.outputs() {
		if out.path == "-" {
			continue
		}
		if err := o.create(out.path, opt); err != nil {
			o.discard()
			return nil, err
		}
	}
	return o, nil
}

// folder makes a folder of outputs, or accepts one in which there is nothing
// but outputs of an earlier run.
func (o *outputFiles) folder(path string, opt *options) error {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	parent, err := filepath.EvalSymlinks(filepath.Dir(absolute))
	if err != nil {
		return err
	}
	target := filepath.Join(parent, filepath.Base(absolute))
	if real, err := filepath.EvalSymlinks(target); err == nil {
		target = real
	}
	for _, input := range opt.config.Inputs {
		if liesIn(target, input.Path) {
			return fmt.Errorf("it is in the evidence")
		}
	}
	entries, err := os.ReadDir(target)
	switch {
	case os.IsNotExist(err) && opt.batch.attended:
		return fmt.Errorf("the batch that made it has ended")
	case os.IsNotExist(err):
		if err := os.Mkdir(target, 0o700); err != nil {
			return err
		}
		o.folders = append(o.folders, target)
		return nil
	case err != nil:
		return err
	}
	for _, e := range entries {
		if !ours(e) {
			return fmt.Errorf("it holds %s, which is no output of this program; name a new or an empty folder", report.Visible(e.Name()))
		}
	}
	return nil
}

// liesIn reports whether a folder, resolved, is the evidence or lies in it.
func liesIn(folder, evidence string) bool {
	evidence, err := filepath.Abs(evidence)
	if err != nil {
		return false
	}
	if real, err := filepath.EvalSymlinks(evidence); err == nil {
		evidence = real
	}
	relative, err := filepath.Rel(evidence, folder)
	return err == nil && filepath.IsLocal(relative)
}

// ours reports whether an entry of a folder is an output, or what is left of
// one that was not finished.
func ours(e fs.DirEntry) bool {
	return e.Type().IsRegular() && slices.ContainsFunc(report.Files(), func(f report.File) bool {
		return e.Name() == f.Name || strings.HasPrefix(e.Name(), "."+f.Name+".")
	})
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

// commit renders one output into place.
func (o *outputFiles) commit(out output, stdout io.Writer, c *triage.Case) error {
	if out.path == "-" {
		return out.write(stdout, c)
	}
	if err := finish(o.pending[out.path], out, c); err != nil {
		return fmt.Errorf("writing %s: %w", out.path, err)
	}
	delete(o.pending, out.path)
	o.folders = nil // something stands in them
	return nil
}

func finish(f *os.File, out output, c *triage.Case) error {
	buffered := bufio.NewWriterSize(f, 1<<16)
	if err := out.write(buffered, c); err != nil {
		return err
	}
	if err := buffered.Flush(); err != nil {
		return err
	}
	if f.Name() == out.path {
		return f.Close()
	}
	if err := f.Chmod(out.mode); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), out.path)
}

// discard removes what was not committed.
func (o *outputFiles) discard() {
	for path, f := range o.pending {
		f.Close()
		if f.Name() != path {
			os.Remove(f.Name())
		}
	}
	for _, folder := range o.folders {
		os.Remove(folder) // fails, as it should, where something is in it
	}
}
