package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"hivetriage/triage/batch"
)

func TestBatchLines(t *testing.T) {
	many := []batch.Running{}
	for range 10 {
		many = append(many, batch.Running{Name: "host", Stage: "logs", Share: 50})
	}
	for _, c := range []struct {
		what string
		p    batch.Progress
		want []string
	}{
		{"at work", batch.Progress{Stage: "hosts", Hosts: 3, AllHosts: 8, Done: 25, Total: 100, Left: 90 * time.Second, Running: []batch.Running{{Name: "a"}, {Name: "b\x1b", Stage: "volume", Share: 7}}},
			[]string{"3 of 8 hosts  25%  about 1m30s left", "  opening     0%  a", `  volume      7%  b\x1b`}},
		{"all done", batch.Progress{Stage: "hosts", Hosts: 8, AllHosts: 8}, []string{"8 of 8 hosts  100%"}},
		{"across", batch.Progress{Stage: "answer", AllHosts: 8}, []string{"8 hosts; looking across them"}},
		{"files", batch.Progress{Stage: "files", AllHosts: 8}, []string{"8 hosts; writing the case"}},
	} {
		if got := batchLines(c.p); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q", c.what, got)
		}
	}
	lines := batchLines(batch.Progress{Stage: "hosts", Running: append(many, batch.Running{Name: strings.Repeat("n", 300)})})
	if len(lines) != 1+maxShown+1 || lines[len(lines)-1] != "  and 3 more" {
		t.Errorf("%q", lines)
	}
	long := batchLines(batch.Progress{Stage: "hosts", Running: []batch.Running{{Name: strings.Repeat("n", 300)}}})
	if n := len([]rune(long[1])); n != 79 {
		t.Errorf("%d columns", n)
	}
}

// TestBatchMeter: lines are taken from the terminal before others are written.
func TestBatchMeter(t *testing.T) {
	var out bytes.Buffer
	m := &batchMeter{w: &out, mode: "line"}
	m.report(batch.Progress{Stage: "hosts", AllHosts: 2, Running: []batch.Running{{Name: "a"}}})
	m.event(batch.Event{Host: "a\x1b", State: "failed", Why: "broken"})
	m.report(batch.Progress{Stage: "hosts", Hosts: 2, AllHosts: 2})
	m.end()
	const up = "\x1b[A\r\x1b[K"
	if want := "0 of 2 hosts  100%\n  opening     0%  a\n" + up + up + `hivetriage: a\x1b: failed: broken` + "\n" + "2 of 2 hosts  100%\n" + up; out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
	}
}

// TestEventLine: an event has room on a terminal, whatever its host is called;
// elsewhere it is whole.
func TestEventLine(t *testing.T) {
	long := batch.Event{Host: strings.Repeat("h", 100) + "\x1b.zip", State: "failed", Why: strings.Repeat("w", 100) + ": copy it again"}
	short := batch.Event{Host: "a", State: "failed", Why: "broken"}
	if got := eventLine(short, true); got != "hivetriage: a: failed: broken" || eventLine(short, false) != got {
		t.Errorf("%q", got)
	}
	got := eventLine(long, true)
	if n := len([]rune(got)); n != 79 || !strings.Contains(got, `\x1b.zip: failed: w`) || !strings.HasSuffix(got, "copy it again") || strings.Count(got, "…") != 2 {
		t.Errorf("%d columns: %q", n, got)
	}
	if got := eventLine(long, false); got != "hivetriage: "+strings.Repeat("h", 100)+`\x1b.zip: failed: `+long.Why {
		t.Errorf("%q", got)
	}
	for _, mode := range []string{"plain", "auto"} {
		var out bytes.Buffer
		newBatchMeter(&out, &options{progress: mode}).event(long)
		if cut := len([]rune(out.String())) == 80; cut != (mode == "plain") {
			t.Errorf("%s: %q", mode, out.String())
		}
	}
}

func TestSize(t *testing.T) {
	for text, want := range map[string]int64{"": 0, "512M": 512 << 20, "2g": 2 << 30, "2GiB": 2 << 30, "1TB": 1 << 40, "64mb": 64 << 20} {
		if got, err := size("--memory", text); err != nil || got != want {
			t.Errorf("%q: %d, %v", text, got, err)
		}
	}
	for _, text := range []string{"0M", "-1G", "2", "G", "2K", "1.5G", "99999999999999G", "9999999999T", "2GG", "2 G"} {
		if got, err := size("--memory", text); err == nil {
			t.Errorf("%q: %d", text, got)
		}
	}
}

// TestSigmaSum: the digest is of what the rules say and are called, and of
// nothing else in the folder.
func TestSigmaSum(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		sum, err := sigmaSum(dir)
		if err != nil || len(sum) != 64 {
			t.Fatalf("%q, %v", sum, err)
		}
		return sum
	}
	first := write("a.yml", "title: a")
	if write("notes.txt", "x") != first {
		t.Error("a file that is no rule counts")
	}
	if write("a.yml", "title: b") == first || write("b.YAML", "title: b") == first || write("a.yml", "title: a") == first {
		t.Error("another rule has the same digest")
	}
	if _, err := sigmaSum(filepath.Join(dir, "none")); err == nil {
		t.Error("no error for a folder that is not there")
	}
}
