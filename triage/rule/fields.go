package rule

import (
	"encoding/hex"
	"strconv"
	"strings"

	"hivetriage/artifacts"
)

// ECS fields that are set or asked for in more than one place.
const (
	category      = "event.category"
	eventType     = "event.type"
	eventCode     = "event.code"
	osType        = "host.os.type"
	headerBytes   = "file.Ext.header_bytes"
	fileSize      = "file.size"
	filePath      = "file.path"
	processID     = "process.pid"
	processName   = "process.name"
	executable    = "process.executable"
	commandLine   = "process.command_line"
	processArgs   = "process.args"
	original      = "process.pe.original_file_name"
	parentImage   = "process.parent.executable"
	userID        = "user.id"
	eventProvider = "event.provider"
	scriptBlock   = "powershell.file.script_block_text"
	eventData     = "winlog.event_data." // and the name in EventData
)

// fields are the ECS fields of one event that rules ask for. A field that the
// event lacks is absent.
type fields struct {
	values map[string][]string
	silent map[string]bool   // fields that the source of such an event may not record at all
	from   map[string]string // of a field that does not come from the event: where it comes from
	quotes map[string]string // the values as sentences quote them, as far as they were asked for
}

func (f *fields) set(field string, values ...string) {
	if len(values) > 1 || len(values) == 1 && values[0] != "" {
		f.values[field] = values
	}
}

func fieldsOf(e *artifacts.Event, args []string) *fields {
	f := &fields{values: map[string][]string{osType: {"windows"}}, silent: map[string]bool{}, from: map[string]string{}, quotes: map[string]string{}} // all records of this program are of Windows
	f.set(eventCode, strconv.FormatUint(uint64(e.Code), 10))
	f.set(eventProvider, e.Provider)
	f.setData(e)
	switch {
	case startsProcess(e):
		f.assume(category, "process")
		f.assume(eventType, "start")
	case e.File != nil:
		f.setFile(e)
	case e.Code == writtenShare && writes(e):
		f.setShare(e)
	case e.Logon != nil:
		f.assume(category, "authentication")
	}
	if p := e.Process; p != nil {
		f.set(original, p.OriginalFileName)
		f.set(executable, p.Executable)
		f.set(processName, p.Executable[strings.LastIndexAny(p.Executable, `\/`)+1:])
		f.set(commandLine, p.CommandLine)
		if p.PID != 0 {
			f.set(processID, strconv.FormatUint(uint64(p.PID), 10))
		}
		if p.Parent != nil {
			f.set(parentImage, p.Parent.Executable)
		}
	}
	f.set(processArgs, args...)
	return f
}

// assume sets a field that the event itself may have told otherwise.
func (f *fields) assume(field, value string) {
	if len(f.values[field]) == 0 {
		f.set(field, value)
	}
}

// setData takes the values that a record holds under its own names. A name
// with a dot in it is an ECS field's.
func (f *fields) setData(e *artifacts.Event) {
	for _, d := range e.Data {
		switch {
		case d.Name == "" || d.Value == "" || d.Value == "-":
		case d.Name == "ScriptBlockText":
			f.values[scriptBlock] = append(f.values[scriptBlock], d.Value)
		case d.Name == osType && len(f.values[osType]) == 1:
			f.values[osType] = []string{d.Value}
		case strings.Contains(d.Name, "."):
			f.values[d.Name] = append(f.values[d.Name], d.Value)
		default:
			f.values[eventData+d.Name] = append(f.values[eventData+d.Name], d.Value)
		}
	}
}

// fileTypes are the event.type of Sysmon's events about files.
var fileTypes = map[uint32]string{2: "change", 11: "creation", 15: "creation", 23: "deletion", 26: "deletion"}

// setFile sets what an event about a file tells. Sysmon records neither the
// file's content nor its size, and names the acting account without its SID.
func (f *fields) setFile(e *artifacts.Event) {
	f.assume(category, "file")
	if t := fileTypes[e.Code]; t != "" {
		f.assume(eventType, t)
	}
	f.set(filePath, e.File.Path)
	if len(f.values[userID]) == 0 {
		f.set(userID, e.User.SID)
	}
	f.leaves(eventType, headerBytes, fileSize, userID, processID, processName)
}

// writtenShare is Security's record of an access to a file through a share.
const writtenShare = 5145

// writes reports whether an access through a share may write: AccessMask is a
// hexadecimal number, of which WriteData is 2 and AppendData 4.
func writes(e *artifacts.Event) bool {
	mask, err := strconv.ParseUint(strings.TrimPrefix(strings.ToLower(e.Value("AccessMask")), "0x"), 16, 32)
	return err == nil && mask&6 != 0
}

// setShare sets what is known of a file that was opened for writing through a
// share: its path and the account, but not whether it was there before, nor
// the process, nor anything of its content.
func (f *fields) setShare(e *artifacts.Event) {
	f.assume(category, "file")
	path := strings.TrimPrefix(e.Value("ShareLocalPath"), `\??\`)
	if path == "" {
		path = e.Value("ShareName")
	}
	f.set(filePath, strings.TrimSuffix(path, `\`)+`\`+strings.TrimPrefix(e.Value("RelativeTargetName"), `\`))
	sid := e.User.SID
	if sid == "" {
		sid = e.Value("SubjectUserSid")
	}
	f.set(userID, sid)
	f.leaves(eventType, headerBytes, fileSize, userID, processID, processName)
}

// leaves names fields that a source may not record.
func (f *fields) leaves(names ...string) {
	for _, name := range names {
		f.silent[name] = true
	}
}

// found adds what the evidence has of the file.
func (f *fields) found(head []byte, size int64) {
	add := func(field, value string) {
		if len(f.values[field]) == 0 {
			f.values[field], f.from[field] = []string{value}, "from the file on the evidence"
		}
	}
	add(headerBytes, hex.EncodeToString(head))
	add(fileSize, strconv.FormatInt(size, 10))
}

// elasticDefend is the provider of events that Elastic's endpoint recorded;
// they have no code.
const elasticDefend = "endpoint"

// startsProcess reports whether an event records a process's start: Security
// 4688, Sysmon 1, or one of Elastic's endpoint.
func startsProcess(e *artifacts.Event) bool {
	if e.Process == nil {
		return false
	}
	sysmon := strings.EqualFold(e.Provider, "Microsoft-Windows-Sysmon") ||
		e.Provider == "" && strings.EqualFold(e.Channel, "Microsoft-Windows-Sysmon/Operational")
	return e.Code == 4688 || e.Code == 1 && sysmon || e.Code == 0 && e.Provider == elasticDefend && e.File == nil
}
