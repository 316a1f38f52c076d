package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"hivetriage/report"
	"hivetriage/triage"
	"hivetriage/triage/batch"
	"hivetriage/triage/fleet"
)

// runMany triages many hosts, or merges the shards of a batch, and returns the
// exit code.
func runMany(ctx context.Context, opt *options, stdout, stderr io.Writer, now func() time.Time) int {
	c, err := manyConfig(opt, now)
	if err != nil {
		return opt.complain(stderr, causeUsage, err)
	}
	meter := newBatchMeter(stderr, opt)
	c.Progress, c.Tell = meter.report, meter.event
	var all *fleet.Case
	if len(opt.batch.merge) > 0 {
		all, err = batch.Merge(ctx, opt.batch.merge, c)
	} else {
		all, err = runBatch(ctx, opt, c, meter)
	}
	meter.end()
	var output *batch.OutputError
	switch {
	case errors.Is(err, batch.ErrInterrupted):
		fmt.Fprintf(stderr, "hivetriage: interrupted; what is finished stays in %s: the same command with --resume goes on with it\n", report.Visible(opt.folder))
		return exitUnusable
	case errors.As(err, &output):
		return opt.complain(stderr, causeOutput, fmt.Errorf("%w; what is finished stays: the same command with --resume goes on with it", err))
	case err != nil:
		return opt.complain(stderr, causeUsage, err)
	}
	if !opt.quiet {
		terminal := report.TerminalOptions{Width: opt.width(stdout), Color: opt.colored(stdout)}
		if err := tellBatch(stdout, all, opt.folder, terminal); err != nil {
			return opt.complain(stderr, causeOutput, fmt.Errorf("writing to the terminal: %w", err))
		}
	}
	return manyCode(all, opt.batch.part)
}

// manyConfig is what a batch and a merge have in common.
func manyConfig(opt *options, now func() time.Time) (batch.Config, error) {
	program, err := os.Executable()
	if err != nil {
		return batch.Config{}, fmt.Errorf("cannot find the program's own file, which is run for each host: %w", err)
	}
	version, commit := buildVersion()
	c := batch.Config{
		Output: filepath.Clean(opt.folder), Resume: opt.batch.resume, Settings: opt.batch.settings,
		Tool: triage.ToolOf(version, commit),
		Run:  triage.RunInfo{Started: now().UTC(), CommandLine: opt.config.CommandLine, CaseID: opt.config.CaseID, Examiner: opt.config.Examiner},
		// Under the name that the tests' binary knows the program by, too.
		Program: program, Name: "hivetriage", Args: opt.batch.forward,
		Jobs: opt.batch.jobs, Workers: opt.config.Workers, Memory: opt.batch.memory, Timeout: opt.batch.timeout,
		Now: now,
	}
	if c.Memory == 0 {
		c.Memory = batch.DefaultMemory()
	}
	for _, f := range report.Files() {
		c.Files = append(c.Files, batch.File{Name: f.Name, Write: f.Write})
	}
	for _, f := range report.BatchFiles() {
		c.CaseFiles = append(c.CaseFiles, batch.CaseFile{Name: f.Name, Write: f.Write})
	}
	return c, nil
}

// runBatch finds the hosts' evidence and triages it.
func runBatch(ctx context.Context, opt *options, c batch.Config, meter *batchMeter) (*fleet.Case, error) {
	var fromEnv bool
	var err error
	if c.Shard, c.Shards, fromEnv, err = opt.shardOf(os.Getenv); err != nil {
		return nil, err
	}
	opt.batch.part = c.Shards > 1
	find := batch.Options{Output: c.Output}
	if slices.Contains(opt.batch.roots, "-") {
		find.List = os.Stdin
	}
	meter.say("looking for evidence")
	c.Plan, err = batch.Find(ctx, opt.batch.roots, find)
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, errors.New("interrupted before anything was triaged")
	case err != nil:
		return nil, err
	case len(c.Plan.Items) == 0:
		return nil, fmt.Errorf("no evidence was found in %s; %d entries are something else", commandLine(opt.batch.roots)[len("hivetriage "):], len(c.Plan.Left))
	}
	for _, item := range c.Plan.Items {
		for _, path := range item.Paths {
			if err := outside(c.Output, path); err != nil {
				return nil, err
			}
		}
	}
	if fromEnv {
		meter.say(fmt.Sprintf("shard %d of %d, as the environment says", c.Shard, c.Shards))
	}
	return batch.Run(ctx, c)
}

// outside refuses a folder for outputs that is evidence, or lies in it.
func outside(output, evidence string) error {
	absolute, err := filepath.Abs(output)
	if err != nil {
		return err
	}
	if parent, err := filepath.EvalSymlinks(filepath.Dir(absolute)); err == nil {
		absolute = filepath.Join(parent, filepath.Base(absolute))
	}
	if liesIn(absolute, evidence) {
		return fmt.Errorf("cannot write into %s: it is in the evidence %s", output, evidence)
	}
	return nil
}

// manyCode is the exit code for all hosts, or for the part of them that a shard
// is.
func manyCode(all *fleet.Case, part bool) int {
	found := slices.ContainsFunc(all.Hosts, func(h fleet.Host) bool { return h.Code == exitFound })
	switch {
	case found:
		return exitFound
	case all.Counts.Inputs > 0 && all.Counts.Triaged == 0 && !part:
		return exitUnusable
	case all.Complete:
		return exitClean
	}
	return exitIncomplete
}

// tellBatch prints what was found across the hosts, and where all of it is.
func tellBatch(w io.Writer, all *fleet.Case, folder string, opt report.TerminalOptions) error {
	if err := report.BatchTerminal(w, all, opt); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "\nThe page: %s\nEach host: %s\n", report.Visible(filepath.Join(folder, "index.html")), report.Visible(filepath.Join(folder, batch.HostsName)))
	return err
}
