package command

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"hivetriage/triage/technique"
)

// A dumper is a program that does more than copy files: it was made to take
// credentials, or is told to by its arguments.
type dumper struct {
	name      string
	programs  []string
	technique int
	// read says what the call does; ok is false if it has nothing to do with
	// the hives.
	read func(line string, args []word) (d deed, ok bool)
}

// A deed is what a dumper's call does.
type deed struct {
	verb, to, key string
	hives         []string
	impact        string // as Command.Impact
	because       string
}

var dumpers = []dumper{
	{"ntdsutil.exe", []string{"ntdsutil.exe"}, technique.IFM, readNtdsutil},
	{"regedit.exe", []string{"regedit.exe", "regedt32.exe"}, technique.Regedit, readRegedit},
	{"wbadmin.exe", []string{"wbadmin.exe"}, technique.WindowsBackup, readWbadmin},
	{"vssadmin.exe", []string{"vssadmin.exe"}, technique.ShadowCopy, readVssadmin},
	{"diskshadow.exe", []string{"diskshadow.exe"}, technique.ShadowCopy, readDiskshadow},
	{"mimikatz", []string{"mimikatz.exe"}, technique.InMemory, readMimikatz},
	{"NetExec", []string{"nxc.exe", "netexec.exe", "crackmapexec.exe", "cme.exe"}, technique.NetExec, readNetExec},
	{"reg.py", []string{"reg.py", "impacket-reg.exe"}, technique.ImpacketReg, readImpacketReg},
	{"secretsdump", []string{"secretsdump.exe", "secretsdump.py", "impacket-secretsdump.exe"}, technique.Secretsdump, made("saves SAM and SECURITY of a host over remote registry, or reads copies of them")},
	{"HiveNightmare", []string{"hivenightmare.exe", "shadowsteal.exe", "invoke-hivenightmare.exe"}, technique.HiveNightmare, made("copies the hives out of a shadow copy")},
	{"BackupOperatorToDA", []string{"backupoperatortoda.exe"}, technique.BackupOperator, made("saves the hives of a domain controller with the backup privilege")},
	{"a tool of the pwdump family", []string{"pwdump.exe", "pwdump2.exe", "pwdump5.exe", "pwdump6.exe", "pwdump7.exe", "pwdump8.exe",
		"fgdump.exe", "gsecdump.exe", "quarkspwdump.exe", "cachedump.exe", "samdump.exe"}, technique.PwdumpFamily, made("reads the hashes in SAM or SECURITY")},
}

// dumperNames finds a dumper by a program's name.
var dumperNames = func() map[string]*dumper {
	byName := map[string]*dumper{}
	for i := range dumpers {
		for _, name := range dumpers[i].programs {
			byName[name] = &dumpers[i]
		}
	}
	return byName
}()

// dumpCommand reads a call of a dumper.
func dumpCommand(id identity, line string, words []word) (c Command, ok bool) {
	name := id.knownName()
	tool, words := dumperNames[name], words
	if tool == nil {
		if tool, words = scripted(id, words); tool == nil {
			return c, false
		}
		name = programName(words[0].text)
	}
	d, ok := tool.read(line, words[1:])
	if !ok {
		return c, false
	}
	because, disguise := id.explain(name)
	c = Command{Tool: tool.name, Verb: d.verb, Hives: d.hives, Key: d.key, Destination: strings.Trim(d.to, `"'`),
		Technique: tool.technique, Impact: d.impact, Because: []string{because, d.because}}
	if disguise != "" {
		c.Disguise = []string{disguise}
	}
	return c, true
}

// scripted finds a dumper that is a script run by python.
func scripted(id identity, words []word) (*dumper, []word) {
	if !strings.HasPrefix(id.imageName, "python") && !strings.HasPrefix(id.calledName, "python") && !id.is("py.exe") {
		return nil, words
	}
	for i, w := range words[1:] {
		if tool := dumperNames[programName(w.text)]; tool != nil {
			return tool, words[i+1:]
		}
	}
	return nil, words
}

// made reads any call of a tool that has one purpose.
func made(does string) func(string, []word) (deed, bool) {
	return func(string, []word) (deed, bool) {
		return deed{verb: "dump", hives: []string{"SAM", "SECURITY"}, impact: "attempt",
			because: "The tool " + does + "; its name says so, not its file: it may be another program."}, true
	}
}

// ifmFolder finds the folder of ntdsutil's "create full FOLDER".
var ifmFolder = regexp.MustCompile(`(?i)\bcr\w*\s+(?:sysvol\s+)?(?:full|rodc)(?:\s+nodefrag)?\s+"?([^"'\s]+)`)

func readNtdsutil(_ string, args []word) (d deed, ok bool) {
	text := joinText(args)
	m := ifmFolder.FindStringSubmatch(text)
	if m == nil || !strings.Contains(strings.ToLower(text), "ifm") {
		return d, false
	}
	return deed{verb: "ifm", hives: []string{"SECURITY", "SYSTEM"}, to: m[1], impact: "export",
		because: fmt.Sprintf(`It writes registry\SYSTEM, registry\SECURITY and ntds.dit below %q: with them every account of the domain. The line does not show that it succeeded.`, m[1])}, true
}

func readRegedit(_ string, args []word) (d deed, ok bool) {
	for i, w := range args {
		o := plain(w)
		if o != "/e" && o != "-e" && o != "/a" && o != "/ea" || i+1 >= len(args) {
			continue
		}
		d = deed{verb: "export", to: args[i+1].text, impact: "export", hives: hiveNames,
			because: "It exports the whole registry as text; the text form keeps no class names, so it yields no boot key."}
		if i+2 >= len(args) {
			return d, true
		}
		k, known := parseKey(strings.TrimSpace(fold(args[i+2].text)))
		if !known {
			return d, false
		}
		d.hives, d.key = k.hives, fold(args[i+2].text)
		d.because = fmt.Sprintf("It exports %s, which holds %s, as text; the text form keeps no class names, so it yields no boot key.", d.key, k.holds())
		if !k.secret() {
			d.impact, d.because = "benign", fmt.Sprintf("It exports %s, a subkey of %s that holds no credential material.", d.key, k.hives[0])
		}
		return d, true
	}
	return d, false
}

func readWbadmin(line string, args []word) (d deed, ok bool) {
	verb := ""
	for _, w := range args[:min(2, len(args))] {
		verb += plain(w) + " "
	}
	if !strings.HasPrefix(verb, "start ") {
		return d, false
	}
	var found []string
	for _, w := range args {
		option, value, _ := strings.Cut(w.text, ":")
		switch strings.ToLower(option) {
		case "-backuptarget", "-recoverytarget":
			d.to = value
		case "-include", "-items":
			for item := range strings.SplitSeq(value, ",") {
				if f, isHive := hiveFileOf(item); isHive {
					found = append(found, f.hives...)
				}
			}
		}
	}
	slices.Sort(found)
	d.verb, d.hives, d.impact = strings.TrimSpace(verb), slices.Compact(found), "export"
	d.because = "Its items name the hives' files."
	if len(found) == 0 {
		if !strings.Contains(strings.ToLower(line), "systemstate") {
			return d, false
		}
		d.hives, d.impact, d.because = hiveNames, "access", "A backup of the system state holds the hives; it is what administrators do."
	}
	return d, true
}

func readVssadmin(_ string, args []word) (d deed, ok bool) {
	return shadowDeed(len(args) >= 2 && plain(args[0]) == "create" && plain(args[1]) == "shadow")
}

func readDiskshadow(_ string, args []word) (d deed, ok bool) {
	return shadowDeed(len(args) > 0 && (plain(args[0]) == "/s" || plain(args[0]) == "-s"))
}

// shadowDeed is the creation of a shadow copy.
func shadowDeed(ok bool) (deed, bool) {
	return deed{verb: "create shadow", hives: []string{}, impact: "access",
		because: "A shadow copy is made: the hives' files in it are not locked. Backup products do the same."}, ok
}

func readMimikatz(line string, _ []word) (d deed, ok bool) {
	line = strings.ToLower(line)
	for _, m := range []struct{ module, hive string }{{"lsadump::sam", "SAM"}, {"lsadump::secrets", "SECURITY"}, {"lsadump::cache", "SECURITY"}} {
		if strings.Contains(line, m.module) {
			d.hives = append(d.hives, m.hive)
		}
	}
	slices.Sort(d.hives)
	d.verb, d.hives, d.impact = "lsadump", slices.Compact(d.hives), "attempt"
	d.because = "lsadump reads the secrets themselves; no hive file need come of it."
	return d, len(d.hives) > 0
}

func readNetExec(_ string, args []word) (d deed, ok bool) {
	for _, w := range args {
		switch plain(w) {
		case "--sam":
			d.hives = append(d.hives, "SAM")
		case "--lsa":
			d.hives = append(d.hives, "SECURITY")
		}
	}
	slices.Sort(d.hives)
	d.verb, d.impact = "dump", "attempt"
	d.because = "It reads the keys of another host over remote registry and leaves no hive file there by default."
	return d, len(d.hives) > 0
}

func readImpacketReg(_ string, args []word) (d deed, ok bool) {
	for i, w := range args {
		switch plain(w) {
		case "backup":
			d.verb, d.hives = "backup", hiveNames
		case "save":
			d.verb = "save"
		case "-keyname":
			if i+1 < len(args) {
				k, _ := parseKey(strings.TrimSpace(fold(args[i+1].text)))
				d.hives, d.key = k.hives, fold(args[i+1].text)
			}
		case "-o":
			if i+1 < len(args) {
				d.to = args[i+1].text
			}
		}
	}
	d.impact = "attempt"
	d.because = "It has the registry service of another host save the hives to the named folder."
	return d, d.verb != "" && len(d.hives) > 0
}
