package guide

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"hivetriage/triage/correlate"
	"hivetriage/triage/destination"
	"hivetriage/triage/locate"
)

// What is to be done with computers that the acts lead to, the strongest
// first. Rows of destination.Table stand between them.
const (
	TriageSource    = "Isolate the host whose hives were taken, and triage it"
	IsolateSource   = "Examine and isolate the computer that the session came from"
	IsolateAsking   = "Examine and isolate this computer too: copies were asked for, or brought, from there"
	ExamineTarget   = "Examine the computer that this host turned to since the act, and look there for logons from this host"
	FollowUp        = "Follow up as a way in: "
	blockOtherwise  = "; if its public address is not yours, block it instead"
	AfterConfirming = "Once the act is confirmed: have what that computer has of the copy kept as safe as the hives themselves, or removed"
)

// The strength of what is to be done with a computer. The least is the
// strongest.
const (
	strongForeign = iota
	strongFetched
	strongDrive
	strongSession
	strongAsking
	strongShare
	strongBrought
	strongAsked
	strongConfirm
	strongTarget
	strongBefore
)

// byRow are the strengths of what destination.Table asks for.
var byRow = map[string]int{"fetched": strongFetched, "tsclient": strongDrive, "unc": strongShare, "webdav": strongShare, "brought": strongBrought, "asked": strongAsked}

// Unknown is how the target of an action begins whose computer nothing names.
const Unknown = "the computer behind "

// Strength tells whether an action is about another computer, and how strong
// it is: the least is the strongest.
func Strength(action string) (strength int, ok bool) {
	action = strings.TrimSuffix(action, blockOtherwise)
	for id, strength := range byRow {
		if row, _ := destination.ByID(id); row.Do == action {
			return strength, true
		}
	}
	strength, ok = byAction[action]
	return strength, ok
}

// byAction are the strengths of the other actions.
var byAction = map[string]int{TriageSource: strongForeign, IsolateSource: strongSession, IsolateAsking: strongAsking, AfterConfirming: strongConfirm,
	ExamineTarget: strongTarget, FollowUp + logonBefore: strongBefore, FollowUp + publicBefore: strongBefore}

// A lead is a computer that the acts lead to, and all that is known of it.
type lead struct {
	Computer
	behind                   string // what it is behind, where nothing names it
	do                       string // the strongest that is asked for
	strength, step, priority int
	because, evidence        []string
}

// leads gathers the computers that the acts lead to, each once.
type leads struct {
	facts *Facts // with the acts alone that nothing explains
	all   []*lead
}

// take enters what is told of a computer, in one row with all that is told of
// the same one.
func (l *leads) take(n lead) *lead {
	if !n.Known() && n.behind == "" {
		return nil
	}
	if slices.ContainsFunc(n.Names, func(name string) bool { return l.facts.isHost(name) }) {
		n.Names = slices.DeleteFunc(n.Names, l.facts.isHost) // a session at the desktop bears the name of the host itself
		if !n.Known() {
			return nil
		}
	}
	l.facts.nameOf(&n)
	var at *lead
	l.all = slices.DeleteFunc(l.all, func(o *lead) bool {
		if n.Known() && !o.Same(n.Computer) || !n.Known() && o.behind != n.behind {
			return false
		}
		if at == nil {
			at = o
			return false
		}
		at.join(o)
		return true
	})
	if at == nil {
		at = &lead{strength: n.strength + 1}
		l.all = append(l.all, at)
	}
	at.join(&n)
	return at
}

func (l *lead) join(n *lead) {
	l.Computer.Join(n.Computer)
	if n.strength < l.strength {
		l.strength, l.do, l.step, l.priority = n.strength, n.do, n.step, n.priority
	}
	l.behind = cmp.Or(l.behind, n.behind)
	for _, why := range n.because {
		l.because = appendOnce(l.because, why)
	}
	for _, id := range n.evidence {
		l.evidence = appendOnce(l.evidence, id)
	}
}

// isHost reports whether a name is that of the only host of the case.
func (f *Facts) isHost(name string) bool { return len(f.Hosts) == 1 && sameName(f.Hosts[0], name) }

// nameOf adds the name that the logons from a computer's address give, where
// they are of the time around the acts and all give the same.
func (f *Facts) nameOf(n *lead) {
	if len(n.Names) > 0 || len(n.Addresses) == 0 {
		return
	}
	first, last := f.acted()
	name, why := "", ""
	for _, groups := range [][]correlate.LogonGroup{f.Earlier, f.Logons} {
		for i := range groups {
			g := &groups[i]
			called := ComputerCalled(g.SourceIP, g.Workstation)
			if len(called.Names) != 1 || f.isHost(called.Names[0]) || !(Computer{Addresses: called.Addresses}).Same(n.Computer) || g.Last.Before(first.Add(-f.Window)) || g.First.After(last.Add(f.Window)) {
				continue
			}
			if name != "" && !sameName(name, called.Names[0]) {
				return
			}
			if name == "" {
				name, why = called.Names[0], fmt.Sprintf("a logon from %s gives its name as %s (%s)", called.Addresses[0], called.Names[0], g.From.Cite())
			}
		}
	}
	if name != "" {
		n.Names, n.because = []string{name}, append(n.because, why)
	}
}

// leadsOf are the computers that the acts lead to.
func (f *Facts) leadsOf() *leads {
	g := *f
	g.Acts = f.unexplained()
	l := &leads{facts: &g}
	l.foreign()
	for i := range f.Acts {
		for k := range f.Acts[i].Whereabouts {
			l.whereabouts(&f.Acts[i], &f.Acts[i].Whereabouts[k])
		}
	}
	for i := range g.Acts {
		l.sessions(&g.Acts[i])
		l.asking(&g.Acts[i])
	}
	if len(g.Acts) > 0 {
		l.targets()
		l.before()
	}
	return l
}

// foreign are the hosts whose hives the copies hold.
func (l *leads) foreign() {
	if len(l.facts.allForeign()) == 0 {
		return
	}
	for i := range l.facts.Acts {
		a := &l.facts.Acts[i]
		for _, e := range l.facts.Exports {
			if slices.Contains(a.Exports, e.ID) && e.BelongsTo.Relation != locate.ThisHost {
				l.take(lead{Computer: ComputerCalled(e.BelongsTo.Host), do: TriageSource, strength: strongForeign, step: 2, priority: 1,
					because: []string{"copies of its hives lie on " + l.facts.host()}, evidence: []string{a.ID, e.ID}})
			}
		}
	}
}

// whereabouts are the computers that a copy was written to or fetched, asked
// for or brought from.
func (l *leads) whereabouts(a *correlate.Act, w *correlate.Whereabouts) {
	row, ok := destination.ByID(w.Destination)
	if !ok || row.Behind == "" {
		return
	}
	n := lead{evidence: []string{a.ID}, because: []string{w.Path + ": " + w.Why}}
	if w.Export != "" {
		n.evidence = append(n.evidence, w.Export)
	}
	told, shares := false, strings.Fields(w.Shares)
	for i := range l.facts.Records {
		if r := &l.facts.Records[i]; slices.Contains(shares, r.ID) {
			told = l.access(a, w, r, n.evidence) || told
		}
	}
	if told && w.Server == "" {
		return
	}
	n.Computer = ComputerCalled(w.Server)
	if row.ID == "tsclient" {
		for _, s := range a.Sessions {
			if desktop[s.Logon.Type] {
				n.Computer.Join(l.source(a, &s))
			}
		}
	}
	l.takeRow(a, row, n)
}

// access is the computer behind one access over a share.
func (l *leads) access(a *correlate.Act, w *correlate.Whereabouts, r *correlate.Record, evidence []string) bool {
	id, verb := "asked", "was asked for"
	switch {
	case r.Wrote:
		id, verb = "brought", "was brought"
	case r.Assessment == "export":
		id, verb = "fetched", "was fetched"
	}
	row, _ := destination.ByID(id)
	from := ComputerCalled(r.Address)
	if !from.Known() {
		return false
	}
	l.takeRow(a, row, lead{Computer: from, evidence: append(slices.Clone(evidence), r.ID),
		because: []string{fmt.Sprintf("%s %s over a share from %s at %s (%s)", w.Path, verb, from, stamp(r.Time), r.From.Cite()), row.Means}})
	return true
}

// takeRow enters what a row of the table asks for. What is explained is asked
// about first.
func (l *leads) takeRow(a *correlate.Act, row *destination.Row, n lead) {
	n.do, n.strength, n.step, n.priority = row.Do, byRow[row.ID], 2, 1
	if explained(*a) {
		n.do, n.strength, n.priority = AfterConfirming, strongConfirm, 4
	}
	if !n.Known() {
		n.behind = row.Behind
	}
	l.take(n)
}

// sessions are the computers that an act's sessions came from.
func (l *leads) sessions(a *correlate.Act) {
	for _, s := range a.Sessions {
		if from := l.source(a, &s); from.Known() {
			l.take(lead{Computer: from, do: IsolateSource, strength: strongSession, step: 2, priority: 1, evidence: []string{a.ID},
				because: []string{fmt.Sprintf("the act was done in logon session %s, which came from there", s.LogonID)}})
		}
	}
}

// source is where a session came from. That of a session at the desktop is
// recorded with the name of the host itself.
func (l *leads) source(a *correlate.Act, s *correlate.Session) Computer {
	c := ComputerCalled(s.Logon.Workstation, s.Logon.SourceIP)
	host := l.facts.actHost(a)
	c.Names = slices.DeleteFunc(c.Names, func(name string) bool { return l.facts.isHost(name) || sameHost(name, host) })
	return c
}

// asking are the computers of acts of which only accesses over shares tell.
func (l *leads) asking(a *correlate.Act) {
	if l.facts.commanded(a) {
		return
	}
	for _, r := range l.facts.members(a) {
		from := ComputerCalled(r.Address)
		if slices.ContainsFunc(l.all, func(o *lead) bool { return o.Same(from) && o.strength <= strongSession }) {
			continue
		}
		l.take(lead{Computer: from, do: IsolateAsking, strength: strongAsking, step: 2, priority: 1, evidence: []string{a.ID, r.ID},
			because: []string{fmt.Sprintf("it is the address in records of shares of %s, %s", a.ID, when(a.Start))}})
	}
}

// targets are the computers that the host turned to since.
func (l *leads) targets() {
	targets, told := l.facts.remoteTargets()
	for i, target := range targets {
		l.take(lead{Computer: ComputerCalled(target), do: ExamineTarget, strength: strongTarget, step: 2, priority: 2, evidence: l.facts.actIDs(), because: []string{strings.TrimSuffix(told[i], ".")}})
	}
}

// before are the computers from which accounts logged on before the act.
func (l *leads) before() {
	for _, c := range l.facts.logonsBefore() {
		l.take(lead{Computer: ComputerCalled(c.target), do: FollowUp + c.what, strength: strongBefore, step: 6, priority: 3, evidence: l.facts.actIDs(), because: []string{c.what + ": " + c.because}})
	}
}

// computers asks for each computer once what is strongest, for all reasons.
func (f *Facts) computers(add adder) {
	examined, beyond := 0, []*lead{}
	for _, n := range f.leadsOf().all {
		if n.strength == strongTarget {
			if examined++; examined > maxListed {
				beyond = append(beyond, n)
				continue
			}
		}
		target, do := n.String(), n.do
		if !n.Known() {
			target = Unknown + n.behind + ", unknown"
		}
		if n.public() && n.step == 2 {
			do += blockOtherwise
		}
		add(n.step, n.priority, do, target, strings.Join(firstFew(n.because), "; "), n.evidence)
	}
	if len(beyond) > 0 {
		first := beyond[0]
		add(2, 2, "Examine the further computers that this host turned to since the act", fmt.Sprintf("%d more, listed in step 6", len(beyond)), "first "+first.String()+": "+first.because[0], first.evidence)
	}
}
