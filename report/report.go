// Package report renders a finished case: for a terminal, as one HTML file and
// as the JSON case document. It decides nothing: every judgement it prints
// stands in the case.
//
// Most text in a case was written by whoever used the computer, so every
// string is hostile. Characters that a reader cannot see, or that a terminal
// or a browser would obey, are shown as escapes such as \x1b and \u202e.
package report

// verdictTitles are the headlines of the five verdicts.
var verdictTitles = map[string]string{
	"confirmed":  "Confirmed hive dump",
	"probable":   "Probable hive dump",
	"suspicious": "Suspicious: a person has to look",
	"explained":  "Copies found, each with an explanation",
	"none":       "No evidence of a hive dump",
}

// verdictTitle is the headline of a verdict; one that is not known is shown
// as it stands.
func verdictTitle(verdict string) string {
	if title, ok := verdictTitles[verdict]; ok {
		return title
	}
	return visible(verdict)
}
