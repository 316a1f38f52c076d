package report

import (
	"slices"
	"strings"
	"time"

	"hivetriage/artifacts"
	"hivetriage/triage"
	"hivetriage/triage/correlate"
	"hivetriage/triage/coverage"
	"hivetriage/triage/guide"
	"hivetriage/triage/locate"
)

// front is a case with the look-ups and the order that its front page needs.
// It repeats what the case says and adds no judgement.
type front struct {
	*triage.Case
	exports map[string]*locate.Export // by id; known copies as well
	records map[string]*correlate.Record
	acts    map[string]*correlate.Act
}

func newFront(c *triage.Case) *front {
	f := &front{Case: c,
		exports: map[string]*locate.Export{}, records: map[string]*correlate.Record{}, acts: map[string]*correlate.Act{}}
	for _, list := range [][]locate.Export{c.KnownCopies, c.Exports} {
		for i := range list {
			f.exports[list[i].ID] = &list[i]
		}
	}
	for i := range c.Records {
		f.records[c.Records[i].ID] = &c.Records[i]
	}
	for i := range c.Acts {
		f.acts[c.Acts[i].ID] = &c.Acts[i]
	}
	return f
}

// Leading are the acts that have the case's own verdict: those that the
// headline speaks of. If there are none, they are all acts.
func (f *front) Leading() []*correlate.Act {
	var acts []*correlate.Act
	for i := range f.Acts {
		if f.Acts[i].Verdict == f.Verdict {
			acts = append(acts, &f.Acts[i])
		}
	}
	if acts == nil {
		for i := range f.Acts {
			acts = append(acts, &f.Acts[i])
		}
	}
	return acts
}

// When is the time from the first to the last leading act.
func (f *front) When() string {
	var from, to time.Time
	for _, a := range f.Leading() {
		for _, t := range []time.Time{a.Start, a.End} {
			if t.IsZero() {
				continue
			}
			if from.IsZero() || t.Before(from) {
				from = t
			}
			if t.After(to) {
				to = t
			}
		}
	}
	if when := span(from, to); when != "" || len(f.Acts) == 0 {
		return when
	}
	return "not known: no record and no file time tells"
}

// Who are the accounts of the leading acts, with where they came from. Behind
// an account of Windows itself stands the person whose session it was.
func (f *front) Who() []string {
	who := distinct(f.Leading(), func(a *correlate.Act) []string {
		if text := actorText(a); text != "" {
			return []string{text}
		}
		return nil
	})
	if who == nil && len(f.Acts) > 0 {
		return []string{"not known: no record names the account"}
	}
	return who
}

// actorText is an act's account and its session; "" if no record names one.
func actorText(a *correlate.Act) string {
	who, person := account(a.Actor), guide.Person(a)
	switch {
	case who == "":
		return ""
	case person == (artifacts.User{}):
		who += ", Windows' own account; who was behind it is not known"
	case person != a.Actor:
		who += ", in the session of " + account(person)
	}
	if s := sessionOf(a, person); s != nil {
		who += ", " + logonText(s.Logon)
	}
	return who
}

// sessionOf is an act's session of a person, or else the one that it names
// first; nil if it names none.
func sessionOf(a *correlate.Act, person artifacts.User) *correlate.Session {
	for i := range a.Sessions {
		if a.Sessions[i].User == person {
			return &a.Sessions[i]
		}
	}
	return a.Session
}

// What are the hives of the leading acts.
func (f *front) What() []string {
	return distinct(f.Leading(), func(a *correlate.Act) []string { return a.Hives })
}

// Where are the places of the leading acts' copies.
func (f *front) Where() []correlate.Whereabouts {
	var all []correlate.Whereabouts
	for _, a := range f.Leading() {
		for _, w := range a.Whereabouts {
			if !slices.Contains(all, w) {
				all = append(all, w)
			}
		}
	}
	return all
}

// nextActions is how many actions the front page names.
const nextActions = 3

// Next are the first actions.
func (f *front) Next() []guide.Action {
	actions := guide.First(f.Response)
	return actions[:min(len(actions), nextActions)]
}

// Gaps are the rows of coverage behind which an export could hide.
func (f *front) Gaps() []coverage.Row {
	return rows(f.Coverage.Sources, func(r coverage.Row) bool { return r.Gap })
}

// NotRead are the other rows that were not read in full.
func (f *front) NotRead() []coverage.Row {
	return rows(f.Coverage.Sources, func(r coverage.Row) bool { return !r.Gap && r.State != coverage.Read })
}

// ReadRows are the rows that were read in full.
func (f *front) ReadRows() []coverage.Row {
	return rows(f.Coverage.Sources, func(r coverage.Row) bool { return !r.Gap && r.State == coverage.Read })
}

func rows(all []coverage.Row, keep func(coverage.Row) bool) []coverage.Row {
	var kept []coverage.Row
	for _, r := range all {
		if keep(r) {
			kept = append(kept, r)
		}
	}
	return kept
}

// Reach says how far "nothing found" reaches: how much was read, and what the
// evidence could not have told anyway.
func (f *front) Reach() string {
	t := f.Coverage.Totals
	read := grouped(t.Examined) + " of " + grouped(t.Streams) + " streams on " +
		counted(len(f.Coverage.Volumes), "volume", "volumes") + " were examined" + f.unexamined() + ", and " +
		grouped(t.Read) + " of " + grouped(t.Wanted) + " wanted files and logs were read in full."
	if untold := triage.Untold(f.Case); untold != "" {
		read += " " + untold
	}
	switch gaps := len(f.Gaps()); {
	case f.Complete:
		return triage.InFull(f.Case) + " " + read
	case gaps > 0:
		return "Coverage is incomplete: an export could hide in " + counted(gaps, "gap", "gaps") + ". " + read
	default:
		return "Coverage is incomplete. " + read
	}
}

// A commandRun is one command line with the records that have it; two logs
// often tell of the same run.
type commandRun struct {
	Line    string
	Records []*correlate.Record
}

// Commands are the command lines of an act's records, each once. What other
// artefacts tell of a file is no command.
func (f *front) Commands(a correlate.Act) []*commandRun {
	var runs []*commandRun
	byLine := map[string]*commandRun{}
	for _, id := range a.Records {
		r := f.records[id]
		if r == nil || r.Told() == "" || r.Kind == "file" {
			continue
		}
		line := r.Told()
		if line == r.File && (r.Kind == "journal" || r.Kind == "execution") {
			continue
		}
		if byLine[line] == nil {
			byLine[line] = &commandRun{Line: line}
			runs = append(runs, byLine[line])
		}
		byLine[line].Records = append(byLine[line].Records, r)
	}
	return runs
}

// unexamined says in brackets what became of the streams that were not
// examined.
func (f *front) unexamined() string {
	var empty, failed, gone int64
	for _, v := range f.Coverage.Volumes {
		empty, failed, gone = empty+v.Tally.Empty, failed+v.Tally.Failed, gone+v.Tally.Gone
	}
	var parts []string
	for _, p := range []struct {
		n    int64
		what string
	}{{empty, "are empty"}, {gone, "are deleted and past finding"}, {failed, "failed"}} {
		if p.n > 0 {
			parts = append(parts, grouped(p.n)+" "+p.what)
		}
	}
	if parts == nil {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

// distinct collects what every act says, each text once and in order.
func distinct(acts []*correlate.Act, of func(*correlate.Act) []string) []string {
	var all []string
	for _, a := range acts {
		for _, s := range of(a) {
			if !slices.Contains(all, s) {
				all = append(all, s)
			}
		}
	}
	return all
}

// account is DOMAIN\name, or the SID of a user without a name; "" if neither
// is known.
func account(u artifacts.User) string {
	switch {
	case u.Name == "":
		return u.SID
	case u.Domain == "":
		return u.Name
	}
	return u.Domain + `\` + u.Name
}

// logonTypes are the names of the logon types of event 4624.
var logonTypes = map[uint32]string{
	0: "system", 2: "interactive", 3: "network", 4: "batch", 5: "service", 7: "unlock", 8: "network with clear text",
	9: "new credentials", 10: "remote interactive", 11: "cached interactive", 12: "cached remote interactive", 13: "cached unlock",
}

func logonType(n uint32) string {
	if name, ok := logonTypes[n]; ok {
		return name
	}
	return "type " + grouped(int64(n))
}

// logonText is a logon in a few words: its type and where it came from.
func logonText(l artifacts.Logon) string {
	parts := []string{logonType(l.Type) + " logon"}
	if l.SourceIP != "" {
		parts = append(parts, "from "+l.SourceIP)
	}
	if l.Workstation != "" {
		parts = append(parts, "("+l.Workstation+")")
	}
	return strings.Join(parts, " ")
}

// place is where a row's source lies, in text.
func place(at *artifacts.Locator) string {
	if at == nil {
		return ""
	}
	return at.String()
}
