// Package triage judges the evidence: it schedules the reads, gathers the
// facts, calls the steps in order and returns a finished Case.
package triage

import (
	"slices"
	"time"

	"hivetriage/artifacts"
	"hivetriage/triage/correlate"
	"hivetriage/triage/coverage"
	"hivetriage/triage/expose"
	"hivetriage/triage/footprint"
	"hivetriage/triage/guide"
	"hivetriage/triage/locate"
	"hivetriage/triage/program"
	"hivetriage/triage/rule"
	"hivetriage/triage/settings"
)

// Schema names the case document and its version.
const (
	Schema        = "hivetriage/case"
	SchemaVersion = "1.1"
)

// A Case is everything that a run found out. It is the JSON document that all
// outputs are rendered from; two runs on the same evidence differ in Run only.
type Case struct {
	Schema        string               `json:"schema"`
	SchemaVersion string               `json:"schema_version"`
	Tool          Tool                 `json:"tool"`
	Run           RunInfo              `json:"run"`
	Verdict       string               `json:"verdict"`  // "confirmed", "probable", "suspicious", "explained", "none"
	Complete      bool                 `json:"complete"` // coverage had no gap that could hide an export
	Summary       []string             `json:"summary"`  // at most 8 sentences
	Inputs        []artifacts.Input    `json:"inputs"`
	Hosts         []Host               `json:"hosts"`
	Exports       []locate.Export      `json:"exports"`
	KnownCopies   []locate.Export      `json:"known_copies"`   // credential hives in known places, listed for information
	Sets          []locate.Set         `json:"sets,omitempty"` // which exports are of one machine, and what they give together
	Rules         []rule.Scope         `json:"rules"`          // the seed rule, then the related ones, and what is done with each
	Records       []correlate.Record   `json:"records"`
	Acts          []correlate.Act      `json:"acts"`
	Exposure      []expose.Row         `json:"exposure"`
	Guide         []guide.Answer       `json:"guide"`
	Response      []guide.Action       `json:"response"`
	Executables   []program.Executable `json:"executables,omitempty"` // programs around the acts
	Notices       []correlate.Notice   `json:"notices,omitempty"`     // what else the logs tell of the time around the acts
	Timeline      []Moment             `json:"timeline"`
	Coverage      coverage.Coverage    `json:"coverage"`

	// Footprint is what other hosts of a case may ask about this one, a
	// document of its own; nil where it was not asked for.
	Footprint *footprint.Footprint `json:"-"`
}

// Tool names the program that wrote the case.
type Tool struct {
	Name        string `json:"name"`
	Version     string `json:"version"`
	Commit      string `json:"commit,omitempty"`
	RulesSHA256 string `json:"rules_sha256"` // of the text of all rules that are evaluated
}

// ToolOf is this program, of that version.
func ToolOf(version, commit string) Tool {
	return Tool{Name: "hivetriage", Version: version, Commit: commit, RulesSHA256: rule.SHA256()}
}

// RunInfo is the only part in which two runs on the same evidence differ.
type RunInfo struct {
	Started     time.Time `json:"started"`
	Finished    time.Time `json:"finished"`
	CommandLine string    `json:"command_line"`
	CaseID      string    `json:"case_id,omitempty"`  // as the examiner calls the case
	Examiner    string    `json:"examiner,omitempty"` // who ran the program
}

// A Host is a computer that the evidence comes from.
type Host struct {
	Name       string             `json:"name"`
	Because    []string           `json:"because"` // where the name was read
	MachineSID string             `json:"machine_sid,omitempty"`
	Domain     string             `json:"domain,omitempty"`
	DomainSID  string             `json:"domain_sid,omitempty"`
	DomainGUID string             `json:"domain_guid,omitempty"`
	DNSDomain  string             `json:"dns_domain,omitempty"`
	OS         string             `json:"os,omitempty"`
	TimeZone   string             `json:"time_zone,omitempty"`
	Disk       string             `json:"disk,omitempty"`     // the image in the evidence that it is on, as Locator.Disk names it
	Settings   []settings.Setting `json:"settings,omitempty"` // how it was set up, as far as it bears on the case
	Clock      *Clock             `json:"clock,omitempty"`    // as its logs tell of it; absent: none of them was read

	key hostKey // of its live hives
}

// A Moment is one line of the timeline.
type Moment struct {
	Time time.Time `json:"time"`
	What string    `json:"what"`
	Kind string    `json:"kind"`          // "command", "file", "export", "logon", "logoff", "log cleared", "process"
	Ref  string    `json:"ref,omitempty"` // id of an export, record or act; absent: it is of none of them
}

// Found reports whether the evidence holds a hive export or a command that
// makes one.
func (c *Case) Found() bool {
	return len(c.Exports) > 0 || slices.ContainsFunc(c.Records, func(r correlate.Record) bool {
		return r.Assessment == "export" || r.Assessment == "attempt"
	})
}
