package guide

import (
	"fmt"

	"hivetriage/triage/correlate"
)

// sessionsOf tells of the logon sessions that an act's records ran in.
func sessionsOf(act *correlate.Act) (lines []string) {
	for _, s := range act.Sessions {
		if s.Logon.Elevated == "no" && act.Actor.LogonID == s.LogonID {
			lines = append(lines, "The session was not elevated: the copies were made without administrator rights.")
		}
		end := "its end is not in the logs"
		if !s.End.IsZero() {
			end = "ended " + stamp(s.End)
		}
		line := fmt.Sprintf("Logon session %s of %s: %s, began %s, %s", s.LogonID, Name(s.User),
			correlate.LogonText(s.Logon.Type, s.Logon.SourceIP, s.Logon.Workstation), stamp(s.Start), end)
		if s.Logon.Process != "" {
			line += ", by the logon process " + s.Logon.Process
		}
		if len(s.From) > 0 {
			line += " (" + s.From[0].Cite() + ")"
		}
		lines = append(lines, line+".")
	}
	return lines
}
