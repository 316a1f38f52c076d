package attest

import (
	"cmp"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/triage/command"
	"hivetriage/triage/correlate"
	"hivetriage/triage/technique"
)

// More providers of the records that are read here.
const (
	TaskScheduler = "Microsoft-Windows-TaskScheduler"
	WMIActivity   = "Microsoft-Windows-WMI-Activity"
)

// Texts without which records of busy IDs are of no use.
const (
	offlineRegistry = "offreg.dll"
	localSecurity   = "lsass.exe"
)

// regIdleBackup is Windows' own task that copies the hives to RegBack.
const regIdleBackup = `\microsoft\windows\registry\regidlebackup`

// actionRecord reads an action that the task scheduler started (200) or
// finished (201). They name the program, and where it is a command that, too.
//
// Source: the provider's manifest (TaskName, ActionName, ResultCode).
func actionRecord(e *artifacts.Event) (correlate.Record, bool) {
	rec := start(e, "service", "benign")
	rec.Line = cut(e.Value("ActionName"))
	if !copies(&rec, command.Analyze(artifacts.Process{CommandLine: rec.Line}), "") {
		return rec, false
	}
	rec.Process = nil
	rec.Because = append([]string{"The task scheduler ran this action of the task " + cmp.Or(e.Value("TaskName"), "of an unknown name") + "."}, rec.Because...)
	return rec, true
}

// wmiCommand finds what an instance in MOF, or the arguments of a method, says
// will run.
var wmiCommand = regexp.MustCompile(`(?i)\b(CommandLineTemplate|CommandLine|ExecutablePath|ScriptText)\s*=\s*"((?:[^"\\]|\\.)*)"`)

// unescaped undoes MOF's escapes.
var unescaped = strings.NewReplacer(`\\`, `\`, `\"`, `"`, `\n`, "\n", `\t`, "\t", `\r`, "\r")

// wmiRecord reads a command that WMI's own log has: in a consumer that was
// bound to a filter (5861), or in an operation (5858 to 5860). Sysmon 20 has
// that of a consumer, too.
//
// Source: the provider's manifest (CONSUMER, Operation, Query, PossibleCause).
func wmiRecord(e *artifacts.Event) (correlate.Record, bool) {
	rec := start(e, "service", "benign")
	var found []command.Command
	var lines []string
	for _, d := range e.Data {
		for _, m := range wmiCommand.FindAllStringSubmatch(d.Value, maxTaskCommands) {
			text := unescaped.Replace(m[2])
			lines = append(lines, text)
			if strings.EqualFold(m[1], "ScriptText") {
				found = append(found, command.Script(text)...)
			} else {
				found = append(found, command.Analyze(artifacts.Process{CommandLine: text})...)
			}
		}
	}
	if e.Code == 20 {
		text := strings.Trim(e.Value("Destination"), `" `)
		lines, found = append(lines, text), append(found, command.Analyze(artifacts.Process{CommandLine: text})...)
	}
	rec.Line = cut(strings.Join(lines, "\n"))
	if !copies(&rec, found, "The record tells of the consumer or the request, not that the command ran.") {
		return rec, false
	}
	rec.Process = nil
	rec.Because = append([]string{"WMI was told to run this command: " + cmp.Or(e.Value("CONSUMER"), e.Value("Operation"), e.Value("Name"), "in a record of event "+strconv.Itoa(int(e.Code))) + "."}, rec.Because...)
	return rec, true
}

// installed are the folders, in lower case, that programs of Windows and of
// other makers are installed to; one needs an administrator's rights to write
// there.
var installed = []string{`\windows\system32\`, `\windows\syswow64\`, `\windows\winsxs\`, `\windows\servicing\`, `\program files\`, `\program files (x86)\`,
	`\programdata\microsoft\windows defender\`}

// isInstalled reports whether an image lies where programs are installed.
func isInstalled(image string) bool {
	image = strings.ToLower(strings.ReplaceAll(image, "/", `\`))
	if len(image) < 2 || image[1] != ':' {
		return false
	}
	for _, folder := range installed {
		if strings.HasPrefix(image[2:], folder) {
			return true
		}
	}
	return false
}

// imageRecord reads Sysmon 7 where a program that is not installed loads the
// offline registry library, which writes hives without the registry.
func imageRecord(e *artifacts.Event) (rec correlate.Record, ok bool) {
	loaded := e.Value("ImageLoaded")
	if command.Base(loaded) != offlineRegistry || isInstalled(image(e)) || image(e) == "" {
		return rec, false
	}
	rec = start(e, "object", "access")
	rec.File, rec.Row = loaded, technique.OfflineRegistry
	rec.Because = append(rec.Because, fmt.Sprintf("%s, which lies outside the folders for installed programs, loaded %s (%s): the library reads and writes hives without the registry. Which, the record does not tell.",
		image(e), loaded, signature(e)))
	return rec, true
}

func signature(e *artifacts.Event) string {
	if by := e.Value("Signature"); by != "" {
		return "signed by " + by + ", " + strings.ToLower(cmp.Or(e.Value("SignatureStatus"), "not checked"))
	}
	return "no signature recorded"
}

// readMemory is PROCESS_VM_READ.
const readMemory = 0x10

// memoryRecord reads Sysmon 10 where a program that is not installed opens
// lsass.exe so that it can read its memory.
//
// Source: Sysinternals, "Event ID 10: ProcessAccess" (SourceImage,
// TargetImage, GrantedAccess).
func memoryRecord(e *artifacts.Event) (rec correlate.Record, ok bool) {
	source := e.Value("SourceImage")
	mask, err := strconv.ParseUint(e.Value("GrantedAccess"), 0, 32)
	if command.Base(e.Value("TargetImage")) != localSecurity || err != nil || mask&readMemory == 0 || isInstalled(source) || source == "" {
		return rec, false
	}
	rec = start(e, "object", "access")
	pid, _ := strconv.ParseUint(e.Value("SourceProcessId"), 0, 32) // 0, as where it is not recorded
	rec.Process = &artifacts.Process{PID: uint32(pid), EntityID: strings.ToUpper(cmp.Or(e.Value("SourceProcessGUID"), e.Value("SourceProcessGuid"))), Executable: source}
	rec.File, rec.Row, rec.Technique = e.Value("TargetImage"), technique.InMemory, "T1003.001"
	rec.Because = append(rec.Because, fmt.Sprintf("%s opened %s with access %#x, which lets it read the memory: credentials can be taken from there without any copy of a hive.", source, rec.File, mask))
	return rec, true
}

// activityRecord reads what tasks, WMI and Sysmon's records of images and
// processes say.
func activityRecord(e *artifacts.Event) (correlate.Record, bool) {
	switch e.Code {
	case 200, 201:
		return actionRecord(e)
	case 7:
		return imageRecord(e)
	case 10:
		return memoryRecord(e)
	}
	return wmiRecord(e)
}
