package rule

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
)

// A Scope says what is done with a rule: on which records it is evaluated, or
// why it is not.
type Scope struct {
	ID          string   `json:"id"`
	Name        string   `json:"name"`
	Versions    []string `json:"versions"`               // evaluated, the leading one first
	On          string   `json:"on,omitempty"`           // the records that it is evaluated on
	NotRecorded string   `json:"not_recorded,omitempty"` // what those records cannot show of it
	Not         string   `json:"not_evaluated,omitempty"`
}

// Scopes lists the seed rule, then the related rules: those that are evaluated
// and those that the records of a Windows machine cannot decide.
func Scopes() []Scope {
	var scopes []Scope
	for _, d := range slices.Concat(seedRule, related) {
		i := slices.IndexFunc(scopes, func(s Scope) bool { return s.ID == d.id })
		if i < 0 {
			s := Scope{ID: d.id, Name: d.name}
			s.On, s.NotRecorded = d.records()
			scopes, i = append(scopes, s), len(scopes)
		}
		scopes[i].Versions = append(scopes[i].Versions, d.version)
	}
	return append(scopes, undecided...)
}

// undecided are the related rules that no single record here can decide.
var undecided = []Scope{
	{ID: "47e22836-4a16-4b35-beee-98f6c4ee9bf2", Name: "Suspicious Remote Registry Access via SeBackupPrivilege", Versions: []string{},
		Not: "it asks for a sequence: a logon with SeBackupPrivilege and without SeDebugPrivilege (4672), within a minute an access to the winreg pipe (5145) in the same session; no single record decides it"},
	{ID: "63e381a6-0ffe-4afb-9a26-72a59ad16d7b", Name: "Sensitive Registry Hive Access via RegBack", Versions: []string{},
		Not: "it asks for the opening of a file, which Elastic Defend records and Windows' own logs do not in that form"},
	{ID: "e7358500-1ef6-4f81-ab2d-f8da696375e8", Name: "Suspicious Registry Hive Dump", Versions: []string{},
		Not: "it is a behaviour rule of Elastic Defend, which sees the registry call and its call stack as they happen; no log keeps them"},
}

// records tells which records a rule is evaluated on, and what they cannot
// show.
func (d definition) records() (on, cannot string) {
	switch d.category {
	case "process":
		return "process starts (Security 4688, Sysmon 1, Elastic Defend)", ""
	case "file":
		on = "file creations (Sysmon 11, Elastic Defend), writes through a share (Security 5145)"
		asked := fieldsIn(d.conditions)
		if slices.Contains(asked, headerBytes) {
			cannot = "the file's first bytes and size, unless the evidence has the file; Sysmon names no account by SID, 5145 no process"
		}
		return on, cannot
	}
	return map[string]string{"5145": "accesses through a share (Security 5145)", "4656": "requested handles (Security 4656)", "16": "cleared access bits (Kernel-General 16)",
		"4104": "PowerShell script blocks (4104)"}[d.conditions[0].(test).values[0]], ""
}

// query writes the rule in EQL.
func (d definition) query() string {
	return d.category + " where " + strings.TrimSuffix(strings.TrimPrefix(allOf(d.conditions).String(), "("), ")")
}

// text is the canonical text of all rules: for each its id, name, version and
// query, a line each, and an empty line.
func text() string {
	var b strings.Builder
	for _, d := range slices.Concat(seedRule, related) {
		b.WriteString(d.id + "\n" + d.name + "\n" + d.version + "\n" + d.query() + "\n\n")
	}
	return b.String()
}

// SHA256 returns the hex digest of the rules' canonical text, which changes
// when any rule does.
func SHA256() string {
	sum := sha256.Sum256([]byte(text()))
	return hex.EncodeToString(sum[:])
}
