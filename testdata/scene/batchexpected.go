package scene

import (
	"cmp"
	"fmt"
	"slices"
)

// exposes notes what hives of a host give away: SAM its local accounts,
// SECURITY, with SYSTEM, the others.
func (b *batch) exposes(h *batchHost, hives ...string) {
	note := func(kind, account, sid string) {
		i := slices.IndexFunc(b.m.Exposed, func(e BatchExposed) bool { return e.Account == account })
		if i < 0 {
			i = len(b.m.Exposed)
			b.m.Exposed = append(b.m.Exposed, BatchExposed{Account: account, SID: sid, Kind: kind})
		}
		e := &b.m.Exposed[i]
		if !slices.Contains(e.Hosts, h.name) {
			e.Hosts = append(e.Hosts, h.name)
			slices.Sort(e.Hosts)
		}
	}
	if slices.Contains(hives, "SAM") {
		note("local", "Administrator", "")
	}
	if !slices.Contains(hives, "SECURITY") {
		return
	}
	note("computer", domain+`\`+h.name+"$", h.accountSID())
	for _, a := range h.people() {
		note("domain", account(a), a.SID)
	}
	if h.gateway {
		note("service", scanAccount, "")
	}
}

// concludes fills in what follows from the acts: what ties them together, and
// which hosts have accounts like the exposed ones.
func (b *batch) concludes() {
	link := func(kind, value string, hosts ...string) {
		slices.Sort(hosts)
		b.m.Links = append(b.m.Links, BatchLink{Kind: kind, Value: value, Hosts: hosts})
	}
	full, _ := intruder(0)
	hash := sum(program("libsvc.exe"))
	link("actor", account(full), stagingName, "SRV-SQL-01", "WS-ACC-11", "WS-HR-03")
	link("tool", hash, "WS-ACC-11", "WS-HR-03")
	link("output", batchPlace+"*.hiv", "WS-ACC-11", "WS-HR-03")
	link("source", "10.20.31.11", stagingName, "WS-HR-03")
	link("source", "10.20.31.23", stagingName, "SRV-SQL-01")
	link("remote", "SRV-SQL-01", "SRV-SQL-01", "WS-HR-03")
	link("copies", "WS-ACC-11", stagingName, "WS-ACC-11")
	link("copies", "WS-HR-03", stagingName, "WS-HR-03")
	for i := range b.m.Exposed {
		if e := &b.m.Exposed[i]; e.Kind == "local" {
			e.Same = b.alike(e.Hosts)
		}
	}
}

// alike are the hosts that can be read whole, but for those named.
func (b *batch) alike(but []string) []string {
	var names []string
	for _, c := range b.m.Collections {
		failed := slices.ContainsFunc(b.m.Failures, func(f BatchFailure) bool { return f.File == c.File })
		if c.Host != "" && !failed && !slices.Contains(but, c.Host) {
			names = append(names, c.Host)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// accountSID is the SID of the computer's account in the domain.
func (h *batchHost) accountSID() string { return fmt.Sprintf("%s-%d", domainSID, 20_000+h.number) }

// sort puts the lists of the manifest in the order that they are documented in.
func (m *BatchManifest) sort() {
	slices.SortFunc(m.Collections, func(x, y BatchCollection) int { return cmp.Compare(x.File, y.File) })
	slices.Sort(m.Sidecars)
	slices.SortStableFunc(m.Acts, func(x, y BatchAct) int { return x.At.Compare(y.At) })
	slices.SortFunc(m.Exposed, func(x, y BatchExposed) int { return cmp.Compare(x.Account, y.Account) })
	slices.SortFunc(m.Foreign, func(x, y BatchForeign) int { return cmp.Compare(x.Path, y.Path) })
	byTime := func(x, y BatchLogon) int { return x.At.Compare(y.At) }
	slices.SortStableFunc(m.Logons, byTime)
	slices.SortStableFunc(m.Ordinary, byTime)
	slices.SortFunc(m.NoLogs, func(x, y BatchNoLogs) int { return cmp.Compare(x.Host, y.Host) })
	slices.SortFunc(m.Failures, func(x, y BatchFailure) int { return cmp.Compare(x.File, y.File) })
}
