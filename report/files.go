package report

import (
	"io"

	"hivetriage/triage"
)

// A File is one form in which a case is written. Write's error is the
// writer's.
type File struct {
	Name  string // in a folder of outputs
	Write func(io.Writer, *triage.Case) error
}

// Files are all forms of a case under the names they have in one folder. The
// same case gives the same bytes.
func Files() []File {
	return append([]File{
		{"report.html", HTML},
		{"report.txt", func(w io.Writer, c *triage.Case) error { return Terminal(w, c, TerminalOptions{}) }},
		{"report.md", Markdown},
		{"case.json", JSON},
		{"timesketch.jsonl", Timesketch},
		{"ecs.ndjson", ECS},
		{"navigator.json", Navigator},
		{"stix.json", STIX},
	}, Tables()...)
}
