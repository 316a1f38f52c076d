package fleet

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/triage"
	"hivetriage/triage/coverage"
	"hivetriage/triage/expose"
	"hivetriage/triage/footprint"
	"hivetriage/triage/guide"
)

// A rollUp is a batch while it is put together. It keeps of every host what
// the answers need, and no whole document.
type rollUp struct {
	options Options
	hosts   []*host // by folder
	known   index
	acts    []*act // by time
	actsOf  map[*machine][]*act
	sids    map[string][]string // of DOMAIN\name in lower case
	copies  []*copied
	exposed exposure
	remotes []*remote
	logons  logons
	wanted  programs
	c       Case
}

// A host is what is kept of one input.
type host struct {
	at        int // in Loader.Hosts
	row       Host
	computers []*computer
	machine   *machine // that the input is of, or the one that knew its disks
	disks     []footprint.Disk
	mounts    []footprint.Mount
	usable    footprint.Usable
	clocks    []triage.ClockChange // of ClockTolerance and more
	acts      []*act
	copies    []*copied
	exposure  []expose.Row
	accounts  map[string]*exposed // by the names of exposure's rows, lower case
	response  []guide.Action
	runs      []ran
}

// maxGaps bounds how many gaps of a host are told.
const maxGaps = 12

func newRollUp(o Options) *rollUp { return &rollUp{options: o} }

// run makes both passes: the first learns who the hosts are and what was done
// there, the second asks each what it knows of the others.
func (r *rollUp) run(ctx context.Context, l Loader) error {
	statuses := l.Hosts()
	order := make([]int, len(statuses))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(strings.Compare(statuses[a].Folder, statuses[b].Folder), slices.Compare(statuses[a].Inputs, statuses[b].Inputs),
			strings.Compare(statuses[a].Why, statuses[b].Why))
	})
	for _, i := range order {
		if err := ctx.Err(); err != nil {
			return err
		}
		r.learn(l, i, statuses[i])
	}
	r.c.Counts.Inputs = len(statuses)
	r.identify()
	r.gatherActs()
	r.expose()
	r.foreign()
	r.group()
	r.findSources()
	perHost := r.momentsOfEach()
	for _, h := range r.hosts {
		if err := ctx.Err(); err != nil {
			return err
		}
		r.ask(l, h, perHost)
	}
	return nil
}

// learn takes the documents of a host for the first time.
func (r *rollUp) learn(l Loader, i int, s Status) {
	c, err := l.Case(i)
	why := s.Why
	switch {
	case err != nil:
		why = joinWords(why, "its case document could not be read: "+err.Error())
	case c == nil && s.State == Done:
		why = joinWords(why, "it has no case document")
	case c == nil:
	case nothingRead(c):
		why = joinWords(why, "nothing in it could be read: "+strings.Join(failures(c), "; "))
	default:
		h := &host{at: i, accounts: map[string]*exposed{}}
		h.learnStatus(s)
		h.row.Acts, h.row.Copies, h.row.Known = len(c.Acts), len(c.Exports), len(c.KnownCopies)
		h.note(cutCase(c))
		h.learnCase(c)
		h.learnFootprint(l)
		r.wanted.want(h, c)
		r.hosts = append(r.hosts, h)
		return
	}
	if why == "" {
		why = "no reason was given"
	}
	r.c.NotTriaged = append(r.c.NotTriaged, Missing{Folder: s.Folder, Inputs: list(s.Inputs), State: s.State, Why: why, Code: s.Code})
}

func joinWords(a, b string) string {
	if a == "" {
		return b
	}
	return a + "; " + b
}

// nothingRead reports whether a case is of evidence of which nothing could be
// looked at.
func nothingRead(c *triage.Case) bool {
	t := c.Coverage.Totals
	return t.Examined == 0 && t.Read == 0 && t.Partial == 0 && len(c.Acts) == 0 && len(c.Exports) == 0 && !c.Complete
}

// failures are what could not be read at all; where there is nothing of the
// kind, all gaps.
func failures(c *triage.Case) []string {
	all := gapsIn(c, func(row coverage.Row) bool { return row.State != coverage.Absent })
	if len(all) == 0 {
		return gaps(c)
	}
	return all
}

// gaps are what a copy could hide behind, each with its reason; what was left
// unread for its size first.
func gaps(c *triage.Case) []string {
	return gapsIn(c, func(coverage.Row) bool { return true })
}

func gapsIn(c *triage.Case, of func(coverage.Row) bool) (all []string) {
	for _, row := range c.Coverage.Sources {
		if row.Gap && of(row) {
			all = append(all, row.What+": "+cmp.Or(row.Why, string(row.State)))
		}
	}
	limited := func(gap string) int {
		if strings.Contains(gap, ": "+artifacts.Limit.String()) {
			return 0
		}
		return 1
	}
	slices.SortFunc(all, func(a, b string) int { return cmp.Or(limited(a)-limited(b), strings.Compare(a, b)) })
	all = slices.Compact(all)
	for i := range all[:min(len(all), maxGaps)] {
		all[i] = bounded(all[i])
	}
	if more := len(all) - maxGaps; more > 0 {
		all = append(all[:maxGaps:maxGaps], fmt.Sprintf("%d more", more))
	}
	return all
}

func (h *host) learnStatus(s Status) {
	h.row = Host{Folder: s.Folder, Inputs: list(s.Inputs), State: s.State, Why: s.Why, Code: s.Code}
}

// learnCase takes what a case tells of its host and of what was done there.
func (h *host) learnCase(c *triage.Case) {
	h.row.Verdict, h.row.Complete = c.Verdict, c.Complete && h.row.State == Done
	h.row.Gaps = gaps(c)
	if h.row.State != Done {
		h.row.Gaps = append([]string{"its run " + h.row.State + joinedBy(": ", h.row.Why)}, h.row.Gaps...)
	}
	for _, a := range c.Acts {
		h.row.Confidence = max(h.row.Confidence, a.Confidence)
		if !a.Start.IsZero() && (h.row.First.IsZero() || a.Start.Before(h.row.First)) {
			h.row.First = a.Start
		}
	}
	for _, e := range c.Hosts {
		h.computers = append(h.computers, &computer{host: h, name: e.Name, names: []string{strings.ToLower(e.Name)}, sid: e.MachineSID, domain: e.Domain, domainSID: e.DomainSID, dns: e.DNSDomain, os: e.OS})
		h.learnClock(e.Clock)
	}
	h.digestActs(c)
	for _, row := range c.Exposure {
		if row.Recoverable == "no" || row.Kind == expose.DomainGroup || row.SystemManaged() {
			continue
		}
		row.Because, row.From = "", nil
		h.exposure = append(h.exposure, row)
	}
	h.response = c.Response
}

func joinedBy(separator, text string) string {
	if text == "" {
		return ""
	}
	return separator + text
}

// learnFootprint takes who a host is from its footprint.
func (h *host) learnFootprint(l Loader) {
	f, err := l.Footprint(h.at)
	switch {
	case err != nil:
		h.row.Unread = "its footprint could not be read: " + err.Error()
	case f == nil:
		h.row.Unread = "it has no footprint"
	}
	if f == nil || err != nil {
		h.row.Logs = Logs{Tell: TellsUnknown, Because: h.row.Unread}
		return
	}
	h.note(cutFootprint(f))
	for _, e := range f.Hosts {
		h.addComputer(&computer{host: h, name: e.Name, names: slices.Clone(e.Names), sid: e.MachineSID, domain: e.Domain, domainSID: e.DomainSID, dns: e.DNSDomain, addresses: e.Addresses})
	}
	h.disks, h.mounts, h.usable = f.Disks, f.Mounts, f.Usable
	h.row.Logs = logs(&f.Usable)
}

// logs says what the logs of a host can tell.
func logs(u *footprint.Usable) Logs {
	of := func(tell string, reach footprint.Reach) Logs {
		return Logs{Tell: tell, From: reach.From, To: reach.To, Because: reach.Because}
	}
	switch {
	case u.CommandLines.Told:
		return of(TellsCommands, u.CommandLines)
	case u.ProcessStarts.Told:
		return of(TellsStarts, u.ProcessStarts)
	case u.Logons.Told:
		return of(TellsLogons, u.Logons)
	}
	return of(TellsNothing, u.ProcessStarts)
}

// list makes an empty list of none, which JSON writes as [].
func list[T any](items []T) []T {
	if items == nil {
		return []T{}
	}
	return items
}

// ref points to something in the case of a host.
func (h *host) ref(id string) Ref { return Ref{Folder: h.row.Folder, ID: id} }

// short is the first part of a computer's name, in lower case.
func short(name string) string {
	name, _, _ = strings.Cut(strings.ToLower(strings.TrimLeft(name, `\`)), ".")
	return name
}

func compareRefs(a, b Ref) int {
	return cmp.Or(strings.Compare(a.Folder, b.Folder), strings.Compare(a.ID, b.ID), strings.Compare(a.Path, b.Path), cmp.Compare(a.RecordID, b.RecordID), strings.Compare(a.Entry, b.Entry))
}

// refs sorts references, leaves out doubles and keeps at most MaxRefs.
func refs(all []Ref) []Ref {
	all = slices.Clone(all)
	slices.SortFunc(all, compareRefs)
	all = slices.Compact(all)
	return list(all[:min(len(all), MaxRefs)])
}

// person writes an account for people.
func person(u artifacts.User) string { return cmp.Or(guide.Account(u), u.SID) }
