package report

import (
	"fmt"
	"slices"
	"strings"

	"hivetriage/triage/fleet"
)

// batchFront is the case of a batch with what its front page needs. It repeats
// what the case says and adds no judgement.
type batchFront struct {
	*fleet.Case
	hosts map[string]*fleet.Host // by folder
}

func newBatchFront(c *fleet.Case) *batchFront {
	f := &batchFront{c, map[string]*fleet.Host{}}
	for i := range c.Hosts {
		f.hosts[c.Hosts[i].Folder] = &c.Hosts[i]
	}
	return f
}

// Title is the bottom line in one line.
func (f *batchFront) Title() string {
	switch {
	case f.Counts.Hosts == 0:
		return "No host could be examined"
	case f.Counts.Hit > 0:
		return fmt.Sprintf("%s: acts on %s of %s", verdictTitle(f.Verdict), grouped(int64(f.Counts.Hit)), counted(f.Counts.Hosts, "host", "hosts"))
	case f.Verdict == "none":
		return fmt.Sprintf("%s on %s examined", verdictTitle(f.Verdict), counted(f.Counts.Hosts, "host", "hosts"))
	}
	return verdictTitle(f.Verdict)
}

// verdicts are the five, the worst first.
var verdicts = []string{"confirmed", "probable", "suspicious", "explained", "none"}

// A verdictCount is how many computers have a verdict.
type verdictCount struct {
	Verdict string
	N       int
}

// Verdicts counts the computers by verdict, the worst first.
func (f *batchFront) Verdicts() []verdictCount {
	var all []verdictCount
	for _, v := range verdicts {
		if n := f.Counts.ByVerdict[v]; n > 0 {
			all = append(all, verdictCount{v, n})
		}
	}
	return all
}

// First is the first arrival whose time is known, nil if there is none.
func (f *batchFront) First() *fleet.Arrival {
	if len(f.Spread) == 0 || f.Spread[0].Time.IsZero() {
		return nil
	}
	return &f.Spread[0]
}

// Then are the arrivals after the first.
func (f *batchFront) Then() []fleet.Arrival {
	if f.First() == nil {
		return f.Spread
	}
	return f.Spread[1:]
}

// A doer is who did acts that are not explained, and on how many hosts.
type doer struct {
	Name  string
	acts  []fleet.Act
	hosts []string
}

// Acts is how many acts.
func (d doer) Acts() int { return len(d.acts) }

// Ends says which of the acts are one, "" if none are.
func (d doer) Ends() string { return fleet.EndsText(d.acts) }

// Hosts is on how many hosts.
func (d doer) Hosts() int { return len(d.hosts) }

// Who are the persons of the acts that are not explained, those of most acts
// first.
func (f *batchFront) Who() []doer {
	var all []doer
	acts, machines := f.Distinct(), map[string]string{}
	for i := range f.Hosts {
		machines[f.Hosts[i].Folder] = f.Hosts[i].Machine
	}
	for i := range acts {
		a := &acts[i]
		if a.Verdict == "explained" {
			continue
		}
		name := account(a.Person)
		if name == "" {
			name = "not known"
		}
		n := slices.IndexFunc(all, func(d doer) bool { return strings.EqualFold(d.Name, name) })
		if n < 0 {
			n = len(all)
			all = append(all, doer{Name: name})
		}
		all[n].acts = append(all[n].acts, *a)
		if m := machines[a.Folder]; !slices.Contains(all[n].hosts, m) {
			all[n].hosts = append(all[n].hosts, m)
		}
	}
	slices.SortStableFunc(all, func(a, b doer) int { return b.Acts() - a.Acts() })
	return all
}

// Usable are the accounts that can, or may, be used.
func (f *batchFront) Usable() []fleet.Account {
	n := slices.IndexFunc(f.Accounts, func(a fleet.Account) bool { return !a.Usable })
	if n < 0 {
		n = len(f.Accounts)
	}
	return f.Accounts[:n]
}

// Leads are the accounts that ask for an answer that the evidence does not give.
func (f *batchFront) Leads() []fleet.Account {
	var all []fleet.Account
	for _, a := range f.Accounts {
		if a.Lead != "" {
			all = append(all, a)
		}
	}
	return all
}

// Next are the three most urgent actions.
func (f *batchFront) Next() []fleet.Action { return f.Response[:min(3, len(f.Response))] }

// Reaching says how far the answer reaches: what was not triaged, or not in
// full, and which hosts could not tell.
func (f *batchFront) Reaching() []string {
	var lines []string
	add := func(n int, one, many string) {
		if n > 0 {
			lines = append(lines, counted(n, one, many))
		}
	}
	states := map[string]int{}
	unread := 0
	for i := range f.Hosts {
		states[f.Hosts[i].State]++
		if f.Hosts[i].Unread != "" {
			unread++
		}
	}
	add(len(f.NotTriaged), "input was not triaged: a host may be missing from this answer.", "inputs were not triaged: hosts may be missing from this answer.")
	add(f.Counts.Unread, "entry among the inputs could not be looked at, or is an empty folder: a host may be missing from this answer.", "entries among the inputs could not be looked at, or are empty folders: hosts may be missing from this answer.")
	add(states[fleet.TimedOut], "host was ended after the time allowed; what it had is told.", "hosts were ended after the time allowed; what they had is told.")
	add(states[fleet.Failed], "host’s run ended with an error; what it had is told.", "hosts’ runs ended with an error; what they had is told.")
	add(f.Counts.Incomplete, "host has gaps in its coverage, behind which a copy could hide.", "hosts have gaps in their coverage, behind which a copy could hide.")
	add(f.Counts.Blind, "host has logs that cannot tell of commands.", "hosts have logs that cannot tell of commands.")
	add(unread, "host could not be asked what it tells of others.", "hosts could not be asked what they tell of others.")
	return append(lines, f.omitted()...)
}

// omitted tells what lies beyond the bounds of the document.
func (f *batchFront) omitted() []string {
	var lines []string
	o := &f.Omitted
	for _, x := range []struct {
		n         int
		one, many string
	}{
		{o.Accounts, "account", "accounts"}, {o.Cells, "host of an account", "hosts of accounts"}, {o.Links, "link between acts", "links between acts"}, {o.Same, "local account of the name of an exposed one", "local accounts of the names of exposed ones"}, {o.Edges, "group of logons", "groups of logons"}, {o.Foreign, "copy of another host’s hive", "copies of other hosts’ hives"}, {o.Remote, "source over the network", "sources over the network"},
		{o.Programs, "program", "programs"}, {o.Actions, "action of the response", "actions of the response"}, {o.Moments, "event of the timeline", "events of the timeline"},
	} {
		if x.n > 0 {
			lines = append(lines, counted(x.n, x.one, x.many)+" beyond the bounds of this case’s document; the hosts’ own reports have them.")
		}
	}
	return lines
}

// Custody is the chain of custody of the batch's run.
func (f *batchFront) Custody() []fact {
	or := func(text, otherwise string) fact {
		if text == "" {
			return fact{Text: otherwise}
		}
		return fact{Text: text}
	}
	named := func(name string, x fact) fact { x.Name = name; return x }
	literal := func(name, text, otherwise string) fact {
		return fact{Name: name, Text: or(text, otherwise).Text, Literal: text != ""}
	}
	return []fact{
		named("Case", or(f.Run.CaseID, "not given (--case)")),
		named("Examiner", or(f.Run.Examiner, "not given (--examiner)")),
		named("Started", or(stamp(normalTime(f.Run.Started)), "not recorded")),
		named("Ended", or(stamp(normalTime(f.Run.Finished)), "not recorded")),
		{Name: "Program", Text: strings.TrimSpace(f.Tool.Name + " " + f.Tool.Version)},
		literal("Commit", f.Tool.Commit, "not recorded in this build"),
		literal("SHA-256 of the rules", f.Tool.RulesSHA256, "not recorded"),
		literal("Command line", f.Run.CommandLine, "not recorded"),
		{Name: "Inputs", Text: fmt.Sprintf("%s, of which %s triaged and %s not; %s no evidence", counted(f.Counts.Inputs, "input", "inputs"), grouped(int64(f.Counts.Triaged)), grouped(int64(f.Counts.NotTriaged)), counted(f.Counts.Left, "other entry was", "other entries were"))},
		{Name: "How triaged", Text: "Each input was triaged by a run of its own. Its report, with its digests, coverage and custody, is in its folder in hosts/; this page is made from those runs’ documents and opens no evidence. No hash, key or secret of an account was derived, decrypted or stored."},
		{Name: "Clocks", Text: "Times are those of the hosts’ own clocks, in UTC. Where a clock was set, or two are compared, that is told with the act; how far the clocks were off true time is not known from this evidence."},
	}
}
