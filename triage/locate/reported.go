package locate

import (
	"fmt"
	"path"
	"regexp"
	"strings"
)

// StateReported is the state of an export whose content is not in the
// evidence: a file table tells of it.
const StateReported = "reported"

// The sizes of credential hives, in bytes: SAM and SECURITY begin at some 20
// KiB once saved and stay small; SYSTEM never is.
const (
	minHive        = 20 << 10
	leastHive      = 8 << 10 // base block and one bin: less is no hive at all
	maxSmallHive   = 512 << 10
	minSystem      = 1 << 20
	maxSystem      = 1 << 30
	maxRemoteSaved = 128 << 10
)

var (
	// toolNames are names that tools and guides give to copies; the first
	// group is the hive.
	toolNames = regexp.MustCompile(`^(?:` + strings.Join([]string{
		`(sam|security|system)\.(?:save|sav|hive|hiv|export|backup|bck)`,
		`(sam|security|system)_backup`,
		`~reg_(sam|security|system)\.save`,
		`hive_(sam|security|system)_.+`,
		`(sam|security|system)-haxx`,
		`(sam|security|system)-[0-9]{4}-[0-9]{2}-[0-9]{2}.*`,
		`(sam|security|system)vss[0-9]+`,
	}, "|") + `)$`)
	// plainNames are the hives' own names, and those with a usual extension.
	plainNames = regexp.MustCompile(`^(sam|security|system)(?:\.(?:bak|dat|reg))?$`)
	// placedNames are those that tools give to copies in places of their own,
	// which Classify knows: elsewhere they mean nothing.
	placedNames = regexp.MustCompile(`^(?:(sam|security|system)(?:_[^.]{1,32}|-.+\.dmp)|(sam)\.out)$`)
	// remoteNames are those under which impacket's secretsdump saves a hive.
	remoteNames = regexp.MustCompile(`^[a-z]{8}\.tmp$`)
)

// A Lead is what a file's name, place and size say where its content is not
// in the evidence.
type Lead struct {
	Hive     string // "SAM", "SECURITY", "SYSTEM"; "" where the name does not tell
	Why      string
	Weak     bool // a reason to look for more, not evidence of a copy
	Copied   bool // only copies are named like this
	Location Location
}

// ReportedName reports whether a file or a stream of this name is worth a
// question to Reported.
func ReportedName(name, stream []byte) bool {
	if len(stream) > 0 {
		name = stream
	}
	const longest = 64 // characters of a name that is looked at
	if len(name) > longest || !MayTell(name) {
		return false
	}
	lower := strings.ToLower(string(name))
	hive, _ := nameTells(lower)
	return hive != "" || remoteNames.MatchString(lower) || placedNames.MatchString(lower)
}

// MayTell reports whether a name begins, or ends, like one that Reported or
// RemoteName knows: it is asked of every file of a volume.
func MayTell[T ~string | ~[]byte](name T) bool {
	if len(name) < 3 {
		return false
	}
	switch string([]byte{name[0] | 0x20, name[1] | 0x20, name[2] | 0x20}) {
	case "sam", "sec", "sys", "hiv", "~re":
		return true
	}
	const suffix = ".tmp"
	return len(name) == 8+len(suffix) && strings.EqualFold(string(name[8:]), suffix)
}

// nameTells returns the hive that a name in lower case claims, and whether
// only a copy is called so.
func nameTells(name string) (hive string, copied bool) {
	for i, names := range []*regexp.Regexp{toolNames, plainNames} {
		for _, group := range append(names.FindStringSubmatch(name), "", "")[1:] {
			if group != "" {
				return strings.ToUpper(group), i == 0
			}
		}
	}
	return "", false
}

// placeTells returns what nameTells does, and knows the names that only copies
// have where they lie.
func placeTells(p Place, name string) (hive string, copied bool) {
	if hive, copied = nameTells(name); hive != "" {
		return hive, copied
	}
	m := placedNames.FindStringSubmatch(name)
	if m == nil || p.Stream != "" {
		return "", false
	}
	p.Hive = strings.ToUpper(m[1] + m[2])
	if Classify(p).Class != Alert {
		return "", false
	}
	return p.Hive, true
}

// Reported judges a file of which only name, place and size are known. Its
// hive is told by the name; a size that does not fit speaks against it, and
// so does a known place.
func Reported(p Place) (Lead, bool) {
	name := strings.ToLower(path.Base(p.Path))
	if p.Stream != "" {
		name = strings.ToLower(p.Stream)
	}
	hive, copied := placeTells(p, name)
	if hive == "" {
		return remoteSaved(p, name)
	}
	p.Hive = hive
	l := Lead{Hive: hive, Copied: copied, Location: Classify(p)}
	if l.Location.Class == Normal || l.Location.Class == Informational {
		return Lead{}, false
	}
	fits := fitting(hive, p.Size)
	switch {
	case p.Size < leastHive, !fits && !copied:
		return Lead{}, false
	case !fits:
		l.Weak = true
		l.Why = fmt.Sprintf("only copies of %s are named like this, but %d bytes are no usual size of %s", hive, p.Size, hive)
	case copied:
		l.Why = fmt.Sprintf("only copies of %s are named like this, and %d bytes fit", hive, p.Size)
	case strings.Contains(p.Path, "/$OrphanFiles/"):
		l.Weak = true
		l.Why = fmt.Sprintf("its name is %s's and %d bytes fit, but its folder is not known any more: it may have been a place where Windows keeps one", hive, p.Size)
	default:
		l.Why = fmt.Sprintf("its name is %s's, %d bytes fit, and no %s belongs there", hive, p.Size, hive)
	}
	return l, true
}

// fitting tells whether a hive can have the size.
func fitting(hive string, size int64) bool {
	if hive == "SYSTEM" {
		return size >= minSystem && size <= maxSystem
	}
	return size >= minHive && size <= maxSmallHive
}

// remoteSaved knows the names and places of impacket's secretsdump. Other
// programs write temporary files there as well.
func remoteSaved(p Place, name string) (Lead, bool) {
	if p.Stream != "" || p.Size < minHive || p.Size > maxRemoteSaved || !remoteNames.MatchString(name) {
		return Lead{}, false
	}
	location := Classify(p)
	if location.Class != Alert {
		return Lead{}, false
	}
	return Lead{Weak: true, Location: location, Why: fmt.Sprintf(
		"eight letters and .tmp are how secretsdump names SAM and SECURITY there, and %d bytes fit; other programs name temporary files like this too", p.Size)}, true
}
