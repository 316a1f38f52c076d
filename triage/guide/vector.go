package guide

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/triage/correlate"
)

// vector asks how the intruder came to the host: the session of each act, then
// what preceded it. The computers from which accounts logged on before are told
// with the others (leads.before).
func (f *Facts) vector(add adder) {
	for _, act := range f.Acts {
		for _, s := range act.Sessions {
			add(6, 2, "Find out how the session could be opened, and close that way", fmt.Sprintf("logon session %s of %s", s.LogonID, Name(s.User)),
				fmt.Sprintf("session %s began %s; whoever opened it knew or held this account's credentials", s.LogonID, stamp(s.Start)), []string{act.ID})
		}
		if len(act.Sessions) > 0 {
			continue
		}
		target := f.host()
		if u := Person(&act); u != (artifacts.User{}) {
			target = Name(u)
		}
		add(6, 2, "Find out how the intruder came to the host: logons and new processes before the act", target,
			fmt.Sprintf("no logon record for the session of %s, %s, was found", act.ID, when(act.Start)), []string{act.ID})
	}
	for _, c := range f.candidates() {
		add(6, 3, FollowUp+c.what, c.target, c.because, f.actIDs())
	}
}

// A candidate is something that preceded the acts by which the intruder may
// have come. That it preceded is all that the evidence says.
type candidate struct{ what, target, because string }

// maxCandidates bounds those of one kind.
const maxCandidates = 6

// candidates are what preceded the first act in the window.
func (f *Facts) candidates() (all []candidate) {
	first, _ := f.acted()
	kinds := []struct {
		what string
		is   func(*correlate.Notice) bool
	}{
		{"failed logons before the act", func(n *correlate.Notice) bool { return n.From.EventCode == "4625" }},
		{"a service that was installed before the act", func(n *correlate.Notice) bool { return n.Kind == "service" && strings.Contains(n.What, "installed") }},
		{"a task that was registered or changed before the act", func(n *correlate.Notice) bool { return n.Kind == "task" && strings.Contains(n.What, "registered") }},
		{"an account that was created or changed before the act", func(n *correlate.Notice) bool { return n.Kind == "account" }},
		{"an alert before the act", func(n *correlate.Notice) bool { return n.Kind == "alert" }},
		{"protection that was turned off before the act", func(n *correlate.Notice) bool { return n.Kind == "protection" }},
		{"remote desktop or WinRM before the act", func(n *correlate.Notice) bool {
			return n.Kind == "session" && n.Toward == "" && (strings.Contains(n.What, "remote desktop") || strings.Contains(n.What, "desktop session") || strings.Contains(n.What, "WinRM"))
		}},
	}
	for _, k := range kinds {
		count := 0
		for i := range f.Notices {
			n := &f.Notices[i]
			if n.Time.IsZero() || !n.Time.Before(first) || n.Time.Before(first.Add(-f.Window)) || !k.is(n) || count == maxCandidates {
				continue
			}
			count++
			all = append(all, candidate{k.what, cmp.Or(n.Host, f.host()), noticeText(n)})
		}
	}
	return append(all, f.downloads()...)
}

// What a logon before the acts is called.
const (
	logonBefore  = "a logon from another computer before the act"
	publicBefore = "A LOGON FROM A PUBLIC ADDRESS before the act"
)

// logonsBefore are the sources outside the host, by their public addresses
// first, from which accounts logged on in the window before the act.
func (f *Facts) logonsBefore() (all []candidate) {
	first, _ := f.acted()
	groups := slices.DeleteFunc(slices.Clone(f.Earlier), func(g correlate.LogonGroup) bool {
		return sourceOf(&g) == "" || g.Last.Before(first.Add(-f.Window)) || strings.HasSuffix(g.User.Name, "$") || f.inSession(&g)
	})
	slices.SortStableFunc(groups, func(a, b correlate.LogonGroup) int { return outside(a.SourceIP) - outside(b.SourceIP) })
	for i := range groups[:min(len(groups), maxCandidates)] {
		g := &groups[i]
		what := logonBefore
		if outside(g.SourceIP) == 0 {
			what = publicBefore
		}
		all = append(all, candidate{what, strings.TrimSpace(g.Workstation + " " + g.SourceIP), fmt.Sprintf("%s on %s, %s: %d, first %s, last %s (record %d)", Name(g.User), g.Host,
			correlate.LogonText(g.Type, g.SourceIP, g.Workstation), g.Count, stamp(g.First), stamp(g.Last), g.From.RecordID)})
	}
	return all
}

// inSession reports whether a group is the one logon of an act's session,
// which is told by itself.
func (f *Facts) inSession(g *correlate.LogonGroup) bool {
	return g.Count == 1 && slices.ContainsFunc(f.Acts, func(a correlate.Act) bool {
		return slices.ContainsFunc(a.Sessions, func(s correlate.Session) bool { return s.Start.Equal(g.First) && sameUser(s.User, g.User) })
	})
}

// outside orders addresses: 0 for one that is reached over the Internet.
func outside(address string) int {
	a, err := netip.ParseAddr(address)
	if err != nil || a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || a.IsUnspecified() || a.IsMulticast() {
		return 1
	}
	return 0
}

// downloads are the programs around the acts that came from the Internet, as
// their marks say.
func (f *Facts) downloads() (all []candidate) {
	for i := range f.Programs {
		e := &f.Programs[i]
		if e.Zone == nil || e.Zone.ID < "3" || len(all) == maxCandidates {
			continue
		}
		from := cmp.Or(e.Zone.Host, e.Zone.Referrer, "an address that the mark does not name")
		all = append(all, candidate{"a program that was downloaded", e.Path, fmt.Sprintf("its mark of the web (Zone.Identifier, zone %s) says that it came from %s; the file was created %s", e.Zone.ID, from, stamp(e.Times.Created))})
	}
	if len(all) == 0 && len(f.Browsers) > 0 {
		all = append(all, candidate{"downloads in browsers' histories, which were not read", strings.Join(firstFew(f.Browsers), ", "), "the histories are in the evidence; no program around the acts that was found carries a mark of the web"})
	}
	return all
}
