package guide

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"hivetriage/artifacts"
	"hivetriage/triage/correlate"
	"hivetriage/triage/coverage"
	"hivetriage/triage/expose"
	"hivetriage/triage/locate"
	"hivetriage/triage/program"
	"hivetriage/triage/rule"
	"hivetriage/triage/settings"
)

// Facts are what the steps are answered from.
type Facts struct {
	Hosts    []string // names
	Inputs   []string // of the evidence, by which hosts are told that have no name
	Exports  []locate.Export
	Known    []locate.Export // copies in known places
	Records  []correlate.Record
	Acts     []correlate.Act
	Exposure []expose.Row
	Clears   []correlate.Clear
	Notices  []correlate.Notice
	Programs []program.Executable   // around the acts
	Logons   []correlate.LogonGroup // to the hosts since the first act
	Earlier  []correlate.LogonGroup // before it, as far as the logs reach
	Browsers []string               // places of browsers' histories, which are not read
	Window   time.Duration
	Coverage []coverage.Row
	Settings []HostSettings
	Rules    []rule.Scope // what is done with each rule
	Sigma    bool         // the user's own rules were given
	Logs     []Log
	Clocks   []Clock
	Lives    []Life // of the accounts that did the acts
	Machines []Machine
}

// A Log is an event log that was read, of one channel.
type Log struct {
	Host, Channel, Path string
	From, To            time.Time // of its oldest and newest record
}

// HostSettings are how one host was set up.
type HostSettings struct {
	Host     string
	Settings []settings.Setting
}

// maxListed bounds how many items a single answer spells out.
const maxListed = 12

func (f *Facts) host() string {
	switch {
	case len(f.Hosts) > 0:
		return strings.Join(f.Hosts, ", ")
	case len(f.Inputs) > 0:
		return "the computer that " + strings.Join(firstFew(f.Inputs), ", ") + " is of"
	}
	return "the host"
}

// dumping returns the records that attest to copies.
func (f *Facts) dumping() []correlate.Record {
	var out []correlate.Record
	for _, r := range f.Records {
		if r.Assessment == "export" || r.Assessment == "attempt" {
			out = append(out, r)
		}
	}
	return out
}

func (f *Facts) recordIDs() []string {
	ids := []string{}
	for _, r := range f.dumping() {
		ids = append(ids, r.ID)
	}
	return ids
}

func (f *Facts) exportIDs() []string {
	ids := []string{}
	for _, e := range f.Exports {
		ids = append(ids, e.ID)
	}
	return ids
}

func (f *Facts) actIDs() []string {
	ids := []string{}
	for _, a := range f.Acts {
		ids = append(ids, a.ID)
	}
	return ids
}

// row returns the first coverage row of a kind that is not simply read.
func (f *Facts) row(what string) (coverage.Row, bool) {
	i := slices.IndexFunc(f.Coverage, func(r coverage.Row) bool { return r.What == what && r.State != coverage.Read })
	if i < 0 {
		return coverage.Row{}, false
	}
	return f.Coverage[i], true
}

// actors are the distinct accounts of the acts.
func (f *Facts) actors() []artifacts.User {
	var users []artifacts.User
	for _, a := range f.Acts {
		if a.Actor == (artifacts.User{}) {
			continue
		}
		if !slices.ContainsFunc(users, func(u artifacts.User) bool { return sameUser(u, a.Actor) }) {
			users = append(users, a.Actor)
		}
	}
	return users
}

func sameUser(a, b artifacts.User) bool {
	if a.SID != "" && b.SID != "" {
		return a.SID == b.SID
	}
	return strings.EqualFold(a.Name, b.Name) && strings.EqualFold(a.Domain, b.Domain)
}

// sameHost compares computers' names, with or without their domain.
func sameHost(a, b string) bool {
	short := func(s string) string {
		s, _, _ = strings.Cut(s, ".")
		return s
	}
	return strings.EqualFold(a, b) || a != "" && strings.EqualFold(short(a), short(b))
}

// Account writes an account as DOMAIN\name, "" if it has no name.
func Account(u artifacts.User) string {
	if u.Domain == "" || u.Name == "" {
		return u.Name
	}
	return u.Domain + `\` + u.Name
}

// Name writes an account as DOMAIN\name with its SID.
func Name(u artifacts.User) string {
	name := Account(u)
	switch {
	case name != "" && u.SID != "":
		return name + " (" + u.SID + ")"
	case name != "":
		return name
	case u.SID != "":
		return u.SID
	}
	return "an unknown account"
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return "at an unknown time"
	}
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}

// when writes "at" before a time that is known.
func when(t time.Time) string {
	if t.IsZero() {
		return stamp(t)
	}
	return "at " + stamp(t)
}

// firstFew keeps a list readable.
func firstFew(items []string) []string {
	if len(items) <= maxListed {
		return items
	}
	rest := len(items) - maxListed
	return append(slices.Clone(items[:maxListed]), fmt.Sprintf("and %d more, listed in the case document", rest))
}
