package guide

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"hivetriage/triage/command"
	"hivetriage/triage/correlate"
	"hivetriage/triage/locate"
)

// What is asked for of the host itself.
const (
	Isolate = "Isolate the host from the network and keep its memory and disk"
	Reimage = "Reimage the host and restore changed files from a backup older than the first sign of the intruder"
)

// contain opens the incident and takes the host from the network.
func (f *Facts) contain(add adder) {
	worst := f.Acts[0]
	for _, a := range f.Acts {
		if a.Confidence > worst.Confidence {
			worst = a
		}
	}
	taken := fmt.Sprintf("%s %s taken, first %s", strings.Join(worst.Hives, ", "), were(worst.Hives), when(worst.Start))
	add(1, 1, "Open an incident for credential theft", f.host(),
		fmt.Sprintf("acts found: %d; the strongest is %s with confidence %d of 100; %s", len(f.Acts), worst.Verdict, worst.Confidence, taken), f.actIDs())
	because := "its credential hives were copied: " + taken
	if hosts := f.allForeign(); len(hosts) > 0 {
		because = fmt.Sprintf("copies of other hosts' credential hives lie on it, and none of its own: of %s", strings.Join(firstFew(hosts), ", "))
	}
	add(2, 1, Isolate, f.host(), because, f.actIDs())
}

func were(names []string) string {
	if len(names) == 1 {
		return "was"
	}
	return "were"
}

func (f *Facts) eradicate(add adder) {
	first, _ := f.acted()
	sign := "; when the intruder was there first is not known"
	if t := f.firstSign(); !t.IsZero() {
		sign = "; the first sign is of " + stamp(t)
	}
	add(4, 3, Reimage, f.host(), f.rights()+sign, f.actIDs())
	add(5, 3, "Scan the whole host offline with an antimalware product; look for persistence and further tools", f.host(), f.scanFor(), f.actIDs())
	for i := range f.Programs {
		e := &f.Programs[i]
		if place, _ := command.VolumePath(e.Path); e.Signature.Holds() || len(e.Notes) == 0 || strings.HasPrefix(place, "/windows/system32/") {
			continue
		}
		action := "Look for this program on the host, take it for analysis, then remove it"
		switch e.State {
		case "live":
			action = "Take this program for analysis, then remove it"
		case "deleted", "overwritten", "snapshot":
			action = "Take what is left of this program for analysis"
		}
		add(5, 3, action, e.Path, strings.Join(append(slices.Clone(e.Notes), starts(e)+", on "+cmp.Or(e.Host, f.host())), "; "), f.ofActs(e.Acts))
	}
	for i := range f.Notices {
		n := &f.Notices[i]
		if (n.Kind == "service" && strings.Contains(n.What, "installed") || n.Kind == "task" && strings.Contains(n.What, "registered") || n.Kind == "account" && strings.Contains(n.What, "created")) && !n.Time.Before(first.Add(-f.Window)) {
			add(5, 3, "Check what was set up around the act, and remove it if nobody stands for it", n.Host, noticeText(n), nil)
		}
	}
}

// ofActs are the ids of acts, or those of all where there are none.
func (f *Facts) ofActs(ids []string) []string {
	if len(ids) == 0 {
		return f.actIDs()
	}
	return ids
}

// firstSign is when the intruder is first seen: the beginning of the session or
// the act, whichever was first, or the network logon that led to the session.
func (f *Facts) firstSign() (first time.Time) {
	take := func(t time.Time) {
		if !t.IsZero() && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	for i := range f.Acts {
		a := &f.Acts[i]
		take(a.Start)
		take(sessionStart(a))
		for k := range a.Sessions {
			take(f.ledTo(&a.Sessions[k]))
		}
	}
	return first
}

// authenticated is how long before a session at the desktop the network logon
// is looked for that network level authentication begins it with.
const authenticated = time.Minute

// ledTo is when the account of a session came over the network from the same
// address, right before it.
func (f *Facts) ledTo(s *correlate.Session) (first time.Time) {
	if s.Start.IsZero() || s.Logon.SourceIP == "" {
		return first
	}
	for i := range f.Earlier {
		g := &f.Earlier[i]
		if g.Type != 3 || g.SourceIP != s.Logon.SourceIP || !sameUser(g.User, s.User) {
			continue
		}
		for _, t := range []time.Time{g.First, g.Last} {
			if before := s.Start.Sub(t); before > 0 && before <= authenticated && (first.IsZero() || t.Before(first)) {
				first = t
			}
		}
	}
	return first
}

func sessionStart(a *correlate.Act) (t time.Time) {
	for _, s := range a.Sessions {
		if t.IsZero() || !s.Start.IsZero() && s.Start.Before(t) {
			t = s.Start
		}
	}
	return t
}

// scanFor says what of a host is not answered by looking for copies.
func (f *Facts) scanFor() string {
	strange := []string{}
	for i := range f.Programs {
		if len(f.Programs[i].Notes) > 0 {
			strange = append(strange, f.Programs[i].Path)
		}
	}
	if len(strange) == 0 {
		seen := "no program of the acts could be looked at"
		if n := len(f.Programs); n > 0 {
			seen = fmt.Sprintf("nothing was odd about the programs around the acts that were looked at (%d)", n)
		}
		return fmt.Sprintf("this program looks for hive copies and what is around them only; the first sign of %s was %s; %s", strings.Join(firstFew(f.actIDs()), ", "), when(f.firstSign()), seen)
	}
	return "something is odd about programs around the acts: " + strings.Join(firstFew(distinct(strange)), ", ")
}

// rights says what whoever did the acts could do on the host.
func (f *Facts) rights() string {
	if hosts := f.allForeign(); len(hosts) > 0 {
		return "whoever brought the copies of " + strings.Join(firstFew(hosts), ", ") + " could write to it; what else was done on it is not known"
	}
	for _, a := range f.Acts {
		if slices.Contains(a.Attack, "T1068") {
			continue
		}
		operator := slices.IndexFunc(f.Notices, func(n correlate.Notice) bool {
			return n.Kind == "privilege" && strings.Contains(n.What, "a backup operator's") && n.User.LogonID != "" && n.User.LogonID == a.Actor.LogonID && sameUser(n.User, a.Actor)
		})
		if operator >= 0 {
			return fmt.Sprintf("whoever copied %s in %s had at least the rights of a backup operator, who can read any file of the host (%s)", strings.Join(a.Hives, ", "), a.ID, f.Notices[operator].From.Cite())
		}
		return fmt.Sprintf("whoever copied %s in %s had administrator rights", strings.Join(a.Hives, ", "), a.ID)
	}
	return fmt.Sprintf("the copies could be made without administrator rights (%s, by T1068); with what is in them, whoever has them can be administrator since then, which was %s", f.Acts[0].ID, when(f.Acts[0].Start))
}

// remove asks for the copies to be kept as evidence and taken from the host,
// those of explained acts once that is confirmed.
func (f *Facts) remove(add adder) {
	harmless := f.harmless()
	for i := range f.Exports {
		e := &f.Exports[i]
		priority, once := 2, ""
		if harmless[e.ID] {
			priority, once = 4, "once the act is confirmed; until then it is evidence: "
		}
		switch e.State {
		case "live":
			add(4, priority, "Preserve, then remove the copy", e.At.Place(), once+e.Hive+" export, SHA-256 "+e.SHA256, []string{e.ID})
		case locate.StateReported:
			if !e.Deleted {
				add(4, priority, "Collect, then remove the copy", e.At.Place(), once+e.Hive+" by name and size; the content is not in the evidence or encrypted", []string{e.ID})
			}
		case "snapshot":
			add(4, priority, "Preserve, then delete the volume shadow copy that holds the copy", e.At.Place(), once+e.Hive+" export, SHA-256 "+e.SHA256, []string{e.ID})
		}
	}
}
