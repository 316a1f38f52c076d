package fleet

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"hivetriage/triage/footprint"
	"hivetriage/triage/guide"
)

// A place is a computer that acts lead to, one of the batch or another.
type place struct {
	machine  *machine        // nil: it is none of the batch
	called   guide.Computer  // of one that is not
	action   guide.Action    // the strongest that is asked for
	strength int             // of it
	told     []telling       // why, and by whom
	from     map[string]bool // names of hosts on which acts were done from here
	evidence []Ref
	joined   *place // that it turned out to be
}

// A telling is why a host asks for something of a place.
type telling struct {
	host   *host // nil: the batch shows it
	action *guide.Action
	text   string
}

// places finds computers by what they are called.
type places struct {
	all       []*place
	byMachine map[*machine]*place
	byName    map[string][]*place // by short names and addresses
}

// strengthOf is the strength of a host's action, with room for what the batch
// shows between two of them.
func strengthOf(action string) int {
	strength, _ := guide.Strength(action)
	return 2 * strength
}

// What is asked for of the computers in a batch.
const (
	examineNew = "Examine the hosts that exposed accounts logged on to from a new source"
	isolateOn  = "Examine and isolate the hosts of the batch that acts on other hosts were done from"
)

// inBatch are the words for several hosts.
var inBatch = map[string]string{
	guide.TriageSource:  "Isolate the hosts whose hives were taken, and triage them",
	guide.IsolateSource: "Examine and isolate the computers that acts were done from",
	guide.IsolateAsking: "Examine and isolate the computers that acts were done from",
	guide.ExamineTarget: "Examine the computers that hosts with acts turned to since, and look there for logons from those hosts",
}

// computer enters an action of a host that is about another computer.
func (p *response) computer(h *host, a *guide.Action, strength int) {
	if strings.HasPrefix(a.Target, guide.Unknown) {
		o := p.row(a.Step+"\x00"+a.Action, a)
		o.target(h.machine.name + ": " + a.Target)
		o.ask(h, a)
		return
	}
	c := guide.ComputerCalled(a.Target)
	m := p.machineOf(c, h.row.First)
	if m == h.machine && m != nil {
		return // the host knew itself by another address
	}
	if len(p.places.all) == maxPlaces {
		p.c.Omitted.Actions++
		return
	}
	at := p.places.of(m, c)
	at.want(*a, 2*strength)
	at.told = append(at.told, telling{h, a, a.Because})
	for _, id := range a.Evidence[:min(len(a.Evidence), MaxRefs)] {
		at.evidence = append(at.evidence, h.ref(id))
	}
}

// machineOf is the machine of the batch that a computer is, nil if it is none
// or that is in doubt: names are what a computer calls itself, and count alone
// where the machine's addresses are not known.
func (p *response) machineOf(c guide.Computer, at time.Time) (m *machine) {
	for _, address := range c.Addresses {
		f := p.known.address(address, at)
		if f.one() == nil && len(f.machines) == 0 {
			continue
		}
		if f.one() == nil || f.doubt != "" || m != nil && m != f.one() {
			return nil
		}
		m = f.one()
	}
	if m != nil {
		return m
	}
	for _, name := range c.Names {
		f := p.known.named(name).one()
		if f == nil || m != nil && m != f || len(c.Addresses) > 0 && f.addressed() {
			return nil
		}
		m = f
	}
	return m
}

// addressed reports whether any address of a machine is known.
func (m *machine) addressed() bool {
	return slices.ContainsFunc(m.computers, func(c *computer) bool { return len(c.addresses) > 0 })
}

// of is the place of a machine, or of what is called so.
func (s *places) of(m *machine, c guide.Computer) *place {
	if m != nil {
		if s.byMachine[m] == nil {
			s.byMachine[m] = &place{machine: m, strength: -1, from: map[string]bool{}}
			s.all = append(s.all, s.byMachine[m])
		}
		return s.byMachine[m]
	}
	var at *place
	keys := slices.Clone(c.Addresses)
	for _, name := range c.Names {
		keys = append(keys, short(name))
	}
	for _, key := range keys {
		for _, o := range s.byName[key] {
			for o.joined != nil {
				o = o.joined
			}
			switch {
			case o == at || !o.called.Same(c):
			case at == nil:
				at = o
			default:
				at.join(o)
			}
		}
	}
	if at == nil {
		at = &place{strength: -1, from: map[string]bool{}}
		s.all = append(s.all, at)
	}
	at.called.Join(c)
	for _, key := range keys {
		if !slices.Contains(s.byName[key], at) {
			s.byName[key] = append(s.byName[key], at)
		}
	}
	return at
}

// join takes over what is known of another place, which is the same.
func (at *place) join(o *place) {
	at.called.Join(o.called)
	at.want(o.action, o.strength)
	at.told, at.evidence, o.joined = append(at.told, o.told...), append(at.evidence, o.evidence...), at
}

// want takes what is asked for if it is stronger.
func (at *place) want(a guide.Action, strength int) {
	if at.strength < 0 || strength >= 0 && strength < at.strength {
		at.action, at.strength = a, strength
	}
}

// name is what the place is called.
func (at *place) name() string {
	if at.machine != nil {
		return at.machine.name
	}
	return at.called.String()
}

// across adds what only the batch shows: hosts that acts on others were done
// from, and hosts that exposed accounts came to from new sources.
func (p *response) across() {
	for _, m := range p.remotes {
		if m.source == nil || m.source.host == nil || m.source == m.act.machine {
			continue
		}
		at := p.places.of(m.source, guide.Computer{})
		at.want(guide.Action{Step: "2", Priority: 1, Action: guide.IsolateSource}, strengthOf(guide.IsolateSource))
		at.from[m.act.machine.name] = true
		at.evidence = append(at.evidence, m.act.ref())
	}
	machines := map[string]*machine{}
	for _, m := range p.known.machines {
		machines[m.folder()] = m
	}
	for _, e := range p.c.Logons.Edges {
		m := machines[e.To]
		if m == nil || m.host == nil || e.Source != NewSource || e.Lead || e.Outcome == footprint.Failed {
			continue
		}
		at := p.places.of(m, guide.Computer{})
		at.want(guide.Action{Step: "2", Priority: 2, Action: examineNew}, strengthOf(guide.ExamineTarget)-1)
		at.told = append(at.told, telling{text: fmt.Sprintf("%s, exposed before, logged on to %s from a source that its logs do not know of that account before", person(e.Account), m.name)})
		at.evidence = append(at.evidence, e.Evidence...)
	}
}

// computers writes the rows of all places: those that are isolated for what was
// done on them have their reasons there, the others one row for each action.
func (p *response) computers() {
	for _, at := range p.places.all {
		if at.joined != nil {
			continue
		}
		a := at.action
		switch words, ok := inBatch[a.Action]; {
		case p.isolated[at.machine]:
			a = guide.Action{Step: "2", Priority: 1, Action: guide.Isolate}
		case at.machine != nil && len(at.from) > 0 && at.strength <= strengthOf(guide.IsolateAsking):
			a.Action = isolateOn
		case ok:
			a.Action = words
		}
		o := p.row(a.Step+"\x00"+a.Action, &a)
		if a.Action != guide.Isolate {
			o.turn = 1 + at.strength
		}
		o.target(at.name())
		p.tell(o, at)
	}
}

// tell gives a row the reasons of a place.
func (p *response) tell(o *order, at *place) {
	if len(at.from) > 0 {
		var on []string
		for name := range at.from {
			on = append(on, name)
		}
		slices.Sort(on)
		o.first(fmt.Sprintf("acts on %s were done from %s, by the addresses and names of their sessions and of records of shares", strings.Join(on[:min(len(on), maxBecause)], ", ")+moreThan(len(on), maxBecause), at.name()))
	}
	for _, t := range at.told {
		if t.host == nil {
			o.because(t.text)
			continue
		}
		o.asks(t.host, t.action)
		o.because(fmt.Sprintf("as %s tells of %s: %s", t.host.machine.name, at.name(), t.text))
	}
	if at.machine != nil && at.machine.host != nil && !o.hosts[at.machine.folder()] {
		o.hosts[at.machine.folder()] = true
		o.Hosts = append(o.Hosts, at.machine.folder())
	}
	o.evidence = append(o.evidence, at.evidence...)
}
