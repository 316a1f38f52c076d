// Package defender reads what Microsoft Defender writes down besides its event
// log: the support logs MPLog-*.log and MPDetection-*.log, and the files of the
// detection history.
package defender

import (
	"path"
	"strings"
)

// Artefact names that traces of this package carry.
const (
	ArtefactLog       = "MPLog"
	ArtefactDetection = "MPDetection"
	ArtefactHistory   = "DetectionHistory"
)

// LogNamed reports whether path is called like one of Defender's text logs,
// MPLog-*.log or MPDetection-*.log, in whichever folder.
func LogNamed(p string) bool {
	name := strings.ToLower(path.Base(p))
	return strings.HasSuffix(name, ".log") && (strings.HasPrefix(name, "mplog-") || strings.HasPrefix(name, "mpdetection-"))
}

// HistoryNamed reports whether path lies where Defender keeps the detections
// that its page "Protection history" shows.
func HistoryNamed(p string) bool {
	return strings.Contains(strings.ToLower(p), "/windows defender/scans/history/service/detectionhistory/")
}
