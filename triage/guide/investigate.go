package guide

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"hivetriage/artifacts"
	"hivetriage/triage/correlate"
	"hivetriage/triage/program"
	"hivetriage/triage/technique"
)

// Chain answers step 1 again: the programs may know meanwhile on how many
// hosts of a batch they are.
func Chain(f Facts) Answer { return numbered(f.chain(), 1) }

// numbered gives an answer its step.
func numbered(a Answer, step int) Answer {
	a.Step = fmt.Sprint(step)
	if a.Evidence == nil {
		a.Evidence = []string{}
	}
	if a.Next == nil {
		a.Next = []string{}
	}
	return a
}

// Investigate answers the guide's investigation steps in their order.
func Investigate(f Facts) []Answer {
	answers := []Answer{f.chain(), f.account(), f.owner(), f.alerts(), f.exfiltration(), f.compromised(), f.falsePositive()}
	for i := range answers {
		answers[i] = numbered(answers[i], i+1)
	}
	return answers
}

// nothing answers a step of a case without acts.
func (f *Facts) nothing(question, next string) Answer {
	a := Answer{Question: question, Status: NoEvidence,
		Answer: "No export of SAM, SECURITY or SYSTEM and no command that makes one was found. How far that reaches is told in the coverage section."}
	if next != "" {
		a.Next = []string{next}
	}
	return a
}

func (f *Facts) chain() Answer {
	const question = "Which processes led to the copy: the parent process tree, unknown processes in it, their prevalence, place and signature?"
	if len(f.Acts) == 0 {
		return f.nothing(question, "")
	}
	a := Answer{Question: question, Status: Partly, Evidence: f.recordIDs()}
	var lines, odd []string
	for _, act := range f.Acts {
		for _, n := range act.Chain {
			lines = append(lines, strings.Repeat("  ", n.Depth)+describeNode(n))
			for _, note := range n.Notes {
				odd = append(odd, fmt.Sprintf("%s (PID %d): %s", imageOf(n.Process), n.Process.PID, note))
			}
		}
	}
	for i := range f.Acts {
		told, addresses := f.overNetwork(&f.Acts[i])
		lines = append(lines, told...)
		if len(told) > 0 {
			a.Next = append(a.Next, "The tool ran at "+strings.Join(firstFew(addresses), ", ")+", not here: collect the logs and the disk there.")
		}
	}
	if len(lines) == 0 {
		a.Status = NoEvidence
		a.Answer = "No process creation record tells which process made the copies."
		a.Next = []string{"Collect Security.evtx and the Sysmon log of " + f.host() + ", or ask the EDR for processes at " + stamp(f.Acts[0].Start)}
		return a
	}
	unread := 0
	for _, e := range f.Programs {
		for _, note := range e.Notes {
			odd = append(odd, fmt.Sprintf("%s: %s", e.Path, note))
		}
		if len(e.Acts) > 0 {
			lines = append(lines, describeProgram(&e))
			if e.Signature == nil {
				unread++
			}
		}
	}
	if len(odd) > 0 {
		slices.Sort(odd)
		lines = append(lines, "Out of place or unknown:")
		lines = append(lines, firstFew(slices.Compact(odd))...)
	}
	a.Answer = strings.Join(lines, "\n")
	if len(f.Programs) > 0 || len(a.Next) == 0 {
		a.Next = append(a.Next, "Prevalence is told for this host only: look for the SHA-256 values above on other hosts. Revocation of the signers' certificates was not checked.")
	}
	if unread > 0 {
		a.Next = append(a.Next, fmt.Sprintf("The files of %d of the programs are not in the evidence or could not be read: take them from the host, with their hashes and signatures.", unread))
	}
	return a
}

// describeProgram tells what the file of a program is, in a line.
func describeProgram(e *program.Executable) string {
	text := fmt.Sprintf("%s: %s", e.Path, e.State)
	if s := e.Signature; s != nil {
		text += ", signature " + s.State
		if s.Signer != "" {
			text += " (" + s.Signer + ")"
		}
	}
	if e.SHA256 != "" {
		text += ", SHA-256 " + e.SHA256
	}
	if e.SHA256 != "" && e.Unreliable != "" {
		text += " (of what need not be its content)"
	}
	switch e.Starts {
	case 0:
	case 1:
		text += ", 1 start in the logs, at " + stamp(e.First)
	default:
		text += fmt.Sprintf(", %d starts in the logs, the first at %s", e.Starts, stamp(e.First))
	}
	if e.Prevalence != nil {
		text += ", " + e.Prevalence.Text()
	}
	if len(e.Seen) > 0 {
		text += fmt.Sprintf(", earliest in %s: %s (%s)", e.Seen[0].Artefact, stamp(e.Seen[0].Time), e.Seen[0].Means)
	}
	return text + "."
}

func describeNode(n correlate.ChainNode) string {
	text := n.Process.CommandLine
	if text == "" {
		text = n.Process.Executable
	}
	when := ""
	if !n.Time.IsZero() {
		when = stamp(n.Time) + " "
	}
	return fmt.Sprintf("%s[%s, PID %d] %s", when, n.Relation, n.Process.PID, text)
}

func imageOf(p artifacts.Process) string {
	if p.Executable == "" {
		return "process"
	}
	return p.Executable[strings.LastIndexAny(p.Executable, `\/`)+1:]
}

func (f *Facts) account() Answer {
	const question = "Which account did it, and is it expected to do such a thing?"
	if len(f.Acts) == 0 {
		return f.nothing(question, "")
	}
	actors := f.actors()
	if len(actors) == 0 {
		a := Answer{Question: question, Status: NoEvidence, Evidence: f.actIDs(), Answer: "No record names the account."}
		for _, e := range f.Exports {
			if e.OwnerSID != "" {
				a.Status = Partly
				a.Answer += fmt.Sprintf("\nThe file %s is owned by %s (elevated administrators' files belong to S-1-5-32-544).", e.At.Place(), e.OwnerSID)
			}
		}
		a.Next = []string{"Look for logons to " + f.host() + " before " + stamp(f.Acts[0].Start)}
		return a
	}
	a := Answer{Question: question, Status: Partly, Evidence: f.actIDs()}
	var lines []string
	for _, u := range actors {
		lines = append(lines, Name(u)+" "+f.did(u)+".")
		if windowsOwn(u) {
			lines = append(lines, Name(u)+" is Windows' own account, which nobody owns: services and tasks run under it. Who used it is told by the session below, by the ancestors (step 1) and by what was set up before (step 4).")
		}
	}
	for _, n := range f.Notices {
		if n.Kind == "privilege" && slices.ContainsFunc(actors, func(u artifacts.User) bool { return sameUser(u, n.User) }) {
			lines = append(lines, fmt.Sprintf("%s: %s (%s).", stamp(n.Time), n.What, n.From.Cite()))
		}
	}
	for _, act := range f.Acts {
		s := act.Session
		if s == nil {
			continue
		}
		if s.Logon.Elevated == "no" && act.Actor.LogonID == s.LogonID {
			lines = append(lines, "The session was not elevated: the copies were made without administrator rights.")
		}
		end := "its end is not in the logs"
		if !s.End.IsZero() {
			end = "ended " + stamp(s.End)
		}
		lines = append(lines, fmt.Sprintf("Logon session %s of %s: %s, began %s, %s.", s.LogonID, Name(s.User),
			correlate.LogonText(s.Logon.Type, s.Logon.SourceIP, s.Logon.Workstation), stamp(s.Start), end))
	}
	a.Answer = strings.Join(lines, "\n")
	a.Next = []string{"Whether this account is expected to export hives is for its owner and the administrators of " + f.host() + " to say (step 3)."}
	return a
}

func (f *Facts) owner() Answer {
	const question = "Does the account's owner confirm the activity?"
	if len(f.Acts) == 0 {
		return f.nothing(question, "")
	}
	a := Answer{Question: question, Status: NeedsPerson, Evidence: f.actIDs()}
	lines := []string{"Questions that are ready to be sent:"}
	for _, act := range f.Acts {
		who, did := "whoever administers "+f.host(), "copy the registry "+hivesOf(act.Hives)
		if u := Person(&act); u != (artifacts.User{}) {
			who = Name(u)
		}
		if hosts := f.foreign(&act); len(hosts) > 0 {
			did = fmt.Sprintf("put copies of the registry %s of %s", hivesOf(act.Hives), strings.Join(firstFew(hosts), ", "))
		}
		source := ""
		if s := act.Session; s != nil {
			source = ", logged on by " + correlate.LogonText(s.Logon.Type, s.Logon.SourceIP, s.Logon.Workstation)
		}
		lines = append(lines, fmt.Sprintf("To %s: Did you %s on %s %s%s%s? With which tool, for what purpose, and where are the copies now?",
			who, did, f.host(), span(act.Start, act.End), f.zone(), source))
	}
	a.Answer = strings.Join(lines, "\n")
	a.Next = []string{"Ask by a channel other than the account's own mail or chat: the account may be in someone else's hands."}
	return a
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
		return "at " + stamp(from)
	}
	return fmt.Sprintf("between %s and %s", stamp(from), stamp(to))
}

func (f *Facts) zone() string {
	if f.TimeZone == "" {
		return ""
	}
	return " (the host's own zone is " + f.TimeZone + ")"
}

func (f *Facts) alerts() Answer {
	question := fmt.Sprintf("Which other alerts are there for the user and the host in the %.0f hours around it?", f.Window.Hours())
	if len(f.Acts) == 0 && len(f.Clears) == 0 && len(f.noticed("sigma")) == 0 {
		return f.nothing(question, "")
	}
	a := Answer{Question: question, Status: Partly}
	var lines []string
	for _, c := range f.Clears {
		lines = append(lines, fmt.Sprintf("%s: the log %s on %s was cleared by %s (event %s, record %d).", stamp(c.Time), c.Channel, c.Host, Name(c.User), c.From.EventCode, c.From.RecordID))
	}
	for _, r := range f.Records {
		if r.Assessment == "benign" && f.near(r) {
			lines = append(lines, fmt.Sprintf("%s: a record names a credential hive without copying it: %s", stamp(r.Time), r.Told()))
			a.Evidence = append(a.Evidence, r.ID)
		}
	}
	lines = append(lines, f.noticed("alert", "protection", "account", "audit", "service", "task", "privilege", "sigma", "wmi")...)
	if len(lines) == 0 {
		lines = []string{"No cleared log and no further command on these hives was found in the logs that were read."}
	}
	a.Answer = strings.Join(firstFew(lines), "\n")
	a.Next = []string{"Alerts of products that do not write to the event logs were not read: query antivirus and EDR for " + f.host() + "."}
	return a
}

// noticed writes out the notices of some kinds.
func (f *Facts) noticed(kinds ...string) (lines []string) {
	for _, n := range f.Notices {
		if !slices.Contains(kinds, n.Kind) {
			continue
		}
		often := ""
		if n.Count > 1 {
			often = fmt.Sprintf(" (%d times, last at %s)", n.Count, stamp(n.Last))
		}
		lines = append(lines, fmt.Sprintf("%s: %s on %s%s (%s).", stamp(n.Time), n.What, n.Host, often, n.From.Cite()))
	}
	return lines
}

// near reports whether a record lies in the window around an act.
func (f *Facts) near(r correlate.Record) bool {
	return slices.ContainsFunc(f.Acts, func(a correlate.Act) bool {
		return !r.Time.Before(a.Start.Add(-f.Window)) && !r.Time.After(a.End.Add(f.Window))
	})
}

func (f *Facts) exfiltration() Answer {
	const question = "Was the material taken away, or processed on the host?"
	if len(f.Acts) == 0 {
		return f.nothing(question, "")
	}
	a := Answer{Question: question, Status: Partly, Evidence: f.exportIDs()}
	var lines []string
	for _, act := range f.Acts {
		lines = append(lines, places(act)...)
	}
	lines = append(lines, f.deletions()...)
	for _, act := range f.Acts {
		for _, n := range act.Chain {
			if n.Relation != "child" && n.Relation != "sibling" {
				continue
			}
			if use := processing(n.Process); use != "" {
				lines = append(lines, fmt.Sprintf("%s: %s in the same session: %s", stamp(n.Time), use, n.Process.CommandLine))
			}
		}
	}
	lines = append(lines, f.noticed("execution", "opened", "deletion", "archive", "transfer", "shadow copy", "database", "raw read", "session", "process")...)
	a.Answer = strings.Join(firstFew(lines), "\n")
	a.Next = append(f.toCollect(),
		"What went over the network is not in the evidence: ask the proxy, firewall and file servers for traffic from "+f.host()+" after "+stamp(f.Acts[0].Start)+".",
		"Search other hosts for the SHA-256 values of the exports.")
	return a
}

// processing names what a process near the act may have done with a copy.
func processing(p artifacts.Process) string {
	switch use := technique.Use(imageOf(p)); use {
	case technique.Archiver, technique.Transfer, technique.Credential:
		return use + " ran"
	}
	return ""
}

func (f *Facts) falsePositive() Answer {
	const question = "Could it be legitimate: a backup by an administrator or a product?"
	if len(f.Acts) == 0 {
		return f.nothing(question, "")
	}
	a := Answer{Question: question, Status: Partly, Evidence: f.actIDs()}
	var lines []string
	for _, act := range f.Acts {
		lines = append(lines, fmt.Sprintf("%s, %s with confidence %d of 100.", act.ID, act.Verdict, act.Confidence))
		lines = append(lines, explanations(act)...)
		for _, r := range act.Against {
			lines = append(lines, "For a harmless reading: "+r)
		}
		if len(act.Against) == 0 {
			lines = append(lines, "Nothing in the evidence speaks for a harmless reading.")
		}
		for _, r := range act.For {
			lines = append(lines, "Against it: "+r)
		}
	}
	lines = append(lines, f.outcomes()...)
	a.Answer = strings.Join(lines, "\n")
	a.Next = settling(f.Acts)
	return a
}
