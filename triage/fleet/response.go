package fleet

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"hivetriage/triage/guide"
)

// maxBecause bounds how many reasons of one action are told.
const maxBecause = 20

// A response is the hosts' responses while they are joined into one.
type response struct {
	*rollUp
	rows     []*order
	byKey    map[string]*order
	places   places
	isolated map[*machine]bool // that a host's own response asks to isolate
}

// An order is one row: one action for all whom it is about.
type order struct {
	Action
	turn     int // among those of the same priority and step
	targeted map[string]bool
	hosts    map[string]bool
	reasons  []*reason
	byText   map[string]*reason
	evidence []Ref
}

// A reason is why, and the hosts whose evidence says so.
type reason struct {
	text string
	by   []string // their names; none: all of it is the text
}

// respond joins the hosts' responses into one list: an action is one row for
// all hosts, a computer or a domain's account is told once, and computers are
// called as the batch knows them.
func (r *rollUp) respond() {
	p := response{rollUp: r, byKey: map[string]*order{}, places: places{byMachine: map[*machine]*place{}, byName: map[string][]*place{}}, isolated: map[*machine]bool{}}
	for _, h := range r.hosts {
		for i := range h.response {
			p.take(h, &h.response[i])
		}
	}
	p.across()
	p.computers()
	r.c.Response = []Action{}
	slices.SortStableFunc(p.rows, compareOrders)
	for _, o := range p.rows {
		r.c.Response = append(r.c.Response, o.write())
	}
	if more := len(r.c.Response) - MaxActions; more > 0 {
		r.c.Response, r.c.Omitted.Actions = r.c.Response[:MaxActions], r.c.Omitted.Actions+more
	}
	for i := range r.c.Response {
		r.c.Response[i].Order = i + 1
	}
}

// take enters an action of a host.
func (p *response) take(h *host, a *guide.Action) {
	if strength, ok := guide.Strength(a.Action); ok {
		p.computer(h, a, strength)
		return
	}
	own := p.own(h, a.Target)
	if len(own) == 0 && a.Step == "3" && p.account(h, a) {
		return
	}
	o := p.row(a.Step+"\x00"+a.Action, a)
	if a.Step == "3" {
		o.turn = guide.ResetTurn(a.Action, o.Priority)
	}
	for _, m := range own {
		o.target(m.name)
		if a.Action == guide.Isolate {
			p.isolated[m] = true
		}
	}
	if len(own) == 0 {
		o.target(h.machine.name + ": " + a.Target)
	}
	o.ask(h, a)
}

// row is the row of a key; the first action for it gives it its words.
func (p *response) row(key string, a *guide.Action) *order {
	o := p.byKey[key]
	if o == nil {
		o = &order{Action: Action{Step: a.Step, Action: a.Action, Priority: a.Priority, Targets: []string{}, Hosts: []string{}, Because: []string{}},
			targeted: map[string]bool{}, hosts: map[string]bool{}, byText: map[string]*reason{}}
		if len(p.rows) == maxRows {
			p.c.Omitted.Actions++
			return o // of which nothing is told
		}
		p.byKey[key], p.rows = o, append(p.rows, o)
	}
	o.Priority = min(o.Priority, a.Priority)
	return o
}

// own are the machines that a target names, where it names nothing but such
// that the host's evidence is of.
func (p *response) own(h *host, target string) (all []*machine) {
	if target == "the host" || !h.row.Named && strings.HasPrefix(target, "the computer that ") || strings.EqualFold(target, h.row.Name) {
		return []*machine{h.machine}
	}
	for name := range strings.SplitSeq(target, ", ") {
		switch i := slices.IndexFunc(h.computers, func(c *computer) bool { return c.machine != nil && c.machine.is(name) }); {
		case h.machine.is(name):
			all = append(all, h.machine)
		case i >= 0:
			all = append(all, h.computers[i].machine)
		default:
			return nil
		}
	}
	return all
}

func (o *order) target(name string) {
	if !o.targeted[name] {
		o.targeted[name] = true
		o.Targets = append(o.Targets, name)
	}
}

// ask enters a host that asks for the row, and why.
func (o *order) ask(h *host, a *guide.Action) {
	o.asks(h, a)
	o.because(a.Because, h.machine.name)
}

// asks enters a host that asks for the row, and what it points to.
func (o *order) asks(h *host, a *guide.Action) {
	if !o.hosts[h.row.Folder] {
		o.hosts[h.row.Folder] = true
		o.Hosts = append(o.Hosts, h.row.Folder)
	}
	for _, id := range a.Evidence[:min(len(a.Evidence), MaxRefs)] {
		o.evidence = append(o.evidence, h.ref(id))
	}
}

// because adds a reason.
func (o *order) because(text string, by ...string) {
	why := o.byText[text]
	if why == nil {
		why = &reason{text: text}
		o.byText[text], o.reasons = why, append(o.reasons, why)
	}
	for _, name := range by {
		if !slices.Contains(why.by, name) {
			why.by = append(why.by, name)
		}
	}
}

// first puts a reason before all others.
func (o *order) first(text string) {
	if text != "" && o.byText[text] == nil {
		why := &reason{text: text}
		o.byText[text], o.reasons = why, append([]*reason{why}, o.reasons...)
	}
}

// write makes the row of an order.
func (o *order) write() Action {
	a := o.Action
	for i, why := range o.reasons {
		if i == maxBecause {
			a.Because = append(a.Because, fmt.Sprintf("and %s, in the hosts' own cases", plural(len(o.reasons)-i, "more reason", "more reasons")))
			break
		}
		text := why.text
		if len(why.by) > 0 {
			text = few(why.by) + ": " + text
		}
		a.Because = append(a.Because, text)
	}
	if more := len(a.Targets) - MaxTargets; more > 0 {
		a.Targets = a.Targets[:MaxTargets]
		a.Because = append(a.Because, fmt.Sprintf("and %s, in the hosts' own cases", plural(more, "more target", "more targets")))
	}
	a.Evidence = refs(o.evidence)
	return a
}

// phase is the order of the steps for a whole batch: open, contain, reset,
// eradicate, recover, find the way in, confirm what is explained, log.
func (o *order) phase() int {
	switch {
	case o.Step == "1" && o.Priority > 1:
		return 6
	case o.Step == "1":
		return 0
	case o.Step == "2":
		return 1
	case o.Step == "3":
		return 2
	case o.Action.Action == guide.Reimage:
		return 4
	case o.Step == "4", o.Step == "5":
		return 3
	case o.Step == "6":
		return 5
	}
	return 7
}

func compareOrders(a, b *order) int {
	return cmp.Or(a.Priority-b.Priority, a.phase()-b.phase(), a.turn-b.turn, strings.Compare(a.Step, b.Step), len(b.Hosts)-len(a.Hosts), strings.Compare(a.Action.Action, b.Action.Action), slices.Compare(a.Targets, b.Targets))
}
