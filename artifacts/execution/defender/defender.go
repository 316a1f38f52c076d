// Package defender reads what Microsoft Defender writes down besides its event
// log: the support logs MPLog-*.log and MPDetection-*.log, and the files of the
// detection history. Neither is documented by Microsoft. The lines of the logs
// are known from write-ups of CrowdStrike, Intrinsec and artefacts.help and
// from real logs; the detection history from libyal's dtformats and Orange
// Cyberdefense's analysis of mpengine.dll.
package defender

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/artifacts/internal/windows"
)

// Artefact names that traces of this package carry.
const (
	ArtefactLog     = "MPLog"
	ArtefactHistory = "DetectionHistory"
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

// resource adds what a resource of a detection says. Defender names it by a
// kind and a place: "file:C:\x.exe", "containerfile:_C:\x.zip",
// "file:_C:\x.zip->y.exe", "webfile:_C:\x.exe|https://host/x.exe|pid:4,ProcessStart:133474519288037348",
// "CmdLine:_C:\Windows\System32\reg.exe save hklm\sam s",
// "behavior:_process: C:\Windows\System32\reg.exe, pid:7652:76635945671937".
func resource(t *artifacts.Trace, kind, place string) {
	place = strings.TrimPrefix(place, "_")
	t.AddDetail("Resource", kind+": "+place)
	switch strings.ToLower(kind) {
	case "file", "containerfile", "startup", "taskscheduler":
		file(t, place)
	case "webfile":
		name, rest, _ := strings.Cut(place, "|")
		file(t, name)
		process(t, rest[strings.LastIndexByte(rest, '|')+1:])
	case "cmdline", "internalcmdline":
		if t.Command == "" {
			t.Command = place
		}
	case "process":
		process(t, place)
	case "behavior", "behaviour":
		if name, rest, ok := strings.Cut(strings.TrimPrefix(place, "process: "), ", pid:"); ok {
			file(t, name)
			pid, _, _ := strings.Cut(rest, ":")
			t.AddDetail("Pid", pid)
		}
	}
}

// file adds a path once, without the member of an archive behind "->".
func file(t *artifacts.Trace, path string) {
	if path, _, _ = strings.Cut(path, "->"); path != "" && !slices.Contains(t.Paths, path) {
		t.Paths = append(t.Paths, path)
	}
}

// process adds a process named as "pid:7968,ProcessStart:133474519288037348".
func process(t *artifacts.Trace, text string) {
	rest, ok := strings.CutPrefix(text, "pid:")
	if !ok {
		return
	}
	pid, rest, _ := strings.Cut(rest, ",")
	t.AddDetail("Pid", pid)
	if start, ok := strings.CutPrefix(rest, "ProcessStart:"); ok {
		started(t, start)
	}
}

// started adds the start of a process, a FILETIME in decimal digits.
func started(t *artifacts.Trace, digits string) {
	if ticks, err := strconv.ParseUint(digits, 10, 64); err == nil {
		t.AddTime(windows.Filetime(ticks), "process started")
	}
}

// user splits "DOMAIN\name".
func user(account string) artifacts.User {
	if domain, name, ok := strings.Cut(account, `\`); ok {
		return artifacts.User{Domain: domain, Name: name}
	}
	return artifacts.User{Name: account}
}
