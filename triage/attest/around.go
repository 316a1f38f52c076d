package attest

import (
	"cmp"
	"fmt"
	"path"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/triage/command"
	"hivetriage/triage/correlate"
	"hivetriage/triage/technique"
)

// mounted is the artefact that lists drive letters.
const mounted = "MountedDevices"

// Around reads what an entry of an artefact tells of the time around an act:
// one notice for each of its times that is wanted, and one for a typed line
// without a time that names a copy. copied reports whether a
// copy of a hive lies, or lay, at a place, given in the form of
// command.VolumePath.
func Around(t *artifacts.Trace, wanted func(artifacts.Stamp) bool, copied func(relative string) bool) (notices []correlate.Notice) {
	if len(t.Times) == 0 && t.Deed == artifacts.Typed && namesCopy(t.Command, copied) {
		said := fmt.Sprintf("a line that names a copy was entered, at a time that is not known: %s (%s)", t.Command, t.Artefact)
		return []correlate.Notice{{Count: 1, Host: t.Host, User: t.User, Kind: "execution", What: cut(said), From: FromTrace(t)}}
	}
	kind, what := bearing(t, copied)
	if what == "" {
		return nil
	}
	for _, s := range t.Times {
		if wanted(s) {
			said := fmt.Sprintf("%s (%s; %s)", what, t.Artefact, s.Means)
			notices = append(notices, correlate.Notice{Time: s.Time, Last: s.Time, Count: 1, Host: t.Host, User: t.User, Kind: kind, What: cut(said), From: FromTrace(t)})
		}
	}
	return notices
}

// bearing says what an entry has to do with an act; "" for most entries.
func bearing(t *artifacts.Trace, copied func(string) bool) (kind, what string) {
	switch t.Deed {
	case artifacts.Ran:
		if use := technique.Use(command.Base(t.Program)); use != "" {
			return "execution", fmt.Sprintf("%s ran: %s", use, t.Program)
		}
	case artifacts.Existed:
		if use := technique.Use(command.Base(t.Program)); use == technique.Credential {
			return "execution", fmt.Sprintf("%s was on the disk: %s", use, t.Program)
		}
	case artifacts.Typed, artifacts.Planned:
		if tool := mentioned(t.Command); tool != "" {
			verb := map[artifacts.Deed]string{artifacts.Typed: "was entered", artifacts.Planned: "is set up to run"}[t.Deed]
			return "execution", fmt.Sprintf("a command with %s %s: %s", tool, verb, t.Command)
		}
	case artifacts.Detected:
		return "alert", sentence(t.Artefact, append([]string{t.Detail("ThreatName"), t.Detail("Threat"), t.Program}, t.Paths[:min(len(t.Paths), 3)]...)...)
	case artifacts.Connected:
		if t.Artefact == mounted {
			return "", "" // its time is that of the list, which any other entry may have changed
		}
		return "transfer", fmt.Sprintf("%s was connected", cmp.Or(strings.Join(t.Paths[:min(len(t.Paths), 3)], ", "), t.Entry))
	case artifacts.Opened, artifacts.Removed, artifacts.Sent:
		for _, p := range t.Paths {
			if what := handled(p, copied); what != "" {
				verb := map[artifacts.Deed]string{artifacts.Opened: "was opened or chosen", artifacts.Removed: "was deleted", artifacts.Sent: "was transferred"}[t.Deed]
				return map[artifacts.Deed]string{artifacts.Opened: "opened", artifacts.Removed: "deletion", artifacts.Sent: "transfer"}[t.Deed],
					fmt.Sprintf("%s %s: %s", what, verb, p)
			}
		}
	}
	return "", ""
}

// namesCopy reports whether a line names a place where a copy lies, or lay.
func namesCopy(line string, copied func(string) bool) bool {
	for _, word := range strings.FieldsFunc(line, func(c rune) bool { return strings.ContainsRune(" \t\n\"'&|;(){},=", c) }) {
		if relative, _ := command.VolumePath(word); relative != "" && copied(relative) {
			return true
		}
	}
	return false
}

// archives are the extensions of files that copies are packed into.
var archives = map[string]bool{".zip": true, ".7z": true, ".rar": true, ".cab": true, ".tar": true, ".gz": true, ".tgz": true, ".wim": true}

// handled says why a file that somebody handled matters; "" if it does not.
func handled(file string, copied func(string) bool) string {
	relative, _ := command.VolumePath(file)
	switch _, _, named := named(file); {
	case relative != "" && copied(relative):
		return "a copy of a hive"
	case named:
		return "a file with the name of a copy"
	case archives[strings.ToLower(path.Ext(relative))]:
		return "an archive"
	}
	return ""
}

// mentioned returns the use of the first program of interest that a line
// names.
func mentioned(line string) string {
	for _, word := range strings.FieldsFunc(line, func(c rune) bool { return strings.ContainsRune(" \t\n\"'&|;(){}=", c) }) {
		name := command.Base(word)
		if use := technique.Use(name); use != "" {
			return use
		}
		if use := technique.Use(name + ".exe"); use != "" && !strings.Contains(name, ".") {
			return use
		}
	}
	return ""
}
