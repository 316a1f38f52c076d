package batch

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hivetriage/triage/fleet"
)

// TestRun: whatever one host's process does, the rest are triaged, and each is
// told of as what it is.
func TestRun(t *testing.T) {
	c := fakeBatch(t, map[string]string{"a": "quiet", "b": "found", "c": "gap", "d": "crash", "e": "killed", "f": "evidence", "g": "silent", "h": "word", "i": "late", "j": "hang"})
	c.Timeout, c.Grace = 1500*time.Millisecond, 300*time.Millisecond
	c.Jobs = 4
	told := map[string]string{}
	c.Tell = func(e Event) { told[e.Host] = e.State }
	var most Progress
	c.Progress = func(p Progress) {
		if p.Stage == stageHosts {
			most = p
		}
	}
	all := run(t, c)
	want := map[string]struct {
		state string
		code  int
		why   string
		files int
	}{
		"a": {fleet.Done, 0, "", 4}, "b": {fleet.Done, 1, "", 4}, "c": {fleet.Done, 3, "", 4},
		"d": {fleet.Failed, 2, "the program crashed (panic: ", 1},
		"e": {fleet.Failed, -1, "was ended by the system", 1},
		"f": {fleet.Failed, 2, "host.raw: encrypted", 1},
		"g": {fleet.Failed, 0, "exit code 0 and wrote no footprint.json", 1},
		"h": {fleet.Failed, 7, "something odd", 1},
		"i": {fleet.TimedOut, 3, "after 1.5s; the report holds", 4},
		"j": {fleet.TimedOut, -1, "after 1.5s, and was ended before", 1},
	}
	got := states(t, c.Output)
	for name, w := range want {
		s := got[name]
		if s == nil {
			t.Errorf("%s has no folder", name)
			continue
		}
		if s.State != w.state || s.Code != w.code || !strings.Contains(s.Why, w.why) || (w.why == "") != (s.Why == "") {
			t.Errorf("%s: %s, exit code %d: %q", name, s.State, s.Code, s.Why)
		}
		if wantTold := w.state; (told[name] != "") != (wantTold != fleet.Done) || told[name] != "" && told[name] != wantTold {
			t.Errorf("%s was told of as %q", name, told[name])
		}
		files, err := os.ReadDir(filepath.Join(c.Output, HostsName, name))
		if err != nil || len(files) != w.files {
			t.Errorf("%s has %d files, want %d (%v)", name, len(files), w.files, err)
		}
	}
	if len(got) != len(want) || all.Counts.Inputs != len(want) {
		t.Errorf("%d folders, %d inputs, want %d", len(got), all.Counts.Inputs, len(want))
	}
	if most.Hosts != len(want) || most.AllHosts != len(want) || most.Done != most.Total {
		t.Errorf("the last progress is %+v", most)
	}
	for name := range tree(t, c.Output) {
		info, err := os.Lstat(filepath.Join(c.Output, name))
		if err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s may be read by others: %v %v", name, info.Mode(), err)
		}
	}
}

// TestOutputFails: a full disk ends the batch, whose finished hosts stay.
func TestOutputFails(t *testing.T) {
	words := map[string]string{"a": "quiet", "bbbb": "full", "c": "quiet"}
	c := fakeBatch(t, words)
	c.Jobs = 1 // the larger, which fails, first
	_, err := Run(context.Background(), c)
	var output *OutputError
	if !errors.As(err, &output) || !strings.Contains(err.Error(), "bbbb: writing case.json: no space left") {
		t.Fatalf("error %v", err)
	}
	if got := states(t, c.Output); len(got) != 0 {
		t.Errorf("finished: %v", got)
	}
	if err := os.WriteFile(c.Plan.Items[1].Paths[0], []byte("found"), 0o600); err != nil {
		t.Fatal(err)
	}
	c.Resume = true
	run(t, c)
	if got := states(t, c.Output); len(got) != 3 {
		t.Errorf("finished: %v", got)
	}

	c = fakeBatch(t, map[string]string{"a": "quiet"})
	c.CaseFiles = []CaseFile{{"case.json", func(w io.Writer, _ *fleet.Case) error {
		_, err := w.Write([]byte("half"))
		return errors.Join(err, errors.New("no space left on device"))
	}}}
	if _, err := Run(context.Background(), c); !errors.As(err, &output) || !strings.Contains(err.Error(), "case.json: no space left") {
		t.Errorf("error %v", err)
	}
	if _, err := os.Stat(filepath.Join(c.Output, "case.json")); err == nil {
		t.Error("half a case.json stands there")
	}
	c.Resume, c.CaseFiles = true, fakeCaseFiles
	run(t, c)
}

// TestInterrupted: an interrupted batch leaves the finished hosts only, no
// process, and goes on to the same bytes.
func TestInterrupted(t *testing.T) {
	words := map[string]string{"long": "quiet", "a": "quiet", "hangs": "hang"}
	c := fakeBatch(t, words)
	c.Grace = 100 * time.Millisecond
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	c.Progress = func(p Progress) {
		if p.Hosts == 2 && len(p.Running) == 1 && p.Running[0].Stage != "" {
			cancel()
		}
	}
	if _, err := Run(ctx, c); !errors.Is(err, ErrInterrupted) {
		t.Fatalf("error %v", err)
	}
	if got := states(t, c.Output); len(got) != 2 || got["hangs"] != nil {
		t.Errorf("finished: %v", got)
	}
	for _, item := range c.Plan.Items {
		if err := os.WriteFile(item.Paths[0], []byte("quiet"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c.Resume, c.Progress = true, nil
	run(t, c)
	whole := c
	whole.Resume, whole.Output = false, filepath.Join(t.TempDir(), "case")
	run(t, whole)
	sameTrees(t, c.Output, whole.Output)
}

// TestProgramMissing: what cannot be run at all is no fault of the evidence.
func TestProgramMissing(t *testing.T) {
	c := fakeBatch(t, map[string]string{"a": "quiet"})
	c.Program = filepath.Join(t.TempDir(), "none")
	if _, err := Run(context.Background(), c); err == nil || !strings.Contains(err.Error(), "cannot run") {
		t.Errorf("error %v", err)
	}
	if got := states(t, c.Output); len(got) != 0 {
		t.Errorf("finished: %v", got)
	}
}

func TestWorkersFor(t *testing.T) {
	sized := func(name string, size int64) Planned { return Planned{Name: name, Size: size} }
	small := []Planned{sized("b", 10), sized("c", 10), sized("d", 10)}
	for _, c := range []struct {
		what    string
		jobs    int
		workers int
		item    Planned
		waits   []Planned
		want    int
	}{
		{"alone", 4, 8, sized("a", 10), nil, 8},
		{"one of four", 4, 8, sized("a", 10), small, 2},
		{"one of many", 8, 8, sized("a", 10), append(small, small...), 1},
		{"huge among small ones", 4, 8, sized("a", 1000), small, 7},
		{"a single worker", 4, 1, sized("a", 1000), small, 1},
		{"no sizes", 2, 2, sized("a", 0), []Planned{sized("b", 0)}, 1},
	} {
		b := &batch{Config: &Config{Workers: c.workers}, jobs: c.jobs, waits: append([]Planned{c.item}, c.waits...)}
		if got := b.workersFor(c.item); got != c.want {
			t.Errorf("%s: %d workers, want %d", c.what, got, c.want)
		}
	}
}

func TestDivide(t *testing.T) {
	for _, c := range []struct {
		memory int64
		jobs   int
		n      int
		share  int64
	}{
		{1 << 30, 4, 4, (1<<30 - ownMemory) / 4}, {512 << 20, 2, 2, (512<<20 - ownMemory) / 2},
		{256 << 20, 8, 2, (256<<20 - ownMemory) / 2}, {64 << 20, 4, 1, leastShare}, {0, 1, 1, leastShare},
	} {
		if n, share := divide(c.memory, c.jobs); n != c.n || share != c.share {
			t.Errorf("%d MiB for %d: %d with %d MiB each, want %d with %d", c.memory>>20, c.jobs, n, share>>20, c.n, c.share>>20)
		}
	}
	if DefaultMemory() <= 0 {
		t.Error("no memory is to be had")
	}
}

// TestRoom: what takes more than its share keeps others from starting.
func TestRoom(t *testing.T) {
	b := &batch{Config: &Config{}, jobs: 3, share: 100, running: map[string]*child{}}
	for i, c := range []struct {
		memory string
		want   bool
	}{{"50", true}, {"150", false}, {"90", false}} {
		child := &child{}
		child.heard.Write([]byte(`{"stage":"logs","memory":` + c.memory + "}\n"))
		b.running[string(rune('a'+i))] = child
		if got := b.room(); got != c.want {
			t.Errorf("with %d at work: %v", i+1, got)
		}
	}
}
