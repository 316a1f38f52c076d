package guide

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"hivetriage/artifacts"
	"hivetriage/triage/correlate"
	"hivetriage/triage/rule"
)

// An alertKind is one kind of what else may have been noticed around an act.
type alertKind struct {
	what     string
	kinds    []string // of notices
	channels []string // logs that would tell
	audited  []string // logs that would where that was set up, which they do not say themselves
	sources  []string // other evidence that would, as the coverage names it
}

// What the kinds are called that are not told by notices alone.
const (
	relatedRules = "matches of related rules"
	ownRules     = "matches of the user's own Sigma rules"
	logClears    = "cleared logs"
)

// alertKinds are in the order in which they are told.
var alertKinds = []alertKind{
	{what: "alerts of Defender and of other products", kinds: []string{"alert"}, channels: []string{defenderLog}, sources: []string{"Defender's logs", "Defender's detection history"}},
	{what: relatedRules, channels: []string{securityLog, sysmonLog}},
	{what: ownRules, kinds: []string{"sigma"}, channels: []string{securityLog, sysmonLog}},
	{what: logClears, channels: []string{securityLog, systemLog}},
	{what: "new or started services", kinds: []string{"service"}, channels: []string{systemLog}, audited: []string{securityLog}},
	{what: "new, changed or started tasks", kinds: []string{"task"}, channels: []string{taskLog}, audited: []string{securityLog}},
	{what: "accounts that were created or changed", kinds: []string{"account"}, channels: []string{securityLog}},
	{what: "protection that was turned off or changed", kinds: []string{"protection"}, channels: []string{defenderLog}},
	{what: "audit policies that were changed", kinds: []string{"audit"}, channels: []string{securityLog}},
	{what: "rights of backup operators in use", kinds: []string{"privilege"}, audited: []string{securityLog}},
	{what: "commands through WMI", kinds: []string{"wmi"}, channels: []string{wmiLog}},
}

// An alerted is one thing that was noticed.
type alerted struct {
	kind, text string
	at         time.Time
	users      []artifacts.User
	evidence   string
}

// alerts answers what else was noticed, for those who did the acts and for the
// host, before and after.
func (f *Facts) alerts() Answer {
	question := fmt.Sprintf("Which other alerts are there for the user and the host in the %.0f hours around it?", f.Window.Hours())
	all := f.alerted()
	if len(f.Acts) == 0 {
		if len(all) == 0 {
			return f.nothing(question, "")
		}
		a := Answer{Question: question, Status: Partly, Next: []string{"Alerts of products that do not write to the event logs were not read: query antivirus and EDR for " + f.host() + "."}}
		var lines []string
		for _, x := range all {
			lines = append(lines, x.text)
			a.Evidence = appendOnce(a.Evidence, x.evidence)
		}
		a.Answer = strings.Join(firstFew(lines), "\n")
		return a
	}
	a := Answer{Question: question, Status: Answered, Evidence: f.actIDs()}
	first, last := f.acted()
	users, _ := f.people()
	var lines []string
	for _, half := range []struct {
		name     string
		from, to time.Time
	}{{"before", first.Add(-f.Window), first}, {"after", first, last.Add(f.Window)}} {
		in := func(x alerted) bool { return !x.at.Before(half.from) && x.at.Before(half.to) }
		ofUser := func(x alerted) bool {
			return slices.ContainsFunc(users, func(u artifacts.User) bool { return x.names(u) })
		}
		for _, u := range users {
			lines = append(lines, f.half(fmt.Sprintf("For the user %s, %s", Name(u), half.name), half.from, half.to, "None that names this user in the logs", all,
				func(x alerted) bool { return in(x) && x.names(u) }, nil)...)
		}
		lines = append(lines, f.half(fmt.Sprintf("For the host %s, %s", f.host(), half.name), half.from, half.to, "None in the logs", all, in, ofUser)...)
	}
	lines = append(lines, f.alertReach(first.Add(-f.Window), last.Add(f.Window), &a)...)
	for _, x := range all {
		if !x.at.Before(first.Add(-f.Window)) && !x.at.After(last.Add(f.Window)) {
			a.Evidence = appendOnce(a.Evidence, x.evidence)
		}
	}
	a.Answer = strings.Join(lines, "\n")
	a.Next = append(a.Next, "Alerts of products that do not write to the event logs were not read: query antivirus and EDR for "+f.host()+" from "+stamp(first.Add(-f.Window))+" to "+stamp(last.Add(f.Window))+".")
	return a
}

// acted is from when to when the acts were.
func (f *Facts) acted() (first, last time.Time) {
	for i, a := range f.Acts {
		if i == 0 || a.Start.Before(first) {
			first = a.Start
		}
		if a.End.After(last) {
			last = a.End
		}
	}
	return first, last
}

// names reports whether a user is named.
func (x *alerted) names(u artifacts.User) bool {
	return slices.ContainsFunc(x.users, func(v artifacts.User) bool { return sameUser(u, v) })
}

// half tells one side of the acts for one subject: what was noticed, and of
// which kinds nothing was. What is told already is not told again.
func (f *Facts) half(title string, from, to time.Time, none string, all []alerted, in func(alerted) bool, told func(alerted) bool) []string {
	lines := []string{fmt.Sprintf("%s (%s to %s):", title, stamp(from), stamp(to))}
	var texts, nothing, part, unknown []string
	seen, again := map[string]bool{}, false
	for _, x := range all {
		if !in(x) {
			continue
		}
		seen[x.kind] = true
		if told != nil && told(x) {
			again = true
			continue
		}
		texts = append(texts, "  "+x.text)
	}
	if again {
		texts = append(texts, "  what is told of the user above.")
	}
	lines = append(lines, firstFew(texts)...)
	for _, k := range alertKinds {
		switch reach := f.reachOf(&k, from, to); {
		case seen[k.what], k.what == ownRules && !f.Sigma:
		case reach == whole:
			nothing = append(nothing, k.what)
		case reach == partial:
			part = append(part, k.what)
		default:
			unknown = append(unknown, k.what)
		}
	}
	for _, l := range []struct {
		head  string
		kinds []string
	}{{none + " that cover this span: ", nothing}, {none + ", which tell of this span in part only: ", part}, {"Nothing in the evidence tells of this span: ", unknown}} {
		if len(l.kinds) > 0 {
			lines = append(lines, "  "+l.head+strings.Join(l.kinds, "; ")+".")
		}
	}
	return lines
}

// reachOf is how far the evidence tells of a kind over a time: as far as the
// log that tells most of it.
func (f *Facts) reachOf(k *alertKind, from, to time.Time) covering {
	reach := missing
	for _, c := range k.channels {
		covered, _, _ := f.covers(c, from, to)
		reach = max(reach, covered)
	}
	for _, c := range k.audited {
		covered, _, _ := f.covers(c, from, to)
		reach = max(reach, min(covered, partial))
	}
	for _, s := range k.sources {
		if _, ok := f.source(s); ok {
			reach = max(reach, partial) // how far back a product's own files go, they do not tell
		}
	}
	return reach
}

// alertReach says how far the logs reach that were asked.
func (f *Facts) alertReach(from, to time.Time, a *Answer) []string {
	lines := []string{"How far that reaches:"}
	var channels []string
	for _, k := range alertKinds {
		if k.what != ownRules && f.reachOf(&k, from, to) != whole {
			a.Status = Partly
		}
		for _, c := range k.channels {
			channels = appendOnce(channels, c)
		}
	}
	slices.Sort(channels)
	var absent []string
	for _, c := range channels {
		lines = append(lines, "  "+f.coverText(c, from, to)+".")
		if reach, _, _ := f.covers(c, from, to); reach == missing {
			absent = append(absent, c)
		}
	}
	if len(absent) > 0 {
		a.Next = append(a.Next, "Collect these logs of "+f.host()+": "+strings.Join(absent, ", ")+".")
	}
	if len(absent) == len(channels) && len(f.Notices) == 0 {
		a.Status = NoEvidence
	}
	if !f.Sigma {
		lines = append(lines, "  No Sigma rules of the user's own were given.")
	}
	return lines
}

// alerted lists what was noticed, the oldest first.
func (f *Facts) alerted() (all []alerted) {
	for _, c := range f.Clears {
		all = append(all, alerted{logClears, fmt.Sprintf("%s: the log %s on %s was cleared by %s (event %s, record %d).", stamp(c.Time), c.Channel, c.Host, Name(c.User), c.From.EventCode, c.From.RecordID), c.Time, []artifacts.User{c.User}, ""})
	}
	seen := map[string]bool{}
	for _, r := range f.Records {
		text := fmt.Sprintf("%s: a record names a credential hive without copying it: %s", stamp(r.Time), r.Told())
		if r.Assessment == "benign" && f.near(r) && !seen[text] { // Security and Sysmon may both tell
			seen[text] = true
			all = append(all, alerted{"", text, r.Time, []artifacts.User{r.User}, r.ID})
		}
	}
	all = append(all, f.related()...)
	for _, k := range alertKinds {
		for _, n := range f.Notices {
			if slices.Contains(k.kinds, n.Kind) {
				all = append(all, alerted{k.what, noticeText(&n), n.Time, []artifacts.User{n.User, n.Account}, ""})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b alerted) int { return cmp.Or(a.at.Compare(b.at), strings.Compare(a.text, b.text)) })
	return all
}

// related are the matches of related rules, once for each rule, user and side
// of the acts.
func (f *Facts) related() (all []alerted) {
	if len(f.Acts) == 0 {
		return nil // there is nothing that they are related to
	}
	first, _ := f.acted()
	type key struct {
		rule, version string
		user          artifacts.User
		after         bool
	}
	at, count := map[key]int{}, map[key]int{}
	for _, r := range f.Records {
		for _, m := range r.Rules {
			if !m.Matched || m.ID == rule.SeedID {
				continue
			}
			u := r.User
			u.LogonID = ""
			k := key{m.Name, m.Version, u, !r.Time.Before(first)}
			if count[k]++; count[k] == 1 {
				at[k] = len(all)
				all = append(all, alerted{kind: relatedRules, at: r.Time, users: []artifacts.User{u}, evidence: r.ID})
			}
			records := "the record " + all[at[k]].evidence
			if count[k] > 1 {
				records = fmt.Sprintf("%d records, the first %s", count[k], all[at[k]].evidence)
			}
			all[at[k]].text = fmt.Sprintf("%s: the rule %s (%s) matches %s.", stamp(all[at[k]].at), m.Name, m.Version, records)
		}
	}
	return all
}

// noticeText writes out a notice.
func noticeText(n *correlate.Notice) string {
	often := ""
	if n.Count > 1 {
		often = fmt.Sprintf(" (%d times, last at %s)", n.Count, stamp(n.Last))
	}
	return fmt.Sprintf("%s: %s on %s%s (%s).", stamp(n.Time), n.What, n.Host, often, n.From.Cite())
}

// near reports whether a record lies in the window around an act.
func (f *Facts) near(r correlate.Record) bool {
	return slices.ContainsFunc(f.Acts, func(a correlate.Act) bool {
		return !r.Time.Before(a.Start.Add(-f.Window)) && !r.Time.After(a.End.Add(f.Window))
	})
}

func appendOnce(all []string, s string) []string {
	if s == "" || slices.Contains(all, s) {
		return all
	}
	return append(all, s)
}
