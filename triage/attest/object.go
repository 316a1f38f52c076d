package attest

import (
	"cmp"
	"fmt"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/triage/command"
	"hivetriage/triage/correlate"
	"hivetriage/triage/locate"
	"hivetriage/triage/technique"
)

// secretKeys are the keys, in lower case, whose opening matters where it is
// audited; below those that end in a backslash everything does.
var secretKeys = map[string]string{
	`\registry\machine\sam`: "SAM", `\registry\machine\sam\sam`: "SAM",
	`\registry\machine\sam\sam\domains\account\users`: "SAM",
	`\registry\machine\security`:                      "SECURITY", `\registry\machine\security\policy\secrets`: "SECURITY",
	`\registry\machine\security\cache`: "SECURITY",
}

// keepers are the programs of Windows that work with these keys and files.
var keepers = map[string]bool{"lsass.exe": true, "system": true, "": true, "services.exe": true, "smss.exe": true, "winlogon.exe": true}

// objectRecord reads an access to a hive's key or file that is audited.
//
// Source: Microsoft, "4656: A handle to an object was requested", "4663: An
// attempt was made to access an object".
func objectRecord(e *artifacts.Event) (rec correlate.Record, ok bool) {
	image := ""
	if e.Process != nil {
		image = e.Process.Executable
	}
	name := e.Value("ObjectName")
	if name == "" || keepers[command.Base(image)] {
		return rec, false
	}
	hive, file := "", false
	switch strings.ToLower(e.Value("ObjectType")) {
	case "key":
		hive = secretKeys[strings.ToLower(name)]
	case "file":
		file = true
		if !mayBeNamed(name) {
			break
		}
		if lead, _, ok := named(name); ok {
			hive = lead.Hive
		} else if relative, _ := command.VolumePath(name); strings.HasSuffix(relative, "/system32/config/sam") || strings.HasSuffix(relative, "/system32/config/security") {
			hive = strings.ToUpper(command.Base(name))
		}
	}
	if hive == "" {
		return rec, false
	}
	rec = start(e, "object", "access")
	rec.File, rec.Destination = name, name
	rec.Hives, rec.Technique = []string{hive}, attackOf([]string{hive})
	what := "the key"
	if file {
		what = "the file"
	}
	rec.Because = append(rec.Because, fmt.Sprintf("%s opened %s %s, access mask %s: reading and saving look the same in this record.", image, what, name, cmp.Or(e.Value("AccessMask"), "not recorded")))
	return rec, true
}

// addObject adds an access once for every process, account and object.
func (r *Reader) addObject(rec correlate.Record) {
	key := strings.ToLower(fmt.Sprintf("%s|%s|%s|%d|%s", rec.Host, rec.User.SID, rec.File, rec.Process.PID, rec.Process.Executable))
	if r.objects[key] {
		return
	}
	if r.objects == nil {
		r.objects = map[string]bool{}
	}
	if len(r.objects) < maxKept {
		r.objects[key] = true
	}
	r.add(rec)
}

// loadRecord reads a hive that was loaded (Kernel-General 16). Windows itself
// loads those in its own folders, those of users and applications, and those
// of other volumes.
func loadRecord(e *artifacts.Event) (rec correlate.Record, ok bool) {
	name := e.Value("HiveName")
	lead, _, ok := named(name)
	if !ok {
		return rec, false
	}
	rec = start(e, "hive-load", "export")
	rec.Process = nil
	rec.File, rec.Destination = name, command.Normal(name)
	rec.Hives, rec.Technique, rec.Row = []string{lead.Hive}, attackOf([]string{lead.Hive}), technique.PwdumpFamily
	rec.Because = append(rec.Because,
		fmt.Sprintf("Windows loaded the hive %s: %s.", name, lead.Why),
		"Tools that read credentials out of a copy load it like this, and so does reg load; saving a hive leaves no such record.")
	if lead.Location.Class == locate.Check {
		rec.Assessment = "access"
		rec.Because = append(rec.Because, lead.Location.Why)
	}
	return rec, true
}

// isPeriodicBackup knows the setting that makes Windows keep copies.
func isPeriodicBackup(target string) bool {
	return strings.HasSuffix(strings.ToLower(target), `\configuration manager\enableperiodicbackup`)
}

// settingRecord reads Sysmon 13 where the setting makes Windows keep copies.
func settingRecord(e *artifacts.Event) (rec correlate.Record, ok bool) {
	target := e.Value("TargetObject")
	if !isPeriodicBackup(target) || strings.Contains(e.Value("Details"), "0x00000000") {
		return rec, false
	}
	rec = start(e, "object", "access")
	rec.File, rec.Destination = target, ""
	rec.Row = technique.PeriodicBackup
	rec.Because = append(rec.Because, fmt.Sprintf("EnablePeriodicBackup was set to %s: Windows then keeps copies of the hives in RegBack.", cmp.Or(e.Value("Details"), "a value that was not recorded")))
	return rec, true
}

// copiers are programs whose file with a hive's own name is hardly another's.
var copiers = map[string]bool{"esentutl.exe": true, "reg.exe": true, "regedit.exe": true, "print.exe": true, "robocopy.exe": true, "ntdsutil.exe": true, "rawcopy.exe": true, "rawcopy64.exe": true}

// fileRecord reads a file that was created or deleted (Sysmon 11, 15, 23, 26,
// 29) under the name of a copy.
func fileRecord(e *artifacts.Event) (rec correlate.Record, ok bool) {
	if e.File == nil {
		return rec, false
	}
	image := ""
	if e.Process != nil {
		image = e.Process.Executable
	}
	lead, certain, ok := named(e.File.Path)
	if !ok {
		return remoteFile(e, e.Provider == Endpoint && begins(e))
	}
	rec = start(e, "file", "access")
	if rec.Process == nil {
		rec.Process = &artifacts.Process{}
	}
	rec.File, rec.Destination = e.File.Path, e.File.Path
	rec.Hives, rec.Technique = []string{lead.Hive}, attackOf([]string{lead.Hive})
	what := map[uint32]string{0: "created", 11: "created", 15: "created the stream", 23: "deleted", 26: "deleted", 29: "created"}[e.Code]
	rec.Because = append(rec.Because, fmt.Sprintf("%s %s %s: %s.", cmp.Or(image, "A process"), what, e.File.Path, lead.Why))
	if certain || lead.Hive == "SAM" || copiers[command.Base(image)] {
		rec.Assessment = "attempt"
	} else {
		rec.Because = append(rec.Because, "Other programs have files of this name too: alone it says little.")
	}
	if e.Code == 23 {
		rec.Because = append(rec.Because, `Sysmon kept what it deleted in its archive folder, C:\Sysmon unless it is configured otherwise.`)
	}
	return rec, true
}
