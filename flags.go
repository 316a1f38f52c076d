package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"golang.org/x/term"

	"hivetriage/artifacts/evidence"
	"hivetriage/triage"
)

// options are what the command line asks for.
type options struct {
	config        triage.Config
	files         map[string]*string // names of outputs that are one file, by flag
	csv, folder   string             // folders of outputs
	passwordFile  string
	sigma         string
	extract       string
	quiet         bool
	batch         batchOptions
	progress      string // "auto", "plain", "json", "none"
	color         string // "auto", "always", "never"
	help, version bool
}

const maxWorkers = 256

func flagSet(opt *options) (flags *pflag.FlagSet, images, paths *[]string, since, until, memory *string) {
	flags = pflag.NewFlagSet("hivetriage", pflag.ContinueOnError)
	flags.SortFlags = false
	flags.SetOutput(io.Discard)
	images = flags.StringArray("image", nil, "disk image `FILE`: raw, split raw (.001), E01, VHD, VHDX, VMDK, QCOW2, or a device such as /dev/sdb or \\\\.\\PhysicalDrive0")
	paths = flags.StringArray("path", nil, "`FOLDER`: a mounted image, unpacked evidence, or logs")
	outputFlags(flags, opt)
	since = flags.String("since", "", "leave out log records before this `TIME` (2026-03-14, 2026-03-14T21:30:00Z)")
	until = flags.String("until", "", "leave out log records after this `TIME`")
	flags.StringVar(&opt.config.CaseID, "case", "", "`ID` of the case, for the front page and the custody section")
	flags.StringVar(&opt.config.Examiner, "examiner", "", "`NAME` of who examines, for the same places")
	flags.StringVar(&opt.passwordFile, "password-file", "", "`FILE` with the password of encrypted archives (or set HIVETRIAGE_PASSWORD)")
	flags.DurationVar(&opt.config.Window, "window", 48*time.Hour, "how far around an act other events are looked for")
	flags.StringVar(&opt.sigma, "sigma", "", "`FOLDER` with your own Sigma rules (.yml, or one such file): what they match around an act is told beside it, and at any time where there is no act; a rule that cannot be matched exactly is refused by name")
	flags.StringVar(&opt.extract, "extract", "", "copy the exports out into a new `FOLDER`, readable by you only, with a manifest; they hold credentials. Nothing is copied out without this flag")
	flags.BoolVar(&opt.config.Deep, "deep", false, "read every byte of the volumes: hives in free clusters and in the middle of files")
	flags.BoolVar(&opt.config.Hash, "hash", false, "compute the SHA-256 of the evidence itself (reads all of it)")
	flags.IntVar(&opt.config.Workers, "workers", runtime.NumCPU(), "how many (`N`) reads and decoders run side by side")
	flags.BoolVarP(&opt.quiet, "quiet", "q", false, "print no tables")
	flags.StringVar((*string)(&opt.config.Snapshots), "snapshots", string(triage.SnapshotsAuto), "auto, all or none: read what differs in volume shadow copies, everything, or nothing")
	memory = defineBatch(flags, opt)
	flags.StringVar(&opt.progress, "progress", "auto", "auto, plain, json or none: how progress is told on standard error")
	flags.StringVar(&opt.color, "color", "auto", "auto, always or never")
	flags.BoolVar(&opt.version, "version", false, "print the version and exit")
	flags.BoolVarP(&opt.help, "help", "h", false, "print this help and exit")
	return flags, images, paths, since, until, memory
}

// parse reads the command line. What was read until an error is returned as
// well: how an error is told stands there.
func parse(args []string) (*options, error) {
	opt := &options{}
	flags, images, paths, since, until, memory := flagSet(opt)
	if err := flags.Parse(args); err != nil {
		return opt, fmt.Errorf("%w; see hivetriage --help", err)
	}
	if opt.help || opt.version {
		return opt, nil
	}
	for _, p := range *images {
		opt.config.Inputs = append(opt.config.Inputs, triage.Input{Path: p, Mode: evidence.Image})
	}
	for _, p := range *paths {
		opt.config.Inputs = append(opt.config.Inputs, triage.Input{Path: p, Mode: evidence.Path})
	}
	for _, p := range flags.Args() {
		opt.config.Inputs = append(opt.config.Inputs, triage.Input{Path: p, Mode: evidence.Any})
	}
	opt.config.Footprint = *opt.files[footprintFlag] != ""
	var err error
	if opt.config.Since, err = bound("--since", *since); err != nil {
		return opt, err
	}
	if opt.config.Until, err = bound("--until", *until); err != nil {
		return opt, err
	}
	if opt.config.Password, err = password(opt.passwordFile); err != nil {
		return opt, err
	}
	if opt.sigma != "" {
		if opt.config.Sigma, err = triage.ReadSigma(opt.sigma); err != nil {
			return opt, fmt.Errorf("--sigma: %w", err)
		}
	}
	if err := opt.checkBatch(flags, *memory); err != nil {
		return opt, err
	}
	return opt, opt.check()
}

// maxPassword is the most of a password file that is read, bytes.
const maxPassword = 4096

// password reads the password of encrypted archives: the first line of the
// named file, else the environment. It never stands on the command line, where
// other users of the machine would see it.
func password(file string) (string, error) {
	if file == "" {
		return os.Getenv("HIVETRIAGE_PASSWORD"), nil
	}
	f, err := os.Open(file)
	if err != nil {
		return "", fmt.Errorf("--password-file: %w", err)
	}
	defer f.Close() // opened read-only: there is nothing to lose
	text, err := io.ReadAll(io.LimitReader(f, maxPassword+1))
	if err != nil {
		return "", fmt.Errorf("--password-file: %w", err)
	}
	line, _, _ := strings.Cut(strings.TrimPrefix(string(text), "\ufeff"), "\n")
	if line = strings.TrimSuffix(line, "\r"); line == "" || len(line) > maxPassword {
		return "", fmt.Errorf("--password-file: the first line of %s must be a password of at most %d bytes", file, maxPassword)
	}
	return line, nil
}

func (opt *options) check() error {
	c := &opt.config
	switch {
	case len(c.Inputs) == 0 && !opt.many():
		return fmt.Errorf("no evidence given: name an image, a folder or a log, for example hivetriage --image disk.raw --html report.html")
	case c.Workers < 1 || c.Workers > maxWorkers:
		return fmt.Errorf("--workers is %d; it must be between 1 and %d", c.Workers, maxWorkers)
	case c.Window < 0:
		return fmt.Errorf("--window is %s; it must not be negative", c.Window)
	case !c.Since.IsZero() && !c.Until.IsZero() && c.Until.Before(c.Since):
		return fmt.Errorf("--until lies before --since")
	case !oneOf(string(c.Snapshots), "auto", "all", "none"):
		return fmt.Errorf("--snapshots is %q; it must be auto, all or none", c.Snapshots)
	case !oneOf(opt.progress, "auto", "plain", "json", "none"):
		return fmt.Errorf("--progress is %q; it must be auto, plain, json or none", opt.progress)
	case !oneOf(opt.color, "auto", "always", "never"):
		return fmt.Errorf("--color is %q; it must be auto, always or never", opt.color)
	}
	for _, input := range c.Inputs {
		if input.Path == "" {
			return fmt.Errorf("an empty name was given as evidence")
		}
	}
	return opt.checkOutputs()
}

func oneOf(s string, allowed ...string) bool {
	for _, a := range allowed {
		if s == a {
			return true
		}
	}
	return false
}

// bound reads a time given on the command line, UTC unless it says otherwise.
func bound(flag, value string) (time.Time, error) {
	if value == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02"} {
		if t, err := time.Parse(layout, value); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%s is %q; give a time such as 2026-03-14 or 2026-03-14T21:30:00Z (UTC)", flag, value)
}

func usage() string {
	flags, _, _, _, _, _ := flagSet(&options{})
	return `hivetriage finds copies of the SAM, SECURITY and SYSTEM registry hives and the
commands that made them, and answers the investigation guide from the evidence.
It works offline, opens evidence read-only and never derives a secret.

Usage:
  hivetriage [flags] EVIDENCE...
  hivetriage --batch FOLDER --output CASE [flags]
  hivetriage --merge CASE-*/ --output CASE

Evidence is a disk image (raw, .001, .E01, a virtual disk, a device), an
archive (zip, 7z, cab, tar, also what a collector made), a folder (mounted
image, unpacked collection, logs) or a single .evtx file or hive. What it is,
is recognised by content.

Examples:
  hivetriage --image disk.raw --html report.html
  hivetriage --image case7.E01 --html report.html --json case.json --hash
  hivetriage --path /mnt/windows --html report.html
  hivetriage Security.evtx
  hivetriage --image disk.raw --json - | jq .verdict
  hivetriage --batch collections/ --output case/ --jobs 8 --memory 16G
  hivetriage --batch collections/ --output case/ --resume
  hivetriage --batch collections/ --output case-3/ --shard 3/8
  hivetriage --merge case-*/ --output case/

A batch is every host whose evidence is found in a folder. Each is triaged in a
process of its own, and has its outputs in CASE/hosts; a host that fails, or
takes longer than --timeout, stops no other. Then CASE/index.html tells what no
host alone can: where it began, how it spread, who is exposed where.

Flags:
` + flagUsages(flags) + `
Exit codes:
  0  nothing found, and everything that could hold a copy was read
  1  a copy of a hive, or a command that makes one, was found
  2  bad usage, evidence that cannot be read, or output that cannot be written
  3  nothing found, but parts could not be read: see the coverage section
Of a batch: the same for all hosts; 3 also where a host was not triaged, 2 where
none was, or where the batch was interrupted and can be resumed.
`
}

// flagUsages lists the flags in 80 columns.
func flagUsages(flags *pflag.FlagSet) string {
	const noise = "[=true|false]" // that a switch may be given a value teaches nobody anything
	return strings.ReplaceAll(flags.FlagUsagesWrapped(80), noise, strings.Repeat(" ", len(noise)))
}

func versionLine() string {
	version, commit := buildVersion()
	if commit != "" {
		version += " (" + commit + ")"
	}
	return fmt.Sprintf("hivetriage %s %s %s/%s\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// buildVersion tells the module's version and the commit it was built from.
func buildVersion() (version, commit string) {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown", ""
	}
	version = info.Main.Version
	if version == "" || version == "(devel)" {
		version = "devel"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			commit = s.Value[:12]
		}
	}
	return version, commit
}

// commandLine writes the arguments so that a shell would read them again.
func commandLine(args []string) string {
	words := []string{"hivetriage"}
	for _, a := range args {
		if a == "" || strings.ContainsAny(a, " \t\n\"'\\$`&|;<>()*?[]{}!#~") {
			a = "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
		}
		words = append(words, a)
	}
	return strings.Join(words, " ")
}

// width is the terminal's, at most what stays readable; 80 elsewhere.
func (opt *options) width(w io.Writer) int {
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		if columns, _, err := term.GetSize(int(f.Fd())); err == nil && columns >= 40 {
			return min(columns, 160)
		}
	}
	return 80
}

func (opt *options) colored(w io.Writer) bool {
	switch opt.color {
	case "always":
		return true
	case "never":
		return false
	}
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd())) && os.Getenv("NO_COLOR") == ""
}
