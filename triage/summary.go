package triage

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"hivetriage/artifacts"
	"hivetriage/triage/correlate"
	"hivetriage/triage/coverage"
	"hivetriage/triage/guide"
	"hivetriage/triage/locate"
)

// summary writes the front page: at most eight sentences.
func summary(c *Case) []string {
	if len(c.Acts) == 0 {
		return append([]string{nothingFound(c)}, reach(c)...)
	}
	worst, which := strongest(c.Acts)
	lines := []string{fmt.Sprintf("%s: %s, in %s%s.", verdictText(c.Verdict), whose(c), plural(len(c.Acts), "act", "acts"), firstAndLast(c.Acts)),
		which + told(worst, guide.Foreign(&worst, c.Exports)), where(c)}
	if c.Verdict == "explained" {
		lines = append(lines, explanation(c.Acts))
	}
	if exposed := exposedSentence(c.Exposure); exposed != "" {
		lines = append(lines, exposed)
	}
	return append(lines, reach(c)...)
}

// whose says whose hives were copied, or lie where they do not belong.
func whose(c *Case) string {
	var foreign []string
	for i := range c.Acts {
		hosts := guide.Foreign(&c.Acts[i], c.Exports)
		if len(hosts) == 0 {
			return hostNames(c) + " were copied"
		}
		foreign = append(foreign, hosts...)
	}
	slices.Sort(foreign)
	return fmt.Sprintf("credential hives of %s, of other hosts, lie %s", few(slices.Compact(foreign)), strings.TrimPrefix(hostNames(c), "credential hives "))
}

// strongest is the act that the summary tells of, with the words that say
// which of them it is: of those with the highest confidence the first.
func strongest(acts []correlate.Act) (worst correlate.Act, which string) {
	equal := 0
	for _, a := range acts {
		switch {
		case equal == 0 || a.Confidence > worst.Confidence:
			worst, equal = a, 1
		case a.Confidence == worst.Confidence:
			if equal++; !a.Start.IsZero() && (worst.Start.IsZero() || a.Start.Before(worst.Start)) {
				worst = a
			}
		}
	}
	switch {
	case len(acts) == 1:
		return worst, ""
	case equal == 1:
		return worst, fmt.Sprintf("The strongest of them, %s: ", worst.ID)
	case equal == len(acts):
		return worst, fmt.Sprintf("The first of them, %s, than which none is stronger: ", worst.ID)
	}
	return worst, fmt.Sprintf("The first of the %d strongest, %s: ", equal, worst.ID)
}

// firstAndLast says when the first and the last of several acts began.
func firstAndLast(acts []correlate.Act) string {
	var times []time.Time
	for _, a := range acts {
		if !a.Start.IsZero() {
			times = append(times, a.Start)
		}
	}
	if len(acts) < 2 || len(times) == 0 {
		return ""
	}
	text := ", the first at " + second(slices.MinFunc(times, time.Time.Compare)) + ", the last at " + second(slices.MaxFunc(times, time.Time.Compare))
	if n := len(acts) - len(times); n > 0 {
		text += fmt.Sprintf("; of %d the time is not known", n)
	}
	return text
}

// told is one sentence on an act: who, what, when, from where. Foreign are the
// hosts whose hives it is about, if not the one that the copies lie on.
func told(a correlate.Act, foreign []string) string {
	when := ""
	if !a.Start.IsZero() {
		when = fmt.Sprintf(" between %s and %s", second(a.Start), second(a.End))
		if second(a.Start) == second(a.End) {
			when = " at " + second(a.Start)
		}
	}
	name := guide.Name(a.Actor)
	if a.Actor == (artifacts.User{}) {
		return fmt.Sprintf("%s %s%s; no record names the account.", strings.Join(a.Hives, ", "), surely(a.Verdict, "were copied", "were probably copied", "may have been copied"), when)
	}
	session := inSessions(&a)
	missing := 0
	for _, w := range a.Whereabouts {
		if w.Export == "" {
			missing++
		}
	}
	switch hives := strings.Join(a.Hives, ", "); {
	case len(foreign) == 0:
		return fmt.Sprintf("%s %s %s%s%s.", name, surely(a.Verdict, "copied", "probably copied", "may have copied"), hives, when, session)
	case missing > 0:
		return fmt.Sprintf("%s put copies of %s there%s%s; those that were found are of %s; whose hives were in the %s not found, no record says.", name, hives, when, session, few(foreign), plural(missing, "copy", "copies"))
	default:
		return fmt.Sprintf("%s put copies of %s of %s there%s%s.", name, hives, few(foreign), when, session)
	}
}

// inSessions tells the sessions of an act that are of one person, those alike
// once.
func inSessions(a *correlate.Act) string {
	if a.Session == nil {
		return ""
	}
	var all []string
	for _, s := range append([]correlate.Session{*a.Session}, a.Sessions...) {
		if text := logonText(s.Logon); !slices.Contains(all, text) && (s.User == a.Session.User || guide.SameUser(s.User, a.Session.User)) {
			all = append(all, text)
		}
	}
	text := ", in a session of "
	if len(all) > 1 {
		text = ", in sessions of "
	}
	if u := guide.Person(a); u != (artifacts.User{}) && u != a.Actor {
		text += guide.Name(u) + ": "
	}
	return text + few(all)
}

// surely chooses the words for an act that is sure, or else likely, or else
// possible.
func surely(verdict, sure, likely, possible string) string {
	switch verdict {
	case "probable":
		return likely
	case "suspicious":
		return possible
	}
	return sure
}

func verdictText(v string) string { return strings.ToUpper(v[:1]) + v[1:] }

func hostNames(c *Case) string {
	names := concerned(c)
	if len(names) == 0 {
		return "credential hives"
	}
	return "credential hives on " + few(names)
}

// few names at most three.
func few(names []string) string {
	if more := len(names) - 3; more > 0 {
		names = append(names[:3:3], fmt.Sprintf("%d more", more))
	}
	return strings.Join(names, ", ")
}

// concerned names the hosts that the acts are about: the evidence's own if it
// is one, else those in the acts' records; in logs of many hosts the others
// have no part in it.
func concerned(c *Case) []string {
	var all, acting []string
	for _, h := range c.Hosts {
		if !slices.Contains(all, h.Name) { // the disk of a machine may lie in the evidence more than once
			all = append(all, h.Name)
		}
	}
	for _, r := range c.Records {
		if r.Assessment == "export" || r.Assessment == "attempt" {
			acting = append(acting, r.Host)
		}
	}
	if len(all) < 2 || len(acting) == 0 {
		return all
	}
	slices.Sort(acting)
	return slices.Compact(acting)
}

// where says where the copies are.
func where(c *Case) string {
	states := map[string]int{}
	for _, a := range c.Acts {
		for _, w := range a.Whereabouts {
			states[w.State]++
		}
	}
	var parts []string
	for _, state := range []string{"live", "deleted", "overwritten", "snapshot", locate.StateReported, "not found on this evidence"} {
		if n := states[state]; n > 0 {
			switch state {
			case "snapshot":
				state = "only in a volume shadow copy"
			case locate.StateReported:
				state = "known by name and size only"
			}
			parts = append(parts, fmt.Sprintf("%s %s", plural(n, "is", "are"), state))
		}
	}
	return fmt.Sprintf("Of the copies, %s%s.", strings.Join(parts, ", "), howFar(c.Acts))
}

func nothingFound(c *Case) string {
	return fmt.Sprintf("No export of SAM, SECURITY or SYSTEM and no command that makes one was found (%s examined).",
		plural(int(c.Coverage.Totals.Examined), "stream", "streams"))
}

// reach says how far "nothing found" and "nothing more" can be trusted.
func reach(c *Case) []string {
	var span []string
	auditing := func(row coverage.Row) bool {
		return row.What == "process auditing" && row.State != coverage.Absent && !row.From.IsZero()
	}
	for i, row := range c.Coverage.Sources {
		if auditing(row) && !slices.ContainsFunc(c.Coverage.Sources[:i], func(other coverage.Row) bool {
			return auditing(other) && other.Host == row.Host && !row.From.Before(other.From) && !row.To.After(other.To)
		}) {
			span = append(span, fmt.Sprintf("%s to %s", second(row.From), second(row.To)))
		}
	}
	lines := []string{}
	if len(span) > 0 {
		lines = append(lines, "Commands can be told from the Security log for "+strings.Join(span[:min(len(span), 3)], ", ")+".")
	}
	if c.Complete {
		return append(lines, strings.TrimSuffix(InFull(c)+" "+Untold(c), " "))
	}
	var gaps []string
	for _, row := range c.Coverage.Sources {
		if row.Gap {
			gaps = append(gaps, row.What)
		}
	}
	slices.Sort(gaps)
	return append(lines, fmt.Sprintf("Coverage is incomplete, a copy could hide behind: %s (see the coverage section).", strings.Join(slices.Compact(gaps), ", ")))
}

// second writes a time for people, to the second.
func second(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
