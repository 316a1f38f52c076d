// Package attest reads what log records other than process starts say of
// copies of SAM, SECURITY and SYSTEM: accesses over shares, scripts, services
// and tasks, loaded hives, audited objects, files. It opens nothing.
package attest

import (
	"regexp"
	"slices"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/triage/command"
	"hivetriage/triage/correlate"
	"hivetriage/triage/locate"
	"hivetriage/triage/rule"
)

// Providers of the records that are read here.
const (
	Security         = "Microsoft-Windows-Security-Auditing"
	Sysmon           = "Microsoft-Windows-Sysmon"
	PowerShell       = "Microsoft-Windows-PowerShell"
	PowerShellClass  = "PowerShell" // of the log Windows PowerShell
	ServiceManager   = "Service Control Manager"
	KernelGeneral    = "Microsoft-Windows-Kernel-General"
	maxKept          = 50_000   // records and pipe openings of one kind
	maxLine          = 4096     // bytes of a line or a script that a record shows
	maxBlocks        = 256      // script blocks whose parts are awaited
	maxBlockText     = 16 << 20 // bytes of them
	longestHiveName  = 64       // characters
	maxTaskCommands  = 32
	maxInvocation    = 64 // commands of one 4103 record
	pipeBeforeFile   = 30 // seconds from the opening of winreg to that of the file
	sameLineInterval = 10 // seconds in which one engine start is told several times
)

// A Kind of record: its provider, its ID, whether Event.Data is needed, and a
// text without which a record is of no use, "" for none.
type Kind struct {
	Provider string
	ID       uint32
	Data     bool
	Holds    string
}

// Kinds are the records that Reads knows.
var Kinds = []Kind{
	{Security, 4656, true, ""}, {Security, 4663, true, ""}, {Security, 4697, true, ""}, {Security, 4698, true, ""}, {Security, 4702, true, ""}, {Security, 5145, true, ""},
	{Sysmon, 11, false, ""}, {Sysmon, 13, true, ""}, {Sysmon, 15, false, ""}, {Sysmon, 23, false, ""}, {Sysmon, 26, false, ""}, {Sysmon, 29, false, ""},
	{PowerShell, 4103, true, ""}, {PowerShell, 4104, true, ""},
	{PowerShellClass, 400, true, ""}, {PowerShellClass, 403, true, ""}, {PowerShellClass, 600, true, ""}, {PowerShellClass, 800, true, ""},
	{ServiceManager, 7045, true, ""}, {KernelGeneral, 16, true, ""},
	{TaskScheduler, 200, true, ""}, {TaskScheduler, 201, true, ""},
	{WMIActivity, 5858, true, ""}, {WMIActivity, 5859, true, ""}, {WMIActivity, 5860, true, ""}, {WMIActivity, 5861, true, ""},
	{Defender, 1006, true, ""}, {Defender, 1116, true, ""}, {Defender, 1117, true, ""},
	{Sysmon, 7, true, offlineRegistry}, {Sysmon, 10, true, localSecurity}, {Sysmon, 20, true, ""},
}

// Ask returns the question whether a record of a kind may be Wanted, by the
// values of its data; nil where it is to be decoded to tell. Most accesses to
// shares and objects, and most files and settings, are of no use.
func (k Kind) Ask() func(value func(name string) []byte) bool {
	switch {
	case k.Provider == Security && k.ID == 5145:
		return func(value func(string) []byte) bool {
			target := string(value("RelativeTargetName"))
			return mayBeNamed(target) || strings.EqualFold(target, "winreg")
		}
	case k.Provider == Security && (k.ID == 4656 || k.ID == 4663):
		return func(value func(string) []byte) bool {
			object := string(value("ObjectName"))
			return mayBeNamed(object) || secretKeys[strings.ToLower(object)] != ""
		}
	case k.Provider == Sysmon && k.ID == 13:
		return func(value func(string) []byte) bool { return isPeriodicBackup(string(value("TargetObject"))) }
	case k.Provider == Sysmon && k.ID == 11:
		return func(value func(string) []byte) bool {
			return mayBeNamed(string(value("TargetFilename"))) || command.Base(string(value("Image"))) == "reg.exe"
		}
	case k.Provider == Sysmon && (k.ID == 15 || k.ID == 23 || k.ID == 26 || k.ID == 29):
		return func(value func(string) []byte) bool { return mayBeNamed(string(value("TargetFilename"))) }
	}
	return nil
}

// Reads reports whether an event is of one of the Kinds, or a file's creation
// that Elastic Defend recorded.
func Reads(e *artifacts.Event) bool {
	if e.Provider == Endpoint {
		return e.File != nil
	}
	return slices.ContainsFunc(Kinds, func(k Kind) bool { return k.ID == e.Code && strings.EqualFold(k.Provider, e.Provider) })
}

// Wanted reports whether a Reader has a use for an event of one of the Kinds.
// It keeps nothing and may be asked by several goroutines.
func Wanted(e *artifacts.Event) bool {
	switch e.Code {
	case 5145:
		s := shareOf(e)
		return s.pipe || s.remote || s.hive != ""
	case 4656, 4663:
		_, ok := objectRecord(e)
		return ok
	case 4104:
		if e.Value("MessageTotal") != "1" && e.Value("MessageTotal") != "" {
			return true
		}
		return len(command.Script(e.Value("ScriptBlockText"))) > 0
	case 4103, 400, 403, 600, 800:
		_, ok := shellRecord(e)
		return ok
	case 4697, 7045, 4698, 4702:
		_, ok := serviceRecord(e)
		return ok
	case 16:
		_, ok := loadRecord(e)
		return ok
	case 13:
		_, ok := settingRecord(e)
		return ok
	case 11, 15, 23, 26, 29:
		_, ok := fileRecord(e)
		return ok
	case 200, 201, 5858, 5859, 5860, 5861, 20, 7, 10:
		_, ok := activityRecord(e)
		return ok
	case 1006, 1116, 1117:
		_, ok := alertRecord(e)
		return ok
	case 0:
		_, ok := endpointFile(e)
		return ok
	}
	return false
}

// A Reader gathers what events say. Its methods are for one goroutine.
type Reader struct {
	records []correlate.Record
	shares  []share
	pipes   []share
	blocks  map[blockKey]*block
	order   []blockKey // of blocks, the oldest first
	held    int        // bytes of their text
	lines   map[lineKey]bool
	objects map[string]bool
	beyond  int
}

// Add takes an event that is Wanted.
func (r *Reader) Add(e *artifacts.Event) {
	switch e.Code {
	case 5145:
		r.addShare(shareOf(e))
	case 4656, 4663:
		if rec, ok := objectRecord(e); ok {
			r.addObject(rec)
		}
	case 4104:
		r.addPart(e)
	case 4103, 400, 403, 600, 800:
		if rec, ok := shellRecord(e); ok {
			r.addLine(rec)
		}
	case 4697, 7045, 4698, 4702:
		if rec, ok := serviceRecord(e); ok {
			r.add(rec)
		}
	case 16:
		if rec, ok := loadRecord(e); ok {
			r.add(rec)
		}
	case 13:
		if rec, ok := settingRecord(e); ok {
			r.add(rec)
		}
	case 11, 15, 23, 26, 29:
		if rec, ok := fileRecord(e); ok {
			r.add(rec)
		}
	case 1006, 1116, 1117:
		if rec, ok := alertRecord(e); ok {
			r.add(rec)
		}
	case 0:
		if rec, ok := endpointFile(e); ok {
			r.add(rec)
		}
	case 7, 10:
		if rec, ok := activityRecord(e); ok {
			r.addObject(rec)
		}
	case 200, 201, 5858, 5859, 5860, 5861, 20:
		if rec, ok := activityRecord(e); ok {
			r.addLine(rec)
		}
	}
}

// Records settles what needed other events to be judged and returns all
// records, in no order that matters, and how many were left out because there
// were too many.
func (r *Reader) Records() (records []correlate.Record, beyond int) {
	for _, key := range r.order {
		if b := r.blocks[key]; b != nil {
			r.settle(b)
		}
	}
	r.order, r.blocks = nil, nil
	r.settleShares()
	return r.records, r.beyond
}

func (r *Reader) add(rec correlate.Record) {
	if len(r.records) >= maxKept {
		r.beyond++
		return
	}
	r.records = append(r.records, rec)
}

// start begins the record of an event.
func start(e *artifacts.Event, kind, assessment string) correlate.Record {
	return correlate.Record{ID: correlate.RecordID(e), Time: e.Began(), Kind: kind, Host: e.Host, User: e.User, Process: e.Process,
		Hives: []string{}, Because: []string{}, Rules: rule.Evaluate(e, nil), Assessment: assessment, From: correlate.FromEvent(e)}
}

// cut shortens a text to what a record shows.
func cut(s string) string {
	if len(s) <= maxLine {
		return s
	}
	return strings.ToValidUTF8(s[:maxLine], "") + " …"
}

// attackOf is the ATT&CK technique of hives.
func attackOf(hives []string) string {
	switch {
	case len(hives) == 0:
		return ""
	case slices.Contains(hives, "SECURITY") && !slices.Contains(hives, "SAM"):
		return "T1003.004"
	}
	return "T1003.002"
}

// copies judges the commands that a record carries: those that only may run
// are attempts. ok is false if there are none.
func copies(rec *correlate.Record, found []command.Command, maybe string) (ok bool) {
	rec.Commands = found
	order := []string{"benign", "access", "attempt", "export"}
	rec.Assessment = "benign"
	for i := range found {
		c := &found[i]
		if c.Impact == "export" && maybe != "" {
			c.Impact = "attempt"
			c.Because = append(slices.Clip(c.Because), maybe)
		}
		rec.Because = append(rec.Because, c.Because...)
		if slices.Index(order, c.Impact) > slices.Index(order, rec.Assessment) {
			rec.Assessment = c.Impact
		}
		if !c.Copies() {
			continue
		}
		rec.Hives = append(rec.Hives, c.Hives...)
		if rec.Destination == "" {
			rec.Destination = c.Destination
		}
	}
	slices.Sort(rec.Hives)
	rec.Hives = slices.Compact(rec.Hives)
	rec.Technique = attackOf(rec.Hives)
	return len(found) > 0
}

// domainCopies are the names that NetExec's backup_operator module gives.
var domainCopies = regexp.MustCompile(`(?i)/(?:sysvol|netlogon)/(?:[^/]+/)*(sam|security|system)_[^/]*$`)

// mayBeNamed reports whether a path ends like one that a hive's name or place
// is told by: most do not, and are asked nothing else.
func mayBeNamed(path string) bool {
	path = strings.Trim(path, ` "`)
	base := strings.TrimRight(path[strings.LastIndexAny(path, `\/`)+1:], ". ")
	if base == "" {
		return true // only the path without its dots tells
	}
	file, stream, _ := strings.Cut(base, ":")
	return locate.MayTell(file) || stream != "" && locate.MayTell(stream)
}

// named judges a file's path as Windows writes it. certain says that the name
// or the place is one that only copies have.
func named(path string) (lead locate.Lead, certain, ok bool) {
	if !mayBeNamed(path) {
		return lead, false, false
	}
	file, stream := command.SplitStream(path)
	relative, _ := command.VolumePath(file)
	if relative == "" || len(relative)-strings.LastIndexByte(relative, '/') > longestHiveName || len(stream) > longestHiveName {
		return lead, false, false
	}
	if m := domainCopies.FindStringSubmatch(relative); m != nil {
		hive := strings.ToUpper(m[1])
		return locate.Lead{Hive: hive, Copied: true, Why: "copies of " + hive + " are named like this in SYSVOL by NetExec's backup_operator module",
			Location: locate.Classify(locate.Place{Path: relative, Hive: hive})}, true, true
	}
	place := locate.Place{Path: relative}
	if stream != "" {
		place.Path = relative[:strings.LastIndexByte(relative, '/')+1] + strings.ToLower(stream)
	}
	lead, ok = locate.Journaled(place)
	return lead, ok && !lead.Weak && (lead.Copied || lead.Location.Class == locate.Alert), ok && !lead.Weak
}
