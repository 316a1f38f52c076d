package guide

import (
	"fmt"
	"slices"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/triage/command"
	"hivetriage/triage/correlate"
	"hivetriage/triage/program"
)

func (f *Facts) chain() Answer {
	const question = "Which processes led to the copy: the parent process tree, unknown processes in it, their prevalence, place and signature?"
	if len(f.Acts) == 0 {
		return f.nothing(question, "")
	}
	a := Answer{Question: question, Status: Partly, Evidence: f.recordIDs()}
	var lines, odd []string
	for i := range f.Acts {
		act := &f.Acts[i]
		for _, n := range act.Chain {
			lines = append(lines, strings.Repeat("  ", n.Depth)+f.describeNode(act, n))
			for _, note := range n.Notes {
				odd = append(odd, fmt.Sprintf("%s (PID %d): %s", imageOf(n.Process), n.Process.PID, note))
			}
		}
		told, addresses := f.overNetwork(act)
		lines = append(lines, told...)
		if len(told) > 0 {
			a.Next = append(a.Next, "The tool ran at "+strings.Join(firstFew(addresses), ", ")+", not here: collect the logs and the disk there.")
		}
	}
	if len(lines) == 0 {
		a.Status = NoEvidence
		a.Answer = "No process creation record tells which process made the copies."
		a.Next = []string{"Collect Security.evtx and the Sysmon log of " + f.host() + ", or ask the EDR for processes " + when(f.Acts[0].Start)}
		return a
	}
	unread, spread := 0, 0
	for i := range f.Programs {
		e := &f.Programs[i]
		for _, note := range e.Notes {
			odd = append(odd, fmt.Sprintf("%s: %s", e.Path, note))
		}
		if len(e.Acts) == 0 {
			continue
		}
		lines = append(lines, describeProgram(e))
		if e.Signature == nil {
			unread++
		}
		if e.Prevalence != nil {
			spread++
		}
	}
	if len(odd) > 0 {
		slices.Sort(odd)
		lines = append(lines, "Out of place or unknown:")
		lines = append(lines, firstFew(slices.Compact(odd))...)
	}
	a.Answer = strings.Join(lines, "\n")
	f.chainNext(&a, unread, spread)
	return a
}

// chainNext says what would tell more of the chain, and whether all was told.
func (f *Facts) chainNext(a *Answer, unread, spread int) {
	switch {
	case spread > 0:
		a.Next = append(a.Next, "Prevalence is told for the hosts of the batch. Revocation of the signers' certificates was not checked.")
	case len(f.Programs) > 0 || len(a.Next) == 0:
		a.Next = append(a.Next, "Prevalence is told for this host only: look for the SHA-256 values above on other hosts. Revocation of the signers' certificates was not checked.")
	}
	if unread > 0 {
		a.Next = append(a.Next, fmt.Sprintf("The files of %d of the programs are not in the evidence or could not be read: take them from the host, with their hashes and signatures.", unread))
	}
	unknown := unread > 0 || spread == 0 || len(a.Evidence) == 0
	for _, act := range f.Acts {
		unknown = unknown || len(act.Chain) == 0
		for _, n := range act.Chain {
			unknown = unknown || n.From == nil || n.Process.Executable == ""
		}
	}
	if !unknown {
		a.Status = Answered
	}
}

// describeProgram tells what the file of a program is, in a line.
func describeProgram(e *program.Executable) string {
	text := fmt.Sprintf("%s: %s%s", e.Path, e.State, signed(e))
	if e.SHA256 != "" {
		text += ", SHA-256 " + e.SHA256
	}
	if e.SHA256 != "" && e.Unreliable != "" {
		text += " (of what need not be its content)"
	}
	text += ", " + starts(e)
	if e.Prevalence != nil {
		text += ", " + e.Prevalence.Text()
	}
	if len(e.Seen) > 0 {
		text += fmt.Sprintf(", earliest in %s: %s (%s)", e.Seen[0].Artefact, stamp(e.Seen[0].Time), e.Seen[0].Means)
	}
	return text + "."
}

// signed tells the signature of a program's file, "" where it was not read.
func signed(e *program.Executable) string {
	s := e.Signature
	switch {
	case s == nil:
		return ""
	case s.Signer != "":
		return ", signature " + s.State + " (" + s.Signer + ")"
	}
	return ", signature " + s.State
}

// starts tells how often a program was started on its host.
func starts(e *program.Executable) string {
	switch e.Starts {
	case 0:
		return "no start in the logs"
	case 1:
		return "1 start in the logs, at " + stamp(e.First)
	}
	days := ""
	if e.Days > 0 {
		days = fmt.Sprintf(" on %d days", e.Days)
		if e.Days == 1 {
			days = " on 1 day"
		}
	}
	return fmt.Sprintf("%d starts in the logs%s, the first at %s", e.Starts, days, stamp(e.First))
}

// describeNode tells a process of a tree: its command line, then its image,
// who ran it, at which integrity level, and what is known of its file.
func (f *Facts) describeNode(act *correlate.Act, n correlate.ChainNode) string {
	p := n.Process
	text := p.CommandLine
	if text == "" {
		text = p.Executable
	}
	when := ""
	if !n.Time.IsZero() {
		when = stamp(n.Time) + " "
	}
	var parts []string
	if p.Executable != "" && p.CommandLine != "" {
		parts = append(parts, p.Executable)
	}
	if u := Account(n.User); u != "" {
		parts = append(parts, u)
	} else if n.User.SID != "" {
		parts = append(parts, n.User.SID)
	} else {
		parts = append(parts, "user not recorded")
	}
	if p.IntegrityLevel != "" {
		parts = append(parts, "integrity "+p.IntegrityLevel)
	} else {
		parts = append(parts, "integrity not recorded")
	}
	switch expected, known := correlate.Place(p); {
	case known && expected:
		parts = append(parts, "in its place")
	case known:
		parts = append(parts, "OUT OF ITS PLACE")
	case p.Executable != "":
		parts = append(parts, "no place is known for its name")
	}
	if e := f.programOf(act, p); e != nil {
		if s := signed(e); s != "" {
			parts = append(parts, strings.TrimPrefix(s, ", "))
		} else {
			parts = append(parts, "signature not read: its file is "+e.State)
		}
		if e.Starts > 0 {
			parts = append(parts, fmt.Sprintf("starts here: %d", e.Starts))
		}
		if e.Prevalence != nil {
			parts = append(parts, e.Prevalence.Text())
		}
	}
	return fmt.Sprintf("%s[%s, PID %d] %s (%s)", when, n.Relation, p.PID, text, strings.Join(parts, "; "))
}

// programOf is what is known of the file of a process of an act.
func (f *Facts) programOf(act *correlate.Act, p artifacts.Process) *program.Executable {
	if p.Executable == "" {
		return nil
	}
	i := slices.IndexFunc(f.Programs, func(e program.Executable) bool {
		return slices.Contains(e.Acts, act.ID) && command.Normal(e.Path) == command.Normal(p.Executable)
	})
	if i < 0 {
		return nil
	}
	return &f.Programs[i]
}

func imageOf(p artifacts.Process) string {
	if p.Executable == "" {
		return "process"
	}
	return p.Executable[strings.LastIndexAny(p.Executable, `\/`)+1:]
}
