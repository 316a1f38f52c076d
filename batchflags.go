package main

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"hivetriage/triage/batch"
)

// batchOptions are what the command line asks for where it is about many hosts.
type batchOptions struct {
	roots    []string // --batch and what follows
	merge    []string // --merge and what follows
	jobs     int
	memory   int64 // bytes; 0: by the machine. Also of a single run
	timeout  time.Duration
	resume   bool
	shard    string   // as given
	part     bool     // a shard is run, by the flag or the environment
	attended bool     // the run is one of a batch, and ends with it
	forward  []string // arguments for the runs of single hosts
	settings []string // of them, those that bear on the result
}

// maxJobs bounds --jobs.
const maxJobs = 256

// Flags, by what they go with. Those in neither list are for a single run.
var (
	forwarded  = []string{"hash", "deep", "snapshots", "since", "until", "window", "sigma", "password-file", "case", "examiner"}
	batchFlags = append([]string{"batch", "output", "jobs", "memory", "timeout", "resume", "shard", "workers", "quiet", "progress", "color"}, forwarded...)
	mergeFlags = []string{"merge", "output", "resume", "quiet", "progress", "color", "case", "examiner"}
	onlyBatch  = []string{"jobs", "timeout", "resume", "shard"}
)

func defineBatch(flags *pflag.FlagSet, opt *options) (memory *string) {
	b := &opt.batch
	flags.StringArrayVar(&b.roots, "batch", nil, "triage every host found in `FOLDER`, pattern or file, side by side, and answer across all of them in --output; \"-\" reads a list of paths from standard input. May be given several times; what follows the flags is taken in too")
	flags.StringArrayVar(&b.merge, "merge", nil, "put the folders of a batch's shards together in --output, as one run would have made it: --merge case-*/, or `CASE` several times")
	flags.IntVar(&b.jobs, "jobs", runtime.NumCPU(), "with --batch: how many (`N`) hosts are triaged side by side, each in a process of its own")
	memory = flags.String("memory", "", "memory to keep within, such as 2G: of all processes of a batch together (default: half of what is available), or of a single run, as far as what it must hold at once leaves room (`SIZE`)")
	flags.DurationVar(&b.timeout, "timeout", 6*time.Hour, "with --batch: after this time a host is ended, what was found until then is kept, and the batch goes on; 0: never")
	flags.BoolVar(&b.resume, "resume", false, "with --batch: go on in an --output folder that an interrupted run left; finished hosts are kept, failed ones tried again")
	flags.StringVar(&b.shard, "shard", "", "with --batch: triage part `I/N` of it, such as 3/8; in a Slurm array, a Kubernetes Indexed Job and an AWS array job it is taken from the environment")
	flags.BoolVar(&b.attended, "attended", false, "end when standard input ends")
	if err := flags.MarkHidden("attended"); err != nil {
		panic(err) // it is defined in the line above
	}
	return memory
}

// checkBatch reads what the flags and arguments say of a batch or a merge.
func (opt *options) checkBatch(flags *pflag.FlagSet, memory string) error {
	b := &opt.batch
	var err error
	if b.memory, err = size("--memory", memory); err != nil {
		return err
	}
	var changed []string
	flags.Visit(func(f *pflag.Flag) { changed = append(changed, f.Name) })
	switch {
	case len(b.roots) > 0 && len(b.merge) > 0:
		return fmt.Errorf("--batch and --merge cannot be given together: run the shards first, then merge their folders")
	case len(b.roots) > 0:
		b.roots = append(b.roots, flags.Args()...)
		err = opt.allowed(changed, batchFlags, "--%s is for the run of one host: with --batch each host gets all outputs in a folder of --output")
	case len(b.merge) > 0:
		b.merge = append(b.merge, flags.Args()...)
		err = opt.allowed(changed, mergeFlags, "--%s has no meaning with --merge, which reads no evidence")
	default:
		for _, name := range changed {
			if oneOf(name, onlyBatch...) {
				return fmt.Errorf("--%s goes with --batch", name)
			}
		}
		return nil
	}
	switch {
	case err != nil:
		return err
	case opt.folder == "":
		return fmt.Errorf("--output is missing: name the folder that the case of all hosts is written into")
	case b.jobs < 1 || b.jobs > maxJobs:
		return fmt.Errorf("--jobs is %d; it must be between 1 and %d", b.jobs, maxJobs)
	case b.timeout < 0:
		return fmt.Errorf("--timeout is %s; it must not be negative", b.timeout)
	}
	return opt.forwards(flags)
}

// many reports whether the run is about more than one host.
func (opt *options) many() bool { return len(opt.batch.roots)+len(opt.batch.merge) > 0 }

func (opt *options) allowed(changed, names []string, refusal string) error {
	for _, name := range changed {
		if !oneOf(name, names...) {
			return fmt.Errorf(refusal, name)
		}
	}
	return nil
}

// forwards gathers the arguments for the runs of single hosts. The password
// itself is in none of them: they have it from the same file or environment.
func (opt *options) forwards(flags *pflag.FlagSet) error {
	b := &opt.batch
	for _, name := range forwarded {
		f := flags.Lookup(name)
		if f.Value.String() == f.DefValue {
			continue
		}
		b.forward = append(b.forward, "--"+name+"="+f.Value.String())
		switch name {
		case "sigma":
			sum, err := sigmaSum(opt.sigma)
			if err != nil {
				return fmt.Errorf("--sigma: %w", err)
			}
			b.settings = append(b.settings, "--sigma="+sum)
		case "password-file":
		default:
			b.settings = append(b.settings, "--"+name+"="+f.Value.String())
		}
	}
	if opt.config.Password != "" {
		b.settings = append(b.settings, "with a password")
	}
	return nil
}

// sigmaSum is the SHA-256 of a folder's rules, with their names, or of one
// file's.
func sigmaSum(path string) (string, error) {
	h := sha256.New()
	err := filepath.WalkDir(path, func(name string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		if ext := strings.ToLower(filepath.Ext(name)); name != path && ext != ".yml" && ext != ".yaml" {
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(path, name)
		fmt.Fprintf(h, "%q %d\n%s\n", filepath.ToSlash(relative), len(text), text)
		return err
	})
	return fmt.Sprintf("%x", h.Sum(nil)), err
}

// shardOf says which part of the batch is asked for, by the flag or by the
// system that runs the array of jobs.
func (opt *options) shardOf(getenv func(string) string) (index, count int, fromEnv bool, err error) {
	if given := opt.batch.shard; given != "" {
		if index, count, err = batch.ParseShard(given); err != nil {
			return 0, 0, false, fmt.Errorf("--shard: %w", err)
		}
		return index, count, false, nil
	}
	index, count, fromEnv, err = batch.ShardFromEnv(getenv)
	if err != nil {
		return 0, 0, false, fmt.Errorf("%w; or give --shard, 1/1 for all", err)
	}
	if !fromEnv {
		return 1, 1, false, nil
	}
	return index, count, true, nil
}

// size reads a number of bytes with a unit: 512M, 2G. Empty is 0.
func size(flag, value string) (int64, error) {
	if value == "" {
		return 0, nil
	}
	digits := strings.TrimRight(strings.TrimSuffix(strings.TrimSuffix(strings.ToUpper(value), "B"), "I"), "KMGT")
	n, err := strconv.ParseInt(digits, 10, 32)
	unit := strings.TrimPrefix(strings.ToUpper(value), digits)
	shift, known := map[string]int{"M": 20, "MB": 20, "MIB": 20, "G": 30, "GB": 30, "GIB": 30, "T": 40, "TB": 40, "TIB": 40}[unit]
	if err != nil || n < 1 || !known || n > 1<<(62-shift) {
		return 0, fmt.Errorf("%s is %q; give a size such as 512M or 2G", flag, value)
	}
	return n << shift, nil
}
