package command

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"hivetriage/triage/technique"
)

// nearCommand reads a call that copies nothing but prepares a copy, or names
// a hive's file.
func nearCommand(id identity, words []word) (c Command, ok bool) {
	name, args := cmp.Or(id.imageName, id.calledName), words[1:]
	c = Command{Tool: name, Impact: "access", Hives: []string{}}
	switch {
	case name == "wmic.exe" && hasWords(args, "shadowcopy", "create"):
		d, _ := shadowDeed(true)
		c.Verb, c.Technique, c.Because = d.verb, technique.ShadowCopy, []string{d.because}
		return c, true
	case name == "mklink.exe" && slices.ContainsFunc(args, func(w word) bool {
		return strings.Contains(strings.ToLower(w.text), "harddiskvolumeshadowcopy")
	}):
		c.Verb, c.Technique, c.Because = "link", technique.ShadowCopy, []string{"A link to a shadow copy is made: the hives' files below it are not locked."}
		return c, true
	case id.is("reg.exe") && hasWords(args, "add", "enableperiodicbackup"):
		c.Verb, c.Technique, c.Because = "add", technique.PeriodicBackup, []string{`With EnablePeriodicBackup Windows copies the hives to config\RegBack, where nothing locks them.`}
		return c, true
	case name == "schtasks.exe" && hasWords(args, "/run") && slices.ContainsFunc(args, func(w word) bool {
		return strings.HasSuffix(plain(w), "regidlebackup")
	}):
		c.Verb, c.Technique, c.Because = "run", technique.PeriodicBackup, []string{`The task RegIdleBackup copies the hives to config\RegBack, where nothing locks them.`}
		return c, true
	}
	files := hiveFiles(args)
	if len(files) == 0 || id.is("cmd.exe") { // whose lines are read word by word
		return c, false
	}
	for _, f := range files {
		c.Hives = append(c.Hives, f.hives...)
	}
	slices.Sort(c.Hives)
	c.Hives = slices.Compact(c.Hives)
	c.Verb, c.Source, c.Technique = "name", files[0].path, files[0].place.technique(technique.RawRead)
	if name == "icacls.exe" || name == "cacls.exe" {
		c.Technique = technique.HiveNightmare
	}
	c.Because = []string{fmt.Sprintf("%q names %q, %s; what it does with it is not known.", name, c.Source, files[0].place.says())}
	return c, true
}

// hasWords reports whether each of the words, in lower case, is an argument.
func hasWords(args []word, wanted ...string) bool {
	for _, want := range wanted {
		if !slices.ContainsFunc(args, func(w word) bool { return plain(w) == want }) {
			return false
		}
	}
	return true
}

// savingCall finds the API calls that save a hive, in a script.
var savingCall = regexp.MustCompile(`(?i)\b(?:RegSaveKey(?:Ex)?[AW]?|NtSaveKey(?:Ex)?|ORSaveHive|BaseRegSaveKey)\b`)

// scriptDeeds reads what a script as a whole tells.
func scriptDeeds(script string) (found []Command) {
	lower := strings.ToLower(script)
	call := ""
	if strings.Contains(lower, "avekey") || strings.Contains(lower, "avehive") { // most have neither
		call = savingCall.FindString(script)
	}
	if call != "" {
		c := Command{Tool: "a script", Technique: technique.PowerShell, Verb: call, Hives: []string{}, Impact: "access",
			Because: []string{fmt.Sprintf("The script calls %s, which saves a registry key to a file.", call)}}
		for _, hive := range hiveNames {
			if strings.Contains(strings.ToUpper(script), hive) {
				c.Hives = append(c.Hives, hive)
			}
		}
		if slices.Contains(c.Hives, "SAM") || slices.Contains(c.Hives, "SECURITY") {
			c.Impact = "attempt"
		}
		found = append(found, c)
	}
	if strings.Contains(lower, "win32_shadowcopy") && strings.Contains(lower, "create") {
		d, _ := shadowDeed(true)
		found = append(found, Command{Tool: "a script", Technique: technique.ShadowCopy, Verb: d.verb, Hives: d.hives, Impact: d.impact, Because: []string{d.because}})
	}
	return found
}
