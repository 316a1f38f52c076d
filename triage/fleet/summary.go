package fleet

import (
	"fmt"
	"slices"
	"strings"

	"hivetriage/triage/footprint"
)

// summary writes the front page: at most eight sentences.
func (r *rollUp) summary() []string {
	c := &r.c
	lines := []string{headline(c)}
	if s := spreadSentence(c); s != "" {
		lines = append(lines, s)
	}
	if s := groupSentence(c); s != "" {
		lines = append(lines, s)
	}
	if s := exposureSentence(c); s != "" {
		lines = append(lines, s)
	}
	if s := foreignSentence(c); s != "" {
		lines = append(lines, s)
	}
	if s := movementSentence(c); s != "" {
		lines = append(lines, s)
	}
	if s := blindSentence(c); s != "" {
		lines = append(lines, s)
	}
	return append(lines, completeSentence(c))
}

// headline says what was found on how many hosts.
func headline(c *Case) string {
	examined := plural(c.Counts.Hosts, "host was", "hosts were") + " examined"
	switch {
	case c.Counts.Hit > 0:
		of := plural(c.Counts.Hosts, "host", "hosts")
		text := fmt.Sprintf("%s: credential hives were copied on, or lie on, %d of %s, in %s", strings.ToUpper(c.Verdict[:1])+c.Verdict[1:], c.Counts.Hit, of, plural(len(unexplained(c)), "act", "acts")+EndsText(unexplained(c)))
		if n := c.Counts.Acts - len(unexplained(c)); n > 0 {
			text += fmt.Sprintf("; %s explained by something harmless", plural(n, "further act is", "further acts are"))
		}
		return text + "."
	case c.Counts.Acts > 0:
		return fmt.Sprintf("Copies were made in %s on %s, and something harmless explains all of it; %s.", plural(c.Counts.Acts, "act", "acts"), plural(c.Counts.ByVerdict["explained"], "host", "hosts"), examined)
	case c.Counts.Hosts == 0:
		return "No host could be examined."
	}
	return fmt.Sprintf("No export of SAM, SECURITY or SYSTEM and no command that makes one was found; %s.", examined)
}

func unexplained(c *Case) (acts []Act) {
	for _, a := range c.Distinct() {
		if a.Verdict != "explained" {
			acts = append(acts, a)
		}
	}
	return acts
}

// spreadSentence says where it began and ended.
func spreadSentence(c *Case) string {
	if len(c.Spread) == 0 || c.Spread[0].Time.IsZero() {
		return ""
	}
	first, last := c.Spread[0], c.Spread[0]
	untimed, doubted := 0, 0
	for _, s := range c.Spread {
		if !s.Time.IsZero() && s.Doubt != "" {
			doubted++
		}
	}
	for _, s := range c.Spread[1:] {
		if s.Time.IsZero() {
			untimed++
		} else {
			last = s
		}
	}
	text := fmt.Sprintf("The first was %s at %s", first.Host, second(first.Time))
	if last.Act != first.Act || last.Folder != first.Folder {
		text += fmt.Sprintf(", the last %s at %s", last.Host, second(last.Time))
	}
	if doubted > 0 && len(c.Spread) > 1 {
		text += fmt.Sprintf("; the place of %s in the order is in doubt, by their clocks", plural(doubted, "host", "hosts"))
	}
	if untimed > 0 {
		text += fmt.Sprintf("; of %s no time is known", plural(untimed, "host", "hosts"))
	}
	return text + "."
}

func groupSentence(c *Case) string {
	if len(c.Groups) == 0 {
		if c.Counts.Hit > 1 {
			return "Nothing was found that the acts on different hosts share."
		}
		return ""
	}
	largest := slices.MaxFunc(c.Groups, func(a, b Group) int { return len(a.Acts) - len(b.Acts) })
	if len(c.Groups) == 1 {
		return largest.Text
	}
	return fmt.Sprintf("Acts of different hosts share something in %d groups; the largest: %s", len(c.Groups), largest.Text)
}

func exposureSentence(c *Case) string {
	if c.Counts.Exposed == 0 {
		return ""
	}
	domain, several := 0, 0
	for _, a := range c.Accounts {
		if a.Usable && a.Scope == DomainScope {
			domain++
		}
		if a.Usable && a.Lead != "" {
			several++
		}
	}
	text := fmt.Sprintf("Exposed: %s, %d of them of a domain", plural(c.Counts.Exposed, "account or secret", "accounts and secrets"), domain)
	if several > 0 {
		text += fmt.Sprintf("; %s on several hosts under the same name, whether with the same password is not known", plural(several, "local account is", "local accounts are"))
	}
	return text + "."
}

func foreignSentence(c *Case) string {
	var at, missing []string
	for _, f := range c.Foreign {
		if f.OfFolder == f.Folder || f.Of == "" || strings.EqualFold(f.Of, f.Host) {
			continue
		}
		if !slices.Contains(at, f.Host) {
			at = append(at, f.Host)
		}
		if f.Where == NotInBatch && !slices.Contains(missing, f.Of) {
			missing = append(missing, f.Of)
		}
	}
	if len(at) == 0 {
		return ""
	}
	text := "Copies of other hosts' hives lie on " + few(at)
	if len(missing) > 0 {
		slices.Sort(missing)
		text += "; taken from hosts that are not among those triaged: " + few(missing)
	}
	return text + "."
}

func movementSentence(c *Case) string {
	var to []string
	total, fresh, unordered := 0, 0, 0
	for _, e := range c.Logons.Edges {
		if e.Lead || e.Outcome == footprint.Failed {
			continue
		}
		total++
		if e.Unordered {
			unordered++
		}
		if e.Source == NewSource {
			fresh++
			for _, n := range c.Logons.Nodes {
				if n.ID == e.To && !slices.Contains(to, n.Label) {
					to = append(to, n.Label)
				}
			}
		}
	}
	if total == 0 {
		return ""
	}
	text := fmt.Sprintf("Since the acts exposed accounts logged on from host to host in %s of account, source and target", plural(total, "combination", "combinations"))
	if fresh > 0 {
		text += fmt.Sprintf(", in %d of them from a source that was new for the account, to %s", fresh, few(to))
	}
	if unordered > 0 {
		text += fmt.Sprintf("; of %d of them the clocks do not tell whether they came after", unordered)
	}
	return text + "; whether their owners did is not told."
}

func blindSentence(c *Case) string {
	if len(c.Blind) == 0 {
		return ""
	}
	var names []string
	for _, b := range c.Blind {
		names = append(names, b.Host)
	}
	when := ""
	if len(c.Spread) > 0 {
		when = " at the time of the acts"
	}
	return fmt.Sprintf("The logs of %s cannot tell of commands%s: %s.", plural(len(names), "host", "hosts"), when, few(names))
}

// completeSentence says how far "nothing more" can be trusted.
func completeSentence(c *Case) string {
	var unread []string
	for _, l := range c.Left {
		if l.Unread {
			unread = append(unread, lastName(l.Path))
		}
	}
	if len(unread) == 0 {
		return triagedSentence(c)
	}
	return strings.TrimSuffix(strings.TrimSuffix(triagedSentence(c), allRead), ".") + fmt.Sprintf("; evidence may be missing behind %s: %s.", plural(len(unread), "entry that could not be looked at or is empty", "entries that could not be looked at or are empty"), few(unread))
}

// allRead ends the sentence on inputs none of which has a gap: it is no promise
// that nothing was there.
const allRead = ", and all that was met in them was read, without a gap that a copy could hide behind; what a host's evidence could not have told, its own report says."

// triagedSentence says how much of what was found as evidence was triaged.
func triagedSentence(c *Case) string {
	switch {
	case len(c.NotTriaged) > 0:
		var names []string
		for _, m := range c.NotTriaged {
			names = append(names, m.name())
		}
		text := fmt.Sprintf("%s not triaged: %s", plural(len(names), "input was", "inputs were"), few(names))
		if c.Counts.Incomplete > 0 {
			text += fmt.Sprintf("; the coverage of %s more is incomplete", plural(c.Counts.Incomplete, "host", "hosts"))
		}
		return text + "."
	case c.Counts.Incomplete > 0:
		return fmt.Sprintf("All inputs were triaged; the coverage of %s is incomplete, so a copy could hide there.", plural(c.Counts.Incomplete, "input", "inputs"))
	}
	return "All inputs were triaged" + allRead
}

// name is what a person knows an input by.
func (m *Missing) name() string {
	if len(m.Inputs) > 0 {
		return lastName(m.Inputs[0])
	}
	return m.Folder
}

// lastName is the last part of a path.
func lastName(path string) string { return path[strings.LastIndexAny(path, `/\`)+1:] }
