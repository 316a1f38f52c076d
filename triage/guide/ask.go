package guide

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"hivetriage/artifacts"
	"hivetriage/triage/correlate"
)

// maxAsked bounds the commands and places that a message to an owner names.
const maxAsked = 3

// owner writes the messages to those whose accounts did the acts.
func (f *Facts) owner() Answer {
	const question = "Does the account's owner confirm the activity?"
	if len(f.Acts) == 0 {
		return f.nothing(question, "")
	}
	a := Answer{Question: question, Status: NeedsPerson, Evidence: f.actIDs()}
	lines := []string{"Messages that are ready to be sent:"}
	for i := range f.Acts {
		lines = append(lines, f.message(&f.Acts[i])...)
	}
	a.Answer = strings.Join(append(lines, f.zones()...), "\n")
	a.Next = []string{"Ask by a channel other than the account's own mail or chat: the account may be in someone else's hands."}
	return a
}

// actHost is the host that an act's records are of.
func (f *Facts) actHost(act *correlate.Act) string {
	for _, r := range f.members(act) {
		if r.Host != "" {
			return r.Host
		}
	}
	return f.host()
}

// message is the message about one act.
func (f *Facts) message(act *correlate.Act) []string {
	host := f.actHost(act)
	who, account, did := "whoever administers "+host, "", "copy the registry "+hivesOf(act.Hives)
	if u := Person(act); u != (artifacts.User{}) {
		who, account = Name(u), ", with your account "+cmp.Or(Account(u), u.SID)+","
	}
	if hosts := f.foreign(act); len(hosts) > 0 {
		did = fmt.Sprintf("put copies of the registry %s of %s", hivesOf(act.Hives), strings.Join(firstFew(hosts), ", "))
	}
	lines := []string{fmt.Sprintf("To %s (about %s):", who, act.ID),
		fmt.Sprintf("  Did you %s on %s%s %s?", did, host, account, f.bothClocks(act, host))}
	for _, s := range act.Sessions {
		lines = append(lines, fmt.Sprintf("  The session was %s, and began %s. Were you at that computer, and was it you?", correlate.LogonText(s.Logon.Type, s.Logon.SourceIP, s.Logon.Workstation), f.both(s.Start, host)))
	}
	if ran := f.ran(act); len(ran) > 0 {
		lines = append(lines, "  What was run: "+strings.Join(ran, "; ")+".")
	}
	if lie := written(act); len(lie) > 0 {
		lines = append(lines, "  Where the copies are or were: "+strings.Join(lie, "; ")+".")
	}
	lines = append(lines, "  If it was you: with which tool, for what purpose, on whose order or by which ticket, and where are the copies now?")
	if account == "" {
		return append(lines, "  If it was not: who else has administrator rights there, and what else have you noticed?", "  Please change nothing on the computer until this is settled.")
	}
	return append(lines, "  If it was not: who else knows or uses this account, when did you last change its password, and what else have you noticed?",
		"  Please answer in person or by telephone, and change nothing on the computer until then.")
}

// bothClocks writes when an act was, in UTC and by the host's clock.
func (f *Facts) bothClocks(act *correlate.Act, host string) string {
	c := f.clock(host)
	text := span(act.Start, act.End)
	switch {
	case act.Start.IsZero() || c == nil:
		return text
	case stamp(act.Start) == stamp(act.End):
		return fmt.Sprintf("%s, which is %s on its own clock", text, c.local(act.Start))
	}
	return fmt.Sprintf("%s, which is %s to %s on its own clock", text, c.local(act.Start), c.local(act.End))
}

// both writes a time in UTC and by the host's clock.
func (f *Facts) both(at time.Time, host string) string {
	c := f.clock(host)
	if c == nil || at.IsZero() {
		return stamp(at)
	}
	return fmt.Sprintf("%s, %s on its own clock", stamp(at), c.local(at))
}

// zones says of each host of the acts how its zone is known.
func (f *Facts) zones() (lines []string) {
	for i := range f.Acts {
		host := f.actHost(&f.Acts[i])
		line := fmt.Sprintf("The zone of %s is not known: no SYSTEM hive of it was read that tells it. The times are UTC only.", host)
		if c := f.clock(host); c != nil {
			line = c.known() + "."
		}
		if !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	return lines
}

// ran are the first commands of an act, as recorded.
func (f *Facts) ran(act *correlate.Act) (lines []string) {
	for _, r := range f.members(act) {
		told := strings.Join(strings.Fields(r.Told()), " ")
		if len(r.Commands) == 0 || told == "" || slices.Contains(lines, told) {
			continue
		}
		if len(lines) == maxAsked {
			return append(lines, "and more")
		}
		lines = append(lines, told)
	}
	return lines
}

// written are the first places of an act's copies.
func written(act *correlate.Act) (places []string) {
	for i, w := range act.Whereabouts {
		if i == maxAsked {
			return append(places, fmt.Sprintf("and %d more", len(act.Whereabouts)-i))
		}
		places = append(places, w.Path)
	}
	return places
}

// hivesOf writes "hive SAM" or "hives SAM, SYSTEM".
func hivesOf(names []string) string {
	if len(names) == 1 {
		return "hive " + names[0]
	}
	return "hives " + strings.Join(names, ", ")
}

// span writes from when to when.
func span(from, to time.Time) string {
	if stamp(from) == stamp(to) {
		return when(from)
	}
	return fmt.Sprintf("between %s and %s", stamp(from), stamp(to))
}
