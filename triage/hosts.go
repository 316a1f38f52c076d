package triage

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/artifacts/hive"
)

// A hostKey is a folder of live hives.
type hostKey struct{ source, volume, dir string }

func (l liveHive) host() hostKey {
	return hostKey{l.at.Source, l.at.Volume, strings.ToLower(path.Dir(l.at.Path))}
}

// hostsFromHives names the computers whose live hives lie in the evidence,
// one for every folder of hives.
func hostsFromHives(live []liveHive) []Host {
	var order []hostKey
	hosts := map[hostKey]*Host{}
	for _, l := range live {
		k := l.host()
		h := hosts[k]
		if h == nil {
			h = &Host{Disk: l.at.Disk(), key: k}
			hosts[k] = h
			order = append(order, k)
		}
		h.learn(l)
	}
	slices.SortFunc(order, func(a, b hostKey) int {
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
	for _, s := range slices.Concat(r.sources, r.nested) {
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
	h.MachineSID = cmp.Or(h.MachineSID, f.MachineSID)
	h.Domain = cmp.Or(h.Domain, f.Domain)
	h.DomainSID = cmp.Or(h.DomainSID, f.DomainSID)
	h.DomainGUID = cmp.Or(h.DomainGUID, f.DomainGUID)
	h.DNSDomain = cmp.Or(h.DNSDomain, f.DNSDomain)
	h.TimeZone = cmp.Or(h.TimeZone, zone(f))
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
