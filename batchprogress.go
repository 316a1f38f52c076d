package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"hivetriage/report"
	"hivetriage/triage/batch"
)

// A batchMeter tells the progress of many hosts on standard error: a few lines
// that are rewritten on a terminal, a line now and then, or JSON lines.
type batchMeter struct {
	mu    sync.Mutex
	w     io.Writer
	mode  string // "line", "plain", "json", "none"
	quiet bool
	every time.Duration
	last  time.Time
	stage string
	lines int // that stand on the terminal

	narrow bool // lines are cut to what a terminal has room for
}

// maxShown bounds the hosts that are shown at work.
const maxShown = 8

func newBatchMeter(w io.Writer, opt *options) *batchMeter {
	terminal := onTerminal(w)
	m := &batchMeter{w: w, quiet: opt.quiet, narrow: terminal || opt.progress == "plain"}
	m.mode, m.every = progressMode(opt, terminal)
	return m
}

// report is called by the batch.
func (m *batchMeter) report(p batch.Progress) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	if m.mode == "none" || p.Stage == m.stage && p.Hosts < p.AllHosts && now.Sub(m.last) < m.every {
		return
	}
	m.last, m.stage = now, p.Stage
	switch m.mode {
	case "json":
		m.json(map[string]any{"stage": p.Stage, "hosts": p.Hosts, "all_hosts": p.AllHosts, "done": p.Done, "total": p.Total, "seconds_left": p.Left.Seconds(), "running": append([]batch.Running{}, p.Running...)})
	case "plain":
		fmt.Fprintln(m.w, strings.Join(batchLines(p)[:1], ""))
	default:
		m.clear()
		lines := batchLines(p)
		for _, l := range lines {
			fmt.Fprintln(m.w, l)
		}
		m.lines = len(lines)
	}
}

// batchLines are the whole in one line, and one for each host at work, in at
// most 79 columns.
func batchLines(p batch.Progress) []string {
	switch p.Stage {
	case "answer":
		return []string{fmt.Sprintf("%d hosts; looking across them", p.AllHosts)}
	case "files":
		return []string{fmt.Sprintf("%d hosts; writing the case", p.AllHosts)}
	}
	share := 100.0
	if p.Total > 0 {
		share = 100 * float64(p.Done) / float64(p.Total)
	}
	first := fmt.Sprintf("%d of %d hosts  %.0f%%", p.Hosts, p.AllHosts, share)
	if p.Left >= time.Second {
		first += "  about " + p.Left.Round(time.Second).String() + " left"
	}
	lines := []string{first}
	for i, r := range p.Running {
		if i == maxShown {
			lines = append(lines, fmt.Sprintf("  and %d more", len(p.Running)-i))
			break
		}
		stage := r.Stage
		if stage == "" {
			stage = "opening"
		}
		lines = append(lines, fmt.Sprintf("  %-9s %3d%%  %s", stage, r.Share, report.Visible(r.Name)))
	}
	for i, l := range lines {
		if runes := []rune(l); len(runes) > 79 {
			lines[i] = string(runes[:78]) + "…"
		}
	}
	return lines
}

// event tells of one host, in a line of its own.
func (m *batchMeter) event(e batch.Event) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.mode == "json" {
		m.json(map[string]any{"host": e.Host, "state": e.State, "why": e.Why})
		return
	}
	m.clear()
	fmt.Fprintln(m.w, eventLine(e, m.narrow))
}

// maxEventHost is how many columns a host has in a narrow line.
const maxEventHost = 30

// eventLine writes what became of a host; narrow, in at most 79 columns: the
// host's own files have the whole.
func eventLine(e batch.Event, narrow bool) string {
	host, text := report.Visible(e.Host), report.Visible(eventText(e))
	if narrow {
		host = middle(host, maxEventHost)
		text = middle(text, 79-len([]rune("hivetriage: "+host+": ")))
	}
	return "hivetriage: " + host + ": " + text
}

// middle cuts a text in its middle to a number of columns.
func middle(text string, most int) string {
	r := []rune(text)
	if len(r) <= most {
		return text
	}
	return string(r[:most/2]) + "…" + string(r[len(r)-(most-1-most/2):])
}

// eventText says what became of a host.
func eventText(e batch.Event) string {
	if e.State == batch.Changed || e.State == batch.Again {
		return e.Why
	}
	return e.State + ": " + e.Why
}

// say tells something of the whole.
func (m *batchMeter) say(text string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch m.mode {
	case "json":
		m.json(map[string]any{"message": text})
	case "plain":
		fmt.Fprintln(m.w, text)
	case "line":
		m.clear()
		fmt.Fprintln(m.w, text)
		m.lines = 1
	}
}

// json writes one line. What is written is made of texts and numbers, which
// can be encoded.
func (m *batchMeter) json(line map[string]any) {
	if text, err := json.Marshal(line); err == nil {
		fmt.Fprintf(m.w, "%s\n", text)
	}
}

// clear takes the lines from the terminal.
func (m *batchMeter) clear() {
	for range m.lines {
		fmt.Fprint(m.w, "\x1b[A\r\x1b[K")
	}
	m.lines = 0
}

// end clears the lines, so that the summary starts on a clean one.
func (m *batchMeter) end() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.clear()
}
