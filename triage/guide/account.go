package guide

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"hivetriage/artifacts"
	"hivetriage/triage/correlate"
	"hivetriage/triage/expose"
	"hivetriage/triage/footprint"
)

// SameUser reports whether two records name one account.
func SameUser(a, b artifacts.User) bool { return sameUser(a, b) }

// WindowsOwn reports whether an account is Windows' own.
func WindowsOwn(u artifacts.User) bool { return windowsOwn(u) }

// A Machine is a host and its domain by their SIDs.
type Machine struct {
	Host, SID, Domain, DomainSID string
}

// kindOf says what an account is, as far as its SID and the hosts' own hives
// tell.
func (f *Facts) kindOf(u artifacts.User) string {
	domain, rid, _ := cutLast(u.SID)
	switch {
	case u.SID == "":
		return "What kind of account it is cannot be told: no record has its SID."
	case windowsOwn(u):
		return "It is built into Windows."
	case strings.HasPrefix(u.SID, "S-1-12-1-"):
		return "It is an account of Entra ID, by the form of its SID."
	case strings.HasPrefix(u.SID, "S-1-5-80-"), strings.HasPrefix(u.SID, "S-1-5-82-"), strings.HasPrefix(u.SID, "S-1-5-83-"):
		return "It is a virtual account of a service, by the form of its SID: nobody logs on with it."
	case !strings.HasPrefix(u.SID, "S-1-5-21-"):
		return "It is no account of a user, by the form of its SID."
	}
	what := "an account"
	switch {
	case strings.HasSuffix(u.Name, "$"):
		what = "the account of a computer, or a managed service account, by the $ that its name ends with,"
	case rid == "500":
		what = "the built-in Administrator"
	case rid == "501":
		what = "the built-in Guest"
	}
	for _, m := range f.Machines {
		switch domain {
		case m.DomainSID: // which is the machine SID of a domain controller, too
			return fmt.Sprintf("It is %s of the domain %s (RID %s), by the domain SID in the hives of %s.", what, m.Domain, rid, m.Host)
		case m.SID:
			return fmt.Sprintf("It is %s of the host %s itself: a local account (RID %s), by the machine SID in its hives.", what, m.Host, rid)
		}
	}
	return fmt.Sprintf("It is %s of a domain or of another computer (RID %s): its SID is of no machine or domain that the hives in the evidence name.", what, rid)
}

// cutLast cuts a SID before its last number.
func cutLast(sid string) (domain, rid string, ok bool) {
	i := strings.LastIndexByte(sid, '-')
	if i < 0 {
		return "", "", false
	}
	return sid[:i], sid[i+1:], true
}

// describe tells of an account what the evidence has beside its act.
func (f *Facts) describe(u artifacts.User) (lines []string) {
	add := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	add("%s", f.kindOf(u))
	l := f.life(u)
	if l == nil {
		return lines
	}
	switch {
	case l.Groups != nil && l.ofSession:
		add("Groups of its session: %s (%s).", l.Groups.What, l.Groups.cite())
	case l.Groups != nil:
		add("Groups of its newest session that was recorded, at %s: %s (%s).", stamp(l.Groups.Time), l.Groups.What, l.Groups.cite())
	default:
		add("Its groups were not recorded: the logs hold no event 4627 of it.")
	}
	if l.Rights != nil {
		of := "A session of it before, at " + stamp(l.Rights.Time) + ","
		if l.rightsOf {
			of = "Its session"
		}
		add("%s began with %s (%s).", of, l.Rights.What, l.Rights.cite())
	}
	for _, s := range l.Local {
		add("%s (%s).", s.What, s.cite())
	}
	for i, s := range l.Changes {
		if i == maxListed {
			add("And %d more changes of it.", len(l.Changes)-i)
			break
		}
		add("At %s %s (%s).", stamp(s.Time), s.What, s.cite())
	}
	if l.First != nil {
		add("First logon in the logs: %s, %s (%s); %s.", stamp(l.First.Time), l.First.What, l.First.cite(), f.logsBegin())
	} else {
		add("The logs hold no logon of it; %s.", f.logsBegin())
	}
	if s := f.earliest(u, l); s != nil {
		add("It was there before: at %s %s (%s).", stamp(s.Time), s.What, s.cite())
	}
	lines = append(lines, f.nature(u, l))
	lines = append(lines, f.usual(u, l)...)
	return lines
}

// earliest is the first thing outside of the logs that tells of an account
// before they do; nil if none does.
func (f *Facts) earliest(u artifacts.User, l *Life) *Sign {
	var first *Sign
	take := func(s Sign) {
		if !s.Time.IsZero() && (first == nil || s.Time.Before(first.Time)) && (l.First == nil || s.Time.Before(l.First.Time)) {
			first = &s
		}
	}
	for _, s := range l.Marks {
		take(s)
	}
	for i := range f.Exposure {
		r := &f.Exposure[i]
		if r.Kind == expose.CachedLogon && r.From != nil && isOf(r, u) {
			take(Sign{Time: r.LastLogon, What: "it logged on at " + cmp.Or(r.Host, "the host") + ", as a cached logon has it", From: correlate.From{Path: r.From.Path}})
		}
	}
	return first
}

// desktop are the types of logons at a desktop.
var desktop = map[uint32]bool{2: true, 7: true, 10: true, 11: true, 12: true, 13: true}

// nature says whether a person or a program uses an account, and why.
func (f *Facts) nature(u artifacts.User, l *Life) string {
	kinds, total := map[uint32]int{}, 0
	for _, g := range l.Earlier {
		if g.Outcome == footprint.Succeeded {
			kinds[g.Type] += g.Count
			total += g.Count
		}
	}
	desk := 0
	for kind := range desktop {
		desk += kinds[kind]
	}
	switch {
	case len(l.Service) > 0:
		return fmt.Sprintf("It is used by a program: the service %s runs under it, as SYSTEM has it.", strings.Join(firstFew(l.Service), ", "))
	case strings.HasSuffix(u.Name, "$"):
		return "It is used by a computer or a program, by its name."
	case desk > 0:
		return fmt.Sprintf("A person uses it: %d of its %d logons before were at the desktop, here or remote.", desk, total)
	case slices.ContainsFunc(f.Acts, func(a correlate.Act) bool {
		return slices.ContainsFunc(a.Sessions, func(s correlate.Session) bool { return sameUser(s.User, u) && desktop[s.Logon.Type] })
	}):
		return "A person used it in the act: the session was at the desktop, here or remote. Of the time before the logs hold no such logon of it."
	case kinds[5]+kinds[4] > 0 && kinds[5]+kinds[4] == total:
		return fmt.Sprintf("Before, it was used by services or tasks only (%s of types 4 and 5).", counted(total, "logon", "logons"))
	case total > 0:
		return fmt.Sprintf("Whether a person or a program uses it cannot be told: none of its logons before (%d) was at the desktop.", total)
	}
	return "Whether a person or a program uses it cannot be told: no logon of it before is in the logs."
}

// What is needed to speak of a habit.
const (
	fewLogons = 5 // logons, on at least
	fewDays   = 3 // days
)

// usual says when and from where an account logged on before, and whether the
// session of its act fits that.
func (f *Facts) usual(u artifacts.User, l *Life) (lines []string) {
	add := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	groups := sortedLogons(l.Earlier, footprint.Succeeded)
	var hours [24]int
	days := map[string]bool{}
	total, older := 0, 0
	var from []string
	for _, g := range groups {
		total += g.Count
		older += g.DaysOmitted
		for h, n := range g.Hours {
			hours[h] += n
		}
		for _, d := range g.Days {
			days[d.Date] = true
		}
		from = append(from, fmt.Sprintf("%s, %d from %s to %s", correlate.LogonText(g.Type, g.Address, g.Workstation), g.Count, g.First.UTC().Format(time.DateOnly), g.Last.UTC().Format(time.DateOnly)))
	}
	if total == 0 {
		return append(lines, "Its usual hours and sources cannot be told: the logs hold no logon of it before the session of the act.")
	}
	n := counted(len(days), "day", "days")
	if older > 0 {
		n = "more than " + n
	}
	add("Before the session of the act it logged on %s on %s, at these hours (UTC): %s.", counted(total, "time", "times"), n, hoursText(hours))
	add("From: %s.", strings.Join(firstFew(from), "; "))
	if l.Beyond > 0 {
		add("%s not kept: the counts are too low.", counted(l.Beyond, "record of the accounts that did the acts was", "records of the accounts that did the acts were"))
	}
	if total < fewLogons || len(days) < fewDays {
		return append(lines, "That is too little to speak of usual hours or sources.")
	}
	for i := range f.Acts {
		a := &f.Acts[i]
		if !sameUser(a.Actor, u) && !sameUser(Person(a), u) || a.Start.IsZero() {
			continue
		}
		if h := a.Start.UTC().Hour(); hours[h] == 0 {
			add("Out of its usual hours: the act began at %s, an hour of the day (UTC) at which it had not logged on before.", stamp(a.Start))
		} else {
			add("The act began at %s, an hour of the day (UTC) at which it had logged on %s before.", stamp(a.Start), counted(hours[h], "time", "times"))
		}
		for j := range a.Sessions {
			if s := &a.Sessions[j]; sameUser(s.User, u) && (s.Logon.SourceIP != "" || s.Logon.Workstation != "") {
				lines = append(lines, source(s, groups))
			}
		}
	}
	return lines
}

// source says whether the source of a session was seen before.
func source(s *correlate.Session, groups []footprint.Logon) string {
	name, known := s.Logon.SourceIP, 0
	if name == "" {
		name = s.Logon.Workstation
	}
	for _, g := range groups {
		if s.Logon.SourceIP != "" && g.Address == s.Logon.SourceIP || s.Logon.SourceIP == "" && strings.EqualFold(g.Workstation, s.Logon.Workstation) {
			known += g.Count
		}
	}
	if known == 0 {
		return fmt.Sprintf("A new source: its session came from %s, from where the logs hold no logon of it before.", name)
	}
	return fmt.Sprintf("Its session came from %s, from where it had logged on %s before.", name, counted(known, "time", "times"))
}

// hoursText writes hours of the day with their counts, runs of them together:
// "07-09 (12), 14 (1)".
func hoursText(hours [24]int) string {
	var parts []string
	for h := 0; h < len(hours); h++ {
		if hours[h] == 0 {
			continue
		}
		from, n := h, 0
		for ; h < len(hours) && hours[h] > 0; h++ {
			n += hours[h]
		}
		if h-1 == from {
			parts = append(parts, fmt.Sprintf("%02d (%d)", from, n))
		} else {
			parts = append(parts, fmt.Sprintf("%02d-%02d (%d)", from, h-1, n))
		}
	}
	return strings.Join(parts, ", ")
}

// recurrence says whether an account ran commands that copy hives before, and when:
// what an administrator's habit would look like.
func (f *Facts) recurrence(u artifacts.User) (line string, records []string) {
	var times []time.Time
	var hours [24]int
	days := map[string]bool{}
	for i := range f.Records {
		r := &f.Records[i]
		if r.Kind != "process" || r.Assessment != "export" && r.Assessment != "attempt" || r.Time.IsZero() || !sameUser(r.User, u) {
			continue
		}
		times = append(times, r.Time)
		records = append(records, r.ID)
		hours[r.Time.UTC().Hour()]++
		days[r.Time.UTC().Format(time.DateOnly)] = true
	}
	switch {
	case len(times) == 0:
		return "", nil
	case len(days) == 1:
		return fmt.Sprintf("That it is a habit of its own, as an administrator's would be, is not to be seen: its commands that copy hives (%d) are all of %s; %s.", len(times), times[0].UTC().Format(time.DateOnly), f.logsBegin()), records
	}
	first, last := slices.MinFunc(times, time.Time.Compare), slices.MaxFunc(times, time.Time.Compare)
	line = fmt.Sprintf("It ran commands that copy hives on %d days, %d in all, from %s to %s, at these hours (UTC): %s.", len(days), len(times), first.UTC().Format(time.DateOnly), last.UTC().Format(time.DateOnly), hoursText(hours))
	for i := range f.Acts {
		if a := &f.Acts[i]; len(a.Explanations) > 0 && sameUser(a.Actor, u) {
			return line + " Whether that is a habit which explains the act is weighed in step 7.", records
		}
	}
	return line + " No known habit or product explains it (step 7).", records
}
