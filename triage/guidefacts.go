package triage

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"hivetriage/artifacts/hive"
	"hivetriage/artifacts/hive/machine"
	"hivetriage/triage/guide"
)

// advise answers the guide and fills the response from the case.
func (r *run) advise(c *Case) {
	facts := guide.Facts{Exports: c.Exports, Known: c.KnownCopies, Records: c.Records, Acts: c.Acts, Exposure: c.Exposure, Clears: r.clears, Notices: r.notices, Browsers: r.browsers, Programs: r.executables,
		Logons: r.logons, Earlier: r.formerLogons, Window: r.cfg.Window, Coverage: c.Coverage.Sources, Rules: c.Rules, Sigma: r.cfg.Sigma != nil, Logs: r.guideLogs(), Clocks: r.zones()}
	facts.Hosts, facts.Inputs = concerned(c), c.inputNames()
	for _, h := range c.Hosts {
		facts.Settings = append(facts.Settings, guide.HostSettings{Host: h.Name, Settings: h.Settings})
	}
	facts.Lives, facts.Machines = r.livesOf(c), machines(c)
	c.Guide = guide.Investigate(facts)
	c.Response = guide.Respond(facts)
}

// RetellChain answers the guide's first step again from the case's own
// document, once its executables know their prevalence in a batch.
func (c *Case) RetellChain() {
	i := slices.IndexFunc(c.Guide, func(a guide.Answer) bool { return a.Step == "1" })
	if i < 0 {
		return
	}
	c.Guide[i] = guide.Chain(guide.Facts{Hosts: concerned(c), Inputs: c.inputNames(), Exports: c.Exports, Records: c.Records, Acts: c.Acts, Programs: c.Executables, Notices: c.Notices, Coverage: c.Coverage.Sources})
}

// inputNames are the paths of the evidence, as they were given.
func (c *Case) inputNames() (names []string) {
	for _, in := range c.Inputs {
		names = append(names, in.Path)
	}
	return names
}

// guideLogs are the logs that were read, by host and channel. The older states
// in shadow copies are left out.
func (r *run) guideLogs() (logs []guide.Log) {
	for _, l := range r.logs {
		if !l.open || l.stats.Records == 0 || r.inSnapshot(l.at) {
			continue
		}
		channels := slices.DeleteFunc(slices.Sorted(maps.Keys(l.channels)), func(c string) bool { return c == "" })
		if len(channels) == 0 {
			channels = []string{channelOf(l.at.Path)}
		}
		host := l.host()
		if host == "" {
			host = r.hostOf(l.at)
		}
		for _, c := range channels {
			logs = append(logs, guide.Log{Host: host, Channel: c, Path: l.at.Path, From: l.stats.Oldest, To: l.stats.Newest})
		}
	}
	return logs
}

// channelOf is the channel that Windows keeps in a file of this name.
func channelOf(file string) string {
	name := path.Base(strings.ReplaceAll(file, `\`, "/"))
	return strings.ReplaceAll(strings.TrimSuffix(name, path.Ext(name)), "%4", "/")
}

// clocks are the zones that the hosts' clocks were set to.
func (r *run) zones() (clocks []guide.Clock) {
	for _, h := range r.hosts {
		l := r.living[h.key]
		if l == nil || l.set.System == nil || !l.set.System.TimeZone.Bias.Known() {
			continue
		}
		z := &l.set.System.TimeZone
		c := guide.Clock{Host: h.Name, Name: cmp.Or(strings.TrimRight(z.Name.Value, "\x00"), "not named"), Bias: int(z.Bias.Value), StandardBias: int(z.StandardBias.Value), DaylightBias: int(z.DaylightBias.Value),
			Because: fmt.Sprintf("TimeZoneInformation in %s, at %#x", l.set.SystemPath, z.Bias.Offset)}
		switch {
		case z.Fixed.Value:
			c.Standard, c.Daylight = &guide.Turn{}, &guide.Turn{}
		case z.StandardStart.Known() && z.DaylightStart.Known():
			c.Standard, c.Daylight = turnOf(z.StandardStart), turnOf(z.DaylightStart)
		case z.Active.Known():
			c.Bias, c.StandardBias, c.DaylightBias = int(z.Active.Value), 0, 0
		}
		clocks = append(clocks, c)
	}
	return clocks
}

func turnOf(f hive.Fact[machine.Turn]) *guide.Turn {
	t := guide.Turn(f.Value)
	return &t
}
