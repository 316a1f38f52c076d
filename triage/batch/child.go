package batch

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A child is the process that triages one item.
type child struct {
	item    Planned
	part    string // folder that it writes into
	workers int

	cmd     *exec.Cmd
	held    io.WriteCloser // the child's standard input: it ends when this process does
	pid     int
	exited  chan error
	began   time.Time
	ended   time.Time
	heard   listener
	failure error // of cmd.Wait

	code      int  // exit code; -1: it was ended by a signal
	timedOut  bool // it was ended after the time allowed
	stopped   bool // because the batch was
	abandoned bool // it could not be ended
}

const (
	killGrace  = 10 * time.Second // for a killed process to end
	pipeGrace  = 2 * time.Second  // for the pipes of a process that has ended
	maxHeard   = 64 << 10         // bytes of one line of a child's standard error
	maxErrors  = 2000             // bytes of what is kept of its errors
	maxMemory  = 1 << 50          // bytes that a process may say it has
	limitSlack = 16 << 20         // of a process' memory, which the collector does not count
)

// Causes of errors, as a process tells them with --progress json.
const (
	causeEvidence = "evidence" // it cannot be read
	causeOutput   = "output"   // a file cannot be written
	causeUsage    = "usage"    // the arguments are wrong
)

// command is how the program triages one item.
func (b *batch) command(c *child) *exec.Cmd {
	args := append([]string{}, b.Args...)
	args = append(args, "--quiet", "--progress", "json", "--attended", "--workers", strconv.Itoa(c.workers),
		"--output", c.part, "--footprint", filepath.Join(c.part, FootprintName))
	if limit := b.share - limitSlack; b.share > 0 {
		args = append(args, "--memory", strconv.FormatInt(limit>>20, 10)+"M")
	}
	args = append(append(args, "--"), c.item.Paths...)
	cmd := exec.Command(b.Program, args...)
	if b.Name != "" {
		cmd.Args[0] = b.Name
	}
	return cmd
}

// start starts the process, apart from the terminal's group: a Ctrl-C comes to
// this process only, which passes it on.
func (c *child) start(cmd *exec.Cmd) error {
	c.cmd, c.exited = cmd, make(chan error, 1)
	cmd.Stderr = &c.heard
	cmd.WaitDelay = pipeGrace
	apart(cmd)
	var err error
	if c.held, err = cmd.StdinPipe(); err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	c.began, c.pid = time.Now(), cmd.Process.Pid
	go func() { c.exited <- cmd.Wait() }()
	return nil
}

// wait returns when the process has ended, or cannot be ended. After timeout,
// or when ctx ends, it is interrupted, and killed where that does not help.
func (c *child) wait(ctx context.Context, timeout, grace time.Duration) {
	defer func() { c.ended = time.Now() }()
	var late <-chan time.Time
	if timeout > 0 {
		timer := time.NewTimer(timeout)
		defer timer.Stop()
		late = timer.C
	}
	select {
	case err := <-c.exited:
		c.close(err)
		return
	case <-late:
		c.timedOut = true
	case <-ctx.Done():
		c.stopped = true
	}
	// An error of the signal says that the process has just ended, or cannot
	// be reached: both are seen in what follows.
	if interrupt(c.cmd.Process) == nil && c.endsWithin(grace) {
		return
	}
	if kill(c.cmd.Process) == nil && c.endsWithin(killGrace) {
		return
	}
	if !c.endsWithin(pipeGrace) {
		c.abandoned, c.code = true, -1
		c.cmd.Process.Release()
	}
}

func (c *child) endsWithin(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case err := <-c.exited:
		c.close(err)
		return true
	case <-timer.C:
		return false
	}
}

// close notes how the process ended.
func (c *child) close(err error) {
	c.failure = err
	c.held.Close() // the other end is gone
	c.heard.end()
	if state := c.cmd.ProcessState; state != nil {
		c.code = state.ExitCode()
	} else {
		c.code = -1
	}
}

// why says why a process gave nothing, as it told it, or as the system did.
func (c *child) why() string {
	errs := c.heard.errors()
	var exit *exec.ExitError
	switch {
	case errs != "":
		return errs
	case errors.As(c.failure, &exit) && exit.ExitCode() < 0:
		return fmt.Sprintf("the process was ended by the system (%s), which may be for want of memory", exit.ProcessState)
	case c.failure != nil:
		return fmt.Sprintf("the process ended without a word (%v)", c.failure)
	}
	return fmt.Sprintf("the process ended with exit code %d", c.code)
}

// A heardLine is one line that a process writes with --progress json.
type heardLine struct {
	Stage  string `json:"stage"`
	Done   int64  `json:"done"`
	Total  int64  `json:"total"`
	Memory int64  `json:"memory"` // that the process has of the system, bytes
	Error  string `json:"error"`
	Cause  string `json:"cause"`
}

// A listener takes what a process writes to its standard error: JSON lines of
// progress and errors. Of other text the first line that tells of a crash is
// kept.
type listener struct {
	mu    sync.Mutex
	line  []byte
	last  heardLine
	told  []string
	size  int
	crash string
	other string // the first line of any other text
	cause string // of the first error
}

// Write takes what was written; it never fails.
func (l *listener) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := len(p)
	for len(p) > 0 {
		i := bytes.IndexByte(p, '\n')
		piece := p
		if i >= 0 {
			piece = p[:i]
		}
		if room := maxHeard - len(l.line); len(piece) > room {
			piece = piece[:room]
		}
		l.line = append(l.line, piece...)
		if i < 0 {
			break
		}
		l.take()
		p = p[i+1:]
	}
	return n, nil
}

// take reads one line.
func (l *listener) take() {
	line := bytes.TrimSpace(l.line)
	l.line = l.line[:0]
	var h heardLine
	if len(line) > 0 && line[0] == '{' && json.Unmarshal(line, &h) == nil {
		if h.Error != "" {
			if l.size < maxErrors {
				l.told = append(l.told, shortened(h.Error, maxErrors-l.size))
			}
			l.size += len(h.Error)
			if l.cause == "" {
				l.cause = h.Cause
			}
		}
		if _, known := stageSpans[h.Stage]; known {
			h.Memory = min(h.Memory, maxMemory)
			l.last = h
		}
		return
	}
	text := string(line[:min(len(line), maxErrors)])
	switch {
	case l.crash == "" && (strings.HasPrefix(text, "panic: ") || strings.HasPrefix(text, "fatal error: ") || strings.HasPrefix(text, "runtime: out of memory")):
		l.crash = text
	case l.other == "":
		l.other = text
	}
}

// shortened is at most n bytes of a text.
func shortened(text string, n int) string {
	if len(text) <= n {
		return text
	}
	return strings.ToValidUTF8(text[:n], "") + "…"
}

// end reads what stands after the last line's end.
func (l *listener) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.line) > 0 {
		l.take()
	}
}

// errors are those that the process told, else how it crashed.
func (l *listener) errors() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case len(l.told) > 0:
		return strings.Join(l.told, "; ")
	case l.crash != "":
		return "the program crashed (" + l.crash + ")"
	}
	return l.other
}

// first is the first error that was told.
func (l *listener) first() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.told[:min(len(l.told), 1)], "")
}

// progress is the last that was told.
func (l *listener) progress() heardLine {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last
}
