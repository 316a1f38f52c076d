package attest

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"hivetriage/artifacts"
	"hivetriage/triage/command"
	"hivetriage/triage/correlate"
	"hivetriage/triage/locate"
	"hivetriage/triage/rule"
	"hivetriage/triage/technique"
)

// Trace reads what an entry of an artefact attests to by itself: a command
// that copies a hive, a file under the name of a copy, a program that was made
// to take credentials. written is when the artefact's file was last written,
// the latest time at which an entry without a time was made; zero where it is
// not known. ok is false for all other entries.
func Trace(t *artifacts.Trace, written time.Time) (rec correlate.Record, ok bool) {
	switch {
	case t.Command != "":
		if rec, ok = commandTrace(t, written); ok {
			return rec, true
		}
		fallthrough
	default:
		if rec, ok = fileTrace(t, written); ok {
			return rec, true
		}
		if rec, ok = libraryTrace(t, written); ok {
			return rec, true
		}
		return programTrace(t, written)
	}
}

// startTrace begins the record of an entry. Its time is the last one that the
// entry has.
func startTrace(t *artifacts.Trace, kind string, written time.Time) correlate.Record {
	rec := correlate.Record{Time: t.When(), Kind: kind, Host: t.Host, User: t.User, Hives: []string{}, Because: []string{}, Rules: []rule.Match{},
		Assessment: "benign", From: FromTrace(t)}
	rec.ID = correlate.ID("rec", t.Artefact, t.Host, strings.ToLower(t.From.Path), t.Entry, strconv.FormatInt(t.Offset, 10), t.Program, t.Command, stamp(rec.Time))
	if t.Program != "" {
		rec.Process = &artifacts.Process{Executable: t.Program, OriginalFileName: t.Detail("OriginalFileName")}
	}
	if rec.Time.IsZero() {
		rec.NotAfter = written
		if !written.IsZero() {
			rec.Because = append(rec.Because, "The entry has no time of its own; it is not younger than its file, last written "+stamp(written)+".")
		} else {
			rec.Because = append(rec.Because, "The entry has no time of its own.")
		}
	} else if last := t.Times[len(t.Times)-1]; last.Means != "ran" {
		rec.Because = append(rec.Because, fmt.Sprintf("The time is that at which: %s.", last.Means))
	}
	if t.Damaged != "" {
		rec.From.Damaged = t.Damaged
	}
	return rec
}

// FromTrace is the place of an entry.
func FromTrace(t *artifacts.Trace) correlate.From {
	file := t.From.Path
	if t.From.Stream != "" {
		file += ":" + t.From.Stream
	}
	if t.From.Member != "" {
		file += "!" + t.From.Member
	}
	return correlate.From{Source: t.From.Source, Volume: t.From.Volume, Path: file, Offset: max(t.Offset, 0), Artefact: t.Artefact, Entry: t.Entry}
}

// commandTrace judges a command that an entry holds.
func commandTrace(t *artifacts.Trace, written time.Time) (rec correlate.Record, ok bool) {
	kind, maybe := "script", ""
	var found []command.Command
	switch t.Deed {
	case artifacts.Typed:
		found = append(command.Analyze(artifacts.Process{CommandLine: t.Command}), command.Script(t.Command)...)
		if len(found) > 1 {
			found = slices.CompactFunc(found, func(a, b command.Command) bool { return a.Tool == b.Tool && a.Destination == b.Destination })
		}
	case artifacts.Planned:
		kind = "service"
		found, _ = setUp(t.Command)
		if !slices.ContainsFunc(t.Times, IsRun) {
			maybe = "It is set up to run: the entry does not show that it did."
		}
	default:
		kind = "execution"
		found = command.Analyze(artifacts.Process{CommandLine: t.Command})
		if t.Deed != artifacts.Ran {
			maybe = "The entry names the command and does not show that it ran."
		}
	}
	rec = startTrace(t, kind, written)
	rec.Line = cut(t.Command)
	if !copies(&rec, found, maybe) {
		return rec, false
	}
	if p := t.Detail("WorkingDirectory"); p != "" {
		if rec.Process == nil {
			rec.Process = &artifacts.Process{}
		}
		rec.Process.WorkingDirectory = p
	}
	rec.Because = append([]string{said(t)}, rec.Because...)
	return rec, true
}

// said begins the reasons: what the artefact is and what its entries prove.
func said(t *artifacts.Trace) string {
	a := ArtefactNamed(t.Artefact)
	return fmt.Sprintf("%s, %s evidence: %s.", t.Artefact, a.Strength, a.Proves)
}

// deeds says what an entry of a kind tells of a file.
var deeds = map[artifacts.Deed]string{
	artifacts.Ran: "a program that ran worked with the file", artifacts.Opened: "somebody opened or chose the file", artifacts.Removed: "somebody deleted the file",
	artifacts.Detected: "a protection product reported the file", artifacts.Sent: "the file was transferred",
}

// maxTracedFiles bounds the files of one entry that are listed.
const maxTracedFiles = 50

// fileTrace judges the files that an entry names.
func fileTrace(t *artifacts.Trace, written time.Time) (rec correlate.Record, ok bool) {
	what := deeds[t.Deed]
	if what == "" {
		return rec, false
	}
	var best locate.Lead
	files := 0
	for _, p := range t.Paths {
		lead, certain, ok := tracedFile(t, p)
		if !ok {
			continue
		}
		if rec.ID == "" {
			kind := "journal"
			if t.Deed == artifacts.Ran {
				kind = "execution"
			}
			rec = startTrace(t, kind, written)
			rec.Because = append([]string{said(t)}, rec.Because...)
			rec.Assessment, best = "access", lead
			rec.File, rec.Destination = p, p
		}
		if files++; files <= maxTracedFiles {
			rec.Hives = append(rec.Hives, lead.Hive)
			rec.Because = append(rec.Because, fmt.Sprintf("%s %s: %s.", strings.ToUpper(what[:1])+what[1:], p, lead.Why))
		}
		if certain || t.Deed == artifacts.Detected || t.Deed == artifacts.Ran && copiers[command.Base(t.Program)] {
			rec.Assessment = "attempt"
			if !best.Copied {
				rec.File, rec.Destination, best = p, p, lead
			}
		}
	}
	if rec.ID == "" {
		return rec, false
	}
	if files > maxTracedFiles {
		rec.Because = append(rec.Because, fmt.Sprintf("%d more files with such names are in the entry and are not listed.", files-maxTracedFiles))
	}
	if rec.Assessment == "access" {
		rec.Because = append(rec.Because, "Other files and folders have such names too: alone it says little.")
	}
	slices.Sort(rec.Hives)
	rec.Hives = slices.Compact(rec.Hives)
	rec.Technique = attackOf(rec.Hives)
	return rec, true
}

// tracedFile judges one file that an entry names, by its size as well where
// the entry tells it.
func tracedFile(t *artifacts.Trace, name string) (lead locate.Lead, certain, ok bool) {
	if t.Deed == artifacts.Opened && !strings.ContainsAny(name, `\/`) { // a list of names without their places
		lead, ok = locate.Journaled(locate.Place{Path: "/" + strings.ToLower(name)})
		return lead, true, ok && lead.Copied && len(name) <= longestHiveName
	}
	size, err := strconv.ParseInt(t.Detail("Size"), 10, 64)
	if err != nil || t.Deed == artifacts.Ran {
		return named(name)
	}
	relative, _ := command.VolumePath(name)
	if relative == "" || len(path.Base(relative)) > longestHiveName {
		return lead, false, false
	}
	lead, ok = locate.Reported(locate.Place{Path: relative, Size: size})
	return lead, ok && !lead.Weak && (lead.Copied || lead.Hive == "SAM"), ok && lead.Hive != ""
}

// purposes are the techniques whose programs have no other purpose, so that
// their name alone is worth a record.
var purposes = []int{technique.PwdumpFamily, technique.HiveNightmare, technique.BackupOperator, technique.Secretsdump, technique.NetExec, technique.ImpacketReg}

// programTrace judges a program that ran or was there by its name, and by the
// name that it was built with.
func programTrace(t *artifacts.Trace, written time.Time) (rec correlate.Record, ok bool) {
	if t.Program == "" || t.Deed != artifacts.Ran && t.Deed != artifacts.Existed {
		return rec, false
	}
	name, original := command.Base(t.Program), strings.ToLower(t.Detail("OriginalFileName"))
	renamed := copiers[original] && original != name && name != strings.TrimSuffix(original, ".exe")
	var found []command.Command
	for _, c := range command.Analyze(artifacts.Process{Executable: t.Program, CommandLine: `"` + t.Program + `"`}) {
		if slices.Contains(purposes, c.Technique) {
			found = append(found, c)
		}
	}
	if !renamed && len(found) == 0 {
		return rec, false
	}
	rec = startTrace(t, "execution", written)
	if renamed {
		rec.Assessment, rec.Row = "access", technique.RegSave
		rec.Because = append(rec.Because, said(t), fmt.Sprintf("%s was built as %s: the program was renamed. What it was used for, the entry does not tell.", t.Program, original))
		return rec, true
	}
	copies(&rec, found, "")
	rec.Because = append([]string{said(t)}, rec.Because...)
	if t.Deed == artifacts.Existed {
		rec.Assessment = "access"
		for i := range rec.Commands {
			rec.Commands[i].Impact = "access"
		}
		rec.Because = append(rec.Because, "The program was on the disk; the entry does not show that it ran.")
	}
	return rec, true
}

// libraryTrace judges a program that ran with the offline registry library,
// and that is not installed.
func libraryTrace(t *artifacts.Trace, written time.Time) (rec correlate.Record, ok bool) {
	if t.Deed != artifacts.Ran {
		return rec, false
	}
	i := slices.IndexFunc(t.Paths, func(p string) bool { return command.Base(p) == offlineRegistry })
	relative, _ := command.VolumePath(t.Program)
	if i < 0 || relative == "" || isInstalled("C:"+relative) {
		return rec, false
	}
	rec = startTrace(t, "object", written)
	rec.Assessment, rec.File, rec.Row = "access", t.Paths[i], technique.OfflineRegistry
	rec.Because = append(rec.Because, said(t), fmt.Sprintf("%s, which lies outside the folders for installed programs, loaded %s: the library reads and writes hives without the registry. Which, the entry does not tell.", t.Program, t.Paths[i]))
	return rec, true
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return "at an unknown time"
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// RenamedProgram is the artefact that the file of a renamed program is.
const RenamedProgram = "Renamed program"

// An Artefact is a kind of trace and what it is worth.
type Artefact struct{ Name, Strength, Proves string }

// alerts are what records of Defender's log are judged as.
const alerts = "Defender's log"

// Artefacts are the kinds of traces, graded as the field grades them.
var Artefacts = []Artefact{
	{"Prefetch", "strong", "the program was started at these times; the files are those of its first ten seconds, and a file that is missing there proves nothing"},
	{"Amcache", "weak", "the file was on the disk when it was listed; it need not have run"},
	{"ShimCache", "weak", "the file was seen by Windows; it need not have run"},
	{"BAM", "medium", "the account ran the program; the time is that of its last run"},
	{"DAM", "medium", "the account ran the program; the time is that of its last run"},
	{"UserAssist", "strong", "the account started the program from the desktop"},
	{"RunMRU", "strong", "the account typed the command into the Run dialogue"},
	{"ComDlg32", "strong", "the account chose the file in a dialogue to open or save"},
	{"RecentDocs", "medium", "the account opened the file from the desktop"},
	{"TypedPaths", "medium", "the account typed the path into Explorer"},
	{"LNK", "medium", "the file was opened; the link keeps the times that it had then"},
	{"JumpList", "medium", "the account opened the file with this program"},
	{"RecycleBin", "strong", "the file lay at this path and was deleted at this time"},
	{"PSReadLine", "strong", "the account entered the line at a PowerShell prompt; whether it worked is open"},
	{"PowerShell transcript", "strong", "PowerShell wrote down what was entered and what it answered"},
	{"ScheduledTask", "medium", "the task is set up to run the command"},
	{"TaskCache", "medium", "the task is set up to run the command"},
	{"Service", "medium", "the service is set up to run the command"},
	{"SRUM", "weak", "the account's program was active in the hour before the time"},
	{"MPLog", "medium", "Defender saw the program run or the file"},
	{"DetectionHistory", "strong", "Defender reported the file"},
	{RenamedProgram, "strong", "the program's file says what it was built as, and the logs when it was started, first and last"},
	{alerts, "strong", "Defender reported the file or the command"},
	{"WER", "medium", "the program ran and failed"},
}

// ArtefactNamed returns a kind of trace; one that is not in the table is weak
// evidence.
func ArtefactNamed(name string) Artefact {
	for _, a := range Artefacts {
		if strings.EqualFold(a.Name, name) {
			return a
		}
	}
	return Artefact{Name: name, Strength: "weak", Proves: cmp.Or(name, "it") + " names it"}
}
