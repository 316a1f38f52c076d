package triage

import (
	"hivetriage/artifacts"
	"hivetriage/triage/correlate"
	"hivetriage/triage/locate"
	"hivetriage/triage/rule"
)

// regf is what a hive begins with.
var regf = []byte("regf")

// ruleFound holds a file's creation against the rules once more if the
// evidence still has the file: an export of the same path on the same disk
// tells what the record does not, the first bytes and the size.
func (r *run) ruleFound(f *correlate.Record) {
	for i := range r.exports {
		e := &r.exports[i]
		if e.Form != "regf" || e.State == locate.StateReported || !correlate.CreatedAs(f, e) {
			continue
		}
		f.Rules = rule.EvaluateFound(&artifacts.Event{Code: createdFile, Process: f.Process, User: f.User, File: &artifacts.File{Path: f.File}}, regf, e.Size)
		return
	}
}

// createdFile is Sysmon's event of a file's creation.
const createdFile = 11
