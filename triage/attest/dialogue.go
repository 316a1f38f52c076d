package attest

import (
	"fmt"
	"time"

	"hivetriage/artifacts"
	"hivetriage/triage/command"
	"hivetriage/triage/correlate"
	"hivetriage/triage/technique"
)

// dialogues is the artefact of the dialogues to open and save files.
const dialogues = "ComDlg32"

// sameDialogue is how far apart the entries are that one dialogue leaves.
const sameDialogue = time.Second

// RegeditChose returns when an entry of ComDlg32 says that a dialogue of
// regedit ended; zero for any other entry. Which file was chosen stands in
// another entry, which does not name the program.
func RegeditChose(t *artifacts.Trace) time.Time {
	if t.Artefact != dialogues || command.Base(t.Program) != "regedit.exe" {
		return time.Time{}
	}
	return t.When()
}

// Regedit makes attempts of the files with the name of a copy that a user
// chose when a dialogue of regedit ended: regedit exports to such a file.
func Regedit(records []correlate.Record, ended []time.Time) {
	for i := range records {
		r := &records[i]
		if r.From.Artefact != dialogues || r.Time.IsZero() || r.File == "" {
			continue
		}
		for _, at := range ended {
			if r.Time.Sub(at).Abs() <= sameDialogue {
				r.Assessment, r.Row = "attempt", technique.Regedit
				r.Because = append(r.Because, fmt.Sprintf("A dialogue of regedit.exe ended at %s, when this file was chosen: that is how the registry is exported to a file, or one is imported.", stamp(at)))
				break
			}
		}
	}
}
