package triage

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence"
	"hivetriage/artifacts/executable/signature"
	"hivetriage/triage/attest"
	"hivetriage/triage/correlate"
	"hivetriage/triage/coverage"
	"hivetriage/triage/expose"
	"hivetriage/triage/locate"
	"hivetriage/triage/program"
	"hivetriage/triage/rule"
	"hivetriage/triage/rule/sigma"
	"hivetriage/triage/settings"
)

// A Config says what to triage and how.
type Config struct {
	Inputs       []Input
	Workers      int           // at least 1
	Snapshots    Snapshots     // what is done about volume shadow copies
	Since, Until time.Time     // bounds for log records; zero: open
	Window       time.Duration // around an act, for context
	Password     string        // of encrypted archives; never printed
	Deep         bool          // search every byte of the volumes
	Hash         bool          // compute the SHA-256 of the evidence itself
	Footprint    bool          // gather what other hosts of a case may ask, Case.Footprint
	Sigma        *sigma.Set    // the user's own rules; nil: none were given
	Version      string
	Commit       string
	CommandLine  string
	CaseID       string // as the examiner calls the case; may be ""
	Examiner     string // who runs the program; may be ""
	Now          func() time.Time
	Progress     func(Progress)  // may be nil; called from several goroutines
	Extract      func(Extracted) // may be nil; is given every copy, one after the other
}

// An Input is one piece of evidence as the user named it.
type Input struct {
	Path string
	Mode evidence.Mode
}

// Progress is where a run stands.
type Progress struct {
	Stage       string // "deep", "volume", "archives", "hives", "logs", "context", "rules", "hash"
	Input       string
	Done, Total int64 // bytes
}

// A run gathers the facts of one case.
type run struct {
	cfg    Config
	ledger coverage.Ledger

	sources []artifacts.Source
	inputs  []artifacts.Input
	hives   []artifacts.Entry
	logs    []*logFile
	tables  []fileTable
	traces  []*traceFile
	// Of what comes in one stream: bytes of the traces that are kept, whose
	// profiles there are, and the hives that were not asked for traces.
	keptBytes, tellBytes int
	streamedProfiles     []profileName
	hivesLeft            int64

	usage []artifacts.Entry // databases of SRUM
	// usageAsked: there were acts to ask them about.
	usageAsked bool
	runs       []artifacts.Trace // of programs that copy hives
	removed    []artifacts.Trace // of files in the Recycle Bin
	places     []artifacts.Trace // of what places are: shared, synchronised, removable
	packed     []madeArchive
	browsers   []string // places of browsers' histories, which are not read
	// doubts are about the files of artefacts that tell of runs.
	doubts map[artifacts.Locator][]string
	// descriptors are the $Secure:$SDS that were collected.
	descriptors []fileTable
	journals    []journal
	folders     []liveFolders // the NTFS volumes
	mounted     []mounted     // the hosts' drive letters

	sightings *sightings // nil where no log lies in a shadow copy
	feet      feet       // what other hosts of a case may ask
	people    *people    // who did the acts; nil where there are none

	hiveFacts []hiveFact // of the hives that were read as they were found

	decoding  sync.Mutex   // held while an encoded hive is in memory
	unpacking sync.Mutex   // held while a large artefact is in memory to be read
	again     atomic.Int64 // bytes of the entries that are kept of artefacts

	liveVolumes map[volumeKey]*liveVolume
	snapshots   map[volumeKey]*artifacts.Snapshot // the volumes that are shadow copies

	nested []artifacts.Source         // the disk images in the evidence that were opened
	opened map[artifacts.Locator]bool // where they lie
	images int                        // how many were opened, of no use or not
	held   heldFiles                  // what they are read from

	lone       map[string]bool   // sources that are an artefact or a hive alone, which no folder tells of
	unpacked   map[string]bool   // sources that are folders: "C" in them may stand for a drive
	collectors map[string]string // of the disk images in the sources that are archives

	exports, known []locate.Export
	sets           []locate.Set
	entries        map[artifacts.Locator]artifacts.Entry // of the copies; nil where they cannot be opened again
	copies         map[copyKey]expose.Hives              // what each of them tells of accounts
	logsOf         hiveLogs
	living         map[hostKey]*living
	access         map[hostKey][]settings.Access // to the live hives' files
	directories    []*directoryCopy
	profiles       []profileName // nil until it is asked for
	live           []liveHive
	records        []correlate.Record
	files          []correlate.Record // file creations by reg.exe, not yet tied to anything
	told           attest.Reader      // what records other than process starts say
	clears         []correlate.Clear
	clocks         map[string]*Clock // by shortName of the host
	notices        []correlate.Notice
	witnessed      []correlate.Notice // what journals tell of files that records name
	starts         correlate.Starts
	launched       launches             // programs that were started
	executables    []program.Executable // around the acts
	signatures     signature.Verifier   // trusts Windows' roots
	acts           []correlate.Act
	logons         []correlate.LogonGroup
	formerLogons   []correlate.LogonGroup // before the acts
	hosts          []Host
}

// Run triages the inputs. An error means that an input could not be used at
// all. When ctx ends early the case holds what was found until then and says
// that it is incomplete.
func Run(ctx context.Context, cfg Config) (*Case, error) {
	return newRun(cfg).triage(ctx)
}

func newRun(cfg Config) *run {
	return &run{cfg: cfg, copies: map[copyKey]expose.Hives{}, access: map[hostKey][]settings.Access{}, logsOf: hiveLogs{}, unpacked: map[string]bool{}, lone: map[string]bool{}, collectors: map[string]string{}, opened: map[artifacts.Locator]bool{}, clocks: map[string]*Clock{},
		liveVolumes: map[volumeKey]*liveVolume{}, snapshots: map[volumeKey]*artifacts.Snapshot{}}
}

// triage makes the case.
func (r *run) triage(ctx context.Context) (*Case, error) {
	started := r.cfg.Now()
	defer r.close()
	if err := r.openAll(ctx); err != nil {
		return nil, err
	}
	if err := r.scan(ctx); err != nil {
		return nil, err
	}
	r.readHives(ctx)
	r.readDrives(ctx)
	r.readLogs(ctx)
	r.readTraces(ctx)
	r.readTables(ctx)
	r.readJournals(ctx)
	r.tieTraces()
	r.settleLive(ctx)
	r.nameDrives()
	r.judge(ctx)
	r.noteUnasked(ctx)
	r.settleDirectories()
	r.readLiving(ctx)
	r.extract(ctx)
	r.hash(ctx)
	if ctx.Err() != nil {
		r.ledger.Note(coverage.Row{What: "run", State: coverage.Partial, Gap: true,
			Why: "interrupted before everything was read; the case holds what was found until then"})
	}
	c, err := r.finish()
	if err != nil {
		return nil, err
	}
	c.Run = RunInfo{Started: started.UTC(), Finished: r.cfg.Now().UTC(), CommandLine: r.cfg.CommandLine, CaseID: r.cfg.CaseID, Examiner: r.cfg.Examiner}
	return c, nil
}

func (r *run) close() {
	r.held.close()
	for _, s := range r.sources {
		s.Close() // opened read-only: there is nothing to lose
	}
}

func (r *run) progress(stage, input string) func(done, total int64) {
	return func(done, total int64) {
		if r.cfg.Progress != nil {
			r.cfg.Progress(Progress{Stage: stage, Input: input, Done: done, Total: total})
		}
	}
}

// finish turns the gathered facts into a case.
func (r *run) finish() (*Case, error) {
	for _, s := range slices.Concat(r.sources, r.nested) {
		if reporter, ok := s.(evidence.Reporter); ok {
			for _, p := range reporter.Problems() {
				r.ledger.Problem("container", p, true)
			}
		}
		if remarker, ok := s.(evidence.Remarker); ok {
			for _, p := range remarker.Remarks() {
				r.ledger.Problem("archive", p, false)
			}
		}
	}
	cover, err := r.ledger.Coverage()
	if err != nil {
		return nil, err
	}
	r.tellClocks()
	c := &Case{
		Schema: Schema, SchemaVersion: SchemaVersion,
		Tool:     ToolOf(r.cfg.Version, r.cfg.Commit),
		Complete: cover.Complete(), Inputs: r.inputs, Hosts: notNil(r.hosts),
		Exports: notNil(r.exports), KnownCopies: notNil(r.known), Sets: r.sets, Rules: rule.Scopes(), Records: notNil(r.records), Acts: notNil(r.acts), Executables: r.executables, Notices: r.notices,
		Coverage: cover,
	}
	addTechniques(c.Acts, r.clears, r.notices)
	c.Verdict = verdict(c.Acts)
	c.Exposure = r.exposure(c.Acts)
	c.Timeline = r.timeline()
	c.tellRecorded()
	r.advise(c)
	c.Summary = r.tellDirectories(summary(c))
	c.Footprint = r.footprint(c)
	return c, nil
}

// verdict is the worst of the acts' verdicts.
func verdict(acts []correlate.Act) string {
	worst := "none"
	for _, v := range []string{"explained", "suspicious", "probable", "confirmed"} {
		for _, a := range acts {
			if a.Verdict == v {
				worst = v
			}
		}
	}
	return worst
}

func notNil[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

// interrupted reports whether err only says that the run was told to end.
func interrupted(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}
