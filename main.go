// Hivetriage finds copies of the SAM, SECURITY and SYSTEM registry hives in
// disk images, folders and logs, ties them to the commands that made them, and
// writes a report that answers the investigation guide. It is offline and
// opens evidence read-only.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"

	"hivetriage/report"
	"hivetriage/triage"
)

// Exit codes; --help explains them.
const (
	exitClean      = 0 // nothing found, coverage complete
	exitFound      = 1 // a hive export or a command that makes one
	exitUnusable   = 2 // bad usage, unreadable input, output that cannot be written
	exitIncomplete = 3 // nothing found, coverage incomplete
)

func main() {
	spareMemory()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	go func() { // the first Ctrl-C ends the reading, the second one the program
		<-ctx.Done()
		stop()
	}()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is the program: it triages what args name, writes the outputs and
// returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	return runAt(ctx, args, stdout, stderr, time.Now)
}

// causes are the errors that are joined in one, each for a line of its own.
func causes(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	return []error{err}
}

// runAt is run with a clock of the caller's.
func runAt(ctx context.Context, args []string, stdout, stderr io.Writer, now func() time.Time) int {
	opt, err := parse(args)
	switch {
	case err != nil:
		fmt.Fprintf(stderr, "hivetriage: %v\n", err)
		return exitUnusable
	case opt.help:
		return printed(stderr, stdout, usage())
	case opt.version:
		return printed(stderr, stdout, versionLine())
	}
	outputs, err := createOutputs(opt)
	if err != nil {
		fmt.Fprintf(stderr, "hivetriage: %v\n", err)
		return exitUnusable
	}
	defer outputs.discard()
	meter := newMeter(stderr, opt)
	opt.config.Progress = meter.report
	opt.config.Now = now
	opt.config.CommandLine = commandLine(args)
	opt.config.Version, opt.config.Commit = buildVersion()
	var copies *extraction
	if opt.extract != "" {
		if copies, err = newExtraction(opt.extract); err != nil {
			fmt.Fprintf(stderr, "hivetriage: %v\n", err)
			return exitUnusable
		}
		opt.config.Extract = copies.take
	}
	c, err := triage.Run(ctx, opt.config)
	meter.end()
	if err == nil && copies != nil {
		err = copies.finish()
	}
	if err != nil {
		for _, cause := range causes(err) {
			fmt.Fprintf(stderr, "hivetriage: %s\n", report.Visible(cause.Error()))
		}
		return exitUnusable
	}
	if err := write(c, opt, outputs, stdout); err != nil {
		fmt.Fprintf(stderr, "hivetriage: %v\n", err)
		return exitUnusable
	}
	if ctx.Err() != nil {
		fmt.Fprintln(stderr, "hivetriage: interrupted; the report holds what was found until then")
	}
	return exitCode(c)
}

func printed(stderr, stdout io.Writer, text string) int {
	if _, err := io.WriteString(stdout, text); err != nil {
		fmt.Fprintf(stderr, "hivetriage: %v\n", err)
		return exitUnusable
	}
	return exitClean
}

func exitCode(c *triage.Case) int {
	switch {
	case c.Found():
		return exitFound
	case c.Complete:
		return exitClean
	}
	return exitIncomplete
}

// write renders the case to the terminal and to the named files.
func write(c *triage.Case, opt *options, outputs *outputFiles, stdout io.Writer) error {
	if !opt.quiet {
		terminal := report.TerminalOptions{Width: opt.width(stdout), Color: opt.colored(stdout)}
		if err := report.Terminal(stdout, c, terminal); err != nil {
			return fmt.Errorf("writing to the terminal: %w", err)
		}
	}
	var err error
	for _, o := range opt.outputs() {
		err = errors.Join(err, outputs.commit(o, stdout, c))
	}
	return err
}
