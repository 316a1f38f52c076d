package guide

import (
	"fmt"
	"slices"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/triage/correlate"
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
			lines = append(lines, f.behind(u))
			continue
		}
		lines = append(lines, f.describe(u)...)
		if habit, records := f.recurrence(u); habit != "" {
			lines = append(lines, habit)
			a.Evidence = append(a.Evidence, records...)
		}
	}
	for _, n := range f.Notices {
		if n.Kind == "privilege" && slices.ContainsFunc(actors, func(u artifacts.User) bool { return sameUser(u, n.User) }) {
			lines = append(lines, fmt.Sprintf("%s: %s (%s).", stamp(n.Time), n.What, n.From.Cite()))
		}
	}
	for i := range f.Acts {
		lines = append(lines, sessionsOf(&f.Acts[i])...)
	}
	a.Answer = strings.Join(lines, "\n")
	a.Next = []string{"Whether this account is expected to export hives is for its owner and the administrators of " + f.host() + " to say (step 3)."}
	return a
}

// behind says where to look for who used an account that nobody owns.
func (f *Facts) behind(u artifacts.User) string {
	said := Name(u) + " is Windows' own account, which nobody owns: services and tasks run under it. "
	if slices.ContainsFunc(f.Acts, func(a correlate.Act) bool { return sameUser(a.Actor, u) && len(a.Sessions) > 0 }) {
		return said + "Who used it is told by the session below, by the ancestors (step 1) and by what was set up before (step 4)."
	}
	return said + "No logon record tells who used it: look at the ancestors (step 1) and at what was set up before (step 4)."
}
