package footprint

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/triage/command"
	"hivetriage/triage/correlate"
)

// A callKey is what the calls of one group share.
type callKey struct {
	host, to, address, how, account, target, process string
	port                                             int
}

// addExplicit takes a 4648: somebody used other credentials, on this host or
// for another one.
func (r *Reader) addExplicit(e *artifacts.Event) {
	server := e.Value("TargetServerName")
	if strings.EqualFold(server, "localhost") || short(server) == short(e.Host) {
		server = ""
	}
	l := logonOf(e, Explicit, artifacts.Logon{SourceIP: e.Value("IpAddress")})
	l.Account, l.Target, l.Server = account(e.User), account(e.Target), cut(server)
	r.addLogon(e, l)
	if server == "" {
		return
	}
	to, at := hostOrAddress(server)
	r.addCall(e, Outgoing{To: to, Address: at, How: ByCredentials, Account: account(e.User), Target: account(e.Target)})
}

// hostOrAddress tells whether a name is an address.
func hostOrAddress(name string) (host, at string) {
	name = strings.ToLower(cut(name))
	if a := address(name); global(a) {
		return "", a
	}
	return name, ""
}

// addConnection takes a Sysmon 3 of a connection that the host opened.
func (r *Reader) addConnection(e *artifacts.Event) {
	from := correlate.FromEvent(e)
	source, to := address(e.Value("SourceIp")), address(e.Value("DestinationIp"))
	if global(source) {
		r.addOwn(e.Host, Address{Address: source, Because: fromItself, Count: 1, First: e.Began(), Last: e.Began(), From: from})
	}
	if to == "" || to == source {
		return
	}
	port, _ := strconv.Atoi(e.Value("DestinationPort")) // one of those in administered
	r.addCall(e, Outgoing{To: strings.ToLower(cut(e.Value("DestinationHostname"))), Address: to, Port: port, How: ByConnection, Account: account(e.User)})
}

// addLine takes a process start whose command line names other hosts.
func (r *Reader) addLine(e *artifacts.Event) {
	for _, host := range Remotes(e.Process.Executable, e.Process.CommandLine) {
		if short(host) == short(e.Host) {
			continue
		}
		to, at := hostOrAddress(host)
		r.addCall(e, Outgoing{To: to, Address: at, How: ByCommand, Account: account(e.User), CommandLine: cut(e.Process.CommandLine)})
	}
}

// addCall counts a record in its group.
func (r *Reader) addCall(e *artifacts.Event, c Outgoing) {
	from := correlate.FromEvent(e)
	c.Host, c.Count, c.First, c.Last, c.FirstFrom, c.LastFrom = cut(e.Host), 1, e.Began(), e.Began(), from, from
	if e.Process != nil {
		c.Process = cut(e.Process.Executable)
	}
	r.mergeCall(&c)
}

func (c *Outgoing) key() callKey {
	return callKey{short(c.Host), c.To, c.Address, c.How, who(c.Account), who(c.Target), command.Normal(c.Process), c.Port}
}

func (r *Reader) mergeCall(c *Outgoing) {
	key := c.key()
	g := r.calls[key]
	switch {
	case g == nil && len(r.calls) >= MaxOutgoing:
		r.omitted.Outgoing += int64(c.Count)
	case g == nil:
		if r.calls == nil {
			r.calls = map[callKey]*Outgoing{}
		}
		r.calls[key] = c
	default:
		count, last, lastFrom := g.Count+c.Count, g.Last, g.LastFrom
		if before(last, lastFrom, c.Last, c.LastFrom) {
			last, lastFrom = c.Last, c.LastFrom
		}
		if before(c.First, c.FirstFrom, g.First, g.FirstFrom) {
			*g = *c
		}
		g.Count, g.Last, g.LastFrom = count, last, lastFrom
	}
}

func (r *Reader) takeCalls(o *Reader) {
	for _, key := range ordered(o.calls, compareCalls) {
		r.mergeCall(o.calls[key])
	}
}

func compareCalls(a, b callKey) int {
	return cmp.Or(strings.Compare(a.host, b.host), strings.Compare(a.to, b.to), strings.Compare(a.address, b.address), strings.Compare(a.how, b.how), strings.Compare(a.account, b.account),
		strings.Compare(a.target, b.target), strings.Compare(a.process, b.process), cmp.Compare(a.port, b.port))
}

func (r *Reader) outgoing() []Outgoing {
	list := make([]Outgoing, 0, len(r.calls))
	for _, key := range ordered(r.calls, compareCalls) {
		list = append(list, *r.calls[key])
	}
	slices.SortStableFunc(list, func(a, b Outgoing) int { return a.First.Compare(b.First) })
	return list
}
