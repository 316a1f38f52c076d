package fleet

import (
	"regexp"
	"strings"

	"hivetriage/triage"
	"hivetriage/triage/command"
)

var (
	hiveWord  = regexp.MustCompile(`(^|[^a-z])(sam|security|system|sec|sys)($|[^a-z])`)
	guidWord  = regexp.MustCompile(`\{?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\}?`)
	digits    = regexp.MustCompile(`[0-9]+`)
	dumpName  = regexp.MustCompile(`^[A-Za-z]{8}\.tmp$`) // of impacket's secretsdump
	fewChars  = regexp.MustCompile(`(^|[^a-z<>])[a-z]{1,2}($|[^a-z<>])`)
	userPlace = regexp.MustCompile(`^/(users|documents and settings)/[^/]+/`)
)

// publicProfile is the one folder of /Users that is the same everywhere.
const publicProfile = "/users/public/"

// outputPattern is the folder of a copy and the form of its name, with what
// differs from one host and hive to the next left open: "/users/*/temp/<hive>.hiv".
// It is "" for a place that is not known.
func outputPattern(path string, c *triage.Case) string {
	path, note, _ := strings.Cut(path, " (")
	path, _, _ = strings.Cut(path, " on host ")
	if path == "" || strings.Contains(note, "folder was not recorded") {
		return ""
	}
	place := strings.ToLower(path)
	if relative, _ := command.VolumePath(path); relative != "" {
		_, stream := command.SplitStream(path)
		place = relative + joinedBy(":", strings.ToLower(stream))
	}
	place = strings.ReplaceAll(place, `\`, "/")
	if !strings.HasPrefix(place, "/") {
		return ""
	}
	if !strings.HasPrefix(place, publicProfile) {
		place = userPlace.ReplaceAllString(place, "/$1/*/")
	}
	at := strings.LastIndexByte(place, '/') + 1
	folder, name := place[:at], place[at:]
	for _, h := range c.Hosts {
		if s := short(h.Name); len(s) > 2 {
			name = strings.ReplaceAll(name, s, "<host>")
			folder = strings.ReplaceAll(folder, s, "<host>")
		}
	}
	return digits.ReplaceAllString(guidWord.ReplaceAllString(folder, "<guid>"), "#") + nameForm(name, path[strings.LastIndexAny(path, `\/`)+1:])
}

// nameForm leaves open in a file's name which hive it is of, numbers,
// identifiers, and single letters. Written is the name with its capitals.
func nameForm(name, written string) string {
	if dumpName.MatchString(written) && strings.ToLower(written[:8]) != written[:8] && strings.ToUpper(written[:8]) != written[:8] {
		return "<8 letters>.tmp"
	}
	name = guidWord.ReplaceAllString(name, "<guid>")
	for range 2 { // neighbours share the character between them
		name = hiveWord.ReplaceAllString(name, "${1}<hive>${3}")
	}
	stem, extension := name, ""
	if dot := strings.LastIndexByte(name, '.'); dot > 0 {
		stem, extension = name[:dot], name[dot:]
	}
	return digits.ReplaceAllString(fewChars.ReplaceAllString(stem, "${1}?${2}"), "#") + digits.ReplaceAllString(extension, "#")
}
