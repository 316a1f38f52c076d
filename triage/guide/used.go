package guide

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"hivetriage/artifacts"
	"hivetriage/triage/correlate"
	"hivetriage/triage/expose"
)

// compromised answers which accounts may be compromised: the exposed ones,
// what the logs tell of each since the act, and what went out from the host.
func (f *Facts) compromised() Answer {
	const question = "Which accounts may be compromised, and where did they log on since?"
	if len(f.Acts) == 0 {
		return f.nothing(question, "")
	}
	a := Answer{Question: question, Status: Partly, Evidence: f.actIDs()}
	accounts := f.exposedAccounts()
	var lines []string
	if len(accounts) == 0 {
		lines = append(lines, "Nothing that was taken opens an account by itself; see the exposure section.")
	} else {
		lines = append(lines, fmt.Sprintf("Exposed, the most urgent first (%d in all), and what the logs tell of each since the act:", len(accounts)))
		var texts []string
		idle := 0
		for _, x := range accounts {
			uses := f.uses(x.Row)
			if len(uses) == 0 && !x.Crowd() {
				idle++
			}
			texts = append(texts, strings.Join(append([]string{"  " + exposedLine(x.Row) + x.asWell()}, uses...), "\n"))
		}
		lines = append(lines, firstFew(texts)...)
		if idle > 0 {
			lines = append(lines, fmt.Sprintf("Of %d of these accounts, those without lines of their own, none of 4624, 4625, 4648 and 4672 since the act stands in the logs that were read.", idle))
		}
	}
	lines = append(lines, f.otherLogons(accounts)...)
	lines = append(lines, f.outward()...)
	lines = append(lines, f.usesReach()...)
	a.Answer = strings.Join(lines, "\n")
	first, last := f.acted()
	from := "the domain controllers" // that of the host may have been read
	if own := f.controllers(); len(own) > 0 {
		from = "the domain controllers other than " + strings.Join(firstFew(own), ", ")
	}
	if reach, _, _ := f.covers(securityLog, first, last.Add(f.Window)); reach == missing {
		from = f.host() + " and of " + from
	}
	a.Next = append(a.Next, "Collect Security.evtx of "+from+".",
		"Search all hosts and the domain controllers for logons of these accounts since "+stamp(first)+".")
	return a
}

// controllers are the domain controllers whose Security logs were read: the SID
// of such a machine is that of its domain.
func (f *Facts) controllers() (names []string) {
	for _, m := range f.Machines {
		if m.SID != "" && m.SID == m.DomainSID && !f.begins(m.Host).IsZero() {
			names = append(names, m.Host)
		}
	}
	return distinct(names)
}

func exposedLine(r expose.Row) string {
	text := fmt.Sprintf("%s: %s", r.Kind, r.Name)
	if r.SID != "" && r.SID != r.Name {
		text += " (" + r.SID + ")"
	}
	if r.Administrator != nil && *r.Administrator {
		text += ", administrator"
	}
	if r.Enabled != nil && !*r.Enabled {
		text += ", disabled"
	}
	text += "; recoverable: " + r.Recoverable
	if r.Standing != "unknown" {
		text += "; " + r.Standing
	}
	return text
}

// asWell says as what else an account is exposed.
func (x *exposedAccount) asWell() string {
	if len(x.also) == 0 {
		return ""
	}
	return "; " + strings.Join(firstFew(x.also), "; ")
}

// uses tells what the logs have of an exposed account since the act: logons,
// failed ones, credentials given and administrative sessions, by type and
// source.
func (f *Facts) uses(r expose.Row) (lines []string) {
	if r.Crowd() {
		return nil
	}
	for i := range f.Logons {
		g := &f.Logons[i]
		if isAccount(r, g.User) {
			lines = append(lines, fmt.Sprintf("    logons (4624), %s on %s: %d, first %s, last %s (record %d)%s", correlate.LogonText(g.Type, g.SourceIP, g.Workstation), g.Host,
				g.Count, stamp(g.First), stamp(g.Last), g.From.RecordID, f.firstUse(g)))
		}
	}
	for i := range f.Notices {
		n := &f.Notices[i]
		if n.Account == (artifacts.User{}) || !f.since(n) || !isAccount(r, n.Account) {
			continue
		}
		lines = append(lines, fmt.Sprintf("    %s (%s): %s", useOf(n), n.From.EventCode, noticeText(n)))
	}
	return firstFew(lines)
}

// useOf names what a notice of an account's credentials is.
func useOf(n *correlate.Notice) string {
	switch n.From.EventCode {
	case "4625":
		return "failed logons"
	case "4648":
		return "credentials given"
	case "4672":
		return "administrative sessions"
	case "4776":
		return "checks by NTLM"
	}
	return "use"
}

// firstUse says whether an account had logged on from a group's source before
// the act, as far as the logs reach back.
func (f *Facts) firstUse(g *correlate.LogonGroup) string {
	source := sourceOf(g)
	if source == "" {
		return ""
	}
	begins, count, last := f.before(g)
	switch {
	case count > 0:
		return fmt.Sprintf("; from this source it had logged on before the act: %d, last at %s", count, stamp(last))
	case begins.IsZero() || !begins.Before(g.First):
		return "; whether the source is new to the account cannot be told: the Security log does not reach back further"
	}
	return fmt.Sprintf("; FIRST USE FROM THIS SOURCE: no logon of this account from %s before the act, in logs that reach back to %s", source, stamp(begins))
}

// isFirstUse reports whether a group's source is new to its account.
func (f *Facts) isFirstUse(g *correlate.LogonGroup) bool {
	begins, count, _ := f.before(g)
	return sourceOf(g) != "" && count == 0 && !begins.IsZero() && begins.Before(g.First)
}

// before counts the logons of a group's account from its source before the
// act, since the Security log of the host begins.
func (f *Facts) before(g *correlate.LogonGroup) (begins time.Time, count int, last time.Time) {
	for i := range f.Earlier {
		e := &f.Earlier[i]
		if sameUser(e.User, g.User) && strings.EqualFold(sourceOf(e), sourceOf(g)) {
			count += e.Count
			if e.Last.After(last) {
				last = e.Last
			}
		}
	}
	return f.begins(g.Host), count, last
}

func sourceOf(g *correlate.LogonGroup) string {
	if g.SourceIP != "" {
		return g.SourceIP
	}
	return g.Workstation
}

// begins is when the Security log of a host begins; the zero time where none
// was read.
func (f *Facts) begins(host string) (first time.Time) {
	for _, l := range f.Logs {
		if !strings.EqualFold(l.Channel, securityLog) || !slices.ContainsFunc(strings.Split(l.Host, ", "), func(h string) bool { return sameHost(h, host) }) {
			continue
		}
		if first.IsZero() || l.From.Before(first) {
			first = l.From
		}
	}
	return first
}

// isAccount reports whether a logon is of the exposed account: by SID, else
// by name.
func isAccount(r expose.Row, u artifacts.User) bool {
	if r.SID != "" && u.SID != "" {
		return r.SID == u.SID
	}
	name := r.Name[strings.LastIndexByte(r.Name, '\\')+1:]
	return u.Name != "" && strings.EqualFold(name, u.Name)
}

// otherLogons tells the logons since the act of accounts that are not listed
// as exposed.
func (f *Facts) otherLogons(accounts []*exposedAccount) []string {
	var texts []string
	for i := range f.Logons {
		g := &f.Logons[i]
		if slices.ContainsFunc(accounts, func(x *exposedAccount) bool { return isAccount(x.Row, g.User) }) {
			continue
		}
		texts = append(texts, fmt.Sprintf("  %s on %s, %s: %d, first %s, last %s (record %d)%s", Name(g.User), g.Host,
			correlate.LogonText(g.Type, g.SourceIP, g.Workstation), g.Count, stamp(g.First), stamp(g.Last), g.From.RecordID, f.firstUse(g)))
	}
	switch {
	case len(texts) > 0:
		return append([]string{"Logons (4624) since the act of accounts that are not listed as exposed:"}, firstFew(texts)...)
	case len(f.Logons) == 0:
		return []string{"No logon (4624) of a user since the act stands in the logs that were read."}
	}
	return nil
}

// outward tells what went out from the hosts to other computers since the act.
func (f *Facts) outward() []string {
	var texts []string
	for i := range f.Notices {
		n := &f.Notices[i]
		if n.Toward != "" && f.since(n) {
			texts = append(texts, fmt.Sprintf("  to %s: %s", n.Toward, noticeText(n)))
		}
	}
	if len(texts) > 0 {
		return append([]string{"From this host to others since the act:"}, firstFew(texts)...)
	}
	first, last := f.acted()
	to := last.Add(f.Window)
	return []string{fmt.Sprintf("From this host to others since the act nothing was found: no credentials given to another computer (4648; %s), no connection to 135, 139, 445, 3389, 5985 or 5986 (Sysmon 3; %s), no remote desktop client (%s), no program for remote execution in the process starts.",
		f.coverText(securityLog, first, to), f.coverText(sysmonLog, first, to), f.coverText(clientLog, first, to))}
}

// usesReach says how far the logs of logons reach.
func (f *Facts) usesReach() []string {
	first, last := f.acted()
	lines := []string{"How far that reaches: " + f.coverText(securityLog, first, last.Add(f.Window)) + "."}
	if row, bad := f.row("Security log"); bad {
		lines = append(lines, "  "+row.Why+".")
	}
	if s, host, ok := f.setting("logon auditing"); ok {
		lines = append(lines, fmt.Sprintf("  %s on %s is %s: %s.", s.What, host, s.State, s.Means))
	}
	return lines
}

// remoteTargets are the computers that something went out to since the act,
// and what it was first.
func (f *Facts) remoteTargets() (targets []string, because []string) {
	for i := range f.Notices {
		n := &f.Notices[i]
		if n.Toward == "" || !f.since(n) || slices.ContainsFunc(targets, func(t string) bool { return sameHost(t, n.Toward) }) {
			continue
		}
		targets, because = append(targets, n.Toward), append(because, noticeText(n))
	}
	return targets, because
}
