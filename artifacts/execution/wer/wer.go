// Package wer reads the reports of Windows Error Reporting, Report.wer: that a
// program ran and crashed, hung or was reported otherwise, and which modules it
// had loaded.
package wer

import "strings"

// Artefact is the name that traces of this package carry.
const Artefact = "WER"

// Named reports whether path is a report in a folder of Windows Error
// Reporting: .../Windows/WER/ReportArchive or ReportQueue, of the machine or of
// a user.
func Named(p string) bool {
	p = strings.ToLower(p)
	return strings.HasSuffix(p, "/report.wer") && (strings.Contains(p, "/wer/reportarchive/") || strings.Contains(p, "/wer/reportqueue/"))
}
