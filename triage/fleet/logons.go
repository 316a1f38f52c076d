package fleet

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"hivetriage/triage/footprint"
)

// logons are those with exposed accounts, while they are gathered.
type logons struct {
	nodes map[string]*Node
	edges map[string]*Edge
	used  map[*exposed]map[string]bool
	// counts are by edge and input: two inputs of one computer may hold the same
	// log.
	counts map[string]map[string]int
	of     map[*host]int // edges that the host told of first
}

// hearLogons takes the logons that a host recorded of exposed accounts which
// came from other computers.
func (r *rollUp) hearLogons(h *host, f *footprint.Footprint) {
	if r.logons.edges == nil {
		r.logons = logons{nodes: map[string]*Node{}, edges: map[string]*Edge{}, used: map[*exposed]map[string]bool{}, counts: map[string]map[string]int{}, of: map[*host]int{}}
	}
	earliest := earliestLogons(f)
	for i := range f.Logons {
		l := &f.Logons[i]
		r.exposed.learnFrom(l)
		recorder := r.recorder(h, l.Host)
		if l.Outcome == footprint.Explicit {
			r.explicit(h, recorder, f, l)
			continue
		}
		if l.Local || l.Outcome == footprint.Privileged || recorder == nil {
			continue
		}
		e, because, lead := r.exposed.of(l.Account, recorder, recorder.name)
		if e == nil || e.ownMachine(r, l) {
			continue
		}
		from, node := r.sourceNode(l)
		if from == recorder || node.ID == "" {
			continue
		}
		since := e.sinceOn(recorder, lead)
		if edge, ok := r.edge(h, recorder, e, l, since); ok {
			edge.From, edge.To, edge.Account, edge.Because, edge.Lead = node.ID, r.node(recorder).ID, l.Account, because, lead
			edge.Source = past(earliest[pastKey(l)], since, recorder, f)
			r.add(h, e, edge, node)
		}
	}
}

// learnFrom names an account that hives tell by its SID alone as logons do.
func (x *exposure) learnFrom(l *footprint.Logon) {
	e := x.bySID[l.Account.SID]
	if e == nil || l.Account.SID == "" || nameRank(e.row.Name) == 2 || l.Account.Name == "" || l.Account.Domain == "" || strings.Contains(l.Account.Name, "@") {
		return
	}
	e.row.Name = l.Account.Domain + `\` + l.Account.Name
	x.enter(e)
}

// recorder is the computer whose log a record is from.
func (r *rollUp) recorder(h *host, name string) *machine {
	if len(h.row.Others) > 0 || h.machine == nil {
		if m := r.known.named(name).one(); m != nil {
			return m
		}
	}
	return h.machine
}

// ownMachine reports whether a logon is that of a computer's account from that
// computer, as there are all the time.
func (e *exposed) ownMachine(r *rollUp, l *footprint.Logon) bool {
	name, ok := strings.CutSuffix(l.Account.Name, "$")
	if !ok {
		return false
	}
	m, _ := r.sourceNode(l)
	return m != nil && m.is(name) || strings.EqualFold(short(l.Workstation), name)
}

// sinceOn is the act since which an account was exposed, as far as it bears on
// logons to a computer; nil if no time is known.
func (e *exposed) sinceOn(m *machine, lead bool) *act {
	if e.row.Scope == LocalScope && !lead {
		return e.since[m]
	}
	return e.first
}

// pastKey tells logons of one account from one source on one host.
func pastKey(l *footprint.Logon) string {
	return strings.ToLower(strings.Join([]string{l.Host, cmp.Or(l.Account.SID, l.Account.Domain+`\`+l.Account.Name), cmp.Or(l.Address, l.Workstation)}, "\x00"))
}

// earliestLogons are the first successful logons of each account and source.
func earliestLogons(f *footprint.Footprint) map[string]time.Time {
	first := map[string]time.Time{}
	for i := range f.Logons {
		l := &f.Logons[i]
		if t, ok := first[pastKey(l)]; l.Outcome == footprint.Succeeded && (!ok || l.First.Before(t)) {
			first[pastKey(l)] = l.First
		}
	}
	return first
}

// past says whether a source was new for an account.
func past(earliest time.Time, by *act, recorder *machine, f *footprint.Footprint) string {
	since := by.row.Start
	switch {
	case !earliest.IsZero() && earliest.Before(since.Add(-by.slack(recorder))):
		return KnownSource
	case !earliest.IsZero() && earliest.Before(since): // by a clock that may be apart
		return UnknownPast
	case f.Usable.Logons.Told && !f.Usable.Logons.From.IsZero() && f.Usable.Logons.From.Before(since) && f.Omitted.Logons == 0:
		return NewSource
	}
	return UnknownPast
}

// edge counts the logons since an act, and those before it that may have come
// after it, the clocks of the act and of the logons' recorder being apart;
// there are none if no time is known.
func (r *rollUp) edge(h *host, recorder *machine, e *exposed, l *footprint.Logon, by *act) (*Edge, bool) {
	if by == nil {
		return nil, false
	}
	slack := by.slack(recorder)
	since := by.row.Start.Add(-slack)
	if l.Last.Before(since) {
		return nil, false
	}
	edge := &Edge{Type: l.Type, Outcome: l.Outcome, Address: l.Address, Workstation: l.Workstation, Last: l.Last, Exposed: []Ref{}}
	note := func(t time.Time, record uint64) {
		if edge.First.IsZero() || t.Before(edge.First) {
			edge.First = t
			edge.Evidence = []Ref{{Folder: h.row.Folder, Path: l.FirstFrom.Path, RecordID: record}}
		}
	}
	if !l.First.Before(since) {
		edge.Count = l.Count
		note(l.First, l.FirstFrom.RecordID)
	} else {
		for _, d := range l.Days {
			switch {
			case d.Last.Before(since):
			case d.First.Before(since): // the day of the act: how many there were after it is not kept
				edge.Count++
				edge.AtLeast = edge.AtLeast || d.Count > 2
				note(d.Last, d.LastRecord)
			default:
				edge.Count += d.Count
				note(d.First, d.FirstRecord)
			}
		}
		edge.AtLeast = edge.AtLeast || l.DaysOmitted > 0 && len(l.Days) > 0 && l.Days[0].First.After(since)
	}
	if edge.Count == 0 {
		edge.Count, edge.AtLeast = 1, true
		note(l.Last, l.LastFrom.RecordID)
	}
	if !edge.Last.Equal(edge.First) {
		edge.Evidence = append(edge.Evidence, Ref{Folder: h.row.Folder, Path: l.LastFrom.Path, RecordID: l.LastFrom.RecordID})
	}
	for _, a := range e.acts { // by host; those that a logon can follow
		if len(edge.Exposed) < MaxRefs && !a.row.Start.IsZero() && !a.row.Start.After(edge.Last.Add(slack)) {
			edge.Exposed = append(edge.Exposed, a.ref())
		}
	}
	edge.Exposed = refs(edge.Exposed)
	if certain := by.row.Start.Add(slack); slack > 0 && !edge.First.After(certain) {
		edge.Unordered = !edge.Last.After(certain)
		edge.Clock = by.order(recorder, slack)
	}
	return edge, true
}

// explicit takes the use of an exposed account's credentials for another
// computer, which the computer that it was done on recorded.
func (r *rollUp) explicit(h *host, recorder *machine, f *footprint.Footprint, l *footprint.Logon) {
	if recorder == nil || l.Server == "" || recorder.is(l.Server) {
		return
	}
	to := r.known.named(l.Server).one()
	e, because, lead := r.exposed.of(l.Target, to, l.Server)
	if e == nil || to == recorder {
		return
	}
	since := e.sinceOn(to, lead)
	if edge, ok := r.edge(h, recorder, e, l, since); ok {
		node := Node{ID: "name:" + short(l.Server), Label: l.Server}
		if to != nil {
			node = r.node(to)
		}
		edge.From, edge.To, edge.Account, edge.Because, edge.Lead = r.node(recorder).ID, node.ID, l.Target, because, lead
		edge.Source = UnknownPast
		r.add(h, e, edge, node, r.node(recorder))
	}
}

// node is that of a machine.
func (r *rollUp) node(m *machine) Node {
	if m.host == nil {
		return Node{ID: "name:" + short(m.name), Label: m.name}
	}
	return Node{ID: m.folder(), Label: m.name, Folder: m.folder()}
}

// sourceNode is where a logon came from; its ID is "" if that is not told.
func (r *rollUp) sourceNode(l *footprint.Logon) (*machine, Node) {
	ip, ok := remoteAddress(l.Address)
	s := source{station: strings.TrimSpace(strings.TrimLeft(l.Workstation, `\`)), at: l.First}
	if s.station == "-" {
		s.station = ""
	}
	if ok {
		s.address = ip.String()
	}
	if m := r.find(s).one(); m != nil {
		return m, r.node(m)
	}
	switch {
	case s.address != "":
		label := s.address
		if s.station != "" {
			label = s.station + " (" + s.address + ")"
		}
		return nil, Node{ID: "address:" + s.address, Label: label}
	case s.station != "":
		return nil, Node{ID: "name:" + strings.ToLower(s.station), Label: s.station}
	}
	return nil, Node{}
}

// add enters an edge, or counts it to the one that it is.
func (r *rollUp) add(h *host, e *exposed, edge *Edge, nodes ...Node) {
	for _, n := range nodes {
		if old := r.logons.nodes[n.ID]; old == nil || n.Label < old.Label {
			r.logons.nodes[n.ID] = &n
		}
	}
	for _, id := range []string{edge.From, edge.To} {
		if r.logons.nodes[id] == nil {
			for _, h := range r.hosts {
				if h.machine != nil && h.machine.folder() == id {
					n := r.node(h.machine)
					r.logons.nodes[id] = &n
				}
			}
		}
	}
	key := strings.ToLower(strings.Join([]string{edge.From, edge.To, cmp.Or(edge.Account.SID, edge.Account.Domain+`\`+edge.Account.Name), edge.Outcome, string(rune('0' + edge.Type))}, "\x00"))
	old := r.logons.edges[key]
	if old == nil {
		if r.logons.of[h]++; r.logons.of[h] > maxEdges {
			r.c.Omitted.Edges++
			return
		}
	}
	if r.logons.used[e] == nil {
		r.logons.used[e] = map[string]bool{}
	}
	r.logons.used[e][key] = true
	if r.logons.counts[key] == nil {
		r.logons.counts[key] = map[string]int{}
	}
	r.logons.counts[key][edge.Evidence[0].Folder] += edge.Count
	if old == nil {
		r.logons.edges[key] = edge
		return
	}
	old.AtLeast = old.AtLeast || edge.AtLeast
	old.Clock, old.Unordered = cmp.Or(old.Clock, edge.Clock), old.Unordered && edge.Unordered
	if edge.First.Before(old.First) {
		old.First = edge.First
	}
	if edge.Last.After(old.Last) {
		old.Last = edge.Last
	}
	sources := []string{KnownSource, UnknownPast, NewSource}
	old.Source = worst(sources, old.Source, edge.Source)
	old.Evidence = refs(append(old.Evidence, edge.Evidence...))
	old.Exposed = refs(append(old.Exposed, edge.Exposed...))
}

// finishLogons writes the graph, the newest sources first.
func (r *rollUp) finishLogons() {
	r.c.Logons = Graph{Nodes: []Node{}, Edges: []Edge{}}
	for key, e := range r.logons.edges {
		counts := slices.Sorted(maps.Values(r.logons.counts[key]))
		e.Count = counts[len(counts)-1]
		e.AtLeast = e.AtLeast || len(counts) > 1
		r.c.Logons.Edges = append(r.c.Logons.Edges, *e)
	}
	slices.SortFunc(r.c.Logons.Edges, func(a, b Edge) int {
		return cmp.Or(edgeRank(a)-edgeRank(b), a.First.Compare(b.First), strings.Compare(a.From, b.From), strings.Compare(a.To, b.To),
			strings.Compare(strings.ToLower(person(a.Account)), strings.ToLower(person(b.Account))), strings.Compare(a.Account.SID, b.Account.SID), cmp.Compare(a.Type, b.Type), strings.Compare(a.Outcome, b.Outcome))
	})
	if more := len(r.c.Logons.Edges) - MaxEdges; more > 0 {
		r.c.Logons.Edges, r.c.Omitted.Edges = r.c.Logons.Edges[:MaxEdges], r.c.Omitted.Edges+more
	}
	verdicts := map[string]string{}
	for _, h := range r.hosts {
		verdicts[h.row.Machine] = worse(cmp.Or(verdicts[h.row.Machine], "none"), h.row.Verdict)
	}
	needed := map[string]bool{}
	for _, e := range r.c.Logons.Edges {
		needed[e.From], needed[e.To] = true, true
	}
	for id, n := range r.logons.nodes {
		if needed[id] {
			n.Verdict = verdicts[n.Folder]
			r.c.Logons.Nodes = append(r.c.Logons.Nodes, *n)
		}
	}
	slices.SortFunc(r.c.Logons.Nodes, func(a, b Node) int { return strings.Compare(a.ID, b.ID) })
	for e, edges := range r.logons.used {
		e.row.Used = len(edges)
	}
}

// edgeRank puts first what looks most like use by an intruder.
func edgeRank(e Edge) int {
	switch {
	case e.Lead:
		return 3
	case e.Source == NewSource:
		return 0
	case e.Source == UnknownPast:
		return 1
	}
	return 2
}
