package triage

import (
	"fmt"
	"maps"
	"slices"

	"hivetriage/artifacts"
	"hivetriage/artifacts/eventlog"
	"hivetriage/artifacts/hive"
	"hivetriage/triage/footprint"
)

// feet gather what other hosts of a case may ask, in the first pass over the
// logs and the only one over artefacts.
type feet struct {
	reader    footprint.Reader
	sightings *sightings // of records that nothing else asks for; nil where no log lies in a shadow copy
	logons    bool       // there are records of logons, whoever's
}

// footing are the records of the first pass that nothing but a footprint asks
// for.
var footing = func() (all []eventlog.Selector) {
	for _, k := range footprint.Kinds {
		s := eventlog.Selector{Provider: k.Provider, ID: k.ID, Data: k.Data, Aside: true}
		if k.Ask != nil {
			s.Ask = func(v eventlog.Values) bool { return k.Ask(v) }
		}
		all = append(all, s)
	}
	return all
}()

// footprinted has the first pass over a log gather a footprint as well. What
// the pass keeps, and what it notes of the log, stays as it is without one.
func (r *run) footprinted(q eventlog.Query, l *logFile, keep func(*artifacts.Event)) (eventlog.Query, func(*artifacts.Event)) {
	l.feet, l.attesting = &footprint.Reader{}, map[int64]bool{}
	q.Select = slices.Concat(q.Select, footing)
	if r.sightings != nil { // records are compared with those of other logs
		for i := range q.Select {
			q.Select[i].Ask = nil
		}
	}
	q.Match = func(e *artifacts.Event) bool {
		switch {
		case footprint.Known(e):
			return footprint.Only(e) && !r.repeated(r.feet.sightings, e, l)
		case !r.meets(e, l):
			return false
		case r.attests(e, l):
			l.mu.Lock()
			l.attesting[e.Offset] = true
			l.mu.Unlock()
			return true
		}
		return footprint.Wanted(e)
	}
	return q, func(e *artifacts.Event) {
		if footprint.Wanted(e) {
			l.feet.Add(e)
		}
		l.mu.Lock()
		kept := l.attesting[e.Offset]
		delete(l.attesting, e.Offset)
		l.mu.Unlock()
		if kept {
			keep(e)
		}
	}
}

// forgetFeet takes out of a log's counts what nothing but a footprint asked
// for: the rest of the run must not depend on it.
func (r *run) forgetFeet(l *logFile) {
	if l.feet == nil {
		return
	}
	l.logons = l.stats.PerID[4624]
	for _, k := range footprint.Kinds {
		if !slices.ContainsFunc(attesting, func(s eventlog.Selector) bool { return s.ID == k.ID }) {
			delete(l.stats.PerID, k.ID)
		}
	}
}

// takeFeet adds what one log told.
func (r *run) takeFeet(l *logFile) {
	if l.feet == nil {
		return
	}
	l.metHosts, l.metChannels = l.feet.Met()
	r.feet.logons = r.feet.logons || l.logons > 0
	r.feet.reader.Take(l.feet)
	l.feet = nil
}

// footprint makes the document of what other hosts may ask; nil where it was
// not asked for.
func (r *run) footprint(c *Case) *footprint.Footprint {
	if !r.cfg.Footprint {
		return nil
	}
	for i := range c.Executables {
		r.feet.reader.AddFile(&c.Executables[i])
	}
	var hosts []footprint.Host
	for _, h := range c.Hosts {
		hosts = append(hosts, footprint.Host{Name: h.Name, Names: []string{}, Because: h.Because, MachineSID: h.MachineSID, Domain: h.Domain, DomainSID: h.DomainSID,
			DNSDomain: h.DNSDomain, Disk: h.Disk, Addresses: []footprint.Address{}, Accounts: r.accountsOf(h.key)})
	}
	var logs []footprint.Log
	for _, l := range r.logs {
		logs = append(logs, footprint.Log{Source: l.at.Source, Volume: l.at.Volume, Path: l.at.Path, Read: l.open,
			Hosts: namesOf(l.metHosts, l.hosts), Channels: namesOf(l.metChannels, l.channels), From: l.stats.Oldest, To: l.stats.Newest, Records: l.stats.Records})
	}
	return r.feet.reader.Finish(hosts, r.disks(c), logs, r.feet.logons)
}

// accountsOf are the local accounts of a host, as its own SAM has them now.
func (r *run) accountsOf(host hostKey) (accounts []footprint.Account) {
	h := r.living[host]
	if h == nil || h.hives.SAM == nil {
		return nil
	}
	flag := func(f hive.Fact[bool]) *bool {
		if !f.Known() {
			return nil
		}
		return &f.Value
	}
	for _, a := range h.hives.SAM.Facts.Accounts {
		if !a.Deleted && a.Name.Value != "" {
			accounts = append(accounts, footprint.Account{Name: a.Name.Value, RID: a.RID, Enabled: flag(a.Enabled), Administrator: flag(a.Administrator), Path: h.hives.SAM.Path, Offset: a.Offset})
		}
	}
	return accounts
}

// namesOf are the names in a list and in a set, each once, in order.
func namesOf(list []string, set map[string]bool) []string {
	all := slices.Concat(list, slices.Collect(maps.Keys(set)))
	slices.Sort(all)
	return slices.DeleteFunc(slices.Compact(all), func(name string) bool { return name == "" })
}

// disks are the volumes of the evidence by which Windows would know them.
func (r *run) disks(c *Case) (disks []footprint.Disk) {
	for _, v := range c.Coverage.Volumes {
		p, ok := r.partitionOf(v.Source, v.Name)
		if !ok || v.Info.Snapshot != nil || p.GUID == "" && p.Signature == 0 {
			continue
		}
		d := footprint.Disk{Source: v.Source, Volume: v.Name, PartitionGUID: p.GUID, Offset: p.Offset,
			System: slices.ContainsFunc(r.live, func(l liveHive) bool { return l.at.Source == v.Source && l.at.Volume == v.Name })}
		if p.Signature != 0 {
			d.Signature = fmt.Sprintf("%08X", p.Signature)
		}
		disks = append(disks, d)
	}
	return disks
}
