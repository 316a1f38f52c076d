// Package fleet answers what no single host can: which hosts of a batch were
// hit, in which order, by whom and from where, which accounts are exposed
// where, and what to do. It works on the hosts' finished documents and opens
// nothing.
package fleet

import (
	"context"
	"hivetriage/triage"
	"hivetriage/triage/footprint"
)

// Schema names the document of a batch and its version.
const (
	Schema        = "hivetriage/batch"
	SchemaVersion = "1.0"
)

// The states of a host's run.
const (
	Done     = "done"      // it ended by itself, and its outputs are whole
	TimedOut = "timed out" // it was ended after the time allowed; what it had is kept
	Failed   = "failed"    // it ended with an error or was killed
	Skipped  = "skipped"   // it was not run
)

// A Status is one input of the batch, or several of one host, and how its run
// ended.
type Status struct {
	Folder string   `json:"folder"` // name of its folder in hosts/, unique in the batch; "" of what was not run
	Inputs []string `json:"inputs"` // paths as they were given to the run
	State  string   `json:"state"`  // one of the above
	Why    string   `json:"why,omitempty"`
	Code   int      `json:"exit_code"`
}

// A Loader gives the documents of the batch's hosts. It is asked for each
// host's case once or twice, and for its footprint twice, one host at a time.
type Loader interface {
	Hosts() []Status
	// Case returns the case of host i of Hosts, nil if it has none.
	Case(i int) (*triage.Case, error)
	// Footprint returns what host i tells others, nil if it has none.
	Footprint(i int) (*footprint.Footprint, error)
}

// Options are what a roll-up does not learn from the hosts.
type Options struct {
	Tool triage.Tool
	Run  triage.RunInfo
	Left []Left // what lies among the inputs and is no evidence
}

// A Left is something among the inputs that is no evidence.
type Left struct {
	Path   string `json:"path"`
	Why    string `json:"why"`
	Unread bool   `json:"unread,omitempty"` // evidence may be missing: it could not be looked at, or is an empty folder
}

// RollUp reads the hosts' documents and answers across them. What it returns
// depends on what the hosts' documents say, and not on the order of Hosts. A
// host whose documents cannot be read is told of among NotTriaged; the error is
// that of the context.
func RollUp(ctx context.Context, l Loader, o Options) (*Case, error) {
	r := newRollUp(o)
	if err := r.run(ctx, l); err != nil {
		return nil, err
	}
	return r.finish(), nil
}
