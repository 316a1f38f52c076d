package triage

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/artifacts/hive"
	"hivetriage/triage/coverage"
	"hivetriage/triage/locate"
)

// Where many collections are triaged in one run, most of the work would be to
// inflate large hives that lie where they belong, on hosts on which nothing
// happened. So such a hive is told by its front, and the rest of it is read
// when there is a reason to: the host has no name without it, or the input
// holds a copy of a hive or the record of one. What is left out is told.

// A postponed is the reading of what a live hive tells of its host.
type postponed struct {
	entry artifacts.Entry
	read  int64 // bytes of the front
	size  int64
	facts hiveFact // of the hive as a whole, in the end
}

// fewInputs is how many inputs are still read as if each were the only one: as
// many as a computer may have disks.
const fewInputs = 8

// frugal reports whether hives in archives are told by their fronts.
func (r *run) frugal() bool { return len(r.cfg.Inputs) > fewInputs }

// usualNames are files that are hives without credentials wherever they lie.
var usualNames = map[string]hive.Kind{"ntuser.dat": hive.NTUser, "usrclass.dat": hive.UsrClass, "amcache.hve": hive.Amcache}

// usualKind is the kind of hive that belongs at a place, "" if none does or if
// it is small anyway.
func (r *run) usualKind(at artifacts.Locator) hive.Kind {
	switch name := strings.ToLower(path.Base(at.Path)); {
	case at.Member != "" || at.Stream != "":
	case name == "system" && r.isLive(at, hive.System):
		return hive.System
	case name == "software" && r.isLive(at, hive.Software):
		return hive.Software
	case name == "default" && r.isLive(at, "DEFAULT"):
		return hive.NTUser
	default:
		return usualNames[name]
	}
	return ""
}

// front tells a hive in its place by its first keys. It returns false where
// they do not tell enough.
func (r *run) front(entry artifacts.Entry, content artifacts.Content) (f hiveFact, ok bool) {
	inflated, _ := content.(artifacts.Inflated)
	if inflated == nil || !inflated.Inflated() {
		return f, false
	}
	at, meta := entry.Locator(), entry.Meta()
	kind := r.usualKind(at)
	if kind == "" || stateOf(entry, meta) != "live" {
		return f, false
	}
	id, read, ok := hive.Begins(content, content.Size(), kind)
	if !ok {
		return f, false
	}
	f.row = coverage.Row{State: coverage.Read}
	switch kind {
	case hive.System:
		place := locate.Place{Path: at.Path, Hive: string(kind), Size: content.Size(), State: "live", Unpacked: r.unpacked[at.Source],
			Provenance: provenance(id, nil, content.Size())}
		if classify(entry, place).Class != locate.Normal {
			return f, false
		}
		fallthrough
	case hive.Software:
		f.row.What, f.row.At = "hive", &at
		f.live = &liveHive{at: at, kind: kind, rest: &postponed{entry: entry, read: read, size: content.Size()}}
	}
	return f, true
}

// readRest reads the postponed hives of the hosts that have no name yet, and
// those of the sources.
func (r *run) readRest(ctx context.Context, sources map[string]bool) {
	named := map[hostKey]bool{}
	for _, l := range r.live {
		named[l.host()] = named[l.host()] || l.names()
	}
	var wanted []*liveHive
	for i := range r.live {
		l := &r.live[i]
		if l.rest != nil && (sources[l.at.Source] || l.kind == hive.System && !named[l.host()]) {
			wanted = append(wanted, l)
		}
	}
	abreast(r.cfg.Workers, len(wanted), func(i int) {
		rest := wanted[i].rest
		rest.facts = r.openHive(ctx, rest.entry, false)
	})
	for _, l := range wanted {
		f := l.rest.facts
		r.ledger.Stream(f.row)
		l.rest = nil
		if f.live != nil {
			l.facts = f.live.facts
		}
		for i, e := range f.exports { // it is not what its front told
			r.copies[copyOf(e)] = f.copies[i]
			r.exports = append(r.exports, *e)
		}
	}
}

// names reports whether a live hive tells its computer's name. The SECURITY of
// a domain controller has the domain's in that place.
func (l liveHive) names() bool {
	f := l.facts
	return f.ComputerName != "" && (l.kind == hive.System || f.MachineSID == "" || f.MachineSID != f.DomainSID)
}

// findings are the sources with a copy of a hive or a record of one.
func (r *run) findings() map[string]bool {
	sources := map[string]bool{}
	for _, e := range r.exports {
		sources[e.At.Source] = true
	}
	for _, rec := range r.records {
		if rec.Assessment != "benign" {
			sources[rec.From.Source] = true
		}
	}
	return sources
}

// settleLive reads what the findings ask for of the live hives, and tells what
// was not read of the others.
func (r *run) settleLive(ctx context.Context) {
	if !slices.ContainsFunc(r.live, func(l liveHive) bool { return l.rest != nil }) {
		return
	}
	exports := len(r.exports)
	r.readRest(ctx, r.findings())
	if len(r.exports) > exports {
		slices.SortFunc(r.exports, compareExports)
		numberDuplicates(r.exports, r.known)
		r.assign()
	}
	left, front, size := int64(0), int64(0), int64(0)
	for i := range r.live {
		if p := r.live[i].rest; p != nil {
			left, front, size = left+1, front+p.read, size+p.size
			at := r.live[i].at
			r.ledger.Stream(coverage.Row{What: "hive", At: &at, State: coverage.Read, Bytes: p.read,
				Why: fmt.Sprintf("told by the keys in its first %d of %d bytes; what it says of its host was not read", p.read, p.size)})
			r.live[i].rest = nil
		}
	}
	if left > 0 {
		r.ledger.Note(coverage.Row{What: "live hives", State: coverage.Skipped, Records: left,
			Why: fmt.Sprintf("%s in their places of inputs without a finding were told by their first keys, %d of %d bytes: "+
				"time zone, DNS domain, system and build of those hosts were not read (an input given alone is read for them)",
				plural(int(left), "SYSTEM or SOFTWARE hive", "SYSTEM and SOFTWARE hives"), front, size)})
	}
	hosts := hostsFromHives(r.live)
	if len(hosts) > 0 {
		r.hosts = hosts
	}
}
