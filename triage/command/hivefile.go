package command

import (
	"slices"
	"strings"

	"hivetriage/triage/technique"
)

// A hiveFile is a credential hive's file that a command names.
type hiveFile struct {
	path  string   // as written, decoded
	hives []string // sorted
	place place
}

// A place is where a hive's file lies.
type place int

const (
	livePlace   place = iota // System32\config, locked while Windows runs
	shadowPlace              // in a shadow copy
	keptPlace                // RegBack, repair, Windows.old: not locked
	otherPlace               // System32\config below another root: a mounted copy or disk
)

var hiveNames = []string{"SAM", "SECURITY", "SYSTEM"}

// hiveFileOf reads a path as that of credential hives: a hive by name, or all
// of them by a wildcard.
func hiveFileOf(text string) (f hiveFile, ok bool) {
	text = strings.Trim(strings.TrimSpace(fold(text)), `"'`)
	if len(text) < 3 || len(text) > 1024 {
		return f, false
	}
	at := strings.LastIndexAny(text, `\/`)
	if at < 0 || len(text)-at > len("SECURITY. ") {
		return f, false
	}
	hives := namedHives(strings.ToLower(strings.TrimRight(text[at+1:], ". ")))
	if hives == nil {
		return f, false
	}
	where, ok := hiveFolder(text[:at])
	return hiveFile{text, hives, where}, ok
}

// hiveFolder reads a path as that of a folder of credential hives.
func hiveFolder(text string) (place, bool) {
	return hivePlace(Normal(strings.Trim(fold(text), `"' `)))
}

// namedHives lists the hives that a file name or a wildcard stands for.
func namedHives(name string) []string {
	switch name {
	case "*", "*.*":
		return hiveNames
	case "s*", "s*.*":
		return hiveNames
	}
	if hive := strings.ToUpper(name); slices.Contains(hiveNames, hive) {
		return []string{hive}
	}
	return nil
}

// hivePlace classifies a folder in the form of Normal.
func hivePlace(folder string) (place, bool) {
	switch {
	case strings.HasSuffix(folder, `\config\regback`), strings.HasSuffix(folder, `\windows\repair`), strings.HasSuffix(folder, `\winnt\repair`):
		return keptPlace, true
	case !strings.HasSuffix(folder, `\system32\config`):
		return 0, false
	}
	switch root := strings.TrimSuffix(strings.TrimSuffix(folder, `\system32\config`), `\windows`); {
	case strings.Contains(folder, "harddiskvolumeshadowcopy"), strings.Contains(folder, "@gmt-"):
		return shadowPlace, true
	case strings.Contains(root, `\windows.old`):
		return keptPlace, true
	case len(root) == 2 && hasDrive(root), root == "%systemroot%", root == "%windir%", root == "%systemdrive%":
		return livePlace, true
	}
	return otherPlace, true
}

// says describes the place, as the end of a sentence.
func (p place) says() string {
	switch p {
	case shadowPlace:
		return "in a shadow copy, where nothing is locked"
	case keptPlace:
		return "a copy that Windows kept, which nothing locks"
	case otherPlace:
		return "below another root than the running system's: a mounted shadow copy or disk"
	}
	return "the live hive's file, which Windows keeps locked"
}

// technique is the row of the catalogue for a copy from the place with a tool
// whose own row is given.
func (p place) technique(own int) int {
	switch {
	case p == keptPlace:
		return technique.KeptCopies
	case p == shadowPlace && own == technique.RawRead:
		return technique.ShadowCopy
	}
	return own
}
