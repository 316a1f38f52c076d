package triage

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/artifacts/hive"
	"hivetriage/triage/locate"
)

// hostsFromHives names the computers whose live hives lie in the evidence,
// one for every folder of hives.
func hostsFromHives(live []liveHive) []Host {
	type key struct {
		source, volume, dir string
	}
	var order []key
	hosts := map[key]*Host{}
	for _, l := range live {
		k := key{l.at.Source, l.at.Volume, strings.ToLower(path.Dir(l.at.Path))}
		h := hosts[k]
		if h == nil {
			h = &Host{Disk: l.at.Disk()}
			hosts[k] = h
			order = append(order, k)
		}
		h.learn(l)
	}
	slices.SortFunc(order, func(a, b key) int {
		return artifacts.Locator{Source: a.source, Volume: a.volume, Path: a.dir}.Compare(
			artifacts.Locator{Source: b.source, Volume: b.volume, Path: b.dir})
	})
	var named []Host
	for _, k := range order {
		if h := hosts[k]; h.Name != "" {
			slices.Sort(h.Because)
			named = append(named, *h)
		}
	}
	return named
}

// hostsFromCollectors names the computers that the metadata of collections
// name, where neither a hive nor a log does.
func (r *run) hostsFromCollectors() []Host {
	var hosts []Host
	for _, s := range r.sources {
		source, ok := s.(interface{ Host() (name, because string) })
		if !ok {
			continue
		}
		if name, file := source.Host(); name != "" && !slices.ContainsFunc(hosts, func(h Host) bool { return h.Name == name }) {
			hosts = append(hosts, Host{Name: name, Because: []string{"the collector's metadata: " + file}})
		}
	}
	return hosts
}

// learn takes what one live hive says. The computer's name is SYSTEM's; the
// account domain's name in SECURITY is the same name cut to 15 characters.
func (h *Host) learn(l liveHive) {
	f := l.facts
	if f.ComputerName != "" && (h.Name == "" || l.kind == hive.System) {
		h.Name = f.ComputerName
	}
	h.MachineSID = first(h.MachineSID, f.MachineSID)
	h.Domain = first(h.Domain, f.Domain)
	h.TimeZone = first(h.TimeZone, zone(f))
	if f.OS != "" {
		h.OS = strings.TrimSpace(f.OS + " " + build(f.Build))
	}
	for _, because := range f.Because {
		h.Because = append(h.Because, fmt.Sprintf("%s%s: %s", h.Disk, l.at.Path, because))
	}
}

func zone(f hive.HostFacts) string {
	if f.TimeZone == "" || f.TimeZoneBias == nil {
		return f.TimeZone
	}
	bias := -*f.TimeZoneBias
	sign := '+'
	if bias < 0 {
		sign, bias = '-', -bias
	}
	return fmt.Sprintf("%s (UTC%c%02d:%02d)", f.TimeZone, sign, bias/60, bias%60)
}

func build(b string) string {
	if b == "" {
		return ""
	}
	return "build " + b
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// attribute says whose hive an export is, measured against the evidence's
// own hosts: those of the disk that it lies on before guests and their hosts.
func (r *run) attribute(e *locate.Export) {
	b := &e.BelongsTo
	own := func(h Host) bool { return h.Disk == e.At.Disk() }
	others := slices.DeleteFunc(slices.Clone(r.hosts), own)
	for _, h := range slices.Concat(slices.DeleteFunc(slices.Clone(r.hosts), func(h Host) bool { return !own(h) }), others) {
		switch {
		case b.MachineSID != "" && h.MachineSID != "" && b.MachineSID == h.MachineSID:
			b.Relation, b.Because = "this host", "its machine SID is that of the live SAM of "+h.Name
		case b.MachineSID == "" && b.Host != "" && strings.EqualFold(b.Host, h.Name):
			b.Relation, b.Because = "this host", "its computer name is that of the live SYSTEM hive"
		default:
			continue
		}
		if b.Host == "" {
			b.Host = h.Name
		}
		if !own(h) {
			b.Relation, b.Because = "another host", b.Because+elsewhere(h)
		}
		return
	}
	switch {
	case b.MachineSID == "" && b.Host == "":
		b.Relation, b.Because = "unknown", "the hive names neither a computer nor a machine SID"
	case len(r.hosts) == 0:
		b.Relation, b.Because = "unknown", "the evidence holds no live hives to compare with"
	case b.MachineSID != "" && !slices.ContainsFunc(r.hosts, func(h Host) bool { return h.MachineSID != "" }):
		b.Relation, b.Because = "unknown", "no live SAM or SECURITY hive could be read to compare its machine SID with"
	case b.Domain != "" && slices.ContainsFunc(r.hosts, func(h Host) bool { return strings.EqualFold(h.Domain, b.Domain) }):
		b.Relation, b.Because = "same domain", "another machine's identity and the same domain "+b.Domain
	default:
		b.Relation, b.Because = "another host", "its identity is that of no live hive in the evidence"
	}
}

// elsewhere says which disk a host is on.
func elsewhere(h Host) string {
	if h.Disk == "" {
		return ", on whose disk the image with this copy lies"
	}
	return ", a machine on the disk image at " + strings.TrimSuffix(h.Disk, "!")
}
