package triage

import (
	"slices"
	"strings"

	"hivetriage/triage/command"
	"hivetriage/triage/correlate"
	"hivetriage/triage/guide"
)

// psexecService is the program that PsExec puts on a host and runs as a service.
const psexecService = "psexesvc.exe"

// addTechniques adds to the acts the ATT&CK techniques that are told by what
// happened beside them: logs cleared in their sessions, and PsExec's service
// among the ancestors of their commands.
func addTechniques(acts []correlate.Act, clears []correlate.Clear, notices []correlate.Notice) {
	for i := range acts {
		a := &acts[i]
		ids := slices.Clone(a.Attack)
		if slices.ContainsFunc(clears, func(c correlate.Clear) bool { return clearedIn(a, &c) }) {
			ids = append(ids, "T1070.001")
		}
		if slices.ContainsFunc(a.Chain, func(n correlate.ChainNode) bool {
			return n.Relation == "ancestor" && command.Base(n.Process.Executable) == psexecService
		}) {
			ids = append(ids, "T1569.002")
			if slices.ContainsFunc(notices, func(n correlate.Notice) bool { return installedFor(a, &n) }) {
				ids = append(ids, "T1543.003")
			}
		}
		slices.Sort(ids)
		a.Attack = slices.Compact(ids)
	}
}

// clearedIn reports whether an act's account cleared a log in one of its
// sessions: the record of it names no session, but its time lies in it.
func clearedIn(a *correlate.Act, c *correlate.Clear) bool {
	return slices.ContainsFunc(a.Sessions, func(s correlate.Session) bool {
		return guide.SameUser(s.User, c.User) && !s.Start.IsZero() && !s.End.IsZero() && !c.Time.Before(s.Start) && !c.Time.After(s.End)
	})
}

// installedFor reports whether a notice tells that PsExec's service was
// installed before an act, in one of its sessions.
func installedFor(a *correlate.Act, n *correlate.Notice) bool {
	return n.Kind == "service" && strings.Contains(strings.ToLower(n.What), psexecService) && strings.Contains(n.What, "was installed") &&
		!n.Time.After(a.Start) && slices.ContainsFunc(a.Sessions, func(s correlate.Session) bool {
		return guide.SameUser(s.User, n.User) && !s.Start.IsZero() && !n.Time.Before(s.Start)
	})
}
