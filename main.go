// Hivetriage finds copies of the SAM, SECURITY and SYSTEM registry hives in
// disk images, folders and logs, ties them to the commands that made them, and
// writes a report that answers the investigation guide. It is offline and
// opens evidence read-only.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
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
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
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

// What an error that ends the program is about.
const (
	causeEvidence = "evidence" // it cannot be read
	causeOutput   = "output"   // a file cannot be written
	causeUsage    = "usage"    // the command line is wrong
)

// complain tells errors that end the program, as JSON lines where progress is
// told so, and returns the exit code.
func (opt *options) complain(stderr io.Writer, cause string, errs ...error) int {
	for _, err := range errs {
		if opt.progress == "json" {
			if line, failed := json.Marshal(map[string]string{"error": err.Error(), "cause": cause}); failed == nil {
				fmt.Fprintf(stderr, "%s\n", line)
				continue
			}
		}
		text := err.Error()
		if cause == causeEvidence { // what others wrote may stand in it
			text = report.Visible(text)
		}
		fmt.Fprintf(stderr, "hivetriage: %s\n", text)
	}
	return exitUnusable
}

// endWith ends the program when there is nothing more to read: what started it
// for one host of a batch holds the other end, and must not leave it behind.
func endWith(held io.Reader) {
	if _, err := io.Copy(io.Discard, held); err != nil {
		return // it cannot be watched
	}
	os.Exit(exitUnusable)
}

// causes are the errors that are joined in one, each for a line of its own.
func causes(err error) []error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var all []error
	for _, e := range joined.Unwrap() {
		all = append(all, causes(e)...)
	}
	return all
}

// runAt is run with a clock of the caller's.
func runAt(ctx context.Context, args []string, stdout, stderr io.Writer, now func() time.Time) int {
	opt, err := parse(args)
	switch {
	case err != nil:
		return opt.complain(stderr, causeUsage, err)
	case opt.help:
		return printed(stderr, stdout, usage())
	case opt.version:
		return printed(stderr, stdout, versionLine())
	}
	opt.config.CommandLine = commandLine(args)
	if opt.many() {
		return runMany(ctx, opt, stdout, stderr, now)
	}
	return runOne(ctx, opt, stdout, stderr, now)
}

// runOne triages one host, or what is named as if it were one.
func runOne(ctx context.Context, opt *options, stdout, stderr io.Writer, now func() time.Time) int {
	if opt.batch.attended {
		go endWith(os.Stdin)
	}
	if opt.batch.memory > 0 {
		keepWithin(opt.batch.memory)
	}
	outputs, err := createOutputs(opt)
	if err != nil {
		return opt.complain(stderr, causeOutput, err)
	}
	defer outputs.discard()
	meter := newMeter(stderr, opt)
	opt.config.Progress = meter.report
	opt.config.Now = now
	opt.config.Version, opt.config.Commit = buildVersion()
	var copies *extraction
	if opt.extract != "" {
		if copies, err = newExtraction(opt.extract); err != nil {
			return opt.complain(stderr, causeOutput, err)
		}
		opt.config.Extract = copies.take
	}
	c, err := triage.Run(ctx, opt.config)
	meter.end()
	if err != nil {
		return opt.complain(stderr, causeEvidence, causes(err)...)
	}
	if copies != nil {
		if err := copies.finish(); err != nil {
			return opt.complain(stderr, causeOutput, causes(err)...)
		}
	}
	if err := write(c, opt, outputs, stdout); err != nil {
		return opt.complain(stderr, causeOutput, causes(err)...)
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
