package attest

import (
	"regexp"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/triage/command"
	"hivetriage/triage/correlate"
	"hivetriage/triage/locate"
	"hivetriage/triage/technique"
)

const (
	// Defender is the provider of Microsoft Defender's operational log.
	Defender = "Microsoft-Windows-Windows Defender"
	// Endpoint is the provider of what Elastic Defend recorded; its records have
	// no number.
	Endpoint = "endpoint"
)

// resource begins one of the things that an alert is about.
var resource = regexp.MustCompile(`(?:^|;\s*)([A-Za-z]+):_`)

// alertRecord reads a detection of Defender (1006, 1116, 1117) in a file under
// the name of a copy, or in a command that copies a hive.
//
// Source: Microsoft, "Microsoft Defender Antivirus event IDs and error codes"
// (Path, e.g. "file:_C:\x.exe; CmdLine:_C:\y.exe -z").
func alertRecord(e *artifacts.Event) (rec correlate.Record, ok bool) {
	t := artifacts.Trace{Artefact: alerts, Deed: artifacts.Detected, Host: e.Host, User: e.User, Times: []artifacts.Stamp{{Time: e.Began(), Means: "detected"}}}
	text := e.Value("Path")
	at := resource.FindAllStringSubmatchIndex(text, maxTaskCommands)
	for i, m := range at {
		end := len(text)
		if i+1 < len(at) {
			end = at[i+1][0]
		}
		place := strings.TrimSpace(text[m[1]:end])
		switch strings.ToLower(text[m[2]:m[3]]) {
		case "file", "containerfile":
			place, _, _ = strings.Cut(place, "->") // the member of an archive
			t.Paths = append(t.Paths, place)
		case "cmdline", "internalcmdline":
			if t.Command == "" {
				t.Command = place
			}
		}
	}
	if t.Command != "" {
		rec, ok = commandTrace(&t, e.Began())
	}
	if !ok {
		rec, ok = fileTrace(&t, e.Began())
	}
	rec.ID, rec.From, rec.Process = correlate.RecordID(e), correlate.FromEvent(e), nil
	return rec, ok
}

// regf is how a hive begins, as Elastic Defend writes a file's first bytes.
const regf = "72656766"

// begins reports whether a record has a file's first bytes, and a hive's.
func begins(e *artifacts.Event) bool {
	return strings.HasPrefix(e.Value("file.Ext.header_bytes"), regf)
}

// endpointFile reads a file's creation that Elastic Defend recorded.
func endpointFile(e *artifacts.Event) (rec correlate.Record, ok bool) {
	rec, ok = fileRecord(e)
	if ok && !rec.OneOf && begins(e) {
		rec.Assessment = "attempt"
		rec.Because = append(rec.Because, "The file begins as a hive does.")
	}
	return rec, ok
}

// remoteFile reads the record of a file under a name and in a folder of
// secretsdump's: made by the process in which the remote registry runs, or
// beginning as a hive does.
//
// Source: Sigma, "HackTool - Potential Remote Credential Dumping Activity Via
// CrackMapExec Or Impacket-Secretsdump".
func remoteFile(e *artifacts.Event, hive bool) (rec correlate.Record, ok bool) {
	path := e.File.Path
	if cut := len(path) - len(".tmp"); cut < 0 || !strings.EqualFold(path[cut:], ".tmp") || !locate.RemoteName(command.Base(path)) {
		return rec, false // most end at once
	}
	byService := e.Process != nil && command.Base(e.Process.Executable) == "svchost.exe"
	relative, _ := command.VolumePath(path)
	if !byService && !hive || relative == "" || locate.Classify(locate.Place{Path: relative}).Class != locate.Alert {
		return rec, false
	}
	rec = start(e, "file", "attempt")
	if rec.Process == nil {
		rec.Process = &artifacts.Process{}
	}
	rec.File, rec.Destination, rec.Row, rec.Hives, rec.OneOf = path, path, technique.Secretsdump, []string{"SAM", "SECURITY"}, true
	rec.Technique = attackOf(rec.Hives)
	rec.Because = append(rec.Because, path+" has a name of eight letters and .tmp in a folder where secretsdump has SAM and SECURITY saved; the name does not tell which.")
	if byService {
		rec.Because = append(rec.Because, "It is the file of svchost.exe, in which the remote registry runs.")
	}
	if hive {
		rec.Because = append(rec.Because, "The file begins as a hive does.")
	}
	return rec, true
}
