package fleet

import (
	"fmt"
	"slices"
	"strings"

	"hivetriage/triage/guide"
)

// account enters an action on an account or a secret; false if the target is
// none. An account of a domain has one row, with the strongest that a host
// asks for; local accounts of one name share one.
func (p *response) account(h *host, a *guide.Action) bool {
	name, sid := a.Target, ""
	if before, after, ok := strings.Cut(name, " (S-1-"); ok {
		name, sid = before, "S-1-"+strings.TrimSuffix(after, ")")
	}
	e := p.exposedAs(h, name, sid)
	switch {
	case a.Action == guide.Disable && (e == nil || e.row.Scope != DomainScope):
		p.actor(h, a, name, sid)
	case e != nil && e.row.Scope == DomainScope:
		p.domainAccount(h, a, e)
	case e != nil && e.row.Scope == LocalScope:
		o := p.row("local\x00"+a.Action+"\x00"+strings.ToLower(e.row.Name), a)
		o.turn = guide.ResetTurn(o.Action.Action, o.Priority)
		o.target(p.localName(h, name))
		if len(o.Targets) > 1 {
			o.first(e.row.Lead)
		}
		o.ask(h, a)
	case e != nil || strings.Contains(name, " of "):
		o := p.row(a.Step+"\x00"+a.Action, a)
		o.turn = guide.ResetTurn(o.Action.Action, o.Priority)
		o.target(p.secretName(h, name))
		o.ask(h, a)
	default:
		return false
	}
	return true
}

// exposedAs is the row of the matrix that a target of a host's response names.
func (p *response) exposedAs(h *host, name, sid string) *exposed {
	x := &p.rollUp.exposed
	if e := x.bySID[sid]; sid != "" && e != nil {
		return e
	}
	if e := h.accounts[strings.ToLower(name)]; e != nil {
		return e
	}
	if e := x.byName[strings.ToLower(name)]; e != nil {
		return e
	}
	if _, account, ok := strings.Cut(name, `\`); ok {
		return x.local[strings.ToLower(account)]
	}
	if secret, _, ok := strings.Cut(name, " of "); ok {
		return h.accounts[strings.ToLower(secret)]
	}
	return nil
}

// domainAccount enters an action on an account of a domain.
func (p *response) domainAccount(h *host, a *guide.Action, e *exposed) {
	o := p.row(fmt.Sprintf("account\x00%p", e), a)
	if turn := guide.ResetTurn(a.Action, a.Priority); len(o.reasons) == 0 || turn < o.turn || turn == o.turn && a.Priority <= o.Priority && a.Action < o.Action.Action {
		o.Action.Action, o.turn = a.Action, turn
	}
	o.target(e.row.Name)
	o.ask(h, a)
	var on []string
	for _, c := range e.row.Cells {
		if !c.Explained && !slices.Contains(on, c.Host) {
			on = append(on, c.Host)
		}
	}
	if len(on) > 0 {
		o.first("it is exposed on " + strings.Join(on[:min(len(on), maxBecause)], ", ") + moreThan(len(on), maxBecause))
	}
}

func moreThan(n, bound int) string {
	if n <= bound {
		return ""
	}
	return fmt.Sprintf(" and %d more", n-bound)
}

// actor enters whoever did acts with an account that is not known as one of a
// domain that is exposed.
func (p *response) actor(h *host, a *guide.Action, name, sid string) {
	key, target := "actor\x00"+strings.ToLower(name)+"\x00"+sid, a.Target
	if before, _, ok := strings.Cut(name, `\`); ok && h.machine.is(before) {
		target = p.localName(h, name)
		key = "actor\x00" + strings.ToLower(target)
	}
	o := p.row(key, a)
	o.turn = guide.ResetTurn(a.Action, a.Priority)
	o.target(target)
	o.ask(h, a)
}

// localName is HOST\name of a local account: of the host itself, or of the one
// that the target names.
func (p *response) localName(h *host, name string) string {
	host, account, ok := strings.Cut(name, `\`)
	switch {
	case !ok:
		return h.machine.name + `\` + name
	case host == "." || h.machine.is(host):
		return h.machine.name + `\` + account
	}
	if m := p.known.named(host).one(); m != nil {
		return m.name + `\` + account
	}
	return host + `\` + account
}

// secretName is "HOST: name" of what stands in the hives of a host.
func (p *response) secretName(h *host, name string) string {
	secret, host, ok := strings.Cut(name, " of ")
	if !ok || h.accounts[strings.ToLower(name)] != nil {
		return h.machine.name + ": " + name
	}
	if m := p.known.named(host).one(); m != nil {
		host = m.name
	}
	return host + ": " + secret
}
