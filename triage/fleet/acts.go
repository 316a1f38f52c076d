package fleet

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"hivetriage/triage"
	"hivetriage/triage/command"
	"hivetriage/triage/correlate"
	"hivetriage/triage/destination"
	"hivetriage/triage/footprint"
	"hivetriage/triage/guide"
	"hivetriage/triage/locate"
	"hivetriage/triage/program"
)

// An act is what is kept of one act.
type act struct {
	row      Act
	host     *host
	recorded string // name of the computer that its records name, "" if none does
	machine  *machine
	tools    []tool
	outputs  []string // patterns of the places of its copies
	sources  []source
	commands []Ref // records of commands that made the copies
	exports  []string
	records  []string
	again    bool // an act before it is the same, told by another input of the computer
}

// A tool is a program that made the copies.
type tool struct {
	name   string // last component, lower case
	path   string // as command.Normal writes it
	sha256 string
	own    bool // it is one that Windows brings, whatever it is called here
	alias  bool // it bears another name than its version resource gives
}

// A source is where an act was done from over the network.
type source struct {
	address string
	station string
	at      time.Time
	told    []Ref
}

// explained reports whether an act has a complete harmless reading.
func (a *act) explained() bool { return a.row.Verdict == "explained" }

func (a *act) ref() Ref { return a.host.ref(a.row.ID) }

// digestActs keeps of a case's acts and copies what the batch asks about.
func (h *host) digestActs(c *triage.Case) {
	records := map[string]*correlate.Record{}
	for i := range c.Records {
		records[c.Records[i].ID] = &c.Records[i]
	}
	executables := map[string][]*program.Executable{}
	for i := range c.Executables {
		path := command.Normal(c.Executables[i].Path)
		executables[path] = append(executables[path], &c.Executables[i])
	}
	for i := range c.Acts {
		h.acts = append(h.acts, h.digestAct(c, &c.Acts[i], records, executables))
	}
	for i := range c.Exports {
		e := &c.Exports[i]
		h.copies = append(h.copies, &copied{host: h, belongs: e.BelongsTo,
			row: Foreign{Folder: h.row.Folder, Export: e.ID, Path: e.At.Place(), Hive: e.Hive, SHA256: e.SHA256}})
	}
}

func (h *host) digestAct(c *triage.Case, a *correlate.Act, records map[string]*correlate.Record, executables map[string][]*program.Executable) *act {
	d := &act{host: h, exports: a.Exports, records: a.Records,
		row: Act{Folder: h.row.Folder, ID: a.ID, Start: a.Start, End: a.End, Verdict: a.Verdict, Confidence: a.Confidence, Hives: list(a.Hives), Person: guide.Person(a), Tools: []string{}}}
	d.row.Person.LogonID = ""
	for _, of := range guide.Foreign(a, c.Exports) {
		if !slices.Contains(d.row.Of, of) {
			d.row.Of = append(d.row.Of, of)
		}
	}
	var reach destination.Reach
	for _, w := range a.Whereabouts {
		if destination.Compare(w.Reach, reach) < 0 {
			reach = w.Reach
		}
		if p := outputPattern(w.Path, c); p != "" && len(d.outputs) < maxTools && !slices.Contains(d.outputs, p) {
			d.outputs = append(d.outputs, p)
		}
	}
	d.row.Reach = string(reach)
	taken := map[string]bool{}
	for _, id := range a.Exports {
		taken[id] = true
	}
	for i := range c.Exports {
		if e := &c.Exports[i]; taken[e.ID] {
			for _, conflict := range e.Taken.Conflicts {
				d.doubtClock(conflict.What)
			}
			if e.Clock == locate.LocalClock {
				d.doubtClock("the file system of the copy keeps local time, and its zone is not known")
			}
		}
	}
	d.takeSessions(a)
	for _, id := range a.Records {
		if rec := records[id]; rec != nil {
			d.takeRecord(*rec, executables)
		}
	}
	slices.Sort(d.row.Tools)
	slices.Sort(d.outputs)
	return d
}

// maxClock bounds how many doubts of an act's times are told.
const maxClock = 5

func (d *act) doubtClock(what string) {
	if len(d.row.Clock) < maxClock && !slices.Contains(d.row.Clock, what) {
		d.row.Clock = append(d.row.Clock, what)
	}
}

// takeSessions takes where the act's sessions came from.
func (d *act) takeSessions(a *correlate.Act) {
	sessions := a.Sessions
	if len(sessions) == 0 && a.Session != nil {
		sessions = []correlate.Session{*a.Session}
	}
	for _, s := range sessions {
		var told []Ref
		for _, f := range s.From {
			told = append(told, Ref{Folder: d.row.Folder, Path: f.Path, RecordID: f.RecordID})
		}
		d.addSource(s.Logon.SourceIP, s.Logon.Workstation, s.Start, told...)
	}
}

// addSource takes an address and a name, as far as they can be another
// computer's.
func (d *act) addSource(address, station string, at time.Time, told ...Ref) {
	ip, remote := remoteAddress(address)
	station = strings.TrimLeft(strings.TrimSpace(station), `\`)
	if station == "-" || strings.EqualFold(station, "localhost") {
		station = ""
	}
	if _, err := netip.ParseAddr(station); err == nil { // an address where a name belongs
		if !remote {
			ip, remote = remoteAddress(station)
		}
		station = ""
	}
	if !remote && station == "" {
		return
	}
	text := ""
	if remote {
		text = ip.String()
	}
	for i := range d.sources {
		s := &d.sources[i]
		if s.address == text && (strings.EqualFold(s.station, station) || text != "" && (s.station == "" || station == "")) {
			s.station = cmp.Or(s.station, station)
			if len(s.told) < maxListed {
				s.told = append(s.told, told...)
			}
			return
		}
	}
	if len(d.sources) == maxTools {
		return
	}
	d.sources = append(d.sources, source{text, station, at, told})
}

// takeRecord takes what a record of the act tells of its host, its source and
// its programs.
func (d *act) takeRecord(rec correlate.Record, executables map[string][]*program.Executable) {
	if rec.Assessment != "export" && rec.Assessment != "attempt" {
		return
	}
	d.recorded = cmp.Or(d.recorded, bounded(rec.Host))
	if rec.Address != "" {
		d.addSource(rec.Address, "", rec.Time, d.host.ref(rec.ID))
	}
	if rec.Assessment == "export" && rec.Kind == "process" {
		d.takeRecordPlace(rec.From)
	}
	if rec.Kind != "process" || rec.Process == nil || rec.Process.Executable == "" || rec.Assessment != "export" || len(d.tools) == maxTools {
		return
	}
	executable := bounded(rec.Process.Executable)
	t := tool{path: command.Normal(executable), name: command.Base(executable), own: brought(executable)}
	if slices.ContainsFunc(d.tools, func(o tool) bool { return o.path == t.path }) {
		return
	}
	t.sha256 = recordedSHA256(rec.Process.Hashes)
	for _, e := range executables[t.path] {
		if !slices.Contains(e.Acts, d.row.ID) {
			continue
		}
		if e.Unreliable == "" {
			t.sha256 = cmp.Or(t.sha256, strings.ToLower(e.SHA256))
		}
		t.alias = e.Renamed()
		t.own = t.own || e.Signature.Holds() && e.Signature.Microsoft || slices.ContainsFunc(e.Same, brought)
	}
	d.tools = append(d.tools, t)
	if !slices.Contains(d.row.Tools, t.name) {
		d.row.Tools = append(d.row.Tools, t.name)
	}
}

// recordedSHA256 reads the SHA-256 of Sysmon's "SHA256=...,MD5=...".
func recordedSHA256(hashes string) string {
	for field := range strings.SplitSeq(hashes, ",") {
		if name, value, ok := strings.Cut(field, "="); ok && strings.EqualFold(strings.TrimSpace(name), "SHA256") {
			return strings.ToLower(bounded(strings.TrimSpace(value)))
		}
	}
	return ""
}

// brought reports whether a program lies where those lie that Windows brings.
func brought(path string) bool {
	relative, _ := command.VolumePath(path)
	for _, folder := range []string{"/windows/system32/", "/windows/syswow64/"} {
		if strings.HasPrefix(relative, folder) {
			return true
		}
	}
	return relative != "" && strings.HasPrefix(relative, "/windows/") && strings.Count(relative, "/") == 2
}

// gatherActs orders the acts of all hosts and says on which computer each was
// done.
func (r *rollUp) gatherActs() {
	for _, h := range r.hosts {
		for _, a := range h.acts {
			a.machine = h.machine
			if f := r.known.named(a.recorded); len(h.row.Others) > 0 && f.one() != nil {
				a.machine = f.one()
			}
			a.row.Host = a.machine.name
			for _, doubt := range a.host.clockDoubts(a.row.Start, a.row.End) {
				a.doubtClock(doubt)
			}
			a.tellSources()
			r.acts = append(r.acts, a)
		}
	}
	slices.SortStableFunc(r.acts, func(a, b *act) int { return compareTimes(a.row.Start, b.row.Start) })
	r.actsOf = map[*machine][]*act{}
	for _, a := range r.acts {
		r.actsOf[a.machine] = append(r.actsOf[a.machine], a)
	}
	r.tellSameActs()
	r.spread()
	r.tellOrder()
}

// compareTimes puts unknown times last.
func compareTimes(a, b time.Time) int {
	if a.IsZero() != b.IsZero() {
		if a.IsZero() {
			return 1
		}
		return -1
	}
	return a.Compare(b)
}

// tellSources tells where the act was done from, and leaves out what is its own
// computer.
func (a *act) tellSources() {
	a.sources = slices.DeleteFunc(a.sources, func(s source) bool {
		own := slices.ContainsFunc(a.machine.computers, func(c *computer) bool {
			return slices.ContainsFunc(c.addresses, func(x footprint.Address) bool { return s.address != "" && x.Address == s.address })
		})
		return a.machine.is(s.station) || own
	})
	for _, s := range a.sources {
		if s.address != "" && !slices.Contains(a.row.Addresses, s.address) {
			a.row.Addresses = append(a.row.Addresses, s.address)
		}
		a.row.Workstation = cmp.Or(a.row.Workstation, s.station)
	}
	slices.Sort(a.row.Addresses)
}

// tellSameActs finds acts that two inputs of one computer both tell of.
func (r *rollUp) tellSameActs() {
	byEvidence := map[string][]*act{}
	hosts := map[*machine]map[*host]bool{}
	for _, a := range r.acts {
		if hosts[a.machine] == nil {
			hosts[a.machine] = map[*host]bool{}
		}
		hosts[a.machine][a.host] = true
	}
	several := func(a *act) bool { return len(hosts[a.machine]) > 1 }
	for _, a := range r.acts {
		for _, id := range slices.Concat(a.exports, a.records) {
			key := fmt.Sprintf("%p\x00%s", a.machine, id)
			if of := byEvidence[key]; several(a) && (len(of) == 0 || of[len(of)-1] != a) {
				byEvidence[key] = append(of, a)
			}
		}
	}
	for _, a := range r.acts {
		if !several(a) {
			continue
		}
		seen := map[*act]bool{}
		for _, id := range slices.Concat(a.exports, a.records) {
			for _, other := range byEvidence[fmt.Sprintf("%p\x00%s", a.machine, id)] {
				if other.host != a.host && len(seen) < MaxRefs && !seen[other] {
					seen[other] = true
					a.row.SameAs = append(a.row.SameAs, other.ref())
				}
			}
		}
		slices.SortFunc(a.row.SameAs, compareRefs)
		a.row.SameAs = slices.Compact(a.row.SameAs)
	}
	told := map[Ref]bool{}
	for _, a := range r.acts {
		a.again = slices.ContainsFunc(a.row.SameAs, func(s Ref) bool { return told[s] })
		told[a.ref()] = true
	}
}

// spread lists the computers in the order of their first act that is not
// explained.
func (r *rollUp) spread() {
	r.c.Spread = []Arrival{}
	seen := map[*machine]bool{}
	for _, a := range r.acts {
		if a.explained() || seen[a.machine] {
			continue
		}
		seen[a.machine] = true
		s := Arrival{Order: len(r.c.Spread) + 1, Folder: cmp.Or(a.machine.folder(), a.row.Folder), Host: a.row.Host, Time: a.row.Start, Act: a.row.ID, Verdict: a.row.Verdict, Staging: len(a.row.Of) > 0}
		switch {
		case a.row.Start.IsZero():
			s.Doubt = "no time of the act is known, so its place in the order is not either"
		case len(a.row.Clock) > 0:
			s.Doubt = "its times are in doubt: " + a.row.Clock[0]
		}
		if len(r.c.Spread) > 0 && !a.row.Start.IsZero() {
			s.After = int64(a.row.Start.Sub(r.c.Spread[0].Time).Seconds())
		}
		r.c.Spread = append(r.c.Spread, s)
	}
}
