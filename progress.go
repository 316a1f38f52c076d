package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"

	"hivetriage/report"
	"hivetriage/triage"
)

// A meter tells progress on standard error: one line that is rewritten on a
// terminal ("auto"), a line now and then ("plain"), or JSON lines ("json").
type meter struct {
	mu      sync.Mutex
	w       io.Writer
	mode    string // "line", "plain", "json", "none"
	every   time.Duration
	last    time.Time
	stage   string
	began   time.Time // of the stage
	printed bool      // a line stands on the terminal
}

func newMeter(w io.Writer, opt *options) *meter {
	m := &meter{w: w}
	m.mode, m.every = progressMode(opt, onTerminal(w))
	return m
}

// progressMode is how progress is told, and how often at most.
func progressMode(opt *options, terminal bool) (mode string, every time.Duration) {
	switch {
	case opt.progress == "auto" && terminal && !opt.quiet:
		return "line", 200 * time.Millisecond
	case opt.progress == "auto":
		return "none", 0
	case opt.progress == "json":
		return "json", time.Second
	}
	return opt.progress, 10 * time.Second
}

func onTerminal(w io.Writer) bool {
	f, isFile := w.(*os.File)
	return isFile && term.IsTerminal(int(f.Fd()))
}

// report is called by the run, from several goroutines.
func (m *meter) report(p triage.Progress) {
	if m.mode == "none" {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	if stage := p.Stage + p.Input; stage != m.stage {
		m.stage, m.began = stage, now
	}
	if now.Sub(m.last) < m.every && p.Done < p.Total {
		return
	}
	if p.Done >= p.Total && m.mode == "plain" && now.Sub(m.last) < time.Second {
		return
	}
	m.last = now
	elapsed := now.Sub(m.began)
	if m.mode == "json" {
		line, err := json.Marshal(map[string]any{"stage": p.Stage, "input": p.Input, "done": p.Done, "total": p.Total, "seconds_left": left(p, elapsed).Seconds(), "memory": memoryUsed()})
		if err == nil {
			fmt.Fprintf(m.w, "%s\n", line)
		}
		return
	}
	text := progressLine(p, elapsed)
	if m.mode == "line" {
		fmt.Fprintf(m.w, "\r\x1b[K%s", text)
		m.printed = true
		return
	}
	fmt.Fprintln(m.w, text)
}

// progressLine writes the stage, the share done, the rate and the time left
// in at most 79 columns.
func progressLine(p triage.Progress, elapsed time.Duration) string {
	share := 100.0
	if p.Total > 0 {
		share = 100 * float64(p.Done) / float64(p.Total)
	}
	text := fmt.Sprintf("%-7s %3.0f%%", p.Stage, share)
	if counted := p.Stage == "hives" || p.Stage == "context" || p.Stage == "rules"; counted {
		text += fmt.Sprintf("  %d of %d", p.Done, p.Total)
	} else if s := elapsed.Seconds(); s > 0.1 {
		text += fmt.Sprintf("  %.0f MB/s", float64(p.Done)/1e6/s)
	}
	if rest := left(p, elapsed); rest >= time.Second {
		text += "  " + rest.Round(time.Second).String() + " left"
	}
	if p.Input != "" {
		text += "  " + report.Visible(p.Input)
	}
	if r := []rune(text); len(r) > 79 {
		text = string(r[:78]) + "…"
	}
	return text
}

func left(p triage.Progress, elapsed time.Duration) time.Duration {
	if p.Done <= 0 || p.Total <= p.Done {
		return 0
	}
	return time.Duration(float64(elapsed) * float64(p.Total-p.Done) / float64(p.Done))
}

// end clears the line, so that the tables start on a clean one.
func (m *meter) end() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.printed {
		fmt.Fprint(m.w, "\r\x1b[K")
		m.printed = false
	}
}
