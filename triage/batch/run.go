package batch

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"time"

	"hivetriage/triage"
	"hivetriage/triage/fleet"
)

// A Config says what a batch is of and how it runs. The program itself is run
// once for each host, as a process of its own, so that no evidence can stop the
// rest: neither by a crash, nor by the memory that it takes, nor by time.
type Config struct {
	Output        string // folder of the batch: new, empty, or with Resume of the same batch
	Plan          *Plan  // of the whole batch
	Shard, Shards int    // which part is run here, from 1, and of how many; both 1: all
	Resume        bool   // go on with what is finished in Output
	Settings      []string
	Tool          triage.Tool
	Run           triage.RunInfo // Finished is set

	Program string   // the executable that triages one host
	Name    string   // what it is called by; "": by Program
	Args    []string // before the arguments that the batch adds

	Jobs    int           // processes side by side, at most; at least 1
	Workers int           // reads and decoders side by side, in all of them together; at least 1
	Memory  int64         // bytes for all of them together
	Timeout time.Duration // for one host; 0: none
	Grace   time.Duration // between the interruption of a process and its end; 0: DefaultGrace

	Files     []File     // what is written of each host
	CaseFiles []CaseFile // and of the whole

	Now      func() time.Time
	Progress func(Progress) // may be nil; called by one goroutine at a time
	Tell     func(Event)    // may be nil; likewise
}

// A File is one output of a host.
type File struct {
	Name  string
	Write func(io.Writer, *triage.Case) error
}

// A CaseFile is one output of the batch.
type CaseFile struct {
	Name  string
	Write func(io.Writer, *fleet.Case) error
}

// An Event is something that is told while a batch runs.
type Event struct {
	Host  string // name of the item; "": of all
	State string // as in Status; "changed" and "again" of a host that is run once more
	Why   string
}

// The states of events that are no end of a run.
const (
	Changed = "changed" // the evidence is another than in the finished run
	Again   = "again"   // the run before failed or was ended
)

// DefaultGrace is how long an interrupted process may take to write what it
// has.
const DefaultGrace = 30 * time.Second

// An OutputError is one of writing: the batch cannot go on, and can be resumed.
type OutputError struct{ Err error }

func (e *OutputError) Error() string { return e.Err.Error() }
func (e *OutputError) Unwrap() error { return e.Err }

// ErrInterrupted says that the batch was told to end before all was done.
var ErrInterrupted = errors.New("interrupted")

// A batch is one run of a Config.
type batch struct {
	*Config
	record *Record
	items  []Planned      // of this folder
	waits  []Planned      // of them, those to run, largest first
	shards map[string]int // in a merge: which shard an item is in

	refused map[string]string // in a merge: why an item was not taken

	running map[string]*child
	ended   map[string]bool // of items, and those that were kept
	token   string          // of this run, in names of folders
	share   int64           // of the memory, for one process
	jobs    int
	began   time.Time // the first process
	kept    int64     // bytes of the items that were not run
}

// Run triages what is in the plan, or goes on with it, and writes the answer
// across all hosts. The error is an *OutputError where a file could not be
// written, ErrInterrupted where ctx ended; what is finished then stays, for
// Resume.
func Run(ctx context.Context, c Config) (*fleet.Case, error) {
	b := newBatch(&c, c.record())
	if b.Grace == 0 {
		b.Grace = DefaultGrace
	}
	unlock, err := b.open(b.takeUp)
	if err != nil {
		return nil, err
	}
	defer unlock()
	if err := b.runAll(ctx); err != nil {
		return nil, err
	}
	return b.finish(ctx)
}

func newBatch(c *Config, r *Record) *batch {
	return &batch{Config: c, record: r, items: r.mine(), running: map[string]*child{}, ended: map[string]bool{}, shards: map[string]int{}, refused: map[string]string{}, token: fmt.Sprintf("%08x", rand.Uint32())}
}

// open makes the folder, or has takeUp look at what is finished in it, and
// writes the record.
func (b *batch) open(takeUp func() error) (unlock func(), err error) {
	old, err := b.used()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Join(b.Output, HostsName), folderMode); err != nil {
		return nil, &OutputError{err}
	}
	unlock, err = lock(filepath.Join(b.Output, lockName))
	if err != nil {
		return nil, fmt.Errorf("another run is at work in %s: %w", b.Output, err)
	}
	if err := b.begin(old, takeUp); err != nil {
		unlock()
		return nil, err
	}
	return unlock, nil
}

// begin takes up what is finished of the same batch, old, which may be nil, and
// writes the record.
func (b *batch) begin(old *Record, takeUp func() error) error {
	if old != nil {
		if err := b.compare(old); err != nil {
			return err
		}
	}
	if err := takeUp(); err != nil {
		return err
	}
	text, err := encoded(b.record)
	if err != nil {
		return err
	}
	return replace(filepath.Join(b.Output, RecordName), func(w io.Writer) error { _, err := w.Write(text); return err })
}

// runAll runs what waits, as many side by side as there is room for.
func (b *batch) runAll(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	b.jobs, b.share = divide(b.Memory, b.Jobs)
	b.began = time.Now()
	slices.SortStableFunc(b.waits, func(x, y Planned) int { return compareSizes(y.Size, x.Size) })
	ends := make(chan *child)
	tick := time.NewTicker(progressEvery)
	defer tick.Stop()
	failure := b.fill(ctx, ends)
	for len(b.running) > 0 {
		var err error
		select {
		case c := <-ends:
			delete(b.running, c.item.Name)
			if failure == nil { // the next is at work while this one's files are put on the disk
				err = b.fill(ctx, ends)
			}
			err = errors.Join(err, b.end(ctx, c))
		case <-tick.C:
			if failure == nil { // there may be room now
				err = b.fill(ctx, ends)
			}
		}
		if err != nil && failure == nil {
			failure = err
		}
		if failure != nil {
			stop()
		}
		b.tell(stageHosts)
	}
	switch {
	case failure != nil:
		return failure
	case len(b.waits) > 0 || ctx.Err() != nil:
		return ErrInterrupted
	}
	return nil
}

// fill starts items as long as there is room.
func (b *batch) fill(ctx context.Context, ends chan<- *child) error {
	for len(b.waits) > 0 && ctx.Err() == nil && b.room() {
		if err := b.start(ctx, ends); err != nil {
			return err
		}
	}
	return nil
}

func compareSizes(x, y int64) int {
	switch {
	case x < y:
		return -1
	case x > y:
		return 1
	}
	return 0
}

// start starts the next item.
func (b *batch) start(ctx context.Context, ends chan<- *child) error {
	item := b.waits[0]
	part := b.part(item.Name)
	if err := os.Mkdir(part, folderMode); err != nil {
		return &OutputError{err}
	}
	c := &child{item: item, part: part, workers: b.workersFor(item)}
	if err := c.start(b.command(c)); err != nil {
		return errors.Join(fmt.Errorf("cannot run %s: %w", b.Program, err), b.removeHost(part))
	}
	b.waits = b.waits[1:]
	b.running[item.Name] = c
	go func() {
		c.wait(ctx, b.Timeout, b.Grace)
		ends <- c
	}()
	return nil
}

// workersFor is how many reads and decoders one item gets: its part of all of
// them where it is one of few or larger than the rest, else one.
func (b *batch) workersFor(item Planned) int {
	left := item.Size
	for _, w := range b.waits[1:] {
		left += w.Size
	}
	for _, c := range b.running {
		left += c.item.Size
	}
	abreast := min(b.jobs, len(b.waits)+len(b.running))
	n := b.Workers / max(abreast, 1)
	if left > 0 { // a huge one is at work long after the rest
		n = max(n, int(float64(b.Workers)*float64(item.Size)/float64(left)))
	}
	return min(max(n, 1), b.Workers)
}

// part is the folder of a host whose run has not ended. It has another name in
// each run of the batch: what is left of one cannot write into the next.
func (b *batch) part(name string) string {
	return filepath.Join(b.Output, HostsName, "."+name+"."+b.token+partSuffix)
}

// end makes the folder of a host whose process has ended final. An error ends
// the batch.
func (b *batch) end(ctx context.Context, c *child) error {
	s := b.statusOf(c)
	switch {
	case c.heard.cause == causeOutput || c.heard.cause == causeUsage:
		return &OutputError{errors.Join(fmt.Errorf("%s: %s", c.item.Name, c.heard.first()), b.dropPart(c))}
	case c.stopped || ctx.Err() != nil:
		return b.dropPart(c) // what was read is a part only; a later run reads all of it
	}
	part := c.part
	if s.State == fleet.Failed || s.State == fleet.TimedOut && !b.whole(c) {
		if err := b.dropPart(c); err != nil {
			return &OutputError{err}
		}
		if c.abandoned { // it may still write there
			part = b.part(c.item.Name + ".end")
		}
		if err := os.Mkdir(part, folderMode); err != nil {
			return &OutputError{err}
		}
	}
	if err := settle(b.Output, part, s); err != nil {
		return err
	}
	b.ended[c.item.Name] = true
	if s.State != fleet.Done {
		b.event(Event{s.Name, s.State, s.Why})
	}
	return nil
}

// dropPart removes the folder of a run that gave nothing; that of a process
// which could not be ended stays for a later run to remove.
func (b *batch) dropPart(c *child) error {
	if c.abandoned {
		return nil
	}
	return b.removeHost(c.part)
}

// statusOf says how a process ended.
func (b *batch) statusOf(c *child) *Status {
	s := &Status{Schema: StatusSchema, SchemaVersion: stateVersion, Name: c.item.Name, Paths: c.item.Paths, Identity: c.item.Identity, State: fleet.Done, Code: c.code,
		Run: StatusRun{Started: c.began.UTC().Format(time.RFC3339), Seconds: c.ended.Sub(c.began).Round(time.Millisecond).Seconds(), Workers: c.workers}}
	switch {
	case c.timedOut:
		s.State, s.Why = fleet.TimedOut, fmt.Sprintf("it was not finished after %s", b.Timeout)
		switch {
		case c.abandoned:
			s.Why += fmt.Sprintf(", and process %d could not be ended", c.pid)
		case !b.whole(c):
			s.Why += ", and was ended before it could write what it had"
		default:
			s.Why += "; the report holds what was found until then"
		}
	case c.code != 0 && c.code != 1 && c.code != 3:
		s.State, s.Why = fleet.Failed, c.why()
	case !b.whole(c):
		s.State, s.Why = fleet.Failed, fmt.Sprintf("it ended with exit code %d and wrote no %s", c.code, b.lacks(c))
	}
	return s
}

// whole reports whether a process wrote all of its outputs.
func (b *batch) whole(c *child) bool {
	return (c.code == 0 || c.code == 1 || c.code == 3) && b.lacks(c) == ""
}

// lacks names an output that was not written.
func (b *batch) lacks(c *child) string {
	for _, name := range b.hostNames() {
		if name == StatusName {
			continue
		}
		if info, err := os.Lstat(filepath.Join(c.part, name)); err != nil || !info.Mode().IsRegular() {
			return name
		}
	}
	return ""
}

func (b *batch) event(e Event) {
	if b.Tell != nil {
		b.Tell(e)
	}
}

// buffered calls write with a buffer before f.
func buffered(f io.Writer, write func(io.Writer) error) error {
	w := bufio.NewWriterSize(f, 1<<16)
	if err := write(w); err != nil {
		return err
	}
	return w.Flush()
}
